/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The name cache, on a tmpfs that asks for it and counts its own lookups:
 * names come from the cache, and never an old one.
 */
#include "vfstest.h"
#include <vfs/tmpfs.h>

extern const struct vnodeops tmpfs_vnodeops;
static struct vnodeops counting;
static int lookups;

static int
count_lookup(struct vnode *dvp, const char *name, size_t len,
    struct vnode **vpp)
{
	lookups++;
	return tmpfs_vnodeops.vop_lookup(dvp, name, len, vpp);
}

static int
count_create(struct vnode *dvp, const char *name, size_t len,
    const struct vcreate *vc, struct vnode **vpp)
{
	int error = tmpfs_vnodeops.vop_create(dvp, name, len, vc, vpp);

	if (!error)
		(*vpp)->v_ops = &counting;
	return error;
}

static int
count_mount(struct mount *mp, const char *source, const char *data)
{
	int error = tmpfs_mount_lower(mp, NULL, data);

	(void)source;
	counting = tmpfs_vnodeops;
	counting.vop_lookup = count_lookup;
	counting.vop_create = count_create;
	mp->m_options |= MO_NAMECACHE;
	if (!error)
		mp->m_root->v_ops = &counting;
	return error;
}

static struct fstype count_type = {
	.ft_name = "count",
	.ft_mount = count_mount,
	.ft_unmount = tmpfs_unmount,
	.ft_statfs = tmpfs_statfs,
};

/* Lookups by the file system that a stat takes. */
static int
cost(const char *path, int error)
{
	struct stat st;
	int before = lookups;

	if (error)
		FAILS(rump_sys_stat(path, &st), error);
	else
		OK(rump_sys_stat(path, &st));
	return lookups - before;
}

int
main(void)
{
	char path[40];
	int i;

	REQUIRE(start() == 0);
	vfs_register(&count_type);
	OK(rump_sys_mkdir("/n", 0755));
	OK(rump_sys_mount("x", "/n", "count", 0, NULL));
	OK(rump_sys_mkdir("/n/d", 0755));
	touch("/n/d/f");
	CHECK(cost("/n/d/f", 0) <= 2);
	CHECK_EQ(cost("/n/d/f", 0), 0);
	CHECK_EQ(cost("/n/d/none", ENOENT), 1);
	CHECK_EQ(cost("/n/d/none", ENOENT), 0);
	/* made, renamed, removed: the cache follows */
	touch("/n/d/none");
	cost("/n/d/none", 0);
	OK(rump_sys_rename("/n/d/none", "/n/d/g"));
	cost("/n/d/none", ENOENT);
	cost("/n/d/g", 0);
	OK(rump_sys_link("/n/d/g", "/n/d/none"));
	cost("/n/d/none", 0);
	OK(rump_sys_unlink("/n/d/none"));
	OK(rump_sys_unlink("/n/d/g"));
	cost("/n/d/g", ENOENT);
	OK(rump_sys_unlink("/n/d/f"));
	OK(rump_sys_rename("/n/d", "/n/e"));
	cost("/n/e/f", ENOENT);
	cost("/n/d/f", ENOENT);
	OK(rump_sys_rmdir("/n/e"));
	OK(rump_sys_mkdir("/n/e", 0755));
	touch("/n/e/f");
	cost("/n/e/f", 0);
	/* bounded: more names than it keeps */
	for (i = 0; i < 10000; i++) {
		snprintf(path, sizeof(path), "/n/e/no%d", i);
		cost(path, ENOENT);
	}
	cost("/n/e/f", 0);
	CHECK_EQ(cost("/n/e/no9999", ENOENT), 0);
	/* entries hold no mount */
	OK(rump_sys_umount2("/n", 0));
	return check_done();
}
