/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_raw net_mcast */
/* UDP sockets over lo, on the host and in the rump kernel. */
#include "inettest.h"

static void
test_echo(void)
{
	int a = usock(), b = usock();
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char buf[64];

	OK(ubind(a, "127.0.0.1", 0));
	CHECK(portof(a) >= 32768 && portof(a) <= 60999);
	CHECK_EQ(usendto(b, "hello", 5, "127.0.0.1", portof(a)), 5);
	CHECK(portof(b) != 0);
	CHECK_EQ(nameof(b).sin_addr.s_addr, 0);
	memset(&from, 0xff, sizeof(from));
	CHECK_EQ(usendto(b, "world!", 6, "127.0.0.1", portof(a)), 6);
	CHECK_EQ(SYS(recvfrom, a, buf, sizeof(buf), 0, &from, &len), 5);
	CHECK(memcmp(buf, "hello", 5) == 0);
	CHECK_EQ(len, sizeof(from));
	CHECK_EQ(from.sin_family, AF_INET);
	CHECK_EQ(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	CHECK_EQ(ntohs(from.sin_port), portof(b));
	CHECK_EQ(SYS(sendto, a, "back", 4, 0, &from, len), 4);
	CHECK_EQ(urecv(b, buf, sizeof(buf)), 4);
	CHECK_EQ(urecv(a, buf, 3), 3);
	CHECK(nothing(a));
	uclose(a);
	uclose(b);
}


/* Sizes, truncation, peeking, records that wait in order. */
static void
test_sizes(void)
{
	static char big[65507], got[70000];
	int a = usock(), b = usock(), port, n;
	socklen_t len;

	OK(ubind(a, "127.0.0.1", 0));
	port = portof(a);
	for (n = 0; n < (int)sizeof(big); n++)
		big[n] = (char)(n * 17 + n / 251);
	for (n = 0; n < 65507; n = n * 5 / 2 + 1) {
		CHECK_EQ(usendto(b, big, (size_t)n, "127.0.0.1", port), n);
		CHECK_EQ(urecv(a, got, sizeof(got)), n);
		CHECK(memcmp(got, big, (size_t)n) == 0);
	}
	CHECK_EQ(usendto(b, big, 65507, "127.0.0.1", port), 65507);
	CHECK_EQ(urecv(a, got, sizeof(got)), 65507);
	CHECK(memcmp(got, big, 65507) == 0);
	FAILS(usendto(b, got, 65508, "127.0.0.1", port), EMSGSIZE);
	for (n = 1; n < 5; n++)
		CHECK_EQ(usendto(b, "abcdefgh", (size_t)n + 2, "127.0.0.1",
		    port), n + 2);
	CHECK_EQ(xrecv(a, got, 2, MSG_PEEK), 2);
	CHECK_EQ(xrecv(a, got, 2, MSG_PEEK | MSG_TRUNC), 3);
	OK(SYS(ioctl, a, FIONREAD, &n));
	CHECK_EQ(n, 3);
	CHECK_EQ(xrecv(a, got, 2, MSG_TRUNC), 3);
	CHECK_EQ(xrecv(a, got, 100, 0), 4);
	CHECK_EQ(xrecv(a, got, 100, 0), 5);
	CHECK_EQ(xrecv(a, got, 100, 0), 6);
	FAILS(xrecv(a, got, 100, MSG_DONTWAIT), EAGAIN);
	/* Nothing in it is something. */
	CHECK_EQ(usendto(b, "", 0, "127.0.0.1", port), 0);
	CHECK(something(a));
	CHECK_EQ(xrecv(a, got, 100, 0), 0);
	/* From somebody else than the peer: not for us. */
	len = sizeof(n);
	CHECK_EQ(getint(a, SOL_SOCKET, SO_ERROR), 0);
	(void)len;
	uclose(a);
	uclose(b);
}

static void
test_peer(void)
{
	int a = usock(), b = usock(), c = usock();
	struct sockaddr_in s;
	socklen_t len = sizeof(s);
	char buf[8];

	OK(ubind(a, "127.0.0.1", 0));
	OK(ubind(b, "127.0.0.1", 0));
	FAILS(SYS(getpeername, a, &s, &len), ENOTCONN);
	OK(uconnect(a, "127.0.0.1", portof(b)));
	OK(SYS(getpeername, a, &s, &len));
	CHECK_EQ(ntohs(s.sin_port), portof(b));
	CHECK_EQ(usendto(c, "bad", 3, "127.0.0.1", portof(a)), 3);
	CHECK_EQ(usendto(b, "good", 4, "127.0.0.1", portof(a)), 4);
	CHECK_EQ(urecv(a, buf, 8), 4);
	CHECK(nothing(a));
	CHECK_EQ(xsend(a, "to b", 4, 0), 4);
	CHECK_EQ(urecv(b, buf, 8), 4);
	/* Another address for once. */
	OK(ubind(c, "127.0.0.1", 0) == 0 || portof(c) != 0 ? 0 : 1);
	CHECK_EQ(usendto(a, "to c", 4, "127.0.0.1", portof(c)), 4);
	CHECK_EQ(urecv(c, buf, 8), 4);
	/* Another peer. */
	OK(uconnect(a, "127.0.0.1", portof(c)));
	CHECK_EQ(usendto(c, "c", 1, "127.0.0.1", portof(a)), 1);
	CHECK_EQ(urecv(a, buf, 8), 1);
	OK(SYS(shutdown, a, SHUT_WR));
	FAILS(xsend(a, "x", 1, 0), EPIPE);
	OK(SYS(shutdown, a, SHUT_RD));
	CHECK_EQ(xrecv(a, buf, 8, 0), 0);
	uclose(a);
	uclose(b);
	uclose(c);
	/* 0.0.0.0 means here. */
	a = usock();
	OK(ubind(a, "0.0.0.0", 0));
	b = usock();
	OK(uconnect(b, "0.0.0.0", portof(a)));
	CHECK_EQ(xsend(b, "x", 1, 0), 1);
	CHECK_EQ(urecv(a, buf, 8), 1);
	CHECK_EQ(nameof(b).sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	uclose(a);
	uclose(b);
}

/* The next record's control message of this type. */
static int
control(int fd, int type, void *p, size_t n)
{
	char buf[100], ctl[300];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = ctl, .msg_controllen = sizeof(ctl) };
	struct cmsghdr *cm;

	CHECK(something(fd));
	CHECK(SYS(recvmsg, fd, &mh, MSG_DONTWAIT) >= 0);
	for (cm = CMSG_FIRSTHDR(&mh); cm != NULL; cm = CMSG_NXTHDR(&mh, cm))
		if (cm->cmsg_level == IPPROTO_IP && cm->cmsg_type == type) {
			CHECK_EQ(cm->cmsg_len, CMSG_LEN(n));
			memcpy(p, CMSG_DATA(cm), n);
			return 1;
		}
	return 0;
}

static long
sendctl(int fd, int port, int type, const void *p, size_t n)
{
	struct sockaddr_in to = sin4("127.0.0.1", port);
	struct iovec iov = { (char[]){ "x" }, 1 };
	char ctl[100] = { 0 };
	struct msghdr mh = { .msg_name = &to, .msg_namelen = sizeof(to),
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl,
	    .msg_controllen = CMSG_SPACE(n) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);

	cm->cmsg_level = IPPROTO_IP;
	cm->cmsg_type = type;
	cm->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(cm), p, n);
	return SYS(sendmsg, fd, &mh, 0);
}

static void
test_control(void)
{
	int a = usock(), b = usock(), port, v;
	struct in_pktinfo pi;
	uint8_t tos;

	OK(ubind(a, "0.0.0.0", 0));
	port = portof(a);
	OK(setint(a, IPPROTO_IP, IP_PKTINFO, 1));
	CHECK_EQ(usendto(b, "x", 1, "127.0.0.7", port), 1);
	memset(&pi, 0, sizeof(pi));
	CHECK(control(a, IP_PKTINFO, &pi, sizeof(pi)));
	CHECK_EQ(pi.ipi_ifindex, 1);
	CHECK_EQ(pi.ipi_addr.s_addr, inet_addr("127.0.0.7"));
	CHECK_EQ(pi.ipi_spec_dst.s_addr, inet_addr("127.0.0.7"));
	OK(setint(a, IPPROTO_IP, IP_RECVTTL, 1));
	OK(setint(a, IPPROTO_IP, IP_RECVTOS, 1));
	OK(setint(b, IPPROTO_IP, IP_TTL, 33));
	OK(setint(b, IPPROTO_IP, IP_TOS, 0x10));
	CHECK_EQ(usendto(b, "x", 1, "127.0.0.1", port), 1);
	CHECK(control(a, IP_TTL, &v, sizeof(v)));
	CHECK_EQ(v, 33);
	CHECK_EQ(usendto(b, "x", 1, "127.0.0.1", port), 1);
	CHECK(control(a, IP_TOS, &tos, 1));
	CHECK_EQ(tos, 0x10);
	/* For one message only. */
	v = 77;
	CHECK_EQ(sendctl(b, port, IP_TTL, &v, sizeof(v)), 1);
	CHECK(control(a, IP_TTL, &v, sizeof(v)));
	CHECK_EQ(v, 77);
	v = 0x20;
	CHECK_EQ(sendctl(b, port, IP_TOS, &v, sizeof(v)), 1);
	CHECK(control(a, IP_TOS, &tos, 1));
	CHECK_EQ(tos, 0x20);
	memset(&pi, 0, sizeof(pi));
	pi.ipi_spec_dst.s_addr = inet_addr("127.0.0.5");
	CHECK_EQ(sendctl(b, port, IP_PKTINFO, &pi, sizeof(pi)), 1);
	CHECK(control(a, IP_PKTINFO, &pi, sizeof(pi)));
	v = 0;
	FAILS(sendctl(b, port, IP_TTL, &v, sizeof(v)), EINVAL);
	FAILS(sendctl(b, port, IP_TTL, &v, 2), EINVAL);
	FAILS(sendctl(b, port, 99, &v, sizeof(v)), EINVAL);
	uclose(a);
	uclose(b);
}

static void
test_options(void)
{
	static const struct { int name, ok, bad; } t[] = {
		{ IP_TTL, 255, 256 }, { IP_TTL, 1, 0 }, { IP_TOS, 0x7c, -1000 },
		{ IP_MTU_DISCOVER, 5, 6 }, { IP_MTU_DISCOVER, 0, -1 },
		{ IP_MULTICAST_TTL, 255, 256 }, { IP_MULTICAST_TTL, 0, -2 },
		{ IP_MULTICAST_LOOP, 0, -1000 }, { IP_RECVERR, 1, -1000 },
		{ IP_RECVTTL, 1, -1000 }, { IP_PKTINFO, 1, -1000 },
		{ IP_FREEBIND, 1, -1000 }, { IP_MULTICAST_ALL, 0, 2 },
	};
	int a = usock(), b = usock();
	unsigned i;
	uint8_t c;
	socklen_t len;

	CHECK_EQ(getint(a, IPPROTO_IP, IP_TTL), 64);
	CHECK_EQ(getint(a, IPPROTO_IP, IP_MULTICAST_TTL), 1);
	CHECK_EQ(getint(a, IPPROTO_IP, IP_MULTICAST_LOOP), 1);
	CHECK_EQ(getint(a, IPPROTO_IP, IP_MULTICAST_ALL), 1);
	CHECK_EQ(getint(a, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_WANT);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		OK(setint(a, IPPROTO_IP, t[i].name, t[i].ok));
		CHECK_EQ(getint(a, IPPROTO_IP, t[i].name), t[i].ok);
		if (t[i].bad != -1000)
			FAILS(setint(a, IPPROTO_IP, t[i].name, t[i].bad),
			    EINVAL);
	}
	c = 12;
	OK(SYS(setsockopt, a, IPPROTO_IP, IP_MULTICAST_TTL, &c, 1));
	len = 1;
	OK(SYS(getsockopt, a, IPPROTO_IP, IP_MULTICAST_TTL, &c, &len));
	CHECK_EQ(c, 12);
	FAILS(setint(a, IPPROTO_IP, 222, 1), ENOPROTOOPT);
	FAILS(setint(a, IPPROTO_IPV6, IPV6_V6ONLY, 1), ENOPROTOOPT);
	FAILS(SYS(getsockopt, a, IPPROTO_IP, IP_MTU, &i, &len), ENOTCONN);
	OK(uconnect(b, "127.0.0.1", 9));
	CHECK_EQ(getint(b, IPPROTO_IP, IP_MTU), 65535);
	uclose(a);
	uclose(b);
}

/* A full buffer loses what comes, not what is there. */
static void
test_full(void)
{
	int a = usock(), b = usock(), i, n;
	static char big[1000];

	OK(ubind(a, "127.0.0.1", 0));
	OK(setint(a, SOL_SOCKET, SO_RCVBUF, 8192));
	OK(setint(a, SOL_SOCKET, SO_RXQ_OVFL, 1));
	for (i = 0; i < 200; i++) {
		big[0] = (char)i;
		CHECK_EQ(usendto(b, big, sizeof(big), "127.0.0.1", portof(a)),
		    1000);
	}
	msleep(onhost ? 0 : 20);
	for (n = 0; urecv(a, big, sizeof(big)) == 1000; n++) {
		CHECK_EQ(big[0], n);
		if (bits(a, POLLIN) == 0)
			break;
	}
	CHECK(n >= 2 && n < 100);
	uclose(a);
	uclose(b);
}

/* UDP_CORK, MSG_MORE; UDP_SEGMENT. */
static void
test_udpopts(void)
{
	int a = usock(), b = usock(), i;
	char r[3000], big[2500];

	OK(ubind(a, "127.0.0.1", 0));
	OK(uconnect(b, "127.0.0.1", portof(a)));
	CHECK_EQ(xsend(b, "ab", 2, MSG_MORE), 2);
	CHECK_EQ(xsend(b, "cd", 2, MSG_MORE), 2);
	CHECK(nothing(a));
	CHECK_EQ(xsend(b, "ef", 2, 0), 2);
	CHECK_EQ(urecv(a, r, 99), 6);
	CHECK(memcmp(r, "abcdef", 6) == 0);
	OK(setint(b, IPPROTO_UDP, 1, 1));
	CHECK_EQ(xsend(b, "xy", 2, 0), 2);
	CHECK_EQ(xsend(b, "z", 1, 0), 1);
	CHECK(nothing(a));
	OK(setint(b, IPPROTO_UDP, 1, 0));
	CHECK_EQ(urecv(a, r, 99), 3);
	memset(big, 'b', sizeof(big));
	OK(setint(b, IPPROTO_UDP, 103, 1000));
	CHECK_EQ(getint(b, IPPROTO_UDP, 103), 1000);
	CHECK_EQ(xsend(b, big, 2500, 0), 2500);
	for (i = 0; i < 3; i++)
		CHECK_EQ(urecv(a, r, sizeof(r)), i < 2 ? 1000 : 500);
	CHECK_EQ(xsend(b, big, 1000, 0), 1000);
	CHECK_EQ(urecv(a, r, sizeof(r)), 1000);
	CHECK(nothing(a));
	OK(setint(b, IPPROTO_UDP, 103, 1));
	FAILS(xsend(b, big, 2500, 0), EINVAL);
	CHECK_EQ(xsend(b, "left", 4, MSG_MORE), 4);	/* and closed */
	uclose(b);
	uclose(a);
}

static void
test_ping(void)
{
	uint8_t e[16] = { 8, 0, 0, 0, 1, 2, 0, 9, 'p', 'i', 'n', 'g' }, r[64];
	int a = (int)SYS(socket, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct sockaddr_in from;
	socklen_t len = sizeof(from);

	if (onhost && a < 0)
		return;		/* ping_group_range */
	CHECK(a >= 0);
	CHECK_EQ(usendto(a, e, sizeof(e), "127.0.0.1", 0), 16);
	CHECK(something(a));
	CHECK_EQ(SYS(recvfrom, a, r, sizeof(r), 0, &from, &len), 16);
	CHECK_EQ(r[0], 0);
	CHECK_EQ(r[7], 9);
	CHECK_EQ((r[4] << 8 | r[5]), portof(a));
	CHECK(memcmp(r + 8, e + 8, 8) == 0);
	CHECK_EQ(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	e[0] = 3;
	FAILS(usendto(a, e, sizeof(e), "127.0.0.1", 0), EINVAL);
	FAILS(usendto(a, e, 7, "127.0.0.1", 0), EINVAL);
	uclose(a);
}

static uint16_t
insum(const uint8_t *p, unsigned n)
{
	uint32_t s = 0;

	for (; n > 1; n -= 2, p += 2)
		s += (uint32_t)p[0] << 8 | p[1];
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static void
test_raw(void)
{
	uint8_t e[16] = { 8, 0, 0, 0, 1, 2, 0, 9, 'r', 'a', 'w', '!' }, r[128];
	int a = (int)SYS(socket, AF_INET, SOCK_RAW, IPPROTO_ICMP), b, u;
	uint32_t filter = ~(1U << 0);
	uint8_t h[28] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 9, 253 };
	uint16_t s;

	if (a < 0 && onhost)
		return;
	CHECK(a >= 0);
	s = insum(e, 16);
	e[2] = (uint8_t)(s >> 8);
	e[3] = (uint8_t)s;
	OK(SYS(setsockopt, a, SOL_RAW, 1, &filter, sizeof(filter)));
	CHECK_EQ(usendto(a, e, sizeof(e), "127.0.0.1", 0), 16);
	CHECK_EQ(urecv(a, r, sizeof(r)), 36);
	CHECK_EQ(r[0], 0x45);
	CHECK_EQ(r[9], 1);
	CHECK_EQ(r[20], 0);
	CHECK(memcmp(r + 24, e + 4, 12) == 0);
	CHECK_EQ(insum(r + 20, 16), 0);
	CHECK_EQ(insum(r, 20), 0);
	CHECK(nothing(a));		/* the request was filtered */
	uclose(a);
	/* Another protocol, with peers and addresses. */
	a = (int)SYS(socket, AF_INET, SOCK_RAW, 253);
	b = (int)SYS(socket, AF_INET, SOCK_RAW, 253);
	CHECK(a >= 0 && b >= 0);
	OK(ubind(a, "127.0.0.2", 0));
	CHECK_EQ(usendto(b, "abc", 3, "127.0.0.2", 0), 3);
	CHECK_EQ(urecv(a, r, sizeof(r)), 23);
	CHECK_EQ(urecv(b, r, sizeof(r)), 23);
	CHECK_EQ(usendto(b, "abc", 3, "127.0.0.3", 0), 3);
	CHECK_EQ(urecv(b, r, sizeof(r)), 23);
	CHECK(nothing(a));
	OK(uconnect(b, "127.0.0.2", 0));
	CHECK_EQ(xsend(b, "abcd", 4, 0), 4);
	CHECK_EQ(urecv(a, r, sizeof(r)), 24);
	/* The header too. */
	OK(setint(a, IPPROTO_IP, IP_HDRINCL, 1));
	memcpy(h + 16, &(uint32_t){ inet_addr("127.0.0.2") }, 4);
	CHECK_EQ(usendto(a, h, sizeof(h), "127.0.0.2", 0), 28);
	CHECK_EQ(urecv(a, r, sizeof(r)), 28);
	CHECK_EQ(r[8], 9);
	CHECK_EQ(r[3], 28);
	CHECK_EQ(insum(r, 20), 0);
	h[0] = 0x4f;
	FAILS(usendto(a, h, sizeof(h), "127.0.0.2", 0), EINVAL);
	FAILS(usendto(a, h, 10, "127.0.0.2", 0), EINVAL);
	uclose(a);
	uclose(b);
	/* UDP packets of others can be seen. */
	a = (int)SYS(socket, AF_INET, SOCK_RAW, IPPROTO_UDP);
	u = usock();
	b = usock();
	OK(ubind(u, "127.0.0.8", 0));
	CHECK_EQ(usendto(b, "seen", 4, "127.0.0.8", portof(u)), 4);
	CHECK_EQ(urecv(u, r, sizeof(r)), 4);
	CHECK_EQ(urecv(a, r, sizeof(r)), 32);
	CHECK(memcmp(r + 28, "seen", 4) == 0);
	uclose(a), uclose(b), uclose(u);
	FAILS(SYS(socket, AF_INET, SOCK_RAW, 300), EINVAL);
}

static const struct test tests[] = {
	{ "echo", test_echo },
	{ "sizes", test_sizes },
	{ "peer", test_peer },
	{ "control", test_control },
	{ "options", test_options },
	{ "full", test_full },
	{ "udpopts", test_udpopts },
	{ "ping", test_ping },
	{ "raw", test_raw },
	{ NULL, NULL },
};

int
main(void)
{

	return run_tests(tests);
}
