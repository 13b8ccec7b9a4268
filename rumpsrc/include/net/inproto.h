/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between net_inet and the protocols that belong to it but need not be in an
 * image: net_udp, net_raw, net_mcast.  Headers as they are in packets are
 * packed structs: nothing says how they are aligned.
 */
#ifndef NET_INPROTO_H
#define NET_INPROTO_H

#include <asm/errno.h>
#include <net/sockabi.h>
#include <kern/clock.h>
#include <kern/kmem.h>
#include <kern/lock.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/sched.h>
#include <kern/str.h>
#include <net/ifnet.h>
#include <net/inet.h>
#include <net/inmulti.h>

#define IN_UNLIKELY(x)	__builtin_expect(!!(x), 0)
#define IN_LIKELY(x)	__builtin_expect(!!(x), 1)

/* Of <linux/in.h>, which not every file needs. */
#define PROTO_ICMP	1
#define PROTO_IGMP	2
#define PROTO_TCP	6
#define PROTO_UDP	17
#define PROTO_RAW	255

struct ip4 {
	uint8_t		ip_vhl, ip_tos;
	uint16_t	ip_len, ip_id, ip_off;
	uint8_t		ip_ttl, ip_p;
	uint16_t	ip_sum;
	uint32_t	ip_src, ip_dst;
} __attribute__((__packed__));
#define IP4_HDR		20
#define IP4_DF		0x4000
#define IP4_MF		0x2000
#define IP4_OFFMASK	0x1fff
#define IP4_MAX		65535
#define IP4_HLEN(ip)	(((ip)->ip_vhl & 15U) * 4)
_Static_assert(sizeof(struct ip4) == IP4_HDR, "IPv4 header");

struct icmp {
	uint8_t		ic_type, ic_code;
	uint16_t	ic_sum;
	uint16_t	ic_id, ic_seq;		/* or ic_void, ic_mtu */
} __attribute__((__packed__));

#define ICMP_T_ECHOREPLY	0
#define ICMP_T_UNREACH		3
#define ICMP_T_QUENCH		4
#define ICMP_T_REDIRECT		5
#define ICMP_T_ECHO		8
#define ICMP_T_TIMXCEED		11
#define ICMP_T_PARAM		12
#define ICMP_T_TSTAMP		13
#define ICMP_T_TSTAMPREPLY	14
#define ICMP_C_NET		0	/* of UNREACH */
#define ICMP_C_HOST		1
#define ICMP_C_PROTOCOL		2
#define ICMP_C_PORT		3
#define ICMP_C_NEEDFRAG		4
#define ICMP_C_SRCFAIL		5
#define ICMP_C_FILTERED		13

#define IP4COUNT(n)	in_count(&rump_ipstat[0][IPS_##n])

static inline uint32_t
in_ifflags(const struct ifnet *ifp)
{

	return __atomic_load_n(&ifp->if_flags, __ATOMIC_RELAXED);
}

/*
 * What the protocols keep of an interface: if_proto[IFP_INET].  Never freed,
 * for somebody may look at it still: another interface gets it.
 */
struct in_if {
	struct in_if	*ii_next;	/* of spare ones */
	uint64_t	 ii_local;	/* [a] generation << 32 | our address */
	struct inifgroups ii_groups;
};
/* NULL: no memory. */
struct in_if *in_ifstate_make(struct ifnet *);
void	in_ifstate_gone(struct ifnet *);
static inline struct in_if *
in_ifstate(struct ifnet *ifp)
{
	struct in_if *ii = __atomic_load_n(&ifp->if_proto[IFP_INET],
	    __ATOMIC_ACQUIRE);

	return IN_LIKELY(ii != NULL) ? ii : in_ifstate_make(ifp);
}

/* Referenced PCBs of a port for which fn is true. */
struct in_match {
	struct inpcb	**im_inp;
	unsigned	 im_n, im_room;
	struct inpcb	*im_few[8];
};
void	inpcb_match(struct inpcbtable *, uint16_t port, int (*fn)(
	    struct inpcb *, const void *), const void *, struct in_match *);
void	inpcb_matchdone(struct in_match *);
/* Raw sockets: into the bucket of a protocol; so_lock held. */
int	inpcb_insert(struct inpcb *, uint16_t port);
/* The local address alone: raw sockets. */
void	inpcb_setladdr(struct inpcb *, const struct inaddr *);

/* Of a sockaddr of the user's. */
int	inpcb_bindaddr(struct inpcb *, const struct sockaddr *, unsigned,
	    struct inaddr *, uint16_t *portp);
int	inpcb_toaddr(struct inpcb *, const struct sockaddr *, unsigned,
	    struct inaddr *, uint16_t *portp, uint32_t *scope);

/* Sending IPv4.  Each takes the packet. */
int	ip4_output(struct mbuf *, struct inflow *);
/* A whole packet with its header (IP_HDRINCL, forwarding). */
int	ip4_send(struct mbuf *, const struct rtentry *, struct neigh *,
	    uint32_t mtu, int more);
int	ip4_source(const struct inaddr *, uint32_t oif, struct routecache *,
	    struct inaddr *);
uint16_t ip4_newid(uint32_t src, uint32_t dst, uint8_t proto);

/*
 * Datagram sockets of all kinds.  An ICMP error for a socket: error queue,
 * so_error.  so_lock held.
 */
void	in_pcberror(struct inpcb *, const struct inerr *, int error, int hard,
	    uint32_t mtu, const uint8_t *payload, size_t n, uint16_t port);
/* A local error for the error queue. */
void	in_localerror(struct inpcb *, const struct inflow *, int error,
	    uint32_t info, uint16_t port);
int	in_dgram_flow(struct inpcb *, const struct sockaddr *, unsigned tolen,
	    const struct mbuf *control, int msgflags, struct inflow *,
	    uint16_t *portp);
int	in_dgram_connect(struct socket *, const struct sockaddr *, unsigned);
int	in_dgram_disconnect(struct socket *);
int	in_dgram_shutdown(struct socket *, int how);
void	in_dgram_detach(struct socket *);
int	in_dgram_bind(struct socket *, const struct sockaddr *, unsigned);
int	in_queue(struct inpcb *, struct mbuf *, const struct inrcv *,
	    uint16_t sport);

/* Is somebody a member of an IPv4 group, or must everybody be? */
int	in_joined(struct ifnet *, uint32_t group);

/* Does the socket want what came to a group? */
static inline int
in_wants(struct inpcb *inp, const struct inrcv *ir)
{

	return inp->inp_multi == NULL ? (inp->inp_flags & INP_MCASTALL) != 0 :
	    inmulti_wants(inp, ir);
}

/* net_mcast's, NULL without it: options about groups of level SOL_IP. */
int	mcast_setopt(struct inpcb *, int name, const void *, unsigned)
	    __attribute__((__weak__));
int	mcast_getopt(struct inpcb *, int name, void *, unsigned *)
	    __attribute__((__weak__));

#endif /* NET_INPROTO_H */
