/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.c: the devices without hardware: null, zero, full, random, urandom, and
 * stdin, stdout, stderr, whose open is a dup of the descriptor.
 */
#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/random.h>

#include <rump/rumpuser.h>
#include <string.h>

#include "devfs_private.h"

static int
null_read(void *arg, struct uio *uio, int oflags)
{
	(void)arg;
	(void)uio;
	(void)oflags;
	return 0;
}

static int
null_write(void *arg, struct uio *uio, int oflags)
{
	(void)arg;
	(void)oflags;
	uio->uio_resid = 0;
	return 0;
}

/* /dev/random: always to be read.  /dev/urandom has none, so no epoll. */
static int
random_poll(void *arg, int events, struct selrec *sr)
{
	(void)arg;
	(void)sr;
	return events & (POLLIN | POLLRDNORM);
}

/* What is put in is not needed: the host's bytes are random enough. */
static int
random_write(void *arg, struct uio *uio, int oflags)
{
	uint8_t buf[256];
	int error = 0;

	(void)arg;
	(void)oflags;
	while (uio->uio_resid > 0 && !error)
		error = rump_uiomove(buf, uio->uio_resid < sizeof(buf) ?
		    uio->uio_resid : sizeof(buf), uio);
	memset(buf, 0, sizeof(buf));
	return error;
}

static int
random_ioctl(void *arg, unsigned long cmd, void *uarg)
{
	int v = 256, error;

	(void)arg;
	switch (cmd) {
	case RNDGETENTCNT:
		return rump_copyout(&v, uarg, sizeof(v));
	case RNDADDTOENTCNT:
	case RNDADDENTROPY:		/* its first field */
		if ((error = rump_capable(CAP_SYS_ADMIN)) != 0 ||
		    (error = rump_copyin(uarg, &v, sizeof(v))) != 0)
			return error;
		return v < 0 ? EINVAL : 0;
	case RNDZAPENTCNT:
	case RNDCLEARPOOL:
	case RNDRESEEDCRNG:
		return rump_capable(CAP_SYS_ADMIN);
	}
	return EINVAL;
}

static int
zero_read(void *arg, struct uio *uio, int oflags)
{
	(void)arg;
	(void)oflags;
	return rump_uiozero(uio->uio_resid, uio);
}

static int
full_write(void *arg, struct uio *uio, int oflags)
{
	(void)arg;
	(void)uio;
	(void)oflags;
	return ENOSPC;
}

static int
random_read(void *arg, struct uio *uio, int oflags)
{
	uint8_t buf[256];
	size_t n;
	int error = 0;

	(void)arg;
	(void)oflags;
	while (uio->uio_resid > 0 && !error) {
		n = uio->uio_resid < sizeof(buf) ? uio->uio_resid :
		    sizeof(buf);
		error = rumpuser_getrandom(buf, n, 0, &n);
		if (!error && n == 0)
			error = EIO;
		if (!error)
			error = rump_uiopart(buf, n, uio);
	}
	memset(buf, 0, sizeof(buf));
	return error;
}

static int
std_open(void *arg, int oflags, struct file **fpp)
{
	(void)oflags;
	return rump_fd_get((int)(intptr_t)arg, fpp) ? ENXIO : 0;
}

static const struct devops null_ops = {
	.d_read = null_read, .d_write = null_write,
	.d_nosplice = D_NOSPLICE_IN
};
static int
zero_mmap(void *arg, struct rump_mmobj **objp)
{
	(void)arg;
	*objp = NULL;
	return 0;
}

static const struct devops zero_ops = {
	.d_read = zero_read, .d_write = null_write, .d_mmap = zero_mmap
};
static const struct devops full_ops = {
	.d_read = zero_read, .d_write = full_write,
	.d_nosplice = D_NOSPLICE_OUT
};
static const struct devops random_ops = {
	.d_read = random_read, .d_write = random_write,
	.d_ioctl = random_ioctl, .d_poll = random_poll
};
static const struct devops urandom_ops = {
	.d_read = random_read, .d_write = random_write,
	.d_ioctl = random_ioctl
};
static const struct devops std_ops = { .d_open = std_open };

#define DEV(name, major, minor, ops, arg) \
	{ name, S_IFCHR | 0666, VFS_MKDEV(major, minor), ops, \
	(void *)(intptr_t)(arg), NULL }

/* Linux's numbers; std* have none there (links), so the experimental 240. */
struct devnode devfs_builtin[] = {
	DEV("null", 1, 3, &null_ops, 0),
	DEV("zero", 1, 5, &zero_ops, 0),
	DEV("full", 1, 7, &full_ops, 0),
	DEV("random", 1, 8, &random_ops, 0),
	DEV("urandom", 1, 9, &urandom_ops, 0),
	{ "kmsg", S_IFCHR | 0644, VFS_MKDEV(1, 11), &devfs_kmsg_ops, NULL,
	  NULL },
	DEV("stdin", 240, 0, &std_ops, 0),
	DEV("stdout", 240, 1, &std_ops, 1),
	DEV("stderr", 240, 2, &std_ops, 2),
};
const unsigned devfs_nbuiltin = sizeof(devfs_builtin) /
    sizeof(devfs_builtin[0]);
