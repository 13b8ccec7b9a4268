/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_local */
/*
 * Urgent data of AF_UNIX streams (Linux has it since 5.15): what every Linux
 * with it does.
 */
#include "socktest.h"

static int
atmark(int fd)
{
	int v = -1;

	OK(SYS(ioctl, fd, (unsigned long)SIOCATMARK, &v));
	return v;
}

#define GIVES(fd, flags, want) do {					\
	char got_[32];							\
	long n_ = xrecv(fd, got_, sizeof(got_),				\
	    (flags) | MSG_DONTWAIT);					\
	CHECK_EQ(n_, sizeof(want) - 1);					\
	CHECK(n_ >= 0 && memcmp(got_, want, (size_t)n_) == 0);		\
} while (0)
#define NONE(fd, flags, err) do {					\
	char got_[32];							\
	CHECK_EQ(xrecv(fd, got_, sizeof(got_), (flags) | MSG_DONTWAIT), -1); \
	CHECK_EQ(errno, err);						\
} while (0)

/* Is it there at all? */
static int
there(void)
{
	int fds[2], yes;

	if (!onhost)
		return 1;
	pair(SOCK_STREAM, fds);
	yes = xsend(fds[0], "x", 1, MSG_OOB) == 1;
	closeboth(fds);
	return yes;
}

static void
beside(void)
{
	int fds[2];

	if (!there())
		return;
	pair(SOCK_STREAM, fds);
	NONE(fds[1], MSG_OOB, EINVAL);
	CHECK_EQ(atmark(fds[1]), 0);
	CHECK_EQ(xsend(fds[0], "hello", 5, MSG_OOB), 5);
	CHECK_EQ(bits(fds[1], POLLIN | POLLPRI), POLLIN | POLLPRI);
	CHECK_EQ(atmark(fds[1]), 0);
	GIVES(fds[1], MSG_OOB | MSG_PEEK, "o");
	GIVES(fds[1], MSG_PEEK, "hell");
	GIVES(fds[1], 0, "hell");
	CHECK_EQ(atmark(fds[1]), 1);
	GIVES(fds[1], MSG_OOB, "o");
	NONE(fds[1], MSG_OOB, EINVAL);
	CHECK_EQ(bits(fds[1], POLLPRI), 0);
	CHECK_EQ(xsend(fds[0], "rest", 4, 0), 4);
	GIVES(fds[1], 0, "rest");
	NONE(fds[1], 0, EAGAIN);
	closeboth(fds);
}

/* A read stops before it, the next goes past it: it is lost. */
static void
passed(void)
{
	int fds[2];

	if (!there())
		return;
	pair(SOCK_STREAM, fds);
	CHECK_EQ(xsend(fds[0], "abc", 3, MSG_OOB), 3);
	CHECK_EQ(xsend(fds[0], "def", 3, 0), 3);
	GIVES(fds[1], MSG_WAITALL, "ab");
	GIVES(fds[1], 0, "def");
	NONE(fds[1], MSG_OOB, EINVAL);
	NONE(fds[1], 0, EAGAIN);
	/* Read before its turn: the place is a mark still. */
	CHECK_EQ(xsend(fds[0], "abc", 3, MSG_OOB), 3);
	CHECK_EQ(xsend(fds[0], "def", 3, 0), 3);
	GIVES(fds[1], MSG_OOB, "c");
	GIVES(fds[1], 0, "ab");
	GIVES(fds[1], 0, "def");
	closeboth(fds);
}

static void
inlined(void)
{
	int fds[2], on = 1;

	if (!there())
		return;
	pair(SOCK_STREAM, fds);
	OK(SYS(setsockopt, fds[1], SOL_SOCKET, SO_OOBINLINE, &on, 4U));
	CHECK_EQ(xsend(fds[0], "abc", 3, MSG_OOB), 3);
	CHECK_EQ(xsend(fds[0], "def", 3, 0), 3);
	NONE(fds[1], MSG_OOB, EINVAL);
	GIVES(fds[1], 0, "ab");
	CHECK_EQ(atmark(fds[1]), 1);
	GIVES(fds[1], 0, "cdef");
	CHECK_EQ(atmark(fds[1]), 0);
	closeboth(fds);
}

/* A second one makes the first an ordinary byte. */
static void
twice(void)
{
	int fds[2];

	if (!there())
		return;
	pair(SOCK_STREAM, fds);
	CHECK_EQ(xsend(fds[0], "a", 1, MSG_OOB), 1);
	CHECK_EQ(xsend(fds[0], "bc", 2, MSG_OOB), 2);
	GIVES(fds[1], MSG_OOB, "c");
	GIVES(fds[1], 0, "ab");
	NONE(fds[1], 0, EAGAIN);
	/* Left when both are closed. */
	CHECK_EQ(xsend(fds[0], "ab", 2, MSG_OOB), 2);
	closeboth(fds);
}

static void
others(void)
{
	int fds[2], types[] = { SOCK_DGRAM, SOCK_SEQPACKET }, i;
	struct msghdr mh;
	struct iovec iov;
	char c;

	for (i = 0; i < 2; i++) {
		pair(types[i], fds);
		CHECK_EQ(xsend(fds[0], "a", 1, MSG_OOB), -1);
		CHECK_EQ(errno, EOPNOTSUPP);
		NONE(fds[1], MSG_OOB, EOPNOTSUPP);
		closeboth(fds);
	}
	if (!there())
		return;
	pair(SOCK_STREAM, fds);
	CHECK_EQ(xsend(fds[0], "", 0, MSG_OOB), -1);
	CHECK_EQ(errno, EOPNOTSUPP);
	/* msg_flags says so. */
	CHECK_EQ(xsend(fds[0], "z", 1, MSG_OOB), 1);
	iov.iov_base = &c;
	iov.iov_len = 1;
	memset(&mh, 0, sizeof(mh));
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	CHECK_EQ(SYS(recvmsg, fds[1], &mh, MSG_OOB), 1);
	CHECK_EQ(mh.msg_flags, MSG_OOB);
	CHECK_EQ(c, 'z');
	closeboth(fds);
}

static const struct test tests[] = {
	{ "beside", beside }, { "passed", passed }, { "inlined", inlined },
	{ "twice", twice }, { "others", others }, { NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
