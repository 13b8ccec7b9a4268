/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp vfs vfs_tmpfs */
/*
 * A send buffer smaller than a segment: what it took of a write that did not
 * fit goes out at once, nothing more can join it before the peer has it.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include "../net-socket/socktest.h"

static char chunk[65536];

static void
tcppair(int *fds)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int l = (int)SYS(socket, AF_INET, SOCK_STREAM, 0), n = 4096;
	socklen_t len = sizeof(sin);

	OK(SYS(bind, l, (void *)&sin, sizeof(sin)));
	OK(SYS(listen, l, 1));
	OK(SYS(getsockname, l, (void *)&sin, &len));
	fds[0] = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);
	OK(SYS(connect, fds[0], (void *)&sin, sizeof(sin)));
	OK(SYS(setsockopt, fds[0], SOL_SOCKET, SO_SNDBUF, &n, 4U));
	fds[1] = (int)SYS(accept4, l, NULL, NULL, 0);
	OK(SYS(close, l));
}

static void
arrives(const int *fds, long n)
{
	int unsent = -1;
	long k;

	CHECK(n > 0);
	OK(SYS(ioctl, fds[0], (unsigned long)SIOCOUTQNSD, &unsent));
	CHECK_EQ(unsent, 0);
	for (; n > 0; n -= k)
		if ((k = xrecv(fds[1], chunk, (size_t)n, 0)) <= 0)
			break;
	CHECK_EQ(n, 0);
}

/* The peer has acknowledged what was sent before. */
static void
room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	CHECK_EQ(SYS(poll, &p, 1UL, -1), 1);
}

static void
sends(void)
{
	int fds[2], i;
	long n;

	tcppair(fds);
	for (i = 0; i < 10; i++) {
		room(fds[0]);
		n = xsend(fds[0], chunk, sizeof(chunk), MSG_DONTWAIT);
		arrives(fds, n);
	}
	closeboth(fds);
}

static void
sendfiles(void)
{
	int fds[2], i, fd = (int)SYS(memfd_create, "t", 0U);
	long n;

	tcppair(fds);
	CHECK_EQ(SYS(write, fd, chunk, sizeof(chunk)), sizeof(chunk));
	OK(SYS(fcntl, fds[0], F_SETFL, O_NONBLOCK));
	for (i = 0; i < 10; i++) {
		OK(SYS(lseek, fd, 0L, SEEK_SET));
		room(fds[0]);
		n = SYS(sendfile, fds[0], fd, NULL, sizeof(chunk));
		arrives(fds, n);
	}
	OK(SYS(close, fd));
	closeboth(fds);
}

static const struct test tests[] = {
	{ "sends", sends }, { "sendfiles", sendfiles }, { NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
