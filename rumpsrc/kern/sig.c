/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals: dispositions, masks, the alternate stack.  What is pending and for
 * whom: sigsend.c; delivery: sigdeliver.c, sigframe.c.
 */
#include <asm/errno.h>
#include <string.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "sig_priv.h"

#define SIG_SAFLAGS	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | \
			SA_ONSTACK | SA_RESTART | SA_NODEFER | \
			SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER)

RUMP_SYSCALL4(rt_sigaction, int, sig, const void *, new, void *, old,
    size_t, setsize)
{
	struct rump_sigact copy, was, *act;
	struct proc *p = gatelwp->l_proc;

	if (setsize != SIG_SETSIZE)
		return -EINVAL;
	if (new != NULL && rump_copyin(new, &copy, sizeof(copy)) != 0)
		return -EFAULT;
	if (sig < 1 || sig > RUMP_NSIG ||
	    (new != NULL && (RUMP_SIGBIT(sig) & SIG_NEVER)))
		return -EINVAL;
	act = &p->p_sig.ps_act[sig - 1];
	rump_mutex_enter(&p->p_lock);
	was = *act;
	if (new != NULL) {
		copy.sa_set &= ~SIG_NEVER;
		/* So a program learns which flags are known. */
		copy.sa_fl &= SIG_SAFLAGS;
		memcpy(act, &copy, sizeof(*act));
		/* What is ignored is not kept for later. */
		if (SIG_IS(act, SIG_IGN) || (SIG_IS(act, SIG_DFL) &&
		    (RUMP_SIGBIT(sig) & SIG_IGNORED)))
			rump_sig_flush(p, RUMP_SIGBIT(sig));
	}
	rump_mutex_exit(&p->p_lock);
	if (new != NULL)
		rump_sig_init();
	return old != NULL ? -rump_copyout(&was, old, sizeof(was)) : 0;
}

void
rump_sig_setmask(struct lwp *l, uint64_t mask)
{

	l->l_sig.ls_mask = mask & ~SIG_NEVER;
	if (rump_sig_ready(l) != 0)
		__atomic_fetch_or(&l->l_pending, LP_SIG, __ATOMIC_RELAXED);
}

RUMP_SYSCALL4(rt_sigprocmask, int, how, const void *, unew, void *, uold,
    size_t, setsize)
{
	struct lwp *l = gatelwp;
	uint64_t set, old = l->l_sig.ls_mask;

	if (setsize != SIG_SETSIZE)
		return -EINVAL;
	if (unew != NULL) {
		if (rump_copyin(unew, &set, sizeof(set)) != 0)
			return -EFAULT;
		if (how == SIG_BLOCK)
			set |= old;
		else if (how == SIG_UNBLOCK)
			set = old & ~set;
		else if (how != SIG_SETMASK)
			return -EINVAL;
		rump_sig_init();
		rump_mutex_enter(&l->l_proc->p_lock);
		rump_sig_setmask(l, set);
		rump_mutex_exit(&l->l_proc->p_lock);
	}
	return uold != NULL ? -rump_copyout(&old, uold, sizeof(old)) : 0;
}

RUMP_SYSCALL2(rt_sigpending, void *, uset, size_t, setsize)
{
	struct proc *p = gatelwp->l_proc;
	uint64_t set;

	if (setsize > SIG_SETSIZE)
		return -EINVAL;
	rump_mutex_enter(&p->p_lock);
	set = (gatelwp->l_sig.ls_pend.sp_set | p->p_sig.ps_pend.sp_set) &
	    gatelwp->l_sig.ls_mask;
	rump_mutex_exit(&p->p_lock);
	return -rump_copyout(&set, uset, setsize);
}

/* sigaltstack(2): struct stack_t. */
struct sig_stack {
	void	*ss_sp;
	int	 ss_flags;
	size_t	 ss_size;
};

int
rump_sig_onstack(const struct rump_siglwp *ls, uintptr_t sp)
{

	return ((unsigned)ls->ls_stackflags & SS_AUTODISARM) == 0 &&
	    sp - (uintptr_t)ls->ls_stack - 1 < ls->ls_stacksize;
}

int
rump_sig_setstack(struct rump_siglwp *ls, uintptr_t sp, void *stack,
    size_t size, int flags)
{
	int mode = (int)((unsigned)flags & ~SS_AUTODISARM);

	if (rump_sig_onstack(ls, sp))
		return EPERM;
	if (mode != 0 && mode != SS_DISABLE && mode != SS_ONSTACK)
		return EINVAL;
	if (mode != SS_DISABLE && size < MINSIGSTKSZ)
		return ENOMEM;
	ls->ls_stack = mode == SS_DISABLE ? NULL : stack;
	ls->ls_stacksize = mode == SS_DISABLE ? 0 : size;
	ls->ls_stackflags = flags;
	return 0;
}

/* Runs on the program's stack, just below what the caller uses. */
RUMP_SYSCALL2(sigaltstack, const void *, unew, void *, uold)
{
	struct rump_siglwp *ls = &gatelwp->l_sig;
	uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
	struct sig_stack new, old;
	int error = 0;

	memset(&old, 0, sizeof(old));
	old.ss_sp = ls->ls_stack;
	old.ss_size = ls->ls_stacksize;
	old.ss_flags = (int)((unsigned)ls->ls_stackflags & SS_AUTODISARM) |
	    (ls->ls_stacksize == 0 ? SS_DISABLE :
	    rump_sig_onstack(ls, sp) ? SS_ONSTACK : 0);
	if (unew != NULL) {
		if (rump_copyin(unew, &new, sizeof(new)) != 0)
			return -EFAULT;
		error = rump_sig_setstack(ls, sp, new.ss_sp, new.ss_size,
		    new.ss_flags);
	}
	if (error == 0 && uold != NULL)
		error = rump_copyout(&old, uold, sizeof(old));
	return -error;
}
