/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of level SOL_IPV6 about groups (RFC 3493, 5.2; RFC 3678).  so_lock
 * is held.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/rtnetlink.h>
#include "inet6_priv.h"

int
mcast6_joined(struct ifnet *ifp, const struct inaddr *group)
{
	struct in6_if *ii;

	if (group->ia_d[1] == in6_allnodes.ia_d[1] &&
	    group->ia_b[0] == 0xff && (group->ia_b[1] & 0xf0) == 0 &&
	    group->ia_b[1] <= 2 && (group->ia_d[0] >> 16) == 0)
		return 1;
	if (inaddr_eq(group, &in6_allrouters) &&
	    in6_var(&rump_ip6_forwarding))
		return 1;
	return (ii = in6_ifstate(ifp)) != NULL &&
	    inmulti_joined(&ii->ii_groups, group);
}

/* By number, or by the route to the group. */
static int
mcast6_if(struct inpcb *inp, const struct inaddr *group, uint32_t index,
    uint32_t *indexp)
{
	struct rtentry *rt;

	if (index == 0)
		index = inp->inp_mif != 0 ? inp->inp_mif : inp->inp_bindif;
	if (index == 0 && (rt = rump_rt_lookup(group, 0)) != NULL) {
		if (rt->rt_if != NULL)
			index = rt->rt_if->if_index;
		rump_rt_rele(rt);
	}
	*indexp = index;
	return index == 0 ? ENODEV : 0;
}

static int
set_if(struct inpcb *inp, const void *val, unsigned len)
{
	struct ifnet *ifp;
	int index;

	if (len < sizeof(index))
		return EINVAL;
	memcpy(&index, val, sizeof(index));
	if (index != 0) {
		if (inp->inp_bindif != 0 && inp->inp_bindif !=
		    (uint32_t)index)
			return EINVAL;
		if ((ifp = rump_if_get((uint32_t)index)) == NULL)
			return ENODEV;
		rump_if_rele(ifp);
	}
	inp->inp_mif = (uint32_t)index;
	return 0;
}

static int
membership(struct inpcb *inp, int name, const void *val, unsigned len)
{
	struct inaddr group;
	struct ipv6_mreq r;
	uint32_t index;
	int error;

	if (len < sizeof(r))
		return EINVAL;
	memcpy(&r, val, sizeof(r));
	memcpy(&group, &r.ipv6mr_multiaddr, sizeof(group));
	if (group.ia_b[0] != 0xff)
		return EINVAL;
	error = mcast6_if(inp, &group, (uint32_t)r.ipv6mr_ifindex, &index);
	if (error != 0)
		return error;
	return name == IPV6_ADD_MEMBERSHIP ?
	    inmulti_join(inp, &group, index, 1) :
	    inmulti_leave(inp, &group, index);
}

/* An IPv6 address out of a sockaddr_storage. */
static int
ss_addr(const struct __kernel_sockaddr_storage *ss, struct inaddr *a)
{
	struct sockaddr_in6 s6;

	memcpy(&s6, ss, sizeof(s6));
	memcpy(a, &s6.sin6_addr, sizeof(*a));
	return s6.sin6_family == AF_INET6 ? 0 : EADDRNOTAVAIL;
}

static int
group_join(struct inpcb *inp, int name, const void *val, unsigned len)
{
	struct inaddr group;
	struct group_req r;
	uint32_t index;
	int error;

	if (len < sizeof(r))
		return EINVAL;
	memcpy(&r, val, sizeof(r));
	if ((error = ss_addr(&r.gr_group, &group)) != 0)
		return error;
	if (group.ia_b[0] != 0xff)
		return EINVAL;
	if ((error = mcast6_if(inp, &group, r.gr_interface, &index)) != 0)
		return error;
	return name == MCAST_JOIN_GROUP ? inmulti_join(inp, &group, index, 1)
	    : inmulti_leave(inp, &group, index);
}

static int
group_source(struct inpcb *inp, int name, const void *val, unsigned len)
{
	struct group_source_req r;
	struct inaddr group, src;
	uint32_t index;
	int error;

	if (len < sizeof(r))
		return EINVAL;
	memcpy(&r, val, sizeof(r));
	if (ss_addr(&r.gsr_group, &group) != 0 ||
	    ss_addr(&r.gsr_source, &src) != 0)
		return EADDRNOTAVAIL;
	if (group.ia_b[0] != 0xff)
		return EINVAL;
	if (mcast6_if(inp, &group, r.gsr_interface, &index) != 0)
		return ENODEV;
	if (name == MCAST_JOIN_SOURCE_GROUP) {
		error = inmulti_join(inp, &group, index, 0);
		if (error != 0 && error != EADDRINUSE)
			return error;
	}
	return inmulti_source(inp, &group, index, &src,
	    name == MCAST_BLOCK_SOURCE || name == MCAST_UNBLOCK_SOURCE,
	    name == MCAST_BLOCK_SOURCE || name == MCAST_JOIN_SOURCE_GROUP);
}

static int
group_filter(struct inpcb *inp, const void *val, unsigned len)
{
	const unsigned head = __builtin_offsetof(struct group_filter,
	    gf_slist_flex);
	struct __kernel_sockaddr_storage ss;
	struct inaddr group, *src;
	struct group_filter f;
	uint32_t index;
	unsigned i, n;
	int error = 0;

	if (len < head)
		return EINVAL;
	memcpy(&f, val, head);
	n = f.gf_numsrc;
	if (n > INMULTI_SRCMAX)
		return ENOBUFS;
	if (len < head + n * sizeof(ss))
		return EINVAL;
	if (ss_addr(&f.gf_group, &group) != 0 || group.ia_b[0] != 0xff ||
	    (f.gf_fmode != MCAST_INCLUDE && f.gf_fmode != MCAST_EXCLUDE))
		return EINVAL;
	if ((error = mcast6_if(inp, &group, f.gf_interface, &index)) != 0)
		return error;
	if ((src = rump_kmem_alloc((n + 1) * sizeof(*src))) == NULL)
		return ENOBUFS;
	for (i = 0; i < n && error == 0; i++) {
		memcpy(&ss, (const char *)val + head + i * sizeof(ss),
		    sizeof(ss));
		error = ss_addr(&ss, &src[i]);
	}
	if (error == 0)
		error = inmulti_setfilter(inp, &group, index, f.gf_fmode ==
		    MCAST_EXCLUDE, n, src);
	rump_kmem_free(src, (n + 1) * sizeof(*src));
	return error;
}

int
mcast6_setopt(struct inpcb *inp, int name, const void *val, unsigned len)
{

	if (inp->inp_so->so_type == SOCK_STREAM)
		return name == IPV6_MULTICAST_IF ? ENOPROTOOPT : EPROTO;
	switch (name) {
	case IPV6_MULTICAST_IF:
		return set_if(inp, val, len);
	case IPV6_ADD_MEMBERSHIP:
	case IPV6_DROP_MEMBERSHIP:
		return membership(inp, name, val, len);
	case MCAST_JOIN_GROUP:
	case MCAST_LEAVE_GROUP:
		return group_join(inp, name, val, len);
	case MCAST_BLOCK_SOURCE:
	case MCAST_UNBLOCK_SOURCE:
	case MCAST_JOIN_SOURCE_GROUP:
	case MCAST_LEAVE_SOURCE_GROUP:
		return group_source(inp, name, val, len);
	case MCAST_MSFILTER:
		return group_filter(inp, val, len);
	default:
		return ENOPROTOOPT;
	}
}

/* The sources that there is room for; their number. */
int
mcast6_getopt(struct inpcb *inp, int name, void *val, unsigned *lenp)
{
	const unsigned head = __builtin_offsetof(struct group_filter,
	    gf_slist_flex), size = sizeof(struct __kernel_sockaddr_storage);
	const struct infilter *filter;
	struct group_filter f;
	struct sockaddr_in6 s6;
	struct inaddr group;
	unsigned i, room;
	uint32_t index;

	(void)name;
	if (*lenp < head)
		return EINVAL;
	memcpy(&f, val, head);
	if (ss_addr(&f.gf_group, &group) != 0 || group.ia_b[0] != 0xff)
		return EINVAL;
	if (mcast6_if(inp, &group, f.gf_interface, &index) != 0)
		return ENODEV;
	if ((filter = inmulti_getfilter(inp, &group, index)) == NULL)
		return EADDRNOTAVAIL;
	room = (*lenp - head) / size;
	if (room > f.gf_numsrc)
		room = f.gf_numsrc;
	if (room > filter->if_n)
		room = filter->if_n;
	f.gf_fmode = filter->if_exclude ? MCAST_EXCLUDE : MCAST_INCLUDE;
	f.gf_numsrc = filter->if_n;
	memcpy(val, &f, head);
	for (i = 0; i < room; i++) {
		memset((char *)val + head + i * size, 0, size);
		memset(&s6, 0, sizeof(s6));
		s6.sin6_family = AF_INET6;
		memcpy(&s6.sin6_addr, &filter->if_src[i], 16);
		memcpy((char *)val + head + i * size, &s6, sizeof(s6));
	}
	*lenp = head + room * size;
	return 0;
}
