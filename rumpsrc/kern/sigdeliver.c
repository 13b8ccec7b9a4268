/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delivery.  When program code is about to go on - a gate returns, a
 * preempted thread runs again, a fault was made, a handler returned - and its
 * lwp is marked, sig_deliver() runs on the host thread's own stack with the
 * program's registers at hand.  It takes signals out until none is ready:
 * default actions happen here, for each handler a frame is put on the
 * program's stack (sigframe.c) and the registers are changed to run it.
 */
#include <asm/errno.h>
#include <string.h>
#include <kern/syscall.h>
#include <kern/exec.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/mm.h>
#include <kern/sched.h>
#include "sig_priv.h"
#include "sigframe.h"

#define SIG_CORES	(RUMP_SIGBIT(SIGQUIT) | RUMP_SIGBIT(SIGILL) | \
			RUMP_SIGBIT(SIGTRAP) | RUMP_SIGBIT(SIGABRT) | \
			RUMP_SIGBIT(SIGBUS) | RUMP_SIGBIT(SIGFPE) | \
			RUMP_SIGBIT(SIGSEGV) | RUMP_SIGBIT(SIGXCPU) | \
			RUMP_SIGBIT(SIGXFSZ) | RUMP_SIGBIT(SIGSYS))
#define WAIT_STOPPED(sig) ((sig) << 8 | 0x7f)	/* as wait(2) has it */
#define WAIT_CONTINUED	0xffff

/* Something that a parent may wait for, and its SIGCHLD.  No lock is held. */
static void
sig_jobnote(struct proc *p, int wstatus, int code, int sig)
{
	struct rump_siginfo info;
	struct proc *parent;
	int wants;

	memset(&info, 0, sizeof(info));
	info.rs_code = code;
	info.u.chld.pid = p->p_pid;
	info.u.chld.uid = rump_cred_cur()->cr_ruid;
	info.u.chld.status = sig;
	rump_mutex_enter(&rump_proc_lock);
	p->p_jobnote = wstatus;
	parent = p->p_parent;
	rump_cv_broadcast(&parent->p_waitcv);
	rump_mutex_enter(&parent->p_lock);
	wants = (parent->p_sig.ps_act[SIGCHLD - 1].sa_fl & SA_NOCLDSTOP) == 0;
	rump_mutex_exit(&parent->p_lock);
	if (wants)
		(void)rump_sig_proc(parent, SIGCHLD, &info);
	rump_mutex_exit(&rump_proc_lock);
}

/* Caller holds p_lock; it is dropped while the process is stopped. */
static void
sig_park(struct lwp *l, struct proc *p)
{

	while (p->p_sig.ps_stopped != 0 && !p->p_exiting) {
		__atomic_fetch_and(&l->l_pending, ~(uint32_t)LP_SIG,
		    __ATOMIC_RELAXED);
		(void)rump_cv_wait_sig(&p->p_sig.ps_contcv, &p->p_lock);
	}
	if (!p->p_sig.ps_continued || p->p_exiting)
		return;
	p->p_sig.ps_continued = 0;
	rump_mutex_exit(&p->p_lock);
	sig_jobnote(p, WAIT_CONTINUED, CLD_CONTINUED, SIGCONT);
	rump_mutex_enter(&p->p_lock);
}

/* Caller holds p_lock; it is dropped for the parent's sake. */
static void
sig_stop(struct proc *p, int sig)
{
	struct lwp *l;

	/* A continue that came first is the newer one. */
	if (p->p_sig.ps_stopped != 0)
		return;
	p->p_sig.ps_stopped = sig;
	for (l = p->p_lwps; l != NULL; l = l->l_sibling) {
		__atomic_fetch_or(&l->l_pending, LP_SIG, __ATOMIC_RELAXED);
		rump_lwp_wakeup(l);
	}
	rump_mutex_exit(&p->p_lock);
	sig_jobnote(p, WAIT_STOPPED(sig), CLD_STOPPED, sig);
	rump_mutex_enter(&p->p_lock);
}

/*
 * The only process that aborts ends the machine, with a full report; so does
 * a fault's (sigfault.c).
 */
static void __attribute__((__noreturn__))
sig_terminate(struct proc *p, int sig, const struct rumpcomp_regs *r)
{
	int core = 0;

	if (RUMP_SIGBIT(sig) & SIG_CORES) {
		if (sig == SIGABRT && rump_sig_alone(p))
			rumpcomp_sig_abort(r);
		if (sig == SIGABRT)
			rumpcomp_sig_note(NULL, r, 0);
		rump_printf("rumpkit: %s: ended by signal %d\n", p->p_comm,
		    sig);
		core = 0x80;
	}
	rump_exit_group(sig | core);
}

/* Caller holds p_lock. */
static void
sig_default(struct lwp *l, int sig, const struct rumpcomp_regs *r)
{
	struct proc *p = l->l_proc;

	if (RUMP_SIGBIT(sig) & SIG_IGNORED)
		return;
	if (RUMP_SIGBIT(sig) & SIG_STOPS) {
		sig_stop(p, sig);
		return;
	}
	rump_mutex_exit(&p->p_lock);
	sig_terminate(p, sig, r);
}

/* The next signal that has a handler, with a copy of its action; 0: none. */
static int
sig_next(struct lwp *l, const struct rumpcomp_regs *r,
    struct rump_siginfo *info, struct rump_sigact *copy)
{
	struct proc *p = l->l_proc;
	struct rump_sigact *act;
	int sig;

	for (;;) {
		if (p->p_sig.ps_stopped != 0 || p->p_sig.ps_continued)
			sig_park(l, p);
		if (p->p_exiting) {
			rump_mutex_exit(&p->p_lock);
			rump_exit_lwp(NULL, 0);
		}
		sig = rump_sig_take(l, ~l->l_sig.ls_mask, info);
		if (sig == 0)
			return 0;
		act = &p->p_sig.ps_act[sig - 1];
		if (SIG_IS(act, SIG_IGN))
			continue;
		if (SIG_IS(act, SIG_DFL)) {
			sig_default(l, sig, r);
			continue;
		}
		*copy = *act;
		if (act->sa_fl & SA_RESETHAND)
			act->sa_fn = NULL;	/* SIG_DFL */
		return sig;
	}
}

static int
sig_wanted(struct lwp *l)
{

	return l->l_hoststk != NULL && rump_lwp_pending(l) != 0;
}

/* The call that was interrupted is made again, as if it had not begun. */
static void
sig_again(struct lwp *l, struct rumpcomp_regs *r)
{
	const uint8_t *ret = (const uint8_t *)r->rip;
	const long *v = l->l_sig.ls_call;

	/*
	 * Where the call was "call *%rax" (libc's cancellation points know
	 * that they are inside by the address) it is repeated.
	 */
	if (ret[-2] == 0xff && ret[-1] == 0xd0) {
		r->rax = (uint64_t)v[0];
		r->rip -= 2;
	} else {
		r->rsp -= 8;
		*(uint64_t *)r->rsp = r->rip;
		r->rip = (uint64_t)v[0];
	}
	r->rdi = (uint64_t)v[1];
	r->rsi = (uint64_t)v[2];
	r->rdx = (uint64_t)v[3];
	r->rcx = (uint64_t)v[4];
	r->r8 = (uint64_t)v[5];
	r->r9 = (uint64_t)v[6];
}

/* act: of the first handler, NULL: there is none. */
static void
sig_restart(struct lwp *l, struct rumpcomp_regs *r,
    const struct rump_sigact *act)
{
	int again = l->l_sig.ls_again;

	l->l_sig.ls_again = 0;
	if (again == 0 || (long)r->rax != -EINTR)
		return;
	if (act == NULL || (again == RUMP_AGAIN_SYS && !l->l_sig.ls_final &&
	    (act->sa_fl & SA_RESTART)))
		sig_again(l, r);
}

/*
 * Caller holds p_lock.  One handler: its frame, its mask.  That there is no
 * room for the frame is SIGSEGV, whose handler may have another stack.
 */
static void
sig_handle(struct lwp *l, struct rumpcomp_regs *r, void *x, uintptr_t addr,
    const struct rump_siginfo *info, const struct rump_sigact *act)
{
	struct rump_siglwp *ls = &l->l_sig;
	uint64_t old = ls->ls_temp ? ls->ls_oldmask : ls->ls_mask;
	uint64_t mask = ls->ls_mask | act->sa_set;
	struct rump_siginfo segv;
	struct rump_sigact copy;
	int error;

	sig_restart(l, r, act);
	if ((act->sa_fl & SA_NODEFER) == 0)
		mask |= RUMP_SIGBIT(info->rs_signo);
	ls->ls_temp = 0;
	ls->ls_mask = mask & ~SIG_NEVER;
	rump_mutex_exit(&l->l_proc->p_lock);
	error = rump_sigframe_push(ls, r, x, addr, old, info, act);
	rump_mutex_enter(&l->l_proc->p_lock);
	if (error == 0)
		return;
	ls->ls_mask = old;
	segv = *info;
	rump_sigfault_noroom(l, r, addr, &segv, &copy);
	sig_handle(l, r, x, 0, &segv, &copy);
}

static void
sig_deliver(struct rumpcomp_regs *r, void *x, enum rumpcomp_sigwhy why,
    uintptr_t arg)
{
	struct lwp *l = rump_curlwp();
	struct rump_siglwp *ls = &l->l_sig;
	struct proc *p = l->l_proc;
	struct rump_siginfo info;
	struct rump_sigact act;
	uint64_t mask;

	rump_backend_schedule(0, NULL);
	if (why == RUMPCOMP_SIG_FAULT) {
		rump_sigfault_take(l, r, x, arg, &info, &act);
		sig_handle(l, r, x, arg, &info, &act);
	} else if (why == RUMPCOMP_SIG_FRAME) {
		mask = rump_sigframe_pop(ls, r, x, (void *)arg);
		rump_mutex_enter(&p->p_lock);
		rump_sig_setmask(l, mask);
	} else {
		rump_mutex_enter(&p->p_lock);
	}
	while (sig_next(l, r, &info, &act) != 0)
		sig_handle(l, r, x, 0, &info, &act);
	sig_restart(l, r, NULL);
	ls->ls_final = 0;
	if (ls->ls_temp) {
		ls->ls_temp = 0;
		ls->ls_mask = ls->ls_oldmask;
	}
	__atomic_fetch_and(&l->l_pending, ~(uint32_t)(LP_SIG | LP_AGAIN),
	    __ATOMIC_RELAXED);
	rump_mutex_exit(&p->p_lock);
	rump_sched_release(l);
}

/* The end of a gate of a marked lwp, a virtual CPU held. */
static void
sig_pending(struct lwp *l)
{

	if (rump_lwp_pending(l) & LP_EXIT)
		rump_exit_lwp(NULL, 0);
	if (l->l_hoststk != NULL) {
		(void)rumpcomp_sig_atreturn();
		return;
	}
	/* No program: one EINTR is all that a signal can do. */
	__atomic_fetch_and(&l->l_pending, ~(uint32_t)(LP_SIG | LP_AGAIN),
	    __ATOMIC_RELAXED);
	if (l->l_sig.ls_temp)
		rump_sig_maskleave(l, 0);
}

static void
sig_intr(struct lwp *l, const long *call, int how)
{

	if (l->l_hoststk == NULL)
		return;
	memcpy(l->l_sig.ls_call, call, (size_t)(how & ~RUMP_AGAIN_MASK));
	l->l_sig.ls_again = how & RUMP_AGAIN_MASK;
	__atomic_fetch_or(&l->l_pending, LP_AGAIN, __ATOMIC_RELAXED);
}

static void (*sig_lwpexit_next)(struct lwp *);

/* What the lwp was to take others take. */
static void
sig_lwpexit(struct lwp *l)
{
	struct proc *p = l->l_proc;
	struct lwp *o;

	rump_mutex_enter(&p->p_lock);
	l->l_sig.ls_mask = ~0UL;
	rump_sigpend_drop(p, &l->l_sig.ls_pend, ~0UL);
	for (o = p->p_lwps; o != NULL; o = o->l_sibling) {
		if (o == l || (p->p_sig.ps_pend.sp_set &
		    ~o->l_sig.ls_mask) == 0)
			continue;
		__atomic_fetch_or(&o->l_pending, LP_SIG, __ATOMIC_RELAXED);
		rump_lwp_wakeup(o);
	}
	if (p->p_nlwps == 1)
		rump_sigpend_drop(p, &p->p_sig.ps_pend, ~0UL);
	rump_mutex_exit(&p->p_lock);
	if (sig_lwpexit_next != NULL)
		sig_lwpexit_next(l);
}

static void
sig_self(struct lwp *l, int sig)
{
	struct rump_siginfo info;

	rump_siginfo_kill(&info, sig, SI_USER);
	(void)rump_sig_lwp(l, sig, &info);
}

/* A process ended: its parent is told.  Caller holds rump_proc_lock. */
static void
sig_child(struct proc *p)
{
	struct rump_sigact *act = &p->p_parent->p_sig.ps_act[SIGCHLD - 1];
	struct rump_siginfo info;
	int st = p->p_wstatus;

	rump_mutex_enter(&p->p_parent->p_lock);
	if (SIG_IS(act, SIG_IGN) || (act->sa_fl & SA_NOCLDWAIT))
		p->p_autoreap = 1;
	rump_mutex_exit(&p->p_parent->p_lock);
	memset(&info, 0, sizeof(info));
	info.u.chld.pid = p->p_pid;
	info.u.chld.uid = p->p_cred->cr_ruid;
	info.u.chld.status = st & 0x7f ? st & 0x7f : st >> 8 & 0xff;
	info.rs_code = (st & 0x7f) == 0 ? CLD_EXITED : st & 0x80 ?
	    CLD_DUMPED : CLD_KILLED;
	(void)rump_sig_proc(p->p_parent, SIGCHLD, &info);
}

static const struct rumpcomp_sigops sig_ops = {
	.so_deliver = sig_deliver,
	.so_wanted = sig_wanted,
	.so_fault = rump_sigfault_wanted,
};

static void
sig_hooks(void)
{

	rumpcomp_sig_init(&sig_ops);
	sig_lwpexit_next = RUMP_HOOK(rump_lwpexit_hook);
	while (!__atomic_compare_exchange_n(&rump_lwpexit_hook,
	    &sig_lwpexit_next, sig_lwpexit, 0, __ATOMIC_ACQ_REL,
	    __ATOMIC_ACQUIRE))
		continue;
	RUMP_HOOK_SET(rump_intr_hook, sig_intr);
	RUMP_HOOK_SET(rump_sigself_hook, sig_self);
	RUMP_HOOK_SET(rump_sigchild_hook, sig_child);
	RUMP_HOOK_SET(rump_pending_hook, sig_pending);
}

/* Whoever comes from here may rely on all of them. */
void
rump_sig_init(void)
{
	static struct rump_mutex lock;
	static int done;		/* [lock] for writing, [a] */

	if (__atomic_load_n(&done, __ATOMIC_ACQUIRE))
		return;
	rump_mutex_enter(&lock);
	if (!done) {
		sig_hooks();
		__atomic_store_n(&done, 1, __ATOMIC_RELEASE);
	}
	rump_mutex_exit(&lock);
}

/* libc's restorer: the handler has returned, its frame begins at uc. */
long
rump_sysimpl_rt_sigreturn(void *uc)
{

	rumpcomp_sig_frame(uc);
}
