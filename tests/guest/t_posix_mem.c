/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmap, munmap, msync, mlock, shm_open, shm_unlink, limits: assertion by
 * assertion of POSIX.1-2017.  Runs on Linux, too, as root.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"

#define PG	4096L
#define MB	(1L << 20)
#define RW	(PROT_READ | PROT_WRITE)

static char path[64], shm[64], other[64];
static sigjmp_buf out;

static void
handler(int sig)
{

	siglongjmp(out, sig);
}

static int
touch(volatile char *p)
{
	int sig = sigsetjmp(out, 1);

	if (sig == 0)
		(void)*p;
	return sig;
}

static int
file(off_t len)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, len), 0);
	return fd;
}

static void
test_access(void)
{
	int fd = file(PG), p[2];
	int rd = open(path, O_RDONLY), wr = open(path, O_WRONLY);
	char *m;

	FAILS(mmap(NULL, PG, PROT_WRITE, MAP_SHARED, rd, 0), EACCES);
	FAILS(mmap(NULL, PG, PROT_READ, MAP_SHARED, wr, 0), EACCES);
	FAILS(mmap(NULL, PG, PROT_READ, MAP_PRIVATE, wr, 0), EACCES);
	m = mmap(NULL, PG, RW, MAP_PRIVATE, rd, 0);
	CHECK(m != MAP_FAILED);
	m[0] = 'x';
	CHECK_EQ(munmap(m, PG), 0);
	m = mmap(NULL, PG, PROT_READ, MAP_SHARED, rd, 0);
	FAILS(mprotect(m, PG, RW), EACCES);
	CHECK_EQ(munmap(m, PG), 0);
	FAILS(mmap(NULL, PG, PROT_READ, MAP_SHARED, -1, 0), EBADF);
	FAILS(mmap(NULL, PG, PROT_READ, MAP_SHARED, 9999, 0), EBADF);
	FAILS(mmap(NULL, PG, PROT_READ, 0, fd, 0), EINVAL);
	FAILS(mmap(NULL, 0, PROT_READ, MAP_SHARED, fd, 0), EINVAL);
	FAILS(mmap(NULL, PG, PROT_READ, MAP_SHARED, fd, 1), EINVAL);
	FAILS(mmap((void *)1, PG, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0),
	    EINVAL);
	FAILS(mmap(NULL, SIZE_MAX / 2 & ~(PG - 1), RW,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
	FAILS(mmap(NULL, PG, PROT_READ, MAP_SHARED, fd, INT64_MAX & ~(PG - 1)),
	    EOVERFLOW);
	CHECK_EQ(pipe(p), 0);
	FAILS(mmap(NULL, PG, PROT_READ, MAP_PRIVATE, p[0], 0), ENODEV);
	close(p[0]);
	close(p[1]);
	close(rd);
	close(wr);
	close(fd);
}

/* The mapping is a reference of its own; a page's rest is not the file's. */
static void
test_life(void)
{
	int fd = file(PG / 2);
	struct stat st;
	char *m, *n, c;

	CHECK_EQ(pwrite(fd, "abc", 3, 0), 3);
	m = mmap(NULL, PG, RW, MAP_SHARED, fd, 0);
	n = mmap(NULL, PG, RW, MAP_SHARED, fd, 0);
	CHECK(m != MAP_FAILED && n != MAP_FAILED && m != n);
	CHECK(m[PG / 2] == 0 && m[PG - 1] == 0);
	m[1] = 'B';
	CHECK_EQ(n[1], 'B');
	CHECK_EQ(pread(fd, &c, 1, 1), 1);
	CHECK_EQ(c, 'B');
	CHECK_EQ(pwrite(fd, "C", 1, 2), 1);
	CHECK_EQ(m[2], 'C');
	m[PG / 2] = 'z';
	CHECK_EQ(msync(m, PG, MS_SYNC), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, PG / 2);
	CHECK_EQ(munmap(n, PG), 0);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(close(fd), 0);
	CHECK(m[0] == 'a' && m[1] == 'B');
	CHECK_EQ(munmap(m, PG), 0);
	CHECK_EQ(touch(m), SIGSEGV);
}

static void
test_fixed(void)
{
	int fd = file(3 * PG);
	char *m = mmap(NULL, 4 * PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *f;

	memset(m, 'm', 4 * (size_t)PG);
	CHECK_EQ(pwrite(fd, "two", 3, 2 * PG), 3);
	f = mmap(m + PG, PG, RW, MAP_SHARED | MAP_FIXED, fd, 2 * PG);
	CHECK(f == m + PG);
	CHECK(f[0] == 't' && m[0] == 'm' && m[2 * PG] == 'm');
	CHECK_EQ(munmap(m + PG, 1), 0);			/* a whole page */
	CHECK_EQ(touch(m + PG), SIGSEGV);
	CHECK_EQ(touch(m + 2 * PG), 0);
	FAILS(munmap(m + 1, PG), EINVAL);
	FAILS(munmap(m, 0), EINVAL);
	CHECK_EQ(munmap(m, 4 * PG), 0);			/* a hole is fine */
	CHECK_EQ(touch(m), SIGSEGV);
	f = mmap(m, PG, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(f == m);					/* a hint is taken */
	CHECK_EQ(touch(f), SIGSEGV);
	CHECK_EQ(munmap(f, PG), 0);
	close(fd);
}

/* What is written through a mapping is a modification. */
static void
test_times(void)
{
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	int fd = file(PG);
	struct stat st;
	char *m = mmap(NULL, PG, RW, MAP_SHARED, fd, 0);

	CHECK_EQ(futimens(fd, old), 0);
	m[0] = 'x';
	CHECK_EQ(msync(m, PG, MS_SYNC), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(st.st_mtime != 1000);
	CHECK_EQ(munmap(m, PG), 0);
	CHECK_EQ(futimens(fd, old), 0);
	m = mmap(NULL, PG, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(st.st_atime != 1000);	/* to map is to read */
	CHECK_EQ(munmap(m, PG), 0);
	close(fd);
}

static void
test_sync(void)
{
	char *m = mmap(NULL, 3 * PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	FAILS(msync(m, PG, MS_SYNC | MS_ASYNC), EINVAL);
	FAILS(msync(m, PG, 0x100), EINVAL);
	FAILS(msync(m + 1, PG, MS_SYNC), EINVAL);
	CHECK_EQ(msync(m, 3 * PG, MS_ASYNC), 0);
	CHECK_EQ(mlock(m, PG), 0);
	FAILS(msync(m, PG, MS_SYNC | MS_INVALIDATE), EBUSY);
	CHECK_EQ(munlock(m, PG), 0);
	CHECK_EQ(msync(m, PG, MS_SYNC | MS_INVALIDATE), 0);
	CHECK_EQ(munmap(m + PG, PG), 0);
	FAILS(msync(m, 3 * PG, MS_SYNC), ENOMEM);
	FAILS(mlock(m, 3 * PG), ENOMEM);
	FAILS(munlock(m, 3 * PG), ENOMEM);
	FAILS(mprotect(m, 3 * PG, PROT_READ), ENOMEM);
	CHECK_EQ(mlock(m + 5, 1), 0);
	CHECK_EQ(munlock(m + 5, 1), 0);
	munmap(m, 3 * PG);
}

static void
test_lockall(void)
{
	struct rlimit rl, none = { 0, 0 };
	char *m;

	FAILS(mlockall(0), EINVAL);
	FAILS(mlockall(64), EINVAL);
	CHECK_EQ(mlockall(MCL_CURRENT), 0);
	CHECK_EQ(munlockall(), 0);
	if (geteuid() != 0)
		return;
	CHECK_EQ(getrlimit(RLIMIT_MEMLOCK, &rl), 0);
	none.rlim_max = rl.rlim_max;
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	m = mmap(NULL, PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_EQ(mlock(m, PG), 0);		/* root may */
	CHECK_EQ(munlock(m, PG), 0);
	CHECK_EQ(seteuid(65534), 0);
	FAILS(mlock(m, PG), EPERM);
	FAILS(mlockall(MCL_CURRENT), EPERM);
	CHECK_EQ(seteuid(0), 0);
	none.rlim_cur = 2 * PG;
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	CHECK_EQ(seteuid(65534), 0);
	CHECK_EQ(mlock(m, PG), 0);
	FAILS(mlockall(MCL_CURRENT), ENOMEM);
	CHECK_EQ(munlock(m, PG), 0);
	CHECK_EQ(seteuid(0), 0);
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &rl), 0);
	munmap(m, PG);
}

static void
test_shm(void)
{
	struct stat st;
	mode_t um;
	int fd, fd2;

	shm_unlink(shm);
	FAILS(shm_open(shm, O_RDWR, 0600), ENOENT);
	um = umask(027);
	fd = shm_open(shm, O_RDWR | O_CREAT | O_EXCL, 0666);
	CHECK(fd >= 0);
	umask(um);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(st.st_mode & 07777, 0640);
	CHECK_EQ(st.st_uid, geteuid());
	CHECK_EQ(st.st_gid, getegid());
	CHECK_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_EQ(ftruncate(fd, 100), 0);
	FAILS(shm_open(shm, O_RDWR | O_CREAT | O_EXCL, 0666), EEXIST);
	fd2 = shm_open(shm, O_RDONLY, 0);
	CHECK(fd2 >= 0);
	FAILS(ftruncate(fd2, 10), EINVAL);
	FAILS(mmap(NULL, PG, RW, MAP_SHARED, fd2, 0), EACCES);
	close(fd2);
	fd2 = shm_open(shm, O_RDWR | O_TRUNC, 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 0);
	close(fd2);
	/* Without its name it lives as long as it is open or mapped. */
	CHECK_EQ(ftruncate(fd, PG), 0);
	CHECK_EQ(pwrite(fd, "alive", 6, 0), 6);
	CHECK_EQ(shm_unlink(shm), 0);
	FAILS(shm_open(shm, O_RDWR, 0600), ENOENT);
	fd2 = shm_open(shm, O_RDWR | O_CREAT | O_EXCL, 0600);
	CHECK_EQ(fstat(fd2, &st), 0);
	CHECK_EQ(st.st_size, 0);
	close(fd2);
	CHECK_EQ(shm_unlink(shm), 0);
	close(fd);
}

/* Names, and whose they are. */
static void
test_shm_names(void)
{
	char longname[300];
	struct stat st;
	int fd, fd2;

	fd = shm_open(shm, O_RDWR | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0);
	memset(longname, 'n', sizeof(longname));
	longname[0] = '/';
	longname[sizeof(longname) - 1] = '\0';
	CHECK_EQ(shm_open(longname, O_RDWR | O_CREAT, 0600), -1);
	CHECK(errno == ENAMETOOLONG || errno == EINVAL);	/* glibc */
	CHECK_EQ(shm_unlink(longname), -1);
	FAILS(shm_unlink("/t_posix_mem_none"), ENOENT);
	if (geteuid() == 0) {
		CHECK_EQ(seteuid(65534), 0);
		FAILS(shm_open(shm, O_RDWR, 0), EACCES);
		FAILS(shm_open(shm, O_RDONLY, 0), EACCES);
		CHECK(shm_unlink(shm) == -1 && (errno == EACCES ||
		    errno == EPERM));
		/* A chroot of Linux may have none that is for all. */
		if (stat("/dev/shm", &st) == 0 &&
		    (st.st_mode & 01777) == 01777) {
			fd2 = shm_open(other, O_RDWR | O_CREAT | O_EXCL, 0600);
			CHECK(fd2 >= 0);
			close(fd2);
			CHECK_EQ(shm_unlink(other), 0);
		}
		CHECK_EQ(seteuid(0), 0);
	}
	CHECK_EQ(shm_unlink(shm), 0);
	close(fd);
}

static void
test_limits(void)
{
	struct rlimit rl = { 2, 1 };

	FAILS(setrlimit(RLIMIT_CORE, &rl), EINVAL);
	FAILS(setrlimit(999, &rl), EINVAL);
	FAILS(getrlimit(999, &rl), EINVAL);
}

/* Bytes, of /proc/self/status. */
static long
used(const char *field)
{
	static char buf[4000];
	int fd = open("/proc/self/status", O_RDONLY);
	char *s;

	CHECK(fd >= 0);
	CHECK(read(fd, buf, sizeof(buf) - 1) > 0);
	close(fd);
	CHECK((s = strstr(buf, field)) != NULL);
	return s != NULL ? strtol(s + strlen(field), NULL, 10) * 1024 : 0;
}

/* What is used, and some megabytes. */
static void
limit(int which, const char *field, long mb)
{
	struct rlimit rl;

	CHECK_EQ(getrlimit(which, &rl), 0);
	rl.rlim_cur = (rlim_t)(used(field) + mb * MB);
	CHECK_EQ(setrlimit(which, &rl), 0);
}

#define ANON(prot, len)	\
	mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)

static void
test_limit_space(void)
{
	struct rlimit old;
	char *m, *n, *brk0 = (char *)syscall(SYS_brk, 0);

	CHECK_EQ(getrlimit(RLIMIT_AS, &old), 0);
	limit(RLIMIT_AS, "VmSize:", 8);
	CHECK((m = ANON(RW, 4 * MB)) != MAP_FAILED);
	FAILS(ANON(RW, 8 * MB), ENOMEM);
	FAILS(ANON(PROT_NONE, 8 * MB), ENOMEM);
	FAILS(mremap(m, 4 * MB, 16 * MB, MREMAP_MAYMOVE), ENOMEM);
	CHECK((char *)syscall(SYS_brk, brk0 + 16 * MB) == brk0);
	CHECK((char *)syscall(SYS_brk, brk0 + MB) == brk0 + MB);
	CHECK((char *)syscall(SYS_brk, brk0) == brk0);
	CHECK((n = ANON(RW, 3 * MB)) != MAP_FAILED);
	/* What is replaced is not there twice, nor what moves. */
	CHECK(mmap(m, 4 * MB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS |
	    MAP_FIXED, -1, 0) == m);
	CHECK((m = mremap(m, 4 * MB, 4 * MB + PG, MREMAP_MAYMOVE)) !=
	    MAP_FAILED);
	CHECK_EQ(munmap(n, 3 * MB), 0);
	CHECK((n = ANON(RW, 3 * MB)) != MAP_FAILED);
	CHECK_EQ(setrlimit(RLIMIT_AS, &old), 0);
	CHECK((m = mremap(m, 4 * MB + PG, 16 * MB, MREMAP_MAYMOVE)) !=
	    MAP_FAILED);
	CHECK_EQ(munmap(m, 16 * MB), 0);
	CHECK_EQ(munmap(n, 3 * MB), 0);
}

static void
test_limit_data(void)
{
	struct rlimit old;
	char *m, *n, *brk0 = (char *)syscall(SYS_brk, 0);

	CHECK_EQ(getrlimit(RLIMIT_DATA, &old), 0);
	limit(RLIMIT_DATA, "VmData:", 4);
	FAILS(ANON(RW, 8 * MB), ENOMEM);
	CHECK((m = ANON(PROT_READ, 8 * MB)) != MAP_FAILED);
	FAILS(mprotect(m, 8 * MB, RW), ENOMEM);
	CHECK_EQ(mprotect(m, MB, RW), 0);
	CHECK((n = ANON(RW, MB)) != MAP_FAILED);
	CHECK((char *)syscall(SYS_brk, brk0 + 8 * MB) == brk0);
	CHECK_EQ(setrlimit(RLIMIT_DATA, &old), 0);
	CHECK_EQ(mprotect(m, 8 * MB, RW), 0);
	CHECK_EQ(munmap(m, 8 * MB), 0);
	CHECK_EQ(munmap(n, MB), 0);
}

/* As somebody who is not root. */
static void
test_limit_locked(void)
{
	enum { LU = 4 * PG };	/* Linux may allow no more than 64 KiB */
	struct rlimit old, few = { 4 * LU, 0 }, none = { 0, 0 };
	char *m;

	CHECK_EQ(getrlimit(RLIMIT_MEMLOCK, &old), 0);
	few.rlim_max = none.rlim_max = old.rlim_max;
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &few), 0);
	CHECK_EQ(seteuid(1000), 0);
	CHECK((m = ANON(RW, 8 * LU)) != MAP_FAILED);
	FAILS(mlock(m, 5 * LU), ENOMEM);
	CHECK_EQ(mlock(m, 2 * LU), 0);
	FAILS(mmap(NULL, 3 * LU, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED,
	    -1, 0), EAGAIN);
	CHECK_EQ(munmap(m, 8 * LU), 0);
	m = mmap(NULL, 3 * LU, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED,
	    -1, 0);
	CHECK(m != MAP_FAILED);
	FAILS(mremap(m, 3 * LU, 6 * LU, MREMAP_MAYMOVE), EAGAIN);
	CHECK_EQ(munmap(m, 3 * LU), 0);
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	/* musl makes ENOMEM of it. */
	FAILS(syscall(SYS_mmap, NULL, PG, RW, MAP_PRIVATE | MAP_ANONYMOUS |
	    MAP_LOCKED, -1, 0), EPERM);
	CHECK_EQ(seteuid(0), 0);
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &old), 0);
}

/* What the program has without mmap. */
static void
test_static(void)
{
	static char data[3 * PG] __attribute__((__aligned__(PG))) = { 1 };
	unsigned char vec[3] = { 0 };

	CHECK_EQ(mincore(data, PG, vec), 0);
	CHECK_EQ(vec[0] & 1, 1);
	CHECK_EQ(madvise(data, PG, MADV_WILLNEED), 0);
	CHECK_EQ(posix_madvise(data, 3 * PG, POSIX_MADV_RANDOM), 0);
	CHECK_EQ(mlock(data, PG), 0);
	CHECK_EQ(munlock(data, PG), 0);
	CHECK_EQ(data[0], 1);
}

int
main(void)
{
	struct sigaction sa = { .sa_handler = handler };

	snprintf(path, sizeof(path), "/tmp/t_posix_mem.%d", (int)getpid());
	snprintf(shm, sizeof(shm), "/t_posix_mem.%d", (int)getpid());
	snprintf(other, sizeof(other), "/t_posix_mem2.%d", (int)getpid());
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	test_access();
	test_life();
	test_fixed();
	test_times();
	test_sync();
	test_lockall();
	test_shm();
	test_shm_names();
	test_limits();
	test_limit_space();
	test_limit_data();
	test_limit_locked();
	test_static();
	unlink(path);
	return check_done();
}
