/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tmpfs over a lower, read-only tree in memory: names and contents of the
 * lower tree are used in place until something is written; a page that is
 * written is copied first.  A directory of the lower tree is read once, when
 * it is first reached; from then on the tmpfs directory is the truth, so
 * neither whiteouts nor merging are needed.
 */
#ifndef VFS_TMPFS_H
#define VFS_TMPFS_H

#include <vfs/vfs.h>

/* A file of the lower tree.  The memory it points to stays for ever. */
struct tmpfs_lnode {
	uint32_t	 ln_mode, ln_uid, ln_gid, ln_nlink;
	uint64_t	 ln_rdev;
	int64_t		 ln_mtime;	/* nanoseconds */
	int64_t		 ln_size;
	const uint8_t	*ln_data;	/* contents, target of a symlink */
};

/* Name and inode index of an entry; non-zero stops and is returned. */
typedef int (*tmpfs_lentry_fn)(void *arg, const char *name, size_t len,
    uint32_t index, unsigned type);

/* Whatever these give has been checked against the bounds of the image. */
struct tmpfs_lower {
	void		*tl_arg;
	uint32_t	 tl_root;	/* index of the root directory */
	uint32_t	 tl_count;	/* indices are smaller */
	int		(*tl_node)(void *arg, uint32_t index,
			    struct tmpfs_lnode *);
	int		(*tl_readdir)(void *arg, uint32_t index,
			    tmpfs_lentry_fn, void *fnarg);
};

int	tmpfs_mount_lower(struct mount *, const struct tmpfs_lower *,
	    const char *data);
void	tmpfs_unmount(struct mount *);
void	tmpfs_statfs(struct mount *, struct vfs_statfs *);

#endif /* VFS_TMPFS_H */
