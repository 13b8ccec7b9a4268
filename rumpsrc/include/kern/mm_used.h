/* SPDX-License-Identifier: BSD-2-Clause */
/* What of a region a process has, and as what; all under rump_mm_lock. */
#ifndef KERN_MM_USED_H
#define KERN_MM_USED_H

#include <stddef.h>
#include <stdint.h>
#include <rump/rumpcomp_vm.h>
#include <kern/mm_region.h>
#include <kern/proc.h>

/* The stack that the program began on. */
static inline int
mm_isstack(const struct proc *p, const struct mm_region *mr)
{
	uintptr_t sp = (uintptr_t)__atomic_load_n(&p->p_sp, __ATOMIC_RELAXED);

	return sp >= mr->mr_start && sp < mr->mr_end;
}

/* Is it of the window that brk() takes from, and not mapped by others? */
static inline int
mm_isheap(const struct proc *p, const struct mm_region *mr)
{
	const struct vmspace *vm = p->p_vm;

	return vm != NULL && (mr->mr_prot & ~MM_LOCKED) == MM_NORESERVE &&
	    mr->mr_start >= vm->vm_base && mr->mr_end <= vm->vm_top;
}

/* Where what there is of a region ends: of the window what brk() made. */
static inline uintptr_t
mm_usedend(const struct proc *p, const struct mm_region *mr)
{
	uintptr_t end;

	if (!mm_isheap(p, mr))
		return mr->mr_end;
	end = mm_round(p->p_vm->vm_brk);
	return end < mr->mr_start ? mr->mr_start :
	    end < mr->mr_end ? end : mr->mr_end;
}

/* Its own, to be written to: what VmData counts and RLIMIT_DATA limits. */
static inline int
mm_isdata(const struct proc *p, const struct mm_region *mr)
{
	return (mr->mr_prot & MM_SHARED) == 0 && !mm_isstack(p, mr) &&
	    (mr->mr_prot & RUMPCOMP_VM_WRITE || mm_isheap(p, mr));
}

#endif /* KERN_MM_USED_H */
