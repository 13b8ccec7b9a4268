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
	struct user_waitq ev_waitq;	/* [ev_lock] at most one */
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
	bmk_assert(ev->ev_waitq.uq_head == NULL);
	bmk_free(ev, sizeof(*ev));
}

void
rumpcomp_event_signal(struct rumpcomp_event *ev)
{
	unsigned long saved = bmk_spin_enter(&ev->ev_lock);

	ev->ev_set = 1;
	if (ev->ev_waitq.uq_head != NULL)
		user_waitq_wake(&ev->ev_waitq);
	bmk_spin_exit(&ev->ev_lock, saved);
}

void
rumpcomp_event_wait(struct rumpcomp_event *ev)
{
	struct user_wait w;
	unsigned long saved;
	int nlocks, set;

	saved = bmk_spin_enter(&ev->ev_lock);
	set = ev->ev_set;
	ev->ev_set = 0;
	if (!set)
		user_waitq_put(&ev->ev_waitq, &w);
	bmk_spin_exit(&ev->ev_lock, saved);
	if (set)
		return;
	user_unschedule(&nlocks, NULL);
	(void)user_waitq_block(&w, BMK_TIME_NEVER);
	saved = bmk_spin_enter(&ev->ev_lock);
	ev->ev_set = 0;
	bmk_spin_exit(&ev->ev_lock, saved);
	user_schedule(nlocks, NULL);
}
