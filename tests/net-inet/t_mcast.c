/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_mcast */
/*
 * Groups: what IGMP says on a fake interface when sockets join, leave and
 * filter; queries; who gets what.
 */
#include "wire.h"

#define G	"239.1.2.3"

static struct fake *fk;
static struct frame in, out;

static int
member(int fd, int op, const char *g)
{
	struct ip_mreqn r = { .imr_ifindex = (int)fk->fk_if.if_index };

	inet_pton(AF_INET, g, &r.imr_multiaddr);
	return (int)SYS(setsockopt, fd, IPPROTO_IP, op, &r, sizeof(r));
}

static int
msource(int fd, int op, const char *g, const char *s)
{
	struct ip_mreq_source r;

	inet_pton(AF_INET, g, &r.imr_multiaddr);
	inet_pton(AF_INET, s, &r.imr_sourceaddr);
	inet_pton(AF_INET, US, &r.imr_interface);
	return (int)SYS(setsockopt, fd, IPPROTO_IP, op, &r, sizeof(r));
}

/* The next report has one record: type, group, sources. */
static void
report(int type, const char *g, int n, const char *s0, const char *s1)
{
	const uint8_t *p = out.f_b + 14 + 24;

	CHECK(waitsent(fk, &out));
	CHECK(sumsok(&out));
	CHECK(memcmp(out.f_b, "\1\0\136\0\0\26", 6) == 0);
	CHECK_EQ(out.f_b[14], 0x46);
	CHECK_EQ(out.f_b[22], 1);
	CHECK(memcmp(out.f_b + 34, "\224\4\0\0", 4) == 0);
	CHECK(memcmp(out.f_b + 30, "\340\0\0\26", 4) == 0);
	CHECK_EQ(p[0], 0x22);
	CHECK_EQ(get16(p + 6), 1);
	CHECK_EQ(p[8], type);
	CHECK_EQ(get16(p + 10), n);
	CHECK_EQ(out.f_len, 38 + 16 + 4 * (unsigned)n);
	CHECK(memcmp(p + 12, &(uint32_t){ v4(g) }, 4) == 0);
	if (n > 0)
		CHECK(memcmp(p + 16, &(uint32_t){ v4(s0) }, 4) == 0);
	if (n > 1)
		CHECK(memcmp(p + 20, &(uint32_t){ v4(s1) }, 4) == 0);
}

static void
reports(int type, const char *g, int n, const char *s0, const char *s1)
{

	report(type, g, n, s0, s1);
	report(type, g, n, s0, s1);
}

static void
query(const char *g, unsigned code, int version, unsigned n, const char *s0,
    const char *s1)
{
	uint32_t a = v4(g), s;
	uint8_t *p = PAYLOAD(&in);
	unsigned len = version == 3 ? 12 + 4 * n : 8;

	ipframe(&in, PEER, a == 0 ? "224.0.0.1" : g, 2, len);
	memcpy(in.f_b, "\1\0\136\0\0\1", 6);
	if (a != 0)
		memcpy(in.f_b + 3, (uint8_t *)&a + 1, 3), in.f_b[3] &= 0x7f;
	memset(p, 0, len);
	p[0] = 0x11;
	p[1] = (uint8_t)code;
	memcpy(p + 4, &a, 4);
	put16(p + 10, n);
	if (n > 0)
		s = v4(s0), memcpy(p + 12, &s, 4);
	if (n > 1)
		s = v4(s1), memcpy(p + 16, &s, 4);
	put16(p + 2, sum16(p, len, 0));
	inject(fk, &in);
}

static void
test_join(void)
{
	int a = usock(), b = usock();

	OK(member(a, IP_ADD_MEMBERSHIP, G));
	FAILS(member(a, IP_ADD_MEMBERSHIP, G), EADDRINUSE);
	reports(4, G, 0, NULL, NULL);		/* to exclude nothing */
	OK(member(b, IP_ADD_MEMBERSHIP, G));
	OK(member(a, IP_DROP_MEMBERSHIP, G));
	FAILS(member(a, IP_DROP_MEMBERSHIP, G), EADDRNOTAVAIL);
	usleep(50000);
	CHECK(!sent(fk, &out));			/* b is still there */
	uclose(b);
	reports(3, G, 0, NULL, NULL);		/* to include nothing */
	FAILS(member(a, IP_ADD_MEMBERSHIP, "10.1.1.1"), EINVAL);
	uclose(a);
}

static void
test_sources(void)
{
	int a = usock(), b = usock();

	OK(msource(a, IP_ADD_SOURCE_MEMBERSHIP, G, "10.0.0.50"));
	FAILS(msource(a, IP_ADD_SOURCE_MEMBERSHIP, G, "10.0.0.50"),
	    EADDRNOTAVAIL);
	reports(5, G, 1, "10.0.0.50", NULL);	/* allow */
	OK(msource(a, IP_ADD_SOURCE_MEMBERSHIP, G, "10.0.0.51"));
	reports(5, G, 1, "10.0.0.51", NULL);
	FAILS(msource(a, IP_BLOCK_SOURCE, G, "10.0.0.9"), EINVAL);
	OK(member(b, IP_ADD_MEMBERSHIP, G));
	reports(4, G, 0, NULL, NULL);
	OK(msource(b, IP_BLOCK_SOURCE, G, "10.0.0.60"));
	reports(6, G, 1, "10.0.0.60", NULL);	/* block */
	OK(msource(b, IP_BLOCK_SOURCE, G, "10.0.0.50"));
	usleep(50000);
	CHECK(!sent(fk, &out));			/* a wants that one */
	query(G, 1, 3, 0, NULL, NULL);
	report(2, G, 1, "10.0.0.60", NULL);	/* is exclude */
	query(G, 1, 3, 2, "10.0.0.60", "10.0.0.61");
	report(1, G, 1, "10.0.0.61", NULL);	/* is include */
	query("0.0.0.0", 1, 3, 0, NULL, NULL);
	report(2, G, 1, "10.0.0.60", NULL);
	query("239.9.9.9", 1, 3, 0, NULL, NULL);
	uclose(b);
	reports(3, G, 2, "10.0.0.50", "10.0.0.51");
	OK(msource(a, IP_DROP_SOURCE_MEMBERSHIP, G, "10.0.0.50"));
	reports(6, G, 1, "10.0.0.50", NULL);
	uclose(a);
	reports(6, G, 1, "10.0.0.51", NULL);
}

static int
got(int fd)
{
	char b[8];

	return SYS(recvfrom, fd, b, 8, MSG_DONTWAIT, NULL, NULL) > 0;
}

static void
gsend(const char *src)
{

	udpframe(&in, src, 1000, G, 7777, "hi", 2);
	memcpy(in.f_b, "\1\0\136\1\2\3", 6);
	inject(fk, &in);
}

static void
test_deliver(void)
{
	int a = usock(), b = usock(), c = usock(), d = usock();

	OK(setint(a, SOL_SOCKET, SO_REUSEADDR, 1));
	OK(setint(b, SOL_SOCKET, SO_REUSEADDR, 1));
	OK(setint(c, SOL_SOCKET, SO_REUSEADDR, 1));
	OK(setint(d, SOL_SOCKET, SO_REUSEADDR, 1));
	OK(ubind(a, "0.0.0.0", 7777));
	OK(ubind(b, G, 7777));
	OK(ubind(c, "0.0.0.0", 7777));
	OK(ubind(d, US, 7777));
	OK(setint(c, IPPROTO_IP, IP_MULTICAST_ALL, 0));
	gsend(PEER);			/* nobody has joined */
	CHECK(!got(a) && !got(b) && !got(c) && !got(d));
	OK(member(b, IP_ADD_MEMBERSHIP, G));
	gsend(PEER);
	CHECK(got(a) && got(b) && !got(c) && !got(d));
	OK(msource(b, IP_BLOCK_SOURCE, G, "10.0.0.66"));
	gsend("10.0.0.66");
	CHECK(got(a) && !got(b));
	gsend("10.0.0.67");
	CHECK(got(a) && got(b));
	OK(msource(c, IP_ADD_SOURCE_MEMBERSHIP, G, "10.0.0.66"));
	gsend("10.0.0.66");
	CHECK(got(c));
	gsend("10.0.0.67");
	CHECK(!got(c));
	/* Broadcast: all but who is bound to an address. */
	while (got(a) || got(b))
		;
	udpframe(&in, PEER, 1000, "10.0.0.255", 7777, "hi", 2);
	memcpy(in.f_b, mac_all, 6);
	inject(fk, &in);
	CHECK(got(a) && !got(b) && got(c) && !got(d));
	udpframe(&in, PEER, 1000, "255.255.255.255", 7777, "hi", 2);
	memcpy(in.f_b, mac_all, 6);
	inject(fk, &in);
	CHECK(got(a) && got(c));
	uclose(a), uclose(b), uclose(c), uclose(d);
	usleep(1200000);
	(void)dropall(fk);
}

/* Without reports, which may be late. */
static int
sentdata(void)
{
	while (sent(fk, &out))
		if (out.f_b[23] != 2)
			return 1;
	return 0;
}

/* What we send to a group comes back, unless told not to; TTL, interface. */
static void
test_send(void)
{
	struct ip_mreqn r = { .imr_ifindex = (int)fk->fk_if.if_index };
	int a = usock();
	char c[8];

	OK(ubind(a, "0.0.0.0", 7777));
	FAILS(usendto(a, "x", 1, G, 7777), ENETUNREACH);
	OK(SYS(setsockopt, a, IPPROTO_IP, IP_MULTICAST_IF, &r, sizeof(r)));
	CHECK_EQ(usendto(a, "x", 1, G, 7777), 1);
	CHECK(sentdata());
	CHECK(memcmp(out.f_b, "\1\0\136\1\2\3", 6) == 0);
	CHECK_EQ(out.f_b[22], 1);
	CHECK(memcmp(out.f_b + 26, "\12\0\0\1", 4) == 0);
	CHECK(sumsok(&out));
	CHECK(nothing(a));
	(void)dropall(fk);
	OK(member(a, IP_ADD_MEMBERSHIP, G));
	reports(4, G, 0, NULL, NULL);
	OK(setint(a, IPPROTO_IP, IP_MULTICAST_TTL, 9));
	CHECK_EQ(usendto(a, "xyz", 3, G, 7777), 3);
	CHECK_EQ(urecv(a, c, 8), 3);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_b[22], 9);
	OK(setint(a, IPPROTO_IP, IP_MULTICAST_LOOP, 0));
	CHECK_EQ(usendto(a, "xyz", 3, G, 7777), 3);
	CHECK(sent(fk, &out));
	CHECK(nothing(a));
	/* Broadcast comes back as well. */
	OK(setint(a, SOL_SOCKET, SO_BROADCAST, 1));
	CHECK_EQ(usendto(a, "xyz", 3, "10.0.0.255", 7777), 3);
	CHECK(sent(fk, &out));
	CHECK(memcmp(out.f_b, mac_all, 6) == 0);
	CHECK_EQ(urecv(a, c, 8), 3);
	uclose(a);
	reports(3, G, 0, NULL, NULL);
}

/* An old querier: version 2, then 1. */
static void
test_old(void)
{
	int a = usock();

	query("0.0.0.0", 1, 2, 0, NULL, NULL);
	OK(member(a, IP_ADD_MEMBERSHIP, G));
	CHECK(waitsent(fk, &out));
	CHECK_EQ(out.f_b[38], 0x16);
	CHECK(memcmp(out.f_b + 30, &(uint32_t){ v4(G) }, 4) == 0);
	query(G, 1, 2, 0, NULL, NULL);
	CHECK(waitsent(fk, &out));
	CHECK_EQ(out.f_b[38], 0x16);
	CHECK(sumsok(&out));
	OK(member(a, IP_DROP_MEMBERSHIP, G));
	CHECK(waitsent(fk, &out));
	CHECK_EQ(out.f_b[38], 0x17);
	CHECK(memcmp(out.f_b + 30, "\340\0\0\2", 4) == 0);
	query("0.0.0.0", 0, 1, 0, NULL, NULL);
	OK(member(a, IP_ADD_MEMBERSHIP, G));
	CHECK(waitsent(fk, &out));
	CHECK_EQ(out.f_b[38], 0x12);
	uclose(a);
}

static void
test_hostile(void)
{
	unsigned n;

	for (n = 0; n <= 20; n++) {
		query("0.0.0.0", 1, 3, 2, "1.1.1.1", "2.2.2.2");
		in.f_len = 34 + n;
		put16(in.f_b + 16, 20 + n);
		resum(&in);
		put16(PAYLOAD(&in) + 2, 0);
		if (n >= 8)
			put16(PAYLOAD(&in) + 2, sum16(PAYLOAD(&in), n, 0));
		inject(fk, &in);
	}
	query("0.0.0.0", 1, 3, 0, NULL, NULL);
	put16(PAYLOAD(&in) + 10, 0xffff);
	put16(PAYLOAD(&in) + 2, 0);
	put16(PAYLOAD(&in) + 2, sum16(PAYLOAD(&in), 12, 0));
	inject(fk, &in);
	CHECK(!sent(fk, &out));
}

int
main(void)
{

	fk = wire_start();
	onhost = 0;
	test_hostile();
	test_join();
	test_sources();
	test_deliver();
	test_send();
	test_old();
	return check_done();
}
