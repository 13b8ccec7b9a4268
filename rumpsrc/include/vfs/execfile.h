/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFS_EXECFILE_H
#define VFS_EXECFILE_H

#include <stddef.h>

struct vfs_execfile {
	/* Last component, symbolic links followed; also after ENOENT, or "" */
	char	ef_name[256];
	char	ef_head[256];	/* how the file begins */
	size_t	ef_headlen;
	int	ef_where;		/* the folder of ef_name */
#define EF_ELSEWHERE	0
#define EF_ROOT		1		/* "/" */
#define EF_BINDIR	2		/* where programs are: /bin... */
};
/*
 * path is in kernel memory, dirfd as for openat(2).  EACCES: no regular file,
 * or not executable by the caller.
 */
/* The path of an open file, in path, EXEC_PATH bytes; then as above. */
int	vfs_execfd(int fd, char *path, size_t size);
int	vfs_execfile(int dirfd, const char *path, struct vfs_execfile *);

#endif /* VFS_EXECFILE_H */
