/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of the core.
 *
 * Lock order: if_rxlock, sockets' locks, rump_netcfg_lock (changes of
 * interfaces, addresses and what follows from them), then those of
 * <net/ifnet.h> and <net/route.h>.  Watchers are told, and drivers called,
 * without rump_netcfg_lock.
 */
#ifndef NET_NET_PRIV_H
#define NET_NET_PRIV_H

#include <kern/proc.h>
#include <kern/sched.h>
#include <net/ifnet.h>
#include <net/route.h>

#define NET_UNLIKELY(x)	__builtin_expect(!!(x), 0)

extern struct rump_mutex rump_netcfg_lock;

/* if_state */
#define IFS_THREAD	0x01	/* has a thread that polls */
#define IFS_DYING	0x02
#define IFS_OWNEVENT	0x04	/* if_event is the core's */
#define IFS_TELL	0x08	/* the driver's if_setflags is to be called */

static inline void
net_count(uint64_t *p, uint64_t n)
{

	if (rump_cooperative)
		__atomic_store_n(p, __atomic_load_n(p, __ATOMIC_RELAXED) + n,
		    __ATOMIC_RELAXED);
	else
		__atomic_fetch_add(p, n, __ATOMIC_RELAXED);
}

int	rump_if_driver(struct ifnet *);
/* neigh.c: all neighbours on it, or all that were learnt. */
void	rump_neigh_flush(struct ifnet *, int keepstatic);

/* ethertypes, ether.c */
void	rump_ether_init(void);
const struct ethertype *rump_ether_find(uint16_t type);	/* or NULL */
/* A link-layer address as a number, first byte lowest; NEL_* beside it. */
#define NEL_ADDR	0x0000ffffffffffffULL
#define NEL_VALID	(1ULL << 48)
#define NEL_FAST	(1ULL << 49)	/* to be sent to without ado */
static inline uint64_t
ether_pack(const uint8_t *mac)
{
	uint64_t v = 0;

	__builtin_memcpy(&v, mac, 6);
	return v;
}
int	rump_ether_send(struct ifnet *, struct mbuf *, uint64_t ll,
	    uint16_t proto, int more);

/* gso.c: what the interface cannot do; one packet or several.  Takes m. */
struct mbuf *rump_gso_finish(struct ifnet *, struct mbuf *);

/* gro.c: state of one batch. */
#define GRO_FLOWS	4
#define GRO_SEGS	44		/* most segments in a packet */
struct groflow {
	const struct ethertype *gf_et;
	struct mbuf	*gf_head;		/* first packet */
	struct mbuf	*gf_tail;		/* its last mbuf */
	uint32_t	 gf_nextseq;
	uint16_t	 gf_size;	/* of all segments but the last */
	uint16_t	 gf_hdrlen;
	uint16_t	 gf_segs;
	uint16_t	 gf_id;		/* of the last segment */
};
struct gro {
	struct ifnet	*gr_if;
	unsigned	 gr_n;
	struct groflow	 gr_flow[GRO_FLOWS];
};
/* Network header in front.  True: taken. */
int	rump_gro_input(struct gro *, const struct ethertype *, struct mbuf *);
void	rump_gro_flush(struct gro *);

/* loop.c, drain.c */
int	rump_loop_attach(void);
void	rump_drain_init(void);

/* route.c: routes that prefer this source, which is gone. */
void	rump_rt_srcgone(const struct inaddr *);

/* if_addr.c: caller holds rump_netcfg_lock. */
void	rump_ifaddr_up(struct ifnet *);
void	rump_ifaddr_flush(struct ifnet *);

/*
 * A packet that will be received here: without the pages of a program's
 * (MSG_ZEROCOPY).  NULL: no memory, it was freed.
 */
struct mbuf *so_zccopy(struct mbuf *);

#endif /* NET_NET_PRIV_H */
