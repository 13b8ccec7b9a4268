/* SPDX-License-Identifier: BSD-2-Clause */
/* NUMA policies of a machine with one node: checked, and then met anyhow. */
#include <asm/errno.h>
#include <linux/mempolicy.h>
#include <stdint.h>
#include <kern/mm_region.h>
#include <kern/proc.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define POLICY_NODES	1UL		/* mask of those that there are */
#define POLICY_BOTH	(MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES)
#define POLICY_BITS	(8 * sizeof(unsigned long))

/* The nodes that a policy names: where it needs some, one is there. */
static int
policy_check(int mode, const unsigned long *mask, unsigned long maxnode)
{
	unsigned long nodes = 0, i, word;
	int flags = mode & MPOL_MODE_FLAGS;

	mode &= ~MPOL_MODE_FLAGS;
	if (mode < 0 || mode >= MPOL_MAX || (flags & POLICY_BOTH) ==
	    POLICY_BOTH || (mask != NULL && maxnode - 1 > 8 * MM_PAGE))
		return EINVAL;
	if (mask != NULL && maxnode > 1) {
		if (rump_copyin(mask, &word, sizeof(word)) != 0)
			return EFAULT;
		nodes = word & (maxnode - 1 >= POLICY_BITS ? ~0UL :
		    (1UL << (maxnode - 1)) - 1);
		for (i = POLICY_BITS; i < maxnode - 1; i += POLICY_BITS) {
			if (rump_copyin(&mask[i / POLICY_BITS], &word,
			    sizeof(word)) != 0)
				return EFAULT;
			if (word != 0)
				return EINVAL;
		}
	}
	switch (mode) {
	case MPOL_DEFAULT:
		return nodes != 0 ? EINVAL : 0;
	case MPOL_LOCAL:
		return nodes != 0 || flags != 0 ? EINVAL : 0;
	case MPOL_PREFERRED:
		if (nodes == 0)
			return flags != 0 ? EINVAL : 0;
	}
	/* Of those named one must be there; relative ones always are. */
	if (flags & MPOL_F_RELATIVE_NODES && nodes != 0)
		return 0;
	return nodes & POLICY_NODES ? 0 : EINVAL;
}

RUMP_SYSCALL3(set_mempolicy, int, mode, const void *, mask, unsigned long,
    maxnode)
{

	return -policy_check(mode, mask, maxnode);
}

RUMP_SYSCALL6(mbind, void *, addr, unsigned long, len, int, mode,
    const void *, mask, unsigned long, maxnode, unsigned, flags)
{

	uintptr_t va = (uintptr_t)addr;
	struct mm_region *mr;
	uintptr_t end;
	int error;

	if (va % MM_PAGE || len > SIZE_MAX / 2 ||
	    (flags & ~(unsigned)MPOL_MF_VALID))
		return -EINVAL;
	if ((error = policy_check(mode, mask, maxnode)) != 0)
		return -error;
	end = va + mm_round(len);
	rump_mutex_enter(&rump_mm_lock);
	for (; va < end && error == 0; va = mr != NULL ? mr->mr_end : end) {
		mr = rump_mm_first(va);
		if (mr == NULL || mr->mr_start > va)
			error = EFAULT;
	}
	rump_mutex_exit(&rump_mm_lock);
	return -error;
}

RUMP_SYSCALL5(get_mempolicy, int *, mode, void *, mask, unsigned long, maxnode,
    void *, addr, unsigned long, flags)
{
	unsigned long *m = mask, i, n, word;
	int policy = MPOL_DEFAULT;

	if (flags & ~(unsigned long)(MPOL_F_NODE | MPOL_F_ADDR |
	    MPOL_F_MEMS_ALLOWED) || (addr != NULL && !(flags & MPOL_F_ADDR)))
		return -EINVAL;
	if (flags & MPOL_F_ADDR && !rump_mm_inside((uintptr_t)addr &
	    ~(MM_PAGE - 1), MM_PAGE))
		return -EFAULT;
	if (flags & MPOL_F_NODE)
		policy = 0;		/* the node */
	if (mode != NULL && rump_copyout(&policy, mode, sizeof(policy)) != 0)
		return -EFAULT;
	if (m == NULL)
		return 0;
	if (maxnode < 1)
		return -EINVAL;
	n = (maxnode - 1) / POLICY_BITS + 1;
	for (i = 0; i < n; i++) {
		word = i == 0 && flags & MPOL_F_MEMS_ALLOWED ?
		    POLICY_NODES : 0;
		if (rump_copyout(&word, &m[i], sizeof(word)) != 0)
			return -EFAULT;
	}
	return 0;
}
