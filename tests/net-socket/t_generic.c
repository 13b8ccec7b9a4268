/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net vfs vfs_tmpfs */
/*
 * The generic layer's streams: TCP on the host, a protocol of pairs in the
 * rump kernel.
 */
#include "socktest.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include "pairproto.h"

static void
mkpair(int *fds)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int s, one = 1;

	if (!onhost) {
		OK(SYS(socketpair, AF_PAIR, SOCK_STREAM, 0, fds));
		return;
	}
	s = socket(AF_INET, SOCK_STREAM, 0);
	OK(bind(s, (void *)&sin, len));
	OK(listen(s, 1));
	OK(getsockname(s, (void *)&sin, &len));
	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	OK(connect(fds[0], (void *)&sin, len));
	fds[1] = accept(s, NULL, NULL);
	CHECK(fds[1] >= 0);
	setsockopt(fds[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fds[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	close(s);
}

/* One of them: what is sent may be with another thread of the host's yet. */
static void
awaitbits(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = (short)events };

	CHECK_EQ(SYS(poll, &p, 1UL, 5000), 1);
}

static void
test_bytes(void)
{
	char buf[32];
	int fds[2], v;

	mkpair(fds);
	CHECK_EQ(xsend(fds[0], "hello", 5, 0), 5);
	CHECK_EQ(SYS(write, fds[0], " world", 6UL), 6);
	CHECK_EQ(xrecv(fds[1], buf, 11, MSG_PEEK | MSG_WAITALL), 11);
	OK(SYS(ioctl, fds[1], FIONREAD, &v));
	CHECK_EQ(v, 11);
	CHECK_EQ(xrecv(fds[1], buf, 3, 0), 3);
	CHECK_EQ(xrecv(fds[1], NULL, 4, MSG_TRUNC), 4);	/* thrown away */
	CHECK_EQ(SYS(read, fds[1], buf, sizeof(buf)), 4);
	CHECK(memcmp(buf, "orld", 4) == 0);
	FAILS(xrecv(fds[1], buf, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(xsend(fds[0], "", 0, 0), 0);
	CHECK_EQ(bits(fds[1], ALLBITS), POLLOUT);
	FAILS(xrecv(fds[0], buf, 4, MSG_ERRQUEUE), EAGAIN);
	FAILS(xsend(fds[0], NULL, 4, 0), EFAULT);
	OK(SYS(shutdown, fds[0], SHUT_WR));
	FAILS(xsend(fds[0], "x", 1, 0), EPIPE);
	awaitbits(fds[1], POLLRDHUP);
	CHECK_EQ(bits(fds[1], ALLBITS), POLLIN | POLLOUT | POLLRDHUP);
	CHECK_EQ(xrecv(fds[1], buf, 4, 0), 0);
	CHECK_EQ(xrecv(fds[1], buf, 4, MSG_PEEK | MSG_WAITALL), 0);
	CHECK_EQ(xsend(fds[1], "back", 4, 0), 4);
	CHECK_EQ(xrecv(fds[0], buf, 32, 0), 4);
	OK(SYS(close, fds[1]));
	CHECK_EQ(xrecv(fds[0], buf, 32, 0), 0);
	CHECK_EQ(bits(fds[0], ALLBITS), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	OK(SYS(close, fds[0]));
}

static void
test_waitall(void)
{
	struct timeval tv = { 0, 30000 };
	char buf[16];
	int fds[2], low = 4;

	mkpair(fds);
	OK(SYS(setsockopt, fds[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	FAILS(xrecv(fds[1], buf, 8, 0), EAGAIN);
	CHECK_EQ(xsend(fds[0], "abc", 3, 0), 3);
	awaitbits(fds[1], POLLIN);
	CHECK_EQ(xrecv(fds[1], buf, 8, MSG_WAITALL), 3);
	OK(SYS(setsockopt, fds[1], SOL_SOCKET, SO_RCVLOWAT, &low, 4));
	CHECK_EQ(xsend(fds[0], "abc", 3, 0), 3);
	msleep(onhost);
	CHECK_EQ(bits(fds[1], POLLIN), 0);
	CHECK_EQ(xsend(fds[0], "d", 1, 0), 1);
	awaitbits(fds[1], POLLIN);
	CHECK_EQ(bits(fds[1], POLLIN), POLLIN);
	CHECK_EQ(xrecv(fds[1], buf, 2, 0), 2);
	CHECK_EQ(xrecv(fds[1], buf, 8, 0), 2);	/* after the time limit */
	closeboth(fds);
}

struct job { int fd; long n; };

static void
do_source(void *arg)
{
	struct job *j = arg;
	static unsigned char buf[30011];
	unsigned pos = 0;
	long i, n, left = j->n;

	while (left > 0) {
		n = left < 1 + (int)(pos % 29000) ? left : 1 + pos % 29000;
		for (i = 0; i < n; i++)
			buf[i] = (unsigned char)((pos + (unsigned)i) % 251);
		CHECK_EQ(xsend(j->fd, buf, (size_t)n, 0), n);
		pos += (unsigned)n;
		left -= n;
	}
	OK(SYS(shutdown, j->fd, SHUT_WR));
}

/* Many bytes, all sizes of pieces, through small buffers. */
static void
test_flow(void)
{
	static unsigned char buf[70000];
	struct job j = { .n = 3000000 };
	struct thread th;
	int fds[2], v = 20000, bad = 0;
	unsigned pos = 0;
	long n, i;

	mkpair(fds);
	OK(SYS(setsockopt, fds[0], SOL_SOCKET, SO_SNDBUF, &v, 4U));
	OK(SYS(setsockopt, fds[1], SOL_SOCKET, SO_RCVBUF, &v, 4U));
	j.fd = fds[0];
	thread_start(&th, do_source, &j);
	while ((n = xrecv(fds[1], buf, 1 + pos % 69000, 0)) > 0)
		for (i = 0; i < n; i++)
			bad += buf[i] != pos++ % 251;
	CHECK_EQ(n, 0);
	CHECK_EQ(pos, 3000000);
	CHECK_EQ(bad, 0);
	thread_join(&th);
	closeboth(fds);
}

/* The host's stack may still move bytes on: a few more tries. */
static int
msleep_more(void)
{
	static int tries;

	if (!onhost || tries++ > 5)
		return 0;
	msleep(2);
	errno = EAGAIN;
	return 1;
}

static void
test_nonblock(void)
{
	static char buf[65536];
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLIN | EPOLLET };
	int fds[2], ep = (int)SYS(epoll_create1, 0), i;
	long n, sent = 0, got = 0;

	mkpair(fds);
	for (i = 0; i < 2; i++)
		OK(SYS(fcntl, fds[i], F_SETFL, (unsigned long)O_NONBLOCK));
	OK(SYS(epoll_ctl, ep, EPOLL_CTL_ADD, fds[0], &ev));
	CHECK_EQ(SYS(epoll_wait, ep, &ev, 1, 1000), 1);
	CHECK_EQ(ev.events, EPOLLOUT);
	while ((n = xsend(fds[0], buf, sizeof(buf), 0)) > 0 || msleep_more())
		sent += n > 0 ? n : 0;
	CHECK_EQ(errno, EAGAIN);
	while (SYS(epoll_wait, ep, &ev, 1, onhost ? 20 : 0) > 0)
		continue;
	while (got < sent) {
		if ((n = xrecv(fds[1], buf, sizeof(buf), 0)) > 0)
			got += n;
		else
			msleep(1);
	}
	CHECK_EQ(got, sent);
	CHECK_EQ(SYS(epoll_wait, ep, &ev, 1, 1000), 1);
	CHECK_EQ(ev.events, EPOLLOUT);
	CHECK(xsend(fds[0], buf, sizeof(buf), 0) > 0);
	closeboth(fds);
	OK(SYS(close, ep));
}

static void
test_sendfile(void)
{
	int fds[2], p[2], f = (int)SYS(memfd_create, "data", 0U);
	static char out[100000], in[100000];
	int64_t off = 100;
	unsigned i;

	for (i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 31 >> 3);
	CHECK_EQ(SYS(write, f, out, sizeof(out)), sizeof(out));
	mkpair(fds);
	CHECK_EQ(SYS(sendfile, fds[0], f, &off, 50000UL), 50000);
	CHECK_EQ(off, 50100);
	CHECK_EQ(xrecv(fds[1], in, 50000, MSG_WAITALL), 50000);
	CHECK(memcmp(in, out + 100, 50000) == 0);
	OK(SYS(lseek, f, 99990L, SEEK_SET) - 99990);
	CHECK_EQ(SYS(sendfile, fds[0], f, NULL, 50000UL), 10);
	CHECK_EQ(xrecv(fds[1], in, 10, MSG_WAITALL), 10);
	CHECK(memcmp(in, out + 99990, 10) == 0);
	OK(SYS(pipe, p));
	CHECK_EQ(SYS(write, p[1], out, 9000UL), 9000);
	for (i = 0; i < 9000; ) {
		long n = SYS(splice, p[0], NULL, fds[0], NULL, 9000UL - i, 0U);

		CHECK(n > 0);
		if (n <= 0)
			break;
		i += (unsigned)n;
	}
	CHECK_EQ(xrecv(fds[1], in, 9000, MSG_WAITALL), 9000);
	CHECK(memcmp(in, out, 9000) == 0);
	OK(SYS(close, fds[1]));
	(void)xsend(fds[0], "x", 1, 0);
	awaitbits(fds[0], POLLERR | POLLHUP);
	off = 0;
	FAILS(SYS(sendfile, fds[0], f, &off, 10UL), EPIPE);
	CHECK_EQ(off, 0);
	OK(SYS(close, fds[0]));
	closeboth(p);
	OK(SYS(close, f));
}

static const struct test tests[] = {
	{ "bytes", test_bytes }, { "waitall", test_waitall },
	{ "flow", test_flow }, { "nonblock", test_nonblock },
	{ "sendfile", test_sendfile },
	{ NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
