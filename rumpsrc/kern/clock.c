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

static struct rump_wallstep *clock_steps;	/* [a] only grows */

void
rump_wallstep_add(struct rump_wallstep *ws)
{

	if (__atomic_exchange_n(&ws->ws_added, 1, __ATOMIC_RELAXED))
		return;
	ws->ws_next = __atomic_load_n(&clock_steps, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&clock_steps, &ws->ws_next, ws, 0,
	    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		continue;
}

void
rump_setwalltime(int64_t t)
{
	int64_t new = t - clock_hostwall(), old;
	struct rump_wallstep *ws;

	old = __atomic_exchange_n(&clock_offset, new, __ATOMIC_SEQ_CST);
	for (ws = __atomic_load_n(&clock_steps, __ATOMIC_ACQUIRE); ws != NULL;
	    ws = ws->ws_next)
		ws->ws_fn(new - old);
}
