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

static int
makenode(struct mount *mp, const char *name, uint32_t mode, uint64_t rdev)
{
	struct vcreate vc = { .vc_mode = mode, .vc_rdev = rdev };
	struct vnode *root = mp->m_root, *vp = NULL;
	size_t len = strlen(name);
	int error;

	rump_rw_wrenter(&root->v_lock);
	error = root->v_ops->vop_lookup(root, name, len, &vp);
	if (error == ENOENT)
		error = root->v_ops->vop_create(root, name, len, &vc, &vp);
	rump_rw_exit(&root->v_lock);
	if (vp != NULL)
		vrele(vp);
	return error;
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
		error = makenode(devmount, name, mode, rdev);
	rump_mutex_exit(&dev_lock);
	return error;
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
		error = makenode(mp, dn->dn_name, dn->dn_mode, dn->dn_rdev);
	if (!error)
		error = makenode(mp, "shm", S_IFDIR | 01777, 0);
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
