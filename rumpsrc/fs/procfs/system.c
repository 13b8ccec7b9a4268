/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * system.c: the system as a whole (proc(5)): memory, time, load.  Per-CPU
 * times are not kept: each CPU is shown with its share of the sum.
 */
#include <linux/magic.h>

#include <rump/rumpcomp_vm.h>
#include <kern/clock.h>
#include <kern/init.h>
#include <kern/kmem.h>
#include <kern/mm_region.h>
#include <kern/sched.h>
#include <kern/str.h>

#include "procfs_private.h"

#pragma weak rumpcomp_vm_stat
#pragma weak rumpcomp_vm_limit
#pragma weak rump_mm_committed

#define TICK	(NSEC_PER_SEC / 100)

/* Pages that the file systems in memory take. */
static uint64_t
tmpfspages(void)
{
	struct vfs_statfs vs;
	struct mount **all;
	uint64_t sum = 0;
	size_t n, i;

	if (vfs_getmounts(&all, &n) != 0)
		return 0;
	for (i = 0; i < n; i++) {
		memset(&vs, 0, sizeof(vs));
		all[i]->m_type->ft_statfs(all[i], &vs);
		if (vs.vs_type == TMPFS_MAGIC)
			sum += vs.vs_blocks - vs.vs_bfree;
		vrele(all[i]->m_root);
	}
	rump_kmem_free(all, n * sizeof(*all));
	return sum;
}

static int
meminfo_read(struct text *tx, const struct procctx *pc)
{
	size_t total = 0, avail = 0, limit = 0, committed = 0, shm;

	(void)pc;
	if (rumpcomp_vm_stat != NULL)
		rumpcomp_vm_stat(&total, &avail);
	if (rumpcomp_vm_limit != NULL)
		limit = rumpcomp_vm_limit();
	if (rump_mm_committed != NULL)
		committed = rump_mm_committed();
	shm = tmpfspages() * 4;
	rump_textf(tx, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\n"
	    "MemAvailable:   %8lu kB\nBuffers:               0 kB\n"
	    "Cached:         %8lu kB\nSwapCached:            0 kB\n",
	    total / 1024, avail / 1024, avail / 1024, shm);
	rump_textf(tx, "Active:         %8lu kB\nInactive:              0 kB\n"
	    "Mlocked:               0 kB\nSwapTotal:             0 kB\n"
	    "SwapFree:              0 kB\nDirty:                 0 kB\n"
	    "Writeback:             0 kB\nShmem:          %8lu kB\n",
	    (total - avail) / 1024, shm);
	rump_textf(tx, "Slab:                  0 kB\nSReclaimable:          0 "
	    "kB\nSUnreclaim:            0 kB\nCommitLimit:    %8lu kB\n"
	    "Committed_AS:   %8lu kB\nHugePages_Total:       0\n"
	    "Hugepagesize:       2048 kB\n", limit / 1024, committed / 1024);
	return 0;
}

/*
 * Ticks of all CPUs, which only grow: what processes had that have ended since
 * the last look is in no sum any more.
 */
static void
ticks(struct proctotal *pt, int64_t *up, int64_t *used, int64_t *idle)
{
	static struct rump_mutex lock;
	static int64_t last, gone, rest;

	rump_mutex_enter(&lock);
	procfs_total(pt);
	*up = rump_monotonic() / TICK;
	if (pt->pt_cputime < last)
		gone += last - pt->pt_cputime;
	last = pt->pt_cputime;
	*used = (last + gone) / TICK;
	if (*up * rump_ncpus() - *used > rest)
		rest = *up * rump_ncpus() - *used;
	*idle = rest;
	rump_mutex_exit(&lock);
}

static int
uptime_read(struct text *tx, const struct procctx *pc)
{
	int64_t up, used, idle;
	struct proctotal pt;

	(void)pc;
	ticks(&pt, &up, &used, &idle);
	rump_textf(tx, "%lld.%02lld %lld.%02lld\n", (long long)up / 100,
	    (long long)up % 100, (long long)idle / 100, (long long)idle % 100);
	return 0;
}

static int
stat_read(struct text *tx, const struct procctx *pc)
{
	int64_t up, used, idle;
	struct proctotal pt;
	unsigned i, n = rump_ncpus();

	(void)pc;
	ticks(&pt, &up, &used, &idle);
	rump_textf(tx, "cpu  %lld 0 0 %lld 0 0 0 0 0 0\n", (long long)used,
	    (long long)idle);
	for (i = 0; i < n; i++)
		rump_textf(tx, "cpu%u %lld 0 0 %lld 0 0 0 0 0 0\n", i,
		    (long long)used / n, (long long)idle / n);
	rump_textf(tx, "intr 0\nctxt 0\nbtime %lld\nprocesses %d\n"
	    "procs_running %d\nprocs_blocked 0\nsoftirq 0\n",
	    (long long)((rump_walltime() - rump_monotonic()) / NSEC_PER_SEC),
	    pt.pt_lastpid, pt.pt_running);
	return 0;
}

/*
 * The averages over 1, 5 and 15 minutes are brought forward when somebody
 * looks, as if what runs now had run since then.  Thousandths; e^-1/12 and so
 * on for each 5 seconds, as is usual.
 */
static struct rump_mutex load_lock;
static uint64_t load_avg[3];			/* [load_lock] of 2^16 */
static int64_t load_when;			/* [load_lock] */

static void
load(const struct proctotal *pt, uint64_t avg[3])
{
	static const uint32_t decay[3] = { 60296, 64453, 65173 };
	int64_t now = rump_monotonic() / (5 * NSEC_PER_SEC);
	uint64_t run = (uint64_t)(pt->pt_running > 0 ? pt->pt_running - 1 :
	    0) << 16;
	int i, k;

	rump_mutex_enter(&load_lock);
	for (k = 0; load_when < now && k < 1000; k++, load_when++)
		for (i = 0; i < 3; i++)
			load_avg[i] = (load_avg[i] * decay[i] +
			    run * (65536 - decay[i])) >> 16;
	load_when = now;
	memcpy(avg, load_avg, sizeof(load_avg));
	rump_mutex_exit(&load_lock);
}

static int
loadavg_read(struct text *tx, const struct procctx *pc)
{
	struct proctotal pt;
	uint64_t avg[3];
	int i;

	(void)pc;
	procfs_total(&pt);
	load(&pt, avg);
	for (i = 0; i < 3; i++)
		rump_textf(tx, "%u.%02u ", (unsigned)(avg[i] >> 16),
		    (unsigned)((avg[i] & 0xffff) * 100 >> 16));
	rump_textf(tx, "%d/%d %d\n", pt.pt_running, pt.pt_lwps,
	    pt.pt_lastpid);
	return 0;
}

static int
version_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "Linux version " RUMP_OSRELEASE " (rumpkit) "
	    RUMP_OSVERSION "\n");
	return 0;
}

static int
vmstat_read(struct text *tx, const struct procctx *pc)
{
	size_t total = 0, avail = 0;

	(void)pc;
	if (rumpcomp_vm_stat != NULL)
		rumpcomp_vm_stat(&total, &avail);
	rump_textf(tx, "nr_free_pages %lu\nnr_shmem %llu\n", avail / 4096,
	    (unsigned long long)tmpfspages());
	return 0;
}

static int
interrupts_read(struct text *tx, const struct procctx *pc)
{
	unsigned i;

	(void)pc;
	rump_textf(tx, "    ");
	for (i = 0; i < rump_ncpus(); i++)
		rump_textf(tx, "       CPU%u", i);
	rump_textf(tx, "\n");
	return 0;
}

RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "meminfo", meminfo_read);
	rump_proc_file(pt, "uptime", uptime_read);
	rump_proc_file(pt, "stat", stat_read);
	rump_proc_file(pt, "loadavg", loadavg_read);
	rump_proc_file(pt, "version", version_read);
	rump_proc_file(pt, "vmstat", vmstat_read);
	rump_proc_file(pt, "interrupts", interrupts_read);
	rump_proc_text(pt, "cmdline", "");
	rump_proc_text(pt, "devices",
	    "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n"
	    "  5 /dev/ptmx\n136 pts\n\nBlock devices:");
}
