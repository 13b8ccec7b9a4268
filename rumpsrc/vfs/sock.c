/* SPDX-License-Identifier: BSD-2-Clause */
/* sock.c: socket nodes, for AF_UNIX. */
#include <asm/errno.h>
#include <linux/fcntl.h>

#include <vfs/vfs_sock.h>

#include "vfs_private.h"

int
rump_vfs_sock_bind(const char *path, struct vnode **vpp)
{
	struct vcreate vc = { .vc_mode = S_IFSOCK | 0777 };
	struct nameidata ni;
	int error;

	error = vfs_namei(&ni, AT_FDCWD, path,
	    NI_PARENT | NI_CREATE | NI_KERNEL);
	if (error)
		return error;
	error = vfs_makenode(&ni, &vc, vpp);
	vfs_nameifree(&ni);
	return error == EEXIST ? EADDRINUSE : error;
}

int
rump_vfs_sock_lookup(const char *path, struct vnode **vpp)
{
	struct vnode *vp;
	int error;

	error = vfs_lookup(AT_FDCWD, path, NI_FOLLOW | NI_KERNEL, &vp);
	if (error)
		return error;
	rump_rw_rdenter(&vp->v_lock);
	error = vfs_access(vp, rump_cred_cur(), 2);
	rump_rw_exit(&vp->v_lock);
	if (error == 0 && !vn_is(vp, S_IFSOCK))
		error = ECONNREFUSED;
	if (error)
		vrele(vp);
	else
		*vpp = vp;
	return error;
}

void
rump_vfs_sock_rele(struct vnode *vp)
{

	vrele(vp);
}
