/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net */
/*
 * The longest prefix against a search through a list, with routes that come
 * and go; order of routes of one prefix; gateways; what follows from
 * addresses and from flags; caches and path MTUs.
 */
#include "fake.h"
#include "../check.h"

#define NROUTES	400

struct model {
	int		 used;
	struct inaddr	 dst;
	unsigned	 plen, metric;
	struct fake	*fk;
};
static struct model list[NROUTES];
static struct fake *e0, *e1;

static struct inaddr
randaddr(unsigned *seed)
{
	struct inaddr a;
	unsigned i;

	/* Few different bits: many prefixes of each other. */
	if (rand_r(seed) % 2)
		return inaddr_from4(net32(0x0a000000U |
		    ((unsigned)rand_r(seed) & 0x01030307)));
	for (i = 0; i < 16; i++)
		a.ia_b[i] = (uint8_t)(0x11 * (rand_r(seed) % 2));
	a.ia_b[0] = 0x20;
	return a;
}

static struct rtentry
rtof(const struct model *mo)
{
	struct rtentry rt;

	memset(&rt, 0, sizeof(rt));
	rt.rt_dst = mo->dst;
	rt.rt_plen = (uint8_t)mo->plen;
	rt.rt_metric = mo->metric;
	rt.rt_if = &mo->fk->fk_if;
	rt.rt_type = RTN_UNICAST;
	rt.rt_proto = RTPROT_STATIC;
	return rt;
}

static void
change(unsigned *seed)
{
	struct model *mo = &list[(unsigned)rand_r(seed) % NROUTES];
	struct rtentry rt;
	unsigned i;
	int dup = 0;

	if (mo->used) {
		rt = rtof(mo);
		CHECK_EQ(rump_rt_del(&rt), 0);
		mo->used = 0;
		return;
	}
	mo->dst = randaddr(seed);
	mo->plen = (unsigned)rand_r(seed) % 129;
	mo->dst = inaddr_prefix(&mo->dst, mo->plen);
	mo->metric = 1 + (unsigned)rand_r(seed) % 3;
	mo->fk = rand_r(seed) % 2 ? e0 : e1;
	for (i = 0; i < NROUTES; i++)
		dup |= list[i].used && list[i].plen == mo->plen &&
		    inaddr_eq(&list[i].dst, &mo->dst) &&
		    list[i].metric == mo->metric && list[i].fk == mo->fk;
	rt = rtof(mo);
	CHECK_EQ(rump_rt_add(&rt), dup ? EEXIST : 0);
	mo->used = !dup;
}

static void
lookup(unsigned *seed)
{
	struct inaddr a = randaddr(seed);
	const struct model *best = NULL;
	uint32_t oif = rand_r(seed) % 3 == 0 ? e0->fk_if.if_index : 0;
	struct rtentry *rt;
	unsigned i;

	for (i = 0; i < NROUTES; i++) {
		if (!list[i].used || (oif != 0 && list[i].fk != e0) ||
		    !inaddr_match(&a, &list[i].dst, list[i].plen))
			continue;
		if (best == NULL || list[i].plen > best->plen ||
		    (list[i].plen == best->plen &&
		    list[i].metric < best->metric))
			best = &list[i];
	}
	rt = rump_rt_lookup(&a, oif);
	CHECK_EQ(rt != NULL, best != NULL);
	if (rt == NULL)
		return;
	CHECK_EQ(rt->rt_plen, best->plen);
	CHECK_EQ(rt->rt_metric, best->metric);
	CHECK(inaddr_eq(&rt->rt_dst, &best->dst));
	rump_rt_rele(rt);
}

static int
counted(struct rtentry *rt, void *arg)
{
	unsigned *n = arg;

	if (rt->rt_proto == RTPROT_STATIC)
		n[0]++;
	n[1]++;
	return 0;
}

static unsigned
count(int all)
{
	unsigned n[2] = { 0, 0 };

	CHECK_EQ(rump_rt_walk(counted, n), 0);
	return n[all];
}

static void
lpm(void)
{
	unsigned seed = 3, i, k, n;

	for (i = 0; i < 6000; i++) {
		change(&seed);
		for (k = 0; k < 5; k++)
			lookup(&seed);
		if (i % 500 == 0) {
			for (n = k = 0; k < NROUTES; k++)
				n += (unsigned)list[k].used;
			CHECK_EQ(count(0), n);
		}
	}
	for (n = k = 0; k < NROUTES; k++)
		n += (unsigned)(list[k].used && list[k].fk == e1);
	rump_rt_ifdown(&e0->fk_if, 0);
	CHECK_EQ(count(0), n);
	rump_rt_ifdown(&e1->fk_if, 1);
	CHECK_EQ(count(0), 0);
}

static int
add(const char *dst, unsigned plen, const char *gw, struct fake *fk,
    unsigned type, unsigned metric)
{
	struct rtentry rt;

	memset(&rt, 0, sizeof(rt));
	rt.rt_dst = addr(dst);
	rt.rt_plen = (uint8_t)(plen + (inaddr_is4(&rt.rt_dst) ? 96 : 0));
	if (gw != NULL)
		rt.rt_gw = addr(gw);
	rt.rt_if = fk != NULL ? &fk->fk_if : NULL;
	rt.rt_type = (uint8_t)type;
	rt.rt_metric = metric;
	return rump_rt_add(&rt);
}

/* Interface and type that a destination leads to: "eth0 1", "" none. */
static const char *
via(const char *dst)
{
	static char buf[40];
	struct inaddr a = addr(dst);
	struct rtentry *rt = rump_rt_lookup(&a, 0);

	if (rt == NULL)
		return "";
	snprintf(buf, sizeof(buf), "%s %d",
	    rt->rt_if != NULL ? rt->rt_if->if_name : "-", rt->rt_type);
	rump_rt_rele(rt);
	return buf;
}
#define VIA(d, w) do {							\
	const char *v_ = via(d);					\
	if (strcmp(v_, w) != 0)						\
		printf("%s by \"%s\", not \"%s\"\n", d, v_, w);		\
	CHECK(strcmp(v_, w) == 0);					\
} while (0)

static void
addresses(void)
{
	struct inaddr a;
	struct rtentry rt;
	unsigned before = count(1);

	CHECK_EQ(addaddr(e0, "10.0.0.2", 24), 0);
	CHECK_EQ(addaddr(e0, "10.0.0.2", 24), EEXIST);
	CHECK_EQ(addaddr(e0, "224.0.0.2", 24), EINVAL);
	CHECK_EQ(addaddr(e0, "10.0.0.3", 24), 0);
	CHECK_EQ(addaddr(e0, "fe80::2", 64), 0);
	VIA("10.0.0.2", "eth0 2");
	VIA("10.0.0.3", "eth0 2");
	/* Ours before everything else of the same prefix. */
	CHECK_EQ(add("10.0.0.2", 32, NULL, e1, 0, 0), 0);
	CHECK_EQ(add("10.0.0.3", 32, NULL, e1, 0, 0), 0);
	VIA("10.0.0.2", "eth0 2");
	VIA("10.0.0.3", "eth0 2");
	rump_rt_ifdown(&e1->fk_if, 0);
	VIA("10.0.0.255", "eth0 3");
	VIA("10.0.0.77", "eth0 1");
	VIA("10.0.1.77", "");
	VIA("127.8.8.8", "lo 2");
	VIA("127.255.255.255", "lo 3");
	VIA("fe80::77", "eth0 1");
	VIA("ff02::1", "eth0 5");
	a = addr("10.0.0.3");
	CHECK(rump_if_isours(NULL, &a));
	CHECK(rump_if_isours(&e0->fk_if, &a));
	CHECK(!rump_if_isours(&e1->fk_if, &a));

	CHECK_EQ(add("0.0.0.0", 0, "10.0.1.1", NULL, 0, 0), ENETUNREACH);
	CHECK_EQ(add("0.0.0.0", 0, "10.0.0.1", e1, 0, 0), ENETUNREACH);
	CHECK_EQ(add("0.0.0.0", 0, "10.0.0.2", NULL, 0, 0), EINVAL);
	CHECK_EQ(add("0.0.0.0", 0, "10.0.0.1", NULL, 0, 0), 0);
	CHECK_EQ(add("0.0.0.0", 0, "10.0.0.1", NULL, 0, 0), EEXIST);
	CHECK_EQ(add("10.0.0.1", 24, NULL, e0, 0, 0), EINVAL);
	CHECK_EQ(add("10.9.0.0", 16, NULL, NULL, RTN_UNREACHABLE, 0), 0);
	VIA("8.8.8.8", "eth0 1");
	VIA("10.9.1.1", "- 7");
	/* The first address goes: the second takes over its routes. */
	a = addr("10.0.0.2");
	CHECK_EQ(rump_if_deladdr(&e0->fk_if, &a, 96 + 24), 0);
	VIA("10.0.0.77", "eth0 1");
	VIA("10.0.0.255", "eth0 3");
	VIA("10.0.0.2", "eth0 1");
	VIA("8.8.8.8", "eth0 1");
	CHECK_EQ(rump_if_setflags(&e0->fk_if, 0, IFF_UP), 0);
	VIA("10.0.0.77", "");
	VIA("8.8.8.8", "");
	VIA("10.0.0.3", "eth0 2");
	CHECK_EQ(rump_if_setflags(&e0->fk_if, IFF_UP, 0), 0);
	VIA("10.0.0.77", "eth0 1");
	VIA("8.8.8.8", "");
	CHECK_EQ(add("10.8.0.0", 16, NULL, e0, 0, 0), 0);
	a = addr("10.0.0.3");
	memset(&rt, 0, sizeof(rt));
	rt.rt_dst = addr("10.7.0.0");
	rt.rt_plen = 96 + 16;
	rt.rt_src = a;
	rt.rt_if = &e1->fk_if;
	CHECK_EQ(rump_rt_add(&rt), 0);
	VIA("10.7.0.3", "eth1 1");
	CHECK_EQ(rump_if_deladdr(&e0->fk_if, &a, 96 + 24), 0);
	CHECK_EQ(rump_if_deladdr(&e0->fk_if, &a, 96 + 24), EADDRNOTAVAIL);
	VIA("10.0.0.3", "");
	VIA("10.7.0.3", "");	/* its source is gone */
	VIA("10.8.0.3", "eth0 1");
	a = addr("fe80::2");
	CHECK_EQ(rump_if_deladdr(&e0->fk_if, &a, 64), 0);
	VIA("ff02::1", "");
	CHECK_EQ(count(1), before + 2);
	rump_rt_ifdown(&e0->fk_if, 0);
	CHECK_EQ(count(1), before + 1);
}

static void
cache(void)
{
	struct routecache rc;
	struct inaddr a = addr("10.0.0.9"), b = addr("10.0.0.2"), c;
	struct rtentry *rt;

	memset(&rc, 0, sizeof(rc));
	CHECK_EQ(rump_rc_get(&rc, &a, 0), ENETUNREACH);
	CHECK_EQ(rump_rc_get(&rc, &a, e1->fk_if.if_index), 0);
	CHECK(rc.rc_neigh != NULL);
	CHECK_EQ(addaddr(e0, "10.0.0.2", 24), 0);
	CHECK_EQ(rump_rc_get(&rc, &a, 0), 0);
	CHECK(rc.rc_rt->rt_if == &e0->fk_if && rc.rc_neigh != NULL &&
	    inaddr_eq(&rc.rc_neigh->ne_addr, &a) && rc.rc_mtu == 1500);
	rt = rc.rc_rt;
	CHECK_EQ(rump_rc_get(&rc, &a, 0), 0);
	CHECK(rc.rc_rt == rt);
	CHECK_EQ(rump_rc_get(&rc, &a, e1->fk_if.if_index), 0);
	CHECK(rc.rc_rt->rt_if == &e1->fk_if);
	CHECK_EQ(rump_rc_get(&rc, &a, 0), 0);
	CHECK(rc.rc_rt->rt_if == &e0->fk_if);
	rump_rt_setpmtu(&a, 1400);
	CHECK_EQ(rump_rc_get(&rc, &a, 0), 0);
	CHECK_EQ(rc.rc_mtu, 1400);
	rump_rt_setpmtu(&a, 1450);	/* never up */
	CHECK_EQ(rump_rt_pmtu(&a), 1400);
	rump_rt_setpmtu(&a, 68);
	CHECK_EQ(rump_rt_pmtu(&a), 552);
	CHECK_EQ(rump_rc_get(&rc, &b, 0), 0);	/* our own */
	CHECK(rc.rc_neigh == NULL && rc.rc_rt->rt_type == RTN_LOCAL &&
	    rc.rc_mtu == 65536);
	CHECK_EQ(add("0.0.0.0", 0, "10.0.0.1", NULL, 0, 0), 0);
	b = addr("1.1.1.1");
	CHECK_EQ(rump_rc_get(&rc, &b, 0), 0);
	c = addr("10.0.0.1");
	CHECK(rc.rc_neigh != NULL && inaddr_eq(&rc.rc_neigh->ne_addr, &c));
	b = addr("10.0.0.255");
	CHECK_EQ(rump_rc_get(&rc, &b, 0), 0);
	CHECK(rc.rc_neigh == NULL && rc.rc_rt->rt_type == RTN_BROADCAST);
	b = addr("10.9.0.1");
	CHECK_EQ(rump_rc_get(&rc, &b, 0), EHOSTUNREACH);
	CHECK(rc.rc_rt == NULL);
	/* Every destination of a flood: the table stays small. */
	for (unsigned i = 0; i < 100000; i++) {
		b = inaddr_from4(i * 2654435761U);
		rump_rt_setpmtu(&b, 1000);
	}
	CHECK_EQ(rump_rt_pmtu(&b), 1000);
	rump_rc_clear(&rc);
}

/* Lookups and changes at the same time, for the sanitizers. */
static volatile int stop;

static void *
reader(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg, n = 0;
	struct routecache rc;
	struct rtentry *rt;
	struct inaddr a;

	memset(&rc, 0, sizeof(rc));
	rump_schedule();
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		a = randaddr(&seed);
		if ((rt = rump_rt_lookup(&a, 0)) != NULL)
			rump_rt_rele(rt);
		(void)rump_rc_get(&rc, &a, 0);
		(void)rump_if_isours(NULL, &a);
		if (++n % 64 == 0) {
			rump_unschedule();
			rump_schedule();
		}
	}
	rump_rc_clear(&rc);
	rump_unschedule();
	return NULL;
}

static void
concurrent(void)
{
	pthread_t t[3];
	unsigned i, seed = 9;

	for (i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, reader, (void *)(uintptr_t)i);
	for (i = 0; i < 3000; i++) {
		change(&seed);
		if (i % 300 == 0) {	/* what went down is not there */
			CHECK_EQ(rump_if_setflags(&e1->fk_if, 0, IFF_UP), 0);
			for (unsigned k = 0; k < NROUTES; k++)
				if (list[k].fk == e1)
					list[k].used = 0;
			CHECK_EQ(rump_if_setflags(&e1->fk_if, IFF_UP, 0), 0);
		}
		if (i % 16 == 0) {
			rump_unschedule();
			rump_schedule();
		}
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	rump_unschedule();
	for (i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	rump_schedule();
}

int
main(void)
{
	uint32_t index;

	CHECK_EQ(rump_init(), 0);
	rump_schedule();
	e0 = fake_attach("eth%d", 0);
	e1 = fake_attach("eth%d", 0);
	CHECK(strcmp(e1->fk_if.if_name, "eth1") == 0);
	lpm();
	addresses();
	cache();
	rump_rt_ifdown(&e0->fk_if, 0);
	memset(list, 0, sizeof(list));
	concurrent();
	index = e1->fk_if.if_index;
	rump_if_detach(&e1->fk_if);
	rump_if_detach(&e0->fk_if);
	CHECK(rump_if_get(index) == NULL);
	rump_unschedule();
	return check_done();
}
