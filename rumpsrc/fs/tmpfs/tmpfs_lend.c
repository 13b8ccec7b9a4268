/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tmpfs_lend.c: pages of regular files that others see: borrowers (sendfile)
 * and mappings.
 *
 * A page that was lent once has a struct tpage, to which its slot points then,
 * tagged: the file holds one reference, each borrower another, so that a page
 * cut off the file lives on until the last of them is done.
 */
#include <asm/errno.h>
#include <stddef.h>

#include <rump/rumpcomp_vm.h>
#include <kern/kmem.h>

#include "tmpfs_private.h"

/* --- lending --- */
static uint8_t hole[TPAGE];	/* only read */

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
	void *p = tmpfs_slotval(slot);
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

	tmpfs_lockmap(tr);
	slot = tmpfs_findslot(tr, idx);
	if (slot != NULL && tmpfs_slotval(slot) != NULL) {
		if ((tp = tpage_of(slot)) != NULL)
			__atomic_fetch_add(&tp->tp_hold.fh_refs, 1,
			    __ATOMIC_RELAXED);
		else
			error = ENOMEM;
	}
	tmpfs_unlockmap(tr);
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
	} else if ((n = tmpfs_lowerbytes(tr, off)) != 0) {
		lt->lt_base = (void *)(uintptr_t)(tr->tr_lower + off);
		if (tr->tr_npages == 0)
			n = (size_t)(tr->tr_lowersize - off);
	} else {
		n = TPAGE - po;
		lt->lt_base = hole;
	}
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
	if ((page = tmpfs_findpage(tr, idx)) == NULL)
		error = tmpfs_addpage(TMOUNT(&tn->tn_v), tn, idx, 1, &page);
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
	tr->tr_obj.mo_ask = RUMPCOMP_VM_ASK;
	tr->tr_mapped = 1;
	return &tr->tr_obj;
}
