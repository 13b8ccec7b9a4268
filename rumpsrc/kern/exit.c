/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of lwps and processes.  An lwp leaves its program stack before
 * anyone can learn that it ended, because a joiner unmaps that stack: the
 * rest runs on the host thread's own stack, unused since the start.
 */
#include <asm/errno.h>
#include <stdint.h>
#include <rump/rumpuser.h>
#include <rump/rumpcomp_user.h>
#include <kern/exec.h>
#include <kern/futex.h>
#include <kern/mm.h>
#include <kern/proc.h>
#include <kern/syscall.h>

void
rump_exit_last(struct proc *p)
{

	rump_mm_exit(p);
	if (rump_exit_hook != NULL)
		rump_exit_hook(p, NULL);
	rump_proc_exit(p, 0);
}

/* On the host stack, a virtual CPU held. */
static void
exit_finish(void)
{
	struct lwp *l = curlwp;
	struct proc *p = l->l_proc;

	if (l->l_vfork != NULL)
		rump_exit_hook(p, l);
	if (l->l_unmap != NULL)
		(void)rump_mm_unmap(l->l_unmap, l->l_unmaplen);
	if (l->l_clear_tid != NULL) {
		__atomic_store_n(l->l_clear_tid, 0, __ATOMIC_RELEASE);
		rump_futex_wake(l->l_clear_tid, 1);
	}
	if (rump_lwp_leave(l))
		rump_exit_last(p);
	rump_lwp_destroy(l);
	rumpuser_thread_exit();
}

void
rump_exit_lwp(void *base, unsigned long len)
{
	struct lwp *l = curlwp;

	l->l_unmap = base;
	l->l_unmaplen = len;
	RUMP_HOOK_CALL(rump_lwpexit_hook, l);
	if (l->l_hoststk == NULL)
		exit_finish();
	/* Room above is the thread function's frame: nobody returns to it. */
	rumpcomp_user_enter(exit_finish, NULL,
	    (void *)((((uintptr_t)l->l_hoststk - 512) & ~15UL) - 8));
}

/* The end of a gate while the process exits. */
static void
exit_pending(struct lwp *l)
{

	if (rump_lwp_pending(l) & LP_EXIT)
		rump_exit_lwp(NULL, 0);
}

/* In place in rump_exit_group(): images that have no execve stay small. */
static inline __attribute__((__always_inline__)) void
exit_others(struct proc *p)
{
	struct lwp *l;

	if (RUMP_HOOK(rump_pending_hook) == NULL)
		RUMP_HOOK_SET(rump_pending_hook, exit_pending);
	p->p_exiting = 1;
	for (l = p->p_lwps; l != NULL; l = l->l_sibling) {
		if (l == curlwp)
			continue;
		__atomic_fetch_or(&l->l_pending, LP_EXIT, __ATOMIC_RELAXED);
		rump_lwp_wakeup(l);
	}
}

void
rump_exit_others(struct proc *p)
{

	exit_others(p);
}

void
rump_exit_group(int wstatus)
{
	struct proc *p = curproc;
	int first;

	rump_mutex_enter(&p->p_lock);
	first = !p->p_exiting;
	exit_others(p);
	rump_mutex_exit(&p->p_lock);
	/* At once: another lwp may spin. */
	if (first)
		rump_proc_exit(p, wstatus);
	rump_exit_lwp(NULL, 0);
}

RUMP_SYSCALL1(exit_group, int, status)
{

	rump_exit_group((status & 0xff) << 8);
}

RUMP_SYSCALL1(exit, int, status)
{

	(void)status;
	rump_exit_lwp(NULL, 0);
}

RUMP_SYSCALL2(rumpkit_unmapself, void *, base, size_t, len)
{

	rump_exit_lwp(base, len);
}

RUMP_SYSCALL1(set_tid_address, int *, tidp)
{

	curlwp->l_clear_tid = tidp;
	return curlwp->l_tid;
}
