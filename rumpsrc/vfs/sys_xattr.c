/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_xattr.c: extended attributes (xattr(7)): user., trusted., security. on
 * file systems that keep them.  A value is copied in before, and out after
 * the vnode's lock was held.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/xattr.h>

#include <kern/clock.h>
#include <kern/kmem.h>
#include <kern/syscall.h>
#include <string.h>
#include <vfs/event.h>

#include "vfs_private.h"

#define NOFOLLOW	AT_SYMLINK_NOFOLLOW
#define NOPATH		((const char *)-1)	/* the descriptor's file */

static int
prefix(const char *name, const char *p)
{
	return strncmp(name, p, strlen(p)) == 0;
}

/* Caller frees the buffer, XATTR_NAME_MAX + 1 bytes, whatever is returned. */
static int
getname(const char *uname, char **namep)
{
	int error;

	if ((*namep = rump_kmem_alloc(XATTR_NAME_MAX + 1)) == NULL)
		return ENOMEM;
	error = rump_copyinstr(uname, *namep, XATTR_NAME_MAX + 1, NULL);
	if (error == ENAMETOOLONG || (!error && **namep == '\0'))
		error = ERANGE;
	return error;
}

static void
putname(char *name)
{
	if (name != NULL)
		rump_kmem_free(name, XATTR_NAME_MAX + 1);
}

/* Caller holds v_lock. */
static int
permitted(struct vnode *vp, const char *name, int write)
{
	const struct cred *cr = rump_cred_cur();
	int error;

	if (write && (error = vfs_rofs(vp)) != 0)
		return error;
	if (prefix(name, XATTR_TRUSTED_PREFIX)) {
		if (!rump_cred_has(cr, CAP_SYS_ADMIN))
			return write ? EPERM : ENODATA;
	} else if (prefix(name, XATTR_SECURITY_PREFIX)) {
		return !write ? 0 : rump_capable(strcmp(name,
		    XATTR_NAME_CAPS) == 0 ? CAP_SETFCAP : CAP_SYS_ADMIN);
	} else if (prefix(name, XATTR_USER_PREFIX)) {
		if (!vn_is(vp, S_IFREG) && !vn_is(vp, S_IFDIR))
			return write ? EPERM : ENODATA;
		if (write && vn_is(vp, S_IFDIR) && (vp->v_mode & S_ISVTX) &&
		    cr->cr_fsuid != vp->v_uid &&
		    !rump_cred_has(cr, CAP_FOWNER))
			return EPERM;
		return vfs_access(vp, cr, write ? 2 : 4);
	} else
		return EOPNOTSUPP;
	/* a name is more than its name space */
	return 0;
}

static int
badname(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL && dot[1] == '\0' && (prefix(name,
	    XATTR_USER_PREFIX) || prefix(name, XATTR_TRUSTED_PREFIX) ||
	    prefix(name, XATTR_SECURITY_PREFIX)) ? EINVAL : 0;
}

static int
set(struct vnode *vp, const char *name, const void *value, size_t size,
    int flags)
{
	int error;

	if (vp->v_ops->vop_setxattr == NULL)
		return EOPNOTSUPP;
	rump_rw_wrenter(&vp->v_lock);
	if ((error = permitted(vp, name, 1)) == 0 &&
	    (error = badname(name)) == 0)
		error = vp->v_ops->vop_setxattr(vp, name, value, size, flags);
	if (!error)
		vp->v_ctime = rump_walltime();
	rump_rw_exit(&vp->v_lock);
	if (!error)
		vfs_event(vp, IN_ATTRIB);
	return error;
}

/* --- by name, by descriptor --- */
static int
byfd(int fd, struct vnode **vpp)
{
	struct file *fp;
	int error;

	if ((error = rump_fd_get(fd, &fp)) != 0)
		return error;
	*vpp = vfs_file_vnode(fp);
	if (*vpp == NULL)
		error = EOPNOTSUPP;
	else
		vref(*vpp);
	rump_file_rele(fp);
	return error;
}

static int
find(int fd, const char *path, int atflags, struct vnode **vpp)
{
	return path == NOPATH ? byfd(fd, vpp) :
	    vfs_lookupat(AT_FDCWD, path, atflags, vpp);
}

/* Copies all in before it looks for the file, as Linux. */
static long
setat(int fd, const char *path, int atflags, const char *uname,
    const void *uvalue, size_t size, int flags, int remove)
{
	char *name = NULL, *value = NULL;
	struct vnode *vp;
	int error;

	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	if ((error = getname(uname, &name)) == 0 && size > XATTR_SIZE_MAX)
		error = E2BIG;
	if (!error && !remove) {
		if ((value = rump_kmem_alloc(size + 1)) == NULL)
			error = ENOMEM;
		else if (size > 0)
			error = rump_copyin(uvalue, value, size);
	}
	if (!error && (error = find(fd, path, atflags, &vp)) == 0) {
		error = set(vp, name, value, size, flags);
		vrele(vp);
	}
	if (value != NULL)
		rump_kmem_free(value, size + 1);
	putname(name);
	return -error;
}

static int
get(struct vnode *vp, const char *name, void *buf, size_t size, size_t *lenp)
{
	int error;

	if (vp->v_ops->vop_getxattr == NULL)
		return EOPNOTSUPP;
	rump_rw_rdenter(&vp->v_lock);
	if ((error = permitted(vp, name, 0)) == 0 &&
	    (error = badname(name)) == 0)
		error = vp->v_ops->vop_getxattr(vp, name, buf, size, lenp);
	rump_rw_exit(&vp->v_lock);
	return error;
}

static long
getat(int fd, const char *path, int atflags, const char *uname, void *uvalue,
    size_t size)
{
	char *name = NULL, *value;
	struct vnode *vp;
	size_t len = 0;
	int error;

	if (size > XATTR_SIZE_MAX)
		size = XATTR_SIZE_MAX;
	if ((value = rump_kmem_alloc(size + 1)) == NULL)
		return -ENOMEM;
	if ((error = getname(uname, &name)) == 0 &&
	    (error = find(fd, path, atflags, &vp)) == 0) {
		error = get(vp, name, value, size, &len);
		vrele(vp);
	}
	if (!error && size > 0)
		error = len > size ? ERANGE : len > 0 ?
		    rump_copyout(value, uvalue, len) : 0;
	rump_kmem_free(value, size + 1);
	putname(name);
	return error ? -error : (long)len;
}

struct listing {
	char		*li_buf;
	size_t		 li_size, li_len;
	int		 li_super;
};

static int
listone(void *arg, const char *name)
{
	struct listing *li = arg;
	size_t n = strlen(name) + 1;

	if (prefix(name, XATTR_TRUSTED_PREFIX) && !li->li_super)
		return 0;
	if (li->li_size != 0) {
		if (n > li->li_size - li->li_len)
			return ERANGE;
		memcpy(li->li_buf + li->li_len, name, n);
	}
	li->li_len += n;
	return li->li_len > XATTR_LIST_MAX ? E2BIG : 0;
}

static long
dolist(struct vnode *vp, char *ulist, size_t size)
{
	struct listing li = { .li_super = rump_capable(CAP_SYS_ADMIN) == 0 };
	int error;

	if (vp->v_ops->vop_listxattr == NULL)
		return size == 0 || ulist != NULL ? 0 : -EFAULT;
	li.li_size = size < XATTR_LIST_MAX ? size : XATTR_LIST_MAX;
	if ((li.li_buf = rump_kmem_alloc(li.li_size + 1)) == NULL)
		return -ENOMEM;
	rump_rw_rdenter(&vp->v_lock);
	error = vp->v_ops->vop_listxattr(vp, listone, &li);
	rump_rw_exit(&vp->v_lock);
	if (!error && size > 0 && li.li_len > 0)
		error = rump_copyout(li.li_buf, ulist, li.li_len);
	rump_kmem_free(li.li_buf, li.li_size + 1);
	return error ? -error : (long)li.li_len;
}

static long
listat(int fd, const char *path, int atflags, char *list, size_t size)
{
	struct vnode *vp;
	long r;

	if ((r = -find(fd, path, atflags, &vp)) != 0)
		return r;
	r = dolist(vp, list, size);
	vrele(vp);
	return r;
}

RUMP_SYSCALL5(setxattr, const char *, path, const char *, name, const void *,
    value, size_t, size, int, flags)
{
	return setat(-1, path, 0, name, value, size, flags, 0);
}

RUMP_SYSCALL5(lsetxattr, const char *, path, const char *, name, const void *,
    value, size_t, size, int, flags)
{
	return setat(-1, path, NOFOLLOW, name, value, size, flags, 0);
}

RUMP_SYSCALL5(fsetxattr, int, fd, const char *, name, const void *, value,
    size_t, size, int, flags)
{
	return setat(fd, NOPATH, 0, name, value, size, flags, 0);
}

RUMP_SYSCALL4(getxattr, const char *, path, const char *, name, void *, value,
    size_t, size)
{
	return getat(-1, path, 0, name, value, size);
}

RUMP_SYSCALL4(lgetxattr, const char *, path, const char *, name, void *,
    value, size_t, size)
{
	return getat(-1, path, NOFOLLOW, name, value, size);
}

RUMP_SYSCALL4(fgetxattr, int, fd, const char *, name, void *, value,
    size_t, size)
{
	return getat(fd, NOPATH, 0, name, value, size);
}

RUMP_SYSCALL3(listxattr, const char *, path, char *, list, size_t, size)
{
	return listat(-1, path, 0, list, size);
}

RUMP_SYSCALL3(llistxattr, const char *, path, char *, list, size_t, size)
{
	return listat(-1, path, NOFOLLOW, list, size);
}

RUMP_SYSCALL3(flistxattr, int, fd, char *, list, size_t, size)
{
	return listat(fd, NOPATH, 0, list, size);
}

RUMP_SYSCALL2(removexattr, const char *, path, const char *, name)
{
	return setat(-1, path, 0, name, NULL, 0, 0, 1);
}

RUMP_SYSCALL2(lremovexattr, const char *, path, const char *, name)
{
	return setat(-1, path, NOFOLLOW, name, NULL, 0, 0, 1);
}

RUMP_SYSCALL2(fremovexattr, int, fd, const char *, name)
{
	return setat(fd, NOPATH, 0, name, NULL, 0, 0, 1);
}
