/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * devfs.c: the nodes below /dev.  A devfs is a tmpfs that is filled with a
 * node for each registered device when it is mounted; programs may add links
 * and directories.  Drivers that register later get their node at once.
 *
 * dev_lock guards the list and the mount; v_lock is taken under it.
 */
#include <asm/errno.h>

#include <rump/component.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <vfs/tmpfs.h>
#include <string.h>

#include "devfs_private.h"

static struct rump_mutex dev_lock;
static const struct devnode *devices;		/* [a] new ones in front */
static struct mount *devmount;			/* [dev_lock] the first */

static const struct devnode *
finddev(uint32_t mode, uint64_t rdev)
{
	const struct devnode *dn;

	dn = __atomic_load_n(&devices, __ATOMIC_ACQUIRE);
	for (; dn != NULL; dn = dn->dn_next)
		if (dn->dn_rdev == rdev &&
		    ((dn->dn_mode ^ mode) & S_IFMT) == 0)
			break;
	return dn;
}

/* A directory of mp, made when it is not there; name is not terminated. */
static int
makedir(struct mount *mp, const char *name, size_t len, struct vnode **vpp)
{
	struct vcreate vc = { .vc_mode = S_IFDIR | 0755 };
	struct vnode *root = mp->m_root;
	int error;

	rump_rw_wrenter(&root->v_lock);
	error = root->v_ops->vop_lookup(root, name, len, vpp);
	if (error == ENOENT)
		error = root->v_ops->vop_create(root, name, len, &vc, vpp);
	rump_rw_exit(&root->v_lock);
	return error;
}

/* The directory of a name below /dev, and what is left of the name. */
static int
parent(struct mount *mp, const char **namep, struct vnode **vpp)
{
	const char *slash = strchr(*namep, '/'), *dir = *namep;

	if (slash == NULL) {
		vref(*vpp = mp->m_root);
		return 0;
	}
	*namep = slash + 1;
	return makedir(mp, dir, (size_t)(slash - dir), vpp);
}

static int
makenode(struct mount *mp, const char *name, const struct vcreate *vc)
{
	struct vnode *dvp, *vp = NULL;
	size_t len;
	int error;

	if ((error = parent(mp, &name, &dvp)) != 0)
		return error;
	len = strlen(name);
	rump_rw_wrenter(&dvp->v_lock);
	error = dvp->v_ops->vop_lookup(dvp, name, len, &vp);
	if (error == ENOENT)
		error = dvp->v_ops->vop_create(dvp, name, len, vc, &vp);
	rump_rw_exit(&dvp->v_lock);
	if (vp != NULL)
		vrele(vp);
	vrele(dvp);
	return error;
}

static int
makedev(struct mount *mp, const char *name, uint32_t mode, uint64_t rdev)
{
	struct vcreate vc = { .vc_mode = mode, .vc_rdev = rdev };

	return makenode(mp, name, &vc);
}

static int
makelink(struct mount *mp, const char *name, const char *target)
{
	struct vcreate vc = { .vc_mode = S_IFLNK | 0777,
		.vc_target = target, .vc_targetlen = strlen(target) };

	return makenode(mp, name, &vc);
}

static void
hook(struct devnode *dn)
{
	dn->dn_next = devices;
	__atomic_store_n(&devices, dn, __ATOMIC_RELEASE);
}

int
rump_devfs_add(const char *name, uint32_t mode, uint64_t rdev,
    const struct devops *ops, void *arg)
{
	struct devnode *dn;
	int error = 0;

	if ((mode & S_IFMT) != S_IFCHR && (mode & S_IFMT) != S_IFBLK)
		return EINVAL;
	if ((dn = rump_kmem_alloc(sizeof(*dn))) == NULL)
		return ENOMEM;
	*dn = (struct devnode){ name, mode, rdev, ops, arg, NULL };
	rump_mutex_enter(&dev_lock);
	hook(dn);
	if (devmount != NULL)
		error = makedev(devmount, name, mode, rdev);
	rump_mutex_exit(&dev_lock);
	return error;
}

/* Caller holds nothing of ours; before the mount there is nothing to show. */
int
rump_devfs_show(const char *name, uint32_t mode, uint64_t rdev, uint32_t uid,
    uint32_t gid)
{
	struct vcreate vc = { .vc_mode = mode, .vc_rdev = rdev,
		.vc_uid = uid, .vc_gid = gid };
	int error = 0;

	rump_mutex_enter(&dev_lock);
	if (devmount != NULL)
		error = makenode(devmount, name, &vc);
	rump_mutex_exit(&dev_lock);
	return error;
}

void
rump_devfs_hide(const char *name)
{
	struct vnode *dvp, *vp;
	size_t len;

	rump_mutex_enter(&dev_lock);
	if (devmount != NULL && parent(devmount, &name, &dvp) == 0) {
		len = strlen(name);
		rump_rw_wrenter(&dvp->v_lock);
		if (dvp->v_ops->vop_lookup(dvp, name, len, &vp) == 0) {
			rump_rw_wrenter(&vp->v_lock);
			(void)dvp->v_ops->vop_remove(dvp, name, len, vp);
			rump_rw_exit(&vp->v_lock);
			vrele(vp);
		}
		rump_rw_exit(&dvp->v_lock);
		vrele(dvp);
	}
	rump_mutex_exit(&dev_lock);
}

static int
devfs_mount(struct mount *mp, const char *source, const char *data)
{
	const struct devnode *dn;
	int error;

	(void)source;
	(void)data;
	error = tmpfs_mount_lower(mp, NULL, "mode=755");
	if (error)
		return error;
	rump_mutex_enter(&dev_lock);
	if (devmount == NULL)
		devmount = mp;
	dn = devices;
	rump_mutex_exit(&dev_lock);
	for (; dn != NULL && !error; dn = dn->dn_next)
		error = makedev(mp, dn->dn_name, dn->dn_mode, dn->dn_rdev);
	if (!error)
		error = makedev(mp, "shm", S_IFDIR | 01777, 0);
	/* Useful with a /proc, harmless without. */
	if (!error)
		error = makelink(mp, "fd", "/proc/self/fd");
	if (error)
		rump_printf("devfs: error %d while it was filled\n", error);
	return 0;
}

static void
devfs_unmount(struct mount *mp)
{
	rump_mutex_enter(&dev_lock);
	if (devmount == mp)
		devmount = NULL;
	tmpfs_unmount(mp);
	rump_mutex_exit(&dev_lock);
}

static struct fstype devfs_type = {
	.ft_name = "devfs",
	.ft_mount = devfs_mount,
	.ft_unmount = devfs_unmount,
	.ft_statfs = tmpfs_statfs,
};

static struct fstype devtmpfs_type = {
	.ft_name = "devtmpfs",
	.ft_mount = devfs_mount,
	.ft_unmount = devfs_unmount,
	.ft_statfs = tmpfs_statfs,
};

RUMP_COMPONENT(devfs, RUMP_FACTION_FS)
{
	unsigned i;

	for (i = 0; i < devfs_nbuiltin; i++)
		hook(&devfs_builtin[i]);
	vfs_finddev = finddev;
	vfs_register(&devfs_type);
	vfs_register(&devtmpfs_type);
	return 0;
}
