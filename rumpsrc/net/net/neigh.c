/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of neighbours of all interfaces: a hash that grows, at most
 * NEIGH_MAX entries; when it is full those nobody refers to make room.  The
 * timer is one callout, due when the first entry has something to do.
 *
 * Lock order: neigh_lock, ne_lock, neigh_timerlock.  An entry gets references
 * only under neigh_lock or from one that is held.
 */
#include <asm/errno.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/str.h>
#include "neigh_priv.h"

#define NEIGH_MAX	1024
#define NEIGH_KEEP	64		/* so many may be idle for ever */
#define NEIGH_BATCH	16
#define NEIGH_IDLE	(60 * NSEC_PER_SEC)

const struct neighops *rump_neighops[2];
static struct rump_mutex neigh_lock;
static struct neigh **neigh_table;	/* [neigh_lock] */
static unsigned neigh_size, neigh_count, neigh_hand;	/* [neigh_lock] */
static struct rump_mutex neigh_timerlock;
static struct rump_callout neigh_timer;	/* [neigh_timerlock] */
static int64_t neigh_due = INT64_MAX;	/* [neigh_timerlock] */

static inline unsigned
neigh_hash(const struct ifnet *ifp, const struct inaddr *a)
{
	uint64_t h = (a->ia_d[0] ^ a->ia_d[1] ^ ifp->if_index) *
	    0x9e3779b97f4a7c15ULL;

	return (unsigned)(h >> 40);
}

static inline struct neigh **
neigh_chain(const struct ifnet *ifp, const struct inaddr *a)
{

	return &neigh_table[neigh_hash(ifp, a) & (neigh_size - 1)];
}

void
rump_neigh_rele(struct neigh *ne)
{

	if (__atomic_sub_fetch(&ne->ne_refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	m_freeq(ne->ne_queue);
	rump_if_rele(ne->ne_if);
	rump_kmem_free(ne, sizeof(*ne));
}

/* Caller holds neigh_lock.  More chains, if there is memory for them. */
static void
neigh_grow(void)
{
	unsigned i, size = neigh_size != 0 ? neigh_size * 2 : 16;
	struct neigh **old = neigh_table, **new, **np, *ne;
	unsigned oldsize = neigh_size;

	if ((new = rump_kmem_zalloc(size * sizeof(*new))) == NULL)
		return;
	neigh_table = new;
	neigh_size = size;
	for (i = 0; i < oldsize; i++)
		while ((ne = old[i]) != NULL) {
			old[i] = ne->ne_next;
			np = neigh_chain(ne->ne_if, &ne->ne_addr);
			ne->ne_next = *np;
			*np = ne;
		}
	if (old != NULL)
		rump_kmem_free(old, oldsize * sizeof(*old));
}

/* Caller holds neigh_lock, which ends the table's reference. */
static void
neigh_unlink(struct neigh **np)
{
	struct neigh *ne = *np;
	struct mbuf *q;

	*np = ne->ne_next;
	neigh_count--;
	rump_mutex_enter(&ne->ne_lock);
	ne->ne_dead = 1;
	__atomic_store_n(&ne->ne_link, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&ne->ne_due, INT64_MAX, __ATOMIC_RELAXED);
	q = ne->ne_queue;
	ne->ne_queue = NULL;
	ne->ne_nqueue = 0;
	rump_mutex_exit(&ne->ne_lock);
	m_freeq(q);
	rump_neigh_rele(ne);
}

/* Nobody's and of little worth?  Caller holds neigh_lock. */
static int
neigh_evictable(struct neigh *ne, int secondpass)
{
	unsigned state = __atomic_load_n(&ne->ne_state, __ATOMIC_RELAXED);

	if (__atomic_load_n(&ne->ne_refs, __ATOMIC_ACQUIRE) != 1 ||
	    state == NUD_S_PERMANENT)
		return 0;
	if (state == NUD_S_INCOMPLETE || state == NUD_S_FAILED || secondpass)
		return 1;
	return !(__atomic_fetch_and(&ne->ne_marks, (uint8_t)~NEM_USED,
	    __ATOMIC_RELAXED) & NEM_USED);
}

/* Caller holds neigh_lock. */
static int
neigh_evict(void)
{
	struct neigh **np;
	unsigned i;

	for (i = 0; i < 2 * neigh_size; i++) {
		np = &neigh_table[neigh_hand++ & (neigh_size - 1)];
		for (; *np != NULL; np = &(*np)->ne_next)
			if (neigh_evictable(*np, i >= neigh_size)) {
				neigh_unlink(np);
				return 0;
			}
	}
	return ENOBUFS;
}

/* Caller holds neigh_lock. */
static struct neigh *
neigh_new(struct ifnet *ifp, const struct inaddr *addr)
{
	struct neigh *ne, **np;

	if (neigh_count >= NEIGH_MAX && neigh_evict() != 0)
		return NULL;
	if (neigh_count >= 2 * neigh_size)
		neigh_grow();
	if (neigh_size == 0 || (ne = rump_kmem_zalloc(sizeof(*ne))) == NULL)
		return NULL;
	__atomic_fetch_add(&ifp->if_refs, 1, __ATOMIC_RELAXED);
	ne->ne_refs = 1;
	ne->ne_addr = *addr;
	ne->ne_if = ifp;
	ne->ne_state = NUD_S_FAILED;
	ne->ne_due = INT64_MAX;
	np = neigh_chain(ifp, addr);
	ne->ne_next = *np;
	*np = ne;
	neigh_count++;
	rump_neigh_arm(ne, rump_monotonic() + NEIGH_IDLE);
	return ne;
}

struct neigh *
rump_neigh_get(struct ifnet *ifp, const struct inaddr *addr, int create)
{
	struct neigh *ne = NULL;

	rump_mutex_enter(&neigh_lock);
	if (neigh_size != 0)
		for (ne = *neigh_chain(ifp, addr); ne != NULL;
		    ne = ne->ne_next)
			if (ne->ne_if == ifp && inaddr_eq(&ne->ne_addr, addr))
				break;
	if (ne == NULL && create && !(__atomic_load_n(&ifp->if_state,
	    __ATOMIC_RELAXED) & IFS_DYING))
		ne = neigh_new(ifp, addr);
	if (ne != NULL)
		__atomic_fetch_add(&ne->ne_refs, 1, __ATOMIC_RELAXED);
	rump_mutex_exit(&neigh_lock);
	return ne;
}

int
rump_neigh_delete(struct ifnet *ifp, const struct inaddr *addr)
{
	struct neigh **np, *ne = NULL;

	rump_mutex_enter(&neigh_lock);
	if (neigh_size != 0)
		for (np = neigh_chain(ifp, addr); *np != NULL;
		    np = &(*np)->ne_next)
			if ((*np)->ne_if == ifp &&
			    inaddr_eq(&(*np)->ne_addr, addr)) {
				ne = *np;
				__atomic_fetch_add(&ne->ne_refs, 1,
				    __ATOMIC_RELAXED);
				neigh_unlink(np);
				break;
			}
	rump_mutex_exit(&neigh_lock);
	if (ne == NULL)
		return ENOENT;
	rump_net_changed();
	rump_if_event(IFE_NEIGH, ifp, ne);
	rump_neigh_rele(ne);
	return 0;
}

void
rump_neigh_flush(struct ifnet *ifp, int keepstatic)
{
	struct neigh **np;
	unsigned i;

	rump_mutex_enter(&neigh_lock);
	for (i = 0; i < neigh_size; i++)
		for (np = &neigh_table[i]; *np != NULL;) {
			if ((*np)->ne_if == ifp && !(keepstatic &&
			    __atomic_load_n(&(*np)->ne_state,
			    __ATOMIC_RELAXED) == NUD_S_PERMANENT))
				neigh_unlink(np);
			else
				np = &(*np)->ne_next;
		}
	rump_mutex_exit(&neigh_lock);
	rump_net_changed();
}

void
rump_neigh_ifdown(struct ifnet *ifp)
{

	rump_neigh_flush(ifp, 0);
}

int
rump_neigh_walk(int (*fn)(struct neigh *, void *), void *arg)
{
	struct neigh **all, *ne;
	unsigned i, n = 0, count;
	int error = 0;

	rump_mutex_enter(&neigh_lock);
	count = neigh_count;
	all = count > 0 ? rump_kmem_alloc(count * sizeof(*all)) : NULL;
	for (i = 0; all != NULL && i < neigh_size; i++)
		for (ne = neigh_table[i]; ne != NULL; ne = ne->ne_next) {
			__atomic_fetch_add(&ne->ne_refs, 1, __ATOMIC_RELAXED);
			all[n++] = ne;
		}
	rump_mutex_exit(&neigh_lock);
	if (count > 0 && all == NULL)
		return ENOMEM;
	for (i = 0; i < n; i++) {
		if (error == 0)
			error = fn(all[i], arg);
		rump_neigh_rele(all[i]);
	}
	if (all != NULL)
		rump_kmem_free(all, count * sizeof(*all));
	return error;
}

/* --- timer --- */

static void neigh_tick(void *);

/* When ne (or, NULL, the table) has to be looked at. */
void
rump_neigh_arm(struct neigh *ne, int64_t when)
{

	if (ne != NULL)
		__atomic_store_n(&ne->ne_due, when, __ATOMIC_RELAXED);
	if (when == INT64_MAX)
		return;
	rump_mutex_enter(&neigh_timerlock);
	if (when < neigh_due) {
		if (neigh_timer.co_fn == NULL)
			rump_callout_init(&neigh_timer, neigh_tick, NULL);
		neigh_due = when;
		rump_callout_schedule(&neigh_timer, when);
	}
	rump_mutex_exit(&neigh_timerlock);
}

/*
 * An idle entry goes when nobody refers to it and there are many, or when
 * nothing is known of it.  Caller holds neigh_lock.  True: gone.
 */
static int
neigh_collect(struct neigh **np, int64_t now)
{
	struct neigh *ne = *np;
	unsigned state = __atomic_load_n(&ne->ne_state, __ATOMIC_RELAXED);

	if ((state != NUD_S_STALE && state != NUD_S_FAILED) ||
	    __atomic_load_n(&ne->ne_due, __ATOMIC_RELAXED) > now)
		return 0;
	if (__atomic_load_n(&ne->ne_refs, __ATOMIC_ACQUIRE) == 1 &&
	    !(__atomic_fetch_and(&ne->ne_marks, (uint8_t)~NEM_USED,
	    __ATOMIC_RELAXED) & NEM_USED) &&
	    (state == NUD_S_FAILED || neigh_count > NEIGH_KEEP)) {
		neigh_unlink(np);
		return 1;
	}
	__atomic_store_n(&ne->ne_due, now + NEIGH_IDLE, __ATOMIC_RELAXED);
	return 0;
}

/* Those that have something to do, referenced; the earliest of the others. */
static unsigned
neigh_duelist(struct neigh **list, int64_t now, int64_t *nextp)
{
	struct neigh **np, *ne;
	unsigned i, n = 0;
	int64_t due;

	*nextp = INT64_MAX;
	rump_mutex_enter(&neigh_lock);
	for (i = 0; i < neigh_size; i++)
		for (np = &neigh_table[i]; (ne = *np) != NULL;) {
			if (neigh_collect(np, now))
				continue;
			np = &ne->ne_next;
			due = __atomic_load_n(&ne->ne_due, __ATOMIC_RELAXED);
			if (due <= now && n < NEIGH_BATCH) {
				__atomic_fetch_add(&ne->ne_refs, 1,
				    __ATOMIC_RELAXED);
				list[n++] = ne;
			} else if (due < *nextp) {
				*nextp = due;
			}
		}
	rump_mutex_exit(&neigh_lock);
	return n;
}

static void
neigh_tick(void *arg)
{
	struct neigh *list[NEIGH_BATCH];
	int64_t next, now = rump_monotonic();
	unsigned i, n;

	(void)arg;
	rump_mutex_enter(&neigh_timerlock);
	neigh_due = INT64_MAX;
	rump_mutex_exit(&neigh_timerlock);
	do {
		n = neigh_duelist(list, now, &next);
		for (i = 0; i < n; i++) {
			rump_neigh_timeout(list[i], now);
			rump_neigh_rele(list[i]);
		}
	} while (n == NEIGH_BATCH);
	rump_neigh_arm(NULL, next);
}
