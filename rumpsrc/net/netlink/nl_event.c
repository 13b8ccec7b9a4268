/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What changes is told to those who joined its group.  Called with locks of
 * others held: see <net/ifnet.h>.
 */
#include <asm/errno.h>
#include "nl.h"

/* Of addresses and routes, by family: 0 IPv4, 1 IPv6. */
static const uint8_t addr_groups[2] = { RTNLGRP_IPV4_IFADDR,
	RTNLGRP_IPV6_IFADDR };
static const uint8_t route_groups[2] = { RTNLGRP_IPV4_ROUTE,
	RTNLGRP_IPV6_ROUTE };

static int
event_wanted(unsigned group)
{

	return __atomic_load_n(&nl_groups, __ATOMIC_RELAXED) >> (group - 1) &
	    1;
}

static void
event_link(enum ifevent ev, struct ifnet *ifp)
{
	struct nlout o;

	if (!event_wanted(RTNLGRP_LINK))
		return;
	nl_outinit(&o, 0, 0, 0);
	(void)nl_putlink(&o, ifp, ev == IFE_DETACH ? RTM_DELLINK :
	    RTM_NEWLINK, ev == IFE_ATTACH || ev == IFE_DETACH ? ~0U : 0);
	nl_multicast(&o, RTNLGRP_LINK);
}

static void
event_addr(enum ifevent ev, struct ifnet *ifp, const struct ifaddr *ia)
{
	unsigned group = addr_groups[!inaddr_is4(&ia->ia_addr)];
	struct nlout o;

	if (!event_wanted(group))
		return;
	nl_outinit(&o, 0, 0, 0);
	(void)nl_putaddr(&o, ifp, ia, ev == IFE_ADDRADD ? RTM_NEWADDR :
	    RTM_DELADDR);
	nl_multicast(&o, group);
}

static void
event_route(enum ifevent ev, const struct rtentry *rt)
{
	unsigned group = route_groups[!inaddr_is4(&rt->rt_dst)];
	struct nlout o;

	if (!event_wanted(group))
		return;
	nl_outinit(&o, 0, 0, 0);
	(void)nl_putroute(&o, rt, ev == IFE_ROUTEADD ? RTM_NEWROUTE :
	    RTM_DELROUTE);
	nl_multicast(&o, group);
}

static void
event_neigh(struct neigh *ne)
{
	struct nlout o;
	int dead;

	if (!event_wanted(RTNLGRP_NEIGH))
		return;
	rump_mutex_enter(&ne->ne_lock);
	dead = ne->ne_dead;
	rump_mutex_exit(&ne->ne_lock);
	nl_outinit(&o, 0, 0, 0);
	(void)nl_putneigh(&o, ne, dead ? RTM_DELNEIGH : RTM_NEWNEIGH);
	nl_multicast(&o, RTNLGRP_NEIGH);
}

static void
event(enum ifevent ev, struct ifnet *ifp, void *obj)
{

	switch (ev) {
	case IFE_ATTACH:
	case IFE_DETACH:
	case IFE_FLAGS:
	case IFE_LINK:
	case IFE_MTU:
		event_link(ev, ifp);
		break;
	case IFE_ADDRADD:
	case IFE_ADDRDEL:
		event_addr(ev, ifp, obj);
		break;
	case IFE_ROUTEADD:
	case IFE_ROUTEDEL:
		event_route(ev, obj);
		break;
	case IFE_NEIGH:
		event_neigh(obj);
		break;
	}
}

void
nl_watch(void)
{
	static struct ifwatch watch = { .iw_fn = event };
	static int watching;		/* [a] */

	if (!__atomic_exchange_n(&watching, 1, __ATOMIC_ACQ_REL))
		rump_if_watch(&watch);
}
