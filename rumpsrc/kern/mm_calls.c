/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmap, munmap, mprotect, madvise, mremap, mincore, msync, mlock.  Private
 * file mappings are read in when they are made; shared ones of files that
 * can be written are not there yet (ENODEV, named on the console).
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
#include <kern/proc.h>
#include <kern/syscall.h>
#include "mm_priv.h"

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

static size_t
mm_round(size_t len)
{

	return (len + MM_PAGE - 1) & ~(MM_PAGE - 1);
}

static int
mm_place(uintptr_t hint, size_t len, int vprot, int flags, uintptr_t *vap)
{
	struct mm_region *mr;
	int error;

	if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == 0) {
		if (hint == 0 || !rump_mm_inside(hint, len) ||
		    ((mr = rump_mm_first(hint)) != NULL &&
		    mr->mr_start < hint + len))
			return rump_mm_alloc(curproc, len, vprot, vap);
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
	return rump_mm_map(hint, len, vprot, curproc);
}

static long
mm_map(uintptr_t hint, size_t len, int vprot, int flags)
{
	uintptr_t va = 0;
	int error;

	if (flags & MAP_NORESERVE)
		vprot |= MM_NORESERVE;
	rump_mm_init();
	rump_mutex_enter(&rump_mm_lock);
	error = mm_place(hint, len, vprot, flags, &va);
	rump_mutex_exit(&rump_mm_lock);
	return error ? -error : (long)va;
}

/* Is memory to be set aside for the region when it gets vprot? */
static int
mm_counts(const struct mm_region *mr, int vprot)
{

	return (vprot & RUMPCOMP_VM_WRITE) &&
	    (mr->mr_prot & (MM_COUNTED | MM_NORESERVE)) == 0;
}

/* Changes the protection of whole regions; all of it must be mapped. */
static int
mm_protect(uintptr_t va, size_t len, int vprot)
{
	struct mm_region *mr;
	uintptr_t end = va + len, at;
	size_t more = 0;
	int error;

	if ((error = rump_mm_cut(va)) != 0 || (error = rump_mm_cut(end)) != 0)
		return error;
	for (at = va; at < end; at = mr->mr_end) {
		mr = rump_mm_first(at);
		if (mr == NULL || mr->mr_start > at)
			return ENOMEM;
		if (mm_counts(mr, vprot))
			more += mr->mr_end - at;
	}
	if (more != 0 && (error = rump_mm_charge(more)) != 0)
		return error;
	if ((error = rumpcomp_vm_protect((void *)va, len, vprot)) != 0) {
		rump_mm_uncharge(more);
		return error;
	}
	for (at = va; at < end; at = mr->mr_end) {
		mr = rump_mm_first(at);
		mr->mr_prot = vprot | (mm_counts(mr, vprot) ? MM_COUNTED :
		    mr->mr_prot & ~MM_PROT);
	}
	return 0;
}

static int
mm_readfile(struct file *fp, uintptr_t va, size_t len, int64_t off)
{
	struct rump_iovec iov = { (void *)va, len };
	struct uio uio = { &iov, 1, off, len, 0 };
	size_t before;
	int error;

	do {
		before = uio.uio_resid;
		error = fp->f_ops->fo_read(fp, &uio, 0);
	} while (error == 0 && uio.uio_resid != 0 && uio.uio_resid != before);
	return error;
}

static long
mm_mapfile(uintptr_t hint, size_t len, int prot, int flags, int fd,
    int64_t off)
{
	struct file *fp;
	long va;
	int error, vprot;

	(void)mm_prot(prot, &vprot);
	if ((error = rump_fd_get(fd, &fp)) != 0)
		return -error;
	error = (fp->f_flags & O_ACCMODE) == O_WRONLY ? EACCES :
	    fp->f_type != FT_VNODE || fp->f_ops->fo_read == NULL ? ENODEV : 0;
	if (error == 0 && (flags & MAP_TYPE) != MAP_PRIVATE &&
	    (prot & PROT_WRITE)) {
		(void)rump_enosys("mmap (writable MAP_SHARED of a file)", 9);
		error = ENODEV;
	}
	if (error) {
		rump_file_rele(fp);
		return -error;
	}
	va = mm_map(hint, len, RUMPCOMP_VM_READ | RUMPCOMP_VM_WRITE, flags);
	if (va > 0) {
		error = mm_readfile(fp, (uintptr_t)va, len, off);
		rump_mutex_enter(&rump_mm_lock);
		if (error == 0)
			error = mm_protect((uintptr_t)va, len, vprot);
		else
			(void)rump_mm_clear((uintptr_t)va,
			    (uintptr_t)va + len);
		rump_mutex_exit(&rump_mm_lock);
	}
	rump_file_rele(fp);
	return error ? -error : va;
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
	if ((flags & MAP_ANONYMOUS) == 0)
		return mm_mapfile(hint, len, prot, flags, fd, off);
	return mm_map(hint, len, vprot, flags);
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
	rump_mutex_exit(&rump_mm_lock);
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
	error = mm_protect(va, mm_round(len), vprot);
	rump_mutex_exit(&rump_mm_lock);
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
	rump_mutex_exit(&rump_mm_lock);
	return -error;
}

/* Caller holds rump_mm_lock; [va, va + old) is one region. */
static long
mm_move(uintptr_t va, size_t old, size_t len, int prot)
{
	uintptr_t to;
	int error;

	error = rump_mm_alloc(curproc, len, (prot & ~MM_PROT) |
	    RUMPCOMP_VM_READ | RUMPCOMP_VM_WRITE, &to);
	if (error)
		return -error;
	memcpy((void *)to, (void *)va, old < len ? old : len);
	if ((prot & RUMPCOMP_VM_WRITE) == 0)
		error = mm_protect(to, len, prot & MM_PROT);
	if (error == 0)
		error = rump_mm_clear(va, va + old);
	return error ? -error : (long)to;
}

static long
mm_remap(uintptr_t va, size_t old, size_t len, int flags)
{
	struct mm_region *mr = rump_mm_first(va), *next;
	int error, prot;

	if (mr == NULL || mr->mr_start > va || mr->mr_end - va < old)
		return -EFAULT;
	prot = mr->mr_prot;
	if (len <= old) {
		error = len == old ? 0 : rump_mm_clear(va + len, va + old);
		return error ? -error : (long)va;
	}
	next = rump_mm_first(va + old);
	if (mr->mr_end == va + old && rump_mm_inside(va, len) &&
	    (next == NULL || next->mr_start >= va + len)) {
		error = rump_mm_map(va + old, len - old, prot, curproc);
		return error ? -error : (long)va;
	}
	if ((flags & MREMAP_MAYMOVE) == 0 || (prot & RUMPCOMP_VM_READ) == 0)
		return -ENOMEM;
	return mm_move(va, old, len, prot);
}

RUMP_SYSCALL5(mremap, void *, addr, size_t, old, size_t, len, int, flags,
    void *, newaddr)
{
	uintptr_t va = (uintptr_t)addr;
	long r;

	(void)newaddr;
	if (va % MM_PAGE || len == 0 || old == 0 || len > SIZE_MAX / 2 ||
	    old > SIZE_MAX / 2 || (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)))
		return -EINVAL;
	if (flags & MREMAP_FIXED)
		return rump_enosys("mremap (MREMAP_FIXED)", 25);
	old = mm_round(old);
	len = mm_round(len);
	if (!rump_mm_inside(va, old))
		return -EFAULT;
	rump_mutex_enter(&rump_mm_lock);
	r = mm_remap(va, old, len, flags);
	rump_mutex_exit(&rump_mm_lock);
	return r;
}

RUMP_SYSCALL3(mincore, void *, addr, size_t, len, unsigned char *, vec)
{
	uintptr_t va = (uintptr_t)addr, at, end;
	struct mm_region *mr;

	if (va % MM_PAGE)
		return -EINVAL;
	len = mm_round(len);
	if (!rump_mm_inside(va, len))
		return -ENOMEM;
	end = va + len;
	rump_mutex_enter(&rump_mm_lock);
	for (at = va; at < end; at = mr->mr_end) {
		mr = rump_mm_first(at);
		if (mr == NULL || mr->mr_start > at) {
			rump_mutex_exit(&rump_mm_lock);
			return -ENOMEM;
		}
	}
	rumpcomp_vm_resident(addr, len, vec);
	rump_mutex_exit(&rump_mm_lock);
	return 0;
}

/* Nothing is paged out and no shared file mapping can be dirty. */
RUMP_SYSCALL3(msync, void *, addr, size_t, len, int, flags)
{

	(void)len;
	if ((uintptr_t)addr % MM_PAGE ||
	    (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	return 0;
}

/* Pages never leave memory: populating them is all that locking means. */
RUMP_SYSCALL2(mlock, const void *, addr, size_t, len)
{
	const volatile char *p = addr, *end = p + len;

	for (; p < end; p += MM_PAGE)
		(void)*p;
	return 0;
}

RUMP_SYSCALL2(munlock, const void *, addr, size_t, len)
{

	(void)addr;
	(void)len;
	return 0;
}

/* What is mapped later is populated when it is touched, as ever. */
RUMP_SYSCALL1(mlockall, int, flags)
{

	return flags == 0 || (flags & ~(MCL_CURRENT | MCL_FUTURE |
	    MCL_ONFAULT)) || flags == MCL_ONFAULT ? -EINVAL : 0;
}

RUMP_SYSCALL0(munlockall)
{

	return 0;
}
