/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to libbmk_core: the scheduler's per-CPU part and what its files
 * share.  Lock order: any other lock -> sd_lock; nothing is taken under it
 * but by the platform's timer functions.
 */
#ifndef BMK_SCHED_H
#define BMK_SCHED_H

#include <bmk/bmk.h>

/* First come, first served, by bt_runq_next. */
struct bmk_runq {
	struct bmk_thread *rq_head, *rq_tail;
};

/* [L] sd_lock; [I] constant */
struct bmk_sched {
	struct bmk_spin	 sd_lock;
	int		 sd_slicing;	/* [L] a timer for the slice is armed */
	int		 sd_tick;	/* [L] bmk_sched_tick() wants one */
	struct bmk_runq	 sd_woken;	/* [L] were blocked, programs */
	struct bmk_runq	 sd_others;	/* [L] new, preempted, yielded */
	int		 sd_isother;	/* [L] the running one is from there */
	int		 sd_passed;	/* [L] timers since such a one ran */
	struct bmk_thread *sd_timeq;	/* [L] root of the heap */
	struct bmk_thread *sd_dead;	/* [L] switched away from for ever */
	int64_t		 sd_armed;	/* [L] platform timer; NEVER: off */
	int64_t		 sd_slice_end;	/* [L] 0: not counting yet */
	struct bmk_cpu	*sd_cpu;	/* [I] */
	struct bmk_thread sd_boot;	/* the boot stack's thread */
};

/* Heap of threads by bt_wakeup; caller holds the lock of the queue. */
void bmk_timeq_insert(struct bmk_thread **, struct bmk_thread *);
void bmk_timeq_remove(struct bmk_thread **, struct bmk_thread *);


/* Both ends of every switch. */
struct bmk_sched *bmk_sched_self(void);
void bmk_sched_switch(struct bmk_sched *);
void bmk_sched_finish(struct bmk_sched *, unsigned long);
void bmk_thread_reap(struct bmk_thread *);
void bmk_sched_enqueue(struct bmk_thread *);

/* switch.S */
void bmk_cpu_start(void);
void bmk_thread_main(void) __attribute__((__noreturn__));

#endif /* BMK_SCHED_H */
