/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of the Internet in any state: socket, bind, listen, connect, accept,
 * names, shutdown, a little data, and poll after each call.
 * Not here, being leavings of Linux's: which ports a call in vain keeps, an
 * AF_INET6 socket that changes between the families, ports in TIME_WAIT that
 * somebody binds, which error is told when there are two.
 */
#include <fcntl.h>

#include "dnet.h"

#define NSOCK	7
static int s[NSOCK];	/* -1: none */
static int tw;		/* there may be ports in TIME_WAIT */
static int had[NSOCK];

static const char *const places[] = { "127.0.0.1", "127.0.0.1", "127.0.0.1",
    "127.0.0.2", "0.0.0.0", "::1", "::1", "::", "::ffff:127.0.0.1",
    "::ffff:127.0.0.2", "10.9.9.9", "2001:db8::1", "::ffff:10.9.9.9",
    "0.0.0.1" };

void
differ_begin(void)
{
	net_begin();
	tw = 0;
	for (unsigned i = 0; i < NSOCK; i++)
		s[i] = -1;
}

void
differ_end(void)
{
	struct linger l = { 1, 0 };

	for (unsigned i = 0; i < NSOCK; i++)
		if (s[i] >= 0) {
			setsockopt(s[i], SOL_SOCKET, SO_LINGER, &l, sizeof(l));
			close(s[i]);
		}
}

static int
is_stream(unsigned i)
{
	socklen_t len = sizeof(int);
	int v = 0;

	return getsockopt(s[i], SOL_SOCKET, SO_TYPE, &v, &len) == 0 &&
	    v == SOCK_STREAM;
}

/* An address, now and then a wrong one; what it is goes to text. */
static socklen_t
some_addr(union addr *a, char *text, size_t size)
{
	const char *name = places[below(once_in(3) ? 14 : 9)];
	unsigned port = below(NPORT + 1);
	socklen_t len = addr_make(a, name, port), was = len;

	if (once_in(20))
		a->sa.sa_family = ONE_OF(sa_family_t, AF_UNSPEC, AF_UNIX,
		    AF_INET, AF_INET6, 99);
	if (once_in(20))
		len = ONE_OF(socklen_t, 0, 1, 2, 4, 8, 15, 16, 17, 20, 24, 27,
		    28, 29, 100, 128, 129, (socklen_t)-1);
	if (len > 128 || len == was)
		snprintf(text, size, "%s port %u family %d len %d", name, port,
		    a->sa.sa_family, (int)len);
	else
		snprintf(text, size, "%s port %u family %d len %d!", name,
		    port, a->sa.sa_family, (int)len);
	return len;
}

static void
make(unsigned i)
{
	int family = AF_INET + (once_in(2) ? AF_INET6 - AF_INET : 0);
	int type = once_in(2) ? SOCK_STREAM : SOCK_DGRAM;
	int proto = 0, flags = SOCK_NONBLOCK, one = 1;
	struct linger l = { 1, 0 };

	if (once_in(4)) {
		proto = ONE_OF(int, 0, 1, 6, 17, 41, 58, 136, 132, 255, 256,
		    262, -1, 0x7fffffff);
		type = ONE_OF(int, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_RDM,
		    SOCK_SEQPACKET, 0, 7, 11, 15, -1, SOCK_DCCP);
		if (type == SOCK_RAW || proto == 132 || type == SOCK_DCCP ||
		    proto == 136 || (proto == 262 && type == SOCK_STREAM) ||
		    ((proto == 1 || proto == 58) && type == SOCK_DGRAM))
			type = -1;
	}
	if (once_in(4))
		flags |= SOCK_CLOEXEC;
	if (once_in(20))
		flags |= ONE_OF(int, 0x10, 0x100, 0x400, 0x1000, 0x40000);
	if (once_in(20))
		family = ONE_OF(int, 0, 2, 3, 5, 10, 17, 30, 45, 46, 99,
		    -1, 0x7fffffff);
	if (s[i] >= 0) {
		if (once_in(10))
			tw = 1;
		else
			setsockopt(s[i], SOL_SOCKET, SO_LINGER, &l, sizeof(l));
		say("close %u %ld", i, RES(close(s[i])));
	}
	had[i] = 0;
	s[i] = socket(family, type | flags, proto);
	say("%u = socket %d %d %#x %d: %d", i, family, type, (unsigned)flags,
	    proto, s[i] >= 0 ? 0 : -errno);
	if (s[i] >= 0)
		say(" fl %#o fd %d", (unsigned)fcntl(s[i], F_GETFL),
		    fcntl(s[i], F_GETFD));
	if (family != AF_INET && family != AF_INET6) {
		close(s[i]);
		s[i] = -1;
	}
	if (s[i] >= 0 && once_in(2))
		say(" reuse %ld", RES(setsockopt(s[i], SOL_SOCKET, SO_REUSEADDR,
		    &one, sizeof(one))));
	if (s[i] >= 0 && type == SOCK_STREAM && once_in(2))
		say(" v6only %ld", RES(setsockopt(s[i], IPPROTO_IPV6,
		    IPV6_V6ONLY, &one, sizeof(one))));
}

static void
names(unsigned i)
{
	union addr a;
	socklen_t len = once_in(4) ? below(30) : sizeof(a), was = len;
	int peer = once_in(2);
	long r;

	if (!peer && is_stream(i) && (events(s[i]) & POLLHUP))
		return;
	memset(&a, 0xaa, sizeof(a));
	if (once_in(20)) {
		len = (socklen_t)-1;
		r = RES((peer ? getpeername : getsockname)(s[i], &a.sa, &len));
		say("getname bad len %u %d %ld", i, peer, r);
		return;
	}
	if (once_in(30)) {
		r = RES((peer ? getpeername : getsockname)(s[i], BADPTR,
		    &len));
		say("getname bad ptr %u %d %d %ld", i, peer, was, r);
		return;
	}
	if (once_in(30)) {
		r = RES((peer ? getpeername : getsockname)(s[i], &a.sa,
		    BADPTR));
		say("getname bad lenp %u %d %ld", i, peer, r);
		return;
	}
	r = RES((peer ? getpeername : getsockname)(s[i], &a.sa, &len));
	say("%s %u len %d %ld %s", peer ? "getpeername" : "getsockname", i,
	    was, r, r != 0 ? "" : was < 4 ? "short" : was < 16 ?
	    addr_str(&a, 0) : addr_str(&a, len));
}

static void
accept_one(unsigned i)
{
	unsigned j = below(NSOCK);
	int flags = once_in(2) ? SOCK_NONBLOCK : SOCK_NONBLOCK | SOCK_CLOEXEC;
	union addr a;
	socklen_t len = once_in(5) ? below(20) : sizeof(a);

	if (once_in(20))
		flags |= ONE_OF(int, 1, 0x10, 0x40000);
	if (s[j] >= 0)
		return;
	memset(&a, 0, sizeof(a));
	had[j] = 0;
	s[j] = accept4(s[i], &a.sa, &len, flags);
	say("%u = accept4 %u %#x: %d", j, i, (unsigned)flags,
	    s[j] >= 0 ? 0 : -errno);
	if (s[j] >= 0)
		say(" fl %#o fd %d peer %s", (unsigned)fcntl(s[j], F_GETFL),
		    fcntl(s[j], F_GETFD), addr_str(&a, len));
}

/* A state of Linux's that nobody needs and nobody has elsewhere. */
static void
forget(unsigned i)
{

	close(s[i]);
	s[i] = -1;
}

/* A datagram socket that a call in vain may leave with a port, or not. */
static int
is_unbound(unsigned i)
{
	union addr a;
	socklen_t len = sizeof(a);

	return !is_stream(i) && getsockname(s[i], &a.sa, &len) == 0 &&
	    a.in.sin_port == 0;
}

/*
 * An AF_INET6 socket that had to do with addresses of one family, and a of the
 * other: Linux keeps some of the first.
 */
static int
mixes(unsigned i, const union addr *a)
{
	int is = a->sa.sa_family == AF_INET6 &&
	    !IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr) ? 6 : 4;
	union addr l;
	socklen_t len = sizeof(l);

	if (getsockname(s[i], &l.sa, &len) != 0 || l.sa.sa_family != AF_INET6)
		return 0;
	/* Connected, its port would be everybody's in AF_INET. */
	if (!is_stream(i) && l.in6.sin6_port != 0 &&
	    IN6_IS_ADDR_UNSPECIFIED(&l.in6.sin6_addr))
		return 1;
	if (had[i] == 0 && !IN6_IS_ADDR_UNSPECIFIED(&l.in6.sin6_addr))
		had[i] = IN6_IS_ADDR_V4MAPPED(&l.in6.sin6_addr) ? 4 : 6;
	if (had[i] == 0)
		had[i] = is;
	return had[i] != is;
}

static void
recv_some(unsigned i)
{
	char buf[64];
	size_t n = ONE_OF(size_t, 0, 1, 5, 64);
	int flags = MSG_DONTWAIT;
	union addr a;
	socklen_t len = once_in(5) ? below(20) : sizeof(a), was = len;
	long r;

	if (once_in(5)) flags |= MSG_PEEK;
	if (once_in(5)) flags |= MSG_TRUNC;
	if (once_in(10)) flags |= MSG_WAITALL;
	if (once_in(10) && is_stream(i)) flags |= MSG_OOB;
	if (once_in(20)) flags |= MSG_ERRQUEUE;
	if (is_stream(i) && (events(s[i]) & POLLOUT) == 0)
		return;
	memset(buf, 0, sizeof(buf));
	memset(&a, 0, sizeof(a));
	r = RES(recvfrom(s[i], buf, n, flags, &a.sa, &len));
	say("recv %u %zu %#x %d: %ld sum %x", i, n, (unsigned)flags, was, r,
	    sum(buf, sizeof(buf)));
	if (r >= 0)
		say(" from %s", was < 16 ? "short" : addr_str(&a, len));
}

static void
send_some(unsigned i)
{
	char text[100] = "";
	size_t n = ONE_OF(size_t, 0, 1, 5, 64);
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	union addr a;
	socklen_t len = 0;
	long r;

	if (once_in(10)) flags |= MSG_OOB;
	if (once_in(20)) flags |= MSG_DONTROUTE;
	if (once_in(20)) flags |= MSG_CONFIRM;
	if (once_in(2))
		len = some_addr(&a, text, sizeof(text));
	if (!is_stream(i))
		return;
	if (len && (mixes(i, &a) || a.sa.sa_family == AF_UNSPEC))
		return;
	r = RES(sendto(s[i], "the quick brown fox jumps over the lazy dog, "
	    "and so on, and so on...", n, flags, len ? &a.sa : NULL, len));
	say("send %u %zu %#x to %s: %ld", i, n, (unsigned)flags, text, r);
}

static void
connect_some(unsigned i)
{
	char text[100];
	union addr a;
	socklen_t len = some_addr(&a, text, sizeof(text));
	int unbound = is_unbound(i);
	long r;

	if (mixes(i, &a) || (!is_stream(i) && a.in.sin_port == 0))
		return;
	r = RES(connect(s[i], &a.sa, len));
	say("connect %u %s %ld", i, text, r);
	if (r == -EINPROGRESS && (events(s[i]) & POLLHUP) == 0)
		say(" again %ld", RES(connect(s[i], &a.sa, len)));
	if (r < 0 && unbound)
		forget(i);
}

static void
shutdown_some(unsigned i)
{
	int how = ONE_OF(int, 0, 1, 2, 3, -1);
	long r;

	if (is_stream(i) && (how == 1 || how == 2)) {
		if (!tw && !once_in(10))
			return;
		tw = 1;
	}
	r = RES(shutdown(s[i], how));
	say("shutdown %u %d %ld", i, how, r);
	if (r == -ENOTCONN && is_stream(i))
		forget(i);
}

void
differ_step(void)
{
	unsigned i = below(NSOCK);
	union addr a;
	char text[100];
	socklen_t len;
	int v, w;
	long r;

	if (s[i] < 0) {
		make(i);
		return;
	}
	switch (below(24)) {
	case 0: case 1:
		make(i);
		break;
	case 2: case 3: case 4: case 5:
		len = some_addr(&a, text, sizeof(text));
		if (is_stream(i) && tw)
			break;
		/* A port given by the kernel: when it goes differs. */
		if (is_stream(i) && a.in.sin_port == 0)
			a.in.sin_port = htons(portbase + 1);
		if (mixes(i, &a))
			break;
		r = RES(bind(s[i], &a.sa, len));
		/* AF_INET6 looks later whether it is bound already. */
		say("bind %u %s %ld", i, text, r == -EADDRNOTAVAIL ? -EINVAL :
		    r);
		break;
	case 6: case 7: case 8: case 9:
		connect_some(i);
		break;
	case 10:
		len = sizeof(a);
		/* What was bound stays IPV6_V6ONLY after it. */
		if (!is_stream(i) && getsockname(s[i], &a.sa, &len) == 0 &&
		    a.sa.sa_family == AF_INET6 && a.in6.sin6_port != 0)
			break;
		memset(&a, 0, sizeof(a));
		say("connect %u unspec %ld", i, RES(connect(s[i], &a.sa,
		    sizeof(a.in))));
		break;
	case 11: case 12:
		v = ONE_OF(int, 0, 1, 5, -1, 0x7fffffff);
		say("listen %u %d %ld", i, v, RES(listen(s[i], v)));
		break;
	case 13: case 14: case 15:
		accept_one(i);
		break;
	case 16: case 17:
		names(i);
		break;
	case 18:
		shutdown_some(i);
		break;
	case 19:
		v = -1, len = sizeof(v);
		w = getsockopt(s[i], SOL_SOCKET, SO_ERROR, &v, &len);
		say("error %u %d %d", i, w, v);
		break;
	case 20:
		v = -1;
		w = RES(ioctl(s[i], FIONREAD, &v));
		say("inq %u %d %d", i, w, v);
		if (events(s[i]) & POLLHUP)
			break;
		v = -1;
		w = RES(ioctl(s[i], TIOCOUTQ, &v));
		say("outq %u %d %d", i, w, v);
		break;
	case 21: case 22:
		send_some(i);
		break;
	default:
		recv_some(i);
	}
	for (i = 0; i < NSOCK; i++)
		if (s[i] >= 0)
			say(" %u %#x", i, events(s[i]));
}
