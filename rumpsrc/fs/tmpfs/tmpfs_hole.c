/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tmpfs_hole.c: the length of a regular file, and where it has pages:
 * truncate, fallocate, SEEK_HOLE.  Runs under the vnode's v_lock.
 */
#include <asm/errno.h>
#include <linux/falloc.h>
#include <string.h>

#include "tmpfs_private.h"

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
	if ((page = tmpfs_getpage(tr, idx)) == NULL) {
		if (tmpfs_lowerbytes(tr, off) == 0)
			return 0;
		if ((error = tmpfs_makepage(tm, tn, idx, 1, &page)) != 0)
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
	int error;

	if ((error = tmpfs_sealedsize(vp, len, 1)) != 0)
		return error;
	if (len <= vp->v_size) {	/* as many: pages beyond the end */
		/* First the size: from here on faults get no page. */
		__atomic_store_n(&vp->v_size, len, __ATOMIC_SEQ_CST);
		rump_mm_forget(&tr->tr_obj, first, UINT64_MAX);
		tmpfs_freepages(tm, tn, first, UINT64_MAX);
		if (len < tr->tr_lowersize)
			tr->tr_lowersize = len;
		if (len % TPAGE != 0 && (page = tmpfs_getpage(tr,
		    (uint64_t)len / TPAGE)) != NULL)
			memset(page + len % TPAGE, 0, TPAGE - len % TPAGE);
	}
	tmpfs_setsize(vp, len);
	tmpfs_setblocks(tn);
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
		if (tmpfs_getpage(tr, idx) == NULL &&
		    (error = tmpfs_makepage(tm, tn, idx, 1, &page)) != 0)
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
		tmpfs_freepages(tm, tn, first, last - 1);
	else
		while ((first = tmpfs_nextpage(tr, first)) < last)
			if ((page = tmpfs_getpage(tr, first++)) != NULL)
				memset(page, 0, TPAGE);	/* somebody sees them */
	tmpfs_setblocks(tn);
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
		if (tmpfs_getpage(&tn->tn_reg, idx) == NULL)
			error = tmpfs_makepage(tm, tn, idx, 1, &page);
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
	if (!(mode & FALLOC_FL_PUNCH_HOLE))
		error = tmpfs_sealedsize(vp, end, 0);
	if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE) &&
	    !error && (error = tmpfs_sealed(vp)) == 0)
		error = punch(tm, TN(vp), off, end);
	if (!error && !(mode & FALLOC_FL_PUNCH_HOLE))
		error = preallocate(tm, TN(vp), off, end);
	if (!error && !(mode & FALLOC_FL_KEEP_SIZE) && end > vp->v_size)
		tmpfs_setsize(vp, end);
	return error;
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
		if (tmpfs_lowerbytes(tr, off) == 0) {
			idx = tmpfs_nextpage(tr, (uint64_t)off / TPAGE);
			if (idx > (uint64_t)(vp->v_size - 1) / TPAGE)
				return ENXIO;
			if ((int64_t)(idx * TPAGE) > off)
				off = (int64_t)(idx * TPAGE);
		}
		*offp = off;
		return 0;
	}
	while (off < vp->v_size && (tmpfs_lowerbytes(tr, off) != 0 ||
	    tmpfs_getpage(tr, (uint64_t)off / TPAGE) != NULL))
		off += off / TPAGE == vp->v_size / TPAGE ? vp->v_size - off :
		    TPAGE - off % TPAGE;	/* the last one may be 2^63's */
	*offp = off;
	return 0;
}
