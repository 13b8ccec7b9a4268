/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * brk: each process gets a window of the arena at its first call; pages are
 * mapped as the break grows and go back as it shrinks.
 */
#include <asm/errno.h>
#include <rump/rumpcomp_vm.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/mm_region.h>
#include <kern/proc.h>
#include <kern/syscall.h>

#define BRK_WINDOW	(4UL << 30)
#define BRK_LEAST	(1UL << 20)
#define BRK_PROT	(RUMPCOMP_VM_READ | RUMPCOMP_VM_WRITE)

/*
 * Reserves the window: a region without access that growth takes from, and
 * counts itself.
 */
static int
brk_init(struct proc *p)
{
	struct vmspace *vm;
	size_t len;

	if ((vm = rump_kmem_alloc(sizeof(*vm))) == NULL)
		return ENOMEM;
	for (len = BRK_WINDOW; len >= BRK_LEAST; len >>= 1) {
		/* An eighth of what is free: others will want theirs. */
		if (len > BRK_LEAST && rump_mm_find(8 * len) == 0)
			continue;
		vm->vm_base = rump_mm_find(len);
		if (vm->vm_base != 0 &&
		    rump_mm_record(vm->vm_base, len, MM_NORESERVE, p, NULL,
		    0) == 0) {
			vm->vm_brk = vm->vm_base;
			vm->vm_top = vm->vm_base + len;
			p->p_vm = vm;
			return 0;
		}
	}
	rump_kmem_free(vm, sizeof(*vm));
	return ENOMEM;
}

static int
brk_set(struct vmspace *vm, uintptr_t want)
{
	uintptr_t old = (vm->vm_brk + MM_PAGE - 1) & ~(MM_PAGE - 1);
	uintptr_t new = (want + MM_PAGE - 1) & ~(MM_PAGE - 1);
	int error = 0;

	if (new > old) {
		if ((error = rump_mm_may(curproc, 0, 0, BRK_PROT,
		    new - old)) != 0 ||
		    (error = rump_mm_charge(new - old)) != 0)
			return error;
		error = rumpcomp_vm_map((void *)old, new - old, BRK_PROT);
		if (error)
			rump_mm_uncharge(new - old);
	} else if (new < old) {
		error = rumpcomp_vm_unmap((void *)new, old - new);
		if (error == 0)
			rump_mm_uncharge(old - new);
	}
	if (error == 0)
		vm->vm_brk = want;
	return error;
}

RUMP_SYSCALL1(brk, void *, addr)
{
	struct proc *p = curproc;
	uintptr_t want = (uintptr_t)addr, now = 0;

	rump_mm_init();
	rump_mutex_enter(&rump_mm_lock);
	if (p->p_vm != NULL || brk_init(p) == 0) {
		if (want >= p->p_vm->vm_base && want <= p->p_vm->vm_top)
			(void)brk_set(p->p_vm, want);
		now = p->p_vm->vm_brk;
	}
	rump_mutex_exit(&rump_mm_lock);
	return (long)now;
}
