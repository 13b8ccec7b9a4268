/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of interfaces, and the routes that follow from them: the address
 * itself (always), its prefix and the subnet's broadcast address (while the
 * interface is up), IPv6 groups.  rump_netcfg_lock is held around a change;
 * if_lock only while the list is.
 */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/str.h>
#include "net_priv.h"

#define METRIC6		256		/* of what the kernel adds, as Linux */

static const struct inaddr groups6 = { .ia_b = { 0xff } };

static void
ia_route(struct ifnet *ifp, const struct ifaddr *ia, const struct inaddr *dst,
    unsigned plen, unsigned type, int add)
{
	struct rtentry rt = {
		.rt_dst = inaddr_prefix(dst, plen),
		.rt_plen = (uint8_t)plen,
		.rt_type = (uint8_t)type,
		.rt_proto = RTPROT_KERNEL,
		.rt_scope = type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK,
		.rt_if = ifp,
		.rt_expires = INT64_MAX,
	};

	if (type != RTN_MULTICAST)
		rt.rt_src = ia->ia_addr;
	if (!inaddr_is4(&ia->ia_addr) && type != RTN_LOCAL)
		rt.rt_metric = METRIC6;
	if (add)
		(void)rump_rt_add(&rt);
	else
		(void)rump_rt_del(&rt);
}

/* The routes that need an interface that is up. */
static void
ia_linkroutes(struct ifnet *ifp, const struct ifaddr *ia, int add)
{
	uint32_t flags = __atomic_load_n(&ia->ia_flags, __ATOMIC_RELAXED);
	int is4 = inaddr_is4(&ia->ia_addr);
	struct inaddr b;

	if (ia->ia_plen < 128 && !(flags & (IFA_F_SECONDARY |
	    IFA_F_NOPREFIXROUTE)))
		ia_route(ifp, ia, &ia->ia_addr, ia->ia_plen,
		    if_flags_get(ifp) & IFF_LOOPBACK ? RTN_LOCAL :
		    RTN_UNICAST, add);
	if (is4 && ia->ia_plen < INADDR_V4PREFIX + 31) {
		b = inaddr_bcast4(&ia->ia_addr, ia->ia_plen);
		ia_route(ifp, ia, &b, 128, RTN_BROADCAST, add);
	}
	if (is4 && !inaddr_isany(&ia->ia_peer) &&
	    ia->ia_peer.ia_w[3] != 0xffffffffU)
		ia_route(ifp, ia, &ia->ia_peer, 128, RTN_BROADCAST, add);
	if (!is4 && inaddr_islinklocal6(&ia->ia_addr) &&
	    !(if_flags_get(ifp) & IFF_LOOPBACK))
		ia_route(ifp, ia, &groups6, 8, RTN_MULTICAST, add);
}

static int
ia_samesubnet(const struct ifaddr *a, const struct ifaddr *b)
{

	return a->ia_plen == b->ia_plen &&
	    inaddr_match(&a->ia_addr, &b->ia_addr, a->ia_plen);
}

static void
ia_defaults(struct ifnet *ifp, struct ifaddr *ia)
{
	const struct ifaddr *o;

	if (ia->ia_scope == 0 && inaddr_isloop(&ia->ia_addr))
		ia->ia_scope = RT_SCOPE_HOST;
	if (ia->ia_scope == 0 && (inaddr_islinklocal6(&ia->ia_addr) ||
	    (inaddr_is4(&ia->ia_addr) && ia->ia_addr.ia_h[6] ==
	    net16(0xa9fe))))
		ia->ia_scope = RT_SCOPE_LINK;
	if (ia->ia_valid == 0)
		ia->ia_valid = INT64_MAX;
	if (ia->ia_preferred == 0)
		ia->ia_preferred = INT64_MAX;
	if (ia->ia_valid == INT64_MAX)
		ia->ia_flags |= IFA_F_PERMANENT;
	if (ia->ia_label[0] == '\0')
		strlcpy(ia->ia_label, ifp->if_name, IFNAMSIZ);
	if (!inaddr_is4(&ia->ia_addr))
		return;		/* there it means a temporary one */
	ia->ia_flags &= ~(uint32_t)IFA_F_SECONDARY;
	for (o = ifp->if_addrs; o != NULL; o = o->ia_next)
		if (ia_samesubnet(o, ia))
			ia->ia_flags |= IFA_F_SECONDARY;
}

/* Caller holds rump_netcfg_lock. */
static int
ia_add(struct ifnet *ifp, struct ifaddr *ia)
{
	struct ifaddr **ip, *o;

	if (ia->ia_plen > 128 || inaddr_ismulti(&ia->ia_addr) ||
	    inaddr_isany(&ia->ia_addr) || (inaddr_is4(&ia->ia_addr) &&
	    ia->ia_plen < INADDR_V4PREFIX))
		return EINVAL;
	if (__atomic_load_n(&ifp->if_state, __ATOMIC_RELAXED) & IFS_DYING)
		return ENODEV;
	for (o = ifp->if_addrs; o != NULL; o = o->ia_next)
		if (inaddr_eq(&o->ia_addr, &ia->ia_addr) &&
		    o->ia_plen == ia->ia_plen)
			return EEXIST;
	ia_defaults(ifp, ia);
	rump_rw_wrenter(&ifp->if_lock);
	for (ip = &ifp->if_addrs; *ip != NULL; ip = &(*ip)->ia_next)
		;
	*ip = ia;
	rump_rw_exit(&ifp->if_lock);
	ia_route(ifp, ia, &ia->ia_addr, 128, RTN_LOCAL, 1);
	if (if_flags_get(ifp) & IFF_UP)
		ia_linkroutes(ifp, ia, 1);
	return 0;
}

int
rump_if_addaddr(struct ifnet *ifp, const struct ifaddr *ia)
{
	struct ifaddr *new = rump_kmem_alloc(sizeof(*new)), copy;
	int error;

	if (new == NULL)
		return ENOMEM;
	*new = *ia;
	new->ia_next = NULL;
	rump_mutex_enter(&rump_netcfg_lock);
	error = ia_add(ifp, new);
	if (error == 0)
		copy = *new;
	rump_mutex_exit(&rump_netcfg_lock);
	if (error != 0) {
		rump_kmem_free(new, sizeof(*new));
		return error;
	}
	rump_net_changed();
	rump_if_event(IFE_ADDRADD, ifp, &copy);
	return 0;
}

/* What was secondary to the one that is gone follows it. */
static void
ia_promote(struct ifnet *ifp, const struct ifaddr *gone)
{
	struct ifaddr *o;
	int first = 1;

	for (o = ifp->if_addrs; o != NULL; o = o->ia_next) {
		if (!ia_samesubnet(o, gone))
			continue;
		if (first && inaddr_is4(&o->ia_addr) &&
		    (o->ia_flags & IFA_F_SECONDARY)) {
			rump_rw_wrenter(&ifp->if_lock);
			__atomic_fetch_and(&o->ia_flags,
			    ~(uint32_t)IFA_F_SECONDARY, __ATOMIC_RELAXED);
			rump_rw_exit(&ifp->if_lock);
		}
		first = 0;
		if (if_flags_get(ifp) & IFF_UP)
			ia_linkroutes(ifp, o, 1);
	}
}

/* Caller holds rump_netcfg_lock; the caller frees it. */
static void
ia_remove(struct ifnet *ifp, struct ifaddr **ip)
{
	struct ifaddr *ia = *ip, *o;

	rump_rw_wrenter(&ifp->if_lock);
	*ip = ia->ia_next;
	rump_rw_exit(&ifp->if_lock);
	for (o = ifp->if_addrs; o != NULL; o = o->ia_next)
		if (inaddr_eq(&o->ia_addr, &ia->ia_addr))
			break;
	if (if_flags_get(ifp) & IFF_UP)
		ia_linkroutes(ifp, ia, 0);
	if (o == NULL) {
		ia_route(ifp, ia, &ia->ia_addr, 128, RTN_LOCAL, 0);
		rump_rt_srcgone(&ia->ia_addr);
	}
	ia_promote(ifp, ia);
	rump_net_changed();
}

int
rump_if_deladdr(struct ifnet *ifp, const struct inaddr *addr, uint8_t plen)
{
	struct ifaddr **ip, *ia;

	rump_mutex_enter(&rump_netcfg_lock);
	for (ip = &ifp->if_addrs; (ia = *ip) != NULL; ip = &ia->ia_next)
		if (inaddr_eq(&ia->ia_addr, addr) && ia->ia_plen == plen)
			break;
	if (ia != NULL)
		ia_remove(ifp, ip);
	rump_mutex_exit(&rump_netcfg_lock);
	if (ia == NULL)
		return EADDRNOTAVAIL;
	rump_if_event(IFE_ADDRDEL, ifp, ia);
	rump_kmem_free(ia, sizeof(*ia));
	return 0;
}

void
rump_ifaddr_up(struct ifnet *ifp)
{
	const struct ifaddr *ia;

	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		ia_linkroutes(ifp, ia, 1);
}

void
rump_ifaddr_flush(struct ifnet *ifp)
{
	struct ifaddr *ia;

	while ((ia = ifp->if_addrs) != NULL) {
		ia_remove(ifp, &ifp->if_addrs);
		rump_kmem_free(ia, sizeof(*ia));
	}
}

/* One answer is kept where no other CPU can be in the middle of it. */
static struct {
	struct inaddr	 oc_addr;
	uint32_t	 oc_gen;
	int		 oc_ours;
} ours_cache;

static int
ours_lookup(const struct inaddr *a)
{
	struct rtentry *rt = rump_rt_lookup(a, 0);
	int ours = rt != NULL && rt->rt_type == RTN_LOCAL;

	if (rt != NULL)
		rump_rt_rele(rt);
	return ours;
}

int
rump_if_isours(const struct ifnet *ifp, const struct inaddr *a)
{
	struct ifnet *w = (struct ifnet *)(uintptr_t)ifp;
	const struct ifaddr *ia;

	if (ifp == NULL) {
		if (!rump_cooperative)
			return ours_lookup(a);
		if (NET_UNLIKELY(ours_cache.oc_gen != rump_net_gen ||
		    !inaddr_eq(&ours_cache.oc_addr, a))) {
			ours_cache.oc_gen = rump_net_gen;
			ours_cache.oc_addr = *a;
			ours_cache.oc_ours = ours_lookup(a);
		}
		return ours_cache.oc_ours;
	}
	rump_rw_rdenter(&w->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		if (inaddr_eq(&ia->ia_addr, a))
			break;
	rump_rw_exit(&w->if_lock);
	return ia != NULL || ((if_flags_get(ifp) & IFF_LOOPBACK) &&
	    inaddr_isloop(a));
}
