/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the tests of sockets that run on the host as well. */
#ifndef TESTS_NET_INET_INETTEST_H
#define TESTS_NET_INET_INETTEST_H

#include "../net-socket/socktest.h"
#include <netinet/in.h>
#include <arpa/inet.h>

static inline struct sockaddr_in
sin4(const char *a, int port)
{
	struct sockaddr_in s = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, a, &s.sin_addr);
	return s;
}

static inline int
usock(void)
{
	int fd = (int)SYS(socket, AF_INET, SOCK_DGRAM, 0);

	CHECK(fd >= 0);
	return fd;
}

static inline int
ubind(int fd, const char *a, int port)
{
	struct sockaddr_in s = sin4(a, port);

	return (int)SYS(bind, fd, &s, sizeof(s));
}

static inline int
uconnect(int fd, const char *a, int port)
{
	struct sockaddr_in s = sin4(a, port);

	return (int)SYS(connect, fd, &s, sizeof(s));
}

static inline struct sockaddr_in
nameof(int fd)
{
	struct sockaddr_in s;
	socklen_t len = sizeof(s);

	memset(&s, 0, sizeof(s));
	OK(SYS(getsockname, fd, &s, &len));
	CHECK_EQ(len, sizeof(s));
	return s;
}

static inline int
portof(int fd)
{
	return ntohs(nameof(fd).sin_port);
}

static inline long
usendto(int fd, const void *p, size_t n, const char *a, int port)
{
	struct sockaddr_in s = sin4(a, port);

	return SYS(sendto, fd, p, n, MSG_NOSIGNAL, &s, sizeof(s));
}

/* With a limit, so that a test that fails ends. */
static inline long
urecv(int fd, void *p, size_t n)
{
	struct pollfd pf = { .fd = fd, .events = POLLIN };

	if (SYS(poll, &pf, 1UL, 30000) <= 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	return SYS(recvfrom, fd, p, n, MSG_DONTWAIT, NULL, NULL);
}

/* Something is to come, however long that takes. */
static inline int
something(int fd)
{
	struct pollfd pf = { .fd = fd, .events = POLLIN };

	return SYS(poll, &pf, 1UL, 30000) == 1;
}

/* Nothing is to come: not within a moment. */
static inline int
nothing(int fd)
{
	struct pollfd pf = { .fd = fd, .events = POLLIN };

	return SYS(poll, &pf, 1UL, 30) == 0;
}

static inline int
setint(int fd, int level, int name, int v)
{
	return (int)SYS(setsockopt, fd, level, name, &v, sizeof(v));
}

static inline int
getint(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int v = -1;

	OK(SYS(getsockopt, fd, level, name, &v, &len));
	return v;
}

static inline void
uclose(int fd)
{
	OK(SYS(close, fd));
}

#endif /* TESTS_NET_INET_INETTEST_H */
