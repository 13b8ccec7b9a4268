/* SPDX-License-Identifier: BSD-2-Clause */
/* flags.c: fcntl(2) on what a file is: flags that may be set, write hints. */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <kern/syscall.h>
#include "vfs_private.h"

/* O_DIRECT makes packets of a pipe. */
static int
badflags(struct file *fp, int flags)
{
	struct vnode *vp = vfs_file_vnode(fp);

	return (flags & O_DIRECT) && fp->f_type != FT_PIPE &&
	    (vp == NULL || !vn_is(vp, S_IFREG)) ? EINVAL : 0;
}

static int
writehint(struct file *fp, int cmd, void *uarg)
{
	struct vnode *vp = vfs_file_vnode(fp);
	uint32_t uid = rump_cred_cur()->cr_fsuid;
	uint64_t hint;
	int error = 0;

	if (vp == NULL)
		return ENOSYS;
	if (cmd == F_GET_RW_HINT) {
		rump_rw_rdenter(&vp->v_lock);
		hint = (vp->v_flags & VF_HINT) / VF_HINT1;
		rump_rw_exit(&vp->v_lock);
		return rump_copyout(&hint, uarg, sizeof(hint));
	}
	if ((error = rump_copyin(uarg, &hint, sizeof(hint))) != 0)
		return error;
	if (hint > RWH_WRITE_LIFE_EXTREME)
		return EINVAL;
	rump_rw_wrenter(&vp->v_lock);
	if (uid != vp->v_uid && !rump_cred_has(rump_cred_cur(), CAP_FOWNER))
		error = EPERM;
	else
		vp->v_flags = (vp->v_flags & ~(uint32_t)VF_HINT) |
		    (uint32_t)hint * VF_HINT1;
	rump_rw_exit(&vp->v_lock);
	return error;
}

long
vfs_fcntl(struct file *fp, int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_SETFL:
		return -badflags(fp, (int)arg);
	case F_GETLEASE:
		return F_UNLCK;		/* there are none */
	case F_GET_RW_HINT:
	case F_SET_RW_HINT:
		return -writehint(fp, cmd, (void *)arg);
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return -EBADF;
	}
	return -EINVAL;
}
