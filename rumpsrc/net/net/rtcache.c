/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is remembered about destinations: a PCB's route and neighbour, valid
 * while rump_net_gen stays; and path MTUs (RFC 1191, RFC 8201), a bounded
 * table whose entries end by themselves.
 */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/str.h>
#include "net_priv.h"

#define PMTU_HASH	64
#define PMTU_DEPTH	8		/* most entries of one chain */
#define PMTU_TIME	(600 * NSEC_PER_SEC)
#define PMTU_MIN4	552		/* below that it is an attack */
#define PMTU_MIN6	1280

struct pmtu {
	struct pmtu	*pm_next;
	struct inaddr	 pm_dst;
	uint32_t	 pm_mtu;
	int64_t		 pm_expires;
};

static struct rump_mutex pmtu_lock;
static struct pmtu **pmtu_table;	/* [pmtu_lock] NULL: none yet */
static struct rump_callout pmtu_timer;
static int pmtu_armed;			/* [pmtu_lock] */
static uint32_t pmtu_count;		/* [a] */

static inline unsigned
pmtu_hash(const struct inaddr *a)
{
	uint64_t h = (a->ia_d[0] ^ a->ia_d[1]) * 0x9e3779b97f4a7c15ULL;

	return (unsigned)(h >> 58) % PMTU_HASH;
}

static void
pmtu_free(struct pmtu **pp)
{
	struct pmtu *p = *pp;

	*pp = p->pm_next;
	rump_kmem_free(p, sizeof(*p));
	__atomic_fetch_sub(&pmtu_count, 1, __ATOMIC_RELAXED);
}

static void
pmtu_expire(void *arg)
{
	int64_t now = rump_monotonic();
	struct pmtu **pp;
	unsigned i;

	(void)arg;
	rump_mutex_enter(&pmtu_lock);
	for (i = 0; i < PMTU_HASH; i++)
		for (pp = &pmtu_table[i]; *pp != NULL;) {
			if ((*pp)->pm_expires <= now)
				pmtu_free(pp);
			else
				pp = &(*pp)->pm_next;
		}
	pmtu_armed = pmtu_count > 0;
	if (pmtu_armed)
		rump_callout_schedule(&pmtu_timer, now + PMTU_TIME / 10);
	rump_mutex_exit(&pmtu_lock);
	rump_net_changed();
}

/* Caller holds pmtu_lock.  dst's place in its chain, or the chain's end. */
static struct pmtu **
pmtu_find(const struct inaddr *dst, unsigned *depthp)
{
	struct pmtu **pp = &pmtu_table[pmtu_hash(dst)];

	for (*depthp = 0; *pp != NULL && !inaddr_eq(&(*pp)->pm_dst, dst);
	    ++*depthp)
		pp = &(*pp)->pm_next;
	return pp;
}

/* Caller holds pmtu_lock.  True: it is less than what was known. */
static int
pmtu_learn(const struct inaddr *dst, uint32_t mtu, int64_t now)
{
	struct pmtu **pp, *p;
	unsigned depth;

	if (pmtu_table == NULL && (pmtu_table = rump_kmem_zalloc(
	    PMTU_HASH * sizeof(*pmtu_table))) == NULL)
		return 0;
	pp = pmtu_find(dst, &depth);
	if ((p = *pp) != NULL) {
		if (p->pm_mtu < mtu && p->pm_expires > now)
			return 0;
	} else {
		if ((p = rump_kmem_alloc(sizeof(*p))) == NULL)
			return 0;
		pp = &pmtu_table[pmtu_hash(dst)];
		p->pm_next = *pp;
		p->pm_dst = *dst;
		*pp = p;
		__atomic_fetch_add(&pmtu_count, 1, __ATOMIC_RELAXED);
		if (depth >= PMTU_DEPTH) {
			for (pp = &p->pm_next; (*pp)->pm_next != NULL;)
				pp = &(*pp)->pm_next;
			pmtu_free(pp);
		}
	}
	p->pm_mtu = mtu;
	p->pm_expires = now + PMTU_TIME;
	return 1;
}

void
rump_rt_setpmtu(const struct inaddr *dst, uint32_t mtu)
{
	uint32_t least = inaddr_is4(dst) ? PMTU_MIN4 : PMTU_MIN6;
	int64_t now = rump_monotonic();
	int changed;

	rump_mutex_enter(&pmtu_lock);
	changed = pmtu_learn(dst, mtu > least ? mtu : least, now);
	if (changed && !pmtu_armed) {
		pmtu_armed = 1;
		if (pmtu_timer.co_fn == NULL)
			rump_callout_init(&pmtu_timer, pmtu_expire, NULL);
		rump_callout_schedule(&pmtu_timer, now + PMTU_TIME / 10);
	}
	rump_mutex_exit(&pmtu_lock);
	if (changed)
		rump_net_changed();
}

uint32_t
rump_rt_pmtu(const struct inaddr *dst)
{
	uint32_t mtu = 0;
	struct pmtu *p;
	unsigned depth;

	if (__atomic_load_n(&pmtu_count, __ATOMIC_RELAXED) == 0)
		return 0;
	rump_mutex_enter(&pmtu_lock);
	if ((p = *pmtu_find(dst, &depth)) != NULL &&
	    p->pm_expires > rump_monotonic())
		mtu = p->pm_mtu;
	rump_mutex_exit(&pmtu_lock);
	return mtu;
}

/* --- routecache --- */

void
rump_rc_clear(struct routecache *rc)
{

	if (rc->rc_neigh != NULL)
		rump_neigh_rele(rc->rc_neigh);
	if (rc->rc_rt != NULL)
		rump_rt_rele(rc->rc_rt);
	rc->rc_neigh = NULL;
	rc->rc_rt = NULL;
	rc->rc_gen = 0;
}

/* No route, but the interface was named: dst is on its link. */
static struct rtentry *
rc_onlink(const struct inaddr *dst, uint32_t oif)
{
	struct rtentry *rt;
	struct ifnet *ifp;

	if (oif == 0 || (ifp = rump_if_get(oif)) == NULL)
		return NULL;
	if (!(if_flags_get(ifp) & IFF_UP) ||
	    (rt = rump_kmem_zalloc(sizeof(*rt))) == NULL) {
		rump_if_rele(ifp);
		return NULL;
	}
	rt->rt_refs = 1;
	rt->rt_dst = *dst;
	rt->rt_plen = 128;
	rt->rt_type = inaddr_ismulti(dst) ? RTN_MULTICAST : RTN_UNICAST;
	rt->rt_scope = RT_SCOPE_LINK;
	rt->rt_if = ifp;
	rt->rt_expires = INT64_MAX;
	return rt;
}

static int
rc_error(const struct rtentry *rt)
{

	switch (rt->rt_type) {
	case RTN_UNREACHABLE:
		return EHOSTUNREACH;
	case RTN_BLACKHOLE:
		return EINVAL;
	case RTN_PROHIBIT:
		return EACCES;
	case RTN_THROW:
		return ENETUNREACH;
	}
	return 0;
}

static int
rc_needsneigh(const struct rtentry *rt, const struct inaddr *dst)
{

	return rt->rt_type == RTN_UNICAST && !inaddr_ismulti(dst) &&
	    !(inaddr_is4(dst) && dst->ia_w[3] == 0xffffffffU) &&
	    (if_flags_get(rt->rt_if) & (IFF_LOOPBACK | IFF_NOARP |
	    IFF_POINTOPOINT)) == 0;
}

static __attribute__((__noinline__)) int
rc_fill(struct routecache *rc, const struct inaddr *dst, uint32_t oif,
    uint32_t gen)
{
	struct rtentry *rt;
	uint32_t mtu, pmtu;
	int error;

	rump_rc_clear(rc);
	if ((rt = rump_rt_lookup(dst, oif)) == NULL &&
	    (rt = rc_onlink(dst, oif)) == NULL)
		return ENETUNREACH;
	if ((error = rc_error(rt)) != 0) {
		rump_rt_rele(rt);
		return error;
	}
	if (rc_needsneigh(rt, dst)) {
		rc->rc_neigh = rump_neigh_get(rt->rt_if,
		    inaddr_isany(&rt->rt_gw) ? dst : &rt->rt_gw, 1);
		if (rc->rc_neigh == NULL) {
			rump_rt_rele(rt);
			return ENOBUFS;
		}
	}
	mtu = __atomic_load_n(rt->rt_type == RTN_LOCAL ? &rump_loif->if_mtu :
	    &rt->rt_if->if_mtu, __ATOMIC_RELAXED);
	if (rt->rt_mtu != 0 && rt->rt_mtu < mtu)
		mtu = rt->rt_mtu;
	pmtu = rump_rt_pmtu(dst);
	rc->rc_mtu = pmtu != 0 && pmtu < mtu ? pmtu : mtu;
	rc->rc_rt = rt;
	rc->rc_dst = *dst;
	rc->rc_oif = oif;
	rc->rc_gen = gen;
	return 0;
}

int
rump_rc_get(struct routecache *rc, const struct inaddr *dst, uint32_t oif)
{
	uint32_t gen = __atomic_load_n(&rump_net_gen, __ATOMIC_ACQUIRE);

	if (__builtin_expect(rc->rc_gen == gen && rc->rc_oif == oif &&
	    inaddr_eq(&rc->rc_dst, dst), 1))
		return 0;
	return rc_fill(rc, dst, oif, gen);
}
