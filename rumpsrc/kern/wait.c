/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for child processes: wait4, waitid, rump_pub_wait.  A child's end is
 * seen once, its stops and continuations (p_jobnote) each once.
 */
#include <asm/errno.h>
#include <linux/wait.h>
#include <limits.h>
#include <string.h>
#include <rump/rump.h>
#include <kern/clock.h>
#include <kern/proc.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define WAIT_CONTINUED	0xffff	/* wait(2)'s encoding */
#define WAIT_4		(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | \
			__WALL | __WCLONE)
#define WAIT_ID		(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | \
			WCONTINUED | __WNOTHREAD | __WALL | __WCLONE)
#define WAIT_RUSAGE	144	/* sizeof(struct rusage) */
/* <asm/signal.h> and <sys/types.h> do not go together. */
#define SIGCHLD		17
#define SIGCONT		18
#define CLD_EXITED	1	/* si_code of SIGCHLD */
#define CLD_KILLED	2
#define CLD_DUMPED	3
#define CLD_STOPPED	5
#define CLD_CONTINUED	6

struct wait_for {
	int	wf_type;	/* P_ALL, P_PID, P_PGID */
	int	wf_id;
	int	wf_flags;	/* of waitid() */
	/* who it is */
	int	wf_pid;		/* 0: nobody yet */
	int	wf_uid;
	int	wf_status;	/* as wait(2) encodes it */
	int64_t	wf_time;	/* ns that it and its children ran */
};

/* Caller holds rump_proc_lock. */
static int
wait_matches(const struct proc *p, const struct wait_for *wf)
{

	if (p->p_parent != curproc)
		return 0;
	return wf->wf_type == P_ALL ||
	    (wf->wf_type == P_PID ? p->p_pid : p->p_pgid) == wf->wf_id;
}

/* Is there something to tell of p?  Caller holds rump_proc_lock. */
static int
wait_event(const struct proc *p, int flags, int *statusp)
{

	*statusp = p->p_zombie ? p->p_wstatus : p->p_jobnote;
	if (p->p_zombie)
		return flags & WEXITED;
	if (p->p_jobnote == 0)
		return 0;
	return flags & (p->p_jobnote == WAIT_CONTINUED ? WCONTINUED :
	    WSTOPPED);
}

/* ECHILD when there is nobody to wait for. */
static int
wait_look(struct wait_for *wf)
{
	struct proc *p;
	int error = ECHILD;

	for (p = rump_proc_list(); p != NULL; p = p->p_next) {
		if (!wait_matches(p, wf))
			continue;
		error = 0;
		if (!wait_event(p, wf->wf_flags, &wf->wf_status))
			continue;
		wf->wf_pid = p->p_pid;
		/* One that only stopped may change them. */
		rump_mutex_enter(&p->p_lock);
		wf->wf_uid = (int)p->p_cred->cr_ruid;
		rump_mutex_exit(&p->p_lock);
		wf->wf_time = p->p_zombie ? p->p_childtime +
		    __atomic_load_n(&p->p_cputime, __ATOMIC_RELAXED) : 0;
		if (wf->wf_flags & WNOWAIT)
			break;
		if (p->p_zombie)
			rump_proc_reap(p);
		else
			p->p_jobnote = 0;
		break;
	}
	return error;
}

static int
wait_child(struct wait_for *wf)
{
	int error;

	wf->wf_pid = 0;
	rump_mutex_enter(&rump_proc_lock);
	while ((error = wait_look(wf)) == 0 && wf->wf_pid == 0 &&
	    (wf->wf_flags & WNOHANG) == 0)
		if ((error = rump_cv_wait_sig(&curproc->p_waitcv,
		    &rump_proc_lock)) != 0)
			break;
	rump_mutex_exit(&rump_proc_lock);
	return error;
}

int
rump_pub_wait(pid_t pid, int *wstatusp)
{
	struct wait_for wf = { .wf_type = P_PID, .wf_id = pid,
	    .wf_flags = WEXITED };
	int error;

	rump_schedule();
	error = wait_child(&wf);
	rump_unschedule();
	*wstatusp = wf.wf_status;
	return error;
}

/* The caller's children's time, and what wait4 says of this one's. */
static int
wait_usage(const struct wait_for *wf, void *rusage)
{
	int64_t t[WAIT_RUSAGE / sizeof(int64_t)] = { 0 };

	if (wf->wf_pid == 0)
		return 0;
	if ((wf->wf_flags & WNOWAIT) == 0)
		__atomic_fetch_add(&curproc->p_childtime, wf->wf_time,
		    __ATOMIC_RELAXED);
	if (rusage == NULL)
		return 0;
	t[0] = wf->wf_time / NSEC_PER_SEC;
	t[1] = wf->wf_time % NSEC_PER_SEC / 1000;
	return rump_copyout(t, rusage, sizeof(t));
}

/* A parent may change it. */
static int
wait_pgid(void)
{

	return __atomic_load_n(&curproc->p_pgid, __ATOMIC_RELAXED);
}

/* pid as in waitpid(2). */
RUMP_RESTART4(wait4, int, pid, int *, ustatus, int, flags, void *, rusage)
{
	struct wait_for wf;
	int error;

	if (flags & ~WAIT_4)
		return -EINVAL;
	if (pid == INT_MIN)
		return -ESRCH;
	wf.wf_type = pid == -1 ? P_ALL : pid > 0 ? P_PID : P_PGID;
	wf.wf_id = pid == 0 ? wait_pgid() : pid < 0 ? -pid : pid;
	wf.wf_flags = flags | WEXITED;
	if ((error = wait_child(&wf)) != 0)
		return -error;
	if (wf.wf_pid != 0 && ustatus != NULL)
		error = rump_copyout(&wf.wf_status, ustatus,
		    sizeof(*ustatus));
	if (wait_usage(&wf, rusage) != 0 || error)
		return -EFAULT;
	return wf.wf_pid;
}

/* siginfo_t of SIGCHLD. */
static void
wait_info(const struct wait_for *wf, int *info)
{
	int st = wf->wf_status, sig = st & 0x7f;

	memset(info, 0, 128);
	if (wf->wf_pid == 0)
		return;
	info[0] = SIGCHLD;
	info[4] = wf->wf_pid;
	info[5] = wf->wf_uid;
	info[6] = sig != 0 ? sig : st >> 8 & 0xff;
	info[2] = sig == 0 ? CLD_EXITED : st & 0x80 ? CLD_DUMPED : CLD_KILLED;
	if (st == WAIT_CONTINUED) {
		info[2] = CLD_CONTINUED;
		info[6] = SIGCONT;
	} else if (sig == 0x7f) {
		info[2] = CLD_STOPPED;
		info[6] = st >> 8 & 0xff;
	}
}

int (*rump_pidfd_hook)(int fd, int *pid, int *nonblock);

/* P_PIDFD becomes P_PID; *again: a descriptor that does not block. */
static int
wait_pidfd(struct wait_for *wf, int *again)
{
	int error;

	if (wf->wf_id < 0)
		return EINVAL;
	if (RUMP_HOOK(rump_pidfd_hook) == NULL)
		return EBADF;
	error = RUMP_HOOK(rump_pidfd_hook)(wf->wf_id, &wf->wf_id, again);
	wf->wf_type = P_PID;
	if (*again)
		wf->wf_flags |= WNOHANG;
	return error;
}

RUMP_RESTART5(waitid, int, type, int, id, void *, uinfo, int, flags,
    void *, rusage)
{
	struct wait_for wf = { .wf_type = type, .wf_id = id,
	    .wf_flags = flags };
	int info[32];
	int error, again = 0;

	if ((flags & ~WAIT_ID) ||
	    (flags & (WEXITED | WSTOPPED | WCONTINUED)) == 0)
		return -EINVAL;
	if (type == P_PIDFD) {
		if ((error = wait_pidfd(&wf, &again)) != 0)
			return -error;
		again = again && (flags & WNOHANG) == 0;
	} else if (type == P_PGID && id == 0)
		wf.wf_id = wait_pgid();
	else if (type != P_ALL && (id <= 0 ||
	    (type != P_PID && type != P_PGID)))
		return -EINVAL;
	if ((error = wait_child(&wf)) != 0)
		return -error;
	if (again && wf.wf_pid == 0)
		return -EAGAIN;
	if (wait_usage(&wf, rusage) != 0)
		return -EFAULT;
	wait_info(&wf, info);
	return uinfo != NULL ? -rump_copyout(info, uinfo, sizeof(info)) : 0;
}
