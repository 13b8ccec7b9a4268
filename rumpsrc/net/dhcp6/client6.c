/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's states (RFC 8415, 18.2), one thread for each interface:
 *
 *	solicit -> request -> bound -> renew (T1) -> rebind (T2) -> expired
 *	   ^---------- no address, declined, expired -----------------+
 *
 * or, when only other things than addresses are to be had, information
 * requests.  When the link comes back the lease is asked for at once.
 * dhcp6_lock is a leaf, but for dc_lock.  Exchanges: exchange6.c.
 */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <net/ifnet.h>
#include <net/inet6.h>
#include "client6.h"

#define REFRESH_DEF	86400
#define REFRESH_MIN	600

static const struct pace
    pace_renew = { DHCP6_RENEW, 10, 600, 0 },
    pace_rebind = { DHCP6_REBIND, 10, 600, 0 },
    pace_inform = { DHCP6_INFORM, 1, 3600, 0 };

static struct rump_mutex dhcp6_lock;
static struct dhcp6_client *dhcp6_clients;	/* [dhcp6_lock] grows only */
static int dhcp6_watching;			/* [dhcp6_lock] */

/* --- what follows from an answer --- */
static int64_t
until(const struct dhcp6_client *dc, uint32_t sec)
{

	return sec == DHCP6_FOREVER ? INT64_MAX :
	    dc->dc_bindtime + sec * NSEC_PER_SEC;
}

static void
servers(struct dhcp6_client *dc)
{
	const struct dhcp6_reply *dr = &dc->dc_reply;

	rump_in6_dns(dc->dc_if, dr->dr_dns, dr->dr_ndns, dr->dr_search,
	    dr->dr_searchlen);
}

/* Flags of our address; 0 when it is not there. */
static uint32_t
addr_flags(struct dhcp6_client *dc, int renew)
{
	struct dhcp6_reply *dr = &dc->dc_lease;
	struct ifnet *ifp = dc->dc_if;
	uint32_t flags = 0;
	struct ifaddr *ia;

	rump_rw_wrenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		if (inaddr_eq(&ia->ia_addr, &dr->dr_addr))
			break;
	if (ia != NULL && renew) {
		ia->ia_preferred = until(dc, dr->dr_preferred);
		ia->ia_valid = until(dc, dr->dr_valid);
		__atomic_fetch_and(&ia->ia_flags,
		    ~(uint32_t)IFA_F_DEPRECATED, __ATOMIC_RELAXED);
	}
	if (ia != NULL)
		flags = ia->ia_flags;
	rump_rw_exit(&ifp->if_lock);
	return flags;
}

static void
unbind(struct dhcp6_client *dc)
{

	if (dc->dc_lease.dr_hasaddr)
		(void)rump_if_deladdr(dc->dc_if, &dc->dc_lease.dr_addr, 128);
	dc->dc_lease.dr_hasaddr = 0;
}

static void
tell_lease(const struct dhcp6_client *dc)
{
	char addr[48], lease[32] = "for ever";

	if (dc->dc_lease.dr_valid != DHCP6_FOREVER)
		snprintf(lease, sizeof(lease), "for %u s",
		    dc->dc_lease.dr_valid);
	rump_printf("%s: %s by DHCPv6, %s\n", dc->dc_if->if_name,
	    inaddr_format(&dc->dc_lease.dr_addr, addr, sizeof(addr)), lease);
}

/* dc_reply becomes the lease. */
static int
bind_lease(struct dhcp6_client *dc)
{
	struct dhcp6_reply *new = &dc->dc_reply, *old = &dc->dc_lease;
	struct ifaddr ia = { .ia_addr = new->dr_addr, .ia_plen = 128,
	    .ia_scope = RT_SCOPE_UNIVERSE, .ia_flags = IFA_F_NOPREFIXROUTE,
	    .ia_preferred = until(dc, new->dr_preferred),
	    .ia_valid = until(dc, new->dr_valid) };
	int moved = !old->dr_hasaddr || !inaddr_eq(&old->dr_addr,
	    &new->dr_addr), error;

	if (moved)
		unbind(dc);
	error = rump_if_addaddr(dc->dc_if, &ia);
	if (error != 0 && error != EEXIST) {
		rump_printf("%s: DHCPv6: address not usable: error %d\n",
		    dc->dc_if->if_name, error);
		return error;
	}
	*old = *new;
	(void)addr_flags(dc, 1);
	servers(dc);
	if (moved)
		tell_lease(dc);
	rump_mutex_enter(&dc->dc_lock);
	dc->dc_bound = 1;
	rump_cv_broadcast(&dc->dc_cv);
	rump_mutex_exit(&dc->dc_lock);
	return 0;
}

/* Somebody else has it (18.2.8)?  The server is told, once. */
static int
declined(struct dhcp6_client *dc)
{
	uint32_t flags;

	while ((flags = addr_flags(dc, 0)) & IFA_F_TENTATIVE &&
	    !(flags & IFA_F_DADFAILED))
		(void)dhcp6_rest(dc, rump_monotonic() + 200 * MS);
	if (!(flags & IFA_F_DADFAILED))
		return 0;
	rump_printf("%s: DHCPv6: another host has the address\n",
	    dc->dc_if->if_name);
	dc->dc_rq.rq_type = DHCP6_DECLINE;
	dc->dc_rq.rq_rapid = 0;
	dc->dc_rq.rq_addr = &dc->dc_lease.dr_addr;
	dc->dc_rq.rq_server = dc->dc_lease.dr_server;
	dc->dc_rq.rq_serverlen = dc->dc_lease.dr_serverlen;
	dc->dc_rq.rq_xid = dhcp6_random();
	if (dhcp6_open(dc) == 0)
		(void)dhcp6_send(dc);
	return 1;
}

/*
 * More time for the address; kicked: any server, at once.  0: got it; ENOENT:
 * it is not ours any more; ETIMEDOUT: expired.
 */
static int
renew(struct dhcp6_client *dc, int kicked)
{
	struct dhcp6_reply *ls = &dc->dc_lease;
	struct dhcp6_request *rq = &dc->dc_rq;
	int64_t t2 = until(dc, ls->dr_t2), end = until(dc, ls->dr_valid);
	int error = ETIMEDOUT;

	rq->rq_rapid = 0;
	rq->rq_addr = &ls->dr_addr;
	rq->rq_server = ls->dr_server;
	rq->rq_serverlen = ls->dr_serverlen;
	if (!kicked)
		error = dhcp6_exchange(dc, &pace_renew, t2);
	if (error == ETIMEDOUT) {
		rq->rq_server = NULL;
		error = dhcp6_exchange(dc, &pace_rebind, end);
	}
	return error;
}

static void
hold(struct dhcp6_client *dc)
{
	int64_t bound;
	int error = 0, kicked;

	while (error == 0) {
		dhcp6_close(dc);
		bound = dc->dc_bindtime;
		kicked = dhcp6_rest(dc, until(dc, dc->dc_lease.dr_t1));
		error = renew(dc, kicked);
		if (error == 0)
			error = bind_lease(dc);
		else
			dc->dc_bindtime = bound;
	}
	rump_printf("%s: DHCPv6: the lease is over\n", dc->dc_if->if_name);
	unbind(dc);
}

/* Name servers alone; again when they say so, or addresses are to be had. */
static void
inform(struct dhcp6_client *dc)
{
	uint32_t sec = REFRESH_DEF;

	memset(&dc->dc_rq, 0, sizeof(dc->dc_rq));
	if (dhcp6_exchange(dc, &pace_inform, INT64_MAX) == 0) {
		servers(dc);
		if (dc->dc_reply.dr_refresh != 0)
			sec = dc->dc_reply.dr_refresh < REFRESH_MIN ?
			    REFRESH_MIN : dc->dc_reply.dr_refresh;
	}
	dhcp6_close(dc);
	(void)dhcp6_rest(dc, until(dc, sec));
}

static void
client_thread(void *arg)
{
	struct dhcp6_client *dc = arg;

	/* Not all hosts of the link at once (18.2.1). */
	(void)dhcp6_rest(dc, rump_monotonic() + dhcp6_random() % NSEC_PER_SEC);
	for (;;) {
		if (!dhcp6_managed(dc))
			inform(dc);
		else if (dhcp6_solicit(dc) == 0 && bind_lease(dc) == 0 &&
		    !declined(dc))
			hold(dc);
		else {
			unbind(dc);
			(void)dhcp6_rest(dc, rump_monotonic() + NSEC_PER_SEC);
		}
	}
}

/* --- from outside --- */
static void
kick(struct ifnet *ifp, int nowmanaged)
{
	struct dhcp6_client *dc;

	rump_mutex_enter(&dhcp6_lock);
	for (dc = dhcp6_clients; dc != NULL; dc = dc->dc_next) {
		if (dc->dc_if != ifp)
			continue;
		rump_mutex_enter(&dc->dc_lock);
		if (nowmanaged ? !dc->dc_managed : dc->dc_bound)
			dc->dc_kicked = 1;
		dc->dc_managed |= (uint8_t)nowmanaged;
		rump_cv_broadcast(&dc->dc_cv);
		rump_mutex_exit(&dc->dc_lock);
	}
	rump_mutex_exit(&dhcp6_lock);
}

static void
link_changed(enum ifevent ev, struct ifnet *ifp, void *obj)
{

	(void)obj;
	if (ev == IFE_LINK && (__atomic_load_n(&ifp->if_flags,
	    __ATOMIC_RELAXED) & IFF_RUNNING))
		kick(ifp, 0);
}

/* Caller holds dhcp6_lock. */
static struct dhcp6_client *
find(const struct ifnet *ifp)
{
	struct dhcp6_client *dc;

	for (dc = dhcp6_clients; dc != NULL; dc = dc->dc_next)
		if (dc->dc_if == ifp)
			break;
	return dc;
}

int
dhcp6_start(struct ifnet *ifp, int nowmanaged)
{
	static struct ifwatch watch = { .iw_fn = link_changed };
	struct dhcp6_client *dc = rump_kmem_zalloc(sizeof(*dc));
	int first, there;

	if (dc == NULL)
		return ENOMEM;
	dc->dc_if = ifp;
	dc->dc_managed = (uint8_t)nowmanaged;
	rump_mutex_enter(&dhcp6_lock);
	first = !dhcp6_watching;
	dhcp6_watching = 1;
	if (!(there = find(ifp) != NULL)) {
		__atomic_fetch_add(&ifp->if_refs, 1, __ATOMIC_RELAXED);
		dc->dc_next = dhcp6_clients;
		dhcp6_clients = dc;
	}
	rump_mutex_exit(&dhcp6_lock);
	if (first)
		rump_if_watch(&watch);
	if (!there)
		return rump_kthread_create(client_thread, dc, "dhcp6");
	rump_kmem_free(dc, sizeof(*dc));
	if (nowmanaged)
		kick(ifp, 1);
	return 0;
}

int
dhcp6_wait(struct ifnet *ifp, int64_t deadline)
{
	struct dhcp6_client *dc;
	int error = 0;

	rump_mutex_enter(&dhcp6_lock);
	dc = find(ifp);
	rump_mutex_exit(&dhcp6_lock);
	if (dc == NULL)
		return ENOENT;
	rump_mutex_enter(&dc->dc_lock);
	while (!dc->dc_bound && error == 0)
		error = rump_cv_timedwait(&dc->dc_cv, &dc->dc_lock, deadline);
	error = dc->dc_bound ? 0 : error;
	rump_mutex_exit(&dc->dc_lock);
	return error;
}

/* A router's flags. */
void
rump_dhcp6_heard(struct ifnet *ifp, int nowmanaged)
{
	struct dhcp6_client *dc;
	int news;

	rump_mutex_enter(&dhcp6_lock);
	dc = find(ifp);
	news = dc == NULL || (nowmanaged && !dhcp6_managed(dc));
	rump_mutex_exit(&dhcp6_lock);
	if (news)
		(void)dhcp6_start(ifp, nowmanaged);
}
