/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/* Connections over lo: handshake, data both ways, close in all orders. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include "../net-socket/socktest.h"

static struct sockaddr_in
lo4(uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return sin;
}

static int
listener(struct sockaddr_in *sin)
{
	socklen_t len = sizeof(*sin);
	int fd = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0);
	*sin = lo4(0);
	OK(SYS(bind, fd, (void *)sin, sizeof(*sin)));
	OK(SYS(listen, fd, 10));
	OK(SYS(getsockname, fd, (void *)sin, &len));
	return fd;
}

static void
tcppair(int *fds)
{
	struct sockaddr_in sin;
	int l = listener(&sin);

	fds[0] = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);
	OK(SYS(connect, fds[0], (void *)&sin, sizeof(sin)));
	fds[1] = (int)SYS(accept4, l, NULL, NULL, 0);
	CHECK(fds[1] >= 0);
	OK(SYS(close, l));
}

static void
simple(void)
{
	char buf[100];
	int fds[2];

	tcppair(fds);
	CHECK_EQ(xsend(fds[0], "hello", 5, 0), 5);
	CHECK_EQ(xrecv(fds[1], buf, sizeof(buf), 0), 5);
	CHECK_EQ(memcmp(buf, "hello", 5), 0);
	CHECK_EQ(xsend(fds[1], "world!", 6, 0), 6);
	CHECK_EQ(xrecv(fds[0], buf, sizeof(buf), 0), 6);
	CHECK_EQ(memcmp(buf, "world!", 6), 0);
	OK(SYS(close, fds[0]));
	CHECK_EQ(xrecv(fds[1], buf, sizeof(buf), 0), 0);
	OK(SYS(close, fds[1]));
}

static void
refused(void)
{
	struct sockaddr_in sin;
	int l = listener(&sin), fd;

	OK(SYS(close, l));
	fd = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);
	FAILS(SYS(connect, fd, (void *)&sin, sizeof(sin)), ECONNREFUSED);
	OK(SYS(close, fd));
}

#define BULK	(20 << 20)
struct bulk { int fd; uint64_t sum; };

static uint8_t
pattern(size_t i)
{
	return (uint8_t)(i ^ i >> 8 ^ i >> 16);
}

static void
reader(void *arg)
{
	struct bulk *b = arg;
	static __thread uint8_t buf[70000];
	size_t n = 0, i;
	long k;

	while ((k = xrecv(b->fd, buf, sizeof(buf), 0)) > 0) {
		for (i = 0; i < (size_t)k; i++)
			if (buf[i] != pattern(n + i)) {
				CHECK_EQ(buf[i], pattern(n + i));
				return;
			}
		n += (size_t)k;
	}
	CHECK_EQ(k, 0);
	b->sum = n;
}

static void
bulk(void)
{
	static uint8_t buf[100001];
	struct thread th;
	struct bulk b;
	size_t n, k, i;
	int fds[2];

	tcppair(fds);
	b.fd = fds[1];
	thread_start(&th, reader, &b);
	for (n = 0; n < BULK; n += k) {
		k = 1 + (n * 7919) % sizeof(buf);
		if (k > BULK - n)
			k = BULK - n;
		for (i = 0; i < k; i++)
			buf[i] = pattern(n + i);
		CHECK_EQ(xsend(fds[0], buf, k, 0), (long)k);
	}
	OK(SYS(shutdown, fds[0], SHUT_WR));
	thread_join(&th);
	CHECK_EQ(b.sum, BULK);
	closeboth(fds);
}

static const struct test tests[] = {
	{ "simple", simple },
	{ "refused", refused },
	{ "bulk", bulk },
	{ NULL, NULL },
};

int
main(void)
{

	return run_tests(tests);
}
