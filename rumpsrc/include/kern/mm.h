/* SPDX-License-Identifier: BSD-2-Clause */
/* Address space of programs: policy over rumpcomp_vm(). */
#ifndef KERN_MM_H
#define KERN_MM_H

#include <stddef.h>
#include <stdint.h>

struct proc;
struct vnode;
struct mm_region;
struct rump_mmobj;

/* A program stack: lowest byte; the page below is never mapped. */
int	rump_mm_stack(struct proc *, size_t len, char **);
/* A thread will run on the memory below sp. */
void	rump_mm_isstack(void *sp);
int	rump_mm_unmap(void *addr, size_t len);
/* Is it in what programs mapped, whatever the protection? */
int	rump_mm_mapped(const void *addr);
void	rump_mm_exit(struct proc *);	/* all that the process mapped */
/*
 * rumpcomp_vm_pin() for the program's page at va.  The caller copies on any
 * error.
 */
int	rump_mm_pin(void *va, void **pagep);
/* Regions of `from' in that range are `to's. */
void	rump_mm_give(void *addr, size_t len, struct proc *from,
	    struct proc *to);
/* Until unshare, the child of a vfork maps for its parent. */
void	rump_mm_share(struct proc *parent, struct proc *child);
void	rump_mm_unshare(struct proc *parent, struct proc *child);

/*
 * What can be mapped: a file embeds one, all-zero but for mo_ops and mo_ask,
 * and gives it out by fo_mmap.
 */
struct rump_mmops {
	/*
	 * The page with this index; made when it is not there.  EFAULT: it lies
	 * beyond the end; ENOMEM, ENOSPC.  In a page fault's context, see
	 * rumpcomp_vm_pager: no lock may be taken that somebody holds while he
	 * touches a program's memory.
	 */
	int	(*mo_page)(struct rump_mmobj *, uint64_t index, void **);
	void	(*mo_ref)(struct rump_mmobj *);
	void	(*mo_rele)(struct rump_mmobj *);
	/* The file; NULL: it is none.  Not referenced. */
	struct vnode *(*mo_vnode)(struct rump_mmobj *);
	/*
	 * Of what is no file: pages first to end (not included), which nobody
	 * sees now, become zeroes; rump_mm_lock is held.  NULL: EOPNOTSUPP.
	 */
	void	(*mo_punch)(struct rump_mmobj *, uint64_t first, uint64_t end);
	/*
	 * Of what is plain; rump_mm_lock is held.  keep: a region goes, others
	 * of the object may stay.  settle: from here on it is not plain.
	 */
	void	(*mo_keep)(struct mm_region *);
	int	(*mo_settle)(struct rump_mmobj *);
	const char *mo_name;	/* in /proc/PID/maps, of what is no file */
};
struct rump_mmobj {
	const struct rump_mmops *mo_ops;	/* [I] */
	struct mm_region *mo_regions;	/* [rump_mm_lock] where it is mapped */
	/*
	 * [rump_mm_lock] RUMPCOMP_VM_ASK; or 0, it is plain: no page is mapped
	 * at two places, and they are the platform's as of memory without an
	 * object.
	 */
	int	mo_ask;
};
extern void (*rump_mm_synchook)(struct rump_mmobj *);	/* msync: modified */
/* madvise: these bytes are to be a hole; set when there are objects. */
extern int (*rump_mm_punchhook)(struct rump_mmobj *, uint64_t off,
	    uint64_t len);
/*
 * Before pages first to last (inclusive) are freed, and after mo_page does not
 * give them any more: nobody sees them from here on.
 */
extern void (*rump_mm_forgethook)(struct rump_mmobj *, uint64_t, uint64_t);
static inline void
rump_mm_forget(struct rump_mmobj *obj, uint64_t first, uint64_t last)
{
	if (__atomic_load_n(&obj->mo_regions, __ATOMIC_SEQ_CST) != NULL)
		rump_mm_forgethook(obj, first, last);
}

#endif /* KERN_MM_H */
