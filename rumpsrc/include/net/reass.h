/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Putting fragments together again, for both families: net/inet/reass.c.
 * Anything any two of whose fragments overlap is lost as a whole, and the rest
 * of it too (RFC 5722); only an exact repetition is just ignored.
 */
#ifndef NET_REASS_H
#define NET_REASS_H

#include <stdint.h>
#include <kern/clock.h>
#include <kern/lock.h>
#include <net/inaddr.h>
#include <net/mbuf.h>

/* What the fragments of one packet have in common; no padding. */
struct reass_key {
	struct inaddr	rk_src, rk_dst;
	uint32_t	rk_id;
	uint32_t	rk_more;	/* protocol, or interface */
};

struct reassops {
	uint64_t	*ro_stat;	/* a row of rump_ipstat */
	uint32_t	 ro_life;	/* seconds */
	uint32_t	 ro_max;	/* bytes of a packet with its header */
	/* It is whole, with the first one's header, which is to be set right;
	 * ce: a router saw congestion. */
	void		(*ro_whole)(struct mbuf *, int ce);
	/* Too late for the rest: the ICMP error about the first, which it
	 * takes.  No lock is held. */
	void		(*ro_late)(struct mbuf *);
};

/* One for each family, all-zero. */
struct reass {
	const struct reassops *rs_ops;	/* [rs_lock] */
	struct rump_mutex rs_lock;	/* a leaf */
	struct reass_pkt *rs_list;	/* [rs_lock] */
	unsigned	 rs_count;	/* [rs_lock] */
	uint32_t	 rs_mem;	/* [rs_lock] */
	int		 rs_armed;	/* [rs_lock] rs_timer */
	struct rump_callout rs_timer;
};

/*
 * Takes m, one fragment: its headers lie before m_data, ph_hdrlen bytes; not
 * empty, off + its length at most 2^17, off a multiple of 8.  first: a copy of
 * its start for rs_late (NULL: it is not the first); taken, too.  The whole
 * packet or NULL.  Failures are counted.
 */
struct mbuf *rump_reass(struct reass *, const struct reassops *,
	    const struct reass_key *, struct mbuf *m, uint32_t off, int more,
	    unsigned ecn, struct mbuf *first);
/* A copy for that, of at most len bytes; NULL: no memory. */
struct mbuf *rump_reass_copy(const struct mbuf *, unsigned len);
/* Packets that are not whole, and their memory. */
void	rump_reass_stat(struct reass *, unsigned *, uint32_t *);

#endif /* NET_REASS_H */
