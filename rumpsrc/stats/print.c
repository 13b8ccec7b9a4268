/* SPDX-License-Identifier: BSD-2-Clause */
/* The report at the end, for people or as one line of JSON. */
#include <stdarg.h>
#include <string.h>
#include <rump/rumpcomp_report.h>
#include <rump/rumpcomp_stats.h>
#include <rump/rumpcomp_vm.h>
#include "stats.h"

int	snprintf(char *, size_t, const char *, ...)
	    __attribute__((__format__(__printf__, 3, 4)));
int	vsnprintf(char *, size_t, const char *, va_list);

static int64_t print_total;		/* ns, of all calls */

static void __attribute__((__format__(__printf__, 1, 2)))
put(const char *fmt, ...)
{
	char buf[200];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(buf) - 1)
		n = sizeof(buf) - 1;
	rumpcomp_report_write(buf, (size_t)n);
}

/* The call with the most time of those below (ns, number), one by one. */
static const struct stats_call *
next_call(const struct stats_call *last)
{
	const struct stats_call *st, *best = NULL;

	for (st = stats_calls; st < stats_calls + RUMP_CALLS_MAXNR; st++) {
		if (st->st_desc == NULL || (last != NULL &&
		    (st->st_ns > last->st_ns || (st->st_ns == last->st_ns &&
		    st <= last))))
			continue;
		if (best == NULL || st->st_ns > best->st_ns)
			best = st;
	}
	return best;
}

static const char *
name_of(unsigned i)
{

	return i == STATS_MAXCOMPS - 1 ? "platform" :
	    rump_stats_comps[i].sn_name;
}

/* How often programs called gates of the component. */
static uint64_t
calls_of(unsigned comp)
{
	const struct stats_call *st;
	uint64_t n = 0;

	for (st = stats_calls; st < stats_calls + RUMP_CALLS_MAXNR; st++)
		if (st->st_desc != NULL && st->st_desc->cd_gate != NULL &&
		    stats_compof((const void *)st->st_desc->cd_gate) == comp)
			n += st->st_count;
	return n;
}

static int
comp_isused(unsigned i)
{
	const struct stats_comp *sc = &stats_comps[i];

	return sc->sc_allocs != 0 || sc->sc_waits != 0 || calls_of(i) != 0;
}

static unsigned
ncomps(void)
{
	size_t n = (size_t)(rump_stats_comps_end - rump_stats_comps);

	return n < STATS_MAXCOMPS - 1 ? (unsigned)n : STATS_MAXCOMPS - 1;
}

static void
text_calls(void)
{
	const struct stats_call *st;
	uint64_t count = 0, errors = 0, part;

	put("%% time     seconds  usecs/call     calls    errors syscall\n"
	    "------ ----------- ----------- --------- --------- "
	    "----------------\n");
	for (st = next_call(NULL); st != NULL; st = next_call(st)) {
		part = print_total != 0 ? st->st_ns * 10000 /
		    (uint64_t)print_total : 0;
		put("%3lu.%02lu %4lu.%06lu %11lu %9lu %9lu %s\n", part / 100,
		    part % 100, st->st_ns / 1000000000, st->st_ns / 1000 %
		    1000000, st->st_ns / 1000 / st->st_count, st->st_count,
		    st->st_errors, st->st_desc->cd_name);
		count += st->st_count;
		errors += st->st_errors;
	}
	put("------ ----------- ----------- --------- --------- "
	    "----------------\n"
	    "100.00 %4lu.%06lu %11s %9lu %9lu total\n\n",
	    (uint64_t)print_total / 1000000000, (uint64_t)print_total / 1000 %
	    1000000, "", count, errors);
}

static void
text_comp(unsigned i)
{
	const struct stats_comp *sc = &stats_comps[i];

	if (comp_isused(i))
		put("%11lu %11lu %11lu %9lu %9lu %9lu %s\n", sc->sc_bytes,
		    sc->sc_peak, sc->sc_allocs, calls_of(i), sc->sc_waits,
		    sc->sc_waitns / 1000, name_of(i));
}

static void
text_print(void)
{
	size_t total, avail;
	unsigned i;

	text_calls();
	put("  bytes now  bytes peak allocations     calls lockwaits   usecs "
	    "component\n----------- ----------- ----------- --------- "
	    "--------- --------- ----------------\n");
	for (i = 0; i < ncomps(); i++)
		text_comp(i);
	text_comp(STATS_MAXCOMPS - 1);
	rumpcomp_vm_stat(&total, &avail);
	put("\ncontext switches %lu, timer %lu, page faults %lu, memory %lu of "
	    "%lu KiB free\n", rumpcomp_stats.st_switches,
	    rumpcomp_stats.st_timer, rumpcomp_stats.st_faults, avail >> 10,
	    total >> 10);
	for (i = 0; i < RUMPCOMP_STATS_VECTORS; i++)
		if (rumpcomp_stats.st_vector[i] != 0)
			put("interrupt vector %u: %lu\n", i,
			    rumpcomp_stats.st_vector[i]);
}

static void
json_comp(unsigned i, const char **comma)
{
	const struct stats_comp *sc = &stats_comps[i];

	if (!comp_isused(i))
		return;
	put("%s{\"name\":\"%s\",\"memory\":%lu,\"peak\":%lu,"
	    "\"allocations\":%lu,", *comma, name_of(i), sc->sc_bytes,
	    sc->sc_peak, sc->sc_allocs);
	put("\"calls\":%lu,\"lock_waits\":%lu,\"lock_wait_ns\":%lu}",
	    calls_of(i), sc->sc_waits, sc->sc_waitns);
	*comma = ",";
}

static void
json_print(void)
{
	const struct stats_call *st;
	const char *comma = "";
	size_t total, avail;
	unsigned i;

	put("{\"calls\":[");
	for (st = next_call(NULL); st != NULL; st = next_call(st)) {
		put("%s{\"name\":\"%s\",\"count\":%lu,\"errors\":%lu,"
		    "\"ns\":%lu,\"max_ns\":%lu}", comma,
		    st->st_desc->cd_name, st->st_count, st->st_errors,
		    st->st_ns, st->st_maxns);
		comma = ",";
	}
	put("],\"components\":[");
	comma = "";
	for (i = 0; i < ncomps(); i++)
		json_comp(i, &comma);
	json_comp(STATS_MAXCOMPS - 1, &comma);
	put("],\"interrupts\":{");
	comma = "";
	for (i = 0; i < RUMPCOMP_STATS_VECTORS; i++)
		if (rumpcomp_stats.st_vector[i] != 0) {
			put("%s\"%u\":%lu", comma, i,
			    rumpcomp_stats.st_vector[i]);
			comma = ",";
		}
	rumpcomp_vm_stat(&total, &avail);
	put("},\"context_switches\":%lu,\"timer\":%lu,\"page_faults\":%lu,"
	    "\"memory_total\":%lu,\"memory_free\":%lu}\n",
	    rumpcomp_stats.st_switches, rumpcomp_stats.st_timer,
	    rumpcomp_stats.st_faults, total, avail);
}

void
stats_print(void)
{
	const struct stats_call *st;

	print_total = 0;
	for (st = stats_calls; st < stats_calls + RUMP_CALLS_MAXNR; st++)
		print_total += (int64_t)st->st_ns;
	if (stats_format == 'j')
		json_print();
	else
		text_print();
}
