/* SPDX-License-Identifier: BSD-2-Clause */
/* inotify's system calls. */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include "inotify.h"

static long
in_make(int flags)
{
	struct in_inst *in;
	int error, fd;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if ((in = rump_kmem_zalloc(sizeof(*in))) == NULL)
		return -ENOMEM;
	error = rump_fd_open(FT_INOTIFY, &rump_in_fileops, in, O_RDONLY | flags,
	    &fd);
	if (error) {
		rump_kmem_free(in, sizeof(*in));
		return -error;
	}
	return fd;
}

RUMP_SYSCALL0(inotify_init)
{

	return in_make(0);
}

RUMP_SYSCALL1(inotify_init1, int, flags)
{

	return in_make(flags);
}

/* The instance of a descriptor; *fpp referenced. */
static int
in_byfd(int fd, struct file **fpp)
{
	int error = rump_fd_get(fd, fpp);

	if (error == 0 && (*fpp)->f_ops != &rump_in_fileops) {
		rump_file_rele(*fpp);
		error = EINVAL;
	}
	return error;
}

/* What is to be watched, referenced; it must be readable. */
static int
in_target(const char *path, uint32_t mask, struct vnode **vpp)
{
	int error;

	error = vfs_lookup(AT_FDCWD, path, mask & IN_DONT_FOLLOW ? 0 :
	    NI_FOLLOW, vpp);
	if (error)
		return error;
	rump_rw_rdenter(&(*vpp)->v_lock);
	error = mask & IN_ONLYDIR && !vn_is(*vpp, S_IFDIR) ? ENOTDIR :
	    vfs_access(*vpp, rump_cred_cur(), 4);
	rump_rw_exit(&(*vpp)->v_lock);
	if (error)
		vrele(*vpp);
	return error;
}

RUMP_SYSCALL3(inotify_add_watch, int, fd, const char *, path, uint32_t, mask)
{
	struct vnode *vp;
	struct file *fp;
	long wd;
	int error;

	if (mask == 0 || (mask & ~(uint32_t)(IN_ALL_EVENTS | IN_UNMOUNT |
	    IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR | IN_DONT_FOLLOW |
	    IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ISDIR |
	    IN_ONESHOT)))
		return -EINVAL;
	if ((error = in_byfd(fd, &fp)) != 0)
		return -error;
	if ((mask & IN_MASK_ADD) && (mask & IN_MASK_CREATE)) {
		rump_file_rele(fp);
		return -EINVAL;
	}
	if ((wd = -in_target(path, mask, &vp)) == 0) {
		wd = rump_in_add(fp->f_data, vp, mask);
		vrele(vp);
	}
	rump_file_rele(fp);
	return wd;
}

RUMP_SYSCALL2(inotify_rm_watch, int, fd, int, wd)
{
	struct file *fp;
	int error;

	if ((error = in_byfd(fd, &fp)) != 0)
		return -error;
	error = rump_in_remove(fp->f_data, wd);
	rump_file_rele(fp);
	return -error;
}
