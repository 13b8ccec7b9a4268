/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root file system in the making: a tree in memory, file contents go
 * straight to the object file.  rootfs_dir.c and rootfs_tar.c fill it,
 * rootfs.c writes it out in the format of <rump/rootfs.h>.
 */
#ifndef BAKE_ROOTFS_H
#define BAKE_ROOTFS_H

#include "bake.h"

struct fsinode;

struct fsent {
	char		*e_name;
	struct fsinode	*e_ino;
};

struct fsinode {
	uint32_t	 i_mode;	/* type and permissions */
	uint32_t	 i_uid, i_gid;
	uint64_t	 i_size;	/* of a file */
	int64_t		 i_mtime;
	uint32_t	 i_nsec;
	uint64_t	 i_rdev;	/* major << 32 | minor */
	uint64_t	 i_off;		/* of a file's contents */
	char		*i_target;	/* of a symbolic link */
	struct fsent	*i_ents;	/* of a directory, sorted by name */
	size_t		 i_nents;
	uint32_t	 i_nlink;	/* names; counted at the end */
	uint32_t	 i_num;		/* 0: not numbered yet */
};

struct fstree {
	const struct bake *t_bake;
	struct fsinode	*t_root;
	int		 t_fd;		/* object file */
	const char	*t_objpath;
	uint64_t	 t_end;		/* next free byte of the image */
	size_t		 t_nfiles;
	int64_t		 t_epoch;	/* newest time allowed, -1: any */
	char		*t_buf;		/* FS_BUF bytes */
	double		 t_shown;	/* when progress was shown last */
};

#define FS_BUF	(1 << 20)

/*
 * A new inode with one name in directory dir.  It replaces what has the name,
 * but a directory stays itself.
 */
struct fsinode *fs_add(struct fstree *, struct fsinode *dir, const char *name,
	    const struct fsinode *proto);
/* One more name for an inode. */
void	fs_link(struct fsinode *dir, const char *name, struct fsinode *);
struct fsinode *fs_find(const struct fsinode *dir, const char *name);
void	fs_set(const struct fstree *, struct fsinode *,
	    const struct fsinode *proto);

/* The contents of one file: its offset in the image, then all its bytes. */
uint64_t fs_data_begin(struct fstree *);
void	fs_data_put(struct fstree *, const void *, size_t);
void	fs_progress(struct fstree *, bool last);

/* A descriptor for an archive, unpacked; *childp: who does it, 0: nobody. */
int	unpack_open(const char *path, pid_t *childp);
/* Waits for the child; 0 when it was content. */
int	unpack_end(pid_t child);

void	fs_read_dir(struct fstree *, const char *path);
void	fs_read_tar(struct fstree *, const char *path);

#endif /* BAKE_ROOTFS_H */
