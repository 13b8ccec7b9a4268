/* SPDX-License-Identifier: BSD-2-Clause */
/* read, write and their families; lseek, truncate, sync, ioctl. */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <linux/fs.h>
#include <string.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include "fd.h"

#define IO_MAX		0x7ffff000UL	/* one transfer, as on Linux */

int
rump_io_get(int fd, int64_t off, int write, struct file **fpp)
{
	struct file *fp;
	int error;

	if ((error = rump_fd_get(fd, fpp)) != 0)
		return error;
	fp = *fpp;
	if (off != -1 && (fp->f_ops->fo_flags & FOF_SEEKABLE) == 0)
		error = ESPIPE;
	else
		error = rump_file_may(fp, write);
	if (error)
		rump_file_rele(fp);
	return error;
}

long
rump_io_move(struct file *fp, struct uio *uio, int flags)
{
	size_t total = uio->uio_resid;
	int error = rump_file_move(fp, uio, flags);

	/* What was moved counts; the error comes again with the next call. */
	total -= uio->uio_resid;
	return error && total == 0 ? -error : (long)total;
}

static long
io_plain(int fd, const void *buf, size_t len, int64_t off, int write)
{
	struct rump_iovec iov = { (void *)(uintptr_t)buf, len };
	struct uio uio = { .uio_iov = &iov, .uio_iovcnt = 1,
	    .uio_resid = len < IO_MAX ? len : IO_MAX, .uio_offset = off,
	    .uio_write = write };
	struct file *fp;
	long r;

	if ((r = -rump_io_get(fd, off, write, &fp)) != 0)
		return r;
	r = len > SIZE_MAX / 2 ? -EFAULT : rump_io_move(fp, &uio, 0);
	rump_file_rele(fp);
	return r;
}

RUMP_RESTART3(read, int, fd, void *, buf, size_t, len)
{

	return io_plain(fd, buf, len, -1, 0);
}

RUMP_RESTART3(write, int, fd, const void *, buf, size_t, len)
{

	return io_plain(fd, buf, len, -1, 1);
}

RUMP_RESTART4(pread64, int, fd, void *, buf, size_t, len, int64_t, off)
{

	return off < 0 ? -EINVAL : io_plain(fd, buf, len, off, 0);
}

RUMP_RESTART4(pwrite64, int, fd, const void *, buf, size_t, len, int64_t, off)
{

	return off < 0 ? -EINVAL : io_plain(fd, buf, len, off, 1);
}

int
rump_io_iovec(struct uio *uio, const void *uiov, unsigned long n)
{
	struct rump_iovec *iov = uio->uio_iov;
	size_t total = 0;
	unsigned long i;
	int error;

	if (n > IO_IOVMAX)
		return EINVAL;
	if (n > IO_IOVSTACK &&
	    (uio->uio_iov = iov = rump_kmem_alloc(n * sizeof(*iov))) == NULL)
		return ENOMEM;
	error = rump_copyin(uiov, iov, n * sizeof(*iov));
	for (i = 0; i < n && !error; i++) {
		if (iov[i].iov_len > SIZE_MAX / 2 - total)
			error = EINVAL;
		total += iov[i].iov_len;
	}
	uio->uio_iovcnt = (int)n;
	uio->uio_resid = total < IO_MAX ? total : IO_MAX;
	return error;
}

static long
io_vector(int fd, const void *uiov, unsigned long n, int64_t off, int write)
{
	struct rump_iovec stack[IO_IOVSTACK], *iov;
	struct uio uio = { .uio_iov = stack, .uio_offset = off,
	    .uio_write = write };
	struct file *fp;
	long r;

	if ((r = -rump_io_get(fd, off, write, &fp)) != 0)
		return r;
	r = -rump_io_iovec(&uio, uiov, n);
	iov = uio.uio_iov;
	if (r == 0 && uio.uio_resid != 0)
		r = rump_io_move(fp, &uio, 0);
	if (iov != stack)
		rump_kmem_free(iov, n * sizeof(*iov));
	rump_file_rele(fp);
	return r;
}

RUMP_RESTART3(readv, int, fd, const void *, iov, int, n)
{

	return io_vector(fd, iov, (unsigned long)n, -1, 0);
}

RUMP_RESTART3(writev, int, fd, const void *, iov, int, n)
{

	return io_vector(fd, iov, (unsigned long)n, -1, 1);
}

RUMP_RESTART5(preadv, int, fd, const void *, iov, unsigned long, n,
    unsigned long, lo, unsigned long, hi)
{

	(void)hi;	/* all of a 64-bit offset is in lo */
	return (int64_t)lo < 0 ? -EINVAL :
	    io_vector(fd, iov, n, (int64_t)lo, 0);
}

RUMP_RESTART5(pwritev, int, fd, const void *, iov, unsigned long, n,
    unsigned long, lo, unsigned long, hi)
{

	(void)hi;
	return (int64_t)lo < 0 ? -EINVAL :
	    io_vector(fd, iov, n, (int64_t)lo, 1);
}

static long
io_sync(int fd, int dataonly)
{
	struct file *fp;
	int error;

	if ((error = rump_fd_get(fd, &fp)) != 0)
		return -error;
	error = fp->f_ops->fo_sync != NULL ?
	    fp->f_ops->fo_sync(fp, dataonly) : EINVAL;
	rump_file_rele(fp);
	return -error;
}

RUMP_SYSCALL3(lseek, int, fd, int64_t, off, int, whence)
{
	struct file *fp;
	int64_t new = 0;
	int error;

	if ((error = rump_fd_get(fd, &fp)) != 0)
		return -error;
	if ((unsigned)whence > SEEK_HOLE) {
		error = EINVAL;
	} else if (fp->f_ops->fo_seek == NULL) {
		error = ESPIPE;
	} else {
		rump_mutex_enter(&fp->f_offlock);
		error = fp->f_ops->fo_seek(fp, off, whence, &new);
		if (error == 0)
			fp->f_offset = new;
		rump_mutex_exit(&fp->f_offlock);
	}
	rump_file_rele(fp);
	return error ? -error : new;
}

RUMP_SYSCALL2(ftruncate, int, fd, int64_t, len)
{
	struct file *fp;
	int error;

	if (len < 0)
		return -EINVAL;
	if ((error = rump_fd_get(fd, &fp)) != 0)
		return -error;
	if (!file_writable(fp) || fp->f_ops->fo_truncate == NULL)
		error = EINVAL;
	else
		error = fp->f_ops->fo_truncate(fp, len);
	rump_file_rele(fp);
	return -error;
}

RUMP_SYSCALL1(fsync, int, fd)
{

	return io_sync(fd, 0);
}

RUMP_SYSCALL1(fdatasync, int, fd)
{

	return io_sync(fd, 1);
}

static int
io_ioctl(struct file *fp, int fd, unsigned long cmd, void *arg)
{
	int on, old, error;

	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		return rump_fd_cloexec(fd, cmd == FIOCLEX, &old);
	case FIONBIO:
		if ((error = rump_copyin(arg, &on, sizeof(on))) != 0)
			return error;
		if (on)
			__atomic_fetch_or(&fp->f_flags, O_NONBLOCK,
			    __ATOMIC_RELAXED);
		else
			__atomic_fetch_and(&fp->f_flags, ~O_NONBLOCK,
			    __ATOMIC_RELAXED);
		return 0;
	default:
		return fp->f_ops->fo_ioctl != NULL ?
		    fp->f_ops->fo_ioctl(fp, cmd, arg) : ENOTTY;
	}
}

RUMP_RESTART3(ioctl, int, fd, unsigned long, cmd, void *, arg)
{
	struct file *fp;
	int error;

	if ((error = rump_fd_get(fd, &fp)) != 0)
		return -error;
	/* It has 32 bits; musl's ioctl() extends the highest. */
	cmd = (uint32_t)cmd;
	error = io_ioctl(fp, fd, cmd, arg);
	rump_file_rele(fp);
	return -error;
}
