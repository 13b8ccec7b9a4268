/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors of processes: pidfd_open, pidfd_send_signal, pidfd_getfd,
 * process_madvise.  One is readable once its process has ended, whether
 * somebody has waited for it or not.  Lock order: rump_proc_lock, si_lock.
 */
#include <asm/errno.h>
#include <asm/mman.h>
#include <asm/poll.h>
#include <asm/siginfo.h>
#include <linux/fcntl.h>
#include <kern/fdtable.h>
#include <kern/kmem.h>
#include <kern/mm.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "anon.h"

#define PIDFD_MAXIOV	1024

struct pidfd {
	struct pidfd	*pd_next, **pd_prevp;	/* [rump_proc_lock] */
	struct proc	*pd_proc;	/* [I] referenced */
	struct selinfo	 pd_sel;
};

static struct pidfd *pidfd_all;		/* [rump_proc_lock] */
static void (*pidfd_end_next)(struct proc *);	/* [I] once there is one */

/* A process ends; caller holds rump_proc_lock. */
static void
pidfd_ended(struct proc *p)
{
	struct pidfd *pd;

	for (pd = pidfd_all; pd != NULL; pd = pd->pd_next)
		if (pd->pd_proc == p)
			rump_selnotify(&pd->pd_sel, POLLIN | POLLRDNORM);
	if (pidfd_end_next != NULL)
		pidfd_end_next(p);
}

static int
pidfd_poll(struct file *fp, int events, struct selrec *sr)
{
	struct pidfd *pd = fp->f_data;
	int r;

	if (sr != NULL)
		rump_selrecord(&pd->pd_sel, sr);
	rump_mutex_enter(&rump_proc_lock);
	r = pd->pd_proc->p_zombie ? POLLIN | POLLRDNORM : 0;
	rump_mutex_exit(&rump_proc_lock);
	return r & events;
}

static void
pidfd_close(struct file *fp)
{
	struct pidfd *pd = fp->f_data;

	rump_mutex_enter(&rump_proc_lock);
	if ((*pd->pd_prevp = pd->pd_next) != NULL)
		pd->pd_next->pd_prevp = pd->pd_prevp;
	rump_mutex_exit(&rump_proc_lock);
	rump_seldestroy(&pd->pd_sel);
	rump_proc_rele(pd->pd_proc);
	rump_kmem_free(pd, sizeof(*pd));
}

static const struct fileops pidfd_ops = {
	.fo_poll = pidfd_poll,
	.fo_stat = rump_anon_stat,
	.fo_close = pidfd_close,
};

int
rump_pidfd_pid(struct file *fp)
{
	struct proc *p = ((struct pidfd *)fp->f_data)->pd_proc;
	int pid;

	rump_mutex_enter(&rump_proc_lock);
	pid = p->p_zombie ? -1 : p->p_pid;
	rump_mutex_exit(&rump_proc_lock);
	return pid;
}

/* fp referenced. */
static int
pidfd_get(int fd, struct file **fpp, struct pidfd **pdp)
{
	int error = rump_fd_get(fd, fpp);

	if (error)
		return error;
	if ((*fpp)->f_ops != &pidfd_ops) {
		rump_file_rele(*fpp);
		return EBADF;
	}
	*pdp = (*fpp)->f_data;
	return 0;
}

/* For waitid(): whose it is; nonblock as O_NONBLOCK of the descriptor. */
static int
pidfd_pid(int fd, int *pid, int *nonblock)
{
	struct pidfd *pd;
	struct file *fp;
	int error;

	if ((error = pidfd_get(fd, &fp, &pd)) != 0)
		return error;
	*pid = pd->pd_proc->p_pid;
	*nonblock = (file_flags(fp) & O_NONBLOCK) != 0;
	rump_file_rele(fp);
	return 0;
}

/* Links pd to its process, a zombie, too.  Caller holds rump_proc_lock. */
static int
pidfd_link(struct pidfd *pd, int pid)
{
	struct proc *p;

	for (p = rump_proc_list(); p != NULL; p = p->p_next)
		if (p != &rump_proc0 && p->p_pid == pid)
			break;
	if (p == NULL)
		return ESRCH;
	if (rump_pidfd_hook == NULL) {
		RUMP_HOOK_SET(rump_pidfd_hook, pidfd_pid);
		pidfd_end_next = rump_procend_hook;
		rump_procend_hook = pidfd_ended;
	}
	rump_proc_ref(p);
	pd->pd_proc = p;
	if ((pd->pd_next = pidfd_all) != NULL)
		pidfd_all->pd_prevp = &pd->pd_next;
	pd->pd_prevp = &pidfd_all;
	pidfd_all = pd;
	return 0;
}

RUMP_SYSCALL2(pidfd_open, int, pid, unsigned, flags)
{
	struct pidfd *pd;
	struct file *fp;
	int error, fd;

	if ((flags & ~(unsigned)O_NONBLOCK) != 0 || pid <= 0)
		return -EINVAL;
	if ((pd = rump_kmem_zalloc(sizeof(*pd))) == NULL)
		return -ENOMEM;
	rump_mutex_enter(&rump_proc_lock);
	error = pidfd_link(pd, pid);
	rump_mutex_exit(&rump_proc_lock);
	if (error) {
		rump_kmem_free(pd, sizeof(*pd));
		return -error;
	}
	error = rump_file_alloc(FT_PIDFD, &pidfd_ops, pd, O_RDWR | (int)flags,
	    &fp);
	if (error) {
		pidfd_close(&(struct file){ .f_data = pd });
		return -error;
	}
	if ((error = rump_fd_install(fp, 0, 1, &fd)) != 0)
		rump_file_rele(fp);
	return error ? -error : fd;
}

/* Caller holds rump_proc_lock. */
static int
pidfd_there(const struct proc *p)
{
	const struct proc *o;

	for (o = rump_proc_list(); o != NULL && o != p; o = o->p_next)
		continue;
	return o != NULL;
}

static int
pidfd_signal(struct proc *p, int sig, const struct rump_siginfo *info)
{
	int error;

	rump_mutex_enter(&rump_proc_lock);
	if (!pidfd_there(p))
		error = ESRCH;
	else if ((error = rump_sig_cansignal(p, sig)) == 0 && sig != 0 &&
	    !p->p_zombie)
		error = rump_sig_proc(p, sig, info);
	rump_mutex_exit(&rump_proc_lock);
	return error;
}

RUMP_SYSCALL4(pidfd_send_signal, int, fd, int, sig, void *, uinfo,
    unsigned, flags)
{
	struct rump_siginfo info;
	struct pidfd *pd;
	struct file *fp;
	int error;

	if (flags != 0)
		return -EINVAL;
	if ((error = pidfd_get(fd, &fp, &pd)) != 0)
		return -error;
	rump_siginfo_kill(&info, sig, SI_USER);
	if (uinfo != NULL && (error = rump_copyin(uinfo, &info,
	    sizeof(info))) == 0) {
		if (info.rs_signo != sig)
			error = EINVAL;
		else if (pd->pd_proc != curproc &&
		    (info.rs_code >= 0 || info.rs_code == SI_TKILL))
			error = EPERM;
	}
	if (error == 0)
		error = pidfd_signal(pd->pd_proc, sig, &info);
	rump_file_rele(fp);
	return -error;
}

/* May the caller look into it?  0, EPERM, or ESRCH: it has ended. */
static int
pidfd_mayread(struct proc *p)
{
	int zombie;

	rump_mutex_enter(&rump_proc_lock);
	zombie = p->p_zombie;
	rump_mutex_exit(&rump_proc_lock);
	return zombie ? ESRCH : rump_cred_over(p, CAP_SYS_PTRACE);
}

RUMP_SYSCALL3(pidfd_getfd, int, pidfd, int, fd, unsigned, flags)
{
	struct file *pfp, *fp = NULL;
	struct fdtable *t;
	struct pidfd *pd;
	int error, new;

	if (flags != 0)
		return -EINVAL;
	if ((error = pidfd_get(pidfd, &pfp, &pd)) != 0)
		return -error;
	if ((error = pidfd_mayread(pd->pd_proc)) == 0) {
		t = pd->pd_proc->p_fdt;
		rump_mutex_enter(&t->fdt_lock);
		fp = rump_fdtable_get(t, fd);
		rump_mutex_exit(&t->fdt_lock);
		error = fp == NULL ? EBADF : rump_fd_install(fp, 0, 1, &new);
		if (error && fp != NULL)
			rump_file_rele(fp);
	}
	rump_file_rele(pfp);
	return error ? -error : new;
}

/* Bytes of a range, all of it mapped; a negative errno. */
static long
pidfd_hint(const struct rump_iovec *uiov)
{
	struct rump_iovec iov;
	size_t off;

	if (rump_copyin(uiov, &iov, sizeof(iov)) != 0)
		return -EFAULT;
	if ((uintptr_t)iov.iov_base % 4096 || iov.iov_len > INT32_MAX)
		return -EINVAL;
	for (off = 0; off < iov.iov_len; off += 4096)
		if (!rump_mm_mapped((char *)iov.iov_base + off))
			return -ENOMEM;
	return (long)iov.iov_len;
}

/* What it may say of another process are hints: all of them met. */
RUMP_SYSCALL5(process_madvise, int, pidfd, const void *, iov, size_t, n,
    int, advice, unsigned, flags)
{
	const struct rump_iovec *v = iov;
	struct pidfd *pd;
	struct file *fp;
	long done = 0, r = 0;
	int error;

	if (flags != 0 || n > PIDFD_MAXIOV)
		return -EINVAL;
	if ((error = pidfd_get(pidfd, &fp, &pd)) != 0)
		return -error;
	error = pidfd_mayread(pd->pd_proc);
	rump_file_rele(fp);
	if (error)
		return -error;
	if (advice != MADV_COLD && advice != MADV_PAGEOUT &&
	    advice != MADV_WILLNEED)
		return -EINVAL;
	for (; n > 0 && r >= 0; n--, v++)
		if ((r = pidfd_hint(v)) > 0)
			done += r;
	return r < 0 && done == 0 ? r : done;
}
