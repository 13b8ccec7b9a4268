/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_mcast net_inet6 net_tcp net_config */
/* TCP over IPv6, and IPv4 on a socket of AF_INET6. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include "../net-socket/socktest.h"

static void
talk(const char *to, int family)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 }, peer;
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin6);
	static char buf[100000];
	size_t n = 0;
	int l, c, s, e;
	long k;

	l = (int)SYS(socket, AF_INET6, SOCK_STREAM, 0);
	OK(SYS(bind, l, (void *)&sin6, sizeof(sin6)));
	OK(SYS(listen, l, 5));
	OK(SYS(getsockname, l, (void *)&sin6, &len));
	c = (int)SYS(socket, family, SOCK_STREAM, 0);
	CHECK_EQ(inet_pton(family, to, family == AF_INET6 ?
	    (void *)&sin6.sin6_addr : (void *)&sin.sin_addr), 1);
	sin.sin_port = sin6.sin6_port;
	if (family == AF_INET6)
		OK(SYS(connect, c, (void *)&sin6, sizeof(sin6)));
	else
		OK(SYS(connect, c, (void *)&sin, sizeof(sin)));
	len = sizeof(peer);
	s = (int)SYS(accept4, l, (void *)&peer, &len, 0);
	CHECK(s >= 0);
	CHECK_EQ(len, sizeof(peer));
	CHECK_EQ(peer.sin6_family, AF_INET6);
	CHECK_EQ(IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr), strcmp(to, "::1") != 0);
	CHECK_EQ(xsend(c, buf, 50000, 0), 50000);
	while (n < 50000 && (k = xrecv(s, buf, sizeof(buf), 0)) > 0)
		n += (size_t)k;
	CHECK_EQ(n, 50000);
	OK(SYS(close, s));
	CHECK_EQ(xrecv(c, buf, sizeof(buf), 0), 0);
	OK(SYS(close, c));
	OK(SYS(close, l));
	/* Nobody listens. */
	c = (int)SYS(socket, family, SOCK_STREAM, 0);
	e = family == AF_INET6 ? (int)SYS(connect, c, (void *)&sin6,
	    sizeof(sin6)) : (int)SYS(connect, c, (void *)&sin, sizeof(sin));
	CHECK_EQ(e, -1);
	CHECK_EQ(errno, ECONNREFUSED);
	OK(SYS(close, c));
}

static void
six(void)
{

	talk("::1", AF_INET6);
	talk("::ffff:127.0.0.1", AF_INET6);
	talk("127.0.0.1", AF_INET);
}

static const struct test tests[] = { { "six", six }, { NULL, NULL } };

int
main(void)
{

	return run_tests(tests);
}
