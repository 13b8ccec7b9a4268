/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp vfs vfs_tmpfs */
/*
 * What the generic layer adds to datagrams: time stamps, error queue, flags;
 * UDP on the host and in the rump kernel.
 */
#include "socktest.h"
#include <netinet/in.h>
#include <linux/errqueue.h>
#include <netinet/udp.h>

static int
udp(struct sockaddr_in *sin)
{
	socklen_t len = sizeof(*sin);
	int fd = (int)SYS(socket, AF_INET, SOCK_DGRAM, 0);

	CHECK(fd >= 0);
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	OK(SYS(bind, fd, sin, (unsigned)sizeof(*sin)));
	OK(SYS(getsockname, fd, sin, &len));
	return fd;
}

static struct msghdr
mkmsg(struct iovec *iov, void *buf, size_t len, void *ctl, size_t clen)
{

	iov->iov_base = buf;
	iov->iov_len = len;
	return (struct msghdr){ .msg_iov = iov, .msg_iovlen = 1,
	    .msg_control = ctl, .msg_controllen = clen };
}

/* An error comes by another thread. */
static int
await_error(int fd)
{
	struct pollfd p = { .fd = fd, .events = 0 };

	CHECK_EQ(SYS(poll, &p, 1UL, 5000), 1);
	return p.revents;
}

static void
test_records(void)
{
	struct sockaddr_in a, b, from;
	socklen_t len = sizeof(from);
	int fa = udp(&a), fb = udp(&b), v;
	char buf[16];

	FAILS(xsend(fa, "x", 1, 0), EDESTADDRREQ);
	FAILS(SYS(sendto, fa, "x", 1UL, MSG_OOB, &b, 16U), EOPNOTSUPP);
	CHECK_EQ(SYS(sendto, fa, "hello", 5UL, 0, &b, 16U), 5);
	OK(SYS(connect, fa, &b, 16U));
	CHECK_EQ(xsend(fa, "", 0, 0), 0);
	CHECK_EQ(xsend(fa, "third", 5, 0), 5);
	/* lo is another thread's; it keeps the order. */
	CHECK_EQ(xrecv(fb, buf, 3, MSG_PEEK), 3);
	OK(SYS(ioctl, fb, FIONREAD, &v));
	CHECK_EQ(v, 5);
	CHECK_EQ(xrecv(fb, buf, 3, MSG_PEEK | MSG_TRUNC), 5);
	CHECK_EQ(SYS(recvfrom, fb, buf, 16UL, 0, &from, &len), 5);
	CHECK_EQ(len, 16);
	CHECK_EQ(from.sin_port, a.sin_port);
	CHECK_EQ(xrecv(fb, buf, 16, 0), 0);
	CHECK_EQ(xrecv(fb, buf, 16, 0), 5);
	FAILS(xrecv(fb, buf, 16, MSG_DONTWAIT), EAGAIN);
	FAILS(xrecv(fb, buf, 16, MSG_ERRQUEUE), EAGAIN);
	CHECK_EQ(bits(fb, ALLBITS), POLLOUT);
	OK(SYS(close, fb));
	/* Nobody there: the next call tells. */
	CHECK_EQ(xsend(fa, "x", 1, 0), 1);
	CHECK_EQ(await_error(fa), POLLERR);
	CHECK_EQ(bits(fa, ALLBITS), POLLOUT | POLLERR);
	FAILS(xsend(fa, "x", 1, 0), ECONNREFUSED);
	OK(SYS(close, fa));
}

static void
test_timestamp(void)
{
	union { struct cmsghdr h; char b[128]; } c;
	struct sockaddr_in a, b;
	int fa = udp(&a), fb = udp(&b), on = 1;
	struct timespec ts, now;
	struct iovec iov;
	char buf[8];
	struct msghdr mh = mkmsg(&iov, buf, 8, &c, sizeof(c));

	OK(SYS(setsockopt, fb, SOL_SOCKET, SO_TIMESTAMPNS, &on, 4U));
	CHECK_EQ(SYS(sendto, fa, "hi", 2UL, 0, &b, 16U), 2);
	CHECK_EQ(SYS(recvmsg, fb, &mh, 0), 2);
	CHECK_EQ(mh.msg_controllen, CMSG_SPACE(sizeof(ts)));
	CHECK_EQ(c.h.cmsg_level, SOL_SOCKET);
	CHECK_EQ(c.h.cmsg_type, SO_TIMESTAMPNS);
	CHECK_EQ(c.h.cmsg_len, CMSG_LEN(sizeof(ts)));
	memcpy(&ts, CMSG_DATA(&c.h), sizeof(ts));
	clock_gettime(CLOCK_REALTIME, &now);
	CHECK(now.tv_sec - ts.tv_sec <= 10 && now.tv_sec >= ts.tv_sec);
	/* No room: said in the flags. */
	CHECK_EQ(SYS(sendto, fa, "hi", 2UL, 0, &b, 16U), 2);
	mh.msg_controllen = 0;
	CHECK_EQ(SYS(recvmsg, fb, &mh, 0), 2);
	CHECK_EQ(mh.msg_flags, MSG_CTRUNC);
	OK(SYS(close, fa));
	OK(SYS(close, fb));
}

static void
test_zerocopy(void)
{
	union { struct cmsghdr h; char b[128]; } c;
	struct sock_extended_err ee;
	struct sockaddr_in a, b;
	int fa = udp(&a), fb = udp(&b), on = 1, i;
	struct iovec iov;
	char buf[8];
	struct msghdr mh = mkmsg(&iov, buf, 8, &c, sizeof(c));

	OK(SYS(connect, fa, &b, 16U));
	OK(SYS(setsockopt, fa, SOL_SOCKET, SO_ZEROCOPY, &on, 4U));
	for (i = 0; i < 3; i++) {
		CHECK_EQ(xsend(fa, "zero", 4, MSG_ZEROCOPY), 4);
		CHECK_EQ(xrecv(fb, buf, 8, 0), 4);
	}
	CHECK_EQ(bits(fa, 0), POLLERR);
	CHECK_EQ(SYS(recvmsg, fa, &mh, MSG_ERRQUEUE), 0);
	CHECK_EQ(mh.msg_flags, MSG_ERRQUEUE);
	CHECK_EQ(c.h.cmsg_level, SOL_IP);
	CHECK_EQ(c.h.cmsg_type, IP_RECVERR);
	memcpy(&ee, CMSG_DATA(&c.h), sizeof(ee));
	CHECK_EQ(ee.ee_errno, 0);
	CHECK_EQ(ee.ee_origin, SO_EE_ORIGIN_ZEROCOPY);
	CHECK_EQ(ee.ee_code, SO_EE_CODE_ZEROCOPY_COPIED);
	CHECK_EQ(ee.ee_info, 0);
	CHECK_EQ(ee.ee_data, 2);
	CHECK_EQ(bits(fa, 0), 0);
	OK(SYS(close, fa));
	OK(SYS(close, fb));
}

/* What the next datagram has, once it has all of it. */
static void
await_len(int fd, int want)
{
	struct timespec ms = { 0, 1000000 };
	int n = 0, i;

	for (i = 0; i < 5000 && n != want; i++) {
		OK(SYS(ioctl, fd, FIONREAD, &n));
		if (n != want)
			nanosleep(&ms, NULL);
	}
	CHECK_EQ(n, want);
}

/* Segments of one size are read as one record that tells it. */
static void
test_gro(void)
{
	union { struct cmsghdr h; char b[128]; } c;
	struct sockaddr_in a, b;
	int fa = udp(&a), fb = udp(&b), fc, v = 1;
	char out[1000], in[1000];
	struct iovec iov;
	struct msghdr mh;
	size_t i;

	for (i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 7 >> 1);
	OK(SYS(connect, fa, &b, 16U));
	OK(SYS(setsockopt, fb, SOL_UDP, UDP_GRO, &v, 4U));
	v = 100;
	OK(SYS(setsockopt, fa, SOL_UDP, UDP_SEGMENT, &v, 4U));
	CHECK_EQ(xsend(fa, out, 350, 0), 350);
	await_len(fb, 350);
	CHECK_EQ(xsend(fa, out, 1000, 0), 1000);
	mh = mkmsg(&iov, in, sizeof(in), &c, sizeof(c));
	CHECK_EQ(SYS(recvmsg, fb, &mh, 0), 350);
	CHECK(memcmp(in, out, 350) == 0);
	CHECK_EQ(c.h.cmsg_level, SOL_UDP);
	CHECK_EQ(c.h.cmsg_type, UDP_GRO);
	CHECK_EQ(c.h.cmsg_len, CMSG_LEN(sizeof(v)));
	memcpy(&v, CMSG_DATA(&c.h), sizeof(v));
	CHECK_EQ(v, 100);
	await_len(fb, 1000);
	mh = mkmsg(&iov, in, sizeof(in), &c, sizeof(c));
	CHECK_EQ(SYS(recvmsg, fb, &mh, 0), 1000);
	CHECK(memcmp(in, out, 1000) == 0);
	/* One alone has no such message. */
	CHECK_EQ(xsend(fa, out, 60, 0), 60);
	mh = mkmsg(&iov, in, sizeof(in), &c, sizeof(c));
	CHECK_EQ(SYS(recvmsg, fb, &mh, 0), 60);
	CHECK_EQ(mh.msg_controllen, 0);
	/* Another sender's is another record. */
	fc = udp(&a);
	CHECK_EQ(xsend(fa, out, 10, 0), 10);
	CHECK_EQ(SYS(sendto, fc, out, 10UL, 0, &b, 16U), 10);
	CHECK_EQ(xrecv(fb, in, sizeof(in), 0), 10);
	CHECK_EQ(xrecv(fb, in, sizeof(in), 0), 10);
	OK(SYS(close, fa));
	OK(SYS(close, fc));
	OK(SYS(close, fb));
}

static const struct test tests[] = {
	{ "records", test_records }, { "timestamp", test_timestamp },
	{ "zerocopy", test_zerocopy }, { "gro", test_gro },
	{ NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
