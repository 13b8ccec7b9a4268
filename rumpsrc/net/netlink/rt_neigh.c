/* SPDX-License-Identifier: BSD-2-Clause */
/* Neighbours: RTM_GETNEIGH, RTM_NEWNEIGH, RTM_DELNEIGH. */
#include <asm/errno.h>
#include <linux/neighbour.h>
#include <kern/clock.h>
#include "nl.h"

static const uint8_t nud_states[] = {
	[NUD_S_INCOMPLETE] = NUD_INCOMPLETE, [NUD_S_REACHABLE] = NUD_REACHABLE,
	[NUD_S_STALE] = NUD_STALE, [NUD_S_DELAY] = NUD_DELAY,
	[NUD_S_PROBE] = NUD_PROBE, [NUD_S_FAILED] = NUD_FAILED,
	[NUD_S_PERMANENT] = NUD_PERMANENT,
};

static uint32_t
ticks_since(int64_t when)
{
	int64_t now = rump_monotonic();

	/* In hundredths of a second (USER_HZ). */
	return when <= 0 || when > now ? 0 :
	    (uint32_t)((now - when) / (NSEC_PER_SEC / 100));
}

int
nl_putneigh(struct nlout *o, struct neigh *ne, unsigned type)
{
	struct nda_cacheinfo ci = { .ndm_refcnt = 0 };
	unsigned state, probes, router;
	struct ndmsg *nd;
	uint8_t ll[6];

	rump_mutex_enter(&ne->ne_lock);
	state = ne->ne_state;
	probes = ne->ne_probes;
	router = ne->ne_router;
	memcpy(ll, ne->ne_lladdr, 6);
	ci.ndm_confirmed = ticks_since(ne->ne_confirmed);
	ci.ndm_used = ci.ndm_updated = ticks_since(ne->ne_used);
	rump_mutex_exit(&ne->ne_lock);
	nd = nl_begin(o, type, 0, sizeof(*nd));
	if (nd != NULL) {
		nd->ndm_family = (uint8_t)nl_family(&ne->ne_addr);
		nd->ndm_ifindex = (int)ne->ne_if->if_index;
		nd->ndm_state = nud_states[state];
		nd->ndm_flags = router ? NTF_ROUTER : 0;
		nd->ndm_type = RTN_UNICAST;
	}
	nl_attraddr(o, NDA_DST, &ne->ne_addr);
	if (state != NUD_S_INCOMPLETE && state != NUD_S_FAILED)
		nl_attr(o, NDA_LLADDR, ll, 6);
	nl_attr32(o, NDA_PROBES, probes);
	nl_attr(o, NDA_CACHEINFO, &ci, sizeof(ci));
	return nl_end(o);
}

struct neighdump {
	struct nlreq	*nd_r;
	int		 nd_family;
	uint32_t	 nd_if;
};

static int
neigh_dump(struct neigh *ne, void *arg)
{
	struct neighdump *nd = arg;

	if ((nd->nd_family != AF_UNSPEC &&
	    nd->nd_family != nl_family(&ne->ne_addr)) ||
	    (nd->nd_if != 0 && ne->ne_if->if_index != nd->nd_if))
		return 0;
	return nl_putneigh(nd->nd_r->nr_out, ne, RTM_NEWNEIGH);
}

/* The interface and the address that a message names. */
static int
neigh_parse(struct nlreq *r, struct ifnet **ifpp, struct inaddr *ia)
{
	const struct ndmsg *nd;
	int error, family;

	if ((error = nl_parse(r, sizeof(*nd))) != 0)
		return error;
	nd = r->nr_body;
	family = nd->ndm_family;
	if (family != AF_INET && family != AF_INET6)
		return EAFNOSUPPORT;
	if (nd->ndm_flags & NTF_PROXY)
		return EOPNOTSUPP;
	if ((error = nl_getaddr(&r->nr_a, NDA_DST, family, ia)) != 0)
		return EINVAL;
	if (nd->ndm_ifindex <= 0)
		return EINVAL;
	*ifpp = rump_if_get((uint32_t)nd->ndm_ifindex);
	return *ifpp != NULL ? 0 : ENODEV;
}

static int
neigh_one(struct nlreq *r)
{
	struct inaddr ia;
	struct neigh *ne;
	struct ifnet *ifp;
	int error;

	if ((error = neigh_parse(r, &ifp, &ia)) != 0)
		return error;
	ne = rump_neigh_get(ifp, &ia, 0);
	rump_if_rele(ifp);
	if (ne == NULL)
		return ENOENT;
	error = nl_putneigh(r->nr_out, ne, RTM_NEWNEIGH);
	rump_neigh_rele(ne);
	return error;
}

int
nl_neigh_get(struct nlreq *r)
{
	struct neighdump nd = { .nd_r = r };
	uint32_t master = 0;
	int error;

	if (!r->nr_dump)
		return neigh_one(r);
	if ((error = nl_body(r, sizeof(struct rtgenmsg))) != 0)
		return error;
	nd.nd_family =
	    ((const struct rtgenmsg *)r->nr_body)->rtgen_family;
	if (r->nr_h->nlmsg_len >= NLMSG_HDRLEN + sizeof(struct ndmsg)) {
		if ((error = nl_parse(r, sizeof(struct ndmsg))) != 0 ||
		    (error = nl_get32(&r->nr_a, NDA_IFINDEX,
		    &nd.nd_if)) != 0 ||
		    (error = nl_get32(&r->nr_a, NDA_MASTER, &master)) != 0)
			return error;
		/* Nothing is proxied, no interface has a master. */
		if (master != 0 || (((const struct ndmsg *)
		    r->nr_body)->ndm_flags & NTF_PROXY))
			return 0;
	}
	return rump_neigh_walk(neigh_dump, &nd);
}

/* What a state that the user gives says about the address. */
static int
neigh_flags(unsigned state)
{

	if (state & NUD_PERMANENT)
		return NEU_PERMANENT;
	if (state & NUD_REACHABLE)
		return NEU_OVERRIDE | NEU_SOLICITED;
	return NEU_OVERRIDE;
}

static int
neigh_set(struct nlreq *r, struct ifnet *ifp, const struct inaddr *ia)
{
	unsigned flags = r->nr_h->nlmsg_flags;
	const struct ndmsg *nd = r->nr_body;
	const struct nlattr *a = r->nr_a.na[NDA_LLADDR];
	struct neigh *ne = rump_neigh_get(ifp, ia, 0);
	int error = 0;

	if (ne == NULL && !(flags & NLM_F_CREATE))
		return ENOENT;
	if (ne != NULL && (flags & NLM_F_EXCL))
		error = EEXIST;
	else if (a == NULL || nla_len(a) != 6)
		error = EINVAL;
	else if (ne == NULL && (ne = rump_neigh_get(ifp, ia, 1)) == NULL)
		return ENOBUFS;
	if (error == 0)
		rump_neigh_update(ne, nla_data(a), neigh_flags(nd->ndm_state) |
		    (nd->ndm_flags & NTF_ROUTER ? NEU_ROUTER : 0));
	if (ne != NULL)
		rump_neigh_rele(ne);
	return error;
}

int
nl_neigh_new(struct nlreq *r)
{
	struct inaddr ia;
	struct ifnet *ifp;
	int error;

	if ((error = neigh_parse(r, &ifp, &ia)) != 0)
		return error;
	error = neigh_set(r, ifp, &ia);
	rump_if_rele(ifp);
	return error;
}

int
nl_neigh_del(struct nlreq *r)
{
	struct inaddr ia;
	struct ifnet *ifp;
	int error;

	if ((error = neigh_parse(r, &ifp, &ia)) != 0)
		return error;
	error = rump_neigh_delete(ifp, &ia);
	rump_if_rele(ifp);
	return error;
}
