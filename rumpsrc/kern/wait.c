/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for child processes: wait4, waitid, rump_pub_wait. */
#include <asm/errno.h>
#include <linux/wait.h>
#include <string.h>
#include <rump/rump.h>
#include <kern/proc.h>
#include <kern/syscall.h>

/* pid as in waitpid(2).  Caller holds rump_proc_lock. */
static int
wait_matches(const struct proc *p, int pid)
{

	if (p->p_parent != curproc)
		return 0;
	return pid == -1 || p->p_pid == pid ||
	    (pid == 0 && p->p_pgid == curproc->p_pgid) ||
	    (pid < -1 && p->p_pgid == -pid);
}

/* 0, or a pid that ended; ECHILD when there is nobody to wait for. */
static int
wait_child(int pid, int flags, int *wstatus, int *gonep)
{
	struct proc *p;
	int any, error = 0;

	*gonep = 0;
	rump_mutex_enter(&rump_proc_lock);
	for (;;) {
		any = 0;
		for (p = rump_proc_list(); p != NULL; p = p->p_next) {
			if (!wait_matches(p, pid))
				continue;
			any = 1;
			if (p->p_zombie)
				break;
		}
		if (p != NULL || !any || (flags & WNOHANG) || error)
			break;
		error = rump_cv_wait_sig(&curproc->p_waitcv, &rump_proc_lock);
	}
	if (p != NULL) {
		*wstatus = p->p_wstatus;
		*gonep = p->p_pid;
		error = 0;
		if ((flags & WNOWAIT) == 0)
			rump_proc_reap(p);
	} else if (!any) {
		error = ECHILD;
	}
	rump_mutex_exit(&rump_proc_lock);
	return error;
}

int
rump_pub_wait(pid_t pid, int *wstatusp)
{
	int error, gone;

	rump_schedule();
	error = wait_child(pid, 0, wstatusp, &gone);
	rump_unschedule();
	return error;
}

RUMP_SYSCALL4(wait4, int, pid, int *, ustatus, int, flags, void *, rusage)
{
	int error, gone, wstatus = 0;

	(void)rusage;
	if (flags & ~(WNOHANG | WUNTRACED | WCONTINUED | __WALL | __WCLONE))
		return -EINVAL;
	if ((error = wait_child(pid, flags, &wstatus, &gone)) != 0)
		return -error;
	if (gone && ustatus != NULL)
		*ustatus = wstatus;
	return gone;
}
