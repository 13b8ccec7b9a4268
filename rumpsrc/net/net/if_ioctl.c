/* SPDX-License-Identifier: BSD-2-Clause */
/* netdevice(7): SIOC* calls about interfaces and addresses. */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/in.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/str.h>
#include <kern/uio.h>
#include "ioctl_priv.h"

/* What may be set; the rest are facts. */
#define IFF_SETTABLE	(IFF_UP | IFF_PROMISC | IFF_ALLMULTI | \
	IFF_MULTICAST | IFF_DYNAMIC | IFF_NOTRAILERS | IFF_DEBUG)

static void
sin_set(struct sockaddr *sa, uint32_t addr)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_addr = { addr }
	};

	memcpy(sa, &sin, sizeof(sin));
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

	if ((error = rump_capable(CAP_NET_ADMIN)) != 0 ||
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
	int error = rump_capable(CAP_NET_ADMIN);

	return error != 0 ? error :
	    rump_if_setflags(ifp, f, ~f & IFF_SETTABLE);
}

static int
mtu_set(struct ifnet *ifp, int mtu)
{
	int error = rump_capable(CAP_NET_ADMIN);

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
	int error = rump_capable(CAP_NET_ADMIN), i;

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
	int error = rump_capable(CAP_NET_ADMIN);

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
		return rump_capable(CAP_NET_ADMIN);
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

int
rump_if_ioctl(unsigned long cmd, void *uarg)
{

	cmd &= 0xffffffffU;
	switch (cmd) {
	case SIOCGIFCONF:
		return ioctl_ifconf(uarg);
	case SIOCADDRT:
	case SIOCDELRT:
		return rump_route_ioctl(cmd, uarg);
	case SIOCGARP:
	case SIOCSARP:
	case SIOCDARP:
		return rump_arp_ioctl(cmd, uarg);
	}
	if ((cmd >= SIOCGIFNAME && cmd <= SIOCSIFHWBROADCAST) ||
	    cmd == SIOCADDMULTI || cmd == SIOCDELMULTI ||
	    (cmd >= SIOCGIFTXQLEN && cmd <= SIOCETHTOOL) ||
	    cmd == SIOCGIFMAP || cmd == SIOCGIFINDEX)
		return ioctl_ifreq(cmd, uarg);
	return ENOTTY;
}
