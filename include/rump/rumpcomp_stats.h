/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercall for statistics: what the platform counted.  hw, spt; only in
 * images with component stats, whose bake has these functions called through
 * the counters (ld --wrap).
 */
#ifndef RUMP_RUMPCOMP_STATS_H
#define RUMP_RUMPCOMP_STATS_H

#include <stdint.h>

#define RUMPCOMP_STATS_VECTORS	256

struct rumpcomp_stats {
	uint64_t	st_switches;	/* from one thread to another */
	uint64_t	st_timer;	/* timer interrupts, spt: signals */
	uint64_t	st_faults;	/* page faults; spt: Linux has them */
	uint64_t	st_vector[RUMPCOMP_STATS_VECTORS];	/* hw only */
};
/* [a] */
extern struct rumpcomp_stats rumpcomp_stats;

#endif /* RUMP_RUMPCOMP_STATS_H */
