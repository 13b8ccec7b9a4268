/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions that change hands: vfork and exec. */
#include <kern/proc.h>
#include <kern/mm_region.h>

/* Caller holds mm_lock. */
static void
own_change(uintptr_t start, uintptr_t end, struct proc *from, struct proc *to)
{
	struct mm_region *mr;

	while ((mr = rump_mm_first(start)) != NULL && mr->mr_start < end) {
		start = mr->mr_end;
		if (mr->mr_proc == from)
			mr->mr_proc = to;
	}
}

void
rump_mm_give(void *addr, size_t len, struct proc *from, struct proc *to)
{

	rump_mutex_enter(&rump_mm_lock);
	own_change((uintptr_t)addr, (uintptr_t)addr + len, from, to);
	rump_mm_unlock();
}

void
rump_mm_share(struct proc *parent, struct proc *child)
{

	rump_mutex_enter(&rump_mm_lock);
	child->p_vm = parent->p_vm;
	rump_mm_unlock();
}

void
rump_mm_unshare(struct proc *parent, struct proc *child)
{

	rump_mutex_enter(&rump_mm_lock);
	own_change(0, UINTPTR_MAX, child, parent);
	parent->p_vm = child->p_vm;
	child->p_vm = NULL;
	rump_mm_unlock();
}
