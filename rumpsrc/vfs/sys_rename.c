/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_rename.c: rename, renameat, renameat2 with NOREPLACE and EXCHANGE.
 *
 * m_renamelock is held over every rename between two directories, so that
 * "is a an ancestor of b" stays true while the locks are taken: the two
 * directories ancestor first, else by address; then what the names stand
 * for, directories before the rest, each kind by address.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include <kern/log.h>
#include <kern/syscall.h>
#include <vfs/event.h>

#include "vfs_private.h"

struct renaming {
	struct nameidata rn_from, rn_to;
	int		 rn_flags;
	int		 rn_serial;	/* m_renamelock is held */
	struct vnode	*rn_locked[4];
	int		 rn_nlocked;
	/* The child of the one directory that the other is below, or NULL */
	struct vnode	*rn_aboveto, *rn_abovefrom;
};

/*
 * Is a an ancestor of b, or b itself?  Caller holds m_renamelock.  On the
 * way *underp becomes the child of a that b is below (not referenced).
 */
static int
ancestor(struct vnode *a, struct vnode *b, struct vnode **underp)
{
	struct vnode *up, *under = NULL;
	int found;

	vref(b);
	while (b != a && b != b->v_mount->m_root) {
		rump_rw_rdenter(&b->v_lock);
		found = b->v_ops->vop_lookup(b, "..", 2, &up);
		rump_rw_exit(&b->v_lock);
		if (found != 0)
			break;
		under = b;
		vrele(b);
		b = up;
	}
	found = a == b;
	vrele(b);
	if (found && underp != NULL)
		*underp = under;
	return found;
}

static void
lock1(struct renaming *rn, struct vnode *vp)
{
	int i;

	for (i = 0; i < rn->rn_nlocked; i++)
		if (rn->rn_locked[i] == vp)
			return;
	rump_rw_wrenter(&vp->v_lock);
	rn->rn_locked[rn->rn_nlocked++] = vp;
}

static void
lock2(struct renaming *rn, struct vnode *a, struct vnode *b)
{
	if (a > b) {
		lock1(rn, b);
		lock1(rn, a);
	} else {
		lock1(rn, a);
		lock1(rn, b);
	}
}

static void
unlockall(struct renaming *rn)
{
	while (rn->rn_nlocked > 0)
		rump_rw_exit(&rn->rn_locked[--rn->rn_nlocked]->v_lock);
	if (rn->rn_serial)
		rump_mutex_exit(&rn->rn_from.ni_dvp->v_mount->m_renamelock);
}

/* Locks the directories; what of one the other is below, to refuse that. */
static void
lockdirs(struct renaming *rn)
{
	struct vnode *fd = rn->rn_from.ni_dvp, *td = rn->rn_to.ni_dvp;

	rn->rn_nlocked = 0;
	rn->rn_serial = fd != td;
	rn->rn_aboveto = rn->rn_abovefrom = NULL;
	if (fd == td) {
		lock1(rn, fd);
		return;
	}
	rump_mutex_enter(&fd->v_mount->m_renamelock);
	if (ancestor(fd, td, &rn->rn_aboveto)) {
		lock1(rn, fd);
		lock1(rn, td);
	} else if (ancestor(td, fd, &rn->rn_abovefrom)) {
		lock1(rn, td);
		lock1(rn, fd);
	} else
		lock2(rn, fd, td);
}

static void
lockchildren(struct renaming *rn)
{
	struct vnode *f = rn->rn_from.ni_vp, *t = rn->rn_to.ni_vp;

	if (t == NULL)
		t = f;
	if (vn_is(f, S_IFDIR) == vn_is(t, S_IFDIR))
		lock2(rn, f, t);
	else if (vn_is(f, S_IFDIR)) {
		lock1(rn, f);
		lock1(rn, t);
	} else {
		lock1(rn, t);
		lock1(rn, f);
	}
}

/* What the name stands for; the directory is locked. */
static int
find(struct nameidata *ni)
{
	if (ni->ni_namelen > VFS_NAME_MAX)
		return ni->ni_dvp->v_nlink == 0 ? ENOENT : ENAMETOOLONG;
	return ni->ni_dvp->v_ops->vop_lookup(ni->ni_dvp, ni->ni_name,
	    ni->ni_namelen, &ni->ni_vp);
}

/* Finds both, as Linux says in which order.  Caller holds the directories. */
static int
findboth(struct renaming *rn)
{
	struct nameidata *from = &rn->rn_from, *to = &rn->rn_to;
	int exch = rn->rn_flags & RENAME_EXCHANGE, error;

	if ((error = find(from)) != 0)
		return error;
	if ((error = find(to)) != 0 && (error != ENOENT || exch ||
	    to->ni_dvp->v_nlink == 0))
		return error;
	if (to->ni_vp != NULL && (rn->rn_flags & RENAME_NOREPLACE))
		return EEXIST;
	if (exch && to->ni_slash && !vn_is(to->ni_vp, S_IFDIR))
		return ENOTDIR;
	if ((from->ni_slash || (to->ni_slash && !exch)) &&
	    !vn_is(from->ni_vp, S_IFDIR))
		return ENOTDIR;
	if (from->ni_vp == rn->rn_aboveto)
		return EINVAL;
	if (to->ni_vp != NULL && to->ni_vp == rn->rn_abovefrom)
		return exch ? EINVAL : ENOTEMPTY;
	return 0;
}

/* What can be said before the names are looked at. */
static int
precheck(struct renaming *rn)
{
	struct nameidata *from = &rn->rn_from, *to = &rn->rn_to;

	if (from->ni_dvp->v_mount != to->ni_dvp->v_mount)
		return EXDEV;
	if (from->ni_lasttype != NI_NORM)
		return EBUSY;
	if (to->ni_lasttype != NI_NORM)
		return rn->rn_flags & RENAME_NOREPLACE ? EEXIST : EBUSY;
	return vfs_rofs(from->ni_dvp);
}

/* Caller holds all locks. */
static int
mayrename(struct renaming *rn)
{
	struct vnode *fd = rn->rn_from.ni_dvp, *td = rn->rn_to.ni_dvp;
	struct vnode *fv = rn->rn_from.ni_vp, *tv = rn->rn_to.ni_vp;
	int exch = rn->rn_flags & RENAME_EXCHANGE, error;

	if (td->v_nlink == 0)
		return ENOENT;
	if ((error = vfs_maydelete(fd, fv)) != 0)
		return error;
	if (tv != NULL)
		error = vfs_maydelete(td, tv);
	else
		error = vfs_access(td, rump_cred_cur(), 3);
	if (!error && !exch && tv != NULL &&
	    vn_is(fv, S_IFDIR) != vn_is(tv, S_IFDIR))
		error = vn_is(fv, S_IFDIR) ? ENOTDIR : EISDIR;
	if (!error && fd->v_ops->vop_rename == NULL)
		error = EPERM;
	/* a directory that gets another ".." is written to */
	if (!error && fd != td && vn_is(fv, S_IFDIR))
		error = vfs_access(fv, rump_cred_cur(), 2);
	if (!error && fd != td && exch && vn_is(tv, S_IFDIR))
		error = vfs_access(tv, rump_cred_cur(), 2);
	return error;
}

static void
purge(struct renaming *rn)
{
	struct nameidata *from = &rn->rn_from, *to = &rn->rn_to;

	if (!(from->ni_dvp->v_mount->m_options & MO_NAMECACHE))
		return;
	nc_purge(from->ni_dvp, from->ni_name, from->ni_namelen);
	nc_purge(to->ni_dvp, to->ni_name, to->ni_namelen);
	if (to->ni_vp != NULL && vn_is(to->ni_vp, S_IFDIR) &&
	    !(rn->rn_flags & RENAME_EXCHANGE))
		nc_purge_dir(to->ni_vp);
}

/* One half of an exchange, or the whole of a rename; old: it is replaced. */
static void
moved(const struct nameidata *from, const struct nameidata *to,
    struct vnode *vp, struct vnode *old)
{
	static uint32_t cookie;		/* [a] */
	uint32_t c = __atomic_add_fetch(&cookie, 1, __ATOMIC_RELAXED);

	vfs_event_name(from->ni_dvp, from->ni_name, from->ni_namelen, vp,
	    IN_MOVED_FROM, c);
	vfs_event_name(to->ni_dvp, to->ni_name, to->ni_namelen, vp,
	    IN_MOVED_TO, c);
	if (old != NULL)
		vfs_event_inode(old, IN_ATTRIB);
	vfs_event_inode(vp, IN_MOVE_SELF);
}

static void
tellmoved(struct renaming *rn)
{
	const struct nameidata *from = &rn->rn_from, *to = &rn->rn_to;
	struct vnode *old = to->ni_vp;

	if (!vfs_event_wanted())
		return;
	if (rn->rn_flags & RENAME_EXCHANGE) {
		moved(from, to, from->ni_vp, NULL);
		moved(to, from, old, NULL);
	} else {
		moved(from, to, from->ni_vp, old);
	}
}

static int
dorename(struct renaming *rn)
{
	struct nameidata *from = &rn->rn_from, *to = &rn->rn_to;
	int error;

	if ((error = precheck(rn)) != 0)
		return error;
	lockdirs(rn);
	if ((error = findboth(rn)) != 0)
		goto out;
	if (from->ni_vp == to->ni_vp)
		goto out;		/* two names of one file */
	lockchildren(rn);
	if ((error = mayrename(rn)) != 0)
		goto out;
	if (vfs_ismountpoint(from->ni_vp) ||
	    (to->ni_vp != NULL && vfs_ismountpoint(to->ni_vp)))
		error = EBUSY;
	else {
		purge(rn);
		error = from->ni_dvp->v_ops->vop_rename(from->ni_dvp,
		    from->ni_name, from->ni_namelen, from->ni_vp, to->ni_dvp,
		    to->ni_name, to->ni_namelen, to->ni_vp,
		    (rn->rn_flags & RENAME_EXCHANGE) != 0);
		if (!error)
			tellmoved(rn);
	}
out:
	unlockall(rn);
	return error;
}

static long
k_renameat2(int olddir, const char *old, int newdir, const char *new,
    unsigned flags)
{
	struct renaming rn;
	int error;

	if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
	    flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	rn.rn_flags = (int)flags;
	error = vfs_namei(&rn.rn_from, olddir, old, NI_PARENT | NI_NOLAST);
	if (error)
		return -error;
	error = vfs_namei(&rn.rn_to, newdir, new, NI_PARENT | NI_NOLAST);
	if (error == 0) {
		error = dorename(&rn);
		vfs_nameifree(&rn.rn_to);
	}
	vfs_nameifree(&rn.rn_from);
	return -error;
}

RUMP_SYSCALL2(rename, const char *, old, const char *, new)
{
	return k_renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

RUMP_SYSCALL4(renameat, int, olddir, const char *, old, int, newdir,
    const char *, new)
{
	return k_renameat2(olddir, old, newdir, new, 0);
}

RUMP_SYSCALL5(renameat2, int, olddir, const char *, old, int, newdir,
    const char *, new, unsigned, flags)
{
	return k_renameat2(olddir, old, newdir, new, flags);
}
