/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults of program code: the signal that each is, for a handler.  Without
 * one, or when it is blocked, the process ends; the last one takes the machine
 * with it, so that its report is the end of the output and a core is made.
 */
#include <string.h>
#include <rump/rumpcomp_sig.h>
#include <rump/rumpcomp_vm.h>
#include <kern/exec.h>
#include <kern/mm.h>
#include "sig_priv.h"

/* What the trap is to the program; 0: none of its business. */
static int
sig_oftrap(uint64_t vector, const char *cause, int *code)
{

	*code = SI_KERNEL;
	switch (vector) {
	case 0:
		*code = FPE_INTDIV;
		return SIGFPE;
	case 1:
		*code = TRAP_TRACE;
		return SIGTRAP;
	case 3:
		return SIGTRAP;
	case 4: case 5: case 13:
		return SIGSEGV;
	case 6:
		*code = ILL_ILLOPN;
		return SIGILL;
	case 11: case 12:
		return SIGBUS;
	case 14:
		if (cause == rumpcomp_vm_beyond) {
			*code = BUS_ADRERR;
			return SIGBUS;
		}
		*code = SEGV_MAPERR;
		return SIGSEGV;
	case 16: case 19:
		return SIGFPE;
	case 17:
		*code = BUS_ADRALN;
		return SIGBUS;
	}
	return 0;
}

/* Of the x87 or SSE exceptions that are raised and not masked the first. */
static int
sig_fpcode(const void *x, uint64_t vector)
{
	const uint16_t *fx = x;		/* control, status; MXCSR at 24 */
	unsigned raised;

	if (vector == 16)
		raised = fx[1] & ~(unsigned)fx[0];
	else
		raised = fx[12] & ~((unsigned)fx[12] >> 7);
	return raised & 0x01 ? FPE_FLTINV : raised & 0x04 ? FPE_FLTDIV :
	    raised & 0x08 ? FPE_FLTOVF : raised & 0x12 ? FPE_FLTUND :
	    raised & 0x20 ? FPE_FLTRES : 0;
}

/* Without a virtual CPU, interrupts off. */
int
rump_sigfault_wanted(struct lwp *l, const struct rumpcomp_regs *r)
{
	int code;

	return l->l_vcpu < 0 && l->l_hoststk != NULL &&
	    sig_oftrap(r->vector, NULL, &code) != 0;
}

int
rump_sig_alone(const struct proc *p)
{
	const struct proc *o;

	rump_mutex_enter(&rump_proc_lock);
	for (o = rump_proc_list(); o != NULL; o = o->p_next)
		if (o != &rump_proc0 && o != p && !o->p_zombie)
			break;
	rump_mutex_exit(&rump_proc_lock);
	return o == NULL;
}

static void
sig_faultinfo(const struct rumpcomp_regs *r, const void *x, uintptr_t addr,
    struct rump_siginfo *info)
{
	int sig, code;

	memset(info, 0, sizeof(*info));
	sig = sig_oftrap(r->vector, rumpcomp_sig_cause(), &code);
	if (r->vector == 14) {
		info->u.fault.addr = addr;
		if (sig == SIGSEGV && ((r->error & 1) ||
		    rump_mm_mapped((void *)addr)))
			code = SEGV_ACCERR;
	} else if (code != SI_KERNEL || sig == SIGFPE) {
		info->u.fault.addr = r->rip;
		if (r->vector == 16 || r->vector == 19)
			code = sig_fpcode(x, r->vector);
	}
	info->rs_signo = sig;
	info->rs_code = code;
}

/* Caller holds p_lock. */
static void __attribute__((__noreturn__))
sig_crash(struct proc *p, int sig, const char *cause,
    const struct rumpcomp_regs *r, uintptr_t addr)
{

	rump_mutex_exit(&p->p_lock);
	if (rump_sig_alone(p))
		rumpcomp_sig_report(cause, r, addr);
	rumpcomp_sig_note(cause, r, addr);
	rump_exit_group(sig | 0x80);
}

/* Caller holds p_lock.  Returns, if at all, with a copy of the action. */
static void
sig_force(struct lwp *l, int sig, const char *cause,
    const struct rumpcomp_regs *r, uintptr_t addr, struct rump_sigact *copy)
{
	struct proc *p = l->l_proc;
	struct rump_sigact *act = &p->p_sig.ps_act[sig - 1];

	if (!SIG_HANDLED(act) || (l->l_sig.ls_mask & RUMP_SIGBIT(sig)))
		sig_crash(p, sig, cause, r, addr);
	*copy = *act;
	if (act->sa_fl & SA_RESETHAND)
		act->sa_fn = NULL;	/* SIG_DFL */
}

void
rump_sigfault_take(struct lwp *l, const struct rumpcomp_regs *r, const void *x,
    uintptr_t addr, struct rump_siginfo *info, struct rump_sigact *copy)
{

	sig_faultinfo(r, x, addr, info);
	rump_mutex_enter(&l->l_proc->p_lock);
	sig_force(l, info->rs_signo, rumpcomp_sig_cause(), r, addr, copy);
}

void
rump_sigfault_noroom(struct lwp *l, const struct rumpcomp_regs *r,
    uintptr_t addr, struct rump_siginfo *info, struct rump_sigact *copy)
{
	static const char cause[] =
	    "stack overflow (no room for a signal handler)";

	if (info->rs_signo == SIGSEGV)
		sig_crash(l->l_proc, SIGSEGV, cause, r, addr);
	memset(info, 0, sizeof(*info));
	info->rs_signo = SIGSEGV;
	info->rs_code = SI_KERNEL;
	sig_force(l, SIGSEGV, cause, r, addr, copy);
}
