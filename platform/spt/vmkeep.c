/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages that were unmapped lately: inaccessible, but not yet given back to
 * Linux.  The next mapping of the place clears them, which costs less than
 * new pages that are faulted in one by one: who maps and unmaps a buffer for
 * each operation gets the same place each time.  Only small runs, and few.
 * [mm_lock of the rump kernel]
 */
#include "spt.h"

#define MAXRUNS		8

static struct kept {
	char	*k_va;
	size_t	 k_len;			/* 0: free */
} kept[MAXRUNS];
static unsigned oldest;

static int
give_back(struct kept *k)
{
	if (k->k_len != 0 && sys_madvise(k->k_va, k->k_len,
	    SYS_MADV_DONTNEED) != 0)
		return BMK_ENOMEM;
	k->k_len = 0;
	return 0;
}

/* True: the run, inaccessible by now, is remembered. */
int
spt_vm_keep(char *va, size_t len)
{
	struct kept *k = &kept[oldest];

	if (give_back(k) != 0)
		return 0;
	k->k_va = va;
	k->k_len = len;
	oldest = (oldest + 1) % MAXRUNS;
	return 1;
}

/*
 * The range is to be used anew.  When it will be writable, what lies in it is
 * left to spt_vm_clear(), which must follow.
 */
int
spt_vm_unkeep(const char *va, size_t len, int writable)
{
	struct kept *k;
	int error;

	for (k = kept; k < kept + MAXRUNS; k++) {
		if (k->k_len == 0 || k->k_va >= va + len ||
		    k->k_va + k->k_len <= va)
			continue;
		if ((!writable || k->k_va < va ||
		    k->k_va + k->k_len > va + len) &&
		    (error = give_back(k)) != 0)
			return error;
	}
	return 0;
}

/* The range is writable. */
void
spt_vm_clear(const char *va, size_t len)
{
	struct kept *k;

	for (k = kept; k < kept + MAXRUNS; k++)
		if (k->k_len != 0 && k->k_va >= va &&
		    k->k_va + k->k_len <= va + len) {
			memset(k->k_va, 0, k->k_len);
			k->k_len = 0;
		}
}
