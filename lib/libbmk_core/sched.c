/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scheduler: per-CPU run queues, round robin, tickless.  Threads that were
 * woken run before those that were preempted or are new (but for programs,
 * so that what others have to do waits until they do).  The timer is armed
 * only when a sleeper exists or somebody waits for the running thread's
 * slice; it is never pushed back, a shot that came too early arms the next.
 * A thread with nothing to switch to idles in place, on its own stack; the
 * boot thread does it for one that ended.
 *
 * sd_lock is held across a switch: whoever runs next releases it (finish).
 * So a thread that was just marked blocked is safe from other CPUs until it
 * is off its stack.  Threads stay on the CPU they were created on.
 */
#include "sched.h"

#define SLICE	10000000LL	/* ns */
#define RETRY	200000LL	/* kernel code was interrupted: again after */

static struct bmk_sched sched0;
void (*bmk_account)(struct bmk_thread *);
int (*bmk_program_hook)(struct bmk_regs *, const char *, uint64_t);
static int programs;	/* [a] before there are any nobody is preempted */

struct bmk_sched *
bmk_sched_self(void)
{
	return bmk_curcpu()->bc_sched;
}

void
bmk_sched_init(void)
{
	struct bmk_cpu *c = bmk_curcpu();
	struct bmk_sched *sd = &sched0;
	struct bmk_thread *t;

	if (c->bc_id != 0) {
		sd = bmk_malloc(sizeof(*sd), 0);
		if (sd == NULL)
			bmk_panic("no memory for CPU %u", c->bc_id);
		memset(sd, 0, sizeof(*sd));
		__atomic_store_n(&bmk_smp, 1, __ATOMIC_SEQ_CST);
	}
	t = &sd->sd_boot;
	sd->sd_armed = BMK_TIME_NEVER;
	sd->sd_cpu = c;
	t->bt_cpu = c;
	t->bt_state = BMK_T_RUNNING;
	memcpy(t->bt_name, "boot", 5);
	c->bc_sched = sd;
	bmk_cpus[c->bc_id] = c;
	c->bc_idle = c->bc_cur = t;
}

static inline int
somebody_waits(const struct bmk_sched *sd)
{
	return sd->sd_woken.rq_head != NULL || sd->sd_others.rq_head != NULL;
}

void
bmk_sched_arm(int64_t deadline)
{
	struct bmk_sched *sd = bmk_sched_self();

	if (deadline < sd->sd_armed) {
		sd->sd_armed = deadline;
		bmk_platform_timer(deadline);
	}
}

/* A thread is about to run on, or runs: see to it that it is interrupted. */
static void
arm_for_running(struct bmk_sched *sd)
{
	if (sd->sd_timeq != NULL)
		bmk_sched_arm(sd->sd_timeq->bt_wakeup);
	if (programs && !sd->sd_slicing && (somebody_waits(sd) ||
	    sd->sd_tick)) {
		sd->sd_slicing = 1;
		bmk_sched_arm(bmk_platform_monotonic() + SLICE);
	}
}

void
bmk_sched_tick(int running)
{
	struct bmk_sched *sd = bmk_sched_self();
	unsigned long saved;

	/* A panic may come with the lock held. */
	if (sd == NULL || (sd->sd_tick && (!running || sd->sd_slicing)) ||
	    bmk_panicking())
		return;
	saved = bmk_spin_enter(&sd->sd_lock);
	sd->sd_tick = 1;
	if (running && sd->sd_cpu->bc_cur->bt_state == BMK_T_RUNNING)
		arm_for_running(sd);
	bmk_spin_exit(&sd->sd_lock, saved);
}

static void
runq_put(struct bmk_runq *rq, struct bmk_thread *t)
{
	t->bt_state = BMK_T_RUNNABLE;
	t->bt_runq_next = NULL;
	if (rq->rq_head == NULL)
		rq->rq_head = t;
	else
		rq->rq_tail->bt_runq_next = t;
	rq->rq_tail = t;
}

/* Woken threads first, but not for ever. */
static struct bmk_thread *
runq_take(struct bmk_sched *sd)
{
	struct bmk_runq *rq = &sd->sd_woken;
	struct bmk_thread *t = rq->rq_head;

	if (t == NULL || (sd->sd_passed > 1 && sd->sd_others.rq_head != NULL)) {
		rq = &sd->sd_others;
		sd->sd_passed = 0;
		t = rq->rq_head;
	}
	if (t != NULL) {
		rq->rq_head = t->bt_runq_next;
		sd->sd_isother = rq == &sd->sd_others;
	}
	return t;
}

/* Caller holds sd_lock. */
static void
expire(struct bmk_sched *sd, int64_t now)
{
	struct bmk_thread *t;

	while ((t = sd->sd_timeq) != NULL && t->bt_wakeup <= now) {
		bmk_timeq_remove(&sd->sd_timeq, t);
		t->bt_flags &= ~BMK_TF_TIMEQ;
		t->bt_flags |= BMK_TF_TIMEDOUT;
		runq_put(&sd->sd_woken, t);
		sd->sd_cpu->bc_resched = 1;
	}
}

void __attribute__((__weak__))
bmk_platform_idle_until(int64_t deadline)
{
	bmk_sched_arm(deadline);
	bmk_platform_idle();
}

void __attribute__((__weak__))
bmk_platform_kick(struct bmk_cpu *c)
{
	(void)c;
}

/* Caller holds sd_lock; it is dropped while there is nothing to do. */
static void
idle(struct bmk_sched *sd)
{
	int64_t when;

	if (bmk_account != NULL)
		bmk_account(NULL);
	when = sd->sd_timeq != NULL ? sd->sd_timeq->bt_wakeup : BMK_TIME_NEVER;
	__atomic_store_n(&sd->sd_lock.sl_locked, 0, __ATOMIC_RELEASE);
	bmk_platform_idle_until(when);
	(void)bmk_spin_enter(&sd->sd_lock);
	if (!somebody_waits(sd) && sd->sd_timeq != NULL)
		expire(sd, bmk_platform_monotonic());
}

/*
 * Run the next thread.  Caller holds sd_lock, interrupts off, and has queued
 * the running thread or marked it blocked.  Returns, lock held, when that
 * runs again; bmk_sched_finish() must follow.
 */
void
bmk_sched_switch(struct bmk_sched *sd)
{
	struct bmk_cpu *c = sd->sd_cpu;
	struct bmk_thread *cur = c->bc_cur, *next;

	while ((next = runq_take(sd)) == NULL) {
		if (cur->bt_state == BMK_T_ZOMBIE) {
			/* Nobody reaps it while it idles: the boot thread. */
			c->bc_cur = &sd->sd_boot;
			bmk_cpu_switch(cur, &sd->sd_boot);
		}
		idle(sd);
	}
	next->bt_state = BMK_T_RUNNING;
	if (bmk_account != NULL)
		bmk_account(next);
	sd->sd_slice_end = 0;
	c->bc_resched = 0;
	arm_for_running(sd);
	if (next == cur)
		return;
	c->bc_cur = next;
	if (next->bt_tp != c->bc_tp && next->bt_tp != 0) {
		c->bc_tp = next->bt_tp;
		bmk_platform_settp(next->bt_tp);
	}
	bmk_cpu_switch(cur, next);
}

void
bmk_sched_finish(struct bmk_sched *sd, unsigned long saved)
{
	struct bmk_thread *dead = sd->sd_dead;

	if (__builtin_expect(dead != NULL && dead != bmk_curthread(), 0)) {
		sd->sd_dead = NULL;
		__atomic_store_n(&sd->sd_lock.sl_locked, 0, __ATOMIC_RELEASE);
		bmk_thread_reap(dead);
		bmk_platform_irq_restore(saved);
		return;
	}
	bmk_spin_exit(&sd->sd_lock, saved);
}

void
bmk_sched_start(void)
{
	struct bmk_sched *sd = bmk_sched_self();

	(void)bmk_spin_enter(&sd->sd_lock);
	sd->sd_boot.bt_state = BMK_T_BLOCKED;
	for (;;) {
		/* It comes back when a thread ended with none to run. */
		bmk_sched_switch(sd);
		bmk_sched_finish(sd, 0);
		(void)bmk_spin_enter(&sd->sd_lock);
	}
}

void
bmk_sched_preempt(void)
{
	struct bmk_sched *sd = bmk_sched_self();
	unsigned long saved = bmk_spin_enter(&sd->sd_lock);

	bmk_curcpu()->bc_resched = 0;
	if (somebody_waits(sd)) {
		runq_put(&sd->sd_others, bmk_curthread());
		bmk_sched_switch(sd);
	}
	bmk_sched_finish(sd, saved);
}

void
bmk_sched_yield(void)
{

	if (somebody_waits(bmk_sched_self()))
		bmk_sched_preempt();
}

int
bmk_sched_block(void)
{
	struct bmk_sched *sd = bmk_sched_self();
	struct bmk_thread *t = bmk_curthread();
	unsigned long saved = bmk_spin_enter(&sd->sd_lock);
	int error = 0;

	if (!__atomic_load_n(&t->bt_waking, __ATOMIC_RELAXED)) {
		t->bt_state = BMK_T_BLOCKED;
		if (t->bt_wakeup != BMK_TIME_NEVER) {
			t->bt_flags |= BMK_TF_TIMEQ;
			bmk_timeq_insert(&sd->sd_timeq, t);
		}
		bmk_sched_switch(sd);
		if (t->bt_flags & BMK_TF_TIMEDOUT) {
			t->bt_flags &= ~BMK_TF_TIMEDOUT;
			error = BMK_ETIMEDOUT;
		}
	}
	bmk_sched_finish(sd, saved);
	return error;
}

/* Takes the lock of t's run queue; t may be moving. */
static struct bmk_sched *
lock_thread(struct bmk_thread *t, unsigned long *savedp)
{
	struct bmk_sched *sd;

	for (;;) {
		sd = t->bt_cpu->bc_sched;
		*savedp = bmk_spin_enter(&sd->sd_lock);
		if (__builtin_expect(sd == t->bt_cpu->bc_sched, 1))
			return sd;
		bmk_spin_exit(&sd->sd_lock, *savedp);
	}
}

/* t is runnable now; caller holds sd_lock. */
static void
made_runnable(struct bmk_sched *sd, struct bmk_runq *rq, struct bmk_thread *t)
{
	struct bmk_cpu *c = sd->sd_cpu;

	runq_put(rq, t);
	c->bc_resched = 1;
	if (c != bmk_curcpu())
		bmk_platform_kick(c);
	else if (c->bc_cur->bt_state == BMK_T_RUNNING)
		arm_for_running(sd);
}

void
bmk_sched_enqueue(struct bmk_thread *t)
{
	unsigned long saved;
	struct bmk_sched *sd = lock_thread(t, &saved);

	struct bmk_runq *rq = &sd->sd_others;

	if (t->bt_flags & BMK_TF_PROGRAM) {
		programs = 1;
		rq = &sd->sd_woken;
	}
	made_runnable(sd, rq, t);
	bmk_spin_exit(&sd->sd_lock, saved);
}

void
bmk_sched_wake(struct bmk_thread *t)
{
	unsigned long saved;
	struct bmk_sched *sd = lock_thread(t, &saved);

	if (t->bt_state == BMK_T_BLOCKED) {
		if (t->bt_flags & BMK_TF_TIMEQ) {
			t->bt_flags &= ~BMK_TF_TIMEQ;
			bmk_timeq_remove(&sd->sd_timeq, t);
		}
		made_runnable(sd, &sd->sd_woken, t);
	} else if (t->bt_state == BMK_T_RUNNING)
		__atomic_store_n(&t->bt_waking, 1, __ATOMIC_RELAXED);
	bmk_spin_exit(&sd->sd_lock, saved);
}

void
bmk_sched_timer(void)
{
	struct bmk_sched *sd = bmk_sched_self();
	struct bmk_cpu *c = sd->sd_cpu;
	unsigned long saved = bmk_spin_enter(&sd->sd_lock);
	int64_t now = bmk_platform_monotonic();

	sd->sd_armed = BMK_TIME_NEVER;
	sd->sd_slicing = sd->sd_tick = 0;
	expire(sd, now);
	if (c->bc_cur->bt_state != BMK_T_RUNNING) {
		/* Idle: the loop looks at the queues, and arms again. */
		bmk_spin_exit(&sd->sd_lock, saved);
		return;
	}
	if (somebody_waits(sd)) {
		sd->sd_passed += !sd->sd_isother;
		if (sd->sd_slice_end == 0)
			sd->sd_slice_end = now + SLICE;
		else if (now >= sd->sd_slice_end)
			c->bc_resched = 1;
		sd->sd_slicing = 1;
		bmk_sched_arm(c->bc_resched ? now + RETRY : sd->sd_slice_end);
	}
	if (sd->sd_timeq != NULL)
		bmk_sched_arm(sd->sd_timeq->bt_wakeup);
	bmk_spin_exit(&sd->sd_lock, saved);
}
