/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers that send signals: what they are, and their expiry, in the callout
 * thread.  A POSIX timer's signal is queued once; while it waits the timer
 * rests, and what passed meanwhile is counted when the signal is taken.  CPU
 * time is looked at when it may have been used up at the earliest, and then
 * again.  Lock order: p_lock, callout_lock.
 */
#include <asm/errno.h>
#include <linux/time.h>
#include <stddef.h>
#include <string.h>
#include <rump/component.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include "sig_priv.h"
#include "sigtimer_priv.h"

#define CPU_LOOK	4000000LL	/* ns: no closer than that */

static void sigtimer_fire(void *);

/* In the clock's time to when the callout shall come. */
static int64_t
sigtimer_callout(const struct rump_sigtimer *st)
{
	int64_t now, left, mono = rump_monotonic();
	int n = st->st_proc->p_nlwps;

	now = rump_clock_now(st->st_base, st->st_proc, st->st_cputid);
	left = st->st_when - now;
	if (!rump_clock_iscpu(st->st_base))
		return mono + left;
	/* Not all of them run at once, on no more CPUs than there are. */
	if (st->st_cputid == 0 && n > 1 && (unsigned)n > rump_ncpus())
		n = (int)rump_ncpus();
	if (st->st_cputid == 0 && n > 1)
		left /= n;
	return mono + (left < CPU_LOOK ? CPU_LOOK : left);
}

void
rump_sigtimer_arm(struct rump_sigtimer *st)
{

	if (st->st_when == 0 || st->st_notify == SIGEV_NONE || st->st_dead)
		(void)rump_callout_stop(&st->st_callout);
	else
		rump_callout_schedule(&st->st_callout, sigtimer_callout(st));
}

/* The next time after now; how many were passed over. */
static int64_t
sigtimer_forward(struct rump_sigtimer *st, int64_t now)
{
	int64_t n;

	if (st->st_interval == 0) {
		st->st_when = 0;
		return 0;
	}
	n = (now - st->st_when) / st->st_interval;
	st->st_when += (n + 1) * st->st_interval;
	return n;
}

static struct lwp *
sigtimer_lwp(struct proc *p, int tid)
{
	struct lwp *l;

	for (l = p->p_lwps; l != NULL; l = l->l_sibling)
		if (l->l_tid == tid)
			break;
	return l;
}

/* Caller holds p_lock.  False: nobody is to be told, or already is. */
static void
sigtimer_send(struct rump_sigtimer *st)
{
	struct proc *p = st->st_proc;
	struct rump_siginfo info;
	struct lwp *l = NULL;

	memset(&info, 0, sizeof(info));
	if (st->st_id < 0) {
		info.rs_code = SI_KERNEL;
		(void)rump_sig_post(p, NULL, st->st_id != SIGTIMER_CPULIMIT ?
		    st->st_sig : rump_cpulimit_sig(p, st->st_when), &info,
		    NULL);
		return;
	}
	if ((st->st_notify & SIGEV_THREAD_ID) &&
	    (l = sigtimer_lwp(p, st->st_tid)) == NULL)
		return;
	info.rs_code = SI_TIMER;
	info.u.timer.id = st->st_id;
	info.u.timer.value = st->st_value;
	(void)rump_sig_post(p, l, st->st_sig, &info, st);
}

static void
sigtimer_fire(void *arg)
{
	struct rump_sigtimer *st = arg;
	struct rump_mutex *lock = &st->st_proc->p_lock;
	int64_t now;

	rump_mutex_enter(lock);
	now = rump_clock_now(st->st_base, st->st_proc, st->st_cputid);
	if (st->st_when == 0 || st->st_dead || st->st_queued) {
		rump_mutex_exit(lock);
		return;
	}
	if (st->st_when <= now) {
		sigtimer_send(st);
		if (!st->st_queued)
			(void)sigtimer_forward(st, now);
		else if (st->st_interval == 0)
			st->st_when = 0;
	}
	if (!st->st_queued)
		rump_sigtimer_arm(st);
	rump_mutex_exit(lock);
}

/* Caller holds p_lock.  info NULL: it was dropped. */
static void
sigtimer_taken(struct rump_sigtimer *st, struct rump_siginfo *info)
{
	int64_t now, n = 0;

	st->st_queued = 0;
	now = rump_clock_now(st->st_base, st->st_proc, st->st_cputid);
	if (st->st_when != 0 && st->st_when <= now) {
		n = sigtimer_forward(st, now);
		rump_sigtimer_arm(st);
	}
	st->st_overrun = n > INT32_MAX ? INT32_MAX : (int)n;
	if (info != NULL)
		info->u.timer.overrun = st->st_overrun;
}

RUMP_COMPONENT_IFUSED(sigtimer, RUMP_FACTION_BASE)
{

	rump_cpulimit_init();
	return 0;
}

static void (*sigtimer_exit_next)(struct proc *);

void
rump_sigtimer_free(struct rump_sigtimer *st)
{

	(void)rump_callout_cancel(&st->st_callout);
	rump_kmem_free(st, sizeof(*st));
}

/* Takes a timer off its process: its signal, too.  Caller holds p_lock. */
void
rump_sigtimer_unlink(struct rump_sigtimer *st)
{
	struct proc *p = st->st_proc;
	struct rump_sigtimer **stp = &p->p_sig.ps_timers;

	for (; *stp != st; stp = &(*stp)->st_next)
		continue;
	*stp = st->st_next;
	st->st_dead = 1;
	st->st_when = 0;
	if (st->st_queued)
		rump_sig_untimer(p, st);
}

/* All of a process; keep: interval timers stay. */
void
rump_sigtimer_clear(struct proc *p, int keep)
{
	struct rump_sigtimer *st;

	for (;;) {
		rump_mutex_enter(&p->p_lock);
		for (st = p->p_sig.ps_timers; st != NULL; st = st->st_next)
			if (!keep || st->st_id >= 0)
				break;
		if (st != NULL)
			rump_sigtimer_unlink(st);
		rump_mutex_exit(&p->p_lock);
		if (st == NULL)
			return;
		rump_sigtimer_free(st);
	}
}

static void
sigtimer_procexit(struct proc *p)
{

	rump_sigtimer_clear(p, 0);
	if (sigtimer_exit_next != NULL)
		sigtimer_exit_next(p);
}

/* Caller holds rump_proc_lock. */
static void
sigtimer_stepproc(struct proc *p)
{
	struct rump_sigtimer *st;

	rump_mutex_enter(&p->p_lock);
	for (st = p->p_sig.ps_timers; st != NULL; st = st->st_next)
		if (st->st_base == st->st_clock && !st->st_queued &&
		    st->st_clock != CLOCK_MONOTONIC &&
		    !rump_clock_iscpu(st->st_clock))
			rump_sigtimer_arm(st);
	rump_mutex_exit(&p->p_lock);
}

/* The wall clock was set: absolute times of it are elsewhere now. */
static void
sigtimer_step(int64_t by)
{
	struct proc *p;

	(void)by;
	rump_mutex_enter(&rump_proc_lock);
	for (p = rump_proc_list(); p != NULL; p = p->p_next)
		sigtimer_stepproc(p);
	rump_mutex_exit(&rump_proc_lock);
}

static void
sigtimer_init(void)
{
	static struct rump_wallstep step = { .ws_fn = sigtimer_step };
	static struct rump_mutex lock;
	static int done;		/* [lock] for writing, [a] */

	if (__atomic_load_n(&done, __ATOMIC_ACQUIRE))
		return;
	rump_mutex_enter(&lock);
	if (!done) {
		rump_wallstep_add(&step);
		RUMP_HOOK_SET(rump_sigtimer_taken, sigtimer_taken);
		RUMP_HOOK_SET(rump_sigtimer_clearhook, rump_sigtimer_clear);
		sigtimer_exit_next = RUMP_HOOK(rump_vfs_prochooks.ph_exit);
		RUMP_HOOK_SET(rump_vfs_prochooks.ph_exit, sigtimer_procexit);
		__atomic_store_n(&done, 1, __ATOMIC_RELEASE);
	}
	rump_mutex_exit(&lock);
}

/*
 * A new one, disarmed; id INT32_MAX: the lowest that is free.  EAGAIN: the
 * process has too many, or is exiting, or there is no memory.
 */
int
rump_sigtimer_new(struct proc *p, const struct rump_sigtimer *as,
    struct rump_sigtimer **stp)
{
	struct rump_sigtimer *st, **pos;
	int n = 0, error = 0;

	RUMP_COMPONENT_USED(sigtimer);
	if ((st = rump_kmem_alloc(sizeof(*st))) == NULL)
		return EAGAIN;
	sigtimer_init();
	*st = *as;
	st->st_proc = p;
	st->st_base = st->st_clock;
	rump_callout_init(&st->st_callout, sigtimer_fire, st);
	rump_mutex_enter(&p->p_lock);
	/* By id, interval timers first: so the lowest is found on the way. */
	for (pos = &p->p_sig.ps_timers; *pos != NULL; pos = &(*pos)->st_next) {
		if (as->st_id < 0 ? (*pos)->st_id >= as->st_id :
		    (*pos)->st_id > n)
			break;
		if ((*pos)->st_id == n)
			n++;
	}
	if (p->p_exiting || n == SIGTIMER_MAX || (as->st_id < 0 &&
	    *pos != NULL && (*pos)->st_id == as->st_id)) {
		error = EAGAIN;
	} else {
		if (as->st_id >= 0)
			st->st_id = n;
		st->st_next = *pos;
		*pos = st;
	}
	rump_mutex_exit(&p->p_lock);
	if (error)
		rump_kmem_free(st, sizeof(*st));
	else
		*stp = st;
	return error;
}

struct rump_sigtimer *
rump_sigtimer_find(struct proc *p, int id)
{
	struct rump_sigtimer *st;

	for (st = p->p_sig.ps_timers; st != NULL; st = st->st_next)
		if (st->st_id == id)
			break;
	return st;
}

int64_t
rump_sigtimer_left(const struct rump_sigtimer *st)
{
	int64_t left;

	if (st->st_when == 0)
		return 0;
	left = st->st_when - rump_clock_now(st->st_base, st->st_proc,
	    st->st_cputid);
	if (left <= 0 && st->st_interval != 0)
		left = st->st_interval - -left % st->st_interval;
	else if (left <= 0)
		left = st->st_notify == SIGEV_NONE ? 0 : 1;
	return left;
}
