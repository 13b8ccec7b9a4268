/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_local vfs vfs_tmpfs */
/* Blocking calls and time limits, on the host and in the rump kernel. */
#include "socktest.h"

struct job {
	int	fd;
	long	want, got;
	int	flags, err;
	char	buf[64];
};

/* Until it is ready for these events, or is not. */
static void
await(int fd, int events, int ready)
{
	struct pollfd pf = { fd, (short)events, 0 };

	while (SYS(poll, &pf, 1, 0) != ready)
		msleep(1);
}

static void
do_recv(void *arg)
{
	struct job *j = arg;

	j->got = xrecv(j->fd, j->buf, (size_t)j->want, j->flags);
	j->err = errno;
}

static void
do_accept(void *arg)
{
	struct job *j = arg;

	j->got = SYS(accept, j->fd, NULL, NULL);
	j->err = errno;
}

static void
do_connect(void *arg)
{
	struct job *j = arg;
	struct sockaddr_un un;
	socklen_t len = mkname(&un, j->buf);

	j->got = SYS(connect, j->fd, &un, len);
	j->err = errno;
}

/* Sends want bytes. */
static void
do_send(void *arg)
{
	static char big[1000000];
	struct job *j = arg;

	j->got = xsend(j->fd, big, (size_t)j->want, 0);
	j->err = errno;
}

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void
test_recv(void)
{
	struct job j = { .want = 6 };
	struct thread th;
	int fds[2];

	pair(SOCK_STREAM, fds);
	j.fd = fds[0];
	thread_start(&th, do_recv, &j);
	msleep(5);
	CHECK_EQ(xsend(fds[1], "abc", 3, 0), 3);
	thread_join(&th);
	CHECK_EQ(j.got, 3);
	j.flags = MSG_WAITALL;
	thread_start(&th, do_recv, &j);
	msleep(2);
	CHECK_EQ(xsend(fds[1], "abc", 3, 0), 3);
	msleep(2);
	CHECK_EQ(xsend(fds[1], "defg", 4, 0), 4);
	thread_join(&th);
	CHECK_EQ(j.got, 6);
	CHECK(memcmp(j.buf, "abcdef", 6) == 0);
	/* The end comes before all is there. */
	thread_start(&th, do_recv, &j);
	msleep(2);
	OK(SYS(shutdown, fds[1], SHUT_WR));
	thread_join(&th);
	CHECK_EQ(j.got, 1);
	closeboth(fds);
	pair(SOCK_DGRAM, fds);
	j.fd = fds[0];
	j.flags = 0;
	thread_start(&th, do_recv, &j);
	msleep(2);
	OK(SYS(shutdown, fds[0], SHUT_RD));
	thread_join(&th);
	CHECK_EQ(j.got, 0);
	closeboth(fds);
}

static void
test_lowat(void)
{
	struct job j = { .want = 20 };
	struct thread th;
	int fds[2], low = 5;

	pair(SOCK_STREAM, fds);
	OK(SYS(setsockopt, fds[0], SOL_SOCKET, SO_RCVLOWAT, &low, 4));
	j.fd = fds[0];
	thread_start(&th, do_recv, &j);
	msleep(2);
	CHECK_EQ(xsend(fds[1], "abc", 3, 0), 3);
	msleep(2);
	CHECK_EQ(xsend(fds[1], "de", 2, 0), 2);
	thread_join(&th);
	CHECK_EQ(j.got, 5);
	j.want = 2;			/* less was asked for */
	CHECK_EQ(xsend(fds[1], "abc", 3, 0), 3);
	do_recv(&j);
	CHECK_EQ(j.got, 2);
	closeboth(fds);
}

static void
test_send(void)
{
	struct job j = { .want = 1000000 };
	struct thread th;
	static char buf[5000];
	long n, total = 0;
	int fds[2];

	pair(SOCK_STREAM, fds);
	j.fd = fds[0];
	thread_start(&th, do_send, &j);
	while (total < 1000000 && (n = xrecv(fds[1], buf, sizeof(buf), 0)) > 0)
		total += n;
	thread_join(&th);
	CHECK_EQ(j.got, 1000000);
	/* The reader goes while the writer waits. */
	thread_start(&th, do_send, &j);
	await(fds[0], POLLOUT, 0);
	OK(SYS(close, fds[1]));
	thread_join(&th);
	CHECK(j.got > 0 && j.got < 1000000);
	OK(SYS(close, fds[0]));
}

static void
test_timeout(void)
{
	struct timeval tv = { 0, 30000 }, got;
	socklen_t len = sizeof(got);
	struct job j = { .want = 1000000 };
	int fds[2], s;
	int64_t t;
	char b;

	pair(SOCK_STREAM, fds);
	OK(SYS(setsockopt, fds[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	OK(SYS(setsockopt, fds[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	OK(SYS(getsockopt, fds[0], SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	CHECK_EQ(got.tv_sec, 0);
	CHECK(got.tv_usec >= 30000 && got.tv_usec < 40000);
	t = now();
	FAILS(xrecv(fds[0], &b, 1, 0), EAGAIN);
	CHECK(now() - t >= 29);
	j.fd = fds[0];
	t = now();
	do_send(&j);
	CHECK(j.got > 0 && j.got < 1000000);	/* what fitted */
	CHECK(now() - t >= 29);
	t = now();
	do_send(&j);
	CHECK_EQ(j.got, -1);
	CHECK_EQ(j.err, EAGAIN);
	tv.tv_usec = 1000000;
	FAILS(SYS(setsockopt, fds[0], SOL_SOCKET, SO_RCVTIMEO, &tv,
	    sizeof(tv)), EDOM);
	FAILS(SYS(setsockopt, fds[0], SOL_SOCKET, SO_RCVTIMEO, &tv, 8),
	    EINVAL);
	closeboth(fds);
	s = server(SOCK_STREAM, "to");
	tv.tv_usec = 20000;
	OK(SYS(setsockopt, s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	FAILS(SYS(accept, s, NULL, NULL), EAGAIN);
	OK(SYS(close, s));
	s = server(SOCK_DGRAM, "to");
	OK(SYS(setsockopt, s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	FAILS(xrecv(s, &b, 1, 0), EAGAIN);
	OK(SYS(close, s));
}

static void
test_accept(void)
{
	int s = server(SOCK_STREAM, "ba"), c, i;
	struct thread th[3];
	struct job j[3];

	for (i = 0; i < 3; i++) {
		j[i] = (struct job){ .fd = s };
		thread_start(&th[i], do_accept, &j[i]);
	}
	msleep(5);
	for (i = 0; i < 2; i++) {
		c = client(SOCK_STREAM, "ba");
		OK(SYS(close, c));
	}
	/* Shutting it down ends who waits; what is queued would be lost. */
	await(s, POLLIN, 0);
	OK(SYS(shutdown, s, SHUT_RD));
	for (c = i = 0; i < 3; i++) {
		thread_join(&th[i]);
		if (j[i].got >= 0)
			OK(SYS(close, (int)j[i].got));
		else {
			CHECK_EQ(j[i].err, EINVAL);
			c++;
		}
	}
	CHECK_EQ(c, 1);
	OK(SYS(close, s));
}

static void
test_connect(void)
{
	struct sockaddr_un un;
	socklen_t len = mkname(&un, "bc");
	int s = mksock(SOCK_STREAM), c, a, i;
	struct thread th[2];
	struct job j[2];

	OK(SYS(bind, s, &un, len));
	OK(SYS(listen, s, 0));
	c = client(SOCK_STREAM, "bc");		/* the queue is full now */
	for (i = 0; i < 2; i++) {
		j[i] = (struct job){ .fd = mksock(SOCK_STREAM), .buf = "bc" };
		thread_start(&th[i], do_connect, &j[i]);
	}
	msleep(5);
	a = (int)SYS(accept, s, NULL, NULL);
	CHECK(a >= 0);
	await(s, POLLIN, 1);		/* one of them took the place */
	OK(SYS(close, s));
	for (i = 0; i < 2; i++)
		thread_join(&th[i]);
	CHECK((j[0].got == 0) + (j[1].got == 0) == 1);
	for (i = 0; i < 2; i++) {
		if (j[i].got != 0)
			CHECK_EQ(j[i].err, ECONNREFUSED);
		OK(SYS(close, j[i].fd));
	}
	OK(SYS(close, a));
	OK(SYS(close, c));
}

static void
test_dgram(void)
{
	int s = server(SOCK_DGRAM, "bd"), c = client(SOCK_DGRAM, "bd");
	struct job j = { .fd = c, .want = 3 };
	struct thread th;
	char b[8];

	while (xsend(c, "x", 1, MSG_DONTWAIT) == 1)
		continue;
	thread_start(&th, do_send, &j);
	msleep(5);
	CHECK_EQ(xrecv(s, b, 8, 0), 1);
	thread_join(&th);
	CHECK_EQ(j.got, 3);
	thread_start(&th, do_send, &j);
	msleep(5);
	OK(SYS(close, s));
	thread_join(&th);
	CHECK_EQ(j.got, -1);
	CHECK_EQ(j.err, ECONNREFUSED);
	OK(SYS(close, c));
}

/* Two threads play ball; many CPUs, many packets. */
static void
do_echo(void *arg)
{
	struct job *j = arg;
	long n;

	while ((n = xrecv(j->fd, j->buf, sizeof(j->buf), 0)) > 0)
		if (xsend(j->fd, j->buf, (size_t)n, 0) != n)
			j->err++;
}

static void
test_echo(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET };
	struct thread th[2];
	struct job j[2];
	char b[8];
	int fds[2][2], i, k;
	long n, r;

	for (i = 0; i < 2; i++) {
		pair(types[i], fds[i]);
		j[i] = (struct job){ .fd = fds[i][0] };
		thread_start(&th[i], do_echo, &j[i]);
	}
	for (k = 0; k < 3000; k++)
		for (i = 0; i < 2; i++) {
			CHECK_EQ(xsend(fds[i][1], &k, 4, 0), 4);
			if (k % 3 != 2)
				continue;
			for (n = 0; n < 12; n += r)	/* all three */
				if ((r = xrecv(fds[i][1], b, 8, 0)) <= 0)
					break;
			CHECK_EQ(n, 12);
		}
	for (i = 0; i < 2; i++) {
		OK(SYS(shutdown, fds[i][1], SHUT_WR));
		thread_join(&th[i]);
		CHECK_EQ(j[i].err, 0);
		closeboth(fds[i]);
	}
}

static const struct test tests[] = {
	{ "recv", test_recv }, { "lowat", test_lowat },
	{ "send", test_send }, { "timeout", test_timeout },
	{ "accept", test_accept }, { "connect", test_connect },
	{ "dgram", test_dgram }, { "echo", test_echo },
	{ NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
