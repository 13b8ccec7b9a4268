/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * procfs.c: vnodes of /proc.  Every lookup makes a vnode of its own, which
 * keeps its parent; inode numbers come from the path, so that two vnodes of
 * one file tell the same.  A file's text is made when it is read from offset
 * 0 and belongs to the vnode: whoever reads on gets the rest of that text.
 *
 * Lock order: v_lock, pv_lock, whatever a node's functions take.
 */
#include <asm/errno.h>
#include <linux/magic.h>

#include <rump/component.h>
#include <kern/kmem.h>
#include <kern/str.h>

#include "procfs_private.h"

#define COOKIE_STAR	((uint64_t)1 << 32)	/* names of pn_next follow */
#define WRITE_MAX	4095

struct pvnode {
	struct vnode	 pv_v;
	const struct pdent *pv_dent;	/* [I] */
	struct pvnode	*pv_parent;	/* [I] held; the root's: NULL */
	struct rump_mutex pv_lock;
	struct text	 pv_text;	/* [pv_lock] */
	char		 pv_star[PROC_NAMELEN];	/* [I] what "*" is here */
};

static const struct vnodeops procfs_vnodeops, procfs_jumpops;

static struct pvnode *
pv_of(struct vnode *vp)
{

	return (struct pvnode *)vp;
}

/* --- what a node's functions are told --- */
static int
ctx_begin(const struct pvnode *pv, struct procctx *pc)
{
	const char *star[PROC_STARS];
	const struct pvnode *up;
	unsigned n = 0, i;
	int pid = 0;

	memset(pc, 0, sizeof(*pc));
	pc->pc_node = pv->pv_dent->pd_node;
	for (up = pv; up != NULL && n < PROC_STARS; up = up->pv_parent)
		if (up->pv_star[0] != '\0')
			star[n++] = up->pv_star;
	for (i = 0; i < n; i++)
		pc->pc_star[i] = star[n - 1 - i];
	/* Is the outermost one a child of the root? */
	for (up = pv; up->pv_parent != NULL &&
	    up->pv_parent->pv_parent != NULL; up = up->pv_parent)
		continue;
	if (up->pv_star[0] == '\0')
		return 0;
	for (i = 0; up->pv_star[i] != '\0'; i++)
		pid = pid * 10 + (up->pv_star[i] - '0');
	pc->pc_proc = rump_proc_find(pid);
	return pc->pc_proc != NULL ? 0 : ESRCH;
}

static void
ctx_end(struct procctx *pc)
{

	if (pc->pc_proc != NULL)
		rump_proc_rele(pc->pc_proc);
}

/* --- directories --- */
static uint64_t
childino(const struct pvnode *dir, const char *name, size_t len)
{
	uint64_t h = dir->pv_v.v_ino * 0x9e3779b97f4a7c15ULL;

	while (len-- > 0)
		h = (h ^ (uint8_t)*name++) * 0x100000001b3ULL;
	return (h >> 16) | 2;		/* neither 0 nor the root's */
}

static void
setowner(struct vnode *vp, const struct procctx *pc)
{
	struct proc *p = pc->pc_proc;

	if (p == NULL)
		return;
	rump_mutex_enter(&p->p_lock);
	if (p->p_cred != NULL) {
		vp->v_uid = p->p_cred->cr_euid;
		vp->v_gid = p->p_cred->cr_egid;
	}
	rump_mutex_exit(&p->p_lock);
}

static int
newvnode(struct pvnode *dir, const struct pdent *pd, const char *name,
    size_t len, struct vnode **vpp)
{
	struct pvnode *pv = rump_kmem_zalloc(sizeof(*pv));
	struct procctx pc;
	int error;

	if (pv == NULL)
		return ENOMEM;
	vfs_vnode_init(&pv->pv_v, dir->pv_v.v_mount, pd->pd_node != NULL &&
	    pd->pd_node->pn_jump != NULL ? &procfs_jumpops : &procfs_vnodeops,
	    pd->pd_mode, childino(dir, name, len));
	pv->pv_v.v_nlink = (pd->pd_mode & S_IFMT) == S_IFDIR ? 2 : 1;
	pv->pv_dent = pd;
	pv->pv_parent = dir;
	if (pd == dir->pv_dent->pd_star)
		memcpy(pv->pv_star, name, len);
	error = ctx_begin(pv, &pc);
	if (error == 0) {
		setowner(&pv->pv_v, &pc);
		if (pc.pc_node != NULL && pc.pc_node->pn_init != NULL)
			pc.pc_node->pn_init(&pc, &pv->pv_v);
	}
	ctx_end(&pc);
	if (error != 0) {
		rump_kmem_free(pv, sizeof(*pv));
		return ENOENT;
	}
	vfs_hold(&dir->pv_v);
	/* The first reference becomes one from outside. */
	vref(&pv->pv_v);
	vfs_drop(&pv->pv_v);
	*vpp = &pv->pv_v;
	return 0;
}

/* Is it one of the names of pn_next? */
static int
isname(struct pvnode *dir, const char *name, size_t len)
{
	const struct procnode *pn = dir->pv_dent->pd_node;
	char is[PROC_NAMELEN];
	struct procctx pc;
	uint64_t pos = 0;
	int found = 0;

	if (pn == NULL || pn->pn_next == NULL || len >= sizeof(is))
		return 0;
	if (ctx_begin(dir, &pc) != 0)
		found = 0;
	else if (pn->pn_isname != NULL) {
		memcpy(is, name, len);
		is[len] = '\0';
		found = pn->pn_isname(&pc, is);
	} else
		while (!found && pn->pn_next(&pc, &pos, is) == 0)
			found = strlen(is) == len &&
			    memcmp(is, name, len) == 0;
	ctx_end(&pc);
	return found;
}

static int
procfs_lookup(struct vnode *dvp, const char *name, size_t len,
    struct vnode **vpp)
{
	struct pvnode *dir = pv_of(dvp);
	const struct pdent *pd;

	if (len == 2 && memcmp(name, "..", 2) == 0) {
		vref(*vpp = &dir->pv_parent->pv_v);
		return 0;
	}
	pd = procfs_child(dir->pv_dent, name, len);
	if (pd == NULL && dir->pv_dent->pd_star != NULL &&
	    isname(dir, name, len))
		pd = dir->pv_dent->pd_star;
	return pd != NULL ? newvnode(dir, pd, name, len, vpp) : ENOENT;
}

static int
readnames(struct pvnode *dir, uint64_t pos, vfs_dirent_fn fn, void *arg)
{
	const struct pdent *star = dir->pv_dent->pd_star;
	const struct procnode *pn = dir->pv_dent->pd_node;
	char name[PROC_NAMELEN];
	struct procctx pc;
	size_t len;
	int stop = 0;

	if (star == NULL || pn == NULL || pn->pn_next == NULL)
		return 0;
	if (ctx_begin(dir, &pc) == 0)
		while (!stop && pn->pn_next(&pc, &pos, name) == 0) {
			len = strlen(name);
			stop = fn(arg, name, len, childino(dir, name, len),
			    star->pd_mode & S_IFMT, COOKIE_STAR + pos);
		}
	ctx_end(&pc);
	return 0;
}

/* Cookies: 0 ".", 1 "..", then the children, then COOKIE_STAR + *pos. */
static int
procfs_readdir(struct vnode *vp, uint64_t cookie, vfs_dirent_fn fn, void *arg)
{
	struct pvnode *dir = pv_of(vp);
	struct vnode *up = dir->pv_parent != NULL ? &dir->pv_parent->pv_v : vp;
	const struct pdent *pd;
	uint64_t n = 2;

	if (cookie == 0 && fn(arg, ".", 1, vp->v_ino, S_IFDIR, 1))
		return 0;
	if (cookie <= 1 && fn(arg, "..", 2, up->v_ino, S_IFDIR, 2))
		return 0;
	for (pd = dir->pv_dent->pd_child; pd != NULL; pd = pd->pd_sibling) {
		n++;
		if (cookie < n && fn(arg, pd->pd_name, pd->pd_len,
		    childino(dir, pd->pd_name, pd->pd_len),
		    pd->pd_mode & S_IFMT, n))
			return 0;
	}
	return readnames(dir, cookie > COOKIE_STAR ? cookie - COOKIE_STAR : 0,
	    fn, arg);
}

/* --- contents --- */
/* Caller holds pv_lock. */
static int
maketext(struct pvnode *pv)
{
	const struct procnode *pn = pv->pv_dent->pd_node;
	struct procctx pc;
	int error;

	rump_text_free(&pv->pv_text);
	if (pn->pn_read == NULL)
		return EINVAL;
	if ((error = ctx_begin(pv, &pc)) == 0)
		error = pn->pn_read(&pv->pv_text, &pc);
	ctx_end(&pc);
	return error != 0 ? error : pv->pv_text.tx_error;
}

static int
procfs_read(struct vnode *vp, struct uio *uio)
{
	struct pvnode *pv = pv_of(vp);
	size_t off = (size_t)uio->uio_offset, n;
	int error = 0;

	rump_mutex_enter(&pv->pv_lock);
	if (off == 0 || pv->pv_text.tx_buf == NULL)
		error = maketext(pv);
	if (error == 0 && off < pv->pv_text.tx_len) {
		n = pv->pv_text.tx_len - off;
		error = rump_uiomove(pv->pv_text.tx_buf + off,
		    n < uio->uio_resid ? n : uio->uio_resid, uio);
	}
	rump_mutex_exit(&pv->pv_lock);
	return error;
}

/* All of it is one value: nothing is taken when it is wrong. */
static int
procfs_write(struct vnode *vp, struct uio *uio)
{
	struct pvnode *pv = pv_of(vp);
	const struct procnode *pn = pv->pv_dent->pd_node;
	size_t n = uio->uio_resid;
	struct procctx pc;
	char *text;
	int error;

	if (pn->pn_write == NULL || n > WRITE_MAX)
		return EINVAL;
	if ((text = rump_page_alloc()) == NULL)
		return ENOMEM;
	if ((error = rump_uiomove(text, n, uio)) == 0) {
		text[n] = '\0';
		if ((error = ctx_begin(pv, &pc)) == 0)
			error = strlen(text) == n ? pn->pn_write(text, &pc) :
			    EINVAL;
		ctx_end(&pc);
	}
	rump_page_free(text);
	if (error != 0)
		uio->uio_resid = n;
	return error;
}

static int
procfs_readlink(struct vnode *vp, char *buf, size_t size, size_t *lenp)
{
	struct pvnode *pv = pv_of(vp);
	int error;

	rump_mutex_enter(&pv->pv_lock);
	if ((error = maketext(pv)) == 0) {
		*lenp = pv->pv_text.tx_len < size ? pv->pv_text.tx_len : size;
		memcpy(buf, pv->pv_text.tx_buf, *lenp);
	}
	rump_mutex_exit(&pv->pv_lock);
	return error;
}

static int
procfs_jump(struct vnode *vp, struct vnode **vpp)
{
	struct pvnode *pv = pv_of(vp);
	struct procctx pc;
	int error;

	if ((error = ctx_begin(pv, &pc)) == 0)
		error = pc.pc_node->pn_jump(&pc, vpp);
	ctx_end(&pc);
	return error;
}

static int
procfs_parent(struct vnode *vp, struct vnode **vpp)
{

	vref(*vpp = &pv_of(vp)->pv_parent->pv_v);
	return 0;
}

/* What O_TRUNC asks for is what every write does. */
static int
procfs_truncate(struct vnode *vp, int64_t len)
{

	(void)vp;
	(void)len;
	return 0;
}

static void
procfs_reclaim(struct vnode *vp)
{
	struct pvnode *pv = pv_of(vp);

	rump_text_free(&pv->pv_text);
	if (pv->pv_parent != NULL)
		vfs_drop(&pv->pv_parent->pv_v);
	rump_kmem_free(pv, sizeof(*pv));
}

static const struct vnodeops procfs_vnodeops = {
	.vop_lookup = procfs_lookup,
	.vop_readdir = procfs_readdir,
	.vop_readlink = procfs_readlink,
	.vop_read = procfs_read,
	.vop_write = procfs_write,
	.vop_truncate = procfs_truncate,
	.vop_parent = procfs_parent,
	.vop_reclaim = procfs_reclaim,
};

static const struct vnodeops procfs_jumpops = {
	.vop_readlink = procfs_readlink,
	.vop_jump = procfs_jump,
	.vop_parent = procfs_parent,
	.vop_reclaim = procfs_reclaim,
};

/* --- the file system --- */
static int
procfs_mount(struct mount *mp, const char *source, const char *data)
{
	struct pdent *root = procfs_tree();
	struct pvnode *pv;

	(void)source;
	(void)data;
	if (root == NULL || (pv = rump_kmem_zalloc(sizeof(*pv))) == NULL)
		return ENOMEM;
	vfs_vnode_init(&pv->pv_v, mp, &procfs_vnodeops, S_IFDIR | 0555, 1);
	pv->pv_v.v_nlink = 2;
	pv->pv_dent = root;
	mp->m_root = &pv->pv_v;
	return 0;
}

static void
procfs_unmount(struct mount *mp)
{

	vfs_drop(mp->m_root);
}

static void
procfs_statfs(struct mount *mp, struct vfs_statfs *vs)
{

	(void)mp;
	vs->vs_type = PROC_SUPER_MAGIC;
	vs->vs_bsize = 4096;
}

static struct fstype procfs_type = {
	.ft_name = "proc",
	.ft_mount = procfs_mount,
	.ft_unmount = procfs_unmount,
	.ft_statfs = procfs_statfs,
};

RUMP_COMPONENT(procfs, RUMP_FACTION_FS)
{

	vfs_register(&procfs_type);
	return 0;
}
