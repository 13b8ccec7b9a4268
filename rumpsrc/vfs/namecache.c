/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * namecache.c: what names stand for, for file systems whose own lookup is
 * slow (MO_NAMECACHE); names that do not exist are remembered too.  Entries
 * hold references of both vnodes.  Bounded: the oldest of a stripe goes when
 * a new one does not fit.
 *
 * A name is entered and purged with the directory's v_lock held (shared to
 * enter, exclusive to change), which keeps cache and directory the same.
 * ns_lock is a leaf; references are dropped after it is released.
 */
#include <asm/errno.h>

#include <kern/kmem.h>
#include <string.h>

#include "vfs_private.h"

#define NSTRIPES	8
#define NBUCKETS	64		/* of a stripe */
#define MAXENTRIES	512		/* of a stripe */

struct ncentry {
	struct ncentry	*nc_hnext;	/* [s] */
	struct ncentry	*nc_next, **nc_prevp;	/* [s] by age */
	struct vnode	*nc_dvp, *nc_vp;	/* [I] nc_vp NULL: negative */
	uint32_t	 nc_hash;	/* [I] */
	uint32_t	 nc_len;	/* [I] */
	char		 nc_name[];	/* [I] */
};

static struct stripe {
	struct rump_rwlock ns_lock;
	struct ncentry	**ns_buckets;	/* [s] made when first needed */
	struct ncentry	*ns_old, **ns_newp;	/* [s] oldest first */
	unsigned	 ns_count;	/* [s] */
} stripes[NSTRIPES];

static uint32_t
hash(const struct vnode *dvp, const char *name, size_t len)
{
	uint32_t h = (uint32_t)((uintptr_t)dvp >> 4) ^ 2166136261u;

	while (len-- > 0)
		h = (h ^ (uint8_t)*name++) * 16777619u;
	return h ^ h >> 15;
}

static struct stripe *
stripeof(uint32_t h)
{
	return &stripes[h % NSTRIPES];
}

static struct ncentry **
bucketof(struct stripe *ns, uint32_t h)
{
	return &ns->ns_buckets[h / NSTRIPES % NBUCKETS];
}

static struct ncentry *
find(struct stripe *ns, uint32_t h, const struct vnode *dvp,
    const char *name, size_t len)
{
	struct ncentry *nc;

	if (ns->ns_buckets == NULL)
		return NULL;
	for (nc = *bucketof(ns, h); nc != NULL; nc = nc->nc_hnext)
		if (nc->nc_hash == h && nc->nc_dvp == dvp &&
		    nc->nc_len == len && memcmp(nc->nc_name, name, len) == 0)
			break;
	return nc;
}

/* Caller holds ns_lock for writing. */
static void
unhook(struct stripe *ns, struct ncentry *nc)
{
	struct ncentry **ncp = bucketof(ns, nc->nc_hash);

	while (*ncp != nc)
		ncp = &(*ncp)->nc_hnext;
	*ncp = nc->nc_hnext;
	if ((*nc->nc_prevp = nc->nc_next) != NULL)
		nc->nc_next->nc_prevp = nc->nc_prevp;
	else
		ns->ns_newp = nc->nc_prevp;
	ns->ns_count--;
}

static void
drop(struct ncentry *nc)
{
	if (nc == NULL)
		return;
	__atomic_fetch_sub(&nc->nc_dvp->v_ncount, 1, __ATOMIC_RELAXED);
	if (nc->nc_vp != NULL)
		vrele(nc->nc_vp);
	vrele(nc->nc_dvp);
	rump_kmem_free(nc, sizeof(*nc) + nc->nc_len);
}

int
nc_lookup(struct vnode *dvp, const char *name, size_t len,
    struct vnode **vpp)
{
	uint32_t h = hash(dvp, name, len);
	struct stripe *ns = stripeof(h);
	struct ncentry *nc;
	int error = -1;

	rump_rw_rdenter(&ns->ns_lock);
	if ((nc = find(ns, h, dvp, name, len)) != NULL) {
		error = ENOENT;
		if (nc->nc_vp != NULL) {
			vref(*vpp = nc->nc_vp);
			error = 0;
		}
	}
	rump_rw_exit(&ns->ns_lock);
	return error;
}

/* Caller holds ns_lock for writing.  The entry that has to go, or NULL. */
static struct ncentry *
hook(struct stripe *ns, struct ncentry *nc)
{
	struct ncentry *victim = NULL;

	if (ns->ns_count >= MAXENTRIES)
		unhook(ns, victim = ns->ns_old);
	nc->nc_hnext = *bucketof(ns, nc->nc_hash);
	*bucketof(ns, nc->nc_hash) = nc;
	if (ns->ns_newp == NULL)
		ns->ns_newp = &ns->ns_old;
	nc->nc_next = NULL;
	nc->nc_prevp = ns->ns_newp;
	*ns->ns_newp = nc;
	ns->ns_newp = &nc->nc_next;
	ns->ns_count++;
	return victim;
}

void
nc_enter(struct vnode *dvp, const char *name, size_t len, struct vnode *vp)
{
	uint32_t h = hash(dvp, name, len);
	struct stripe *ns = stripeof(h);
	struct ncentry *nc;

	if ((nc = rump_kmem_alloc(sizeof(*nc) + len)) == NULL)
		return;
	nc->nc_dvp = dvp;
	nc->nc_vp = vp;
	nc->nc_hash = h;
	nc->nc_len = (uint32_t)len;
	memcpy(nc->nc_name, name, len);
	vref(dvp);
	if (vp != NULL)
		vref(vp);
	__atomic_fetch_add(&dvp->v_ncount, 1, __ATOMIC_RELAXED);
	rump_rw_wrenter(&ns->ns_lock);
	if (ns->ns_buckets == NULL)
		ns->ns_buckets = rump_kmem_zalloc(NBUCKETS *
		    sizeof(*ns->ns_buckets));
	/* another reader may have entered it meanwhile */
	if (ns->ns_buckets != NULL &&
	    find(ns, h, dvp, name, len) == NULL)
		nc = hook(ns, nc);
	rump_rw_exit(&ns->ns_lock);
	drop(nc);
}

void
nc_purge(struct vnode *dvp, const char *name, size_t len)
{
	uint32_t h = hash(dvp, name, len);
	struct stripe *ns = stripeof(h);
	struct ncentry *nc;

	rump_rw_wrenter(&ns->ns_lock);
	if ((nc = find(ns, h, dvp, name, len)) != NULL)
		unhook(ns, nc);
	rump_rw_exit(&ns->ns_lock);
	drop(nc);
}

/* All entries below dvp, or of a mount. */
static void
purge(const struct vnode *dvp, const struct mount *mp)
{
	struct ncentry *nc;
	struct stripe *ns;

	for (ns = stripes; ns < stripes + NSTRIPES;) {
		rump_rw_wrenter(&ns->ns_lock);
		for (nc = ns->ns_old; nc != NULL; nc = nc->nc_next)
			if (nc->nc_dvp == dvp || nc->nc_dvp->v_mount == mp)
				break;
		if (nc != NULL)
			unhook(ns, nc);
		rump_rw_exit(&ns->ns_lock);
		if (nc == NULL)
			ns++;
		drop(nc);
	}
}

void
nc_purge_dir(struct vnode *dvp)
{
	if (__atomic_load_n(&dvp->v_ncount, __ATOMIC_RELAXED) != 0)
		purge(dvp, NULL);
}

void
nc_purge_mount(struct mount *mp)
{
	if (mp->m_options & MO_NAMECACHE)
		purge(NULL, mp);
}
