/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of net_inet6.  Headers as they are in packets are packed
 * structs: nothing says how they are aligned; addresses are copied out.
 *
 * Lock order: if_rxlock, so_lock, ii_grouplock, ii_lock, then those of
 * <net/inmulti.h>, <net/ifnet.h>, <net/route.h>.  Nothing is sent, and no
 * address or route changed, with ii_lock held.
 */
#ifndef INET6_PRIV_H
#define INET6_PRIV_H

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
#include <net/inet6.h>
#include <net/inmulti.h>

#define IN6_UNLIKELY(x)	__builtin_expect(!!(x), 0)
#define IN6_LIKELY(x)	__builtin_expect(!!(x), 1)

#define PROTO_HOPOPTS	0
#define PROTO_TCP	6
#define PROTO_UDP	17
#define PROTO_ROUTING	43
#define PROTO_FRAGMENT	44
#define PROTO_ICMP6	58
#define PROTO_NONE	59
#define PROTO_DSTOPTS	60

struct ip6 {
	uint32_t	ip6_flow;	/* version, traffic class, label */
	uint16_t	ip6_plen;
	uint8_t		ip6_nxt, ip6_hlim;
	struct inaddr	ip6_src, ip6_dst;
} __attribute__((__packed__));
#define IP6_HDR		40
#define IP6_MAX		65535		/* of the payload */
#define IP6_MINMTU	1280
#define IP6_TOS(flow)	((uint8_t)(net32(flow) >> 20))
_Static_assert(sizeof(struct ip6) == IP6_HDR, "IPv6 header");

struct ip6_frag {
	uint8_t		if_nxt, if_reserved;
	uint16_t	if_off;
	uint32_t	if_id;
} __attribute__((__packed__));

struct icmp6 {
	uint8_t		ic_type, ic_code;
	uint16_t	ic_sum;
	uint32_t	ic_data;
} __attribute__((__packed__));

enum { ICMP6_UNREACH = 1, ICMP6_TOOBIG, ICMP6_TIMXCEED, ICMP6_PARAM,
	ICMP6_ECHO = 128, ICMP6_ECHOREPLY, MLD_QUERY, MLD_V1REPORT, MLD_DONE,
	ND_RS, ND_RA, ND_NS, ND_NA, ND_REDIRECT, MLD_V2REPORT = 143 };
#define ICMP6_C_NOROUTE	0	/* of UNREACH */
#define ICMP6_C_ADMIN	1
#define ICMP6_C_SCOPE	2
#define ICMP6_C_ADDR	3
#define ICMP6_C_PORT	4
#define ICMP6_C_HEADER	0	/* of PARAM */
#define ICMP6_C_NXT	1
#define ICMP6_C_OPTION	2
#define ICMP6_C_CHAIN	3	/* RFC 7112 */

#define IP6COUNT(n)	in_count(&rump_ipstat[1][IPS_##n])
void	icmp6_count(int out, unsigned type);

static inline uint32_t
in6_ifflags(const struct ifnet *ifp)
{

	return __atomic_load_n(&ifp->if_flags, __ATOMIC_RELAXED);
}

static inline int
in6_var(const int *p)
{

	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

/* Extension headers that are walked over. */
static inline int
ip6_isext(uint8_t proto)
{

	return proto == PROTO_HOPOPTS || proto == PROTO_ROUTING ||
	    proto == PROTO_FRAGMENT || proto == PROTO_DSTOPTS;
}

static inline int
in6_islinklocal(const struct inaddr *a)
{

	return inaddr_islinklocal6(a);
}

/* Groups and addresses that mean something on one link only. */
static inline int
in6_islinkscope(const struct inaddr *a)
{

	return inaddr_islinklocal6(a) ||
	    (a->ia_b[0] == 0xff && (a->ia_b[1] & 15) <= 2);
}

/* Duplicate address detection of one address. */
struct in6_dad {
	struct in6_dad	*id_next;
	struct inaddr	 id_addr;	/* [I] */
	int		 id_left;	/* probes to send */
	int64_t		 id_due;
	uint64_t	 id_nonce;	/* [I] RFC 7527: 6 bytes */
};

#define IN6_ROUTERS	4
struct in6_router {
	struct inaddr	 ir6_addr;
	int64_t		 ir6_expires;	/* 0: no entry */
	uint32_t	 ir6_metric;	/* of its route, 0: not there */
	int8_t		 ir6_pref;	/* RFC 4191: -1, 0, 1 */
	uint8_t		 ir6_failed;
};

#define IN6_NDNS	3
#define IN6_SEARCH	128
struct in6_dns {
	struct inaddr	 dn_server[IN6_NDNS];
	unsigned	 dn_n;
	char		 dn_search[IN6_SEARCH];
};

/* What the protocol keeps of an interface: if_proto[IFP_INET6]. Not freed. */
struct in6_if {
	struct ifnet	*ii_if;		/* [I] */
	uint32_t	 ii_gen;	/* [a] of ii_local; 0: being changed */
	uint64_t	 ii_local[2];	/* [a] the last address that was ours */
	uint8_t		 ii_hlim;	/* [a] from routers */
	struct inifgroups ii_groups;
	struct rump_mutex ii_grouplock;
	struct inpcb	 ii_member;	/* [ii_grouplock] the kernel's own
					 * groups: inp_multi of this */
	struct rump_mutex ii_lock;
	uint8_t		 ii_up;		/* [ii_lock] */
	uint8_t		 ii_gone;	/* [ii_lock] */
	uint8_t		 ii_ra;		/* [ii_lock] an RA was seen */
	uint8_t		 ii_dnsbusy;	/* [ii_lock] a thread writes them */
	uint8_t		 ii_clashes;	/* [ii_lock] of RFC 7217's */
	uint32_t	 ii_mtu;	/* [ii_lock] from routers; 0: none */
	struct rump_callout ii_timer;
	int64_t		 ii_due;	/* [ii_lock] of ii_timer; 0: idle */
	struct in6_dad	*ii_dads;	/* [ii_lock] */
	int		 ii_rsleft;	/* [ii_lock] */
	int64_t		 ii_rsdue;	/* [ii_lock] 0: none */
	int64_t		 ii_defended;	/* [ii_lock] */
	struct in6_router ii_routers[IN6_ROUTERS];	/* [ii_lock] */
	struct in6_dns	 ii_dns;	/* [ii_lock] */
	struct in6_dns	 ii_dnswritten;	/* [ii_lock] to resolv.conf */
	char		 ii_dnsscope[IFNAMSIZ + 1];	/* [I] "%eth0" */
};
/* NULL: no memory. */
struct in6_if *in6_ifstate(struct ifnet *);

/* in6.c: addresses.  What is wanted is copied out; 0: none. */
int	in6_ifaddr(struct ifnet *, const struct inaddr *, struct ifaddr *);
int	in6_linklocal(struct ifnet *, struct inaddr *);
int	in6_setflags(struct ifnet *, const struct inaddr *, uint32_t set,
	    uint32_t clear);
void	in6_solnode(const struct inaddr *, struct inaddr *group);
void	in6_group(struct in6_if *, const struct inaddr *, int join);
void	in6_interfaceid(struct ifnet *, const struct inaddr *prefix,
	    struct inaddr *);
int64_t	in6_within(int64_t max);	/* random, 0 <= x < max */
extern const struct inaddr in6_any, in6_allnodes, in6_allrouters;

/* in6_if.c: ii_lock held; the timer runs at `when` or before. */
void	in6_arm(struct in6_if *, int64_t when);
void	in6_ifevent(enum ifevent, struct ifnet *, void *);
void	in6_started(void);

/* ip6_output.c */
int	ip6_output(struct mbuf *, struct inflow *);
int	ip6_send(struct mbuf *, const struct rtentry *, struct neigh *,
	    uint32_t mtu, int more);
/*
 * To the link, past routes and neighbours: ICMPv6 message in front, its sum
 * not made yet.  lladdr NULL: to a group.  alert: with a router alert.
 */
void	ip6_linksend(struct ifnet *, struct mbuf *, const struct inaddr *src,
	    const struct inaddr *dst, const uint8_t *lladdr, int alert);
/* What fl_opts and inp_opts are here: this, then the headers. */
struct ip6_exthdrs {
	uint8_t		eh_first;	/* type of the first header */
	uint8_t		eh_spare;
	uint16_t	eh_unfrag;	/* bytes that each fragment repeats */
	uint16_t	eh_ulast, eh_last;	/* offsets of the last ones of
					 * that part, and of all */
};
#define MF_EXTHDRS	MF_PRIV2	/* m_flags of such an mbuf */

/* ip6_source.c */
int	ip6_source(const struct inaddr *, uint32_t oif, struct routecache *,
	    struct inaddr *);

/* ip6_input.c */
const struct ipproto *ip6_proto(uint8_t);

/* ip6_ext.c: headers before the transport's. */
struct ip6_walk {
	unsigned	 w_off;		/* of the header that is next */
	unsigned	 w_nxtoff;	/* where its type is told */
	uint8_t		 w_proto;	/* its type */
	uint8_t		 w_n;		/* headers before it */
};
struct mbuf *ip6_ext_input(struct ifnet *, struct mbuf *, struct ip6_walk *);
/* In memory: the transport's offset, 0: there is none.  Not over fragments
 * other than the first. */
unsigned ip6_skip(const uint8_t *, unsigned n, unsigned off, uint8_t *protop);

/* ip6_frag.c */
struct mbuf *ip6_reass(struct ifnet *, struct mbuf *, struct ip6_walk *);
int	ip6_fragment(struct mbuf *, unsigned unfrag, unsigned nxtoff,
	    uint32_t mtu, struct mbuf **);

/* ip6_forward.c */
void	ip6_forward(struct ifnet *, struct mbuf *);

/* inp_cmsgs; the lower 8 bits are IPv4's. */
#define CM_PKTINFO	0x00100
#define CM_HOPLIMIT	0x00200
#define CM_TCLASS	0x00400
#define CM_HOPOPTS	0x00800
#define CM_DSTOPTS	0x01000
#define CM_RTHDR	0x02000
#define CM_PATHMTU	0x04000
#define CM_ORIGDST	0x08000
#define CM_FLOWINFO	0x10000
#define CM_ALL		0x1ff00

/* ip6_opt.c, ip6_cmsg.c, ip6_mcast.c */
int	ip6_setopt(struct inpcb *, int, const void *, unsigned);
int	ip6_getopt(struct inpcb *, int, void *, unsigned *);
void	ip6_control(struct inpcb *, const struct mbuf *, struct mbuf **);
int	ip6_cmsg(struct inpcb *, const struct mbuf *, struct inflow *);
int	mcast6_setopt(struct inpcb *, int name, const void *, unsigned);
int	mcast6_getopt(struct inpcb *, int name, void *, unsigned *);
int	mcast6_joined(struct ifnet *, const struct inaddr *);

/* icmp6_error.c.  info: in host order.  Takes m, header in front. */
void	icmp6_error(struct mbuf *, uint8_t type, uint8_t code, uint32_t info);
void	icmp6_portunreach(struct mbuf *);
void	icmp6_inerror(struct mbuf *, const struct inrcv *);

/* nd6.c: neighbours.  Messages are contiguous; they do not take m. */
#define ND_OPT_SLL	1
#define ND_OPT_TLL	2
#define ND_OPT_PREFIX	3
#define ND_OPT_MTU	5
#define ND_OPT_NONCE	14
#define ND_OPT_RDNSS	25
#define ND_OPT_DNSSL	31
struct nd6_opts {
	const uint8_t	*no_sll, *no_tll;	/* 6 bytes */
	const uint8_t	*no_nonce;		/* 6 bytes */
	uint32_t	 no_mtu;
};
int	nd6_options(const uint8_t *, unsigned n, struct nd6_opts *);
void	nd6_init(void);
void	nd6_input(struct mbuf *, const struct inrcv *, uint8_t type);
void	nd6_probe(struct ifnet *, const struct inaddr *, uint64_t nonce);
void	nd6_announce(struct ifnet *, const struct inaddr *);
void	nd6_learn(struct ifnet *, const struct inaddr *, const uint8_t *ll,
	    int flags);

/* nd6_dad.c */
void	nd6_dad_start(struct in6_if *, const struct inaddr *);
void	nd6_dad_stop(struct in6_if *, const struct inaddr *);	/* NULL: all */
/* Somebody else has it, or probes for it too (with that nonce). */
void	nd6_dad_conflict(struct in6_if *, const struct inaddr *,
	    const uint8_t *nonce);

/* nd6_ra.c */
void	nd6_rs_send(struct in6_if *);
void	nd6_ra_input(struct in6_if *, const struct mbuf *,
	    const struct inrcv *);
void	nd6_routers_expire(struct in6_if *, int64_t now);
void	nd6_router_lost(struct in6_if *, const struct inaddr *);
void	nd6_router_state(struct in6_if *, const struct inaddr *, int failed);
void	nd6_routers_clear(struct in6_if *);
void	nd6_redirect_input(struct in6_if *, const struct mbuf *,
	    const struct inrcv *);

/* nd6_prefix.c, nd6_dns.c: an option with its type and length in front. */
void	nd6_prefix(struct in6_if *, const uint8_t *);
void	nd6_dns(struct in6_if *, const uint8_t *, unsigned len);
void	nd6_dns_write(struct in6_if *);

/* mld6.c */
void	mld_input(struct mbuf *, const struct inrcv *);	/* takes m */
extern const struct mcastops rump_mld_ops;

#endif /* INET6_PRIV_H */
