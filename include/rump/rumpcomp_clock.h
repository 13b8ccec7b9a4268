/* SPDX-License-Identifier: BSD-2-Clause */
/* Hypercall: the time since boot in nanoseconds, rumpuser_clock_gettime(3)'s
 * RUMPUSER_CLOCK_ABSMONO in one number: each packet asks for it. */
#ifndef RUMP_RUMPCOMP_CLOCK_H
#define RUMP_RUMPCOMP_CLOCK_H

#include <stdint.h>

int64_t rumpcomp_clock_monotonic(void);

#endif /* RUMP_RUMPCOMP_CLOCK_H */
