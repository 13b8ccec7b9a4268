/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rootfs.c: the baked root file system as the lower tree of a tmpfs.  The
 * image is hostile: the superblock is checked once, each inode and entry when
 * it is used; whatever does not fit is EIO.  A directory is accepted only
 * below the parent that it names, so there are no loops.
 */
#include <asm/errno.h>
#include <linux/mount.h>

#include <rump/component.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <string.h>

#include "rootfs_private.h"

extern const char rump_rootfs_start[] __attribute__((__weak__));
extern const char rump_rootfs_end[] __attribute__((__weak__));

static const struct rootfs_inode *
getinode(const struct rootfs *rf, uint32_t index)
{
	if (index < ROOTFS_ROOT || index >= rf->rf_sb->rs_ninodes)
		return NULL;
	return (const struct rootfs_inode *)(rf->rf_base +
	    rf->rf_sb->rs_inode_off) + index;
}

/* A name with its NUL inside the names. */
static const char *
getname(const struct rootfs *rf, uint64_t off, uint64_t len)
{
	const char *name;

	if (!rootfs_inside(off, len + 1, 1, rf->rf_sb->rs_names_len))
		return NULL;
	name = (const char *)rf->rf_base + rf->rf_sb->rs_names_off + off;
	if (name[len] != '\0' || memchr(name, '\0', len) != NULL)
		return NULL;
	return name;
}

static int
filedata(const struct rootfs *rf, const struct rootfs_inode *ri,
    const uint8_t **datap)
{
	*datap = rf->rf_base;
	if (ri->ri_size == 0)
		return 0;
	if (ri->ri_off % ROOTFS_PAGE != 0 ||
	    ri->ri_off < rf->rf_sb->rs_data_off ||
	    !rootfs_inside(ri->ri_off, ri->ri_size, 1, rf->rf_sb->rs_size))
		return EIO;
	*datap = rf->rf_base + ri->ri_off;
	return 0;
}

static int
rootfs_node(void *arg, uint32_t index, struct tmpfs_lnode *ln)
{
	const struct rootfs *rf = arg;
	const struct rootfs_inode *ri;

	if ((ri = getinode(rf, index)) == NULL)
		return EIO;
	memset(ln, 0, sizeof(*ln));
	ln->ln_mode = ri->ri_mode & (S_IFMT | 07777);
	ln->ln_nlink = ri->ri_nlink;
	ln->ln_uid = ri->ri_uid;
	ln->ln_gid = ri->ri_gid;
	if (ri->ri_mtime >= 0 && ri->ri_mtime < INT64_MAX / 2000000000)
		ln->ln_mtime = ri->ri_mtime * 1000000000 +
		    ri->ri_mtime_nsec % 1000000000;
	switch (ri->ri_mode & S_IFMT) {
	case S_IFREG:
		if (ri->ri_size > INT64_MAX)
			return EIO;
		ln->ln_size = (int64_t)ri->ri_size;
		return filedata(rf, ri, &ln->ln_data);
	case S_IFLNK:
		if (ri->ri_size == 0 || ri->ri_size > ROOTFS_LINK_MAX)
			return EIO;
		ln->ln_size = (int64_t)ri->ri_size;
		ln->ln_data = (const uint8_t *)getname(rf, ri->ri_off,
		    ri->ri_size);
		return ln->ln_data == NULL ? EIO : 0;
	case S_IFCHR:
	case S_IFBLK:
		ln->ln_rdev = VFS_MKDEV(ri->ri_rdev >> 32,
		    ri->ri_rdev & 0xffffffff);
		return 0;
	case S_IFDIR:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	}
	return EIO;
}

/* One entry of directory dir, checked. */
static int
getent(const struct rootfs *rf, uint32_t dir, const struct rootfs_ent *re,
    const char **namep, uint32_t *typep)
{
	const struct rootfs_inode *ri = getinode(rf, re->re_ino);
	const char *name = getname(rf, re->re_name_off, re->re_name_len);
	size_t len = re->re_name_len;

	if (ri == NULL || name == NULL || len == 0 || len > ROOTFS_NAME_MAX ||
	    memchr(name, '/', len) != NULL)
		return EIO;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return EIO;
	*typep = ri->ri_mode & S_IFMT;
	if (*typep == S_IFDIR && (ri->ri_parent != dir ||
	    re->re_ino == ROOTFS_ROOT))
		return EIO;
	*namep = name;
	return 0;
}

static int
rootfs_readdir(void *arg, uint32_t index, tmpfs_lentry_fn fn, void *fnarg)
{
	const struct rootfs *rf = arg;
	const struct rootfs_inode *ri = getinode(rf, index);
	const struct rootfs_ent *re;
	const char *name;
	uint32_t type;
	uint64_t i;
	int error;

	if (ri == NULL || (ri->ri_mode & S_IFMT) != S_IFDIR ||
	    !rootfs_inside(ri->ri_off, ri->ri_size, 1, rf->rf_sb->rs_nents))
		return EIO;
	re = (const struct rootfs_ent *)(rf->rf_base +
	    rf->rf_sb->rs_ent_off) + ri->ri_off;
	for (i = 0; i < ri->ri_size; i++, re++)
		if ((error = getent(rf, index, re, &name, &type)) != 0 ||
		    (error = fn(fnarg, name, re->re_name_len, re->re_ino,
		    type)) != 0)
			return error;
	return 0;
}

int
rootfs_open(struct rootfs *rf, const void *base, size_t len)
{
	const struct rootfs_sb *sb = base;

	if ((uintptr_t)base % 8 != 0 || !rootfs_sb_ok(sb, len))
		return EIO;
	rf->rf_base = base;
	rf->rf_sb = sb;
	rf->rf_lower = (struct tmpfs_lower){ rf, ROOTFS_ROOT,
	    sb->rs_ninodes, rootfs_node, rootfs_readdir };
	return 0;
}

static int
rootfs_mount(struct mount *mp, const char *source, const char *data)
{
	static struct rootfs rf;	/* the same for every mount of it */
	int error;

	(void)source;
	if ((uintptr_t)rump_rootfs_start == (uintptr_t)rump_rootfs_end)
		return ENOENT;
	error = rootfs_open(&rf, rump_rootfs_start,
	    (size_t)(rump_rootfs_end - rump_rootfs_start));
	if (!error)
		error = tmpfs_mount_lower(mp, &rf.rf_lower, data);
	if (error == EIO)
		rump_printf("rootfs: the baked file system is corrupt\n");
	return error;
}

static struct fstype rootfs_type = {
	.ft_name = "rootfs",
	.ft_mount = rootfs_mount,
	.ft_unmount = tmpfs_unmount,
	.ft_statfs = tmpfs_statfs,
};

RUMP_COMPONENT(rootfs, RUMP_FACTION_FS)
{
	vfs_register(&rootfs_type);
	return 0;
}
