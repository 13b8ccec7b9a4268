/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Condition variables.  The waiter is queued before it leaves the mutex, so
 * no signal is lost; a signal takes it out of the queue and wakes it.
 */
#include "mutex.h"

struct rumpuser_cv {
	struct bmk_spin	 cv_lock;
	struct user_waitq cv_waitq;	/* [cv_lock] */
};

void
rumpuser_cv_init(struct rumpuser_cv **cvp)
{
	struct rumpuser_cv *cv = bmk_malloc(sizeof(*cv), 0);

	if (cv == NULL)
		bmk_panic("no memory for a condition variable");
	memset(cv, 0, sizeof(*cv));
	*cvp = cv;
}

void
rumpuser_cv_destroy(struct rumpuser_cv *cv)
{
	bmk_assert(cv->cv_waitq.uq_head == NULL);
	bmk_free(cv, sizeof(*cv));
}

/* Leaves mtx, waits, and does not take it again.  0 or ETIMEDOUT. */
static int
wait(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx, int64_t deadline)
{
	struct user_wait w;
	unsigned long saved;
	int error;

	saved = bmk_spin_enter(&cv->cv_lock);
	user_waitq_put(&cv->cv_waitq, &w);
	bmk_spin_exit(&cv->cv_lock, saved);
	rumpuser_mutex_exit(mtx);
	error = user_waitq_block(&w, deadline);
	saved = bmk_spin_enter(&cv->cv_lock);
	if (!w.uw_queued)
		error = 0;	/* signalled while the time ran out */
	user_waitq_remove(&cv->cv_waitq, &w);
	bmk_spin_exit(&cv->cv_lock, saved);
	return error;
}

/* The order of getting back in: see rumpuser(3) on SPIN|KMUTEX. */
static int
wait_wrapped(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx,
    int64_t deadline)
{
	const int both = RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX;
	int error, nlocks;

	user_unschedule(&nlocks, mtx);
	error = wait(cv, mtx, deadline);
	if ((mtx->m_flags & both) == both) {
		user_schedule(nlocks, mtx);
		rumpuser_mutex_enter_nowrap(mtx);
	} else {
		rumpuser_mutex_enter_nowrap(mtx);
		user_schedule(nlocks, mtx);
		mtx->m_lwp = bmk_curthread()->bt_lwp;
	}
	return error;
}

void
rumpuser_cv_wait(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx)
{
	(void)wait_wrapped(cv, mtx, BMK_TIME_NEVER);
}

void
rumpuser_cv_wait_nowrap(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx)
{
	(void)wait(cv, mtx, BMK_TIME_NEVER);
	rumpuser_mutex_enter_nowrap(mtx);
}

int
rumpuser_cv_timedwait(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx,
    int64_t sec, int64_t nsec)
{
	int64_t t;

	if (__builtin_mul_overflow(sec, NSEC, &t) ||
	    __builtin_add_overflow(t, nsec, &t) ||
	    __builtin_add_overflow(t, bmk_platform_monotonic(), &t))
		t = sec < 0 ? 0 : BMK_TIME_NEVER;
	return wait_wrapped(cv, mtx, t) == 0 ? 0 : EIO;
}

void
rumpuser_cv_signal(struct rumpuser_cv *cv)
{
	unsigned long saved = bmk_spin_enter(&cv->cv_lock);

	if (cv->cv_waitq.uq_head != NULL)
		user_waitq_wake(&cv->cv_waitq);
	bmk_spin_exit(&cv->cv_lock, saved);
}

void
rumpuser_cv_broadcast(struct rumpuser_cv *cv)
{
	unsigned long saved = bmk_spin_enter(&cv->cv_lock);

	while (cv->cv_waitq.uq_head != NULL)
		user_waitq_wake(&cv->cv_waitq);
	bmk_spin_exit(&cv->cv_lock, saved);
}

void
rumpuser_cv_has_waiters(struct rumpuser_cv *cv, int *waitersp)
{
	*waitersp = __atomic_load_n(&cv->cv_waitq.uq_head,
	    __ATOMIC_RELAXED) != NULL;
}
