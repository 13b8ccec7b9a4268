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

/* The first len bytes of path are a folder's. */
static int
where(const char *path, size_t len)
{
	static const char *const dirs[] = { "/bin", "/sbin", "/usr/bin",
	    "/usr/sbin", "/usr/local/bin", "/usr/local/sbin" };
	size_t i;

	if (len == 0 || (len == 1 && path[0] == '/'))
		return EF_ROOT;
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (strlen(dirs[i]) == len && memcmp(dirs[i], path, len) == 0)
			return EF_BINDIR;
	return EF_ELSEWHERE;
}

static int
dirwhere(struct vnode *dvp)
{
	struct vnode *dir, *root;
	char *buf, *start;
	int r = EF_ELSEWHERE;

	if (vfs_getcwd(&dir, &root) != 0)
		return r;
	if ((buf = rump_page_alloc()) != NULL) {
		if (vfs_getpath(dvp, root, buf, VFS_PATH_MAX, &start) == 0)
			r = where(start, strlen(start));
		rump_page_free(buf);
	}
	vrele(dir);
	vrele(root);
	return r;
}

/* Up to the last of n bytes that is a slash. */
static size_t
dirlen(const char *path, size_t n)
{

	while (n > 0 && path[n - 1] != '/')
		n--;
	return n;
}

/* A folder that is not there: programs may be in it all the same. */
static void
nodir(struct vfs_execfile *ef, const char *path, size_t len)
{
	size_t n = dirlen(path, len);

	if (len > 0 && path[0] == '/')
		ef->ef_where = where(path, n - 1);
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

	if (vfs_lookup(dirfd, path, NI_KERNEL, &vp) != 0) {
		nodir(ef, path, strlen(path));
		return;
	}
	if (vn_is(vp, S_IFLNK) &&
	    (buf = rump_kmem_alloc(VFS_PATH_MAX)) != NULL) {
		rump_rw_rdenter(&vp->v_lock);
		if (vp->v_ops->vop_readlink(vp, buf, VFS_PATH_MAX, &len) != 0)
			len = 0;
		rump_rw_exit(&vp->v_lock);
		at = dirlen(buf, len);
		name(ef, buf + at, len - at);
		ef->ef_where = EF_BINDIR;	/* the link says so, or: */
		if (len > 0 && buf[0] == '/')
			nodir(ef, buf, len);
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

	if ((error = vfs_fdplace(fd, &vp)) != 0)
		return error == EINVAL ? EACCES : error;	/* no file */
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
	ef->ef_where = EF_ELSEWHERE;
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
	if (ni.ni_lasttype == NI_NORM) {
		name(ef, ni.ni_name, ni.ni_namelen);
		ef->ef_where = dirwhere(ni.ni_dvp);
	}
	vfs_nameifree(&ni);
	return error;
}
