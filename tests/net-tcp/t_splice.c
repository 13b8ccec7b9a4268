/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp vfs vfs_tmpfs */
/*
 * splice: what comes out of a pipe is what went in, in order, whatever way
 * (write, file, socket, another pipe) and in whatever pieces; without copies,
 * so what is written to a file meanwhile is seen (on Linux too), and pages
 * that are cut off a file live on.
 */
#include <netinet/in.h>
#include <sys/mman.h>
#include "../net-socket/socktest.h"

#define TOTAL	(1 << 20)
#define PAGE	4096

static uint8_t data[TOTAL], in[TOTAL];
static unsigned seed;

static unsigned
rnd(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static void
fill(uint8_t *p, size_t n, unsigned s)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 31 + (i >> 8) * 7 + s);
}

static void
tcppair(int *fds)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int l = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);

	OK(SYS(bind, l, (void *)&sin, sizeof(sin)));
	OK(SYS(listen, l, 1));
	OK(SYS(getsockname, l, (void *)&sin, &len));
	fds[0] = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);
	OK(SYS(connect, fds[0], (void *)&sin, sizeof(sin)));
	fds[1] = (int)SYS(accept4, l, NULL, NULL, 0);
	OK(SYS(close, l));
}

static int
newfile(size_t n)
{
	int f = (int)SYS(memfd_create, "data", 0U);

	CHECK(f >= 0);
	CHECK_EQ(SYS(write, f, data, n), n);
	return f;
}

static long
splice_(int from, int64_t *off, int to, size_t n)
{
	return SYS(splice, from, off, to, NULL, n, (unsigned)SPLICE_F_NONBLOCK);
}

/* What is used by one run; [0] of pipes is read from. */
static struct { int p[2], q[2], so[2], f, g; } s;

/* At most n bytes of data from `at' on into the pipe; how many. */
static long
put(size_t at, size_t n)
{
	int64_t off = (int64_t)at;
	long k;

	switch (rnd(4)) {
	case 0:
		return SYS(write, s.p[1], data + at, n);
	case 1:
		return splice_(s.f, &off, s.p[1], n);
	case 2:
		/* All of it: the socket keeps nothing. */
		n = n < 60000 ? n : 60000;
		k = 0;
		CHECK_EQ(xsend(s.so[0], data + at, n, 0), n);
		while (n > 0) {
			long r = SYS(splice, s.so[1], NULL, s.q[1], NULL, n,
			    0U);

			CHECK(r > 0);
			if (r <= 0)
				return k;
			CHECK_EQ(SYS(splice, s.q[0], NULL, s.p[1], NULL,
			    (size_t)r, 0U), r);
			k += r;
			n -= (size_t)r;
		}
		return k;
	default:
		n = n < PAGE ? n : PAGE;
		CHECK_EQ(SYS(write, s.q[1], data + at, n), n);
		k = SYS(tee, s.q[0], s.p[1], n, 0U);
		CHECK_EQ(SYS(read, s.q[0], in, n), n);
		return k;
	}
}

/* At most n bytes from the pipe, which must be those from `at' on. */
static long
get(size_t at, size_t n)
{
	int64_t zero = 0;
	long k, got;

	switch (rnd(3)) {
	case 0:
		k = SYS(read, s.p[0], in, n);
		break;
	case 1:
		k = SYS(splice, s.p[0], NULL, s.g, &zero, n, 0U);
		if (k > 0)
			CHECK_EQ(SYS(pread64, s.g, in, (size_t)k, (int64_t)0),
			    k);
		break;
	default:
		k = splice_(s.p[0], NULL, s.so[0], n);
		if (k > 0) {
			got = xrecv(s.so[1], in, (size_t)k, MSG_WAITALL);
			CHECK_EQ(got, k);
		}
	}
	CHECK(k > 0);
	CHECK(k > 0 && memcmp(in, data + at, (size_t)k) == 0);
	return k;
}

static size_t
some(size_t most)
{
	size_t n = rnd(4) == 0 ? 1 + rnd(60) : 1 + rnd(9000);

	return n < most ? n : most;
}

/* One size after the other, more in than out, then the other way round. */
static void
mixed(void)
{
	/* Linux counts pages, so with small pieces it is full before. */
	int size = onhost ? 1 << 20 : 1 << 16;
	size_t put_ = 0, got = 0, room;
	long k;
	int i, n;

	fill(data, sizeof(data), 1);
	OK(SYS(pipe, s.p));
	OK(SYS(pipe, s.q));
	CHECK(SYS(fcntl, s.p[0], F_SETPIPE_SZ, size) > 0);
	tcppair(s.so);
	s.f = newfile(TOTAL);
	s.g = newfile(0);
	for (i = 0; got < TOTAL && check_failures < 5; i++) {
		room = 65536 - (put_ - got);
		if (put_ - got < 16000 && put_ < TOTAL &&
		    (put_ == got || rnd(2))) {
			room = room < TOTAL - put_ ? room : TOTAL - put_;
			k = put(put_, some(room));
			CHECK(k > 0);
			put_ += k > 0 ? (size_t)k : 0;
		} else {
			k = get(got, some(put_ - got));
			got += k > 0 ? (size_t)k : 0;
		}
		OK(SYS(ioctl, s.p[0], FIONREAD, &n));
		CHECK_EQ(n, put_ - got);
		if (i % 64 == 63)
			CHECK(SYS(fcntl, s.p[0], F_SETPIPE_SZ, size >>
			    i / 64 % 2) > 0);
	}
	CHECK_EQ(got, TOTAL);
	CHECK_EQ(bits(s.p[0], POLLIN), 0);
	closeboth(s.p);
	closeboth(s.q);
	closeboth(s.so);
	OK(SYS(close, s.f));
	OK(SYS(close, s.g));
}

static void
runs(void)
{

	for (seed = 1; seed < 6; ) {
		unsigned was = seed;

		mixed();
		seed = was + 1;
	}
}

/* Nothing is copied on the way from the file to the receiver. */
static void
overwritten(void)
{
	int fds[2], p[2], f;
	int64_t off = 0;

	fill(data, sizeof(data), 2);
	f = newfile(3 * PAGE);
	tcppair(fds);
	OK(SYS(pipe, p));
	CHECK_EQ(splice_(f, &off, p[1], 3 * PAGE), 3 * PAGE);
	CHECK_EQ(off, 3 * PAGE);
	memset(data + PAGE, 0xee, PAGE);
	CHECK_EQ(SYS(pwrite64, f, data + PAGE, (size_t)PAGE, (int64_t)PAGE),
	    PAGE);
	CHECK_EQ(SYS(read, p[0], in, (size_t)(2 * PAGE)), 2 * PAGE);
	CHECK(memcmp(in, data, 2 * PAGE) == 0);
	CHECK_EQ(splice_(p[0], NULL, fds[0], PAGE), PAGE);
	memset(data + 2 * PAGE, 0xdd, PAGE);
	CHECK_EQ(SYS(pwrite64, f, data + 2 * PAGE, (size_t)PAGE,
	    (int64_t)(2 * PAGE)), PAGE);
	CHECK_EQ(xrecv(fds[1], in, PAGE, MSG_WAITALL), PAGE);
	CHECK(memcmp(in, data + 2 * PAGE, PAGE) == 0);
	closeboth(fds);
	closeboth(p);
	OK(SYS(close, f));
}

/* Pages of a file that is cut or gone, and of a pipe that is closed. */
static void
gone(void)
{
	int fds[2], p[2], f, i;
	int64_t off;

	fill(data, sizeof(data), 3);
	for (i = 0; i < 3; i++) {
		f = newfile(2 * PAGE);
		tcppair(fds);
		OK(SYS(pipe, p));
		off = 0;
		CHECK_EQ(splice_(f, &off, p[1], 2 * PAGE), 2 * PAGE);
		OK(SYS(ftruncate, f, 0L));
		OK(SYS(close, f));
		CHECK_EQ(SYS(write, p[1], data, 100UL), 100);
		if (i < 2) {
			CHECK_EQ(splice_(p[0], NULL, fds[0], 2 * PAGE),
			    2 * PAGE);
			CHECK_EQ(splice_(p[0], NULL, fds[0], 2 * PAGE), 100);
		}
		if (i == 0)
			closeboth(p);
		if (i < 2) {
			CHECK_EQ(xrecv(fds[1], in, 2 * PAGE + 100,
			    MSG_WAITALL), 2 * PAGE + 100);
			CHECK(memcmp(in, data, 2 * PAGE) == 0);
			CHECK(memcmp(in + 2 * PAGE, data, 100) == 0);
		}
		if (i != 0)
			closeboth(p);
		closeboth(fds);
	}
}

/* Ends, and what is empty. */
static void
ends(void)
{
	int fds[2], p[2], f;
	int64_t off = 0;
	char c[8];

	fill(data, sizeof(data), 4);
	tcppair(fds);
	OK(SYS(pipe, p));
	f = newfile(10);
	off = 10;
	CHECK_EQ(splice_(f, &off, p[1], 100), 0);
	FAILS(splice_(p[0], NULL, fds[0], 100), EAGAIN);
	CHECK_EQ(xsend(fds[0], "last", 4, 0), 4);
	OK(SYS(shutdown, fds[0], SHUT_WR));
	CHECK_EQ(SYS(splice, fds[1], NULL, p[1], NULL, 100UL, 0U), 4);
	CHECK_EQ(SYS(splice, fds[1], NULL, p[1], NULL, 100UL, 0U), 0);
	OK(SYS(close, p[1]));
	CHECK_EQ(SYS(read, p[0], c, 8UL), 4);
	CHECK(memcmp(c, "last", 4) == 0);
	off = 0;
	CHECK_EQ(SYS(splice, p[0], NULL, f, &off, 100UL, 0U), 0);
	OK(SYS(close, p[0]));
	OK(SYS(pipe, p));
	OK(SYS(close, p[0]));
	off = 0;
	FAILS(splice_(f, &off, p[1], 10), EPIPE);
	CHECK_EQ(off, 0);
	OK(SYS(close, p[1]));
	closeboth(fds);
	OK(SYS(close, f));
}

static const struct test tests[] = {
	{ "runs", runs }, { "overwritten", overwritten }, { "gone", gone },
	{ "ends", ends }, { NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
