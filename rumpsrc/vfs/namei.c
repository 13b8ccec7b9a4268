/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * namei.c: path lookup.  One directory is locked (shared) at a time; a
 * reference keeps the current one alive in between.  The path is copied in
 * first, so that it cannot change under the parser.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/securebits.h>

#include <kern/kmem.h>
#include <string.h>

#include "vfs_private.h"

static int
startdir(struct nameidata *ni, int dirfd, struct vnode **vpp)
{
	struct vnode *vp;
	struct file *fp;
	int error, abs;

	abs = ni->ni_buf[0] == '/' && !(ni->ni_flags & NI_INROOT);
	if (abs && ni->ni_flags & NI_BENEATH)
		return EXDEV;
	error = vfs_getcwd(!abs && dirfd == AT_FDCWD ? vpp : NULL,
	    &ni->ni_rootdir);
	if (error)
		return error;
	if (abs) {
		*vpp = ni->ni_rootdir;
		vref(*vpp);
	} else if (dirfd != AT_FDCWD) {
		if ((error = rump_fd_getany(dirfd, &fp)) != 0)
			return error;
		if ((vp = vfs_file_vnode(fp)) != NULL)
			vref(*vpp = vp);
		rump_file_rele(fp);
		return vp == NULL ? ENOTDIR : 0;
	}
	return 0;
}

/* The parent of a directory, over mount points, not above the root. */
static int
dotdot(struct nameidata *ni, struct vnode *cur, struct vnode **vpp)
{
	struct vnode *up;
	int error;

	if (cur == ni->ni_rootdir && ni->ni_flags & NI_BENEATH)
		return EXDEV;
	vref(cur);
	while (cur != ni->ni_rootdir && cur == cur->v_mount->m_root) {
		if ((up = cur->v_mount->m_covered) == NULL)
			break;
		vref(up);
		vrele(cur);
		cur = up;
	}
	if (cur == ni->ni_rootdir || cur == cur->v_mount->m_root) {
		vfs_cross(&cur);	/* as ".." does anywhere */
		*vpp = cur;
		return 0;
	}
	rump_rw_rdenter(&cur->v_lock);
	error = cur->v_ops->vop_lookup(cur, "..", 2, vpp);
	rump_rw_exit(&cur->v_lock);
	vrele(cur);
	if (!error)
		vfs_cross(vpp);
	return error;
}

static int
child(struct vnode *dvp, const char *name, size_t len, struct vnode **vpp)
{
	int cached = dvp->v_mount->m_options & MO_NAMECACHE;
	int error;

	if (cached && (error = nc_lookup(dvp, name, len, vpp)) != -1)
		return error;
	error = dvp->v_ops->vop_lookup(dvp, name, len, vpp);
	if (cached && (error == 0 || error == ENOENT))
		nc_enter(dvp, name, len, error ? NULL : *vpp);
	return error;
}

/* One component; checks that cur may be searched.  nolast: only that. */
static int
step(struct nameidata *ni, struct vnode *cur, const char *name, size_t len,
    int nolast, struct vnode **vpp)
{
	int error = 0;

	if (!vn_is(cur, S_IFDIR))
		return ENOTDIR;
	rump_rw_rdenter(&cur->v_lock);
	if (!(ni->ni_flags & NI_NOPERM))
		error = vfs_access(cur, ni->ni_cred, 1);
	if (error == 0 && nolast)
		error = ENOENT;
	else if (error == 0 && len > VFS_NAME_MAX)
		error = cur->v_nlink == 0 ? ENOENT : ENAMETOOLONG;
	else if (error == 0 && name[0] == '.' && len == 1)
		vref(*vpp = cur);
	else if (error == 0 && (len != 2 || name[0] != '.' || name[1] != '.'))
		error = child(cur, name, len, vpp);
	else if (error == 0) {
		rump_rw_exit(&cur->v_lock);
		return dotdot(ni, cur, vpp);
	}
	rump_rw_exit(&cur->v_lock);
	if (error == 0 && *vpp != cur)	/* "." stays below a mount */
		vfs_cross(vpp);
	return error;
}

/* Puts the target in front of the rest of the path. */
static int
expand(struct nameidata *ni, struct vnode *link, const char *rest)
{
	size_t tlen, rlen = strlen(rest);
	char *buf;
	int error;

	if (++ni->ni_loops > VFS_LOOP_MAX)
		return ELOOP;
	if ((buf = rump_page_alloc()) == NULL)
		return ENOMEM;
	rump_rw_rdenter(&link->v_lock);
	error = link->v_ops->vop_readlink(link, buf, VFS_PATH_MAX, &tlen);
	vfs_atime(link);
	rump_rw_exit(&link->v_lock);
	if (!error && tlen == 0)
		error = ENOENT;
	if (!error && tlen + rlen + 1 > VFS_PATH_MAX)
		error = ENAMETOOLONG;
	if (error) {
		rump_page_free(buf);
		return error;
	}
	memcpy(buf + tlen, rest, rlen + 1);
	rump_page_free(ni->ni_buf);
	ni->ni_buf = buf;
	return 0;
}

/*
 * *vpp is a link: the path goes on with what it says, then *vpp is NULL; or
 * with the file that it stands for.  The link's reference goes in any case.
 */
static int
followlink(struct nameidata *ni, struct vnode **vpp, const char *rest)
{
	struct vnode *link = *vpp;
	int error;

	*vpp = NULL;
	if (ni->ni_flags & NI_NOLINKS)
		error = ELOOP;
	else if (link->v_ops->vop_jump == NULL)
		error = expand(ni, link, rest);
	else if (ni->ni_flags & NI_NOMAGIC || ++ni->ni_loops > VFS_LOOP_MAX)
		error = ELOOP;
	else if (ni->ni_flags & (NI_BENEATH | NI_INROOT))
		error = EXDEV;
	else
		error = link->v_ops->vop_jump(link, vpp);
	vrele(link);
	return error;
}

/* A path that starts with a slash was met on the way. */
static int
toroot(struct nameidata *ni, struct vnode **curp)
{
	if (ni->ni_flags & NI_BENEATH || (ni->ni_flags & NI_NOXDEV &&
	    ni->ni_rootdir->v_mount != (*curp)->v_mount))
		return EXDEV;
	vrele(*curp);
	vref(*curp = ni->ni_rootdir);
	return 0;
}

static int
lasttype(const char *name, size_t len)
{
	if (name[0] != '.' || len > 2)
		return NI_NORM;
	if (len == 1)
		return NI_DOT;
	return name[1] == '.' ? NI_DOTDOT : NI_NORM;
}

/* The last component was looked up in cur; error 0 or ENOENT. */
static int
finish(struct nameidata *ni, struct vnode *cur, struct vnode *vp,
    const char *name, size_t len)
{
	ni->ni_vp = vp;
	ni->ni_name = name;
	ni->ni_namelen = len;
	ni->ni_lasttype = lasttype(name, len);
	if ((ni->ni_flags & NI_PARENT) && (ni->ni_lasttype == NI_NORM ||
	    (ni->ni_flags & NI_NOLAST)))
		ni->ni_dvp = cur;
	else
		vrele(cur);
	if (ni->ni_slash && vp != NULL && !vn_is(vp, S_IFDIR) &&
	    !(ni->ni_flags & NI_CREATE))
		return ENOTDIR;
	return 0;
}

static int
follows(struct nameidata *ni, struct vnode *vp, int last)
{
	if (!vn_is(vp, S_IFLNK))
		return 0;
	if (last && ni->ni_slash && (ni->ni_flags & NI_PARENT))
		return 0;
	return !last || (ni->ni_flags & NI_FOLLOW) || ni->ni_slash;
}

/* Takes over the reference of cur. */
static int
walk(struct nameidata *ni, struct vnode *cur)
{
	const char *p = ni->ni_buf, *name, *end;
	struct vnode *vp;
	int error, last, nolast;

	for (;;) {
		while (*p == '/')
			p++;
		if (*p == '\0') {
			*(ni->ni_flags & NI_NOLAST ? &ni->ni_dvp :
			    &ni->ni_vp) = cur;
			ni->ni_lasttype = NI_ROOT;
			return 0;
		}
		for (name = p; *p != '/' && *p != '\0'; p++)
			continue;
		for (end = p; *p == '/'; p++)
			continue;
		last = *p == '\0';
		ni->ni_slash = last && p != end;
		vp = NULL;
		nolast = last && ni->ni_flags & NI_NOLAST;
		error = step(ni, cur, name, end - name, nolast, &vp);
		if (error == ENOENT && (nolast || (last &&
		    (ni->ni_flags & NI_PARENT) &&
		    lasttype(name, end - name) == NI_NORM)))
			return finish(ni, cur, NULL, name, end - name);
		if (error)
			break;
		if (follows(ni, vp, last)) {
			error = followlink(ni, &vp, end);
			if (!error && vp == NULL) {
				p = ni->ni_buf;
				if (*p == '/')
					error = toroot(ni, &cur);
				if (!error)
					continue;
			}
		}
		if (!error && ni->ni_flags & NI_NOXDEV &&
		    vp->v_mount != cur->v_mount)
			error = EXDEV;
		if (error) {
			if (vp != NULL)
				vrele(vp);
			break;
		}
		if (last)
			return finish(ni, cur, vp, name, end - name);
		vrele(cur);
		cur = vp;
	}
	vrele(cur);
	return error;
}

static int
getpath(struct nameidata *ni, const char *path)
{
	size_t len;

	if ((ni->ni_buf = rump_page_alloc()) == NULL)
		return ENOMEM;
	if (!(ni->ni_flags & NI_KERNEL))
		return rump_copyinstr(path, ni->ni_buf, VFS_PATH_MAX, &len);
	if ((len = strlen(path)) >= VFS_PATH_MAX)
		return ENAMETOOLONG;
	memcpy(ni->ni_buf, path, len + 1);
	return 0;
}

void
vfs_realcred(struct cred *cr)
{
	rump_cred_copy(cr, rump_cred_cur());
	cr->cr_fsuid = cr->cr_ruid;
	cr->cr_fsgid = cr->cr_rgid;
	if ((cr->cr_secure & SECBIT_NO_SETUID_FIXUP) == 0)
		cr->cr_eff = cr->cr_ruid == 0 ? cr->cr_perm : 0;
}

int
vfs_namei(struct nameidata *ni, int dirfd, const char *path, int flags)
{
	struct vnode *start;
	struct cred real;
	int error;

	memset(ni, 0, sizeof(*ni));
	ni->ni_flags = flags;
	ni->ni_cred = rump_cred_cur();
	if (flags & NI_REAL) {
		vfs_realcred(&real);
		ni->ni_cred = &real;
	}
	if ((error = getpath(ni, path)) == 0 && ni->ni_buf[0] == '\0' &&
	    !(flags & NI_EMPTY))
		error = ENOENT;
	if (!error && (error = startdir(ni, dirfd, &start)) == 0) {
		if (flags & (NI_BENEATH | NI_INROOT)) {
			vrele(ni->ni_rootdir);
			vref(ni->ni_rootdir = start);
		}
		error = walk(ni, start);
	}
	if (error)
		vfs_nameifree(ni);
	return error;
}

void
vfs_nameifree(struct nameidata *ni)
{
	if (ni->ni_vp != NULL)
		vrele(ni->ni_vp);
	if (ni->ni_dvp != NULL)
		vrele(ni->ni_dvp);
	if (ni->ni_rootdir != NULL)
		vrele(ni->ni_rootdir);
	if (ni->ni_buf != NULL)
		rump_page_free(ni->ni_buf);
	ni->ni_vp = ni->ni_dvp = ni->ni_rootdir = NULL;
	ni->ni_buf = NULL;
}

int
vfs_lookup(int dirfd, const char *path, int flags, struct vnode **vpp)
{
	struct nameidata ni;
	int error;

	if ((error = vfs_namei(&ni, dirfd, path, flags)) != 0)
		return error;
	*vpp = ni.ni_vp;
	ni.ni_vp = NULL;
	vfs_nameifree(&ni);
	return 0;
}
