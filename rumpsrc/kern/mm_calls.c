/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmap, munmap, mprotect, mincore.  What is a file's is vfs_mmap.c's, which an
 * image without files does not have.
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

_Static_assert(MM_NORESERVE == MAP_NORESERVE && MM_LOCKED == MAP_LOCKED &&
    RUMPCOMP_VM_READ == PROT_READ && RUMPCOMP_VM_WRITE == PROT_WRITE &&
    RUMPCOMP_VM_EXEC == PROT_EXEC, "they are taken as they are");

/* W^X: nothing is writable and executable at once. */
static int
mm_prot(int prot, int *vp)
{

	prot &= PROT_READ | PROT_WRITE | PROT_EXEC;
	if ((prot & PROT_WRITE) && (prot & PROT_EXEC))
		return EACCES;
	*vp = prot == PROT_NONE ? 0 : prot | RUMPCOMP_VM_READ;
	return 0;
}

int
rump_mm_place(uintptr_t hint, size_t len, int vprot, int flags,
    struct rump_mmobj *obj, uint64_t off, uintptr_t *vap)
{
	struct mm_region *mr;
	int error;

	KASSERT(rump_mutex_owned(&rump_mm_lock));
	vprot |= flags & (MAP_NORESERVE | MAP_LOCKED);
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

int
rump_mm_args(uintptr_t hint, size_t len, int prot, int flags, int *vp)
{

	if (len == 0 || (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) &&
	    hint % MM_PAGE))
		return EINVAL;
	if (len > SIZE_MAX / 2)
		return ENOMEM;
	if (flags & MAP_GROWSDOWN) {
		(void)rump_enosys("mmap (MAP_GROWSDOWN)", 9);
		return EINVAL;
	}
	return mm_prot(prot, vp);
}

static long
mm_map(uintptr_t hint, size_t len, int prot, int flags)
{
	int error, vprot, type = flags & MAP_TYPE;
	uintptr_t va = 0;

	if ((error = rump_mm_args(hint, len, prot, flags, &vprot)) != 0)
		return -error;
	if (type == MAP_SHARED)
		vprot |= MM_SHARED;
	else if (type != MAP_PRIVATE)
		return -EINVAL;
	rump_mm_init();
	rump_mutex_enter(&rump_mm_lock);
	error = rump_mm_place(hint & ~(MM_PAGE - 1), mm_round(len), vprot,
	    flags, NULL, 0, &va);
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

/*
 * How much is to be set aside for vprot?  With an error, *endp is where it can
 * not be had, and all before counts.
 */
static int
mm_survey(uintptr_t va, uintptr_t *endp, int vprot, size_t *morep)
{
	struct mm_region *mr;
	uintptr_t end = *endp;

	for (*morep = 0; va < end; va = mr->mr_end) {
		mr = rump_mm_first(va);
		*endp = va;
		if (mr == NULL || mr->mr_start > va)
			return ENOMEM;
		if ((vprot & RUMPCOMP_VM_WRITE) && (mr->mr_prot & MM_RDFILE))
			return EACCES;
		if (mm_counts(mr, vprot))
			*morep += mr->mr_end - va;
	}
	*endp = end;
	return 0;
}

/* As far as all is mapped and may have it. */
int
rump_mm_protect(uintptr_t va, size_t len, int vprot)
{
	struct mm_region *mr;
	uintptr_t end = va + len;
	size_t more;
	int error, failed;

	if ((error = rump_mm_cut(va)) != 0 || (error = rump_mm_cut(end)) != 0)
		return error;
	failed = mm_survey(va, &end, vprot, &more);
	if (more != 0 && ((error = rump_mm_may(curproc, va, len, vprot,
	    len)) != 0 || (error = rump_mm_charge(more)) != 0))
		return error;
	for (; va < end && error == 0; va = mr->mr_end) {
		mr = rump_mm_first(va);
		error = rumpcomp_vm_protect((void *)va, mr->mr_end - va,
		    MM_VMPROT(vprot, mr->mr_obj));
		if (error)
			break;
		if (mm_counts(mr, vprot))
			more -= mr->mr_end - va;
		mr->mr_prot = vprot | (mr->mr_prot & ~MM_PROT) |
		    (mm_counts(mr, vprot) ? MM_COUNTED : 0);
	}
	rump_mm_uncharge(more);		/* of what was not reached */
	return error ? error : failed;
}

RUMP_SYSCALL6(mmap, void *, addr, size_t, len, int, prot, int, flags,
    int, fd, int64_t, off)
{
	uintptr_t hint = (uintptr_t)addr;

	if (off % (int64_t)MM_PAGE)
		return -EINVAL;
	if (rump_mm_mapfile != NULL && (flags & (MAP_ANONYMOUS |
	    MAP_PRIVATE)) != (MAP_ANONYMOUS | MAP_PRIVATE))
		return rump_mm_mapfile(hint, len, prot, flags, fd, off);
	return flags & MAP_ANONYMOUS ? mm_map(hint, len, prot, flags) : -ENODEV;
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
	if (len == 0)
		return 0;
	if ((len = mm_round(len)) == 0)
		return -ENOMEM;
	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	if ((error = mm_prot(prot, &vprot)) != 0)
		return -error;
	if (!rump_mm_inside(va, len))
		return -ENOMEM;
	rump_mutex_enter(&rump_mm_lock);
	error = rump_mm_protect(va, len, vprot);
	rump_mm_unlock();
	return -error;
}

/* Is all of it mapped?  Caller holds rump_mm_lock. */
static int
mm_mapped(uintptr_t va, size_t len)
{
	uintptr_t end = va + len;
	size_t more;

	return rump_mm_inside(va, len) && mm_survey(va, &end, 0, &more) == 0;
}

#define MINCORE_STEP	256	/* vec may be what is asked about */

RUMP_SYSCALL3(mincore, void *, addr, size_t, len, unsigned char *, vec)
{
	unsigned char some[MINCORE_STEP];
	uintptr_t va = (uintptr_t)addr;
	size_t n, pages, i;
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
		if (!ok && !rump_mm_inside(va, n * MM_PAGE) &&
		    rump_mm_image(va, va + n * MM_PAGE) == 0)
			memset(some, ok = 1, n);
		if (!ok)
			return -ENOMEM;
		for (i = 0; i < n; i++)
			some[i] &= 1;
		if (rump_copyout(some, vec, n) != 0)
			return -EFAULT;
	}
	return 0;
}
