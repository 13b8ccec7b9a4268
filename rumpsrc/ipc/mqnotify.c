/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mq_notify: one process is told, once, of a message that comes to an empty
 * queue: by a signal, or through an eventfd on which libc's thread for
 * SIGEV_THREAD waits (lib/libc/overlay).  Every close of a descriptor of the
 * queue by that process ends it.
 */
#include <asm/errno.h>
#include <asm/siginfo.h>
#include <string.h>
#include <kern/log.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "mqueue.h"

static void (*mq_close_next)(struct file *);	/* [I] once mq_notify ran */

static void
mq_signal(const struct mqnotify *mn)
{
	struct proc *p = rump_proc_find(mn->mn_pid);
	struct rump_siginfo info;

	if (p == NULL)
		return;
	rump_siginfo_kill(&info, mn->mn_signo, SI_MESGQ);
	info.u.kill.value = (uint64_t)mn->mn_value;
	(void)rump_sig_proc(p, mn->mn_signo, &info);
	rump_proc_rele(p);
}

static void
mq_notified(const struct mqnotify *mn, int what)
{
	uint64_t v = (uint64_t)what;
	struct rump_iovec iov = { &v, sizeof(v) };
	struct uio uio = { .uio_iov = &iov, .uio_iovcnt = 1,
	    .uio_resid = sizeof(v), .uio_write = 1 };

	if (mn->mn_file != NULL) {
		(void)rump_file_write(mn->mn_file, &uio);
		rump_file_rele(mn->mn_file);
	} else if (mn->mn_signo != 0 && what == MQ_WOKEN) {
		mq_signal(mn);
	}
}

/* Ends the notification of curproc. */
static void
mq_remove(struct mqueue *mq)
{
	struct mqnotify mn = { 0 };

	rump_mutex_enter(&mq->mq_lock);
	if (mq->mq_notify.mn_pid == curproc->p_pid) {
		mn = mq->mq_notify;
		mq->mq_notify.mn_pid = 0;
	}
	rump_mutex_exit(&mq->mq_lock);
	if (mn.mn_pid != 0)
		mq_notified(&mn, MQ_REMOVED);
}

static void
mq_closed(struct file *fp)
{

	if (fp->f_ops == &rump_mq_fileops)
		mq_remove(fp->f_data);
	if (mq_close_next != NULL)
		mq_close_next(fp);
}

static void
mq_hooks(void)
{
	static struct rump_mutex lock;

	rump_mutex_enter(&lock);
	if (rump_mq_notify_hook == NULL) {
		mq_close_next = rump_fd_closehook;
		RUMP_HOOK_SET(rump_fd_closehook, mq_closed);
		rump_mq_notify_hook = mq_notified;
	}
	rump_mutex_exit(&lock);
}

/* A process that has ended without a close is not told any more. */
static int
mq_alive(int pid)
{
	struct proc *p;
	int alive;

	if (pid == 0 || (p = rump_proc_find(pid)) == NULL)
		return 0;
	alive = !p->p_zombie;
	rump_proc_rele(p);
	return alive;
}

static int
mq_register(struct mqueue *mq, const struct mqnotify *mn)
{
	struct mqnotify old = { 0 };
	int error = 0, pid;

	rump_mutex_enter(&mq->mq_lock);
	pid = mq->mq_notify.mn_pid;
	rump_mutex_exit(&mq->mq_lock);
	if (mq_alive(pid))
		return EBUSY;
	rump_mutex_enter(&mq->mq_lock);
	if (mq->mq_notify.mn_pid == pid) {
		old = mq->mq_notify;
		mq->mq_notify = *mn;
	} else {
		error = EBUSY;
	}
	rump_mutex_exit(&mq->mq_lock);
	if (old.mn_pid != 0)
		mq_notified(&old, MQ_REMOVED);
	return error;
}

/* mn_file is referenced when it is there. */
static int
mq_parse(const void *uev, struct mqnotify *mn)
{
	struct sigevent copy, *ev = &copy;

	if (rump_copyin(uev, ev, sizeof(*ev)) != 0)
		return EFAULT;
	*mn = (struct mqnotify){ .mn_pid = curproc->p_pid };
	switch (ev->sigev_notify) {
	case SIGEV_NONE:
		return 0;
	case SIGEV_SIGNAL:
		mn->mn_signo = ev->sigev_signo;
		mn->mn_value = ev->sigev_value.sival_ptr;
		return mn->mn_signo < 0 || mn->mn_signo > RUMP_NSIG ?
		    EINVAL : 0;
	case SIGEV_THREAD:
		if (rump_fd_get(ev->sigev_signo, &mn->mn_file) != 0)
			return EBADF;
		if (mn->mn_file->f_type == FT_EVENTFD)
			return 0;
		rump_file_rele(mn->mn_file);
		(void)rump_enosys("mq_notify (of a netlink socket)", 244);
		return EINVAL;
	}
	return EINVAL;
}

RUMP_SYSCALL2(mq_notify, int, fd, const void *, uev)
{
	struct mqnotify mn = { 0 };
	struct mqueue *mq;
	struct file *fp;
	int error;

	mq_hooks();
	if (uev != NULL && (error = mq_parse(uev, &mn)) != 0)
		return -error;
	if ((error = rump_mq_byfd(fd, -1, &fp, &mq)) == 0) {
		if (uev != NULL)
			error = mq_register(mq, &mn);
		else
			mq_remove(mq);
		rump_file_rele(fp);
	}
	if (error && mn.mn_file != NULL)
		rump_file_rele(mn.mn_file);
	return -error;
}
