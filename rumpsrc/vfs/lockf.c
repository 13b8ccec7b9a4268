/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lockf.c: advisory locks: flock, POSIX record locks, open file description
 * locks.  The owner is a process (POSIX) or an open file (the others).
 *
 * One lock, lockf_lock [l], for all of it: lists are short, and the search
 * for deadlocks looks at all files.  It is a leaf but for the allocator.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/syscall.h>
#include <string.h>

#include "vfs_private.h"


struct lockf {				/* [l] */
	struct lockf	*lk_next;
	int64_t		 lk_start, lk_end;	/* both inside */
	const void	*lk_owner;
	int		 lk_pid;	/* -1: no process */
	int		 lk_type;	/* F_RDLCK, F_WRLCK, F_UNLCK */
};

struct lockhead {			/* [l] */
	struct lockhead	*lh_next, **lh_prevp;	/* all of them */
	struct lockf	*lh_records;
	struct lockf	*lh_flocks;
	struct rump_cv	 lh_cv;
};

struct lockwait {			/* on the waiter's stack */
	struct lockwait	*lw_next;	/* [l] */
	struct lockf	**lw_list;	/* [l] */
	const struct lockf *lw_want;	/* [l] */
};

static struct rump_mutex lockf_lock;
static struct lockwait *waits;		/* [l] */
static struct lockhead *heads;		/* [l] */

static int
overlap(const struct lockf *a, const struct lockf *b)
{
	return a->lk_start <= b->lk_end && b->lk_start <= a->lk_end;
}

/* The next lock from lk on that stands in the way. */
static struct lockf *
conflict(struct lockf *lk, const struct lockf *want)
{
	for (; lk != NULL; lk = lk->lk_next)
		if (lk->lk_owner != want->lk_owner && overlap(lk, want) &&
		    (lk->lk_type == F_WRLCK || want->lk_type == F_WRLCK))
			break;
	return lk;
}

/* Does who wait for a lock of target, perhaps through others? */
static int
waitsfor(const void *who, const void *target, int depth)
{
	struct lockwait *lw;
	struct lockf *lk;

	for (lw = waits; lw != NULL; lw = lw->lw_next) {
		if (lw->lw_want->lk_owner != who)
			continue;
		lk = conflict(*lw->lw_list, lw->lw_want);
		for (; lk != NULL; lk = conflict(lk->lk_next, lw->lw_want))
			if (lk->lk_owner == target || (depth > 0 &&
			    waitsfor(lk->lk_owner, target, depth - 1)))
				return 1;
	}
	return 0;
}

static int
deadlock(struct lockf **list, const struct lockf *want)
{
	struct lockf *lk;

	if (want->lk_pid < 0)
		return 0;
	for (lk = conflict(*list, want); lk != NULL;
	    lk = conflict(lk->lk_next, want))
		if (waitsfor(lk->lk_owner, want->lk_owner, 16))
			return 1;
	return 0;
}

/* Waits until nothing stands in the way.  Caller holds lockf_lock. */
static int
waitfree(struct lockhead *lh, struct lockf **list, const struct lockf *want,
    int block)
{
	struct lockwait lw = { NULL, list, want }, **lwp;
	int error = 0;

	while (!error && conflict(*list, want) != NULL) {
		if (!block)
			return EAGAIN;
		if (deadlock(list, want))
			return EDEADLK;
		lw.lw_next = waits;
		waits = &lw;
		error = rump_cv_wait_sig(&lh->lh_cv, &lockf_lock);
		for (lwp = &waits; *lwp != &lw; lwp = &(*lwp)->lw_next)
			continue;
		*lwp = lw.lw_next;
	}
	return error;
}

/*
 * Cuts the range of want out of what its owner holds; spare serves for the
 * second half of a lock that is cut in the middle.  Empty ones go to *junk.
 */
static void
carve(struct lockf **list, const struct lockf *want, struct lockf **sparep,
    struct lockf **junk)
{
	struct lockf *lk, **lkp = list;

	while ((lk = *lkp) != NULL) {
		if (lk->lk_owner != want->lk_owner || !overlap(lk, want)) {
			lkp = &lk->lk_next;
			continue;
		}
		if (lk->lk_start < want->lk_start &&
		    lk->lk_end > want->lk_end) {
			**sparep = *lk;
			(*sparep)->lk_start = want->lk_end + 1;
			lk->lk_end = want->lk_start - 1;
			lk->lk_next = *sparep;
			*sparep = NULL;
			return;
		}
		if (lk->lk_start < want->lk_start)
			lk->lk_end = want->lk_start - 1;
		else if (lk->lk_end > want->lk_end)
			lk->lk_start = want->lk_end + 1;
		else {
			*lkp = lk->lk_next;
			lk->lk_next = *junk;
			*junk = lk;
			continue;
		}
		lkp = &lk->lk_next;
	}
}

/* Takes over neighbours of the same kind, so that lists stay short. */
static void
merge(struct lockf **list, struct lockf *new, struct lockf **junk)
{
	struct lockf *lk, **lkp = list;

	while ((lk = *lkp) != NULL) {
		if (lk->lk_owner != new->lk_owner ||
		    lk->lk_type != new->lk_type || lk->lk_pid != new->lk_pid ||
		    (lk->lk_end != new->lk_start - 1 &&
		    (new->lk_end == INT64_MAX ||
		    lk->lk_start != new->lk_end + 1))) {
			lkp = &lk->lk_next;
			continue;
		}
		if (lk->lk_start < new->lk_start)
			new->lk_start = lk->lk_start;
		else
			new->lk_end = lk->lk_end;
		*lkp = lk->lk_next;
		lk->lk_next = *junk;
		*junk = lk;
	}
	new->lk_next = *list;
	*list = new;
}

static void
freelist(struct lockf *lk)
{
	struct lockf *next;

	for (; lk != NULL; lk = next) {
		next = lk->lk_next;
		rump_kmem_free(lk, sizeof(*lk));
	}
}

static struct lockhead *
gethead(struct vnode *vp)
{
	struct lockhead *lh, *new;

	lh = __atomic_load_n(&vp->v_locks, __ATOMIC_ACQUIRE);
	if (lh != NULL || (new = rump_kmem_zalloc(sizeof(*new))) == NULL)
		return lh;
	rump_mutex_enter(&lockf_lock);
	if ((lh = vp->v_locks) == NULL) {
		if ((new->lh_next = heads) != NULL)
			heads->lh_prevp = &new->lh_next;
		new->lh_prevp = &heads;
		heads = lh = new;
		__atomic_store_n(&vp->v_locks, new, __ATOMIC_RELEASE);
		new = NULL;
	}
	rump_mutex_exit(&lockf_lock);
	if (new != NULL)
		rump_kmem_free(new, sizeof(*new));
	return lh;
}

void
vfs_locks_free(struct vnode *vp)
{
	struct lockhead *lh = vp->v_locks;

	rump_mutex_enter(&lockf_lock);
	if ((*lh->lh_prevp = lh->lh_next) != NULL)
		lh->lh_next->lh_prevp = lh->lh_prevp;
	rump_mutex_exit(&lockf_lock);
	freelist(vp->v_locks->lh_records);
	freelist(vp->v_locks->lh_flocks);
	rump_kmem_free(vp->v_locks, sizeof(*vp->v_locks));
	vp->v_locks = NULL;
}

/* flock: 1 for the flock list. */
static int
setlock(struct vnode *vp, const struct lockf *want, int flock, int block)
{
	struct lockf *spare, *new, *junk = NULL, **list, none;
	struct lockhead *lh;
	int error = 0;

	spare = rump_kmem_alloc(sizeof(*spare));
	new = rump_kmem_alloc(sizeof(*new));
	if ((lh = gethead(vp)) == NULL || spare == NULL || new == NULL) {
		error = ENOLCK;
		goto out;
	}
	list = flock ? &lh->lh_flocks : &lh->lh_records;
	rump_mutex_enter(&lockf_lock);
	if (want->lk_type != F_UNLCK) {
		if (flock) {		/* a conversion is not atomic */
			none = *want;
			none.lk_type = F_UNLCK;
			if (conflict(*list, want) != NULL)
				carve(list, &none, &spare, &junk);
			rump_cv_broadcast(&lh->lh_cv);
		}
		error = waitfree(lh, list, want, block);
	}
	if (!error) {
		carve(list, want, &spare, &junk);
		if (want->lk_type != F_UNLCK) {
			*new = *want;
			merge(list, new, &junk);
			new = NULL;
		}
		rump_cv_broadcast(&lh->lh_cv);
	}
	rump_mutex_exit(&lockf_lock);
out:
	freelist(junk);
	if (spare != NULL)
		rump_kmem_free(spare, sizeof(*spare));
	if (new != NULL)
		rump_kmem_free(new, sizeof(*new));
	return error;
}

/* Everything of one owner goes.  Nothing is allocated: it cannot fail. */
static void
dropall(struct vnode *vp, const void *owner)
{
	struct lockf all = { .lk_end = INT64_MAX, .lk_owner = owner };
	struct lockf *junk = NULL, *spare = NULL;
	struct lockhead *lh;

	lh = __atomic_load_n(&vp->v_locks, __ATOMIC_ACQUIRE);
	if (lh == NULL)
		return;
	rump_mutex_enter(&lockf_lock);
	carve(&lh->lh_records, &all, &spare, &junk);
	carve(&lh->lh_flocks, &all, &spare, &junk);
	if (junk != NULL)
		rump_cv_broadcast(&lh->lh_cv);
	rump_mutex_exit(&lockf_lock);
	freelist(junk);
}

void
vfs_locks_fileclose(struct file *fp, struct vnode *vp)
{
	dropall(vp, fp);
}

/* curproc closes a descriptor of this file: its record locks go. */
static void
fdclosed(struct file *fp)
{
	struct vnode *vp = vfs_file_vnode(fp);

	if (vp != NULL && (file_flags(fp) & O_PATH) == 0)
		dropall(vp, curproc);
}

/* Whatever a process still holds when it ends. */
void
vfs_locks_procexit(struct proc *p)
{
	struct lockf all = { .lk_end = INT64_MAX, .lk_owner = p };
	struct lockf *junk = NULL, *spare = NULL, *had;
	struct lockhead *lh;

	if (__atomic_load_n(&heads, __ATOMIC_RELAXED) == NULL)
		return;
	rump_mutex_enter(&lockf_lock);
	for (lh = heads; lh != NULL; lh = lh->lh_next) {
		had = junk;
		carve(&lh->lh_records, &all, &spare, &junk);
		if (junk != had)
			rump_cv_broadcast(&lh->lh_cv);
	}
	rump_mutex_exit(&lockf_lock);
	freelist(junk);
}

/* --- fcntl --- */
static int
fromflock(struct file *fp, struct vnode *vp, const struct flock *fl,
    struct lockf *lk)
{
	int64_t base = 0, len = fl->l_len;

	if (fl->l_whence == SEEK_CUR) {
		rump_mutex_enter(&fp->f_offlock);
		base = fp->f_offset;
		rump_mutex_exit(&fp->f_offlock);
	} else if (fl->l_whence == SEEK_END) {
		rump_rw_rdenter(&vp->v_lock);
		base = vp->v_size;
		rump_rw_exit(&vp->v_lock);
	} else if (fl->l_whence != SEEK_SET)
		return EINVAL;
	if (fl->l_start > INT64_MAX - base)
		return EOVERFLOW;
	if ((base += fl->l_start) < 0 || base + (len < 0 ? len : 0) < 0)
		return EINVAL;
	if (len > 0 && len - 1 > INT64_MAX - base)
		return EOVERFLOW;
	lk->lk_start = len < 0 ? base + len : base;
	lk->lk_end = len == 0 ? INT64_MAX : len < 0 ? base - 1 :
	    base + (len - 1);
	lk->lk_type = fl->l_type;
	return fl->l_type != F_RDLCK && fl->l_type != F_WRLCK &&
	    fl->l_type != F_UNLCK ? EINVAL : 0;
}

static int
getlock(struct vnode *vp, const struct lockf *want, struct flock *fl)
{
	struct lockhead *lh;
	struct lockf *lk = NULL;

	lh = __atomic_load_n(&vp->v_locks, __ATOMIC_ACQUIRE);
	rump_mutex_enter(&lockf_lock);
	if (lh != NULL)
		lk = conflict(lh->lh_records, want);
	if (lk == NULL)
		fl->l_type = F_UNLCK;
	else {
		fl->l_type = (short)lk->lk_type;
		fl->l_whence = SEEK_SET;
		fl->l_start = lk->lk_start;
		fl->l_len = lk->lk_end == INT64_MAX ? 0 :
		    lk->lk_end - lk->lk_start + 1;
		fl->l_pid = lk->lk_pid;
	}
	rump_mutex_exit(&lockf_lock);
	return 0;
}

static int
mayset(struct file *fp, int type)
{
	if ((type == F_RDLCK && !file_readable(fp)) ||
	    (type == F_WRLCK && !file_writable(fp)))
		return EBADF;
	return 0;
}

static int
fcntllock(struct file *fp, int cmd, void *uarg)
{
	struct vnode *vp = vfs_file_vnode(fp);
	struct lockf want = { .lk_pid = -1 };
	struct flock fl;
	int error;

	if (vp == NULL)
		return EINVAL;
	if ((error = rump_copyin(uarg, &fl, sizeof(fl))) != 0)
		return error;
	if (fl.l_type == F_UNLCK && (cmd == F_GETLK || cmd == F_OFD_GETLK))
		return EINVAL;
	if ((error = fromflock(fp, vp, &fl, &want)) != 0)
		return error;
	want.lk_owner = fp;
	if (cmd == F_GETLK || cmd == F_SETLK || cmd == F_SETLKW) {
		want.lk_owner = curproc;
		want.lk_pid = curproc->p_pid;
	} else if (fl.l_pid != 0)
		return EINVAL;
	if (cmd == F_GETLK || cmd == F_OFD_GETLK) {
		error = getlock(vp, &want, &fl);
		return error ? error : rump_copyout(&fl, uarg, sizeof(fl));
	}
	if ((error = mayset(fp, fl.l_type)) != 0)
		return error;
	return setlock(vp, &want, 0, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
}

long
rump_vfs_fcntl(struct file *fp, int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return -fcntllock(fp, cmd, (void *)arg);
	case F_ADD_SEALS:
	case F_GET_SEALS:
		return vfs_sealcall(fp, cmd, arg);
	}
	return vfs_fcntl(fp, cmd, arg);
}

long
rump_vfs_anyfcntl(struct file *fp, int cmd, unsigned long arg)
{
	return rump_sigio_fcntl != NULL ? rump_sigio_fcntl(fp, cmd, arg) :
	    rump_vfs_fcntl(fp, cmd, arg);
}

void
vfs_locks_init(void)
{
	rump_fd_closehook = fdclosed;
}

static long
k_flock(int fd, int op)
{
	struct lockf want = { .lk_end = INT64_MAX, .lk_pid = -1 };
	struct file *fp;
	struct vnode *vp;
	int error;

	switch (op & ~LOCK_NB) {
	case LOCK_SH:
		want.lk_type = F_RDLCK;
		break;
	case LOCK_EX:
		want.lk_type = F_WRLCK;
		break;
	case LOCK_UN:
		want.lk_type = F_UNLCK;
		break;
	default:
		return -EINVAL;
	}
	if ((error = rump_fd_get(fd, &fp)) != 0)
		return -error;
	want.lk_owner = fp;
	if ((vp = vfs_file_vnode(fp)) == NULL)
		error = EBADF;
	else
		error = setlock(vp, &want, 1, !(op & LOCK_NB));
	rump_file_rele(fp);
	return -error;
}

RUMP_RESTART2(flock, int, fd, int, op)
{
	return k_flock(fd, op);
}
