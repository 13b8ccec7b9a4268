/* SPDX-License-Identifier: BSD-2-Clause */
/* kill(2) and relatives: who may send what to whom. */
#include <asm/errno.h>
#include <string.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "sig_priv.h"

void
rump_siginfo_kill(struct rump_siginfo *info, int sig, int code)
{

	memset(info, 0, sizeof(*info));
	info->rs_signo = sig;
	info->rs_code = code;
	info->u.kill.pid = curproc->p_pid;
	info->u.kill.uid = rump_cred_cur()->cr_ruid;
}

int
rump_sig_cansignal(struct proc *p, int sig)
{
	const struct cred *me = rump_cred_cur(), *cr;
	int ok;

	if (sig < 0 || sig > RUMP_NSIG)
		return EINVAL;
	if (p == curproc || rump_cred_has(me, CAP_KILL))
		return 0;
	rump_mutex_enter(&p->p_lock);
	cr = p->p_cred;
	ok = me->cr_euid == cr->cr_ruid || me->cr_euid == cr->cr_suid ||
	    me->cr_ruid == cr->cr_ruid || me->cr_ruid == cr->cr_suid ||
	    (sig == SIGCONT && p->p_sid == curproc->p_sid);
	rump_mutex_exit(&p->p_lock);
	return ok ? 0 : EPERM;
}

/* sig 0: only looks.  Caller holds rump_proc_lock. */
static int
kill_one(struct proc *p, int sig, const struct rump_siginfo *info)
{
	int error = rump_sig_cansignal(p, sig);

	if (error || sig == 0 || p->p_zombie)
		return error;
	return rump_sig_proc(p, sig, info);
}

/* pid as in kill(2): one, the own group, all others, a group. */
static int
kill_matches(const struct proc *p, int pid)
{

	if (p == &rump_proc0)
		return 0;
	if (pid > 0)
		return p->p_pid == pid;
	if (pid == 0)
		return p->p_pgid == curproc->p_pgid;
	if (pid == -1)
		return p != curproc;
	return p->p_pgid == -pid;
}

/* Success when one of them could be sent it. */
static int
kill_all(int pid, int sig, const struct rump_siginfo *info)
{
	struct proc *p;
	int error = ESRCH, e;

	rump_mutex_enter(&rump_proc_lock);
	for (p = rump_proc_list(); p != NULL; p = p->p_next) {
		if (!kill_matches(p, pid))
			continue;
		e = kill_one(p, sig, info);
		if (e == 0 || error == ESRCH)
			error = e;
	}
	rump_mutex_exit(&rump_proc_lock);
	return error;
}

RUMP_SYSCALL2(kill, int, pid, int, sig)
{
	struct rump_siginfo info;

	if (pid == INT32_MIN)
		return -ESRCH;
	rump_siginfo_kill(&info, sig, SI_USER);
	return -kill_all(pid, sig, &info);
}

/* To one lwp; pid 0: of any process. */
static int
kill_lwp(int pid, int tid, int sig, const struct rump_siginfo *info)
{
	struct proc *p;
	struct lwp *l = NULL;
	int error = ESRCH;

	rump_mutex_enter(&rump_proc_lock);
	for (p = rump_proc_list(); p != NULL && l == NULL; p = p->p_next) {
		if (p == &rump_proc0 || (pid > 0 && p->p_pid != pid) ||
		    p->p_zombie)
			continue;
		error = rump_sig_cansignal(p, sig);
		rump_mutex_enter(&p->p_lock);
		for (l = p->p_lwps; l != NULL; l = l->l_sibling)
			if (l->l_tid == tid)
				break;
		if (l == NULL)
			error = ESRCH;
		else if (error == 0 && sig != 0)
			error = rump_sig_post(p, l, sig, info, NULL);
		rump_mutex_exit(&p->p_lock);
	}
	rump_mutex_exit(&rump_proc_lock);
	return error;
}

static long
kill_tid(int pid, int tid, int sig)
{
	struct rump_siginfo info;

	if (pid < 0 || tid <= 0)
		return -EINVAL;
	rump_siginfo_kill(&info, sig, SI_TKILL);
	return -kill_lwp(pid, tid, sig, &info);
}

RUMP_SYSCALL2(tkill, int, tid, int, sig)
{

	return kill_tid(0, tid, sig);
}

RUMP_SYSCALL3(tgkill, int, pid, int, tid, int, sig)
{

	return pid == 0 ? -EINVAL : kill_tid(pid, tid, sig);
}

/* Only to its own id may an lwp say that it is kill(2)'s or the kernel's. */
static int
kill_info(struct rump_siginfo *info, const void *uinfo, int sig, int self)
{
	int error;

	if ((error = rump_copyin(uinfo, info, sizeof(*info))) != 0)
		return error;
	info->rs_signo = sig;
	return (info->rs_code >= 0 || info->rs_code == SI_TKILL) && !self ?
	    EPERM : 0;
}

RUMP_SYSCALL3(rt_sigqueueinfo, int, pid, int, sig, void *, uinfo)
{
	struct rump_siginfo info;
	int error;

	error = kill_info(&info, uinfo, sig, pid == gatelwp->l_tid);
	if (error)
		return -error;
	return pid <= 0 ? -ESRCH : -kill_all(pid, sig, &info);
}

RUMP_SYSCALL4(rt_tgsigqueueinfo, int, pid, int, tid, int, sig, void *, uinfo)
{
	struct rump_siginfo info;
	int error;

	if (pid <= 0 || tid <= 0)
		return -EINVAL;
	error = kill_info(&info, uinfo, sig, tid == gatelwp->l_tid);
	return error ? -error : -kill_lwp(pid, tid, sig, &info);
}
