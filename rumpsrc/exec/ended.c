/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a process as others see it: its children go to pid 1 (to process
 * 0, which waits for nobody, without it), its parent gets SIGCHLD.
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

	for (heir = rump_proc_list(); heir != NULL; heir = heir->p_next)
		if (heir->p_pid == 1)
			break;
	if (heir == NULL || heir == p || heir->p_zombie)
		return;
	for (c = rump_proc_list(); c != NULL; c = c->p_next) {
		if (c->p_parent != p)
			continue;
		c->p_parent = heir;
		__atomic_store_n(&c->p_ppid, 1, __ATOMIC_RELAXED);
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
