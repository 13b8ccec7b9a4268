/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks.  A sleep is never shorter than asked, signals or not. */
#include <time.h>

#include <rump/rumpcomp_clock.h>

#include "posix_user.h"

int64_t
rumpcomp_clock_monotonic(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

long
rumpcomp_clock_timespec(int wall, int64_t ts[2])
{
	struct timespec t;

	(void)clock_gettime(wall ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t);
	ts[0] = t.tv_sec;
	ts[1] = t.tv_nsec;
	return 0;
}

int
rumpuser_clock_gettime(int clock, int64_t *secp, long *nsecp)
{
	struct timespec ts;

	if (clock != RUMPUSER_CLOCK_RELWALL &&
	    clock != RUMPUSER_CLOCK_ABSMONO)
		return EINVAL;
	if (clock_gettime(clock == RUMPUSER_CLOCK_RELWALL ?
	    CLOCK_REALTIME : CLOCK_MONOTONIC, &ts) == -1)
		return posix_errno(errno);
	*secp = ts.tv_sec;
	*nsecp = ts.tv_nsec;
	return 0;
}

/*
 * A relative time is made absolute first: a signal that interrupts then costs
 * nothing, and setting the wall clock has no influence.
 */
int
rumpuser_clock_sleep(int clock, int64_t sec, long nsec)
{
	struct timespec ts, now = { 0, 0 };
	int error, nlocks;

	if ((clock != RUMPUSER_CLOCK_RELWALL &&
	    clock != RUMPUSER_CLOCK_ABSMONO) || nsec < 0 || nsec >= 1000000000)
		return EINVAL;
	if (sec < 0)
		return 0;
	if (clock == RUMPUSER_CLOCK_RELWALL)
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	nsec += now.tv_nsec;
	if (__builtin_add_overflow(sec, now.tv_sec + nsec / 1000000000,
	    &ts.tv_sec))
		ts.tv_sec = INT64_MAX;
	ts.tv_nsec = nsec % 1000000000;

	posix_unsched(&nlocks, NULL);
	do
		error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts,
		    NULL);
	while (error == EINTR);
	posix_sched(nlocks, NULL);
	return posix_errno(error);
}
