/* SPDX-License-Identifier: BSD-2-Clause */
/* Interfaces: RTM_GETLINK, and of RTM_NEWLINK flags, MTU, address, queue. */
#include <asm/errno.h>
#include <linux/if_arp.h>
#include <linux/sockios.h>
#include "nl.h"

#define CHANGEABLE	(IFF_UP | IFF_PROMISC | IFF_ALLMULTI | IFF_NOARP | \
			    IFF_DEBUG | IFF_MULTICAST)

static uint64_t
stat_of(const uint64_t *p)
{

	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static void
link_stats(struct nlout *o, const struct ifnet *ifp)
{
	const struct ifstats *s = &ifp->if_stats;
	struct rtnl_link_stats64 st;
	uint32_t old[sizeof(struct rtnl_link_stats) / 4];
	const uint64_t *v = (const void *)&st;
	unsigned i;

	memset(&st, 0, sizeof(st));
	st.rx_packets = stat_of(&s->rx_packets);
	st.tx_packets = stat_of(&s->tx_packets);
	st.rx_bytes = stat_of(&s->rx_bytes);
	st.tx_bytes = stat_of(&s->tx_bytes);
	st.rx_errors = stat_of(&s->rx_errors);
	st.tx_errors = stat_of(&s->tx_errors);
	st.rx_dropped = stat_of(&s->rx_dropped);
	st.tx_dropped = stat_of(&s->tx_dropped);
	st.multicast = stat_of(&s->multicast);
	nl_attr(o, IFLA_STATS64, &st, sizeof(st));
	/* The same fields in the same order, half as wide. */
	for (i = 0; i < sizeof(old) / 4; i++)
		old[i] = (uint32_t)v[i];
	nl_attr(o, IFLA_STATS, old, sizeof(old));
}

static void
link_attrs(struct nlout *o, struct ifnet *ifp, uint32_t flags)
{
	static const uint8_t ones[6] = { 255, 255, 255, 255, 255, 255 };
	static const uint8_t zero[6];
	int lo = (flags & IFF_LOOPBACK) != 0;
	uint8_t mac[6];

	nl_attrstr(o, IFLA_IFNAME, ifp->if_name);
	nl_attr32(o, IFLA_TXQLEN, __atomic_load_n(&ifp->if_txqlen,
	    __ATOMIC_RELAXED));
	/* lo's state is not known, as Linux says. */
	nl_attr8(o, IFLA_OPERSTATE, lo ? IF_OPER_UNKNOWN : !(flags & IFF_UP) ||
	    !(flags & IFF_LOWER_UP) ? IF_OPER_DOWN : IF_OPER_UP);
	nl_attr8(o, IFLA_LINKMODE, 0);
	nl_attr32(o, IFLA_MTU, __atomic_load_n(&ifp->if_mtu,
	    __ATOMIC_RELAXED));
	nl_attr32(o, IFLA_MIN_MTU, lo ? 0 : 68);
	nl_attr32(o, IFLA_MAX_MTU, lo ? 0 : 65535);
	nl_attr32(o, IFLA_GROUP, 0);
	nl_attr32(o, IFLA_PROMISCUITY, (flags & IFF_PROMISC) != 0);
	nl_attr32(o, IFLA_NUM_TX_QUEUES, 1);
	nl_attr32(o, IFLA_NUM_RX_QUEUES, 1);
	nl_attr32(o, IFLA_GSO_MAX_SEGS, 65535);
	nl_attr32(o, IFLA_GSO_MAX_SIZE, ifp->if_gsomax < 65536 ?
	    ifp->if_gsomax : 65536);
	nl_attr8(o, IFLA_CARRIER, (flags & IFF_LOWER_UP) != 0);
	nl_attrstr(o, IFLA_QDISC, "noqueue");
	rump_rw_rdenter(&ifp->if_lock);
	memcpy(mac, ifp->if_mac, 6);
	rump_rw_exit(&ifp->if_lock);
	nl_attr(o, IFLA_ADDRESS, mac, 6);
	nl_attr(o, IFLA_BROADCAST, lo ? zero : ones, 6);
	link_stats(o, ifp);
}

int
nl_putlink(struct nlout *o, struct ifnet *ifp, unsigned type, uint32_t change)
{
	uint32_t flags = __atomic_load_n(&ifp->if_flags, __ATOMIC_RELAXED);
	struct ifinfomsg *ifi;

	ifi = nl_begin(o, type, 0, sizeof(*ifi));
	if (ifi != NULL) {
		ifi->ifi_type = ifp->if_type;
		ifi->ifi_index = (int)ifp->if_index;
		/* The cable's state means nothing while it is down. */
		ifi->ifi_flags = flags & IFF_UP ? flags :
		    flags & ~(uint32_t)(IFF_RUNNING | IFF_LOWER_UP);
		ifi->ifi_change = change;
	}
	link_attrs(o, ifp, flags);
	return nl_end(o);
}

/* The next interface by number, referenced. */
static struct ifnet *
link_after(uint32_t index)
{
	struct ifnet *ifp, *best = NULL;

	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL; ifp = ifp->if_next)
		if (ifp->if_index > index &&
		    (best == NULL || ifp->if_index < best->if_index))
			best = ifp;
	if (best != NULL)
		__atomic_fetch_add(&best->if_refs, 1, __ATOMIC_RELAXED);
	rump_rw_exit(&rump_if_lock);
	return best;
}

static int
link_dump(struct nlreq *r)
{
	struct ifnet *ifp;
	uint32_t index;
	int error = 0;

	for (index = 0; error == 0 && (ifp = link_after(index)) != NULL;) {
		index = ifp->if_index;
		if (r->nr_a.na[IFLA_MASTER] == NULL &&
		    r->nr_a.na[IFLA_LINKINFO] == NULL)
			error = nl_putlink(r->nr_out, ifp, RTM_NEWLINK, 0);
		rump_if_rele(ifp);
	}
	return error;
}

/* The interface that a message names, referenced. */
static int
link_find(const struct nlreq *r, struct ifnet **ifpp)
{
	const struct ifinfomsg *ifi = r->nr_body;
	char name[IFNAMSIZ];
	int error;

	*ifpp = NULL;
	if (ifi->ifi_index > 0) {
		*ifpp = rump_if_get((uint32_t)ifi->ifi_index);
	} else {
		if ((error = nl_getname(&r->nr_a, IFLA_IFNAME, name)) != 0 &&
		    (error != ENOENT || (error = nl_getname(&r->nr_a,
		    IFLA_ALT_IFNAME, name)) != 0))
			return error == ENOENT ? EINVAL : error;
		*ifpp = rump_if_byname(name);
	}
	return *ifpp != NULL ? 0 : ENODEV;
}

int
nl_link_get(struct nlreq *r)
{
	struct ifnet *ifp;
	int error;

	/* A dump may come with no more than its family. */
	if (r->nr_dump && r->nr_h->nlmsg_len < NLMSG_HDRLEN +
	    sizeof(struct ifinfomsg)) {
		if ((error = nl_body(r, sizeof(struct rtgenmsg))) != 0)
			return error;
		return link_dump(r);
	}
	if ((error = nl_parse(r, sizeof(struct ifinfomsg))) != 0)
		return error;
	if (r->nr_dump)
		return link_dump(r);
	if ((error = link_find(r, &ifp)) != 0)
		return error;
	error = nl_putlink(r->nr_out, ifp, RTM_NEWLINK, 0);
	rump_if_rele(ifp);
	return error;
}

static int
link_setmac(struct ifnet *ifp, const struct nlattr *a)
{
	struct ifreq ifr;

	if (nla_len(a) < 6)
		return EINVAL;
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, ifp->if_name, IFNAMSIZ);
	ifr.ifr_hwaddr.sa_family = ifp->if_type;
	memcpy(ifr.ifr_hwaddr.sa_data, nla_data(a), 6);
	return rump_if_ioctl(SIOCSIFHWADDR, &ifr);
}

static int
link_setmtu(struct ifnet *ifp, uint32_t mtu)
{
	struct ifreq ifr;

	if (mtu > INT32_MAX)
		return EINVAL;
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, ifp->if_name, IFNAMSIZ);
	ifr.ifr_mtu = (int)mtu;
	return rump_if_ioctl(SIOCSIFMTU, &ifr);
}

/* Names stay what they are. */
static int
link_checkname(const struct nlreq *r, const struct ifnet *ifp)
{
	char name[IFNAMSIZ];
	int error = nl_getname(&r->nr_a, IFLA_IFNAME, name);

	if (error == 0 && strcmp(name, ifp->if_name) != 0)
		return EOPNOTSUPP;
	return error == ENOENT ? 0 : error;
}

static int
link_change(const struct nlreq *r, struct ifnet *ifp)
{
	const struct ifinfomsg *ifi = r->nr_body;
	uint32_t v = 0, mask;
	int error;

	if ((error = link_checkname(r, ifp)) != 0)
		return error;
	if (r->nr_a.na[IFLA_MASTER] != NULL)
		return EOPNOTSUPP;
	if (r->nr_a.na[IFLA_ADDRESS] != NULL && (error = link_setmac(ifp,
	    r->nr_a.na[IFLA_ADDRESS])) != 0)
		return error;
	if ((error = nl_get32(&r->nr_a, IFLA_MTU, &v)) != 0)
		return error;
	if (r->nr_a.na[IFLA_MTU] != NULL && (error = link_setmtu(ifp, v)) != 0)
		return error;
	if ((error = nl_get32(&r->nr_a, IFLA_TXQLEN, &v)) != 0)
		return error;
	if (r->nr_a.na[IFLA_TXQLEN] != NULL)
		__atomic_store_n(&ifp->if_txqlen, v, __ATOMIC_RELAXED);
	if (ifi->ifi_flags == 0 && ifi->ifi_change == 0)
		return 0;
	mask = (ifi->ifi_change != 0 ? ifi->ifi_change : ~0U) & CHANGEABLE;
	return rump_if_setflags(ifp, ifi->ifi_flags & mask,
	    ~ifi->ifi_flags & mask);
}

int
nl_link_set(struct nlreq *r)
{
	struct ifnet *ifp;
	int error;

	if ((error = nl_parse(r, sizeof(struct ifinfomsg))) != 0)
		return error;
	error = link_find(r, &ifp);
	if (error == ENODEV && (r->nr_h->nlmsg_flags & NLM_F_CREATE))
		return EOPNOTSUPP;
	if (error != 0)
		return error;
	if (r->nr_h->nlmsg_type == RTM_NEWLINK &&
	    (r->nr_h->nlmsg_flags & NLM_F_EXCL))
		error = EEXIST;
	else
		error = link_change(r, ifp);
	rump_if_rele(ifp);
	return error;
}
