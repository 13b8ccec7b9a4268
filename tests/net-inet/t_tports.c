/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_tcp */
/*
 * Who may bind and listen where: pairs of TCP sockets, the first one bound,
 * listening, or with a connection, on the host and in the rump kernel.
 */
#include "inettest.h"

#define REUSE	1	/* SO_REUSEADDR */
#define RPORT	2	/* SO_REUSEPORT */

static const char *const addrs[] = { "0.0.0.0", "127.0.0.1", "127.0.0.2" };
enum { BOUND, LISTENING, ACCEPTED, NSTATES };

static int
mk(int flags)
{
	int fd = (int)SYS(socket, AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0);
	if (flags & REUSE)
		OK(setint(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	if (flags & RPORT)
		OK(setint(fd, SOL_SOCKET, SO_REUSEPORT, 1));
	return fd;
}

static struct { int bind, listen; } results[2][NSTATES][3][4][3][4];

static void
one(int st, unsigned a1, unsigned f1, unsigned a2, unsigned f2)
{
	int s1 = mk((int)f1), s2 = mk((int)f2), c = -1, s = -1, port, b, l = -1;

	OK(ubind(s1, addrs[a1], 0));
	port = portof(s1);
	if (st != BOUND)
		OK(SYS(listen, s1, 5));
	if (st == ACCEPTED) {
		/* The listener is gone, its connection is not. */
		c = mk(0);
		OK(uconnect(c, addrs[a1], port));
		s = (int)SYS(accept, s1, NULL, NULL);
		CHECK(s >= 0);
		uclose(s1);
		s1 = -1;
	}
	b = ubind(s2, addrs[a2], port) == 0 ? 0 : errno;
	if (b == 0)
		l = SYS(listen, s2, 5) == 0 ? 0 : errno;
	results[onhost][st][a1][f1][a2][f2].bind = b;
	results[onhost][st][a1][f1][a2][f2].listen = l;
	if (!onhost && (b != results[1][st][a1][f1][a2][f2].bind ||
	    l != results[1][st][a1][f1][a2][f2].listen)) {
		printf("state %d, %s/%u and %s/%u: %d %d, on Linux %d %d\n",
		    st, addrs[a1], f1, addrs[a2], f2, b, l,
		    results[1][st][a1][f1][a2][f2].bind,
		    results[1][st][a1][f1][a2][f2].listen);
		check_failures++;
	}
	uclose(s2);
	if (s1 >= 0)
		uclose(s1);
	if (c >= 0) {
		struct linger li = { 1, 0 };

		OK(SYS(setsockopt, c, SOL_SOCKET, SO_LINGER, &li, sizeof(li)));
		uclose(c);
		uclose(s);
	}
}

static void
test_pairs(void)
{
	unsigned st, a1, f1, a2, f2;

	for (st = 0; st < NSTATES; st++)
		for (a1 = 0; a1 < 3; a1++)
			for (f1 = 0; f1 < 4; f1++)
				for (a2 = 0; a2 < 3; a2++)
					for (f2 = 0; f2 < 4; f2++)
						one((int)st, a1, f1, a2, f2);
}

/* A four-tuple is had once; ports are shared by connections. */
static void
test_connect(void)
{
	struct linger li = { 1, 0 };
	int l = mk(REUSE), c[20], i, j, other;

	OK(ubind(l, "127.0.0.1", 0));
	OK(SYS(listen, l, 50));
	for (i = 0; i < 20; i++) {
		c[i] = mk(REUSE);
		OK(uconnect(c[i], "127.0.0.1", portof(l)));
		CHECK(portof(c[i]) >= 32768 && portof(c[i]) <= 60999);
		for (j = 0; j < i; j++)
			CHECK(portof(c[i]) != portof(c[j]));
	}
	other = mk(REUSE);
	OK(ubind(other, "127.0.0.1", portof(c[0])));
	FAILS(uconnect(other, "127.0.0.1", portof(l)), EADDRNOTAVAIL);
	uclose(other);
	FAILS(uconnect(c[0], "127.0.0.1", portof(l)), EISCONN);
	for (i = 0; i < 20; i++) {
		OK(SYS(setsockopt, c[i], SOL_SOCKET, SO_LINGER, &li,
		    sizeof(li)));
		uclose(c[i]);
	}
	uclose(l);
}

static const struct test tests[] = {
	{ "pairs", test_pairs },
	{ "connect", test_connect },
	{ NULL, NULL },
};

int
main(void)
{

	return run_tests(tests);
}
