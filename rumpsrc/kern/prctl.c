/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prctl: names, and what is kept for who asks.  A signal at the parent's end,
 * who inherits orphans (exec/ended.c) and capabilities (caps.c) are carried
 * out.
 */
#include <asm/errno.h>
#include <linux/prctl.h>
#include <kern/caps.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define SLACK_DEFAULT	50000	/* ns, Linux's; timers here have none */

static void (*prctl_end_next)(struct proc *);	/* [I] once it is set */

/* p ends; caller holds rump_proc_lock. */
static void
prctl_ended(struct proc *p)
{
	struct proc *c;

	for (c = rump_proc_list(); c != NULL; c = c->p_next)
		if (c->p_parent == p && c->p_pdeathsig != 0)
			(void)rump_sig_proc(c, c->p_pdeathsig, NULL);
	if (prctl_end_next != NULL)
		prctl_end_next(p);
}

static long
prctl_setdeath(struct proc *p, unsigned long sig)
{
	static int hooked;	/* [rump_proc_lock] */

	if (sig > RUMP_NSIG)
		return -EINVAL;
	rump_mutex_enter(&rump_proc_lock);
	if (!hooked) {
		prctl_end_next = rump_procend_hook;
		rump_procend_hook = prctl_ended;
		hooked = 1;
	}
	p->p_pdeathsig = (int)sig;
	rump_mutex_exit(&rump_proc_lock);
	return 0;
}

static long
prctl_putint(int v, unsigned long addr)
{

	return -rump_copyout(&v, (void *)addr, sizeof(v));
}

static long
prctl_name(struct lwp *l, int set, unsigned long addr)
{
	char name[sizeof(l->l_name) + 1] = "";

	if (set && rump_copyinstr((const char *)addr, name, sizeof(name),
	    NULL) == EFAULT)
		return -EFAULT;
	rump_mutex_enter(&l->l_proc->p_lock);
	if (set)
		strlcpy(l->l_name, name, sizeof(l->l_name));
	else
		memcpy(name, l->l_name, sizeof(l->l_name));
	rump_mutex_exit(&l->l_proc->p_lock);
	return set ? 0 : -rump_copyout(name, (void *)addr,
	    sizeof(l->l_name));
}

/* One of a process's switches; -1: it is only asked for. */
static long
prctl_flag(struct proc *p, uint32_t flag, long value)
{
	uint32_t old;

	if (value > 1)
		return -EINVAL;
	old = value == 1 ? __atomic_fetch_or(&p->p_prctl, flag,
	    __ATOMIC_RELAXED) : value == 0 ? __atomic_fetch_and(&p->p_prctl,
	    ~flag, __ATOMIC_RELAXED) : __atomic_load_n(&p->p_prctl,
	    __ATOMIC_RELAXED);
	return value >= 0 ? 0 : (old & flag) != 0;
}

static long
prctl_proc(struct proc *p, int op, unsigned long a, unsigned long b,
    unsigned long rest)
{
	long v = a > 1 ? 2 : (long)a;

	switch (op) {
	case PR_SET_PDEATHSIG:
		return prctl_setdeath(p, a);
	case PR_GET_PDEATHSIG:
		return prctl_putint(p->p_pdeathsig, a);
	case PR_GET_DUMPABLE:
		return !prctl_flag(p, RUMP_PRCTL_NODUMP, -1);
	case PR_SET_DUMPABLE:
		return prctl_flag(p, RUMP_PRCTL_NODUMP, v > 1 ? v : !v);
	case PR_SET_CHILD_SUBREAPER:
		return prctl_flag(p, RUMP_PRCTL_REAPER, a != 0);
	case PR_GET_CHILD_SUBREAPER:
		return prctl_putint((int)prctl_flag(p, RUMP_PRCTL_REAPER, -1),
		    a);
	case PR_SET_TIMING:
		return a != PR_TIMING_STATISTICAL ? -EINVAL : 0;
	case PR_GET_TIMING: case PR_GET_SECCOMP: case PR_SET_VMA:
		return 0;
	case PR_GET_TSC:
		return prctl_putint(PR_TSC_ENABLE, a);
	case PR_GET_THP_DISABLE: case PR_MCE_KILL_GET:
		return (a | b | rest) != 0 ? -EINVAL :
		    op == PR_MCE_KILL_GET ? PR_MCE_KILL_DEFAULT : 0;
	case PR_CAPBSET_READ: case PR_CAPBSET_DROP: case PR_CAP_AMBIENT:
	case PR_GET_SECUREBITS: case PR_SET_SECUREBITS:
	case PR_GET_KEEPCAPS: case PR_SET_KEEPCAPS:
	case PR_GET_NO_NEW_PRIVS: case PR_SET_NO_NEW_PRIVS:
		return rump_caps_prctl(op, a, b, rest);
	}
	return -EINVAL;
}

RUMP_SYSCALL5(prctl, int, op, unsigned long, a, unsigned long, b,
    unsigned long, c, unsigned long, d)
{
	struct lwp *l = gatelwp;

	switch (op) {
	case PR_SET_NAME:
	case PR_GET_NAME:
		return prctl_name(l, op == PR_SET_NAME, a);
	case PR_SET_TIMERSLACK:
		if (l->l_prio == 0)
			l->l_slack = a;		/* 0: the default */
		return 0;
	case PR_GET_TIMERSLACK:
		return l->l_prio != 0 ? 0 : l->l_slack != 0 ?
		    (long)l->l_slack : SLACK_DEFAULT;
	}
	return prctl_proc(l->l_proc, op, a, b, c | d);
}
