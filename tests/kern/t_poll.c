/* SPDX-License-Identifier: BSD-2-Clause */
/* poll, ppoll, select, pselect6: answers, time-outs, wake-ups. */
#include "kerntest.h"
#include <poll.h>
#include <sys/select.h>

static int p[2];

static void
later(void *arg)
{

	msleep(30);
	rump_sys_write(p[1], "x", *(int *)arg);
	if (*(int *)arg == 0)
		rump_sys_close(p[1]);
}

static void
test_poll(void)
{
	struct pollfd f[12];
	struct timespec ts = { 0, 20000000 };
	int64_t t;
	int i;

	memset(f, 0, sizeof(f));
	OK(rump_sys_pipe(p));
	f[0] = (struct pollfd){ p[0], POLLIN, -1 };
	f[1] = (struct pollfd){ -1, POLLIN, -1 };
	CHECK_EQ(rump_sys_poll(f, 2, 0), 0);
	CHECK_EQ(f[0].revents, 0);
	CHECK_EQ(f[1].revents, 0);
	f[1].fd = 77;
	CHECK_EQ(rump_sys_poll(f, 2, -1), 1);
	CHECK_EQ(f[1].revents, POLLNVAL);
	t = now_ms();
	CHECK_EQ(rump_sys_poll(f, 1, 30), 0);
	CHECK(now_ms() - t >= 30);
	t = now_ms();
	CHECK_EQ(rump_sys_ppoll(f, 1, &ts, NULL, 8), 0);
	CHECK(now_ms() - t >= 20);
	ts.tv_nsec = 1000000000;
	FAILS(rump_sys_ppoll(f, 1, &ts, NULL, 8), EINVAL);
	FAILS(rump_sys_poll(f, 100000, 0), EINVAL);
	FAILS(rump_sys_poll(NULL, 1, 0), EFAULT);
	t = now_ms();
	CHECK_EQ(rump_sys_poll(NULL, 0, 20), 0);
	CHECK(now_ms() - t >= 20);
	/* More than fit on the stack, the same file in all. */
	for (i = 0; i < 12; i++)
		f[i] = (struct pollfd){ p[i & 1], POLLIN, 0 };
	rump_sys_write(p[1], "a", 1);
	CHECK_EQ(rump_sys_poll(f, 12, -1), 6);
	rump_sys_read(p[0], f, 1);
	rump_sys_close(p[0]);
	rump_sys_close(p[1]);
}

static void
test_wake(void)
{
	struct pollfd f;
	struct thread th;
	int n = 1;

	OK(rump_sys_pipe(p));
	f = (struct pollfd){ p[0], POLLIN, 0 };
	thread_start(&th, later, &n);
	CHECK_EQ(rump_sys_poll(&f, 1, -1), 1);
	CHECK_EQ(f.revents, POLLIN);
	thread_join(&th);
	rump_sys_read(p[0], &n, 1);
	n = 0;
	f.events = 0;		/* a hang-up comes unasked */
	thread_start(&th, later, &n);
	CHECK_EQ(rump_sys_poll(&f, 1, 60000), 1);
	CHECK_EQ(f.revents, POLLHUP);
	thread_join(&th);
	rump_sys_close(p[0]);
}

static void
test_select(void)
{
	fd_set r, w, e;
	struct timeval tv = { 0, 20000 };
	struct thread th;
	int64_t t;
	int n = 1;

	OK(rump_sys_pipe(p));
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&e);
	FD_SET(p[0], &r);
	FD_SET(p[1], &w);
	FD_SET(p[0], &e);
	CHECK_EQ(rump_sys_select(p[1] + 1, &r, &w, &e, NULL), 1);
	CHECK(!FD_ISSET(p[0], &r) && FD_ISSET(p[1], &w) &&
	    !FD_ISSET(p[0], &e));
	FD_SET(p[0], &r);
	t = now_ms();
	CHECK_EQ(rump_sys_select(p[0] + 1, &r, NULL, NULL, &tv), 0);
	CHECK(now_ms() - t >= 20);
	CHECK(!FD_ISSET(p[0], &r));
	FD_SET(p[0], &r);
	thread_start(&th, later, &n);
	CHECK_EQ(rump_sys_pselect6(p[0] + 1, &r, NULL, NULL, NULL, NULL), 1);
	CHECK(FD_ISSET(p[0], &r));
	thread_join(&th);
	FD_SET(70, &r);
	tv.tv_sec = tv.tv_usec = 0;
	FAILS(rump_sys_select(71, &r, NULL, NULL, &tv), EBADF);
	CHECK_EQ(rump_sys_select(70, &r, NULL, NULL, &tv), 1);
	FAILS(rump_sys_select(-1, &r, NULL, NULL, &tv), EINVAL);
	tv.tv_sec = -1;
	FAILS(rump_sys_select(1, NULL, NULL, NULL, &tv), EINVAL);
	rump_sys_close(p[0]);
	rump_sys_close(p[1]);
}

/* Many rounds between two threads: no wake-up gets lost. */
static int q[2];

static void
echo(void *arg)
{
	struct pollfd f = { p[0], POLLIN, 0 };
	char c;
	int i;

	(void)arg;
	for (i = 0; i < 2000; i++) {
		CHECK_EQ(rump_sys_poll(&f, 1, 60000), 1);
		CHECK_EQ(rump_sys_read(p[0], &c, 1), 1);
		CHECK_EQ(rump_sys_write(q[1], &c, 1), 1);
	}
}

static void
test_pingpong(void)
{
	struct pollfd f;
	struct thread th;
	char c = 0;
	int i;

	OK(rump_sys_pipe(p));
	OK(rump_sys_pipe(q));
	f = (struct pollfd){ q[0], POLLIN, 0 };
	thread_start(&th, echo, NULL);
	for (i = 0; i < 2000; i++) {
		CHECK_EQ(rump_sys_write(p[1], &c, 1), 1);
		CHECK_EQ(rump_sys_poll(&f, 1, 60000), 1);
		CHECK_EQ(rump_sys_read(q[0], &c, 1), 1);
	}
	thread_join(&th);
	OK(rump_sys_close_range(0, ~0U, 0));
}

int
main(void)
{

	REQUIRE(start() == 0);
	test_poll();
	test_wake();
	test_select();
	test_pingpong();
	return check_done();
}
