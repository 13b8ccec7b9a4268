/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vnode.c: references, access checks and times of vnodes.
 */
#include <asm/errno.h>
#include <linux/mount.h>

#include <kern/clock.h>
#include <kern/log.h>
#include <vfs/event.h>
#include "vfs_private.h"

#define DAY_NS	(86400 * NSEC_PER_SEC)

void
vfs_vnode_init(struct vnode *vp, struct mount *mp,
    const struct vnodeops *ops, uint32_t mode, uint64_t ino)
{
	vp->v_ref = 1;
	vp->v_mode = mode;
	vp->v_ino = ino;
	vp->v_ops = ops;
	vp->v_mount = mp;
	vp->v_btime = vp->v_ctime = vp->v_mtime = vp->v_atime =
	    rump_walltime();
}

void
vfs_hold(struct vnode *vp)
{
	__atomic_fetch_add(&vp->v_ref, 1, __ATOMIC_RELAXED);
}

void
vref(struct vnode *vp)
{
	__atomic_fetch_add(&vp->v_ref, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&vp->v_mount->m_refs, 1, __ATOMIC_RELAXED);
}

void
vrele(struct vnode *vp)
{
	struct mount *mp = vp->v_mount;

	vfs_drop(vp);
	/* last: from here on the mount may go */
	__atomic_fetch_sub(&mp->m_refs, 1, __ATOMIC_RELEASE);
}

void
vfs_drop(struct vnode *vp)
{
	/* Who watches it may be all that is left. */
	if (vfs_event_wanted() &&
	    __atomic_load_n(&vp->v_nlink, __ATOMIC_RELAXED) == 0)
		vfs_event_inode(vp, IN_DELETE_SELF);
	if (__atomic_sub_fetch(&vp->v_ref, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	if (vp->v_locks != NULL)
		vfs_locks_free(vp);
	if (vfs_memfdname(vp) != NULL)
		vfs_memfd_free(vp);
	vp->v_ops->vop_reclaim(vp);
}

static int
ingroup(const struct cred *cr, uint32_t gid)
{
	uint32_t i;

	if (cr->cr_fsgid == gid)
		return 1;
	for (i = 0; i < cr->cr_ngroups; i++)
		if (cr->cr_groups[i] == gid)
			return 1;
	return 0;
}

int
vfs_access(struct vnode *vp, const struct cred *cr, int mask)
{
	uint32_t mode = vp->v_mode, caps = CRED_CAP(CAP_DAC_OVERRIDE);

	/* Folders are searched and read, files are read. */
	if (vn_is(vp, S_IFDIR) ? !(mask & 2) : mask == 4)
		caps |= CRED_CAP(CAP_DAC_READ_SEARCH);
	/* A file is run only when someone may. */
	else if ((mask & 1) && !vn_is(vp, S_IFDIR) && !(mode & 0111))
		caps = 0;
	if (cr->cr_fsuid == vp->v_uid)
		mode >>= 6;
	else if (ingroup(cr, vp->v_gid))
		mode >>= 3;
	return ((uint32_t)mask & ~mode & 7) == 0 || cr->cr_eff & caps ? 0 :
	    EACCES;
}

void
vfs_touch(struct vnode *vp)
{
	vp->v_mtime = vp->v_ctime = rump_walltime();
}

/* As Linux's relatime: only when it tells something new, or once a day. */
void
vfs_atime(struct vnode *vp)
{
	int64_t now, at;

	if (vfs_mountflags(vp->v_mount) & (MS_RDONLY | MS_NOATIME))
		return;
	at = __atomic_load_n(&vp->v_atime, __ATOMIC_RELAXED);
	now = rump_walltime();
	if (at <= vp->v_mtime || at <= vp->v_ctime || now - at > DAY_NS)
		__atomic_store_n(&vp->v_atime, now, __ATOMIC_RELAXED);
}

int
vfs_rofs(struct vnode *vp)
{
	return vfs_mountflags(vp->v_mount) & MS_RDONLY ? EROFS : 0;
}
