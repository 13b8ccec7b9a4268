/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vfs_file.c: open files on vnodes.  f_data of an FT_VNODE file is the vnode,
 * referenced, whatever its operations: plain, device, or O_PATH.
 */
#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <asm/resource.h>

#include <kern/clock.h>
#include <kern/log.h>
#include <string.h>

#include <vfs/event.h>
#include "vfs_private.h"

void (*vfs_event_hook)(const struct vfs_event *);

static struct vnode *
fvnode(struct file *fp)
{
	return fp->f_data;
}

struct vnode *
vfs_file_vnode(struct file *fp)
{
	return fp->f_type == FT_VNODE ? fvnode(fp) :
	    fp->f_type == FT_PIPE ? vfs_fifo_vnode(fp) : NULL;
}

/* The caller's reference of fp goes. */
static int
tovnode(struct file *fp, struct vnode **vpp)
{
	struct vnode *vp = vfs_file_vnode(fp);

	if (vp != NULL)
		vref(*vpp = vp);
	rump_file_rele(fp);
	return vp != NULL ? 0 : EINVAL;
}

int
vfs_fdvnode(int fd, struct vnode **vpp)
{
	struct file *fp;
	int error = rump_fd_get(fd, &fp);

	return error ? error : tovnode(fp, vpp);
}

int
vfs_fdplace(int fd, struct vnode **vpp)
{
	struct file *fp;
	int error = rump_fd_getany(fd, &fp);

	return error ? error : tovnode(fp, vpp);
}

/* Nanoseconds count up before 1970 as well. */
static void
splittime(int64_t t, unsigned long *sec, unsigned long *nsec)
{
	int64_t ns = t % NSEC_PER_SEC;

	if (ns < 0)
		ns += NSEC_PER_SEC;
	*sec = (unsigned long)((t - ns) / NSEC_PER_SEC);
	*nsec = (unsigned long)ns;
}

void
vfs_stat(struct vnode *vp, struct stat *st)
{
	int64_t at = __atomic_load_n(&vp->v_atime, __ATOMIC_RELAXED);

	memset(st, 0, sizeof(*st));
	rump_rw_rdenter(&vp->v_lock);
	st->st_dev = vp->v_mount->m_dev;
	st->st_ino = vp->v_ino;
	st->st_nlink = vp->v_nlink;
	st->st_mode = vp->v_mode;
	st->st_uid = vp->v_uid;
	st->st_gid = vp->v_gid;
	st->st_rdev = vp->v_rdev;
	st->st_size = vp->v_size;
	st->st_blksize = 4096;
	st->st_blocks = (long)vp->v_blocks;
	splittime(at, &st->st_atime, &st->st_atime_nsec);
	splittime(vp->v_mtime, &st->st_mtime, &st->st_mtime_nsec);
	splittime(vp->v_ctime, &st->st_ctime, &st->st_ctime_nsec);
	rump_rw_exit(&vp->v_lock);
}

/* Beyond the largest file? */
static int
outside(const struct uio *uio)
{

	return uio->uio_offset < 0 || (uint64_t)uio->uio_offset +
	    uio->uio_resid > INT64_MAX;
}

static int
vn_read(struct file *fp, struct uio *uio, int flags)
{
	struct vnode *vp = fvnode(fp);
	size_t resid = uio->uio_resid;
	int error;

	(void)flags;
	if (outside(uio))
		return EINVAL;
	if (vn_is(vp, S_IFDIR))
		return EISDIR;
	if (vp->v_ops->vop_read == NULL)
		return EINVAL;
	rump_rw_rdenter(&vp->v_lock);
	error = vp->v_ops->vop_read(vp, uio);
	if (!(file_flags(fp) & O_NOATIME))
		vfs_atime(vp);
	rump_rw_exit(&vp->v_lock);
	if (uio->uio_resid != resid)
		vfs_event(vp, IN_ACCESS);
	return error;
}

static int
vn_lend(struct file *fp, int64_t off, size_t len, struct filelent *lt)
{
	struct vnode *vp = fvnode(fp);
	int error;

	if (vp->v_ops->vop_lend == NULL || !vn_is(vp, S_IFREG) || off < 0)
		return EOPNOTSUPP;
	rump_rw_rdenter(&vp->v_lock);
	error = vp->v_ops->vop_lend(vp, off, len, lt);
	if (!(file_flags(fp) & O_NOATIME))
		vfs_atime(vp);
	rump_rw_exit(&vp->v_lock);
	return error;
}

/* Cuts the write down to what the limits allow. */
static int
sizelimit(struct uio *uio, size_t *excess)
{
	uint64_t lim = rump_rlim_cur(curproc, RLIMIT_FSIZE), room;

	*excess = 0;
	if (lim > INT64_MAX)
		lim = INT64_MAX;
	if ((uint64_t)uio->uio_offset >= lim) {
		if (lim < INT64_MAX)
			rump_sig_self(RUMP_SIGXFSZ);
		return EFBIG;
	}
	room = lim - (uint64_t)uio->uio_offset;
	if (uio->uio_resid > room) {
		*excess = uio->uio_resid - room;
		uio->uio_resid = room;
	}
	return 0;
}

int
vfs_ingroup(uint32_t gid)
{
	const struct cred *cr = rump_cred_cur();

	return rump_cred_has(cr, CAP_FSETID) || rump_cred_ingroup(cr, gid);
}

/* S_ISGID only where the group may execute, or the caller is not in it. */
uint32_t
vfs_setids(const struct vnode *vp)
{
	return vp->v_mode & (vp->v_mode & 0010 || !vfs_ingroup(vp->v_gid) ?
	    S_ISUID | S_ISGID : S_ISUID);
}

/* Without CAP_FSETID they go by writing.  Caller holds v_lock exclusively. */
void
vfs_dropsetid(struct vnode *vp)
{
	if (vp->v_mode & (S_ISUID | S_ISGID) && rump_capable(CAP_FSETID) != 0)
		vn_setmode(vp, vp->v_mode & ~vfs_setids(vp));
}

static int
vn_write(struct file *fp, struct uio *uio, int flags)
{
	struct vnode *vp = fvnode(fp);
	int64_t start = uio->uio_offset;
	size_t resid = uio->uio_resid, excess = 0;
	int error;

	if (vp->v_ops->vop_write == NULL || outside(uio))
		return EINVAL;
	if (resid == 0)
		return 0;
	rump_rw_wrenter(&vp->v_lock);
	if ((file_flags(fp) & O_APPEND) || (flags & FO_APPEND))
		uio->uio_offset = vp->v_size;
	if ((error = sizelimit(uio, &excess)) == 0)
		error = vp->v_ops->vop_write(vp, uio);
	uio->uio_resid += excess;
	if (uio->uio_resid != resid) {
		vfs_touch(vp);
		vfs_dropsetid(vp);
		error = 0;		/* a short write tells enough */
	} else
		uio->uio_offset = start;
	if (!error && (file_flags(fp) & O_DSYNC) && vp->v_ops->vop_fsync)
		error = vp->v_ops->vop_fsync(vp, 1);
	rump_rw_exit(&vp->v_lock);
	if (uio->uio_resid != resid)
		vfs_event(vp, IN_MODIFY);
	return error;
}

static int
vn_ioctl(struct file *fp, unsigned long cmd, void *uarg)
{
	struct vnode *vp = fvnode(fp);
	int left;

	if (cmd != FIONREAD || !vn_is(vp, S_IFREG))
		return ENOTTY;
	rump_mutex_enter(&fp->f_offlock);
	rump_rw_rdenter(&vp->v_lock);
	left = (int)(vp->v_size - fp->f_offset);	/* so cut on Linux */
	rump_rw_exit(&vp->v_lock);
	rump_mutex_exit(&fp->f_offlock);
	return rump_copyout(&left, uarg, sizeof(left));
}

int
vfs_file_poll(struct file *fp, int events, struct selrec *sr)
{
	(void)fp;
	(void)sr;
	return events & (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
}

int
vfs_file_stat(struct file *fp, struct stat *st)
{
	vfs_stat(fvnode(fp), st);
	return 0;
}

/* Caller holds f_offlock. */
static int
vn_seek(struct file *fp, int64_t off, int whence, int64_t *newp)
{
	struct vnode *vp = fvnode(fp);
	int64_t base = 0;
	int error = 0;

	rump_rw_rdenter(&vp->v_lock);
	if (whence == SEEK_CUR)
		base = fp->f_offset;
	else if (whence == SEEK_END)
		base = vp->v_size;
	else if (whence == SEEK_DATA || whence == SEEK_HOLE) {
		if (off < 0 || off >= vp->v_size)
			error = ENXIO;
		else if (vp->v_ops->vop_seekhole != NULL &&
		    vn_is(vp, S_IFREG))
			error = vp->v_ops->vop_seekhole(vp,
			    whence == SEEK_HOLE, &off);
		else if (whence == SEEK_HOLE)
			off = vp->v_size;
	}
	rump_rw_exit(&vp->v_lock);
	if (!error && (__builtin_add_overflow(base, off, &off) || off < 0))
		error = EINVAL;		/* Linux never says EOVERFLOW */
	if (!error)
		*newp = off;
	return error;
}

/* May it grow to so much? */
int
vfs_newsize(const struct vnode *vp, int64_t len)
{
	if (len <= vp->v_size ||
	    (uint64_t)len <= rump_rlim_cur(curproc, RLIMIT_FSIZE))
		return 0;
	rump_sig_self(RUMP_SIGXFSZ);
	return EFBIG;
}

/* Caller holds v_lock exclusively; access has been checked. */
int
vfs_settrunc(struct vnode *vp, int64_t len)
{
	int error;

	if (vn_is(vp, S_IFDIR))
		return EISDIR;
	if (len < 0 || !vn_is(vp, S_IFREG) || vp->v_ops->vop_truncate == NULL)
		return EINVAL;
	if ((error = vfs_newsize(vp, len)) == 0 &&
	    (error = vp->v_ops->vop_truncate(vp, len)) == 0) {
		vfs_touch(vp);
		vfs_dropsetid(vp);
		vfs_event(vp, IN_MODIFY);
	}
	return error;
}

static int
vn_truncate(struct file *fp, int64_t len)
{
	struct vnode *vp = fvnode(fp);
	int error;

	rump_rw_wrenter(&vp->v_lock);
	error = vfs_settrunc(vp, len);
	rump_rw_exit(&vp->v_lock);
	return error;
}

static int
vn_sync(struct file *fp, int dataonly)
{
	struct vnode *vp = fvnode(fp);
	int error = 0;

	if (vp->v_ops->vop_fsync == NULL)
		return 0;
	rump_rw_wrenter(&vp->v_lock);
	error = vp->v_ops->vop_fsync(vp, dataonly);
	rump_rw_exit(&vp->v_lock);
	return error;
}

static int
vn_mmap(struct file *fp, struct rump_mmobj **objp)
{
	struct vnode *vp = fvnode(fp);

	if (!vn_is(vp, S_IFREG))
		return ENODEV;
	if (vp->v_ops->vop_mmap == NULL)
		return EOPNOTSUPP;
	rump_rw_wrenter(&vp->v_lock);
	*objp = vp->v_ops->vop_mmap(vp);
	/* To map is to read, for Linux. */
	if (*objp != NULL && !(file_flags(fp) & O_NOATIME))
		vfs_atime(vp);
	rump_rw_exit(&vp->v_lock);
	if (*objp == NULL)
		return EOPNOTSUPP;
	vref(vp);
	return 0;
}

static int
iswriter(const struct vnode *vp, int oflags)
{
	return vn_is(vp, S_IFREG) && (oflags & O_ACCMODE) != O_RDONLY;
}

void
vfs_file_close(struct file *fp)
{
	struct vnode *vp = fvnode(fp);

	if (iswriter(vp, file_flags(fp)))
		__atomic_fetch_sub(&vp->v_mount->m_writers, 1,
		    __ATOMIC_RELAXED);
	if (__atomic_load_n(&vp->v_locks, __ATOMIC_ACQUIRE) != NULL)
		vfs_locks_fileclose(fp, vp);
	vfs_event(vp, (file_flags(fp) & O_ACCMODE) == O_RDONLY ?
	    IN_CLOSE_NOWRITE : IN_CLOSE_WRITE);
	vrele(vp);
}

const struct fileops vfs_fileops = {
	.fo_flags = FOF_SEEKABLE | FOF_NOEPOLL | FOF_SPLICE,
	.fo_read = vn_read,
	.fo_write = vn_write,
	.fo_ioctl = vn_ioctl,
	.fo_poll = vfs_file_poll,
	.fo_stat = vfs_file_stat,
	.fo_seek = vn_seek,
	.fo_truncate = vn_truncate,
	.fo_sync = vn_sync,
	.fo_lend = vn_lend,
	.fo_mmap = vn_mmap,
	.fo_close = vfs_file_close,
};

/* --- O_PATH: a place in the tree; rump_fd_get() refuses it --- */
/* Access bits mean nothing here. */
static void
path_close(struct file *fp)
{
	vrele(fvnode(fp));
}

static int
path_poll(struct file *fp, int events, struct selrec *sr)
{
	(void)fp;
	(void)events;
	(void)sr;
	return POLLNVAL;
}

static const struct fileops path_fileops = {
	.fo_poll = path_poll,
	.fo_stat = vfs_file_stat,
	.fo_close = path_close,
};

/* Access has been checked.  The file takes a reference of its own. */
int
vfs_open(struct vnode *vp, int oflags, struct file **fpp)
{
	const struct fileops *ops = &vfs_fileops;
	int error = 0;

	*fpp = NULL;
	if (oflags & O_PATH)
		ops = &path_fileops;
	else if (vp->v_ops->vop_open != NULL)
		error = vp->v_ops->vop_open(vp, oflags, fpp);
	else if (vn_is(vp, S_IFCHR) || vn_is(vp, S_IFBLK)) {
		error = vfs_opendev(vp, oflags, fpp, &ops);
	} else if (vn_is(vp, S_IFIFO))
		error = vfs_fifo_open(vp, oflags, fpp);
	else if (!vn_is(vp, S_IFREG) && !vn_is(vp, S_IFDIR))
		error = ENXIO;
	if (error || *fpp != NULL)
		return error;
	oflags &= ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
	if ((error = rump_file_alloc(FT_VNODE, ops, vp, oflags, fpp)) == 0) {
		vref(vp);
		if (ops != &path_fileops && iswriter(vp, oflags))
			__atomic_fetch_add(&vp->v_mount->m_writers, 1,
			    __ATOMIC_RELAXED);
	} else if (ops != &vfs_fileops && ops != &path_fileops)
		vfs_closedev(vp);
	return error;
}
