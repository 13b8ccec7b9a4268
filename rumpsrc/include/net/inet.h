/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Internet protocols of both families: what transport protocols see of IPv4
 * and IPv6, and PCBs.  net_inet has IPv4 and the PCB tables; net_inet6 adds a
 * family; net_tcp, net_udp and net_raw transports.
 */
#ifndef NET_INET_H
#define NET_INET_H

#include <stdint.h>
#include <kern/lock.h>
#include <kern/sched.h>
#include <net/inaddr.h>
#include <net/route.h>
#include <net/socket.h>

struct ifnet;
struct mbuf;

struct inpcb;

/* How a packet is to be sent. */
struct inflow {
	struct inaddr	 fl_src, fl_dst;
	uint8_t		 fl_proto;
	uint8_t		 fl_tos;	/* traffic class, with the ECN bits */
	uint8_t		 fl_ttl;	/* 0: default */
	uint8_t		 fl_flags;
#define FL_DF		0x01		/* never fragment: EMSGSIZE */
#define FL_MORE		0x02		/* the next one follows at once */
#define FL_NOROUTE	0x04		/* SO_DONTROUTE */
#define FL_LOOPBACK	0x08		/* multicast: a copy to ourselves */
#define FL_TRYDF	0x10	/* IPv4: DF on what needs no fragments */
#define FL_IFMTU	0x20	/* the interface's MTU, not the path's */
	uint32_t	 fl_label;	/* IPv6 flow label, network order */
	uint32_t	 fl_oif;	/* 0: by route */
	uint32_t	 fl_prio;
	struct mbuf	*fl_opts;	/* IP options or extension headers */
	struct routecache *fl_rc;	/* the caller's, or NULL */
};

struct inaf {			/* one for each family, in rump_inaf[] */
	int	af_family;
	unsigned af_hdrlen;		/* 20, 40 */
	/*
	 * m begins with the transport header (room in front for the rest).
	 * PH_CSUM_PARTIAL: ph_csumstart is relative to m and is adjusted.
	 * Takes m.
	 */
	int	(*af_output)(struct mbuf *, struct inflow *);
	/* Largest transport packet to there without fragments. */
	uint32_t (*af_mtu)(const struct inflow *);
	/* Source address for dst; EADDRNOTAVAIL. */
	int	(*af_source)(const struct inaddr *dst, uint32_t oif,
		    struct routecache *, struct inaddr *);
	int	(*af_setopt)(struct inpcb *, int name, const void *, unsigned);
	int	(*af_getopt)(struct inpcb *, int name, void *, unsigned *);
	/* Ancillary data of a received packet that inp asked for. */
	void	(*af_control)(struct inpcb *, const struct mbuf *,
		    struct mbuf **control);
	/* msg_control of a send into the flow. */
	int	(*af_cmsg)(struct inpcb *, const struct mbuf *control,
		    struct inflow *);
	/* Tell the sender: port unreachable.  Takes m. */
	void	(*af_portunreach)(struct mbuf *);
};
extern const struct inaf *rump_inaf[2];	/* [I] 0: IPv4, 1: IPv6 or NULL */
#define INAF(a)	(rump_inaf[!inaddr_is4(a)])

/* Partial checksum of the pseudo header (RFC 9293, 3.1; RFC 8200, 8.1). */
uint32_t in_pseudo(const struct inaddr *src, const struct inaddr *dst,
	    uint8_t proto, uint32_t len);

/* Addresses of a received packet, for transports. */
struct inrcv {
	struct inaddr	 ir_src, ir_dst;
	struct ifnet	*ir_if;
};

/* ...and of the error message about it, for error queues. */
struct inerr {
	struct inrcv	 ie_sent;
	struct inaddr	 ie_offender;	/* who told */
	uint8_t		 ie_type, ie_code;
};

/* Transport protocols; link set rump_ipprotos. */
struct ipproto {
	uint8_t		 ip_proto;
	uint8_t		 ip_v4, ip_v6;	/* for which families */
	/* Network header cut off; it is still in front of m_data. */
	void		(*ip_input)(struct mbuf *, const struct inrcv *);
	/*
	 * An ICMP error about a packet that we sent: data, n bytes from its
	 * transport header on (at least 8).  error: errno; mtu: for EMSGSIZE.
	 * sent is the beginning of a struct inerr.
	 */
	void		(*ip_error)(const struct inrcv *sent, int error,
			    int hard, uint32_t mtu, const uint8_t *data,
			    size_t n);
	void		(*ip_flush)(void);	/* end of a batch, or NULL */
};
#define RUMP_IPPROTO(ip) \
	static const struct ipproto *const rump_ipp_##ip \
	    __attribute__((__section__("rump_ipprotos"), __used__, \
	    __retain__)) = &ip

/*
 * PCBs.  A transport has one table: a hash by four-tuple, and buckets of all
 * that have the same local port.
 */
struct inpcbtable;

struct inport {				/* [table] */
	struct inport	*po_next;
	struct inpcb	*po_bound;	/* without a peer */
	struct inpcb	*po_conn;	/* in the hash by four-tuple too */
	uint16_t	 po_port;
};

struct inpcb {
	struct socket	*inp_so;	/* [I] referenced */
	struct inpcbtable *inp_table;	/* [I] */
	struct inpcb	*inp_hnext;	/* [table] four-tuple hash */
	struct inpcb	*inp_pnext;	/* [table] of inp_port */
	struct inpcb	**inp_pprevp;	/* [table] */
	struct inport	*inp_port;	/* [table] */
	uint32_t	 inp_hash;	/* [table] */
	uint32_t	 inp_refs;	/* [a] */
	struct inaddr	 inp_laddr, inp_faddr;	/* [so_lock + table] */
	uint16_t	 inp_lport, inp_fport;	/* same; network order */
	uint32_t	 inp_lscope;	/* interface of a link-local address */
	uint8_t		 inp_family;	/* [I] the socket's */
	uint8_t		 inp_v6only;	/* [so_lock] */
	uint8_t		 inp_tos, inp_ttl;	/* [so_lock] 0: default */
	uint8_t		 inp_mttl, inp_mloop;	/* [so_lock] multicast */
	uint8_t		 inp_pmtudisc;	/* [so_lock] IP_PMTUDISC_* */
	uint32_t	 inp_mif;	/* [so_lock] IP_MULTICAST_IF */
	struct inaddr	 inp_msrc;
	uint32_t	 inp_cmsgs;	/* [so_lock] which ancillary data */
	uint32_t	 inp_flags;	/* [so_lock] INP_* */
#define INP_HDRINCL	0x0001
#define INP_RECVERR	0x0002		/* IP_RECVERR */
#define INP_RECVERR6	0x0004		/* IPV6_RECVERR */
#define INP_FREEBIND	0x0008		/* also IP_TRANSPARENT */
#define INP_MCASTALL	0x0010		/* IP_MULTICAST_ALL */
#define INP_BOUNDADDR	0x0020		/* by bind(2) */
#define INP_BOUNDPORT	0x0040
#define INP_BINDNOPORT	0x0080		/* IP_BIND_ADDRESS_NO_PORT */
#define INP_ROUTERALERT	0x0100
#define INP_TRANSPARENT	0x0200
#define INP_DONTFRAG6	0x0400		/* IPV6_DONTFRAG */
#define INP_HDRINCL6	0x0800
#define INP_NOTSRC	0x0400		/* inp_laddr is a group or broadcast */
	uint32_t	 inp_label;
	struct mbuf	*inp_opts;	/* [so_lock] */
	struct inmulti	*inp_multi;	/* [so_lock] groups joined */
	struct routecache inp_rc;	/* [so_lock] */
	void		*inp_ppcb;	/* [so_lock] the transport's */
	uint32_t	 inp_bindif;	/* [so_lock + table] SO_BINDTODEVICE */
	uint8_t		 inp_share;	/* same: SOF_REUSEADDR, _REUSEPORT */
	uint8_t		 inp_listen;	/* same: inpcb_listen() */
	uint16_t	 inp_csumoff;	/* [so_lock] IPV6_CHECKSUM + 1; 0 */
	uint8_t		 inp_hashed;	/* [table] INP_H_*; read without */
#define INP_H_PORT	1		/* in a bucket */
#define INP_H_TUPLE	2		/* that, and in the hash */
};

struct inpcbtable {
	struct rump_mutex it_lock;	/* table; a leaf before so_lock */
	struct inpcb	**it_hash;	/* connected, grows */
	struct inport	**it_ports;	/* the same */
	uint32_t	 it_nhash, it_nports;	/* chains: powers of two */
	uint32_t	 it_count;	/* in it_hash */
	uint32_t	 it_portcount;	/* buckets */
	uint8_t		 it_proto;
	uint8_t		 it_unique;	/* [I] four-tuples are (TCP) */
	uint16_t	 it_nextport;
};

/* Sets so_pcb.  Nothing of the socket's is in it yet; unlocked. */
int	inpcb_attach(struct socket *, struct inpcbtable *, struct inpcb **);
/*
 * so_lock held, by somebody who has another reference to the socket or the
 * PCB.  Out of the table; SS_DEAD; drops so_pcb's reference.
 */
void	inpcb_detach(struct inpcb *);
/*
 * so_lock held: without a peer (TCP: the connection is over), and out of the
 * table, but for who has bound a port: he keeps it.
 */
void	inpcb_unpair(struct inpcb *);
void	inpcb_ref(struct inpcb *);
void	inpcb_rele(struct inpcb *);
/* so_lock held.  port 0: an ephemeral one (RFC 6056). */
int	inpcb_bind(struct inpcb *, const struct sockaddr *, unsigned);
int	inpcb_connect(struct inpcb *, const struct sockaddr *, unsigned);
void	inpcb_disconnect(struct inpcb *);
/* An ephemeral port when it has none.  EAGAIN: none is left. */
int	inpcb_autobind(struct inpcb *);
/* Binds when needed; from now on nobody else may.  EADDRINUSE. */
int	inpcb_listen(struct inpcb *);
void	inpcb_unlisten(struct inpcb *);
/* Every transport's pr_optchanged calls it, or is it. */
void	inpcb_optchanged(struct socket *, int name);
/* Four-tuple known: a passive TCP connection. */
int	inpcb_setpair(struct inpcb *, const struct inaddr *l, uint16_t lport,
	    const struct inaddr *f, uint16_t fport);
/*
 * Referenced or NULL.  Exact four-tuple first, then the best bound one;
 * with SO_REUSEPORT groups the one that the hash chooses.
 */
struct inpcb *inpcb_lookup(struct inpcbtable *, const struct inaddr *l,
	    uint16_t lport, const struct inaddr *f, uint16_t fport,
	    const struct ifnet *);
/* All; fn gets referenced PCBs, no lock held; non-zero stops. */
int	inpcb_walk(struct inpcbtable *, int (*fn)(struct inpcb *, void *),
	    void *);
extern struct inpcbtable *rump_inpcbtables[4];	/* for procfs, SOCK_DIAG */
#define IPT_TCP		0
#define IPT_UDP		1
#define IPT_RAW		2
#define IPT_PING	3

/* Level SOL_IP and SOL_IPV6 of any PCB. */
int	inpcb_setopt(struct inpcb *, int level, int name, const void *,
	    unsigned);
int	inpcb_getopt(struct inpcb *, int level, int name, void *, unsigned *);
int	inpcb_sockname(struct socket *, struct sockaddr *, unsigned *);
int	inpcb_peername(struct socket *, struct sockaddr *, unsigned *);
/* inp's addresses and options into a flow, its cache; all fields are set. */
void	inpcb_flow(struct inpcb *, struct inflow *);
/*
 * A pseudo-random function with a key of this boot (SipHash-2-4): RFC 6056's
 * and RFC 6528's F().
 */
uint64_t in_prf(uint64_t, uint64_t, uint64_t);
uint64_t in_siphash(const uint64_t key[2], uint64_t, uint64_t, uint64_t);
uint64_t in_random(void);
/* PRF of two addresses and two ports. */
uint64_t in_prfpair(const struct inaddr *l, const struct inaddr *f,
	    uint16_t lport, uint16_t fport);
/* Is it an address of this machine?  Its route says so. */
int	in_islocal(const struct inaddr *);

/*
 * Transports register AF_INET6 themselves; pr_attach begins with this.
 * EAFNOSUPPORT: the image has no such family.
 */
int	in_nofamily(const struct socket *);

/*
 * net_raw's, NULL without it.  Copies for raw sockets, when there are any; m
 * as transports get it.  True: there was one.  An echo reply for a ping
 * socket: true when it was taken.
 */
extern uint32_t rump_raw_count;		/* [a] */
int	rump_raw_input(struct mbuf *, const struct inrcv *, uint8_t proto)
	    __attribute__((__weak__));
int	rump_ping_input(struct mbuf *, const struct inrcv *)
	    __attribute__((__weak__));
/* Errors about packets of such sockets; ip_error's arguments. */
void	rump_raw_error(const struct inerr *, uint8_t proto, int error, int hard,
	    uint32_t mtu, const uint8_t *, size_t) __attribute__((__weak__));
void	rump_ping_error(const struct inerr *, int error, int hard,
	    uint32_t mtu, const uint8_t *, size_t) __attribute__((__weak__));

/*
 * ARP probe (RFC 5227, 2.1.1) for who configures addresses: 0 nobody has it,
 * EADDRINUSE somebody has.  Sleeps for about `ms` milliseconds.
 */
int	rump_arp_probe(struct ifnet *, const struct inaddr *, unsigned ms);
void	rump_arp_announce(struct ifnet *, const struct inaddr *);

/* net.ipv4.*: may be changed at any time. [a] */
extern int rump_ip_forwarding, rump_ip_ttl, rump_ip_portmin, rump_ip_portmax,
    rump_ip_echobcast, rump_ip_unprivport;

/* Counters for /proc/net/snmp and netstat: MIB names (RFC 4293, 4022...). */
enum { IPS_InReceives, IPS_InHdrErrors, IPS_InAddrErrors, IPS_ForwDatagrams,
	IPS_InUnknownProtos, IPS_InDiscards, IPS_InDelivers, IPS_OutRequests,
	IPS_OutDiscards, IPS_OutNoRoutes, IPS_ReasmTimeout, IPS_ReasmReqds,
	IPS_ReasmOKs, IPS_ReasmFails, IPS_FragOKs, IPS_FragFails,
	IPS_FragCreates, IPS_MAX };
extern uint64_t rump_ipstat[2][IPS_MAX];	/* [a] */
/*
 * A token bucket for the errors that a family tells, of all destinations: 1,000
 * a second.  What it holds is blurred, so that its state tells strangers
 * nothing about ports (as in "SAD DNS").  All-zero at first: it fills from boot
 * on.  0, and counted: not now.  Packets of lo always get their error.
 */
#define IN_BURST	50
struct in_limit {
	struct rump_mutex il_lock;
	int64_t		 il_when;	/* [il_lock] tokens were counted */
	uint32_t	 il_tokens;	/* [il_lock] */
};
int	in_errlimit(struct in_limit *, const struct mbuf *, uint64_t *refused);

/* One more, of counters that only ever grow. */
static inline void
in_count(uint64_t *p)
{

	if (rump_cooperative)
		__atomic_store_n(p, __atomic_load_n(p, __ATOMIC_RELAXED) + 1,
		    __ATOMIC_RELAXED);
	else
		__atomic_fetch_add(p, 1, __ATOMIC_RELAXED);
}
#define IPSTAT(v6, n)	__atomic_fetch_add(&rump_ipstat[v6][IPS_##n], 1, \
			    __ATOMIC_RELAXED)

enum { UDPS_InDatagrams, UDPS_NoPorts, UDPS_InErrors, UDPS_OutDatagrams,
	UDPS_RcvbufErrors, UDPS_SndbufErrors, UDPS_InCsumErrors, UDPS_MAX };
extern uint64_t rump_udpstat[UDPS_MAX];	/* [a] both families */

#endif /* NET_INET_H */
