/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_stat.c: the stat family, access, statfs.
 */
#include <asm/errno.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include <kern/syscall.h>
#include <string.h>

#include "vfs_private.h"

int
vfs_lookupat(int dirfd, const char *path, int atflags, struct vnode **vpp)
{
	char c;
	int flags = atflags & AT_SYMLINK_NOFOLLOW ? 0 : NI_FOLLOW;
	int error;

	flags |= atflags & VFS_AT_REAL ? NI_REAL : 0;
	if (atflags & AT_EMPTY_PATH) {
		/* any descriptor of ours, a directory or not */
		if ((error = rump_copyin(path, &c, 1)) != 0)
			return error;
		if (c == '\0' && dirfd != AT_FDCWD)
			return vfs_fdplace(dirfd, vpp);
		flags |= NI_EMPTY;
	}
	return vfs_lookup(dirfd, path, flags, vpp);
}

static long
dostat(int dirfd, const char *path, int atflags, struct stat *ust)
{
	struct vnode *vp;
	struct stat st;
	int error;

	if ((error = vfs_lookupat(dirfd, path, atflags, &vp)) != 0)
		return -error;
	vfs_stat(vp, &st);
	vrele(vp);
	return -rump_copyout(&st, ust, sizeof(st));
}

static long
k_fstat(int fd, struct stat *ust)
{
	struct file *fp;
	struct stat st;
	int error;

	if ((error = rump_fd_getany(fd, &fp)) != 0)
		return -error;
	memset(&st, 0, sizeof(st));
	error = fp->f_ops->fo_stat ? fp->f_ops->fo_stat(fp, &st) : EINVAL;
	rump_file_rele(fp);
	return error ? -error : -rump_copyout(&st, ust, sizeof(st));
}

int
vfs_isempty(const char *path)
{
	char c = 1;

	return rump_copyin(path, &c, 1) == 0 && c == '\0';
}

static long
k_newfstatat(int dirfd, const char *path, struct stat *ust, int flags)
{
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT |
	    AT_STATX_SYNC_TYPE))
		return -EINVAL;
	/* not only vnodes have a descriptor */
	if ((flags & AT_EMPTY_PATH) && dirfd >= 0 && vfs_isempty(path))
		return k_fstat(dirfd, ust);
	return dostat(dirfd, path, flags, ust);
}

static void
settime(struct statx_timestamp *ts, int64_t ns)
{
	ts->tv_sec = ns / 1000000000;
	ts->tv_nsec = (uint32_t)(ns % 1000000000);
}

static void
tostatx(const struct stat *st, struct statx *sx)
{
	memset(sx, 0, sizeof(*sx));
	sx->stx_mask = STATX_BASIC_STATS;
	sx->stx_blksize = (uint32_t)st->st_blksize;
	sx->stx_nlink = (uint32_t)st->st_nlink;
	sx->stx_uid = st->st_uid;
	sx->stx_gid = st->st_gid;
	sx->stx_mode = (uint16_t)st->st_mode;
	sx->stx_ino = st->st_ino;
	sx->stx_size = (uint64_t)st->st_size;
	sx->stx_blocks = (uint64_t)st->st_blocks;
	sx->stx_atime.tv_sec = (int64_t)st->st_atime;
	sx->stx_atime.tv_nsec = (uint32_t)st->st_atime_nsec;
	sx->stx_mtime.tv_sec = (int64_t)st->st_mtime;
	sx->stx_mtime.tv_nsec = (uint32_t)st->st_mtime_nsec;
	sx->stx_ctime.tv_sec = (int64_t)st->st_ctime;
	sx->stx_ctime.tv_nsec = (uint32_t)st->st_ctime_nsec;
	sx->stx_rdev_major = (uint32_t)(st->st_rdev >> 8 & 0xfff);
	sx->stx_rdev_minor = (uint32_t)((st->st_rdev & 0xff) |
	    (st->st_rdev >> 12 & 0xffffff00));
	sx->stx_dev_major = (uint32_t)(st->st_dev >> 8 & 0xfff);
	sx->stx_dev_minor = (uint32_t)(st->st_dev & 0xff);
}

static int
fdstat(int fd, struct stat *st, struct vnode **vpp)
{
	struct file *fp;
	int error;

	if ((error = rump_fd_getany(fd, &fp)) != 0)
		return error;
	memset(st, 0, sizeof(*st));
	error = fp->f_ops->fo_stat ? fp->f_ops->fo_stat(fp, st) : EINVAL;
	*vpp = vfs_file_vnode(fp);
	if (*vpp != NULL)
		vref(*vpp);
	rump_file_rele(fp);
	return error;
}

static long
k_statx(int dirfd, const char *path, int flags, unsigned mask,
    struct statx *usx)
{
	struct vnode *vp = NULL;
	struct statx sx;
	struct stat st;
	int error;

	if ((mask & STATX__RESERVED) || (flags & ~(AT_SYMLINK_NOFOLLOW |
	    AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE)) ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	if ((flags & AT_EMPTY_PATH) && dirfd >= 0 && vfs_isempty(path))
		error = fdstat(dirfd, &st, &vp);
	else if ((error = vfs_lookupat(dirfd, path, flags, &vp)) == 0)
		vfs_stat(vp, &st);
	if (!error) {
		tostatx(&st, &sx);
		if (vp != NULL) {
			sx.stx_mask |= STATX_BTIME;
			settime(&sx.stx_btime, vp->v_btime);
		}
		error = rump_copyout(&sx, usx, sizeof(sx));
	}
	if (vp != NULL)
		vrele(vp);
	return -error;
}

/* --- access --- */
static long
k_faccessat2(int dirfd, const char *path, int mode, int flags)
{
	struct vnode *vp;
	struct cred cr;
	int error;

	if ((mode & ~7) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW |
	    AT_EMPTY_PATH)))
		return -EINVAL;
	if (flags & AT_EACCESS)
		rump_cred_copy(&cr, rump_cred_cur());
	else {
		vfs_realcred(&cr);
		flags |= VFS_AT_REAL;
	}
	if ((error = vfs_lookupat(dirfd, path, flags, &vp)) != 0)
		return -error;
	rump_rw_rdenter(&vp->v_lock);
	error = vfs_access(vp, &cr, mode);
	if (!error && (mode & 2) && (vn_is(vp, S_IFREG) ||
	    vn_is(vp, S_IFDIR)))
		error = vfs_rofs(vp);
	rump_rw_exit(&vp->v_lock);
	vrele(vp);
	return -error;
}

/* --- statfs --- */
static int
fillstatfs(struct vnode *vp, struct statfs *ust)
{
	struct mount *mp = vp->v_mount;
	struct vfs_statfs vs = { 0 };
	struct statfs st;

	memset(&st, 0, sizeof(st));
	if (mp->m_type->ft_statfs != NULL)
		mp->m_type->ft_statfs(mp, &vs);
	st.f_type = (long)vs.vs_type;
	st.f_bsize = st.f_frsize = (long)vs.vs_bsize;
	st.f_blocks = (long)vs.vs_blocks;
	st.f_bfree = st.f_bavail = (long)vs.vs_bfree;
	st.f_files = (long)vs.vs_files;
	st.f_ffree = (long)vs.vs_ffree;
	st.f_fsid.val[0] = (int)mp->m_dev;
	st.f_namelen = VFS_NAME_MAX;
	/* ST_VALID and, with MS_'s values, rdonly to noatime */
	st.f_flags = 0x20 | (long)(vfs_mountflags(mp) & 0xf);
	return rump_copyout(&st, ust, sizeof(st));
}

static long
k_statfs(const char *path, struct statfs *ust)
{
	struct vnode *vp;
	int error;

	if ((error = vfs_lookup(AT_FDCWD, path, NI_FOLLOW, &vp)) != 0)
		return -error;
	error = fillstatfs(vp, ust);
	vrele(vp);
	return -error;
}

static long
k_fstatfs(int fd, struct statfs *ust)
{
	struct vnode *vp;
	int error;

	if ((error = vfs_fdplace(fd, &vp)) != 0)
		return error == EINVAL ? -ENOSYS : -error;
	error = fillstatfs(vp, ust);
	vrele(vp);
	return -error;
}

RUMP_SYSCALL2(stat, const char *, path, void *, st)
{
	return dostat(AT_FDCWD, path, 0, st);
}

RUMP_SYSCALL2(lstat, const char *, path, void *, st)
{
	return dostat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, st);
}

RUMP_SYSCALL2(fstat, int, fd, void *, st)
{
	return k_fstat(fd, st);
}

RUMP_SYSCALL4(newfstatat, int, dirfd, const char *, path, void *, st,
    int, flags)
{
	return k_newfstatat(dirfd, path, st, flags);
}

RUMP_SYSCALL5(statx, int, dirfd, const char *, path, int, flags,
    unsigned, mask, void *, stx)
{
	return k_statx(dirfd, path, flags, mask, stx);
}

RUMP_SYSCALL2(access, const char *, path, int, mode)
{
	return k_faccessat2(AT_FDCWD, path, mode, 0);
}

RUMP_SYSCALL3(faccessat, int, dirfd, const char *, path, int, mode)
{
	return k_faccessat2(dirfd, path, mode, 0);
}

RUMP_SYSCALL4(faccessat2, int, dirfd, const char *, path, int, mode,
    int, flags)
{
	return k_faccessat2(dirfd, path, mode, flags);
}

RUMP_SYSCALL2(statfs, const char *, path, void *, st)
{
	return k_statfs(path, st);
}

RUMP_SYSCALL2(fstatfs, int, fd, void *, st)
{
	return k_fstatfs(fd, st);
}
