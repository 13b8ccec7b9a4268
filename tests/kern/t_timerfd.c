/* SPDX-License-Identifier: BSD-2-Clause */
/* timerfd: what it refuses, once and periodic, waiting, setting again. */
#include "kerntest.h"
#include <poll.h>
#include <sys/timerfd.h>

#define MS	1000000L

static int fd;

static uint64_t
get(void)
{
	uint64_t v = 0;

	return rump_sys_read(fd, &v, sizeof(v)) == 8 ? v : UINT64_MAX;
}

static int
set(int flags, time_t sec, long nsec, long interval)
{
	struct itimerspec it = { .it_value = { sec, nsec },
	    .it_interval = { 0, interval } };

	return rump_sys_timerfd_settime(fd, flags, &it, NULL);
}

static int
readable(int timeout)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return rump_sys_poll(&p, 1, timeout) == 1 && p.revents == POLLIN;
}

static struct itimerspec
left(void)
{
	struct itimerspec it;

	OK(rump_sys_timerfd_gettime(fd, &it));
	return it;
}

static void
test_refused(void)
{
	struct itimerspec it = { { 0, 0 }, { 0, 0 } };
	char small[7];
	int ev;

	FAILS(rump_sys_timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL);
	FAILS(rump_sys_timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	FAILS(set(4, 0, 0, 0), EINVAL);
	FAILS(set(0, 0, 1000000000, 0), EINVAL);
	FAILS(set(0, 0, 0, 1000000000), EINVAL);
	FAILS(set(0, -1, 0, 0), EINVAL);
	FAILS(rump_sys_read(fd, small, 7), EINVAL);
	FAILS(rump_sys_write(fd, small, 7), EINVAL);
	CHECK((ev = rump_sys_eventfd2(0, 0)) >= 0);
	FAILS(rump_sys_timerfd_settime(ev, 0, &it, NULL), EINVAL);
	FAILS(rump_sys_timerfd_gettime(ev, &it), EINVAL);
	FAILS(rump_sys_timerfd_gettime(99, &it), EBADF);
	rump_sys_close(ev);
}

static void
test_once(void)
{
	struct itimerspec old, it = { { 0, 0 }, { 3600, 5 } };

	CHECK(!readable(0));
	FAILS((int64_t)get(), EAGAIN);
	OK(set(0, 0, 1, 0));
	CHECK(readable(-1));
	CHECK_EQ(left().it_value.tv_sec + left().it_value.tv_nsec, 0);
	CHECK_EQ(get(), 1);
	CHECK(!readable(0));
	/* Far away, and not at all after all. */
	OK(rump_sys_timerfd_settime(fd, 0, &it, NULL));
	CHECK(left().it_value.tv_sec >= 3590);
	it.it_value.tv_sec = 0;
	it.it_value.tv_nsec = 0;
	OK(rump_sys_timerfd_settime(fd, 0, &it, &old));
	CHECK(old.it_value.tv_sec >= 3590);
	CHECK_EQ(left().it_value.tv_sec, 0);
	/* The largest value is never. */
	OK(set(0, INT64_MAX, 999999999, 0));
	CHECK(!readable(0));
	/* Absolute and past: at once, by either clock. */
	OK(set(TFD_TIMER_ABSTIME, 0, 1, 0));
	CHECK(readable(0));
	CHECK_EQ(get(), 1);
}

static void
test_periodic(void)
{
	uint64_t n;

	OK(set(0, 0, MS, MS));
	CHECK(readable(-1));
	CHECK_EQ(left().it_interval.tv_nsec, MS);
	CHECK(left().it_value.tv_nsec > 0);
	CHECK(left().it_value.tv_nsec <= MS);
	msleep(5);
	CHECK((n = get()) >= 5);
	CHECK(n != UINT64_MAX);
	CHECK(readable(-1));
	CHECK(get() >= 1);
	/* Setting forgets what has expired. */
	CHECK(readable(-1));
	OK(set(0, 3600, 0, 0));
	CHECK(!readable(0));
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

	OK(rump_sys_fcntl(fd, F_SETFL, 0));
	thread_start(&th, reader, &v);
	msleep(5);
	OK(set(0, 0, MS, 0));
	thread_join(&th);
	CHECK_EQ(v, 1);
	/* Closed while it runs. */
	OK(set(0, 0, MS, MS));
	rump_sys_close(fd);
	msleep(5);
}

int
main(void)
{

	REQUIRE(start() == 0);
	fd = rump_sys_timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	CHECK(fd >= 0);
	test_once();
	OK(set(TFD_TIMER_ABSTIME, time(NULL) + 3600, 0, 0));
	CHECK(left().it_value.tv_sec >= 3590);
	CHECK(left().it_value.tv_sec <= 3600);
	rump_sys_close(fd);
	fd = rump_sys_timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK |
	    TFD_CLOEXEC);
	CHECK_EQ(rump_sys_fcntl(fd, F_GETFD, 0), FD_CLOEXEC);
	test_refused();
	test_once();
	test_periodic();
	test_blocking();
	return check_done();
}
