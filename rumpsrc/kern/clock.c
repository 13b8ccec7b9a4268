/* SPDX-License-Identifier: BSD-2-Clause */
/* The two clocks; wall time has an offset that clock_settime changes. */
#include <rump/rumpcomp_clock.h>
#include <rump/rumpuser.h>
#include <kern/clock.h>

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

void
rump_setwalltime(int64_t t)
{

	__atomic_store_n(&clock_offset, t - clock_hostwall(),
	    __ATOMIC_RELAXED);
}
