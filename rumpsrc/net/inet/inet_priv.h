/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of net_inet.  Headers as they are in packets are packed
 * structs: nothing says how they are aligned.
 */
#ifndef INET_PRIV_H
#define INET_PRIV_H

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

struct udp {
	uint16_t	uh_sport, uh_dport, uh_len, uh_sum;
} __attribute__((__packed__));

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

static inline void
in_count(uint64_t *p)
{

	if (rump_cooperative)
		__atomic_store_n(p, __atomic_load_n(p, __ATOMIC_RELAXED) + 1,
		    __ATOMIC_RELAXED);
	else
		__atomic_fetch_add(p, 1, __ATOMIC_RELAXED);
}
#define IP4COUNT(n)	in_count(&rump_ipstat[0][IPS_##n])

static inline uint32_t
in_ifflags(const struct ifnet *ifp)
{

	return __atomic_load_n(&ifp->if_flags, __ATOMIC_RELAXED);
}

typedef uint32_t __attribute__((__may_alias__, __aligned__(1))) in_word;

/* Complement of the sum of 16-bit words, from that of a few 32-bit ones. */
static inline uint16_t
in_fold64(uint64_t s)
{
	uint32_t t;

	s += s << 32 | s >> 32;
	t = (uint32_t)(s >> 32);
	t += t << 16 | t >> 16;
	return (uint16_t)~(t >> 16);
}

/* Of a header of 20 bytes whose ip_sum is 0 (or right: then 0 comes out). */
static inline uint16_t
ip4_cksum(const struct ip4 *ip)
{
	const in_word *w = (const in_word *)(const void *)ip;

	return in_fold64((uint64_t)w[0] + w[1] + w[2] + w[3] + w[4]);
}

/* A 16-bit word of a summed header changes (RFC 1624, equation 3). */
static inline uint16_t
in_cksumfix(uint16_t sum, uint16_t old, uint16_t new)
{
	uint32_t s = (uint16_t)~sum + (uint32_t)(uint16_t)~old + new;

	return cksum_fold(s);
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

/* Is the route that is remembered still good?  Else rump_rc_get() says. */
static inline int
in_route(struct routecache *rc, const struct inaddr *dst, uint32_t oif)
{

	if (IN_LIKELY(rc->rc_gen == __atomic_load_n(&rump_net_gen,
	    __ATOMIC_ACQUIRE) && rc->rc_oif == oif &&
	    inaddr_eq(&rc->rc_dst, dst)))
		return 0;
	return rump_rc_get(rc, dst, oif);
}

/* inpcb.c: referenced PCBs of a port for which fn is true. */
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
/* so_lock held: peer and (with it) local address. */
int	inpcb_setaddrs(struct inpcb *, const struct inaddr *l,
	    const struct inaddr *f, uint16_t fport);
/* The local address alone: raw sockets. */
void	inpcb_setladdr(struct inpcb *, const struct inaddr *);
extern uint64_t rump_in_key[4];		/* [I] */
void	in_seed(void);

void	inpcb_ifgone(void);	/* forget routes: an interface goes away */

/* inpcb_addr.c */
int	inpcb_bindaddr(struct inpcb *, const struct sockaddr *, unsigned,
	    struct inaddr *, uint16_t *portp);
int	inpcb_toaddr(struct inpcb *, const struct sockaddr *, unsigned,
	    struct inaddr *, uint16_t *portp, uint32_t *scope);

/* ip_output.c */
int	ip4_output(struct mbuf *, struct inflow *);
/* A whole packet with its header (IP_HDRINCL, forwarding). */
int	ip4_send(struct mbuf *, const struct rtentry *, struct neigh *,
	    uint32_t mtu, int more);
int	ip4_source(const struct inaddr *, uint32_t oif, struct routecache *,
	    struct inaddr *);
uint16_t ip4_newid(uint32_t src, uint32_t dst, uint8_t proto);

/* ip_input.c */
void	ip4_deliver(struct ifnet *, struct mbuf *);
int	ip4_ismine(struct ifnet *, uint32_t dst);
const struct ipproto *ip4_proto(uint8_t);
enum { IN_NOTOURS, IN_LOCAL, IN_BCAST, IN_MCAST };
int	in_classify(const struct inaddr *);

/* ip_frag.c */
struct mbuf *ip4_reass(struct ifnet *, struct mbuf *);	/* takes m */
/* Packets of a whole one, by m_nextpkt.  Takes m.  NULL: no memory. */
int	ip4_fragment(struct mbuf *, uint32_t mtu, struct mbuf **);

/* ip_forward.c */
void	ip4_forward(struct ifnet *, struct mbuf *);

/* ip_opt.c */
int	ip4_options_ok(const struct ip4 *);
int	ip4_setopt(struct inpcb *, int, const void *, unsigned);
int	ip4_getopt(struct inpcb *, int, void *, unsigned *);
void	ip4_control(struct inpcb *, const struct mbuf *, struct mbuf **);
int	ip4_cmsg(struct inpcb *, const struct mbuf *, struct inflow *);

/*
 * icmp_error.c.  m: the packet, header in front.  info: of the second word
 * (network order).  Takes m.
 */
void	icmp_error(struct mbuf *, uint8_t type, uint8_t code, uint32_t info);
void	icmp_portunreach(struct mbuf *);
/* An error message that was received; header cut off. */
void	icmp_inerror(struct mbuf *, const struct inrcv *);
extern uint64_t rump_icmpstat[2][64];	/* in, out; 0..18 by type, then: */
enum { ICMPS_Msgs = 32, ICMPS_Errors, ICMPS_CsumErrors, ICMPS_RateLimit };

extern struct inpcbtable rump_udp_table;
#define UDPCOUNT(n)	in_count(&rump_udpstat[UDPS_##n])

/* dgram.c: datagram sockets of all kinds */
/* An ICMP error for a socket: error queue, so_error.  so_lock held. */
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

/* arp.c */
void	arp_init(void);
void	arp_ifevent(enum ifevent, struct ifnet *, void *);

/* ip_mcast.c, igmp.c */
int	mcast_setopt(struct inpcb *, int name, const void *, unsigned);
int	mcast_getopt(struct inpcb *, int name, void *, unsigned *);
int	mcast_joined(struct ifnet *, uint32_t group);
extern const struct mcastops rump_igmp_ops;
void	igmp_again(struct inifgroups *);	/* nobody may know them */

#endif /* INET_PRIV_H */
