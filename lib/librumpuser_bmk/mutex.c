/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes.  Uncontended: one compare and exchange, one exchange.  A leaving
 * owner frees the mutex and wakes the first waiter, which tries again, so a
 * running thread can take it meanwhile and no convoy forms.
 */
#include "mutex.h"

void
rumpuser_mutex_init(struct rumpuser_mtx **mtxp, int flags)
{
	struct rumpuser_mtx *mtx = bmk_malloc(sizeof(*mtx), 0);

	if (mtx == NULL)
		bmk_panic("no memory for a mutex");
	memset(mtx, 0, sizeof(*mtx));
	mtx->m_flags = flags;
	*mtxp = mtx;
}

void
rumpuser_mutex_destroy(struct rumpuser_mtx *mtx)
{
	bmk_assert(mtx->m_owner == NULL && mtx->m_nwait == 0);
	bmk_free(mtx, sizeof(*mtx));
}

static inline int
try(struct rumpuser_mtx *mtx)
{
	struct bmk_thread *none = NULL;

	if (!__atomic_compare_exchange_n(&mtx->m_owner, &none,
	    bmk_curthread(), 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return 0;
	mtx->m_lwp = bmk_curthread()->bt_lwp;
	return 1;
}

int
rumpuser_mutex_tryenter(struct rumpuser_mtx *mtx)
{
	return try(mtx) ? 0 : EBUSY;
}

/* Blocks until it is ours; m_nwait tells the owner to look at the queue. */
static void
enter_slow(struct rumpuser_mtx *mtx)
{
	struct user_wait w;
	unsigned long saved;
	int got;

	if (mtx->m_owner == bmk_curthread())
		bmk_panic("locking mutex %p against myself", (void *)mtx);
	do {
		saved = bmk_spin_enter(&mtx->m_lock);
		__atomic_add_fetch(&mtx->m_nwait, 1, __ATOMIC_SEQ_CST);
		got = try(mtx);
		if (got)
			mtx->m_nwait--;
		else
			user_waitq_put(&mtx->m_waitq, &w);
		bmk_spin_exit(&mtx->m_lock, saved);
		if (!got) {
			(void)user_waitq_block(&w, BMK_TIME_NEVER);
			/* Behind the waker, who still looks at w. */
			saved = bmk_spin_enter(&mtx->m_lock);
			got = try(mtx);
			bmk_spin_exit(&mtx->m_lock, saved);
		}
	} while (!got);
}

void
rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *mtx)
{
	if (!try(mtx))
		enter_slow(mtx);
}

void
rumpuser_mutex_enter(struct rumpuser_mtx *mtx)
{
	int nlocks;

	if (try(mtx))
		return;
	if (mtx->m_flags & RUMPUSER_MTX_SPIN) {
		enter_slow(mtx);
		return;
	}
	user_unschedule(&nlocks, NULL);
	enter_slow(mtx);
	user_schedule(nlocks, NULL);
	/* The lwp is the one that runs with the CPU. */
	mtx->m_lwp = bmk_curthread()->bt_lwp;
}

void
rumpuser_mutex_exit(struct rumpuser_mtx *mtx)
{
	unsigned long saved;

	bmk_assert(mtx->m_owner == bmk_curthread());
	mtx->m_lwp = NULL;
	__atomic_store_n(&mtx->m_owner, NULL, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&mtx->m_nwait, __ATOMIC_SEQ_CST) == 0)
		return;
	saved = bmk_spin_enter(&mtx->m_lock);
	if (mtx->m_waitq.uq_head != NULL) {
		mtx->m_nwait--;
		user_waitq_wake(&mtx->m_waitq);
	}
	bmk_spin_exit(&mtx->m_lock, saved);
}

void
rumpuser_mutex_owner(struct rumpuser_mtx *mtx, struct lwp **lp)
{
	*lp = mtx->m_owner != NULL ? mtx->m_lwp : NULL;
}
