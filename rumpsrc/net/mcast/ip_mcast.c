/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of level SOL_IP about groups, in all their layouts (ip(7), RFC
 * 3678).  so_lock is held.
 */
#include <linux/in.h>
#include "mcast.h"

/* The interface that has this address. 0: none. */
static uint32_t
if_withaddr(uint32_t v4)
{
	struct inaddr a = inaddr_from4(v4);
	struct ifnet *ifp;
	uint32_t index = 0;

	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL && index == 0; ifp = ifp->if_next)
		if (rump_if_isours(ifp, &a))
			index = ifp->if_index;
	rump_rw_exit(&rump_if_lock);
	return index;
}

/* By number, by address, or by the route to the group. */
static int
mcast_if(const struct inaddr *group, uint32_t index, uint32_t v4,
    uint32_t *indexp)
{
	struct rtentry *rt;

	if (index == 0 && v4 != 0)
		index = if_withaddr(v4);
	else if (index == 0 && (rt = rump_rt_lookup(group, 0)) != NULL) {
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
	struct ip_mreqn r;
	struct ifnet *ifp;

	memset(&r, 0, sizeof(r));
	if (len >= sizeof(r))
		memcpy(&r, val, sizeof(r));
	else if (len >= sizeof(struct ip_mreq))
		memcpy(&r, val, sizeof(struct ip_mreq));
	else if (len >= sizeof(r.imr_address))
		memcpy(&r.imr_address, val, sizeof(r.imr_address));
	else
		return EINVAL;
	if (r.imr_ifindex == 0 && r.imr_address.s_addr == 0) {
		inp->inp_mif = 0;
		inp->inp_msrc = inaddr_from4(0);
		return 0;
	}
	if (r.imr_ifindex == 0)
		r.imr_ifindex = (int)if_withaddr(r.imr_address.s_addr);
	if ((ifp = rump_if_get((uint32_t)r.imr_ifindex)) == NULL)
		return EADDRNOTAVAIL;
	rump_if_rele(ifp);
	if (inp->inp_bindif != 0 && inp->inp_bindif != (uint32_t)r.imr_ifindex)
		return EINVAL;
	inp->inp_mif = (uint32_t)r.imr_ifindex;
	inp->inp_msrc = inaddr_from4(r.imr_address.s_addr);
	return 0;
}

static int
membership(struct inpcb *inp, int name, const void *val, unsigned len)
{
	struct inaddr group;
	struct ip_mreqn r;
	uint32_t index;
	int error;

	memset(&r, 0, sizeof(r));
	if (len >= sizeof(r))
		memcpy(&r, val, sizeof(r));
	else if (len >= sizeof(struct ip_mreq))
		memcpy(&r, val, sizeof(struct ip_mreq));
	else
		return EINVAL;
	group = inaddr_from4(r.imr_multiaddr.s_addr);
	if (!inaddr_ismulti(&group))
		return name == IP_ADD_MEMBERSHIP ? EINVAL : EADDRNOTAVAIL;
	error = mcast_if(&group, (uint32_t)r.imr_ifindex,
	    r.imr_address.s_addr, &index);
	if (error != 0)
		return error;
	return name == IP_ADD_MEMBERSHIP ? inmulti_join(inp, &group, index, 1)
	    : inmulti_leave(inp, &group, index);
}

enum { SRC_BLOCK, SRC_UNBLOCK, SRC_ADD, SRC_DROP };

static int
source(struct inpcb *inp, int op, const struct inaddr *group, uint32_t index,
    const struct inaddr *src)
{
	int error;

	if (!inaddr_ismulti(group))
		return EINVAL;
	if (op == SRC_ADD) {
		error = inmulti_join(inp, group, index, 0);
		if (error != 0 && error != EADDRINUSE)
			return error;
	}
	return inmulti_source(inp, group, index, src, op == SRC_BLOCK ||
	    op == SRC_UNBLOCK, op == SRC_BLOCK || op == SRC_ADD);
}

static int
ip_source(struct inpcb *inp, int name, const void *val, unsigned len)
{
	struct inaddr group, src;
	struct ip_mreq_source r;
	uint32_t index;
	int error;

	if (len != sizeof(r))
		return EINVAL;
	memcpy(&r, val, sizeof(r));
	group = inaddr_from4(r.imr_multiaddr);
	src = inaddr_from4(r.imr_sourceaddr);
	if ((error = mcast_if(&group, 0, r.imr_interface, &index)) != 0)
		return error;
	return source(inp, name == IP_BLOCK_SOURCE ? SRC_BLOCK :
	    name == IP_UNBLOCK_SOURCE ? SRC_UNBLOCK :
	    name == IP_ADD_SOURCE_MEMBERSHIP ? SRC_ADD : SRC_DROP, &group,
	    index, &src);
}

/* An IPv4 address out of a sockaddr_storage. */
static int
ss_addr(const struct __kernel_sockaddr_storage *ss, struct inaddr *a)
{
	struct sockaddr_in sin;

	memcpy(&sin, ss, sizeof(sin));
	*a = inaddr_from4(sin.sin_addr.s_addr);
	return sin.sin_family == AF_INET ? 0 : EINVAL;
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
	if (!inaddr_ismulti(&group))
		return EINVAL;
	if ((error = mcast_if(&group, r.gr_interface, 0, &index)) != 0)
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

	if (len != sizeof(r))
		return EINVAL;
	memcpy(&r, val, sizeof(r));
	if (ss_addr(&r.gsr_group, &group) != 0 ||
	    ss_addr(&r.gsr_source, &src) != 0)
		return EADDRNOTAVAIL;
	if (mcast_if(&group, r.gsr_interface, 0, &index) != 0)
		return ENODEV;
	return source(inp, name == MCAST_BLOCK_SOURCE ? SRC_BLOCK :
	    name == MCAST_UNBLOCK_SOURCE ? SRC_UNBLOCK :
	    name == MCAST_JOIN_SOURCE_GROUP ? SRC_ADD : SRC_DROP, &group,
	    index, &src);
}

static int
filter_set(struct inpcb *inp, const struct inaddr *group, uint32_t index,
    unsigned fmode, unsigned n, const struct inaddr *src)
{
	int error;

	if (!inaddr_ismulti(group) ||
	    (fmode != MCAST_INCLUDE && fmode != MCAST_EXCLUDE))
		return EINVAL;
	error = inmulti_setfilter(inp, group, index, fmode == MCAST_EXCLUDE,
	    n, src);
	return error;
}

static int
ip_msfilter(struct inpcb *inp, const void *val, unsigned len)
{
	const unsigned head = __builtin_offsetof(struct ip_msfilter,
	    imsf_slist_flex);
	struct inaddr group, *src;
	struct ip_msfilter f;
	uint32_t index, v4;
	unsigned i, n;
	int error;

	if (len < head)
		return EINVAL;
	memcpy(&f, val, head);
	n = f.imsf_numsrc;
	if (n > INMULTI_SRCMAX)
		return ENOBUFS;
	if (len < head + n * 4)
		return EINVAL;
	group = inaddr_from4(f.imsf_multiaddr);
	if ((error = mcast_if(&group, 0, f.imsf_interface, &index)) != 0)
		return error;
	if ((src = rump_kmem_alloc((n + 1) * sizeof(*src))) == NULL)
		return ENOBUFS;
	for (i = 0; i < n; i++) {
		memcpy(&v4, (const char *)val + head + i * 4, 4);
		src[i] = inaddr_from4(v4);
	}
	error = filter_set(inp, &group, index, f.imsf_fmode, n, src);
	rump_kmem_free(src, (n + 1) * sizeof(*src));
	return error;
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
	if (ss_addr(&f.gf_group, &group) != 0)
		return EINVAL;
	if ((error = mcast_if(&group, f.gf_interface, 0, &index)) != 0)
		return error;
	if ((src = rump_kmem_alloc((n + 1) * sizeof(*src))) == NULL)
		return ENOBUFS;
	for (i = 0; i < n && error == 0; i++) {
		memcpy(&ss, (const char *)val + head + i * sizeof(ss),
		    sizeof(ss));
		error = ss_addr(&ss, &src[i]) != 0 ? EADDRNOTAVAIL : 0;
	}
	if (error == 0)
		error = filter_set(inp, &group, index, f.gf_fmode, n, src);
	rump_kmem_free(src, (n + 1) * sizeof(*src));
	return error;
}

int
mcast_setopt(struct inpcb *inp, int name, const void *val, unsigned len)
{

	if (inp->inp_so->so_type == SOCK_STREAM)
		return name == IP_UNICAST_IF ? ENOPROTOOPT : EPROTO;
	switch (name) {
	case IP_MULTICAST_IF:
		return set_if(inp, val, len);
	case IP_ADD_MEMBERSHIP:
	case IP_DROP_MEMBERSHIP:
		return membership(inp, name, val, len);
	case IP_BLOCK_SOURCE:
	case IP_UNBLOCK_SOURCE:
	case IP_ADD_SOURCE_MEMBERSHIP:
	case IP_DROP_SOURCE_MEMBERSHIP:
		return ip_source(inp, name, val, len);
	case IP_MSFILTER:
		return ip_msfilter(inp, val, len);
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

/* IP_MSFILTER: the sources that there is room for; their number. */
static int
get_msfilter(struct inpcb *inp, void *val, unsigned *lenp)
{
	const unsigned head = __builtin_offsetof(struct ip_msfilter,
	    imsf_slist_flex);
	const struct infilter *filter;
	struct inaddr group;
	struct ip_msfilter f;
	unsigned i, room;
	uint32_t index;
	int error;

	if (*lenp < head)
		return EINVAL;
	memcpy(&f, val, head);
	group = inaddr_from4(f.imsf_multiaddr);
	if (!inaddr_ismulti(&group))
		return EINVAL;
	if ((error = mcast_if(&group, 0, f.imsf_interface, &index)) != 0)
		return error;
	if ((filter = inmulti_getfilter(inp, &group, index)) == NULL)
		return EADDRNOTAVAIL;
	room = (*lenp - head) / 4;
	if (room > f.imsf_numsrc)
		room = f.imsf_numsrc;
	if (room > filter->if_n)
		room = filter->if_n;
	f.imsf_fmode = filter->if_exclude ? MCAST_EXCLUDE : MCAST_INCLUDE;
	f.imsf_numsrc = filter->if_n;
	memcpy(val, &f, head);
	for (i = 0; i < room; i++)
		memcpy((char *)val + head + i * 4, &filter->if_src[i].ia_w[3],
		    4);
	*lenp = head + room * 4;
	return 0;
}

int
mcast_getopt(struct inpcb *inp, int name, void *val, unsigned *lenp)
{
	uint32_t v4 = inp->inp_msrc.ia_w[3];

	if (name == IP_MULTICAST_IF) {
		if (*lenp > sizeof(v4))
			*lenp = sizeof(v4);
		memcpy(val, &v4, *lenp);
		return 0;
	}
	return name == IP_MSFILTER ? get_msfilter(inp, val, lenp) :
	    ENOPROTOOPT;
}
