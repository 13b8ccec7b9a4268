/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file system type "hostile": a rootfs image in memory of which nothing is
 * true; use() does to it all that a program can.
 */
#ifndef TESTS_VFS_HOSTILE_H
#define TESTS_VFS_HOSTILE_H

#include "vfstest.h"
#include "../../rumpsrc/fs/rootfs/rootfs_private.h"

static char *hostile;		/* exactly as long as hostlen */
static size_t hostlen;

static int
hostile_mount(struct mount *mp, const char *source, const char *data)
{
	static struct rootfs rf;
	int error;

	(void)source;
	if ((error = rootfs_open(&rf, hostile, hostlen)) != 0)
		return error;
	return tmpfs_mount_lower(mp, &rf.rf_lower, data);
}

static struct fstype hostile_type = {
	.ft_name = "hostile",
	.ft_mount = hostile_mount,
	.ft_unmount = tmpfs_unmount,
	.ft_statfs = tmpfs_statfs,
};

/* Uses all that the tree has, whatever that is. */
static void
use(const char *dir, int depth)
{
	char buf[2048] __attribute__((__aligned__(8))), path[600], *d;
	static char data[70000];
	int fd, n, off, f;

	if ((fd = rump_sys_open(dir, O_RDONLY | O_DIRECTORY, 0)) < 0)
		return;
	n = rump_sys_getdents64(fd, buf, sizeof(buf));
	rump_sys_close(fd);
	for (off = 0; off < n; off += *(uint16_t *)(buf + off + 16)) {
		d = buf + off + 19;
		if (strcmp(d, ".") == 0 || strcmp(d, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, d);
		if ((f = rump_sys_open(path, O_RDWR, 0)) >= 0) {
			rump_sys_pread64(f, data, sizeof(data), 0);
			rump_sys_pwrite64(f, "x", 1, 3000);
			rump_sys_ftruncate(f, 100);
			rump_sys_close(f);
		}
		rump_sys_readlink(path, data, 100);
		if (depth < 4)
			use(path, depth + 1);
		if (rump_sys_unlink(path) < 0)
			rump_sys_rmdir(path);
	}
}

#endif /* TESTS_VFS_HOSTILE_H */
