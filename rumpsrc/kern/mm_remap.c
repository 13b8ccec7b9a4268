/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mremap: a range shrinks, grows in its place, or moves.  Moving takes the
 * pages along (rumpcomp_vm_move()); where the platform cannot, it copies.
 */
#include <asm/errno.h>
#include <linux/mman.h>
#include <string.h>
#include <rump/rumpcomp_vm.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/mm_region.h>
#include <kern/proc.h>
#include <kern/syscall.h>

#define REMAP_FLAGS	(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)

/* What is asked for, and the region that [va, va + old) lies in. */
struct remap {
	uintptr_t	 rm_va, rm_to;		/* rm_to: MREMAP_FIXED */
	size_t		 rm_old, rm_len;	/* old 0: a second view */
	int		 rm_flags;
	struct mm_region *rm_mr;
};

static uint64_t
remap_off(const struct remap *rm)
{

	return rm->rm_mr->mr_off + (rm->rm_va - rm->rm_mr->mr_start) /
	    MM_PAGE;
}

/* The new range, without contents; a second reference to the object. */
static int
remap_place(struct remap *rm)
{
	struct rump_mmobj *obj = rm->rm_mr->mr_obj;
	struct proc *p = rm->rm_mr->mr_proc;
	uint64_t off = obj != NULL ? remap_off(rm) : 0;
	int prot = rm->rm_mr->mr_prot, error;

	if (obj != NULL)
		obj->mo_ops->mo_ref(obj);
	error = rm->rm_flags & MREMAP_FIXED ?
	    rump_mm_map(rm->rm_to, rm->rm_len, prot, p, obj, off) :
	    rump_mm_alloc(p, rm->rm_len, prot, obj, off, &rm->rm_to);
	if (error && obj != NULL)
		obj->mo_ops->mo_rele(obj);
	return error;
}

/* A private mapping's own pages; others are asked for again. */
static int
remap_copypages(const struct remap *rm, size_t len)
{
	int prot = MM_VMPROT(rm->rm_mr->mr_prot, rm->rm_mr->mr_obj);
	unsigned char there;
	size_t i;
	int error = 0;

	for (i = 0; i < len && error == 0; i += MM_PAGE) {
		rumpcomp_vm_resident((void *)(rm->rm_va + i), MM_PAGE, &there);
		if (there == 1)
			error = rumpcomp_vm_copy((void *)(rm->rm_to + i),
			    (void *)(rm->rm_va + i), prot);
	}
	return error;
}

/* What the program could see, where the platform cannot move pages. */
static int
remap_copy(const struct remap *rm, size_t len)
{
	struct rump_mmobj *obj = rm->rm_mr->mr_obj;
	int prot = rm->rm_mr->mr_prot, error = 0;

	if (mm_paged(obj) && prot & MM_SHARED)
		return 0;		/* the file has them */
	if ((prot & RUMPCOMP_VM_READ) == 0)
		error = rumpcomp_vm_protect((void *)rm->rm_va, len,
		    MM_VMPROT(RUMPCOMP_VM_READ, obj));
	if (error == 0 && mm_paged(obj))
		return remap_copypages(rm, len);
	if (error == 0)
		error = rumpcomp_vm_protect((void *)rm->rm_to, len,
		    RUMPCOMP_VM_READ | RUMPCOMP_VM_WRITE);
	if (error)
		return error;
	memcpy((void *)rm->rm_to, (void *)rm->rm_va, len);
	return rumpcomp_vm_protect((void *)rm->rm_to, len, prot & MM_PROT);
}

static int
remap_move(struct remap *rm)
{
	size_t len = rm->rm_old < rm->rm_len ? rm->rm_old : rm->rm_len;
	int error;

	if ((error = remap_place(rm)) != 0)
		return error;
	if (len == 0)
		return 0;
	error = rumpcomp_vm_move((void *)rm->rm_va, (void *)rm->rm_to, len);
	if (error == EOPNOTSUPP && (error = remap_copy(rm, len)) == 0)
		(void)rumpcomp_vm_discard((void *)rm->rm_va, len);
	if (error) {
		(void)rumpcomp_vm_discard((void *)rm->rm_to, rm->rm_len);
		(void)rump_mm_clear(rm->rm_to, rm->rm_to + rm->rm_len);
		return error;
	}
	/* The old range is mapped, and as good as new, or gone. */
	return rm->rm_flags & MREMAP_DONTUNMAP ?
	    rumpcomp_vm_map((void *)rm->rm_va, rm->rm_old,
	    MM_VMPROT(rm->rm_mr->mr_prot, rm->rm_mr->mr_obj)) :
	    rump_mm_clear(rm->rm_va, rm->rm_va + rm->rm_old);
}

/* In its place, when what follows is free. */
static int
remap_grow(const struct remap *rm)
{
	struct mm_region *mr = rm->rm_mr;
	struct rump_mmobj *obj = mr->mr_obj;
	uintptr_t end = rm->rm_va + rm->rm_old;
	struct mm_region *next = rump_mm_first(end);
	int error;

	if (mr->mr_end != end || !rump_mm_inside(rm->rm_va, rm->rm_len) ||
	    (next != NULL && next->mr_start < rm->rm_va + rm->rm_len))
		return ENOMEM;
	if (obj != NULL)
		obj->mo_ops->mo_ref(obj);
	error = rump_mm_map(end, rm->rm_len - rm->rm_old,
	    mr->mr_prot, mr->mr_proc, obj, obj != NULL ?
	    remap_off(rm) + rm->rm_old / MM_PAGE : 0);
	if (error && obj != NULL)
		obj->mo_ops->mo_rele(obj);
	return error;
}

/* rm_to: made free; it does not overlap. */
static int
remap_fixed(struct remap *rm)
{

	if (rm->rm_to % MM_PAGE || (rm->rm_flags & MREMAP_MAYMOVE) == 0 ||
	    !rump_mm_inside(rm->rm_to, rm->rm_len) ||
	    (rm->rm_to < rm->rm_va + rm->rm_old &&
	    rm->rm_va < rm->rm_to + rm->rm_len))
		return EINVAL;
	return rump_mm_clear(rm->rm_to, rm->rm_to + rm->rm_len);
}

static int
remap(struct remap *rm)
{
	struct mm_region *mr;
	int error;

	mr = rm->rm_mr = rump_mm_first(rm->rm_va);
	if (mr == NULL || mr->mr_start > rm->rm_va)
		return EFAULT;
	/* It may have grown in its place, or had a hole in its protection. */
	rump_mm_join(mr, rm->rm_va + rm->rm_old);
	if (mr->mr_end - rm->rm_va < rm->rm_old)
		return EFAULT;
	if (rm->rm_old == 0 && (mr->mr_obj == NULL ||
	    (mr->mr_prot & MM_SHARED) == 0))
		return EINVAL;
	if (rm->rm_flags & MREMAP_DONTUNMAP &&
	    (rm->rm_old != rm->rm_len || !(rm->rm_flags & MREMAP_MAYMOVE)))
		return EINVAL;
	if (rm->rm_len > rm->rm_old && (error = rump_mm_may(mr->mr_proc, 0, 0,
	    mr->mr_prot, rm->rm_len - rm->rm_old)) != 0)
		return error;
	if (mr->mr_obj != NULL && !mr->mr_obj->mo_ask && (rm->rm_old == 0 ||
	    rm->rm_len > rm->rm_old || rm->rm_flags & MREMAP_DONTUNMAP) &&
	    (error = mr->mr_obj->mo_ops->mo_settle(mr->mr_obj)) != 0)
		return error;
	if (rm->rm_flags & MREMAP_FIXED) {
		if ((error = remap_fixed(rm)) != 0)
			return error;
		rm->rm_mr = rump_mm_first(rm->rm_va);
	} else if (!(rm->rm_flags & MREMAP_DONTUNMAP) && rm->rm_old != 0) {
		rm->rm_to = rm->rm_va;
		if (rm->rm_len <= rm->rm_old)
			return rm->rm_len == rm->rm_old ? 0 :
			    rump_mm_clear(rm->rm_va + rm->rm_len,
			    rm->rm_va + rm->rm_old);
		if (remap_grow(rm) == 0)
			return 0;
	}
	return rm->rm_flags & MREMAP_MAYMOVE ? remap_move(rm) : ENOMEM;
}

RUMP_SYSCALL5(mremap, void *, addr, size_t, old, size_t, len, int, flags,
    void *, newaddr)
{
	struct remap rm = { (uintptr_t)addr, (uintptr_t)newaddr,
	    mm_round(old), mm_round(len), flags, NULL };
	int error;

	if (rm.rm_va % MM_PAGE || len == 0 || len > SIZE_MAX / 2 ||
	    old > SIZE_MAX / 2 || (flags & ~REMAP_FLAGS))
		return -EINVAL;
	if (!rump_mm_inside(rm.rm_va, rm.rm_old != 0 ? rm.rm_old : MM_PAGE))
		return -EFAULT;
	rump_mutex_enter(&rump_mm_lock);
	error = remap(&rm);
	rump_mm_unlock();
	return error ? -error : (long)rm.rm_to;
}
