/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is mapped anew is zero, whatever was there before: a window of pages
 * is mapped, written, protected, moved and unmapped at random in small runs,
 * and all of it is compared with what it must hold.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "../check.h"

#define PAGE	4096
#define WINDOW	48
#define STEPS	4000
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)

static char *base;
static struct page {
	int	prot;		/* -1: not mapped */
	char	holds;		/* first and last byte */
} pages[WINDOW];
static unsigned seed = 20261;

static unsigned
rnd(unsigned n)
{

	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static void
set(int first, int n, int prot, int holds)
{
	int i;

	for (i = first; i < first + n; i++) {
		pages[i].prot = prot;
		if (holds >= 0)
			pages[i].holds = (char)holds;
	}
}

static int
all_mapped(int first, int n)
{
	int i;

	for (i = first; i < first + n; i++)
		if (pages[i].prot < 0)
			return 0;
	return 1;
}

static void
compare(void)
{
	int i;

	for (i = 0; i < WINDOW; i++)
		if (pages[i].prot > 0) {
			CHECK_EQ(base[i * PAGE], pages[i].holds);
			CHECK_EQ(base[i * PAGE + PAGE - 1], pages[i].holds);
		}
}

static void
move(int first, int n)
{
	int to = (int)rnd((unsigned)(WINDOW - n + 1)), i;
	struct page was[WINDOW];

	if (!all_mapped(first, n) || (to < first + n && first < to + n))
		return;
	/* One mapping of Linux's: what it can move in one piece. */
	for (i = first; i < first + n; i++)
		if (pages[i].prot != pages[first].prot)
			return;
	memcpy(was, pages + first, sizeof(was[0]) * (size_t)n);
	if (mremap(base + first * PAGE, (size_t)n * PAGE, (size_t)n * PAGE,
	    MREMAP_MAYMOVE | MREMAP_FIXED, base + to * PAGE) == MAP_FAILED)
		return;		/* regions that did not merge: as it was */
	set(first, n, -1, 0);
	memcpy(pages + to, was, sizeof(was[0]) * (size_t)n);
}

static void
step(void)
{
	static const int prots[] = { PROT_NONE, PROT_READ,
	    PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE };
	int first = (int)rnd(WINDOW), n = 1 + (int)rnd(12), prot, c, i;
	char *p = base + first * PAGE;
	size_t len;

	if (n > WINDOW - first)
		n = WINDOW - first;
	len = (size_t)n * PAGE;
	prot = prots[rnd(4)];
	switch (rnd(8)) {
	case 0: case 1:
		CHECK(mmap(p, len, prot, ANON, -1, 0) == p);
		set(first, n, prot, 0);
		break;
	case 2: case 3:
		CHECK_EQ(munmap(p, len), 0);
		set(first, n, -1, 0);
		break;
	case 4:
		if (all_mapped(first, n)) {
			CHECK_EQ(mprotect(p, len, prot), 0);
			set(first, n, prot, -1);
		}
		break;
	case 5:
		if (all_mapped(first, n)) {
			CHECK_EQ(madvise(p, len, MADV_DONTNEED), 0);
			set(first, n, pages[first].prot, 0);
			CHECK_EQ(mprotect(p, len, pages[first].prot), 0);
		}
		break;
	case 6:
		move(first, n);
		break;
	default:
		c = 1 + (int)rnd(100);
		for (i = first; i < first + n; i++)
			if (pages[i].prot == (PROT_READ | PROT_WRITE)) {
				memset(base + i * PAGE, c, PAGE);
				pages[i].holds = (char)c;
			}
		break;
	}
}

/* The usual case: the same place again and again, dirty each time. */
static void
test_same(size_t len)
{
	char *p;
	size_t i;
	int k;

	for (k = 0; k < 100; k++) {
		p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		    MAP_ANONYMOUS, -1, 0);
		CHECK(p != MAP_FAILED);
		for (i = 0; i < len; i += 512)
			CHECK_EQ(p[i], 0);
		memset(p, 0x5a, len);
		CHECK_EQ(munmap(p, len), 0);
		/* Not writable: it must be fresh all the same. */
		CHECK(mmap(p, len, PROT_READ, ANON, -1, 0) == p);
		for (i = 0; i < len; i += 512)
			CHECK_EQ(p[i], 0);
		CHECK_EQ(munmap(p, len), 0);
	}
}

int
main(void)
{
	int i;

	base = mmap(NULL, WINDOW * PAGE, PROT_NONE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
	CHECK(base != MAP_FAILED);
	for (i = 0; i < STEPS; i++) {
		step();
		compare();
	}
	test_same(PAGE);
	test_same(8 * PAGE);
	test_same(9 * PAGE);
	return check_done();
}
