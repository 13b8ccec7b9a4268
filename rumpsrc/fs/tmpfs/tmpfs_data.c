/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tmpfs_data.c: contents of regular files: a radix tree of pages, 64 slots a
 * node, as high as the largest page index needs.  A page that is not there
 * reads as the lower file's bytes where it has some, else as zeroes.
 * Everything here runs under the vnode's v_lock, but for page faults of
 * mappings.  Lengths and holes: tmpfs_hole.c, lent and mapped: tmpfs_lend.c.
 */
#include <asm/errno.h>

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

/* The place where a page is, or could be without a new node; else NULL. */
void **
tmpfs_findslot(struct treg *tr, uint64_t idx)
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

/* Caller has called tmpfs_lockmap(). */
uint8_t *
tmpfs_findpage(struct treg *tr, uint64_t idx)
{
	void **slot = tmpfs_findslot(tr, idx), *p;

	if (slot == NULL)
		return NULL;
	p = tmpfs_slotval(slot);
	return LENT(p) ? TPAGEOF(p)->tp_page : p;
}

uint8_t *
tmpfs_getpage(struct treg *tr, uint64_t idx)
{
	uint8_t *p;

	tmpfs_lockmap(tr);
	p = tmpfs_findpage(tr, idx);
	tmpfs_unlockmap(tr);
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

size_t
tmpfs_lowerbytes(const struct treg *tr, int64_t off)
{
	size_t n = TPAGE - (size_t)(off % TPAGE);

	if (tr->tr_lower == NULL || off >= tr->tr_lowersize)
		return 0;
	if ((int64_t)n > tr->tr_lowersize - off)
		n = (size_t)(tr->tr_lowersize - off);
	return n;
}

void
tmpfs_setblocks(struct tnode *tn)
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
	size_t n = tmpfs_lowerbytes(tr, (int64_t)(idx * TPAGE));

	if (n != 0)
		memcpy(page, tr->tr_lower + idx * TPAGE, n);
	memset(page + n, 0, TPAGE - n);
}

/*
 * A page for idx, which was not there; fresh ones have their old contents when
 * fill is set.  Caller has called tmpfs_lockmap().
 */
int
tmpfs_addpage(struct tmpfs_mount *tm, struct tnode *tn, uint64_t idx, int fill,
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
	tmpfs_setblocks(tn);
	*pagep = page;
	return 0;
}

int
tmpfs_makepage(struct tmpfs_mount *tm, struct tnode *tn, uint64_t idx, int fill,
    uint8_t **pagep)
{
	struct treg *tr = &tn->tn_reg;
	int error = 0;

	tmpfs_lockmap(tr);
	/* A fault may have made it since the caller looked. */
	*pagep = tr->tr_mapped ? tmpfs_findpage(tr, idx) : NULL;
	if (*pagep == NULL)
		error = tmpfs_addpage(tm, tn, idx, fill || tr->tr_mapped,
		    pagep);
	tmpfs_unlockmap(tr);
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

void
tmpfs_freepages(struct tmpfs_mount *tm, struct tnode *tn, uint64_t first,
    uint64_t last)
{
	struct treg *tr = &tn->tn_reg;

	tmpfs_lockmap(tr);
	if (tr->tr_map != NULL && first <= last && !outside(tr, first))
		tr->tr_map = prune(tm, tr, tr->tr_map, tr->tr_height, 0,
		    first, last);
	if (tr->tr_map == NULL)
		tr->tr_height = 0;
	tmpfs_unlockmap(tr);
}

void
tmpfs_datafree(struct tmpfs_mount *tm, struct tnode *tn)
{
	tmpfs_freepages(tm, tn, 0, UINT64_MAX);
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
		if ((page = tmpfs_getpage(tr, (uint64_t)off / TPAGE)) == NULL &&
		    tr->tr_npages == 0 && off < tr->tr_lowersize)
			n = SIZE_MAX >> 1;	/* all in one piece */
		if ((int64_t)n > vp->v_size - off)
			n = (size_t)(vp->v_size - off);
		if (page != NULL)
			error = rump_uiopart(page + po, n, uio);
		else if (off < tr->tr_lowersize && tr->tr_lower != NULL) {
			if ((int64_t)n > tr->tr_lowersize - off)
				n = (size_t)(tr->tr_lowersize - off);
			error = rump_uiopart((void *)(uintptr_t)
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
	int64_t off;
	size_t n, po, moved;
	int error = tmpfs_sealed(vp), fresh;

	while (!error && uio->uio_resid > 0) {
		off = uio->uio_offset;
		idx = (uint64_t)off / TPAGE;
		po = (size_t)(off % TPAGE);
		n = TPAGE - po;
		if (n > uio->uio_resid)
			n = uio->uio_resid;
		/* Up to the last page that is all inside. */
		if ((error = tmpfs_sealedsize(vp, off + (int64_t)n, 0)) != 0)
			break;
		page = tmpfs_getpage(&tn->tn_reg, idx);
		fresh = page == NULL;
		if (fresh && (error = tmpfs_makepage(tm, tn, idx, n != TPAGE,
		    &page)) != 0)
			break;
		error = rump_uiopart(page + po, n, uio);
		moved = (size_t)(uio->uio_offset - off);
		if (error && fresh && n == TPAGE)	/* nobody's memory */
			memset(page + moved, 0, TPAGE - moved);
		if (moved != 0 && uio->uio_offset > vp->v_size)
			tmpfs_setsize(vp, uio->uio_offset);
	}
	return error;
}

uint64_t
tmpfs_nextpage(const struct treg *tr, uint64_t idx)
{
	void *p;
	uint32_t h;

	for (;;) {
		p = tmpfs_slotval(&tr->tr_map);
		if (p == NULL || outside(tr, idx))
			return UINT64_MAX;
		for (h = tr->tr_height; h > 0 && p != NULL; h--)
			p = tmpfs_slotval((void **)p + SLOT(idx, h));
		if (p != NULL)
			return idx;
		idx |= ((uint64_t)1 << (TFAN_SHIFT * h)) - 1;
		idx++;
	}
}
