/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Format of the root file system that rumprun-bake packs into an image
 * (--rootfs): read-only and used in place, never unpacked.  The image is
 * loaded page aligned between rump_rootfs_start and rump_rootfs_end; without
 * --rootfs the two symbols do not exist, so refer to them weakly.
 *
 * All numbers are little endian.  Offsets are in bytes from the superblock.
 *
 *	superblock	 one, at 0
 *	inodes		 rs_ninodes of them; index 0 is unused and zero, the
 *			 root directory is index 1; the index is the inode
 *			 number
 *	directory entries rs_nents of them; those of one directory stand
 *			 together, sorted by name (memcmp, the shorter name
 *			 first when one is the start of the other), without
 *			 "." and ".."
 *	names		 rs_names_len bytes: entry names and symbolic link
 *			 targets, each with a NUL after it
 *	data		 file contents, each file from a page boundary on;
 *			 the rest of a file's last page is zero
 *
 * A reader checks the superblock once (rootfs_sb_ok()) and each inode and
 * entry as it uses it: a corrupt image gives EIO, nothing worse.
 */
#ifndef RUMP_ROOTFS_H
#define RUMP_ROOTFS_H

#include <stddef.h>
#include <stdint.h>

#define ROOTFS_MAGIC	"RKROOTFS"	/* 8 bytes, no NUL */
#define ROOTFS_VERSION	1
#define ROOTFS_PAGE	4096
#define ROOTFS_ROOT	1		/* inode of the root directory */
#define ROOTFS_NAME_MAX	255
#define ROOTFS_LINK_MAX	4095		/* longest symbolic link target */

struct rootfs_sb {
	uint8_t		rs_magic[8];
	uint32_t	rs_version;
	uint32_t	rs_flags;	/* 0 */
	uint64_t	rs_size;	/* of all, a multiple of ROOTFS_PAGE */
	uint32_t	rs_ninodes;	/* with the unused one: at least 2 */
	uint32_t	rs_nents;
	uint64_t	rs_inode_off;	/* multiple of 8 */
	uint64_t	rs_ent_off;	/* multiple of 8 */
	uint64_t	rs_names_off;
	uint64_t	rs_names_len;
	uint64_t	rs_data_off;	/* multiple of ROOTFS_PAGE */
	uint8_t		rs_pad[56];	/* 0 */
};

struct rootfs_inode {
	uint32_t	ri_mode;	/* st_mode: type, permissions */
	uint32_t	ri_nlink;	/* directory: 2 + subdirectories */
	uint32_t	ri_uid;
	uint32_t	ri_gid;
	uint64_t	ri_size;	/* st_size; directory: its entries */
	int64_t		ri_mtime;	/* seconds since 1970 */
	uint32_t	ri_mtime_nsec;
	uint32_t	ri_parent;	/* directory: inode of ".." */
	/*
	 * File: offset of the contents, a multiple of ROOTFS_PAGE (0 when
	 * empty).  Directory: index of its first entry.  Symbolic link:
	 * offset of the target in the names.  Otherwise 0.
	 */
	uint64_t	ri_off;
	uint64_t	ri_rdev;	/* device: major << 32 | minor */
	uint64_t	ri_pad;		/* 0 */
};

struct rootfs_ent {
	uint32_t	re_ino;
	uint32_t	re_name_off;	/* in the names */
	uint16_t	re_name_len;	/* no NUL; 1..ROOTFS_NAME_MAX */
	uint8_t		re_type;	/* DT_* as in getdents64 */
	uint8_t		re_pad[5];	/* 0 */
};

_Static_assert(sizeof(struct rootfs_sb) == 128, "rootfs_sb");
_Static_assert(sizeof(struct rootfs_inode) == 64, "rootfs_inode");
_Static_assert(sizeof(struct rootfs_ent) == 16, "rootfs_ent");

/* n records of size bytes from off on lie inside len bytes. */
static inline int
rootfs_inside(uint64_t off, uint64_t n, uint64_t size, uint64_t len)
{
	return off <= len && n <= (len - off) / size;
}

/* The superblock at sb, with len bytes from there on, can be trusted. */
static inline int
rootfs_sb_ok(const struct rootfs_sb *sb, uint64_t len)
{
	size_t i;

	if (len < sizeof(*sb))
		return 0;
	for (i = 0; i < sizeof(sb->rs_magic); i++)
		if (sb->rs_magic[i] != (uint8_t)ROOTFS_MAGIC[i])
			return 0;
	return sb->rs_version == ROOTFS_VERSION && sb->rs_size <= len &&
	    sb->rs_ninodes > ROOTFS_ROOT &&
	    (sb->rs_inode_off | sb->rs_ent_off) % 8 == 0 &&
	    sb->rs_data_off % ROOTFS_PAGE == 0 &&
	    sb->rs_data_off <= sb->rs_size &&
	    rootfs_inside(sb->rs_inode_off, sb->rs_ninodes,
	    sizeof(struct rootfs_inode), sb->rs_size) &&
	    rootfs_inside(sb->rs_ent_off, sb->rs_nents,
	    sizeof(struct rootfs_ent), sb->rs_size) &&
	    rootfs_inside(sb->rs_names_off, sb->rs_names_len, 1, sb->rs_size);
}

#endif /* RUMP_ROOTFS_H */
