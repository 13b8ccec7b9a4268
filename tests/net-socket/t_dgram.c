/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_local vfs vfs_tmpfs */
/* AF_UNIX datagrams and SOCK_SEQPACKET, on the host and in the rump kernel. */
#include "socktest.h"

static void
test_records(int type)
{
	char buf[16];
	struct iovec iov = { buf, 3 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fds[2], v;

	pair(type, fds);
	CHECK_EQ(xsend(fds[0], "first", 5, 0), 5);
	CHECK_EQ(xsend(fds[0], "", 0, 0), 0);
	CHECK_EQ(xsend(fds[0], "third", 5, 0), 5);
	OK(SYS(ioctl, fds[1], FIONREAD, &v));
	CHECK_EQ(v, type == SOCK_DGRAM ? 5 : 10);
	CHECK_EQ(xrecv(fds[1], buf, 16, MSG_PEEK), 5);
	CHECK_EQ(xrecv(fds[1], buf, 3, MSG_PEEK | MSG_TRUNC), 5);
	CHECK_EQ(SYS(recvmsg, fds[1], &mh, 0), 3);
	CHECK_EQ(mh.msg_flags, MSG_TRUNC);
	CHECK_EQ(xrecv(fds[1], buf, 16, 0), 0);
	iov.iov_len = 16;
	CHECK_EQ(SYS(recvmsg, fds[1], &mh, MSG_WAITALL), 5);
	CHECK_EQ(mh.msg_flags, 0);
	FAILS(xrecv(fds[1], buf, 16, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(xsend(fds[0], "x", 1, 0), 1);
	CHECK_EQ(SYS(read, fds[1], buf, 16UL), 1);
	FAILS(xrecv(fds[1], buf, 16, MSG_OOB), EOPNOTSUPP);
	FAILS(xsend(fds[1], buf, 16, MSG_OOB), EOPNOTSUPP);
	closeboth(fds);
}

static void
test_dgram(void)
{
	test_records(SOCK_DGRAM);
}

static void
test_seqpacket(void)
{
	char buf[8];
	int fds[2], fd;

	test_records(SOCK_SEQPACKET);
	pair(SOCK_SEQPACKET, fds);
	CHECK_EQ(xsend(fds[0], "abc", 3, 0), 3);
	OK(SYS(close, fds[0]));
	CHECK_EQ(xrecv(fds[1], buf, 8, 0), 3);
	CHECK_EQ(xrecv(fds[1], buf, 8, 0), 0);
	CHECK_EQ(xrecv(fds[1], buf, 8, MSG_DONTWAIT), 0);
	FAILS(xsend(fds[1], "x", 1, 0), EPIPE);
	OK(SYS(close, fds[1]));
	fd = mksock(SOCK_SEQPACKET);
	FAILS(xsend(fd, "x", 1, 0), ENOTCONN);
	FAILS(xrecv(fd, buf, 1, 0), ENOTCONN);
	OK(SYS(close, fd));
}

static void
test_connected(void)
{
	int s = server(SOCK_SEQPACKET, "sq"), c = client(SOCK_SEQPACKET, "sq");
	int a = (int)SYS(accept, s, NULL, NULL), fd;
	struct sockaddr_un un;
	socklen_t len = mkname(&un, "sq");
	char buf[8];

	CHECK_EQ(xsend(c, "ab", 2, 0), 2);
	CHECK_EQ(xsend(c, "cd", 2, 0), 2);
	CHECK_EQ(xrecv(a, buf, 8, 0), 2);
	CHECK_EQ(xrecv(a, buf, 8, 0), 2);
	fd = mksock(SOCK_STREAM);
	FAILS(SYS(connect, fd, &un, len), ECONNREFUSED);
	OK(SYS(close, fd));
	fd = mksock(SOCK_DGRAM);
	FAILS(SYS(connect, fd, &un, len), ECONNREFUSED);
	FAILS(SYS(listen, fd, 1), EOPNOTSUPP);
	FAILS(SYS(accept, fd, NULL, NULL), EOPNOTSUPP);
	OK(SYS(close, fd));
	OK(SYS(close, a));
	OK(SYS(close, c));
	OK(SYS(close, s));
}

static void
test_addresses(void)
{
	struct sockaddr_un sun, cun, got;
	socklen_t slen = mkname(&sun, "d.s"), clen = mkname(&cun, "d.c"), len;
	int s = server(SOCK_DGRAM, "d.s"), c = mksock(SOCK_DGRAM), x;
	char buf[8];

	FAILS(xsend(c, "x", 1, 0), ENOTCONN);
	CHECK_EQ(SYS(sendto, c, "anon", 4UL, 0, &sun, slen), 4);
	len = sizeof(got);
	CHECK_EQ(SYS(recvfrom, s, buf, 8UL, 0, &got, &len), 4);
	CHECK_EQ(len, 0);
	OK(SYS(bind, c, &cun, clen));
	OK(SYS(connect, c, &sun, slen));
	CHECK_EQ(xsend(c, "named", 5, 0), 5);
	len = sizeof(got);
	CHECK_EQ(SYS(recvfrom, s, buf, 8UL, 0, &got, &len), 5);
	CHECK_EQ(len, clen);
	CHECK(memcmp(&got, &cun, clen) == 0);
	CHECK_EQ(SYS(sendto, s, "reply", 5UL, 0, &got, len), 5);
	CHECK_EQ(xrecv(c, buf, 8, 0), 5);
	/* c is connected: others may not send to it. */
	x = mksock(SOCK_DGRAM);
	FAILS(SYS(sendto, x, "x", 1UL, 0, &cun, clen), EPERM);
	FAILS(SYS(connect, x, &cun, clen), EPERM);
	sun.sun_family = AF_UNSPEC;
	OK(SYS(connect, c, &sun, 2));
	FAILS(xsend(c, "x", 1, 0), ENOTCONN);
	CHECK_EQ(SYS(sendto, x, "x", 1UL, 0, &cun, clen), 1);
	sun.sun_family = AF_UNIX;
	OK(SYS(connect, c, &sun, slen));
	OK(SYS(close, s));
	FAILS(xsend(c, "x", 1, 0), ECONNREFUSED);
	FAILS(xsend(c, "x", 1, 0), ENOTCONN);
	FAILS(SYS(sendto, c, "x", 1UL, 0, &sun, slen), ECONNREFUSED);
	OK(SYS(close, c));
	OK(SYS(close, x));
}

static void
test_sizes(void)
{
	static char big[300000];
	int fds[2], v = 8192;
	socklen_t len = sizeof(v);

	pair(SOCK_DGRAM | SOCK_NONBLOCK, fds);
	FAILS(xsend(fds[0], big, sizeof(big), 0), EMSGSIZE);
	CHECK_EQ(xsend(fds[0], big, 100000, 0), 100000);
	CHECK_EQ(xrecv(fds[1], big, sizeof(big), 0), 100000);
	OK(SYS(setsockopt, fds[0], SOL_SOCKET, SO_SNDBUF, &v, len));
	OK(SYS(getsockopt, fds[0], SOL_SOCKET, SO_SNDBUF, &v, &len));
	CHECK_EQ(v, 16384);
	FAILS(xsend(fds[0], big, 16384 - 31, 0), EMSGSIZE);
	CHECK_EQ(xsend(fds[0], big, 16384 - 32, 0), 16384 - 32);
	while (xsend(fds[0], big, 1000, 0) == 1000)
		continue;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(bits(fds[0], POLLOUT), 0);
	while (xrecv(fds[1], big, sizeof(big), 0) > 0)
		continue;
	CHECK_EQ(bits(fds[0], POLLOUT), POLLOUT);
	closeboth(fds);
}

/* A queue of max_dgram_qlen + 1, however long that is. */
static void
test_queue(void)
{
	int s = server(SOCK_DGRAM, "q"), c = client(SOCK_DGRAM | SOCK_NONBLOCK,
	    "q"), i, n = 0;
	char buf[4];

	while (n < 2000 && xsend(c, "x", 1, 0) == 1)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK(n >= 11 && n < 600);
	CHECK_EQ(bits(c, POLLOUT), 0);
	CHECK_EQ(xrecv(s, buf, 4, 0), 1);
	CHECK_EQ(bits(c, POLLOUT), POLLOUT);
	for (i = 1; i < n; i++)
		CHECK_EQ(xrecv(s, buf, 4, 0), 1);
	FAILS(xrecv(s, buf, 4, MSG_DONTWAIT), EAGAIN);
	OK(SYS(close, s));
	OK(SYS(close, c));
}

static void
test_shut(void)
{
	char buf[8];
	int fds[2];

	pair(SOCK_DGRAM, fds);
	CHECK_EQ(xsend(fds[0], "ab", 2, 0), 2);
	OK(SYS(shutdown, fds[1], SHUT_RD));
	FAILS(xsend(fds[0], "x", 1, 0), EPIPE);
	CHECK_EQ(xrecv(fds[1], buf, 8, 0), 2);
	CHECK_EQ(xrecv(fds[1], buf, 8, 0), 0);
	FAILS(xrecv(fds[1], buf, 8, MSG_DONTWAIT), EAGAIN);
	OK(SYS(shutdown, fds[1], SHUT_WR));
	FAILS(xsend(fds[1], "x", 1, 0), EPIPE);
	OK(SYS(close, fds[1]));
	FAILS(xsend(fds[0], "x", 1, 0), ECONNREFUSED);
	FAILS(xsend(fds[0], "x", 1, 0), ENOTCONN);
	OK(SYS(close, fds[0]));
}

static void
test_many(void)
{
	char out[3][8] = { "one", "twoo", "three" }, in[4][8];
	struct iovec oi[3], ii[4];
	struct mmsghdr ov[3], iv[4];
	struct timespec ts = { 5, 0 };
	int fds[2], i;

	memset(ov, 0, sizeof(ov));
	memset(iv, 0, sizeof(iv));
	for (i = 0; i < 4; i++) {
		ii[i] = (struct iovec){ in[i], i == 1 ? 3 : 8 };
		iv[i].msg_hdr.msg_iov = &ii[i];
		iv[i].msg_hdr.msg_iovlen = 1;
		if (i == 3)
			break;
		oi[i] = (struct iovec){ out[i], strlen(out[i]) };
		ov[i].msg_hdr.msg_iov = &oi[i];
		ov[i].msg_hdr.msg_iovlen = 1;
	}
	pair(SOCK_DGRAM, fds);
	CHECK_EQ(SYS(sendmmsg, fds[0], ov, 3U, 0U), 3);
	CHECK_EQ(ov[1].msg_len, 4);
	CHECK_EQ(SYS(recvmmsg, fds[1], iv, 4U, (unsigned)MSG_WAITFORONE, &ts),
	    3);
	CHECK_EQ(iv[0].msg_len, 3);
	CHECK_EQ(iv[1].msg_len, 3);
	CHECK_EQ(iv[1].msg_hdr.msg_flags, MSG_TRUNC);
	CHECK_EQ(iv[2].msg_len, 5);
	CHECK(ts.tv_sec <= 5 && ts.tv_sec >= 0);
	FAILS(SYS(recvmmsg, fds[1], iv, 4U, (unsigned)MSG_DONTWAIT, NULL),
	    EAGAIN);
	CHECK_EQ(SYS(recvmmsg, fds[1], iv, 0U, 0U, NULL), 0);
	ts.tv_nsec = 1000000000;
	FAILS(SYS(recvmmsg, fds[1], iv, 1U, 0U, &ts), EINVAL);
	closeboth(fds);
}

static const struct test tests[] = {
	{ "dgram", test_dgram }, { "seqpacket", test_seqpacket },
	{ "connected", test_connected }, { "addresses", test_addresses },
	{ "sizes", test_sizes }, { "queue", test_queue },
	{ "shut", test_shut }, { "many", test_many },
	{ NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
