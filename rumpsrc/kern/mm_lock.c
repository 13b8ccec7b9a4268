/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msync, mlock and its family.  Pages never leave memory, and those of a mapped
 * file are the file's own: locking populates, counts against RLIMIT_MEMLOCK and
 * is remembered (MM_LOCKED); synchronising marks the file as modified.  What a
 * program has outside the arena, its data, is there anyhow.
 */
#include <asm/errno.h>
#include <asm/mman.h>
#include <asm/resource.h>
#include <rump/rumpcomp_vm.h>
#include <kern/mm_used.h>
#include <kern/proc.h>
#include <kern/syscall.h>
#include <kern/uio.h>

void (*rump_mm_synchook)(struct rump_mmobj *);

int
rump_mm_image(uintptr_t va, uintptr_t end)
{
	char c;

	for (; va < end; va += MM_PAGE)
		if (rump_copyin((const void *)va, &c, 1) != 0)
			return ENOMEM;
	return 0;
}

/* An object that a region of the range shows shared and writable; NULL. */
static struct rump_mmobj *
sync_next(uintptr_t *va, uintptr_t end)
{
	struct mm_region *mr;

	while (*va < end && (mr = rump_mm_first(*va)) != NULL) {
		*va = mr->mr_end;
		if (mr->mr_start >= end)
			break;
		if (mr->mr_obj != NULL && (mr->mr_prot & MM_SHARED) &&
		    (mr->mr_prot & RUMPCOMP_VM_WRITE)) {
			mr->mr_obj->mo_ops->mo_ref(mr->mr_obj);
			return mr->mr_obj;
		}
	}
	*va = end;
	return NULL;
}

static void
sync_files(uintptr_t va, uintptr_t end)
{
	struct rump_mmobj *obj;

	while (va < end && RUMP_HOOK(rump_mm_synchook) != NULL) {
		rump_mutex_enter(&rump_mm_lock);
		obj = sync_next(&va, end);
		rump_mutex_exit(&rump_mm_lock);
		if (obj == NULL)
			continue;
		RUMP_HOOK_CALL(rump_mm_synchook, obj);
		obj->mo_ops->mo_rele(obj);
	}
}

static int
sync_check(uintptr_t va, uintptr_t end, int flags)
{
	struct mm_region *mr;
	int error = 0;

	rump_mutex_enter(&rump_mm_lock);
	for (; va < end; va = mr->mr_end) {
		mr = rump_mm_first(va);
		if (mr == NULL || mr->mr_start > va)
			error = ENOMEM;
		if (mr == NULL || mr->mr_start >= end)
			break;
		if (flags & MS_INVALIDATE && mr->mr_prot & MM_LOCKED) {
			error = EBUSY;
			break;
		}
	}
	rump_mutex_exit(&rump_mm_lock);
	return error;
}

RUMP_SYSCALL3(msync, void *, addr, size_t, len, int, flags)
{
	uintptr_t va = (uintptr_t)addr;
	int error;

	if (va % MM_PAGE ||
	    (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	if (len == 0)
		return 0;
	if (len > SIZE_MAX / 2)
		return -ENOMEM;
	len = mm_round(len);
	if (!rump_mm_inside(va, len))
		return -rump_mm_image(va, va + len);
	if ((error = sync_check(va, va + len, flags)) != EBUSY)
		sync_files(va, va + len);
	return -error;
}

/*
 * Bytes of p's regions in [va, end) with these bits of locked; mm_lock.  Of the
 * heap's window and the first stack what is there: all of the stack only down
 * to where the program began.
 */
static size_t
lock_sum(const struct proc *p, uintptr_t va, uintptr_t end, int locked)
{
	struct mm_region *mr;
	uintptr_t from, to;
	size_t n = 0;

	while (va < end && (mr = rump_mm_first(va)) != NULL) {
		from = mr->mr_start > va ? mr->mr_start : va;
		if (from == mr->mr_start && mr->mr_end <= end &&
		    mr->mr_proc == p && mm_isstack(p, mr))
			from = (uintptr_t)p->p_sp & ~(MM_PAGE - 1);
		to = mr->mr_proc == p ? mm_usedend(p, mr) : mr->mr_end;
		if (to > end)
			to = end;
		va = mr->mr_end;
		if (from < to && mr->mr_proc == p &&
		    (mr->mr_prot & MM_LOCKED) == locked)
			n += to - from;
	}
	return n;
}

size_t
rump_mm_locked(const struct proc *p)
{

	return lock_sum(p, 0, UINTPTR_MAX, MM_LOCKED);
}

/* May curproc lock so much more?  Caller holds rump_mm_lock. */
static int
lock_allowed(const struct proc *p, size_t more, int super)
{
	uint64_t limit = rump_rlim_cur(p, RLIMIT_MEMLOCK);

	if (super || limit == UINT64_MAX)
		return 0;
	if (limit == 0)
		return EPERM;
	return more > limit || rump_mm_locked(p) > limit - more ? ENOMEM : 0;
}

/* Marks the regions of a range, as far as it is mapped; mm_lock. */
static int
lock_mark(uintptr_t va, uintptr_t end, int locked)
{
	struct mm_region *mr;
	int error;

	if ((error = rump_mm_cut(va)) != 0 || (error = rump_mm_cut(end)) != 0)
		return error;
	for (; va < end; va = mr->mr_end) {
		mr = rump_mm_first(va);
		if (mr == NULL || mr->mr_start > va)
			return ENOMEM;
		mr->mr_prot = (mr->mr_prot & ~MM_LOCKED) | locked;
	}
	return 0;
}

static int
lock_range(uintptr_t va, uintptr_t end, int locked, int populate)
{
	struct proc *p = curproc;
	int error = 0, super = rump_capable(CAP_IPC_LOCK) == 0;
	char c;

	if (!rump_mm_inside(va, end - va))
		return rump_mm_image(va, end);
	rump_mutex_enter(&rump_mm_lock);
	if (locked)
		error = lock_allowed(p, lock_sum(p, va, end, 0), super);
	if (error == 0)
		error = lock_mark(va, end, locked);
	rump_mm_unlock();
	/* By writing where it can be; what cannot be read is left. */
	for (; populate && error == 0 && va < end; va += MM_PAGE)
		error = rump_writable((void *)va, 1) != 0 &&
		    rump_copyin((const void *)va, &c, 1) != 0 ? ENOMEM : 0;
	return error;
}

static long
lock_call(const void *addr, size_t len, int locked, int populate)
{
	uintptr_t va = (uintptr_t)addr & ~(MM_PAGE - 1);

	len = mm_round((uintptr_t)addr - va + len);
	if (len == 0)
		return 0;
	if (va + len < va)
		return -EINVAL;
	return -lock_range(va, va + len, locked, populate);
}

RUMP_SYSCALL2(mlock, const void *, addr, size_t, len)
{

	return lock_call(addr, len, MM_LOCKED, 1);
}

RUMP_SYSCALL3(mlock2, const void *, addr, size_t, len, unsigned, flags)
{

	return flags & ~(unsigned)MLOCK_ONFAULT ? -EINVAL :
	    lock_call(addr, len, MM_LOCKED, flags == 0);
}

RUMP_SYSCALL2(munlock, const void *, addr, size_t, len)
{

	return lock_call(addr, len, 0, 0);
}

/* All that the process has; caller holds rump_mm_lock. */
static void
lock_all(const struct proc *p, int locked)
{
	struct mm_region *mr;
	uintptr_t next = 0;

	while ((mr = rump_mm_first(next)) != NULL) {
		next = mr->mr_end;
		if (mr->mr_proc == p)
			mr->mr_prot = (mr->mr_prot & ~MM_LOCKED) | locked;
	}
}

/* What is mapped later is populated when it is touched, as ever. */
RUMP_SYSCALL1(mlockall, int, flags)
{
	struct proc *p = curproc;
	int error, super = rump_capable(CAP_IPC_LOCK) == 0;

	if (flags == 0 || (flags & ~(MCL_CURRENT | MCL_FUTURE |
	    MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	rump_mutex_enter(&rump_mm_lock);
	error = lock_allowed(p, flags & MCL_CURRENT ?
	    lock_sum(p, 0, UINTPTR_MAX, 0) : 0, super);
	if (error == 0 && flags & MCL_CURRENT)
		lock_all(p, MM_LOCKED);
	rump_mutex_exit(&rump_mm_lock);
	return -error;
}

RUMP_SYSCALL0(munlockall)
{

	rump_mutex_enter(&rump_mm_lock);
	lock_all(curproc, 0);
	rump_mutex_exit(&rump_mm_lock);
	return 0;
}
