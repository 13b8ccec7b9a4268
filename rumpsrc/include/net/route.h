/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes (longest prefix match, one table for both families) and neighbours
 * (RFC 4861, 7.3.2's states for ARP too).
 *
 * Routes are constant once they are in the table; readers hold references.
 * Lock order: rump_rt_lock, ne_lock, if_lock.
 */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include <stdint.h>
#include <kern/clock.h>
#include <kern/lock.h>
#include <net/inaddr.h>

struct ifnet;
struct mbuf;

struct rtentry {			/* all [I] but the counts */
	struct rtentry	*rt_next;	/* [rump_rt_lock] same prefix */
	uint32_t	 rt_refs;	/* [a] */
	struct inaddr	 rt_dst;
	uint8_t		 rt_plen;	/* of 128 */
	uint8_t		 rt_type;	/* RTN_UNICAST, LOCAL, BROADCAST,
					 * UNREACHABLE, BLACKHOLE... */
	uint8_t		 rt_proto;	/* RTPROT_* */
	uint8_t		 rt_scope;	/* RT_SCOPE_* */
	uint32_t	 rt_metric;
	struct inaddr	 rt_gw;		/* zero: on link */
	struct inaddr	 rt_src;	/* preferred source, zero: none */
	struct ifnet	*rt_if;		/* referenced.  RTN_LOCAL: whose address
					 * it is; such packets go to
					 * rump_loif */
	uint32_t	 rt_mtu;	/* 0: the interface's */
	int64_t		 rt_expires;	/* [a] monotonic, INT64_MAX or 0:
					 * never; rump_rt_setexpires() */
	uint32_t	 rt_flags;	/* RTNH_F_ONLINK: rt_gw unchecked */
};

/*
 * EEXIST: the same prefix, metric and interface.  Copies *rt.  rt_if may be
 * NULL with a gateway: by the route to it.  ENETUNREACH (v6: EHOSTUNREACH): no
 * such gateway on link; ENETDOWN: the interface is down.
 */
int	rump_rt_add(const struct rtentry *);
/* Fields that are zero match everything but rt_dst and rt_plen. ESRCH. */
int	rump_rt_del(const struct rtentry *);
/* Best one, referenced; oif != 0: only through that interface.  NULL. */
struct rtentry *rump_rt_lookup(const struct inaddr *dst, uint32_t oif);
void	rump_rt_rele(struct rtentry *);
void	rump_rt_setexpires(struct rtentry *, int64_t);
/* All routes in order; stops when fn returns non-zero. */
int	rump_rt_walk(int (*fn)(struct rtentry *, void *), void *);
void	rump_rt_ifdown(struct ifnet *, int detach);

/* Path MTU learnt for a destination; 0: none.  Times out by itself. */
void	rump_rt_setpmtu(const struct inaddr *dst, uint32_t mtu);
uint32_t rump_rt_pmtu(const struct inaddr *dst);

/*
 * What a PCB remembers: valid while rc_gen == rump_net_gen.  The owner's
 * lock guards it.
 */
struct routecache {
	uint32_t	 rc_gen;
	uint32_t	 rc_mtu;	/* of the path */
	struct rtentry	*rc_rt;		/* referenced */
	struct neigh	*rc_neigh;	/* referenced; NULL: none needed */
	struct inaddr	 rc_dst;
	uint32_t	 rc_oif;
};
/*
 * Fills or renews it; with oif a destination without a route is on link there.
 * rc_neigh is NULL for groups, broadcasts, our own addresses, and interfaces
 * that have no neighbours.  0, ENETUNREACH, EHOSTUNREACH, EACCES...
 */
int	rump_rc_get(struct routecache *, const struct inaddr *dst,
	    uint32_t oif);
void	rump_rc_clear(struct routecache *);

enum { NUD_S_INCOMPLETE, NUD_S_REACHABLE, NUD_S_STALE, NUD_S_DELAY,
	NUD_S_PROBE, NUD_S_FAILED, NUD_S_PERMANENT };

struct neigh {
	struct neigh	*ne_next;	/* [rump_neigh_lock] hash chain */
	uint32_t	 ne_refs;	/* [a] */
	struct inaddr	 ne_addr;	/* [I] */
	struct ifnet	*ne_if;		/* [I] referenced */
	struct rump_mutex ne_lock;
	uint8_t		 ne_state;	/* [ne_lock] for writing, [a] */
	uint8_t		 ne_router;	/* [ne_lock] */
	uint8_t		 ne_probes;	/* [ne_lock] */
	uint8_t		 ne_lladdr[6];	/* [ne_lock] */
	uint8_t		 ne_marks;	/* [a] NEM_* */
#define NEM_USED	1		/* since the timer looked */
#define NEM_CONFIRMED	2
	uint8_t		 ne_dead;	/* [ne_lock] not in the table */
	uint64_t	 ne_link;	/* [a] ne_lladdr and NEL_* */
	int64_t		 ne_confirmed;	/* [ne_lock] monotonic */
	int64_t		 ne_used;	/* [ne_lock] as the timer knows it */
	int64_t		 ne_due;	/* [ne_lock] when the timer acts */
	struct mbuf	*ne_queue;	/* [ne_lock] waiting for the address */
	uint32_t	 ne_nqueue;	/* [ne_lock] at most 16 */
};

/*
 * How a family asks for a neighbour; lladdr NULL: by multicast/broadcast.
 * Called without locks.
 */
struct neighops {
	void	(*no_solicit)(struct neigh *, const uint8_t *lladdr);
	/* A packet that could not be sent; takes it. */
	void	(*no_unreachable)(struct neigh *, struct mbuf *);
};
extern const struct neighops *rump_neighops[2];	/* [I] 0: v4, 1: v6 */

/*
 * Found or made (NUD_S_FAILED: nothing is known); referenced.  NULL: none, no
 * memory, or the table is full of entries in use.
 */
struct neigh *rump_neigh_get(struct ifnet *, const struct inaddr *,
    int create);
void	rump_neigh_rele(struct neigh *);
/*
 * Something was learnt.  NEU_*: what of it (RFC 4861, 7.2.5).
 */
#define NEU_SOLICITED	0x01
#define NEU_OVERRIDE	0x02
#define NEU_ROUTER	0x04
#define NEU_PERMANENT	0x08
void	rump_neigh_update(struct neigh *, const uint8_t *lladdr, int flags);
/* TCP made progress: the neighbour is reachable. */
void	rump_neigh_confirm(struct neigh *);
/* Sends or queues; network header in front.  Takes m. */
int	rump_neigh_output(struct neigh *, struct mbuf *, uint16_t proto,
	    int more);
int	rump_neigh_delete(struct ifnet *, const struct inaddr *);
int	rump_neigh_walk(int (*fn)(struct neigh *, void *), void *);
void	rump_neigh_ifdown(struct ifnet *);

#endif /* NET_ROUTE_H */
