/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of programs that packets point at. */
#include <rump/rumpcomp_vm.h>
#include <kern/mm_region.h>
#include <kern/proc.h>

/* What the range is mapped with; mm_lock is held.  0: nothing is. */
static int
pin_prot(uintptr_t va)
{
	const struct mm_region *mr = rump_mm_first(va);
	const struct vmspace *vm = curproc->p_vm;

	if (mr == NULL || mr->mr_start > va)
		return 0;
	/* The window of brk is one region without access, see brk.c. */
	if ((mr->mr_prot & MM_PROT) == 0 && vm != NULL && va >= vm->vm_base &&
	    va < vm->vm_brk)
		return RUMPCOMP_VM_READ | RUMPCOMP_VM_WRITE;
	return mm_paged(mr->mr_obj) ? 0 : mr->mr_prot & MM_PROT;
}

int
rump_mm_pin(void *va, void **pagep)
{
	int error;

	rump_mutex_enter(&rump_mm_lock);
	error = rumpcomp_vm_pin(va, pin_prot((uintptr_t)va), pagep);
	rump_mutex_exit(&rump_mm_lock);
	return error;
}
