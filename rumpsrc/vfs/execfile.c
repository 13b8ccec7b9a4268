/* SPDX-License-Identifier: BSD-2-Clause */
/* What exec wants to know of a file. */
#include <asm/errno.h>
#include <string.h>

#include <kern/kmem.h>
#include <kern/str.h>
#include <vfs/execfile.h>
#include "vfs_private.h"

/* Caller has referenced the vnode. */
static int
head(struct vnode *vp, struct vfs_execfile *ef)
{
	struct rump_iovec iov = { ef->ef_head, sizeof(ef->ef_head) };
	struct uio uio = { .uio_iov = &iov, .uio_iovcnt = 1,
	    .uio_resid = sizeof(ef->ef_head) };
	int error;

	if (!vn_is(vp, S_IFREG))
		return EACCES;
	rump_rw_rdenter(&vp->v_lock);
	error = vfs_access(vp, rump_cred_cur(), 1);
	if (!error && (vp->v_mode & 0111) == 0)
		error = EACCES;
	if (!error)
		error = vp->v_ops->vop_read(vp, &uio);
	rump_rw_exit(&vp->v_lock);
	ef->ef_headlen = sizeof(ef->ef_head) - uio.uio_resid;
	return error;
}

static void
name(struct vfs_execfile *ef, const char *s, size_t len)
{

	if (len >= sizeof(ef->ef_name))
		return;
	memcpy(ef->ef_name, s, len);
	ef->ef_name[len] = '\0';
}

/*
 * The last component of what a symbolic link points to, whether its folder
 * exists or not.
 */
static void
linkname(int dirfd, const char *path, struct vfs_execfile *ef)
{
	struct vnode *vp;
	size_t len = 0, at;
	char *buf;

	if (vfs_lookup(dirfd, path, NI_KERNEL, &vp) != 0)
		return;
	if (vn_is(vp, S_IFLNK) &&
	    (buf = rump_kmem_alloc(VFS_PATH_MAX)) != NULL) {
		rump_rw_rdenter(&vp->v_lock);
		if (vp->v_ops->vop_readlink(vp, buf, VFS_PATH_MAX, &len) != 0)
			len = 0;
		rump_rw_exit(&vp->v_lock);
		for (at = len; at > 0 && buf[at - 1] != '/'; at--)
			continue;
		name(ef, buf + at, len - at);
		rump_kmem_free(buf, VFS_PATH_MAX);
	}
	vrele(vp);
}

/* ENOENT: it has none any more. */
int
vfs_execfd(int fd, char *path, size_t size)
{
	struct vnode *vp, *dir, *root;
	char *buf, *start;
	int error;

	if ((error = vfs_fdvnode(fd, &vp)) != 0)
		return error;
	if ((buf = rump_page_alloc()) == NULL) {
		vrele(vp);
		return ENOMEM;
	}
	if ((error = vfs_getcwd(&dir, &root)) == 0) {
		error = vfs_getpath(vp, root, buf, VFS_PATH_MAX, &start);
		vrele(dir);
		vrele(root);
	}
	if (error == 0 && strlcpy(path, start, size) >= size)
		error = ENAMETOOLONG;
	rump_page_free(buf);
	vrele(vp);
	return error;
}

int
vfs_execfile(int dirfd, const char *path, struct vfs_execfile *ef)
{
	struct nameidata ni;
	int error;

	ef->ef_name[0] = '\0';
	error = vfs_namei(&ni, dirfd, path, NI_FOLLOW | NI_PARENT | NI_KERNEL);
	if (error == ENOENT)
		linkname(dirfd, path, ef);
	if (error)
		return error;
	if (ni.ni_lasttype != NI_NORM)
		error = EACCES;		/* a directory */
	else if (ni.ni_vp == NULL)
		error = ENOENT;
	else if (ni.ni_slash && !vn_is(ni.ni_vp, S_IFDIR))
		error = ENOTDIR;
	else
		error = head(ni.ni_vp, ef);
	if (ni.ni_lasttype == NI_NORM)
		name(ef, ni.ni_name, ni.ni_namelen);
	vfs_nameifree(&ni);
	return error;
}
