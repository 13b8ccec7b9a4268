/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_raw net_mcast */
/*
 * Who may bind to what: a table of pairs of UDP sockets, on the host and in
 * the rump kernel; ephemeral ports; who gets a packet.
 */
#include "inettest.h"

#define REUSE	1	/* SO_REUSEADDR */
#define RPORT	2	/* SO_REUSEPORT */
#define DEV	4	/* SO_BINDTODEVICE lo */

static const char *const addrs[] = { "0.0.0.0", "127.0.0.1", "127.0.0.2",
    "224.1.2.3" };

static int
mk(int flags)
{
	int fd = usock();

	if (flags & REUSE)
		OK(setint(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	if (flags & RPORT)
		OK(setint(fd, SOL_SOCKET, SO_REUSEPORT, 1));
	if (flags & DEV)
		OK(SYS(setsockopt, fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	return fd;
}

/* What came of the two binds, for each case, of the host first. */
static int results[2][4 * 8 * 4 * 8];

static void
test_pairs(void)
{
	unsigned a1, f1, a2, f2, i = 0;
	int s1, s2, r;

	for (a1 = 0; a1 < 4; a1++)
	for (f1 = 0; f1 < 8; f1++)
	for (a2 = 0; a2 < 4; a2++)
	for (f2 = 0; f2 < 8; f2++, i++) {
		s1 = mk((int)f1);
		s2 = mk((int)f2);
		OK(ubind(s1, addrs[a1], 0));
		r = ubind(s2, addrs[a2], portof(s1));
		results[onhost][i] = r == 0 ? 0 : errno;
		if (!onhost && results[0][i] != results[1][i]) {
			printf("%s/%u and %s/%u: %d, on Linux %d\n", addrs[a1],
			    f1, addrs[a2], f2, results[0][i], results[1][i]);
			check_failures++;
		}
		uclose(s1);
		uclose(s2);
	}
}

/* A connected one's local address counts as well. */
static void
test_connected(void)
{
	static const char *const tries[] = { "127.0.0.1", "127.0.0.2",
	    "0.0.0.0" };
	static const int want[] = { EADDRINUSE, 0, EADDRINUSE };
	int a = usock(), b, i, port;

	OK(uconnect(a, "127.0.0.1", 9));
	port = portof(a);
	CHECK_EQ(nameof(a).sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	for (i = 0; i < 3; i++) {
		b = usock();
		errno = 0;
		CHECK_EQ(ubind(b, tries[i], port), want[i] ? -1 : 0);
		CHECK_EQ(errno, want[i]);
		uclose(b);
	}
	/* Without a peer it has no address any more, nor a port. */
	OK(SYS(connect, a, &(struct sockaddr){ .sa_family = AF_UNSPEC },
	    sizeof(struct sockaddr)));
	CHECK_EQ(portof(a), 0);
	CHECK_EQ(nameof(a).sin_addr.s_addr, 0);
	FAILS(xsend(a, "x", 1, 0), EDESTADDRREQ);
	uclose(a);
	a = usock();
	OK(ubind(a, "0.0.0.0", 0));
	port = portof(a);
	OK(uconnect(a, "127.0.0.1", 9));
	CHECK_EQ(portof(a), port);
	OK(SYS(connect, a, &(struct sockaddr){ .sa_family = AF_UNSPEC },
	    sizeof(struct sockaddr)));
	/* Linux before 6.x lets an automatic port go; later ones too. */
	CHECK_EQ(portof(a), 0);
	uclose(a);
}

static void
test_errors(void)
{
	struct sockaddr_in s = sin4("127.0.0.1", 0);
	int a = usock(), b = usock();

	FAILS(ubind(a, "9.9.9.9", 0), EADDRNOTAVAIL);
	FAILS(SYS(bind, a, &s, 8), EINVAL);
	s.sin_family = AF_UNIX;
	FAILS(SYS(bind, a, &s, sizeof(s)), EAFNOSUPPORT);
	s.sin_family = AF_UNSPEC;
	FAILS(SYS(bind, a, &s, sizeof(s)), EAFNOSUPPORT);
	s.sin_addr.s_addr = 0;
	OK(SYS(bind, a, &s, sizeof(s)));
	FAILS(ubind(a, "127.0.0.1", 0), EINVAL);
	OK(setint(b, IPPROTO_IP, IP_FREEBIND, 1));
	OK(ubind(b, "9.9.9.9", 0));
	uclose(a);
	uclose(b);
	a = usock();
	FAILS(usendto(a, "x", 1, "127.0.0.1", 0), EINVAL);
	FAILS(usendto(a, "x", 1, "127.255.255.255", 1), EACCES);
	FAILS(xsend(a, "x", 1, 0), EDESTADDRREQ);
	FAILS(SYS(shutdown, a, SHUT_WR), ENOTCONN);
	FAILS(SYS(listen, a, 1), EOPNOTSUPP);
	FAILS(SYS(accept, a, NULL, NULL), EOPNOTSUPP);
	uclose(a);
	a = usock();
	s = sin4("127.0.0.1", 5);
	FAILS(SYS(sendto, a, "x", 1, 0, &s, 8), EINVAL);
	uclose(a);
	FAILS(SYS(socket, AF_INET, SOCK_DGRAM, 6), EPROTONOSUPPORT);
	FAILS(SYS(socket, AF_INET, SOCK_RAW, 0), EPROTONOSUPPORT);
	FAILS(SYS(socket, AF_INET, 77, 0), EINVAL);
	FAILS(SYS(socket, AF_INET, SOCK_SEQPACKET, 0), ESOCKTNOSUPPORT);
}

/* The refusal of nobody comes back. */
static void
test_refused(void)
{
	int a = usock(), b = usock(), port;
	char c;

	OK(ubind(b, "127.0.0.1", 0));
	port = portof(b);
	uclose(b);
	OK(uconnect(a, "127.0.0.1", port));
	CHECK_EQ(xsend(a, "x", 1, 0), 1);
	FAILS(urecv(a, &c, 1), ECONNREFUSED);
	FAILS(SYS(recvfrom, a, &c, 1, MSG_DONTWAIT, NULL, NULL), EAGAIN);
	uclose(a);
	/* Without a peer nobody tells him. */
	a = usock();
	CHECK_EQ(usendto(a, "x", 1, "127.0.0.1", port), 1);
	CHECK(nothing(a));
	uclose(a);
}

/* Of several, the one that fits best. */
static void
test_best(void)
{
	int any = mk(REUSE), one = mk(REUSE), conn = mk(REUSE), dev = mk(REUSE |
	    DEV), from = usock(), other = usock(), port;
	char c[8];

	OK(ubind(any, "0.0.0.0", 0));
	port = portof(any);
	OK(ubind(one, "127.0.0.1", port));
	OK(ubind(conn, "127.0.0.1", port));
	OK(ubind(from, "127.0.0.1", 0));
	OK(uconnect(conn, "127.0.0.1", portof(from)));
	CHECK_EQ(usendto(from, "c", 1, "127.0.0.1", port), 1);
	CHECK_EQ(urecv(conn, c, 8), 1);
	CHECK_EQ(usendto(other, "o", 1, "127.0.0.1", port), 1);
	CHECK_EQ(urecv(one, c, 8), 1);
	CHECK_EQ(usendto(other, "a", 1, "127.0.0.9", port), 1);
	CHECK_EQ(urecv(any, c, 8), 1);
	OK(ubind(dev, "0.0.0.0", port));
	CHECK_EQ(usendto(other, "d", 1, "127.0.0.9", port), 1);
	CHECK_EQ(urecv(dev, c, 8), 1);
	CHECK_EQ(usendto(other, "o", 1, "127.0.0.1", port), 1);
	CHECK_EQ(urecv(one, c, 8), 1);
	CHECK(nothing(any) && nothing(conn));
	uclose(any), uclose(one), uclose(conn), uclose(dev);
	uclose(from), uclose(other);
}

/* A group with SO_REUSEPORT shares what comes; a flow stays with one. */
static void
test_group(void)
{
	int g[4], from[64], i, j, hits[4] = { 0 }, port = 0;
	struct pollfd pf[4];
	char c;

	for (i = 0; i < 4; i++) {
		g[i] = mk(RPORT);
		OK(ubind(g[i], "127.0.0.1", port));
		port = portof(g[i]);
		pf[i] = (struct pollfd){ .fd = g[i], .events = POLLIN };
	}
	for (j = 0; j < 64; j++) {
		int first = -1, k;

		from[j] = usock();
		for (k = 0; k < 3; k++) {
			CHECK_EQ(usendto(from[j], "x", 1, "127.0.0.1", port),
			    1);
			CHECK_EQ(SYS(poll, pf, 4UL, 30000), 1);
			for (i = 0; i < 4 && !(pf[i].revents & POLLIN); i++)
				;
			if (i == 4)
				continue;
			CHECK_EQ(urecv(g[i], &c, 1), 1);
			CHECK(first == -1 || first == i);
			first = i;
			hits[i]++;
		}
	}
	for (i = 0; i < 4; i++) {
		CHECK(hits[i] > 0);
		uclose(g[i]);
	}
	for (j = 0; j < 64; j++)
		uclose(from[j]);
}

/* Many automatic ones are all in the range. */
static void
test_many(void)
{
	static int fds[400];
	int n;

	if (onhost)
		return;
	for (n = 0; n < 400; n++) {
		fds[n] = usock();
		OK(uconnect(fds[n], "127.0.0.1", 9));
		CHECK(portof(fds[n]) >= 32768 && portof(fds[n]) < 61000);
	}
	while (n > 0)
		uclose(fds[--n]);
}

static const struct test tests[] = {
	{ "pairs", test_pairs },
	{ "connected", test_connected },
	{ "errors", test_errors },
	{ "refused", test_refused },
	{ "best", test_best },
	{ "group", test_group },
	{ "many", test_many },
	{ NULL, NULL },
};

int
main(void)
{

	return run_tests(tests);
}
