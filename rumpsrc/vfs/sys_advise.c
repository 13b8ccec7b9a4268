/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_advise.c: calls that only advise: accepted where Linux accepts them.
 */
#include <asm/errno.h>
#include <linux/fadvise.h>
#include <linux/fcntl.h>

#include <kern/syscall.h>

#include "vfs_private.h"

/* EBADF, or ESPIPE for what has no offset. */
static int
checkfd(int fd)
{
	struct file *fp;
	int error;

	if ((error = rump_fd_get(fd, &fp)) != 0)
		return error;
	if (fp->f_ops->fo_seek == NULL)
		error = ESPIPE;
	rump_file_rele(fp);
	return error;
}

RUMP_SYSCALL4(fadvise64, int, fd, int64_t, off, size_t, len, int, advice)
{
	int error = checkfd(fd);

	(void)off;
	if (!error && ((int64_t)len < 0 || advice < POSIX_FADV_NORMAL ||
	    advice > POSIX_FADV_NOREUSE))
		error = EINVAL;
	return -error;
}

RUMP_SYSCALL3(readahead, int, fd, int64_t, off, size_t, len)
{
	struct vnode *vp;
	struct file *fp;
	int error;

	(void)off;
	(void)len;
	if ((error = rump_fd_get(fd, &fp)) != 0)
		return -error;
	vp = vfs_file_vnode(fp);
	if (!file_readable(fp))
		error = EBADF;
	else if (vp == NULL || (!vn_is(vp, S_IFREG) && !vn_is(vp, S_IFBLK)))
		error = EINVAL;
	rump_file_rele(fp);
	return -error;
}

RUMP_SYSCALL4(sync_file_range, int, fd, int64_t, off, int64_t, len,
    unsigned, flags)
{
	struct vnode *vp;
	int error = checkfd(fd);

	if (!error && (off < 0 || len < 0 || flags > 7))
		error = EINVAL;
	if (error || (error = vfs_fdvnode(fd, &vp)) != 0)
		return -error;
	if (vp->v_ops->vop_fsync != NULL) {
		rump_rw_wrenter(&vp->v_lock);
		error = vp->v_ops->vop_fsync(vp, 1);
		rump_rw_exit(&vp->v_lock);
	}
	vrele(vp);
	return -error;
}
