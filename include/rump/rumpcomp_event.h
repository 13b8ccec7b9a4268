/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls: an event that an interrupt handler can signal and one thread
 * waits for.
 */
#ifndef RUMP_RUMPCOMP_EVENT_H
#define RUMP_RUMPCOMP_EVENT_H

#include <stdint.h>

struct rumpcomp_event;

int rumpcomp_event_create(struct rumpcomp_event **);	/* 0, ENOMEM */
void rumpcomp_event_destroy(struct rumpcomp_event *);	/* nobody waits */
/* Any context: interrupt handlers, threads with or without a virtual CPU. */
void rumpcomp_event_signal(struct rumpcomp_event *);
/*
 * Until it is signalled, or was since the last wait; takes the signal.  The
 * virtual CPU is given back meanwhile.  One waiter at a time.
 */
void rumpcomp_event_wait(struct rumpcomp_event *);

/* At most ns (negative: no limit).  0, also for no reason; ETIMEDOUT. */
int rumpcomp_event_timedwait(struct rumpcomp_event *, int64_t ns);

#endif /* RUMP_RUMPCOMP_EVENT_H */
