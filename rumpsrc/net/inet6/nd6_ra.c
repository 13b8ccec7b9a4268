/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routers (RFC 4861, 6.3; RFC 4191): asked for, heard, remembered; redirects.
 * Each default router has a route with a metric of its own: by preference,
 * behind the others while it does not answer.
 */
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include "inet6_priv.h"

#define METRIC		1024
#define REDIRECT_TIME	(600 * NSEC_PER_SEC)
#define REDIRECT_MAX	64		/* in that time */

struct nd_ra {
	uint8_t		ra_type, ra_code;
	uint16_t	ra_sum;
	uint8_t		ra_hlim, ra_flags;
#define RA_MANAGED	0x80
#define RA_OTHER	0x40
	uint16_t	ra_lifetime;
	uint32_t	ra_reachable, ra_retrans;
} __attribute__((__packed__));

struct nd_redirect {
	struct icmp6	rd_icmp;
	struct inaddr	rd_target, rd_dst;
} __attribute__((__packed__));

void
nd6_rs_send(struct in6_if *ii)
{
	struct ifnet *ifp = ii->ii_if;
	struct mbuf *m;
	struct inaddr src;
	uint8_t *p;

	if (!(in6_ifflags(ifp) & IFF_UP) || ifp->if_type != ARPHRD_ETHER ||
	    (m = m_gethdr(16)) == NULL)
		return;
	p = m->m_data;
	memset(p, 0, 16);
	p[0] = ND_RS;
	m->m_len = m->m_pkt.ph_len = 8;
	if (in6_linklocal(ifp, &src)) {
		p[8] = ND_OPT_SLL;
		p[9] = 1;
		rump_rw_rdenter(&ifp->if_lock);
		memcpy(p + 10, ifp->if_mac, 6);
		rump_rw_exit(&ifp->if_lock);
		m->m_len = m->m_pkt.ph_len = 16;
	} else
		src = in6_any;
	ip6_linksend(ifp, m, &src, &in6_allrouters, NULL, 0);
}

/* --- default routers --- */

static void
default_route(struct in6_if *ii, const struct inaddr *gw, uint32_t metric,
    int64_t expires, uint32_t mtu, int add)
{
	struct rtentry rt = {
		.rt_type = RTN_UNICAST,
		.rt_proto = RTPROT_RA,
		.rt_metric = metric,
		.rt_gw = *gw,
		.rt_if = ii->ii_if,
	};

	if (!add) {
		(void)rump_rt_del(&rt);
		return;
	}
	rt.rt_mtu = mtu;
	rt.rt_expires = expires;
	rt.rt_flags = RTNH_F_ONLINK;
	(void)rump_rt_add(&rt);
}

struct renew {
	const struct ifnet *re_if;
	uint32_t	 re_metric;
	int64_t		 re_expires;
};

static int
renew(struct rtentry *rt, void *arg)
{
	const struct renew *re = arg;

	if (rt->rt_plen != 0 || inaddr_is4(&rt->rt_dst) ||
	    rt->rt_proto != RTPROT_RA || rt->rt_if != re->re_if ||
	    rt->rt_metric != re->re_metric)
		return 0;
	rump_rt_setexpires(rt, re->re_expires);
	return 1;
}

/* ii_lock held. */
static struct in6_router *
router_find(struct in6_if *ii, const struct inaddr *a)
{
	unsigned i;

	for (i = 0; i < IN6_ROUTERS; i++)
		if (ii->ii_routers[i].ir6_expires != 0 &&
		    inaddr_eq(&ii->ii_routers[i].ir6_addr, a))
			return &ii->ii_routers[i];
	return NULL;
}

static uint32_t
router_metric(const struct in6_if *ii, const struct in6_router *r)
{

	return r->ir6_expires == 0 ? 0 : METRIC + (uint32_t)((1 -
	    r->ir6_pref) * 16 + r->ir6_failed * 64) +
	    (uint32_t)(r - ii->ii_routers);
}

/*
 * The route as the entry has it; called without locks, maybe by several.  Who
 * finds that his route is not what is wanted any more takes it out again.
 */
static void
router_sync(struct in6_if *ii, unsigned i)
{
	struct in6_router *r = &ii->ii_routers[i], copy;
	uint32_t want, mtu;
	int stale;

	rump_mutex_enter(&ii->ii_lock);
	want = router_metric(ii, r);
	copy = *r;
	mtu = ii->ii_mtu;
	r->ir6_metric = want;
	rump_mutex_exit(&ii->ii_lock);
	if (copy.ir6_metric == want) {
		struct renew re = { ii->ii_if, want, copy.ir6_expires };

		if (want == 0 || rump_rt_walk(renew, &re) != 0)
			return;
	} else if (copy.ir6_metric != 0)
		default_route(ii, &copy.ir6_addr, copy.ir6_metric, 0, 0, 0);
	if (want == 0)
		return;
	default_route(ii, &copy.ir6_addr, want, copy.ir6_expires, mtu, 1);
	rump_mutex_enter(&ii->ii_lock);
	stale = r->ir6_metric != want ||
	    !inaddr_eq(&r->ir6_addr, &copy.ir6_addr);
	rump_mutex_exit(&ii->ii_lock);
	if (stale)
		default_route(ii, &copy.ir6_addr, want, 0, 0, 0);
}

/* ii_lock held.  An entry that is free, NULL: they are all in use. */
static struct in6_router *
router_new(struct in6_if *ii, const struct inaddr *a, int64_t now)
{
	struct in6_router *r;
	unsigned i;

	for (i = 0; i < IN6_ROUTERS; i++) {
		r = &ii->ii_routers[i];
		if (r->ir6_metric == 0 &&
		    (r->ir6_expires == 0 || r->ir6_expires <= now)) {
			r->ir6_addr = *a;
			r->ir6_failed = 0;
			return r;
		}
	}
	return NULL;
}

static void
router_heard(struct in6_if *ii, const struct inaddr *a, unsigned lifetime,
    int pref)
{
	int64_t now = rump_monotonic();
	struct in6_router *r;
	unsigned i = 0;

	nd6_routers_expire(ii, now);
	rump_mutex_enter(&ii->ii_lock);
	r = router_find(ii, a);
	if (r == NULL && lifetime != 0)
		r = router_new(ii, a, now);
	if (r != NULL) {
		i = (unsigned)(r - ii->ii_routers);
		r->ir6_pref = (int8_t)pref;
		r->ir6_expires = lifetime == 0 ? 0 :
		    now + lifetime * NSEC_PER_SEC;
	}
	rump_mutex_exit(&ii->ii_lock);
	if (r != NULL)
		router_sync(ii, i);
}

void
nd6_routers_expire(struct in6_if *ii, int64_t now)
{
	unsigned i, due = 0;

	rump_mutex_enter(&ii->ii_lock);
	for (i = 0; i < IN6_ROUTERS; i++)
		if (ii->ii_routers[i].ir6_expires != 0 &&
		    ii->ii_routers[i].ir6_expires <= now) {
			ii->ii_routers[i].ir6_expires = 0;
			due |= 1U << i;
		}
	rump_mutex_exit(&ii->ii_lock);
	for (i = 0; i < IN6_ROUTERS; i++)
		if (due & 1U << i)
			router_sync(ii, i);
}

/* All of them, or those that fit. */
static void
router_change(struct in6_if *ii, const struct inaddr *a, int gone,
    int failed)
{
	struct in6_router *r;
	unsigned i, due = 0;

	rump_mutex_enter(&ii->ii_lock);
	for (i = 0; i < IN6_ROUTERS; i++) {
		r = &ii->ii_routers[i];
		if (r->ir6_expires == 0 ||
		    (a != NULL && !inaddr_eq(&r->ir6_addr, a)))
			continue;
		if (gone)
			r->ir6_expires = 0;
		else if (r->ir6_failed == failed)
			continue;
		r->ir6_failed = (uint8_t)failed;
		due |= 1U << i;
	}
	rump_mutex_exit(&ii->ii_lock);
	for (i = 0; i < IN6_ROUTERS; i++)
		if (due & 1U << i)
			router_sync(ii, i);
}

void
nd6_router_lost(struct in6_if *ii, const struct inaddr *a)
{

	router_change(ii, a, 1, 0);
}

void
nd6_router_state(struct in6_if *ii, const struct inaddr *a, int failed)
{

	router_change(ii, a, 0, failed);
}

void
nd6_routers_clear(struct in6_if *ii)
{

	router_change(ii, NULL, 1, 0);
}

/* --- advertisements --- */

static void
ra_options(struct in6_if *ii, const uint8_t *p, unsigned n)
{
	unsigned len;

	for (; n >= 8; p += len, n -= len) {
		len = p[1] * 8U;
		if (len == 0 || len > n)
			return;
		if (p[0] == ND_OPT_PREFIX && len == 32)
			nd6_prefix(ii, p);
		else if (p[0] == ND_OPT_RDNSS || p[0] == ND_OPT_DNSSL)
			nd6_dns(ii, p, len);
	}
}

static void
ra_parameters(struct in6_if *ii, const struct nd_ra *ra, uint32_t mtu)
{

	if (ra->ra_hlim != 0)
		__atomic_store_n(&ii->ii_hlim, ra->ra_hlim,
		    __ATOMIC_RELAXED);
	rump_mutex_enter(&ii->ii_lock);
	ii->ii_ra = 1;
	if (ra->ra_lifetime != 0)
		ii->ii_rsdue = 0;
	if (mtu >= IP6_MINMTU && mtu <= __atomic_load_n(
	    &ii->ii_if->if_mtu, __ATOMIC_RELAXED))
		ii->ii_mtu = mtu;
	rump_mutex_exit(&ii->ii_lock);
}

void
nd6_ra_input(struct in6_if *ii, const struct mbuf *m, const struct inrcv *ir)
{
	static const int8_t prefs[4] = { 0, 1, 0, -1 };
	const struct nd_ra *ra = mtod(m, const struct nd_ra *);
	unsigned n = m->m_len - (unsigned)sizeof(*ra), lifetime;
	struct nd6_opts no;

	if (m->m_len < sizeof(*ra) || !in6_islinklocal(&ir->ir_src) ||
	    nd6_options((const uint8_t *)(ra + 1), n, &no) != 0 ||
	    !in6_var(&rump_ip6_acceptra) || in6_var(&rump_ip6_forwarding) ||
	    in_islocal(&ir->ir_src))
		return;
	ra_parameters(ii, ra, no.no_mtu);
	nd6_learn(ii->ii_if, &ir->ir_src, no.no_sll, NEU_ROUTER);
	/* Prefixes first: the router may be reached through them. */
	ra_options(ii, (const uint8_t *)(ra + 1), n);
	lifetime = net16(ra->ra_lifetime);
	router_heard(ii, &ir->ir_src, lifetime,
	    prefs[ra->ra_flags >> 3 & 3]);
	nd6_dns_write(ii);
	if ((ra->ra_flags & (RA_MANAGED | RA_OTHER)) &&
	    rump_dhcp6_heard != NULL)
		rump_dhcp6_heard(ii->ii_if, (ra->ra_flags & RA_MANAGED) != 0);
}

/* --- redirects (8) --- */

/* Not more than a few in a while. */
static int
redirect_allowed(void)
{
	static struct rump_mutex lock;
	static int64_t since;		/* [lock] */
	static unsigned n;		/* [lock] */
	int64_t now = rump_monotonic();
	int ok;

	rump_mutex_enter(&lock);
	if (since == 0 || now - since > REDIRECT_TIME) {
		since = now;
		n = 0;
	}
	ok = n < REDIRECT_MAX;
	n += (unsigned)ok;
	rump_mutex_exit(&lock);
	return ok;
}

/* Only the router that we use for it may say so. */
static int
redirect_mayby(const struct in6_if *ii, const struct inaddr *router,
    const struct inaddr *dst)
{
	struct rtentry *rt = rump_rt_lookup(dst, ii->ii_if->if_index);
	int ok = 0;

	if (rt != NULL) {
		ok = rt->rt_type == RTN_UNICAST &&
		    inaddr_eq(&rt->rt_gw, router);
		rump_rt_rele(rt);
	}
	return ok;
}

void
nd6_redirect_input(struct in6_if *ii, const struct mbuf *m,
    const struct inrcv *ir)
{
	const struct nd_redirect *rd = mtod(m, const struct nd_redirect *);
	struct rtentry rt = {
		.rt_plen = 128,
		.rt_type = RTN_UNICAST,
		.rt_proto = RTPROT_REDIRECT,
		.rt_if = ii->ii_if,
		.rt_flags = RTNH_F_ONLINK,
	};
	struct inaddr target;
	struct nd6_opts no;

	if (m->m_len < sizeof(*rd) || !in6_islinklocal(&ir->ir_src) ||
	    nd6_options((const uint8_t *)(rd + 1), m->m_len -
	    (unsigned)sizeof(*rd), &no) != 0 ||
	    !in6_var(&rump_ip6_redirects) || in6_var(&rump_ip6_forwarding))
		return;
	target = rd->rd_target;
	rt.rt_dst = rd->rd_dst;
	if (rt.rt_dst.ia_b[0] == 0xff || in6_islinklocal(&rt.rt_dst) ||
	    inaddr_is4(&rt.rt_dst) || (!in6_islinklocal(&target) &&
	    !inaddr_eq(&target, &rt.rt_dst)) ||
	    !redirect_mayby(ii, &ir->ir_src, &rt.rt_dst) ||
	    in_islocal(&target) || !redirect_allowed())
		return;
	if (in6_islinklocal(&target))
		rt.rt_gw = target;
	rt.rt_expires = rump_monotonic() + REDIRECT_TIME;
	(void)rump_rt_del(&(struct rtentry){ .rt_dst = rt.rt_dst,
	    .rt_plen = 128, .rt_type = RTN_UNICAST,
	    .rt_proto = RTPROT_REDIRECT });
	(void)rump_rt_add(&rt);
	nd6_learn(ii->ii_if, &target, no.no_tll,
	    in6_islinklocal(&target) ? NEU_ROUTER : 0);
}
