/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_local vfs vfs_tmpfs */
/* SCM_RIGHTS and credentials, on the host and in the rump kernel. */
#include "socktest.h"

union ctl {
	struct cmsghdr	h;
	char		b[CMSG_SPACE(260 * sizeof(int)) + 64];
};

static struct msghdr
mkmsg(struct iovec *iov, char *buf, size_t len, union ctl *c, size_t clen)
{
	struct msghdr mh = { .msg_iov = iov, .msg_iovlen = 1,
	    .msg_control = c, .msg_controllen = clen };

	iov->iov_base = buf;
	iov->iov_len = len;
	return mh;
}

static long
sendfds(int fd, const int *fds, unsigned n)
{
	struct iovec iov;
	union ctl c;
	char b = 'f';
	struct msghdr mh = mkmsg(&iov, &b, 1, &c, CMSG_SPACE(n * sizeof(int)));

	memset(&c, 0, sizeof(c));
	c.h.cmsg_len = CMSG_LEN(n * sizeof(int));
	c.h.cmsg_level = SOL_SOCKET;
	c.h.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&c.h), fds, n * sizeof(int));
	return SYS(sendmsg, fd, &mh, MSG_NOSIGNAL);
}

/* Returns how many came, at most max; *flagsp: msg_flags. */
static int
recvfds(int fd, int *fds, unsigned max, int flags, int *flagsp)
{
	struct iovec iov;
	union ctl c;
	char b;
	struct msghdr mh = mkmsg(&iov, &b, 1, &c, CMSG_LEN(max * sizeof(int)));
	int n;

	memset(&c, 0, sizeof(c));
	CHECK_EQ(SYS(recvmsg, fd, &mh, flags), 1);
	*flagsp = mh.msg_flags;
	if (mh.msg_controllen < sizeof(c.h))
		return 0;
	CHECK_EQ(c.h.cmsg_level, SOL_SOCKET);
	CHECK_EQ(c.h.cmsg_type, SCM_RIGHTS);
	n = (int)((c.h.cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(fds, CMSG_DATA(&c.h), (size_t)n * sizeof(int));
	return n;
}

/* The number of open descriptors. */
static int
countfds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 600; fd++)
		n += SYS(fcntl, fd, F_GETFD, 0UL) >= 0;
	return n;
}

static void
test_pass(void)
{
	int fds[2], p[2], got[4], flags, before = countfds();
	char buf[8];

	pair(SOCK_STREAM, fds);
	OK(SYS(pipe, p));
	CHECK_EQ(sendfds(fds[0], p, 2), 1);
	closeboth(p);
	CHECK_EQ(recvfds(fds[1], got, 4, MSG_CMSG_CLOEXEC, &flags), 2);
	CHECK_EQ(flags, MSG_CMSG_CLOEXEC);
	CHECK_EQ(SYS(fcntl, got[0], F_GETFD, 0UL), FD_CLOEXEC);
	CHECK_EQ(SYS(write, got[1], "pipe", 4UL), 4);
	CHECK_EQ(SYS(read, got[0], buf, 8UL), 4);
	closeboth(got);
	closeboth(fds);
	CHECK_EQ(countfds(), before);
}

static void
test_truncated(void)
{
	int fds[2], p[2], got[4], flags, i, before = countfds();
	char buf[8];

	pair(SOCK_STREAM, fds);
	OK(SYS(pipe, p));
	CHECK_EQ(sendfds(fds[0], p, 2), 1);
	CHECK_EQ(recvfds(fds[1], got, 1, 0, &flags), 1);
	CHECK_EQ(flags, MSG_CTRUNC);
	OK(SYS(close, got[0]));
	CHECK_EQ(sendfds(fds[0], p, 2), 1);
	CHECK_EQ(recvfds(fds[1], got, 0, 0, &flags), 0);
	CHECK_EQ(flags, MSG_CTRUNC);
	/* Without a control buffer they are gone. */
	CHECK_EQ(sendfds(fds[0], p, 2), 1);
	CHECK_EQ(xrecv(fds[1], buf, 8, 0), 1);
	/* Peeking gives descriptors each time. */
	CHECK_EQ(sendfds(fds[0], p, 1), 1);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(recvfds(fds[1], got, 4, i < 2 ? MSG_PEEK : 0,
		    &flags), 1);
		OK(SYS(close, got[0]));
	}
	/* Files with unread messages are closed with them. */
	CHECK_EQ(sendfds(fds[0], p, 2), 1);
	closeboth(fds);
	OK(SYS(close, p[1]));
	CHECK_EQ(SYS(read, p[0], buf, 1UL), 0);
	OK(SYS(close, p[0]));
	CHECK_EQ(countfds(), before);
}

/* A read of a stream ends with the message that has files. */
static void
test_boundaries(void)
{
	int fds[2], got[4], flags;
	char buf[16];

	pair(SOCK_STREAM, fds);
	CHECK_EQ(xsend(fds[0], "abc", 3, 0), 3);
	CHECK_EQ(sendfds(fds[0], fds, 1), 1);
	CHECK_EQ(xsend(fds[0], "def", 3, 0), 3);
	CHECK_EQ(xrecv(fds[1], buf, 16, 0), 4);
	CHECK_EQ(xrecv(fds[1], buf, 16, 0), 3);
	CHECK_EQ(sendfds(fds[0], fds, 1), 1);
	CHECK_EQ(sendfds(fds[0], fds, 1), 1);
	CHECK_EQ(xrecv(fds[1], buf, 16, MSG_PEEK), 1);
	CHECK_EQ(recvfds(fds[1], got, 4, 0, &flags), 1);
	OK(SYS(close, got[0]));
	CHECK_EQ(recvfds(fds[1], got, 4, 0, &flags), 1);
	OK(SYS(close, got[0]));
	closeboth(fds);
}

static void
test_refused(void)
{
	int fds[2], many[254], i, flags;
	struct iovec iov;
	union ctl c;
	char b = 'x';
	struct msghdr mh = mkmsg(&iov, &b, 1, &c, CMSG_SPACE(4));

	pair(SOCK_DGRAM, fds);
	for (i = 0; i < 254; i++)
		many[i] = fds[0];
	FAILS(sendfds(fds[0], many, 254), EINVAL);
	CHECK_EQ(sendfds(fds[0], many, 253), 1);
	CHECK_EQ(xrecv(fds[1], &b, 1, 0), 1);
	many[2] = 999;
	FAILS(sendfds(fds[0], many, 3), EBADF);
	CHECK_EQ(sendfds(fds[0], many, 0), 1);
	CHECK_EQ(recvfds(fds[1], many, 4, 0, &flags), 0);
	memset(&c, 0, sizeof(c));
	c.h.cmsg_len = 3;
	FAILS(SYS(sendmsg, fds[0], &mh, 0), EINVAL);
	c.h.cmsg_len = 100;
	FAILS(SYS(sendmsg, fds[0], &mh, 0), EINVAL);
	c.h.cmsg_len = CMSG_LEN(4);
	c.h.cmsg_level = SOL_SOCKET;
	c.h.cmsg_type = 77;
	FAILS(SYS(sendmsg, fds[0], &mh, 0), EINVAL);
	c.h.cmsg_level = 1234;		/* not for us */
	CHECK_EQ(SYS(sendmsg, fds[0], &mh, 0), 1);
	mh.msg_controllen = 8;		/* less than a header: nothing */
	CHECK_EQ(SYS(sendmsg, fds[0], &mh, 0), 1);
	closeboth(fds);
}

/*
 * Cycles: descriptors that only wait in each other's queues.  That they are
 * really closed shows at a pipe's other end that was sent along.
 */
static void
cycle(int shape)
{
	int a[2], b[2], p[2], s = -1;
	struct pollfd pf;
	char c;

	pair(SOCK_STREAM, a);
	pair(shape == 1 ? SOCK_DGRAM : SOCK_STREAM, b);
	OK(SYS(pipe, p));
	CHECK_EQ(sendfds(a[0], &p[1], 1), 1);
	if (shape == 0) {		/* a socket in its own queue */
		CHECK_EQ(sendfds(a[0], a, 2), 1);
	} else if (shape == 1) {	/* each in the other's */
		CHECK_EQ(sendfds(a[0], b, 2), 1);
		CHECK_EQ(sendfds(b[0], a, 2), 1);
	} else {			/* in a connection not accepted */
		s = server(SOCK_STREAM, "cyc");
		OK(SYS(close, b[0]));
		b[0] = client(SOCK_STREAM, "cyc");
		CHECK_EQ(sendfds(b[0], a, 2), 1);
		CHECK_EQ(sendfds(a[0], &s, 1), 1);
		OK(SYS(close, s));
	}
	OK(SYS(close, p[1]));
	closeboth(a);
	closeboth(b);
	/* The end of a socket looks for garbage, the host's in its own time. */
	pair(SOCK_STREAM, a);
	closeboth(a);
	pf.fd = p[0];
	pf.events = POLLIN;
	CHECK_EQ(SYS(poll, &pf, 1UL, 5000), 1);
	CHECK_EQ(SYS(read, p[0], &c, 1UL), 0);
	OK(SYS(close, p[0]));
}

static void
test_cycles(void)
{

	cycle(0);
	cycle(1);
	cycle(2);
}

/* What can still be reached is not collected. */
static void
test_reachable(void)
{
	int a[2], b[2], c[2], got[2], flags;
	char buf[8];

	pair(SOCK_STREAM, a);
	pair(SOCK_STREAM, b);
	CHECK_EQ(xsend(b[1], "kept", 4, 0), 4);
	CHECK_EQ(sendfds(a[0], b, 2), 1);
	closeboth(b);
	pair(SOCK_STREAM, c);		/* closing it looks for garbage */
	CHECK_EQ(sendfds(c[0], c, 2), 1);
	closeboth(c);
	CHECK_EQ(recvfds(a[1], got, 2, 0, &flags), 2);
	CHECK_EQ(xrecv(got[0], buf, 8, 0), 4);
	CHECK_EQ(xsend(got[0], "ok", 2, 0), 2);
	CHECK_EQ(xrecv(got[1], buf, 8, 0), 2);
	closeboth(got);
	closeboth(a);
}

static void
test_creds(void)
{
	int fds[2], on = 1;
	struct iovec iov;
	struct ucred uc;
	socklen_t len = sizeof(uc);
	union ctl c;
	char b[8];
	struct msghdr mh = mkmsg(&iov, b, 8, &c, sizeof(c));
	pid_t pid = (pid_t)SYS(getpid);

	pair(SOCK_STREAM, fds);
	OK(SYS(getsockopt, fds[0], SOL_SOCKET, SO_PEERCRED, &uc, &len));
	CHECK_EQ(uc.pid, pid);
	CHECK_EQ(uc.uid, SYS(geteuid));
	CHECK_EQ(len, sizeof(uc));
	OK(SYS(setsockopt, fds[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	CHECK_EQ(xsend(fds[0], "ab", 2, 0), 2);
	CHECK_EQ(xsend(fds[0], "cd", 2, 0), 2);
	CHECK_EQ(SYS(recvmsg, fds[1], &mh, 0), 4);
	CHECK_EQ(mh.msg_flags, 0);
	CHECK_EQ(mh.msg_controllen, CMSG_SPACE(sizeof(uc)));
	CHECK_EQ(c.h.cmsg_type, SCM_CREDENTIALS);
	CHECK_EQ(c.h.cmsg_len, CMSG_LEN(sizeof(uc)));
	memcpy(&uc, CMSG_DATA(&c.h), sizeof(uc));
	CHECK_EQ(uc.pid, pid);
	/* Our own may be said; SO_PASSCRED says it without being asked. */
	mh.msg_controllen = CMSG_SPACE(sizeof(uc));
	iov.iov_len = 1;
	CHECK_EQ(SYS(sendmsg, fds[0], &mh, 0), 1);
	c.h.cmsg_len = CMSG_LEN(sizeof(uc) - 4);
	FAILS(SYS(sendmsg, fds[0], &mh, 0), EINVAL);
	/* No room for it. */
	mh.msg_controllen = 8;
	CHECK_EQ(SYS(recvmsg, fds[1], &mh, 0), 1);
	CHECK_EQ(mh.msg_flags, MSG_CTRUNC);
	CHECK_EQ(mh.msg_controllen, 0);
	closeboth(fds);
}

static void
test_nopeer(void)
{
	int fd = mksock(SOCK_STREAM);
	struct ucred uc;
	socklen_t len = sizeof(uc);

	OK(SYS(getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &uc, &len));
	CHECK_EQ(uc.pid, 0);
	CHECK_EQ(uc.uid, -1U);
	CHECK_EQ(uc.gid, -1U);
	len = 4;
	OK(SYS(getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &uc, &len));
	CHECK_EQ(len, 4);
	OK(SYS(close, fd));
}

/* Both ways at once, with sockets closing, on several CPUs. */
static void
churn(void *arg)
{
	int *fds = arg, got[2], p[2], i, flags;

	for (i = 0; i < 200; i++) {
		pair(SOCK_STREAM, p);
		CHECK_EQ(sendfds(p[0], p, 2), 1);	/* garbage */
		CHECK_EQ(sendfds(fds[0], p, 2), 1);
		closeboth(p);
		CHECK_EQ(recvfds(fds[1], got, 2, 0, &flags), 2);
		CHECK_EQ(xsend(got[0], "x", 1, 0), 1);
		closeboth(got);
	}
}

static void
test_churn(void)
{
	struct thread th[2];
	int fds[2][2], i, before = countfds();

	for (i = 0; i < 2; i++) {
		pair(SOCK_STREAM, fds[i]);
		thread_start(&th[i], churn, fds[i]);
	}
	for (i = 0; i < 2; i++) {
		thread_join(&th[i]);
		closeboth(fds[i]);
	}
	CHECK_EQ(countfds(), before);
}

static const struct test tests[] = {
	{ "pass", test_pass }, { "truncated", test_truncated },
	{ "boundaries", test_boundaries }, { "refused", test_refused },
	{ "cycles", test_cycles }, { "reachable", test_reachable },
	{ "creds", test_creds }, { "nopeer", test_nopeer },
	{ "churn", test_churn },
	{ NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
