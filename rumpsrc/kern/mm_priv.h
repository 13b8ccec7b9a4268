/* SPDX-License-Identifier: BSD-2-Clause */
/* Between mm.c (regions) and mm_calls.c (system calls). */
#ifndef KERN_MM_PRIV_H
#define KERN_MM_PRIV_H

#include <stddef.h>
#include <stdint.h>
#include <kern/lock.h>

#define MM_PAGE	4096UL

struct proc;

/* All fields: rump_mm_lock. */
struct mm_region {
	struct mm_region *mr_left, *mr_right;
	uint32_t	 mr_prio;
	int		 mr_prot;	/* RUMPCOMP_VM_*, MM_* */
	uintptr_t	 mr_start, mr_end;
	struct proc	*mr_proc;
};

/* In mr_prot and where it comes from; they stay when the protection goes. */
#define MM_PROT		(RUMPCOMP_VM_READ | RUMPCOMP_VM_WRITE | \
			RUMPCOMP_VM_EXEC)
#define MM_COUNTED	0x100	/* its memory is set aside */
#define MM_NORESERVE	0x200	/* never */

struct vmspace {	/* rump_mm_lock */
	uintptr_t	vm_base, vm_brk, vm_top;
};

extern struct rump_mutex rump_mm_lock;

void	rump_mm_init(void);
/* Page-aligned, not empty, inside the arena. */
int	rump_mm_inside(uintptr_t, size_t);

/* Caller holds rump_mm_lock. */
struct mm_region *rump_mm_first(uintptr_t addr);
uintptr_t rump_mm_find(size_t len);
int	rump_mm_record(uintptr_t, size_t, int prot, struct proc *);
int	rump_mm_cut(uintptr_t);
int	rump_mm_clear(uintptr_t start, uintptr_t end);
int	rump_mm_alloc(struct proc *, size_t, int prot, uintptr_t *);
/* Maps and records; a range that is free. */
int	rump_mm_map(uintptr_t, size_t, int prot, struct proc *);
/* Sets memory aside: ENOMEM when so much was not left.  And gives it back. */
int	rump_mm_charge(size_t len);
void	rump_mm_uncharge(size_t len);

#endif /* KERN_MM_PRIV_H */
