/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signalfd(2): pending signals as something to read and to wait for.  Which
 * they are depends on who asks: a read or a poll looks at the calling lwp's
 * and its process's.  Whenever something becomes pending for a process, all
 * signal descriptors are told; so an epoll that another process waits on is
 * told in vain, as on Linux.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/poll.h>
#include <kern/clock.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/str.h>
#include <kern/syscall.h>
#include "../kern/sig_priv.h"
#include "anon.h"

struct signalfd {
	struct signalfd	*sf_next, **sf_prevp;	/* [signalfd_lock] */
	struct selinfo	 sf_sel;
	uint64_t	 sf_set;	/* [a] */
};

/* What read(2) gives: struct signalfd_siginfo. */
struct signalfd_info {
	uint32_t ssi_signo;
	int32_t	 ssi_errno, ssi_code;
	uint32_t ssi_pid, ssi_uid;
	int32_t	 ssi_fd;
	uint32_t ssi_tid, ssi_band, ssi_overrun, ssi_trapno;
	int32_t	 ssi_status, ssi_int;
	uint64_t ssi_ptr, ssi_utime, ssi_stime, ssi_addr;
	uint8_t	 ssi_pad[48];
};
_Static_assert(sizeof(struct signalfd_info) == 128, "signalfd(2)");

/* Taken with p_lock held; si_lock and the sleep queues under it. */
static struct rump_mutex signalfd_lock;
static struct signalfd *signalfd_all;	/* [signalfd_lock] */
static struct rump_cv signalfd_cv;	/* [signalfd_lock] readers */

static void
signalfd_notify(struct proc *p)
{
	struct signalfd *sf;

	(void)p;
	rump_mutex_enter(&signalfd_lock);
	rump_cv_broadcast(&signalfd_cv);
	for (sf = signalfd_all; sf != NULL; sf = sf->sf_next)
		rump_selnotify(&sf->sf_sel, POLLIN);
	rump_mutex_exit(&signalfd_lock);
}

static uint64_t
signalfd_set(const struct signalfd *sf)
{

	return __atomic_load_n(&sf->sf_set, __ATOMIC_RELAXED);
}

static void
signalfd_fill(struct signalfd_info *ssi, const struct rump_siginfo *info)
{

	memset(ssi, 0, sizeof(*ssi));
	ssi->ssi_signo = (uint32_t)info->rs_signo;
	ssi->ssi_errno = info->rs_errno;
	ssi->ssi_code = info->rs_code;
	if (info->rs_code == SI_TIMER) {
		ssi->ssi_tid = (uint32_t)info->u.timer.id;
		ssi->ssi_overrun = (uint32_t)info->u.timer.overrun;
		ssi->ssi_ptr = info->u.timer.value;
		ssi->ssi_int = (int32_t)info->u.timer.value;
		return;
	}
	if (info->rs_code > 0 && (RUMP_SIGBIT(info->rs_signo) & SIG_SYNC)) {
		ssi->ssi_addr = info->u.fault.addr;
		return;
	}
	if (info->rs_code > 0 && info->rs_code <= NSIGPOLL &&
	    info->rs_signo != SIGCHLD) {
		ssi->ssi_band = (uint32_t)info->u.poll.band;
		ssi->ssi_fd = info->u.poll.fd;
		return;
	}
	ssi->ssi_pid = (uint32_t)info->u.kill.pid;
	ssi->ssi_uid = info->u.kill.uid;
	if (info->rs_code > 0 && info->rs_signo == SIGCHLD) {
		ssi->ssi_status = info->u.chld.status;
		ssi->ssi_utime = (uint64_t)info->u.chld.utime;
		ssi->ssi_stime = (uint64_t)info->u.chld.stime;
	} else if (info->rs_code < 0) {
		ssi->ssi_ptr = info->u.kill.value;
		ssi->ssi_int = (int32_t)info->u.kill.value;
	}
}

/* 0: info is filled in; EAGAIN: none is pending. */
static int
signalfd_take(struct signalfd *sf, struct rump_siginfo *info)
{
	struct proc *p = curproc;
	int sig;

	rump_mutex_enter(&p->p_lock);
	sig = rump_sig_take(curlwp, signalfd_set(sf), info);
	rump_mutex_exit(&p->p_lock);
	return sig != 0 ? 0 : EAGAIN;
}

/* Nothing is lost between look and sleep: p_lock is taken before ours. */
static int
signalfd_wait(struct signalfd *sf, struct rump_siginfo *info)
{
	struct proc *p = curproc;
	int error = 0;

	for (;;) {
		rump_mutex_enter(&p->p_lock);
		if (rump_sig_take(curlwp, signalfd_set(sf), info) != 0) {
			rump_mutex_exit(&p->p_lock);
			return 0;
		}
		rump_mutex_enter(&signalfd_lock);
		rump_mutex_exit(&p->p_lock);
		if (error == 0)
			error = rump_cv_wait_sig(&signalfd_cv,
			    &signalfd_lock);
		rump_mutex_exit(&signalfd_lock);
		if (error)
			return error;
	}
}

static int
signalfd_read(struct file *fp, struct uio *uio, int flags)
{
	struct signalfd *sf = fp->f_data;
	struct signalfd_info ssi;
	struct rump_siginfo info;
	int error, wait;

	(void)flags;
	if (uio->uio_resid < sizeof(ssi))
		return EINVAL;
	wait = (file_flags(fp) & O_NONBLOCK) == 0;
	error = wait ? signalfd_wait(sf, &info) : signalfd_take(sf, &info);
	while (error == 0) {
		signalfd_fill(&ssi, &info);
		error = rump_uiomove(&ssi, sizeof(ssi), uio);
		if (error || uio->uio_resid < sizeof(ssi))
			break;
		/* As many as there are; the first one counts. */
		if (signalfd_take(sf, &info) != 0)
			break;
	}
	return error;
}

static int
signalfd_poll(struct file *fp, int events, struct selrec *sr)
{
	struct signalfd *sf = fp->f_data;
	struct lwp *l = curlwp;
	uint64_t pending;

	if (sr != NULL)
		rump_selrecord(&sf->sf_sel, sr);
	rump_mutex_enter(&l->l_proc->p_lock);
	pending = l->l_sig.ls_pend.sp_set | l->l_proc->p_sig.ps_pend.sp_set;
	rump_mutex_exit(&l->l_proc->p_lock);
	return (pending & signalfd_set(sf)) != 0 ?
	    events & POLLIN : 0;
}

static void
signalfd_close(struct file *fp)
{
	struct signalfd *sf = fp->f_data;

	rump_mutex_enter(&signalfd_lock);
	*sf->sf_prevp = sf->sf_next;
	if (sf->sf_next != NULL)
		sf->sf_next->sf_prevp = sf->sf_prevp;
	rump_mutex_exit(&signalfd_lock);
	rump_seldestroy(&sf->sf_sel);
	rump_kmem_free(sf, sizeof(*sf));
}

unsigned long
rump_signalfd_set(struct file *fp)
{
	struct signalfd *sf = fp->f_data;

	return __atomic_load_n(&sf->sf_set, __ATOMIC_RELAXED);
}

static const struct fileops signalfd_ops = {
	.fo_read = signalfd_read,
	.fo_poll = signalfd_poll,
	.fo_stat = rump_anon_stat,
	.fo_close = signalfd_close,
};

static int
signalfd_make(uint64_t set, int flags, int *fdp)
{
	struct signalfd *sf;
	int error;

	if ((sf = rump_kmem_zalloc(sizeof(*sf))) == NULL)
		return ENOMEM;
	sf->sf_set = set;
	rump_mutex_enter(&signalfd_lock);
	RUMP_HOOK_SET(rump_sigfd_hook, signalfd_notify);
	if ((sf->sf_next = signalfd_all) != NULL)
		signalfd_all->sf_prevp = &sf->sf_next;
	sf->sf_prevp = &signalfd_all;
	signalfd_all = sf;
	rump_mutex_exit(&signalfd_lock);
	error = rump_fd_open(FT_SIGNALFD, &signalfd_ops, sf, O_RDWR | flags,
	    fdp);
	if (error) {
		rump_mutex_enter(&signalfd_lock);
		*sf->sf_prevp = sf->sf_next;
		if (sf->sf_next != NULL)
			sf->sf_next->sf_prevp = sf->sf_prevp;
		rump_mutex_exit(&signalfd_lock);
		rump_kmem_free(sf, sizeof(*sf));
	}
	return error;
}

/* Another set for one that is there. */
static int
signalfd_change(int fd, uint64_t set)
{
	struct signalfd *sf;
	struct file *fp;
	int error;

	if ((error = rump_fd_get(fd, &fp)) != 0)
		return error;
	if (fp->f_ops != &signalfd_ops) {
		error = EINVAL;
	} else {
		sf = fp->f_data;
		__atomic_store_n(&sf->sf_set, set, __ATOMIC_RELAXED);
		signalfd_notify(NULL);
	}
	rump_file_rele(fp);
	return error;
}

static long
signalfd(int fd, const void *uset, size_t setsize, int flags)
{
	uint64_t set;
	int error, new = fd;

	if (setsize != sizeof(set))
		return -EINVAL;
	if ((error = rump_copyin(uset, &set, sizeof(set))) != 0)
		return -error;
	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	set &= ~SIG_NEVER;
	error = fd == -1 ? signalfd_make(set, flags, &new) :
	    signalfd_change(fd, set);
	return error ? -error : new;
}

RUMP_SYSCALL3(signalfd, int, fd, const void *, set, size_t, setsize)
{

	return signalfd(fd, set, setsize, 0);
}

RUMP_SYSCALL4(signalfd4, int, fd, const void *, set, size_t, setsize, int,
    flags)
{

	return signalfd(fd, set, setsize, flags);
}
