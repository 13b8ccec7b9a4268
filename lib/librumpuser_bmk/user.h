/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to librumpuser_bmk: upcalls, error numbers, wait queues.
 */
#ifndef RUMPUSER_BMK_USER_H
#define RUMPUSER_BMK_USER_H

#include <bmk/bmk.h>
#include <rump/rumpuser.h>

#define ENOENT	2
#define EIO	5
#define ENXIO	6
#define E2BIG	7
#define EBADF	9
#define ENOMEM	12
#define EBUSY	16
#define EINVAL	22
#define EROFS	30
#define ESRCH	3

#define NSEC	1000000000LL

extern struct rumpuser_hyperup rumpuser__hyp;

/* Around blocking; mtx: the interlock of a condition variable. */
static inline void
user_unschedule(int *nlocks, void *mtx)
{
	if (rumpuser__hyp.hyp_backend_unschedule != NULL)
		rumpuser__hyp.hyp_backend_unschedule(0, nlocks, mtx);
}

static inline void
user_schedule(int nlocks, void *mtx)
{
	if (rumpuser__hyp.hyp_backend_schedule != NULL)
		rumpuser__hyp.hyp_backend_schedule(nlocks, mtx);
}

/*
 * Threads that wait, in order; the entry lies on the waiter's stack.  All of
 * it belongs to the spin lock of the object, which is also held around the
 * wake, so an entry cannot vanish under the waker.
 */
struct user_wait {
	struct user_wait *uw_next;
	struct bmk_thread *uw_thread;
	int		 uw_kind;	/* the object's own */
	volatile int	 uw_queued;
};

struct user_waitq {
	struct user_wait *uq_head, *uq_tail;
};

static inline void
user_waitq_put(struct user_waitq *q, struct user_wait *w)
{
	w->uw_next = NULL;
	w->uw_thread = bmk_curthread();
	w->uw_queued = 1;
	if (q->uq_head == NULL)
		q->uq_head = w;
	else
		q->uq_tail->uw_next = w;
	q->uq_tail = w;
}

/* Takes out the first and wakes it. */
static inline void
user_waitq_wake(struct user_waitq *q)
{
	struct user_wait *w = q->uq_head;

	q->uq_head = w->uw_next;
	w->uw_queued = 0;
	bmk_sched_wake(w->uw_thread);
}

void user_waitq_remove(struct user_waitq *, struct user_wait *);
/* Blocks until w was taken out; the caller has put it in.  0 or ETIMEDOUT. */
int user_waitq_block(struct user_wait *, int64_t deadline);

#endif /* RUMPUSER_BMK_USER_H */
