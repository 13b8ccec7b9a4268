/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a process as others see it: its children go to who asked for
 * them, to pid 1, or to process 0, which waits for nobody; its parent gets
 * SIGCHLD.
 */
#include <asm/signal.h>
#include <string.h>
#include <kern/proc.h>
#include "exec_priv.h"

/* Caller holds rump_proc_lock. */
static void
ended_orphans(struct proc *p)
{
	struct proc *c, *heir;

	/* The nearest one above that wants them (prctl), else pid 1. */
	for (heir = p->p_parent; heir != NULL && heir != &rump_proc0;
	    heir = heir->p_parent)
		if (!heir->p_zombie && (heir->p_prctl & RUMP_PRCTL_REAPER))
			break;
	if (heir == NULL || heir == &rump_proc0)
		for (heir = rump_proc_list(); heir != NULL;
		    heir = heir->p_next)
			if (heir->p_pid == 1)
				break;
	if (heir == NULL || heir == p || heir->p_zombie)
		return;
	for (c = rump_proc_list(); c != NULL; c = c->p_next) {
		if (c->p_parent != p)
			continue;
		c->p_parent = heir;
		__atomic_store_n(&c->p_ppid, heir->p_pid, __ATOMIC_RELAXED);
		if (c->p_zombie)
			rump_cv_broadcast(&heir->p_waitcv);
	}
}

void
rump_exec_ended(struct proc *p)
{

	ended_orphans(p);
	RUMP_HOOK_CALL(rump_sigchild_hook, p);
}
