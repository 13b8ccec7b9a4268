/* SPDX-License-Identifier: BSD-2-Clause */
#include <rump/rumpcomp_clock.h>

#include "user.h"

int64_t
rumpcomp_clock_monotonic(void)
{
	return bmk_platform_monotonic();
}

int
rumpuser_clock_gettime(int clock, int64_t *sec, long *nsec)
{
	int64_t t;

	switch (clock) {
	case RUMPUSER_CLOCK_RELWALL:
		t = bmk_platform_wallclock();
		break;
	case RUMPUSER_CLOCK_ABSMONO:
		t = bmk_platform_monotonic();
		break;
	default:
		return EINVAL;
	}
	*sec = t / NSEC;
	*nsec = t % NSEC;
	return 0;
}

int
rumpuser_clock_sleep(int clock, int64_t sec, long nsec)
{
	int64_t t;
	int nlocks;

	if ((clock != RUMPUSER_CLOCK_RELWALL &&
	    clock != RUMPUSER_CLOCK_ABSMONO) || nsec < 0 || nsec >= NSEC)
		return EINVAL;
	if (__builtin_mul_overflow(sec, NSEC, &t) ||
	    __builtin_add_overflow(t, nsec, &t))
		t = sec < 0 ? 0 : BMK_TIME_NEVER - 1;
	if (clock == RUMPUSER_CLOCK_RELWALL &&
	    __builtin_add_overflow(t, bmk_platform_monotonic(), &t))
		t = BMK_TIME_NEVER - 1;
	user_unschedule(&nlocks, NULL);
	/* A time that is over: others' turn, as in sched_yield(2). */
	if (bmk_platform_monotonic() >= t)
		bmk_sched_yield();
	else do {
		bmk_sched_prepare(t);
		(void)bmk_sched_block();
	} while (bmk_platform_monotonic() < t);
	user_schedule(nlocks, NULL);
	return 0;
}
