/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_local vfs vfs_tmpfs */
/* AF_UNIX streams, on the host and in the rump kernel. */
#include "socktest.h"

static void
test_create(void)
{
	int fds[2];

	FAILS(SYS(socket, 45 + 200, SOCK_STREAM, 0), EAFNOSUPPORT);
	FAILS(SYS(socket, -1, SOCK_STREAM, 0), EAFNOSUPPORT);
	FAILS(SYS(socket, AF_UNIX, 15, 0), EINVAL);
	FAILS(SYS(socket, AF_UNIX, SOCK_RDM, 0), ESOCKTNOSUPPORT);
	FAILS(SYS(socket, AF_UNIX, SOCK_STREAM, 7), EPROTONOSUPPORT);
	FAILS(SYS(socket, AF_UNIX, SOCK_STREAM | 0x100, 0), EINVAL);
	FAILS(SYS(accept, 999, NULL, NULL), EBADF);
	FAILS(SYS(listen, 999, 1), EBADF);
	OK(SYS(pipe, fds));
	FAILS(SYS(listen, fds[0], 1), ENOTSOCK);
	FAILS(xrecv(fds[0], fds, 4, 0), ENOTSOCK);
	closeboth(fds);
	pair(SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, fds);
	CHECK_EQ(SYS(fcntl, fds[0], F_GETFL, 0UL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_EQ(SYS(fcntl, fds[1], F_GETFD, 0UL), FD_CLOEXEC);
	closeboth(fds);
}

static void
test_bytes(void)
{
	char buf[32];
	int fds[2];

	pair(SOCK_STREAM, fds);
	CHECK_EQ(xsend(fds[0], "hello", 5, 0), 5);
	CHECK_EQ(SYS(write, fds[0], " world", 6UL), 6);
	CHECK_EQ(xrecv(fds[1], buf, 3, MSG_PEEK), 3);
	CHECK(memcmp(buf, "hel", 3) == 0);
	CHECK_EQ(xrecv(fds[1], buf, 3, 0), 3);
	CHECK_EQ(SYS(read, fds[1], buf, sizeof(buf)), 8);
	CHECK(memcmp(buf, "lo world", 8) == 0);
	FAILS(xrecv(fds[1], buf, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(xsend(fds[0], "", 0, 0), 0);
	FAILS(xrecv(fds[1], buf, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(SYS(read, fds[1], buf, 0UL), 0);
	CHECK_EQ(xsend(fds[1], "back", 4, MSG_MORE), 4);
	CHECK_EQ(xrecv(fds[0], buf, 32, MSG_DONTWAIT), 4);
	closeboth(fds);
}

static void
test_vectors(void)
{
	char a[4], b[8];
	char ab[] = "ab", cg[] = "cdefg";
	struct iovec out[3] = { { ab, 2 }, { NULL, 0 }, { cg, 5 } };
	struct iovec in[2] = { { a, sizeof(a) }, { b, sizeof(b) } };
	struct msghdr mh = { .msg_iov = in, .msg_iovlen = 2 };
	int fds[2];

	pair(SOCK_STREAM, fds);
	CHECK_EQ(SYS(writev, fds[0], out, 3), 7);
	CHECK_EQ(SYS(recvmsg, fds[1], &mh, MSG_PEEK), 7);
	CHECK_EQ(mh.msg_flags, 0);
	CHECK_EQ(SYS(readv, fds[1], in, 2), 7);
	CHECK(memcmp(a, "abcd", 4) == 0 && memcmp(b, "efg", 3) == 0);
	mh.msg_iov = out;
	mh.msg_iovlen = 3;
	CHECK_EQ(SYS(sendmsg, fds[1], &mh, 0), 7);
	CHECK_EQ(xrecv(fds[0], b, 8, MSG_WAITALL | MSG_DONTWAIT), 7);
	mh.msg_iovlen = 1025;
	FAILS(SYS(sendmsg, fds[1], &mh, 0), EMSGSIZE);
	FAILS(SYS(sendmsg, fds[1], NULL, 0), EFAULT);
	closeboth(fds);
}

static void
test_end(void)
{
	char buf[8];
	int fds[2];

	pair(SOCK_STREAM, fds);
	CHECK_EQ(xsend(fds[0], "last", 4, 0), 4);
	OK(SYS(close, fds[0]));
	CHECK_EQ(xrecv(fds[1], buf, 8, 0), 4);
	CHECK_EQ(xrecv(fds[1], buf, 8, 0), 0);
	CHECK_EQ(xrecv(fds[1], buf, 8, MSG_DONTWAIT), 0);
	FAILS(xsend(fds[1], "x", 1, 0), EPIPE);
	OK(SYS(close, fds[1]));
	/* Unread data make it a reset. */
	pair(SOCK_STREAM, fds);
	CHECK_EQ(xsend(fds[0], "lost", 4, 0), 4);
	OK(SYS(close, fds[1]));
	FAILS(xrecv(fds[0], buf, 8, 0), ECONNRESET);
	CHECK_EQ(xrecv(fds[0], buf, 8, 0), 0);
	OK(SYS(close, fds[0]));
}

static void
test_shutdown(void)
{
	char buf[8];
	int fds[2], fd;

	pair(SOCK_STREAM, fds);
	FAILS(SYS(shutdown, fds[0], 3), EINVAL);
	FAILS(SYS(shutdown, fds[0], -1), EINVAL);
	CHECK_EQ(xsend(fds[0], "abc", 3, 0), 3);
	OK(SYS(shutdown, fds[0], SHUT_WR));
	FAILS(xsend(fds[0], "d", 1, 0), EPIPE);
	CHECK_EQ(xrecv(fds[1], buf, 8, 0), 3);
	CHECK_EQ(xrecv(fds[1], buf, 8, 0), 0);
	CHECK_EQ(xsend(fds[1], "back", 4, 0), 4);
	CHECK_EQ(xrecv(fds[0], buf, 8, 0), 4);
	OK(SYS(shutdown, fds[0], SHUT_RD));
	CHECK_EQ(xrecv(fds[0], buf, 8, 0), 0);
	FAILS(xsend(fds[1], "x", 1, 0), EPIPE);
	closeboth(fds);
	fd = mksock(SOCK_STREAM);
	OK(SYS(shutdown, fd, SHUT_RDWR));
	OK(SYS(close, fd));
}

static void
test_unconnected(void)
{
	union { struct sockaddr_un un; char b[200]; } u = { .b = { 0 } };
	struct sockaddr_un un;
	socklen_t len = mkname(&u.un, "nobody");
	int fd = mksock(SOCK_STREAM);
	char buf[4];

	FAILS(xsend(fd, "x", 1, 0), ENOTCONN);
	FAILS(xrecv(fd, buf, 4, 0), EINVAL);
	un = u.un;
	FAILS(SYS(connect, fd, &un, len), ECONNREFUSED);
	FAILS(SYS(connect, fd, &un, 1), EINVAL);
	FAILS(SYS(connect, fd, &un, 2), EINVAL);
	FAILS(SYS(connect, fd, &u, 111), EINVAL);
	FAILS(SYS(connect, fd, &u, 200), EINVAL);
	FAILS(SYS(connect, fd, NULL, 20), EFAULT);
	FAILS(SYS(listen, fd, 5), EINVAL);
	FAILS(SYS(accept, fd, NULL, NULL), EINVAL);
	FAILS(SYS(sendto, fd, "x", 1UL, 0, &un, len), EOPNOTSUPP);
	len = sizeof(un);
	FAILS(SYS(getpeername, fd, &un, &len), ENOTCONN);
	OK(SYS(getsockname, fd, &un, &len));
	CHECK_EQ(len, sizeof(sa_family_t));
	CHECK_EQ(un.sun_family, AF_UNIX);
	OK(SYS(close, fd));
}

static void
test_accept(void)
{
	int s = server(SOCK_STREAM, "acc"), c, a, d, one;
	struct sockaddr_un un, exp;
	socklen_t len, elen = mkname(&exp, "acc");
	char buf[8];

	FAILS(SYS(accept4, s, NULL, NULL, 1), EINVAL);
	OK(SYS(fcntl, s, F_SETFL, (unsigned long)O_NONBLOCK));
	FAILS(SYS(accept, s, NULL, NULL), EAGAIN);
	c = client(SOCK_STREAM, "acc");
	FAILS(SYS(connect, c, &exp, elen), EISCONN);
	CHECK_EQ(xsend(c, "early", 5, 0), 5);
	len = sizeof(un);
	a = (int)SYS(accept4, s, &un, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	CHECK(a >= 0);
	CHECK_EQ(len, 2);
	CHECK_EQ(SYS(fcntl, a, F_GETFL, 0UL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_EQ(xrecv(a, buf, 8, 0), 5);
	FAILS(xrecv(a, buf, 8, 0), EAGAIN);
	len = sizeof(un);
	OK(SYS(getpeername, c, &un, &len));
	CHECK_EQ(len, elen);
	CHECK(memcmp(&un, &exp, elen) == 0);
	len = 5;			/* cut, but the true length comes */
	OK(SYS(getsockname, a, &un, &len));
	CHECK_EQ(len, elen);
	len = sizeof(one);
	OK(SYS(getsockopt, s, SOL_SOCKET, SO_ACCEPTCONN, &one, &len));
	CHECK_EQ(one, 1);
	FAILS(xrecv(s, buf, 8, 0), EINVAL);
	FAILS(xsend(s, buf, 8, 0), ENOTCONN);
	FAILS(SYS(listen, c, 1), EINVAL);
	/* Closing the listener resets who waits there. */
	d = client(SOCK_STREAM, "acc");
	OK(SYS(close, s));
	FAILS(xrecv(d, buf, 8, 0), ECONNRESET);
	OK(SYS(close, d));
	d = mksock(SOCK_STREAM);
	FAILS(SYS(connect, d, &exp, elen), ECONNREFUSED);
	OK(SYS(close, d));
	/* The accepted one goes on. */
	CHECK_EQ(xsend(a, "on", 2, 0), 2);
	CHECK_EQ(xrecv(c, buf, 8, 0), 2);
	OK(SYS(close, a));
	OK(SYS(close, c));
}

static void
test_names(void)
{
	struct sockaddr_un un, got;
	socklen_t len = mkname(&un, "nm"), glen = sizeof(got);
	int a = mksock(SOCK_STREAM), b = mksock(SOCK_STREAM);

	OK(SYS(bind, a, &un, len));
	FAILS(SYS(bind, b, &un, len), EADDRINUSE);
	FAILS(SYS(bind, a, &un, len), EINVAL);
	un.sun_family = AF_INET;
	FAILS(SYS(bind, b, &un, len), EINVAL);
	/* Autobind: a NUL and five hexadecimal digits. */
	un.sun_family = AF_UNIX;
	OK(SYS(bind, b, &un, 2));
	OK(SYS(getsockname, b, &got, &glen));
	CHECK_EQ(glen, 8);
	CHECK_EQ(got.sun_path[0], 0);
	OK(SYS(close, a));
	a = mksock(SOCK_STREAM);
	OK(SYS(bind, a, &un, len));	/* free again */
	OK(SYS(close, a));
	OK(SYS(close, b));
}

/* The queue takes backlog + 1 connections, then connect waits. */
static void
test_backlog(void)
{
	struct sockaddr_un un;
	socklen_t len = mkname(&un, "bl");
	int s = mksock(SOCK_STREAM), c[3], a, i;

	OK(SYS(bind, s, &un, len));
	OK(SYS(listen, s, 1));
	for (i = 0; i < 3; i++) {
		c[i] = mksock(SOCK_STREAM | SOCK_NONBLOCK);
		if (i < 2)
			OK(SYS(connect, c[i], &un, len));
		else
			FAILS(SYS(connect, c[i], &un, len), EAGAIN);
	}
	a = (int)SYS(accept, s, NULL, NULL);
	CHECK(a >= 0);
	OK(SYS(connect, c[2], &un, len));
	for (i = 0; i < 3; i++)
		OK(SYS(close, c[i]));
	OK(SYS(close, a));
	OK(SYS(close, s));
}

static void
test_limits(void)
{
	static char big[70000];
	long n, sent = 0, got = 0;
	int fds[2], v, i;
	socklen_t len = sizeof(v);

	pair(SOCK_STREAM | SOCK_NONBLOCK, fds);
	for (i = 0; i < (int)sizeof(big); i++)
		big[i] = (char)(i * 7);
	while ((n = xsend(fds[0], big, sizeof(big), 0)) > 0)
		sent += n;
	CHECK_EQ(errno, EAGAIN);
	CHECK(sent >= 150000 && sent < 500000);
	CHECK_EQ(bits(fds[0], POLLOUT), 0);
	OK(SYS(ioctl, fds[1], FIONREAD, &v));
	CHECK_EQ(v, sent);
	OK(SYS(ioctl, fds[0], TIOCOUTQ, &v));
	CHECK(v >= sent);
	while ((n = xrecv(fds[1], big, sizeof(big), 0)) > 0)
		got += n;
	CHECK_EQ(got, sent);
	CHECK_EQ(bits(fds[0], POLLOUT), POLLOUT);
	OK(SYS(ioctl, fds[0], TIOCOUTQ, &v));
	CHECK_EQ(v, 0);
	OK(SYS(getsockopt, fds[0], SOL_SOCKET, SO_SNDBUF, &v, &len));
	CHECK(v > 100000);
	closeboth(fds);
}

static void
test_order(void)
{
	unsigned char buf[5000];
	int fds[2], i, k, bad = 0;
	unsigned in = 0, out = 0;
	long n;

	pair(SOCK_STREAM | SOCK_NONBLOCK, fds);
	for (i = 1; i < 600; i++) {
		for (k = 0; k < i * 8; k++)
			buf[k] = (unsigned char)(out++ % 251);
		CHECK_EQ(xsend(fds[0], buf, (size_t)i * 8, 0), i * 8);
		do {
			n = xrecv(fds[1], buf, (size_t)(i * 37 % 4999 + 1), 0);
			for (k = 0; k < n; k++)
				bad += buf[k] != in++ % 251;
		} while (n > 0);
	}
	CHECK_EQ(bad, 0);
	CHECK_EQ(in, out);
	closeboth(fds);
}

static void
test_file(void)
{
	struct stat st;
	int fds[2], v = 1, d;

	pair(SOCK_STREAM, fds);
	OK(SYS(fstat, fds[0], &st));
	CHECK(S_ISSOCK(st.st_mode));
	FAILS(SYS(lseek, fds[0], 0L, SEEK_SET), ESPIPE);
	FAILS(SYS(pread64, fds[0], &v, 1UL, 0L), ESPIPE);
	FAILS(SYS(ftruncate, fds[0], 0L), EINVAL);
	FAILS(SYS(fsync, fds[0]), EINVAL);
	OK(SYS(ioctl, fds[0], FIONBIO, &v));
	FAILS(SYS(read, fds[0], &v, 4UL), EAGAIN);
	OK(SYS(fcntl, fds[0], F_SETOWN, (unsigned long)getpid() * 0 + 0));
	d = (int)SYS(dup, fds[0]);
	OK(SYS(close, fds[0]));
	CHECK_EQ(xsend(d, "dup", 3, 0), 3);
	fds[0] = d;
	closeboth(fds);
}

/* What is there before the error, if the caller asks for the error's queue. */
static void
test_resetmany(void)
{
	char b[8];
	struct iovec iov = { b, sizeof(b) };
	struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };
	int fds[2];

	pair(SOCK_STREAM, fds);
	CHECK_EQ(xsend(fds[0], "never read", 10, 0), 10);
	CHECK_EQ(xsend(fds[1], "abc", 3, 0), 3);
	OK(SYS(close, fds[1]));
	CHECK_EQ(SYS(recvmmsg, fds[0], &m, 1U, (unsigned)MSG_ERRQUEUE, NULL),
	    1);
	CHECK_EQ(m.msg_len, 3);
	FAILS(SYS(recvmmsg, fds[0], &m, 1U, 0U, NULL), ECONNRESET);
	CHECK_EQ(SYS(recvmmsg, fds[0], &m, 1U, 0U, NULL), 1);
	CHECK_EQ(m.msg_len, 0);
	OK(SYS(close, fds[0]));
}

static const struct test tests[] = {
	{ "create", test_create }, { "bytes", test_bytes },
	{ "vectors", test_vectors }, { "end", test_end },
	{ "shutdown", test_shutdown }, { "unconnected", test_unconnected },
	{ "accept", test_accept }, { "names", test_names },
	{ "backlog", test_backlog }, { "limits", test_limits },
	{ "order", test_order }, { "file", test_file },
	{ "resetmany", test_resetmany },
	{ NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
