/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System V shared memory: shmget, shmat, shmdt, shmctl.  A segment is what
 * mmap maps (kern/mm.h): its pages are made when they are touched, and it
 * goes with its last mapping once it was removed.
 */
#include <asm/errno.h>
#include <asm/mman.h>
#include <asm/resource.h>
#include <linux/shm.h>
#include <string.h>
#include <rump/rumpcomp_vm.h>
#include <kern/kmem.h>
#include <kern/mm_region.h>
#include <kern/syscall.h>
#include <kern/uio.h>
#include "ipc.h"

#define SHM_MAXSIZE	(SIZE_MAX - (1UL << 24))	/* SHMMAX */
#define SHM_MAXSEGS	4096				/* SHMMNI */
#define SHM_DEST_	01000		/* in the mode: goes when unmapped */
#define SHM_LOCKED_	02000
#define SHM_PGFAN	512		/* pages that one table lists */

struct shmseg {
	struct ipc_obj	 sg_io;		/* io_lock: all fields but as said */
	struct rump_mmobj sg_obj;
	struct rump_mutex sg_maplock;	/* leaf: no user memory under it */
	void		***sg_map;	/* [sg_maplock] tables of pages */
	size_t		 sg_size;	/* [I] bytes */
	uint32_t	 sg_nattch;	/* [a] */
	int64_t		 sg_atime, sg_dtime, sg_ctime;
	int		 sg_cpid, sg_lpid;
};

static void shm_free(struct ipc_obj *);
static const struct rump_mmops shm_ops;
static struct ipc_table shm_table = { .it_free = shm_free, .it_top = -1 };

static struct shmseg *
shm_of(struct ipc_obj *io)
{

	return (struct shmseg *)(void *)io;
}

static struct shmseg *
shm_ofobj(struct rump_mmobj *obj)
{

	return (struct shmseg *)(void *)((char *)obj -
	    offsetof(struct shmseg, sg_obj));
}

static size_t
shm_tables(const struct shmseg *sg)
{

	return (sg->sg_size / MM_PAGE + SHM_PGFAN) / SHM_PGFAN;
}

static void
shm_free(struct ipc_obj *io)
{
	struct shmseg *sg = shm_of(io);
	size_t i, j;

	for (i = 0; i < shm_tables(sg); i++) {
		if (sg->sg_map[i] == NULL)
			continue;
		for (j = 0; j < SHM_PGFAN; j++)
			if (sg->sg_map[i][j] != NULL)
				rump_page_free(sg->sg_map[i][j]);
		rump_page_free(sg->sg_map[i]);
	}
	rump_kmem_free(sg->sg_map, shm_tables(sg) * sizeof(void *));
	rump_kmem_free(sg, sizeof(*sg));
}

static int
shm_make(const struct ipc_get *ig, struct ipc_obj **iop)
{
	struct shmseg *sg;
	size_t total, avail;

	if (ig->ig_size == 0 || ig->ig_size > SHM_MAXSIZE)
		return EINVAL;
	rumpcomp_vm_stat(&total, &avail);
	if (ig->ig_size > total && (ig->ig_flags & SHM_NORESERVE) == 0)
		return ENOMEM;
	if ((sg = rump_kmem_zalloc(sizeof(*sg))) == NULL)
		return ENOMEM;
	sg->sg_size = ig->ig_size;
	sg->sg_map = rump_kmem_zalloc(shm_tables(sg) * sizeof(void *));
	if (sg->sg_map == NULL) {
		rump_kmem_free(sg, sizeof(*sg));
		return ENOMEM;
	}
	sg->sg_obj.mo_ops = &shm_ops;
	sg->sg_obj.mo_ask = RUMPCOMP_VM_ASK;
	sg->sg_cpid = curproc->p_pid;
	sg->sg_ctime = rump_ipc_now();
	*iop = &sg->sg_io;
	return 0;
}

static int
shm_fits(const struct ipc_get *ig, struct ipc_obj *io)
{

	return ig->ig_size > shm_of(io)->sg_size ? EINVAL : 0;
}

RUMP_SYSCALL3(shmget, int, key, size_t, size, int, flags)
{
	struct ipc_get ig = { key, flags, size, shm_make, shm_fits };

	if (flags & SHM_HUGETLB)
		return -ENOMEM;		/* there are none */
	return rump_ipc_get(&shm_table, &ig);
}

/* --- as an object of mmap --- */
static void *
shm_page(struct shmseg *sg, uint64_t idx)
{
	void ***t = &sg->sg_map[idx / SHM_PGFAN], **slot;

	if (*t == NULL && (*t = rump_page_alloc()) != NULL)
		memset(*t, 0, MM_PAGE);
	if (*t == NULL)
		return NULL;
	slot = &(*t)[idx % SHM_PGFAN];
	if (*slot == NULL && (*slot = rump_page_alloc()) != NULL)
		memset(*slot, 0, MM_PAGE);
	return *slot;
}

/* In a page fault. */
static int
shm_getpage(struct rump_mmobj *obj, uint64_t idx, void **pagep)
{
	struct shmseg *sg = shm_ofobj(obj);

	if (idx >= mm_round(sg->sg_size) / MM_PAGE)
		return EFAULT;
	if (rump_mutex_tryenter(&sg->sg_maplock) != 0)
		return EAGAIN;
	*pagep = shm_page(sg, idx);
	rump_mutex_exit(&sg->sg_maplock);
	return *pagep == NULL ? ENOMEM : 0;
}

static void
shm_ref(struct rump_mmobj *obj)
{
	struct shmseg *sg = shm_ofobj(obj);

	__atomic_fetch_add(&sg->sg_io.io_ref, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&sg->sg_nattch, 1, __ATOMIC_RELAXED);
}

/* Caller holds io_lock, which is let go. */
static void
shm_detach(struct shmseg *sg)
{

	if (__atomic_sub_fetch(&sg->sg_nattch, 1, __ATOMIC_RELAXED) == 0 &&
	    sg->sg_io.io_perm.mode & SHM_DEST_ && !sg->sg_io.io_removed)
		rump_ipc_remove(&sg->sg_io);
	rump_ipc_release(&sg->sg_io);
}

static void
shm_rele(struct rump_mmobj *obj)
{
	struct shmseg *sg = shm_ofobj(obj);

	rump_mutex_enter(&sg->sg_io.io_lock);
	sg->sg_dtime = rump_ipc_now();
	sg->sg_lpid = curproc->p_pid;
	shm_detach(sg);
}

static const struct rump_mmops shm_ops = {
	.mo_page = shm_getpage,
	.mo_ref = shm_ref,
	.mo_rele = shm_rele,
};

/* --- attaching --- */
/* Returns with io_lock held, for which the caller has a reference. */
static int
shm_map(struct shmseg *sg, uintptr_t hint, int flags, uintptr_t *vap)
{
	int prot = RUMPCOMP_VM_READ | MM_SHARED | MM_NORESERVE, mflags = 0;
	int error;

	prot |= flags & SHM_RDONLY ? MM_RDFILE : RUMPCOMP_VM_WRITE;
	if (hint != 0)
		mflags = flags & SHM_REMAP ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	rump_mm_init();
	rump_mm_filepager();
	shm_ref(&sg->sg_obj);
	rump_mutex_enter(&rump_mm_lock);
	error = rump_mm_place(hint, mm_round(sg->sg_size), prot, mflags,
	    &sg->sg_obj, 0, vap);
	rump_mm_unlock();
	rump_mutex_enter(&sg->sg_io.io_lock);
	if (error) {
		shm_detach(sg);
		rump_mutex_enter(&sg->sg_io.io_lock);
	} else {
		sg->sg_atime = rump_ipc_now();
		sg->sg_lpid = curproc->p_pid;
	}
	return error == EEXIST ? EINVAL : error;
}

RUMP_SYSCALL3(shmat, int, id, const void *, addr, int, flags)
{
	struct ipc_obj *io;
	struct shmseg *sg;
	uintptr_t hint = (uintptr_t)addr, va;
	int error;

	if (flags & SHM_RND)
		hint &= ~(MM_PAGE - 1);
	if (hint % MM_PAGE || (hint == 0 && flags & SHM_REMAP))
		return -EINVAL;
	if (flags & SHM_EXEC)
		return -EACCES;		/* nothing is writable and executable */
	error = rump_ipc_find(&shm_table, id, flags & SHM_RDONLY ? IPC_READ :
	    IPC_READ | IPC_WRITE, &io);
	if (error)
		return -error;
	sg = shm_of(io);
	rump_mutex_exit(&io->io_lock);
	error = shm_map(sg, hint, flags, &va);
	rump_ipc_release(io);
	return error ? -error : (long)va;
}

/*
 * What of the mapping that began at addr is left; others may be in its place by
 * now.
 */
RUMP_SYSCALL1(shmdt, const void *, addr)
{
	uintptr_t va = (uintptr_t)addr, at = va, end = UINTPTR_MAX;
	struct rump_mmobj *obj = NULL;
	struct mm_region *mr;
	int error = EINVAL;

	if (va % MM_PAGE)
		return -EINVAL;
	rump_mutex_enter(&rump_mm_lock);
	while ((mr = rump_mm_first(at)) != NULL && mr->mr_end <= end) {
		at = mr->mr_end;
		if (mr->mr_obj == NULL || mr->mr_obj->mo_ops != &shm_ops ||
		    (obj != NULL && mr->mr_obj != obj) ||
		    mr->mr_start != va + mr->mr_off * MM_PAGE ||
		    mr->mr_proc != curproc)
			continue;
		obj = mr->mr_obj;
		end = va + mm_round(shm_ofobj(obj)->sg_size);
		error = rump_mm_clear(mr->mr_start, mr->mr_end);
	}
	rump_mm_unlock();
	return -error;
}

/* --- shmctl --- */
static size_t
shm_resident(struct shmseg *sg)
{
	size_t i, j, n = 0;

	rump_mutex_enter(&sg->sg_maplock);
	for (i = 0; i < shm_tables(sg); i++)
		for (j = 0; sg->sg_map[i] != NULL && j < SHM_PGFAN; j++)
			n += sg->sg_map[i][j] != NULL;
	rump_mutex_exit(&sg->sg_maplock);
	return n;
}

static void
shm_stat(const struct shmseg *sg, struct shmid64_ds *ds)
{

	memset(ds, 0, sizeof(*ds));
	ds->shm_perm = sg->sg_io.io_perm;
	ds->shm_segsz = sg->sg_size;
	ds->shm_atime = sg->sg_atime;
	ds->shm_dtime = sg->sg_dtime;
	ds->shm_ctime = sg->sg_ctime;
	ds->shm_cpid = sg->sg_cpid;
	ds->shm_lpid = sg->sg_lpid;
	ds->shm_nattch = __atomic_load_n(&sg->sg_nattch, __ATOMIC_RELAXED);
}

/* The owner, as far as the limit lets anything be locked. */
static int
shm_maylock(const struct shmseg *sg, int cmd)
{
	const struct cred *cr = rump_cred_cur();

	return rump_cred_has(cr, CAP_IPC_LOCK) ||
	    ((cr->cr_euid == sg->sg_io.io_perm.uid ||
	    cr->cr_euid == sg->sg_io.io_perm.cuid) && (cmd == SHM_UNLOCK ||
	    rump_rlim_cur(curproc, RLIMIT_MEMLOCK) != 0)) ? 0 : EPERM;
}

static int
shm_change(struct shmseg *sg, int cmd, const struct shmid64_ds *ds)
{
	int error = cmd == SHM_LOCK || cmd == SHM_UNLOCK ?
	    shm_maylock(sg, cmd) : rump_ipc_owner(&sg->sg_io);

	if (error)
		return error;
	switch (cmd) {
	case IPC_SET:
		if ((error = rump_ipc_setperm(&sg->sg_io, &ds->shm_perm)) != 0)
			return error;
		sg->sg_ctime = rump_ipc_now();
		break;
	case SHM_LOCK:			/* memory is never paged out */
		sg->sg_io.io_perm.mode |= SHM_LOCKED_;
		break;
	case SHM_UNLOCK:
		sg->sg_io.io_perm.mode &= ~(unsigned)SHM_LOCKED_;
		break;
	case IPC_RMID:
		if (__atomic_load_n(&sg->sg_nattch, __ATOMIC_RELAXED) == 0) {
			rump_ipc_remove(&sg->sg_io);
			break;
		}
		/* Those that know the id may still attach; no key finds it. */
		sg->sg_io.io_perm.mode |= SHM_DEST_;
		__atomic_store_n(&sg->sg_io.io_perm.key, IPC_PRIVATE,
		    __ATOMIC_RELAXED);
		break;
	}
	return 0;
}

/* IPC_INFO: limits. */
static long
shm_limits(void *usi)
{
	struct shminfo64 copy, *si = &copy;
	long top;

	*si = (struct shminfo64){ .shmmax = SHM_MAXSIZE, .shmmin = 1,
	    .shmmni = SHM_MAXSEGS, .shmseg = SHM_MAXSEGS,
	    .shmall = SHM_MAXSIZE };
	rump_mutex_enter(&shm_table.it_lock);
	top = shm_table.it_used ? shm_table.it_top : 0;
	rump_mutex_exit(&shm_table.it_lock);
	return rump_copyout(si, usi, sizeof(*si)) != 0 ? -EFAULT : top;
}

static long
shm_usage(void *usi)
{
	struct shm_info copy, *si = &copy;
	struct ipc_obj *io;
	int i, top;

	*si = (struct shm_info){ 0 };
	rump_mutex_enter(&shm_table.it_lock);
	top = shm_table.it_used ? shm_table.it_top : 0;
	si->used_ids = shm_table.it_used;
	rump_mutex_exit(&shm_table.it_lock);
	for (i = 0; i <= top; i++)
		if (rump_ipc_at(&shm_table, i, 0, &io) == 0) {
			si->shm_tot += mm_round(shm_of(io)->sg_size) / MM_PAGE;
			si->shm_rss += shm_resident(shm_of(io));
			rump_ipc_release(io);
		}
	return rump_copyout(si, usi, sizeof(*si)) != 0 ? -EFAULT : top;
}

RUMP_SYSCALL3(shmctl, int, id, int, cmd, void *, buf)
{
	struct shmid64_ds ds;
	struct ipc_obj *io;
	int error, index, stat, mode;

	if (id < 0)
		return -EINVAL;
	cmd &= ~IPC_64;
	if (cmd == IPC_INFO)
		return shm_limits(buf);
	if (cmd == SHM_INFO)
		return shm_usage(buf);
	index = cmd == SHM_STAT || cmd == SHM_STAT_ANY;
	stat = index || cmd == IPC_STAT;
	if (!stat && cmd != IPC_SET && cmd != IPC_RMID && cmd != SHM_LOCK &&
	    cmd != SHM_UNLOCK)
		return -EINVAL;
	if (cmd == IPC_SET && rump_copyin(buf, &ds, sizeof(ds)) != 0)
		return -EFAULT;
	mode = stat && cmd != SHM_STAT_ANY ? IPC_READ : 0;
	error = (index ? rump_ipc_at : rump_ipc_find)(&shm_table, id, mode,
	    &io);
	if (error)
		return -error;
	if (stat)
		shm_stat(shm_of(io), &ds);
	else
		error = shm_change(shm_of(io), cmd, &ds);
	id = index ? io->io_id : 0;
	rump_ipc_release(io);
	if (stat && error == 0)
		error = rump_copyout(&ds, buf, sizeof(ds));
	return error ? -error : id;
}
