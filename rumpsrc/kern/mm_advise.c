/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * madvise.  What is advice only is checked, as Linux does, and not followed;
 * MADV_FREE frees at once.
 */
#include <asm/errno.h>
#include <asm/mman.h>
#include <rump/rumpcomp_vm.h>
#include <kern/mm_used.h>
#include <kern/proc.h>
#include <kern/syscall.h>
#include <kern/uio.h>

int (*rump_mm_punchhook)(struct rump_mmobj *, uint64_t, uint64_t);

static int
advise_known(int advice)
{

	return (advice >= 0 && advice <= MADV_DONTNEED) ||
	    (advice >= MADV_FREE && advice <= MADV_DONTNEED_LOCKED) ||
	    advice == MADV_HWPOISON || advice == MADV_SOFT_OFFLINE;
}

/* May it be given for such a region? */
static int
advise_check(const struct mm_region *mr, int advice)
{
	int prot = mr->mr_prot, shared = prot & MM_SHARED;
	int file = shared || mr->mr_obj != NULL;

	switch (advice) {
	case MADV_REMOVE:
		if (!file || prot & MM_LOCKED)
			return EINVAL;
		return !shared || prot & MM_RDFILE ? EACCES : 0;
	case MADV_FREE:
		if (file)
			return EINVAL;
		__attribute__((__fallthrough__));
	case MADV_DONTNEED:
	case MADV_COLD:
	case MADV_PAGEOUT:
		return prot & MM_LOCKED ? EINVAL : 0;
	case MADV_WIPEONFORK:
		return file ? EINVAL : 0;
	case MADV_POPULATE_READ:
		return prot & MM_PROT || mm_isheap(curproc, mr) ? 0 : EINVAL;
	case MADV_POPULATE_WRITE:
		return prot & RUMPCOMP_VM_WRITE || mm_isheap(curproc, mr) ?
		    0 : EINVAL;
	}
	return 0;
}

/*
 * [at, end) of mr, which is shared if what it shows is not to be dropped.
 * *objp: whose pages from *offp on are to be made a hole, referenced.
 */
static int
advise_region(struct mm_region *mr, uintptr_t at, uintptr_t end, int advice,
    struct rump_mmobj **objp, uint64_t *offp)
{
	struct rump_mmobj *obj = mm_paged(mr->mr_obj) ? mr->mr_obj : NULL;
	int error = advise_check(mr, advice);

	if (error)
		return error;
	if (advice == MADV_REMOVE ? obj == NULL : (advice == MADV_DONTNEED ||
	    advice == MADV_DONTNEED_LOCKED || advice == MADV_FREE) &&
	    (obj != NULL || (mr->mr_prot & MM_SHARED) == 0))
		return rumpcomp_vm_discard((void *)at, end - at);
	if (advice == MADV_REMOVE) {
		obj->mo_ops->mo_ref(*objp = obj);
		*offp = mr->mr_off * MM_PAGE + (at - mr->mr_start);
	}
	return 0;
}

static int
advise_populate(uintptr_t at, uintptr_t end, int write)
{
	char c;

	for (; at < end; at += MM_PAGE)
		if (write ? rump_writable((void *)at, 1) :
		    rump_copyin((const void *)at, &c, 1))
			return EFAULT;
	return 0;
}

/* The next region from *atp on; ENOENT: there is none. */
static int
advise_next(uintptr_t *atp, uintptr_t end, int advice, int *holep)
{
	struct rump_mmobj *obj = NULL;
	struct mm_region *mr;
	uintptr_t at = *atp;
	uint64_t off;
	int error = ENOENT;

	rump_mutex_enter(&rump_mm_lock);
	mr = rump_mm_first(at);
	if (mr == NULL || mr->mr_start > at)
		*holep = ENOMEM;
	if (mr != NULL && mr->mr_start < end && (*holep == 0 ||
	    advice < MADV_POPULATE_READ || advice > MADV_POPULATE_WRITE)) {
		if (mr->mr_start > at)
			at = mr->mr_start;
		if (mr->mr_end < end)
			end = mr->mr_end;
		error = advise_region(mr, at, end, advice, &obj, &off);
	}
	rump_mm_unlock();
	if (obj != NULL) {
		error = rump_mm_punchhook(obj, off, end - at);
		obj->mo_ops->mo_rele(obj);
	} else if (error == 0 && (advice == MADV_POPULATE_READ ||
	    advice == MADV_POPULATE_WRITE))
		error = advise_populate(at, end,
		    advice == MADV_POPULATE_WRITE);
	*atp = end;
	return error;
}

/* The image's pages stay what they are. */
static int
advise_image(uintptr_t at, uintptr_t end, int advice)
{
	int error = rump_mm_image(at, end);

	switch (error == 0 ? advice : -1) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_REMOVE:
		return EINVAL;
	case MADV_POPULATE_WRITE:
		return rump_writable((void *)at, end - at) ? EINVAL : 0;
	}
	return error;
}

RUMP_SYSCALL3(madvise, void *, addr, size_t, len, int, advice)
{
	uintptr_t at = (uintptr_t)addr, end;
	int error = 0, hole = 0;

	if (at % MM_PAGE || len > SIZE_MAX / 2 || !advise_known(advice))
		return -EINVAL;
	if (len == 0)
		return 0;
	len = mm_round(len);
	if (!rump_mm_inside(at, len))
		return -advise_image(at, at + len, advice);
	for (end = at + len; at < end && error == 0; )
		error = advise_next(&at, end, advice, &hole);
	return error != 0 && error != ENOENT ? -error : -hole;
}
