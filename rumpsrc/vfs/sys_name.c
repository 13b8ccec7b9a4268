/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_name.c: calls that make and remove names: mkdir, mknod, symlink, link,
 * unlink, rmdir.  What lookup found is looked at again once the directory is
 * locked; when it changed meanwhile, the whole call starts over.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>

#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/syscall.h>
#include <string.h>
#include <vfs/event.h>

#include "vfs_private.h"

/* Caller holds dvp's v_lock exclusively. */
static int
maycreate(struct vnode *dvp)
{
	int error;

	if (dvp->v_nlink == 0)
		return ENOENT;
	if ((error = vfs_access(dvp, rump_cred_cur(), 3)) != 0)
		return error;
	if ((error = vfs_rofs(dvp)) != 0)
		return error;
	return dvp->v_ops->vop_create == NULL ? EPERM : 0;
}

int
vfs_maydelete(struct vnode *dvp, struct vnode *vp)
{
	const struct cred *cr = rump_cred_cur();
	int error;

	if ((error = vfs_rofs(dvp)) != 0)
		return error;
	if ((error = vfs_access(dvp, cr, 3)) != 0)
		return error;
	if ((dvp->v_mode & S_ISVTX) && cr->cr_fsuid != vp->v_uid &&
	    cr->cr_fsuid != dvp->v_uid && !rump_cred_has(cr, CAP_FOWNER))
		return EPERM;
	return 0;
}

/* What does the name stand for now?  Caller holds dvp's v_lock. */
static int
again(struct nameidata *ni, struct vnode **vpp)
{
	*vpp = NULL;
	return ni->ni_dvp->v_ops->vop_lookup(ni->ni_dvp, ni->ni_name,
	    ni->ni_namelen, vpp);
}

/* Device 0:0 is overlayfs' mark for what is not there: anybody's. */
static int
isdevice(const struct vcreate *vc)
{
	uint32_t type = vc->vc_mode & S_IFMT;

	return type == S_IFBLK || (type == S_IFCHR && vc->vc_rdev != 0);
}

uint32_t
vfs_newgroup(struct vnode *dvp, uint32_t *mode)
{
	if (!(dvp->v_mode & S_ISGID))
		return rump_cred_cur()->cr_fsgid;
	if ((*mode & S_IFMT) == S_IFDIR)
		*mode |= S_ISGID;
	else if (*mode & 0010 && !vfs_ingroup(dvp->v_gid))
		*mode &= ~(uint32_t)S_ISGID;
	return dvp->v_gid;
}

int
vfs_makenode(struct nameidata *ni, struct vcreate *vc, struct vnode **vpp)
{
	struct vnode *dvp = ni->ni_dvp, *vp = NULL;
	uint32_t umask = (vc->vc_mode & S_IFMT) == S_IFLNK ? 0 :
	    vfs_umask();
	int error;

	if (ni->ni_lasttype != NI_NORM || ni->ni_vp != NULL)
		return EEXIST;
	rump_rw_wrenter(&dvp->v_lock);
	if ((error = again(ni, &vp)) != ENOENT) {
		if (!error)
			error = EEXIST;
	} else if (ni->ni_slash && (vc->vc_mode & S_IFMT) != S_IFDIR)
		error = ENOENT;
	else if ((error = maycreate(dvp)) == 0 && isdevice(vc))
		error = rump_capable(CAP_MKNOD);
	if (!error) {
		vc->vc_uid = rump_cred_cur()->cr_fsuid;
		vc->vc_gid = vfs_newgroup(dvp, &vc->vc_mode);
		vc->vc_mode &= ~umask;
		error = dvp->v_ops->vop_create(dvp, ni->ni_name,
		    ni->ni_namelen, vc, &vp);
		if (!error && dvp->v_mount->m_options & MO_NAMECACHE)
			nc_purge(dvp, ni->ni_name, ni->ni_namelen);
		if (!error)
			vfs_event_name(dvp, ni->ni_name, ni->ni_namelen, vp,
			    IN_CREATE, 0);
	}
	rump_rw_exit(&dvp->v_lock);
	if (vpp != NULL && !error)
		*vpp = vp;
	else if (vp != NULL)
		vrele(vp);
	return error;
}

static long
makename(int dirfd, const char *path, struct vcreate *vc)
{
	struct nameidata ni;
	int error;

	error = vfs_namei(&ni, dirfd, path, NI_PARENT | NI_CREATE);
	if (error)
		return -error;
	error = vfs_makenode(&ni, vc, NULL);
	vfs_nameifree(&ni);
	return -error;
}

static long
k_mkdirat(int dirfd, const char *path, uint32_t mode)
{
	struct vcreate vc = { .vc_mode = S_IFDIR | (mode & 01777) };

	return makename(dirfd, path, &vc);
}

static long
k_mknodat(int dirfd, const char *path, uint32_t mode, uint64_t dev)
{
	struct vcreate vc = { .vc_mode = mode & (S_IFMT | 07777),
	    .vc_rdev = dev };

	switch (mode & S_IFMT) {
	case 0:
		vc.vc_mode |= S_IFREG;
		__attribute__((__fallthrough__));
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		vc.vc_rdev = 0;
		break;
	case S_IFCHR:
	case S_IFBLK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	return makename(dirfd, path, &vc);
}

static long
k_symlinkat(const char *target, int dirfd, const char *path)
{
	struct vcreate vc = { .vc_mode = S_IFLNK | 0777 };
	char *buf;
	long ret;

	if ((buf = rump_page_alloc()) == NULL)
		return -ENOMEM;
	ret = -rump_copyinstr(target, buf, VFS_PATH_MAX, &vc.vc_targetlen);
	if (ret == 0 && --vc.vc_targetlen == 0)
		ret = -ENOENT;
	vc.vc_target = buf;
	if (ret == 0)
		ret = makename(dirfd, path, &vc);
	rump_page_free(buf);
	return ret;
}

/* --- link --- */
static int
dolink(struct nameidata *ni, struct vnode *vp)
{
	struct vnode *dvp = ni->ni_dvp, *old = NULL;
	int error;

	if (ni->ni_lasttype != NI_NORM || ni->ni_vp != NULL)
		return EEXIST;
	if (ni->ni_slash)
		return ENOENT;
	if ((error = vfs_rofs(dvp)) != 0)
		return error;
	if (dvp->v_mount != vp->v_mount)
		return EXDEV;
	rump_rw_wrenter(&dvp->v_lock);
	if ((error = again(ni, &old)) != ENOENT) {
		if (old != NULL)
			vrele(old);
		rump_rw_exit(&dvp->v_lock);
		return error ? error : EEXIST;
	}
	if ((error = maycreate(dvp)) == 0 && (vn_is(vp, S_IFDIR) ||
	    dvp->v_ops->vop_link == NULL))
		error = EPERM;
	if (error) {
		rump_rw_exit(&dvp->v_lock);
		return error;
	}
	rump_rw_wrenter(&vp->v_lock);
	if (vp->v_nlink == 0 && !(vp->v_flags & VF_LINKABLE))
		error = ENOENT;
	if (!error)
		error = dvp->v_ops->vop_link(dvp, ni->ni_name,
		    ni->ni_namelen, vp);
	if (!error) {
		vp->v_flags &= ~(uint32_t)VF_LINKABLE;
		vfs_event_inode(vp, IN_ATTRIB);
		vfs_event_name(dvp, ni->ni_name, ni->ni_namelen, vp,
		    IN_CREATE, 0);
	}
	if (!error && dvp->v_mount->m_options & MO_NAMECACHE)
		nc_purge(dvp, ni->ni_name, ni->ni_namelen);
	rump_rw_exit(&vp->v_lock);
	rump_rw_exit(&dvp->v_lock);
	return error;
}

static long
k_linkat(int olddir, const char *old, int newdir, const char *new, int flags)
{
	struct nameidata ni;
	struct vnode *vp;
	int error;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	error = vfs_lookup(olddir, old,
	    (flags & AT_SYMLINK_FOLLOW ? NI_FOLLOW : 0) |
	    (flags & AT_EMPTY_PATH ? NI_EMPTY : 0), &vp);
	if (error)
		return -error;
	error = vfs_namei(&ni, newdir, new, NI_PARENT | NI_CREATE);
	if (!error) {
		error = dolink(&ni, vp);
		vfs_nameifree(&ni);
	}
	vrele(vp);
	return -error;
}

/* --- unlink and rmdir --- */
static int
removable(struct nameidata *ni, int isdir)
{
	int error;

	switch (ni->ni_lasttype) {
	case NI_DOT:
		return isdir ? EINVAL : EISDIR;
	case NI_DOTDOT:
		return isdir ? ENOTEMPTY : EISDIR;
	case NI_ROOT:
		return isdir ? EBUSY : EISDIR;
	}
	if ((error = vfs_rofs(ni->ni_dvp)) != 0)
		return error;
	if (ni->ni_vp == NULL)
		return ENOENT;
	if (!isdir && ni->ni_slash)
		return vn_is(ni->ni_vp, S_IFDIR) ? EISDIR : ENOTDIR;
	if (ni->ni_vp->v_mount != ni->ni_dvp->v_mount)
		return isdir ? EBUSY : EISDIR;
	return ni->ni_dvp->v_ops->vop_remove == NULL ? EPERM : 0;
}

/* EAGAIN: the name stands for something else now. */
static int
doremove(struct nameidata *ni, int isdir)
{
	struct vnode *dvp = ni->ni_dvp, *vp = ni->ni_vp, *now;
	int error;

	if ((error = removable(ni, isdir)) != 0)
		return error;
	rump_rw_wrenter(&dvp->v_lock);
	error = again(ni, &now);
	if (now != NULL)
		vrele(now);
	if (error || now != vp) {
		rump_rw_exit(&dvp->v_lock);
		return error ? error : EAGAIN;
	}
	rump_rw_wrenter(&vp->v_lock);
	error = vfs_maydelete(dvp, vp);
	if (!error && isdir != vn_is(vp, S_IFDIR))
		error = isdir ? ENOTDIR : EISDIR;
	if (!error && vfs_ismountpoint(vp))
		error = EBUSY;
	if (!error && dvp->v_mount->m_options & MO_NAMECACHE) {
		nc_purge(dvp, ni->ni_name, ni->ni_namelen);
		if (isdir)
			nc_purge_dir(vp);
	}
	if (!error)
		error = dvp->v_ops->vop_remove(dvp, ni->ni_name,
		    ni->ni_namelen, vp);
	if (!error) {
		if (!isdir)
			vfs_event_inode(vp, IN_ATTRIB);
		if (vp->v_nlink == 0)
			vfs_event_inode(vp, IN_DELETE_SELF);
		vfs_event_name(dvp, ni->ni_name, ni->ni_namelen, vp,
		    IN_DELETE, 0);
	}
	rump_rw_exit(&vp->v_lock);
	rump_rw_exit(&dvp->v_lock);
	return error;
}

static long
k_unlinkat(int dirfd, const char *path, int flags)
{
	struct nameidata ni;
	int error;

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	do {
		/* "file/" is found: other errors come first */
		error = vfs_namei(&ni, dirfd, path, NI_PARENT | NI_CREATE);
		if (error)
			break;
		error = doremove(&ni, (flags & AT_REMOVEDIR) != 0);
		vfs_nameifree(&ni);
	} while (error == EAGAIN);
	return -error;
}

RUMP_SYSCALL2(mkdir, const char *, path, unsigned, mode)
{
	return k_mkdirat(AT_FDCWD, path, mode);
}

RUMP_SYSCALL3(mkdirat, int, dirfd, const char *, path, unsigned, mode)
{
	return k_mkdirat(dirfd, path, mode);
}

RUMP_SYSCALL3(mknod, const char *, path, unsigned, mode, unsigned long, dev)
{
	return k_mknodat(AT_FDCWD, path, mode, dev);
}

RUMP_SYSCALL4(mknodat, int, dirfd, const char *, path, unsigned, mode,
    unsigned long, dev)
{
	return k_mknodat(dirfd, path, mode, dev);
}

RUMP_SYSCALL2(symlink, const char *, target, const char *, path)
{
	return k_symlinkat(target, AT_FDCWD, path);
}

RUMP_SYSCALL3(symlinkat, const char *, target, int, dirfd,
    const char *, path)
{
	return k_symlinkat(target, dirfd, path);
}

RUMP_SYSCALL2(link, const char *, old, const char *, new)
{
	return k_linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}

RUMP_SYSCALL5(linkat, int, olddir, const char *, old, int, newdir,
    const char *, new, int, flags)
{
	return k_linkat(olddir, old, newdir, new, flags);
}

RUMP_SYSCALL1(unlink, const char *, path)
{
	return k_unlinkat(AT_FDCWD, path, 0);
}

RUMP_SYSCALL1(rmdir, const char *, path)
{
	return k_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

RUMP_SYSCALL3(unlinkat, int, dirfd, const char *, path, int, flags)
{
	return k_unlinkat(dirfd, path, flags);
}
