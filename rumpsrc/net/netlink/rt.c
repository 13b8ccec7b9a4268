/* SPDX-License-Identifier: BSD-2-Clause */
/* NETLINK_ROUTE: who handles what; rules, which are always the same ones. */
#include <asm/errno.h>
#include <linux/fib_rules.h>
#include <kern/proc.h>
#include "nl.h"

/* Nothing to list. */
static int
rt_empty(struct nlreq *r)
{

	return r->nr_dump ? 0 : EOPNOTSUPP;
}

static const struct rthandler {
	uint16_t	rh_type;
	int		(*rh_fn)(struct nlreq *);
} rt_handlers[] = {
	{ RTM_GETLINK, nl_link_get },
	{ RTM_NEWLINK, nl_link_set },
	{ RTM_SETLINK, nl_link_set },
	{ RTM_GETADDR, nl_addr_get },
	{ RTM_NEWADDR, nl_addr_new },
	{ RTM_DELADDR, nl_addr_del },
	{ RTM_GETROUTE, nl_route_get },
	{ RTM_NEWROUTE, nl_route_new },
	{ RTM_DELROUTE, nl_route_del },
	{ RTM_GETNEIGH, nl_neigh_get },
	{ RTM_NEWNEIGH, nl_neigh_new },
	{ RTM_DELNEIGH, nl_neigh_del },
	{ RTM_GETRULE, nl_rule_get },
	{ RTM_GETQDISC, rt_empty },
	{ RTM_GETTCLASS, rt_empty },
	{ RTM_GETTFILTER, rt_empty },
	{ RTM_GETMULTICAST, rt_empty },
	{ RTM_GETANYCAST, rt_empty },
	{ RTM_GETADDRLABEL, rt_empty },
	{ RTM_GETNEIGHTBL, rt_empty },
	{ RTM_GETNEXTHOP, rt_empty },
};

int
nl_route(struct nlreq *r)
{
	unsigned i, type = r->nr_h->nlmsg_type;
	int error;

	if (type < RTM_BASE)
		return EOPNOTSUPP;
	if ((type & 3) != 2 && (error = rump_capable(CAP_NET_ADMIN)) != 0)
		return error;
	for (i = 0; i < sizeof(rt_handlers) / sizeof(rt_handlers[0]); i++)
		if (rt_handlers[i].rh_type == type)
			return rt_handlers[i].rh_fn(r);
	return EOPNOTSUPP;
}

static int
rule_put(struct nlreq *r, int family, uint32_t prio, uint32_t table)
{
	struct fib_rule_hdr *h;

	h = nl_begin(r->nr_out, RTM_NEWRULE, 0, sizeof(*h));
	if (h != NULL) {
		h->family = (uint8_t)family;
		h->table = (uint8_t)table;
		h->action = FR_ACT_TO_TBL;
	}
	nl_attr32(r->nr_out, FRA_TABLE, table);
	nl_attr32(r->nr_out, FRA_SUPPRESS_PREFIXLEN, ~0U);
	nl_attr8(r->nr_out, FRA_PROTOCOL, RTPROT_KERNEL);
	if (prio != 0)
		nl_attr32(r->nr_out, FRA_PRIORITY, prio);
	return nl_end(r->nr_out);
}

/* Addresses of this machine first, then all others: there is one table. */
int
nl_rule_get(struct nlreq *r)
{
	int error, family;

	if (!r->nr_dump)
		return EOPNOTSUPP;
	if ((error = nl_body(r, sizeof(struct rtgenmsg))) != 0)
		return error;
	family = ((const struct rtgenmsg *)r->nr_body)->rtgen_family;
	if (family == AF_UNSPEC || family == AF_INET) {
		if ((error = rule_put(r, AF_INET, 0, RT_TABLE_LOCAL)) != 0 ||
		    (error = rule_put(r, AF_INET, 32766, RT_TABLE_MAIN)) != 0 ||
		    (error = rule_put(r, AF_INET, 32767,
		    RT_TABLE_DEFAULT)) != 0)
			return error;
	}
	if ((family == AF_UNSPEC || family == AF_INET6) &&
	    rump_inaf[1] != NULL) {
		if ((error = rule_put(r, AF_INET6, 0, RT_TABLE_LOCAL)) == 0)
			error = rule_put(r, AF_INET6, 32766, RT_TABLE_MAIN);
	}
	return error;
}
