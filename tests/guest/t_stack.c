/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls at every depth of a stack that page faults populate: kernel
 * code runs on it, and may reach a new page at any of its instructions.  On
 * the main stack and a thread's; each of a page's 256 aligned offsets comes
 * to lie at the border of a page that nobody has touched.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"

#define NOINLINE __attribute__((__noinline__, __noclone__))
#define PAGE	4096UL
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
#define RW	(PROT_READ | PROT_WRITE)
#define NCALLS	12

static int fds[2];

static void
do_mmap(void)
{
	char *p = mmap(NULL, 3 * PAGE, RW, ANON, -1, 0);

	p[PAGE] = 1;
	munmap(p, 3 * PAGE);
}

static void
do_huge(void)
{

	munmap(mmap(NULL, 5UL << 30, RW, ANON | MAP_NORESERVE, -1, 0),
	    5UL << 30);
}

/* A region that stays, so that tables are split and filled. */
static char *region;

static void
do_munmap(void)
{

	munmap(region + 7 * PAGE, PAGE);
	(void)mmap(region + 7 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	region[7 * PAGE] = 1;
}

static void
do_mprotect(void)
{

	mprotect(region + PAGE, PAGE, PROT_READ);
	mprotect(region + PAGE, PAGE, RW);
}

static void
do_madvise(void)
{

	region[3 * PAGE] = 1;
	madvise(region + 2 * PAGE, 2 * PAGE, MADV_DONTNEED);
}

static void
do_mincore(void)
{
	unsigned char vec[4];

	mincore(region, 4 * PAGE, vec);
}

static void
do_random(void)
{
	char buf[40];

	CHECK_EQ(getrandom(buf, sizeof(buf), 0), 40);
}

static void
do_pipe(void)
{
	char buf[8];

	CHECK_EQ(write(fds[1], "1234567", 8), 8);
	CHECK_EQ(read(fds[0], buf, 8), 8);
}

static void
do_open(void)
{
	int fd = open("/tmp/stack", O_CREAT | O_RDWR, 0600);

	CHECK_EQ(write(fd, "x", 1), 1);
	close(fd);
	unlink("/tmp/stack");
}

static void
do_poll(void)
{
	struct pollfd p = { fds[0], POLLIN, 0 };

	CHECK_EQ(poll(&p, 1, 0), 0);
}

static void
do_sleep(void)
{
	struct timespec ts = { 0, 1000 };

	nanosleep(&ts, NULL);
}

static void
do_malloc(void)
{
	void *volatile p = malloc(300000);

	free(p);
}

static void (*const calls[NCALLS])(void) = {
	do_mmap, do_huge, do_munmap, do_mprotect, do_madvise, do_mincore,
	do_random, do_pipe, do_open, do_poll, do_sleep, do_malloc,
};

/* The call at `depth` bytes below here; only the top of that is touched. */
static NOINLINE void
at_depth(size_t depth, void (*fn)(void))
{
	volatile char *pad = __builtin_alloca(depth);

	pad[depth - 1] = 1;
	fn();
}

/* Drops the pages below, which the calls before have populated. */
static NOINLINE void
drop(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uintptr_t end = (here & -PAGE) - PAGE;

	CHECK_EQ(madvise((void *)(end - 16 * PAGE), 16 * PAGE,
	    MADV_DONTNEED), 0);
}

static void *
all_depths(void *arg)
{
	size_t depth;
	int i;

	for (depth = 0; depth < PAGE; depth += 16) {
		for (i = 0; i < NCALLS; i++) {
			drop();
			at_depth(2 * PAGE + depth, calls[i]);
		}
	}
	return arg;
}

int
main(void)
{
	pthread_t t;

	region = mmap(NULL, 16 * PAGE, RW, ANON, -1, 0);
	CHECK(region != MAP_FAILED);
	CHECK_EQ(pipe(fds), 0);
	all_depths(NULL);
	CHECK_EQ(pthread_create(&t, NULL, all_depths, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	return check_done();
}
