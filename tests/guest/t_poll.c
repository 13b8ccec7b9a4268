/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What poll(2) and epoll(7) tell that nobody asked for: a descriptor that is
 * not open, whatever the timeout is, a pipe that has no reader any more.  When
 * it is not seen the test does not end.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../check.h"

static void *
closer(void *arg)
{
	usleep(50000);
	close(*(int *)arg);
	return NULL;
}

/* The write end, watched for reading: EPOLLERR when the reader goes. */
static void
no_reader(int events)
{
	struct epoll_event ev = { .events = (uint32_t)events }, out = { 0 };
	struct pollfd f = { 0 };
	int p[2], ep = epoll_create1(0);
	pthread_t t;

	CHECK(pipe(p) == 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, p[1], &ev) == 0);
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 0);
	CHECK(pthread_create(&t, NULL, closer, &p[0]) == 0);
	f.fd = p[1];
	f.events = (short)events;
	CHECK_EQ(poll(&f, 1, -1), 1);
	CHECK_EQ(f.revents, POLLERR);
	CHECK_EQ(epoll_wait(ep, &out, 1, -1), 1);
	CHECK_EQ(out.events, EPOLLERR);
	CHECK(pthread_join(t, NULL) == 0);
	close(p[1]);
	close(ep);
}

int
main(void)
{
	struct pollfd f[3] = { 0 };
	int p[2], gone;

	no_reader(EPOLLIN);
	no_reader(0);
	REQUIRE(pipe(p) == 0);
	gone = dup(p[0]);
	close(gone);
	f[0].fd = -1;
	f[1].fd = p[0];
	f[1].events = POLLIN;
	f[2].fd = gone;
	CHECK_EQ(poll(f, 3, 0), 1);
	CHECK_EQ(poll(f, 3, -1), 1);
	CHECK_EQ(poll(f + 2, 1, -1), 1);
	CHECK(f[0].revents == 0 && f[1].revents == 0);
	CHECK_EQ(f[2].revents, POLLNVAL);
	return check_done();
}
