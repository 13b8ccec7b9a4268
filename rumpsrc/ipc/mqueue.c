/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POSIX message queues: mq_timedsend, mq_timedreceive, mq_getsetattr; their
 * descriptors can be polled.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/poll.h>
#include <asm/stat.h>
#include <linux/mqueue.h>
#include <linux/stat.h>
#include <string.h>
#include <kern/clock.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "mqueue.h"

void (*rump_mq_notify_hook)(const struct mqnotify *, int what);

int
rump_mq_byfd(int fd, int not, struct file **fpp, struct mqueue **mqp)
{
	int error = rump_fd_get(fd, fpp);

	if (error)
		return error;
	if ((*fpp)->f_ops != &rump_mq_fileops ||
	    (file_flags(*fpp) & O_ACCMODE) == not) {
		rump_file_rele(*fpp);
		return EBADF;
	}
	*mqp = (*fpp)->f_data;
	return 0;
}

/* Caller holds mq_lock. */
static int
mq_wait(struct mqueue *mq, struct rump_cv *cv, const struct file *fp,
    int64_t deadline)
{

	if (file_flags(fp) & O_NONBLOCK)
		return EAGAIN;
	return rump_cv_timedwait_sig(cv, &mq->mq_lock, deadline);
}

/*
 * Caller holds mq_lock.  The notification goes to *told when it is due: the
 * queue was empty, and nobody reads.
 */
static void
mq_insert(struct mqueue *mq, struct mqmsg *m, struct mqnotify *told)
{
	struct mqmsg **mp;

	for (mp = &mq->mq_first; *mp != NULL; mp = &(*mp)->mm_next)
		if ((*mp)->mm_prio < m->mm_prio)
			break;
	m->mm_next = *mp;
	*mp = m;
	if (mq->mq_num++ == 0 && mq->mq_readers == 0) {
		*told = mq->mq_notify;
		mq->mq_notify.mn_pid = 0;
	}
	rump_cv_signal(&mq->mq_readcv);
	rump_selnotify(&mq->mq_sel, POLLIN | POLLRDNORM);
}

static int
mq_send(struct file *fp, struct mqueue *mq, struct mqmsg *m, int64_t deadline)
{
	struct mqnotify told = { 0 };
	int error = 0;

	rump_mutex_enter(&mq->mq_lock);
	while (mq->mq_num >= mq->mq_maxmsg && error == 0)
		error = mq_wait(mq, &mq->mq_writecv, fp, deadline);
	if (error == 0)
		mq_insert(mq, m, &told);
	rump_mutex_exit(&mq->mq_lock);
	if (told.mn_pid != 0)
		rump_mq_notify_hook(&told, MQ_WOKEN);
	return error;
}

RUMP_RESTART5(mq_timedsend, int, fd, const char *, text, size_t, len,
    unsigned, prio, const void *, timeout)
{
	struct mqueue *mq;
	struct mqmsg *m = NULL;
	struct file *fp;
	int64_t deadline;
	int error;

	if ((error = rump_ts_deadline(timeout, TS_WALL, &deadline)) != 0)
		return -error;
	if (prio >= MQ_PRIO_MAX)
		return -EINVAL;
	if ((error = rump_mq_byfd(fd, O_RDONLY, &fp, &mq)) != 0)
		return -error;
	error = len > (size_t)mq->mq_msgsize ? EMSGSIZE : 0;
	if (error == 0 && (m = rump_kmem_alloc(sizeof(*m) + len)) == NULL)
		error = ENOMEM;
	if (error == 0) {
		*m = (struct mqmsg){ NULL, len, prio };
		if ((error = rump_copyin(text, m->mm_text, len)) != 0 ||
		    (error = mq_send(fp, mq, m, deadline)) != 0)
			rump_kmem_free(m, sizeof(*m) + len);
	}
	rump_file_rele(fp);
	return -error;
}

static int
mq_receive(struct file *fp, struct mqueue *mq, int64_t deadline,
    struct mqmsg **mp)
{
	int error = 0;

	rump_mutex_enter(&mq->mq_lock);
	mq->mq_readers++;
	while (mq->mq_first == NULL && error == 0)
		error = mq_wait(mq, &mq->mq_readcv, fp, deadline);
	mq->mq_readers--;
	if (error == 0) {
		*mp = mq->mq_first;
		mq->mq_first = (*mp)->mm_next;
		mq->mq_num--;
		rump_cv_signal(&mq->mq_writecv);
		rump_selnotify(&mq->mq_sel, POLLOUT | POLLWRNORM);
	}
	rump_mutex_exit(&mq->mq_lock);
	return error;
}

RUMP_RESTART5(mq_timedreceive, int, fd, char *, text, size_t, len,
    unsigned *, prio, const void *, timeout)
{
	struct mqueue *mq;
	struct mqmsg *m = NULL;
	struct file *fp;
	int64_t deadline;
	int error;

	if ((error = rump_ts_deadline(timeout, TS_WALL, &deadline)) != 0)
		return -error;
	if ((error = rump_mq_byfd(fd, O_WRONLY, &fp, &mq)) != 0)
		return -error;
	error = len < (size_t)mq->mq_msgsize ? EMSGSIZE :
	    mq_receive(fp, mq, deadline, &m);
	rump_file_rele(fp);
	if (error)
		return -error;
	len = m->mm_len;
	error = rump_copyout(m->mm_text, text, len);
	if (error == 0 && prio != NULL)
		error = rump_copyout(&m->mm_prio, prio, sizeof(*prio));
	rump_kmem_free(m, sizeof(*m) + len);
	return error ? -error : (long)len;
}

RUMP_SYSCALL3(mq_getsetattr, int, fd, const void *, unew, void *, uold)
{
	struct mq_attr new, old = { 0 };
	struct mqueue *mq;
	struct file *fp;
	int error, flags;

	if (unew != NULL && rump_copyin(unew, &new, sizeof(new)) != 0)
		return -EFAULT;
	if (unew != NULL && new.mq_flags & ~(long)O_NONBLOCK)
		return -EINVAL;
	if ((error = rump_mq_byfd(fd, -1, &fp, &mq)) != 0)
		return -error;
	rump_mutex_enter(&mq->mq_lock);
	flags = file_flags(fp);
	old.mq_flags = flags & O_NONBLOCK;
	old.mq_maxmsg = mq->mq_maxmsg;
	old.mq_msgsize = mq->mq_msgsize;
	old.mq_curmsgs = mq->mq_num;
	if (unew != NULL)
		__atomic_store_n(&fp->f_flags, (flags & ~O_NONBLOCK) |
		    (int)new.mq_flags, __ATOMIC_RELAXED);
	rump_mutex_exit(&mq->mq_lock);
	rump_file_rele(fp);
	return uold != NULL ? -rump_copyout(&old, uold, sizeof(old)) : 0;
}

static int
mq_poll(struct file *fp, int events, struct selrec *sr)
{
	struct mqueue *mq = fp->f_data;
	int r = 0;

	rump_mutex_enter(&mq->mq_lock);
	if (sr != NULL)
		rump_selrecord(&mq->mq_sel, sr);
	if (mq->mq_num > 0)
		r |= POLLIN | POLLRDNORM;
	if (mq->mq_num < mq->mq_maxmsg)
		r |= POLLOUT | POLLWRNORM;
	rump_mutex_exit(&mq->mq_lock);
	return r & events;
}

#define MQ_STATUSLEN	80		/* the size that Linux's file has */

static int
mq_stat(struct file *fp, struct stat *st)
{
	const struct mqueue *mq = fp->f_data;
	int error = rump_anon_stat(fp, st);

	st->st_mode = S_IFREG | mq->mq_mode;
	st->st_uid = mq->mq_uid;
	st->st_gid = mq->mq_gid;
	st->st_size = MQ_STATUSLEN;
	return error;
}

static void
mq_close(struct file *fp)
{

	rump_mq_rele(fp->f_data);
}

const struct fileops rump_mq_fileops = {
	.fo_poll = mq_poll,
	.fo_stat = mq_stat,
	.fo_close = mq_close,
};
