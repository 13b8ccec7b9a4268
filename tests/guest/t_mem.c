/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory calls in a guest of 64 MiB: mappings, protection (read through
 * calls that answer EFAULT is not promised, so only what mmap answers and
 * what the memory holds is looked at), lazy population, and its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../check.h"

#define PAGE 4096UL
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static void
test_map(void)
{
	char *p, *q;

	p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ((uintptr_t)p % PAGE, 0);
	CHECK(p[0] == 0 && p[16 * PAGE - 1] == 0);
	memset(p, 0x5a, 16 * PAGE);
	CHECK_EQ(mprotect(p, PAGE, PROT_NONE), 0);
	CHECK_EQ(mprotect(p, PAGE, PROT_READ | PROT_WRITE), 0);
	CHECK_EQ(p[17], 0x5a);		/* kept while out of reach */
	CHECK_EQ(munmap(p + 4 * PAGE, 4 * PAGE), 0);
	CHECK_EQ(p[4 * PAGE - 1], 0x5a);
	CHECK_EQ(p[8 * PAGE], 0x5a);
	q = mmap(p + 4 * PAGE, 4 * PAGE, PROT_READ | PROT_WRITE,
	    ANON | MAP_FIXED, -1, 0);
	CHECK(q == p + 4 * PAGE);
	CHECK_EQ(q[0], 0);
	CHECK_EQ(munmap(p, 16 * PAGE), 0);
	CHECK(mmap(NULL, 0, PROT_READ, ANON, -1, 0) == MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(munmap(p + 1, PAGE), -1);
	CHECK_EQ(errno, EINVAL);
}

static void
test_remap(void)
{
	char *p, *q;

	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	memset(p, 7, 4 * PAGE);
	q = mremap(p, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	if (q == MAP_FAILED)
		return;
	CHECK(q[0] == 7 && q[4 * PAGE - 1] == 7);
	CHECK(q[4 * PAGE] == 0 && q[64 * PAGE - 1] == 0);
	p = mremap(q, 64 * PAGE, PAGE, 0);
	CHECK(p == q);
	CHECK_EQ(p[0], 7);
	CHECK_EQ(munmap(p, PAGE), 0);
}

/* A file's pages, private: what is written does not reach the file. */
static void
test_file(void)
{
	char buf[4] = "";
	char *p;
	int fd = open("/tmp/map", O_CREAT | O_RDWR, 0600);

	CHECK_EQ(write(fd, "abcd", 4), 4);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED) {
		CHECK(p != MAP_FAILED);
		return;
	}
	CHECK(memcmp(p, "abcd\0", 5) == 0);
	p[0] = 'X';
	CHECK_EQ(pread(fd, buf, 4, 0), 4);
	CHECK(memcmp(buf, "abcd", 4) == 0);
	CHECK_EQ(munmap(p, PAGE), 0);
	close(fd);
	unlink("/tmp/map");
}

/* 1 GiB of which some pages are used. */
static void
test_lazy(void)
{
	size_t size = 1UL << 30, at;
	char *p;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE, ANON | MAP_NORESERVE,
	    -1, 0);
	CHECK(p != MAP_FAILED);
	if (p == MAP_FAILED)
		return;
	for (at = 0; at < size; at += 4UL << 20)
		p[at] = (char)(at >> 22);
	for (at = 0; at < size; at += 4UL << 20)
		CHECK_EQ(p[at], (char)(at >> 22));
	CHECK_EQ(munmap(p, size), 0);
	p = mmap(NULL, size, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE), 0);
	p[PAGE] = 1;
	CHECK_EQ(munmap(p, size), 0);
}

/* Memory comes back: 100 times 16 MiB, touched, in a guest of 64. */
static void
test_reuse(void)
{
	size_t size = 16UL << 20, at;
	char *p;
	int i;

	for (i = 0; i < 100; i++) {
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, ANON, -1, 0);
		if (p == MAP_FAILED)
			break;
		for (at = 0; at < size; at += PAGE * 8)
			p[at] = 1;
		CHECK_EQ(munmap(p, size), 0);
	}
	CHECK_EQ(i, 100);
}

/* More than there is: malloc says so, and the program goes on. */
static void
test_enough(void)
{
	void *p[200], *big;
	int i, n;

	big = malloc(1UL << 40);
	CHECK(big == NULL);
	CHECK_EQ(errno, ENOMEM);
	for (n = 0; n < 200; n++) {
		p[n] = malloc(1 << 20);
		if (p[n] == NULL)
			break;
		memset(p[n], n, 1 << 20);	/* all of it is there */
	}
	CHECK(n > 20 && n < 64);
	CHECK_EQ(errno, ENOMEM);
	for (i = 0; i < n; i++)
		free(p[i]);
	p[0] = malloc(10 << 20);
	CHECK(p[0] != NULL);
	free(p[0]);
}

/* How many pieces of 1 MiB there are now; they are given back. */
static int
pieces(int prot, int flags)
{
	static void *p[4096];
	int i, n;

	for (n = 0; n < 4096; n++) {
		p[n] = mmap(NULL, 1 << 20, prot, ANON | flags, -1, 0);
		if (p[n] == MAP_FAILED)
			break;
	}
	for (i = 0; i < n; i++)
		munmap(p[i], 1 << 20);
	return n;
}

#define RW	(PROT_READ | PROT_WRITE)

/*
 * Takes so much that more than half a piece is left beyond the last one:
 * pages that the kernel itself takes meanwhile then change no count.
 */
static size_t
settle(void **fill)
{
	size_t quarter = 1 << 18, k;
	int all = pieces(RW, 0), n = all;

	for (k = 1; k < 4 && n == all; k++) {
		*fill = mmap(NULL, k * quarter, RW, ANON, -1, 0);
		CHECK(*fill != MAP_FAILED);
		n = pieces(RW, 0);
		munmap(*fill, k * quarter);
	}
	k = (n == all ? k + 1 : k) % 4 * quarter;
	*fill = k == 0 ? NULL : mmap(NULL, k, RW, ANON, -1, 0);
	CHECK(*fill != MAP_FAILED);
	return k;
}

/* What is set aside: by every way to get it, and given back. */
static void
test_commit(void)
{
	size_t mb = 1 << 20, filled;
	char *p, *q;
	void *fill;
	int all;

	filled = settle(&fill);
	all = pieces(RW, 0);
	CHECK(all > 20 && all < 64);
	CHECK_EQ(pieces(RW, MAP_NORESERVE), 4096);
	CHECK_EQ(pieces(PROT_READ, 0), 4096);
	p = mmap(NULL, 1000 * mb, PROT_NONE, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(pieces(RW, 0), all);
	CHECK_EQ(mprotect(p, 1000 * mb, RW), -1);
	CHECK_EQ(errno, ENOMEM);
	CHECK_EQ(pieces(RW, 0), all);
	CHECK_EQ(mprotect(p, 10 * mb, RW), 0);
	CHECK_EQ(mprotect(p, 10 * mb, PROT_READ), 0);	/* is kept */
	CHECK_EQ(mprotect(p + 5 * mb, 10 * mb, RW), 0);
	CHECK_EQ(pieces(RW, 0), all - 15);
	CHECK_EQ(munmap(p + mb, mb), 0);
	CHECK_EQ(pieces(RW, 0), all - 14);
	CHECK(mmap(p, 5 * mb, PROT_NONE, ANON | MAP_FIXED, -1, 0) == p);
	CHECK_EQ(pieces(RW, 0), all - 10);
	CHECK_EQ(munmap(p, 1000 * mb), 0);
	CHECK_EQ(pieces(RW, 0), all);
	p = mmap(NULL, 2 * mb, RW, ANON, -1, 0);
	q = mremap(p, 2 * mb, 5 * mb, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(pieces(RW, 0), all - 5);
	CHECK(mremap(q, 5 * mb, 1000 * mb, MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK_EQ(errno, ENOMEM);
	CHECK(mremap(q, 5 * mb, mb, 0) == q);
	CHECK_EQ(pieces(RW, 0), all - 1);
	CHECK_EQ(munmap(q, mb), 0);
	CHECK_EQ(pieces(RW, 0), all);
	p = (char *)syscall(SYS_brk, 0);
	q = (char *)syscall(SYS_brk, p + 10 * mb);
	CHECK(q == p + 10 * mb);
	CHECK_EQ(pieces(RW, 0), all - 10);
	CHECK(syscall(SYS_brk, p + 1000 * mb) == (long)q);
	CHECK(syscall(SYS_brk, p) == (long)p);
	CHECK_EQ(pieces(RW, 0), all);
	if (filled != 0)
		munmap(fill, filled);
}

static void *
wait_for(void *sem)
{

	sem_wait(sem);
	return sem;
}

/* Stacks are the exception: nobody uses 8 MiB of 16 of them. */
static void
test_stacks(void)
{
	pthread_t t[16];
	pthread_attr_t attr;
	sem_t sem;
	int i, n;

	sem_init(&sem, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 8 << 20);
	for (n = 0; n < 16; n++)
		if (pthread_create(&t[n], &attr, wait_for, &sem) != 0)
			break;
	CHECK_EQ(n, 16);
	for (i = 0; i < n; i++)
		sem_post(&sem);
	for (i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

static void
test_brk(void)
{
	char *p = sbrk(0);

	CHECK(p != (void *)-1);
	/* musl's sbrk() answers for 0 only: programs go by malloc. */
	p = malloc(100000);
	CHECK(p != NULL);
	memset(p, 1, 100000);
	p = realloc(p, 3000000);
	CHECK(p != NULL && p[99999] == 1);
	free(p);
}

int
main(void)
{

	test_map();
	test_remap();
	test_file();
	test_lazy();
	test_reuse();
	test_enough();
	test_commit();
	test_stacks();
	test_commit();
	test_brk();
	return check_done();
}
