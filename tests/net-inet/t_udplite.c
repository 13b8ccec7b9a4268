/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_udplite net_raw */
/* components: net_mcast net_config net_inet6 */
/* UDP-Lite over lo, on the host and in the rump kernel; packets by hand. */
#include "inettest.h"

#define LITE	136
#define SENDCOV	10
#define RECVCOV	11

static int
lsock(void)
{
	int fd = (int)SYS(socket, AF_INET, SOCK_DGRAM, LITE);

	CHECK(fd >= 0);
	return fd;
}

static void
test_echo(void)
{
	int a = lsock(), b = lsock(), u = usock();
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char buf[64];

	OK(ubind(a, "127.0.0.1", 0));
	CHECK_EQ(getint(a, SOL_SOCKET, SO_PROTOCOL), LITE);
	CHECK_EQ(getint(u, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
	CHECK_EQ(usendto(b, "hello", 5, "127.0.0.1", portof(a)), 5);
	CHECK_EQ(SYS(recvfrom, a, buf, sizeof(buf), 0, &from, &len), 5);
	CHECK(memcmp(buf, "hello", 5) == 0);
	CHECK_EQ(ntohs(from.sin_port), portof(b));
	OK(SYS(connect, a, &from, len));
	CHECK_EQ(xsend(a, "back", 4, 0), 4);
	CHECK_EQ(xsend(a, "", 0, 0), 0);
	if (!onhost)		/* UDP's alone is there */
		FAILS(xsend(a, "more", 4, MSG_MORE), EOPNOTSUPP);
	CHECK_EQ(urecv(b, buf, sizeof(buf)), 4);
	CHECK_EQ(urecv(b, buf, sizeof(buf)), 0);
	/* Ports of UDP are others; who is gone says so by ICMP. */
	OK(ubind(u, "127.0.0.1", portof(a)));
	CHECK(nothing(u));
	uclose(b);
	CHECK_EQ(xsend(a, "gone", 4, 0), 4);
	FAILS(xrecv(a, buf, 1, 0), ECONNREFUSED);
	uclose(u);
	uclose(a);
}

static void
test_options(void)
{
	int a = lsock();

	CHECK_EQ(getint(a, LITE, SENDCOV), 0);
	CHECK_EQ(getint(a, LITE, RECVCOV), 0);
	OK(setint(a, LITE, SENDCOV, 1));
	CHECK_EQ(getint(a, LITE, SENDCOV), 8);
	OK(setint(a, LITE, RECVCOV, 70000));
	CHECK_EQ(getint(a, LITE, RECVCOV), 65535);
	OK(setint(a, LITE, RECVCOV, 0));
	CHECK_EQ(getint(a, LITE, RECVCOV), 0);
	FAILS(setint(a, LITE, 99, 1), ENOPROTOOPT);
	OK(setint(a, IPPROTO_IP, IP_TTL, 9));
	uclose(a);
}

/* The next packet of UDP-Lite, without its IP header. */
static long
packet(int raw, uint8_t *p)
{
	uint8_t buf[200];
	long n = urecv(raw, buf, sizeof(buf));

	CHECK(n >= 28);
	memcpy(p, buf + 20, (size_t)n - 20);
	return n - 20;
}

static uint16_t
sum(const uint8_t *p, size_t covered, size_t len)
{
	uint32_t s = 0x7f00 + 1 + 0x7f00 + 1 + LITE + (uint32_t)len;
	size_t i;

	for (i = 0; i < covered; i++)
		s += (uint32_t)p[i] << (i & 1 ? 0 : 8);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

static void
test_coverage(void)
{
	int a = lsock(), b = lsock(), raw;
	uint8_t p[200], buf[64];

	raw = (int)SYS(socket, AF_INET, SOCK_RAW, LITE);
	CHECK(raw >= 0);
	OK(ubind(a, "127.0.0.1", 0));
	OK(uconnect(b, "127.0.0.1", portof(a)));
	CHECK_EQ(xsend(b, "abcdefgh", 8, 0), 8);
	CHECK_EQ(packet(raw, p), 16);
	CHECK_EQ(p[4] << 8 | p[5], 16);
	CHECK_EQ(sum(p, 16, 16), 0xffff);
	OK(setint(b, LITE, SENDCOV, 10));
	CHECK_EQ(xsend(b, "ABcdefgh", 8, 0), 8);
	CHECK_EQ(packet(raw, p), 16);
	CHECK_EQ(p[4] << 8 | p[5], 10);
	CHECK_EQ(sum(p, 10, 16), 0xffff);
	CHECK(sum(p, 16, 16) != 0xffff);
	CHECK_EQ(urecv(a, buf, sizeof(buf)), 8);
	CHECK_EQ(urecv(a, buf, sizeof(buf)), 8);
	CHECK(memcmp(buf, "ABcdefgh", 8) == 0);
	/* Less than is wanted is not received. */
	OK(setint(a, LITE, RECVCOV, 12));
	CHECK_EQ(xsend(b, "less", 4, 0), 4);
	CHECK_EQ(xsend(b, "more", 4, 0), 4);
	OK(setint(b, LITE, SENDCOV, 12));
	CHECK_EQ(xsend(b, "enough", 6, 0), 6);
	CHECK_EQ(urecv(a, buf, sizeof(buf)), 6);
	OK(setint(a, LITE, RECVCOV, 0));
	CHECK_EQ(xsend(b, "a part", 6, 0), 6);
	OK(setint(b, LITE, SENDCOV, 0));
	CHECK_EQ(xsend(b, "all", 3, 0), 3);
	CHECK_EQ(urecv(a, buf, sizeof(buf)), 3);
	uclose(raw);
	uclose(b);
	uclose(a);
}

/* A packet of 8 bytes that says it is covered by so much; sum off by bad. */
static void
inject(int raw, int port, unsigned covered, size_t in, unsigned bad)
{
	uint8_t p[16] = { 0x12, 0x34, (uint8_t)(port >> 8), (uint8_t)port,
	    (uint8_t)(covered >> 8), (uint8_t)covered };
	uint16_t s;

	memset(p + 8, 'x', 8);
	s = (uint16_t)(~sum(p, in, sizeof(p)) + bad);
	p[6] = (uint8_t)(s >> 8);
	p[7] = (uint8_t)s;
	if (bad == 0xdead)
		p[6] = p[7] = 0;
	CHECK_EQ(usendto(raw, p, sizeof(p), "127.0.0.1", 0), 16);
}

static void
test_wrong(void)
{
	int a = lsock(), raw, port;
	uint8_t buf[64];

	raw = (int)SYS(socket, AF_INET, SOCK_RAW, LITE);
	CHECK(raw >= 0);
	OK(ubind(a, "127.0.0.1", 0));
	port = portof(a);
	inject(raw, port, 16, 16, 0);
	CHECK_EQ(urecv(a, buf, sizeof(buf)), 8);
	inject(raw, port, 0, 16, 0);
	CHECK_EQ(urecv(a, buf, sizeof(buf)), 8);
	inject(raw, port, 9, 9, 0);
	CHECK_EQ(urecv(a, buf, sizeof(buf)), 8);
	inject(raw, port, 8, 8, 0);
	CHECK_EQ(urecv(a, buf, sizeof(buf)), 8);
	inject(raw, port, 17, 16, 0);
	inject(raw, port, 65535, 16, 0);
	inject(raw, port, 7, 7, 0);
	inject(raw, port, 1, 1, 0);
	inject(raw, port, 16, 16, 1);
	inject(raw, port, 9, 9, 1);
	inject(raw, port, 16, 16, 0xdead);
	CHECK(nothing(a));
	uclose(raw);
	uclose(a);
}

/* Over IPv6, and both families on one socket. */
static void
test_six(void)
{
	struct sockaddr_in6 sin = { .sin6_family = AF_INET6 };
	int a = (int)SYS(socket, AF_INET6, SOCK_DGRAM, LITE), b = lsock(), c;
	socklen_t len = sizeof(sin);
	char buf[64];

	CHECK(a >= 0);
	CHECK_EQ(getint(a, SOL_SOCKET, SO_PROTOCOL), LITE);
	OK(SYS(bind, a, &sin, len));
	OK(SYS(getsockname, a, &sin, &len));
	sin.sin6_addr = in6addr_loopback;
	c = (int)SYS(socket, AF_INET6, SOCK_DGRAM, LITE);
	OK(SYS(connect, c, &sin, len));
	CHECK_EQ(xsend(c, "six", 3, 0), 3);
	CHECK_EQ(urecv(a, buf, sizeof(buf)), 3);
	OK(setint(c, LITE, SENDCOV, 9));
	CHECK_EQ(xsend(c, "part", 4, 0), 4);
	CHECK_EQ(urecv(a, buf, sizeof(buf)), 4);
	CHECK_EQ(usendto(b, "four", 4, "127.0.0.1", ntohs(sin.sin6_port)), 4);
	CHECK_EQ(SYS(recvfrom, a, buf, sizeof(buf), 0, &sin, &len), 4);
	CHECK(IN6_IS_ADDR_V4MAPPED(&sin.sin6_addr));
	uclose(c);
	uclose(b);
	uclose(a);
}

static const struct test tests[] = {
	{ "echo", test_echo }, { "six", test_six }, { "options", test_options },
	{ "coverage", test_coverage }, { "wrong", test_wrong },
	{ NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
