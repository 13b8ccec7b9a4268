/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sleep queues: lwps that wait for an address (lock, condition variable).
 * The bucket's lock is a SPIN | KMUTEX one, so that a woken sleeper takes its
 * virtual CPU before the lock: a CPU holder can always get the lock.
 */
#include <asm/errno.h>
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
	rumpuser_mutex_init(&mtx, RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX);
	if (__atomic_compare_exchange_n(&sq->sq_mtx, &old, mtx, 0,
	    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return mtx;
	rumpuser_mutex_destroy(mtx);
	return old;
}

/* Of a queue that is locked. */
static struct rumpuser_mtx *
sleepq_locked(struct sleepq *sq)
{

	return __atomic_load_n(&sq->sq_mtx, __ATOMIC_RELAXED);
}

void
rump_sleepq_enter(const volatile void *obj)
{

	rumpuser_mutex_enter_nowrap(sleepq_mtx(sleepq_of(obj)));
}

void
rump_sleepq_exit(const volatile void *obj)
{

	rumpuser_mutex_exit(sleepq_locked(sleepq_of(obj)));
}

void
rump_sleepq_add(const volatile void *obj, int sig)
{
	struct sleepq *sq = sleepq_of(obj);
	struct lwp *l = curlwp;

	if (l->l_slpcv == NULL)
		rumpuser_cv_init(&l->l_slpcv);
	l->l_slpsig = sig;
	l->l_slpwoken = 0;
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
		l->l_slpwoken = RUMP_WOKEN;
		rumpuser_cv_signal(l->l_slpcv);
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

/* One wait of curlwp; true when the time ran out. */
static int
sleepq_wait(struct sleepq *sq, struct lwp *l, int64_t deadline)
{
	int64_t left;

	if (deadline == INT64_MAX) {
		rumpuser_cv_wait(l->l_slpcv, sleepq_locked(sq));
		return 0;
	}
	if ((left = deadline - rump_monotonic()) <= 0)
		return 1;
	(void)rumpuser_cv_timedwait(l->l_slpcv, sleepq_locked(sq),
	    left / NSEC_PER_SEC, left % NSEC_PER_SEC);
	return 0;
}

int
rump_sleepq_block(const volatile void *obj, int64_t deadline)
{
	struct sleepq *sq = sleepq_of(obj);
	struct lwp *l = curlwp;
	int error = 0;

	rumpuser_mutex_enter_nowrap(sleepq_locked(sq));
	while (l->l_slpwoken == 0 && error == 0) {
		if (l->l_slpsig && __atomic_load_n(&l->l_pending,
		    __ATOMIC_RELAXED))
			error = EINTR;
		else if (sleepq_wait(sq, l, deadline))
			error = ETIMEDOUT;
	}
	if (l->l_slpwoken == 0)
		sleepq_remove_find(sq, l);
	else
		error = l->l_slpwoken == RUMP_INTR ? EINTR : 0;
	rumpuser_mutex_exit(sleepq_locked(sq));
	return error;
}

void
rump_lwp_wakeup(struct lwp *l)
{
	struct sleepq *sq;
	void *obj;

	obj = __atomic_load_n(&l->l_slpobj, __ATOMIC_ACQUIRE);
	if (obj == NULL)
		return;		/* it sees l_pending before it sleeps */
	sq = sleepq_of(obj);
	rumpuser_mutex_enter_nowrap(sleepq_mtx(sq));
	if (l->l_slpobj == obj && l->l_slpsig) {
		sleepq_remove_find(sq, l);
		l->l_slpwoken = RUMP_INTR;
		rumpuser_cv_signal(l->l_slpcv);
	}
	rumpuser_mutex_exit(sleepq_locked(sq));
}
