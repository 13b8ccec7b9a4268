/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Data on TCP connections over lo: pairs in every state, urgent data, flags of
 * send and recv, FIN and RST, with what poll and ioctl tell after each call.
 * Whatever waits for a timer (delayed acknowledgements, TIME_WAIT) is not
 * printed.  One urgent byte is under way at a time: another one would put the
 * first back into the stream on Linux, and FIONREAD ends at it.
 */
#include <netinet/tcp.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "dnet.h"

#define NPAIR	2
static int s[2 * NPAIR];	/* pairs, -1: closed */
static int ls, ep, urgent;
static int mark[2 * NPAIR];	/* urgent data were sent there */
static uint32_t count;		/* what is sent differs */

/* A connection; or, sometimes, one that is not accepted yet. */
static void
connect_pair(unsigned i, int v6)
{
	union addr a;
	socklen_t len = sizeof(a);
	struct pollfd p = { .events = POLLIN };
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP |
	    EPOLLPRI };
	unsigned k;
	int one = 1;

	ls = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	len = addr_make(&a, v6 ? "::1" : "127.0.0.1", 0);
	if (bind(ls, &a.sa, len) != 0 || listen(ls, 1) != 0)
		say("listen %d", errno);
	getsockname(ls, &a.sa, &len);
	s[i] = socket(a.sa.sa_family, SOCK_STREAM, 0);
	if (connect(s[i], &a.sa, len) != 0)
		say("connect %d", errno);
	p.fd = ls;
	poll(&p, 1, 10000);
	s[i + 1] = accept4(ls, NULL, NULL, SOCK_NONBLOCK);
	close(ls);
	for (k = i; k < i + 2; k++) {
		mark[k] = 0;
		setsockopt(s[k], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		e.data.u32 = k;
		epoll_ctl(ep, EPOLL_CTL_ADD, s[k], &e);
	}
}

void
differ_begin(void)
{
	unsigned i;

	net_begin();
	count = 0;
	urgent = once_in(2);
	ep = epoll_create1(0);
	for (i = 0; i < NPAIR; i++)
		connect_pair(2 * i, i & 1);
}

void
differ_end(void)
{
	struct linger l = { 1, 0 };

	for (unsigned i = 0; i < 2 * NPAIR; i++)
		if (s[i] >= 0) {
			setsockopt(s[i], SOL_SOCKET, SO_LINGER, &l, sizeof(l));
			close(s[i]);
		}
	close(ep);
}

static void
recv_some(unsigned i)
{
	static char buf[3000];
	struct iovec iov[3];
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 1 + (int)below(3) };
	union addr a;
	char control[64];
	int flags = MSG_DONTWAIT, trunc = 0;
	size_t n = 0;
	int k;
	long r;

	memset(buf, 0, sizeof(buf));
	for (k = 0; k < m.msg_iovlen; k++) {
		iov[k].iov_base = buf + n;
		iov[k].iov_len = ONE_OF(size_t, 0, 1, 3, 10, 100, 900);
		n += iov[k].iov_len;
	}
	if (once_in(4)) flags |= MSG_PEEK;
	if (once_in(6)) flags |= MSG_TRUNC, trunc = 1;
	if (once_in(8)) flags |= MSG_WAITALL;
	if (urgent && n == 0)
		return;
	if (once_in(6) && (events(s[i]) & POLLHUP) == 0)
		flags |= MSG_OOB;
	if (once_in(20)) flags |= MSG_ERRQUEUE;
	if (once_in(20)) flags |= MSG_CMSG_CLOEXEC;
	if (once_in(20)) flags |= 0x1000000;
	if (once_in(3)) {
		m.msg_name = &a;
		m.msg_namelen = sizeof(a);
	}
	if (once_in(3)) {
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
	}
	r = RES(recvmsg(s[i], &m, flags));
	say("recv %u %zu %#x %ld flags %#x name %d control %zu", i, n,
	    (unsigned)flags, r, r < 0 ? 0 : (unsigned)m.msg_flags,
	    r < 0 ? 0 : (int)m.msg_namelen, r < 0 ? 0 :
	    (size_t)m.msg_controllen);
	/* With MSG_TRUNC nothing is copied. */
	say(" sum %#x", trunc ? 0 : sum(buf, sizeof(buf)));
}

static int
marked(unsigned i)
{
	int v = -1;

	ioctl(s[i], SIOCATMARK, &v);
	return v;
}

static void
send_some(unsigned i)
{
	static char buf[3000];
	struct iovec iov[3];
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 1 + (int)below(3) };
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	union addr a;
	size_t n = 0;
	int k;

	for (k = 0; k < (int)sizeof(buf); k++)
		buf[k] = (char)(count + k);
	count += 7;
	for (k = 0; k < m.msg_iovlen; k++) {
		iov[k].iov_base = buf + n;
		iov[k].iov_len = ONE_OF(size_t, 0, 1, 3, 10, 100, 900);
		n += iov[k].iov_len;
	}
	if (urgent && once_in(5) && s[i ^ 1] >= 0 && !marked(i ^ 1) &&
	    (events(s[i ^ 1]) & (POLLIN | POLLPRI)) == 0)
		flags |= MSG_OOB;
	if (once_in(20)) flags |= MSG_DONTROUTE;
	if (once_in(20)) flags |= MSG_EOR;
	if (once_in(20)) flags |= MSG_CONFIRM;
	if (once_in(10)) {
		m.msg_name = &a;
		m.msg_namelen = addr_make(&a, "127.0.0.1", 1);
	}
	if (flags & MSG_OOB)
		mark[i ^ 1] = 1;
	say("send %u %zu %#x %ld", i, n, (unsigned)flags,
	    RES(sendmsg(s[i], &m, flags)));
}

static void
bad_call(unsigned i)
{
	struct iovec iov = { BADPTR, 5 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	char c = 0;

	switch (below(8)) {
	case 0:
		if (urgent)
			break;
		say("recv bad %u %ld", i, RES(recv(s[i], BADPTR, 5,
		    MSG_DONTWAIT)));
		break;
	case 1:
		say("send bad %u %ld", i, RES(send(s[i], BADPTR, 5,
		    MSG_DONTWAIT | MSG_NOSIGNAL)));
		break;
	case 2:
		m.msg_iovlen = ONE_OF(int, 1024, 1025, -1, 0x7fffffff);
		m.msg_iov = BADPTR;
		say("recvmsg bad %u %d %ld", i, (int)m.msg_iovlen,
		    RES(recvmsg(s[i], &m, MSG_DONTWAIT)));
		break;
	case 3:
		m.msg_iovlen = ONE_OF(int, 1024, 1025, -1, 0x7fffffff);
		m.msg_iov = BADPTR;
		say("sendmsg bad %u %d %ld", i, (int)m.msg_iovlen,
		    RES(sendmsg(s[i], &m, MSG_DONTWAIT | MSG_NOSIGNAL)));
		break;
	case 4:
		if (urgent)
			break;
		say("recv len %u %ld", i, RES(recv(s[i], &c, 0,
		    MSG_DONTWAIT)));
		break;
	case 5:
		say("write 0 %u %ld", i, RES(write(s[i], &c, 0)));
		break;
	case 6:
		say("lseek %u %ld", i, RES(lseek(s[i], 0, SEEK_CUR)));
		say("pread %u %ld", i, RES(pread(s[i], &c, 1, 0)));
		break;
	default:
		say("fsync %u %ld", i, RES(fsync(s[i])));
		say("ftruncate %u %ld", i, RES(ftruncate(s[i], 0)));
	}
}

static void
option(unsigned i)
{
	int v = 0, w;
	socklen_t len = sizeof(v);
	struct linger l = { 1, 0 };

	switch (below(5)) {
	case 0:
		if (mark[i])
			break;
		v = below(2);
		say("oobinline %u %d %ld", i, v, RES(setsockopt(s[i],
		    SOL_SOCKET, SO_OOBINLINE, &v, len)));
		break;
	case 1:
		if (urgent)
			break;
		v = ONE_OF(int, 1, 1, 5, 100, 1000);
		say("lowat %u %d %ld", i, v, RES(setsockopt(s[i], SOL_SOCKET,
		    SO_RCVLOWAT, &v, len)));
		break;
	case 2:
		v = 1;
		say("nodelay %u %d %ld", i, v, RES(setsockopt(s[i],
		    IPPROTO_TCP, TCP_NODELAY, &v, len)));
		break;
	case 3:
		say("linger %u %ld", i, RES(setsockopt(s[i], SOL_SOCKET,
		    SO_LINGER, &l, sizeof(l))));
		break;
	default:
		w = getsockopt(s[i], SOL_SOCKET, SO_ERROR, &v, &len);
		say("error %u %d %d", i, w, v);
	}
}

static void
state(unsigned i)
{
	struct tcp_info ti;
	socklen_t len = sizeof(ti);
	int v = -1, w;
	long r;

	memset(&ti, 0, sizeof(ti));
	r = RES(getsockopt(s[i], IPPROTO_TCP, TCP_INFO, &ti, &len));
	/* FIN_WAIT1, 2: when the acknowledgement comes. */
	say("state %u %ld %u", i, r, ti.tcpi_state == 5 ? 4 : ti.tcpi_state);
	w = RES(ioctl(s[i], FIONREAD, &v));
	if (mark[i] && (events(s[i]) & (POLLIN | POLLPRI)) == 0 && !marked(i))
		mark[i] = 0;
	if (!mark[i])
		say(" inq %d %d", w, v);
	if ((events(s[i]) & POLLHUP) == 0)
		say(" mark %d", marked(i));
}

static void
ready(void)
{
	struct epoll_event e[8];
	unsigned ev[2 * NPAIR];
	int i, n = epoll_wait(ep, e, 8, 0);

	memset(ev, 0, sizeof(ev));
	for (i = 0; i < n; i++)
		ev[e[i].data.u32] = e[i].events;
	say("ready %d %#x %#x %#x %#x", n, ev[0], ev[1], ev[2], ev[3]);
}

void
differ_step(void)
{
	unsigned i = below(2 * NPAIR), how;
	union addr a;

	if (s[i & ~1u] < 0 && s[i | 1] < 0) {
		connect_pair(i & ~1u, i & 2);
		say("pair %u", i & ~1u);
	}
	if (s[i] < 0)
		i ^= 1;
	switch (below(24)) {
	case 0: case 1: case 2: case 3: case 4: case 5: case 6:
		recv_some(i);
		break;
	case 7: case 8: case 9: case 10: case 11: case 12:
		send_some(i);
		break;
	case 13:
		bad_call(i);
		break;
	case 14: case 15:
		option(i);
		break;
	case 16: case 17: case 18:
		state(i);
		break;
	case 19:
		how = below(3);
		if (once_in(3) && (events(s[i]) & (POLLHUP | POLLIN)) !=
		    POLLHUP)
			say("shutdown %u %u %ld", i, how, RES(shutdown(s[i],
			    (int)how)));
		break;
	case 20:
		if (once_in(3)) {
			say("close %u %ld", i, RES(close(s[i])));
			s[i] = -1;
		}
		break;
	case 21:
		memset(&a, 0, sizeof(a));
		if (once_in(8))
			say("unspec %u %ld", i, RES(connect(s[i], &a.sa,
			    sizeof(a.in))));
		break;
	default:
		ready();
	}
	for (i = 0; i < 2 * NPAIR; i++)
		if (s[i] >= 0)
			say(" %u %#x", i, events(s[i]));
}
