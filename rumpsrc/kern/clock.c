/* SPDX-License-Identifier: BSD-2-Clause */
/* The two clocks; wall time has an offset that clock_settime changes. */
#include <asm/errno.h>
#include <rump/rumpcomp_clock.h>
#include <rump/rumpuser.h>
#include <kern/clock.h>
#include <kern/proc.h>
#include <kern/sched.h>

#define WALL_SECMAX	(INT64_MAX / NSEC_PER_SEC - 30LL * 365 * 86400)

static int64_t clock_offset;	/* [a] */

int64_t
rump_monotonic(void)
{

	return rumpcomp_clock_monotonic();
}

static int64_t
clock_hostwall(void)
{
	int64_t sec;
	long nsec;

	(void)rumpuser_clock_gettime(RUMPUSER_CLOCK_RELWALL, &sec, &nsec);
	return sec * NSEC_PER_SEC + nsec;
}

int64_t
rump_walltime(void)
{

	return clock_hostwall() +
	    __atomic_load_n(&clock_offset, __ATOMIC_RELAXED);
}

int
rump_wallset(void)
{

	return __atomic_load_n(&clock_offset, __ATOMIC_RELAXED) != 0;
}

static struct rump_wallstep *clock_steps;	/* [a] only grows */

void
rump_wallstep_add(struct rump_wallstep *ws)
{

	if (__atomic_exchange_n(&ws->ws_added, 1, __ATOMIC_RELAXED))
		return;
	ws->ws_next = __atomic_load_n(&clock_steps, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&clock_steps, &ws->ws_next, ws, 0,
	    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		continue;
}

/*
 * Not before boot, and 30 years of running must fit: what Linux accepts, and
 * no sum of such a time overflows.
 */
int
rump_setwalltime(int64_t sec, int64_t nsec)
{
	struct rump_wallstep *ws;
	int64_t new, old;

	if (sec < 0 || sec >= WALL_SECMAX || nsec < 0 || nsec >= NSEC_PER_SEC)
		return EINVAL;
	if (rump_capable(CAP_SYS_TIME) != 0)
		return EPERM;
	new = sec * NSEC_PER_SEC + nsec;
	if (new < rump_monotonic())
		return EINVAL;
	new -= clock_hostwall();
	old = __atomic_exchange_n(&clock_offset, new, __ATOMIC_SEQ_CST);
	for (ws = __atomic_load_n(&clock_steps, __ATOMIC_ACQUIRE); ws != NULL;
	    ws = ws->ws_next)
		ws->ws_fn(new - old);
	rump_sleepq_wallstep();
	return 0;
}
