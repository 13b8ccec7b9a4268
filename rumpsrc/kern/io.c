/* SPDX-License-Identifier: BSD-2-Clause */
/* read, write and their families; lseek, truncate, sync, ioctl. */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <string.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include "fd.h"

#define IO_MAX		0x7ffff000UL	/* one transfer, as on Linux */
#define IO_IOVMAX	1024
#define IO_IOVSTACK	8

static int
io_uio(struct uio *uio, struct rump_iovec *iov, int n, int64_t off, int write)
{
	size_t total = 0;
	int i;

	for (i = 0; i < n; i++) {
		if (iov[i].iov_len > SIZE_MAX / 2 - total)
			return EINVAL;
		total += iov[i].iov_len;
	}
	uio->uio_iov = iov;
	uio->uio_iovcnt = n;
	uio->uio_offset = off;
	uio->uio_resid = total < IO_MAX ? total : IO_MAX;
	uio->uio_write = write;
	return 0;
}

/* off -1: at the file's own offset. */
static long
io_transfer(int fd, struct rump_iovec *iov, int n, int64_t off, int write)
{
	struct file *fp;
	struct uio uio;
	size_t total;
	int error;

	if ((error = rump_fd_get(fd, &fp)) != 0)
		return -error;
	if ((error = io_uio(&uio, iov, n, off, write)) != 0)
		goto out;
	total = uio.uio_resid;
	if (off == -1) {
		error = write ? rump_file_write(fp, &uio) :
		    rump_file_read(fp, &uio);
	} else if ((fp->f_ops->fo_flags & FOF_SEEKABLE) == 0) {
		error = ESPIPE;
	} else if (!(write ? file_writable(fp) : file_readable(fp))) {
		error = EBADF;
	} else {
		error = write ? fp->f_ops->fo_write(fp, &uio, 0) :
		    fp->f_ops->fo_read(fp, &uio, 0);
	}
	/* What was moved counts; the error comes again with the next call. */
	if (error && uio.uio_resid != total)
		error = 0;
out:
	rump_file_rele(fp);
	return error ? -error : (long)(total - uio.uio_resid);
}

RUMP_RESTART3(read, int, fd, void *, buf, size_t, len)
{
	struct rump_iovec iov = { buf, len };

	return io_transfer(fd, &iov, 1, -1, 0);
}

RUMP_RESTART3(write, int, fd, const void *, buf, size_t, len)
{
	struct rump_iovec iov = { (void *)(uintptr_t)buf, len };

	return io_transfer(fd, &iov, 1, -1, 1);
}

RUMP_RESTART4(pread64, int, fd, void *, buf, size_t, len, int64_t, off)
{
	struct rump_iovec iov = { buf, len };

	return off < 0 ? -EINVAL : io_transfer(fd, &iov, 1, off, 0);
}

RUMP_RESTART4(pwrite64, int, fd, const void *, buf, size_t, len, int64_t, off)
{
	struct rump_iovec iov = { (void *)(uintptr_t)buf, len };

	return off < 0 ? -EINVAL : io_transfer(fd, &iov, 1, off, 1);
}

static long
io_vector(int fd, const void *uiov, long n, int64_t off, int write)
{
	struct rump_iovec stack[IO_IOVSTACK], *iov = stack;
	size_t len = (size_t)n * sizeof(*iov);
	long r;

	if (n < 0 || n > IO_IOVMAX || off < -1)
		return -EINVAL;
	if (n > IO_IOVSTACK && (iov = rump_kmem_alloc(len)) == NULL)
		return -ENOMEM;
	r = -rump_copyin(uiov, iov, len);
	if (r == 0)
		r = io_transfer(fd, iov, (int)n, off, write);
	if (iov != stack)
		rump_kmem_free(iov, len);
	return r;
}

RUMP_RESTART3(readv, int, fd, const void *, iov, int, n)
{

	return io_vector(fd, iov, n, -1, 0);
}

RUMP_RESTART3(writev, int, fd, const void *, iov, int, n)
{

	return io_vector(fd, iov, n, -1, 1);
}

RUMP_RESTART5(preadv, int, fd, const void *, iov, unsigned long, n,
    unsigned long, lo, unsigned long, hi)
{

	(void)hi;	/* all of a 64-bit offset is in lo */
	return (int64_t)lo < 0 ? -EINVAL :
	    io_vector(fd, iov, (long)n, (int64_t)lo, 0);
}

RUMP_RESTART5(pwritev, int, fd, const void *, iov, unsigned long, n,
    unsigned long, lo, unsigned long, hi)
{

	(void)hi;
	return (int64_t)lo < 0 ? -EINVAL :
	    io_vector(fd, iov, (long)n, (int64_t)lo, 1);
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
	if (fp->f_ops->fo_seek == NULL) {
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
