/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tmpfs.c: a file system in memory: mount, nodes, vnode operations.  Its size
 * is limited (option size=, default half of the machine's memory) and counts
 * pages, nodes and names.  See vfs/tmpfs.h for the lower tree.
 */
#include <asm/errno.h>
#include <linux/magic.h>
#include <linux/mount.h>

#include <rump/component.h>
#include <rump/rumpcomp_vm.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <string.h>

#include "tmpfs_private.h"

/* Absent on posix, where the host's memory is the limit. */
void rumpcomp_vm_stat(size_t *, size_t *) __attribute__((__weak__));

int
tmpfs_charge(struct tmpfs_mount *tm, size_t n)
{
	if (__atomic_add_fetch(&tm->tm_used, n, __ATOMIC_RELAXED) <=
	    tm->tm_limit)
		return 0;
	tmpfs_uncharge(tm, n);
	return ENOSPC;
}

void
tmpfs_uncharge(struct tmpfs_mount *tm, size_t n)
{
	__atomic_fetch_sub(&tm->tm_used, n, __ATOMIC_RELAXED);
}

static void
link_node(struct tmpfs_mount *tm, struct tnode *tn)
{
	if ((tn->tn_next = tm->tm_nodes) != NULL)
		tn->tn_next->tn_prevp = &tn->tn_next;
	tn->tn_prevp = &tm->tm_nodes;
	tm->tm_nodes = tn;
	tm->tm_nnodes++;
}

/* Not on tm_nodes yet; ino 0: a new one. */
int
tmpfs_newnode(struct tmpfs_mount *tm, uint32_t mode, uint64_t ino,
    struct tnode **tnp)
{
	struct tnode *tn;

	if (tmpfs_charge(tm, sizeof(*tn)))
		return ENOSPC;
	if ((tn = rump_kmem_zalloc(sizeof(*tn))) == NULL) {
		tmpfs_uncharge(tm, sizeof(*tn));
		return ENOSPC;
	}
	if (ino == 0)
		ino = __atomic_fetch_add(&tm->tm_nextino, 1,
		    __ATOMIC_RELAXED);
	vfs_vnode_init(&tn->tn_v, tm->tm_mount, &tmpfs_vnodeops, mode, ino);
	tn->tn_v.v_nlink = (mode & S_IFMT) == S_IFDIR ? 2 : 1;
	*tnp = tn;
	return 0;
}

/* Memory only; the node is on no list. */
void
tmpfs_freenode(struct tmpfs_mount *tm, struct tnode *tn)
{
	switch (tn->tn_v.v_mode & S_IFMT) {
	case S_IFREG:
		tmpfs_datafree(tm, tn);
		break;
	case S_IFDIR:
		tmpfs_dirfree(tm, tn);
		break;
	case S_IFLNK:
		if (!tn->tn_link.tl_owned)
			break;
		tmpfs_uncharge(tm, tn->tn_link.tl_len);
		rump_kmem_free((void *)(uintptr_t)tn->tn_link.tl_target,
		    tn->tn_link.tl_len);
		break;
	}
	tmpfs_freexattr(tm, tn);
	tmpfs_uncharge(tm, sizeof(*tn));
	rump_kmem_free(tn, sizeof(*tn));
}

static void
tmpfs_reclaim(struct vnode *vp)
{
	struct tmpfs_mount *tm = TMOUNT(vp);
	struct tnode *tn = TN(vp), *up = NULL;

	rump_mutex_enter(&tm->tm_lock);
	if ((*tn->tn_prevp = tn->tn_next) != NULL)
		tn->tn_next->tn_prevp = tn->tn_prevp;
	tm->tm_nnodes--;
	rump_mutex_exit(&tm->tm_lock);
	if (vn_is(vp, S_IFDIR))
		up = tn->tn_dir.td_parent;
	tmpfs_freenode(tm, tn);
	if (up != NULL)
		vfs_drop(&up->tn_v);
}

/* What the lower tree says about a file becomes a node. */
static int
filllower(struct tmpfs_mount *tm, struct tnode *tn,
    const struct tmpfs_lnode *ln, uint32_t index)
{
	struct vnode *vp = &tn->tn_v;
	int error = 0;

	vp->v_uid = ln->ln_uid;
	vp->v_gid = ln->ln_gid;
	vp->v_rdev = ln->ln_rdev;
	vp->v_atime = vp->v_mtime = vp->v_ctime = vp->v_btime = ln->ln_mtime;
	tn->tn_lower = index + 1;
	switch (ln->ln_mode & S_IFMT) {
	case S_IFREG:
		tn->tn_reg.tr_lower = ln->ln_data;
		tn->tn_reg.tr_lowersize = vp->v_size = ln->ln_size;
		vp->v_blocks = ((uint64_t)ln->ln_size + 511) / 512;
		vp->v_nlink = ln->ln_nlink > 0 ? ln->ln_nlink : 1;
		break;
	case S_IFLNK:
		tn->tn_link.tl_target = (const char *)ln->ln_data;
		tn->tn_link.tl_len = (size_t)ln->ln_size;
		vp->v_size = ln->ln_size;
		break;
	case S_IFDIR:
		error = tmpfs_dirpopulate(tm, tn, index);
		break;
	}
	return error;
}

/* Caller holds tm_lock, or is the only one there is (mount). */
int
tmpfs_lowernode(struct tmpfs_mount *tm, uint32_t index, struct tnode *parent,
    struct tnode **tnp)
{
	const struct tmpfs_lower *tl = tm->tm_lower;
	struct tmpfs_lnode ln;
	struct tnode *tn;
	int error;

	if ((error = tl->tl_node(tl->tl_arg, index, &ln)) != 0)
		return error;
	/* A file with several names is one node. */
	if (ln.ln_nlink > 1 && (ln.ln_mode & S_IFMT) != S_IFDIR) {
		for (tn = tm->tm_nodes; tn != NULL; tn = tn->tn_next)
			if (tn->tn_lower == index + 1)
				break;
		if (tn != NULL) {
			vfs_hold(&tn->tn_v);
			*tnp = tn;
			return 0;
		}
	}
	if ((error = tmpfs_newnode(tm, ln.ln_mode, (uint64_t)index + 1,
	    &tn)) != 0)
		return error;
	if ((error = filllower(tm, tn, &ln, index)) != 0) {
		tmpfs_freenode(tm, tn);
		return error;
	}
	if (vn_is(&tn->tn_v, S_IFDIR) && parent != NULL) {
		tn->tn_dir.td_parent = parent;
		vfs_hold(&parent->tn_v);
	}
	tn->tn_up = parent;
	link_node(tm, tn);
	*tnp = tn;
	return 0;
}

/* --- vnode operations of their own --- */
static int
setlink(struct tmpfs_mount *tm, struct tnode *tn, const struct vcreate *vc)
{
	char *target;

	if (tmpfs_charge(tm, vc->vc_targetlen))
		return ENOSPC;
	if ((target = rump_kmem_alloc(vc->vc_targetlen)) == NULL) {
		tmpfs_uncharge(tm, vc->vc_targetlen);
		return ENOSPC;
	}
	memcpy(target, vc->vc_target, vc->vc_targetlen);
	tn->tn_link = (struct tlink){ target, vc->vc_targetlen, 1 };
	tn->tn_v.v_size = (int64_t)vc->vc_targetlen;
	return 0;
}

static int
tmpfs_create(struct vnode *dvp, const char *name, size_t len,
    const struct vcreate *vc, struct vnode **vpp)
{
	struct tmpfs_mount *tm = TMOUNT(dvp);
	struct tnode *tn;
	int error;

	if ((error = tmpfs_newnode(tm, vc->vc_mode, 0, &tn)) != 0)
		return error;
	tn->tn_v.v_uid = vc->vc_uid;
	tn->tn_v.v_gid = vc->vc_gid;
	tn->tn_v.v_rdev = vc->vc_rdev;
	if (vn_is(&tn->tn_v, S_IFLNK))
		error = setlink(tm, tn, vc);
	if (!error)
		error = tmpfs_enter(tm, TN(dvp), name, len, tn);
	if (error) {
		tmpfs_freenode(tm, tn);
		return error;
	}
	if (vn_is(&tn->tn_v, S_IFDIR)) {
		tn->tn_dir.td_parent = TN(dvp);
		vfs_hold(dvp);
		vn_addlink(dvp, 1);
	}
	rump_mutex_enter(&tm->tm_lock);
	link_node(tm, tn);
	rump_mutex_exit(&tm->tm_lock);
	vfs_touch(dvp);
	vref(*vpp = &tn->tn_v);
	return 0;
}

static int
tmpfs_anon(struct mount *mp, uint32_t mode, struct vnode **vpp)
{
	struct tmpfs_mount *tm = mp->m_data;
	struct tnode *tn;
	int error;

	if ((error = tmpfs_newnode(tm, S_IFREG | mode, 0, &tn)) != 0)
		return error;
	tn->tn_v.v_nlink = 0;
	rump_mutex_enter(&tm->tm_lock);
	link_node(tm, tn);
	rump_mutex_exit(&tm->tm_lock);
	vref(*vpp = &tn->tn_v);
	vfs_drop(&tn->tn_v);
	return 0;
}

static int
tmpfs_readlink(struct vnode *vp, char *buf, size_t size, size_t *lenp)
{
	struct tlink *tl = &TN(vp)->tn_link;

	*lenp = tl->tl_len < size ? tl->tl_len : size;
	memcpy(buf, tl->tl_target, *lenp);
	return 0;
}

const struct vnodeops tmpfs_vnodeops = {
	.vop_lookup = tmpfs_lookup,
	.vop_create = tmpfs_create,
	.vop_link = tmpfs_dirlink,
	.vop_remove = tmpfs_dirremove,
	.vop_rename = tmpfs_rename,
	.vop_readdir = tmpfs_readdir,
	.vop_readlink = tmpfs_readlink,
	.vop_read = tmpfs_read,
	.vop_lend = tmpfs_lend,
	.vop_write = tmpfs_write,
	.vop_truncate = tmpfs_truncate,
	.vop_fallocate = tmpfs_fallocate,
	.vop_seekhole = tmpfs_seekhole,
	.vop_mmap = tmpfs_mmap,
	.vop_anon = tmpfs_anon,
	.vop_parent = tmpfs_parent,
	.vop_getxattr = tmpfs_getxattr,
	.vop_setxattr = tmpfs_setxattr,
	.vop_listxattr = tmpfs_listxattr,
	.vop_reclaim = tmpfs_reclaim,
};

/* --- mount --- */
static uint64_t
memtotal(void)
{
	size_t total, avail;

	if (rumpcomp_vm_stat == NULL)
		return UINT64_MAX / 2;
	rumpcomp_vm_stat(&total, &avail);
	return total;
}

/* A number with k, m, g or % behind it; 0: malformed. */
static uint64_t
parsesize(const char *s, int base, const char **endp)
{
	uint64_t n = 0;

	for (; *s >= '0' && *s < '0' + base; s++) {
		if (n > UINT64_MAX / 16)
			return 0;
		n = n * (uint64_t)base + (uint64_t)(*s - '0');
	}
	switch (*s) {
	case 'g': case 'G':
		n = n < UINT64_MAX >> 34 ? n << 30 : 0;
		s++;
		break;
	case 'm': case 'M':
		n = n < UINT64_MAX >> 24 ? n << 20 : 0;
		s++;
		break;
	case 'k': case 'K':
		n = n < UINT64_MAX >> 14 ? n << 10 : 0;
		s++;
		break;
	case '%':
		n = n <= 100 ? memtotal() / 100 * n : 0;
		s++;
		break;
	}
	*endp = s;
	return *s == '\0' || *s == ',' ? n : 0;
}

struct options { uint64_t limit, mode, uid, gid; };

static int
parse(const char *data, struct options *op)
{
	const char *p = data;

	while (p != NULL && *p != '\0') {
		if (strncmp(p, "size=", 5) == 0) {
			if ((op->limit = parsesize(p + 5, 10, &p)) == 0)
				return EINVAL;
		} else if (strncmp(p, "mode=", 5) == 0)
			op->mode = parsesize(p + 5, 8, &p) & 07777;
		else if (strncmp(p, "uid=", 4) == 0)
			op->uid = parsesize(p + 4, 10, &p);
		else if (strncmp(p, "gid=", 4) == 0)
			op->gid = parsesize(p + 4, 10, &p);
		else
			return EINVAL;
		if (*p != '\0' && *p++ != ',')
			return EINVAL;
	}
	return 0;
}

static int
makeroot(struct tmpfs_mount *tm, const struct options *op, struct tnode **tnp)
{
	int error;

	if (tm->tm_lower != NULL) {
		error = tmpfs_lowernode(tm, tm->tm_lower->tl_root, NULL, tnp);
		if (!error && !vn_is(&(*tnp)->tn_v, S_IFDIR)) {
			tmpfs_freenode(tm, *tnp);
			error = EIO;
		}
		return error;
	}
	error = tmpfs_newnode(tm, S_IFDIR | (uint32_t)op->mode, 0, tnp);
	if (error)
		return error;
	(*tnp)->tn_v.v_uid = (uint32_t)op->uid;
	(*tnp)->tn_v.v_gid = (uint32_t)op->gid;
	link_node(tm, *tnp);
	return 0;
}

int
tmpfs_mount_lower(struct mount *mp, const struct tmpfs_lower *tl,
    const char *data)
{
	struct options op = { memtotal() / 2, 01777, 0, 0 };
	struct tmpfs_mount *tm;
	struct tnode *root;
	int error;

	if ((error = parse(data, &op)) != 0)
		return error;
	if ((tm = rump_kmem_zalloc(sizeof(*tm))) == NULL)
		return ENOMEM;
	tm->tm_limit = op.limit;
	tm->tm_lower = tl;
	tm->tm_mount = mp;
	tm->tm_nextino = tl != NULL ? (uint64_t)tl->tl_count + 1 : 1;
	mp->m_data = tm;
	if ((error = makeroot(tm, &op, &root)) != 0) {
		rump_kmem_free(tm, sizeof(*tm));
		return error;
	}
	mp->m_root = &root->tn_v;
	return 0;
}

static int
tmpfs_mount(struct mount *mp, const char *source, const char *data)
{
	(void)source;
	return tmpfs_mount_lower(mp, NULL, data);
}

void
tmpfs_unmount(struct mount *mp)
{
	struct tmpfs_mount *tm = mp->m_data;
	struct tnode *tn;

	while ((tn = tm->tm_nodes) != NULL) {
		tm->tm_nodes = tn->tn_next;
		tmpfs_freenode(tm, tn);
	}
	KASSERT(tm->tm_used == 0);
	rump_kmem_free(tm, sizeof(*tm));
}

void
tmpfs_statfs(struct mount *mp, struct vfs_statfs *vs)
{
	struct tmpfs_mount *tm = mp->m_data;
	uint64_t used = __atomic_load_n(&tm->tm_used, __ATOMIC_RELAXED);

	vs->vs_type = TMPFS_MAGIC;
	vs->vs_bsize = TPAGE;
	vs->vs_blocks = tm->tm_limit / TPAGE;
	vs->vs_bfree = (tm->tm_limit - used) / TPAGE;
	vs->vs_files = tm->tm_limit / sizeof(struct tnode);
	vs->vs_ffree = (tm->tm_limit - used) / sizeof(struct tnode);
}

static struct fstype tmpfs_type = {
	.ft_name = "tmpfs",
	.ft_mount = tmpfs_mount,
	.ft_unmount = tmpfs_unmount,
	.ft_statfs = tmpfs_statfs,
};

RUMP_COMPONENT(tmpfs, RUMP_FACTION_FS)
{
	vfs_register(&tmpfs_type);
	return 0;
}
