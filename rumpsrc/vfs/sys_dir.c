/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_dir.c: getdents, readlink, and the current and root directory.  The
 * offset of an open directory is the file system's cookie.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>

#include <kern/kmem.h>
#include <kern/syscall.h>
#include <string.h>

#include "vfs_private.h"

/* Linux's struct linux_dirent64 and, old, linux_dirent. */
#define DIRENT_HEAD	18	/* ino 8, off 8, reclen 2; d_type is next */

struct getdents {
	uint8_t		*gd_buf;	/* the user's */
	size_t		 gd_size, gd_done;
	int		 gd_old;
	int		 gd_error;
	uint64_t	 gd_next;
};

static int
emit(void *arg, const char *name, size_t len, uint64_t ino, unsigned type,
    uint64_t next)
{
	struct getdents *gd = arg;
	uint8_t rec[DIRENT_HEAD + VFS_NAME_MAX + 2 + 8];
	uint8_t *p = rec + DIRENT_HEAD;
	uint16_t reclen = (uint16_t)((DIRENT_HEAD + len + 2 + 7) & ~7u);

	if (gd->gd_size - gd->gd_done < reclen) {
		if (gd->gd_done == 0)
			gd->gd_error = EINVAL;
		return 1;
	}
	memset(rec + reclen - 8, 0, 8);		/* padding */
	memcpy(rec, &ino, 8);
	memcpy(rec + 8, &next, 8);
	memcpy(rec + 16, &reclen, 2);
	if (!gd->gd_old)
		*p++ = (uint8_t)(type >> 12);
	memcpy(p, name, len);
	p[len] = '\0';
	if (gd->gd_old)
		rec[reclen - 1] = (uint8_t)(type >> 12);
	gd->gd_error = rump_copyout(rec, gd->gd_buf + gd->gd_done, reclen);
	if (gd->gd_error)
		return 1;
	gd->gd_done += reclen;
	gd->gd_next = next;
	return 0;
}

static long
getdents(int fd, void *ubuf, unsigned size, int old)
{
	struct getdents gd = { .gd_buf = ubuf, .gd_size = size,
	    .gd_old = old };
	struct vnode *vp;
	struct file *fp;
	int error;

	if ((error = rump_fd_get(fd, &fp)) != 0)
		return -error;
	vp = vfs_file_vnode(fp);
	if (vp == NULL || !vn_is(vp, S_IFDIR))
		error = ENOTDIR;
	else {
		rump_mutex_enter(&fp->f_offlock);
		gd.gd_next = (uint64_t)fp->f_offset;
		rump_rw_rdenter(&vp->v_lock);
		error = vp->v_ops->vop_readdir(vp, gd.gd_next, emit, &gd);
		vfs_atime(vp);
		rump_rw_exit(&vp->v_lock);
		fp->f_offset = (int64_t)gd.gd_next;
		rump_mutex_exit(&fp->f_offlock);
	}
	rump_file_rele(fp);
	if (!error && gd.gd_done == 0)
		error = gd.gd_error;
	return error ? -error : (long)gd.gd_done;
}

static long
k_readlinkat(int dirfd, const char *path, char *ubuf, int size)
{
	struct vnode *vp;
	char *buf;
	size_t len;
	int error;

	if (size <= 0)
		return -EINVAL;
	if ((error = vfs_lookup(dirfd, path, NI_EMPTY, &vp)) != 0)
		return -error;
	if ((buf = rump_page_alloc()) == NULL)
		error = ENOMEM;
	else if (!vn_is(vp, S_IFLNK))
		error = vfs_isempty(path) ? ENOENT : EINVAL;
	else {
		rump_rw_rdenter(&vp->v_lock);
		error = vp->v_ops->vop_readlink(vp, buf, VFS_PATH_MAX, &len);
		vfs_atime(vp);
		rump_rw_exit(&vp->v_lock);
		if (len > (size_t)size)
			len = (size_t)size;
		if (!error)
			error = rump_copyout(buf, ubuf, len);
	}
	if (buf != NULL)
		rump_page_free(buf);
	vrele(vp);
	return error ? -error : (long)len;
}

static long
changedir(const char *path, int isroot)
{
	struct vnode *vp;
	int error;

	if ((error = vfs_lookup(AT_FDCWD, path, NI_FOLLOW, &vp)) != 0)
		return -error;
	return -vfs_changedir(vp, isroot);
}

static long
k_fchdir(int fd)
{
	struct vnode *vp;
	int error;

	if ((error = vfs_fdplace(fd, &vp)) != 0)
		return error == EINVAL ? -ENOTDIR : -error;
	return -vfs_changedir(vp, 0);
}

static long
k_getcwd(char *ubuf, size_t size)
{
	struct vnode *dir, *root;
	char *buf, *start;
	size_t len = 0;
	int error;

	if ((buf = rump_page_alloc()) == NULL)
		return -ENOMEM;
	if ((error = vfs_getcwd(&dir, &root)) == 0) {
		error = vfs_getpath(dir, root, buf, VFS_PATH_MAX, &start);
		vrele(dir);
		vrele(root);
	}
	if (!error) {
		len = strlen(start) + 1;
		error = len > size ? ERANGE : rump_copyout(start, ubuf, len);
	}
	rump_page_free(buf);
	return error ? -error : (long)len;
}

RUMP_SYSCALL3(getdents64, int, fd, void *, buf, unsigned, size)
{
	return getdents(fd, buf, size, 0);
}

RUMP_SYSCALL3(getdents, int, fd, void *, buf, unsigned, size)
{
	return getdents(fd, buf, size, 1);
}

RUMP_SYSCALL3(readlink, const char *, path, char *, buf, int, size)
{
	return k_readlinkat(AT_FDCWD, path, buf, size);
}

RUMP_SYSCALL4(readlinkat, int, dirfd, const char *, path, char *, buf,
    int, size)
{
	return k_readlinkat(dirfd, path, buf, size);
}

RUMP_SYSCALL1(chdir, const char *, path)
{
	return changedir(path, 0);
}

RUMP_SYSCALL1(chroot, const char *, path)
{
	return changedir(path, 1);
}

RUMP_SYSCALL1(fchdir, int, fd)
{
	return k_fchdir(fd);
}

RUMP_SYSCALL2(getcwd, char *, buf, unsigned long, size)
{
	return k_getcwd(buf, size);
}
