/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clocks and sleeps.  CPU-time clocks show the time since the process
 * started: hosts do not account per thread yet (doc/limits.md).
 */
#include <asm/errno.h>
#include <linux/time_types.h>
#include <rump/rumpuser.h>
#include <kern/clock.h>
#include <kern/proc.h>
#include <kern/syscall.h>

#define CLOCK_REALTIME			0	/* clock_gettime(2) */
#define CLOCK_MONOTONIC			1
#define CLOCK_PROCESS_CPUTIME_ID	2
#define CLOCK_THREAD_CPUTIME_ID		3
#define CLOCK_MONOTONIC_RAW		4
#define CLOCK_REALTIME_COARSE		5
#define CLOCK_MONOTONIC_COARSE		6
#define CLOCK_BOOTTIME			7
#define CLOCK_REALTIME_ALARM		8
#define CLOCK_BOOTTIME_ALARM		9
#define CLOCK_TAI			11
#define TIMER_ABSTIME			1

static int
time_is_wall(int clk)
{

	return clk == CLOCK_REALTIME || clk == CLOCK_REALTIME_COARSE ||
	    clk == CLOCK_REALTIME_ALARM || clk == CLOCK_TAI;
}

static int
time_is_cpu(int clk)
{

	return clk == CLOCK_PROCESS_CPUTIME_ID ||
	    clk == CLOCK_THREAD_CPUTIME_ID || clk < 0;
}

static int
time_valid(int clk)
{

	return time_is_cpu(clk) || (clk >= 0 && clk <= CLOCK_TAI &&
	    clk != 10);
}

static int64_t
time_now(int clk)
{

	if (time_is_wall(clk))
		return rump_walltime();
	if (time_is_cpu(clk))
		return rump_monotonic() - curproc->p_start;
	return rump_monotonic();
}

/* Needs no virtual CPU: no state of the rump kernel is touched. */
long
rump_sysimpl_clock_gettime(int clk, void *uts)
{
	struct __kernel_timespec *ts = uts;
	int64_t t;

	if (!time_valid(clk))
		return -EINVAL;
	if (ts == NULL)
		return -EFAULT;
	t = time_now(clk);
	ts->tv_sec = t / NSEC_PER_SEC;
	ts->tv_nsec = t % NSEC_PER_SEC;
	return 0;
}

long
rump_sysimpl_clock_getres(int clk, void *uts)
{
	struct __kernel_timespec *ts = uts;

	if (!time_valid(clk))
		return -EINVAL;
	if (ts != NULL) {
		ts->tv_sec = 0;
		ts->tv_nsec = 1;
	}
	return 0;
}

long
rump_sysimpl_gettimeofday(void *utv, void *utz)
{
	struct __kernel_old_timeval *tv = utv;
	int64_t t = rump_walltime();
	int *tz = utz;

	if (tv != NULL) {
		tv->tv_sec = t / NSEC_PER_SEC;
		tv->tv_usec = t % NSEC_PER_SEC / 1000;
	}
	if (tz != NULL)
		tz[0] = tz[1] = 0;
	return 0;
}

long
rump_sysimpl_time(long *tp)
{
	long t = rump_walltime() / NSEC_PER_SEC;

	if (tp != NULL)
		*tp = t;
	return t;
}

RUMP_SYSCALL2(clock_settime, int, clk, const void *, uts)
{
	const struct __kernel_timespec *ts = uts;

	if (clk != CLOCK_REALTIME)
		return -EINVAL;
	if (ts == NULL)
		return -EFAULT;
	if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if (rump_suser() != 0)
		return -EPERM;
	rump_setwalltime(ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec);
	return 0;
}

/* Sleeps until a monotonic time; an interruption gives the rest in *left. */
static int
time_sleep(int64_t deadline, int64_t *left)
{
	struct rump_mutex lock = { 0 };
	struct rump_cv cv = { 0 };
	int error;

	rump_mutex_enter(&lock);
	do {
		error = rump_cv_timedwait_sig(&cv, &lock, deadline);
	} while (error == 0);
	rump_mutex_exit(&lock);
	*left = deadline - rump_monotonic();
	if (*left < 0)
		*left = 0;
	return error == ETIMEDOUT ? 0 : error;
}

static long
time_nanosleep(int clk, int flags, const struct __kernel_timespec *ts,
    struct __kernel_timespec *rem)
{
	int64_t t, left;
	int error;

	if (ts == NULL)
		return -EFAULT;
	if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= NSEC_PER_SEC ||
	    !time_valid(clk) || clk == CLOCK_THREAD_CPUTIME_ID)
		return -EINVAL;
	if (ts->tv_sec > INT64_MAX / NSEC_PER_SEC / 4)
		t = INT64_MAX / 4;
	else
		t = ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
	if ((flags & TIMER_ABSTIME) == 0)
		t += rump_monotonic();
	else
		t += rump_monotonic() - time_now(clk);
	error = time_sleep(t, &left);
	if (error && rem != NULL && (flags & TIMER_ABSTIME) == 0) {
		rem->tv_sec = left / NSEC_PER_SEC;
		rem->tv_nsec = left % NSEC_PER_SEC;
	}
	return -error;
}

RUMP_SYSCALL2(nanosleep, const void *, ts, void *, rem)
{

	return time_nanosleep(CLOCK_MONOTONIC, 0, ts, rem);
}

RUMP_SYSCALL4(clock_nanosleep, int, clk, int, flags, const void *, ts,
    void *, rem)
{

	return time_nanosleep(clk, flags, ts, rem);
}

struct time_tms { long t[4]; };

RUMP_SYSCALL1(times, void *, utms)
{
	struct time_tms *tms = utms;
	int64_t now = rump_monotonic();

	if (tms != NULL) {
		tms->t[0] = (now - curproc->p_start) / (NSEC_PER_SEC / 100);
		tms->t[1] = tms->t[2] = tms->t[3] = 0;
	}
	return now / (NSEC_PER_SEC / 100);
}
