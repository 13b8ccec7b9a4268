/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_attr.c: calls that change what an inode says: mode, owner, times, and
 * size.
 */
#include <asm/errno.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/time_types.h>

#include <kern/clock.h>
#include <kern/syscall.h>
#include <string.h>

#include <vfs/event.h>
#include "vfs_private.h"

static int
isowner(struct vnode *vp)
{
	const struct cred *cr = rump_cred_cur();

	return cr->cr_fsuid == vp->v_uid || rump_cred_has(cr, CAP_FOWNER);
}

static int
changed(struct vnode *vp)
{
	vp->v_ctime = rump_walltime();
	vfs_event(vp, IN_ATTRIB);
	return vp->v_ops->vop_setattr ? vp->v_ops->vop_setattr(vp) : 0;
}

/* --- mode --- */
static int
dochmod(struct vnode *vp, uint32_t mode)
{
	int error;

	if (vn_is(vp, S_IFLNK))
		return EOPNOTSUPP;
	if ((error = vfs_rofs(vp)) != 0)
		return error;
	rump_rw_wrenter(&vp->v_lock);
	if (!isowner(vp) || (vp->v_seals & F_SEAL_EXEC_ &&
	    (vp->v_mode ^ mode) & 0111))
		error = EPERM;
	else {
		if (!vfs_ingroup(vp->v_gid))
			mode &= ~(uint32_t)S_ISGID;
		vn_setmode(vp, (vp->v_mode & S_IFMT) | (mode & 07777));
		error = changed(vp);
	}
	rump_rw_exit(&vp->v_lock);
	return error;
}

static long
chmodat(int dirfd, const char *path, uint32_t mode, int atflags)
{
	struct vnode *vp;
	int error;

	if ((error = vfs_lookupat(dirfd, path, atflags, &vp)) != 0)
		return -error;
	error = dochmod(vp, mode);
	vrele(vp);
	return -error;
}

static long
k_fchmod(int fd, uint32_t mode)
{
	struct vnode *vp;
	int error;

	if ((error = vfs_fdvnode(fd, &vp)) != 0)
		return -error;
	error = dochmod(vp, mode);
	vrele(vp);
	return -error;
}

/* --- owner --- */
/* Caller holds v_lock; uid, gid: as they shall be; drop: set-id bits. */
static int
maychown(struct vnode *vp, uint32_t uid, uint32_t gid, uint32_t drop)
{
	const struct cred *cr = rump_cred_cur();

	if (drop != 0 && !isowner(vp))
		return 0;
	return rump_cred_has(cr, CAP_CHOWN) || (cr->cr_fsuid == vp->v_uid &&
	    uid == vp->v_uid && (gid == vp->v_gid ||
	    rump_cred_ingroup(cr, gid)));
}

static int
dochown(struct vnode *vp, uint32_t uid, uint32_t gid)
{
	uint32_t drop;
	int error, none = uid == (uint32_t)-1 && gid == (uint32_t)-1;

	if ((error = vfs_rofs(vp)) != 0)
		return error;
	rump_rw_wrenter(&vp->v_lock);
	drop = vn_is(vp, S_IFDIR) ? 0 : vfs_setids(vp);
	if (uid == (uint32_t)-1)
		uid = vp->v_uid;
	if (gid == (uint32_t)-1)
		gid = vp->v_gid;
	/* As by chmod, when that is done at all. */
	if (drop != 0 && !vfs_ingroup(gid))
		drop |= S_ISGID;
	/* Who changes nothing needs no right to. */
	if (none ? drop == 0 || isowner(vp) : maychown(vp, uid, gid, drop)) {
		vp->v_uid = uid;
		vp->v_gid = gid;
		vn_setmode(vp, vp->v_mode & ~drop);
		error = changed(vp);
	} else
		error = EPERM;
	rump_rw_exit(&vp->v_lock);
	return error;
}

static long
k_fchownat(int dirfd, const char *path, uint32_t uid, uint32_t gid, int flags)
{
	struct vnode *vp;
	int error;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if ((error = vfs_lookupat(dirfd, path, flags, &vp)) != 0)
		return -error;
	error = dochown(vp, uid, gid);
	vrele(vp);
	return -error;
}

static long
k_fchown(int fd, uint32_t uid, uint32_t gid)
{
	struct vnode *vp;
	int error;

	if ((error = vfs_fdvnode(fd, &vp)) != 0)
		return -error;
	error = dochown(vp, uid, gid);
	vrele(vp);
	return -error;
}

/* --- times --- */
#define UTIME_NOW	0x3fffffff
#define UTIME_OMIT	0x3ffffffe
#define T_OMIT	INT64_MIN
#define T_NOW	(INT64_MIN + 1)
#define T_BAD	(INT64_MIN + 2)		/* EINVAL, once the file is found */

static int
doutimes(struct vnode *vp, int64_t at, int64_t mt)
{
	int64_t now = rump_walltime();
	int error;

	if (at == T_BAD || mt == T_BAD)
		return EINVAL;
	if ((error = vfs_rofs(vp)) != 0)
		return error;
	rump_rw_wrenter(&vp->v_lock);
	if (!isowner(vp)) {
		/* who may write may set both to now */
		if (at != T_NOW || mt != T_NOW)
			error = EPERM;
		else
			error = vfs_access(vp, rump_cred_cur(), 2);
	}
	if (!error) {
		if (at != T_OMIT)
			__atomic_store_n(&vp->v_atime, at == T_NOW ? now : at,
			    __ATOMIC_RELAXED);
		if (mt != T_OMIT)
			vp->v_mtime = mt == T_NOW ? now : mt;
		error = changed(vp);
	}
	rump_rw_exit(&vp->v_lock);
	return error;
}

/* unit: nanoseconds in one of b.  Also before 1970; far from it, the end. */
static int
totime(int64_t sec, int64_t b, int64_t unit, int64_t *ns)
{
	if (b < 0 || b >= NSEC_PER_SEC / unit)
		return EINVAL;
	if (sec > INT64_MAX / NSEC_PER_SEC - 1)
		sec = INT64_MAX / NSEC_PER_SEC - 1;
	if (sec < INT64_MIN / NSEC_PER_SEC + 2)
		sec = INT64_MIN / NSEC_PER_SEC + 2;
	*ns = sec * NSEC_PER_SEC + b * unit;
	return 0;
}

static long
utimesat(int dirfd, const char *path, int64_t at, int64_t mt, int flags)
{
	struct vnode *vp;
	int error;

	if (path == NULL)
		error = vfs_fdvnode(dirfd, &vp);
	else
		error = vfs_lookupat(dirfd, path, flags, &vp);
	if (error)
		return -error;
	error = doutimes(vp, at, mt);
	vrele(vp);
	return -error;
}

static void
fromspec(const struct __kernel_timespec *ts, int64_t *ns)
{
	if (ts->tv_nsec == UTIME_OMIT)
		*ns = T_OMIT;
	else if (ts->tv_nsec == UTIME_NOW)
		*ns = T_NOW;
	else if (totime(ts->tv_sec, ts->tv_nsec, 1, ns) != 0)
		*ns = T_BAD;
}

static long
k_utimensat(int dirfd, const char *path, const void *uts, int flags)
{
	struct __kernel_timespec ts[2];
	int64_t at = T_NOW, mt = T_NOW;
	int error;

	if (uts != NULL) {
		if ((error = rump_copyin(uts, ts, sizeof(ts))) != 0)
			return -error;
		if (ts[0].tv_nsec == UTIME_OMIT && ts[1].tv_nsec == UTIME_OMIT)
			return 0;	/* whatever the rest is */
		fromspec(&ts[0], &at);
		fromspec(&ts[1], &mt);
	}
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (path == NULL && dirfd == AT_FDCWD)
		return -EFAULT;
	return utimesat(dirfd, path, at, mt, flags);
}

static long
k_futimesat(int dirfd, const char *path, const void *utv)
{
	int64_t tv[4], at = T_NOW, mt = T_NOW;
	int error;

	if (utv != NULL) {
		if ((error = rump_copyin(utv, tv, sizeof(tv))) != 0 ||
		    (error = totime(tv[0], tv[1], 1000, &at)) != 0 ||
		    (error = totime(tv[2], tv[3], 1000, &mt)) != 0)
			return -error;
	}
	return utimesat(dirfd, path, at, mt, 0);
}

static long
k_utime(const char *path, const void *utb)
{
	int64_t tb[2], at = T_NOW, mt = T_NOW;
	int error;

	if (utb != NULL) {
		if ((error = rump_copyin(utb, tb, sizeof(tb))) != 0 ||
		    (error = totime(tb[0], 0, 1, &at)) != 0 ||
		    (error = totime(tb[1], 0, 1, &mt)) != 0)
			return -error;
	}
	return utimesat(AT_FDCWD, path, at, mt, 0);
}

/* --- size --- */
static long
k_truncate(const char *path, int64_t len)
{
	struct vnode *vp;
	int error;

	if (len < 0)
		return -EINVAL;
	if ((error = vfs_lookup(AT_FDCWD, path, NI_FOLLOW, &vp)) != 0)
		return -error;
	rump_rw_wrenter(&vp->v_lock);
	if (vn_is(vp, S_IFDIR))
		error = EISDIR;
	else if (!vn_is(vp, S_IFREG))
		error = EINVAL;
	else if ((error = vfs_rofs(vp)) == 0 &&
	    (error = vfs_access(vp, rump_cred_cur(), 2)) == 0)
		error = vfs_settrunc(vp, len);
	rump_rw_exit(&vp->v_lock);
	vrele(vp);
	return -error;
}

/* What any file system may be asked for. */
static int
fallocmode(int mode)
{
	int keep = mode & FALLOC_FL_KEEP_SIZE;

	switch (mode & ~FALLOC_FL_KEEP_SIZE) {
	case 0:
	case FALLOC_FL_UNSHARE_RANGE:
	case FALLOC_FL_ZERO_RANGE:
		return 1;
	case FALLOC_FL_PUNCH_HOLE:
		return keep;
	case FALLOC_FL_COLLAPSE_RANGE:
	case FALLOC_FL_INSERT_RANGE:
		return !keep;
	}
	return 0;
}

static int
dofallocate(struct file *fp, int mode, int64_t off, int64_t len)
{
	struct vnode *vp = vfs_file_vnode(fp);
	int64_t end;
	int error;

	if (off < 0 || len <= 0)
		return EINVAL;
	if (!fallocmode(mode))
		return EOPNOTSUPP;
	if (!file_writable(fp))
		return EBADF;
	if (fp->f_type == FT_PIPE)
		return ESPIPE;
	if (vp == NULL || !vn_is(vp, S_IFREG))
		return vp != NULL && vn_is(vp, S_IFDIR) ? EISDIR : ENODEV;
	if (__builtin_add_overflow(off, len, &end))
		return EFBIG;
	if (vp->v_ops->vop_fallocate == NULL)
		return EOPNOTSUPP;
	rump_rw_wrenter(&vp->v_lock);
	error = mode & FALLOC_FL_PUNCH_HOLE ? 0 : vfs_newsize(vp, end);
	if (!error)
		error = vp->v_ops->vop_fallocate(vp, mode, off, len);
	if (!error) {
		vfs_touch(vp);
		vfs_dropsetid(vp);
		vfs_event(vp, IN_MODIFY);
	}
	rump_rw_exit(&vp->v_lock);
	return error;
}

static long
k_fallocate(int fd, int mode, int64_t off, int64_t len)
{
	struct file *fp;
	int error;

	if ((error = rump_fd_get(fd, &fp)) != 0)
		return -error;
	error = dofallocate(fp, mode, off, len);
	rump_file_rele(fp);
	return -error;
}

RUMP_SYSCALL2(chmod, const char *, path, unsigned, mode)
{
	return chmodat(AT_FDCWD, path, mode, 0);
}

RUMP_SYSCALL3(fchmodat, int, dirfd, const char *, path, unsigned, mode)
{
	return chmodat(dirfd, path, mode, 0);
}

RUMP_SYSCALL4(fchmodat2, int, dirfd, const char *, path, unsigned, mode,
    int, flags)
{
	return flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) ? -EINVAL :
	    chmodat(dirfd, path, mode, flags);
}

RUMP_SYSCALL2(fchmod, int, fd, unsigned, mode)
{
	return k_fchmod(fd, mode);
}

RUMP_SYSCALL3(chown, const char *, path, unsigned, uid, unsigned, gid)
{
	return k_fchownat(AT_FDCWD, path, uid, gid, 0);
}

RUMP_SYSCALL3(lchown, const char *, path, unsigned, uid, unsigned, gid)
{
	return k_fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

RUMP_SYSCALL5(fchownat, int, dirfd, const char *, path, unsigned, uid,
    unsigned, gid, int, flags)
{
	return k_fchownat(dirfd, path, uid, gid, flags);
}

RUMP_SYSCALL3(fchown, int, fd, unsigned, uid, unsigned, gid)
{
	return k_fchown(fd, uid, gid);
}

RUMP_SYSCALL4(utimensat, int, dirfd, const char *, path, const void *, ts,
    int, flags)
{
	return k_utimensat(dirfd, path, ts, flags);
}

RUMP_SYSCALL3(futimesat, int, dirfd, const char *, path, const void *, tv)
{
	return k_futimesat(dirfd, path, tv);
}

RUMP_SYSCALL2(utimes, const char *, path, const void *, tv)
{
	return path == NULL ? -EFAULT : k_futimesat(AT_FDCWD, path, tv);
}

RUMP_SYSCALL2(utime, const char *, path, const void *, tb)
{
	return path == NULL ? -EFAULT : k_utime(path, tb);
}

RUMP_SYSCALL2(truncate, const char *, path, long, len)
{
	return k_truncate(path, len);
}

RUMP_SYSCALL4(fallocate, int, fd, int, mode, long, off, long, len)
{
	return k_fallocate(fd, mode, off, len);
}
