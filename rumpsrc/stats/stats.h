/* SPDX-License-Identifier: BSD-2-Clause */
/* Private to the statistics.  All counters are [a], relaxed. */
#ifndef STATS_STATS_H
#define STATS_STATS_H

#include <stddef.h>
#include <stdint.h>
#include <kern/calls.h>

/* What bake's linker script tells: which code belongs to which component. */
struct stats_name {
	int32_t	sn_start, sn_end;	/* from the table's own address */
	char	sn_name[24];		/* cut, NUL-terminated */
};
extern const struct stats_name rump_stats_comps[]
    __attribute__((__visibility__("hidden")));
extern const struct stats_name rump_stats_comps_end[]
    __attribute__((__visibility__("hidden")));

#define STATS_MAXCOMPS	128	/* the last: the platform, and what is over */

struct stats_comp {
	uint64_t	sc_bytes, sc_peak;	/* in use, most */
	uint64_t	sc_allocs;
	uint64_t	sc_waits, sc_waitns;	/* for mutexes */
};
extern struct stats_comp stats_comps[STATS_MAXCOMPS];

struct stats_call {
	const struct rump_calldesc *st_desc;
	uint64_t	st_count, st_errors;
	uint64_t	st_ns, st_maxns;	/* in the call, waiting too */
};
extern struct stats_call stats_calls[RUMP_CALLS_MAXNR];

extern char stats_format;	/* [I] 0: not asked for; 't', 'j' */

unsigned stats_compof(const void *code);	/* an index of stats_comps */
int64_t	stats_now(void);
void	stats_max(uint64_t *, uint64_t);
#define STATS_ADD(p, n)	__atomic_fetch_add(p, n, __ATOMIC_RELAXED)
void	stats_print(void);

#endif /* STATS_STATS_H */
