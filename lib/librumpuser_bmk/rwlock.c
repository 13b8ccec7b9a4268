/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read/write locks.  Who cannot get in queues; the lock is handed to the
 * first in the queue (a writer, or all readers up to the next writer), and
 * newcomers queue when somebody waits, so nobody starves.
 */
#include "user.h"

/* All of it: [rw_lock] */
struct rumpuser_rw {
	struct bmk_spin	 rw_lock;
	int		 rw_count;	/* readers; -1: a writer */
	struct bmk_thread *rw_writer;
	struct user_waitq rw_waitq;	/* uw_kind: RUMPUSER_RW_* */
};

void
rumpuser_rw_init(struct rumpuser_rw **rwp)
{
	struct rumpuser_rw *rw = bmk_malloc(sizeof(*rw), 0);

	if (rw == NULL)
		bmk_panic("no memory for a read/write lock");
	memset(rw, 0, sizeof(*rw));
	*rwp = rw;
}

void
rumpuser_rw_destroy(struct rumpuser_rw *rw)
{
	bmk_assert(rw->rw_count == 0 && rw->rw_waitq.uq_head == NULL);
	bmk_free(rw, sizeof(*rw));
}

/* Caller holds rw_lock. */
static int
try(struct rumpuser_rw *rw, int lk)
{
	if (lk == RUMPUSER_RW_WRITER) {
		if (rw->rw_count != 0)
			return 0;
		rw->rw_count = -1;
		rw->rw_writer = bmk_curthread();
		return 1;
	}
	if (rw->rw_count < 0 || rw->rw_waitq.uq_head != NULL)
		return 0;
	rw->rw_count++;
	return 1;
}

/* Lets in whom the state allows; caller holds rw_lock. */
static void
hand_on(struct rumpuser_rw *rw)
{
	struct user_wait *w;

	while ((w = rw->rw_waitq.uq_head) != NULL) {
		if (w->uw_kind == RUMPUSER_RW_WRITER) {
			if (rw->rw_count == 0) {
				rw->rw_count = -1;
				rw->rw_writer = w->uw_thread;
				user_waitq_wake(&rw->rw_waitq);
			}
			return;
		}
		if (rw->rw_count < 0)
			return;
		rw->rw_count++;
		user_waitq_wake(&rw->rw_waitq);
	}
}

int
rumpuser_rw_tryenter(int lk, struct rumpuser_rw *rw)
{
	unsigned long saved = bmk_spin_enter(&rw->rw_lock);
	int got = try(rw, lk);

	bmk_spin_exit(&rw->rw_lock, saved);
	return got ? 0 : EBUSY;
}

void
rumpuser_rw_enter(int lk, struct rumpuser_rw *rw)
{
	struct user_wait w;
	unsigned long saved = bmk_spin_enter(&rw->rw_lock);
	int nlocks;

	if (try(rw, lk)) {
		bmk_spin_exit(&rw->rw_lock, saved);
		return;
	}
	w.uw_kind = lk;
	user_waitq_put(&rw->rw_waitq, &w);
	bmk_spin_exit(&rw->rw_lock, saved);
	user_unschedule(&nlocks, NULL);
	(void)user_waitq_block(&w, BMK_TIME_NEVER);
	/* Behind the waker, who still looks at w. */
	saved = bmk_spin_enter(&rw->rw_lock);
	bmk_spin_exit(&rw->rw_lock, saved);
	user_schedule(nlocks, NULL);
}

int
rumpuser_rw_tryupgrade(struct rumpuser_rw *rw)
{
	unsigned long saved = bmk_spin_enter(&rw->rw_lock);
	int error = EBUSY;

	if (rw->rw_count == 1) {
		rw->rw_count = -1;
		rw->rw_writer = bmk_curthread();
		error = 0;
	}
	bmk_spin_exit(&rw->rw_lock, saved);
	return error;
}

void
rumpuser_rw_downgrade(struct rumpuser_rw *rw)
{
	unsigned long saved = bmk_spin_enter(&rw->rw_lock);

	bmk_assert(rw->rw_count == -1 && rw->rw_writer == bmk_curthread());
	rw->rw_writer = NULL;
	rw->rw_count = 1;
	hand_on(rw);
	bmk_spin_exit(&rw->rw_lock, saved);
}

void
rumpuser_rw_exit(struct rumpuser_rw *rw)
{
	unsigned long saved = bmk_spin_enter(&rw->rw_lock);

	if (rw->rw_count == -1) {
		bmk_assert(rw->rw_writer == bmk_curthread());
		rw->rw_writer = NULL;
		rw->rw_count = 0;
	} else {
		bmk_assert(rw->rw_count > 0);
		rw->rw_count--;
	}
	hand_on(rw);
	bmk_spin_exit(&rw->rw_lock, saved);
}

void
rumpuser_rw_held(int lk, struct rumpuser_rw *rw, int *heldp)
{
	if (lk == RUMPUSER_RW_WRITER)
		*heldp = rw->rw_writer == bmk_curthread();
	else
		*heldp = rw->rw_count > 0;
}
