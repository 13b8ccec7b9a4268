/* SPDX-License-Identifier: BSD-2-Clause */
/* What a new process has of its parent's; signals of a new program. */
#include <asm/resource.h>
#include <string.h>
#include "sig_priv.h"

void
rump_sig_inherit(struct proc *child, struct lwp *l)
{
	struct proc *parent = curproc;
	struct cred *cr;

	rump_mutex_enter(&parent->p_lock);
	memcpy(child->p_sig.ps_act, parent->p_sig.ps_act,
	    sizeof(child->p_sig.ps_act));
	rump_mutex_exit(&parent->p_lock);
	l->l_sig.ls_mask = curlwp->l_sig.ls_mask;
	l->l_sig.ls_stack = curlwp->l_sig.ls_stack;
	l->l_sig.ls_stacksize = curlwp->l_sig.ls_stacksize;
	l->l_sig.ls_stackflags = curlwp->l_sig.ls_stackflags;
	child->p_nice = __atomic_load_n(&parent->p_nice, __ATOMIC_RELAXED);
	child->p_ioprio = __atomic_load_n(&parent->p_ioprio, __ATOMIC_RELAXED);
	child->p_persona = __atomic_load_n(&parent->p_persona,
	    __ATOMIC_RELAXED);
	child->p_prctl = __atomic_load_n(&parent->p_prctl, __ATOMIC_RELAXED) &
	    ~(uint32_t)RUMP_PRCTL_REAPER;
	rump_lwp_inherit(l, curlwp);
	/* This thread's, not those of the parent's first one. */
	rump_mutex_enter(&child->p_lock);
	cr = child->p_cred;
	child->p_cred = l->l_cred;
	__atomic_fetch_add(&l->l_cred->cr_ref, 1, __ATOMIC_RELAXED);
	rump_mutex_exit(&child->p_lock);
	rump_cred_rele(cr);
	/* The limit is the parent's, what has been used begins anew. */
	if (rump_rlim_cur(child, RLIMIT_CPU) != UINT64_MAX)
		RUMP_HOOK_CALL(rump_cpulimit_hook, child);
}

void
rump_sig_exec(struct proc *p)
{
	struct rump_sigact *act;
	struct lwp *l;

	RUMP_HOOK_CALL(rump_sigtimer_clearhook, p, 1);
	rump_mutex_enter(&p->p_lock);
	for (act = p->p_sig.ps_act; act < p->p_sig.ps_act + RUMP_NSIG; act++) {
		if (!SIG_IS(act, SIG_IGN))
			act->sa_fn = NULL;	/* SIG_DFL */
		act->sa_fl = 0;
		act->sa_set = 0;
	}
	for (l = p->p_lwps; l != NULL; l = l->l_sibling) {
		l->l_sig.ls_stack = NULL;
		l->l_sig.ls_stacksize = 0;
		l->l_sig.ls_stackflags = 0;
		l->l_sig.ls_temp = 0;
	}
	rump_mutex_exit(&p->p_lock);
}
