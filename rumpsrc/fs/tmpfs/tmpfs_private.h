/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of tmpfs.  Fields without a letter are guarded by the
 * v_lock of their vnode; [t] tm_lock, a leaf but for the allocator.
 */
#ifndef TMPFS_PRIVATE_H
#define TMPFS_PRIVATE_H

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <kern/mm.h>
#include <vfs/tmpfs.h>

#define TPAGE		4096
#define TFAN_SHIFT	6
#define TFAN		(1 << TFAN_SHIFT)	/* slots of a map node */

struct tdirent;

struct tmpfs_mount {
	uint64_t	 tm_limit;	/* [I] bytes */
	uint64_t	 tm_used;	/* [a] bytes, names and nodes too */
	uint64_t	 tm_nextino;	/* [a] */
	const struct tmpfs_lower *tm_lower;	/* [I] or NULL */
	struct mount	*tm_mount;	/* [I] */
	struct rump_mutex tm_lock;
	struct tnode	*tm_nodes;	/* [t] all of them */
	uint64_t	 tm_nnodes;	/* [t] */
};

/* Sorted by cookie; a removed entry leaves NULL until compaction. */
struct tslot {
	uint64_t	 ts_cookie;
	struct tdirent	*ts_ent;
};

struct tdir {
	struct tnode	*td_parent;	/* referenced, but for the root */
	struct tslot	*td_slots;
	uint32_t	 td_nslots, td_maxslots;
	uint32_t	 td_live;	/* entries */
	uint32_t	 td_nbuckets;	/* 0: small, no hash table */
	struct tdirent	**td_buckets;
	uint64_t	 td_next;	/* next cookie */
};

/* A page that was lent; its slot holds the address plus one. */
struct tpage {
	struct filehold	 tp_hold;
	uint8_t		*tp_page;	/* [I] */
};
#define LENT(p)		(((uintptr_t)(p) & 1) != 0)
#define TPAGEOF(p)	((struct tpage *)(void *)((char *)(p) - 1))

struct treg {
	void		*tr_map;	/* radix tree of pages */
	uint32_t	 tr_height;	/* 0: tr_map is page 0 */
	uint64_t	 tr_npages;
	const uint8_t	*tr_lower;	/* lower contents, or NULL */
	int64_t		 tr_lowersize;	/* of them, what is still valid */
	struct rump_mmobj tr_obj;
	/*
	 * Once it was mapped page faults come without v_lock: then the map is
	 * also guarded by tr_maplock, a leaf under which no program's memory
	 * is touched.
	 */
	int		 tr_mapped;
	struct rump_mutex tr_maplock;
};

struct tlink {
	const char	*tl_target;
	size_t		 tl_len;
	int		 tl_owned;	/* allocated, not in the image */
};

struct tnode {
	struct vnode	 tn_v;
	struct tnode	*tn_next, **tn_prevp;	/* [t] */
	uint32_t	 tn_lower;	/* [I] index + 1, or 0 */
	/* [t] no directory: where it has a name, or NULL: not known */
	struct tnode	*tn_up;
	struct txattr	*tn_xattr;	/* extended attributes */
	union {
		struct tdir	tn_dir;
		struct treg	tn_reg;
		struct tlink	tn_link;
	};
};

struct tdirent {
	struct tdirent	*te_hnext;
	struct tnode	*te_node;	/* [a] NULL: lower, not reached yet */
	uint64_t	 te_cookie;
	const char	*te_name;	/* te_buf or in the image */
	uint32_t	 te_hash;
	uint32_t	 te_lower;	/* index, while te_node is NULL */
	uint8_t		 te_len;
	uint8_t		 te_type;	/* S_IFMT >> 12 */
	char		 te_buf[];
};

#define TN(vp)		((struct tnode *)(vp))
#define TMOUNT(vp)	((struct tmpfs_mount *)(vp)->v_mount->m_data)

extern const struct vnodeops tmpfs_vnodeops;

/* Against the size limit: 0 or ENOSPC. */
int	tmpfs_charge(struct tmpfs_mount *, size_t);
void	tmpfs_uncharge(struct tmpfs_mount *, size_t);
int	tmpfs_newnode(struct tmpfs_mount *, uint32_t mode, uint64_t ino,
	    struct tnode **);
void	tmpfs_freenode(struct tmpfs_mount *, struct tnode *);
/* Caller holds tm_lock. */
int	tmpfs_lowernode(struct tmpfs_mount *, uint32_t index,
	    struct tnode *parent, struct tnode **);

/* directories */
int	tmpfs_dirpopulate(struct tmpfs_mount *, struct tnode *,
	    uint32_t index);
void	tmpfs_dirfree(struct tmpfs_mount *, struct tnode *);
int	tmpfs_lookup(struct vnode *, const char *, size_t, struct vnode **);
int	tmpfs_enter(struct tmpfs_mount *, struct tnode *dir, const char *,
	    size_t, struct tnode *);
int	tmpfs_dirlink(struct vnode *, const char *, size_t, struct vnode *);
int	tmpfs_dirremove(struct vnode *, const char *, size_t, struct vnode *);
int	tmpfs_rename(struct vnode *, const char *, size_t, struct vnode *,
	    struct vnode *, const char *, size_t, struct vnode *, int);
int	tmpfs_readdir(struct vnode *, uint64_t, vfs_dirent_fn, void *);
int	tmpfs_parent(struct vnode *, struct vnode **);

/* extended attributes */
int	tmpfs_getxattr(struct vnode *, const char *, void *, size_t, size_t *);
int	tmpfs_setxattr(struct vnode *, const char *, const void *, size_t,
	    int);
int	tmpfs_listxattr(struct vnode *, vfs_xattr_fn, void *);
void	tmpfs_freexattr(struct tmpfs_mount *, struct tnode *);

/* contents */
int	tmpfs_read(struct vnode *, struct uio *);
int	tmpfs_lend(struct vnode *, int64_t, size_t, struct filelent *);
int	tmpfs_write(struct vnode *, struct uio *);
int	tmpfs_truncate(struct vnode *, int64_t);
int	tmpfs_fallocate(struct vnode *, int, int64_t, int64_t);
int	tmpfs_seekhole(struct vnode *, int, int64_t *);
struct rump_mmobj *tmpfs_mmap(struct vnode *);
void	tmpfs_datafree(struct tmpfs_mount *, struct tnode *);

/* Their pages: tmpfs_data.c, for tmpfs_hole.c and tmpfs_lend.c. */
static inline void
tmpfs_lockmap(struct treg *tr)
{
	if (tr->tr_mapped)
		rump_mutex_enter(&tr->tr_maplock);
}

static inline void
tmpfs_unlockmap(struct treg *tr)
{
	if (tr->tr_mapped)
		rump_mutex_exit(&tr->tr_maplock);
}

/* A page slot's value; lending changes it under v_lock shared. */
static inline void *
tmpfs_slotval(void *const *slot)
{
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

/* Are its contents sealed?  EPERM. */
static inline int
tmpfs_sealed(const struct vnode *vp)
{
	return vp->v_seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) ? EPERM : 0;
}

/* Or its length, against this one? */
static inline int
tmpfs_sealedsize(const struct vnode *vp, int64_t size, int shrink)
{
	return (vp->v_seals & F_SEAL_GROW && size > vp->v_size) || (shrink &&
	    vp->v_seals & F_SEAL_SHRINK && size < vp->v_size) ? EPERM : 0;
}

/* Page faults look at it without v_lock. */
static inline void
tmpfs_setsize(struct vnode *vp, int64_t size)
{
	__atomic_store_n(&vp->v_size, size, __ATOMIC_RELAXED);
}

/* Caller has called lockmap, but for getpage, makepage and freepages. */
void	**tmpfs_findslot(struct treg *, uint64_t idx);
uint8_t	*tmpfs_findpage(struct treg *, uint64_t idx);
uint8_t	*tmpfs_getpage(struct treg *, uint64_t idx);
int	tmpfs_addpage(struct tmpfs_mount *, struct tnode *, uint64_t idx,
	    int fill, uint8_t **);
int	tmpfs_makepage(struct tmpfs_mount *, struct tnode *, uint64_t idx,
	    int fill, uint8_t **);
void	tmpfs_freepages(struct tmpfs_mount *, struct tnode *, uint64_t first,
	    uint64_t last);
/* The first page that is there at or after idx; UINT64_MAX: none. */
uint64_t tmpfs_nextpage(const struct treg *, uint64_t idx);
/* Bytes of the lower file from off to the end of off's page. */
size_t	tmpfs_lowerbytes(const struct treg *, int64_t off);
/* v_blocks, after any change. */
void	tmpfs_setblocks(struct tnode *);

#endif /* TMPFS_PRIVATE_H */
