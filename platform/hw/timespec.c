/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock_gettime()'s form of the clocks.  A file of its own that is optimised
 * for speed: it multiplies where others divide, lies in one page with what it
 * ends in (image.lds; what QEMU translates is chained within pages), and is
 * there only when it is used.
 */
#include <rump/rumpcomp_clock.h>

#include "hw.h"
#include "clock.h"

#define NSEC	1000000000ULL

long
rumpcomp_clock_timespec(int wall, int64_t ts[2])
{
	uint64_t t;

	if (__builtin_expect(!wall && hw_tsc.t_hz != 0, 1))
		t = (uint64_t)hw_tsc_ns();
	else
		t = (uint64_t)(wall ? bmk_platform_wallclock() :
		    bmk_platform_monotonic());
	return bmk_user_store2(ts, (int64_t)(t / NSEC), (int64_t)(t % NSEC));
}
