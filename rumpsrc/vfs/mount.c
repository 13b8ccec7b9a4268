/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mount.c: file system types and the table of mounts.  The root is mounted
 * at the first path lookup, so a program that opens nothing pays nothing.
 *
 * vfs_mount_lock guards the lists and v_mountedhere; it is taken after vnode
 * locks and held over nothing that blocks but ft_unmount.  root_lock is
 * outermost: the mounts at the start run under it.
 */
#include <asm/errno.h>
#include <linux/mount.h>

#include <rump/component.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <vfs/vfs.h>
#include <string.h>

#include "vfs_private.h"

struct rump_rwlock vfs_mount_lock;
struct mount *vfs_mounts;			/* [vfs_mount_lock] */
static struct fstype *fstypes;			/* [vfs_mount_lock] */
static struct vnode *rootvnode;			/* [a] set once */
static struct rump_mutex root_lock;
static uint64_t nextdev = 0x20;			/* [vfs_mount_lock] */

void
vfs_register(struct fstype *ft)
{
	rump_rw_wrenter(&vfs_mount_lock);
	ft->ft_next = fstypes;
	fstypes = ft;
	rump_rw_exit(&vfs_mount_lock);
}

static const struct fstype *
findtype(const char *name)
{
	struct fstype *ft;

	rump_rw_rdenter(&vfs_mount_lock);
	for (ft = fstypes; ft != NULL; ft = ft->ft_next)
		if (strcmp(ft->ft_name, name) == 0)
			break;
	rump_rw_exit(&vfs_mount_lock);
	return ft;
}

const char *
vfs_typename(unsigned n)
{
	const struct fstype *ft;

	rump_rw_rdenter(&vfs_mount_lock);
	for (ft = fstypes; ft != NULL && n > 0; ft = ft->ft_next)
		n--;
	rump_rw_exit(&vfs_mount_lock);
	return ft != NULL ? ft->ft_name : NULL;
}

int
vfs_getmounts(struct mount ***mpp, size_t *np)
{
	struct mount *mp, **all;
	size_t n, i;

	rump_rw_rdenter(&vfs_mount_lock);
	for (n = 0, mp = vfs_mounts; mp != NULL; mp = mp->m_next)
		n++;
	all = rump_kmem_alloc(n * sizeof(*all));
	for (i = n, mp = vfs_mounts; all != NULL && mp != NULL;
	    mp = mp->m_next) {
		vref(mp->m_root);
		all[--i] = mp;
	}
	rump_rw_exit(&vfs_mount_lock);
	*mpp = all;
	*np = n;
	return all != NULL ? 0 : ENOMEM;
}

static void
freemount(struct mount *mp)
{
	if (mp->m_source != NULL)
		rump_kmem_free(mp->m_source, strlen(mp->m_source) + 1);
	rump_kmem_free(mp, sizeof(*mp));
}

/* covered NULL: the root.  Takes a reference of covered. */
int
vfs_mount(const char *type, const char *source, struct vnode *covered,
    uint32_t flags, const char *data)
{
	const struct fstype *ft;
	struct mount *mp;
	int error;

	if ((ft = findtype(type)) == NULL)
		return ENODEV;
	if (covered != NULL && !vn_is(covered, S_IFDIR))
		return ENOTDIR;
	if ((mp = rump_kmem_zalloc(sizeof(*mp))) == NULL)
		return ENOMEM;
	mp->m_type = ft;
	mp->m_flags = flags;
	mp->m_covered = covered;
	if (source != NULL && (mp->m_source = rump_strdup(source,
	    VFS_PATH_MAX)) == NULL) {
		freemount(mp);
		return ENOMEM;
	}
	mp->m_dev = __atomic_fetch_add(&nextdev, 1, __ATOMIC_RELAXED);
	if ((error = ft->ft_mount(mp, source, data)) != 0) {
		freemount(mp);
		return error;
	}
	rump_rw_wrenter(&vfs_mount_lock);
	if (covered != NULL && covered->v_mountedhere != NULL) {
		rump_rw_exit(&vfs_mount_lock);
		ft->ft_unmount(mp);
		freemount(mp);
		return EBUSY;
	}
	if (covered != NULL) {
		vref(covered);
		__atomic_store_n(&covered->v_mountedhere, mp,
		    __ATOMIC_RELEASE);
	}
	mp->m_next = vfs_mounts;
	vfs_mounts = mp;
	rump_rw_exit(&vfs_mount_lock);
	return 0;
}

void
vfs_cross(struct vnode **vpp)
{
	struct vnode *vp = *vpp, *root;

	while (__atomic_load_n(&vp->v_mountedhere, __ATOMIC_ACQUIRE) != NULL) {
		rump_rw_rdenter(&vfs_mount_lock);
		root = NULL;
		if (vp->v_mountedhere != NULL) {
			root = vp->v_mountedhere->m_root;
			vref(root);
		}
		rump_rw_exit(&vfs_mount_lock);
		if (root == NULL)
			break;
		vrele(vp);
		vp = root;
	}
	*vpp = vp;
}

static void
unlink_mount(struct mount *mp)
{
	struct mount **mpp;

	for (mpp = &vfs_mounts; *mpp != mp; mpp = &(*mpp)->m_next)
		continue;
	*mpp = mp->m_next;
	__atomic_store_n(&mp->m_covered->v_mountedhere, NULL,
	    __ATOMIC_RELEASE);
}

/*
 * vp is the root of a mount, its reference the only one the caller has; it
 * is dropped.  detach: out of sight now; memory of a mount that is still in
 * use then stays until the end.
 */
int
vfs_unmount(struct vnode *vp, int detach)
{
	struct mount *mp = vp->v_mount;
	struct vnode *covered = mp->m_covered;
	int error = 0;

	if (vp != mp->m_root || covered == NULL) {
		vrele(vp);
		return EINVAL;
	}
	nc_purge_mount(mp);
	rump_rw_wrenter(&vfs_mount_lock);
	vrele(vp);
	if (covered->v_mountedhere != mp)
		error = EINVAL;
	else {
		/* nobody comes in any more: the lock is ours */
		if (__atomic_load_n(&mp->m_refs, __ATOMIC_ACQUIRE) != 0)
			error = EBUSY;
		if (!error || detach)
			unlink_mount(mp);
	}
	rump_rw_exit(&vfs_mount_lock);
	if (error)
		return detach && error == EBUSY ? 0 : error;
	mp->m_type->ft_unmount(mp);
	freemount(mp);
	vrele(covered);
	return 0;
}

/* A directory below the new root, made when it is not there. */
static int
rootdir(struct vnode *root, const char *name, uint32_t mode,
    struct vnode **vpp)
{
	struct vcreate vc = { .vc_mode = S_IFDIR | mode };
	size_t len = strlen(name);
	int error;

	rump_rw_wrenter(&root->v_lock);
	error = root->v_ops->vop_lookup(root, name, len, vpp);
	if (error == ENOENT)
		error = root->v_ops->vop_create(root, name, len, &vc, vpp);
	rump_rw_exit(&root->v_lock);
	return error;
}

static void
mountdir(struct vnode *root, const char *name, const char *type)
{
	struct vnode *vp;
	int error;

	if (rootdir(root, name, 0755, &vp) != 0)
		return;
	error = vfs_mount(type, NULL, vp, 0, NULL);
	if (error && error != ENODEV)
		rump_printf("vfs: no /%s, error %d\n", name, error);
	vrele(vp);
}

static int
mountroot(void)
{
	struct vnode *root, *vp;
	int error;

	error = vfs_mount("rootfs", NULL, NULL, 0, NULL);
	if (error == ENODEV || error == ENOENT)
		error = vfs_mount("tmpfs", NULL, NULL, 0, "mode=755");
	if (error)
		return error;
	root = vfs_mounts->m_root;
	if (rootdir(root, "tmp", 01777, &vp) == 0)
		vrele(vp);
	mountdir(root, "dev", "devfs");
	if (findtype("proc") != NULL)
		mountdir(root, "proc", "proc");
	__atomic_store_n(&rootvnode, root, __ATOMIC_RELEASE);
	return 0;
}

int
vfs_root(struct vnode **vpp)
{
	struct vnode *vp;
	int error = 0;

	vp = __atomic_load_n(&rootvnode, __ATOMIC_ACQUIRE);
	if (vp == NULL) {
		rump_mutex_enter(&root_lock);
		if (rootvnode == NULL && (error = mountroot()) != 0)
			rump_printf("vfs: no root, error %d\n", error);
		vp = rootvnode;
		rump_mutex_exit(&root_lock);
		if (error)
			return error;
	}
	vref(vp);
	*vpp = vp;
	return 0;
}

RUMP_COMPONENT(vfs, RUMP_FACTION_VFS)
{
	vfs_cwd_init();
	vfs_locks_init();
	return 0;
}
