/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block devices: the name space of rumpuser_open() is the table that the
 * platform filled.  Transfers are done when rumpuser_bio() returns.
 */
#include <bmk/blk.h>

#include "user.h"

struct open {
	struct bmk_blk	*op_blk;
	int		 op_mode;
};
#define NOPEN	64

static struct bmk_spin lock;		/* L */
static struct bmk_blk *table;		/* [L] grows only */
static struct open opens[NOPEN];	/* [L] by descriptor */

void
bmk_blk_attach(struct bmk_blk *bb)
{
	unsigned long saved = bmk_spin_enter(&lock);

	bb->bb_next = table;
	table = bb;
	bmk_spin_exit(&lock, saved);
}

struct bmk_blk *
bmk_blk_find(const char *name)
{
	struct bmk_blk *bb;

	if (strncmp(name, "/dev/", 5) == 0)
		name += 5;
	for (bb = table; bb != NULL; bb = bb->bb_next)
		if (strcmp(bb->bb_name, name) == 0)
			return bb;
	return NULL;
}

struct bmk_blk *
bmk_blk_get(int fd)
{
	return fd >= 0 && fd < NOPEN ? opens[fd].op_blk : NULL;
}

int
rumpuser_open(const char *name, int mode, int *fdp)
{
	struct bmk_blk *bb = bmk_blk_find(name);
	unsigned long saved;
	int fd;

	if ((mode & RUMPUSER_OPEN_ACCMODE) == RUMPUSER_OPEN_ACCMODE)
		return EINVAL;
	if (bb == NULL)
		return ENOENT;
	if (bb->bb_readonly && (mode & RUMPUSER_OPEN_ACCMODE) != 0)
		return EROFS;
	saved = bmk_spin_enter(&lock);
	for (fd = 0; fd < NOPEN && opens[fd].op_blk != NULL; fd++)
		;
	if (fd < NOPEN) {
		opens[fd].op_blk = bb;
		opens[fd].op_mode = mode;
	}
	bmk_spin_exit(&lock, saved);
	*fdp = fd;
	return fd < NOPEN ? 0 : ENOMEM;
}

int
rumpuser_close(int fd)
{
	if (bmk_blk_get(fd) == NULL)
		return EBADF;
	opens[fd].op_blk = NULL;
	return 0;
}

int
rumpuser_getfileinfo(const char *name, uint64_t *sizep, int *typep)
{
	struct bmk_blk *bb = bmk_blk_find(name);

	if (bb == NULL)
		return ENOENT;
	if (sizep != NULL)
		*sizep = bb->bb_size;
	if (typep != NULL)
		*typep = RUMPUSER_FT_BLK;
	return 0;
}

/* One transfer, cut off at the end of the device. */
static int
transfer(int fd, int write, void *data, size_t len, int64_t off,
    size_t *donep)
{
	struct bmk_blk *bb = bmk_blk_get(fd);
	int error;

	*donep = 0;
	if (bb == NULL || (opens[fd].op_mode & RUMPUSER_OPEN_ACCMODE) ==
	    (write ? RUMPUSER_OPEN_RDONLY : RUMPUSER_OPEN_WRONLY))
		return EBADF;
	if (off < 0)
		return EINVAL;
	if ((uint64_t)off >= bb->bb_size)
		return write && len > 0 ? ENXIO : 0;
	if (len > bb->bb_size - (uint64_t)off)
		len = bb->bb_size - (uint64_t)off;
	error = len == 0 ? 0 : bb->bb_rw(bb, write, data, len, (uint64_t)off);
	if (error == 0)
		*donep = len;
	return error;
}

void
rumpuser_bio(int fd, int op, void *data, size_t len, int64_t off,
    rump_biodone_fn done, void *arg)
{
	struct bmk_blk *bb = bmk_blk_get(fd);
	int error, nlocks;
	size_t n;

	user_unschedule(&nlocks, NULL);
	error = transfer(fd, (op & RUMPUSER_BIO_WRITE) != 0, data, len, off,
	    &n);
	if (error == 0 && (op & RUMPUSER_BIO_SYNC) && bb->bb_sync != NULL)
		error = bb->bb_sync(bb);
	user_schedule(nlocks, NULL);
	done(arg, n, error);
}

static int
iov(int fd, int write, struct rumpuser_iovec *v, size_t niov, int64_t off,
    size_t *donep)
{
	int error = 0, nlocks;
	size_t i, n;

	*donep = 0;
	if (bmk_blk_get(fd) == NULL)
		return EBADF;
	if (off < 0)
		return EINVAL;	/* a disk has no position */
	user_unschedule(&nlocks, NULL);
	for (i = 0; i < niov && error == 0; i++) {
		error = transfer(fd, write, v[i].iov_base, v[i].iov_len, off,
		    &n);
		*donep += n;
		off += (int64_t)n;
		if (n < v[i].iov_len)
			break;
	}
	user_schedule(nlocks, NULL);
	return *donep > 0 ? 0 : error;
}

int
rumpuser_iovread(int fd, struct rumpuser_iovec *v, size_t niov, int64_t off,
    size_t *donep)
{
	return iov(fd, 0, v, niov, off, donep);
}

int
rumpuser_iovwrite(int fd, struct rumpuser_iovec *v, size_t niov, int64_t off,
    size_t *donep)
{
	return iov(fd, 1, v, niov, off, donep);
}

int
rumpuser_syncfd(int fd, int flags, uint64_t start, uint64_t len)
{
	struct bmk_blk *bb = bmk_blk_get(fd);
	int error = 0, nlocks;

	(void)start;
	(void)len;
	if (bb == NULL)
		return EBADF;
	if ((flags & RUMPUSER_SYNCFD_BOTH) == 0)
		return EINVAL;
	if ((flags & RUMPUSER_SYNCFD_WRITE) && bb->bb_sync != NULL) {
		user_unschedule(&nlocks, NULL);
		error = bb->bb_sync(bb);
		user_schedule(nlocks, NULL);
	}
	return error;
}
