/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_mcast net_config net_inet6 */
/*
 * Source addresses: the examples of RFC 6724, 10.1, and what follows from
 * interfaces and states.
 */
#include "wire6.h"

static struct fake *fk, *other;

static void
clear(struct fake *f)
{
	struct inaddr a;
	unsigned plen;

	rump_schedule();
	while (f->fk_if.if_addrs != NULL) {
		a = f->fk_if.if_addrs->ia_addr;
		plen = f->fk_if.if_addrs->ia_plen;
		(void)rump_if_deladdr(&f->fk_if, &a, (uint8_t)plen);
	}
	rump_unschedule();
}

static void
with(struct fake *f, const char *a, uint32_t flags)
{
	struct ifaddr ia;

	memset(&ia, 0, sizeof(ia));
	ia.ia_addr = addr(a);
	ia.ia_plen = 64;
	ia.ia_flags = flags;
	if (flags & IFA_F_DEPRECATED)
		ia.ia_preferred = 1;
	K(CHECK_EQ(rump_if_addaddr(&f->fk_if, &ia), 0));
}

static const char *
source(const char *dst, uint32_t oif)
{
	static char buf[46];
	struct inaddr d = addr(dst), s;

	buf[0] = '\0';
	rump_schedule();
	if (rump_inaf[1]->af_source(&d, oif, NULL, &s) == 0)
		inaddr_format(&s, buf, sizeof(buf));
	rump_unschedule();
	return buf;
}

static const struct example {
	const char	*e_dst, *e_a, *e_b, *e_source;
} examples[] = {
	{ "2001:db8:1::1", "2001:db8:3::1", "fe80::1", "2001:db8:3::1" },
	{ "ff05::1", "2001:db8:3::1", "fe80::1", "2001:db8:3::1" },
	{ "fe80::1", "fe80::2", "2001:db8:1::1", "fe80::2" },
	{ "2001:db8:1::1", "2001:db8:1::1", "2001:db8:2::1",
	    "2001:db8:1::1" },
	{ "fec0::1", "fe80::1", "2001:db8:1::1", "2001:db8:1::1" },
	{ "2001:db8:1::1", "2001:db8:1::2", "2001:db8:3::2",
	    "2001:db8:1::2" },
	{ "2002:c633:6401::1", "2002:c633:6401::d5e3:7953:13eb:22e8",
	    "2001:db8:1::2", "2002:c633:6401:0:d5e3:7953:13eb:22e8" },
	{ "2001:db8:1::d5e3:0:0:1", "2001:db8:1::2",
	    "2001:db8:1::d5e3:7953:13eb:22e8",
	    "2001:db8:1:0:d5e3:7953:13eb:22e8" },
	{ "fc00::1", "2001:db8:1::1", "fd00::1", "fd00::1" },
	{ "2001:db8:1::1", "fd00::1", "2001:db8:9::1", "2001:db8:9::1" },
};

static void
test_examples(void)
{
	const struct example *e;
	unsigned i, turn;

	for (i = 0; i < 2 * sizeof(examples) / sizeof(examples[0]); i++) {
		e = &examples[i / 2];
		turn = i % 2;
		clear(fk);
		with(fk, turn ? e->e_b : e->e_a, i / 2 == 7 && turn ?
		    IFA_F_TEMPORARY : 0);
		with(fk, turn ? e->e_a : e->e_b, i / 2 == 7 && !turn ?
		    IFA_F_TEMPORARY : 0);
		CHECK_STR(source(e->e_dst, fk->fk_if.if_index), e->e_source);
	}
}

static void
test_states(void)
{
	clear(fk);
	with(fk, "2001:db8:1::5", IFA_F_DEPRECATED);
	with(fk, "2001:db8:2::5", 0);
	CHECK_STR(source("2001:db8:1::9", 0), "2001:db8:2::5");
	/* Deprecated before none; ours is its own source. */
	clear(fk);
	with(fk, "2001:db8:1::5", IFA_F_DEPRECATED);
	CHECK_STR(source("2001:db8:1::9", 0), "2001:db8:1::5");
	CHECK_STR(source("2001:db8:1::5", 0), "2001:db8:1::5");
	CHECK_STR(source("::1", 0), "::1");
	/* The other interface's address, when this one has none. */
	clear(fk);
	with(other, "2001:db8:2::7", 0);
	CHECK_STR(source("2001:db8:9::1", fk->fk_if.if_index),
	    "2001:db8:2::7");
	/* But none that would mean nothing there. */
	clear(other);
	with(other, "fe80::7", 0);
	CHECK_STR(source("fe80::9", fk->fk_if.if_index), "");
	with(fk, "fe80::8", 0);
	CHECK_STR(source("fe80::9", fk->fk_if.if_index), "fe80::8");
	CHECK_STR(source("fe80::9", other->fk_if.if_index), "fe80::7");
	with(fk, "2001:db8:1::5", 0);
	CHECK_STR(source("ff02::5", other->fk_if.if_index), "fe80::7");
	with(other, "2001:db8:9::5", 0);
	CHECK_STR(source("2001:db8:9::1", fk->fk_if.if_index),
	    "2001:db8:1::5");
}

int
main(void)
{
	struct rtentry rt = { .rt_plen = 0 };

	fk = wire6_start(0);
	rump_schedule();
	other = fake_attach("fk1", 0);
	rt.rt_if = &fk->fk_if;
	rt.rt_metric = 1024;
	CHECK_EQ(rump_rt_add(&rt), 0);
	rump_unschedule();
	clear(other);
	test_examples();
	test_states();
	return check_done();
}
