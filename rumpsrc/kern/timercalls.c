/* SPDX-License-Identifier: BSD-2-Clause */
/* timer_create and its family, setitimer, getitimer, alarm. */
#include <asm/errno.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <string.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "sig_priv.h"
#include "sigtimer_priv.h"

#define TIME_MAX	(INT64_MAX / 4)

struct timer_event {		/* struct sigevent as libc passes it */
	uint64_t te_value;
	int	 te_sig, te_notify, te_tid, te_pad;
};

static int
timer_clock(struct rump_sigtimer *st, int clk)
{

	st->st_clock = clk;
	switch (clk) {
	case CLOCK_REALTIME: case CLOCK_MONOTONIC: case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return 0;
	case CLOCK_REALTIME_ALARM: case CLOCK_BOOTTIME_ALARM:
		return rump_capable(CAP_WAKE_ALARM);
	case CLOCK_MONOTONIC_RAW: case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		return EOPNOTSUPP;
	}
	if (clk < 0 && (clk & 7) == 3)
		return EOPNOTSUPP;	/* a descriptor's */
	if (!rump_clock_iscpu(clk))
		return EINVAL;
	return rump_clock_cpuof(clk, curproc, &st->st_cputid);
}

static int
timer_event(struct rump_sigtimer *st, const void *usev)
{
	struct timer_event te;
	struct lwp *l;
	int error;

	if (usev == NULL) {
		st->st_notify = SIGEV_SIGNAL;
		st->st_sig = SIGALRM;
		return 0;
	}
	if ((error = rump_copyin(usev, &te, 24)) != 0)
		return error;
	st->st_notify = te.te_notify;
	st->st_sig = te.te_sig;
	st->st_tid = te.te_tid;
	st->st_value = te.te_value;
	if (te.te_notify == SIGEV_NONE)
		return 0;
	if ((te.te_notify != SIGEV_SIGNAL && te.te_notify != SIGEV_THREAD &&
	    te.te_notify != SIGEV_THREAD_ID) || te.te_sig < 1 ||
	    te.te_sig > RUMP_NSIG)
		return EINVAL;
	if (te.te_notify != SIGEV_THREAD_ID)
		return 0;
	rump_mutex_enter(&curproc->p_lock);
	for (l = curproc->p_lwps; l != NULL; l = l->l_sibling)
		if (l->l_tid == te.te_tid)
			break;
	rump_mutex_exit(&curproc->p_lock);
	return l != NULL ? 0 : EINVAL;
}

RUMP_SYSCALL3(timer_create, int, clk, void *, usev, void *, uid)
{
	struct rump_sigtimer as, *st;
	int error;

	memset(&as, 0, sizeof(as));
	if ((error = timer_clock(&as, clk)) != 0 ||
	    (error = timer_event(&as, usev)) != 0)
		return -error;
	if (rump_writable(uid, sizeof(int)) != 0)
		return -EFAULT;
	if ((error = rump_sigtimer_new(gatelwp->l_proc, &as, &st)) != 0)
		return -error;
	if (usev == NULL)
		st->st_value = (uint64_t)st->st_id;
	*(int *)uid = st->st_id;
	return 0;
}

/* Caller holds p_lock of the result; NULL: no such timer, no lock. */
static struct rump_sigtimer *
timer_enter(struct proc *p, int id)
{
	struct rump_sigtimer *st;

	if (id < 0)
		return NULL;
	rump_mutex_enter(&p->p_lock);
	if ((st = rump_sigtimer_find(p, id)) == NULL)
		rump_mutex_exit(&p->p_lock);
	return st;
}

static int64_t
timer_ns(const struct __kernel_timespec *ts)
{

	return ts->tv_sec > TIME_MAX / NSEC_PER_SEC ? TIME_MAX :
	    ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

static void
timer_value(const struct rump_sigtimer *st, struct __kernel_itimerspec *it)
{
	int64_t left = rump_sigtimer_left(st);

	it->it_interval.tv_sec = st->st_interval / NSEC_PER_SEC;
	it->it_interval.tv_nsec = st->st_interval % NSEC_PER_SEC;
	it->it_value.tv_sec = left / NSEC_PER_SEC;
	it->it_value.tv_nsec = left % NSEC_PER_SEC;
}

RUMP_SYSCALL2(timer_gettime, int, id, void *, uval)
{
	struct __kernel_itimerspec it;
	struct rump_sigtimer *st;

	if ((st = timer_enter(gatelwp->l_proc, id)) == NULL)
		return -EINVAL;
	timer_value(st, &it);
	rump_mutex_exit(&gatelwp->l_proc->p_lock);
	return -rump_copyout(&it, uval, sizeof(it));
}

RUMP_SYSCALL1(timer_getoverrun, int, id)
{
	struct rump_sigtimer *st;
	long r;

	if ((st = timer_enter(gatelwp->l_proc, id)) == NULL)
		return -EINVAL;
	r = st->st_overrun;
	rump_mutex_exit(&gatelwp->l_proc->p_lock);
	return r;
}

RUMP_SYSCALL1(timer_delete, int, id)
{
	struct rump_sigtimer *st;

	if ((st = timer_enter(gatelwp->l_proc, id)) == NULL)
		return -EINVAL;
	rump_sigtimer_unlink(st);
	rump_mutex_exit(&gatelwp->l_proc->p_lock);
	rump_sigtimer_free(st);
	return 0;
}

static int
timer_valid(const struct __kernel_timespec *ts)
{

	return ts->tv_sec >= 0 && ts->tv_nsec >= 0 &&
	    ts->tv_nsec < NSEC_PER_SEC;
}

/* value: from now, or absolute; 0 disarms.  Caller holds p_lock. */
static void
timer_set(struct rump_sigtimer *st, int64_t value, int64_t interval,
    int absolute)
{

	st->st_overrun = 0;
	st->st_interval = interval;
	st->st_when = value;
	/* A step of the wall clock is nothing to relative times. */
	st->st_base = absolute || rump_clock_iscpu(st->st_clock) ?
	    st->st_clock : CLOCK_MONOTONIC;
	if (value != 0 && !absolute)
		st->st_when += rump_clock_now(st->st_base, st->st_proc,
		    st->st_cputid);
	rump_sigtimer_arm(st);
}

RUMP_SYSCALL4(timer_settime, int, id, int, flags, const void *, uval,
    void *, uold)
{
	struct __kernel_itimerspec it, old;
	struct rump_sigtimer *st;
	int64_t value;
	int error;

	if (uval == NULL)
		return -EINVAL;
	if ((error = rump_copyin(uval, &it, sizeof(it))) != 0)
		return -error;
	value = timer_ns(&it.it_value);
	if (!timer_valid(&it.it_value) || !timer_valid(&it.it_interval) ||
	    (st = timer_enter(gatelwp->l_proc, id)) == NULL)
		return -EINVAL;
	timer_value(st, &old);
	timer_set(st, value, value != 0 ? timer_ns(&it.it_interval) : 0,
	    flags & TIMER_ABSTIME);
	rump_mutex_exit(&gatelwp->l_proc->p_lock);
	return uold != NULL ? -rump_copyout(&old, uold, sizeof(old)) : 0;
}

/* The interval timers: made at first use. */
static int
itimer_get(struct proc *p, int which, struct rump_sigtimer **stp)
{
	static const int sigs[] = { SIGALRM, SIGVTALRM, SIGPROF };
	struct rump_sigtimer as;
	int error;

	for (;;) {
		rump_mutex_enter(&p->p_lock);
		if ((*stp = rump_sigtimer_find(p, -1 - which)) != NULL)
			return 0;
		rump_mutex_exit(&p->p_lock);
		memset(&as, 0, sizeof(as));
		as.st_id = -1 - which;
		as.st_clock = which == ITIMER_REAL ? CLOCK_MONOTONIC :
		    CLOCK_PROCESS_CPUTIME_ID;
		as.st_notify = SIGEV_SIGNAL;
		as.st_sig = sigs[which];
		error = rump_sigtimer_new(p, &as, stp);
		if (error && p->p_exiting)
			return error;
	}
}

static void
itimer_value(const struct rump_sigtimer *st, struct __kernel_old_itimerval *it)
{
	int64_t left = rump_sigtimer_left(st);

	/* Not yet over is never 0. */
	if (left != 0 && left < 1000)
		left = 1000;
	it->it_interval.tv_sec = st->st_interval / NSEC_PER_SEC;
	it->it_interval.tv_usec = st->st_interval % NSEC_PER_SEC / 1000;
	it->it_value.tv_sec = left / NSEC_PER_SEC;
	it->it_value.tv_usec = left % NSEC_PER_SEC / 1000;
}

static int
itimer_ns(const struct __kernel_old_timeval *tv, int64_t *ns)
{

	if (tv->tv_sec < 0 || tv->tv_usec < 0 || tv->tv_usec >= 1000000)
		return EINVAL;
	*ns = tv->tv_sec > TIME_MAX / NSEC_PER_SEC ? TIME_MAX :
	    tv->tv_sec * NSEC_PER_SEC + tv->tv_usec * 1000;
	return 0;
}

/* set: what to, interval; old: what it was. */
static int
itimer_change(struct proc *p, int which, const int64_t *set,
    struct __kernel_old_itimerval *old)
{
	struct rump_sigtimer *st;
	int error;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return EINVAL;
	if ((error = itimer_get(p, which, &st)) != 0)
		return error;
	itimer_value(st, old);
	if (set != NULL)
		timer_set(st, set[0], set[0] != 0 ? set[1] : 0, 0);
	rump_mutex_exit(&p->p_lock);
	return 0;
}

RUMP_SYSCALL2(getitimer, int, which, void *, uval)
{
	struct __kernel_old_itimerval old;
	int error;

	error = itimer_change(gatelwp->l_proc, which, NULL, &old);
	return error ? -error : -rump_copyout(&old, uval, sizeof(old));
}

RUMP_SYSCALL3(setitimer, int, which, const void *, uval, void *, uold)
{
	struct __kernel_old_itimerval new, old;
	int64_t set[2] = { 0, 0 };
	int error;

	if (uval != NULL) {
		if ((error = rump_copyin(uval, &new, sizeof(new))) != 0)
			return -error;
		if (itimer_ns(&new.it_value, &set[0]) != 0 ||
		    itimer_ns(&new.it_interval, &set[1]) != 0)
			return -EINVAL;
	}
	error = itimer_change(gatelwp->l_proc, which, set, &old);
	if (error || uold == NULL)
		return -error;
	return -rump_copyout(&old, uold, sizeof(old));
}

/* Seconds that were left, rounded, but not to 0. */
RUMP_SYSCALL1(alarm, unsigned, seconds)
{
	struct __kernel_old_itimerval old;
	int64_t set[2] = { seconds * NSEC_PER_SEC, 0 };

	if (itimer_change(gatelwp->l_proc, ITIMER_REAL, set, &old) != 0)
		return 0;
	if ((old.it_value.tv_sec == 0 && old.it_value.tv_usec != 0) ||
	    old.it_value.tv_usec >= 500000)
		old.it_value.tv_sec++;
	return old.it_value.tv_sec;
}
