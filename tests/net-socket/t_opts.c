/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_local vfs vfs_tmpfs */
/*
 * Socket options, path names, sendfile and splice, on the host and in the
 * rump kernel.
 */
#include "socktest.h"

static int
getint(int fd, int name)
{
	socklen_t len = sizeof(int);
	int v = -99;

	OK(SYS(getsockopt, fd, SOL_SOCKET, name, &v, &len));
	CHECK_EQ(len, sizeof(int));
	return v;
}

static long
setint(int fd, int name, int v)
{
	return SYS(setsockopt, fd, SOL_SOCKET, name, &v,
	    (unsigned)sizeof(v));
}

static void
test_ints(void)
{
	static const int flags[] = { SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST,
	    SO_DONTROUTE, SO_OOBINLINE, SO_PASSCRED, SO_TIMESTAMP,
	    SO_TIMESTAMPNS, SO_RXQ_OVFL, SO_REUSEPORT };
	int fd = mksock(SOCK_STREAM), v;
	unsigned i;

	CHECK_EQ(getint(fd, SO_TYPE), SOCK_STREAM);
	CHECK_EQ(getint(fd, SO_DOMAIN), AF_UNIX);
	CHECK_EQ(getint(fd, SO_PROTOCOL), 0);
	CHECK_EQ(getint(fd, SO_ERROR), 0);
	CHECK_EQ(getint(fd, SO_ACCEPTCONN), 0);
	CHECK_EQ(getint(fd, SO_RCVLOWAT), 1);
	CHECK_EQ(getint(fd, SO_SNDLOWAT), 1);
	FAILS(setint(fd, SO_TYPE, 1), ENOPROTOOPT);
	FAILS(setint(fd, SO_DOMAIN, 1), ENOPROTOOPT);
	FAILS(setint(fd, SO_ERROR, 1), ENOPROTOOPT);
	FAILS(setint(fd, SO_SNDLOWAT, 1), ENOPROTOOPT);
	FAILS(setint(fd, 9999, 1), ENOPROTOOPT);
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (flags[i] == SO_REUSEPORT)	/* new kernels: inet only */
			continue;
		CHECK_EQ(getint(fd, flags[i]), 0);
		OK(setint(fd, flags[i], 5));
		CHECK_EQ(getint(fd, flags[i]), 1);
		OK(setint(fd, flags[i], 0));
		CHECK_EQ(getint(fd, flags[i]), 0);
	}
	OK(setint(fd, SO_TIMESTAMP, 1));
	OK(setint(fd, SO_TIMESTAMPNS, 1));	/* one or the other */
	CHECK_EQ(getint(fd, SO_TIMESTAMP), 0);
	CHECK_EQ(getint(fd, SO_TIMESTAMPNS), 1);
	OK(setint(fd, SO_PRIORITY, 6));
	CHECK_EQ(getint(fd, SO_PRIORITY), 6);
	OK(setint(fd, SO_RCVLOWAT, 0));
	CHECK_EQ(getint(fd, SO_RCVLOWAT), 1);
	OK(setint(fd, SO_RCVLOWAT, -1));
	CHECK_EQ(getint(fd, SO_RCVLOWAT), INT32_MAX);
	FAILS(SYS(setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &v, 3U), EINVAL);
	FAILS(SYS(setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &v, -1U), EINVAL);
	FAILS(SYS(setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, NULL, 4U),
	    EFAULT);
	FAILS(SYS(setsockopt, fd, 77, 1, &v, 4U), EOPNOTSUPP);
	OK(SYS(close, fd));
	FAILS(SYS(getsockopt, fd, SOL_SOCKET, SO_TYPE, &v, NULL), EBADF);
}

static void
test_buffers(void)
{
	int fd = mksock(SOCK_STREAM);

	OK(setint(fd, SO_RCVBUF, 1));
	CHECK_EQ(getint(fd, SO_RCVBUF), 2304);
	OK(setint(fd, SO_SNDBUF, 1));
	CHECK_EQ(getint(fd, SO_SNDBUF), 4608);
	OK(setint(fd, SO_RCVBUF, 10000));
	CHECK_EQ(getint(fd, SO_RCVBUF), 20000);
	OK(setint(fd, SO_SNDBUF, 10000));
	CHECK_EQ(getint(fd, SO_SNDBUF), 20000);
	OK(setint(fd, SO_SNDBUF, 1 << 30));
	CHECK(getint(fd, SO_SNDBUF) >= 2 * 200000);
	if (SYS(geteuid) == 0) {
		OK(setint(fd, SO_SNDBUFFORCE, 1 << 20));
		CHECK_EQ(getint(fd, SO_SNDBUF), 2 << 20);
	}
	OK(SYS(close, fd));
}

static void
test_lengths(void)
{
	struct { int onoff, linger; char more[8]; } l = { 1, 7, "" };
	int fd = mksock(SOCK_STREAM);
	socklen_t len = sizeof(l);
	unsigned char b[8];
	uint64_t cookie, again;

	OK(SYS(setsockopt, fd, SOL_SOCKET, SO_LINGER, &l, 8U));
	l.linger = 0;
	OK(SYS(getsockopt, fd, SOL_SOCKET, SO_LINGER, &l, &len));
	CHECK_EQ(len, 8);
	CHECK_EQ(l.linger, 7);
	FAILS(SYS(setsockopt, fd, SOL_SOCKET, SO_LINGER, &l, 4U), EINVAL);
	/* Room for less: the front of the value. */
	memset(b, 0xff, sizeof(b));
	len = 1;
	OK(SYS(getsockopt, fd, SOL_SOCKET, SO_TYPE, b, &len));
	CHECK_EQ(len, 1);
	CHECK(b[0] == SOCK_STREAM && b[1] == 0xff);
	len = 0;
	OK(SYS(getsockopt, fd, SOL_SOCKET, SO_TYPE, b, &len));
	CHECK_EQ(len, 0);
	len = -1U;
	FAILS(SYS(getsockopt, fd, SOL_SOCKET, SO_TYPE, b, &len), EINVAL);
	len = 8;
	OK(SYS(getsockopt, fd, SOL_SOCKET, SO_COOKIE, &cookie, &len));
	OK(SYS(getsockopt, fd, SOL_SOCKET, SO_COOKIE, &again, &len));
	CHECK(cookie == again && cookie != 0);
	len = 4;
	FAILS(SYS(getsockopt, fd, SOL_SOCKET, SO_COOKIE, &again, &len),
	    EINVAL);
	len = 4;
	FAILS(SYS(getsockopt, fd, SOL_SOCKET, 9999, b, &len), ENOPROTOOPT);
	OK(SYS(close, fd));
}

static void
test_paths(void)
{
	int s = mksock(SOCK_STREAM), c = mksock(SOCK_STREAM), a, d;
	struct sockaddr_un un = { .sun_family = AF_UNIX }, got;
	socklen_t len = sizeof(un), glen = sizeof(got);
	struct stat st;

	snprintf(un.sun_path, sizeof(un.sun_path), onhost ? "/tmp/rk%d.s" :
	    "/rk%d.s", (int)getpid());
	FAILS(SYS(connect, c, &un, len), ENOENT);
	OK(SYS(bind, s, &un, len));
	OK(SYS(stat, un.sun_path, &st));
	CHECK(S_ISSOCK(st.st_mode));
	FAILS(SYS(open, un.sun_path, O_RDWR, 0), ENXIO);
	OK(SYS(getsockname, s, &got, &glen));
	CHECK_EQ(glen, offsetof(struct sockaddr_un, sun_path) +
	    strlen(un.sun_path) + 1);
	FAILS(SYS(connect, c, &un, len), ECONNREFUSED);
	OK(SYS(listen, s, 3));
	d = mksock(SOCK_DGRAM);
	FAILS(SYS(connect, d, &un, len), EPROTOTYPE);
	FAILS(SYS(sendto, d, "x", 1UL, 0, &un, len), EPROTOTYPE);
	FAILS(SYS(bind, d, &un, len), EADDRINUSE);
	OK(SYS(connect, c, &un, len));
	a = (int)SYS(accept, s, NULL, NULL);
	CHECK_EQ(xsend(a, "x", 1, 0), 1);
	glen = sizeof(got);
	OK(SYS(getpeername, c, &got, &glen));
	CHECK(strcmp(got.sun_path, un.sun_path) == 0);
	OK(SYS(close, s));
	OK(SYS(close, c));
	c = mksock(SOCK_STREAM);
	FAILS(SYS(connect, c, &un, len), ECONNREFUSED);
	OK(SYS(unlink, un.sun_path));
	FAILS(SYS(connect, c, &un, len), ENOENT);
	/* All bytes of sun_path, no NUL. */
	memset(un.sun_path + strlen(un.sun_path), 'x', 108 -
	    strlen(un.sun_path));
	OK(SYS(bind, c, &un, 110));
	glen = sizeof(got);
	OK(SYS(getsockname, c, &got, &glen));
	CHECK_EQ(glen, 111);
	un.sun_path[107] = 'x';
	{
		char path[109] = { 0 };

		memcpy(path, un.sun_path, 108);
		OK(SYS(unlink, path));
	}
	OK(SYS(close, a));
	OK(SYS(close, c));
	OK(SYS(close, d));
}

static int
datafile(size_t len)
{
	int fd = (int)SYS(memfd_create, "data", 0U);
	char c;
	size_t i;

	CHECK(fd >= 0);
	for (i = 0; i < len; i++) {
		c = (char)(i * 13 >> 4);
		CHECK_EQ(SYS(pwrite64, fd, &c, 1UL, (int64_t)i), 1);
	}
	return fd;
}

static long
readall(int fd, long len)
{
	char buf[777];
	long n, got = 0, i;
	int bad = 0;

	while (got < len && (n = xrecv(fd, buf, sizeof(buf),
	    MSG_DONTWAIT)) > 0) {
		for (i = 0; i < n; i++)
			bad += buf[i] != (char)((got + i) * 13 >> 4);
		got += n;
	}
	CHECK_EQ(bad, 0);
	return got;
}

static void
test_sendfile(void)
{
	int fds[2], f = datafile(10000);
	int64_t off = 0;

	pair(SOCK_STREAM, fds);
	CHECK_EQ(SYS(sendfile, fds[0], f, &off, 4000UL), 4000);
	CHECK_EQ(off, 4000);
	CHECK_EQ(SYS(sendfile, fds[0], f, &off, 100000UL), 6000);
	CHECK_EQ(SYS(sendfile, fds[0], f, &off, 100000UL), 0);
	CHECK_EQ(readall(fds[1], 10000), 10000);
	CHECK_EQ(SYS(lseek, f, 0L, SEEK_SET), 0);
	CHECK_EQ(SYS(sendfile, fds[0], f, NULL, 100000UL), 10000);
	CHECK_EQ(SYS(lseek, f, 0L, SEEK_CUR), 10000);
	CHECK_EQ(readall(fds[1], 10000), 10000);
	OK(SYS(close, fds[1]));
	off = 0;
	FAILS(SYS(sendfile, fds[0], f, &off, 10UL), EPIPE);
	OK(SYS(close, fds[0]));
	OK(SYS(close, f));
}

static void
test_splice(void)
{
	int fds[2], p[2], f = datafile(10000);
	char buf[16];
	int64_t off = 0;
	long n, got = 0;

	pair(SOCK_STREAM, fds);
	OK(SYS(pipe, p));
	FAILS(SYS(splice, f, NULL, fds[0], NULL, 10UL, 0U), EINVAL);
	FAILS(SYS(splice, p[0], NULL, fds[0], NULL, 10UL, 2U), EAGAIN);
	FAILS(SYS(splice, p[0], &off, fds[0], NULL, 10UL, 0U), ESPIPE);
	FAILS(SYS(splice, p[1], NULL, fds[0], NULL, 10UL, 0U), EBADF);
	/* File, pipe, socket, pipe. */
	while (got < 10000 && (n = SYS(splice, f, &off, p[1], NULL, 5000UL,
	    0U)) > 0)
		got += n;
	CHECK_EQ(got, 10000);
	CHECK_EQ(off, 10000);
	for (got = 0; got < 10000; got += n)
		if ((n = SYS(splice, p[0], NULL, fds[0], NULL,
		    (size_t)(10000 - got), 0U)) <= 0)
			break;
	CHECK_EQ(got, 10000);
	CHECK_EQ(readall(fds[1], 10000), 10000);
	CHECK_EQ(xsend(fds[0], "to pipe", 7, 0), 7);
	CHECK_EQ(SYS(splice, fds[1], NULL, p[1], NULL, 100UL, 0U), 7);
	CHECK_EQ(SYS(read, p[0], buf, 16UL), 7);
	OK(SYS(shutdown, fds[0], SHUT_WR));
	CHECK_EQ(SYS(splice, fds[1], NULL, p[1], NULL, 100UL, 0U), 0);
	closeboth(p);
	closeboth(fds);
	OK(SYS(close, f));
}

static const struct test tests[] = {
	{ "ints", test_ints }, { "buffers", test_buffers },
	{ "lengths", test_lengths }, { "paths", test_paths },
	{ "sendfile", test_sendfile }, { "splice", test_splice },
	{ NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
