/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * anon.c: shared anonymous memory as an object of mmap (kern/mm.h), of the
 * length that it was made with: mremap may show it twice, and nothing is
 * beyond its end.  As long as no page is asked for at a second place it is
 * plain memory of the platform's, which costs less; what of it is unmapped
 * meanwhile is kept here.
 *
 * All of it is set aside when it is made, but with MAP_NORESERVE; a page that
 * is here is one of the kernel's and not set aside any more.  rump_mm_lock
 * guards everything but the count; whoever calls an operation holds it, but
 * for mo_ref and mo_rele.
 */
#include <asm/errno.h>
#include <stddef.h>
#include <string.h>

#include <rump/rumpcomp_vm.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/mm_region.h>

#include "vfs_private.h"

#define FAN	(MM_PAGE / sizeof(void *))	/* pages that a table lists */

struct anon {
	struct rump_mmobj an_obj;
	uint32_t	 an_refs;	/* [a] */
	int		 an_counted;	/* [I] set aside */
	size_t		 an_npages;	/* [I] */
	size_t		 an_there;	/* of them, made */
	void		**an_map[];	/* tables; or NULL */
};

static struct anon *
anon_of(struct rump_mmobj *obj)
{

	return (struct anon *)(void *)((char *)obj -
	    offsetof(struct anon, an_obj));
}

static size_t
anon_size(size_t npages)
{

	return sizeof(struct anon) + (npages + FAN - 1) / FAN *
	    sizeof(void **);
}

/* In a page fault. */
static int
anon_page(struct rump_mmobj *obj, uint64_t idx, void **pagep)
{
	struct anon *an = anon_of(obj);
	void ***t, **slot;

	KASSERT(rump_mutex_owned(&rump_mm_lock));
	if (idx >= an->an_npages)
		return EFAULT;
	t = &an->an_map[idx / FAN];
	if (*t == NULL) {
		if ((*t = rump_page_alloc()) == NULL)
			return ENOMEM;
		memset(*t, 0, MM_PAGE);
	}
	slot = &(*t)[idx % FAN];
	if (*slot == NULL) {
		if ((*slot = rump_page_alloc()) == NULL)
			return ENOMEM;
		memset(*slot, 0, MM_PAGE);
		an->an_there++;
		if (an->an_counted)
			rump_mm_uncharge(MM_PAGE);
	}
	*pagep = *slot;
	return 0;
}

static void
anon_ref(struct rump_mmobj *obj)
{

	__atomic_fetch_add(&anon_of(obj)->an_refs, 1, __ATOMIC_RELAXED);
}

static void
anon_free(struct anon *an)
{
	size_t i, j, n = (an->an_npages + FAN - 1) / FAN;

	for (i = 0; i < n; i++) {
		if (an->an_map[i] == NULL)
			continue;
		for (j = 0; j < FAN; j++)
			if (an->an_map[i][j] != NULL)
				rump_page_free(an->an_map[i][j]);
		rump_page_free(an->an_map[i]);
	}
	if (an->an_counted) {
		rump_mutex_enter(&rump_mm_lock);
		rump_mm_uncharge((an->an_npages - an->an_there) * MM_PAGE);
		rump_mutex_exit(&rump_mm_lock);
	}
	rump_kmem_free(an, anon_size(an->an_npages));
}

/* Never the last one under rump_mm_lock. */
static void
anon_rele(struct rump_mmobj *obj)
{

	if (__atomic_sub_fetch(&anon_of(obj)->an_refs, 1,
	    __ATOMIC_ACQ_REL) == 0)
		anon_free(anon_of(obj));
}

/* Nobody sees the page any more. */
static void
anon_drop(struct anon *an, void **slot)
{

	if (an->an_counted && rump_mm_charge(MM_PAGE) != 0) {
		memset(*slot, 0, MM_PAGE);
		return;
	}
	rump_page_free(*slot);
	*slot = NULL;
	an->an_there--;
}

static void
anon_punch(struct rump_mmobj *obj, uint64_t first, uint64_t end)
{
	struct anon *an = anon_of(obj);
	void **t;

	if (end > an->an_npages)
		end = an->an_npages;
	for (; first < end; first++)
		if ((t = an->an_map[first / FAN]) != NULL &&
		    t[first % FAN] != NULL)
			anon_drop(an, &t[first % FAN]);
}

/* The pages of a plain region, which is not to be written to any more. */
static int
anon_keep(struct mm_region *mr)
{
	char *va = (char *)mr->mr_start;
	uint64_t idx = mr->mr_off;
	unsigned char there;
	void *page;
	int error;

	error = rumpcomp_vm_protect(va, mr->mr_end - mr->mr_start,
	    RUMPCOMP_VM_READ);
	for (; error == 0 && va < (char *)mr->mr_end; va += MM_PAGE, idx++) {
		rumpcomp_vm_resident(va, MM_PAGE, &there);
		if ((there & 1) == 0)
			continue;
		error = anon_page(mr->mr_obj, idx, &page);
		if (error == 0)
			memcpy(page, va, MM_PAGE);
	}
	return error;
}

/* Some of it may come back when another region grows. */
static void
anon_unmapped(struct mm_region *mr)
{

	if (mr->mr_next != NULL || mr->mr_obj->mo_regions != mr)
		(void)anon_keep(mr);
}

/* It stays plain, and there is no page in two places. */
static void
anon_giveup(struct rump_mmobj *obj)
{
	struct mm_region *mr;

	for (mr = obj->mo_regions; mr != NULL; mr = mr->mr_next) {
		anon_punch(obj, mr->mr_off, mr->mr_off +
		    (mr->mr_end - mr->mr_start) / MM_PAGE);
		(void)rumpcomp_vm_protect((void *)mr->mr_start,
		    mr->mr_end - mr->mr_start, mr->mr_prot & MM_PROT);
	}
}

/* No program runs meanwhile. */
static int
anon_settle(struct rump_mmobj *obj)
{
	struct mm_region *mr;
	size_t len;
	int error = 0;

	for (mr = obj->mo_regions; mr != NULL && error == 0; mr = mr->mr_next)
		error = anon_keep(mr);
	if (error) {
		anon_giveup(obj);
		return error;
	}
	obj->mo_ask = RUMPCOMP_VM_ASK;
	for (mr = obj->mo_regions; mr != NULL && error == 0; mr = mr->mr_next) {
		len = mr->mr_end - mr->mr_start;
		(void)rumpcomp_vm_unmap((void *)mr->mr_start, len);
		error = rumpcomp_vm_map((void *)mr->mr_start, len,
		    MM_VMPROT(mr->mr_prot, obj));
	}
	return error;
}

static const struct rump_mmops anon_ops = {
	.mo_page = anon_page,
	.mo_ref = anon_ref,
	.mo_rele = anon_rele,
	.mo_punch = anon_punch,
	.mo_keep = anon_unmapped,
	.mo_settle = anon_settle,
	.mo_name = "/dev/zero (deleted)",
};

int
vfs_anonobj(size_t len, int counted, struct rump_mmobj **objp)
{
	size_t npages = len / MM_PAGE;
	struct anon *an;
	int error = 0;

	if ((an = rump_kmem_zalloc(anon_size(npages))) == NULL)
		return ENOMEM;
	*an = (struct anon){ .an_obj = { .mo_ops = &anon_ops,
	    .mo_ask = 0 }, .an_refs = 1,
	    .an_counted = counted, .an_npages = npages };
	if (counted) {
		rump_mutex_enter(&rump_mm_lock);
		error = rump_mm_charge(len);
		rump_mutex_exit(&rump_mm_lock);
	}
	if (error)
		rump_kmem_free(an, anon_size(npages));
	else
		*objp = &an->an_obj;
	return error;
}
