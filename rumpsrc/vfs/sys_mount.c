/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_mount.c: mount, umount2, sync, syncfs.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/mount.h>

#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/syscall.h>
#include <string.h>

#include "vfs_private.h"

#define UMOUNT_FORCE	1
#define UMOUNT_DETACH	2
#define UMOUNT_NOFOLLOW	8
#define MOUNT_KEEP	(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | \
			MS_NOATIME | MS_NODIRATIME | MS_SYNCHRONOUS)

static int
remount(struct vnode *vp, unsigned long flags)
{
	if (vp != vp->v_mount->m_root)
		return EINVAL;
	if (flags & MS_RDONLY && __atomic_load_n(&vp->v_mount->m_writers,
	    __ATOMIC_RELAXED) != 0)
		return EBUSY;
	__atomic_store_n(&vp->v_mount->m_flags, flags & MOUNT_KEEP,
	    __ATOMIC_RELAXED);
	return 0;
}

/* A user's string in buf; NULL is allowed and stays NULL. */
static int
optstring(const char *ustr, char *buf, size_t size, const char **strp)
{
	*strp = NULL;
	if (ustr == NULL)
		return 0;
	*strp = buf;
	return rump_copyinstr(ustr, buf, size, NULL);
}

/* The strings are in one page: type, source, options. */
static int
domount(struct vnode *vp, char *page, const char *usource,
    const char *utype, unsigned long flags, const char *udata)
{
	const char *type, *source, *data;
	int error;

	if ((error = optstring(utype, page, 64, &type)) != 0 ||
	    (error = optstring(usource, page + 64, 1984, &source)) != 0 ||
	    (error = optstring(udata, page + 2048, 2048, &data)) != 0)
		return error;
	if (type == NULL || (flags & (MS_BIND | MS_MOVE)))
		return EINVAL;
	return vfs_mount(type, source, vp, flags & MOUNT_KEEP, data);
}

static long
k_mount(const char *source, const char *target, const char *type,
    unsigned long flags, const char *data)
{
	struct vnode *vp;
	char *page;
	int error;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(unsigned long)MS_MGC_MSK;
	if ((error = vfs_lookup(AT_FDCWD, target, NI_FOLLOW, &vp)) != 0)
		return -error;
	page = NULL;
	if (rump_capable(CAP_SYS_ADMIN))
		error = EPERM;
	else if ((page = rump_page_alloc()) == NULL)
		error = ENOMEM;
	else if (flags & MS_REMOUNT)
		error = remount(vp, flags);
	else
		error = domount(vp, page, source, type, flags, data);
	if (page != NULL)
		rump_page_free(page);
	vrele(vp);
	return -error;
}

static long
k_umount2(const char *target, int flags)
{
	struct vnode *vp;
	int error;

	if (flags & ~(UMOUNT_FORCE | UMOUNT_DETACH | UMOUNT_NOFOLLOW))
		return -EINVAL;
	error = vfs_lookup(AT_FDCWD, target, flags & UMOUNT_NOFOLLOW ? 0 :
	    NI_FOLLOW, &vp);
	if (error)
		return -error;
	if (rump_capable(CAP_SYS_ADMIN)) {
		vrele(vp);
		return -EPERM;
	}
	return -vfs_unmount(vp, (flags & UMOUNT_DETACH) != 0);
}

static long
k_sync(void)
{
	struct mount *mp;

	rump_rw_rdenter(&vfs_mount_lock);
	for (mp = vfs_mounts; mp != NULL; mp = mp->m_next)
		if (mp->m_type->ft_sync != NULL)
			mp->m_type->ft_sync(mp);
	rump_rw_exit(&vfs_mount_lock);
	return 0;
}

static long
k_syncfs(int fd)
{
	struct vnode *vp;
	int error;

	if ((error = vfs_fdvnode(fd, &vp)) != 0)
		return error == EINVAL ? 0 : -error;
	if (vp->v_mount->m_type->ft_sync != NULL)
		error = vp->v_mount->m_type->ft_sync(vp->v_mount);
	vrele(vp);
	return -error;
}

RUMP_SYSCALL5(mount, const char *, source, const char *, target,
    const char *, type, unsigned long, flags, const void *, data)
{
	return k_mount(source, target, type, flags, data);
}

RUMP_SYSCALL2(umount2, const char *, target, int, flags)
{
	return k_umount2(target, flags);
}

RUMP_SYSCALL0(sync)
{
	return k_sync();
}

RUMP_SYSCALL1(syncfs, int, fd)
{
	return k_syncfs(fd);
}
