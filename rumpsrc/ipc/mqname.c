/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POSIX message queues by name: mq_open, mq_unlink.  A queue lives until its
 * name is gone and the last descriptor is closed.  The limits of
 * /proc/sys/fs/mqueue (mq_overview(7)) are not for root, RLIMIT_MSGQUEUE is.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/resource.h>
#include <linux/mqueue.h>
#include <string.h>
#include <kern/kmem.h>
#include <kern/procnode.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "mqueue.h"

#define MQ_NAMEMAX	255
#define MQ_HARDMSGS	65536
#define MQ_HARDSIZE	(16 << 20)
#define MQ_PRIOMAX	32768
/* What getrlimit(2) has a message and a priority count for. */
#define MQ_MSGBYTES	48
#define MQ_PRIOBYTES	48

/* Who has queues, by the real user id; all of [mq_names_lock]. */
struct mquser {
	struct mquser	*mu_next;
	uint64_t	 mu_bytes;
	uint32_t	 mu_uid;
	unsigned	 mu_queues;
};

static struct rump_mutex mq_names_lock;
static struct mqueue *mq_names;		/* [mq_names_lock] */
static struct mquser *mq_users;		/* [mq_names_lock] */
static unsigned	mq_queues;		/* [mq_names_lock] that are there */
static int	mq_maxqueues = 256;	/* [a], the others too */
static int	mq_maxmsgs = 10, mq_defmsgs = 10;
static int	mq_maxsize = 8192, mq_defsize = 8192;

static long
mq_limit(const int *p)
{

	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static long
mq_least(const int *p, const int *q)
{
	long a = mq_limit(p), b = mq_limit(q);

	return a < b ? a : b;
}

/* EMFILE: more than the user may have. */
static int
mq_charge(struct mqueue *mq)
{
	uint64_t limit = rump_rlim_cur(curproc, RLIMIT_MSGQUEUE);
	uint32_t uid = rump_cred_cur()->cr_ruid;
	struct mquser *mu;

	mq->mq_bytes = (uint64_t)mq->mq_maxmsg * (uint64_t)(mq->mq_msgsize +
	    MQ_MSGBYTES) + (uint64_t)(mq->mq_maxmsg < MQ_PRIOMAX ?
	    mq->mq_maxmsg : MQ_PRIOMAX) * MQ_PRIOBYTES;
	for (mu = mq_users; mu != NULL; mu = mu->mu_next)
		if (mu->mu_uid == uid)
			break;
	if (mq->mq_bytes > limit ||
	    (mu != NULL && mu->mu_bytes > limit - mq->mq_bytes))
		return EMFILE;
	if (mu == NULL) {
		if ((mu = rump_kmem_zalloc(sizeof(*mu))) == NULL)
			return ENOMEM;
		mu->mu_uid = uid;
		mu->mu_next = mq_users;
		mq_users = mu;
	}
	mu->mu_bytes += mq->mq_bytes;
	mu->mu_queues++;
	mq_queues++;
	mq->mq_user = mu;
	return 0;
}

static void
mq_uncharge(struct mqueue *mq)
{
	struct mquser *mu = mq->mq_user, **mup;

	rump_mutex_enter(&mq_names_lock);
	mq_queues--;
	mu->mu_bytes -= mq->mq_bytes;
	if (--mu->mu_queues == 0) {
		for (mup = &mq_users; *mup != mu; mup = &(*mup)->mu_next)
			continue;
		*mup = mu->mu_next;
		rump_kmem_free(mu, sizeof(*mu));
	}
	rump_mutex_exit(&mq_names_lock);
}

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
	mq_uncharge(mq);
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
	if (cr->cr_fsuid == mq->mq_uid)
		mode >>= 6;
	else if (rump_cred_ingroup(cr, mq->mq_gid))
		mode >>= 3;
	if ((want & ~mode) == 0 || rump_cred_has(cr, CAP_DAC_OVERRIDE))
		return 0;
	return want == 4 && rump_cred_has(cr, CAP_DAC_READ_SEARCH) ? 0 : EACCES;
}

static int
mq_new(const char *name, unsigned mode, const struct mq_attr *attr,
    struct mqueue **mqp)
{
	const struct cred *cr = rump_cred_cur();
	int root = rump_cred_has(cr, CAP_SYS_RESOURCE), error;
	struct mqueue *mq;

	if (attr != NULL && (attr->mq_maxmsg <= 0 || attr->mq_msgsize <= 0 ||
	    attr->mq_maxmsg > (root ? MQ_HARDMSGS : mq_limit(&mq_maxmsgs)) ||
	    attr->mq_msgsize > (root ? MQ_HARDSIZE : mq_limit(&mq_maxsize))))
		return EINVAL;
	if (!root && mq_queues >= mq_limit(&mq_maxqueues))
		return ENOSPC;
	if ((mq = rump_kmem_zalloc(sizeof(*mq))) == NULL)
		return ENOMEM;
	mq->mq_ref = 1;
	mq->mq_mode = mode & 07777 & ~__atomic_load_n(&curproc->p_umask,
	    __ATOMIC_RELAXED);
	mq->mq_uid = cr->cr_fsuid;
	mq->mq_gid = cr->cr_fsgid;
	mq->mq_maxmsg = attr != NULL ? attr->mq_maxmsg :
	    mq_least(&mq_defmsgs, &mq_maxmsgs);
	mq->mq_msgsize = attr != NULL ? attr->mq_msgsize :
	    mq_least(&mq_defsize, &mq_maxsize);
	if ((mq->mq_name = rump_strdup(name, MQ_NAMEMAX)) == NULL)
		error = ENOMEM;
	else
		error = mq_charge(mq);
	if (error) {
		if (mq->mq_name != NULL)
			rump_kmem_free(mq->mq_name, strlen(name) + 1);
		rump_kmem_free(mq, sizeof(*mq));
		return error;
	}
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
	else if (cr->cr_fsuid != mq->mq_uid && !rump_cred_has(cr, CAP_FOWNER))
		error = EACCES;
	else
		*mqp = mq->mq_next;
	rump_mutex_exit(&mq_names_lock);
	if (error)
		return -error;
	rump_mq_rele(mq);
	return 0;
}

RUMP_PROCNODES(pt)
{

	PROC_NUM(pt, "sys/fs/mqueue/queues_max", mq_maxqueues, 0, INT32_MAX);
	PROC_NUM(pt, "sys/fs/mqueue/msg_max", mq_maxmsgs, 1, MQ_HARDMSGS);
	PROC_NUM(pt, "sys/fs/mqueue/msgsize_max", mq_maxsize, 128,
	    MQ_HARDSIZE);
	PROC_NUM(pt, "sys/fs/mqueue/msg_default", mq_defmsgs, 1, MQ_HARDMSGS);
	PROC_NUM(pt, "sys/fs/mqueue/msgsize_default", mq_defsize, 128,
	    MQ_HARDSIZE);
}
