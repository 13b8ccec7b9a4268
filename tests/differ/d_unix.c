/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local sockets: all three types in all states.  Not here: how many bytes fit
 * into a buffer (Linux counts its own structures, too), the names that autobind
 * chooses, SOCK_RAW (Linux's SOCK_DGRAM), SO_TIMESTAMP, SO_PEEK_OFF, MSG_OOB,
 * SO_PASSCRED set later, sockets in each other's queues (freed at some time).
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "differ.h"

#define NSLOT	8
#define BAD	((void *)1)
#ifndef SIOCOUTQ
#define SIOCOUTQ	0x5411
#endif
#ifndef SIOCINQ
#define SIOCINQ		0x541b
#endif
#define SIOCATMARK_	0x8905

static int slot[NSLOT], file;
static char buf[70000];
static uint8_t next;

static void
put(int s, int fd)
{
	if (slot[s] >= 0)
		close(slot[s]);
	slot[s] = fd;
}

/* A name, good or bad; its length. */
static socklen_t
name(struct sockaddr_un *sun, char *text)
{
	socklen_t base = offsetof(struct sockaddr_un, sun_path);
	int k = below(24);

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	switch (k) {
	case 0:
		strcpy(text, "family");
		sun->sun_family = ONE_OF(int, AF_INET, AF_UNSPEC, 99);
		strcpy(sun->sun_path, "s0");
		return sizeof(*sun);
	case 1:
		strcpy(text, "short");
		return below(base + 1);
	case 2:
		strcpy(text, "long");
		return sizeof(*sun) + 1 + below(17);
	case 3:
		strcpy(text, "nope/x");
		strcpy(sun->sun_path, text);
		return sizeof(*sun);
	case 4:
		strcpy(text, "full");
		memset(sun->sun_path, 'x', sizeof(sun->sun_path));
		return sizeof(*sun);
	case 5:
		strcpy(text, "file");
		strcpy(sun->sun_path, text);
		return base + 5;
	case 6:
		strcpy(text, "link");
		strcpy(sun->sun_path, text);
		return base + 5;
	case 7: case 8: case 9: case 10: case 11:
		sprintf(text, "@a%u", below(3));
		memcpy(sun->sun_path + 1, text, 3);
		return base + 4;
	case 12:
		strcpy(text, "@");
		return base + 1;
	case 13:
		strcpy(text, "@a0..");
		memcpy(sun->sun_path + 1, "@a0", 3);
		return base + 4 + below(3);
	default:
		sprintf(text, "s%u", below(3));
		strcpy(sun->sun_path, text);
		return once_in(2) ? base + 2 : once_in(2) ? base + 3 :
		    sizeof(*sun);
	}
}

static void
sayname(const char *what, int s, long r, const struct sockaddr_un *sun,
    socklen_t len)
{
	socklen_t base = offsetof(struct sockaddr_un, sun_path);

	if (r >= 0 && len == base + 6 && sun->sun_path[0] == 0)
		say("%s %d %ld autobound", what, s, r);
	else
		say("%s %d %ld len %u family %u %08x", what, s, r,
		    r < 0 ? 0 : len,
		    sun->sun_family, sum(sun->sun_path,
		    sizeof(sun->sun_path)));
}

static void
make(int s)
{
	int type = ONE_OF(int, SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET),
	    proto = 0, fam = AF_UNIX, fd[2], on;
	long r;

	if (once_in(10))
		type = ONE_OF(int, 0, SOCK_RDM, 11, 99);
	else if (once_in(12))
		proto = ONE_OF(int, 1, 2, 17);
	else if (once_in(30))
		fam = ONE_OF(int, 0, 99, -1);
	if (once_in(3))
		type |= SOCK_CLOEXEC;
	if (once_in(30))
		type |= 1 << 20;
	on = 1;
	if (once_in(2)) {
		r = RES(socket(fam, type | SOCK_NONBLOCK, proto));
		say("socket %d: %d %#x %d %ld", s, fam, type, proto, r < 0 ?
		    r : 0);
		if (r >= 0)
			put(s, r);
		if (once_in(3))
			say(" passcred %ld", RES(setsockopt(r, SOL_SOCKET,
			    SO_PASSCRED, &on, sizeof(on))));
	} else {
		r = RES(socketpair(fam, type | SOCK_NONBLOCK, proto, fd));
		say("socketpair %d %d: %d %#x %d %ld", s, (s + 1) % NSLOT, fam,
		    type, proto, r);
		if (r == 0 && once_in(3)) {
			setsockopt(fd[0], SOL_SOCKET, SO_PASSCRED, &on, 4);
			setsockopt(fd[1], SOL_SOCKET, SO_PASSCRED, &on, 4);
			say(" passcred");
		}
		if (r == 0) {
			put(s, fd[0]);
			put((s + 1) % NSLOT, fd[1]);
		}
	}
}

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

static int
flags(int sending)
{
	int f = 0;

	if (once_in(3))
		f |= sending ? MSG_NOSIGNAL : MSG_PEEK;
	if (once_in(8)) f |= MSG_DONTWAIT;
	if (once_in(8)) f |= sending ? MSG_MORE : MSG_TRUNC;
	if (once_in(8)) f |= sending ? MSG_EOR : MSG_WAITALL;
	if (once_in(16)) f |= ONE_OF(int, MSG_CONFIRM, MSG_DONTROUTE,
	    MSG_CTRUNC, 1 << 24, MSG_ERRQUEUE, MSG_FIN);
	return f;
}

/* Of several reasons to fail only one is there. */
static int
connected(int s)
{
	struct sockaddr_un sun;
	socklen_t len = sizeof(sun);

	return getpeername(slot[s], (void *)&sun, &len) == 0;
}

/* Nothing unread is no reset: of an empty record only older Linux tells. */
static int
type(int s)
{
	int t = 0;
	socklen_t len = sizeof(t);

	getsockopt(slot[s], SOL_SOCKET, SO_TYPE, &t, &len);
	return t;
}

static void
fill(size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf[i] = next + i / 7;
	next += 13;
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
sendcontrol(int s)
{
	union { char b[256]; struct cmsghdr h; } u;
	struct sockaddr_un sun;
	char text[20] = "";
	struct ucred uc = { getpid(), 0, 0 };
	struct iovec iov[2] = { { buf, 1 + below(49) },
	    { buf + 50, below(50) } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2,
	    .msg_control = u.b };
	struct cmsghdr *c = &u.h;
	int fds[8], fresh, i, k, n, f = flags(1);

	memset(&u, 0, sizeof(u));
	fill(100);
	m.msg_controllen = sizeof(u.b);
	n = 1 + below(3);
	k = below(8);
	c->cmsg_level = SOL_SOCKET;
	/* No circle of sockets: who knows when Linux looks for them. */
	fresh = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (k < 5) {
		for (i = 0; i < n; i++)
			fds[i] = once_in(12) ? -1 : once_in(2) ? file :
			    fresh;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	} else {
		if (once_in(4))
			uc.pid = ONE_OF(pid_t, 0, -1, 99999999);
		if (once_in(4))
			uc.uid = 5;
		if (once_in(8))
			uc.gid = -1;
		c->cmsg_type = SCM_CREDENTIALS;
		c->cmsg_len = CMSG_LEN(sizeof(uc));
		memcpy(CMSG_DATA(c), &uc, sizeof(uc));
	}
	m.msg_controllen = CMSG_ALIGN(c->cmsg_len);
	if (once_in(15) && type(s) != SOCK_SEQPACKET)
		c->cmsg_len = ONE_OF(int, 0, 15, 16, 17, 300);
	if (once_in(15))
		c->cmsg_type = ONE_OF(int, 0, 3, 99);
	if (once_in(15))
		c->cmsg_level = ONE_OF(int, 0, 6, 99);
	if (once_in(15) && type(s) != SOCK_SEQPACKET)
		m.msg_controllen = below(40);
	if (once_in(4)) {
		m.msg_namelen = name(&sun, text);
		m.msg_name = &sun;
	}
	say("sendmsg %d type %d level %d len %d of %d to %s %#x %ld", s,
	    c->cmsg_type, c->cmsg_level, (int)c->cmsg_len,
	    (int)m.msg_controllen, text, f, RES(sendmsg(slot[s], &m, f)));
	close(fresh);
}

static void
recvcontrol(int s)
{
	union { char b[256]; struct cmsghdr h; } u;
	struct sockaddr_un sun;
	struct iovec iov[2] = { { buf, below(50) }, { buf + 50, below(50) } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2,
	    .msg_control = u.b, .msg_name = &sun };
	struct cmsghdr *c;
	struct ucred uc;
	struct stat st;
	int f = flags(0) | (once_in(3) ? MSG_CMSG_CLOEXEC : 0), i, n, fd;
	long r;

	/* Linux looks into the record behind for files. */
	if (type(s) == SOCK_STREAM)
		f &= ~MSG_PEEK;
	memset(&u, 0, sizeof(u));
	memset(&sun, 0x55, sizeof(sun));
	m.msg_namelen = sizeof(sun);
	m.msg_controllen = once_in(2) ? sizeof(u.b) : below(64);
	m.msg_flags = -1;
	r = RES(recvmsg(slot[s], &m, f));
	if (r < 0) {
		say("recvmsg %d %#x %ld", s, f, r);
		return;
	}
	say("recvmsg %d %#x %ld flags %#x name %u control %d", s, f, r,
	    r > 0 ? (unsigned)m.msg_flags : 0, m.msg_namelen,
	    r > 0 ? (int)m.msg_controllen : 0);
	/* At the end Linux tells of nobody's credentials. */
	for (c = r == 0 ? NULL : CMSG_FIRSTHDR(&m); c != NULL;
	    c = CMSG_NXTHDR(&m, c)) {
		n = (int)c->cmsg_len - (int)CMSG_LEN(0);
		if (c->cmsg_type == SCM_CREDENTIALS && n >= (int)sizeof(uc)) {
			memcpy(&uc, CMSG_DATA(c), sizeof(uc));
			say(" pid %d uid %d gid %d", uc.pid == getpid() ? -7 :
			    uc.pid, uc.uid, uc.gid);
		} else if (c->cmsg_type == SCM_RIGHTS) {
			for (i = 0; i + 4 <= n; i += 4) {
				memcpy(&fd, CMSG_DATA(c) + i, 4);
				memset(&st, 0, sizeof(st));
				fstat(fd, &st);
				say(" fd %#o cloexec %d", st.st_mode & S_IFMT,
				    fcntl(fd, F_GETFD));
				if (fd > 2 && S_ISSOCK(st.st_mode) &&
				    once_in(2)) {
					say(" to %d", s = below(NSLOT));
					put(s, fd);
				} else if (fd > 2)
					close(fd);
			}
		} else {
			say(" type %d level %d len %d", c->cmsg_type,
			    c->cmsg_level, n);
		}
	}
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
	int s;

	signal(SIGPIPE, SIG_IGN);
	for (s = 0; s < NSLOT; s++)
		slot[s] = -1;
	file = open("file", O_CREAT | O_WRONLY, 0600);
	symlink("s0", "link");
	next = 0;
}

void
differ_step(void)
{
	int s = below(NSLOT), n;
	struct pollfd p;

	/* Nothing gets near to a full buffer. */
	if (differ_nstep % 40 == 0)
		for (s = 0; s < NSLOT; s++)
			for (n = 0; n < 200 && recv(slot[s], buf, sizeof(buf),
			    0) > 0; n++)
				;
	s = below(NSLOT);
	switch (below(20)) {
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
		sendcontrol(s);
		break;
	case 12: case 13:
		recvcontrol(s);
		break;
	case 14:
		many(s);
		break;
	case 15:
		options(s);
		break;
	case 16:
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
	int s;

	for (s = 0; s < NSLOT; s++)
		put(s, -1);
	close(file);
}
