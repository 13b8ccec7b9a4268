/* SPDX-License-Identifier: BSD-2-Clause */
/* netdevice(7), arp(7): SIOC* calls about routes and neighbours of IPv4. */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/in.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#define rtentry linux_rtentry		/* the user's, not <net/route.h>'s */
#include <linux/route.h>
#undef rtentry
#include <kern/str.h>
#include <kern/uio.h>
#include "ioctl_priv.h"

static int
route_device(const char *udev, struct ifnet **ifpp)
{
	char name[IFNAMSIZ];
	size_t done;
	int error;

	*ifpp = NULL;
	if (udev == NULL)
		return 0;
	if ((error = rump_copyinstr(udev, name, sizeof(name), &done)) != 0)
		return error;
	return (*ifpp = rump_if_byname(name)) != NULL ? 0 : ENODEV;
}

int
rump_route_ioctl(unsigned long cmd, void *uarg)
{
	struct linux_rtentry u;
	struct rtentry rt;
	uint32_t dst, mask, gw;
	int error, plen;

	if ((error = rump_capable(CAP_NET_ADMIN)) != 0 ||
	    (error = rump_copyin(uarg, &u, sizeof(u))) != 0 ||
	    (error = sin_get(&u.rt_dst, &dst)) != 0)
		return error;
	mask = 0xffffffffU;
	if (!(u.rt_flags & RTF_HOST) && sin_get(&u.rt_genmask, &mask) != 0)
		mask = dst == 0 ? 0 : plen_mask(class_plen(dst));
	if ((plen = mask_plen(mask)) < 0 || (dst & ~mask) != 0)
		return EINVAL;
	memset(&rt, 0, sizeof(rt));
	rt.rt_dst = inaddr_from4(dst);
	rt.rt_plen = (uint8_t)plen;
	rt.rt_metric = u.rt_metric > 0 ? (uint32_t)u.rt_metric - 1 : 0;
	if (cmd == SIOCADDRT) {
		rt.rt_proto = RTPROT_BOOT;
		rt.rt_type = u.rt_flags & RTF_REJECT ? RTN_UNREACHABLE :
		    RTN_UNICAST;
		rt.rt_mtu = u.rt_flags & RTF_MTU ? (uint32_t)u.rt_mtu : 0;
		rt.rt_scope = RT_SCOPE_LINK;
	}
	if ((u.rt_flags & RTF_GATEWAY) != 0) {
		if ((error = sin_get(&u.rt_gateway, &gw)) != 0)
			return error;
		rt.rt_gw = inaddr_from4(gw);
		rt.rt_scope = RT_SCOPE_UNIVERSE;
	}
	if ((error = route_device(u.rt_dev, &rt.rt_if)) != 0)
		return error;
	error = cmd == SIOCADDRT ? rump_rt_add(&rt) : rump_rt_del(&rt);
	if (rt.rt_if != NULL)
		rump_if_rele(rt.rt_if);
	return error;
}

/* The interface that arp_dev names, or the one the address is on. */
static int
arp_if(const char *dev, const struct inaddr *a, struct ifnet **ifpp)
{
	struct rtentry *rt;

	if (dev[0] != '\0') {
		*ifpp = rump_if_byname(dev);
		return *ifpp != NULL ? 0 : ENODEV;
	}
	if ((rt = rump_rt_lookup(a, 0)) == NULL)
		return ENETUNREACH;
	*ifpp = rt->rt_if;
	if (rt->rt_if != NULL)
		__atomic_fetch_add(&rt->rt_if->if_refs, 1, __ATOMIC_RELAXED);
	rump_rt_rele(rt);
	return *ifpp != NULL ? 0 : ENETUNREACH;
}

static int
arp_one(struct ifnet *ifp, unsigned long cmd, const struct inaddr *a,
    struct arpreq *r)
{
	struct neigh *ne;
	unsigned state;

	if (cmd == SIOCDARP)
		return rump_neigh_delete(ifp, a) == 0 ? 0 : ENXIO;
	ne = rump_neigh_get(ifp, a, cmd == SIOCSARP);
	if (ne == NULL)
		return cmd == SIOCSARP ? ENOBUFS : ENXIO;
	if (cmd == SIOCSARP) {
		rump_neigh_update(ne, (const uint8_t *)r->arp_ha.sa_data,
		    r->arp_flags & ATF_PERM ? NEU_PERMANENT : NEU_OVERRIDE);
		rump_neigh_rele(ne);
		return 0;
	}
	rump_mutex_enter(&ne->ne_lock);
	state = ne->ne_state;
	memset(&r->arp_ha, 0, sizeof(r->arp_ha));
	r->arp_ha.sa_family = ifp->if_type;
	r->arp_flags = 0;
	if (state != NUD_S_INCOMPLETE && state != NUD_S_FAILED) {
		memcpy(r->arp_ha.sa_data, ne->ne_lladdr, 6);
		r->arp_flags = ATF_COM |
		    (state == NUD_S_PERMANENT ? ATF_PERM : 0);
	}
	rump_mutex_exit(&ne->ne_lock);
	rump_neigh_rele(ne);
	strlcpy(r->arp_dev, ifp->if_name, sizeof(r->arp_dev));
	return 0;
}

int
rump_arp_ioctl(unsigned long cmd, void *uarg)
{
	struct ifnet *ifp;
	struct inaddr a;
	struct arpreq r;
	uint32_t v4;
	int error;

	if (cmd != SIOCGARP && (error = rump_capable(CAP_NET_ADMIN)) != 0)
		return error;
	if ((error = rump_copyin(uarg, &r, sizeof(r))) != 0 ||
	    (error = sin_get(&r.arp_pa, &v4)) != 0)
		return error;
	r.arp_dev[sizeof(r.arp_dev) - 1] = '\0';
	a = inaddr_from4(v4);
	if ((error = arp_if(r.arp_dev, &a, &ifp)) != 0)
		return error;
	error = if_flags_get(ifp) & (IFF_LOOPBACK | IFF_NOARP) ? EINVAL :
	    arp_one(ifp, cmd, &a, &r);
	rump_if_rele(ifp);
	if (error == 0 && cmd == SIOCGARP)
		error = rump_copyout(&r, uarg, sizeof(r));
	return error;
}
