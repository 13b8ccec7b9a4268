/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The states of a neighbour (RFC 4861, 7.3; ARP the same way).  ne_link is the
 * address for who sends, without a lock; NEL_FAST is off in it when sending
 * changes the state.  Packets are sent, and the family asked, without ne_lock.
 */
#include <asm/errno.h>
#include <linux/if_ether.h>
#include <kern/log.h>
#include <kern/str.h>
#include "neigh_priv.h"

#define NEIGH_RETRANS	NSEC_PER_SEC		/* RETRANS_TIMER */
#define NEIGH_TRIES	3			/* MAX_*CAST_SOLICIT */
#define NEIGH_REACHABLE	(30 * NSEC_PER_SEC)	/* REACHABLE_TIME */
#define NEIGH_DELAY	(5 * NSEC_PER_SEC)	/* DELAY_FIRST_PROBE_TIME */
#define NEIGH_STALE	(60 * NSEC_PER_SEC)	/* until it may be dropped */
#define NEIGH_QUEUE	16

static inline unsigned
neigh_state(const struct neigh *ne)
{

	return __atomic_load_n(&ne->ne_state, __ATOMIC_RELAXED);
}

/* Caller holds ne_lock. */
static void
neigh_set(struct neigh *ne, unsigned state, int64_t due)
{
	uint64_t link = 0;

	__atomic_store_n(&ne->ne_state, (uint8_t)state, __ATOMIC_RELAXED);
	if (state != NUD_S_INCOMPLETE && state != NUD_S_FAILED)
		link = ether_pack(ne->ne_lladdr) | NEL_VALID |
		    (state == NUD_S_STALE ? 0 : NEL_FAST);
	__atomic_store_n(&ne->ne_link, link, __ATOMIC_RELEASE);
	rump_neigh_arm(ne, due);
}

static inline uint16_t
neigh_proto(const struct neigh *ne)
{

	return inaddr_is4(&ne->ne_addr) ? ETH_P_IP : ETH_P_IPV6;
}

static inline const struct neighops *
neigh_ops(const struct neigh *ne)
{

	return rump_neighops[!inaddr_is4(&ne->ne_addr)];
}

static void
neigh_solicit(struct neigh *ne, const uint8_t *lladdr)
{
	const struct neighops *no = neigh_ops(ne);

	if (no != NULL)
		no->no_solicit(ne, lladdr);
}

/* Caller holds ne_lock. */
static struct mbuf *
neigh_takequeue(struct neigh *ne)
{
	struct mbuf *q = ne->ne_queue;

	ne->ne_queue = NULL;
	ne->ne_nqueue = 0;
	return q;
}

static void
neigh_failed(struct neigh *ne, struct mbuf *q)
{
	const struct neighops *no = neigh_ops(ne);
	struct mbuf *m;

	while ((m = q) != NULL) {
		q = m->m_nextpkt;
		m->m_nextpkt = NULL;
		if (no != NULL && no->no_unreachable != NULL)
			no->no_unreachable(ne, m);
		else
			m_freem(m);
	}
}

/* Caller holds ne_lock; the oldest makes room. */
static void
neigh_enqueue(struct neigh *ne, struct mbuf *m)
{
	struct mbuf **mp = &ne->ne_queue, *old;

	m->m_nextpkt = NULL;
	while (*mp != NULL)
		mp = &(*mp)->m_nextpkt;
	*mp = m;
	if (++ne->ne_nqueue > NEIGH_QUEUE) {
		old = ne->ne_queue;
		ne->ne_queue = old->m_nextpkt;
		old->m_nextpkt = NULL;
		ne->ne_nqueue--;
		net_count(&ne->ne_if->if_stats.tx_dropped, 1);
		m_freem(old);
	}
}

static __attribute__((__noinline__)) int
neigh_output_slow(struct neigh *ne, struct mbuf *m, uint16_t proto, int more)
{
	int64_t now = rump_monotonic();
	unsigned ask = 0, dead;
	uint64_t link;

	rump_mutex_enter(&ne->ne_lock);
	dead = ne->ne_dead;
	if (!dead && ne->ne_state == NUD_S_STALE)
		neigh_set(ne, NUD_S_DELAY, now + NEIGH_DELAY);
	link = ne->ne_link;
	if (!(link & NEL_VALID) && !dead) {
		neigh_enqueue(ne, m);
		if (ne->ne_state == NUD_S_FAILED) {
			ne->ne_probes = 1;
			neigh_set(ne, NUD_S_INCOMPLETE, now + NEIGH_RETRANS);
			ask = 1;
		}
	}
	rump_mutex_exit(&ne->ne_lock);
	if (ask)
		neigh_solicit(ne, NULL);
	if (link & NEL_VALID)
		return rump_ether_send(ne->ne_if, m, link & NEL_ADDR, proto,
		    more);
	if (dead) {
		m_freem(m);
		return EHOSTUNREACH;
	}
	return 0;
}

int
rump_neigh_output(struct neigh *ne, struct mbuf *m, uint16_t proto, int more)
{
	uint64_t link = __atomic_load_n(&ne->ne_link, __ATOMIC_ACQUIRE);

	if (NET_UNLIKELY(!(__atomic_load_n(&ne->ne_marks, __ATOMIC_RELAXED) &
	    NEM_USED)))
		__atomic_fetch_or(&ne->ne_marks, NEM_USED, __ATOMIC_RELAXED);
	if (NET_UNLIKELY(!(link & NEL_FAST)))
		return neigh_output_slow(ne, m, proto, more);
	return rump_ether_send(ne->ne_if, m, link & NEL_ADDR, proto, more);
}

/* Caller holds ne_lock. */
static void
neigh_setreachable(struct neigh *ne, int64_t now)
{

	ne->ne_confirmed = now;
	ne->ne_probes = 0;
	__atomic_fetch_and(&ne->ne_marks, (uint8_t)~NEM_CONFIRMED,
	    __ATOMIC_RELAXED);
	neigh_set(ne, NUD_S_REACHABLE, now + NEIGH_REACHABLE);
}

static __attribute__((__noinline__)) void
neigh_confirm_slow(struct neigh *ne)
{
	unsigned s;

	rump_mutex_enter(&ne->ne_lock);
	s = ne->ne_state;
	if (!ne->ne_dead && (s == NUD_S_STALE || s == NUD_S_DELAY ||
	    s == NUD_S_PROBE))
		neigh_setreachable(ne, rump_monotonic());
	rump_mutex_exit(&ne->ne_lock);
}

void
rump_neigh_confirm(struct neigh *ne)
{

	if (NET_UNLIKELY(!(__atomic_load_n(&ne->ne_marks, __ATOMIC_RELAXED) &
	    NEM_CONFIRMED)))
		__atomic_fetch_or(&ne->ne_marks, NEM_CONFIRMED,
		    __ATOMIC_RELAXED);
	if (NET_UNLIKELY(neigh_state(ne) != NUD_S_REACHABLE &&
	    neigh_state(ne) != NUD_S_PERMANENT))
		neigh_confirm_slow(ne);
}

/* The rules of 7.2.5 (and 7.2.3, 6.2.6).  Caller holds ne_lock. */
static void
neigh_learn(struct neigh *ne, const uint8_t *ll, int flags, int64_t now)
{
	unsigned s = ne->ne_state;
	int known = s != NUD_S_INCOMPLETE && s != NUD_S_FAILED;
	int differs = ll != NULL && (!known ||
	    memcmp(ll, ne->ne_lladdr, 6) != 0);

	if (s == NUD_S_PERMANENT || (!known && ll == NULL))
		return;
	if (known && differs && !(flags & NEU_OVERRIDE)) {
		if (s == NUD_S_REACHABLE)
			neigh_set(ne, NUD_S_STALE, now + NEIGH_STALE);
		return;
	}
	if (differs)
		memcpy(ne->ne_lladdr, ll, 6);
	if (flags & NEU_SOLICITED)
		neigh_setreachable(ne, now);
	else if (differs)
		neigh_set(ne, NUD_S_STALE, now + NEIGH_STALE);
	if (flags & NEU_ROUTER)
		ne->ne_router = 1;
	else if (flags & NEU_SOLICITED)
		ne->ne_router = 0;
}

void
rump_neigh_update(struct neigh *ne, const uint8_t *lladdr, int flags)
{
	int64_t now = rump_monotonic();
	struct mbuf *q = NULL, *m;
	unsigned old;
	uint64_t link, oldlink;

	rump_mutex_enter(&ne->ne_lock);
	old = ne->ne_state;
	oldlink = ne->ne_link;
	if (ne->ne_dead) {
		rump_mutex_exit(&ne->ne_lock);
		return;
	}
	if ((flags & NEU_PERMANENT) && lladdr != NULL) {
		memcpy(ne->ne_lladdr, lladdr, 6);
		neigh_set(ne, NUD_S_PERMANENT, INT64_MAX);
	} else {
		neigh_learn(ne, lladdr, flags, now);
	}
	link = ne->ne_link;
	/* Those that waited make a stale address be probed. */
	if (link & NEL_VALID) {
		q = neigh_takequeue(ne);
		if (q != NULL && ne->ne_state == NUD_S_STALE)
			neigh_set(ne, NUD_S_DELAY, now + NEIGH_DELAY);
	}
	rump_mutex_exit(&ne->ne_lock);
	while ((m = q) != NULL) {
		q = m->m_nextpkt;
		m->m_nextpkt = NULL;
		(void)rump_ether_send(ne->ne_if, m, link & NEL_ADDR,
		    neigh_proto(ne), q != NULL);
	}
	if (neigh_state(ne) != old || ((link ^ oldlink) & NEL_ADDR) != 0)
		rump_if_event(IFE_NEIGH, ne->ne_if, ne);
}

/* Caller holds ne_lock.  True: ask once more. */
static int
neigh_try(struct neigh *ne, int64_t now)
{

	if (ne->ne_probes >= NEIGH_TRIES) {
		ne->ne_probes = 0;
		neigh_set(ne, NUD_S_FAILED, now + NEIGH_STALE);
		return 0;
	}
	ne->ne_probes++;
	rump_neigh_arm(ne, now + NEIGH_RETRANS);
	return 1;
}

void
rump_neigh_timeout(struct neigh *ne, int64_t now)
{
	struct mbuf *q = NULL;
	uint8_t ll[6];
	unsigned old, new;
	int ask = 0;
	int64_t due;

	rump_mutex_enter(&ne->ne_lock);
	old = ne->ne_state;
	due = __atomic_load_n(&ne->ne_due, __ATOMIC_RELAXED);
	switch (ne->ne_dead || due > now ? -1 : (int)old) {
	case -1:
		break;
	case NUD_S_REACHABLE:
		if (__atomic_load_n(&ne->ne_marks, __ATOMIC_RELAXED) &
		    NEM_CONFIRMED)
			neigh_setreachable(ne, now);
		else
			neigh_set(ne, NUD_S_STALE, now + NEIGH_STALE);
		break;
	case NUD_S_DELAY:
		ne->ne_probes = 0;
		neigh_set(ne, NUD_S_PROBE, now + NEIGH_RETRANS);
		__attribute__((__fallthrough__));
	case NUD_S_INCOMPLETE:
	case NUD_S_PROBE:
		ask = neigh_try(ne, now);
		if (!ask)
			q = neigh_takequeue(ne);
		break;
	case NUD_S_STALE:
	case NUD_S_FAILED:
		rump_neigh_arm(ne, now + NEIGH_STALE);
		break;
	default:
		rump_neigh_arm(ne, INT64_MAX);
	}
	new = ne->ne_state;
	memcpy(ll, ne->ne_lladdr, 6);
	rump_mutex_exit(&ne->ne_lock);
	if (ask)
		neigh_solicit(ne, new == NUD_S_PROBE ? ll : NULL);
	neigh_failed(ne, q);
	if (new != old) {
		if (new == NUD_S_FAILED)
			rump_net_changed();
		rump_if_event(IFE_NEIGH, ne->ne_if, ne);
	}
}
