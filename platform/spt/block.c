/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks: descriptors of files or block devices, opened by the launcher. */
#include <bmk/blk.h>

#include "spt.h"

#define MAXDISKS	16
#define SEEK_END	2
#define F_GETFL		3
#define O_ACCMODE	3

struct disk {
	struct bmk_blk	 d_blk;
	int		 d_fd;
	char		 d_name[32];
};
static struct disk disks[MAXDISKS];	/* [I] after start */
static int ndisks;

/* Whole, or the errno. */
static int
disk_rw(struct bmk_blk *bb, int write, void *buf, size_t len, uint64_t off)
{
	struct disk *d = (struct disk *)bb;
	char *p = buf;
	long n;

	while (len > 0) {
		n = sys4(write ? __NR_pwrite64 : __NR_pread64, d->d_fd,
		    (long)p, (long)len, (long)off);
		if (n == -SYS_EINTR)
			continue;
		if (n <= 0)
			return n < -34 || n > -1 ? 5 /* EIO */ : (int)-n;
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int
disk_sync(struct bmk_blk *bb)
{
	return sys3(__NR_fdatasync, ((struct disk *)bb)->d_fd, 0, 0) == 0 ?
	    0 : 5 /* EIO */;
}

/* The launcher's "name:fd". */
int
spt_block_add(const char *spec)
{
	const char *colon = strrchr(spec, ':'), *p;
	struct disk *d = &disks[ndisks];
	int fd = 0;
	long n;

	if (colon == NULL || colon[1] == '\0' || ndisks == MAXDISKS ||
	    (size_t)(colon - spec) >= sizeof(d->d_name))
		return -1;
	for (p = colon + 1; *p >= '0' && *p <= '9' && fd < 100000; p++)
		fd = fd * 10 + *p - '0';
	n = sys3(__NR_lseek, fd, 0, SEEK_END);
	if (*p != '\0' || n < 0)
		return -1;
	memcpy(d->d_name, spec, (size_t)(colon - spec));
	d->d_fd = fd;
	d->d_blk.bb_name = d->d_name;
	d->d_blk.bb_size = (uint64_t)n;
	d->d_blk.bb_readonly =
	    (sys3(__NR_fcntl, fd, F_GETFL, 0) & O_ACCMODE) == 0;
	d->d_blk.bb_rw = disk_rw;
	d->d_blk.bb_sync = disk_sync;
	bmk_blk_attach(&d->d_blk);
	spt_keep_fd(fd);
	ndisks++;
	return 0;
}
