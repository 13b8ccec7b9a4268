/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp vfs vfs_tmpfs */
/*
 * sendfile over lo lends the file's pages: what is written to the file before
 * the receiver looks is seen by it (on Linux too), and pages that are cut off
 * the file live on until they were received.
 */
#include <netinet/in.h>
#include <sys/mman.h>
#include "../net-socket/socktest.h"

#define PAGE	4096
#define NPAGES	8

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

static void
fill(uint8_t *p, size_t n, unsigned seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 31 + (i >> 8) * 7 + seed);
}

static int
newfile(uint8_t *data, size_t n, unsigned seed)
{
	int f = (int)SYS(memfd_create, "data", 0U);

	CHECK(f >= 0);
	fill(data, n, seed);
	CHECK_EQ(SYS(write, f, data, n), n);
	return f;
}

static uint8_t a[NPAGES * PAGE], b[NPAGES * PAGE], in[NPAGES * PAGE];

static void
sendall(int s, int f, size_t n)
{
	int64_t off = 0;

	while ((size_t)off < n)
		if (SYS(sendfile, s, f, &off, n - (size_t)off) <= 0)
			break;
	CHECK_EQ(off, n);
}

/* Nothing was copied: the new bytes arrive. */
static void
overwritten(void)
{
	int fds[2], f = newfile(a, sizeof(a), 1);

	tcppair(fds);
	sendall(fds[0], f, sizeof(a));
	fill(b, PAGE, 99);
	CHECK_EQ(SYS(pwrite64, f, b, (size_t)PAGE, (int64_t)PAGE), PAGE);
	CHECK_EQ(xrecv(fds[1], in, sizeof(in), MSG_WAITALL), sizeof(in));
	CHECK(memcmp(in, a, PAGE) == 0);
	CHECK(memcmp(in + PAGE, b, PAGE) == 0);
	CHECK(memcmp(in + 2 * PAGE, a + 2 * PAGE, sizeof(a) - 2 * PAGE) == 0);
	closeboth(fds);
	OK(SYS(close, f));
}

/* The file is cut, gone, and its memory wanted by others. */
static void
cut(int how)
{
	int fds[2], f = newfile(a, sizeof(a), 2), g, i;

	tcppair(fds);
	sendall(fds[0], f, sizeof(a));
	sendall(fds[0], f, 3 * PAGE);		/* some of them twice */
	if (how == 0)
		OK(SYS(ftruncate, f, 0L));
	else if (how == 1)
		OK(SYS(fallocate, f, FALLOC_FL_PUNCH_HOLE |
		    FALLOC_FL_KEEP_SIZE, 0L, (long)sizeof(a)));
	OK(SYS(close, f));
	for (i = 0; i < 4; i++) {
		g = newfile(b, sizeof(b), 50U + (unsigned)i);
		CHECK_EQ(xrecv(fds[1], in, 2 * PAGE, MSG_WAITALL), 2 * PAGE);
		CHECK(memcmp(in, a + i * 2 * PAGE, 2 * PAGE) == 0);
		OK(SYS(close, g));
	}
	CHECK_EQ(xrecv(fds[1], in, 3 * PAGE, MSG_WAITALL), 3 * PAGE);
	CHECK(memcmp(in, a, 3 * PAGE) == 0);
	closeboth(fds);
}

static void
truncated(void)
{

	cut(0);
}

static void
punched(void)
{

	cut(1);
}

static void
deleted(void)
{

	cut(2);
}

/* What is in flight when the connection goes. */
static void
aborted(void)
{
	struct linger lg = { .l_onoff = 1 };
	int fds[2], f = newfile(a, sizeof(a), 3);

	tcppair(fds);
	sendall(fds[0], f, sizeof(a));
	OK(SYS(ftruncate, f, 5L));
	OK(SYS(setsockopt, fds[0], SOL_SOCKET, SO_LINGER, &lg,
	    (unsigned)sizeof(lg)));
	closeboth(fds);
	OK(SYS(close, f));
}

/* Holes are zeroes, odd offsets, the file's own offset, its end. */
static void
holes(void)
{
	int fds[2], f = newfile(a, 2 * PAGE, 4);
	static const size_t end = 6 * PAGE + 100;
	long n, got = 0;

	OK(SYS(ftruncate, f, (long)end));
	CHECK_EQ(SYS(pwrite64, f, a, (size_t)PAGE, (int64_t)(4 * PAGE)), PAGE);
	memset(b, 0, sizeof(b));
	memcpy(b, a, 2 * PAGE);
	memcpy(b + 4 * PAGE, a, PAGE);
	tcppair(fds);
	CHECK_EQ(SYS(lseek, f, 17L, SEEK_SET), 17);
	while ((n = SYS(sendfile, fds[0], f, NULL, sizeof(a))) > 0)
		got += n;
	CHECK_EQ(n, 0);
	CHECK_EQ(got, end - 17);
	CHECK_EQ(SYS(lseek, f, 0L, SEEK_CUR), end);
	CHECK_EQ(xrecv(fds[1], in, end - 17, MSG_WAITALL), end - 17);
	CHECK(memcmp(in, b + 17, end - 17) == 0);
	closeboth(fds);
	OK(SYS(close, f));
}

/* Many senders of one file whose end somebody cuts off and writes again. */
#define SENDERS	4
#define ROUNDS	60
static pid_t pid;
struct sender { int fd[2], f; pthread_t t; };

static void *
sender(void *arg)
{
	struct sender *s = arg;
	uint8_t buf[PAGE];
	int64_t off;
	size_t k, at;
	long n;
	int i;

	if (!onhost)
		OK(rump_pub_lwproc_newlwp(pid));
	for (i = 0; i < ROUNDS; i++) {
		off = 0;
		n = SYS(sendfile, s->fd[0], s->f, &off, sizeof(a));
		CHECK(n >= 0);
		for (at = 0; at < (size_t)n; at += k) {
			k = (size_t)n - at < PAGE ? (size_t)n - at : PAGE;
			CHECK_EQ(xrecv(s->fd[1], buf, k, MSG_WAITALL), k);
			CHECK(memcmp(buf, a + at, k) == 0);
		}
	}
	if (!onhost)
		rump_pub_lwproc_releaselwp();
	return NULL;
}

static void
racing(void)
{
	int f = newfile(a, sizeof(a), 5), i;
	size_t n;
	struct sender s[SENDERS];

	pid = rump_sys_getpid();
	for (i = 0; i < SENDERS; i++) {
		tcppair(s[i].fd);
		s[i].f = f;
		OK(pthread_create(&s[i].t, NULL, sender, &s[i]));
	}
	for (i = 0; i < ROUNDS; i++) {
		n = (size_t)(i % NPAGES) * PAGE;
		OK(SYS(ftruncate, f, (long)n));
		CHECK_EQ(SYS(pwrite64, f, a + n, sizeof(a) - n, (int64_t)n),
		    sizeof(a) - n);
	}
	for (i = 0; i < SENDERS; i++) {
		OK(pthread_join(s[i].t, NULL));
		closeboth(s[i].fd);
	}
	OK(SYS(close, f));
}

static const struct test tests[] = {
	{ "overwritten", overwritten }, { "truncated", truncated },
	{ "punched", punched }, { "deleted", deleted },
	{ "aborted", aborted }, { "holes", holes }, { "racing", racing },
	{ NULL, NULL }
};

int
main(void)
{

	return run_tests(tests);
}
