/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_raw net_mcast */
/* components: net_config net_inet6 net_tcp */
/*
 * UDP, TCP, raw and ping sockets over ::1 and a fake link: options, ancillary
 * data, groups and MLD.  The parts that need no fake link run on the host too,
 * when it has IPv6: what they expect is what Linux does.
 */
#include "wire6.h"

#define RECVPKTINFO	49
#define PKTINFO		50
#define RECVHOPLIMIT	51
#define HOPLIMIT	52
#define RECVTCLASS	66
#define TCLASS		67

static struct fake *fk;
static struct frame in, out;

static int
sock6(int type, int proto)
{
	int fd = (int)SYS(socket, AF_INET6, type, proto);

	CHECK(fd >= 0);
	return fd;
}

static int
bind6(int fd, const char *a, int port)
{
	struct sockaddr_in6 s = sin6(a, port);

	return (int)SYS(bind, fd, &s, sizeof(s));
}

static struct sockaddr_in6
name6(int fd)
{
	struct sockaddr_in6 s;
	socklen_t len = sizeof(s);

	memset(&s, 0, sizeof(s));
	OK(SYS(getsockname, fd, &s, &len));
	CHECK_EQ(len, sizeof(s));
	return s;
}

static void
test_udp(void)
{
	int a = sock6(SOCK_DGRAM, 0), b = sock6(SOCK_DGRAM, 0);
	struct sockaddr_in6 na, from;
	socklen_t len = sizeof(from);
	char buf[100];

	OK(bind6(a, "::", 0));
	na = name6(a);
	na.sin6_addr = in6addr_loopback;
	CHECK_EQ(SYS(sendto, b, "hello", 5, 0, &na, sizeof(na)), 5);
	CHECK_EQ(urecv(a, buf, sizeof(buf)), 5);
	OK(SYS(connect, b, &na, sizeof(na)));
	from = name6(b);
	CHECK(memcmp(&from.sin6_addr, &in6addr_loopback, 16) == 0);
	CHECK_EQ(SYS(sendto, b, "again", 5, 0, NULL, 0), 5);
	CHECK(something(a));
	CHECK_EQ(SYS(recvfrom, a, buf, sizeof(buf), 0, &from, &len), 5);
	CHECK_EQ(from.sin6_port, name6(b).sin6_port);
	CHECK(memcmp(&from.sin6_addr, &in6addr_loopback, 16) == 0);
	/* Nobody there: told at once. */
	uclose(a);
	CHECK_EQ(SYS(sendto, b, "x", 1, 0, NULL, 0), 1);
	CHECK(something(b));
	CHECK_EQ(getint(b, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	uclose(b);
}

/* IPv4 on an AF_INET6 socket. */
static void
test_mapped(void)
{
	int a = sock6(SOCK_DGRAM, 0), b = usock();
	struct sockaddr_in6 from, to;
	socklen_t len = sizeof(from);
	char buf[20];

	OK(bind6(a, "::", 0));
	CHECK_EQ(usendto(b, "four", 4, "127.0.0.1",
	    ntohs(name6(a).sin6_port)), 4);
	CHECK(something(a));
	CHECK_EQ(SYS(recvfrom, a, buf, sizeof(buf), 0, &from, &len), 4);
	CHECK(IN6_IS_ADDR_V4MAPPED(&from.sin6_addr));
	CHECK_EQ(SYS(sendto, a, "back", 4, 0, &from, sizeof(from)), 4);
	CHECK_EQ(urecv(b, buf, sizeof(buf)), 4);
	uclose(a);
	/* Not with IPV6_V6ONLY. */
	a = sock6(SOCK_DGRAM, 0);
	OK(setint(a, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	CHECK_EQ(getint(a, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	OK(bind6(a, "::", 0));
	FAILS(setint(a, IPPROTO_IPV6, IPV6_V6ONLY, 0), EINVAL);
	to = sin6("::ffff:127.0.0.1", 9);
	FAILS(SYS(sendto, a, "x", 1, 0, &to, sizeof(to)), ENETUNREACH);
	(void)usendto(b, "x", 1, "127.0.0.1", ntohs(name6(a).sin6_port));
	CHECK(nothing(a));
	uclose(a);
	uclose(b);
}

static void
test_options(void)
{
	int fd = sock6(SOCK_DGRAM, 0), v = 1;

	CHECK_EQ(getint(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 64);
	OK(setint(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9));
	CHECK_EQ(getint(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 9);
	FAILS(setint(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 256), EINVAL);
	CHECK_EQ(getint(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS), 1);
	OK(setint(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 3));
	CHECK_EQ(getint(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS), 3);
	CHECK_EQ(getint(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP), 1);
	FAILS(setint(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 2), EINVAL);
	OK(setint(fd, IPPROTO_IPV6, TCLASS, 0x28));
	CHECK_EQ(getint(fd, IPPROTO_IPV6, TCLASS), 0x28);
	FAILS(setint(fd, IPPROTO_IPV6, TCLASS, 256), EINVAL);
	CHECK_EQ(getint(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER), 1);
	FAILS(setint(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, 9), EINVAL);
	FAILS(setint(fd, IPPROTO_IPV6, 250, 1), ENOPROTOOPT);
	FAILS(SYS(setsockopt, fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &v, 3),
	    EINVAL);
	FAILS(setint(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, 9999), ENODEV);
	uclose(fd);
	fd = usock();
	FAILS(setint(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9), ENOPROTOOPT);
	uclose(fd);
}

static void
test_cmsg(void)
{
	int a = sock6(SOCK_DGRAM, 0), b = sock6(SOCK_DGRAM, 0), n = 0, v;
	struct in6_pktinfo { struct in6_addr a; int i; } pi;
	union { char c[256]; struct cmsghdr h; } u;
	char buf[20];
	struct iovec iov = { buf, sizeof(buf) };
	struct sockaddr_in6 to;
	struct msghdr mh;
	struct cmsghdr *c;

	OK(bind6(a, "::1", 0));
	to = name6(a);
	OK(setint(a, IPPROTO_IPV6, RECVPKTINFO, 1));
	OK(setint(a, IPPROTO_IPV6, RECVHOPLIMIT, 1));
	OK(setint(a, IPPROTO_IPV6, RECVTCLASS, 1));
	CHECK_EQ(getint(a, IPPROTO_IPV6, RECVTCLASS), 1);
	/* The sender chooses by the same messages. */
	memset(&mh, 0, sizeof(mh));
	memset(&u, 0, sizeof(u));
	mh.msg_name = &to;
	mh.msg_namelen = sizeof(to);
	mh.msg_iov = (void *)&iov;
	mh.msg_iovlen = 1;
	mh.msg_control = &u;
	mh.msg_controllen = 2 * 24;
	c = &u.h;
	c->cmsg_len = 20;
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = HOPLIMIT;
	v = 42;
	memcpy(c + 1, &v, 4);
	c = (void *)(u.c + 24);
	c->cmsg_len = 20;
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = TCLASS;
	v = 0x48;
	memcpy(c + 1, &v, 4);
	iov.iov_len = 5;
	CHECK_EQ(SYS(sendmsg, b, &mh, 0), 5);
	CHECK(something(a));
	mh.msg_controllen = sizeof(u);
	CHECK_EQ(SYS(recvmsg, a, &mh, 0), 5);
	for (c = &u.h; (char *)c < u.c + mh.msg_controllen;
	    c = (void *)((char *)c + CMSG_SPACED(c->cmsg_len))) {
		CHECK_EQ(c->cmsg_level, IPPROTO_IPV6);
		memcpy(&v, c + 1, 4);
		if (c->cmsg_type == HOPLIMIT)
			CHECK_EQ(v, 42);
		if (c->cmsg_type == TCLASS)
			CHECK_EQ(v, 0x48);
		if (c->cmsg_type == PKTINFO) {
			memcpy(&pi, c + 1, sizeof(pi));
			CHECK(memcmp(&pi.a, &in6addr_loopback, 16) == 0);
			CHECK_EQ(pi.i, 1);
		}
		n++;
	}
	CHECK_EQ(n, 3);
	uclose(a);
	uclose(b);
}

static void
test_tcp(void)
{
	int l = sock6(SOCK_STREAM, 0), c = sock6(SOCK_STREAM, 0), s;
	struct sockaddr_in6 na, peer;
	socklen_t len = sizeof(peer);
	static char buf[100000];
	long n, got = 0;

	OK(bind6(l, "::1", 0));
	OK(SYS(listen, l, 5));
	na = name6(l);
	OK(SYS(connect, c, &na, sizeof(na)));
	s = (int)SYS(accept4, l, &peer, &len, 0);
	CHECK(s >= 0);
	CHECK_EQ(len, sizeof(peer));
	CHECK(memcmp(&peer.sin6_addr, &in6addr_loopback, 16) == 0);
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(SYS(sendto, c, buf, sizeof(buf), 0, NULL, 0), sizeof(buf));
	while (got < (long)sizeof(buf) && (n = urecv(s, buf, sizeof(buf))) > 0)
		got += n;
	CHECK_EQ(got, sizeof(buf));
	uclose(c);
	CHECK_EQ(urecv(s, buf, 1), 0);
	uclose(s);
	/* From IPv4, on a socket for both. */
	uclose(l);
	l = sock6(SOCK_STREAM, 0);
	OK(bind6(l, "::", 0));
	OK(SYS(listen, l, 5));
	c = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);
	OK(uconnect(c, "127.0.0.1", ntohs(name6(l).sin6_port)));
	s = (int)SYS(accept4, l, &peer, &len, 0);
	CHECK(s >= 0);
	CHECK(IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr));
	uclose(s);
	uclose(c);
	uclose(l);
}

static void
test_raw(void)
{
	int r = sock6(SOCK_RAW, 58), p = sock6(SOCK_DGRAM, 58);
	struct sockaddr_in6 to = sin6("::1", 0);
	uint8_t echo[16] = { 128, 0, 0, 0, 0, 0, 0, 1 }, buf[100];
	uint32_t filter[8];

	/* The ping socket's identifier is its port. */
	CHECK_EQ(SYS(sendto, p, echo, 16, 0, &to, sizeof(to)), 16);
	CHECK_EQ(urecv(p, buf, sizeof(buf)), 16);
	CHECK_EQ(buf[0], 129);
	CHECK_EQ(buf[7], 1);
	/* The raw one saw both; then only replies; the sum is made. */
	CHECK_EQ(urecv(r, buf, sizeof(buf)), 16);
	CHECK_EQ(buf[0], 128);
	CHECK_EQ(urecv(r, buf, sizeof(buf)), 16);
	CHECK_EQ(buf[0], 129);
	memset(filter, 0xff, sizeof(filter));
	filter[129 / 32] &= ~(1U << 129 % 32);
	OK(SYS(setsockopt, r, 58, 1, filter, sizeof(filter)));
	CHECK_EQ(SYS(sendto, r, echo, 16, 0, &to, sizeof(to)), 16);
	CHECK_EQ(urecv(r, buf, sizeof(buf)), 16);
	CHECK_EQ(buf[0], 129);
	CHECK(nothing(r));
	uclose(r);
	uclose(p);
	r = sock6(SOCK_RAW, 200);
	CHECK_EQ(getint(r, IPPROTO_IPV6, IPV6_CHECKSUM), -1);
	FAILS(setint(r, IPPROTO_IPV6, IPV6_CHECKSUM, 3), EINVAL);
	OK(setint(r, IPPROTO_IPV6, IPV6_CHECKSUM, 4));
	CHECK_EQ(getint(r, IPPROTO_IPV6, IPV6_CHECKSUM), 4);
	uclose(r);
}

/* --- the fake link --- */

static void
test_linklocal(void)
{
	int fd = sock6(SOCK_DGRAM, 0), b = sock6(SOCK_DGRAM, 0);
	struct sockaddr_in6 to = sin6(PEERLL, 9), from;
	uint32_t index = fk->fk_if.if_index;
	socklen_t len = sizeof(from);
	char buf[20];

	FAILS(SYS(sendto, fd, "x", 1, 0, &to, sizeof(to)), EINVAL);
	FAILS(bind6(fd, LL, 5000), EINVAL);
	to.sin6_scope_id = index;
	CHECK_EQ(SYS(sendto, fd, "x", 1, 0, &to, sizeof(to)), 1);
	CHECK(sentnxt(fk, &out, 17));
	CHECK(memcmp(out.f_b, mac_peer, 6) == 0);
	CHECK_EQ(out.f_b[22], 0xfe);
	to = sin6(LL, 5000);
	to.sin6_scope_id = index;
	OK(SYS(bind, b, &to, sizeof(to)));
	udp6(&in, PEERLL, 7, LL, 5000, "hello", 5);
	inject(fk, &in);
	CHECK_EQ(SYS(recvfrom, b, buf, sizeof(buf), MSG_DONTWAIT, &from,
	    &len), 5);
	CHECK_EQ(from.sin6_scope_id, index);
	/* To our own one: by lo, from the interface that has it. */
	CHECK_EQ(SYS(sendto, fd, "self", 4, 0, &to, sizeof(to)), 4);
	CHECK_EQ(urecv(b, buf, sizeof(buf)), 4);
	uclose(fd);
	uclose(b);
	dropall(fk);
}

static void
test_mld(void)
{
	struct ipv6_mreq mr = { .ipv6mr_interface =
	    fk->fk_if.if_index };
	int fd = sock6(SOCK_DGRAM, 0);
	char buf[20];
	uint8_t *p;
	unsigned i;

	inet_pton(AF_INET6, "ff02::1234", &mr.ipv6mr_multiaddr);
	OK(bind6(fd, "::", 5001));
	OK(setint(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0));
	usleep(50000);
	dropall(fk);
	udp6(&in, PEER6, 7, "ff02::1234", 5001, "group", 5);
	inject(fk, &in);
	CHECK(nothing(fd));
	OK(SYS(setsockopt, fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &mr,
	    sizeof(mr)));
	FAILS(SYS(setsockopt, fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &mr,
	    sizeof(mr)), EADDRINUSE);
	/* Other groups, those of addresses, may be told of before. */
	do {
		CHECK(wait_mld(fk, &out, 143));
	} while (get16(out.f_b + 88) != 0x1234 && check_failures == 0);
	CHECK(memcmp(out.f_b, "\x33\x33\0\0\0\x16", 6) == 0);
	CHECK_EQ(out.f_b[21], 1);
	CHECK_EQ(out.f_b[56], 5);		/* router alert */
	CHECK_EQ(sum6(&out, 58, out.f_len - 62), 0);
	CHECK_EQ(out.f_b[70], 4);		/* TO_EX of no sources */
	CHECK_EQ(out.f_b[74], 0xff);
	CHECK_EQ(get16(out.f_b + 88), 0x1234);
	inject(fk, &in);
	CHECK_EQ(urecv(fd, buf, sizeof(buf)), 5);
	/* A query, version 2, is answered; a forged one is not. */
	for (i = 0; i < 2; i++) {
		usleep(1100000 * (i == 0));
		dropall(fk);
		ip6frame(&in, i == 0 ? PEER6 : PEERLL, "ff02::1", 58, 1, 28);
		p = PAY6(&in);
		memset(p, 0, 28);
		p[0] = 130;
		icmp6sum(&in, 28);
		insert6(&in, 0, (uint8_t[8]){ 58, 0, 5, 2, 0, 0, 1, 0 }, 8);
		inject(fk, &in);
		if (i == 0) {
			usleep(30000);
			/* What was said above may be repeated late. */
			while (sentnxt(fk, &out, 0))
				CHECK_EQ(out.f_b[70], 4);
		} else {
			do
				CHECK(wait_mld(fk, &out, 143));
			while (out.f_b[70] == 4 && check_failures == 0);
			CHECK_EQ(out.f_b[70], 2);	/* IS_EX */
		}
	}
	OK(SYS(setsockopt, fd, IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, &mr,
	    sizeof(mr)));
	CHECK(wait_mld(fk, &out, 143));
	CHECK_EQ(out.f_b[70], 3);		/* TO_IN of none */
	FAILS(SYS(setsockopt, fd, IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, &mr,
	    sizeof(mr)), EADDRNOTAVAIL);
	/* A querier of version 1: a report of version 1. */
	ip6frame(&in, PEERLL, "ff02::1", 58, 1, 24);
	memset(PAY6(&in), 0, 24);
	PAY6(&in)[0] = 130;
	icmp6sum(&in, 24);
	inject(fk, &in);
	CHECK(wait_mld(fk, &out, 131));
	OK(SYS(setsockopt, fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &mr,
	    sizeof(mr)));
	do
		CHECK(wait_mld(fk, &out, 131));
	while (get16(out.f_b + 84) != 0x1234 && check_failures == 0);
	CHECK(memcmp(out.f_b, "\x33\x33\0\0\x12\x34", 6) == 0);
	uclose(fd);
	CHECK(wait_mld(fk, &out, 132));
	CHECK(memcmp(out.f_b, "\x33\x33\0\0\0\2", 6) == 0);
	dropall(fk);
}

static void
test_mcastsend(void)
{
	struct sockaddr_in6 to = sin6("ff02::1235", 5002);
	struct ipv6_mreq mr = { .ipv6mr_interface =
	    fk->fk_if.if_index };
	int a = sock6(SOCK_DGRAM, 0), b = sock6(SOCK_DGRAM, 0);
	char buf[20];

	mr.ipv6mr_multiaddr = to.sin6_addr;
	OK(bind6(a, "::", 5002));
	OK(SYS(setsockopt, a, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &mr,
	    sizeof(mr)));
	OK(setint(b, IPPROTO_IPV6, IPV6_MULTICAST_IF,
	    (int)mr.ipv6mr_interface));
	CHECK_EQ(getint(b, IPPROTO_IPV6, IPV6_MULTICAST_IF),
	    (int)mr.ipv6mr_interface);
	dropall(fk);
	CHECK_EQ(SYS(sendto, b, "many", 4, 0, &to, sizeof(to)), 4);
	CHECK(sentnxt(fk, &out, 17));
	CHECK_EQ(out.f_b[21], 1);
	CHECK(memcmp(out.f_b, "\x33\x33\0\0\x12\x35", 6) == 0);
	CHECK_EQ(sum6(&out, 17, 12), 0);
	CHECK_EQ(urecv(a, buf, sizeof(buf)), 4);
	OK(setint(b, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0));
	CHECK_EQ(SYS(sendto, b, "many", 4, 0, &to, sizeof(to)), 4);
	CHECK(nothing(a));
	uclose(a);
	uclose(b);
	dropall(fk);
}

/* Destination options of a socket: in every packet, and in fragments. */
static void
test_sticky(void)
{
	static const uint8_t opts[8] = { 0, 0, 0x1e, 4, 1, 2, 3, 4 };
	struct sockaddr_in6 to = sin6(PEER6, 9);
	int fd = sock6(SOCK_DGRAM, 0);
	static uint8_t data[3000];

	OK(SYS(setsockopt, fd, IPPROTO_IPV6, 54, opts, 8));
	OK(SYS(setsockopt, fd, IPPROTO_IPV6, 59, opts, 8));
	FAILS(SYS(setsockopt, fd, IPPROTO_IPV6, 59, opts, 7), EINVAL);
	CHECK_EQ(SYS(sendto, fd, "abc", 3, 0, &to, sizeof(to)), 3);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_len, 54 + 16 + 11);
	CHECK_EQ(out.f_b[20], 0);
	CHECK_EQ(out.f_b[54], 60);
	CHECK_EQ(out.f_b[62], 17);
	CHECK_EQ(sum6(&out, 17, 11), 0);
	CHECK_EQ(SYS(sendto, fd, data, 3000, 0, &to, sizeof(to)), 3000);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_b[20], 0);
	CHECK_EQ(out.f_b[54], 44);
	CHECK_EQ(out.f_b[62], 60);
	CHECK_EQ(out.f_b[70], 17);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_b[54], 44);
	CHECK_EQ(out.f_b[62], 60);
	/* They are not for IPv4. */
	to = sin6("::ffff:127.0.0.1", 9);
	CHECK_EQ(SYS(sendto, fd, "abc", 3, 0, &to, sizeof(to)), 3);
	OK(SYS(setsockopt, fd, IPPROTO_IPV6, 54, NULL, 0));
	OK(SYS(setsockopt, fd, IPPROTO_IPV6, 59, NULL, 0));
	to = sin6(PEER6, 9);
	dropall(fk);
	CHECK_EQ(SYS(sendto, fd, "abc", 3, 0, &to, sizeof(to)), 3);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_len, 54 + 11);
	uclose(fd);
	dropall(fk);
}

static const struct test tests[] = {
	{ "udp", test_udp }, { "mapped", test_mapped },
	{ "options", test_options }, { "cmsg", test_cmsg },
	{ "tcp", test_tcp }, { "raw", test_raw }, { NULL, NULL }
}, linktests[] = {
	{ "linklocal", test_linklocal }, { "mld", test_mld },
	{ "mcastsend", test_mcastsend }, { "sticky", test_sticky },
	{ NULL, NULL }
};

int
main(void)
{
	const struct test *t;
	int fd;

	fk = wire6_start(0);
	/* Root's sockets, and Linux's with lo up, are not everywhere. */
	onhost = 1;
	fd = socket(AF_INET6, SOCK_RAW, 58);
	if (fd >= 0 && bind6(fd, "::1", 0) == 0)
		for (t = tests; t->t_name != NULL; t++)
			if (t->t_fn != test_raw)
				t->t_fn();
	onhost = 0;
	for (t = tests; t->t_name != NULL; t++)
		t->t_fn();
	for (t = linktests; t->t_name != NULL; t++)
		t->t_fn();
	return check_done();
}
