/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that are not there say so with ENOSYS, calls between descriptors
 * work; those that the image has only as stubs are skipped, and named.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "../check.h"

static int
skipped(const char *what, int ret)
{

	if (ret != -1 || errno != ENOSYS)
		return 0;
	printf("skip: %s answers ENOSYS\n", what);
	return 1;
}

static void
test_missing(void)
{

	errno = 0;
	CHECK_EQ(syscall(999), -1);
	CHECK_EQ(errno, ENOSYS);
	errno = 0;
	CHECK_EQ(fork(), -1);
	CHECK_EQ(errno, ENOSYS);
	CHECK_EQ(syscall(SYS_getpid), getpid());
}

static void
test_pipe(void)
{
	struct pollfd pf;
	char buf[8];
	int fd[2], ret = pipe(fd);

	if (skipped("pipe", ret))
		return;
	CHECK_EQ(ret, 0);
	CHECK_EQ(write(fd[1], "pipe", 4), 4);
	pf.fd = fd[0];
	pf.events = POLLIN;
	ret = poll(&pf, 1, 1000);
	if (!skipped("poll", ret)) {
		CHECK_EQ(ret, 1);
		CHECK_EQ(pf.revents, POLLIN);
	}
	CHECK_EQ(read(fd[0], buf, sizeof(buf)), 4);
	CHECK(memcmp(buf, "pipe", 4) == 0);
	ret = poll(&pf, 1, 10);
	if (!skipped("poll", ret))
		CHECK_EQ(ret, 0);
	CHECK_EQ(close(fd[1]), 0);
	CHECK_EQ(read(fd[0], buf, sizeof(buf)), 0);
	CHECK_EQ(close(fd[0]), 0);
}

static void
test_epoll(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = 77 }, got;
	uint64_t v = 0;
	int ep, ret, fd = eventfd(3, 0);

	if (skipped("eventfd", fd))
		return;
	CHECK_EQ(read(fd, &v, sizeof(v)), 8);
	CHECK_EQ(v, 3);
	ep = epoll_create1(0);
	if (skipped("epoll_create1", ep))
		return;
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), 0);
	ret = epoll_wait(ep, &got, 1, 10);
	if (skipped("epoll_wait", ret))
		return;
	CHECK_EQ(ret, 0);
	v = 5;
	CHECK_EQ(write(fd, &v, sizeof(v)), 8);
	CHECK_EQ(epoll_wait(ep, &got, 1, 1000), 1);
	CHECK_EQ(got.data.u64, 77);
	close(ep);
	close(fd);
}

int
main(void)
{
	struct utsname un;

	CHECK_EQ(uname(&un), 0);
	CHECK(strcmp(un.machine, "x86_64") == 0);
	test_missing();
	test_pipe();
	test_epoll();
	return check_done();
}
