/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings of files.  Pages are the file's own (struct rump_mmobj), seen by the
 * program where it touches them; a private mapping gets a copy of a page that
 * is written to.  Files that have no pages (whatever only reads) are read into
 * a private mapping when it is made.
 *
 * A page fault asks here, in the fault's context: kernel code may touch a
 * program's memory under any lock but rump_mm_lock and those that mo_page
 * takes.
 */
#include <asm/errno.h>
#include <asm/mman.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <rump/rumpcomp_vm.h>
#include <rump/rumpuser.h>
#include <kern/clock.h>
#include <kern/file.h>
#include <kern/futex.h>
#include <kern/log.h>
#include <kern/mm_region.h>
#include <kern/proc.h>
#include "vfs_private.h"

void (*rump_mm_forgethook)(struct rump_mmobj *, uint64_t, uint64_t);

/* Why the access is not allowed at all, else NULL. */
static const char *
pager_denied(const struct mm_region *mr, int write)
{

	if ((mr->mr_prot & MM_PROT) == 0)
		return "access to reserved memory (PROT_NONE)";
	return write && (mr->mr_prot & RUMPCOMP_VM_WRITE) == 0 ?
	    "write to read-only memory" : NULL;
}

static const char *
pager_page(struct mm_region *mr, void *va, int write)
{
	struct rump_mmobj *obj = mr->mr_obj;
	int prot = MM_VMPROT(mr->mr_prot, obj), error;
	int shared = (mr->mr_prot & MM_SHARED) != 0;
	const char *why = pager_denied(mr, write);
	void *page;

	if (why != NULL)
		return why;
	error = obj->mo_ops->mo_page(obj, mr->mr_off +
	    ((uintptr_t)va - mr->mr_start) / MM_PAGE, &page);
	if (error == 0)
		error = write && !shared ? rumpcomp_vm_copy(va, page, prot) :
		    rumpcomp_vm_share(va, page, prot, shared &&
		    (prot & RUMPCOMP_VM_WRITE) != 0);
	if (error == 0 || error == EAGAIN)
		return NULL;
	return error == EFAULT || error == ENOSPC ? rumpcomp_vm_beyond :
	    "out of memory (a page of a mapped file was touched)";
}

static const char *
mm_pager(void *va, int write)
{
	struct mm_region *mr;
	const char *why = NULL;

	if (rump_mutex_owned(&rump_mm_lock))
		return "page fault under rump_mm_lock";
	if (rump_mutex_tryenter(&rump_mm_lock) != 0)
		return NULL;		/* another CPU's: fault again */
	mr = rump_mm_first((uintptr_t)va);
	if (mr != NULL && mr->mr_start <= (uintptr_t)va &&
	    mm_paged(mr->mr_obj))
		why = pager_page(mr, va, write);
	rump_mutex_exit(&rump_mm_lock);
	return why;
}

/* Caller holds rump_mm_lock. */
static void
mm_hide(struct rump_mmobj *obj, uint64_t first, uint64_t last)
{
	struct mm_region *mr;
	uint64_t from, to, n;

	for (mr = obj->mo_regions; mr != NULL; mr = mr->mr_next) {
		n = (mr->mr_end - mr->mr_start) / MM_PAGE;
		from = first > mr->mr_off ? first - mr->mr_off : 0;
		if (last < mr->mr_off || from >= n)
			continue;
		to = last - mr->mr_off < n ? last - mr->mr_off + 1 : n;
		(void)rumpcomp_vm_discard((void *)(mr->mr_start +
		    from * MM_PAGE), (to - from) * MM_PAGE);
	}
}

static void
mm_forget(struct rump_mmobj *obj, uint64_t first, uint64_t last)
{

	rump_mutex_enter(&rump_mm_lock);
	mm_hide(obj, first, last);
	rump_mm_unlock();
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

/* Memory with what the file has now. */
static int
mm_mapcopy(struct file *fp, uintptr_t *vap, size_t len, int vprot, int flags,
    int64_t off)
{
	int error;

	rump_mutex_enter(&rump_mm_lock);
	error = rump_mm_place(*vap, len, RUMPCOMP_VM_READ | RUMPCOMP_VM_WRITE,
	    flags, NULL, 0, vap);
	rump_mm_unlock();
	if (error)
		return error;
	error = mm_readfile(fp, *vap, len, off);
	rump_mutex_enter(&rump_mm_lock);
	if (error == 0)
		error = rump_mm_protect(*vap, len, vprot);
	else
		(void)rump_mm_clear(*vap, *vap + len);
	rump_mm_unlock();
	return error;
}

static struct vnode *
mm_vnode(struct rump_mmobj *obj)
{

	return obj == NULL || obj->mo_ops->mo_vnode == NULL ? NULL :
	    obj->mo_ops->mo_vnode(obj);
}

/* May no mapping of it be written to?  Caller holds rump_mm_lock. */
static int
mm_sealed(struct rump_mmobj *obj)
{
	const struct vnode *vp = mm_vnode(obj);

	return vp != NULL && vp->v_seals & (F_SEAL_WRITE |
	    F_SEAL_FUTURE_WRITE);
}

int
vfs_mapseal(struct vnode *vp, uint32_t seals)
{
	struct mm_region *mr = NULL;

	rump_mutex_enter(&rump_mm_lock);
	if (seals & ~vp->v_seals & F_SEAL_WRITE)
		mr = vp->v_ops->vop_mmap(vp)->mo_regions;
	while (mr != NULL && (mr->mr_prot & (MM_SHARED | MM_RDFILE)) !=
	    MM_SHARED)
		mr = mr->mr_next;
	if (mr == NULL)
		vp->v_seals |= seals;
	rump_mutex_exit(&rump_mm_lock);
	return mr != NULL ? EBUSY : 0;
}

static int
mm_mapobj(struct rump_mmobj *obj, uintptr_t *vap, size_t len, int vprot,
    int flags, int64_t off, int readonly)
{
	int error = 0;

	if ((flags & MAP_TYPE) != MAP_PRIVATE)
		vprot |= MM_SHARED | (readonly ? MM_RDFILE : 0) |
		    MM_NORESERVE;		/* it is the object's */
	rump_mutex_enter(&rump_mm_lock);
	if (vprot & MM_SHARED && mm_sealed(obj)) {
		error = vprot & RUMPCOMP_VM_WRITE ? EPERM : 0;
		vprot |= MM_RDFILE;
	}
	if (error == 0)
		error = rump_mm_place(*vap, len, vprot, flags, obj,
		    (uint64_t)off / MM_PAGE, vap);
	rump_mm_unlock();
	if (error && obj != NULL)
		obj->mo_ops->mo_rele(obj);
	return error;
}

static int
mm_mapanon(uintptr_t *vap, size_t len, int vprot, int flags, int64_t off,
    int readonly)
{
	struct rump_mmobj *obj;
	int error;

	rump_mm_init();
	error = vfs_anonobj(len, (flags & MAP_NORESERVE) == 0, &obj);
	/* /dev/zero: as far in, nothing is behind its end. */
	if (error == 0 && off != 0)
		obj->mo_ask = RUMPCOMP_VM_ASK;
	return error ? error :
	    mm_mapobj(obj, vap, len, vprot, flags, off, readonly);
}

static int
mm_mapfp(struct file *fp, uintptr_t *vap, size_t len, int prot, int vprot,
    int flags, int64_t off)
{
	int readonly = !file_writable(fp), private, error;
	struct rump_mmobj *obj;

	private = (flags & MAP_TYPE) == MAP_PRIVATE;
	if ((flags & MAP_TYPE) == 0 || (flags & MAP_TYPE) >
	    MAP_SHARED_VALIDATE)
		return EINVAL;
	/* What is no flag of old is unknown. */
	if ((flags & MAP_TYPE) == MAP_SHARED_VALIDATE && flags >= MAP_SYNC)
		return EOPNOTSUPP;
	if (!file_readable(fp) || (!private && (prot & PROT_WRITE) &&
	    readonly))
		return EACCES;
	if (fp->f_ops->fo_mmap == NULL)
		return ENODEV;
	rump_mm_init();
	error = fp->f_ops->fo_mmap(fp, &obj);
	if (error == EOPNOTSUPP && private)
		return mm_mapcopy(fp, vap, len, vprot, flags, off);
	if (error)
		return error == EOPNOTSUPP ? ENODEV : error;
	return obj == NULL && !private ?
	    mm_mapanon(vap, len, vprot, flags, off, readonly) :
	    mm_mapobj(obj, vap, len, vprot, flags, off, readonly);
}

/*
 * Touches all of it, as MAP_POPULATE says: what is the program's own by a
 * write.  What cannot be is left.
 */
static void
mm_populate(uintptr_t va, size_t len, int write)
{

	for (; len > 0; va += MM_PAGE, len -= MM_PAGE)
		if (mm_pager((void *)va, write) != NULL)
			return;
}

/* One try; EAGAIN: another lwp has the file's pages. */
static int
mm_futextry(uintptr_t va, uintptr_t *key)
{
	struct mm_region *mr;
	void *page = NULL;
	int error = 0;

	rump_mutex_enter(&rump_mm_lock);
	mr = rump_mm_first(va);
	if (mr != NULL && mr->mr_start <= va && mm_paged(mr->mr_obj) &&
	    (mr->mr_prot & MM_SHARED))
		error = mr->mr_obj->mo_ops->mo_page(mr->mr_obj, mr->mr_off +
		    (va - mr->mr_start) / MM_PAGE, &page);
	rump_mutex_exit(&rump_mm_lock);
	if (error == 0 && page != NULL)
		*key = (uintptr_t)page + va % MM_PAGE;
	return error;
}

/* A futex in a shared file is known by the file's page. */
static uint32_t *
mm_futexkey(uint32_t *addr)
{
	uintptr_t key = (uintptr_t)addr;

	while (mm_futextry((uintptr_t)addr, &key) == EAGAIN)
		(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 10000);
	return (uint32_t *)key;
}

/* Waiting and waking; the others look themselves (rump_futex_key()). */
static long
mm_futex(uint32_t *addr, int op, uint32_t val, const void *ts, uint32_t *addr2,
    uint32_t val3)
{

	/* Clock or not; private ones are other numbers. */
	switch (op & ~FUTEX_CLOCK_REALTIME) {
	case FUTEX_WAIT: case FUTEX_WAIT_BITSET:
	case FUTEX_WAKE: case FUTEX_WAKE_BITSET:
		rump_schedule();
		addr = mm_futexkey(addr);
		rump_unschedule();
	}
	return rump_futex_call(addr, op, val, ts, addr2, val3);
}

/* What was written through a mapping counts from here on. */
static void
mm_synced(struct rump_mmobj *obj)
{
	struct vnode *vp = mm_vnode(obj);

	if (vp == NULL)
		return;
	rump_rw_wrenter(&vp->v_lock);
	vp->v_mtime = vp->v_ctime = rump_walltime();
	rump_rw_exit(&vp->v_lock);
}

static int
mm_punch(struct rump_mmobj *obj, uint64_t off, uint64_t len)
{
	struct vnode *vp = mm_vnode(obj);
	int error;

	if (obj->mo_ops->mo_punch != NULL) {
		rump_mutex_enter(&rump_mm_lock);
		mm_hide(obj, off / MM_PAGE, (off + len) / MM_PAGE - 1);
		obj->mo_ops->mo_punch(obj, off / MM_PAGE,
		    (off + len) / MM_PAGE);
		rump_mm_unlock();
		return 0;
	}
	if (vp == NULL || vp->v_ops->vop_fallocate == NULL)
		return EOPNOTSUPP;
	rump_rw_wrenter(&vp->v_lock);
	error = vp->v_ops->vop_fallocate(vp, FALLOC_FL_PUNCH_HOLE |
	    FALLOC_FL_KEEP_SIZE, (int64_t)off, (int64_t)len);
	rump_rw_exit(&vp->v_lock);
	return error;
}

void
rump_mm_filepager(void)
{

	RUMP_HOOK_SET(rump_mm_synchook, mm_synced);
	RUMP_HOOK_SET(rump_mm_punchhook, mm_punch);
	rump_futex_threads();
	RUMP_HOOK_SET(rump_futex_keyhook, mm_futexkey);
	RUMP_HOOK_SET(rump_futex_gate, mm_futex);
	rump_mm_forgethook = mm_forget;
	rumpcomp_vm_pager = mm_pager;
}

long
rump_mm_mapfile(uintptr_t hint, size_t len, int prot, int flags, int fd,
    int64_t off)
{
	uintptr_t va = hint & ~(MM_PAGE - 1);
	struct file *fp = NULL;
	int error, vprot;

	rump_mm_filepager();
	if ((flags & MAP_ANONYMOUS) == 0 && (error = rump_fd_get(fd, &fp)) != 0)
		return -error;
	error = rump_mm_args(hint, len, prot, flags, &vprot);
	len = mm_round(len);
	if (error == 0 && fp == NULL)
		error = (flags & MAP_TYPE) != MAP_SHARED ? EINVAL :
		    mm_mapanon(&va, len, vprot, flags, 0, 0);
	else if (error == 0)
		error = off < 0 || (uint64_t)off + len > INT64_MAX ?
		    EOVERFLOW :
		    mm_mapfp(fp, &va, len, prot, vprot, flags, off);
	if (fp != NULL)
		rump_file_rele(fp);
	if (error == 0 && (flags & MAP_LOCKED ||
	    (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE))
		mm_populate(va, len, vprot & RUMPCOMP_VM_WRITE &&
		    (flags & MAP_TYPE) == MAP_PRIVATE);
	return error ? -error : (long)va;
}
