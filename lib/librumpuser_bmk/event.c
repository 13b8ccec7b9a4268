/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events: rumpcomp_event.h.  Interrupts are off under the lock, so a handler
 * may signal.
 */
#include <rump/rumpcomp_event.h>

#include "user.h"

struct rumpcomp_event {
	struct bmk_spin	 ev_lock;
	int		 ev_set;	/* [ev_lock] */
	struct bmk_thread *volatile ev_waiter;	/* [ev_lock] */
};

int
rumpcomp_event_create(struct rumpcomp_event **evp)
{
	struct rumpcomp_event *ev = bmk_malloc(sizeof(*ev), 0);

	if (ev == NULL)
		return ENOMEM;
	memset(ev, 0, sizeof(*ev));
	*evp = ev;
	return 0;
}

void
rumpcomp_event_destroy(struct rumpcomp_event *ev)
{
	/* The last one to signal may still hold the lock. */
	unsigned long saved = bmk_spin_enter(&ev->ev_lock);

	bmk_assert(ev->ev_waiter == NULL);
	bmk_spin_exit(&ev->ev_lock, saved);
	bmk_free(ev, sizeof(*ev));
}

void
rumpcomp_event_signal(struct rumpcomp_event *ev)
{
	unsigned long saved = bmk_spin_enter(&ev->ev_lock);
	struct bmk_thread *t = ev->ev_waiter;

	ev->ev_waiter = NULL;
	if (t != NULL)
		bmk_sched_wake(t);
	else
		ev->ev_set = 1;
	bmk_spin_exit(&ev->ev_lock, saved);
}

int
rumpcomp_event_timedwait(struct rumpcomp_event *ev, int64_t ns)
{
	int64_t deadline = BMK_TIME_NEVER;
	unsigned long saved;
	int nlocks, error, set;

	if (ns >= 0 && __builtin_add_overflow(bmk_platform_monotonic(), ns,
	    &deadline))
		deadline = BMK_TIME_NEVER;
	/* From here on a wake counts, should it come before the block. */
	bmk_sched_prepare(deadline);
	saved = bmk_spin_enter(&ev->ev_lock);
	set = ev->ev_set;
	ev->ev_set = 0;
	if (!set)
		ev->ev_waiter = bmk_curthread();
	bmk_spin_exit(&ev->ev_lock, saved);
	if (set)
		return 0;
	user_unschedule(&nlocks, NULL);
	error = bmk_sched_block();
	if (ev->ev_waiter != NULL) {
		/* A time-out, or a wake that was meant for another wait. */
		saved = bmk_spin_enter(&ev->ev_lock);
		if (ev->ev_waiter == NULL)
			error = 0;
		ev->ev_waiter = NULL;
		bmk_spin_exit(&ev->ev_lock, saved);
	}
	user_schedule(nlocks, NULL);
	return error;
}

void
rumpcomp_event_wait(struct rumpcomp_event *ev)
{
	(void)rumpcomp_event_timedwait(ev, -1);
}
