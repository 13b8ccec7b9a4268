/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local sockets: all three types in all states.  Not here: how many bytes fit
 * into a buffer (Linux counts its own structures, too), the names that autobind
 * chooses, SOCK_RAW (Linux's SOCK_DGRAM), SO_TIMESTAMP, SO_PEEK_OFF, MSG_OOB,
 * SO_PASSCRED set later.  Control messages: d_scm.c.
 */
#include <sys/ioctl.h>
#include <sys/time.h>

#include "dunix.h"

#ifndef SIOCOUTQ
#define SIOCOUTQ	0x5411
#endif
#ifndef SIOCINQ
#define SIOCINQ		0x541b
#endif
#define SIOCATMARK_	0x8905

static void
names(int s)
{
	struct sockaddr_un sun, other;
	socklen_t len, nlen;
	char text[20];
	int n;
	long r;

	switch (below(9)) {
	case 0: case 1:
		len = name(&sun, text);
		nlen = sizeof(other);
		if ((text[0] == 'n' || text[0] == 'l') && getsockname(slot[s],
		    (void *)&other, &nlen) == 0 && nlen > 2)
			return;
		say("bind %d %s %u %ld", s, text, len, RES(bind(slot[s],
		    (void *)&sun, len)));
		break;
	case 2: case 3:
		len = name(&sun, text);
		say("connect %d %s %u %ld", s, text, len, RES(connect(slot[s],
		    (void *)&sun, len)));
		break;
	case 4:
		n = below(4) - 1;
		say("listen %d %d %ld", s, n, RES(listen(slot[s], n)));
		break;
	case 5:
		memset(&sun, 0x55, sizeof(sun));
		len = ONE_OF(socklen_t, sizeof(sun), 2, 0, 5, 4);
		r = RES(accept4(slot[s], once_in(3) ? NULL : (void *)&sun, &len,
		    SOCK_NONBLOCK | (once_in(9) ? 1 << 5 : 0)));
		sayname("accept", s, r < 0 ? r : 0, &sun, len);
		if (r >= 0) {
			say(" to %d", n = below(NSLOT));
			put(n, r);
		}
		break;
	case 6:
	case 7:
		memset(&sun, 0x55, sizeof(sun));
		len = ONE_OF(socklen_t, sizeof(sun), 2, 0, 5, 4, -1, 200);
		n = below(2);
		r = RES((n ? getsockname : getpeername)(slot[s], once_in(20) ?
		    BAD : (void *)&sun, once_in(20) ? BAD : &len));
		sayname(n ? "getsockname" : "getpeername", s, r, &sun, len);
		break;
	default:
		sprintf(text, "s%u", below(3));
		say("unlink %s %ld", text, RES(unlink(text)));
	}
}

static void
dosend(int s)
{
	size_t n = ONE_OF(size_t, 0, 1, 10, 100, 1000, 3000);
	struct sockaddr_un sun;
	struct iovec iov;
	socklen_t len;
	char text[20];
	int f = flags(1);

	if (n == 0 && type(s) == SOCK_SEQPACKET)
		n = 7;
	fill(n);
	switch (below(5)) {
	case 0:
		len = name(&sun, text);
		if (text[1] == 'h')
			break;
		say("sendto %d %s %u %zu %#x %ld", s, text, len, n, f,
		    RES(sendto(slot[s], buf, n, f, (void *)&sun, len)));
		break;
	case 1:
		n += n == 0;	/* of nothing Linux does nothing */
		iov = (struct iovec){ buf, n };
		say("writev %d %zu %ld", s, n, RES(writev(slot[s], &iov, 1)));
		break;
	case 2:
		say("write %d %zu %ld", s, n, RES(write(slot[s], buf, n)));
		break;
	default:
		say("send %d %zu %#x %ld", s, n, f, RES(send(slot[s],
		    once_in(20) && n > 0 && f == 0 && connected(s) ? BAD :
		    buf, n, f)));
	}
}

static void
dorecv(int s)
{
	size_t n = ONE_OF(size_t, 0, 1, 10, 100, 1000, sizeof(buf));
	struct sockaddr_un sun;
	socklen_t len;
	int f = flags(0);
	long r;

	memset(buf, 0, 1000);
	switch (below(4)) {
	case 0:
		memset(&sun, 0x55, sizeof(sun));
		len = ONE_OF(socklen_t, sizeof(sun), 2, 0, 5);
		r = RES(recvfrom(slot[s], buf, n, f, (void *)&sun, &len));
		sayname("recvfrom", s, r, &sun, len);
		break;
	case 1:
		r = RES(read(slot[s], buf, n));
		say("read %d %zu %ld", s, n, r);
		break;
	default:
		r = RES(recv(slot[s], once_in(20) && n ? BAD : buf, n, f));
		say("recv %d %zu %#x %ld", s, n, f, r);
	}
	if (r > 0)
		say(" %08x", sum(buf, r < (long)n ? r : (long)n));
}

static void
many(int s)
{
	struct mmsghdr mm[4];
	struct iovec iov[4];
	struct timespec ts = { 0, 0 };
	int i, n = below(5), f = flags(0);
	long r;

	memset(mm, 0, sizeof(mm));
	fill(100);
	for (i = 0; i < 4; i++) {
		iov[i] = (struct iovec){ buf + 25 * i, once_in(12) && type(s) !=
		    SOCK_SEQPACKET ?
		    0 : 1 + below(24) };
		mm[i].msg_hdr.msg_iov = &iov[i];
		mm[i].msg_hdr.msg_iovlen = 1;
		mm[i].msg_len = 77;
	}
	if (once_in(2))
		r = RES(sendmmsg(slot[s], mm, n, i = flags(1)));
	else
		r = RES(recvmmsg(slot[s], mm, n, i = f | (once_in(2) ?
		    MSG_WAITFORONE : 0), once_in(2) ? &ts : NULL));
	say("mmsg %d %d %#x %ld %u %u %u %u %08x", s, n, i, r, mm[0].msg_len,
	    mm[1].msg_len, mm[2].msg_len, mm[3].msg_len, sum(buf, 100));
}

static void
options(int s)
{
	static const int opts[] = { SO_DEBUG, SO_REUSEADDR, SO_TYPE, SO_ERROR,
	    SO_DONTROUTE, SO_BROADCAST, SO_KEEPALIVE, SO_OOBINLINE, SO_PRIORITY,
	    SO_LINGER, SO_REUSEPORT, SO_PASSCRED,
	    SO_PEERCRED, SO_RCVLOWAT, SO_SNDLOWAT, SO_RCVTIMEO, SO_SNDTIMEO,
	    SO_ACCEPTCONN, SO_PROTOCOL, SO_DOMAIN,
	    SO_MARK, 0, 99, SO_SNDBUF, SO_RCVBUF };
	int o = opts[below(sizeof(opts) / sizeof(opts[0]))], v[4];
	int level = ONE_OF(int, 0, 6, 99);
	socklen_t len = ONE_OF(socklen_t, 4, 4, 4, 4, 16, 8, 0, 1, 3, -1, 5);
	struct ucred *uc = (void *)v;
	long r;

	if (slot[s] < 0)
		len = 4;
	memset(v, 0x77, sizeof(v));
	if (once_in(2)) {
		r = RES(getsockopt(slot[s], SOL_SOCKET, o, once_in(20) &&
		    len == 4 ? BAD : v, once_in(20) ? BAD : &len));
		if (o == SO_PEERCRED && r == 0 && len >= 4 && uc->pid ==
		    getpid())
			uc->pid = -7;
		if (o == SO_SNDBUF || o == SO_RCVBUF)
			v[0] = 0;
		say("getsockopt %d %d %ld len %d %08x", s, o, r, len,
		    r == 0 ? sum(v, sizeof(v)) : 0);
		return;
	}
	if (o == SO_SNDBUF || o == SO_RCVBUF || o == SO_DEBUG ||
	    o == SO_PASSCRED || o == SO_REUSEPORT)	/* refused by now */
		return;
	v[0] = ONE_OF(int, 0, 1, 2, -1, 5);
	v[1] = 0;
	v[2] = ONE_OF(int, 0, 100, -1);
	v[3] = 0;
	if (o == SO_RCVLOWAT || o == SO_PEEK_OFF || o == SO_LINGER)
		v[0] = ONE_OF(int, 0, 1);
	say("setsockopt %d %d %d len %d %ld", s, o, v[0], len,
	    RES(setsockopt(slot[s], SOL_SOCKET, o, once_in(20) && len == 4 ?
	    BAD : v, len)));
	if (once_in(12))
		say("setsockopt level %d %ld", level, RES(setsockopt(slot[s],
		    level, o, v, 4)));
	len = 4;
	if (once_in(12))
		say("getsockopt level %d %ld", level, RES(getsockopt(slot[s],
		    level, o, v, &len)));
}

static void
misc(int s)
{
	int v = -7, fd = slot[s], c;
	struct stat st;
	struct pollfd p = { fd, once_in(2) ? POLLIN | POLLOUT | POLLRDHUP |
	    POLLPRI : below(65536) & ~POLLMSG, 99 };
	long r;

	switch (below(12)) {
	case 0:
		r = RES(ioctl(fd, FIONREAD, &v));
		say("fionread %d %ld %d", s, r, v);
		break;
	case 1:
		r = RES(ioctl(fd, SIOCOUTQ, &v));
		say("outq %d %ld %d", s, r, v > 0);
		break;
	case 2:
		r = RES(ioctl(fd, SIOCATMARK_, &v));
		say("atmark %d %ld %d", s, r, v);
		break;
	case 3:
		c = ONE_OF(int, 0x5401, 0x5413, 0x1234);
		say("ioctl %d %#x %ld", s, c, RES(ioctl(fd, c, buf)));
		break;
	case 4: case 5:
		v = below(5) - 1;
		say("shutdown %d %d %ld", s, v, RES(shutdown(fd, v)));
		break;
	case 6:
		memset(&st, 0, sizeof(st));
		r = RES(fstat(fd, &st));
		say("fstat %d %ld %#o %ld %ld", s, r, st.st_mode,
		    (long)st.st_size, (long)st.st_blksize);
		break;
	case 7:
		say("getfl %d %ld", s, RES(fcntl(fd, F_GETFL) & ~0100000));
		break;
	case 8:
		say("pread %d %ld", s, RES(pread(fd, buf, 1, 0)));
		break;
	case 9:
		v = below(NSLOT);
		say("dup %d %d", s, v);
		put(v, fd >= 0 ? dup(fd) : -1);
		break;
	case 10:
		say("close %d", s);
		put(s, -1);
		break;
	default:
		r = RES(poll(&p, 1, 0));
		say("poll %d %#x %ld %#x", s, p.events, r, p.revents);
	}
}

void
differ_begin(void)
{
	unix_begin();
	close(creat("file", 0600));
	symlink("s0", "link");
}

void
differ_step(void)
{
	int s, n;
	struct pollfd p;

	if (differ_nstep % 40 == 0)
		drain();
	s = below(NSLOT);
	switch (below(17)) {
	case 0: case 1:
		make(s);
		break;
	case 2: case 3: case 4: case 5:
		names(s);
		break;
	case 6: case 7: case 8:
		dosend(s);
		break;
	case 9: case 10:
		dorecv(s);
		break;
	case 11:
		many(s);
		break;
	case 12:
		options(s);
		break;
	case 13:
		p = (struct pollfd){ slot[s], 0xffff & ~POLLMSG, 0 };
		n = poll(&p, 1, 0);
		say("poll %d %d %#x", s, n, p.revents);
		break;
	default:
		misc(s);
	}
}

void
differ_end(void)
{
	unix_end();
}
