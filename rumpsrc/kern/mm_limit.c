/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RLIMIT_AS, RLIMIT_DATA and of RLIMIT_MEMLOCK what MAP_LOCKED asks for: in
 * images that set limits, from the first call that sets one of these.  What a
 * process has is added up from its regions each time: only who has a limit
 * pays for it.  The image counts as text and data of each process, as in /proc.
 */
#include <asm/errno.h>
#include <asm/resource.h>
#include <kern/mm_used.h>

/* Of the linker's; not on posix.  See procmap.c. */
extern char __rela_start[] __attribute__((__weak__, __visibility__("hidden")));
extern char __text_end[] __attribute__((__weak__, __visibility__("hidden")));
extern char __image_end[] __attribute__((__weak__, __visibility__("hidden")));

struct mm_sizes {		/* bytes */
	size_t	ms_all, ms_data;
};

/* Without what lies in [start, end), which is going to be replaced. */
static void
mm_sizes(const struct proc *p, uintptr_t start, uintptr_t end,
    struct mm_sizes *ms)
{
	const struct mm_region *mr;
	uintptr_t next = 0, to;
	size_t len;

	ms->ms_all = mm_round((size_t)(__image_end - __rela_start));
	ms->ms_data = mm_round((size_t)(__image_end - __text_end));
	while ((mr = rump_mm_first(next)) != NULL) {
		next = mr->mr_end;
		to = mm_usedend(p, mr);
		if (mr->mr_proc != p || to <= mr->mr_start)
			continue;
		len = to - mr->mr_start;
		if (start < to && end > mr->mr_start)
			len -= (end < to ? end : to) -
			    (start > mr->mr_start ? start : mr->mr_start);
		ms->ms_all += len;
		if (mm_isdata(p, mr))
			ms->ms_data += len;
	}
}

static int
mm_overlocked(struct proc *p, size_t len)
{
	uint64_t limit = rump_rlim_cur(p, RLIMIT_MEMLOCK);

	if (limit == UINT64_MAX || rump_capable(CAP_IPC_LOCK) == 0)
		return 0;
	if (limit == 0)
		return EPERM;
	return len > limit || rump_mm_locked(p) > limit - len ? EAGAIN : 0;
}

static int
mm_over(struct proc *p, uintptr_t start, size_t old, int prot, size_t len)
{
	uint64_t all = rump_rlim_cur(p, RLIMIT_AS);
	uint64_t data = rump_rlim_cur(p, RLIMIT_DATA);
	struct mm_sizes ms;
	int error;

	if (prot & MM_LOCKED && (error = mm_overlocked(p, len)) != 0)
		return error;
	if (all == UINT64_MAX && data == UINT64_MAX)
		return 0;
	mm_sizes(p, start, start + old, &ms);
	if (ms.ms_all + len > all)
		return ENOMEM;
	return (prot & (RUMPCOMP_VM_WRITE | MM_SHARED)) == RUMPCOMP_VM_WRITE &&
	    ms.ms_data + len > data ? ENOMEM : 0;
}

void
rump_mm_limits(void)
{

	__atomic_store_n(&rump_mm_limithook, mm_over, __ATOMIC_RELEASE);
}
