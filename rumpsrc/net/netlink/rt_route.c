/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes: RTM_GETROUTE (all of them, or the one to an address), RTM_NEWROUTE,
 * RTM_DELROUTE.  There is one table; what Linux has in "local" and in "main"
 * is told apart by type.  One next hop.
 */
#include <asm/errno.h>
#include <linux/in_route.h>
#include <kern/clock.h>
#include "nl.h"

#define METRIC6_USER	1024	/* of what has none: ip -6 route add */

static unsigned
route_table(const struct rtentry *rt)
{

	return rt->rt_type == RTN_LOCAL || rt->rt_type == RTN_BROADCAST ||
	    rt->rt_type == RTN_ANYCAST || rt->rt_type == RTN_MULTICAST ?
	    RT_TABLE_LOCAL : RT_TABLE_MAIN;
}

static void
route_times(struct nlout *o, const struct rtentry *rt)
{
	struct rta_cacheinfo ci;
	int64_t until = __atomic_load_n(&rt->rt_expires, __ATOMIC_RELAXED);
	int64_t left;

	memset(&ci, 0, sizeof(ci));
	if (until != INT64_MAX && until != 0) {
		left = (until - rump_monotonic()) / (NSEC_PER_SEC / 100);
		ci.rta_expires = left > INT32_MAX ? INT32_MAX :
		    left <= 0 ? 1 : (int32_t)left;
	} else if (inaddr_is4(&rt->rt_dst)) {
		return;
	}
	nl_attr(o, RTA_CACHEINFO, &ci, sizeof(ci));
}

static void
route_metrics(struct nlout *o, uint32_t mtu)
{
	uint32_t nest;

	if (mtu == 0)
		return;
	nest = nl_nest(o, RTA_METRICS);
	nl_attr32(o, RTAX_MTU, mtu);
	nl_nestend(o, nest);
}

static void
route_attrs(struct nlout *o, const struct rtentry *rt, const struct ifnet *ifp)
{

	nl_attr32(o, RTA_TABLE, route_table(rt));
	if (rt->rt_metric != 0 || !inaddr_is4(&rt->rt_dst))
		nl_attr32(o, RTA_PRIORITY, rt->rt_metric);
	route_metrics(o, rt->rt_mtu);
	/* Of IPv6's own, Linux names no source. */
	if (!inaddr_isany(&rt->rt_src) && (inaddr_is4(&rt->rt_dst) ||
	    rt->rt_proto != RTPROT_KERNEL))
		nl_attraddr(o, RTA_PREFSRC, &rt->rt_src);
	if (!inaddr_isany(&rt->rt_gw))
		nl_attraddr(o, RTA_GATEWAY, &rt->rt_gw);
	if (ifp != NULL)
		nl_attr32(o, RTA_OIF, ifp->if_index);
	route_times(o, rt);
	if (!inaddr_is4(&rt->rt_dst))
		nl_attr8(o, RTA_PREF, 0);
}

static unsigned
route_scope(const struct rtentry *rt)
{

	if (!inaddr_is4(&rt->rt_dst))
		return RT_SCOPE_UNIVERSE;
	return rt->rt_scope;
}

static unsigned
route_dead(const struct ifnet *ifp)
{

	return ifp != NULL && !(__atomic_load_n(&ifp->if_flags,
	    __ATOMIC_RELAXED) & IFF_LOWER_UP) ? RTNH_F_LINKDOWN : 0;
}

int
nl_putroute(struct nlout *o, const struct rtentry *rt, unsigned type)
{
	int is4 = inaddr_is4(&rt->rt_dst);
	unsigned plen = is4 ? rt->rt_plen - INADDR_V4PREFIX : rt->rt_plen;
	struct rtmsg *rm;

	rm = nl_begin(o, type, 0, sizeof(*rm));
	if (rm != NULL) {
		rm->rtm_family = (uint8_t)nl_family(&rt->rt_dst);
		rm->rtm_dst_len = (uint8_t)plen;
		rm->rtm_table = (uint8_t)route_table(rt);
		rm->rtm_protocol = rt->rt_proto;
		rm->rtm_scope = (uint8_t)route_scope(rt);
		rm->rtm_type = rt->rt_type;
		rm->rtm_flags = (rt->rt_flags & RTNH_F_ONLINK) |
		    route_dead(rt->rt_if);
	}
	if (plen != 0)
		nl_attraddr(o, RTA_DST, &rt->rt_dst);
	route_attrs(o, rt, rt->rt_if);
	return nl_end(o);
}

struct routedump {
	struct nlreq	*rd_r;
	int		 rd_family;
	unsigned	 rd_table, rd_proto, rd_type;
	uint32_t	 rd_oif;
};

static int
route_dump(struct rtentry *rt, void *arg)
{
	const struct routedump *rd = arg;

	/* A prefix that is shorter than IPv4's is IPv6's. */
	if ((rd->rd_family != AF_UNSPEC &&
	    rd->rd_family != nl_family(&rt->rt_dst)) ||
	    (inaddr_is4(&rt->rt_dst) && rt->rt_plen < INADDR_V4PREFIX) ||
	    (rd->rd_table != 0 && rd->rd_table != route_table(rt)) ||
	    (rd->rd_proto != 0 && rd->rd_proto != rt->rt_proto) ||
	    (rd->rd_type != 0 && rd->rd_type != rt->rt_type) ||
	    (rd->rd_oif != 0 && (rt->rt_if == NULL ||
	    rt->rt_if->if_index != rd->rd_oif)))
		return 0;
	return nl_putroute(rd->rd_r->nr_out, rt, RTM_NEWROUTE);
}

static int
route_dumpall(struct nlreq *r)
{
	struct routedump rd = { .rd_r = r };
	const struct rtmsg *rm;
	uint32_t table;
	int error;

	if ((error = nl_body(r, sizeof(struct rtgenmsg))) != 0)
		return error;
	rd.rd_family =
	    ((const struct rtgenmsg *)r->nr_body)->rtgen_family;
	if (r->nr_h->nlmsg_len >= NLMSG_HDRLEN + sizeof(*rm)) {
		if ((error = nl_parse(r, sizeof(*rm))) != 0)
			return error;
		rm = r->nr_body;
		/* Entries of a cache: there are none. */
		if (rm->rtm_flags & RTM_F_CLONED)
			return 0;
		if (r->nr_strict) {
			table = rm->rtm_table;
			if ((error = nl_get32(&r->nr_a, RTA_TABLE,
			    &table)) != 0 || (error = nl_get32(&r->nr_a,
			    RTA_OIF, &rd.rd_oif)) != 0)
				return error;
			rd.rd_table = table;
			rd.rd_proto = rm->rtm_protocol;
			rd.rd_type = rm->rtm_type;
		}
	}
	return rump_rt_walk(route_dump, &rd);
}

/*
 * RTM_GETROUTE without dump: how a packet would go.
 */
static int
route_answer(struct nlreq *r, const struct rtentry *rt,
    const struct inaddr *dst, const struct inaddr *src)
{
	const struct ifnet *ifp = rt->rt_type == RTN_LOCAL ? rump_loif :
	    rt->rt_if;
	struct nlout *o = r->nr_out;
	struct rtmsg *rm;
	/* Linux looks both of IPv4's up as one. */
	unsigned table = inaddr_is4(dst) ? RT_TABLE_MAIN : route_table(rt);

	rm = nl_begin(o, RTM_NEWROUTE, 0, sizeof(*rm));
	if (rm != NULL) {
		rm->rtm_family = (uint8_t)nl_family(dst);
		rm->rtm_dst_len = inaddr_is4(dst) ? 32 : 128;
		rm->rtm_table = (uint8_t)table;
		rm->rtm_protocol = inaddr_is4(dst) ? RTPROT_UNSPEC :
		    rt->rt_proto;
		rm->rtm_type = rt->rt_type;
		rm->rtm_flags = RTM_F_CLONED | (inaddr_is4(dst) &&
		    rt->rt_type == RTN_LOCAL ? RTCF_LOCAL : 0);
	}
	nl_attr32(o, RTA_TABLE, table);
	nl_attraddr(o, RTA_DST, dst);
	if (ifp != NULL)
		nl_attr32(o, RTA_OIF, ifp->if_index);
	if (!inaddr_isany(src))
		nl_attraddr(o, RTA_PREFSRC, src);
	if (!inaddr_isany(&rt->rt_gw))
		nl_attraddr(o, RTA_GATEWAY, &rt->rt_gw);
	if (!inaddr_is4(dst))
		nl_attr32(o, RTA_PRIORITY, rt->rt_metric);
	route_metrics(o, rump_rt_pmtu(dst));
	nl_attr32(o, RTA_UID, 0);
	route_times(o, rt);
	return nl_end(o);
}

static int
route_error(const struct inaddr *dst, const struct rtentry *rt)
{

	switch (rt == NULL ? RTN_UNREACHABLE : rt->rt_type) {
	case RTN_BLACKHOLE:
		return EINVAL;
	case RTN_PROHIBIT:
		return EACCES;
	case RTN_UNREACHABLE:
		return rt == NULL || !inaddr_is4(dst) ? ENETUNREACH :
		    EHOSTUNREACH;
	case RTN_THROW:
		return ENETUNREACH;
	}
	return 0;
}

static int
route_lookup(struct nlreq *r, const struct inaddr *dst, struct inaddr *src,
    uint32_t oif, int match)
{
	struct rtentry *rt = rump_rt_lookup(dst, oif);
	struct routecache rc;
	int error = route_error(dst, rt);

	if (rt != NULL && match) {
		error = nl_putroute(r->nr_out, rt, RTM_NEWROUTE);
	} else if (error == 0) {
		memset(&rc, 0, sizeof(rc));
		if (rt->rt_type == RTN_LOCAL)
			*src = *dst;
		else if (inaddr_isany(src) && INAF(dst) != NULL)
			(void)INAF(dst)->af_source(dst, oif, &rc, src);
		error = route_answer(r, rt, dst, src);
		rump_rc_clear(&rc);
	}
	if (rt != NULL)
		rump_rt_rele(rt);
	return error;
}

int
nl_route_get(struct nlreq *r)
{
	struct inaddr dst, src;
	const struct rtmsg *rm;
	uint32_t oif = 0;
	int error, family;

	if (r->nr_dump)
		return route_dumpall(r);
	if ((error = nl_parse(r, sizeof(*rm))) != 0)
		return error;
	rm = r->nr_body;
	family = rm->rtm_family;
	if (family != AF_INET && family != AF_INET6)
		return EOPNOTSUPP;
	memset(&src, 0, sizeof(src));
	dst = family == AF_INET ? inaddr_from4(0) : src;
	error = nl_getaddr(&r->nr_a, RTA_DST, family, &dst);
	if (error == EINVAL || (error = nl_getaddr(&r->nr_a, RTA_SRC, family,
	    &src)) == EINVAL || (error = nl_get32(&r->nr_a, RTA_OIF,
	    &oif)) != 0)
		return EINVAL;
	return route_lookup(r, &dst, &src, oif,
	    (rm->rtm_flags & RTM_F_FIB_MATCH) != 0);
}

/*
 * Changes.
 */
static int
route_mtu(const struct nlreq *r, struct rtentry *rt)
{
	const struct nlattr *a = r->nr_a.na[RTA_METRICS];
	struct nlattrs in;
	int error;

	if (a == NULL)
		return 0;
	if ((error = nl_attrs(nla_data(a), nla_len(a), &in)) != 0)
		return error;
	return nl_get32(&in, RTAX_MTU, &rt->rt_mtu);
}

static int
route_via(const struct nlreq *r, int family, struct inaddr *gw)
{
	const struct nlattr *a = r->nr_a.na[RTA_VIA];
	uint16_t viafamily;

	if (a == NULL)
		return nl_getaddr(&r->nr_a, RTA_GATEWAY, family, gw);
	if (nla_len(a) < sizeof(viafamily))
		return EINVAL;
	memcpy(&viafamily, nla_data(a), sizeof(viafamily));
	if (viafamily != family)
		return EOPNOTSUPP;
	if (nla_len(a) != 2 + (family == AF_INET ? 4U : 16U))
		return EINVAL;
	if (family == AF_INET) {
		memset(gw, 0, sizeof(*gw));
		*gw = inaddr_from4(0);
		memcpy(&gw->ia_w[3], (const uint8_t *)nla_data(a) + 2, 4);
	} else {
		memcpy(gw, (const uint8_t *)nla_data(a) + 2, 16);
	}
	return 0;
}

/* Addresses and numbers into rt. */
static int
route_fields(const struct nlreq *r, int family, struct rtentry *rt)
{
	const struct rtmsg *rm = r->nr_body;
	int error;

	if (rm->rtm_dst_len > (family == AF_INET ? 32 : 128) ||
	    rm->rtm_src_len != 0)
		return EINVAL;
	if (family == AF_INET)
		rt->rt_dst = inaddr_from4(0);
	rt->rt_plen = (uint8_t)(rm->rtm_dst_len +
	    (family == AF_INET ? INADDR_V4PREFIX : 0));
	error = nl_getaddr(&r->nr_a, RTA_DST, family, &rt->rt_dst);
	if (error == EINVAL)
		return error;
	if ((error = route_via(r, family, &rt->rt_gw)) != 0 &&
	    error != ENOENT)
		return error;
	error = nl_getaddr(&r->nr_a, RTA_PREFSRC, family, &rt->rt_src);
	if (error == EINVAL || (error = nl_get32(&r->nr_a, RTA_PRIORITY,
	    &rt->rt_metric)) != 0)
		return EINVAL;
	rt->rt_flags = rm->rtm_flags & RTNH_F_ONLINK;
	return route_mtu(r, rt);
}

static int
route_parse(struct nlreq *r, struct rtentry *rt)
{
	const struct rtmsg *rm;
	uint32_t oif = 0, table;
	int error, family;

	memset(rt, 0, sizeof(*rt));
	if ((error = nl_parse(r, sizeof(*rm))) != 0)
		return error;
	rm = r->nr_body;
	family = rm->rtm_family;
	if ((family != AF_INET && family != AF_INET6) ||
	    (family == AF_INET6 && rump_inaf[1] == NULL))
		return EAFNOSUPPORT;
	table = rm->rtm_table;
	if ((error = nl_get32(&r->nr_a, RTA_TABLE, &table)) != 0 ||
	    (error = nl_get32(&r->nr_a, RTA_OIF, &oif)) != 0)
		return error;
	if ((table != RT_TABLE_UNSPEC && table != RT_TABLE_MAIN &&
	    table != RT_TABLE_LOCAL && table != RT_TABLE_DEFAULT) ||
	    r->nr_a.na[RTA_MULTIPATH] != NULL ||
	    r->nr_a.na[RTA_NH_ID] != NULL || r->nr_a.na[RTA_ENCAP] != NULL)
		return EOPNOTSUPP;
	if ((error = route_fields(r, family, rt)) != 0)
		return error;
	if (oif != 0 && (rt->rt_if = rump_if_get(oif)) == NULL)
		return ENODEV;
	return 0;
}

static int
route_any(struct rtentry *rt, void *arg)
{
	const struct rtentry *w = arg;

	return rt->rt_plen == w->rt_plen &&
	    inaddr_eq(&rt->rt_dst, &w->rt_dst) &&
	    rt->rt_metric == w->rt_metric &&
	    route_table(rt) == route_table(w);
}

/* The route that is there already with this prefix and metric goes. */
static int
route_replaced(struct rtentry *rt, void *arg)
{

	if (!route_any(rt, arg))
		return 0;
	(void)rump_rt_del(rt);
	return 1;
}

static int
route_add(unsigned flags, struct rtentry *rt)
{
	int there = rump_rt_walk(route_any, rt);

	if (!there)
		return flags & NLM_F_CREATE ? rump_rt_add(rt) : ENOENT;
	if (there != 1)
		return there;
	if ((flags & NLM_F_EXCL) || !(flags & (NLM_F_REPLACE | NLM_F_APPEND |
	    NLM_F_CREATE)))
		return EEXIST;
	if (flags & NLM_F_REPLACE)
		(void)rump_rt_walk(route_replaced, rt);
	return rump_rt_add(rt);
}

int
nl_route_new(struct nlreq *r)
{
	const struct rtmsg *rm;
	struct rtentry rt;
	int error;

	if ((error = route_parse(r, &rt)) == 0) {
		rm = r->nr_body;
		rt.rt_type = rm->rtm_type;
		rt.rt_proto = rm->rtm_protocol;
		rt.rt_scope = rm->rtm_scope;
		if (rm->rtm_type > RTN_THROW)
			error = EINVAL;
		if (rt.rt_metric == 0 && rm->rtm_family == AF_INET6)
			rt.rt_metric = METRIC6_USER;
		if (error == 0)
			error = route_add(r->nr_h->nlmsg_flags, &rt);
	}
	if (rt.rt_if != NULL)
		rump_if_rele(rt.rt_if);
	return error;
}

int
nl_route_del(struct nlreq *r)
{
	const struct rtmsg *rm;
	struct rtentry rt;
	int error;

	if ((error = route_parse(r, &rt)) == 0) {
		rm = r->nr_body;
		rt.rt_type = rm->rtm_type;
		rt.rt_proto = rm->rtm_protocol;
		/* RT_SCOPE_NOWHERE: any. */
		rt.rt_scope = rm->rtm_scope == RT_SCOPE_NOWHERE ? 0 :
		    rm->rtm_scope;
		error = rump_rt_del(&rt);
	}
	if (rt.rt_if != NULL)
		rump_if_rele(rt.rt_if);
	return error;
}
