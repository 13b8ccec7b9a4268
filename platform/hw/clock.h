/* SPDX-License-Identifier: BSD-2-Clause */
/* Private to the clock's files. */
#ifndef HW_CLOCK_H
#define HW_CLOCK_H

#include <stdint.h>

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
