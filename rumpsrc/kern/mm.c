/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The address space of programs: which range of the platform's arena belongs
 * to whom.  Regions are a treap by start address; free space is found first
 * fit, downwards from mm_hint.  Contents and faults are the platform's
 * (rumpcomp_vm.h).
 *
 * Memory that a program may write is set aside when it is mapped, so that it
 * is the call that fails and not a later access; not so stacks and what was
 * mapped with MAP_NORESERVE.  The kernel's own growth is not foreseen.
 *
 * mm_lock guards everything here and serialises the
 * platform's calls; nothing is taken under it but kernel memory.
 */
#include <asm/errno.h>
#include <string.h>
#include <rump/rumpuser.h>
#include <rump/rumpcomp_vm.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/mm_region.h>
#include <kern/proc.h>

struct rump_mutex rump_mm_lock;
int (*rump_mm_limithook)(struct proc *, uintptr_t, size_t, int, size_t);

static struct mm_region *mm_root;	/* [mm_lock] */
static uintptr_t mm_start, mm_end;	/* constant once set */
static uintptr_t mm_hint;		/* [mm_lock] nothing fits above */
static uint32_t mm_seed = 2463534242U;	/* [mm_lock] */
static size_t mm_committed;		/* [mm_lock] bytes set aside */
static struct mm_region *mm_dead;	/* [mm_lock] mr_next, with mr_obj */

void
rump_mm_init(void)
{
	void *start;
	size_t len;

	if (mm_end != 0)
		return;
	rumpcomp_vm_arena(&start, &len);
	mm_start = (uintptr_t)start + MM_PAGE;
	mm_end = mm_hint = (uintptr_t)start + len;
}

int
rump_mm_inside(uintptr_t addr, size_t len)
{

	return addr % MM_PAGE == 0 && len != 0 && addr >= mm_start &&
	    addr < mm_end && len <= mm_end - addr;
}

/* Treap by mr_start, heap by mr_prio; mr_prio is a cheap random number. */
static void
mm_split(struct mm_region *t, uintptr_t key, struct mm_region **l,
    struct mm_region **r)
{

	while (t != NULL) {
		if (t->mr_start < key) {
			*l = t;
			l = &t->mr_right;
			t = t->mr_right;
		} else {
			*r = t;
			r = &t->mr_left;
			t = t->mr_left;
		}
	}
	*l = *r = NULL;
}

static void
mm_insert(struct mm_region *mr)
{
	struct mm_region **p = &mm_root;

	mm_seed ^= mm_seed << 13;
	mm_seed ^= mm_seed >> 17;
	mm_seed ^= mm_seed << 5;
	mr->mr_prio = mm_seed;
	while (*p != NULL && (*p)->mr_prio >= mr->mr_prio)
		p = mr->mr_start < (*p)->mr_start ? &(*p)->mr_left :
		    &(*p)->mr_right;
	mm_split(*p, mr->mr_start, &mr->mr_left, &mr->mr_right);
	*p = mr;
}

static void
mm_remove(struct mm_region *mr)
{
	struct mm_region **p = &mm_root, *l, *r;

	while (*p != mr)
		p = mr->mr_start < (*p)->mr_start ? &(*p)->mr_left :
		    &(*p)->mr_right;
	l = mr->mr_left;
	r = mr->mr_right;
	while (l != NULL && r != NULL) {
		if (l->mr_prio > r->mr_prio) {
			*p = l;
			p = &l->mr_right;
			l = *p;
		} else {
			*p = r;
			p = &r->mr_left;
			r = *p;
		}
	}
	*p = l != NULL ? l : r;
}

/* The first region that ends above addr; NULL when there is none. */
struct mm_region *
rump_mm_first(uintptr_t addr)
{
	struct mm_region *t = mm_root, *best = NULL;

	while (t != NULL) {
		if (t->mr_end > addr) {
			best = t;
			t = t->mr_left;
		} else {
			t = t->mr_right;
		}
	}
	return best;
}

int
rump_mm_mapped(const void *addr)
{
	const struct mm_region *mr;
	int yes;

	rump_mutex_enter(&rump_mm_lock);
	mr = rump_mm_first((uintptr_t)addr);
	yes = mr != NULL && mr->mr_start <= (uintptr_t)addr;
	rump_mutex_exit(&rump_mm_lock);
	return yes;
}

/* The last region that starts below addr. */
static struct mm_region *
mm_below(uintptr_t addr)
{
	struct mm_region *t = mm_root, *best = NULL;

	while (t != NULL) {
		if (t->mr_start < addr) {
			best = t;
			t = t->mr_right;
		} else {
			t = t->mr_left;
		}
	}
	return best;
}

/* An address below `top` where len bytes fit; 0 when there is none. */
static uintptr_t
mm_search(uintptr_t top, size_t len)
{
	struct mm_region *mr;
	uintptr_t floor;

	for (;;) {
		mr = mm_below(top);
		floor = mr != NULL ? mr->mr_end : mm_start;
		if (floor <= top && top - floor >= len)
			return top - len;
		if (mr == NULL)
			return 0;
		top = mr->mr_start;
	}
}

uintptr_t
rump_mm_find(size_t len)
{
	uintptr_t addr;

	KASSERT(rump_mutex_owned(&rump_mm_lock));
	if (len > mm_end - mm_start)
		return 0;
	if ((addr = mm_search(mm_hint, len)) == 0)
		addr = mm_search(mm_end, len);
	else
		mm_hint = addr + len;
	return addr;
}

static void
mm_setobj(struct mm_region *mr, struct rump_mmobj *obj, uint64_t off)
{

	mr->mr_obj = obj;
	mr->mr_off = off;
	mr->mr_prevp = &obj->mo_regions;
	if ((mr->mr_next = obj->mo_regions) != NULL)
		mr->mr_next->mr_prevp = &mr->mr_next;
	obj->mo_regions = mr;
}

/* Records a region; the range is free. */
int
rump_mm_record(uintptr_t addr, size_t len, int prot, struct proc *p,
    struct rump_mmobj *obj, uint64_t off)
{
	struct mm_region *mr;

	/* Neighbours of the same kind grow instead (brk, malloc arenas). */
	mr = mm_below(addr);
	if (mr != NULL && mr->mr_end == addr && mr->mr_prot == prot &&
	    mr->mr_proc == p && mr->mr_obj == NULL && obj == NULL) {
		mr->mr_end += len;
		return 0;
	}
	if ((mr = rump_kmem_alloc(sizeof(*mr))) == NULL)
		return ENOMEM;
	mr->mr_start = addr;
	mr->mr_end = addr + len;
	mr->mr_prot = prot;
	mr->mr_proc = p;
	mr->mr_obj = NULL;
	mm_insert(mr);
	if (obj != NULL)
		mm_setobj(mr, obj, off);
	return 0;
}

/* Under the lock nothing may be released that could sleep. */
static void
mm_free(struct mm_region *mr)
{

	mm_remove(mr);
	if (mr->mr_obj == NULL) {
		rump_kmem_free(mr, sizeof(*mr));
		return;
	}
	if ((*mr->mr_prevp = mr->mr_next) != NULL)
		mr->mr_next->mr_prevp = mr->mr_prevp;
	mr->mr_next = mm_dead;
	mm_dead = mr;
}

void
rump_mm_unlock(void)
{
	struct mm_region *dead = mm_dead, *mr;

	mm_dead = NULL;
	rump_mutex_exit(&rump_mm_lock);
	while ((mr = dead) != NULL) {
		dead = mr->mr_next;
		mr->mr_obj->mo_ops->mo_rele(mr->mr_obj);
		rump_kmem_free(mr, sizeof(*mr));
	}
}

/* What follows mr and is of its kind becomes part of it, as far as end. */
void
rump_mm_join(struct mm_region *mr, uintptr_t end)
{
	struct mm_region *next;

	while (mr->mr_end < end && (next = rump_mm_first(mr->mr_end)) != NULL &&
	    next->mr_start == mr->mr_end && next->mr_prot == mr->mr_prot &&
	    next->mr_proc == mr->mr_proc && next->mr_obj == mr->mr_obj &&
	    (mr->mr_obj == NULL || next->mr_off == mr->mr_off +
	    (mr->mr_end - mr->mr_start) / MM_PAGE)) {
		mr->mr_end = next->mr_end;
		mm_free(next);
	}
}

/* Makes addr a region boundary. */
int
rump_mm_cut(uintptr_t addr)
{
	struct mm_region *mr = rump_mm_first(addr), *tail;

	if (mr == NULL || mr->mr_start >= addr)
		return 0;
	if ((tail = rump_kmem_alloc(sizeof(*tail))) == NULL)
		return ENOMEM;
	*tail = *mr;
	mr->mr_end = tail->mr_start = addr;
	mm_insert(tail);
	if (mr->mr_obj != NULL) {
		mr->mr_obj->mo_ops->mo_ref(mr->mr_obj);
		mm_setobj(tail, mr->mr_obj, mr->mr_off +
		    (addr - mr->mr_start) / MM_PAGE);
	}
	return 0;
}

/* Removes all regions in [addr, end): holes are fine. */
int
rump_mm_clear(uintptr_t addr, uintptr_t end)
{
	struct mm_region *mr;
	int error;

	if ((error = rump_mm_cut(addr)) != 0 || (error = rump_mm_cut(end)) != 0)
		return error;
	while ((mr = rump_mm_first(addr)) != NULL && mr->mr_start < end) {
		if (mr->mr_obj != NULL && mr->mr_obj->mo_ask == 0)
			mr->mr_obj->mo_ops->mo_keep(mr);
		(void)rumpcomp_vm_unmap((void *)mr->mr_start,
		    mr->mr_end - mr->mr_start);
		if (mr->mr_prot & MM_COUNTED)
			rump_mm_uncharge(mr->mr_end - mr->mr_start);
		if (mr->mr_end > mm_hint)
			mm_hint = mr->mr_end;
		mm_free(mr);
	}
	return 0;
}

int
rump_mm_unmap(void *addr, size_t len)
{
	uintptr_t va = (uintptr_t)addr;
	int error;

	len = (len + MM_PAGE - 1) & ~(MM_PAGE - 1);
	if (!rump_mm_inside(va, len))
		return EINVAL;
	rump_mutex_enter(&rump_mm_lock);
	error = rump_mm_clear(va, va + len);
	rump_mm_unlock();
	return error;
}

int
rump_mm_charge(size_t len)
{
	size_t limit = rumpcomp_vm_limit();

	limit -= limit / 128;		/* page tables */
	if (len > limit || mm_committed > limit - len)
		return ENOMEM;
	mm_committed += len;
	return 0;
}

size_t
rump_mm_committed(void)
{

	return __atomic_load_n(&mm_committed, __ATOMIC_RELAXED);
}

void
rump_mm_uncharge(size_t len)
{

	KASSERT(mm_committed >= len);
	mm_committed -= len;
}

int
rump_mm_map(uintptr_t addr, size_t len, int prot, struct proc *p,
    struct rump_mmobj *obj, uint64_t off)
{
	int error;

	if ((prot & (RUMPCOMP_VM_WRITE | MM_NORESERVE)) == RUMPCOMP_VM_WRITE)
		prot |= MM_COUNTED;
	if (prot & MM_COUNTED && (error = rump_mm_charge(len)) != 0)
		return error;
	error = rumpcomp_vm_map((void *)addr, len, MM_VMPROT(prot, obj));
	if (error == 0) {
		error = rump_mm_record(addr, len, prot, p, obj, off);
		if (error == 0)
			return 0;
		(void)rumpcomp_vm_unmap((void *)addr, len);
	}
	if (prot & MM_COUNTED)
		rump_mm_uncharge(len);
	return error;
}

/* Any free range, mapped with prot. */
int
rump_mm_alloc(struct proc *p, size_t len, int prot, struct rump_mmobj *obj,
    uint64_t off, uintptr_t *addrp)
{
	uintptr_t addr;
	int error;

	KASSERT(rump_mutex_owned(&rump_mm_lock));
	if ((addr = rump_mm_find(len)) == 0)
		return ENOMEM;
	if ((error = rump_mm_map(addr, len, prot, p, obj, off)) == 0)
		*addrp = addr;
	return error;
}

int
rump_mm_stack(struct proc *p, size_t len, char **stackp)
{
	uintptr_t addr;
	int error = ENOMEM;

	rump_mm_init();
	rump_mutex_enter(&rump_mm_lock);
	addr = rump_mm_find(len + MM_PAGE);
	if (addr != 0)
		/* A region without access keeps neighbours away. */
		error = rump_mm_record(addr, MM_PAGE, 0, p, NULL, 0);
	if (error == 0) {
		addr += MM_PAGE;
		*stackp = (char *)addr;
		error = rump_mm_map(addr, len, RUMPCOMP_VM_READ |
		    RUMPCOMP_VM_WRITE | MM_NORESERVE, p, NULL, 0);
		if (error)
			(void)rump_mm_clear(addr - MM_PAGE, addr);
	}
	rump_mutex_exit(&rump_mm_lock);
	return error;
}

/* All of a stack is rarely used: the region below sp is not counted more. */
void
rump_mm_isstack(void *sp)
{
	struct mm_region *mr;

	rump_mutex_enter(&rump_mm_lock);
	mr = mm_below((uintptr_t)sp);
	if (mr != NULL && mr->mr_end >= (uintptr_t)sp &&
	    mr->mr_prot & MM_COUNTED) {
		rump_mm_uncharge(mr->mr_end - mr->mr_start);
		mr->mr_prot ^= MM_COUNTED | MM_NORESERVE;
	}
	rump_mutex_exit(&rump_mm_lock);
}

void
rump_mm_exit(struct proc *p)
{
	struct vmspace *vm = p->p_vm;
	struct mm_region *mr;
	uintptr_t next = 0;

	rump_mutex_enter(&rump_mm_lock);
	while ((mr = rump_mm_first(next)) != NULL) {
		next = mr->mr_end;
		if (mr->mr_proc == p)
			(void)rump_mm_clear(mr->mr_start, mr->mr_end);
	}
	if (vm != NULL) {
		rump_mm_uncharge(((vm->vm_brk + MM_PAGE - 1) &
		    ~(MM_PAGE - 1)) - vm->vm_base);
		rump_kmem_free(vm, sizeof(*vm));
		p->p_vm = NULL;
	}
	rump_mm_unlock();
}
