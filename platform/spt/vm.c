/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page-table primitives under mmap are Linux's own; it populates pages
 * too, but for those of files: what stands for one that is not there yet is
 * inaccessible.  The page allocator's memory is a file of Linux's, so that a
 * page of it can be seen twice; pin.c puts one in the place of a program's.
 * How much of the arena is populated is read
 * from /proc/self, whose files are opened before the filter is there.
 *
 * The size of memory that the launcher gave is what vm_stat reports and what
 * the page allocator keeps to (what that has given back counts as free, though
 * the host still holds it); what programs touch in the arena beyond it is
 * for the host's limits (cgroups) to stop.
 */
#include <rump/rumpcomp_vm.h>

#include "spt.h"

#define AT_FDCWD	(-100)
#define O_CLOEXEC	02000000
#define PAGEMAP_THERE	(3UL << 62)	/* present or swapped */

static int statm_fd, pagemap_fd;	/* [I]; negative: not there */
static size_t anon_start;		/* [I] pages */

/*
 * Resident pages of the process that are no file's: the arena's.  Those of
 * the page allocator stay resident when they are free.
 */
static size_t
anon(void)
{
	char buf[64];
	long i, n = sys4(__NR_pread64, statm_fd, (long)buf, sizeof(buf), 0);
	size_t v[3] = { 0 };		/* size, resident, of files */
	int f = 0;

	for (i = 0; i < n && f < 3; i++)
		if (buf[i] >= '0' && buf[i] <= '9')
			v[f] = v[f] * 10 + (size_t)(buf[i] - '0');
		else
			f++;
	return v[1] - v[2];
}

void
spt_vm_init(void)
{
	statm_fd = (int)sys4(__NR_openat, AT_FDCWD, (long)"/proc/self/statm",
	    O_CLOEXEC, 0);
	pagemap_fd = (int)sys4(__NR_openat, AT_FDCWD,
	    (long)"/proc/self/pagemap", O_CLOEXEC, 0);
	anon_start = anon();
}

void
rumpcomp_vm_arena(void **startp, size_t *lenp)
{
	*startp = spt_arena_start;
	*lenp = (size_t)(spt_arena_end - spt_arena_start);
}

/*
 * What is known of each page that lies in a range of a file; 0 elsewhere.
 * Chunks of it are made at need.  [mm_lock of the rump kernel]
 */
enum { PLAIN, ASK, SHARED, OWN, KERNEL };
#define CHUNK		4096UL		/* pages */
#define MAXCHUNKS	(SPT_ARENA_SIZE / (CHUNK * BMK_PAGE_SIZE))
static uint8_t *chunks[MAXCHUNKS];
const char *(*rumpcomp_vm_pager)(void *, int);
const char rumpcomp_vm_beyond[] = "access beyond the end of a mapped file";

static size_t
index_of(const void *va)
{
	return (size_t)((const char *)va - spt_arena_start) / BMK_PAGE_SIZE;
}

static int
state(size_t i)
{
	return chunks[i / CHUNK] != NULL ? chunks[i / CHUNK][i % CHUNK] :
	    PLAIN;
}

static int
plain(const void *va, size_t len)
{
	size_t i = index_of(va) / CHUNK;
	size_t end = (index_of(va) + len / BMK_PAGE_SIZE + CHUNK - 1) / CHUNK;

	for (; i < end; i++)
		if (chunks[i] != NULL)
			return 0;
	return 1;
}

static int
set_state(const void *va, size_t len, int st)
{
	size_t i = index_of(va), end = i + len / BMK_PAGE_SIZE;
	uint8_t **c;

	for (; i < end; i++) {
		c = &chunks[i / CHUNK];
		if (*c == NULL && st == PLAIN)
			continue;
		if (*c == NULL) {
			if ((*c = bmk_malloc(CHUNK, 0)) == NULL)
				return BMK_ENOMEM;
			memset(*c, PLAIN, CHUNK);
		}
		(*c)[i % CHUNK] = (uint8_t)st;
	}
	return 0;
}

/* Calls fn for each run of pages with the same state. */
static int
runs(char *va, size_t len, int (*fn)(char *, size_t, int st, int prot),
    int prot)
{
	size_t i = index_of(va), end = i + len / BMK_PAGE_SIZE, n;
	int st, error = 0;

	for (; i < end && error == 0; i += n) {
		st = state(i);
		for (n = 1; i + n < end && state(i + n) == st; n++)
			;
		error = fn(spt_arena_start + i * BMK_PAGE_SIZE,
		    n * BMK_PAGE_SIZE, st, prot);
	}
	return error;
}

static int
protect(void *va, size_t len, int prot)
{
	return sys_mprotect(va, len, prot & 7) == 0 ? 0 : BMK_ENOMEM;
}

static int
forget(void *va, size_t len)
{
	return sys_madvise(va, len, SYS_MADV_DONTNEED) == 0 ? 0 : BMK_ENOMEM;
}

/* Memory of nobody's, not accessible. */
static int
reserve(void *va, size_t len)
{
	return sys6(__NR_mmap, (long)va, (long)len, SYS_PROT_NONE,
	    SYS_MAP_PRIVATE | SYS_MAP_ANON | SYS_MAP_NORESERVE | SYS_MAP_FIXED,
	    -1, 0) == (long)va ? 0 : BMK_ENOMEM;
}

static int
run_unmap(char *va, size_t len, int st, int prot)
{
	(void)prot;
	if (st == SHARED || st == KERNEL) {
		if (reserve(va, len) != 0)
			return BMK_ENOMEM;
		if (st == KERNEL)
			(void)spt_pin_forget(va, len);
		return 0;
	}
	if (st == ASK)
		return 0;
	if (st == PLAIN && len <= SPT_VM_KEEP) {
		if (protect(va, len, SYS_PROT_NONE) != 0)
			return BMK_ENOMEM;
		return spt_vm_keep(va, len) ? 0 : forget(va, len);
	}
	/* In this order: there is less to protect. */
	if (forget(va, len) != 0)
		return BMK_ENOMEM;
	return protect(va, len, SYS_PROT_NONE);
}

/* A write to a shared page asks whether it needs a copy. */
static int
run_protect(char *va, size_t len, int st, int prot)
{
	if (st == ASK)
		return 0;
	if (st == KERNEL)
		spt_pin_protect(va, len, prot);
	return protect(va, len, st == SHARED ? prot & ~RUMPCOMP_VM_WRITE :
	    prot);
}

/* Pages with protections of their own; they are plain again. */
static int
discard_kernel(char *va, size_t len)
{
	char *end = va + len;
	int prot, error = 0;

	for (; va < end && error == 0; va += BMK_PAGE_SIZE) {
		if ((error = reserve(va, BMK_PAGE_SIZE)) != 0)
			break;
		prot = spt_pin_forget(va, BMK_PAGE_SIZE);
		(void)set_state(va, BMK_PAGE_SIZE, PLAIN);
		error = protect(va, BMK_PAGE_SIZE, prot);
	}
	return error;
}

static int
run_discard(char *va, size_t len, int st, int prot)
{
	(void)prot;
	if (st == PLAIN)
		return forget(va, len);
	if (st == ASK)
		return 0;
	if (st == KERNEL)
		return discard_kernel(va, len);
	(void)set_state(va, len, ASK);
	return reserve(va, len);
}

/* prot is Linux's, bit by bit. */
int
rumpcomp_vm_map(void *va, size_t len, int prot)
{
	int write = (prot & (RUMPCOMP_VM_WRITE | RUMPCOMP_VM_ASK)) ==
	    RUMPCOMP_VM_WRITE, error = 0;

	if (!plain(va, len))
		error = rumpcomp_vm_unmap(va, len);
	if (error != 0 || (error = spt_vm_unkeep(va, len, write)) != 0)
		return error;
	if (prot & RUMPCOMP_VM_ASK)
		return set_state(va, len, ASK);
	if ((error = protect(va, len, prot)) == 0 && write)
		spt_vm_clear(va, len);
	return error;
}

int
rumpcomp_vm_unmap(void *va, size_t len)
{
	int error;

	if (plain(va, len))
		return run_unmap(va, len, PLAIN, 0);
	error = runs(va, len, run_unmap, 0);
	return error != 0 ? error : set_state(va, len, PLAIN);
}

int
rumpcomp_vm_protect(void *va, size_t len, int prot)
{
	return plain(va, len) ? protect(va, len, prot) :
	    runs(va, len, run_protect, prot);
}

int
rumpcomp_vm_discard(void *va, size_t len)
{
	return plain(va, len) ? forget(va, len) :
	    runs(va, len, run_discard, 0);
}

static int
map_page(void *va, void *page, int prot)
{
	return sys6(__NR_mmap, (long)va, BMK_PAGE_SIZE, prot & 7,
	    SYS_MAP_SHARED | SYS_MAP_FIXED, spt_pages_fd,
	    (char *)page - spt_pages_start) == (long)va ? 0 : BMK_ENOMEM;
}

int
rumpcomp_vm_share(void *va, void *page, int prot, int write)
{
	if (map_page(va, page, write ? prot : prot & ~RUMPCOMP_VM_WRITE) != 0)
		return BMK_ENOMEM;
	return set_state(va, BMK_PAGE_SIZE, SHARED);
}

int
rumpcomp_vm_copy(void *va, const void *page, int prot)
{
	if (reserve(va, BMK_PAGE_SIZE) != 0 || protect(va, BMK_PAGE_SIZE,
	    RUMPCOMP_VM_READ | RUMPCOMP_VM_WRITE) != 0)
		return BMK_ENOMEM;
	memcpy(va, page, BMK_PAGE_SIZE);
	return protect(va, BMK_PAGE_SIZE, prot) != 0 ? BMK_ENOMEM :
	    set_state(va, BMK_PAGE_SIZE, OWN);
}

/* The arena's own from now on: spt_pin_forget() gives it back. */
int
spt_vm_kernel(void *va, void *page, int prot)
{
	if (set_state(va, BMK_PAGE_SIZE, KERNEL) != 0)
		return BMK_ENOMEM;
	if (map_page(va, page, prot) == 0)
		return 0;
	(void)set_state(va, BMK_PAGE_SIZE, PLAIN);
	return BMK_ENOMEM;
}

int
spt_vm_isplain(const void *va)
{
	return state(index_of(va)) == PLAIN;
}

int
rumpcomp_vm_move(void *from, void *to, size_t len)
{
	if (!plain(from, len) || spt_vm_unkeep(to, len, 0) != 0)
		return BMK_EOPNOTSUPP;
	if (sys6(__NR_mremap, (long)from, (long)len, (long)len,
	    SYS_MREMAP_FIXED | SYS_MREMAP_MAYMOVE, (long)to, 0) != (long)to)
		return BMK_EOPNOTSUPP;
	return reserve(from, len);
}

/* Is this fault one for the pager?  Its answer, NULL: try again. */
const char *
spt_vm_fault(char *va, int write, const char *why)
{
	size_t i;
	int st;

	if (va < spt_arena_start || va >= spt_arena_end)
		return why;
	i = index_of(va);
	st = state(i);
	if (st != ASK && !(st == SHARED && write))
		return why;
	return rumpcomp_vm_pager(spt_arena_start + i * BMK_PAGE_SIZE, write);
}

void
rumpcomp_vm_resident(void *va, size_t len, unsigned char *vec)
{
	uint64_t entries[32], off = (uint64_t)va / BMK_PAGE_SIZE * 8;
	size_t i, n, npages = len / BMK_PAGE_SIZE, at = index_of(va);

	for (; npages > 0; npages -= n, off += n * 8, at += n) {
		n = npages < 32 ? npages : 32;
		if (sys4(__NR_pread64, pagemap_fd, (long)entries,
		    (long)n * 8, (long)off) != (long)n * 8)
			memset(entries, 0xff, sizeof(entries));
		for (i = 0; i < n; i++)
			*vec++ = state(at + i) == SHARED ? 3 :
			    (entries[i] & PAGEMAP_THERE) != 0 ||
			    state(at + i) == KERNEL;
	}
}

void
rumpcomp_vm_stat(size_t *totalp, size_t *freep)
{
	size_t total, avail, used;

	bmk_page_stat(&total, &avail);
	*totalp = spt_options.so_memory;
	*freep = avail;
	if (statm_fd >= 0) {
		used = total - avail;
		used += (anon() - anon_start) << BMK_PAGE_SHIFT;
		*freep = used < *totalp ? *totalp - used : 0;
	}
}

/* The page allocator's memory is the kernel's alone. */
size_t
rumpcomp_vm_limit(void)
{
	size_t total, avail;

	bmk_page_stat(&total, &avail);
	return spt_options.so_memory - (total - avail);
}
