/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page-table primitives under mmap are Linux's own; it populates pages
 * too.  How much of the arena is populated is read from /proc/self, whose
 * files are opened before the filter is there.
 *
 * The size of memory that the launcher gave is what vm_stat reports and what
 * the page allocator keeps to; what programs touch in the arena beyond it is
 * for the host's limits (cgroups) to stop.
 */
#include <rump/rumpcomp_vm.h>

#include "spt.h"

#define AT_FDCWD	(-100)
#define O_CLOEXEC	02000000
#define PAGEMAP_THERE	(3UL << 62)	/* present or swapped */

static int statm_fd, pagemap_fd;	/* [I]; negative: not there */
static size_t rss_start;		/* [I] pages */

/* Resident pages of the process: the second number. */
static size_t
rss(void)
{
	char buf[64];
	long i, n = sys4(__NR_pread64, statm_fd, (long)buf, sizeof(buf), 0);
	size_t v = 0;

	for (i = 0; i < n && buf[i] != ' '; i++)
		;
	for (i++; i < n && buf[i] >= '0' && buf[i] <= '9'; i++)
		v = v * 10 + (size_t)(buf[i] - '0');
	return v;
}

void
spt_vm_init(void)
{
	statm_fd = (int)sys4(__NR_openat, AT_FDCWD, (long)"/proc/self/statm",
	    O_CLOEXEC, 0);
	pagemap_fd = (int)sys4(__NR_openat, AT_FDCWD,
	    (long)"/proc/self/pagemap", O_CLOEXEC, 0);
	rss_start = rss();
}

void
rumpcomp_vm_arena(void **startp, size_t *lenp)
{
	*startp = spt_arena_start;
	*lenp = (size_t)(spt_guest_end - spt_arena_start);
}

/* prot is Linux's, bit by bit. */
int
rumpcomp_vm_map(void *va, size_t len, int prot)
{
	return sys_mprotect(va, len, prot) == 0 ? 0 : BMK_ENOMEM;
}

int
rumpcomp_vm_unmap(void *va, size_t len)
{
	if (sys_mprotect(va, len, SYS_PROT_NONE) != 0)
		return BMK_ENOMEM;
	return rumpcomp_vm_discard(va, len);
}

int
rumpcomp_vm_protect(void *va, size_t len, int prot)
{
	return sys_mprotect(va, len, prot) == 0 ? 0 : BMK_ENOMEM;
}

int
rumpcomp_vm_discard(void *va, size_t len)
{
	return sys_madvise(va, len, SYS_MADV_DONTNEED) == 0 ? 0 : BMK_ENOMEM;
}

void
rumpcomp_vm_resident(void *va, size_t len, unsigned char *vec)
{
	uint64_t entries[32], off = (uint64_t)va / BMK_PAGE_SIZE * 8;
	size_t i, n, npages = len / BMK_PAGE_SIZE;

	for (; npages > 0; npages -= n, off += n * 8) {
		n = npages < 32 ? npages : 32;
		if (sys4(__NR_pread64, pagemap_fd, (long)entries,
		    (long)n * 8, (long)off) != (long)n * 8)
			memset(entries, 0xff, sizeof(entries));
		for (i = 0; i < n; i++)
			*vec++ = (entries[i] & PAGEMAP_THERE) != 0;
	}
}

void
rumpcomp_vm_stat(size_t *totalp, size_t *freep)
{
	size_t used = (rss() - rss_start) << BMK_PAGE_SHIFT, pgtotal;

	*totalp = spt_options.so_memory;
	if (statm_fd < 0)
		bmk_page_stat(&pgtotal, freep);
	else
		*freep = used < *totalp ? *totalp - used : 0;
}

/* The page allocator's memory is the kernel's alone. */
size_t
rumpcomp_vm_limit(void)
{
	size_t total, avail;

	bmk_page_stat(&total, &avail);
	return spt_options.so_memory - (total - avail);
}
