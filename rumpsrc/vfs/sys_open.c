/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_open.c: open, openat, openat2, creat.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>

#include <kern/log.h>
#include <kern/syscall.h>
#include <string.h>

#include <vfs/event.h>
#include "vfs_private.h"

#define OPEN_FLAGS	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | \
			O_APPEND | O_NONBLOCK | O_SYNC | FASYNC | O_DIRECT | \
			O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | \
			O_CLOEXEC | O_PATH | O_TMPFILE)
#define TMPFILE		(O_TMPFILE & ~O_DIRECTORY)

static int
wants(int flags)
{
	static const uint8_t mask[] = { 4, 2, 6, 6 };
	int m = mask[flags & O_ACCMODE];

	return flags & O_TRUNC ? m | 2 : m;
}

/* May this vnode be opened so?  Truncates when asked. */
static int
checkopen(struct vnode *vp, int flags, int made)
{
	int error = 0, want = wants(flags);

	if ((flags & (O_DIRECTORY | TMPFILE)) == O_DIRECTORY &&
	    !vn_is(vp, S_IFDIR))
		return ENOTDIR;
	if (flags & O_PATH)
		return 0;
	if (vn_is(vp, S_IFLNK))
		return ELOOP;
	if (vn_is(vp, S_IFDIR) && ((want & 2) || (flags & O_CREAT)))
		return EISDIR;
	if (made)
		return 0;
	if ((want & 2) && vn_is(vp, S_IFREG) && vfs_rofs(vp))
		return EROFS;
	rump_rw_rdenter(&vp->v_lock);
	error = vfs_access(vp, rump_cred_cur(), want);
	if (!error && (flags & O_NOATIME) &&
	    rump_cred_cur()->cr_fsuid != vp->v_uid)
		error = rump_capable(CAP_FOWNER);
	rump_rw_exit(&vp->v_lock);
	if (error || !(flags & O_TRUNC) || !vn_is(vp, S_IFREG))
		return error;
	rump_rw_wrenter(&vp->v_lock);
	error = vfs_settrunc(vp, 0);
	rump_rw_exit(&vp->v_lock);
	return error;
}

/* O_CREAT: the vnode, perhaps new. */
static int
opencreate(int dirfd, const char *path, int flags, int ni_flags,
    uint32_t mode, struct vnode **vpp, int *madep)
{
	struct vcreate vc = { .vc_mode = S_IFREG | (mode & 07777) };
	struct nameidata ni;
	int error;

	ni_flags |= flags & (O_NOFOLLOW | O_EXCL) ? 0 : NI_FOLLOW;
	do {
		error = vfs_namei(&ni, dirfd, path,
		    ni_flags | NI_PARENT | NI_CREATE);
		if (error)
			return error;
		*madep = 0;
		if (ni.ni_slash)
			error = EISDIR;
		else if (ni.ni_vp != NULL && (flags & O_EXCL))
			error = EEXIST;
		else if (ni.ni_vp != NULL)
			vref(*vpp = ni.ni_vp);
		else {
			error = vfs_makenode(&ni, &vc, vpp);
			*madep = error == 0;
		}
		vfs_nameifree(&ni);
		/* somebody else was faster: open theirs */
	} while (error == EEXIST && !(flags & O_EXCL));
	return error;
}

static int
opentmp(int dirfd, const char *path, int flags, int ni_flags, uint32_t mode,
    struct vnode **vpp)
{
	struct vnode *dvp, *vp;
	uint32_t gid;
	int error;

	ni_flags |= flags & O_NOFOLLOW ? 0 : NI_FOLLOW;
	if ((error = vfs_lookup(dirfd, path, ni_flags, &dvp)) != 0)
		return error;
	rump_rw_rdenter(&dvp->v_lock);
	if (!vn_is(dvp, S_IFDIR))
		error = ENOTDIR;
	else if ((error = vfs_rofs(dvp)) == 0)
		error = vfs_access(dvp, rump_cred_cur(), 3);
	rump_rw_exit(&dvp->v_lock);
	if (!error && dvp->v_ops->vop_anon == NULL)
		error = EOPNOTSUPP;
	gid = vfs_newgroup(dvp, &mode);
	if (!error)
		error = dvp->v_ops->vop_anon(dvp->v_mount, mode & 07777 &
		    ~vfs_umask(), &vp);
	vrele(dvp);
	if (error)
		return error;
	vp->v_uid = rump_cred_cur()->cr_fsuid;
	vp->v_gid = gid;
	vp->v_flags |= flags & O_EXCL ? 0 : VF_LINKABLE;
	*vpp = vp;
	return 0;
}

static int
install(struct vnode *vp, struct file *fp, int flags, int *fdp)
{
	int error;

	error = flags & O_DIRECT && !vn_is(vp, S_IFREG) &&
	    !vn_is(vp, S_IFBLK) ? EINVAL :
	    rump_fd_install(fp, 0, (flags & O_CLOEXEC) != 0, fdp);
	if (error)
		rump_file_rele(fp);
	return error;
}

/* ni_flags: what openat2 asks of the lookup. */
static long
doopen(int dirfd, const char *path, int flags, int ni_flags, uint32_t mode)
{
	struct vnode *vp = NULL;
	struct file *fp;
	int error, fd, made = 0;

	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	else
		flags |= O_LARGEFILE;	/* F_GETFL shows it */
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY) ||
	    (flags & TMPFILE && (!(flags & O_DIRECTORY) ||
	    (flags & O_ACCMODE) == O_RDONLY)))
		return -EINVAL;
	if (flags & TMPFILE) {
		made = 1;
		error = opentmp(dirfd, path, flags, ni_flags, mode, &vp);
	} else if (flags & O_CREAT)
		error = opencreate(dirfd, path, flags, ni_flags, mode, &vp,
		    &made);
	else
		error = vfs_lookup(dirfd, path, ni_flags |
		    (flags & O_NOFOLLOW ? 0 : NI_FOLLOW), &vp);
	if (error)
		return -error;
	if ((error = checkopen(vp, flags, made)) == 0 &&
	    (error = vfs_open(vp, flags, &fp)) == 0 &&
	    (error = install(vp, fp, flags, &fd)) == 0 && !(flags & O_PATH))
		vfs_event(vp, IN_OPEN);
	vrele(vp);
	return error ? -error : fd;
}

static long
k_openat(int dirfd, const char *path, int flags, uint32_t mode)
{
	return doopen(dirfd, path, flags & OPEN_FLAGS, 0, mode);
}

RUMP_RESTART4(openat, int, dirfd, const char *, path, int, flags,
    unsigned, mode)
{
	return k_openat(dirfd, path, flags, mode);
}

RUMP_RESTART3(open, const char *, path, int, flags, unsigned, mode)
{
	return k_openat(AT_FDCWD, path, flags, mode);
}

RUMP_SYSCALL2(creat, const char *, path, unsigned, mode)
{
	return k_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

#define OPENAT2_RESOLVE	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | \
			RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | \
			RESOLVE_IN_ROOT | RESOLVE_CACHED)

static int
resolve(uint64_t how)
{
	return (how & RESOLVE_NO_XDEV ? NI_NOXDEV : 0) |
	    (how & RESOLVE_NO_MAGICLINKS ? NI_NOMAGIC : 0) |
	    (how & RESOLVE_NO_SYMLINKS ? NI_NOLINKS : 0) |
	    (how & RESOLVE_BENEATH ? NI_BENEATH : 0) |
	    (how & RESOLVE_IN_ROOT ? NI_INROOT : 0);
}

/* As openat, but that nothing unknown is overlooked. */
RUMP_SYSCALL4(openat2, int, dirfd, const char *, path, void *, uhow,
    size_t, size)
{
	struct open_how how;
	const char *rest = (const char *)uhow + sizeof(how);
	char byte;
	size_t i;

	if (size < sizeof(how))
		return -EINVAL;
	if (rump_copyin(uhow, &how, sizeof(how)) != 0)
		return -EFAULT;
	for (i = 0; i < size - sizeof(how); i++) {
		if (size > 4096)
			return -E2BIG;
		if (rump_copyin(&rest[i], &byte, 1) != 0)
			return -EFAULT;
		if (byte != 0)
			return -E2BIG;
	}
	if (how.flags & ~(uint64_t)OPEN_FLAGS || how.mode & ~07777ULL ||
	    (how.mode != 0 && !(how.flags & O_CREAT) &&
	    (how.flags & O_TMPFILE) != O_TMPFILE))
		return -EINVAL;
	if ((how.flags & O_PATH && how.flags & ~(uint64_t)(O_PATH |
	    O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) ||
	    how.resolve & ~(uint64_t)OPENAT2_RESOLVE ||
	    (how.resolve & RESOLVE_BENEATH && how.resolve & RESOLVE_IN_ROOT))
		return -EINVAL;
	/* Nothing is ever cached that a lookup would have to wait for. */
	if (how.resolve & RESOLVE_CACHED && how.flags & (O_CREAT | O_TRUNC |
	    TMPFILE))
		return -EAGAIN;
	return doopen(dirfd, path, (int)how.flags, resolve(how.resolve),
	    (uint32_t)how.mode);
}
