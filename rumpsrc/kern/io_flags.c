/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * preadv2 and pwritev2: with flags for one call.  RWF_NOWAIT asks first whether
 * it would wait; what can seek never does.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/poll.h>
#include <linux/fs.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define IOF_KNOWN	(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | \
			RWF_APPEND)
#define IOF_MAX		0x7ffff000UL
#define IOF_IOVMAX	1024
#define IOF_IOVSTACK	8

struct iof {
	struct file	*if_fp;
	int64_t		 if_off;	/* -1: the file's own */
	int		 if_flags;	/* RWF_* */
};

static int
iof_uio(struct uio *uio)
{
	size_t total = 0;
	int i;

	for (i = 0; i < uio->uio_iovcnt; i++) {
		if (uio->uio_iov[i].iov_len > SIZE_MAX / 2 - total)
			return EINVAL;
		total += uio->uio_iov[i].iov_len;
	}
	uio->uio_resid = total < IOF_MAX ? total : IOF_MAX;
	return 0;
}

static int
iof_allowed(const struct iof *f, int write)
{
	struct file *fp = f->if_fp;
	int seeks = fp->f_ops->fo_flags & FOF_SEEKABLE;
	int events = (write ? POLLOUT : POLLIN) | POLLERR | POLLHUP;

	if (!(write ? file_writable(fp) : file_readable(fp)))
		return EBADF;
	if (f->if_off != -1 && !seeks)
		return ESPIPE;
	if ((write ? fp->f_ops->fo_write : fp->f_ops->fo_read) == NULL)
		return EINVAL;
	if ((f->if_flags & RWF_NOWAIT) && !seeks)
		return fp->f_ops->fo_poll == NULL ? EOPNOTSUPP :
		    fp->f_ops->fo_poll(fp, events, NULL) == 0 ? EAGAIN : 0;
	return 0;
}

static int
iof_move(const struct iof *f, struct uio *uio)
{
	struct file *fp = f->if_fp;
	int own = f->if_off == -1 && (fp->f_ops->fo_flags & FOF_SEEKABLE);
	int error;

	if (own)
		rump_mutex_enter(&fp->f_offlock);
	uio->uio_offset = own ? fp->f_offset : f->if_off;
	error = uio->uio_write ? fp->f_ops->fo_write(fp, uio,
	    f->if_flags & RWF_APPEND ? FO_APPEND : 0) :
	    fp->f_ops->fo_read(fp, uio, 0);
	if (own) {
		fp->f_offset = uio->uio_offset;
		rump_mutex_exit(&fp->f_offlock);
	}
	return error;
}

/* Bytes that were moved; a negative errno. */
static long
iof_do(const struct iof *f, struct uio *uio)
{
	struct file *fp = f->if_fp;
	size_t total;
	int error;

	if ((error = iof_allowed(f, uio->uio_write)) != 0 ||
	    (error = iof_uio(uio)) != 0)
		return -error;
	total = uio->uio_resid;
	error = iof_move(f, uio);
	total -= uio->uio_resid;
	if (error && total == 0)
		return -error;
	if (uio->uio_write && (f->if_flags & (RWF_DSYNC | RWF_SYNC)) &&
	    fp->f_ops->fo_sync != NULL && (error = fp->f_ops->fo_sync(fp,
	    (f->if_flags & RWF_SYNC) == 0)) != 0)
		return -error;
	return (long)total;
}

static long
iof_call(int fd, const void *uiov, unsigned long n, int64_t off, int flags,
    int write)
{
	struct rump_iovec stack[IOF_IOVSTACK], *iov = stack;
	struct iof f = { NULL, off, flags };
	struct uio uio = { .uio_iovcnt = (int)n, .uio_write = write };
	size_t len = n * sizeof(*iov);
	long r;

	if (flags & ~IOF_KNOWN)
		return -EOPNOTSUPP;
	if (n > IOF_IOVMAX || off < -1)
		return -EINVAL;
	if (n > IOF_IOVSTACK && (iov = rump_kmem_alloc(len)) == NULL)
		return -ENOMEM;
	uio.uio_iov = iov;
	if ((r = -rump_copyin(uiov, iov, len)) == 0 &&
	    (r = -rump_fd_get(fd, &f.if_fp)) == 0) {
		r = iof_do(&f, &uio);
		rump_file_rele(f.if_fp);
	}
	if (iov != stack)
		rump_kmem_free(iov, len);
	return r;
}

RUMP_RESTART6(preadv2, int, fd, const void *, iov, unsigned long, n,
    unsigned long, lo, unsigned long, hi, int, flags)
{

	(void)hi;	/* all of a 64-bit offset is in lo */
	return iof_call(fd, iov, n, (int64_t)lo, flags, 0);
}

RUMP_RESTART6(pwritev2, int, fd, const void *, iov, unsigned long, n,
    unsigned long, lo, unsigned long, hi, int, flags)
{

	(void)hi;
	return iof_call(fd, iov, n, (int64_t)lo, flags, 1);
}
