/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for signals: rt_sigtimedwait, rt_sigsuspend, pause. */
#include <asm/errno.h>
#include <string.h>
#include <kern/clock.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "sig_priv.h"

/*
 * 0, or EINTR: another signal is to be delivered, EAGAIN: the time is over.
 * Caller holds p_lock; while it waits the signals of set are not blocked for
 * who sends them.
 */
static int
wait_for(struct lwp *l, uint64_t set, int64_t deadline,
    struct rump_siginfo *info)
{
	struct rump_mutex *lock = &l->l_proc->p_lock;
	struct rump_cv cv = { NULL, NULL };
	int error = 0;

	for (;;) {
		if (rump_sig_take(l, set, info) != 0)
			return 0;
		if (error == ETIMEDOUT)
			return EAGAIN;
		if (rump_sig_ready(l) != 0 || (rump_lwp_pending(l) & LP_EXIT) ||
		    l->l_proc->p_sig.ps_stopped)
			return EINTR;
		__atomic_fetch_and(&l->l_pending, ~(uint32_t)LP_SIG,
		    __ATOMIC_RELAXED);
		if (deadline == 0)
			return EAGAIN;
		l->l_sig.ls_waitset = set;
		error = rump_cv_timedwait_sig(&cv, lock, deadline);
		l->l_sig.ls_waitset = 0;
	}
}

RUMP_SYSCALL4(rt_sigtimedwait, const void *, uset, void *, uinfo,
    const void *, ts, size_t, setsize)
{
	struct rump_siginfo info;
	struct proc *p = gatelwp->l_proc;
	uint64_t set;
	int64_t dl;
	int error;

	if (setsize != SIG_SETSIZE)
		return -EINVAL;
	if ((error = rump_copyin(uset, &set, sizeof(set))) != 0 ||
	    (error = rump_ts_deadline(ts, TS_RELATIVE, &dl)) != 0)
		return -error;
	rump_mutex_enter(&p->p_lock);
	error = wait_for(gatelwp, set & ~SIG_NEVER, dl, &info);
	rump_mutex_exit(&p->p_lock);
	if (error)
		return -error;
	if (uinfo != NULL && rump_copyout(&info, uinfo, sizeof(info)) != 0)
		return -EFAULT;
	return info.rs_signo;
}

int
rump_sig_maskenter(struct lwp *l, const void *uset, size_t setsize)
{
	uint64_t set;

	if (uset == NULL)
		return 0;
	if (setsize != SIG_SETSIZE)
		return EINVAL;
	if (rump_copyin(uset, &set, sizeof(set)) != 0)
		return EFAULT;
	rump_mutex_enter(&l->l_proc->p_lock);
	l->l_sig.ls_oldmask = l->l_sig.ls_mask;
	l->l_sig.ls_temp = 1;
	rump_sig_setmask(l, set);
	rump_mutex_exit(&l->l_proc->p_lock);
	return 0;
}

void
rump_sig_maskleave(struct lwp *l, long result)
{

	if (!l->l_sig.ls_temp || result == -EINTR)
		return;		/* delivery puts it back */
	rump_mutex_enter(&l->l_proc->p_lock);
	l->l_sig.ls_temp = 0;
	rump_sig_setmask(l, l->l_sig.ls_oldmask);
	rump_mutex_exit(&l->l_proc->p_lock);
}

/* Until a handler has run. */
static long
wait_any(struct lwp *l)
{
	struct rump_mutex *lock = &l->l_proc->p_lock;
	struct rump_cv cv = { NULL, NULL };

	rump_mutex_enter(lock);
	while (rump_cv_wait_sig(&cv, lock) == 0)
		continue;
	rump_mutex_exit(lock);
	return -EINTR;
}

RUMP_NOHAND2(rt_sigsuspend, const void *, set, size_t, setsize)
{
	int error;

	if (set == NULL)
		return -EFAULT;
	error = rump_sig_maskenter(gatelwp, set, setsize);
	return error ? -error : wait_any(gatelwp);
}

RUMP_NOHAND0(pause)
{

	return wait_any(gatelwp);
}
