/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stats: counts, errors and time of each system call.  Nothing is counted
 * unless the launcher (a note in the image) or the parameter RUMP_STATS asks:
 * "text" or "json".
 */
#include <rump/component.h>
#include <rump/rumpcomp_report.h>
#include <rump/rumpuser.h>
#include "stats.h"

RUMPCOMP_REPORT_NOTE(stats_note, "stats");

struct stats_call stats_calls[RUMP_CALLS_MAXNR];
char stats_format;

int64_t
stats_now(void)
{
	int64_t sec;
	long nsec;

	(void)rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &sec, &nsec);
	return sec * 1000000000 + nsec;
}

void
stats_max(uint64_t *p, uint64_t v)
{
	uint64_t old = __atomic_load_n(p, __ATOMIC_RELAXED);

	while (old < v && !__atomic_compare_exchange_n(p, &old, v, 0,
	    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* Counted here: some do not return. */
static void
stats_enter(struct rump_call *c)
{
	struct stats_call *st = &stats_calls[c->c_desc->cd_nr];

	__atomic_store_n(&st->st_desc, c->c_desc, __ATOMIC_RELAXED);
	STATS_ADD(&st->st_count, 1);
	c->c_start = stats_now();
}

static void
stats_leave(struct rump_call *c, long r)
{
	struct stats_call *st = &stats_calls[c->c_desc->cd_nr];
	uint64_t ns = (uint64_t)(stats_now() - c->c_start);

	if ((unsigned long)r > -4096UL)
		STATS_ADD(&st->st_errors, 1);
	STATS_ADD(&st->st_ns, ns);
	stats_max(&st->st_maxns, ns);
}

static const struct rump_callops stats_ops = {
	.co_enter = stats_enter,
	.co_leave = stats_leave,
};

RUMP_COMPONENT(stats, RUMP_FACTION_BASE)
{
	/* The launcher may have written there. */
	const volatile char *note = stats_note.rn_text;
	char param[8];

	stats_format = note[0];
	if (stats_format == '\0' && rumpuser_getparam("RUMP_STATS", param,
	    sizeof(param)) == 0)
		stats_format = param[0];
	if (stats_format != '\0')
		rump_calls_watch(&stats_ops);
	return 0;
}
