/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multicast groups of both families: what sockets joined with which source
 * filters, and what follows for an interface (RFC 3376, 3.2; RFC 3810, 4.2).
 * IGMP and MLD report what changes.  Component net_mcast.
 *
 * Lock order: so_lock, ig_lock of the interface.
 */
#ifndef NET_INMULTI_H
#define NET_INMULTI_H

#include <stdint.h>
#include <kern/clock.h>
#include <kern/lock.h>
#include <net/inaddr.h>

struct ifnet;
struct inpcb;
struct mbuf;
struct inrcv;

#define INMULTI_SRCMAX	64	/* sources of one filter */
#define INMULTI_MAX	20	/* groups of one socket */
#define INMULTI_ASKED	8	/* sources of one question */

struct infilter {		/* nobody: include of nothing */
	uint8_t		 if_exclude;
	uint16_t	 if_n;
	struct inaddr	*if_src;	/* if_n of them */
};

struct inmulti {		/* one socket's membership */
	struct inmulti	*im_next;	/* [so_lock] of the socket's */
	struct inmulti	*im_gnext;	/* [ig_lock] of the group's */
	struct ingroup	*im_group;	/* [so_lock] */
	struct infilter	 im_filter;	/* [so_lock + ig_lock] */
};

struct ingroup {		/* a group on one interface */
	struct ingroup	*ig_next;	/* [ig_lock] */
	struct inaddr	 ig_addr;	/* [I] */
	struct inifgroups *ig_groups;	/* [I] */
	uint32_t	 ig_index;	/* [I] of the interface */
	struct inmulti	*ig_members;	/* [ig_lock] NULL: to be reported */
	struct infilter	 ig_now;	/* [ig_lock] what holds */
	struct infilter	 ig_told;	/* [ig_lock] what others know surely */
	uint8_t		 ig_gone;	/* [ig_lock] its interface is */
	uint8_t		 ig_retrans;	/* [ig_lock] reports of the change */
	int64_t		 ig_changedue;	/* [ig_lock] of the next; 0: none */
	int64_t		 ig_querydue;	/* [ig_lock] answer; 0: none */
	struct infilter	 ig_asked;	/* [ig_lock] sources asked about */
};

struct inifgroups {		/* the groups of an interface and a family */
	struct rump_mutex ig_lock;
	struct ifnet	*ig_if;		/* [I] */
	struct ingroup	*ig_list;	/* [ig_lock] */
	struct rump_callout ig_timer;
	int64_t		 ig_due;	/* [ig_lock] of ig_timer; 0: idle */
	int64_t		 ig_alldue;	/* [ig_lock] general query's answer */
	int64_t		 ig_v1until, ig_v2until;	/* [ig_lock] */
	uint8_t		 ig_started;	/* [ig_lock] all-nodes' MAC is set */
};

/* Records of reports (RFC 3376, 4.2.12). */
enum { REC_IS_IN = 1, REC_IS_EX, REC_TO_IN, REC_TO_EX, REC_ALLOW, REC_BLOCK };

/* Messages that are made are put before the others of q, by m_nextpkt. */
struct mcastops {
	int	mo_newest;	/* version, 3 of IGMP, 2 of MLD */
	/* The groups of an interface; NULL: no memory. */
	struct inifgroups *(*mo_groups)(struct ifnet *);
	/* The link-layer address of a group. */
	void	(*mo_mac)(const struct inaddr *, uint8_t *);
	/* ig_lock held: nobody is told of that group. */
	int	(*mo_silent)(const struct ingroup *);
	/*
	 * ig_lock held: a record of that type into a report, sources of f that
	 * are (in) or are not in but (NULL: all); when there are none only if
	 * always.
	 */
	void	(*mo_record)(struct mbuf **q, const struct ingroup *,
		    uint8_t type, const struct infilter *f,
		    const struct infilter *but, int in, int always);
	/* ig_lock held: a report of an older version. */
	void	(*mo_old)(struct mbuf **q, const struct ingroup *, int version);
	/* The same, that we leave; 0: that version has none. */
	int	(*mo_leave)(struct mbuf **q, const struct ingroup *,
		    int version);
	/* No lock held; takes the message. */
	void	(*mo_send)(struct ifnet *, struct mbuf *);
};
extern const struct mcastops *rump_mcastops[2];	/* [I] 0: v4, 1: v6 */

/* so_lock held in all of these.  The errnos are Linux's. */
int	inmulti_join(struct inpcb *, const struct inaddr *group,
	    uint32_t ifindex, int exclude);
int	inmulti_leave(struct inpcb *, const struct inaddr *, uint32_t ifindex);
int	inmulti_source(struct inpcb *, const struct inaddr *, uint32_t ifindex,
	    const struct inaddr *src, int exclude, int add);
int	inmulti_setfilter(struct inpcb *, const struct inaddr *,
	    uint32_t ifindex, int exclude, unsigned n, const struct inaddr *);
/* NULL: not a member. */
const struct infilter *inmulti_getfilter(struct inpcb *,
	    const struct inaddr *, uint32_t ifindex);

/*
 * What others call who do without net_mcast: NULL then.  All memberships;
 * does the socket want this packet?
 */
void	inmulti_drop(struct inpcb *) __attribute__((__weak__));
int	inmulti_wants(struct inpcb *, const struct inrcv *)
	    __attribute__((__weak__));
/* Without locks: is somebody a member? */
int	inmulti_joined(struct inifgroups *, const struct inaddr *group)
	    __attribute__((__weak__));
/* A link that is new knows nothing of the groups. */
void	inmulti_restart(struct inifgroups *) __attribute__((__weak__));
/* The interface is gone. */
void	inmulti_ifgone(struct inifgroups *) __attribute__((__weak__));
/*
 * ig_lock held, for IGMP and MLD.  A question about a group (NULL: all) or some
 * of its sources (nsrc may be more than INMULTI_ASKED: then src is not looked
 * at), to be answered within max ns; somebody else's report of one.
 */
void	inmulti_query(struct inifgroups *, const struct inaddr *group,
	    const struct inaddr *src, unsigned nsrc, int64_t max);
void	inmulti_heard(struct inifgroups *, const struct inaddr *group);
/*
 * ig_lock held: ig_now is not what it was; a group without members and reports
 * goes; infilter_has: is src in it?  infilter_copy: 0 or ENOMEM.
 */
void	ingroup_changed(struct ingroup *);
void	ingroup_reap(struct ingroup **);
int	infilter_has(const struct infilter *, const struct inaddr *);
int	infilter_copy(struct infilter *, const struct infilter *);
void	infilter_clear(struct infilter *);

#endif /* NET_INMULTI_H */
