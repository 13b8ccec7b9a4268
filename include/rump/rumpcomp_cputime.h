/* SPDX-License-Identifier: BSD-2-Clause */
/* Hypercalls: how long threads have run.  hw, spt. */
#ifndef RUMP_RUMPCOMP_CPUTIME_H
#define RUMP_RUMPCOMP_CPUTIME_H

#include <stdint.h>

struct lwp;

/*
 * From now on charge() is told whenever a thread with an lwp stops running,
 * and how many nanoseconds it ran: in the scheduler, so it may take no lock.
 * 0, or ENXIO: this host does not tell.
 */
int rumpcomp_cputime_init(void (*charge)(struct lwp *, int64_t ns));
/* Charges the calling thread with what it has run so far. */
void rumpcomp_cputime_update(void);

#endif /* RUMP_RUMPCOMP_CPUTIME_H */
