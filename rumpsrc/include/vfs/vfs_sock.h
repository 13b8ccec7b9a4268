/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Socket nodes in the file system, for AF_UNIX.  net_local has weak ones for
 * an image without VFS, where only abstract names work.
 */
#ifndef VFS_VFS_SOCK_H
#define VFS_VFS_SOCK_H

struct vnode;

/* Paths in kernel memory; the vnode is referenced.  EADDRINUSE. */
int	rump_vfs_sock_bind(const char *path, struct vnode **);
/* ECONNREFUSED: no socket; EACCES: may not be written to. */
int	rump_vfs_sock_lookup(const char *path, struct vnode **);
void	rump_vfs_sock_rele(struct vnode *);

#endif /* VFS_VFS_SOCK_H */
