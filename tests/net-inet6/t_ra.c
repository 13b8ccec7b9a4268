/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_mcast net_config net_inet6 */
/*
 * Duplicate address detection, router solicitations and advertisements,
 * addresses and routes made of them, redirects.
 */
#include "wire6.h"

static struct fake *fk;
static struct frame in, out;

#define ROUTER	"fe80::2"
#define AUTO	"2001:db8:7:0:0:ff:fe00:1"

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* An RA with a prefix; room for options behind. */
static void
raframe(const char *src, unsigned lifetime, unsigned pref, const char *prefix,
    unsigned plen, unsigned flags, uint32_t valid, uint32_t preferred)
{
	struct inaddr a = addr(prefix);
	uint8_t *p = PAY6(&in);

	ip6frame(&in, src, "ff02::1", 58, 255, 16 + 8 + 32);
	memset(p, 0, 56);
	p[0] = 134;
	p[4] = 33;
	p[5] = (uint8_t)(pref << 3);
	put16(p + 6, lifetime);
	p[16] = 1;
	p[17] = 1;
	memcpy(p + 18, mac_peer, 6);
	p[24] = 3;
	p[25] = 4;
	p[26] = (uint8_t)plen;
	p[27] = (uint8_t)flags;
	put32(p + 28, valid);
	put32(p + 32, preferred);
	memcpy(p + 40, &a, 16);
	icmp6sum(&in, 56);
}

/* The default route's gateway, or "" */
static const char *
gateway(uint32_t *mtu)
{
	static char buf[46];
	struct inaddr far = addr("2001:db8:ffff::1");
	struct rtentry *rt;

	buf[0] = '\0';
	rump_schedule();
	if ((rt = rump_rt_lookup(&far, 0)) != NULL) {
		inaddr_format(&rt->rt_gw, buf, sizeof(buf));
		if (mtu != NULL)
			*mtu = rt->rt_mtu;
		rump_rt_rele(rt);
	}
	rump_unschedule();
	return buf;
}

static int
onlink(const char *a)
{
	struct inaddr dst = addr(a);
	struct rtentry *rt;
	int ok = 0;

	rump_schedule();
	if ((rt = rump_rt_lookup(&dst, 0)) != NULL) {
		ok = inaddr_isany(&rt->rt_gw) && rt->rt_plen != 0;
		rump_rt_rele(rt);
	}
	rump_unschedule();
	return ok;
}

static void
test_dad(void)
{
	int i;

	/* LL and US6 are probed for, then announced; then routers asked. */
	CHECK(addrflags(fk, LL) & IFA_F_TENTATIVE);
	CHECK(wait6(fk, &out, 135));
	CHECK(memcmp(out.f_b + 22, (uint8_t[16]){ 0 }, 16) == 0);
	CHECK_EQ(out.f_b[21], 255);
	CHECK_EQ(out.f_b[0], 0x33);
	CHECK_EQ(out.f_b[78], 14);		/* nonce */
	/* Our own probe, from the link: nothing. */
	inject(fk, &out);
	/* Nobody answers for a tentative address. */
	ndframe(&in, 135, PEERLL, "ff02::1:ff00:1", LL, 0, 1);
	inject(fk, &in);
	CHECK(!sent6(fk, &out, 136));
	echo6(&in, PEERLL, LL, 8);
	inject(fk, &in);
	CHECK(!sent6(fk, &out, 129));
	CHECK(waitaddr(fk, LL));
	CHECK(waitaddr(fk, US6));
	CHECK(wait6(fk, &out, 133));
	CHECK_EQ(out.f_b[21], 255);
	CHECK_EQ(out.f_b[62], 1);
	CHECK(memcmp(out.f_b + 38, "\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\2",
	    16) == 0);
	/* Somebody has it: says so, or probes for it too. */
	for (i = 0; i < 2; i++) {
		const char *a = i == 0 ? "2001:db8::30" : "2001:db8::31";

		K(CHECK_EQ(addaddr(fk, a, 64), 0));
		CHECK(addrflags(fk, a) & IFA_F_TENTATIVE);
		if (i == 0)
			ndframe(&in, 136, a, "ff02::1", a, 0x20000000, 2);
		else
			ndframe(&in, 135, "::", "ff02::1:ff00:31", a, 0, 0);
		inject(fk, &in);
		CHECK(addrflags(fk, a) & IFA_F_DADFAILED);
		usleep(100000);
		dropall(fk);
		echo6(&in, PEER6, a, 8);
		inject(fk, &in);
		CHECK(!sent6(fk, &out, 129));
	}
}

static void
test_ra(void)
{
	uint32_t mtu = 0;
	unsigned n;
	uint8_t *p;

	/* Refused: hop limit, code, source, lengths. */
	for (n = 0; n < 5; n++) {
		raframe(n == 2 ? "2001:db8::2" : ROUTER, 1800, 0,
		    "2001:db8:7::", 64, 0xc0, 3600, 1800);
		if (n == 0)
			in.f_b[21] = 254;
		if (n == 1)
			in.f_b[55] = 1;
		if (n == 3)
			in.f_b[71] = 0;
		if (n == 4)
			in.f_b[79] = 5;
		icmp6sum(&in, 56);
		inject(fk, &in);
	}
	for (n = 0; n < 56; n++) {
		raframe(ROUTER, 0, 0, "2001:db8:7::", 64, 0xc0, 3600, 1800);
		in.f_len = 54 + n;
		put16(in.f_b + 18, n);
		if (n >= 4)
			icmp6sum(&in, n);
		inject(fk, &in);
	}
	CHECK_STR(gateway(NULL), "");
	CHECK_EQ(addrflags(fk, AUTO), NOADDR);
	raframe(ROUTER, 1800, 0, "2001:db8:7::", 64, 0xc0, 3600, 1800);
	p = PAY6(&in) + 56;
	memset(p, 0, 8);
	p[0] = 5;
	p[1] = 1;
	put32(p + 4, 1400);
	in.f_len += 8;
	put16(in.f_b + 18, 64);
	icmp6sum(&in, 64);
	inject(fk, &in);
	CHECK_STR(gateway(&mtu), ROUTER);
	CHECK_EQ(mtu, 1400);
	CHECK(onlink("2001:db8:7::99"));
	CHECK(addrflags(fk, AUTO) & IFA_F_TENTATIVE);
	CHECK(waitaddr(fk, AUTO));
	/* Hop limit of packets from now on. */
	echo6(&in, PEER6, US6, 8);
	inject(fk, &in);
	CHECK(sent6(fk, &out, 129));
	CHECK_EQ(out.f_b[21], 33);
	K(CHECK_EQ(rump_in6_wait(&fk->fk_if, rump_monotonic()), 0));
	/* Prefixes that make nothing. */
	raframe(ROUTER, 1800, 0, "fe80::", 64, 0xc0, 3600, 1800);
	inject(fk, &in);
	raframe(ROUTER, 1800, 0, "2001:db8:8::", 63, 0x40, 3600, 1800);
	inject(fk, &in);
	raframe(ROUTER, 1800, 0, "2001:db8:8::", 64, 0x40, 3600, 7200);
	inject(fk, &in);
	raframe(ROUTER, 1800, 0, "2001:db8:8::", 64, 0x40, 0, 0);
	inject(fk, &in);
	CHECK_EQ(addrflags(fk, "2001:db8:8:0:0:ff:fe00:1"), NOADDR);
	CHECK(!onlink("2001:db8:8::9"));
	/* Nobody takes the address away, but it may become deprecated. */
	raframe(ROUTER, 1800, 0, "2001:db8:7::", 64, 0xc0, 0, 0);
	inject(fk, &in);
	CHECK(addrflags(fk, AUTO) != NOADDR);
	CHECK(!onlink("2001:db8:7::99"));
	for (n = 0; n < 200 && !(addrflags(fk, AUTO) & IFA_F_DEPRECATED); n++)
		usleep(10000);
	CHECK(addrflags(fk, AUTO) & IFA_F_DEPRECATED);
}

static void
test_routers(void)
{
	struct inaddr r = addr(ROUTER);
	struct neigh *ne;
	unsigned i;
	char name[16];

	/* Preference (RFC 4191); who stops being a router; goodbye. */
	raframe("fe80::3", 1800, 1, "2001:db8:7::", 64, 0x80, 60, 60);
	inject(fk, &in);
	CHECK_STR(gateway(NULL), "fe80::3");
	raframe("fe80::3", 1800, 3, "2001:db8:7::", 64, 0x80, 60, 60);
	inject(fk, &in);
	CHECK_STR(gateway(NULL), ROUTER);
	raframe("fe80::3", 1800, 1, "2001:db8:7::", 64, 0x80, 60, 60);
	inject(fk, &in);
	CHECK_STR(gateway(NULL), "fe80::3");
	ndframe(&in, 136, "fe80::3", LL, "fe80::3", 0x60000000, 2);
	inject(fk, &in);
	CHECK_STR(gateway(NULL), ROUTER);
	/* Not more than there is room for. */
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "fe80::%x", 0x100 + i);
		raframe(name, 1800, 3, "2001:db8:7::", 64, 0x80, 60, 60);
		inject(fk, &in);
	}
	CHECK_STR(gateway(NULL), ROUTER);
	raframe(ROUTER, 0, 0, "2001:db8:7::", 64, 0x80, 60, 60);
	inject(fk, &in);
	CHECK_STR(gateway(NULL), "fe80::100");
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "fe80::%x", 0x100 + i);
		raframe(name, 0, 3, "2001:db8:7::", 64, 0x80, 60, 60);
		inject(fk, &in);
	}
	CHECK_STR(gateway(NULL), "");
	K(ne = rump_neigh_get(&fk->fk_if, &r, 0));
	CHECK(ne != NULL);
	K(if (ne != NULL) rump_neigh_rele(ne));
	raframe(ROUTER, 1800, 0, "2001:db8:7::", 64, 0x80, 60, 60);
	inject(fk, &in);
	CHECK_STR(gateway(NULL), ROUTER);
}

static void
redirect(const char *src, const char *target, const char *dst)
{
	struct inaddr t = addr(target), d = addr(dst);
	uint8_t *p = PAY6(&in);

	ip6frame(&in, src, AUTO, 58, 255, 40);
	memset(p, 0, 40);
	p[0] = 137;
	memcpy(p + 8, &t, 16);
	memcpy(p + 24, &d, 16);
	icmp6sum(&in, 40);
	inject(fk, &in);
}

static void
test_redirect(void)
{
	redirect("fe80::9", "fe80::5", "2001:db8:ffff::1");
	redirect("2001:db8::2", "fe80::5", "2001:db8:ffff::1");
	redirect(ROUTER, "2001:db8::5", "2001:db8:ffff::1");
	redirect(ROUTER, LL, "2001:db8:ffff::1");
	redirect(ROUTER, "fe80::5", "ff0e::1");
	CHECK_STR(gateway(NULL), ROUTER);
	redirect(ROUTER, "fe80::5", "2001:db8:ffff::1");
	CHECK_STR(gateway(NULL), "fe80::5");
	redirect("fe80::5", "2001:db8:ffff::1", "2001:db8:ffff::1");
	CHECK_STR(gateway(NULL), "::");
}

static void
test_opaque(void)
{
	struct ifaddr *ia;
	int n = 0;

	rump_ip6_addrgen = 2;
	rump_ip6_secret[0] = 0x1234;
	raframe(ROUTER, 1800, 0, "2001:db8:a::", 64, 0xc0, 3600, 1800);
	inject(fk, &in);
	inject(fk, &in);
	CHECK_EQ(addrflags(fk, "2001:db8:a::ff:fe00:1"), NOADDR);
	rump_schedule();
	for (ia = fk->fk_if.if_addrs; ia != NULL; ia = ia->ia_next)
		n += ia->ia_addr.ia_w[1] == net32(0xa0000);
	rump_unschedule();
	CHECK_EQ(n, 1);
	rump_ip6_addrgen = 0;
}

static void
test_down(void)
{
	K(CHECK_EQ(rump_if_setflags(&fk->fk_if, 0, IFF_UP), 0));
	CHECK_STR(gateway(NULL), "");
	CHECK_EQ(addrflags(fk, LL), NOADDR);
	CHECK_EQ(addrflags(fk, AUTO), NOADDR);
	CHECK(addrflags(fk, US6) != NOADDR);
	K(CHECK_EQ(rump_if_setflags(&fk->fk_if, IFF_UP, 0), 0));
	CHECK(addrflags(fk, LL) & IFA_F_TENTATIVE);
	CHECK(waitaddr(fk, LL));
	CHECK(waitaddr(fk, US6));
	K(rump_if_detach(&fk->fk_if));
	K(fake_drop(fk));
	free(fk);
}

int
main(void)
{
	fk = wire6_start(1);
	test_dad();
	test_ra();
	test_routers();
	test_redirect();
	test_opaque();
	test_down();
	return check_done();
}
