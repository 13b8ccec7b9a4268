/* SPDX-License-Identifier: BSD-2-Clause */
/* netdevice(7): SIOC* calls about interfaces, addresses, routes, ARP. */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/in.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#define rtentry linux_rtentry		/* the user's, not <net/route.h>'s */
#include <linux/route.h>
#undef rtentry
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/str.h>
#include <kern/uio.h>
#include "net_priv.h"

/* What may be set; the rest are facts. */
#define IFF_SETTABLE	(IFF_UP | IFF_PROMISC | IFF_ALLMULTI | \
	IFF_MULTICAST | IFF_DYNAMIC | IFF_NOTRAILERS | IFF_DEBUG)

static uint32_t
plen_mask(unsigned plen)
{

	return plen <= INADDR_V4PREFIX ? 0 :
	    net32(0xffffffffU << (128 - plen));
}

/* -1: holes in it. */
static int
mask_plen(uint32_t mask)
{
	uint32_t m = net32(mask);

	if (m & (~m >> 1))
		return -1;
	return INADDR_V4PREFIX + __builtin_popcount(m);
}

static void
sin_set(struct sockaddr *sa, uint32_t addr)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_addr = { addr }
	};

	memcpy(sa, &sin, sizeof(sin));
}

/* 0 or EAFNOSUPPORT. */
static int
sin_get(const struct sockaddr *sa, uint32_t *addrp)
{
	struct sockaddr_in sin;

	memcpy(&sin, sa, sizeof(sin));
	if (sin.sin_family != AF_INET)
		return EAFNOSUPPORT;
	*addrp = sin.sin_addr.s_addr;
	return 0;
}

/* The first IPv4 address with that label (eth0, eth0:1). */
static int
addr_get(struct ifnet *ifp, const char *label, struct ifaddr *to)
{
	const struct ifaddr *ia;

	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next)
		if (inaddr_is4(&ia->ia_addr) &&
		    strncmp(ia->ia_label, label, IFNAMSIZ) == 0) {
			*to = *ia;
			break;
		}
	rump_rw_exit(&ifp->if_lock);
	return ia != NULL ? 0 : EADDRNOTAVAIL;
}

static unsigned
class_plen(uint32_t addr)
{
	uint8_t top = (uint8_t)(net32(addr) >> 24);

	return INADDR_V4PREFIX + (top < 128 ? 8 : top < 192 ? 16 : 24);
}

/* The old one, if any, is replaced. */
static int
addr_replace(struct ifnet *ifp, const struct ifaddr *old,
    const struct ifaddr *new)
{
	int error;

	if (old != NULL)
		(void)rump_if_deladdr(ifp, &old->ia_addr, old->ia_plen);
	error = rump_if_addaddr(ifp, new);
	if (error != 0 && old != NULL)
		(void)rump_if_addaddr(ifp, old);
	return error;
}

static int
addr_set(struct ifnet *ifp, unsigned long cmd, const struct ifreq *ifr)
{
	struct ifaddr old, new;
	uint32_t addr;
	int error, plen, have;

	if ((error = rump_suser()) != 0 ||
	    (error = sin_get(&ifr->ifr_addr, &addr)) != 0)
		return error;
	have = addr_get(ifp, ifr->ifr_name, &old) == 0;
	if (!have && cmd != SIOCSIFADDR)
		return EADDRNOTAVAIL;
	memset(&new, 0, sizeof(new));
	if (have)
		new = old;
	strlcpy(new.ia_label, ifr->ifr_name, IFNAMSIZ);
	switch (cmd) {
	case SIOCSIFADDR:
		if (addr == 0)		/* that takes it away */
			return have ? rump_if_deladdr(ifp, &old.ia_addr,
			    old.ia_plen) : 0;
		new.ia_addr = inaddr_from4(addr);
		new.ia_scope = 0;
		new.ia_plen = (uint8_t)class_plen(addr);
		new.ia_peer = inaddr_bcast4(&new.ia_addr, new.ia_plen);
		break;
	case SIOCSIFNETMASK:
		if ((plen = mask_plen(addr)) < 0)
			return EINVAL;
		if (inaddr_is4(&old.ia_peer) && old.ia_peer.ia_w[3] != 0)
			new.ia_peer = inaddr_bcast4(&new.ia_addr,
			    (unsigned)plen);
		new.ia_plen = (uint8_t)plen;
		break;
	case SIOCSIFBRDADDR:
		new.ia_peer = inaddr_from4(addr);
		break;
	default:
		return EINVAL;
	}
	if (!(if_flags_get(ifp) & IFF_BROADCAST))
		memset(&new.ia_peer, 0, sizeof(new.ia_peer));
	error = addr_replace(ifp, have ? &old : NULL, &new);
	if (error == 0 && cmd == SIOCSIFADDR && !(if_flags_get(ifp) & IFF_UP))
		error = rump_if_setflags(ifp, IFF_UP, 0);
	return error;
}

static int
addr_ioctl(struct ifnet *ifp, unsigned long cmd, struct ifreq *ifr)
{
	struct ifaddr ia;
	int error;

	if ((error = addr_get(ifp, ifr->ifr_name, &ia)) != 0)
		return error;
	if (cmd == SIOCGIFNETMASK)
		sin_set(&ifr->ifr_netmask, plen_mask(ia.ia_plen));
	else if (cmd == SIOCGIFBRDADDR)
		sin_set(&ifr->ifr_broadaddr, ia.ia_peer.ia_w[3]);
	else
		sin_set(&ifr->ifr_addr, ia.ia_addr.ia_w[3]);
	return 0;
}

static short
flags_get(const struct ifnet *ifp)
{
	uint32_t f = if_flags_get(ifp);

	if (!(f & IFF_UP))
		f &= ~(uint32_t)(IFF_RUNNING | IFF_LOWER_UP);
	return (short)f;
}

static int
flags_set(struct ifnet *ifp, const struct ifreq *ifr)
{
	uint32_t f = (uint16_t)ifr->ifr_flags & IFF_SETTABLE;
	int error = rump_suser();

	return error != 0 ? error :
	    rump_if_setflags(ifp, f, ~f & IFF_SETTABLE);
}

static int
mtu_set(struct ifnet *ifp, int mtu)
{
	int error = rump_suser();

	if (error != 0)
		return error;
	if (mtu < 68 || mtu > 65536)
		return EINVAL;
	if (ifp->if_ops->if_setmtu != NULL && (error =
	    ifp->if_ops->if_setmtu(ifp, (uint32_t)mtu)) != 0)
		return error;
	rump_rw_wrenter(&ifp->if_lock);
	__atomic_store_n(&ifp->if_mtu, (uint32_t)mtu, __ATOMIC_RELAXED);
	rump_rw_exit(&ifp->if_lock);
	rump_net_changed();
	rump_if_event(IFE_MTU, ifp, NULL);
	return 0;
}

static int
mac_set(struct ifnet *ifp, const struct sockaddr *sa)
{
	uint16_t half[3], *to = (void *)ifp->if_mac;
	int error = rump_suser(), i;

	if (error != 0)
		return error;
	if (sa->sa_family != ifp->if_type || (sa->sa_data[0] & 1))
		return EINVAL;
	if (ifp->if_ops->if_setmac == NULL)
		return EOPNOTSUPP;
	if ((error = ifp->if_ops->if_setmac(ifp,
	    (const uint8_t *)sa->sa_data)) != 0)
		return error;
	memcpy(half, sa->sa_data, 6);
	rump_rw_wrenter(&ifp->if_lock);
	for (i = 0; i < 3; i++)
		__atomic_store_n(to + i, half[i], __ATOMIC_RELAXED);
	rump_rw_exit(&ifp->if_lock);
	rump_net_changed();
	rump_if_event(IFE_FLAGS, ifp, NULL);
	return 0;
}

static void
mac_get(struct ifnet *ifp, struct sockaddr *sa)
{

	memset(sa, 0, sizeof(*sa));
	sa->sa_family = ifp->if_type;
	rump_rw_rdenter(&ifp->if_lock);
	memcpy(sa->sa_data, ifp->if_mac, 6);
	rump_rw_exit(&ifp->if_lock);
}

static int
multi_ioctl(struct ifnet *ifp, unsigned long cmd, const struct ifreq *ifr)
{
	const uint8_t *mac = (const uint8_t *)ifr->ifr_hwaddr.sa_data;
	int error = rump_suser();

	if (error != 0)
		return error;
	if (!(mac[0] & 1))
		return EINVAL;
	return cmd == SIOCADDMULTI ? rump_if_addmulti(ifp, mac) :
	    rump_if_delmulti(ifp, mac);
}

static int
ethtool(struct ifnet *ifp, void *udata)
{
	struct ethtool_value ev;
	struct ethtool_drvinfo *di;
	uint32_t cmd;
	int error;

	if ((error = rump_copyin(udata, &cmd, sizeof(cmd))) != 0)
		return error;
	switch (cmd) {
	case ETHTOOL_GLINK:
		ev.cmd = cmd;
		ev.data = (if_flags_get(ifp) & IFF_RUNNING) != 0;
		return rump_copyout(&ev, udata, sizeof(ev));
	case ETHTOOL_GDRVINFO:
		if ((di = rump_kmem_zalloc(sizeof(*di))) == NULL)
			return ENOMEM;
		di->cmd = cmd;
		strlcpy(di->driver, ifp->if_driver != NULL ? ifp->if_driver :
		    "rump", sizeof(di->driver));
		error = rump_copyout(di, udata, sizeof(*di));
		rump_kmem_free(di, sizeof(*di));
		return error;
	}
	return EOPNOTSUPP;
}

static int
if_ioctl_set(struct ifnet *ifp, unsigned long cmd, struct ifreq *ifr)
{

	switch (cmd) {
	case SIOCSIFFLAGS:
		return flags_set(ifp, ifr);
	case SIOCSIFADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFBRDADDR:
		return addr_set(ifp, cmd, ifr);
	case SIOCSIFMTU:
		return mtu_set(ifp, ifr->ifr_mtu);
	case SIOCSIFHWADDR:
		return mac_set(ifp, &ifr->ifr_hwaddr);
	case SIOCADDMULTI:
	case SIOCDELMULTI:
		return multi_ioctl(ifp, cmd, ifr);
	case SIOCSIFTXQLEN:
		if (ifr->ifr_qlen < 0)
			return EINVAL;
		__atomic_store_n(&ifp->if_txqlen, (uint32_t)ifr->ifr_qlen,
		    __ATOMIC_RELAXED);
		return rump_suser();
	}
	return ENOTTY;
}

/* One interface; the answer goes into *ifr. */
static int
if_ioctl_one(struct ifnet *ifp, unsigned long cmd, struct ifreq *ifr)
{

	switch (cmd) {
	case SIOCGIFFLAGS:
		ifr->ifr_flags = flags_get(ifp);
		return 0;
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFBRDADDR:
		return addr_ioctl(ifp, cmd, ifr);
	case SIOCGIFMETRIC:
		ifr->ifr_metric = 0;
		return 0;
	case SIOCGIFMTU:
		ifr->ifr_mtu = (int)__atomic_load_n(&ifp->if_mtu,
		    __ATOMIC_RELAXED);
		return 0;
	case SIOCGIFHWADDR:
		mac_get(ifp, &ifr->ifr_hwaddr);
		return 0;
	case SIOCGIFINDEX:
		ifr->ifr_ifindex = (int)ifp->if_index;
		return 0;
	case SIOCGIFTXQLEN:
		ifr->ifr_qlen = (int)__atomic_load_n(&ifp->if_txqlen,
		    __ATOMIC_RELAXED);
		return 0;
	case SIOCGIFMAP:
		memset(&ifr->ifr_map, 0, sizeof(ifr->ifr_map));
		return 0;
	case SIOCETHTOOL:
		return ethtool(ifp, ifr->ifr_data);
	}
	return if_ioctl_set(ifp, cmd, ifr);
}

static int
ioctl_ifreq(unsigned long cmd, void *uarg)
{
	char name[IFNAMSIZ], *colon;
	struct ifreq ifr;
	struct ifnet *ifp;
	int error;

	if ((error = rump_copyin(uarg, &ifr, sizeof(ifr))) != 0)
		return error;
	ifr.ifr_name[IFNAMSIZ - 1] = '\0';
	memcpy(name, ifr.ifr_name, IFNAMSIZ);
	if (cmd == SIOCGIFNAME) {
		if ((ifp = rump_if_get((uint32_t)ifr.ifr_ifindex)) == NULL)
			return ENODEV;
		strlcpy(ifr.ifr_name, ifp->if_name, IFNAMSIZ);
		rump_if_rele(ifp);
		return rump_copyout(&ifr, uarg, sizeof(ifr));
	}
	if ((colon = strchr(name, ':')) != NULL)
		*colon = '\0';
	if ((ifp = rump_if_byname(name)) == NULL)
		return ENODEV;
	error = if_ioctl_one(ifp, cmd, &ifr);
	rump_if_rele(ifp);
	return error != 0 ? error : rump_copyout(&ifr, uarg, sizeof(ifr));
}

/* --- SIOCGIFCONF: IPv4 addresses of all interfaces --- */

/* Room for n entries at buf, NULL: only counted. */
static size_t
ifconf_fill(struct ifreq *buf, size_t n)
{
	const struct ifaddr *ia;
	struct ifnet *ifp;
	size_t i = 0;

	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next) {
		rump_rw_rdenter(&ifp->if_lock);
		for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next) {
			if (!inaddr_is4(&ia->ia_addr))
				continue;
			if (buf != NULL && i < n) {
				strlcpy(buf[i].ifr_name, ia->ia_label,
				    IFNAMSIZ);
				sin_set(&buf[i].ifr_addr, ia->ia_addr.ia_w[3]);
			}
			i++;
		}
		rump_rw_exit(&ifp->if_lock);
	}
	rump_rw_exit(&rump_if_lock);
	return i;
}

static int
ioctl_ifconf(void *uarg)
{
	struct ifconf ifc;
	struct ifreq *buf;
	size_t n, have;
	int error;

	if ((error = rump_copyin(uarg, &ifc, sizeof(ifc))) != 0)
		return error;
	have = ifconf_fill(NULL, 0);
	if (ifc.ifc_buf == NULL) {
		ifc.ifc_len = (int)(have * sizeof(*buf));
		return rump_copyout(&ifc, uarg, sizeof(ifc));
	}
	if (ifc.ifc_len < 0)
		return EINVAL;
	n = (size_t)ifc.ifc_len / sizeof(*buf);
	if (n > have)
		n = have;
	ifc.ifc_len = 0;
	if (n > 0) {
		if ((buf = rump_kmem_zalloc(n * sizeof(*buf))) == NULL)
			return ENOMEM;
		have = ifconf_fill(buf, n);
		have = have < n ? have : n;
		ifc.ifc_len = (int)(have * sizeof(*buf));
		error = rump_copyout(buf, ifc.ifc_buf, have * sizeof(*buf));
		rump_kmem_free(buf, n * sizeof(*buf));
	}
	return error != 0 ? error : rump_copyout(&ifc, uarg, sizeof(ifc));
}

/* --- routes, ARP --- */

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

static int
ioctl_route(unsigned long cmd, void *uarg)
{
	struct linux_rtentry u;
	struct rtentry rt;
	uint32_t dst, mask, gw;
	int error, plen;

	if ((error = rump_suser()) != 0 ||
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

static int
ioctl_arp(unsigned long cmd, void *uarg)
{
	struct ifnet *ifp;
	struct inaddr a;
	struct arpreq r;
	uint32_t v4;
	int error;

	if (cmd != SIOCGARP && (error = rump_suser()) != 0)
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

int
rump_if_ioctl(unsigned long cmd, void *uarg)
{

	cmd &= 0xffffffffU;
	switch (cmd) {
	case SIOCGIFCONF:
		return ioctl_ifconf(uarg);
	case SIOCADDRT:
	case SIOCDELRT:
		return ioctl_route(cmd, uarg);
	case SIOCGARP:
	case SIOCSARP:
	case SIOCDARP:
		return ioctl_arp(cmd, uarg);
	}
	if ((cmd >= SIOCGIFNAME && cmd <= SIOCSIFHWBROADCAST) ||
	    cmd == SIOCADDMULTI || cmd == SIOCDELMULTI ||
	    (cmd >= SIOCGIFTXQLEN && cmd <= SIOCETHTOOL) ||
	    cmd == SIOCGIFMAP || cmd == SIOCGIFINDEX)
		return ioctl_ifreq(cmd, uarg);
	return ENOTTY;
}
