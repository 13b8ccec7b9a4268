/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmap, munmap, mprotect, madvise, mincore.  What is a file's
 * is mm_file.c's, which an image without files does not have.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/mman.h>
#include <linux/mman.h>
#include <string.h>
#include <rump/rumpcomp_vm.h>
#include <kern/file.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/mm_region.h>
#include <kern/proc.h>
#include <kern/syscall.h>
#include <kern/uio.h>

/* W^X: nothing is writable and executable at once. */
static int
mm_prot(int prot, int *vp)
{

	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC))
		return EINVAL;
	if ((prot & PROT_WRITE) && (prot & PROT_EXEC))
		return EACCES;
	*vp = prot == PROT_NONE ? 0 : RUMPCOMP_VM_READ |
	    (prot & PROT_WRITE ? RUMPCOMP_VM_WRITE : 0) |
	    (prot & PROT_EXEC ? RUMPCOMP_VM_EXEC : 0);
	return 0;
}

int
rump_mm_place(uintptr_t hint, size_t len, int vprot, int flags,
    struct rump_mmobj *obj, uint64_t off, uintptr_t *vap)
{
	struct mm_region *mr;
	int error;

	KASSERT(rump_mutex_owned(&rump_mm_lock));
	if (flags & MAP_NORESERVE)
		vprot |= MM_NORESERVE;
	if ((error = rump_mm_may(curproc, hint, flags & MAP_FIXED ? len : 0,
	    vprot, len)) != 0)
		return error;
	if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == 0) {
		if (hint == 0 || !rump_mm_inside(hint, len) ||
		    ((mr = rump_mm_first(hint)) != NULL &&
		    mr->mr_start < hint + len))
			return rump_mm_alloc(curproc, len, vprot, obj, off,
			    vap);
	} else if (!rump_mm_inside(hint, len)) {
		return hint % MM_PAGE ? EINVAL : ENOMEM;
	} else if (flags & MAP_FIXED_NOREPLACE) {
		mr = rump_mm_first(hint);
		if (mr != NULL && mr->mr_start < hint + len)
			return EEXIST;
	} else if ((error = rump_mm_clear(hint, hint + len)) != 0) {
		return error;
	}
	*vap = hint;
	return rump_mm_map(hint, len, vprot, curproc, obj, off);
}

static long
mm_map(uintptr_t hint, size_t len, int vprot, int flags)
{
	uintptr_t va = 0;
	int error;

	rump_mm_init();
	rump_mutex_enter(&rump_mm_lock);
	error = rump_mm_place(hint, len, vprot, flags, NULL, 0, &va);
	rump_mm_unlock();
	return error ? -error : (long)va;
}

/* Is memory to be set aside for the region when it gets vprot? */
static int
mm_counts(const struct mm_region *mr, int vprot)
{

	return (vprot & RUMPCOMP_VM_WRITE) &&
	    (mr->mr_prot & (MM_COUNTED | MM_NORESERVE)) == 0;
}

/* All of it is mapped; how much is to be set aside for vprot? */
static int
mm_survey(uintptr_t va, uintptr_t end, int vprot, size_t *morep)
{
	struct mm_region *mr;

	for (*morep = 0; va < end; va = mr->mr_end) {
		mr = rump_mm_first(va);
		if (mr == NULL || mr->mr_start > va)
			return ENOMEM;
		if ((vprot & RUMPCOMP_VM_WRITE) && (mr->mr_prot & MM_RDFILE))
			return EACCES;
		if (mm_counts(mr, vprot))
			*morep += mr->mr_end - va;
	}
	return 0;
}

/* Changes the protection of whole regions; all of it must be mapped. */
int
rump_mm_protect(uintptr_t va, size_t len, int vprot)
{
	struct mm_region *mr;
	uintptr_t end = va + len;
	size_t more;
	int error;

	if ((error = rump_mm_cut(va)) != 0 || (error = rump_mm_cut(end)) != 0 ||
	    (error = mm_survey(va, end, vprot, &more)) != 0 ||
	    (more != 0 && ((error = rump_mm_may(curproc, va, len, vprot,
	    len)) != 0 || (error = rump_mm_charge(more)) != 0)))
		return error;
	for (; va < end && error == 0; va = mr->mr_end) {
		mr = rump_mm_first(va);
		error = rumpcomp_vm_protect((void *)va, mr->mr_end - va,
		    MM_VMPROT(vprot, mr->mr_obj));
		if (error)
			break;
		if (mm_counts(mr, vprot))
			more -= mr->mr_end - va;
		mr->mr_prot = vprot | (mm_counts(mr, vprot) ? MM_COUNTED :
		    mr->mr_prot & ~MM_PROT);
	}
	rump_mm_uncharge(more);		/* of what was not reached */
	return error;
}

RUMP_SYSCALL6(mmap, void *, addr, size_t, len, int, prot, int, flags,
    int, fd, int64_t, off)
{
	uintptr_t hint = (uintptr_t)addr;
	int error, vprot, type = flags & MAP_TYPE;

	if (len == 0 || off % (int64_t)MM_PAGE || off < 0 ||
	    (type != MAP_PRIVATE && type != MAP_SHARED &&
	    type != MAP_SHARED_VALIDATE))
		return -EINVAL;
	if (len > SIZE_MAX / 2)
		return -ENOMEM;
	if ((flags & MAP_FIXED) && hint % MM_PAGE)
		return -EINVAL;
	if (flags & MAP_GROWSDOWN) {
		(void)rump_enosys("mmap (MAP_GROWSDOWN)", 9);
		return -EINVAL;
	}
	if ((error = mm_prot(prot, &vprot)) != 0)
		return -error;
	len = mm_round(len);
	hint &= ~(MM_PAGE - 1);
	if (flags & MAP_ANONYMOUS)
		return mm_map(hint, len, vprot, flags);
	return rump_mm_mapfile == NULL ? -ENODEV :
	    rump_mm_mapfile(hint, len, prot, vprot, flags, fd, off);
}

RUMP_SYSCALL2(munmap, void *, addr, size_t, len)
{
	uintptr_t va = (uintptr_t)addr;
	int error;

	if (va % MM_PAGE || len == 0 || len > SIZE_MAX / 2)
		return -EINVAL;
	len = mm_round(len);
	if (!rump_mm_inside(va, len))
		return -EINVAL;
	rump_mutex_enter(&rump_mm_lock);
	error = rump_mm_clear(va, va + len);
	rump_mm_unlock();
	return -error;
}

RUMP_SYSCALL3(mprotect, void *, addr, size_t, len, int, prot)
{
	uintptr_t va = (uintptr_t)addr;
	int error, vprot;

	if (va % MM_PAGE)
		return -EINVAL;
	if ((error = mm_prot(prot, &vprot)) != 0)
		return -error;
	if (len == 0)
		return 0;
	if (len > SIZE_MAX / 2 || !rump_mm_inside(va, mm_round(len)))
		return -ENOMEM;
	rump_mutex_enter(&rump_mm_lock);
	error = rump_mm_protect(va, mm_round(len), vprot);
	rump_mm_unlock();
	return -error;
}

RUMP_SYSCALL3(madvise, void *, addr, size_t, len, int, advice)
{
	uintptr_t va = (uintptr_t)addr, at, end;
	struct mm_region *mr;
	int error = 0;

	if (va % MM_PAGE || len > SIZE_MAX / 2)
		return -EINVAL;
	if (advice < 0 || (advice > MADV_POPULATE_WRITE &&
	    advice != MADV_HWPOISON && advice != MADV_SOFT_OFFLINE))
		return -EINVAL;
	if (len == 0)
		return 0;
	len = mm_round(len);
	if (!rump_mm_inside(va, len))
		return -ENOMEM;
	if (advice != MADV_DONTNEED && advice != MADV_FREE)
		return 0;	/* advice may be ignored */
	end = va + len;
	rump_mutex_enter(&rump_mm_lock);
	for (at = va; at < end && error == 0; at = mr->mr_end) {
		mr = rump_mm_first(at);
		if (mr == NULL || mr->mr_start > at) {
			error = ENOMEM;
			break;
		}
		error = rumpcomp_vm_discard((void *)at,
		    (mr->mr_end < end ? mr->mr_end : end) - at);
	}
	rump_mm_unlock();
	return -error;
}

/* Is all of it mapped?  Caller holds rump_mm_lock. */
static int
mm_mapped(uintptr_t va, size_t len)
{
	size_t more;

	return rump_mm_inside(va, len) &&
	    mm_survey(va, va + len, 0, &more) == 0;
}

#define MINCORE_STEP	256	/* vec may be what is asked about */

RUMP_SYSCALL3(mincore, void *, addr, size_t, len, unsigned char *, vec)
{
	unsigned char some[MINCORE_STEP];
	uintptr_t va = (uintptr_t)addr;
	size_t n, pages;
	int ok;

	if (va % MM_PAGE)
		return -EINVAL;
	if (len > SIZE_MAX / 2)
		return -ENOMEM;
	pages = mm_round(len) / MM_PAGE;
	for (; pages > 0; pages -= n, va += n * MM_PAGE, vec += n) {
		n = pages < MINCORE_STEP ? pages : MINCORE_STEP;
		rump_mutex_enter(&rump_mm_lock);
		if ((ok = mm_mapped(va, n * MM_PAGE)) != 0)
			rumpcomp_vm_resident((void *)va, n * MM_PAGE, some);
		rump_mm_unlock();
		if (!ok)
			return -ENOMEM;
		if (rump_copyout(some, vec, n) != 0)
			return -EFAULT;
	}
	return 0;
}
