/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks and sleeps.  CPU time: cputime.c. */
#include <asm/errno.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <string.h>
#include <rump/rumpcomp_clock.h>
#include <kern/clock.h>
#include <kern/proc.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define SLEEP_LOOK	4000000LL	/* ns */

static int
time_valid(int clk)
{

	return rump_clock_iscpu(clk) || (clk >= 0 && clk <= CLOCK_TAI &&
	    clk != 10);
}

/* CPU time takes a virtual CPU: another lwp's may be asked for. */
static __attribute__((__noinline__)) int
time_cpu(int clk, int64_t *t)
{
	struct proc *p;
	int tid, error;

	rump_schedule();
	p = rump_proc_find(clk < 0 && (clk & 4) == 0 && ~(clk >> 3) != 0 ?
	    ~(clk >> 3) : curproc->p_pid);	/* any process's */
	error = p == NULL ? EINVAL : rump_clock_cpuof(clk, p, &tid);
	if (error == 0) {
		rump_mutex_enter(&p->p_lock);
		*t = rump_clock_now(clk, p, tid);
		rump_mutex_exit(&p->p_lock);
	}
	if (p != NULL)
		rump_proc_rele(p);
	rump_unschedule();
	return error;
}

static inline int
time_now(int clk, int64_t *t)
{

	if (rump_clock_iscpu(clk))
		return time_cpu(clk, t);
	*t = rump_clock_now(clk, NULL, 0);
	return 0;
}

static __attribute__((__noinline__)) long
time_get(int clk, void *uts)
{
	struct __kernel_timespec ts;
	int64_t t;

	if (clk == CLOCK_REALTIME && !rump_wallset())
		return rumpcomp_clock_timespec(1, uts);
	if (!time_valid(clk) || time_now(clk, &t) != 0)
		return -EINVAL;
	ts.tv_sec = t / NSEC_PER_SEC;
	ts.tv_nsec = t % NSEC_PER_SEC;
	return -rump_copyout(&ts, uts, sizeof(ts));
}

/*
 * Needs no virtual CPU: no state of the rump kernel is touched.  The clock
 * that is asked for most goes by jumps alone.
 */
long
rump_sysimpl_clock_gettime(int clk, void *uts)
{

	if (clk == CLOCK_MONOTONIC)
		return rumpcomp_clock_timespec(0, uts);
	return time_get(clk, uts);
}

long
rump_sysimpl_clock_getres(int clk, void *uts)
{
	const struct __kernel_timespec ts = { 0, 1 };
	int64_t t;

	if (!time_valid(clk) || (clk < 0 && time_now(clk, &t) != 0))
		return -EINVAL;
	return uts == NULL ? 0 : -rump_copyout(&ts, uts, sizeof(ts));
}

long
rump_sysimpl_gettimeofday(void *utv, void *utz)
{
	int64_t t = rump_walltime();
	const struct __kernel_old_timeval tv = { t / NSEC_PER_SEC,
	    t % NSEC_PER_SEC / 1000 };
	static const int tz[2];

	if (utv != NULL && rump_copyout(&tv, utv, sizeof(tv)) != 0)
		return -EFAULT;
	return utz != NULL ? -rump_copyout(tz, utz, sizeof(tz)) : 0;
}

long
rump_sysimpl_time(long *tp)
{
	long t = rump_walltime() / NSEC_PER_SEC;

	return tp != NULL && rump_copyout(&t, tp, sizeof(t)) != 0 ?
	    -EFAULT : t;
}

RUMP_SYSCALL2(clock_settime, int, clk, const void *, uts)
{
	struct __kernel_timespec ts;
	int tid;

	if (clk > CLOCK_REALTIME)
		return -EINVAL;
	if (rump_copyin(uts, &ts, sizeof(ts)) != 0)
		return -EFAULT;
	if (clk < 0)		/* CPU time, a descriptor's */
		return rump_clock_cpuof(clk, curproc, &tid) == 0 ? -EPERM :
		    -EINVAL;
	return -rump_setwalltime(ts.tv_sec, ts.tv_nsec);
}

/* 0, or EINTR. */
static int
sleep_until(int64_t deadline)
{
	struct rump_mutex lock = { 0 };
	struct rump_cv cv = { 0 };
	int error;

	rump_mutex_enter(&lock);
	do {
		error = rump_cv_timedwait_sig(&cv, &lock, deadline);
	} while (error == 0);
	rump_mutex_exit(&lock);
	return error == ETIMEDOUT ? 0 : error;
}

static long sleep_again(int64_t deadline, struct __kernel_timespec *rem);

/* rem NULL: the caller does not want to know what was left. */
static long
sleep_mono(struct lwp *l, int64_t deadline, struct __kernel_timespec *rem)
{
	const long again[] = { (long)sleep_again, deadline, (long)rem };
	int error = sleep_until(deadline);
	struct __kernel_timespec ts;
	int64_t left;

	if (error && rem != NULL) {
		if ((left = deadline - rump_monotonic()) < 0)
			left = 0;
		ts.tv_sec = left / NSEC_PER_SEC;
		ts.tv_nsec = left % NSEC_PER_SEC;
		if (rump_copyout(&ts, rem, sizeof(ts)) != 0)
			return -EFAULT;
	}
	if (error && RUMP_HOOK(rump_intr_hook) != NULL)
		RUMP_HOOK(rump_intr_hook)(l, again, (int)sizeof(again) +
		    RUMP_AGAIN_NOHAND);
	return -error;
}

/* A gate: no handler ran, the sleep goes on. */
static long
sleep_again(int64_t deadline, struct __kernel_timespec *rem)
{
	struct lwp *l = rump_gate_enter();
	long r = sleep_mono(l, deadline, rem);

	rump_gate_exit(l);
	return r;
}

/* Looks again when the time may be used up at the earliest. */
static long
sleep_cpu(int64_t until)
{
	struct proc *p = curproc;
	int64_t now;
	long r = 0;

	while (r == 0 && (now = rump_clock_now(CLOCK_PROCESS_CPUTIME_ID, p,
	    0)) < until)
		r = -sleep_until(rump_monotonic() +
		    (until - now < SLEEP_LOOK ? SLEEP_LOOK : until - now));
	return r;
}

static long
sleep_for(struct lwp *l, int clk, int flags, const void *uts, void *rem)
{
	int64_t t;
	int absolute = flags & TIMER_ABSTIME, tid, error;

	if ((error = rump_ts_copyin(uts, &t)) != 0)
		return -error;
	if (rump_clock_iscpu(clk)) {
		if (rump_clock_cpuof(clk, curproc, &tid) != 0 || tid != 0)
			return -EINVAL;
		if (!absolute)
			t += rump_clock_now(clk, curproc, 0);
		return sleep_cpu(t);
	}
	if (absolute && (clk == CLOCK_REALTIME || clk == CLOCK_TAI ||
	    clk == CLOCK_REALTIME_ALARM))
		return sleep_mono(l, -t, NULL);
	return sleep_mono(l, absolute ? t : rump_monotonic() + t,
	    absolute ? NULL : rem);
}

RUMP_SYSCALL2(nanosleep, const void *, ts, void *, rem)
{

	return sleep_for(gatelwp, CLOCK_MONOTONIC, 0, ts, rem);
}

RUMP_SYSCALL4(clock_nanosleep, int, clk, int, flags, const void *, ts,
    void *, rem)
{

	if (!time_valid(clk))
		return -EINVAL;
	if (clk == CLOCK_MONOTONIC_RAW || clk == CLOCK_REALTIME_COARSE ||
	    clk == CLOCK_MONOTONIC_COARSE || clk == CLOCK_THREAD_CPUTIME_ID)
		return -EOPNOTSUPP;
	return sleep_for(gatelwp, clk, flags, ts, rem);
}

/* In clock ticks: own time, system time, the same of children. */
struct time_tms { long t[4]; };

RUMP_SYSCALL1(times, void *, utms)
{
	struct time_tms tms = { { 0 } };
	struct proc *p = gatelwp->l_proc;

	if (utms != NULL) {
		tms.t[0] = rump_clock_now(CLOCK_PROCESS_CPUTIME_ID, p, 0) /
		    (NSEC_PER_SEC / 100);
		tms.t[2] = __atomic_load_n(&p->p_childtime,
		    __ATOMIC_RELAXED) / (NSEC_PER_SEC / 100);
		if (rump_copyout(&tms, utms, sizeof(tms)) != 0)
			return -EFAULT;
	}
	return rump_monotonic() / (NSEC_PER_SEC / 100);
}
