/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory: one mapping, whose pages Linux gives when they are touched.
 *	[ pages: the size asked for | kernel mappings | programs' arena ]
 * Kernel mappings (stacks with their guards, anonmmap) come one after the
 * other and are reused when one of the same size and alignment comes again.
 */
#include "spt.h"

#define UNIT		(4UL << 30)	/* the filter compares such units */
#define KVA_SIZE	(8UL << 30)
#define STACK_SIZE	16384UL		/* the usual: has its own list */

#define MFD_CLOEXEC	1U

char *spt_guest_start, *spt_guest_end, *spt_arena_start, *spt_arena_end;
char *spt_pages_start;
int spt_pages_fd;

struct kva {
	struct kva	*kv_next;
	char		*kv_start;
	size_t		 kv_len;
};
static struct bmk_spin lock;		/* L */
static char *kva_next, *kva_end;	/* [L] */
static struct kva *kva_free;		/* [L] */
static char *stack_free;		/* [L] linked by their first word */

/* A random number of units below limit bytes, in bytes. */
static size_t
shift(size_t limit, size_t unit)
{
	uint64_t r = 0;

	(void)bmk_platform_entropy(&r, sizeof(r));
	return limit < unit ? 0 : r % (limit / unit) * unit;
}

/* As a file, so that rumpcomp_vm_share() can map a page of it again. */
static void
pages_map(char *start, size_t size)
{
	static const char name[] = "rumpkit";

	spt_pages_start = start;
	spt_pages_fd = (int)sys3(__NR_memfd_create, (long)name, MFD_CLOEXEC,
	    0);
	if (spt_pages_fd < 0 ||
	    sys3(__NR_ftruncate, spt_pages_fd, (long)size, 0) != 0 ||
	    sys6(__NR_mmap, (long)start, (long)size, SYS_PROT_READ |
	    SYS_PROT_WRITE, SYS_MAP_SHARED | SYS_MAP_FIXED, spt_pages_fd,
	    0) != (long)start)
		spt_die("no memory");
}

void
spt_memory_init(size_t size)
{
	size_t pages = (size + UNIT - 1) & -UNIT, arena = SPT_ARENA_SIZE, total;
	char *p, *q;
	long ret;

	if (size > 1UL << 42)
		spt_die("so much memory does not exist");
	size &= -BMK_PAGE_SIZE;
	for (;; arena /= 2) {
		total = pages + KVA_SIZE + arena + UNIT;
		ret = sys6(__NR_mmap, 0, (long)total, SYS_PROT_NONE,
		    SYS_MAP_PRIVATE | SYS_MAP_ANON | SYS_MAP_NORESERVE, -1, 0);
		if (ret > 0)
			break;
		if (arena <= UNIT)
			spt_die("no address space");
	}
	p = (char *)ret;
	q = (char *)(((uintptr_t)p + UNIT - 1) & -UNIT);
	if (q != p)
		(void)sys3(__NR_munmap, (long)p, q - p, 0);
	spt_guest_start = q;
	spt_guest_end = q + total - UNIT;
	if (p + total != spt_guest_end)
		(void)sys3(__NR_munmap, (long)spt_guest_end,
		    p + total - spt_guest_end, 0);
	kva_next = q + pages + shift(UNIT, BMK_PAGE_SIZE);
	kva_end = q + pages + KVA_SIZE;
	/*
	 * Linux's choice has few bits left when cut to 4 GiB.  Stacks, heaps
	 * and mappings are taken from the arena's end.
	 */
	spt_arena_start = kva_end;
	spt_arena_end = spt_guest_end - shift(arena / 4, BMK_PAGE_SIZE);
	q += shift(pages - size, BMK_PAGE_SIZE);
	pages_map(q, size);
	bmk_page_add(q, size);
}

/* Fresh addresses, not accessible; NULL when there are none left. */
static char *
kva_take(size_t len, size_t align)
{
	unsigned long saved = bmk_spin_enter(&lock);
	char *p = (char *)(((uintptr_t)kva_next + align - 1) & -align);

	if (p > kva_end || len > (size_t)(kva_end - p))
		p = NULL;
	else
		kva_next = p + len;
	bmk_spin_exit(&lock, saved);
	return p;
}

void *
bmk_platform_stack_alloc(size_t size)
{
	unsigned long saved;
	char *p = NULL;

	size = (size + BMK_PAGE_SIZE - 1) & -BMK_PAGE_SIZE;
	if (size == STACK_SIZE) {
		saved = bmk_spin_enter(&lock);
		if ((p = stack_free) != NULL)
			stack_free = *(char **)(void *)p;
		bmk_spin_exit(&lock, saved);
		if (p != NULL)
			return p;
	}
	p = kva_take(size + BMK_PAGE_SIZE, BMK_PAGE_SIZE);
	if (p == NULL)
		return NULL;
	p += BMK_PAGE_SIZE;
	if (sys_mprotect(p, size, SYS_PROT_READ | SYS_PROT_WRITE) != 0)
		return NULL;
	return p;
}

void
bmk_platform_stack_free(void *stack, size_t size)
{
	unsigned long saved;

	size = (size + BMK_PAGE_SIZE - 1) & -BMK_PAGE_SIZE;
	(void)sys_madvise(stack, size, SYS_MADV_DONTNEED);
	if (size != STACK_SIZE) {
		(void)sys_mprotect(stack, size, SYS_PROT_NONE);
		return;
	}
	saved = bmk_spin_enter(&lock);
	*(char **)stack = stack_free;
	stack_free = stack;
	bmk_spin_exit(&lock, saved);
}

static char *
kva_reuse(size_t len, size_t align)
{
	unsigned long saved = bmk_spin_enter(&lock);
	struct kva **kvp, *kv;
	char *p = NULL;

	for (kvp = &kva_free; (kv = *kvp) != NULL; kvp = &kv->kv_next)
		if (kv->kv_len == len &&
		    ((uintptr_t)kv->kv_start & (align - 1)) == 0) {
			*kvp = kv->kv_next;
			break;
		}
	bmk_spin_exit(&lock, saved);
	if (kv != NULL) {
		p = kv->kv_start;
		bmk_free(kv, sizeof(*kv));
	}
	return p;
}

void *
bmk_platform_anonmmap(size_t len, int alignbit, int exec)
{
	size_t align = alignbit > BMK_PAGE_SHIFT ? 1UL << alignbit :
	    BMK_PAGE_SIZE;
	char *p;

	if (exec || len > KVA_SIZE)
		return NULL;
	len = (len + BMK_PAGE_SIZE - 1) & -BMK_PAGE_SIZE;
	p = kva_reuse(len, align);
	if (p == NULL)
		p = kva_take(len, align);
	if (p != NULL &&
	    sys_mprotect(p, len, SYS_PROT_READ | SYS_PROT_WRITE) != 0)
		return NULL;
	return p;
}

void
bmk_platform_unmap(void *p, size_t len)
{
	struct kva *kv = bmk_malloc(sizeof(*kv), 0);
	unsigned long saved;

	len = (len + BMK_PAGE_SIZE - 1) & -BMK_PAGE_SIZE;
	(void)sys_madvise(p, len, SYS_MADV_DONTNEED);
	(void)sys_mprotect(p, len, SYS_PROT_NONE);
	if (kv == NULL)
		return;		/* the addresses are lost */
	kv->kv_start = p;
	kv->kv_len = len;
	saved = bmk_spin_enter(&lock);
	kv->kv_next = kva_free;
	kva_free = kv;
	bmk_spin_exit(&lock, saved);
}

int
bmk_platform_readable(const void *p, size_t len)
{
	return len > 0 && spt_probe(p) == 0 &&
	    spt_probe((const char *)p + len - 1) == 0;
}

uint64_t
bmk_platform_image_base(void)
{
	return (uint64_t)__image_start;
}
