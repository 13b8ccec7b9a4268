/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces, their addresses, and the way of packets to and from drivers.
 *
 * Up: a driver's interrupt signals its event; the driver's thread, or a thread
 * that is about to sleep on a socket, calls if_poll, which takes packets off
 * the ring and gives them to rump_if_input() as one queue.
 * Down: protocols call rump_if_output() with the network header in front and
 * a neighbour or a broadcast; Ethernet puts its header on and calls
 * if_transmit.
 *
 * Lock order: rump_if_lock, if_lock, a driver's ring lock.  Sockets' locks
 * come before all of these, and if_rxlock, held around if_poll, before them.
 */
#ifndef NET_IFNET_H
#define NET_IFNET_H

#include <stdint.h>
#include <kern/lock.h>
#include <net/inaddr.h>
#include <net/mbuf.h>

struct rumpcomp_event;
struct neigh;
struct ifnet;

#define IFNAMSIZ	16
#define ETHER_HDR	14
#define ETHER_MTU	1500

/* if_flags: IFF_* of <linux/if.h>.  if_caps, what the driver can do: */
#define IFCAP_TXCSUM	0x01	/* completes PH_CSUM_PARTIAL */
#define IFCAP_TSO4	0x02	/* PH_GSO_TCP4 */
#define IFCAP_TSO6	0x04
#define IFCAP_SG	0x08	/* chains of mbufs */
#define IFCAP_LRO	0x10	/* receives coalesced segments */

/* One address of an interface. */
struct ifaddr {
	struct ifaddr	*ia_next;	/* [if_lock] */
	struct inaddr	 ia_addr;	/* [I] */
	struct inaddr	 ia_peer;	/* [I] broadcast (v4), or zero */
	uint8_t		 ia_plen;	/* [I] of 128 */
	uint8_t		 ia_scope;	/* [I] RT_SCOPE_* */
	uint32_t	 ia_flags;	/* [if_lock] IFA_F_* */
	int64_t		 ia_preferred;	/* [if_lock] INT64_MAX: ever */
	int64_t		 ia_valid;	/* [if_lock] */
	char		 ia_label[IFNAMSIZ];	/* [I] */
};

/*
 * [a] rtnl_link_stats64's names.  Packets, bytes and multicast are counted by
 * the core, errors and drops by whoever sees them.
 */
struct ifstats {
	uint64_t	rx_packets, tx_packets, rx_bytes, tx_bytes;
	uint64_t	rx_errors, tx_errors, rx_dropped, tx_dropped;
	uint64_t	multicast;
};

struct ifops {
	/*
	 * Sends the packet, link header in front; always takes it.  more: the
	 * next one follows at once, the device need not be told yet.  Called
	 * without locks of the interface's.
	 */
	int	(*if_transmit)(struct ifnet *, struct mbuf *, int more);
	/*
	 * Takes what the device received; returns how many, at most budget.
	 * Fewer: the device may interrupt again and had no more after that.
	 */
	int	(*if_poll)(struct ifnet *, int budget);
	/*
	 * The set of IFF_UP, IFF_PROMISC, IFF_ALLMULTI or groups changed.
	 * Without locks; for groups a moment later, by whoever polls.
	 */
	int	(*if_setflags)(struct ifnet *);
	int	(*if_setmac)(struct ifnet *, const uint8_t *);	/* or NULL */
	int	(*if_setmtu)(struct ifnet *, uint32_t);	/* or NULL: any */
};

struct ifmaddr {			/* link-layer multicast group */
	struct ifmaddr	*im_next;	/* [if_lock] */
	uint8_t		 im_lladdr[6];
	uint32_t	 im_refs;	/* [if_lock] */
};

struct ifnet {
	struct ifnet	*if_next;	/* [rump_if_lock] */
	char		 if_name[IFNAMSIZ];	/* [I] */
	uint32_t	 if_index;	/* [I] from 1 */
	uint32_t	 if_refs;	/* [a] */
	uint16_t	 if_type;	/* [I] ARPHRD_* */
	uint8_t		 if_mac[6];	/* [if_lock] */
	uint32_t	 if_flags;	/* [if_lock] for writing, [a] */
	uint32_t	 if_caps;	/* [I] */
	uint32_t	 if_mtu;	/* [if_lock] for writing, [a] */
	uint32_t	 if_gsomax;	/* [I] longest PH_GSO packet */
	struct rump_rwlock if_lock;
	struct ifaddr	*if_addrs;	/* [if_lock] */
	struct ifmaddr	*if_maddrs;	/* [if_lock] */
	const struct ifops *if_ops;	/* [I] */
	void		*if_softc;	/* [I] driver's */
	struct ifstats	 if_stats;	/* [a] */
	void		*if_proto[4];	/* [I] once set: IFP_*, state of the
					 * protocols on this interface */
#define IFP_INET	0
#define IFP_INET6	1
#define IFP_GRO		2
	struct rump_mutex if_rxlock;	/* one thread polls at a time */
	struct rumpcomp_event *if_event;	/* [I] */
	volatile uint32_t if_pending;	/* [a] the driver has work */
	volatile uint32_t if_ask;	/* [a] its device tells of packets only
					 * while idle: drain polls it always */
	uint32_t	 if_txqlen;	/* [a] told, not used */
	uint32_t	 if_state;	/* [a] drain.c's: IFS_* */
	const char	*if_driver;	/* [I] for SIOCETHTOOL, or NULL */
	/* Taps: AF_PACKET sockets, pcap sink; called for each packet. */
	void		(*if_tap)(struct ifnet *, struct mbuf *, int out);
};

/* Flags change under their readers: never read if_flags plainly. */
static inline uint32_t
if_flags_get(const struct ifnet *ifp)
{

	return __atomic_load_n(&ifp->if_flags, __ATOMIC_RELAXED);
}

extern struct rump_rwlock rump_if_lock;
extern struct ifnet *rump_iflist;	/* [rump_if_lock] */
extern struct ifnet *rump_loif;		/* [I] lo */
/* Address, route, neighbour or link changed: cached routes look again. */
extern uint32_t rump_net_gen;		/* [a] never 0 */
void	rump_net_changed(void);		/* bumps it */

/* if_name may be "eth%d".  The interface is down.  0 or errno. */
int	rump_if_attach(struct ifnet *);
void	rump_if_detach(struct ifnet *);	/* the last reference frees nothing:
					 * waits until it is the only one; who
					 * keeps routes drops them when told
					 * IFE_DETACH */
/* Its thread that waits for if_event and polls; after attach. */
int	rump_if_pollstart(struct ifnet *);
/* For an interrupt handler: marks and wakes, any context. */
void	rump_if_intr(struct ifnet *);
/* Sets if_ask; if_rxlock held.  How many interfaces have it. */
void	rump_if_setask(struct ifnet *, int ask);
extern volatile uint32_t rump_if_asks;	/* [a] */
struct ifnet *rump_if_get(uint32_t index);	/* referenced; NULL */
struct ifnet *rump_if_byname(const char *);	/* referenced; NULL */
void	rump_if_rele(struct ifnet *);
/* Queue of packets (m_nextpkt), link header in front, ph_len set. */
void	rump_if_input(struct ifnet *, struct mbuf *queue);
void	rump_if_link(struct ifnet *, int up);	/* IFF_RUNNING, LOWER_UP */
int	rump_if_setflags(struct ifnet *, uint32_t set, uint32_t clear);
int	rump_if_addmulti(struct ifnet *, const uint8_t *mac);
int	rump_if_delmulti(struct ifnet *, const uint8_t *mac);

/*
 * Network header in front; proto: ETH_P_IP...  ne: whom to send to (queues
 * the packet while it is being resolved), NULL: to lladdr; without one to the
 * group that the network header's destination names, or broadcast.  Segments
 * and sums in software what the interface cannot.  On lo the packet is
 * received later.  Takes the packet.
 */
int	rump_if_output(struct ifnet *, struct mbuf *, struct neigh *ne,
	    uint16_t proto, int more);
int	rump_ether_output(struct ifnet *, struct mbuf *,
	    const uint8_t *lladdr, uint16_t proto, int more);

/* Protocols above the link layer; in the link set rump_ethertypes. */
struct ethertype {
	uint16_t	et_type;	/* host order */
	/* Network header in front, contiguous for 40 bytes or all. */
	void		(*et_input)(struct ifnet *, struct mbuf *);
	void		(*et_flush)(void);	/* end of a batch, or NULL */
};
#define RUMP_ETHERTYPE(et) \
	static const struct ethertype *const rump_etp_##et \
	    __attribute__((__section__("rump_ethertypes"), __used__, \
	    __retain__)) = &et

/*
 * Addresses.  Adding one also adds the routes: of the address, its prefix
 * (while the interface is up), the broadcast address.  ia_peer stays as it is
 * given: inaddr_bcast4() makes the usual one.
 */
int	rump_if_addaddr(struct ifnet *, const struct ifaddr *);
int	rump_if_deladdr(struct ifnet *, const struct inaddr *, uint8_t plen);
/* Is it one of ours?  On ifp, or anywhere when NULL. */
int	rump_if_isours(const struct ifnet *, const struct inaddr *);
/* Told of changes: netlink, DHCP, neighbour discovery. */
enum ifevent { IFE_ATTACH, IFE_DETACH, IFE_FLAGS, IFE_LINK, IFE_ADDRADD,
	IFE_ADDRDEL, IFE_ROUTEADD, IFE_ROUTEDEL, IFE_NEIGH, IFE_MTU };
struct ifwatch {
	struct ifwatch	*iw_next;
	/* obj: struct ifaddr, rtentry or neigh.  No lock held that it needs. */
	void		(*iw_fn)(enum ifevent, struct ifnet *, void *obj);
};
void	rump_if_watch(struct ifwatch *);	/* stays for ever */
void	rump_if_event(enum ifevent, struct ifnet *, void *obj);

/*
 * SIOC* on any socket that concern interfaces, their addresses, routes, ARP.
 * uarg: the user's ifreq...  ENOTTY: none of them.
 */
int	rump_if_ioctl(unsigned long cmd, void *uarg);

/*
 * To be called before a sleep that a packet may end: polls interfaces that
 * have work (if_pending).  True when there were packets: look again.
 * kern/poll.h's rump_drain_hook points here.
 */
int	rump_net_drain(void);

#endif /* NET_IFNET_H */
