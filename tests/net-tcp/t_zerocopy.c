/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp net_udp */
/*
 * MSG_ZEROCOPY.  Over lo, on both kernels: all was copied, and numbers that
 * follow one another are one range.  Over a link (the rump kernel alone): the
 * memory itself is sent, nothing is told before the other end has it all,
 * losses do not change that, and a connection that is reset ends it too.
 */
#include "link.h"
#include <linux/errqueue.h>

#define TOTAL	(256 * 1024)

/* A listener on lo's or the link's far end, a connection, both ends. */
static void
tcppair(int *fds, const char *to)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int l = (int)SYS(socket, AF_INET, SOCK_STREAM, 0), on = 1;
	socklen_t len = sizeof(sin);

	OK(SYS(bind, l, (void *)&sin, sizeof(sin)));
	OK(SYS(listen, l, 1));
	OK(SYS(getsockname, l, (void *)&sin, &len));
	inet_pton(AF_INET, to, &sin.sin_addr);
	fds[0] = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);
	OK(SYS(connect, fds[0], (void *)&sin, sizeof(sin)));
	fds[1] = (int)SYS(accept4, l, NULL, NULL, 0);
	OK(SYS(setsockopt, fds[0], SOL_SOCKET, SO_ZEROCOPY, &on, 4U));
	OK(SYS(close, l));
}

static void
fill(uint8_t *p, size_t n, unsigned seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 31 + (i >> 8) * 7 + seed);
}

/* The next completion, or -1: none within the time. */
static int
completion(int fd, uint32_t *lo, uint32_t *hi, int ms)
{
	union { struct cmsghdr h; char b[128]; } c;
	struct pollfd p = { .fd = fd };
	struct sock_extended_err ee;
	struct msghdr mh = { .msg_control = &c, .msg_controllen = sizeof(c) };

	if (SYS(poll, &p, 1UL, ms) != 1 || p.revents != POLLERR ||
	    SYS(recvmsg, fd, &mh, MSG_ERRQUEUE) != 0)
		return -1;
	CHECK_EQ(mh.msg_flags, MSG_ERRQUEUE);
	CHECK_EQ(c.h.cmsg_level, SOL_IP);
	CHECK_EQ(c.h.cmsg_type, IP_RECVERR);
	memcpy(&ee, CMSG_DATA(&c.h), sizeof(ee));
	CHECK_EQ(ee.ee_errno, 0);
	CHECK_EQ(ee.ee_origin, SO_EE_ORIGIN_ZEROCOPY);
	*lo = ee.ee_info;
	*hi = ee.ee_data;
	return ee.ee_code;
}

static uint8_t a[TOTAL], in[TOTAL];

static void
loopback(void)
{
	uint32_t lo = 9, hi = 9, next = 0;
	int fds[2], i;

	tcppair(fds, "127.0.0.1");
	fill(a, sizeof(a), 1);
	CHECK_EQ(completion(fds[0], &lo, &hi, 0), -1);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(xsend(fds[0], a, 20000, MSG_ZEROCOPY), 20000);
		CHECK_EQ(xrecv(fds[1], in, 20000, MSG_WAITALL), 20000);
		CHECK(memcmp(in, a, 20000) == 0);
	}
	while (next < 3) {
		CHECK_EQ(completion(fds[0], &lo, &hi, 5000),
		    SO_EE_CODE_ZEROCOPY_COPIED);
		CHECK_EQ(lo, next);
		CHECK(hi >= lo && hi < 3);
		next = hi + 1;
		if (hi < lo)
			break;
	}
	/* Nothing, or without the flag: no number. */
	CHECK_EQ(xsend(fds[0], a, 0, MSG_ZEROCOPY), 0);
	CHECK_EQ(xsend(fds[0], a, 1, 0), 1);
	CHECK_EQ(xsend(fds[0], a, 999, MSG_ZEROCOPY), 999);
	CHECK_EQ(xrecv(fds[1], in, 1000, MSG_WAITALL), 1000);
	CHECK_EQ(completion(fds[0], &lo, &hi, 5000),
	    SO_EE_CODE_ZEROCOPY_COPIED);
	CHECK_EQ(lo, 3);
	CHECK_EQ(hi, 3);
	closeboth(fds);
}

/* Who waits for a completion before he reads is not left alone. */
static void
unread(void)
{
	uint32_t lo, hi;
	int fds[2];

	tcppair(fds, "127.0.0.1");
	CHECK_EQ(xsend(fds[0], a, 10000, MSG_ZEROCOPY), 10000);
	CHECK_EQ(completion(fds[0], &lo, &hi, 5000),
	    SO_EE_CODE_ZEROCOPY_COPIED);
	memset(a, 0, 10000);
	CHECK_EQ(xrecv(fds[1], in, 10000, MSG_WAITALL), 10000);
	fill(a, sizeof(a), 1);
	CHECK(memcmp(in, a, 10000) == 0);
	closeboth(fds);
}

/* Without SO_ZEROCOPY the flag means nothing; who may set it. */
static void
options(void)
{
	int fds[2], v = 0, on = 1, bad = 2, u;
	socklen_t len = sizeof(v);
	uint32_t lo, hi;

	tcppair(fds, "127.0.0.1");
	OK(SYS(setsockopt, fds[0], SOL_SOCKET, SO_ZEROCOPY, &v, 4U));
	CHECK_EQ(xsend(fds[0], a, 100, MSG_ZEROCOPY), 100);
	CHECK_EQ(xrecv(fds[1], in, 100, MSG_WAITALL), 100);
	CHECK_EQ(completion(fds[0], &lo, &hi, 50), -1);
	CHECK_EQ(SYS(setsockopt, fds[0], SOL_SOCKET, SO_ZEROCOPY, &bad, 4U),
	    -1);
	CHECK_EQ(errno, EINVAL);
	OK(SYS(setsockopt, fds[0], SOL_SOCKET, SO_ZEROCOPY, &on, 4U));
	OK(SYS(getsockopt, fds[0], SOL_SOCKET, SO_ZEROCOPY, &v, &len));
	CHECK_EQ(v, 1);
	CHECK_EQ(xsend(fds[0], NULL, 100, MSG_ZEROCOPY), -1);
	CHECK_EQ(errno, EFAULT);
	CHECK_EQ(completion(fds[0], &lo, &hi, 50), -1);
	closeboth(fds);
	u = (int)SYS(socket, AF_INET, SOCK_RAW, IPPROTO_UDP);
	if (u >= 0) {
		CHECK_EQ(SYS(setsockopt, u, SOL_SOCKET, SO_ZEROCOPY, &on, 4U),
		    -1);
		CHECK_EQ(errno, EOPNOTSUPP);
		OK(SYS(close, u));
	}
}

/* --- over the link: the rump kernel alone --- */

/* Is it the rump kernel's turn?  The link is there then, and good. */
static int
onlink(void)
{
	static int there;

	if (onhost)
		return 0;
	if (!there)
		link_attach();
	there = 1;
	link_set(&(struct badness){ 0 });
	return 1;
}

struct reader { int fd; pid_t pid; size_t n; pthread_t t; };

static void *
reader(void *arg)
{
	struct reader *r = arg;

	OK(rump_pub_lwproc_newlwp(r->pid));
	CHECK_EQ(xrecv(r->fd, in, r->n, MSG_WAITALL), r->n);
	rump_pub_lwproc_releaselwp();
	return NULL;
}

static void
linked(const struct badness *b)
{
	struct reader r = { .n = TOTAL };
	uint32_t lo, hi, next = 0;
	size_t off, n;
	unsigned sent = 0;
	int fds[2];

	link_set(&(struct badness){ 0 });
	tcppair(fds, "10.1.0.2");
	link_set(b);
	r.fd = fds[1];
	r.pid = rump_sys_getpid();
	fill(a, sizeof(a), 7);
	memset(in, 0, sizeof(in));
	OK(pthread_create(&r.t, NULL, reader, &r));
	for (off = 0, n = 1; off < TOTAL; off += n, n = n * 3 + 1, sent++) {
		n = n < TOTAL - off ? n : TOTAL - off;
		CHECK_EQ(xsend(fds[0], a + off, n, MSG_ZEROCOPY), n);
	}
	OK(pthread_join(r.t, NULL));
	CHECK(memcmp(a, in, TOTAL) == 0);
	while (next < sent) {
		CHECK_EQ(completion(fds[0], &lo, &hi, 20000), 0);
		CHECK_EQ(lo, next);
		CHECK(hi >= lo && hi < sent);
		if (hi < lo)
			break;
		next = hi + 1;
	}
	closeboth(fds);
}

static void
wired(void)
{
	static const struct badness good = { 0 },
	    lossy = { .lose = 3, .dup = 1, .reorder = 2, .delay = 1 };

	if (!onlink())
		return;
	linked(&good);
	linked(&lossy);
}

/*
 * Memory that changes before it leaves is sent changed: nothing was copied.
 * A race by intention, so nothing for TSan.
 */
#ifndef __SANITIZE_THREAD__
static void
changed(void)
{
	struct badness cut = { .lose = 100 }, good = { 0 };
	uint32_t lo, hi;
	int fds[2];

	if (!onlink())
		return;
	tcppair(fds, "10.1.0.2");
	fill(a, 50000, 7);
	link_set(&cut);
	CHECK_EQ(xsend(fds[0], a, 50000, MSG_ZEROCOPY), 50000);
	CHECK_EQ(completion(fds[0], &lo, &hi, 0), -1);
	fill(a, 50000, 8);
	link_set(&good);
	CHECK_EQ(xrecv(fds[1], in, 50000, MSG_WAITALL), 50000);
	CHECK(memcmp(a, in, 50000) == 0);
	CHECK_EQ(completion(fds[0], &lo, &hi, 20000), 0);
	closeboth(fds);
}

#endif

/* What a reset throws away is told as well, and so is a closed socket's end. */
static void
aborted(void)
{
	struct badness cut = { .lose = 100 }, good = { 0 };
	struct linger lg = { .l_onoff = 1 };
	uint32_t lo, hi;
	uint8_t *p;
	int fds[2], i;

	if (!onlink())
		return;
	for (i = 0; i < 2; i++) {
		link_set(&good);
		tcppair(fds, "10.1.0.2");
		p = malloc(60000);
		fill(p, 60000, 9);
		link_set(&cut);
		CHECK_EQ(xsend(fds[0], p, 60000, MSG_ZEROCOPY), 60000);
		link_set(&good);
		OK(SYS(setsockopt, fds[i], SOL_SOCKET, SO_LINGER, &lg,
		    (unsigned)sizeof(lg)));
		OK(SYS(close, fds[i]));
		if (i == 1)
			CHECK(completion(fds[0], &lo, &hi, 20000) <= 0);
		OK(SYS(close, fds[!i]));
		free(p);
	}
}

/* Datagrams: the same. */
static void
datagrams(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET }, to;
	int fa, fb, on = 1, i;
	socklen_t len = sizeof(sin);
	uint32_t lo, hi;

	if (!onlink())
		return;
	fa = (int)SYS(socket, AF_INET, SOCK_DGRAM, 0);
	fb = (int)SYS(socket, AF_INET, SOCK_DGRAM, 0);
	OK(SYS(bind, fb, (void *)&sin, sizeof(sin)));
	OK(SYS(getsockname, fb, (void *)&sin, &len));
	to = sin;
	inet_pton(AF_INET, "10.1.0.2", &to.sin_addr);
	OK(SYS(connect, fa, (void *)&to, sizeof(to)));
	OK(SYS(setsockopt, fa, SOL_SOCKET, SO_ZEROCOPY, &on, 4U));
	fill(a, 10000, 3);
	for (i = 0; i < 4; i++) {
		size_t n = 1 + (size_t)i * 3000;

		CHECK_EQ(xsend(fa, a + i, n, MSG_ZEROCOPY), n);
		CHECK_EQ(xrecv(fb, in, sizeof(in), 0), n);
		CHECK(memcmp(in, a + i, n) == 0);
		CHECK_EQ(completion(fa, &lo, &hi, 5000), 0);
		CHECK_EQ(lo, i);
		CHECK_EQ(hi, i);
	}
	/* Too long: no number. */
	CHECK_EQ(xsend(fa, a, 70000, MSG_ZEROCOPY), -1);
	CHECK_EQ(errno, EMSGSIZE);
	CHECK_EQ(xsend(fa, a, 1, MSG_ZEROCOPY), 1);
	CHECK_EQ(completion(fa, &lo, &hi, 5000), 0);
	CHECK_EQ(lo, 4);
	OK(SYS(close, fa));
	OK(SYS(close, fb));
}

static const struct test tests[] = {
	{ "loopback", loopback }, { "unread", unread },
	{ "options", options }, { "wired", wired },
#ifndef __SANITIZE_THREAD__
	{ "changed", changed },
#endif
	{ "aborted", aborted }, { "datagrams", datagrams }, { NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
