/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory storms: 64 threads map, protect, move, drop, share and free pages at
 * once; every page holds what was written to it, and nothing grows.  At the
 * end all address space that may be had is taken, and given back.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "storm.h"

#define PAGE	4096UL
#define SHARED	64			/* pages of the shared file */
#define RW	(PROT_READ | PROT_WRITE)

static int file = -1, nowhere = -1;
static uint64_t *counters;		/* the file, shared: one a page */
static uint64_t added[SHARED];

static uint64_t *
anon(size_t pages, int prot)
{
	uint64_t *p = mmap(NULL, pages * PAGE, prot, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);

	WRONG(p == MAP_FAILED);
	return p == MAP_FAILED ? NULL : p;
}

static uint64_t *
at(uint64_t *p, size_t page)
{

	return p + page * PAGE / sizeof(*p);
}

static void
fill(uint64_t *p, size_t pages, uint64_t v)
{
	size_t i;

	for (i = 0; i < pages; i++) {
		WRONG(*at(p, i) != 0);		/* fresh memory is zero */
		*at(p, i) = v + i;
		at(p, i)[PAGE / sizeof(v) - 1] = ~(v + i);
	}
}

static void
check(uint64_t *p, size_t pages, uint64_t v)
{
	size_t i;

	for (i = 0; i < pages; i++)
		WRONG(*at(p, i) != v + i ||
		    at(p, i)[PAGE / sizeof(v) - 1] != ~(v + i));
}

static void
map(struct worker *w)
{
	size_t n = 1 + rnd(w, 64), hole = rnd(w, (unsigned)n);
	uint64_t *p = anon(n, RW), v = w->w_seed;

	if (p == NULL)
		return;
	fill(p, n, v);
	sched_yield();
	check(p, n, v);
	WRONG(munmap(at(p, hole), PAGE) != 0);
	check(p, hole, v);
	check(at(p, hole + 1), n - hole - 1, v + hole + 1);
	/* Where the hole was may be another's by now. */
	WRONG(hole > 0 && munmap(p, hole * PAGE) != 0);
	WRONG(hole < n - 1 && munmap(at(p, hole + 1), (n - hole - 1) * PAGE) !=
	    0);
}

/* The system sees a page exactly as long as it may be read. */
static void
protect(struct worker *w)
{
	static const int prots[] = { PROT_NONE, PROT_READ, RW };
	size_t n = 8, i, k;
	uint64_t *p = anon(n, RW), v = w->w_seed;
	int prot[8];
	ssize_t got;

	if (p == NULL)
		return;
	fill(p, n, v);
	for (i = 0; i < n; i++)
		prot[i] = RW;
	for (k = 0; k < 16; k++) {
		i = rnd(w, (unsigned)n);
		prot[i] = prots[rnd(w, 3)];
		WRONG(mprotect(at(p, i), PAGE, prot[i]) != 0);
		i = rnd(w, (unsigned)n);
		got = pwrite(file, at(p, i), 8, (off_t)(SHARED * PAGE));
		WRONG(prot[i] == PROT_NONE ? got != -1 || errno != EFAULT :
		    got != 8);
		got = pread(nowhere, at(p, i), 8, 0);
		WRONG(got != 0);
	}
	WRONG(mprotect(p, n * PAGE, RW) != 0);
	check(p, n, v);
	WRONG(munmap(p, n * PAGE) != 0);
}

static void
move(struct worker *w)
{
	size_t n = 1 + rnd(w, 32), m, k;
	uint64_t *p = anon(n, RW), *q, v = w->w_seed;

	if (p == NULL)
		return;
	fill(p, n, v);
	for (k = 0; k < 6; k++) {
		m = 1 + rnd(w, 64);
		q = mremap(p, n * PAGE, m * PAGE, MREMAP_MAYMOVE);
		WRONG(q == MAP_FAILED);
		if (q == MAP_FAILED)
			break;
		p = q;
		if (m > n)
			fill(at(p, n), m - n, v + n);
		n = m;
		check(p, n, v);
	}
	WRONG(munmap(p, n * PAGE) != 0);
}

static void
advise(struct worker *w)
{
	size_t n = 16, i;
	uint64_t *p = anon(n, RW), v = w->w_seed;
	unsigned char in[16];

	if (p == NULL)
		return;
	fill(p, n, v);
	WRONG(mincore(p, n * PAGE, in) != 0);
	i = rnd(w, (unsigned)n);
	WRONG((in[i] & 1) == 0);
	WRONG(madvise(at(p, i), PAGE, MADV_DONTNEED) != 0);
	WRONG(*at(p, i) != 0);
	check(p, i, v);
	check(at(p, i + 1), n - i - 1, v + i + 1);
	WRONG(madvise(p, n * PAGE, MADV_WILLNEED) != 0);
	WRONG(madvise(p, n * PAGE, MADV_DONTNEED) != 0);
	fill(p, n, v + 1);
	WRONG(munmap(p, n * PAGE) != 0);
}

/* Seen by all at once, through any mapping of it and by read. */
static void
share(struct worker *w)
{
	size_t i = rnd(w, SHARED);
	uint64_t *p = mmap(NULL, PAGE, RW, MAP_SHARED, file,
	    (off_t)(i * PAGE)), before, now;

	WRONG(p == MAP_FAILED);
	if (p == MAP_FAILED)
		return;
	before = GET(*at(counters, i));
	PLUS(*p, 1);
	PLUS(added[i], 1);
	WRONG(GET(*at(counters, i)) <= before);
	WRONG(rnd(w, 8) == 0 && msync(p, PAGE, MS_SYNC) != 0);
	WRONG(pread(file, &now, 8, (off_t)(i * PAGE)) != 8 || now <= before);
	WRONG(munmap(p, PAGE) != 0);
}

/* What is written to a private mapping nobody else sees. */
static void
private(struct worker *w)
{
	size_t i = rnd(w, SHARED - 1);
	uint64_t *p = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, file,
	    (off_t)(i * PAGE)), now, v = ~w->w_seed | 1UL << 63;

	WRONG(p == MAP_FAILED);
	if (p == MAP_FAILED)
		return;
	*p = v;
	PLUS(*at(counters, i), 1);
	PLUS(added[i], 1);
	WRONG(*p != v);
	WRONG(pread(file, &now, 8, (off_t)(i * PAGE)) != 8 || now == v);
	WRONG(madvise(p, PAGE, MADV_DONTNEED) != 0);
	WRONG(*(volatile uint64_t *)p == v);
	WRONG(munmap(p, 2 * PAGE) != 0);
}

/* Its own file: cut short, made longer, punched, all while it is mapped. */
static void
cut(struct worker *w)
{
	int fd = memfd_create("cut", MFD_CLOEXEC);
	size_t n = 8, i = rnd(w, (unsigned)n);
	uint64_t *p, v = w->w_seed, zero = 1;

	WRONG(fd < 0 || ftruncate(fd, (off_t)(n * PAGE)) != 0);
	p = mmap(NULL, n * PAGE, RW, MAP_SHARED, fd, 0);
	WRONG(p == MAP_FAILED);
	if (p != MAP_FAILED) {
		fill(p, n, v);
		WRONG(ftruncate(fd, (off_t)(i * PAGE)) != 0);
		check(p, i, v);
		WRONG(ftruncate(fd, (off_t)(n * PAGE)) != 0);
		fill(at(p, i), n - i, v + i);
		check(p, n, v);
		WRONG(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		    (off_t)(i * PAGE), PAGE) != 0);
		WRONG(*at(p, i) != 0);
		WRONG(pread(fd, &zero, 8, (off_t)(i * PAGE)) != 8 || zero);
		WRONG(munmap(p, n * PAGE) != 0);
	}
	WRONG(close(fd) != 0);
}

static void
heap(struct worker *w)
{
	unsigned char *p[32];
	size_t len[32], i;

	for (i = 0; i < 32; i++) {
		len[i] = 1 + rnd(w, i % 8 == 0 ? 200000 : 600);
		p[i] = malloc(len[i]);
		WRONG(p[i] == NULL);
		if (p[i] != NULL)
			memset(p[i], (int)i, len[i] < 5000 ? len[i] : 5000);
	}
	for (i = 0; i < 32; i++) {
		WRONG(p[i] != NULL && (p[i][0] != i ||
		    p[i][(len[i] < 5000 ? len[i] : 5000) - 1] != i));
		free(p[i]);
	}
}

/* More than there is is refused, with everything else as it was. */
static void
toomuch(struct worker *w)
{
	void *p = mmap(NULL, 1UL << 50, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0);

	WRONG(p != MAP_FAILED || errno != ENOMEM);
	errno = 0;
	p = malloc((1UL << 50) + rnd(w, 9999));
	WRONG(p != NULL || errno != ENOMEM);
}

static void
after(void)
{
	size_t i;

	for (i = 0; i < SHARED; i++)
		if (*at(counters, i) != added[i])
			CHECK_EQ(*at(counters, i), added[i]);
}

/* How many times 1 MiB can be had, and touched. */
static int
takeall(void)
{
	void *p, *all = NULL;
	int n = 0;

	while ((p = mmap(NULL, 1 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0)) != MAP_FAILED) {
		memset(p, 1, 1 << 20);
		*(void **)p = all;
		all = p;
		n++;
	}
	CHECK_EQ(errno, ENOMEM);
	for (; all != NULL; all = p) {
		p = *(void **)all;
		CHECK_EQ(munmap(all, 1 << 20), 0);
	}
	return n;
}

/* The machine's end, where it is ours alone; on Linux, a limit's. */
static void
full(void)
{
#ifdef __GLIBC__
	struct rlimit rl = { 0, RLIM_INFINITY };
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	CHECK(f != NULL && fscanf(f, "%ld", &pages) == 1);
	rl.rlim_cur = (rlim_t)(pages * 4096 + (10 << 20));
	CHECK_EQ(setrlimit(RLIMIT_AS, &rl), 0);
#endif
	int n = takeall();

	CHECK(n >= 8);
	CHECK_EQ(takeall(), n);
}

int
main(void)
{
	static struct storm list[] = {
		{ "map", map, 0 }, { "protect", protect, 0 },
		{ "move", move, 0 }, { "advise", advise, 0 },
		{ "share", share, 0 }, { "private", private, 0 },
		{ "cut", cut, 0 }, { "heap", heap, 0 },
		{ "toomuch", toomuch, 0 },
	};

	REQUIRE((nowhere = open("/dev/null", O_RDWR)) >= 0);
	REQUIRE((file = memfd_create("shared", 0)) >= 0);
	REQUIRE(ftruncate(file, (SHARED + 1) * PAGE) == 0);
	counters = mmap(NULL, SHARED * PAGE, RW, MAP_SHARED, file, 0);
	REQUIRE(counters != MAP_FAILED);
	if (storm_run(list, sizeof(list) / sizeof(*list), after) != 0)
		return 1;
	full();
	return check_done();
}
