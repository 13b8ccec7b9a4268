/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces that come and go, and the one timer of each: probes for
 * addresses, router solicitations, lifetimes.  What is due is taken one by
 * one with ii_lock, and done without it.
 */
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include "inet6_priv.h"

#define RETRANS		NSEC_PER_SEC		/* RetransTimer */
#define RS_INTERVAL	(4 * NSEC_PER_SEC)
#define RS_COUNT	3

static void in6_timeout(void *);

void
in6_arm(struct in6_if *ii, int64_t when)
{

	if (ii->ii_gone || (ii->ii_due != 0 && ii->ii_due <= when))
		return;
	if (ii->ii_timer.co_fn == NULL)
		rump_callout_init(&ii->ii_timer, in6_timeout, ii);
	ii->ii_due = when;
	rump_callout_schedule(&ii->ii_timer, when);
}

/* --- addresses' lifetimes --- */

/* The first address whose state is not what the time says; its next event. */
static int
addr_due(struct ifnet *ifp, int64_t now, struct ifaddr *copy, int64_t *nextp)
{
	const struct ifaddr *ia;
	int64_t t;
	int found = 0;

	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL && !found; ia = ia->ia_next) {
		if (inaddr_is4(&ia->ia_addr))
			continue;
		if (ia->ia_valid <= now || (ia->ia_preferred <= now) !=
		    ((ia->ia_flags & IFA_F_DEPRECATED) != 0)) {
			*copy = *ia;
			found = 1;
			break;
		}
		t = ia->ia_preferred > now ? ia->ia_preferred : ia->ia_valid;
		if (t < *nextp)
			*nextp = t;
	}
	rump_rw_exit(&ifp->if_lock);
	return found;
}

static int64_t
addr_lifetimes(struct ifnet *ifp, int64_t now)
{
	int64_t next = INT64_MAX;
	struct ifaddr ia;

	while (addr_due(ifp, now, &ia, &next)) {
		if (ia.ia_valid <= now)
			(void)rump_if_deladdr(ifp, &ia.ia_addr, ia.ia_plen);
		else if (ia.ia_preferred <= now)
			(void)in6_setflags(ifp, &ia.ia_addr,
			    IFA_F_DEPRECATED, 0);
		else
			(void)in6_setflags(ifp, &ia.ia_addr, 0,
			    IFA_F_DEPRECATED);
		next = INT64_MAX;
	}
	return next;
}

/* --- the timer --- */

enum { WORK_NONE, WORK_PROBE, WORK_DADDONE, WORK_RS };
struct work {
	int		 w_kind;
	struct inaddr	 w_addr;
	uint64_t	 w_nonce;
};

static void
take_dad(struct in6_if *ii, struct in6_dad **dp, int64_t now, struct work *w)
{
	struct in6_dad *id = *dp;

	w->w_addr = id->id_addr;
	w->w_nonce = id->id_nonce;
	if (id->id_left > 0) {
		w->w_kind = WORK_PROBE;
		id->id_left--;
		id->id_due = now + RETRANS;
		return;
	}
	w->w_kind = WORK_DADDONE;
	*dp = id->id_next;
	rump_kmem_free(id, sizeof(*id));
	(void)ii;
}

/* One thing that is due; or when the next will be. */
static void
take_work(struct in6_if *ii, int64_t now, struct work *w, int64_t *nextp)
{
	struct in6_dad **dp;

	w->w_kind = WORK_NONE;
	*nextp = INT64_MAX;
	rump_mutex_enter(&ii->ii_lock);
	for (dp = &ii->ii_dads; *dp != NULL; dp = &(*dp)->id_next) {
		if ((*dp)->id_due <= now) {
			take_dad(ii, dp, now, w);
			goto out;
		}
		if ((*dp)->id_due < *nextp)
			*nextp = (*dp)->id_due;
	}
	if (ii->ii_rsdue != 0 && ii->ii_rsdue <= now) {
		w->w_kind = WORK_RS;
		ii->ii_rsdue = --ii->ii_rsleft > 0 ? now + RS_INTERVAL : 0;
	} else if (ii->ii_rsdue != 0 && ii->ii_rsdue < *nextp)
		*nextp = ii->ii_rsdue;
out:
	rump_mutex_exit(&ii->ii_lock);
}

/* With the first address of the link routers can be asked. */
static void
rs_start(struct in6_if *ii, int64_t delay)
{

	if (!in6_var(&rump_ip6_acceptra) || in6_var(&rump_ip6_forwarding) ||
	    (in6_ifflags(ii->ii_if) & IFF_LOOPBACK))
		return;
	rump_mutex_enter(&ii->ii_lock);
	ii->ii_rsleft = RS_COUNT;
	ii->ii_rsdue = rump_monotonic() + 1 + in6_within(delay);
	in6_arm(ii, ii->ii_rsdue);
	rump_mutex_exit(&ii->ii_lock);
}

static void
dad_done(struct in6_if *ii, const struct inaddr *a)
{

	(void)in6_setflags(ii->ii_if, a, 0, IFA_F_TENTATIVE |
	    IFA_F_OPTIMISTIC);
	nd6_announce(ii->ii_if, a);
	if (in6_islinklocal(a))
		rs_start(ii, in6_var(&rump_ip6_rsdelay) *
		    (NSEC_PER_SEC / 1000));
}

static void
in6_timeout(void *arg)
{
	struct in6_if *ii = arg;
	int64_t now = rump_monotonic(), next, t;
	struct work w;

	rump_mutex_enter(&ii->ii_lock);
	ii->ii_due = 0;
	rump_mutex_exit(&ii->ii_lock);
	for (;;) {
		take_work(ii, now, &w, &next);
		if (w.w_kind == WORK_PROBE)
			nd6_probe(ii->ii_if, &w.w_addr, w.w_nonce);
		else if (w.w_kind == WORK_DADDONE)
			dad_done(ii, &w.w_addr);
		else if (w.w_kind == WORK_RS)
			nd6_rs_send(ii);
		else
			break;
	}
	nd6_routers_expire(ii, now);
	if ((t = addr_lifetimes(ii->ii_if, now)) < next)
		next = t;
	rump_mutex_enter(&ii->ii_lock);
	if (next != INT64_MAX)
		in6_arm(ii, next);
	rump_mutex_exit(&ii->ii_lock);
}

/* --- up and down --- */

static void
add_linklocal(struct ifnet *ifp)
{
	static const struct inaddr prefix = { .ia_b = { 0xfe, 0x80 } };
	struct ifaddr ia = {
		.ia_plen = 64,
		.ia_scope = RT_SCOPE_LINK,
		.ia_preferred = INT64_MAX,
		.ia_valid = INT64_MAX,
	};

	if (ifp->if_type != ARPHRD_ETHER || (in6_ifflags(ifp) & IFF_NOARP))
		return;
	in6_interfaceid(ifp, &prefix, &ia.ia_addr);
	(void)rump_if_addaddr(ifp, &ia);
}

static void
add_loopback(struct ifnet *ifp)
{
	struct ifaddr ia = {
		.ia_addr = { .ia_b = { [15] = 1 } },
		.ia_plen = 128,
		.ia_scope = RT_SCOPE_HOST,
		.ia_preferred = INT64_MAX,
		.ia_valid = INT64_MAX,
	};

	(void)rump_if_addaddr(ifp, &ia);
}

static int
nth_addr6(struct ifnet *ifp, unsigned n, struct ifaddr *copy)
{
	const struct ifaddr *ia;

	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		if (!inaddr_is4(&ia->ia_addr) && n-- == 0)
			break;
	if (ia != NULL)
		*copy = *ia;
	rump_rw_exit(&ifp->if_lock);
	return ia != NULL;
}

static void
if_up(struct in6_if *ii)
{
	struct ifnet *ifp = ii->ii_if;
	struct ifaddr ia;
	unsigned n;

	if (in6_ifflags(ifp) & IFF_LOOPBACK) {
		add_loopback(ifp);
		return;
	}
	for (n = 0; nth_addr6(ifp, n, &ia); n++)
		nd6_dad_start(ii, &ia.ia_addr);
	inmulti_restart(&ii->ii_groups);
	add_linklocal(ifp);
}

/* What was found out about the link is worth nothing any more. */
static void
if_down(struct in6_if *ii)
{
	struct ifnet *ifp = ii->ii_if;
	struct ifaddr ia;
	unsigned n = 0;

	nd6_dad_stop(ii, NULL);
	nd6_routers_clear(ii);
	while (nth_addr6(ifp, n, &ia)) {
		if (in6_islinklocal(&ia.ia_addr) || ia.ia_valid != INT64_MAX)
			(void)rump_if_deladdr(ifp, &ia.ia_addr, ia.ia_plen);
		else
			n++;
	}
}

static void
flags_changed(struct in6_if *ii)
{
	int up = (in6_ifflags(ii->ii_if) & IFF_UP) != 0, was;

	rump_mutex_enter(&ii->ii_lock);
	was = ii->ii_up;
	ii->ii_up = (uint8_t)up;
	if (!up)
		ii->ii_rsdue = 0;
	rump_mutex_exit(&ii->ii_lock);
	if (up && !was)
		if_up(ii);
	else if (!up && was)
		if_down(ii);
}

static void
addr_added(struct in6_if *ii, const struct ifaddr *ia)
{
	struct ifnet *ifp = ii->ii_if;

	if (in6_ifflags(ifp) & IFF_LOOPBACK)
		return;
	in6_group(ii, &ia->ia_addr, 1);
	if (in6_ifflags(ifp) & IFF_UP)
		nd6_dad_start(ii, &ia->ia_addr);
	else
		(void)in6_setflags(ifp, &ia->ia_addr, IFA_F_TENTATIVE, 0);
	if (ia->ia_valid == INT64_MAX && ia->ia_preferred == INT64_MAX)
		return;
	rump_mutex_enter(&ii->ii_lock);
	in6_arm(ii, ia->ia_preferred < ia->ia_valid ? ia->ia_preferred :
	    ia->ia_valid);
	rump_mutex_exit(&ii->ii_lock);
}

static void
if_gone(struct in6_if *ii)
{

	nd6_dad_stop(ii, NULL);
	rump_mutex_enter(&ii->ii_lock);
	ii->ii_gone = 1;
	rump_mutex_exit(&ii->ii_lock);
	if (ii->ii_timer.co_fn != NULL)
		(void)rump_callout_cancel(&ii->ii_timer);
	inmulti_ifgone(&ii->ii_groups);
	rump_mutex_enter(&ii->ii_grouplock);
	inmulti_drop(&ii->ii_member);
	rump_mutex_exit(&ii->ii_grouplock);
}

static void
neigh_event(struct in6_if *ii, struct neigh *ne)
{
	unsigned s = __atomic_load_n(&ne->ne_state, __ATOMIC_RELAXED);

	if (s == NUD_S_FAILED || s == NUD_S_REACHABLE)
		nd6_router_state(ii, &ne->ne_addr, s == NUD_S_FAILED);
}

void
in6_ifevent(enum ifevent ev, struct ifnet *ifp, void *obj)
{
	const struct ifaddr *ia = obj;
	struct in6_if *ii;

	if ((ev == IFE_ADDRADD || ev == IFE_ADDRDEL) &&
	    inaddr_is4(&ia->ia_addr))
		return;
	if (ev == IFE_ROUTEADD || ev == IFE_ROUTEDEL || ev == IFE_MTU ||
	    ifp == NULL || (ii = in6_ifstate(ifp)) == NULL)
		return;
	switch (ev) {
	case IFE_ATTACH:
	case IFE_FLAGS:
		flags_changed(ii);
		break;
	case IFE_DETACH:
		if_gone(ii);
		break;
	case IFE_LINK:
		if ((in6_ifflags(ifp) & (IFF_UP | IFF_RUNNING)) ==
		    (IFF_UP | IFF_RUNNING)) {
			inmulti_restart(&ii->ii_groups);
			rs_start(ii, in6_var(&rump_ip6_rsdelay) *
			    (NSEC_PER_SEC / 1000));
		}
		break;
	case IFE_ADDRADD:
		addr_added(ii, ia);
		break;
	case IFE_ADDRDEL:
		nd6_dad_stop(ii, &ia->ia_addr);
		in6_group(ii, &ia->ia_addr, 0);
		break;
	case IFE_NEIGH:
		if (!inaddr_is4(&((struct neigh *)obj)->ne_addr))
			neigh_event(ii, obj);
		break;
	default:
		break;
	}
}

/* Interfaces that were there before this component. */
void
in6_started(void)
{
	struct ifnet *ifp;
	uint32_t i;

	for (i = 1; (ifp = rump_if_get(i)) != NULL; i++) {
		in6_ifevent(IFE_FLAGS, ifp, NULL);
		rump_if_rele(ifp);
	}
}

/* --- for who configures --- */

static int
is_ready(struct ifnet *ifp)
{
	const struct ifaddr *ia;
	struct rtentry *rt;

	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		if (!inaddr_is4(&ia->ia_addr) &&
		    !in6_islinklocal(&ia->ia_addr) &&
		    !(ia->ia_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
			break;
	rump_rw_exit(&ifp->if_lock);
	if (ia == NULL)
		return 0;
	rt = rump_rt_lookup(&(struct inaddr){ .ia_b = { 0x20, 1, 0xd, 0xb8,
	    0xff, 0xff, [15] = 1 } }, ifp->if_index);
	if (rt == NULL)
		return 0;
	rump_rt_rele(rt);
	return 1;
}

int
rump_in6_wait(struct ifnet *ifp, int64_t deadline)
{
	struct rump_mutex mtx = { .m_owner = NULL };
	struct rump_cv cv = { .cv_head = NULL };
	int64_t now;

	while (!is_ready(ifp)) {
		if ((now = rump_monotonic()) >= deadline)
			return ETIMEDOUT;
		if (rump_net_drain())
			continue;
		rump_mutex_enter(&mtx);
		(void)rump_cv_timedwait(&cv, &mtx, now + NSEC_PER_SEC / 50);
		rump_mutex_exit(&mtx);
	}
	return 0;
}
