/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors: lowest first, limits, flags, ranges, threads. */
#include "kerntest.h"
#include <sys/ioctl.h>
#include <sys/resource.h>

#define UNSHARE	2
#define CLOEXEC	4

static int
new(void)
{

	return (int)rump_sys_eventfd2(0, 0);
}

static int
isopen(int fd)
{

	return rump_sys_fcntl(fd, F_GETFD, 0) >= 0;
}

static void
test_lowest(void)
{
	int i;

	for (i = 0; i < 40; i++)	/* past a new table's entries */
		CHECK_EQ(new(), i);
	OK(rump_sys_close(17));
	OK(rump_sys_close(3));
	OK(rump_sys_close(30));
	FAILS(rump_sys_close(3), EBADF);
	CHECK_EQ(new(), 3);
	CHECK_EQ(rump_sys_dup(0), 17);
	CHECK_EQ(rump_sys_fcntl(0, F_DUPFD, 20), 30);
	CHECK_EQ(new(), 40);
	FAILS(rump_sys_close(-1), EBADF);
	FAILS(rump_sys_close(1 << 30), EBADF);
	OK(rump_sys_close_range(0, ~0U, 0));
	CHECK_EQ(new(), 0);
	OK(rump_sys_close(0));
}

static void
test_dup(void)
{
	uint64_t v = 7;
	int a = new();

	CHECK_EQ(rump_sys_dup2(a, a), a);
	FAILS(rump_sys_dup2(9, 9), EBADF);
	FAILS(rump_sys_dup2(9, a), EBADF);
	CHECK(isopen(a));
	CHECK_EQ(rump_sys_dup2(a, 100), 100);
	CHECK_EQ(rump_sys_write(a, &v, 8), 8);
	v = 0;
	CHECK_EQ(rump_sys_read(100, &v, 8), 8);
	CHECK_EQ(v, 7);
	FAILS(rump_sys_dup3(a, a, 0), EINVAL);
	FAILS(rump_sys_dup3(a, 5, O_NONBLOCK), EINVAL);
	CHECK_EQ(rump_sys_dup3(a, 5, O_CLOEXEC), 5);
	CHECK_EQ(rump_sys_fcntl(5, F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(rump_sys_dup2(a, 5), 5);
	CHECK_EQ(rump_sys_fcntl(5, F_GETFD, 0), 0);
	FAILS(rump_sys_dup2(a, -1), EBADF);
	FAILS(rump_sys_dup2(a, 65536), EBADF);
	CHECK_EQ(rump_sys_dup2(a, 65535), 65535);
	FAILS(rump_sys_fcntl(a, F_DUPFD, 65536), EINVAL);
	FAILS(rump_sys_fcntl(a, F_DUPFD, -1), EINVAL);
	FAILS(rump_sys_fcntl(a, F_DUPFD, 65535), EMFILE);
	OK(rump_sys_close_range(0, 70000, 0));
}

/* Flags of the descriptor, and those of the file behind two of them. */
static void
test_flags(void)
{
	int a = new(), b, on = 1;

	CHECK_EQ(b = (int)rump_sys_fcntl(a, F_DUPFD_CLOEXEC, 0), a + 1);
	CHECK_EQ(rump_sys_fcntl(a, F_GETFD, 0), 0);
	CHECK_EQ(rump_sys_fcntl(b, F_GETFD, 0), FD_CLOEXEC);
	OK(rump_sys_fcntl(b, F_SETFD, 0));
	CHECK_EQ(rump_sys_fcntl(b, F_GETFD, 0), 0);
	OK(rump_sys_ioctl(b, FIOCLEX, NULL));
	CHECK_EQ(rump_sys_fcntl(b, F_GETFD, 0), FD_CLOEXEC);
	OK(rump_sys_ioctl(b, FIONCLEX, NULL));
	CHECK_EQ(rump_sys_fcntl(b, F_GETFD, 0), 0);

	OK(rump_sys_fcntl(a, F_SETFL, O_NONBLOCK));
	CHECK(rump_sys_fcntl(b, F_GETFL, 0) & O_NONBLOCK);
	OK(rump_sys_fcntl(b, F_SETFL, O_WRONLY));	/* mode stays */
	CHECK_EQ(rump_sys_fcntl(a, F_GETFL, 0) & (O_ACCMODE | O_NONBLOCK),
	    O_RDWR);
	OK(rump_sys_ioctl(a, FIONBIO, &on));
	CHECK(rump_sys_fcntl(b, F_GETFL, 0) & O_NONBLOCK);
	FAILS(rump_sys_ioctl(a, FIONBIO, NULL), EFAULT);
	FAILS(rump_sys_ioctl(a, 0x12345, &on), ENOTTY);
	FAILS(rump_sys_fcntl(a, 12345, 0), EINVAL);
	FAILS(rump_sys_fcntl(99, F_GETFL, 0), EBADF);
	OK(rump_sys_close(a));
	OK(rump_sys_close(b));
}

static void
test_range(void)
{
	int i;

	for (i = 0; i < 10; i++)
		CHECK_EQ(new(), i);
	FAILS(rump_sys_close_range(5, 4, 0), EINVAL);
	FAILS(rump_sys_close_range(0, 4, 8), EINVAL);
	OK(rump_sys_close_range(2, 4, CLOEXEC));
	CHECK_EQ(rump_sys_fcntl(2, F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(rump_sys_fcntl(5, F_GETFD, 0), 0);
	OK(rump_sys_close_range(3, 8, UNSHARE));
	for (i = 0; i < 10; i++)
		CHECK_EQ(isopen(i), i < 3 || i > 8);
	OK(rump_sys_close_range(0, ~0U, 0));
}

static void
test_limit(void)
{
	struct rlimit rl, old;
	int i;

	OK(rump_sys_getrlimit(RLIMIT_NOFILE, &old));
	rl = old;
	rl.rlim_cur = 20;
	OK(rump_sys_setrlimit(RLIMIT_NOFILE, &rl));
	for (i = 0; i < 20; i++)
		CHECK_EQ(new(), i);
	FAILS(new(), EMFILE);
	FAILS(rump_sys_dup(0), EMFILE);
	OK(rump_sys_close(7));
	CHECK_EQ(new(), 7);
	/* Whatever the limit: no endless table. */
	rl.rlim_cur = rl.rlim_max = RLIM_INFINITY;
	OK(rump_sys_setrlimit(RLIMIT_NOFILE, &rl));
	FAILS(rump_sys_dup2(0, INT32_MAX), EMFILE);
	CHECK_EQ(rump_sys_dup2(0, 100000), 100000);
	OK(rump_sys_close(100000));
	OK(rump_sys_setrlimit(RLIMIT_NOFILE, &old));
	OK(rump_sys_close_range(0, ~0U, 0));
}

/* Threads that open and close in one table never get each other's. */
static void
churn(void *arg)
{
	uint64_t v, id = (uint64_t)(uintptr_t)arg + 1;
	int i, fd, d;

	for (i = 0; i < 2000; i++) {
		fd = (int)rump_sys_eventfd2((unsigned)id, 0);
		d = (int)rump_sys_dup(fd);
		OK(rump_sys_close(fd));
		CHECK_EQ(rump_sys_read(d, &v, 8), 8);
		CHECK_EQ(v, id);
		OK(rump_sys_close(d));
	}
}

static void
test_threads(void)
{
	struct thread th[4];
	int i;

	for (i = 0; i < 4; i++)
		thread_start(&th[i], churn, (void *)(uintptr_t)i);
	for (i = 0; i < 4; i++)
		thread_join(&th[i]);
	CHECK_EQ(new(), 0);
	OK(rump_sys_close(0));
}

int
main(void)
{

	REQUIRE(start() == 0);
	test_lowest();
	test_dup();
	test_flags();
	test_range();
	test_limit();
	test_threads();
	return check_done();
}
