/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp vfs vfs_tmpfs */
/*
 * TCP_NOTSENT_LOWAT: how much waits in the socket behind a closed window, for
 * writers that return, that sleep, and for poll and epoll.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include "../net-socket/socktest.h"

#define LOW	4096
#define PIECES	(2 * 65536)	/* what one write may put beyond it */

static void
tcppair(int *fds, int onlistener)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int l = (int)SYS(socket, AF_INET, SOCK_STREAM, 0), n = LOW;
	socklen_t len = sizeof(sin);

	OK(SYS(bind, l, (void *)&sin, sizeof(sin)));
	OK(SYS(listen, l, 1));
	if (onlistener)
		OK(SYS(setsockopt, l, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &n, 4U));
	OK(SYS(getsockname, l, (void *)&sin, &len));
	fds[0] = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);
	n = 16384;
	OK(SYS(setsockopt, fds[0], SOL_SOCKET, SO_RCVBUF, &n, 4U));
	OK(SYS(connect, fds[0], (void *)&sin, sizeof(sin)));
	fds[1] = (int)SYS(accept4, l, NULL, NULL, 0);
	n = 1 << 20;
	OK(SYS(setsockopt, fds[1], SOL_SOCKET, SO_SNDBUF, &n, 4U));
	OK(SYS(close, l));
}

static int
notsent(int fd)
{
	int n = -1;

	OK(SYS(ioctl, fd, (unsigned long)SIOCOUTQNSD, &n));
	return n;
}

static char chunk[8192];

/* Until it would block. */
static long
fillup(int fd)
{
	long n, total = 0;

	while ((n = xsend(fd, chunk, sizeof(chunk), MSG_DONTWAIT)) > 0)
		total += n;
	CHECK_EQ(errno, EAGAIN);
	return total;
}

static void
empty(int fd, long n)
{
	static char buf[65536];
	long k;

	for (; n > 0; n -= k) {
		k = xrecv(fd, buf, n < (long)sizeof(buf) ? (size_t)n :
		    sizeof(buf), 0);
		CHECK(k > 0);
		if (k <= 0)
			break;
	}
}

/* Until there is no more room to come: acknowledgements may be on their way. */
static long
fillall(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	long total = 0;

	do
		total += fillup(fd);
	while (SYS(poll, &p, 1UL, 200) == 1);
	return total;
}

static void
nonblocking(int onlistener)
{
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLET };
	int fds[2], n = LOW, ep = (int)SYS(epoll_create1, 0);
	long total;

	tcppair(fds, onlistener);
	if (!onlistener)
		OK(SYS(setsockopt, fds[1], IPPROTO_TCP, TCP_NOTSENT_LOWAT, &n,
		    4U));
	CHECK_EQ(bits(fds[1], POLLOUT), POLLOUT);
	total = fillall(fds[1]);
	CHECK(notsent(fds[1]) >= LOW);
	CHECK(notsent(fds[1]) < LOW + PIECES);
	CHECK_EQ(bits(fds[1], POLLOUT), 0);
	OK(SYS(epoll_ctl, ep, EPOLL_CTL_ADD, fds[1], &ev));
	CHECK_EQ(SYS(epoll_wait, ep, &ev, 1, 0), 0);
	empty(fds[0], total);
	CHECK_EQ(SYS(epoll_wait, ep, &ev, 1, 5000), 1);
	CHECK_EQ(bits(fds[1], POLLOUT), POLLOUT);
	CHECK(fillup(fds[1]) > 0);
	closeboth(fds);
	OK(SYS(close, ep));
}

static void
option(void)
{

	nonblocking(0);
}

static void
inherited(void)
{

	nonblocking(1);
}

/* Without it everything that the buffer takes; setting it off wakes. */
static void
unlimited(void)
{
	int fds[2], n = LOW;

	tcppair(fds, 0);
	OK(SYS(setsockopt, fds[1], IPPROTO_TCP, TCP_NOTSENT_LOWAT, &n, 4U));
	(void)fillall(fds[1]);
	CHECK_EQ(bits(fds[1], POLLOUT), 0);
	n = 0;
	OK(SYS(setsockopt, fds[1], IPPROTO_TCP, TCP_NOTSENT_LOWAT, &n, 4U));
	(void)fillup(fds[1]);
	CHECK(notsent(fds[1]) > LOW + PIECES);
	closeboth(fds);
}

#define BULK	(4 << 20)

static void *
writer(void *arg)
{
	static char bulk[BULK];
	const int *fd = arg;

	if (!onhost)
		OK(rump_pub_lwproc_newlwp(fd[1]));
	CHECK_EQ(xsend(fd[0], bulk, BULK, 0), BULK);
	if (!onhost)
		rump_pub_lwproc_releaselwp();
	return NULL;
}

/* A writer sleeps and wakes until all of it is through, the least limit. */
static void
sleeping(void)
{
	int fds[2], n = 1, arg[2];
	pthread_t t;

	tcppair(fds, 0);
	OK(SYS(setsockopt, fds[1], IPPROTO_TCP, TCP_NOTSENT_LOWAT, &n, 4U));
	arg[0] = fds[1];
	arg[1] = rump_sys_getpid();
	OK(pthread_create(&t, NULL, writer, arg));
	empty(fds[0], BULK);
	OK(pthread_join(t, NULL));
	closeboth(fds);
}

static const struct test tests[] = {
	{ "option", option }, { "inherited", inherited },
	{ "unlimited", unlimited }, { "sleeping", sleeping }, { NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
