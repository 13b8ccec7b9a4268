/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_raw net_mcast net_config net_inet6 */
/*
 * Echo, neighbour solicitations, extension headers, fragments, errors,
 * forwarding, on a fake interface.  Every truncation of every header.
 */
#include "wire6.h"

static struct fake *fk;
static struct frame in, out;

static int
answers(void)
{
	inject(fk, &in);
	if (!sent6(fk, &out, 129))
		return 0;
	CHECK_EQ(sum6(&out, 58, out.f_len - 54), 0);
	return 1;
}

static int
problem(unsigned type, unsigned code, unsigned info)
{
	inject(fk, &in);
	if (!sent6(fk, &out, type))
		return 0;
	CHECK_EQ(out.f_b[55], code);
	CHECK_EQ((get16(out.f_b + 58) << 16) + get16(out.f_b + 60), info);
	CHECK_EQ(sum6(&out, 58, out.f_len - 54), 0);
	CHECK(out.f_len <= 14 + 1280);
	return 1;
}

static void
test_echo(void)
{
	unsigned n;

	echo6(&in, PEER6, US6, 100);
	CHECK(answers());
	CHECK_EQ(out.f_len, in.f_len);
	CHECK(memcmp(out.f_b, mac_peer, 6) == 0);
	CHECK(memcmp(PAY6(&out) + 4, PAY6(&in) + 4, 104) == 0);
	CHECK_EQ(out.f_b[21], 64);
	/* By the second time its address is remembered. */
	CHECK(answers());
	/* Link-local, all nodes, the solicited-node group. */
	echo6(&in, PEERLL, LL, 10);
	CHECK(answers());
	echo6(&in, PEERLL, "ff02::1", 10);
	CHECK(answers());
	CHECK(memcmp(out.f_b + 22, (uint8_t[]){ 0xfe, 0x80 }, 2) == 0);
	echo6(&in, PEER6, "ff02::1:ff00:1", 10);
	CHECK(answers());
	/* Groups that nobody joined, other addresses, bad sums, padding. */
	echo6(&in, PEER6, "ff02::1:ff00:77", 10);
	CHECK(!answers());
	echo6(&in, PEER6, "2001:db8::77", 10);
	CHECK(!answers());
	echo6(&in, PEER6, US6, 10);
	in.f_b[56] ^= 1;
	CHECK(!answers());
	echo6(&in, PEER6, US6, 1);
	in.f_len = 66;
	CHECK(answers());
	CHECK_EQ(out.f_len, 63);
	for (n = 0; n < 62; n++) {
		echo6(&in, PEER6, US6, 8);
		in.f_len = n;
		CHECK(!answers());
	}
	dropall(fk);
}

static void
test_martians(void)
{
	static const char *const bad[][2] = {
		{ "::1", US6 }, { PEER6, "::1" }, { "ff02::1", US6 },
		{ "::ffff:10.0.0.2", US6 }, { PEER6, "::ffff:127.0.0.1" },
		{ PEER6, "::" }, { "::", US6 }, { PEER6, "ff01::1" },
		{ PEER6, "ff00::1" },
	};
	unsigned i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		echo6(&in, bad[i][0], bad[i][1], 8);
		CHECK(!answers());
	}
	echo6(&in, PEER6, US6, 8);
	in.f_b[14] = 0x40;
	CHECK(!answers());
	dropall(fk);
}

static void
test_ns(void)
{
	unsigned n;

	ndframe(&in, 135, PEER6, "ff02::1:ff00:1", US6, 0, 1);
	inject(fk, &in);
	CHECK(sent6(fk, &out, 136));
	CHECK(memcmp(out.f_b, mac_peer, 6) == 0);
	CHECK_EQ(out.f_b[21], 255);
	CHECK_EQ(out.f_b[58], 0x60);		/* solicited, override */
	CHECK_EQ(out.f_b[78], 2);
	CHECK(memcmp(out.f_b + 80, mac_us, 6) == 0);
	CHECK_EQ(sum6(&out, 58, 32), 0);
	/* Who has no address (DAD) is told by all nodes' group. */
	ndframe(&in, 135, "::", "ff02::1:ff00:1", US6, 0, 0);
	inject(fk, &in);
	CHECK(sent6(fk, &out, 136));
	CHECK_EQ(out.f_b[58], 0x20);
	CHECK_EQ(out.f_b[0], 0x33);
	/* Forbidden: hop limit, code, option with ::, unicast from ::,
	 * groups as targets, options of no length. */
	for (n = 0; n < 7; n++) {
		ndframe(&in, 135, n == 2 || n == 3 ? "::" : PEER6,
		    n == 3 ? US6 : "ff02::1:ff00:1",
		    n == 4 ? "ff02::1" : US6, 0, n == 3 ? 0 : 1);
		if (n == 0)
			in.f_b[21] = 254;
		if (n == 1)
			in.f_b[55] = 1;
		if (n == 5)
			in.f_b[79] = 0;
		if (n == 6)
			in.f_b[79] = 2;
		icmp6sum(&in, in.f_len - 54);
		inject(fk, &in);
		CHECK(!sent6(fk, &out, 136));
	}
	for (n = 0; n < 24; n++) {
		ndframe(&in, 135, PEER6, "ff02::1:ff00:1", US6, 0, 0);
		in.f_len = 54 + n;
		put16(in.f_b + 18, n);
		if (n >= 4)
			icmp6sum(&in, n);
		inject(fk, &in);
		CHECK(!sent6(fk, &out, 136));
	}
	dropall(fk);
}

static void
test_resolve(void)
{
	int fd = (int)SYS(socket, AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_in6 to = sin6("2001:db8::4", 9);
	struct frame na;

	CHECK_EQ(SYS(sendto, fd, "abc", 3, 0, &to, sizeof(to)), 3);
	CHECK(sent6(fk, &out, 135));
	CHECK(memcmp(out.f_b, "\x33\x33\xff\0\0\4", 6) == 0);
	CHECK_EQ(out.f_b[21], 255);
	CHECK_EQ(out.f_b[78], 1);
	CHECK(memcmp(out.f_b + 80, mac_us, 6) == 0);
	CHECK_EQ(sum6(&out, 58, 32), 0);
	CHECK(!sent(fk, &out));
	/* An answer that is not: to a group, but solicited. */
	ndframe(&na, 136, "2001:db8::4", "ff02::1", "2001:db8::4",
	    0x60000000, 2);
	inject(fk, &na);
	CHECK(!sent(fk, &out));
	/* Without the address there is nothing to learn. */
	ndframe(&na, 136, "2001:db8::4", US6, "2001:db8::4", 0x60000000, 0);
	inject(fk, &na);
	CHECK(!sent(fk, &out));
	ndframe(&na, 136, "2001:db8::4", US6, "2001:db8::4", 0x60000000, 2);
	inject(fk, &na);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_len, 54 + 11);
	CHECK(memcmp(out.f_b, mac_peer, 6) == 0);
	CHECK_EQ(sum6(&out, 17, 11), 0);
	/* A flow label, the same for the same flow. */
	CHECK((out.f_b[15] & 15) | out.f_b[16] | out.f_b[17]);
	na = out;
	CHECK_EQ(SYS(sendto, fd, "def", 3, 0, &to, sizeof(to)), 3);
	CHECK(sent(fk, &out));
	CHECK(memcmp(na.f_b + 14, out.f_b + 14, 4) == 0);
	OK(SYS(close, fd));
	dropall(fk);
}

static void
test_headers(void)
{
	static const uint8_t pad[8] = { 0, 0, 1, 4 };
	static const uint8_t skip[8] = { 0, 0, 0x1e, 4 };
	static const uint8_t gone[8] = { 0, 0, 0x5e, 4 };
	static const uint8_t tell[8] = { 0, 0, 0x9e, 4 };
	static const uint8_t quiet[8] = { 0, 0, 0xde, 4 };
	static const uint8_t cut[8] = { 0, 0, 0x1e, 5 };
	static const uint8_t rt0[24] = { 0, 2, 0, 1 };
	static const uint8_t rt0done[24] = { 0, 2, 0, 0 };
	static const uint8_t atomic[8] = { 0, 0, 0, 0, 1, 2, 3, 4 };
	unsigned i;

	echo6(&in, PEER6, US6, 8);
	insert6(&in, 0, pad, 8);
	CHECK(answers());
	echo6(&in, PEER6, US6, 8);
	insert6(&in, 60, skip, 8);
	insert6(&in, 43, rt0done, 24);
	insert6(&in, 0, pad, 8);
	CHECK(answers());
	echo6(&in, PEER6, US6, 8);
	insert6(&in, 44, atomic, 8);
	CHECK(answers());
	/* What is to be done about options that nobody knows. */
	echo6(&in, PEER6, US6, 8);
	insert6(&in, 60, gone, 8);
	inject(fk, &in);
	CHECK(!sent(fk, &out));
	echo6(&in, PEER6, US6, 8);
	insert6(&in, 60, tell, 8);
	CHECK(problem(4, 2, 42));
	echo6(&in, PEER6, US6, 8);
	insert6(&in, 60, quiet, 8);
	CHECK(problem(4, 2, 42));
	echo6(&in, PEER6, "ff02::1", 8);
	insert6(&in, 60, quiet, 8);
	CHECK(!problem(4, 2, 42));
	echo6(&in, PEER6, "ff02::1", 8);
	insert6(&in, 60, tell, 8);
	CHECK(problem(4, 2, 42));
	echo6(&in, PEER6, US6, 8);
	insert6(&in, 60, cut, 8);
	CHECK(!answers());
	/* Routes, hop-by-hop in the wrong place, unknown headers. */
	echo6(&in, PEER6, US6, 8);
	insert6(&in, 43, rt0, 24);
	CHECK(problem(4, 0, 42));
	echo6(&in, PEER6, US6, 8);
	insert6(&in, 0, pad, 8);
	insert6(&in, 60, pad, 8);
	CHECK(problem(4, 1, 40));
	echo6(&in, PEER6, US6, 8);
	in.f_b[20] = 200;
	CHECK(problem(4, 1, 6));
	insert6(&in, 60, pad, 8);
	CHECK(problem(4, 1, 40));
	/* Too many; every truncation. */
	echo6(&in, PEER6, US6, 8);
	for (i = 0; i < 7; i++)
		insert6(&in, 60, pad, 8);
	CHECK(answers());
	insert6(&in, 60, pad, 8);
	insert6(&in, 60, pad, 8);
	CHECK(!answers());
	for (i = 54; i < 110; i++) {
		echo6(&in, PEER6, US6, 8);
		insert6(&in, 44, atomic, 8);
		insert6(&in, 43, rt0done, 24);
		insert6(&in, 0, pad, 8);
		in.f_len = i;
		put16(in.f_b + 18, i - 54);
		CHECK(!answers());
	}
	dropall(fk);
}

/* Bytes [off, off + n) of a whole frame's payload as a fragment. */
static void
fragment(struct frame *f, const struct frame *whole, unsigned off,
    unsigned n, int more, uint32_t id)
{
	uint8_t *p = PAY6(f);

	memcpy(f->f_b, whole->f_b, 54);
	p[0] = whole->f_b[20];
	f->f_b[20] = 44;
	p[1] = 0;
	put16(p + 2, off | (unsigned)more);
	put16(p + 4, id >> 16);
	put16(p + 6, id & 0xffff);
	memcpy(p + 8, whole->f_b + 54 + off, n);
	f->f_len = 54 + 8 + n;
	put16(f->f_b + 18, 8 + n);
}

static struct frame whole, part;

static int
piece(unsigned off, unsigned n, int more, uint32_t id)
{
	fragment(&part, &whole, off, n, more, id);
	inject(fk, &part);
	return sent6(fk, &out, 129);
}

static void
test_fragments(void)
{
	uint64_t fails;

	echo6(&whole, PEER6, US6, 992);
	CHECK(!piece(0, 400, 1, 1));
	CHECK(!piece(800, 200, 0, 1));
	CHECK(!piece(0, 400, 1, 1));		/* a repetition */
	CHECK(piece(400, 400, 1, 1));
	CHECK_EQ(out.f_len, whole.f_len);
	CHECK_EQ(sum6(&out, 58, 1000), 0);
	/* Backwards, as separate packets. */
	CHECK(!piece(800, 200, 0, 2));
	CHECK(!piece(400, 400, 1, 2));
	CHECK(piece(0, 400, 1, 2));
	/* With extension headers behind the fragment's. */
	insert6(&whole, 60, (const uint8_t[8]){ 0, 0, 1, 4 }, 8);
	CHECK(!piece(0, 400, 1, 3));
	CHECK(piece(400, 608, 0, 3));
	/* And before it. */
	echo6(&whole, PEER6, US6, 992);
	fragment(&part, &whole, 0, 400, 1, 4);
	insert6(&part, 60, (const uint8_t[8]){ 0, 0, 1, 4 }, 8);
	inject(fk, &part);
	fragment(&part, &whole, 400, 600, 0, 4);
	insert6(&part, 60, (const uint8_t[8]){ 0, 0, 1, 4 }, 8);
	inject(fk, &part);
	CHECK(sent6(fk, &out, 129));
	/* Overlaps lose the packet, and what comes later. */
	fails = rump_ipstat[1][IPS_ReasmFails];
	CHECK(!piece(0, 400, 1, 5));
	CHECK(!piece(392, 400, 1, 5));
	CHECK(!piece(400, 400, 1, 5));
	CHECK(!piece(800, 200, 0, 5));
	CHECK_EQ(rump_ipstat[1][IPS_ReasmFails], fails + 1);
	/* Nothing behind the end; two ends. */
	CHECK(!piece(800, 200, 0, 6));
	CHECK(!piece(1000 - 8, 8, 1, 6));
	CHECK(!piece(0, 800, 1, 6));
	/* Lengths and offsets that cannot be. */
	in = whole;
	fragment(&in, &whole, 0, 401, 1, 7);
	CHECK(problem(4, 0, 4));
	fragment(&in, &whole, 0, 400, 0, 7);
	put16(in.f_b + 56, 0xfff8);
	CHECK(problem(4, 0, 42));
	/* The first one must have all headers (RFC 7112). */
	fragment(&in, &whole, 0, 0, 1, 8);
	CHECK(!answers());
	udp6(&whole, PEER6, 9, US6, 9, in.f_b, 992);
	insert6(&whole, 60, (const uint8_t[8]){ 0, 0, 1, 4 }, 8);
	fragment(&in, &whole, 0, 8, 1, 9);
	CHECK(problem(4, 3, 0));
	dropall(fk);
}

static void
test_bigsend(void)
{
	int fd = (int)SYS(socket, AF_INET6, SOCK_DGRAM, 0), n = 0;
	struct sockaddr_in6 to = sin6(PEER6, 9);
	static uint8_t data[5000];
	unsigned off = 0;

	CHECK_EQ(SYS(sendto, fd, data, 5000, 0, &to, sizeof(to)), 5000);
	while (sent(fk, &out)) {
		CHECK_EQ(out.f_b[20], 44);
		CHECK(out.f_len <= 1514);
		CHECK_EQ(get16(out.f_b + 56) & ~7U, off);
		off += out.f_len - 62;
		n++;
		CHECK_EQ(get16(out.f_b + 56) & 1, off < 5008);
	}
	CHECK_EQ(off, 5008);
	CHECK_EQ(n, 4);
	/* Never, said the socket; to 1280 after somebody said so. */
	OK(setint(fd, IPPROTO_IPV6, 62 /* DONTFRAG */, 1));
	FAILS(SYS(sendto, fd, data, 5000, 0, &to, sizeof(to)), EMSGSIZE);
	OK(setint(fd, IPPROTO_IPV6, 62, 0));
	OK(SYS(connect, fd, &to, sizeof(to)));
	CHECK_EQ(SYS(sendto, fd, data, 1400, 0, NULL, 0), 1400);
	CHECK(sent(fk, &in));
	ip6frame(&part, PEER6, US6, 58, 64, 8 + 1232);
	memset(PAY6(&part), 0, 8);
	part.f_b[54] = 2;
	put16(part.f_b + 60, 1300);
	memcpy(part.f_b + 62, in.f_b + 14, 1232);
	icmp6sum(&part, 8 + 1232);
	inject(fk, &part);
	CHECK_EQ(getint(fd, IPPROTO_IPV6, 24 /* MTU */), 1300);
	(void)SYS(sendto, fd, data, 1400, 0, NULL, 0);
	CHECK_EQ(SYS(sendto, fd, data, 1400, 0, NULL, 0), 1400);
	CHECK(sent(fk, &out));
	CHECK(out.f_len <= 1314 && out.f_b[20] == 44);
	OK(SYS(close, fd));
	dropall(fk);
}

static void
test_errors(void)
{
	int fd = (int)SYS(socket, AF_INET6, SOCK_DGRAM, 0), n = 0, i;
	struct sockaddr_in6 to = sin6(PEER6, 9);

	udp6(&in, PEER6, 1000, US6, 9999, "hello", 5);
	CHECK(problem(1, 4, 0));
	CHECK(memcmp(out.f_b + 62, in.f_b + 14, 40 + 13) == 0);
	/* Not about errors, not to groups, not too many. */
	udp6(&in, PEER6, 1000, "ff02::1", 9999, "hello", 5);
	CHECK(!problem(1, 4, 0));
	for (i = 0; i < 500; i++) {
		udp6(&in, PEER6, 1000, US6, 9999, "hello", 5);
		n += problem(1, 4, 0);
	}
	CHECK(n < 450);
	usleep(60000);
	/* One for us. */
	OK(SYS(connect, fd, &to, sizeof(to)));
	CHECK_EQ(SYS(sendto, fd, "abc", 3, 0, NULL, 0), 3);
	CHECK(sent(fk, &in));
	for (i = 0; i < 40 + 11; i++) {
		ip6frame(&part, PEER6, US6, 58, 64, 8 + (unsigned)i);
		memset(PAY6(&part), 0, 8);
		part.f_b[54] = 1;
		part.f_b[55] = 4;
		memcpy(part.f_b + 62, in.f_b + 14, (unsigned)i);
		icmp6sum(&part, 8 + (unsigned)i);
		if (i < 48)
			inject(fk, &part);
	}
	OK(getint(fd, SOL_SOCKET, SO_ERROR));
	inject(fk, &part);
	CHECK_EQ(getint(fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	OK(SYS(close, fd));
	dropall(fk);
}

static void
test_forward(void)
{
	echo6(&in, PEER6, "2001:db8::5", 8);
	neighbour(fk, "2001:db8::5");
	inject(fk, &in);
	CHECK(!sent(fk, &out));
	rump_ip6_forwarding = 1;
	inject(fk, &in);
	CHECK(sent(fk, &out));
	CHECK_EQ(out.f_b[21], 63);
	in.f_b[21] = 1;
	CHECK(problem(3, 0, 0));
	echo6(&in, PEER6, "2001:db8:9::5", 8);
	CHECK(problem(1, 0, 0));
	/* Not from us, to one link, to this machine alone. */
	dropall(fk);
	echo6(&in, US6, "2001:db8::5", 8);
	inject(fk, &in);
	echo6(&in, PEER6, "fe80::5", 8);
	inject(fk, &in);
	echo6(&in, PEER6, "::1", 8);
	inject(fk, &in);
	echo6(&in, "::1", "2001:db8::5", 8);
	inject(fk, &in);
	echo6(&in, "::", "2001:db8::5", 8);
	inject(fk, &in);
	CHECK(!sent(fk, &out));
	rump_ip6_forwarding = 0;
	dropall(fk);
}

int
main(void)
{
	static const struct test tests[] = {
		{ "echo", test_echo }, { "martians", test_martians },
		{ "ns", test_ns }, { "resolve", test_resolve },
		{ "headers", test_headers }, { "fragments", test_fragments },
		{ "bigsend", test_bigsend }, { "errors", test_errors },
		{ "forward", test_forward }, { NULL, NULL }
	};
	const struct test *t;

	fk = wire6_start(0);
	usleep(50000);
	dropall(fk);
	for (t = tests; t->t_name != NULL; t++)
		t->t_fn();
	return check_done();
}
