/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owners of files: F_SETOWN, F_SETOWN_EX, F_SETSIG, O_ASYNC, and
 * F_SET_RW_HINT of what is no vnode.  A file that can be read and written is
 * watched for reading, a socket for all.  Locks: sigio.h.
 */
#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/fcntl.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/str.h>
#include <kern/syscall.h>
#include "epoll.h"
#include "sigio.h"

static struct rump_mutex sigio_lock;

/* --- settings; callers hold sigio_lock --- */
/* NULL: nothing was ever set. */
static struct sigio *
sigio_has(struct file *fp)
{
	struct epitem *ei;

	rump_mutex_enter(&fp->f_offlock);
	for (ei = fp->f_epoll; ei != NULL && ei->ei_ep != NULL;
	    ei = ei->ei_fnext)
		continue;
	rump_mutex_exit(&fp->f_offlock);
	return (struct sigio *)ei;
}

/* The last descriptor is gone. */
static void
sigio_filegone(struct epitem *ei)
{
	struct sigio *sg = (struct sigio *)ei;

	rump_selremove(&sg->sg_rec);
	(void)rump_callout_cancel(&sg->sg_callout);
	if (sg->sg_owner.ow_proc != NULL)
		rump_proc_rele(sg->sg_owner.ow_proc);
	rump_kmem_free(sg, sizeof(*sg));
}

static struct sigio *
sigio_of(struct file *fp)
{
	struct sigio *sg = sigio_has(fp);

	if (sg == NULL && (sg = rump_kmem_zalloc(sizeof(*sg))) != NULL) {
		RUMP_HOOK_SET(rump_file_sigiohook, sigio_filegone);
		RUMP_HOOK_SET(rump_file_epollhook, rump_epoll_filegone);
		sg->sg_file = fp;
		sg->sg_rec.sr_notify = rump_sigio_notify;
		sg->sg_rec.sr_arg = sg;
		rump_callout_init(&sg->sg_callout, rump_sigio_late, sg);
		rump_mutex_enter(&fp->f_offlock);
		sg->sg_item.ei_fnext = fp->f_epoll;
		fp->f_epoll = &sg->sg_item;
		rump_mutex_exit(&fp->f_offlock);
	}
	return sg;
}

/* A socket's owner is told of urgent data even without FASYNC. */
static void
sigio_watch(struct sigio *sg)
{
	struct file *fp = sg->sg_file;
	int events = POLLIN, watched;

	watched = __atomic_load_n(&sg->sg_rec.sr_info, __ATOMIC_ACQUIRE) !=
	    NULL;
	if (fp->f_type == FT_SOCKET)
		events |= POLLOUT | POLLPRI;
	else if (!file_readable(fp))
		events = POLLOUT;
	if (sg->sg_async || (fp->f_type == FT_SOCKET &&
	    sg->sg_owner.ow_pid != 0)) {
		if (!watched)
			(void)fp->f_ops->fo_poll(fp, events, &sg->sg_rec);
	} else {
		rump_selremove(&sg->sg_rec);
	}
}

static int
sigio_istid(struct proc *p, int tid)
{
	struct lwp *l;

	rump_mutex_enter(&p->p_lock);
	for (l = p->p_lwps; l != NULL && l->l_tid != tid; l = l->l_sibling)
		continue;
	rump_mutex_exit(&p->p_lock);
	return l != NULL;
}

/* A process, referenced; a group has none.  Caller holds rump_proc_lock. */
static int
sigio_find(struct sigowner *ow)
{
	struct proc *p;

	if (ow->ow_pid == 0)
		return 0;
	for (p = rump_proc_list(); p != NULL; p = p->p_next) {
		if (p == &rump_proc0)
			continue;
		if (ow->ow_type == F_OWNER_PGRP) {
			if (p->p_pgid == ow->ow_pid)
				return 0;
		} else if (p->p_pid == ow->ow_pid ||
		    (ow->ow_type == F_OWNER_TID && sigio_istid(p,
		    ow->ow_pid))) {
			rump_proc_ref(ow->ow_proc = p);
			return 0;
		}
	}
	return ESRCH;
}

/* pid 0: nobody. */
static long
sigio_setowner(struct sigio *sg, int type, int pid)
{
	struct sigowner ow = { .ow_type = type, .ow_pid = pid,
	    .ow_ruid = rump_cred_cur()->cr_ruid,
	    .ow_euid = rump_cred_cur()->cr_euid };
	struct proc *old;
	int error;

	rump_mutex_enter(&rump_proc_lock);
	error = sigio_find(&ow);
	rump_mutex_exit(&rump_proc_lock);
	if (error)
		return -error;
	rump_mutex_enter(&sg->sg_lock);
	old = sg->sg_owner.ow_proc;
	sg->sg_owner = ow;
	rump_mutex_exit(&sg->sg_lock);
	if (old != NULL)
		rump_proc_rele(old);
	sigio_watch(sg);
	return 0;
}

/* One that has ended is none any more.  sg may be NULL. */
static void
sigio_owner(const struct sigio *sg, struct f_owner_ex *fo)
{
	const struct sigowner *ow;
	struct proc *p;

	memset(fo, 0, sizeof(*fo));
	if (sg == NULL)
		return;
	ow = &sg->sg_owner;
	fo->type = ow->ow_type;
	fo->pid = ow->ow_pid;
	if (ow->ow_proc == NULL)
		return;
	if ((p = rump_proc_find(ow->ow_proc->p_pid)) != ow->ow_proc)
		fo->pid = 0;
	if (p != NULL)
		rump_proc_rele(p);
}

/* --- fcntl --- */
static long
sigio_next(struct file *fp, int cmd, unsigned long arg)
{

	if (rump_vfs_fcntl != NULL)
		return rump_vfs_fcntl(fp, cmd, arg);
	return cmd == F_SETFL ? 0 : -EINVAL;
}

static long
sigio_setown(struct file *fp, int who)
{
	struct sigio *sg = sigio_of(fp);

	if (sg == NULL)
		return -ENOMEM;
	if (who == INT32_MIN)
		return -EINVAL;
	return who < 0 ? sigio_setowner(sg, F_OWNER_PGRP, -who) :
	    sigio_setowner(sg, F_OWNER_PID, who);
}

static long
sigio_setownex(struct file *fp, const void *uarg)
{
	struct f_owner_ex fo;
	struct sigio *sg;

	if (rump_copyin(uarg, &fo, sizeof(fo)) != 0)
		return -EFAULT;
	if (fo.type < F_OWNER_TID || fo.type > F_OWNER_PGRP)
		return -EINVAL;
	if ((sg = sigio_of(fp)) == NULL)
		return -ENOMEM;
	return sigio_setowner(sg, fo.type, fo.pid);
}

static long
sigio_setsig(struct file *fp, unsigned long sig)
{
	struct sigio *sg;

	if (sig > RUMP_NSIG)
		return -EINVAL;
	if ((sg = sigio_of(fp)) == NULL)
		return -ENOMEM;
	rump_mutex_enter(&sg->sg_lock);
	sg->sg_sig = (int)sig;
	rump_mutex_exit(&sg->sg_lock);
	return 0;
}

/* Of what has no vnode, which is the file's then. */
static long
sigio_hint(struct file *fp, int cmd, void *uarg)
{
	struct sigio *sg = sigio_has(fp);
	uint64_t hint = sg != NULL ? (uint64_t)sg->sg_hint : 0;

	if (cmd == F_GET_RW_HINT)
		return -rump_copyout(&hint, uarg, sizeof(hint));
	if (rump_copyin(uarg, &hint, sizeof(hint)) != 0)
		return -EFAULT;
	if (hint > RWH_WRITE_LIFE_EXTREME)
		return -EINVAL;
	if ((sg = sigio_of(fp)) == NULL)
		return -ENOMEM;
	sg->sg_hint = (int)hint;
	return 0;
}

static int
sigio_istty(const struct file *fp)
{

	return fp->f_type == FT_CONS || fp->f_type == FT_PTMX ||
	    (fp->f_type == FT_VNODE && fp->f_ops->fo_poll != NULL &&
	    (fp->f_ops->fo_flags & (FOF_SEEKABLE | FOF_NOEPOLL |
	    FOF_SPLICE)) == FOF_SPLICE);
}

/* As Linux's fasync, for what has one. */
static long
sigio_async(struct file *fp, int fd, int on)
{
	struct sigio *sg;

	if (fp->f_type != FT_PIPE && fp->f_type != FT_SOCKET &&
	    fp->f_type != FT_INOTIFY && !sigio_istty(fp) &&
	    (fp->f_type != FT_VNODE || fp->f_ops->fo_flags & FOF_NOEPOLL))
		return -ENOTTY;
	if ((sg = sigio_of(fp)) == NULL)
		return -ENOMEM;
	rump_mutex_enter(&sg->sg_lock);
	sg->sg_fd = fd;
	rump_mutex_exit(&sg->sg_lock);
	if (on && sg->sg_owner.ow_pid == 0 && sigio_istty(fp))
		(void)sigio_setowner(sg, F_OWNER_PID, curproc->p_pid);
	if (on)
		__atomic_fetch_or(&fp->f_flags, FASYNC, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&fp->f_flags, ~FASYNC, __ATOMIC_RELAXED);
	sg->sg_async = on;
	sigio_watch(sg);
	return 0;
}

/* What has no signals just goes without. */
static long
sigio_setfl(struct file *fp, unsigned long arg)
{
	long r = sigio_next(fp, F_SETFL, arg);

	if (r == 0 && (file_flags(fp) ^ (int)arg) & FASYNC)
		r = sigio_async(fp, (int)(arg >> 32), ((int)arg & FASYNC) != 0);
	return r == -ENOTTY ? 0 : r;
}

static long
sigio_locked(struct file *fp, int cmd, unsigned long arg)
{
	struct sigio *sg;
	struct f_owner_ex fo;

	switch (cmd) {
	case F_SETFL:
		return sigio_setfl(fp, arg);
	case F_SETOWN:
		return sigio_setown(fp, (int)arg);
	case F_SETOWN_EX:
		return sigio_setownex(fp, (void *)arg);
	case F_SETSIG:
		return sigio_setsig(fp, arg);
	case F_GETSIG:
		return (sg = sigio_has(fp)) != NULL ? sg->sg_sig : 0;
	case F_GET_RW_HINT:
	case F_SET_RW_HINT:
		return sigio_hint(fp, cmd, (void *)arg);
	}
	sigio_owner(sigio_has(fp), &fo);
	if (cmd == F_GETOWN_EX)
		return -rump_copyout(&fo, (void *)arg, sizeof(fo));
	return fo.type == F_OWNER_PGRP ? -fo.pid : fo.pid;
}

long
rump_sigio_fcntl(struct file *fp, int cmd, unsigned long arg)
{
	long r;

	switch (cmd) {
	case F_GET_RW_HINT:
	case F_SET_RW_HINT:
		/* A vnode keeps its own. */
		if ((r = sigio_next(fp, cmd, arg)) != -ENOSYS)
			return r;
		break;
	case F_SETFL:
	case F_SETOWN: case F_SETOWN_EX: case F_SETSIG:
	case F_GETOWN: case F_GETOWN_EX: case F_GETSIG:
		break;
	default:
		return sigio_next(fp, cmd, arg);
	}
	rump_mutex_enter(&sigio_lock);
	r = sigio_locked(fp, cmd, arg);
	rump_mutex_exit(&sigio_lock);
	return r;
}
