/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POSIX message queues by name: mq_open, mq_unlink.  A queue lives until its
 * name is gone and the last descriptor is closed.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <linux/mqueue.h>
#include <string.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "mqueue.h"

#define MQ_NAMEMAX	255
#define MQ_DEFMSGS	10
#define MQ_DEFSIZE	8192
#define MQ_MAXMSGS	65536
#define MQ_MAXSIZE	(16L << 20)

static struct rump_mutex mq_names_lock;
static struct mqueue *mq_names;		/* [mq_names_lock] */

void
rump_mq_rele(struct mqueue *mq)
{
	struct mqmsg *m;

	if (__atomic_sub_fetch(&mq->mq_ref, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	if (mq->mq_notify.mn_pid != 0)
		rump_mq_notify_hook(&mq->mq_notify, MQ_REMOVED);
	while ((m = mq->mq_first) != NULL) {
		mq->mq_first = m->mm_next;
		rump_kmem_free(m, sizeof(*m) + m->mm_len);
	}
	rump_seldestroy(&mq->mq_sel);
	rump_kmem_free(mq->mq_name, strlen(mq->mq_name) + 1);
	rump_kmem_free(mq, sizeof(*mq));
}

/* As the system call has it: libc has taken the first slash away. */
static int
mq_getname(const char *uname, char *name)
{
	int error = rump_copyinstr(uname, name, MQ_NAMEMAX + 1, NULL);

	if (error)
		return error;
	return name[0] == '\0' ? ENOENT : strchr(name, '/') != NULL ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ? EACCES : 0;
}

/* Caller holds mq_names_lock. */
static struct mqueue **
mq_find(const char *name)
{
	struct mqueue **mqp;

	for (mqp = &mq_names; *mqp != NULL; mqp = &(*mqp)->mq_next)
		if (strcmp((*mqp)->mq_name, name) == 0)
			break;
	return mqp;
}

static int
mq_allowed(const struct mqueue *mq, int flags)
{
	const struct cred *cr = rump_cred_cur();
	uint32_t mode = mq->mq_mode, want;

	want = (flags & O_ACCMODE) == O_RDONLY ? 4 :
	    (flags & O_ACCMODE) == O_WRONLY ? 2 : 6;
	if (cr->cr_fsuid == 0)
		return 0;
	if (cr->cr_fsuid == mq->mq_uid)
		mode >>= 6;
	else if (rump_cred_ingroup(cr, mq->mq_gid))
		mode >>= 3;
	return want & ~mode ? EACCES : 0;
}

static int
mq_new(const char *name, unsigned mode, const struct mq_attr *attr,
    struct mqueue **mqp)
{
	const struct cred *cr = rump_cred_cur();
	struct mqueue *mq;

	if (attr != NULL && (attr->mq_maxmsg <= 0 || attr->mq_msgsize <= 0 ||
	    attr->mq_maxmsg > MQ_MAXMSGS || attr->mq_msgsize > MQ_MAXSIZE))
		return EINVAL;
	if ((mq = rump_kmem_zalloc(sizeof(*mq))) == NULL)
		return ENOMEM;
	if ((mq->mq_name = rump_strdup(name, MQ_NAMEMAX)) == NULL) {
		rump_kmem_free(mq, sizeof(*mq));
		return ENOMEM;
	}
	mq->mq_ref = 1;
	mq->mq_mode = mode & 07777 & ~__atomic_load_n(&curproc->p_umask,
	    __ATOMIC_RELAXED);
	mq->mq_uid = cr->cr_fsuid;
	mq->mq_gid = cr->cr_fsgid;
	mq->mq_maxmsg = attr != NULL ? attr->mq_maxmsg : MQ_DEFMSGS;
	mq->mq_msgsize = attr != NULL ? attr->mq_msgsize : MQ_DEFSIZE;
	mq->mq_next = mq_names;
	mq_names = mq;
	*mqp = mq;
	return 0;
}

/* Referenced for the descriptor. */
static int
mq_get(const char *name, int flags, unsigned mode, const struct mq_attr *attr,
    struct mqueue **mqp)
{
	int error = 0;

	rump_mutex_enter(&mq_names_lock);
	*mqp = *mq_find(name);
	if (*mqp == NULL)
		error = flags & O_CREAT ? mq_new(name, mode, attr, mqp) :
		    ENOENT;
	else if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		error = EEXIST;
	else
		error = mq_allowed(*mqp, flags);
	if (error == 0)
		__atomic_fetch_add(&(*mqp)->mq_ref, 1, __ATOMIC_RELAXED);
	rump_mutex_exit(&mq_names_lock);
	return error;
}

RUMP_SYSCALL4(mq_open, const char *, uname, int, flags, unsigned, mode,
    void *, uattr)
{
	struct mq_attr attr, *ap = NULL;
	char name[MQ_NAMEMAX + 1];
	struct mqueue *mq;
	int error, fd;

	if (uattr != NULL) {
		if (rump_copyin(uattr, &attr, sizeof(attr)) != 0)
			return -EFAULT;
		ap = &attr;
	}
	if ((error = mq_getname(uname, name)) != 0)
		return -error;
	if ((flags & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	if ((error = mq_get(name, flags, mode, ap, &mq)) != 0)
		return -error;
	error = rump_fd_open(FT_OTHER, &rump_mq_fileops, mq,
	    (flags & (O_ACCMODE | O_NONBLOCK)) | O_CLOEXEC, &fd);
	if (error) {
		rump_mq_rele(mq);
		return -error;
	}
	return fd;
}

RUMP_SYSCALL1(mq_unlink, const char *, uname)
{
	char name[MQ_NAMEMAX + 1];
	const struct cred *cr = rump_cred_cur();
	struct mqueue **mqp, *mq;
	int error;

	if ((error = mq_getname(uname, name)) != 0)
		return -error;
	rump_mutex_enter(&mq_names_lock);
	mqp = mq_find(name);
	if ((mq = *mqp) == NULL)
		error = ENOENT;
	else if (cr->cr_fsuid != 0 && cr->cr_fsuid != mq->mq_uid)
		error = EACCES;
	else
		*mqp = mq->mq_next;
	rump_mutex_exit(&mq_names_lock);
	if (error)
		return -error;
	rump_mq_rele(mq);
	return 0;
}
