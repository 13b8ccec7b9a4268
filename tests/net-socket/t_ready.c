/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_local vfs vfs_tmpfs */
/* poll and epoll of sockets, on the host and in the rump kernel. */
#include "socktest.h"

#define RD	POLLIN
#define WR	POLLOUT
#define HUP	POLLHUP
#define RDH	POLLRDHUP

static void
test_stream(void)
{
	int fds[2], fd;
	char buf[8];

	fd = mksock(SOCK_STREAM);
	CHECK_EQ(bits(fd, ALLBITS), WR | HUP);
	OK(SYS(close, fd));
	pair(SOCK_STREAM, fds);
	CHECK_EQ(bits(fds[0], ALLBITS), WR);
	CHECK_EQ(bits(fds[0], 0), 0);
	CHECK_EQ(xsend(fds[1], "x", 1, 0), 1);
	CHECK_EQ(bits(fds[0], ALLBITS), RD | WR);
	CHECK_EQ(bits(fds[0], ALLBITS | POLLRDNORM | POLLWRNORM | POLLWRBAND),
	    RD | WR | POLLRDNORM | POLLWRNORM | POLLWRBAND);
	OK(SYS(shutdown, fds[1], SHUT_WR));
	CHECK_EQ(bits(fds[0], ALLBITS), RD | WR | RDH);
	CHECK_EQ(bits(fds[1], ALLBITS), WR);
	CHECK_EQ(xrecv(fds[0], buf, 8, 0), 1);
	CHECK_EQ(bits(fds[0], ALLBITS), RD | WR | RDH);
	OK(SYS(shutdown, fds[1], SHUT_RD));
	CHECK_EQ(bits(fds[0], ALLBITS), RD | WR | RDH | HUP);
	CHECK_EQ(bits(fds[0], 0), HUP);
	closeboth(fds);
	pair(SOCK_STREAM, fds);
	CHECK_EQ(xsend(fds[0], "lost", 4, 0), 4);
	OK(SYS(close, fds[1]));
	CHECK_EQ(bits(fds[0], ALLBITS), RD | WR | RDH | HUP | POLLERR);
	FAILS(xrecv(fds[0], buf, 8, 0), ECONNRESET);
	CHECK_EQ(bits(fds[0], ALLBITS), RD | WR | RDH | HUP);
	OK(SYS(close, fds[0]));
}

static void
test_records(void)
{
	int fds[2], fd;

	fd = mksock(SOCK_DGRAM);
	CHECK_EQ(bits(fd, ALLBITS), WR);
	OK(SYS(shutdown, fd, SHUT_RD));
	CHECK_EQ(bits(fd, ALLBITS), RD | WR | RDH);
	OK(SYS(shutdown, fd, SHUT_WR));
	CHECK_EQ(bits(fd, ALLBITS), RD | WR | RDH | HUP);
	OK(SYS(close, fd));
	fd = mksock(SOCK_SEQPACKET);
	CHECK_EQ(bits(fd, ALLBITS), WR | HUP);
	OK(SYS(close, fd));
	pair(SOCK_SEQPACKET, fds);
	CHECK_EQ(bits(fds[0], ALLBITS), WR);
	OK(SYS(close, fds[1]));
	CHECK_EQ(bits(fds[0], ALLBITS), RD | WR | RDH | HUP);
	OK(SYS(close, fds[0]));
	pair(SOCK_DGRAM, fds);
	CHECK_EQ(xsend(fds[0], "", 0, 0), 0);
	CHECK_EQ(bits(fds[1], ALLBITS), RD | WR);
	OK(SYS(close, fds[0]));
	CHECK_EQ(bits(fds[1], ALLBITS), RD | WR);
	OK(SYS(close, fds[1]));
}

static void
test_listening(void)
{
	int s = server(SOCK_STREAM, "pl"), c, a;

	CHECK_EQ(bits(s, ALLBITS), 0);
	c = client(SOCK_STREAM, "pl");
	CHECK_EQ(bits(s, ALLBITS), RD);
	CHECK_EQ(bits(c, ALLBITS), WR);
	a = (int)SYS(accept, s, NULL, NULL);
	CHECK_EQ(bits(s, ALLBITS), 0);
	CHECK_EQ(bits(a, ALLBITS), WR);
	OK(SYS(close, c));
	CHECK_EQ(bits(a, ALLBITS), RD | WR | RDH | HUP);
	OK(SYS(close, a));
	OK(SYS(close, s));
}

static int ep;

static void
watch(int fd, unsigned events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	OK(SYS(epoll_ctl, ep, EPOLL_CTL_ADD, fd, &ev));
}

/* The events of the next one ready; -1: none. */
static int
next(void)
{
	struct epoll_event ev;

	return SYS(epoll_wait, ep, &ev, 1, 0) == 1 ? (int)ev.events : -1;
}

static void
test_edge(void)
{
	static char big[4096];
	int fds[2], i;
	char buf[4096];

	ep = (int)SYS(epoll_create1, 0);
	pair(SOCK_STREAM | SOCK_NONBLOCK, fds);
	watch(fds[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	CHECK_EQ(next(), EPOLLOUT);
	CHECK_EQ(next(), -1);
	/* Each arrival is an edge, with data still there. */
	for (i = 0; i < 3; i++) {
		CHECK_EQ(xsend(fds[1], "x", 1, 0), 1);
		CHECK_EQ(next(), EPOLLIN | EPOLLOUT);
		CHECK_EQ(next(), -1);
	}
	CHECK_EQ(xrecv(fds[0], buf, 1, 0), 1);
	CHECK_EQ(next(), -1);		/* reading is none */
	CHECK_EQ(xrecv(fds[0], buf, 8, 0), 2);
	CHECK_EQ(xsend(fds[0], "y", 1, 0), 1);
	CHECK_EQ(next(), -1);		/* nor is writing */
	CHECK_EQ(xrecv(fds[1], buf, 8, 0), 1);
	while (xsend(fds[0], big, sizeof(big), 0) > 0)
		continue;
	(void)next();
	CHECK_EQ(next(), -1);
	while (xrecv(fds[1], buf, sizeof(buf), 0) > 0)
		continue;
	CHECK_EQ(next(), EPOLLOUT);	/* room again, once */
	CHECK_EQ(next(), -1);
	OK(SYS(shutdown, fds[1], SHUT_WR));
	CHECK_EQ(next(), EPOLLIN | EPOLLOUT | EPOLLRDHUP);
	CHECK_EQ(next(), -1);
	OK(SYS(close, fds[1]));
	CHECK_EQ(next(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
	CHECK_EQ(next(), -1);
	OK(SYS(close, fds[0]));
	OK(SYS(close, ep));
}

static void
test_level(void)
{
	int s, c, c2, a, fds[2];
	char buf[4];

	ep = (int)SYS(epoll_create1, 0);
	s = server(SOCK_STREAM, "lv");
	watch(s, EPOLLIN | EPOLLET);
	CHECK_EQ(next(), -1);
	c = client(SOCK_STREAM, "lv");
	CHECK_EQ(next(), EPOLLIN);
	CHECK_EQ(next(), -1);
	c2 = client(SOCK_STREAM, "lv");
	CHECK_EQ(next(), EPOLLIN);
	CHECK_EQ(next(), -1);
	a = (int)SYS(accept, s, NULL, NULL);
	OK(SYS(close, s));
	OK(SYS(close, c2));
	watch(a, EPOLLIN);
	CHECK_EQ(next(), -1);
	CHECK_EQ(xsend(c, "ab", 2, 0), 2);
	CHECK_EQ(next(), EPOLLIN);
	CHECK_EQ(next(), EPOLLIN);
	CHECK_EQ(xrecv(a, buf, 1, 0), 1);
	CHECK_EQ(next(), EPOLLIN);
	CHECK_EQ(xrecv(a, buf, 1, 0), 1);
	CHECK_EQ(next(), -1);
	OK(SYS(close, c));
	CHECK_EQ(next(), EPOLLIN | EPOLLHUP);
	OK(SYS(close, a));
	CHECK_EQ(next(), -1);
	pair(SOCK_DGRAM, fds);
	watch(fds[0], EPOLLIN | EPOLLONESHOT);
	CHECK_EQ(xsend(fds[1], "a", 1, 0), 1);
	CHECK_EQ(next(), EPOLLIN);
	CHECK_EQ(xsend(fds[1], "b", 1, 0), 1);
	CHECK_EQ(next(), -1);
	closeboth(fds);
	OK(SYS(close, ep));
}

/* Pollers of a datagram socket that is connected to a full one. */
static void
test_room(void)
{
	int s = server(SOCK_DGRAM, "rm"), c[2], i, n = 0;
	char buf[4];

	ep = (int)SYS(epoll_create1, 0);
	for (i = 0; i < 2; i++) {
		c[i] = client(SOCK_DGRAM | SOCK_NONBLOCK, "rm");
		watch(c[i], EPOLLOUT | EPOLLET);
		CHECK_EQ(next(), EPOLLOUT);
	}
	while (xsend(c[0], "x", 1, 0) == 1)
		n++;
	CHECK_EQ(bits(c[0], WR), 0);
	CHECK_EQ(bits(c[1], WR), 0);
	CHECK_EQ(next(), -1);
	CHECK_EQ(xrecv(s, buf, 4, 0), 1);
	CHECK_EQ(next(), EPOLLOUT);
	CHECK_EQ(bits(c[0], WR), WR);
	OK(SYS(close, s));
	OK(SYS(close, c[0]));
	OK(SYS(close, c[1]));
	OK(SYS(close, ep));
}

struct waiter { int fd; int events, got; };

static void
waitpoll(void *arg)
{
	struct waiter *w = arg;
	struct pollfd p = { .fd = w->fd, .events = (short)w->events };

	CHECK_EQ(SYS(poll, &p, 1UL, 10000), 1);
	w->got = p.revents;
}

static void
test_wakeup(void)
{
	struct waiter w;
	struct thread th;
	int fds[2], i;

	for (i = 0; i < 4; i++) {
		pair(SOCK_STREAM, fds);
		w = (struct waiter){ fds[0], POLLIN, 0 };
		thread_start(&th, waitpoll, &w);
		msleep(5);
		if (i == 0)
			CHECK_EQ(xsend(fds[1], "x", 1, 0), 1);
		else if (i == 1)
			OK(SYS(shutdown, fds[1], SHUT_WR));
		else if (i == 2)
			OK(SYS(shutdown, fds[0], SHUT_RD));
		else
			OK(SYS(close, fds[1]));
		thread_join(&th);
		CHECK_EQ(w.got, i == 3 ? POLLIN | POLLHUP : POLLIN);
		OK(SYS(close, fds[0]));
		if (i != 3)
			OK(SYS(close, fds[1]));
	}
}

static const struct test tests[] = {
	{ "stream", test_stream }, { "records", test_records },
	{ "listening", test_listening }, { "edge", test_edge },
	{ "level", test_level }, { "room", test_room },
	{ "wakeup", test_wakeup },
	{ NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
