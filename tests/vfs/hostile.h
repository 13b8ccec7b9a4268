/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small rootfs image, and a file system type "hostile": an image in memory
 * of which nothing is true; use() does to it all that a program can.
 */
#ifndef TESTS_VFS_HOSTILE_H
#define TESTS_VFS_HOSTILE_H

#include "vfstest.h"
#include "../../rumpsrc/fs/rootfs/rootfs_private.h"

#define IMGSIZE		(8 * 4096)
#define NINODES		9
#define NENTS		9

static char *names;
static uint32_t nameslen;

static uint32_t
addname(const char *s)
{
	uint32_t off = nameslen;

	strcpy(names + off, s);
	nameslen += strlen(s) + 1;
	return off;
}

/*
 * /bin/{hello,link} (hard links), /etc/{conf,lnk -> conf},
 * /big (3 pages and a bit), /empty
 */
static void
build(char *img)
{
	struct rootfs_sb *sb = (void *)img;
	struct rootfs_inode *in = (void *)(img + 128);
	struct rootfs_ent *ent = (void *)(img + 128 + NINODES * 64);
	static const struct { int ino, type; const char *name; } e[NENTS] = {
		{ 5, 8, "big" }, { 2, 4, "bin" }, { 8, 8, "empty" },
		{ 3, 4, "etc" },
		{ 4, 8, "hello" }, { 4, 8, "link" },
		{ 6, 8, "conf" }, { 7, 10, "lnk" }, { 0, 4, "sub" },
	};
	int i;

	memset(img, 0, IMGSIZE);
	names = img + 128 + NINODES * 64 + NENTS * 16;
	nameslen = 0;
	for (i = 0; i < NENTS; i++) {
		ent[i].re_ino = e[i].ino ? e[i].ino : 1;
		ent[i].re_type = e[i].type;
		ent[i].re_name_len = strlen(e[i].name);
		ent[i].re_name_off = addname(e[i].name);
	}
	in[1] = (struct rootfs_inode){ .ri_mode = 040755, .ri_nlink = 4,
	    .ri_size = 4, .ri_parent = 1, .ri_off = 0 };
	in[2] = (struct rootfs_inode){ .ri_mode = 040755, .ri_nlink = 2,
	    .ri_size = 2, .ri_parent = 1, .ri_off = 4 };
	in[3] = (struct rootfs_inode){ .ri_mode = 040755, .ri_nlink = 2,
	    .ri_size = 2, .ri_parent = 1, .ri_off = 6 };
	in[4] = (struct rootfs_inode){ .ri_mode = 0100755, .ri_nlink = 2,
	    .ri_size = 5, .ri_off = 4096, .ri_mtime = 1700000000 };
	in[5] = (struct rootfs_inode){ .ri_mode = 0100644, .ri_nlink = 1,
	    .ri_size = 3 * 4096 + 10, .ri_off = 2 * 4096 };
	in[6] = (struct rootfs_inode){ .ri_mode = 0100600, .ri_nlink = 1,
	    .ri_size = 6, .ri_off = 6 * 4096, .ri_uid = 7 };
	in[7] = (struct rootfs_inode){ .ri_mode = 0120777, .ri_nlink = 1,
	    .ri_size = 4, .ri_off = addname("conf") };
	in[8] = (struct rootfs_inode){ .ri_mode = 0100644, .ri_nlink = 1 };
	memcpy(img + 4096, "HELLO", 5);
	for (i = 0; i < 3 * 4096 + 10; i++)
		img[2 * 4096 + i] = 'a' + i % 26;
	memcpy(img + 6 * 4096, "config", 6);
	memcpy(sb->rs_magic, ROOTFS_MAGIC, 8);
	sb->rs_version = ROOTFS_VERSION;
	sb->rs_size = IMGSIZE;
	sb->rs_ninodes = NINODES;
	sb->rs_nents = NENTS;
	sb->rs_inode_off = 128;
	sb->rs_ent_off = 128 + NINODES * 64;
	sb->rs_names_off = names - img;
	sb->rs_names_len = nameslen;
	sb->rs_data_off = 4096;
}

/* --- corrupt images --- */
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
		if (snprintf(path, sizeof(path), "%s/%s", dir, d) >=
		    (int)sizeof(path))
			continue;
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
