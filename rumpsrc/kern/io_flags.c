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
#include "fd.h"

#define IOF_KNOWN	(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | \
			RWF_APPEND)

struct iof {
	struct file	*if_fp;
	int		 if_flags;	/* RWF_* */
};

static int
iof_allowed(const struct iof *f, int write)
{
	struct file *fp = f->if_fp;
	int events = (write ? POLLOUT : POLLIN) | POLLERR | POLLHUP;

	if (f->if_flags & ~IOF_KNOWN)
		return EOPNOTSUPP;
	if ((f->if_flags & RWF_NOWAIT) == 0 ||
	    (fp->f_ops->fo_flags & FOF_SEEKABLE))
		return 0;
	return fp->f_ops->fo_poll == NULL ? EOPNOTSUPP :
	    fp->f_ops->fo_poll(fp, events, NULL) == 0 ? EAGAIN : 0;
}

/* Bytes that were moved; a negative errno. */
static long
iof_do(const struct iof *f, struct uio *uio)
{
	struct file *fp = f->if_fp;
	long r;
	int error;

	if (uio->uio_resid == 0)
		return 0;
	if ((error = iof_allowed(f, uio->uio_write)) != 0)
		return -error;
	r = rump_io_move(fp, uio, f->if_flags & RWF_APPEND ? FO_APPEND : 0);
	if (r >= 0 && uio->uio_write &&
	    (f->if_flags & (RWF_DSYNC | RWF_SYNC)) &&
	    fp->f_ops->fo_sync != NULL && (error = fp->f_ops->fo_sync(fp,
	    (f->if_flags & RWF_SYNC) == 0)) != 0)
		return -error;
	return r;
}

static long
iof_call(int fd, const void *uiov, unsigned long n, int64_t off, int flags,
    int write)
{
	struct rump_iovec stack[IO_IOVSTACK], *iov;
	struct iof f = { NULL, flags };
	struct uio uio = { .uio_iov = stack, .uio_offset = off,
	    .uio_write = write };
	long r;

	if (off < -1)
		return -EINVAL;
	if ((r = -rump_io_get(fd, off, write, &f.if_fp)) != 0)
		return r;
	r = -rump_io_iovec(&uio, uiov, n);
	iov = uio.uio_iov;
	if (r == 0)
		r = iof_do(&f, &uio);
	if (iov != stack)
		rump_kmem_free(iov, n * sizeof(*iov));
	rump_file_rele(f.if_fp);
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
