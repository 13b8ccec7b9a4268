/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tmpfs_data.c: contents of regular files: a radix tree of pages, 64 slots a
 * node, as high as the largest page index needs.  A page that is not there
 * reads as the lower file's bytes where it has some, else as zeroes.
 * Everything here runs under the vnode's v_lock, but for page faults of
 * mappings.
 *
 * A page that was lent once (sendfile) has a struct tpage, to which its slot
 * points then, tagged: the file holds one reference, each borrower another, so
 * that a page cut off the file lives on until the last of them is done.
 */
#include <asm/errno.h>
#include <linux/falloc.h>

#include <kern/kmem.h>
#include <kern/log.h>
#include <string.h>

#include "tmpfs_private.h"

#define NODESIZE	(TFAN * sizeof(void *))
#define SLOT(idx, h)	(((idx) >> (TFAN_SHIFT * ((h) - 1))) & (TFAN - 1))

static int
outside(const struct treg *tr, uint64_t idx)
{
	unsigned bits = TFAN_SHIFT * tr->tr_height;

	return bits < 64 && idx >> bits != 0;
}

/* A page slot's value; lending changes it under v_lock shared. */
static void *
slotval(void *const *slot)
{
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

/* The place where a page is, or could be without a new node; else NULL. */
static void **
findslot(struct treg *tr, uint64_t idx)
{
	void **pp = &tr->tr_map, *p;
	uint32_t h;

	if (outside(tr, idx))
		return NULL;
	for (h = tr->tr_height; h > 0; h--) {
		if ((p = *pp) == NULL)
			return NULL;
		pp = (void **)p + SLOT(idx, h);
	}
	return pp;
}

static void
lockmap(struct treg *tr)
{
	if (tr->tr_mapped)
		rump_mutex_enter(&tr->tr_maplock);
}

static void
unlockmap(struct treg *tr)
{
	if (tr->tr_mapped)
		rump_mutex_exit(&tr->tr_maplock);
}

/* Caller has called lockmap(). */
static uint8_t *
findpage(struct treg *tr, uint64_t idx)
{
	void **slot = findslot(tr, idx), *p;

	if (slot == NULL)
		return NULL;
	p = slotval(slot);
	return LENT(p) ? TPAGEOF(p)->tp_page : p;
}

static uint8_t *
getpage(struct treg *tr, uint64_t idx)
{
	uint8_t *p;

	lockmap(tr);
	p = findpage(tr, idx);
	unlockmap(tr);
	return p;
}

static void **
newmapnode(struct tmpfs_mount *tm)
{
	void **p;

	if (tmpfs_charge(tm, NODESIZE))
		return NULL;
	if ((p = rump_kmem_zalloc(NODESIZE)) == NULL)
		tmpfs_uncharge(tm, NODESIZE);
	return p;
}

/* The place in the tree for a page; NULL: no space. */
static void **
getslot(struct tmpfs_mount *tm, struct treg *tr, uint64_t idx)
{
	void **node, **pp;
	uint32_t h;

	while (outside(tr, idx)) {
		if (tr->tr_map != NULL) {
			if ((node = newmapnode(tm)) == NULL)
				return NULL;
			node[0] = tr->tr_map;
			tr->tr_map = node;
		}
		tr->tr_height++;
	}
	pp = &tr->tr_map;
	for (h = tr->tr_height; h > 0; h--) {
		if (*pp == NULL && (*pp = newmapnode(tm)) == NULL)
			return NULL;
		pp = (void **)*pp + SLOT(idx, h);
	}
	return pp;
}

/* Bytes of the lower file from off to the end of off's page. */
static size_t
lowerbytes(const struct treg *tr, int64_t off)
{
	size_t n = TPAGE - (size_t)(off % TPAGE);

	if (tr->tr_lower == NULL || off >= tr->tr_lowersize)
		return 0;
	if ((int64_t)n > tr->tr_lowersize - off)
		n = (size_t)(tr->tr_lowersize - off);
	return n;
}

static void
setblocks(struct tnode *tn)
{
	struct treg *tr = &tn->tn_reg;

	tn->tn_v.v_blocks = tr->tr_npages * (TPAGE / 512);
	if (tr->tr_lower != NULL)
		tn->tn_v.v_blocks += (tr->tr_lowersize + 511) / 512;
}

/* What a page that is not there reads as. */
static void
fillpage(const struct treg *tr, uint64_t idx, uint8_t *page)
{
	size_t n = lowerbytes(tr, (int64_t)(idx * TPAGE));

	if (n != 0)
		memcpy(page, tr->tr_lower + idx * TPAGE, n);
	memset(page + n, 0, TPAGE - n);
}

/*
 * A page for idx, which was not there; fresh ones have their old contents when
 * fill is set.  Caller has called lockmap().
 */
static int
addpage(struct tmpfs_mount *tm, struct tnode *tn, uint64_t idx, int fill,
    uint8_t **pagep)
{
	struct treg *tr = &tn->tn_reg;
	uint8_t *page;
	void **slot;

	if (tmpfs_charge(tm, TPAGE))
		return ENOSPC;
	if ((slot = getslot(tm, tr, idx)) == NULL ||
	    (page = rump_page_alloc()) == NULL) {
		tmpfs_uncharge(tm, TPAGE);
		return ENOSPC;
	}
	if (fill)
		fillpage(tr, idx, page);
	*slot = page;
	tr->tr_npages++;
	setblocks(tn);
	*pagep = page;
	return 0;
}

static int
makepage(struct tmpfs_mount *tm, struct tnode *tn, uint64_t idx, int fill,
    uint8_t **pagep)
{
	struct treg *tr = &tn->tn_reg;
	int error = 0;

	lockmap(tr);
	/* A fault may have made it since the caller looked. */
	*pagep = tr->tr_mapped ? findpage(tr, idx) : NULL;
	if (*pagep == NULL)
		error = addpage(tm, tn, idx, fill || tr->tr_mapped, pagep);
	unlockmap(tr);
	return error;
}

/* Frees pages first..last of the subtree; NULL when nothing is left. */
static void *
prune(struct tmpfs_mount *tm, struct treg *tr, void *p, uint32_t h,
    uint64_t base, uint64_t first, uint64_t last)
{
	void **node = p;
	uint64_t span;
	unsigned i, left = 0;

	if (h == 0) {
		if (LENT(p))
			rump_file_holdrele(&TPAGEOF(p)->tp_hold);
		else
			rump_page_free(p);
		tmpfs_uncharge(tm, TPAGE);
		tr->tr_npages--;
		return NULL;
	}
	span = (uint64_t)1 << (TFAN_SHIFT * (h - 1));
	for (i = 0; i < TFAN; i++, base += span) {
		if (node[i] == NULL)
			continue;
		if (base <= last && base + (span - 1) >= first)
			node[i] = prune(tm, tr, node[i], h - 1, base, first,
			    last);
		left += node[i] != NULL;
	}
	if (left != 0)
		return p;
	rump_kmem_free(p, NODESIZE);
	tmpfs_uncharge(tm, NODESIZE);
	return NULL;
}

static void
freepages(struct tmpfs_mount *tm, struct tnode *tn, uint64_t first,
    uint64_t last)
{
	struct treg *tr = &tn->tn_reg;

	lockmap(tr);
	if (tr->tr_map != NULL && first <= last && !outside(tr, first))
		tr->tr_map = prune(tm, tr, tr->tr_map, tr->tr_height, 0,
		    first, last);
	if (tr->tr_map == NULL)
		tr->tr_height = 0;
	unlockmap(tr);
}

void
tmpfs_datafree(struct tmpfs_mount *tm, struct tnode *tn)
{
	freepages(tm, tn, 0, UINT64_MAX);
}

/* Page faults look at it without v_lock. */
static void
setsize(struct vnode *vp, int64_t size)
{
	__atomic_store_n(&vp->v_size, size, __ATOMIC_RELAXED);
}

int
tmpfs_read(struct vnode *vp, struct uio *uio)
{
	struct treg *tr = &TN(vp)->tn_reg;
	uint8_t *page;
	int64_t off;
	size_t n, po;
	int error = 0;

	while (!error && uio->uio_resid > 0 && uio->uio_offset < vp->v_size) {
		off = uio->uio_offset;
		po = (size_t)(off % TPAGE);
		n = TPAGE - po;
		if ((page = getpage(tr, (uint64_t)off / TPAGE)) == NULL &&
		    tr->tr_npages == 0 && off < tr->tr_lowersize)
			n = SIZE_MAX >> 1;	/* all in one piece */
		if ((int64_t)n > vp->v_size - off)
			n = (size_t)(vp->v_size - off);
		if (page != NULL)
			error = rump_uiomove(page + po, n, uio);
		else if (off < tr->tr_lowersize && tr->tr_lower != NULL) {
			if ((int64_t)n > tr->tr_lowersize - off)
				n = (size_t)(tr->tr_lowersize - off);
			error = rump_uiomove((void *)(uintptr_t)
			    (tr->tr_lower + off), n, uio);
		} else
			error = rump_uiozero(n, uio);
	}
	return error;
}

int
tmpfs_write(struct vnode *vp, struct uio *uio)
{
	struct tmpfs_mount *tm = TMOUNT(vp);
	struct tnode *tn = TN(vp);
	uint8_t *page;
	uint64_t idx;
	size_t n, po;
	int error = 0, fresh;

	while (!error && uio->uio_resid > 0) {
		idx = (uint64_t)uio->uio_offset / TPAGE;
		po = (size_t)(uio->uio_offset % TPAGE);
		n = TPAGE - po;
		if (n > uio->uio_resid)
			n = uio->uio_resid;
		page = getpage(&tn->tn_reg, idx);
		fresh = page == NULL;
		if (fresh && (error = makepage(tm, tn, idx, n != TPAGE,
		    &page)) != 0)
			break;
		error = rump_uiomove(page + po, n, uio);
		if (error && fresh && n == TPAGE)
			memset(page, 0, TPAGE);	/* nobody's old memory */
		if (uio->uio_offset > vp->v_size)
			setsize(vp, uio->uio_offset);
	}
	return error;
}

/* Zeroes from off to the end of its page, or to end. */
static int
zeropart(struct tmpfs_mount *tm, struct tnode *tn, int64_t off, int64_t end)
{
	struct treg *tr = &tn->tn_reg;
	size_t po = (size_t)(off % TPAGE), n = TPAGE - po;
	uint64_t idx = (uint64_t)off / TPAGE;
	uint8_t *page;
	int error;

	if ((int64_t)n > end - off)
		n = (size_t)(end - off);
	if ((page = getpage(tr, idx)) == NULL) {
		if (lowerbytes(tr, off) == 0)
			return 0;
		if ((error = makepage(tm, tn, idx, 1, &page)) != 0)
			return error;
	}
	memset(page + po, 0, n);
	return 0;
}

int
tmpfs_truncate(struct vnode *vp, int64_t len)
{
	struct tmpfs_mount *tm = TMOUNT(vp);
	struct tnode *tn = TN(vp);
	struct treg *tr = &tn->tn_reg;
	uint64_t first = ((uint64_t)len + TPAGE - 1) / TPAGE;
	uint8_t *page;

	if (len < vp->v_size) {
		/* First the size: from here on faults get no page. */
		__atomic_store_n(&vp->v_size, len, __ATOMIC_SEQ_CST);
		rump_mm_forget(&tr->tr_obj, first, UINT64_MAX);
		freepages(tm, tn, first, UINT64_MAX);
		if (len < tr->tr_lowersize)
			tr->tr_lowersize = len;
		if (len % TPAGE != 0 && (page = getpage(tr,
		    (uint64_t)len / TPAGE)) != NULL)
			memset(page + len % TPAGE, 0, TPAGE - len % TPAGE);
	}
	setsize(vp, len);
	setblocks(tn);
	return 0;
}

/* The lower contents become pages; then they can be punched. */
static int
copyup(struct tmpfs_mount *tm, struct tnode *tn)
{
	struct treg *tr = &tn->tn_reg;
	uint64_t idx, n = ((uint64_t)tr->tr_lowersize + TPAGE - 1) / TPAGE;
	uint8_t *page;
	int error;

	if (tr->tr_lower == NULL)
		return 0;
	for (idx = 0; idx < n; idx++)
		if (getpage(tr, idx) == NULL &&
		    (error = makepage(tm, tn, idx, 1, &page)) != 0)
			return error;
	tr->tr_lower = NULL;
	tr->tr_lowersize = 0;
	return 0;
}

static int
punch(struct tmpfs_mount *tm, struct tnode *tn, int64_t off, int64_t end)
{
	uint64_t first = ((uint64_t)off + TPAGE - 1) / TPAGE;
	uint64_t last = (uint64_t)end / TPAGE;	/* first not freed */
	struct treg *tr = &tn->tn_reg;
	uint8_t *page;
	int error;

	if ((error = copyup(tm, tn)) != 0)
		return error;
	if (off % TPAGE != 0 && (error = zeropart(tm, tn, off, end)) != 0)
		return error;
	if (end % TPAGE != 0 && end - end % TPAGE >= off &&
	    (error = zeropart(tm, tn, end - end % TPAGE, end)) != 0)
		return error;
	if (last > first && tr->tr_obj.mo_regions == NULL)
		freepages(tm, tn, first, last - 1);
	else
		for (; first < last; first++)	/* somebody sees them */
			if ((page = getpage(tr, first)) != NULL)
				memset(page, 0, TPAGE);
	setblocks(tn);
	return 0;
}

static int
preallocate(struct tmpfs_mount *tm, struct tnode *tn, int64_t off,
    int64_t end)
{
	uint64_t idx = (uint64_t)off / TPAGE;
	uint64_t last = ((uint64_t)end - 1) / TPAGE;
	uint8_t *page;
	int error = 0;

	if ((last - idx + 1) > (tm->tm_limit / TPAGE))
		return ENOSPC;
	for (; idx <= last && !error; idx++)
		if (getpage(&tn->tn_reg, idx) == NULL)
			error = makepage(tm, tn, idx, 1, &page);
	return error;
}

int
tmpfs_fallocate(struct vnode *vp, int mode, int64_t off, int64_t len)
{
	struct tmpfs_mount *tm = TMOUNT(vp);
	int64_t end = off + len;
	int error = 0;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE |
	    FALLOC_FL_ZERO_RANGE))
		return EOPNOTSUPP;
	if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		error = punch(tm, TN(vp), off, end);
	if (!error && !(mode & FALLOC_FL_PUNCH_HOLE))
		error = preallocate(tm, TN(vp), off, end);
	if (!error && !(mode & FALLOC_FL_KEEP_SIZE) && end > vp->v_size)
		setsize(vp, end);
	return error;
}

/* The first page that is there at or after idx; UINT64_MAX: none. */
static uint64_t
nextpage(const struct treg *tr, uint64_t idx)
{
	void *p;
	uint32_t h;

	for (;;) {
		if ((p = slotval(&tr->tr_map)) == NULL || outside(tr, idx))
			return UINT64_MAX;
		for (h = tr->tr_height; h > 0 && p != NULL; h--)
			p = slotval((void **)p + SLOT(idx, h));
		if (p != NULL)
			return idx;
		idx |= ((uint64_t)1 << (TFAN_SHIFT * h)) - 1;
		idx++;
	}
}

int
tmpfs_seekhole(struct vnode *vp, int hole, int64_t *offp)
{
	struct treg *tr = &TN(vp)->tn_reg;
	int64_t off = *offp;
	uint64_t idx;

	if (off >= vp->v_size)
		return ENXIO;
	if (!hole) {
		if (lowerbytes(tr, off) == 0) {
			idx = nextpage(tr, (uint64_t)off / TPAGE);
			if (idx > (uint64_t)(vp->v_size - 1) / TPAGE)
				return ENXIO;
			if ((int64_t)(idx * TPAGE) > off)
				off = (int64_t)(idx * TPAGE);
		}
		*offp = off;
		return 0;
	}
	while (off < vp->v_size && (lowerbytes(tr, off) != 0 ||
	    getpage(tr, (uint64_t)off / TPAGE) != NULL))
		off = (off / TPAGE + 1) * TPAGE;
	*offp = off < vp->v_size ? off : vp->v_size;
	return 0;
}

/* --- lending --- */
static void
tpage_free(struct filehold *fh)
{
	struct tpage *tp = (struct tpage *)fh;

	rump_page_free(tp->tp_page);
	rump_kmem_free(tp, sizeof(*tp));
}

/* v_lock is shared: two may do this at once. */
static struct tpage *
tpage_of(void **slot)
{
	void *p = slotval(slot);
	struct tpage *tp;

	if (LENT(p))
		return TPAGEOF(p);
	if ((tp = rump_kmem_alloc(sizeof(*tp))) == NULL)
		return NULL;
	tp->tp_hold.fh_refs = 1;	/* the file's */
	tp->tp_hold.fh_free = tpage_free;
	tp->tp_page = p;
	if (__atomic_compare_exchange_n(slot, &p, (void *)((char *)tp + 1), 0,
	    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return tp;
	rump_kmem_free(tp, sizeof(*tp));
	return TPAGEOF(p);
}

/*
 * A reference to the page, *tpp NULL: it is not there.  The slot may move when
 * a fault makes the tree higher: tr_maplock covers all of it.
 */
static int
tpage_get(struct treg *tr, uint64_t idx, struct tpage **tpp)
{
	struct tpage *tp = NULL;
	void **slot;
	int error = 0;

	lockmap(tr);
	slot = findslot(tr, idx);
	if (slot != NULL && slotval(slot) != NULL) {
		if ((tp = tpage_of(slot)) != NULL)
			__atomic_fetch_add(&tp->tp_hold.fh_refs, 1,
			    __ATOMIC_RELAXED);
		else
			error = ENOMEM;
	}
	unlockmap(tr);
	*tpp = tp;
	return error;
}

int
tmpfs_lend(struct vnode *vp, int64_t off, size_t len, struct filelent *lt)
{
	struct treg *tr = &TN(vp)->tn_reg;
	size_t po = (size_t)(off % TPAGE), n = TPAGE - po;
	struct tpage *tp;
	int error;

	*lt = (struct filelent){ .lt_hold = NULL };
	if (off >= vp->v_size)
		return 0;
	if ((int64_t)len > vp->v_size - off || len > INT64_MAX)
		len = (size_t)(vp->v_size - off);
	error = tpage_get(tr, (uint64_t)off / TPAGE, &tp);
	if (error)
		return error;
	if (tp != NULL) {
		lt->lt_hold = &tp->tp_hold;
		lt->lt_base = tp->tp_page + po;
	} else if ((n = lowerbytes(tr, off)) != 0) {
		lt->lt_base = (void *)(uintptr_t)(tr->tr_lower + off);
		if (tr->tr_npages == 0)
			n = (size_t)(tr->tr_lowersize - off);
	} else
		return EOPNOTSUPP;	/* a hole */
	lt->lt_len = n < len ? n : len;
	return 0;
}

/* --- mappings --- */
static struct tnode *
nodeof(struct rump_mmobj *obj)
{
	return (struct tnode *)(void *)((char *)obj - offsetof(struct tnode,
	    tn_reg.tr_obj));
}

/* In a page fault: v_lock may be anybody's. */
static int
map_page(struct rump_mmobj *obj, uint64_t idx, void **pagep)
{
	struct tnode *tn = nodeof(obj);
	struct treg *tr = &tn->tn_reg;
	int64_t size = __atomic_load_n(&tn->tn_v.v_size, __ATOMIC_SEQ_CST);
	uint8_t *page;
	int error = 0;

	if (idx >= ((uint64_t)size + TPAGE - 1) / TPAGE)
		return EFAULT;
	if (rump_mutex_tryenter(&tr->tr_maplock) != 0)
		return EAGAIN;
	if ((page = findpage(tr, idx)) == NULL)
		error = addpage(TMOUNT(&tn->tn_v), tn, idx, 1, &page);
	rump_mutex_exit(&tr->tr_maplock);
	*pagep = page;
	return error;
}

static void
map_ref(struct rump_mmobj *obj)
{
	vref(&nodeof(obj)->tn_v);
}

static void
map_rele(struct rump_mmobj *obj)
{
	vrele(&nodeof(obj)->tn_v);
}

static struct vnode *
map_vnode(struct rump_mmobj *obj)
{
	return &nodeof(obj)->tn_v;
}

static const struct rump_mmops map_ops = {
	.mo_vnode = map_vnode,
	.mo_page = map_page,
	.mo_ref = map_ref,
	.mo_rele = map_rele,
};

struct rump_mmobj *
tmpfs_mmap(struct vnode *vp)
{
	struct treg *tr = &TN(vp)->tn_reg;

	tr->tr_obj.mo_ops = &map_ops;
	tr->tr_mapped = 1;
	return &tr->tr_obj;
}
