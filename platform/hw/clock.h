/* SPDX-License-Identifier: BSD-2-Clause */
/* Private to the clock's files. */
#ifndef HW_CLOCK_H
#define HW_CLOCK_H

#include <stdint.h>
#include "cpu.h"

/* Monotonic time from the TSC: constant once t_hz is not 0. */
extern struct hw_tsc {
	uint64_t t_hz;			/* 0: not known yet */
	uint64_t t_start, t_mult;	/* ns = ticks * mult >> 32 */
	int64_t	 t_ns;			/* at t_start */
} hw_tsc;

static inline int64_t
hw_tsc_ns(void)
{
	return hw_tsc.t_ns + (int64_t)((unsigned __int128)(rdtsc() -
	    hw_tsc.t_start) * hw_tsc.t_mult >> 32);
}

/* A counter of known rate: nanoseconds since hw_ref_find(). */
struct hw_ref {
	int64_t	(*rf_read)(void);
};
const struct hw_ref *hw_ref_find(void);	/* never NULL */

/* kvmclock: the TSC's rate; 0: not KVM. */
uint64_t hw_kvm_tsc_hz(void);
/* kvmclock's wall time at boot, in ns; 0: none. */
int64_t hw_kvm_wallclock(void);

#endif /* HW_CLOCK_H */
