/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_local net_inet net_tcp net_udp */
/* Flags of the calls that send and receive, and options around them. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include "socktest.h"

#ifndef SO_SELECT_ERR_QUEUE
#define SO_SELECT_ERR_QUEUE 45
#endif
enum { TCP, UDP, USTREAM, UDGRAM, USEQ, NKINDS };
static const char *const kindname[] = { "tcp", "udp", "unix stream",
    "unix dgram", "unix seqpacket" };

static void
inetpair(int type, int *fds)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int l = (int)SYS(socket, AF_INET, type, 0);

	OK(SYS(bind, l, (void *)&sin, sizeof(sin)));
	if (type == SOCK_STREAM)
		OK(SYS(listen, l, 1));
	OK(SYS(getsockname, l, (void *)&sin, &len));
	fds[0] = (int)SYS(socket, AF_INET, type, 0);
	OK(SYS(connect, fds[0], (void *)&sin, sizeof(sin)));
	fds[1] = l;
	if (type != SOCK_STREAM)
		return;
	fds[1] = (int)SYS(accept4, l, NULL, NULL, 0);
	OK(SYS(close, l));
}

static void
anypair(int kind, int *fds)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_STREAM,
	    SOCK_DGRAM, SOCK_SEQPACKET };

	if (kind <= UDP)
		inetpair(types[kind], fds);
	else
		pair(types[kind], fds);
}
#define EACH(body) do {							\
	int kind, fds[2], before_;					\
	for (kind = 0; kind < NKINDS; kind++) {				\
		before_ = check_failures;				\
		anypair(kind, fds);					\
		body							\
		closeboth(fds);						\
		if (check_failures != before_)				\
			printf("with %s\n", kindname[kind]);		\
	}								\
} while (0)
#define STREAM(k)	((k) == TCP || (k) == USTREAM)

/* Until n bytes are there. */
static void
await_in(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	CHECK_EQ(SYS(poll, &p, 1UL, 5000), 1);
}

static void
trunc_(void)
{
	char b[8];

	EACH({
		CHECK_EQ(xsend(fds[0], "abcdefgh", 8, 0), 8);
		await_in(fds[1]);
		/* Bytes of a TCP stream are thrown away. */
		memset(b, 'x', 8);
		CHECK_EQ(xrecv(fds[1], b, 4, MSG_TRUNC | MSG_PEEK),
		    STREAM(kind) ? 4 : 8);
		CHECK(memcmp(b, kind == TCP ? "xxxx" : "abcd", 4) == 0);
		memset(b, 'x', 8);
		CHECK_EQ(xrecv(fds[1], b, 4, MSG_TRUNC), STREAM(kind) ? 4 : 8);
		CHECK(memcmp(b, kind == TCP ? "xxxx" : "abcd", 4) == 0);
		if (STREAM(kind)) {
			CHECK_EQ(xrecv(fds[1], b, 8, 0), 4);
			CHECK(memcmp(b, "efgh", 4) == 0);
		}
		CHECK_EQ(xrecv(fds[1], b, 8, MSG_DONTWAIT), -1);
		CHECK_EQ(errno, EAGAIN);
	});
}

/* Flags that come out, and what else recvmsg fills in. */
static void
outflags(void)
{
	struct sockaddr_storage ss;
	char b[8], c[64];
	struct iovec iov = { b, 2 };
	struct msghdr mh;

	EACH({
		CHECK_EQ(xsend(fds[0], "abcd", 4, 0), 4);
		await_in(fds[1]);
		memset(&mh, 0, sizeof(mh));
		mh.msg_iov = &iov;
		mh.msg_iovlen = 1;
		mh.msg_name = &ss;
		mh.msg_namelen = sizeof(ss);
		mh.msg_control = c;
		mh.msg_controllen = sizeof(c);
		mh.msg_flags = 0x7fff;
		CHECK_EQ(SYS(recvmsg, fds[1], &mh, MSG_DONTWAIT | MSG_PEEK |
		    MSG_CMSG_CLOEXEC), 2);
		CHECK_EQ(mh.msg_flags, MSG_CMSG_CLOEXEC | (STREAM(kind) ? 0 :
		    MSG_TRUNC));
		CHECK_EQ(mh.msg_namelen, kind == UDP ? 16 : 0);
		CHECK_EQ(mh.msg_controllen, 0);
		CHECK_EQ(mh.msg_iovlen, 1);
		CHECK_EQ(SYS(recvmsg, fds[1], &mh, MSG_ERRQUEUE),
		    kind <= UDP ? -1 : 2);
		if (kind <= UDP)
			CHECK_EQ(errno, EAGAIN);
	});
}

static void
nothing(void)
{
	char b[4];

	EACH({
		if (!STREAM(kind)) {
			CHECK_EQ(xsend(fds[0], "", 0, 0), 0);
			await_in(fds[1]);
			CHECK_EQ(xrecv(fds[1], b, 4, 0), 0);
			/* A record is taken even by who wants no bytes. */
			CHECK_EQ(xsend(fds[0], "ab", 2, 0), 2);
			await_in(fds[1]);
			CHECK_EQ(xrecv(fds[1], b, 0, 0), 0);
			CHECK_EQ(xrecv(fds[1], b, 4, MSG_DONTWAIT), -1);
		} else {
			CHECK_EQ(xsend(fds[0], "", 0, 0), 0);
			CHECK_EQ(xrecv(fds[1], b, 4, MSG_DONTWAIT), -1);
		}
		CHECK_EQ(errno, EAGAIN);
	});
}

/* Those that mean nothing here are no error. */
static void
ignored(void)
{
	static const int fl[] = { MSG_CONFIRM, MSG_EOR, MSG_NOSIGNAL,
	    MSG_DONTROUTE, MSG_SYN, MSG_RST, MSG_FIN, 0x10000 };
	unsigned i;
	char b[4];

	EACH({
		for (i = 0; i < sizeof(fl) / sizeof(fl[0]); i++) {
			CHECK_EQ(xsend(fds[0], "a", 1, fl[i]), 1);
			await_in(fds[1]);
			CHECK_EQ(xrecv(fds[1], b, 4, fl[i]), 1);
		}
	});
}

static int
hasoff(int fd, int v)
{
	return SYS(setsockopt, fd, SOL_SOCKET, SO_PEEK_OFF, &v, 4U) == 0;
}

static int
off(int fd)
{
	socklen_t len = 4;
	int v = -2;

	OK(SYS(getsockopt, fd, SOL_SOCKET, SO_PEEK_OFF, &v, &len));
	return v;
}

static void
peekoff(void)
{
	char b[8];

	EACH({
		if (!onhost || kind != TCP)	/* TCP: a new Linux only */
			CHECK_EQ(off(fds[1]), -1);
		if (!hasoff(fds[1], 1)) {
			CHECK(onhost && kind == TCP);
			closeboth(fds);
			continue;
		}
		CHECK_EQ(xsend(fds[0], "abcdef", 6, 0), 6);
		await_in(fds[1]);
		CHECK_EQ(xrecv(fds[1], b, 2, MSG_PEEK), 2);
		CHECK(memcmp(b, "bc", 2) == 0);
		CHECK_EQ(off(fds[1]), 3);
		CHECK_EQ(xrecv(fds[1], b, 8, MSG_PEEK), 3);
		CHECK(memcmp(b, "def", 3) == 0);
		CHECK_EQ(off(fds[1]), 6);
		CHECK_EQ(xrecv(fds[1], b, 8, MSG_PEEK | MSG_DONTWAIT), -1);
		CHECK_EQ(errno, EAGAIN);
		CHECK_EQ(xrecv(fds[1], b, 8, 0), 6);
		CHECK(memcmp(b, "abcdef", 6) == 0);
		CHECK_EQ(off(fds[1]), 0);
		CHECK(hasoff(fds[1], -1));
		CHECK_EQ(off(fds[1]), -1);
	});
}

/* Two records, or two pieces: the peek goes on in the second. */
static void
peeknext(void)
{
	char b[8];

	EACH({
		if (!hasoff(fds[1], 0)) {
			closeboth(fds);
			continue;
		}
		CHECK_EQ(xsend(fds[0], "abc", 3, 0), 3);
		CHECK_EQ(xsend(fds[0], "def", 3, 0), 3);
		if (kind == TCP)
			while (xrecv(fds[1], b, 8, MSG_PEEK | MSG_TRUNC) > 0 &&
			    off(fds[1]) != 6)
				continue;
		else
			await_in(fds[1]);
		CHECK(hasoff(fds[1], 0));
		CHECK_EQ(xrecv(fds[1], b, 2, MSG_PEEK), 2);
		CHECK_EQ(xrecv(fds[1], b, 3, MSG_PEEK), STREAM(kind) ? 3 : 1);
		CHECK_EQ(b[0], 'c');
		if (!STREAM(kind)) {
			CHECK_EQ(xrecv(fds[1], b, 8, MSG_PEEK), 3);
			CHECK(memcmp(b, "def", 3) == 0);
		}
		CHECK_EQ(xrecv(fds[1], b, 3, 0), 3);
		CHECK(memcmp(b, "abc", 3) == 0);
		CHECK_EQ(off(fds[1]), STREAM(kind) ? 2 : 3);
	});
}

struct vec { struct mmsghdr m[4]; struct iovec iov[4]; char b[4][8]; };

static void
mkvec(struct vec *v)
{
	int i;

	memset(v, 0, sizeof(*v));
	for (i = 0; i < 4; i++) {
		v->iov[i].iov_base = v->b[i];
		v->iov[i].iov_len = 2;
		v->m[i].msg_hdr.msg_iov = &v->iov[i];
		v->m[i].msg_hdr.msg_iovlen = 1;
	}
}

static void
many(void)
{
	struct timespec ts = { 5, 0 }, bad = { 0, 1000000000 };
	struct vec v;

	EACH({
		mkvec(&v);
		CHECK_EQ(SYS(recvmmsg, fds[1], v.m, 0U, 0U, NULL), 0);
		CHECK_EQ(SYS(recvmmsg, fds[1], v.m, 4U, MSG_DONTWAIT, NULL),
		    -1);
		CHECK_EQ(errno, EAGAIN);
		CHECK_EQ(SYS(recvmmsg, fds[1], v.m, 4U, 0U, &bad), -1);
		CHECK_EQ(errno, EINVAL);
		memcpy(v.b[0], "ab", 2);
		memcpy(v.b[1], "cd", 2);
		CHECK_EQ(SYS(sendmmsg, fds[0], v.m, 2U, 0U), 2);
		CHECK_EQ(v.m[1].msg_len, 2);
		await_in(fds[1]);
		mkvec(&v);
		/* The first is waited for, the others are not. */
		ts.tv_sec = 5;
		CHECK_EQ(SYS(recvmmsg, fds[1], v.m, 1U, MSG_WAITFORONE, &ts),
		    1);
		CHECK(ts.tv_sec < 5);
		CHECK(memcmp(v.b[0], "ab", 2) == 0);
		CHECK_EQ(SYS(recvmmsg, fds[1], v.m, 4U, MSG_WAITFORONE, NULL),
		    1);
		CHECK(memcmp(v.b[0], "cd", 2) == 0);
		/* The time is looked at after each. */
		CHECK_EQ(xsend(fds[0], "ef", 2, 0), 2);
		CHECK_EQ(xsend(fds[0], "gh", 2, 0), 2);
		await_in(fds[1]);
		ts.tv_sec = ts.tv_nsec = 0;
		CHECK_EQ(SYS(recvmmsg, fds[1], v.m, 4U, 0U, &ts), 1);
		CHECK_EQ(ts.tv_sec, 0);
		CHECK_EQ(ts.tv_nsec, 0);
	});
}

/* Some were sent: how many; the error is that of a call that sends none. */
static void
partly(void)
{
	struct vec v;

	EACH({
		mkvec(&v);
		v.m[1].msg_hdr.msg_iovlen = 1025;
		CHECK_EQ(SYS(sendmmsg, fds[0], v.m, 3U, 0U), 1);
		CHECK_EQ(SYS(sendmmsg, fds[0], v.m + 1, 2U, 0U), -1);
		CHECK_EQ(errno, EMSGSIZE);
		v.m[1].msg_hdr.msg_iovlen = 1;
		v.m[1].msg_hdr.msg_namelen = -1;
		v.m[1].msg_hdr.msg_name = v.b;
		CHECK_EQ(SYS(sendmmsg, fds[0], v.m + 1, 2U, 0U), -1);
		CHECK_EQ(errno, EINVAL);
	});
}

/* MSG_WAITALL: more than the buffer holds; ends with the stream. */
struct feeder { int fd; size_t n; pid_t pid; };
static char big[1 << 20], got[1 << 20];

static void *
feeder(void *arg)
{
	const struct feeder *f = arg;

	if (!onhost)
		OK(rump_pub_lwproc_newlwp(f->pid));
	CHECK_EQ(xsend(f->fd, big, f->n, 0), f->n);
	OK(SYS(shutdown, f->fd, SHUT_WR));
	if (!onhost)
		rump_pub_lwproc_releaselwp();
	return NULL;
}

static void
waitall(void)
{
	struct feeder f = { .n = sizeof(big) - 100,
	    .pid = rump_sys_getpid() };
	size_t i;
	pthread_t t;

	for (i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 >> 3);
	EACH({
		if (!STREAM(kind)) {
			closeboth(fds);
			continue;
		}
		f.fd = fds[0];
		OK(pthread_create(&t, NULL, feeder, &f));
		CHECK_EQ(xrecv(fds[1], got, 900000, MSG_WAITALL), 900000);
		CHECK_EQ(xrecv(fds[1], got + 900000, sizeof(got) - 900000,
		    MSG_WAITALL), f.n - 900000);
		CHECK(memcmp(got, big, f.n) == 0);
		OK(pthread_join(t, NULL));
	});
}

static int
geti(int fd, int name)
{
	socklen_t len = 4;
	int v = -77;

	return SYS(getsockopt, fd, SOL_SOCKET, name, &v, &len) == 0 ? v :
	    -errno;
}

static void
options(void)
{
	static const int flags[] = { SO_DEBUG, SO_SELECT_ERR_QUEUE,
	    69 /* SO_PREFER_BUSY_POLL */ };
	struct { int pid; unsigned uid, gid; } cr;
	char addr[128], addr2[128];
	uint32_t mi[9];
	socklen_t len, len2;
	int v;
	unsigned i;

	EACH({
		for (i = 0; i < 3; i++) {
			CHECK_EQ(geti(fds[0], flags[i]), 0);
			v = 1;
			/* On Linux some are for the administrator alone. */
			if (SYS(setsockopt, fds[0], SOL_SOCKET, flags[i], &v,
			    4U) == -1) {
				CHECK(onhost && (errno == EACCES ||
				    errno == EPERM));
				continue;
			}
			CHECK_EQ(geti(fds[0], flags[i]), 1);
		}
		v = 1;
		OK(SYS(setsockopt, fds[0], SOL_SOCKET, SO_BSDCOMPAT, &v, 4U));
		CHECK_EQ(geti(fds[0], SO_BSDCOMPAT), 0);
		CHECK_EQ(geti(fds[0], 72 /* SO_BUF_LOCK */), 0);
		v = 20000;
		OK(SYS(setsockopt, fds[0], SOL_SOCKET, SO_SNDBUF, &v, 4U));
		CHECK_EQ(geti(fds[0], SO_SNDBUF), 40000);
		CHECK_EQ(geti(fds[0], 72), 1);
		len = sizeof(mi);
		OK(SYS(getsockopt, fds[0], SOL_SOCKET, SO_MEMINFO, mi, &len));
		CHECK_EQ(len, sizeof(mi));
		CHECK_EQ(mi[3], 40000);
		CHECK_EQ(geti(fds[0], SO_INCOMING_NAPI_ID), 0);
		CHECK_EQ(geti(fds[0], 99), -ENOPROTOOPT);
		len = len2 = sizeof(addr);
		if (kind <= UDP) {
			OK(SYS(getpeername, fds[0], (void *)addr, &len2));
			len = len2;
			OK(SYS(getsockopt, fds[0], SOL_SOCKET, SO_PEERNAME,
			    addr2, &len));
			CHECK_EQ(len, len2);
			CHECK(memcmp(addr, addr2, len) == 0);
			len = 200;
			CHECK_EQ(SYS(getsockopt, fds[0], SOL_SOCKET,
			    SO_PEERNAME, addr2, &len), -1);
			CHECK_EQ(errno, EINVAL);
			len = sizeof(cr);
			OK(SYS(getsockopt, fds[0], SOL_SOCKET, SO_PEERCRED,
			    &cr, &len));
			CHECK_EQ(cr.pid, 0);
			CHECK_EQ(cr.uid, (unsigned)-1);
			CHECK_EQ(geti(fds[0], SO_PEERGROUPS), -ENODATA);
		}
		len = 4;
		OK(SYS(getsockopt, fds[0], SOL_SOCKET, SO_GET_FILTER, addr,
		    &len));
		CHECK_EQ(len, 0);
	});
}

#define RX_SOFTWARE	(1 << 3)
#define SOFTWARE	(1 << 4)
static void
timestamping(void)
{
	union { struct cmsghdr h; char b[128]; } c;
	struct timespec ts[3], now, ms = { 0, 1000000 };
	char b[4];
	struct iovec iov = { b, 4 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = &c, .msg_controllen = sizeof(c) };
	int fds[2], v = RX_SOFTWARE | SOFTWARE, i;

	inetpair(SOCK_DGRAM, fds);
	OK(SYS(setsockopt, fds[1], SOL_SOCKET, SO_TIMESTAMPING, &v, 4U));
	CHECK_EQ(geti(fds[1], SO_TIMESTAMPING), v);
	v = 1 << 30;
	CHECK_EQ(SYS(setsockopt, fds[1], SOL_SOCKET, SO_TIMESTAMPING, &v, 4U),
	    -1);
	CHECK_EQ(errno, EINVAL);
	/* Linux begins to read the clock some time after the call. */
	for (i = 0; i < 5000; i++) {
		CHECK_EQ(xsend(fds[0], "a", 1, 0), 1);
		mh.msg_controllen = sizeof(c);
		CHECK_EQ(SYS(recvmsg, fds[1], &mh, 0), 1);
		if (mh.msg_controllen != 0)
			break;
		nanosleep(&ms, NULL);
	}
	CHECK_EQ(mh.msg_controllen, CMSG_SPACE(sizeof(ts)));
	CHECK_EQ(c.h.cmsg_level, SOL_SOCKET);
	CHECK_EQ(c.h.cmsg_type, SO_TIMESTAMPING);
	memcpy(ts, CMSG_DATA(&c.h), sizeof(ts));
	clock_gettime(CLOCK_REALTIME, &now);
	CHECK(now.tv_sec - ts[0].tv_sec <= 60 && now.tv_sec >= ts[0].tv_sec);
	CHECK(ts[1].tv_sec == 0 && ts[2].tv_sec == 0);
	closeboth(fds);
}

/* TCP_INQ: how much is left, with each recvmsg. */
static void
inq(void)
{
	union { struct cmsghdr h; char b[64]; } c;
	struct timespec ms = { 0, 1000000 };
	char b[16];
	struct iovec iov = { b, 4 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = &c, .msg_controllen = sizeof(c) };
	int fds[2], v = 1, i;

	inetpair(SOCK_STREAM, fds);
	OK(SYS(setsockopt, fds[1], IPPROTO_TCP, TCP_INQ, &v, 4U));
	CHECK_EQ(xsend(fds[0], "0123456789", 10, 0), 10);
	for (i = v = 0; i < 5000 && v != 10; i++) {
		OK(SYS(ioctl, fds[1], FIONREAD, &v));
		nanosleep(&ms, NULL);
	}
	CHECK_EQ(SYS(recvmsg, fds[1], &mh, 0), 4);
	CHECK_EQ(mh.msg_controllen, CMSG_SPACE(sizeof(v)));
	CHECK_EQ(c.h.cmsg_level, SOL_TCP);
	CHECK_EQ(c.h.cmsg_type, TCP_CM_INQ);
	memcpy(&v, CMSG_DATA(&c.h), sizeof(v));
	CHECK_EQ(v, 6);
	iov.iov_len = 6;
	mh.msg_controllen = sizeof(c);
	CHECK_EQ(SYS(recvmsg, fds[1], &mh, 0), 6);
	memcpy(&v, CMSG_DATA(&c.h), sizeof(v));
	CHECK_EQ(v, 0);
	closeboth(fds);
}

static const struct test tests[] = {
	{ "trunc", trunc_ }, { "outflags", outflags },
	{ "nothing", nothing }, { "ignored", ignored },
	{ "peekoff", peekoff }, { "peeknext", peeknext }, { "many", many },
	{ "partly", partly }, { "waitall", waitall },
	{ "options", options }, { "timestamping", timestamping },
	{ "inq", inq },
	{ NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
