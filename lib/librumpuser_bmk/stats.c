/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters in front of the platform's functions: linked, and called, only
 * where bake says --wrap for them (rumpsrc/stats).
 */
#include <rump/rumpcomp_stats.h>

#include "user.h"

struct rumpcomp_stats rumpcomp_stats;

struct bmk_regs *__real_hw_irq(struct bmk_regs *);
struct bmk_regs *__wrap_hw_irq(struct bmk_regs *);
void __real_hw_trap(struct bmk_regs *);
void __wrap_hw_trap(struct bmk_regs *);
void __real_bmk_cpu_switch(struct bmk_thread *, struct bmk_thread *);
void __wrap_bmk_cpu_switch(struct bmk_thread *, struct bmk_thread *);
void __real_bmk_sched_timer(void);
void __wrap_bmk_sched_timer(void);

static void
count(uint64_t *p)
{
	__atomic_fetch_add(p, 1, __ATOMIC_RELAXED);
}

struct bmk_regs *
__wrap_hw_irq(struct bmk_regs *r)
{
	count(&rumpcomp_stats.st_vector[r->vector & 255]);
	return __real_hw_irq(r);
}

void
__wrap_hw_trap(struct bmk_regs *r)
{
	if (r->vector == BMK_VECTOR_PF)
		count(&rumpcomp_stats.st_faults);
	__real_hw_trap(r);
}

void
__wrap_bmk_cpu_switch(struct bmk_thread *from, struct bmk_thread *to)
{
	count(&rumpcomp_stats.st_switches);
	__real_bmk_cpu_switch(from, to);
}

void
__wrap_bmk_sched_timer(void)
{
	count(&rumpcomp_stats.st_timer);
	__real_bmk_sched_timer();
}
