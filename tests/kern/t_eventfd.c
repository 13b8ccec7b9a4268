/* SPDX-License-Identifier: BSD-2-Clause */
/* eventfd: limits, semaphores, blocking both ways. */
#include "kerntest.h"
#include <poll.h>
#include <sys/eventfd.h>

static int fd;

static uint64_t
get(void)
{
	uint64_t v = 0;

	return rump_sys_read(fd, &v, sizeof(v)) == 8 ? v : UINT64_MAX;
}

static int
put(uint64_t v)
{

	return (int)rump_sys_write(fd, &v, sizeof(v));
}

static short
poll_now(void)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	rump_sys_poll(&p, 1, 0);
	return p.revents;
}

static void
test_count(void)
{
	char small[7];

	FAILS(rump_sys_eventfd2(0, 2), EINVAL);
	CHECK((fd = rump_sys_eventfd2(3, EFD_NONBLOCK | EFD_CLOEXEC)) >= 0);
	CHECK_EQ(rump_sys_fcntl(fd, F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(get(), 3);
	FAILS((int64_t)get(), EAGAIN);
	CHECK_EQ(poll_now(), POLLOUT);
	FAILS(rump_sys_read(fd, small, 7), EINVAL);
	FAILS(rump_sys_write(fd, small, 7), EINVAL);
	FAILS(put(UINT64_MAX), EINVAL);
	CHECK_EQ(put(UINT64_MAX - 1), 8);
	CHECK_EQ(poll_now(), POLLIN);
	CHECK_EQ(put(0), 8);
	FAILS(put(1), EAGAIN);
	CHECK_EQ(get(), UINT64_MAX - 1);
	CHECK_EQ(put(1), 8);
	CHECK_EQ(put(41), 8);
	CHECK_EQ(get(), 42);
	rump_sys_close(fd);
}

static void
test_semaphore(void)
{

	fd = rump_sys_eventfd2(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	CHECK_EQ(get(), 1);
	CHECK_EQ(poll_now(), POLLIN | POLLOUT);
	CHECK_EQ(get(), 1);
	FAILS((int64_t)get(), EAGAIN);
	rump_sys_close(fd);
}

static void
reader(void *arg)
{

	*(uint64_t *)arg = get();
}

static void
test_blocking(void)
{
	struct thread th;
	uint64_t v = 0;

	fd = rump_sys_eventfd(0);
	thread_start(&th, reader, &v);
	msleep(20);
	CHECK_EQ(put(5), 8);
	thread_join(&th);
	CHECK_EQ(v, 5);
	CHECK_EQ(put(UINT64_MAX - 1), 8);
	thread_start(&th, reader, &v);
	CHECK_EQ(put(7), 8);	/* waits for the reader */
	thread_join(&th);
	CHECK_EQ(v, UINT64_MAX - 1);
	CHECK_EQ(get(), 7);
	rump_sys_close(fd);
}

int
main(void)
{

	REQUIRE(start() == 0);
	test_count();
	test_semaphore();
	test_blocking();
	return check_done();
}
