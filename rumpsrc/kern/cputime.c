/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPU time: the host says how long each thread ran, where some call of the
 * image asks for it.  System time is not told apart from the program's own.
 */
#include <asm/errno.h>
#include <linux/time.h>
#include <stddef.h>
#include <rump/component.h>
#include <rump/rumpcomp_cputime.h>
#include <kern/clock.h>
#include <kern/proc.h>

#define CLK_PERTHREAD	4	/* in a negative clock's lower bits */
#define CLK_FD		3

static int cputime_known;	/* [I] the host tells */

static void
cputime_charge(struct lwp *l, int64_t ns)
{

	__atomic_fetch_add(&l->l_cputime, ns, __ATOMIC_RELAXED);
	__atomic_fetch_add(&l->l_proc->p_cputime, ns, __ATOMIC_RELAXED);
}

RUMP_COMPONENT_IFUSED(cputime, RUMP_FACTION_BASE)
{

	cputime_known = rumpcomp_cputime_init(cputime_charge) == 0;
	return 0;
}

int
rump_clock_iscpu(int clk)
{

	return clk == CLOCK_PROCESS_CPUTIME_ID ||
	    clk == CLOCK_THREAD_CPUTIME_ID || clk < 0;
}

/* Caller holds p_lock. */
static struct lwp *
cputime_lwp(struct proc *p, int tid)
{
	struct lwp *l;

	for (l = p->p_lwps; l != NULL; l = l->l_sibling)
		if (l->l_tid == tid)
			break;
	return l;
}

int
rump_clock_cpuof(int clk, struct proc *p, int *tid)
{
	int id = ~(clk >> 3), found;

	*tid = 0;
	if (clk >= 0) {
		if (clk == CLOCK_THREAD_CPUTIME_ID)
			*tid = curlwp->l_tid;
		return 0;
	}
	if ((clk & CLK_FD) == CLK_FD)
		return EINVAL;
	if ((clk & CLK_PERTHREAD) == 0)
		return id == 0 || id == p->p_pid ? 0 : EINVAL;
	*tid = id == 0 ? curlwp->l_tid : id;
	if (*tid == curlwp->l_tid)
		return 0;
	rump_mutex_enter(&p->p_lock);
	found = cputime_lwp(p, *tid) != NULL;
	rump_mutex_exit(&p->p_lock);
	return found ? 0 : EINVAL;
}

static int64_t
cputime_now(struct proc *p, int tid)
{
	struct lwp *l = curlwp;

	RUMP_COMPONENT_USED(cputime);
	if (!cputime_known)
		return rump_monotonic() - p->p_start;
	rumpcomp_cputime_update();
	if (tid == 0)
		return __atomic_load_n(&p->p_cputime, __ATOMIC_RELAXED);
	if (tid != l->l_tid)
		l = cputime_lwp(p, tid);
	return l == NULL ? INT64_MAX / 2 :
	    __atomic_load_n(&l->l_cputime, __ATOMIC_RELAXED);
}

int64_t
rump_clock_now(int clk, struct proc *p, int tid)
{

	switch (clk) {
	case CLOCK_REALTIME: case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM: case CLOCK_TAI:
		return rump_walltime();
	}
	return rump_clock_iscpu(clk) ? cputime_now(p, tid) : rump_monotonic();
}
