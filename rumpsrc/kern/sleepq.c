/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sleep queues: lwps that wait for an address (lock, condition variable).
 * What wakes one of them is its own event, which stays signalled until it is
 * waited for, so nothing is lost between the queue and the sleep.  The
 * bucket's lock is a SPIN mutex; with one virtual CPU that nobody takes away
 * (rump_cooperative) it is not needed.
 *
 * An interrupt handler wakes the sleeper of rump_drain_event, when there is
 * one, instead of a device's thread.
 */
#include <asm/errno.h>
#include <rump/rumpcomp_event.h>
#include <rump/rumpuser.h>
#include <kern/clock.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/sched.h>

#define SLEEPQ_NBUCKETS	64
#define RUMP_WOKEN	1
#define RUMP_INTR	2

struct sleepq {
	struct rumpuser_mtx *sq_mtx;	/* [a] made at first need */
	struct lwp	*sq_head, *sq_tail;	/* [sq_mtx] l_slpnext */
};

static struct sleepq sleepq_table[SLEEPQ_NBUCKETS];

static struct sleepq *
sleepq_of(const volatile void *obj)
{
	uintptr_t h = (uintptr_t)obj >> 4;

	h ^= h >> 6;
	return &sleepq_table[h % SLEEPQ_NBUCKETS];
}

static struct rumpuser_mtx *
sleepq_mtx(struct sleepq *sq)
{
	struct rumpuser_mtx *mtx, *old = NULL;

	mtx = __atomic_load_n(&sq->sq_mtx, __ATOMIC_ACQUIRE);
	if (__builtin_expect(mtx != NULL, 1))
		return mtx;
	rumpuser_mutex_init(&mtx, RUMPUSER_MTX_SPIN);
	if (__atomic_compare_exchange_n(&sq->sq_mtx, &old, mtx, 0,
	    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return mtx;
	rumpuser_mutex_destroy(mtx);
	return old;
}

void
rump_sleepq_enter(const volatile void *obj)
{

	if (!rump_cooperative)
		rumpuser_mutex_enter_nowrap(sleepq_mtx(sleepq_of(obj)));
}

void
rump_sleepq_exit(const volatile void *obj)
{

	if (!rump_cooperative)
		rumpuser_mutex_exit(__atomic_load_n(&sleepq_of(obj)->sq_mtx,
		    __ATOMIC_RELAXED));
}

void
rump_sleepq_add(const volatile void *obj, int sig)
{
	struct sleepq *sq = sleepq_of(obj);
	struct lwp *l = curlwp;

	if (l->l_slpev == NULL && rumpcomp_event_create(&l->l_slpev) != 0)
		rump_panic("no memory to sleep");
	l->l_slpsig = sig;
	l->l_slplast = (void *)(uintptr_t)obj;
	__atomic_store_n(&l->l_slpwoken, 0, __ATOMIC_RELAXED);
	l->l_slpnext = NULL;
	__atomic_store_n(&l->l_slpobj, (void *)(uintptr_t)obj,
	    __ATOMIC_RELEASE);
	if (sq->sq_head == NULL)
		sq->sq_head = l;
	else
		sq->sq_tail->l_slpnext = l;
	sq->sq_tail = l;
}

/* Takes *lp off; prev is its predecessor or NULL. */
static void
sleepq_remove(struct sleepq *sq, struct lwp *l, struct lwp *prev)
{

	if (prev != NULL)
		prev->l_slpnext = l->l_slpnext;
	else
		sq->sq_head = l->l_slpnext;
	if (sq->sq_tail == l)
		sq->sq_tail = prev;
	__atomic_store_n(&l->l_slpobj, NULL, __ATOMIC_RELEASE);
}

static void
sleepq_remove_find(struct sleepq *sq, struct lwp *l)
{
	struct lwp *prev = NULL, *x;

	for (x = sq->sq_head; x != l; x = x->l_slpnext)
		prev = x;
	sleepq_remove(sq, l, prev);
}

int
rump_sleepq_wake(const volatile void *obj, int n)
{
	struct sleepq *sq = sleepq_of(obj);
	struct lwp *l, *next, *prev = NULL;
	int woken = 0;

	for (l = sq->sq_head; l != NULL && woken < n; l = next) {
		next = l->l_slpnext;
		if (l->l_slpobj != obj) {
			prev = l;
			continue;
		}
		sleepq_remove(sq, l, prev);
		__atomic_store_n(&l->l_slpwoken, RUMP_WOKEN,
		    __ATOMIC_RELEASE);
		rumpcomp_event_signal(l->l_slpev);
		woken++;
	}
	return woken;
}

int
rump_sleepq_any(const volatile void *obj)
{
	const struct lwp *l;

	for (l = sleepq_of(obj)->sq_head; l != NULL; l = l->l_slpnext)
		if (l->l_slpobj == obj)
			return 1;
	return 0;
}

static inline int
sleepq_woken(const struct lwp *l)
{

	return __atomic_load_n(&l->l_slpwoken, __ATOMIC_ACQUIRE);
}

static int64_t
sleepq_left(int64_t deadline)
{

	return deadline < 0 ? -deadline - rump_walltime() :
	    deadline - rump_monotonic();
}

/* One wait of curlwp; spurious ones happen. */
static int
sleepq_wait(struct lwp *l, int64_t deadline)
{
	int64_t left = -1;

	if (l->l_slpsig && __atomic_load_n(&l->l_pending, __ATOMIC_RELAXED))
		return EINTR;
	if (deadline != INT64_MAX &&
	    (left = sleepq_left(deadline)) <= 0)
		return ETIMEDOUT;
	(void)rumpcomp_event_timedwait(l->l_slpev, left);
	return 0;
}

static int
sleepq_end(const volatile void *obj, struct lwp *l, int error)
{

	rump_sleepq_enter(obj);
	if (l->l_slpwoken == 0)
		sleepq_remove_find(sleepq_of(obj), l);
	else
		error = l->l_slpwoken == RUMP_INTR ? EINTR : 0;
	rump_sleepq_exit(obj);
	return error;
}

int
rump_sleepq_block(const volatile void *obj, int64_t deadline)
{
	struct lwp *l = curlwp;
	int error = 0;

	while (sleepq_woken(l) == 0 && error == 0)
		error = sleepq_wait(l, deadline);
	if (error == 0 && l->l_slpwoken == RUMP_WOKEN)
		return 0;
	return sleepq_end(obj, l, error);
}

struct rumpcomp_event *rump_drain_event;
uint32_t rump_drain_work;
void (*rump_drain_kick)(void);

static inline uint32_t
drain_work(void)
{

	return __atomic_load_n(&rump_drain_work, __ATOMIC_RELAXED);
}

/*
 * The same for who drains: EAGAIN when a device has work.  With several
 * virtual CPUs an event could vanish under an interrupt handler, so there
 * devices have their threads.
 */
int
rump_sleepq_block_drain(const volatile void *obj, int64_t deadline)
{
	struct lwp *l = curlwp;
	int error = 0, mine;

	mine = rump_cooperative && __atomic_load_n(&rump_drain_event,
	    __ATOMIC_RELAXED) == NULL;
	if (mine)
		__atomic_store_n(&rump_drain_event, l->l_slpev,
		    __ATOMIC_RELEASE);
	while (sleepq_woken(l) == 0 && error == 0)
		error = mine && drain_work() ? EAGAIN :
		    sleepq_wait(l, deadline);
	if (mine) {
		__atomic_store_n(&rump_drain_event, NULL, __ATOMIC_RELAXED);
		if (error != EAGAIN && drain_work())
			rump_drain_kick();
	}
	if (error == 0 && l->l_slpwoken == RUMP_WOKEN)
		return 0;
	return sleepq_end(obj, l, error);
}

/* The wall clock was set: whose deadline is of it looks again. */
void
rump_sleepq_wallstep(void)
{
	struct sleepq *sq;
	struct lwp *l;

	for (sq = sleepq_table; sq < sleepq_table + SLEEPQ_NBUCKETS; sq++) {
		if (!rump_cooperative)
			rumpuser_mutex_enter_nowrap(sleepq_mtx(sq));
		for (l = sq->sq_head; l != NULL; l = l->l_slpnext)
			rumpcomp_event_signal(l->l_slpev);
		if (!rump_cooperative)
			rumpuser_mutex_exit(sq->sq_mtx);
	}
}

/* l is going away: whoever woke it last has let go of it. */
void
rump_sleepq_forget(struct lwp *l)
{

	if (l->l_slpev == NULL)
		return;
	rump_sleepq_enter(l->l_slplast);
	rump_sleepq_exit(l->l_slplast);
	rumpcomp_event_destroy(l->l_slpev);
}

void
rump_lwp_wakeup(struct lwp *l)
{
	void *obj;

	obj = __atomic_load_n(&l->l_slpobj, __ATOMIC_ACQUIRE);
	if (obj == NULL)
		return;		/* it sees l_pending before it sleeps */
	rump_sleepq_enter(obj);
	/* It may sleep in another queue now. */
	if (__atomic_load_n(&l->l_slpobj, __ATOMIC_RELAXED) == obj &&
	    l->l_slpsig) {
		sleepq_remove_find(sleepq_of(obj), l);
		__atomic_store_n(&l->l_slpwoken, RUMP_INTR,
		    __ATOMIC_RELEASE);
		rumpcomp_event_signal(l->l_slpev);
	}
	rump_sleepq_exit(obj);
}
