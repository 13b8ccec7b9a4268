/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files and block devices of the host.  The name space is the host's, modes
 * and offsets are the caller's; every call gives the virtual CPU back.
 */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <linux/fs.h>

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "posix_user.h"

_Static_assert(sizeof(struct rumpuser_iovec) == sizeof(struct iovec) &&
    offsetof(struct rumpuser_iovec, iov_base) ==
    offsetof(struct iovec, iov_base), "the iovecs are the same");

int
rumpuser_open(const char *path, int mode, int *fdp)
{
	static const int acc[] = { O_RDONLY, O_WRONLY, O_RDWR };
	int error, fd, flags, nlocks;

	if ((mode & RUMPUSER_OPEN_ACCMODE) == RUMPUSER_OPEN_ACCMODE)
		return EINVAL;
	flags = acc[mode & RUMPUSER_OPEN_ACCMODE] | O_CLOEXEC | O_NOCTTY;
	if (mode & RUMPUSER_OPEN_CREATE)
		flags |= O_CREAT;
	if (mode & RUMPUSER_OPEN_EXCL)
		flags |= O_EXCL;

	posix_unsched(&nlocks, NULL);
	do
		fd = open(path, flags, 0644);
	while (fd == -1 && errno == EINTR);
	error = fd == -1 ? errno : 0;
	posix_sched(nlocks, NULL);
	if (error == 0)
		*fdp = fd;
	return posix_errno(error);
}

int
rumpuser_close(int fd)
{
	int error, nlocks;

	posix_unsched(&nlocks, NULL);
	/* On Linux the descriptor is gone even after EINTR. */
	error = close(fd) == -1 && errno != EINTR ? errno : 0;
	posix_sched(nlocks, NULL);
	return posix_errno(error);
}

static int
file_type(mode_t mode)
{

	switch (mode & S_IFMT) {
	case S_IFDIR:
		return RUMPUSER_FT_DIR;
	case S_IFREG:
		return RUMPUSER_FT_REG;
	case S_IFBLK:
		return RUMPUSER_FT_BLK;
	case S_IFCHR:
		return RUMPUSER_FT_CHR;
	default:
		return RUMPUSER_FT_OTHER;
	}
}

static int
blkdev_size(const char *path, uint64_t *sizep)
{
	int error, fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return errno;
	error = ioctl(fd, BLKGETSIZE64, sizep) == -1 ? errno : 0;
	(void)close(fd);
	return error;
}

int
rumpuser_getfileinfo(const char *path, uint64_t *sizep, int *typep)
{
	struct stat sb;
	uint64_t size;
	int error, nlocks;

	posix_unsched(&nlocks, NULL);
	error = stat(path, &sb) == -1 ? errno : 0;
	size = error == 0 ? sb.st_size : 0;
	if (error == 0 && S_ISBLK(sb.st_mode) && sizep != NULL)
		error = blkdev_size(path, &size);
	posix_sched(nlocks, NULL);
	if (error != 0)
		return posix_errno(error);
	if (sizep != NULL)
		*sizep = size;
	if (typep != NULL)
		*typep = file_type(sb.st_mode);
	return 0;
}

static int
iov_transfer(int fd, struct rumpuser_iovec *riov, size_t niov, int64_t off,
    size_t *donep, int iswrite)
{
	const struct iovec *iov = (const void *)riov;
	int error, nlocks;
	ssize_t n;

	if (niov > IOV_MAX || off < RUMPUSER_IOV_NOSEEK)
		return EINVAL;
	posix_unsched(&nlocks, NULL);
	do {
		if (off == RUMPUSER_IOV_NOSEEK)
			n = iswrite ? writev(fd, iov, niov) :
			    readv(fd, iov, niov);
		else
			n = iswrite ? pwritev(fd, iov, niov, off) :
			    preadv(fd, iov, niov, off);
	} while (n == -1 && errno == EINTR);
	error = n == -1 ? errno : 0;
	posix_sched(nlocks, NULL);
	if (error == 0)
		*donep = n;
	return posix_errno(error);
}

int
rumpuser_iovread(int fd, struct rumpuser_iovec *iov, size_t niov,
    int64_t off, size_t *donep)
{

	return iov_transfer(fd, iov, niov, off, donep, 0);
}

int
rumpuser_iovwrite(int fd, struct rumpuser_iovec *iov, size_t niov,
    int64_t off, size_t *donep)
{

	return iov_transfer(fd, iov, niov, off, donep, 1);
}

/*
 * Reads need nothing: the host's cache is coherent.  Only a barrier or SYNC
 * must wait for the storage; otherwise writing back is merely started.
 */
int
rumpuser_syncfd(int fd, int flags, uint64_t start, uint64_t len)
{
	int error, nlocks;

	if ((flags & RUMPUSER_SYNCFD_BOTH) == 0 ||
	    start > INT64_MAX || len > INT64_MAX - start)
		return EINVAL;
	posix_unsched(&nlocks, NULL);
	if ((flags & RUMPUSER_SYNCFD_WRITE) == 0)
		error = fcntl(fd, F_GETFD) == -1 ? errno : 0;
	else if (flags & (RUMPUSER_SYNCFD_BARRIER | RUMPUSER_SYNCFD_SYNC))
		error = fdatasync(fd) == -1 ? errno : 0;
	else
		error = sync_file_range(fd, start, len,
		    SYNC_FILE_RANGE_WRITE) == -1 ? errno : 0;
	posix_sched(nlocks, NULL);
	return posix_errno(error);
}
