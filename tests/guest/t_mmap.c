/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings of files, shared and private, and mremap.  Runs on Linux with the
 * same result.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "../check.h"

#define PG	4096UL
#define MANY	64UL
#define RW	(PROT_READ | PROT_WRITE)

static char buf[16 * 4096];

/* An unnamed file of so many pages; page n begins with 'a' + n. */
static int
file(unsigned long pages)
{
	int fd = memfd_create("t", MFD_CLOEXEC);
	unsigned long i;

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, (off_t)(pages * PG)), 0);
	for (i = 0; i < pages && i < 26; i++) {
		memset(buf, 'a' + (int)i, PG);
		CHECK_EQ(pwrite(fd, buf, PG, (off_t)(i * PG)), PG);
	}
	return fd;
}

static char *
map(int fd, unsigned long pages, int prot, int flags, unsigned long off)
{
	char *p = mmap(NULL, pages * PG, prot, flags, fd, (off_t)(off * PG));

	if (p == MAP_FAILED) {
		CHECK_EQ(errno, 0);
		exit(check_done());
	}
	return p;
}

static int
at(int fd, unsigned long off)
{
	char c = 0;

	CHECK_EQ(pread(fd, &c, 1, (off_t)off), 1);
	return c;
}

static void
test_shared(void)
{
	int fd = file(4);
	char *p = map(fd, 4, RW, MAP_SHARED, 0);
	char *q = map(fd, 2, PROT_READ, MAP_SHARED, 2);

	CHECK(p[0] == 'a' && p[3 * PG + 5] == 'd' && q[0] == 'c');
	p[2 * PG] = 'X';			/* seen by all */
	CHECK(q[0] == 'X' && at(fd, 2 * PG) == 'X');
	CHECK_EQ(pwrite(fd, "Y", 1, 3 * PG), 1);
	CHECK(p[3 * PG] == 'Y' && q[PG] == 'Y');
	CHECK_EQ(munmap(p, PG), 0);		/* part of it */
	CHECK(p[2 * PG] == 'X');
	CHECK_EQ(munmap(p + PG, 3 * PG), 0);
	CHECK(q[0] == 'X');
	CHECK_EQ(close(fd), 0);			/* the mapping keeps it */
	CHECK(q[PG] == 'Y');
	CHECK_EQ(munmap(q, 2 * PG), 0);
}

static void
test_private(void)
{
	int fd = file(4);
	char *p = map(fd, 4, RW, MAP_PRIVATE, 0);

	CHECK(p[0] == 'a' && p[PG] == 'b');
	p[0] = 'X';
	CHECK(p[0] == 'X' && p[1] == 'a' && at(fd, 0) == 'a');
	p[2 * PG + 7] = 'Z';			/* not read before */
	CHECK(p[2 * PG] == 'c' && p[2 * PG + 7] == 'Z');
	CHECK_EQ(at(fd, 2 * PG + 7), 'c');
	CHECK_EQ(pwrite(fd, "Q", 1, 0), 1);	/* has its own by now */
	CHECK_EQ(p[0], 'X');
	CHECK_EQ(madvise(p, PG, MADV_DONTNEED), 0);
	CHECK_EQ(p[0], 'Q');			/* the file's again */
	CHECK_EQ(munmap(p, 4 * PG), 0);
	close(fd);
}

static void
test_protection(void)
{
	int fd = file(3);
	char *p = map(fd, 3, PROT_READ, MAP_PRIVATE, 0), *q;

	CHECK_EQ(p[0], 'a');
	CHECK_EQ(mprotect(p, 2 * PG, RW), 0);
	p[0] = 'X';
	p[PG] = 'Y';				/* never touched before */
	CHECK(at(fd, 0) == 'a' && at(fd, PG) == 'b');
	CHECK_EQ(mprotect(p, 3 * PG, PROT_NONE), 0);
	CHECK_EQ(mprotect(p, 3 * PG, PROT_READ), 0);
	CHECK(p[0] == 'X' && p[PG] == 'Y' && p[2 * PG] == 'c');
	CHECK_EQ(munmap(p, 3 * PG), 0);
	q = map(fd, 3, PROT_NONE, MAP_SHARED, 0);
	CHECK_EQ(mprotect(q, 3 * PG, RW), 0);
	q[PG] = 'S';
	CHECK_EQ(at(fd, PG), 'S');
	CHECK_EQ(mprotect(q, 3 * PG, PROT_READ), 0);
	CHECK_EQ(mprotect(q, 3 * PG, RW), 0);
	q[PG] = 'T';
	CHECK_EQ(at(fd, PG), 'T');
	munmap(q, 3 * PG);
	close(fd);
}

static void
test_errors(void)
{
	char path[] = "/tmp/t_mmapXXXXXX";
	int fd = mkstemp(path), ro = open(path, O_RDONLY);
	int wo = open(path, O_WRONLY), op = open(path, O_PATH);
	int dir = open("/tmp", O_RDONLY | O_DIRECTORY), p[2];

#define BAD(err, ...) do {						\
	CHECK(mmap(NULL, __VA_ARGS__) == MAP_FAILED);			\
	CHECK_EQ(errno, err);						\
} while (0)
	BAD(EACCES, PG, RW, MAP_SHARED, ro, 0);
	BAD(EACCES, PG, PROT_READ, MAP_PRIVATE, wo, 0);
	BAD(EBADF, PG, PROT_READ, MAP_PRIVATE, op, 0);
	BAD(EBADF, PG, PROT_READ, MAP_PRIVATE, -1, 0);
	BAD(ENODEV, PG, PROT_READ, MAP_PRIVATE, dir, 0);
	BAD(EINVAL, PG, PROT_READ, MAP_SHARED, fd, 1);
	BAD(EINVAL, 0, PROT_READ, MAP_SHARED, fd, 0);
	BAD(EINVAL, PG, PROT_READ, 0, fd, 0);
	CHECK_EQ(pipe(p), 0);
	BAD(ENODEV, PG, PROT_READ, MAP_PRIVATE, p[0], 0);
	unlink(path);
	close(fd), close(ro), close(wo), close(op), close(dir);
	close(p[0]), close(p[1]);
}

/* The usual ring buffer: the same pages twice, one after the other. */
static void
test_ring(void)
{
	int fd = file(2);
	char *p = mmap(NULL, 4 * PG, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);

	CHECK(mmap(p, 2 * PG, RW, MAP_SHARED | MAP_FIXED, fd, 0) == p);
	CHECK(mmap(p + 2 * PG, 2 * PG, RW, MAP_SHARED | MAP_FIXED, fd, 0) ==
	    p + 2 * PG);
	strcpy(p + 2 * PG - 3, "hello");
	__asm__ __volatile__("" : : : "memory");	/* an alias */
	CHECK(memcmp(p, "lo", 2) == 0 && memcmp(p + 4 * PG - 3, "hel", 3) == 0);
	CHECK_EQ(munmap(p, 4 * PG), 0);
	close(fd);
}

static void
test_truncate(void)
{
	int fd = file(4);
	char *p = map(fd, 4, RW, MAP_SHARED, 0);
	char *q = map(fd, 4, RW, MAP_PRIVATE, 0);

	p[3 * PG] = 'X';
	q[3 * PG] = 'Z';
	CHECK_EQ(ftruncate(fd, PG + 10), 0);
	CHECK(p[PG] == 'b' && p[PG + 10] == 0);
	CHECK_EQ(ftruncate(fd, 4 * PG), 0);
	CHECK(p[3 * PG] == 0 && q[3 * PG] == 0);	/* new pages */
	CHECK(p[PG + 9] == 'b' && p[PG + 10] == 0);
	p[2 * PG] = 'N';
	CHECK_EQ(at(fd, 2 * PG), 'N');
	CHECK_EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	    0, 2 * PG), 0);
	CHECK(p[0] == 0 && p[PG] == 0 && p[2 * PG] == 'N');
	p[0] = 'A';
	CHECK_EQ(at(fd, 0), 'A');
	munmap(p, 4 * PG);
	munmap(q, 4 * PG);
	close(fd);
}

/* A file much larger than memory: only what is touched counts. */
static void
test_sparse(void)
{
	unsigned long pages = 4UL << 18, i;	/* 4 GiB */
	int fd = memfd_create("big", 0);
	char *p;

	CHECK_EQ(ftruncate(fd, (off_t)(pages * PG)), 0);
	p = map(fd, pages, RW, MAP_SHARED, 0);
	for (i = 0; i < pages; i += pages / MANY)
		p[i * PG] = (char)(i / (pages / MANY) + 1);
	for (i = 0; i < pages; i += pages / MANY)
		CHECK_EQ(at(fd, i * PG), i / (pages / MANY) + 1);
	CHECK_EQ(at(fd, PG), 0);
	CHECK_EQ(ftruncate(fd, INT64_MAX), 0);
	CHECK_EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	    0, INT64_MAX), 0);
	for (i = 0; i < pages; i += pages / MANY)
		CHECK_EQ(p[i * PG], 0);
	CHECK_EQ(munmap(p, pages * PG), 0);
	close(fd);
}

/* Kernel code that reads and writes the mapping of the very file. */
static void
test_self(void)
{
	int fd = file(4);
	char *p = map(fd, 4, RW, MAP_SHARED, 0);

	CHECK_EQ(pread(fd, p + 2 * PG, 2 * PG, 0), 2 * PG);
	CHECK(p[2 * PG] == 'a' && p[3 * PG] == 'b');
	munmap(p, 4 * PG);
	p = map(fd, 4, PROT_READ, MAP_SHARED, 0);
	CHECK_EQ(pwrite(fd, p + 3 * PG, PG, 0), PG);
	CHECK(p[0] == 'b' && at(fd, 1) == 'b');
	munmap(p, 4 * PG);
	p = map(fd, 4, RW, MAP_PRIVATE, 0);
	CHECK_EQ(pread(fd, p, PG, PG), PG);	/* copies while it is read */
	CHECK(p[0] == 'b');
	CHECK_EQ(readlink("/proc/self/nothing", p + PG, 10), -1);
	munmap(p, 4 * PG);
	close(fd);
}

static void
test_mremap_anon(void)
{
	char *p = mmap(NULL, 8 * PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *hole, *q;

	p[0] = 1, p[7 * PG] = 8;
	hole = mmap(p + 8 * PG, PG, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
	    MAP_FIXED_NOREPLACE, -1, 0);
	(void)hole;				/* whatever is there */
	CHECK(mremap(p, 8 * PG, 16 * PG, 0) == MAP_FAILED && errno == ENOMEM);
	q = mremap(p, 8 * PG, 2048 * PG, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q[0] == 1 && q[7 * PG] == 8);
	q[2047 * PG] = 9;
	CHECK(mremap(q, 2048 * PG, 4 * PG, 0) == q);
	CHECK(q[0] == 1);
	p = mmap(NULL, 4 * PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p[0] = 77;
	CHECK(mremap(q, 4 * PG, 4 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, p) ==
	    p);
	CHECK(p[0] == 1 && p[PG] == 0);
	q = mremap(p, 4 * PG, 4 * PG, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	CHECK(q != MAP_FAILED && q != p && q[0] == 1 && p[0] == 0);
	munmap(p, 4 * PG);
	munmap(q, 4 * PG);
	CHECK(mremap(q, 4 * PG, 8 * PG, MREMAP_MAYMOVE) == MAP_FAILED &&
	    errno == EFAULT);
	CHECK(mremap(buf + 1, PG, 2 * PG, 0) == MAP_FAILED && errno == EINVAL);
}

static void
test_mremap_file(void)
{
	int fd = file(8);
	char *p = map(fd, 2, RW, MAP_SHARED, 0), *q;

	p[0] = 'X';
	q = mremap(p, 2 * PG, 8 * PG, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q[0] == 'X' && q[7 * PG] == 'h');
	q[7 * PG] = 'H';
	CHECK_EQ(at(fd, 7 * PG), 'H');
	p = mremap(q, 0, 8 * PG, MREMAP_MAYMOVE);	/* a second view */
	CHECK(p != MAP_FAILED && p != q);
	p[PG] = 'V';
	CHECK_EQ(q[PG], 'V');
	munmap(p, 8 * PG);
	munmap(q, 8 * PG);
	p = map(fd, 4, RW, MAP_PRIVATE, 2);
	p[0] = 'P';
	CHECK_EQ(p[PG], 'd');
	q = mmap(NULL, 6 * PG, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	q = mremap(p, 4 * PG, 6 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, q);
	CHECK(q != MAP_FAILED && q[0] == 'P' && q[PG] == 'd' &&
	    q[5 * PG] == 'H' && q[3 * PG] == 'f');
	q[3 * PG] = 'F';
	CHECK(at(fd, 2 * PG) == 'c' && at(fd, 5 * PG) == 'f');
	munmap(q, 6 * PG);
	close(fd);
}

/* What grew in its place, or whose protection changed, is one mapping again. */
static void
test_mremap_joined(void)
{
	int fd = file(8);
	char *p = map(fd, 8, RW, MAP_SHARED, 0);

	munmap(p + 2 * PG, 6 * PG);
	CHECK(mremap(p, 2 * PG, 4 * PG, 0) == p);
	CHECK(mremap(p, 4 * PG, 6 * PG, 0) == p);
	CHECK(mremap(p, 6 * PG, 8 * PG, 0) == p);
	CHECK(p[0] == 'a' && p[3 * PG] == 'd' && p[7 * PG] == 'h');
	p[5 * PG] = 'F';
	CHECK_EQ(at(fd, 5 * PG), 'F');
	CHECK(mremap(p, 8 * PG, 2 * PG, 0) == p);
	munmap(p, 2 * PG);
	close(fd);
	p = mmap(NULL, 4 * PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p[0] = 1, p[PG] = 2, p[3 * PG] = 4;
	CHECK_EQ(mprotect(p + PG, PG, PROT_READ), 0);
	CHECK(mremap(p, 4 * PG, 512 * PG, MREMAP_MAYMOVE) == MAP_FAILED &&
	    errno == EFAULT);
	CHECK_EQ(mprotect(p + PG, PG, RW), 0);
	p = mremap(p, 4 * PG, 512 * PG, MREMAP_MAYMOVE);
	CHECK(p != MAP_FAILED && p[0] == 1 && p[PG] == 2 && p[3 * PG] == 4);
	munmap(p, 512 * PG);
}

static void
test_misc(void)
{
	int fd = file(4), zero = open("/dev/zero", O_RDWR);
	unsigned char vec[4];
	char *p = map(fd, 4, RW, MAP_SHARED | MAP_POPULATE, 0);

	CHECK_EQ(mincore(p, 4 * PG, vec), 0);
	CHECK((vec[0] & 1) && (vec[3] & 1));
	p[0] = 'S';
	CHECK_EQ(msync(p, 4 * PG, MS_SYNC), 0);
	CHECK_EQ(msync(p, 4 * PG, MS_SYNC | MS_ASYNC), -1);
	munmap(p, 4 * PG);
	CHECK(msync(p, PG, MS_SYNC) == -1 && errno == ENOMEM);
	p = map(zero, 4, RW, MAP_PRIVATE, 0);
	p[0] = 1;
	CHECK_EQ(p[3 * PG], 0);
	munmap(p, 4 * PG);
	p = map(-1, 4, RW, MAP_SHARED | MAP_ANONYMOUS, 0);
	p[0] = 1;
	munmap(p, 4 * PG);
	close(fd);
	close(zero);
	fd = shm_open("/t_mmap", O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, PG), 0);
	p = map(fd, 1, RW, MAP_SHARED, 0);
	strcpy(p, "shm");
	CHECK_EQ(at(fd, 1), 'h');
	munmap(p, PG);
	close(fd);
	CHECK_EQ(shm_unlink("/t_mmap"), 0);
}

int
main(void)
{
	test_shared();
	test_private();
	test_protection();
	test_errors();
	test_ring();
	test_truncate();
	test_sparse();
	test_self();
	test_mremap_anon();
	test_mremap_file();
	test_mremap_joined();
	test_misc();
	return check_done();
}
