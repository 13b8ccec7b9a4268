/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls: the time since boot in nanoseconds, rumpuser_clock_gettime(3)'s
 * RUMPUSER_CLOCK_ABSMONO in one number: each packet asks for it; and that
 * clock, or the wall's, as seconds and nanoseconds in a
 * program's memory.  Returns 0 or -EFAULT.
 */
#ifndef RUMP_RUMPCOMP_CLOCK_H
#define RUMP_RUMPCOMP_CLOCK_H

#include <stdint.h>

int64_t rumpcomp_clock_monotonic(void);
long rumpcomp_clock_timespec(int wall, int64_t ts[2]);

#endif /* RUMP_RUMPCOMP_CLOCK_H */
