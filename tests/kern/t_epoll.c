/* SPDX-License-Identifier: BSD-2-Clause */
/* epoll: triggers, nesting, files that go away, many waiters. */
#include "kerntest.h"
#include <poll.h>
#include <sys/epoll.h>

static struct epoll_event out[64];

static int
ctl(int ep, int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event ev = { .events = events, .data.u64 = data };

	return rump_sys_epoll_ctl(ep, op, fd, &ev);
}

#define WAIT(ep, max)	rump_sys_epoll_wait(ep, out, max, 0)

static void
test_errors(void)
{
	int ep, ep2, p[2];

	FAILS(rump_sys_epoll_create(0), EINVAL);
	FAILS(rump_sys_epoll_create1(1), EINVAL);
	CHECK((ep = rump_sys_epoll_create1(EPOLL_CLOEXEC)) >= 0);
	CHECK_EQ(rump_sys_fcntl(ep, F_GETFD, 0), FD_CLOEXEC);
	OK(rump_sys_pipe(p));
	FAILS(ctl(ep, EPOLL_CTL_ADD, ep, EPOLLIN, 0), EINVAL);
	FAILS(ctl(p[0], EPOLL_CTL_ADD, p[1], EPOLLIN, 0), EINVAL);
	FAILS(ctl(ep, EPOLL_CTL_ADD, 77, EPOLLIN, 0), EBADF);
	FAILS(ctl(77, EPOLL_CTL_ADD, p[0], EPOLLIN, 0), EBADF);
	FAILS(ctl(ep, 4, p[0], EPOLLIN, 0), EINVAL);
	FAILS(ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN, 0), ENOENT);
	FAILS(ctl(ep, EPOLL_CTL_DEL, p[0], EPOLLIN, 0), ENOENT);
	OK(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 0));
	FAILS(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 0), EEXIST);
	FAILS(rump_sys_epoll_ctl(ep, EPOLL_CTL_ADD, p[1], NULL), EFAULT);
	OK(rump_sys_epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL));
	FAILS(rump_sys_epoll_wait(ep, out, 0, 0), EINVAL);
	FAILS(rump_sys_epoll_wait(ep, NULL, 1, 0), EFAULT);
	FAILS(rump_sys_epoll_wait(p[0], out, 1, 0), EINVAL);
	FAILS(rump_sys_read(ep, out, 1), EINVAL);
	CHECK((ep2 = rump_sys_epoll_create(1)) >= 0);
	FAILS(ctl(ep, EPOLL_CTL_ADD, ep2, EPOLLIN | EPOLLEXCLUSIVE, 0),
	    EINVAL);
	FAILS(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLONESHOT |
	    EPOLLEXCLUSIVE, 0), EINVAL);
	OK(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLEXCLUSIVE, 0));
	FAILS(ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN, 0), EINVAL);
	rump_sys_close(p[0]);
	rump_sys_close(p[1]);
	rump_sys_close(ep);
	rump_sys_close(ep2);
}

static void
test_level(void)
{
	int ep = rump_sys_epoll_create1(0), p[2], i;
	char c;

	OK(rump_sys_pipe(p));
	OK(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 0x123456789abcdef0));
	CHECK_EQ(WAIT(ep, 8), 0);
	rump_sys_write(p[1], "ab", 2);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(WAIT(ep, 8), 1);
		CHECK_EQ(out[0].events, EPOLLIN);
		CHECK_EQ(out[0].data.u64, 0x123456789abcdef0);
	}
	rump_sys_read(p[0], &c, 1);
	CHECK_EQ(WAIT(ep, 8), 1);
	rump_sys_read(p[0], &c, 1);
	CHECK_EQ(WAIT(ep, 8), 0);
	OK(ctl(ep, EPOLL_CTL_ADD, p[1], EPOLLOUT, 2));
	CHECK_EQ(WAIT(ep, 8), 1);
	CHECK_EQ(out[0].data.u64, 2);
	OK(ctl(ep, EPOLL_CTL_MOD, p[1], 0, 3));
	CHECK_EQ(WAIT(ep, 8), 0);
	OK(ctl(ep, EPOLL_CTL_MOD, p[1], EPOLLOUT, 4));
	CHECK_EQ(WAIT(ep, 8), 1);
	CHECK_EQ(out[0].data.u64, 4);
	rump_sys_close(p[1]);
	CHECK_EQ(WAIT(ep, 8), 1);
	CHECK_EQ(out[0].events, EPOLLHUP);
	rump_sys_close(p[0]);
	CHECK_EQ(WAIT(ep, 8), 0);
	rump_sys_close(ep);
}

static void
test_edge(void)
{
	int ep = rump_sys_epoll_create1(0), p[2];
	char c;

	OK(rump_sys_pipe(p));
	rump_sys_write(p[1], "a", 1);
	OK(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLET, 1));
	CHECK_EQ(WAIT(ep, 8), 1);
	CHECK_EQ(WAIT(ep, 8), 0);
	rump_sys_write(p[1], "b", 1);
	CHECK_EQ(WAIT(ep, 8), 1);
	CHECK_EQ(WAIT(ep, 8), 0);
	OK(ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 1));
	CHECK_EQ(WAIT(ep, 8), 1);
	/* Gone again before anybody looked. */
	rump_sys_write(p[1], "c", 1);
	while (rump_sys_fcntl(p[0], F_SETFL, O_NONBLOCK) == 0 &&
	    rump_sys_read(p[0], &c, 1) == 1)
		continue;
	CHECK_EQ(WAIT(ep, 8), 0);

	OK(ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 1));
	rump_sys_write(p[1], "d", 1);
	CHECK_EQ(WAIT(ep, 8), 1);
	rump_sys_write(p[1], "e", 1);
	CHECK_EQ(WAIT(ep, 8), 0);
	OK(ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 1));
	CHECK_EQ(WAIT(ep, 8), 1);
	CHECK_EQ(WAIT(ep, 8), 0);
	rump_sys_close(p[0]);
	rump_sys_close(p[1]);
	rump_sys_close(ep);
}

/* An interest is that of a descriptor and its file. */
static void
test_dup(void)
{
	int ep = rump_sys_epoll_create1(0), p[2], d, q[2];

	OK(rump_sys_pipe(p));
	CHECK((d = rump_sys_dup(p[0])) >= 0);
	OK(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 1));
	OK(ctl(ep, EPOLL_CTL_ADD, d, EPOLLIN, 2));
	rump_sys_write(p[1], "a", 1);
	CHECK_EQ(WAIT(ep, 8), 2);
	OK(ctl(ep, EPOLL_CTL_DEL, d, 0, 0));
	CHECK_EQ(WAIT(ep, 8), 1);
	/* d keeps the file, and so the interest, alive. */
	rump_sys_close(p[0]);
	CHECK_EQ(WAIT(ep, 8), 1);
	CHECK_EQ(out[0].data.u64, 1);
	/* The number is somebody else's now. */
	OK(rump_sys_pipe(q));
	CHECK_EQ(q[0], p[0]);
	OK(ctl(ep, EPOLL_CTL_ADD, q[0], EPOLLIN, 3));
	rump_sys_write(q[1], "a", 1);
	CHECK_EQ(WAIT(ep, 8), 2);
	rump_sys_close(d);
	CHECK_EQ(WAIT(ep, 8), 1);
	CHECK_EQ(out[0].data.u64, 3);
	/* The epoll goes first. */
	rump_sys_close(ep);
	rump_sys_write(q[1], "a", 1);
	rump_sys_close(q[0]);
	rump_sys_close(q[1]);
	rump_sys_close(p[1]);
}

/* A few at a time: all get their turn. */
static void
test_many(void)
{
	enum { N = 100 };
	int ep = rump_sys_epoll_create1(0), e[N], i, n, seen[N] = { 0 };

	for (i = 0; i < N; i++) {
		CHECK((e[i] = rump_sys_eventfd2(1, 0)) >= 0);
		OK(ctl(ep, EPOLL_CTL_ADD, e[i], EPOLLIN, (uint64_t)i));
	}
	for (i = 0; i < N / 10; i++) {
		CHECK_EQ(n = WAIT(ep, 10), 10);
		while (n-- > 0)
			seen[out[n].data.u64]++;
	}
	for (i = 0; i < N; i++)
		CHECK_EQ(seen[i], 1);
	for (i = 0; i < N; i++)
		rump_sys_close(e[i]);
	CHECK_EQ(WAIT(ep, 10), 0);
	rump_sys_close(ep);
}

static void
test_nested(void)
{
	int ep[7], i, p[2];
	struct pollfd pf;

	for (i = 0; i < 7; i++)
		CHECK((ep[i] = rump_sys_epoll_create1(0)) >= 0);
	OK(rump_sys_pipe(p));
	OK(ctl(ep[0], EPOLL_CTL_ADD, p[0], EPOLLIN, 10));
	for (i = 1; i < 5; i++)
		OK(ctl(ep[i], EPOLL_CTL_ADD, ep[i - 1], EPOLLIN,
		    (uint64_t)i));
	FAILS(ctl(ep[5], EPOLL_CTL_ADD, ep[4], EPOLLIN, 0), ELOOP);
	FAILS(ctl(ep[0], EPOLL_CTL_ADD, ep[4], EPOLLIN, 0), ELOOP);
	FAILS(ctl(ep[0], EPOLL_CTL_ADD, ep[1], EPOLLIN, 0), ELOOP);
	OK(ctl(ep[5], EPOLL_CTL_ADD, ep[6], EPOLLIN, 0));
	FAILS(ctl(ep[0], EPOLL_CTL_ADD, ep[5], EPOLLIN, 0), ELOOP);
	CHECK_EQ(WAIT(ep[4], 8), 0);
	rump_sys_write(p[1], "a", 1);
	pf = (struct pollfd){ .fd = ep[4], .events = POLLIN };
	CHECK_EQ(rump_sys_poll(&pf, 1, 0), 1);
	for (i = 4; i > 0; i--) {
		CHECK_EQ(WAIT(ep[i], 8), 1);
		CHECK_EQ(out[0].data.u64, i);
	}
	CHECK_EQ(WAIT(ep[0], 8), 1);
	CHECK_EQ(out[0].data.u64, 10);
	rump_sys_read(p[0], out, 1);
	CHECK_EQ(WAIT(ep[4], 8), 0);
	CHECK_EQ(rump_sys_poll(&pf, 1, 0), 0);
	rump_sys_close(ep[2]);
	rump_sys_write(p[1], "a", 1);
	CHECK_EQ(WAIT(ep[4], 8), 0);
	CHECK_EQ(WAIT(ep[1], 8), 1);
	for (i = 0; i < 7; i++)
		rump_sys_close(ep[i]);
	rump_sys_close(p[0]);
	rump_sys_close(p[1]);
}

static int wfd, wp[2], got;

static void
waiter(void *arg)
{
	struct epoll_event ev;
	uint64_t v;

	(void)arg;
	for (;;) {
		CHECK_EQ(rump_sys_epoll_wait(wfd, &ev, 1, -1), 1);
		if (ev.data.u64 == 2)
			return;
		if (rump_sys_read(wp[0], &v, 8) == 8)
			__atomic_fetch_add(&got, 1, __ATOMIC_RELAXED);
	}
}

static void
sleeper(void *arg)
{
	struct epoll_event ev;

	CHECK_EQ(rump_sys_epoll_wait(*(int *)arg, &ev, 1, 60000), 1);
	CHECK_EQ(ev.data.u64, 9);
}

static void
test_threads(void)
{
	enum { N = 4, EVENTS = 2000 };
	struct thread th[N], deep;
	uint64_t one = 1;
	int i, stop, outer;
	int64_t t;

	wfd = rump_sys_epoll_create1(0);
	wp[0] = rump_sys_eventfd2(0, O_NONBLOCK | 1);
	stop = rump_sys_eventfd2(0, 0);
	OK(ctl(wfd, EPOLL_CTL_ADD, wp[0], EPOLLIN, 1));
	OK(ctl(wfd, EPOLL_CTL_ADD, stop, EPOLLIN, 2));
	for (i = 0; i < N; i++)
		thread_start(&th[i], waiter, NULL);
	for (i = 0; i < EVENTS; i++)
		CHECK_EQ(rump_sys_write(wp[0], &one, 8), 8);
	t = now_ms() + 60000;
	while (__atomic_load_n(&got, __ATOMIC_RELAXED) != EVENTS &&
	    now_ms() < t)
		msleep(1);
	CHECK_EQ(__atomic_load_n(&got, __ATOMIC_RELAXED), EVENTS);
	rump_sys_write(stop, &one, 8);
	for (i = 0; i < N; i++)
		thread_join(&th[i]);

	/* A sleeper two epolls away; time-outs. */
	rump_sys_read(stop, &one, 8);
	outer = rump_sys_epoll_create1(0);
	OK(ctl(outer, EPOLL_CTL_ADD, wfd, EPOLLIN, 9));
	t = now_ms();
	CHECK_EQ(rump_sys_epoll_wait(outer, out, 1, 50), 0);
	CHECK(now_ms() - t >= 50);
	thread_start(&deep, sleeper, &outer);
	msleep(30);
	rump_sys_write(stop, &one, 8);
	thread_join(&deep);
	rump_sys_close(outer);
	rump_sys_close(wfd);
	rump_sys_close(stop);
	rump_sys_close(wp[0]);
}

/* Adding, writing, closing against waiting. */
static int churn_ep, churn_stop;

static void
churn_wait(void *arg)
{
	struct epoll_event ev[4];

	(void)arg;
	while (!__atomic_load_n(&churn_stop, __ATOMIC_RELAXED))
		CHECK(rump_sys_epoll_wait(churn_ep, ev, 4, 1) >= 0);
}

static void
churn(void *arg)
{
	int i, p[2];

	(void)arg;
	for (i = 0; i < 500; i++) {
		OK(rump_sys_pipe(p));
		OK(ctl(churn_ep, EPOLL_CTL_ADD, p[0], EPOLLIN |
		    (i & 1 ? EPOLLET : 0), 1));
		rump_sys_write(p[1], "a", 1);
		if (i & 2)
			OK(ctl(churn_ep, EPOLL_CTL_DEL, p[0], 0, 0));
		rump_sys_close(p[i & 1]);
		rump_sys_close(p[!(i & 1)]);
	}
}

static void
test_churn(void)
{
	struct thread w[2], c[2];
	int i;

	churn_ep = rump_sys_epoll_create1(0);
	for (i = 0; i < 2; i++) {
		thread_start(&w[i], churn_wait, NULL);
		thread_start(&c[i], churn, NULL);
	}
	for (i = 0; i < 2; i++)
		thread_join(&c[i]);
	__atomic_store_n(&churn_stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		thread_join(&w[i]);
	CHECK_EQ(WAIT(churn_ep, 8), 0);
	rump_sys_close(churn_ep);
}

int
main(void)
{

	REQUIRE(start() == 0);
	test_errors();
	test_level();
	test_edge();
	test_dup();
	test_many();
	test_nested();
	test_threads();
	test_churn();
	return check_done();
}
