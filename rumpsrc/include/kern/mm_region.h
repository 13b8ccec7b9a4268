/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions of the arena: mm.c, for the calls in mm_*.c and vfs_mmap.c. */
#ifndef KERN_MM_REGION_H
#define KERN_MM_REGION_H

#include <stddef.h>
#include <stdint.h>
#include <kern/lock.h>
#include <kern/mm.h>

#define MM_PAGE	4096UL

struct proc;

/* All fields: rump_mm_lock. */
struct mm_region {
	struct mm_region *mr_left, *mr_right;
	uint32_t	 mr_prio;
	int		 mr_prot;	/* RUMPCOMP_VM_*, MM_* */
	uintptr_t	 mr_start, mr_end;
	struct proc	*mr_proc;
	struct rump_mmobj *mr_obj;	/* NULL: nothing but memory */
	uint64_t	 mr_off;	/* page of mr_obj at mr_start */
	struct mm_region *mr_next, **mr_prevp;	/* those of mr_obj */
};

/* In mr_prot and where it comes from; they stay when the protection goes. */
#define MM_PROT		(RUMPCOMP_VM_READ | RUMPCOMP_VM_WRITE | \
			RUMPCOMP_VM_EXEC)
#define MM_COUNTED	0x100	/* its memory is set aside */
#define MM_NORESERVE	0x4000	/* never; as MAP_NORESERVE */
#define MM_SHARED	0x400	/* writes go to mr_obj, if there is one */
#define MM_LOCKED	0x2000	/* mlock; as MAP_LOCKED */
#define MM_RDFILE	0x1000	/* MM_SHARED, and never to be written to */

static inline size_t
mm_round(size_t len)
{
	return (len + MM_PAGE - 1) & ~(MM_PAGE - 1);
}

struct vmspace {	/* rump_mm_lock */
	uintptr_t	vm_base, vm_brk, vm_top;
};

extern struct rump_mutex rump_mm_lock;
/* Lets go of it, then of the objects of regions that went meanwhile. */
void	rump_mm_unlock(void);

void	rump_mm_init(void);
/* Page-aligned, not empty, inside the arena. */
int	rump_mm_inside(uintptr_t, size_t);

/* Pages that are not: the image's, if they can be read; else ENOMEM. */
int	rump_mm_image(uintptr_t, uintptr_t end);

/* Caller holds rump_mm_lock. */
struct mm_region *rump_mm_first(uintptr_t addr);
uintptr_t rump_mm_find(size_t len);
/* The object's reference comes along when it succeeds. */
int	rump_mm_record(uintptr_t, size_t, int prot, struct proc *,
	    struct rump_mmobj *, uint64_t off);
int	rump_mm_cut(uintptr_t);
void	rump_mm_join(struct mm_region *, uintptr_t end);
int	rump_mm_clear(uintptr_t start, uintptr_t end);
int	rump_mm_alloc(struct proc *, size_t, int prot, struct rump_mmobj *,
	    uint64_t off, uintptr_t *);
/* Maps and records; a range that is free. */
int	rump_mm_map(uintptr_t, size_t, int prot, struct proc *,
	    struct rump_mmobj *, uint64_t off);
/* Are the pages the object's? */
static inline int
mm_paged(const struct rump_mmobj *obj)
{
	return obj != NULL && obj->mo_ask;
}

/* What the platform is to be told of a region's protection. */
#define MM_VMPROT(prot, obj) \
	(((prot) & MM_PROT) | ((obj) != NULL ? (obj)->mo_ask : 0))
int	rump_mm_protect(uintptr_t, size_t, int vprot);

/* As mmap places it: hint, MAP_FIXED...; maps, records.  mm_calls.c */
int	rump_mm_place(uintptr_t hint, size_t, int vprot, int flags,
	    struct rump_mmobj *, uint64_t off, uintptr_t *vap);
/* From now on page faults may concern mappings of objects; vfs_mmap.c. */
void	rump_mm_filepager(void);
/* What can be seen of mmap's arguments alone; *vp: RUMPCOMP_VM_*. */
int	rump_mm_args(uintptr_t hint, size_t, int prot, int flags, int *vp);
/* mmap but private and anonymous; not there without vfs. */
long	rump_mm_mapfile(uintptr_t hint, size_t, int prot, int flags, int fd,
	    int64_t off) __attribute__((__weak__));
/*
 * ENOMEM when p, with len bytes more of that protection instead of what it has
 * in [start, start + old), were beyond RLIMIT_AS or RLIMIT_DATA; EAGAIN, EPERM
 * when locked ones were beyond RLIMIT_MEMLOCK: mm_limit.c, where an image sets
 * them (rump_mm_limits()).
 */
extern int (*rump_mm_limithook)(struct proc *, uintptr_t start, size_t old,
    int prot, size_t len);
static inline int
rump_mm_may(struct proc *p, uintptr_t start, size_t old, int prot, size_t len)
{
	int (*over)(struct proc *, uintptr_t, size_t, int, size_t) =
	    RUMP_HOOK(rump_mm_limithook);

	return over == NULL ? 0 : over(p, start, old, prot, len);
}
void	rump_mm_limits(void);
size_t	rump_mm_locked(const struct proc *);	/* bytes; rump_mm_lock */
/* Sets memory aside: ENOMEM when so much was not left.  And gives it back. */
int	rump_mm_charge(size_t len);
void	rump_mm_uncharge(size_t len);
size_t	rump_mm_committed(void);	/* bytes set aside now; no lock */

#endif /* KERN_MM_REGION_H */
