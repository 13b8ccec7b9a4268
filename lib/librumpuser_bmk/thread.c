/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads, the current lwp, and waiting for one's turn. */
#include "user.h"

int
rumpuser_thread_create(void *(*fn)(void *), void *arg, const char *name,
    int mustjoin, int priority, int cpu, void **cookiep)
{
	struct bmk_thread *t;
	int error;

	error = bmk_sched_create(name, fn, arg, (mustjoin ? BMK_TF_JOINABLE :
	    0) | (priority > 0 ? BMK_TF_PROGRAM : 0), 0, cpu, &t);
	if (error == 0 && mustjoin)
		*cookiep = t;
	return error;
}

void
rumpuser_thread_exit(void)
{
	bmk_sched_exit();
}

int
rumpuser_thread_join(void *cookie)
{
	int error, nlocks;

	user_unschedule(&nlocks, NULL);
	error = bmk_sched_join(cookie);
	user_schedule(nlocks, NULL);
	return error;
}

void
rumpuser_curlwpop(int op, struct lwp *l)
{
	struct bmk_thread *t = bmk_curthread();

	switch (op) {
	case RUMPUSER_LWP_SET:
		bmk_assert(t->bt_lwp == NULL || l == NULL);
		t->bt_lwp = l;
		break;
	case RUMPUSER_LWP_CLEAR:
		bmk_assert(t->bt_lwp == l);
		t->bt_lwp = NULL;
		break;
	}
}

struct lwp *
rumpuser_curlwp(void)
{
	return bmk_curthread()->bt_lwp;
}

/* Caller holds the queue's lock; w may be gone already. */
void
user_waitq_remove(struct user_waitq *q, struct user_wait *w)
{
	struct user_wait *prev = NULL, *p;

	if (!w->uw_queued)
		return;
	for (p = q->uq_head; p != w; p = p->uw_next)
		prev = p;
	if (prev != NULL)
		prev->uw_next = w->uw_next;
	else
		q->uq_head = w->uw_next;
	if (q->uq_tail == w)
		q->uq_tail = prev;
	w->uw_queued = 0;
}

int
user_waitq_block(struct user_wait *w, int64_t deadline)
{
	int error = 0;

	while (w->uw_queued && error == 0) {
		bmk_sched_prepare(deadline);
		if (w->uw_queued)
			error = bmk_sched_block();
	}
	return error;
}
