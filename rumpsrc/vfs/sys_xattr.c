/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_xattr.c: extended attributes: no file system of ours has them, which is
 * what these say, after the file was found.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>

#include <kern/syscall.h>

#include "vfs_private.h"

static long
byname(const char *path, int atflags)
{
	struct vnode *vp;
	int error = vfs_lookupat(AT_FDCWD, path, atflags, &vp);

	if (error)
		return -error;
	vrele(vp);
	return -EOPNOTSUPP;
}

static long
byfd(int fd)
{
	struct file *fp;
	int error = rump_fd_get(fd, &fp);

	if (error)
		return -error;
	rump_file_rele(fp);
	return -EOPNOTSUPP;
}

#define NOFOLLOW	AT_SYMLINK_NOFOLLOW

RUMP_SYSCALL5(setxattr, const char *, path, const char *, name, const void *,
    value, size_t, size, int, flags)
{
	(void)name, (void)value, (void)size, (void)flags;
	return byname(path, 0);
}

RUMP_SYSCALL5(lsetxattr, const char *, path, const char *, name, const void *,
    value, size_t, size, int, flags)
{
	(void)name, (void)value, (void)size, (void)flags;
	return byname(path, NOFOLLOW);
}

RUMP_SYSCALL5(fsetxattr, int, fd, const char *, name, const void *, value,
    size_t, size, int, flags)
{
	(void)name, (void)value, (void)size, (void)flags;
	return byfd(fd);
}

RUMP_SYSCALL4(getxattr, const char *, path, const char *, name, void *, value,
    size_t, size)
{
	(void)name, (void)value, (void)size;
	return byname(path, 0);
}

RUMP_SYSCALL4(lgetxattr, const char *, path, const char *, name, void *,
    value, size_t, size)
{
	(void)name, (void)value, (void)size;
	return byname(path, NOFOLLOW);
}

RUMP_SYSCALL4(fgetxattr, int, fd, const char *, name, void *, value,
    size_t, size)
{
	(void)name, (void)value, (void)size;
	return byfd(fd);
}

RUMP_SYSCALL3(listxattr, const char *, path, char *, list, size_t, size)
{
	(void)list, (void)size;
	return byname(path, 0);
}

RUMP_SYSCALL3(llistxattr, const char *, path, char *, list, size_t, size)
{
	(void)list, (void)size;
	return byname(path, NOFOLLOW);
}

RUMP_SYSCALL3(flistxattr, int, fd, char *, list, size_t, size)
{
	(void)list, (void)size;
	return byfd(fd);
}

RUMP_SYSCALL2(removexattr, const char *, path, const char *, name)
{
	(void)name;
	return byname(path, 0);
}

RUMP_SYSCALL2(lremovexattr, const char *, path, const char *, name)
{
	(void)name;
	return byname(path, NOFOLLOW);
}

RUMP_SYSCALL2(fremovexattr, int, fd, const char *, name)
{
	(void)name;
	return byfd(fd);
}
