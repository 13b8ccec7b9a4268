/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * procstat.c: what a process is: /proc/PID/{stat,status,statm,comm,limits,...}
 * and the same of its lwps in task/TID (proc(5)).  CPU time is the program's
 * and the kernel's together, shown as the program's.
 */
#include <asm/errno.h>
#include <linux/time.h>

#include <kern/clock.h>
#include <kern/fdtable.h>
#include <kern/sched.h>
#include <kern/sig.h>
#include <kern/str.h>

#include "procfs_private.h"

#define NSEC_PER_TICK	(NSEC_PER_SEC / 100)

/* Where the component is not there, or nobody measures. */
int64_t	rump_clock_now(int, struct proc *, int) __attribute__((__weak__));
/* Device number and foreground process group of a session's terminal. */
void	rump_tty_ofsession(int sid, int *dev, int *pgrp)
	    __attribute__((__weak__));

/* Of one process or lwp at one moment. */
struct snap {
	int		 sn_tid, sn_ppid, sn_pgid, sn_sid, sn_nlwps, sn_nice;
	char		 sn_state, sn_name[16];
	int64_t		 sn_start, sn_cpu;
	unsigned	 sn_lastcpu;
	uint32_t	 sn_umask, sn_ngroups, sn_nfds;
	uint32_t	 sn_uid[4], sn_gid[4], sn_groups[32];
	int		 sn_nnp;
	uint64_t	 sn_caps[5];	/* as capnames */
	uint64_t	 sn_rsslim;
};

static int
tid_of(const struct procctx *pc)
{
	const char *s = pc->pc_star[1];
	int n = 0;

	for (; s != NULL && *s != '\0'; s++)
		n = n * 10 + (*s - '0');
	return n;
}

char
procfs_lwpstate(const struct lwp *l)
{

	return __atomic_load_n(&l->l_slpobj, __ATOMIC_RELAXED) != NULL ?
	    'S' : 'R';
}

int64_t
procfs_cputime(struct proc *p, int tid)
{
	int64_t t;

	if (rump_clock_now == NULL)
		return 0;
	rump_mutex_enter(&p->p_lock);
	t = rump_clock_now(tid != 0 ? CLOCK_THREAD_CPUTIME_ID :
	    CLOCK_PROCESS_CPUTIME_ID, p, tid);
	rump_mutex_exit(&p->p_lock);
	return t;
}

static void
snapcred(struct snap *sn, const struct cred *cr)
{

	sn->sn_uid[0] = cr->cr_ruid;
	sn->sn_uid[1] = cr->cr_euid;
	sn->sn_uid[2] = cr->cr_suid;
	sn->sn_uid[3] = cr->cr_fsuid;
	sn->sn_gid[0] = cr->cr_rgid;
	sn->sn_gid[1] = cr->cr_egid;
	sn->sn_gid[2] = cr->cr_sgid;
	sn->sn_gid[3] = cr->cr_fsgid;
	sn->sn_caps[0] = cr->cr_inh;
	sn->sn_caps[1] = cr->cr_perm;
	sn->sn_caps[2] = cr->cr_eff;
	sn->sn_caps[3] = cr->cr_bset;
	sn->sn_caps[4] = cr->cr_amb;
	sn->sn_nnp = (cr->cr_secure & CRED_NNP) != 0;
	sn->sn_ngroups = cr->cr_ngroups;
	memcpy(sn->sn_groups, cr->cr_groups, sizeof(sn->sn_groups));
}

/* tid 0: the process, which has its first lwp's name. */
static int
snapshot(struct proc *p, int tid, struct snap *sn)
{
	const struct lwp *l, *me = NULL;

	memset(sn, 0, sizeof(*sn));
	sn->sn_tid = tid != 0 ? tid : p->p_pid;
	rump_mutex_enter(&rump_proc_lock);
	sn->sn_ppid = p->p_ppid;
	sn->sn_pgid = p->p_pgid;
	sn->sn_sid = p->p_sid;
	rump_mutex_exit(&rump_proc_lock);
	rump_mutex_enter(&p->p_lock);
	strlcpy(sn->sn_name, p->p_comm, sizeof(sn->sn_name));
	sn->sn_state = tid == 0 ? 'S' : 0;
	for (l = p->p_lwps; l != NULL; l = l->l_sibling) {
		if (l->l_tid == sn->sn_tid)
			me = l;
		if (tid == 0 && procfs_lwpstate(l) == 'R')
			sn->sn_state = 'R';
	}
	if (me != NULL) {
		if (me->l_name[0] != '\0')
			strlcpy(sn->sn_name, me->l_name,
			    sizeof(sn->sn_name));
		sn->sn_lastcpu = __atomic_load_n(&me->l_lastcpu,
		    __ATOMIC_RELAXED);
		if (tid != 0)
			sn->sn_state = procfs_lwpstate(me);
	}
	sn->sn_nlwps = p->p_nlwps;
	sn->sn_nice = __atomic_load_n(&p->p_nice, __ATOMIC_RELAXED);
	sn->sn_start = p->p_start;
	sn->sn_umask = __atomic_load_n(&p->p_umask, __ATOMIC_RELAXED);
	sn->sn_rsslim = p->p_rlim[5].rlim_cur;	/* RLIMIT_RSS */
	snapcred(sn, me != NULL ? rump_lwp_cred(me) : p->p_cred);
	rump_mutex_exit(&p->p_lock);
	sn->sn_nfds = (uint32_t)p->p_fdt->fdt_n;
	sn->sn_cpu = procfs_cputime(p, tid);
	return tid == 0 || me != NULL ? 0 : ESRCH;
}

static int
stat_read(struct text *tx, const struct procctx *pc)
{
	struct procmem pm;
	struct snap sn;
	int error, tty = 0, pgrp = -1;
	uintptr_t sp;

	if ((error = snapshot(pc->pc_proc, tid_of(pc), &sn)) != 0)
		return error;
	procfs_mem(pc->pc_proc, &pm);
	if (rump_tty_ofsession != NULL)
		rump_tty_ofsession(sn.sn_sid, &tty, &pgrp);
	sp = (uintptr_t)__atomic_load_n(&pc->pc_proc->p_sp, __ATOMIC_RELAXED);
	rump_textf(tx, "%d (%s) %c %d %d %d %d %d %u ", sn.sn_tid, sn.sn_name,
	    sn.sn_state, sn.sn_ppid, sn.sn_pgid, sn.sn_sid, tty, pgrp,
	    0x400000U);
	/* faults are not counted; utime, stime, of children */
	rump_textf(tx, "0 0 0 0 %lld 0 0 0 %d %d %d 0 %llu ",
	    (long long)(sn.sn_cpu / NSEC_PER_TICK), 20 + sn.sn_nice,
	    sn.sn_nice, sn.sn_nlwps,
	    (unsigned long long)(sn.sn_start / NSEC_PER_TICK));
	rump_textf(tx, "%lu %lu %llu 0 0 %lu 0 0 0 0 0 0 0 0 0 17 %u 0 0 "
	    "0 0 0 0 0 0 0 0 0 0 0\n", pm.pm_size * 4096, pm.pm_resident,
	    (unsigned long long)sn.sn_rsslim, (unsigned long)sp,
	    sn.sn_lastcpu);
	return 0;
}

static void
ids_text(struct text *tx, const char *name, const uint32_t *id)
{

	rump_textf(tx, "%s:\t%u\t%u\t%u\t%u\n", name, id[0], id[1], id[2],
	    id[3]);
}

static void
mem_text(struct text *tx, struct proc *p)
{
	struct procmem pm;

	procfs_mem(p, &pm);
	rump_textf(tx, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmLck:\t       0 "
	    "kB\nVmPin:\t       0 kB\nVmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\n",
	    pm.pm_size * 4, pm.pm_size * 4, pm.pm_resident * 4,
	    pm.pm_resident * 4);
	rump_textf(tx, "RssAnon:\t%8lu kB\nRssFile:\t%8lu kB\nRssShmem:\t"
	    "%8lu kB\nVmData:\t%8lu kB\nVmStk:\t%8lu kB\nVmExe:\t%8lu kB\n"
	    "VmLib:\t       0 kB\nVmPTE:\t       0 kB\nVmSwap:\t       0 kB\n",
	    (pm.pm_resident - pm.pm_shared) * 4, 0UL, pm.pm_shared * 4,
	    pm.pm_data * 4, pm.pm_stack * 4, pm.pm_text * 4);
}

/* Sets of signals as 16 digits; tid's own first. */
static void
sig_text(struct text *tx, struct proc *p, int tid)
{
	uint64_t own = 0, mask = 0, shared, ign = 0, cgt = 0, queued, limit;
	const struct lwp *l;
	uintptr_t fn;
	int i;

	rump_mutex_enter(&p->p_lock);
	for (l = p->p_lwps; l != NULL; l = l->l_sibling)
		if (l->l_tid == tid) {
			own = l->l_sig.ls_pend.sp_set;
			mask = l->l_sig.ls_mask;
		}
	shared = p->p_sig.ps_pend.sp_set;
	queued = p->p_sig.ps_nqueued;
	limit = p->p_rlim[11].rlim_cur;		/* RLIMIT_SIGPENDING */
	for (i = 0; i < RUMP_NSIG; i++) {
		fn = (uintptr_t)p->p_sig.ps_act[i].sa_fn;
		ign |= (uint64_t)(fn == 1) << i;	/* SIG_IGN */
		cgt |= (uint64_t)(fn > 1) << i;
	}
	rump_mutex_exit(&p->p_lock);
	rump_textf(tx, "SigQ:\t%llu/%llu\n", (unsigned long long)queued,
	    (unsigned long long)limit);
	rump_textf(tx, "SigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\n"
	    "SigIgn:\t%016llx\nSigCgt:\t%016llx\n",
	    (unsigned long long)own, (unsigned long long)shared,
	    (unsigned long long)mask, (unsigned long long)ign,
	    (unsigned long long)cgt);
}

static const char *
statename(char c)
{

	return c == 'R' ? "R (running)" : "S (sleeping)";
}

static const char *const capnames[] = { "Inh", "Prm", "Eff", "Bnd", "Amb" };

static int
status_read(struct text *tx, const struct procctx *pc)
{
	unsigned n = rump_ncpus();
	struct snap sn;
	uint32_t i;
	int error;

	if ((error = snapshot(pc->pc_proc, tid_of(pc), &sn)) != 0)
		return error;
	rump_textf(tx, "Name:\t%s\nUmask:\t%04o\nState:\t%s\nTgid:\t%d\n"
	    "Ngid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", sn.sn_name,
	    sn.sn_umask, statename(sn.sn_state), pc->pc_proc->p_pid, sn.sn_tid,
	    sn.sn_ppid);
	ids_text(tx, "Uid", sn.sn_uid);
	ids_text(tx, "Gid", sn.sn_gid);
	rump_textf(tx, "FDSize:\t%u\nGroups:\t", sn.sn_nfds);
	for (i = 0; i < sn.sn_ngroups; i++)
		rump_textf(tx, "%u ", sn.sn_groups[i]);
	rump_textf(tx, "\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n",
	    pc->pc_proc->p_pid, sn.sn_tid, sn.sn_pgid, sn.sn_sid);
	mem_text(tx, pc->pc_proc);
	rump_textf(tx, "Threads:\t%d\n", sn.sn_nlwps);
	sig_text(tx, pc->pc_proc, sn.sn_tid);
	for (i = 0; i < sizeof(sn.sn_caps) / sizeof(sn.sn_caps[0]); i++)
		rump_textf(tx, "Cap%s:\t%016llx\n", capnames[i],
		    (unsigned long long)sn.sn_caps[i]);
	rump_textf(tx, "NoNewPrivs:\t%d\nSeccomp:\t0\nCpus_allowed:\t%llx\n"
	    "Cpus_allowed_list:\t0", sn.sn_nnp,
	    n < 64 ? (1ULL << n) - 1 : ~0ULL);
	if (n > 1)
		rump_textf(tx, "-%u", n - 1);
	rump_textf(tx, "\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
	return 0;
}

static int
statm_read(struct text *tx, const struct procctx *pc)
{
	struct procmem pm;

	procfs_mem(pc->pc_proc, &pm);
	rump_textf(tx, "%lu %lu %lu %lu 0 %lu 0\n", pm.pm_size, pm.pm_resident,
	    pm.pm_shared, pm.pm_text, pm.pm_data + pm.pm_stack);
	return 0;
}

static int
comm_read(struct text *tx, const struct procctx *pc)
{
	struct snap sn;
	int error;

	if ((error = snapshot(pc->pc_proc, tid_of(pc), &sn)) == 0)
		rump_textf(tx, "%s\n", sn.sn_name);
	return error;
}

static int
comm_write(const char *text, const struct procctx *pc)
{
	int tid = tid_of(pc) != 0 ? tid_of(pc) : pc->pc_proc->p_pid;
	char name[16];
	struct lwp *l;

	if (pc->pc_proc != curproc)
		return EINVAL;
	strlcpy(name, text, sizeof(name));
	rump_mutex_enter(&pc->pc_proc->p_lock);
	for (l = pc->pc_proc->p_lwps; l != NULL; l = l->l_sibling)
		if (l->l_tid == tid)
			strlcpy(l->l_name, name, sizeof(l->l_name));
	rump_mutex_exit(&pc->pc_proc->p_lock);
	return 0;
}

static int
limits_read(struct text *tx, const struct procctx *pc)
{
	static const char name[RUMP_NRLIMITS][2][18] = {
		{ "cpu time", "seconds" }, { "file size", "bytes" },
		{ "data size", "bytes" }, { "stack size", "bytes" },
		{ "core file size", "bytes" }, { "resident set", "bytes" },
		{ "processes", "processes" }, { "open files", "files" },
		{ "locked memory", "bytes" }, { "address space", "bytes" },
		{ "file locks", "locks" }, { "pending signals", "signals" },
		{ "msgqueue size", "bytes" }, { "nice priority", "" },
		{ "realtime priority", "" }, { "realtime timeout", "us" },
	};
	struct rump_rlimit rl[RUMP_NRLIMITS];
	char label[26], val[2][21];
	unsigned i, k;

	rump_mutex_enter(&pc->pc_proc->p_lock);
	memcpy(rl, pc->pc_proc->p_rlim, sizeof(rl));
	rump_mutex_exit(&pc->pc_proc->p_lock);
	rump_textf(tx, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit",
	    "Hard Limit", "Units");
	for (i = 0; i < RUMP_NRLIMITS; i++) {
		uint64_t v[2] = { rl[i].rlim_cur, rl[i].rlim_max };

		for (k = 0; k < 2; k++)
			if (v[k] == UINT64_MAX)
				strlcpy(val[k], "unlimited", sizeof(val[k]));
			else
				snprintf(val[k], sizeof(val[k]), "%llu",
				    (unsigned long long)v[k]);
		snprintf(label, sizeof(label), "Max %s", name[i][0]);
		rump_textf(tx, "%-25s %-20s %-20s %-10s\n", label, val[0],
		    val[1], name[i][1]);
	}
	return 0;
}

/* Nobody is killed to save memory: a constant. */
static int
zero_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "0\n");
	return 0;
}

static int
adj_write(const char *text, const struct procctx *pc)
{

	(void)pc;
	return text[0] == '-' || (text[0] >= '0' && text[0] <= '9') ? 0 :
	    EINVAL;
}

static int
cgroup_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "0::/\n");
	return 0;
}

void
procfs_total(struct proctotal *pt)
{
	const struct lwp *l;
	struct proc *p;

	memset(pt, 0, sizeof(*pt));
	rump_mutex_enter(&rump_proc_lock);
	for (p = rump_proc_list(); p != NULL; p = p->p_next) {
		if (p->p_pid > pt->pt_lastpid)
			pt->pt_lastpid = p->p_pid;
		pt->pt_cputime += p->p_zombie ? 0 : procfs_cputime(p, 0);
		rump_mutex_enter(&p->p_lock);
		for (l = p->p_lwps; l != NULL && p->p_pid != 0;
		    l = l->l_sibling) {
			pt->pt_lwps++;
			pt->pt_running += procfs_lwpstate(l) == 'R';
		}
		rump_mutex_exit(&p->p_lock);
	}
	rump_mutex_exit(&rump_proc_lock);
}

RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "*" "/stat", stat_read);
	rump_proc_file(pt, "*" "/status", status_read);
	rump_proc_file(pt, "*" "/statm", statm_read);
	rump_proc_set(pt, "*" "/comm", comm_read, comm_write);
	rump_proc_file(pt, "*" "/limits", limits_read);
	rump_proc_file(pt, "*" "/oom_score", zero_read);
	rump_proc_set(pt, "*" "/oom_score_adj", zero_read, adj_write);
	rump_proc_file(pt, "*" "/wchan", zero_read);
	rump_proc_file(pt, "*" "/cgroup", cgroup_read);
	rump_proc_dir(pt, "*" "/task/" "*", NULL);
	rump_proc_file(pt, "*" "/task/" "*" "/stat", stat_read);
	rump_proc_file(pt, "*" "/task/" "*" "/status", status_read);
	rump_proc_file(pt, "*" "/task/" "*" "/statm", statm_read);
	rump_proc_set(pt, "*" "/task/" "*" "/comm", comm_read, comm_write);
}
