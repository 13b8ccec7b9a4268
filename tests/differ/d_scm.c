/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control messages of local sockets: descriptors and credentials, one or more
 * of them at once, good and bad, between sockets of all three types.  Not here:
 * what Linux tells of credentials at the end of a stream, MSG_PEEK of streams
 * (Linux looks into the record behind for files), wrong lengths for a
 * SOCK_SEQPACKET or in one message of several (ours are looked at before all
 * else), sockets in each other's queues (freed at some time).
 */
#include "dunix.h"

static int file, pipes[2];

/* Two that are connected, by socketpair or by a name. */
static void
meet(int s)
{
	int type = ONE_OF(int, SOCK_STREAM, SOCK_SEQPACKET) | SOCK_NONBLOCK,
	    l, c, on = 1, early = once_in(3);
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "l" };

	if (once_in(2)) {
		make(s);
		return;
	}
	unlink("l");
	l = socket(AF_UNIX, type, 0);
	c = socket(AF_UNIX, type, 0);
	bind(l, (void *)&sun, sizeof(sun));
	listen(l, 3);
	if (early)
		setsockopt(once_in(2) ? l : c, SOL_SOCKET, SO_PASSCRED, &on,
		    sizeof(on));
	say("meet %d %#x %d: %ld", s, type, early, RES(connect(c, (void *)&sun,
	    sizeof(sun))));
	put(s, c);
	put((s + 1) % NSLOT, accept4(l, NULL, NULL, SOCK_NONBLOCK));
	close(l);
}

static void
names(int s)
{
	struct sockaddr_un sun;
	char text[20];
	socklen_t len = name(&sun, text);

	if (type(s) != SOCK_DGRAM)
		return;
	if (once_in(2) && text[0] != 'n' && text[0] != 'l')
		say("bind %d %s %u %ld", s, text, len, RES(bind(slot[s],
		    (void *)&sun, len)));
	else
		say("connect %d %s %u %ld", s, text, len, RES(connect(slot[s],
		    (void *)&sun, len)));
}

/* How many bytes of data it has; fresh is the socket that is sent. */
static size_t
rights(struct cmsghdr *c, int fresh)
{
	int fds[300], i, n = once_in(30) ? (int)ONE_OF(int, 0, 252, 253, 254,
	    255, 300) : 1 + (int)below(3);

	for (i = 0; i < n; i++)
		fds[i] = once_in(12) && n < 10 ? (int)ONE_OF(int, -1, 999) :
		    ONE_OF(int, file, file, fresh, pipes[0], pipes[1]);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, (size_t)n * sizeof(int));
	return (size_t)n * sizeof(int);
}

static size_t
credentials(struct cmsghdr *c)
{
	struct ucred uc = { getpid(), 0, 0 };

	if (once_in(4))
		uc.pid = ONE_OF(pid_t, 0, -1, 99999999);
	if (once_in(4))
		uc.uid = 5;
	if (once_in(8))
		uc.gid = -1;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof(uc));
	memcpy(CMSG_DATA(c), &uc, sizeof(uc));
	return sizeof(uc);
}

/* Something wrong with the last one. */
static void
spoil(struct msghdr *m, struct cmsghdr *c, int keeplen)
{
	if (once_in(15) && !keeplen)
		c->cmsg_len = ONE_OF(int, 0, 15, 16, 17, 19, 300);
	if (once_in(15))
		c->cmsg_type = ONE_OF(int, 0, 3, 99);
	if (once_in(15))
		c->cmsg_level = ONE_OF(int, 0, 6, 99);
	if (once_in(15) && !keeplen)
		m->msg_controllen = below(40);
}

static void
sendcontrol(int s)
{
	static union { char b[6000]; struct cmsghdr h; } u;
	struct sockaddr_un sun;
	char text[20] = "";
	struct iovec iov[2] = { { buf, 1 + below(49) },
	    { buf + 50, below(50) } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2,
	    .msg_control = u.b };
	struct cmsghdr *c = &u.h;
	int fresh, i, n = once_in(4) ? 2 + (int)below(2) : 1, f = flags(1);
	size_t len = 0;

	memset(&u, 0, sizeof(u));
	fill(100);
	/* No circle of sockets: who knows when Linux looks for them. */
	fresh = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	for (i = 0; i < n; i++) {
		c = (void *)(u.b + len);
		len += CMSG_SPACE(below(8) < 5 ? rights(c, fresh) :
		    credentials(c));
	}
	m.msg_controllen = once_in(2) ? len :
	    (size_t)((char *)c - u.b) + CMSG_ALIGN(c->cmsg_len);
	spoil(&m, c, n > 1 || type(s) == SOCK_SEQPACKET);
	if (once_in(4)) {
		m.msg_namelen = name(&sun, text);
		m.msg_name = &sun;
	}
	say("sendmsg %d %d: type %d level %d len %d of %d to %s %#x %ld", s, n,
	    c->cmsg_type, c->cmsg_level, (int)c->cmsg_len,
	    (int)m.msg_controllen, text, f, RES(sendmsg(slot[s], &m, f)));
	close(fresh);
}

/* A descriptor that came: what it is, then it goes on, or is closed. */
static void
came(int fd)
{
	struct stat st;
	int s;

	memset(&st, 0, sizeof(st));
	fstat(fd, &st);
	say(" fd %#o cloexec %d flags %#x", st.st_mode & S_IFMT,
	    fcntl(fd, F_GETFD), fcntl(fd, F_GETFL) & ~0100000);
	if (S_ISREG(st.st_mode))	/* one offset for both */
		say(" at %ld", (long)lseek(fd, 1, SEEK_CUR));
	if (fd > 2 && S_ISSOCK(st.st_mode) && once_in(2)) {
		say(" to %d", s = (int)below(NSLOT));
		put(s, fd);
	} else if (fd > 2) {
		close(fd);
	}
}

static void
control(const struct cmsghdr *c)
{
	int n = (int)c->cmsg_len - (int)CMSG_LEN(0), i, fd;
	struct ucred uc;

	if (c->cmsg_type == SCM_CREDENTIALS && n >= (int)sizeof(uc)) {
		memcpy(&uc, CMSG_DATA(c), sizeof(uc));
		say(" pid %d uid %d gid %d", uc.pid == getpid() ? -7 :
		    uc.pid, uc.uid, uc.gid);
	} else if (c->cmsg_type == SCM_RIGHTS) {
		say(" rights %d", n);
		for (i = 0; i + 4 <= n; i += 4) {
			memcpy(&fd, CMSG_DATA(c) + i, 4);
			if (i < 40)
				came(fd);
			else
				close(fd);
		}
	} else {
		say(" type %d level %d len %d", c->cmsg_type, c->cmsg_level,
		    n);
	}
}

static void
recvcontrol(int s)
{
	static union { char b[6000]; struct cmsghdr h; } u;
	struct sockaddr_un sun;
	struct iovec iov[2] = { { buf, below(50) }, { buf + 50, below(50) } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2,
	    .msg_control = u.b, .msg_name = &sun };
	struct cmsghdr *c;
	int f = flags(0) | (once_in(3) ? MSG_CMSG_CLOEXEC : 0);
	long r;

	if (type(s) == SOCK_STREAM)
		f &= ~MSG_PEEK;
	memset(&u, 0, sizeof(u));
	memset(&sun, 0x55, sizeof(sun));
	m.msg_namelen = sizeof(sun);
	m.msg_controllen = once_in(2) ? sizeof(u.b) : below(80);
	m.msg_flags = -1;
	r = RES(recvmsg(slot[s], &m, f));
	if (r < 0) {
		say("recvmsg %d %#x %ld", s, f, r);
		return;
	}
	say("recvmsg %d %#x %ld flags %#x name %u control %d", s, f, r,
	    r > 0 ? (unsigned)m.msg_flags : 0, m.msg_namelen,
	    r > 0 ? (int)m.msg_controllen : 0);
	for (c = r == 0 ? NULL : CMSG_FIRSTHDR(&m); c != NULL;
	    c = CMSG_NXTHDR(&m, c))
		control(c);
}

/* Data between them, or read without them: those are closed. */
static void
plain(int s)
{
	size_t n = ONE_OF(size_t, 1, 10, 100);
	int f = flags(0);
	long r;

	switch (below(6)) {
	case 0: case 1:
		fill(n);
		say("send %d %zu %ld", s, n, RES(send(slot[s], buf, n, 0)));
		break;
	case 2:
		r = RES(read(slot[s], buf, n));
		say("read %d %zu %ld", s, n, r);
		break;
	case 3:
		if (type(s) == SOCK_STREAM)
			f &= ~MSG_PEEK;
		say("recv %d %zu %#x %ld", s, n, f, RES(recv(slot[s], buf, n,
		    f)));
		break;
	case 4:
		r = below(3);
		say("shutdown %d %ld %ld", s, r, once_in(3) ?
		    RES(shutdown(slot[s], (int)r)) : 0);
		break;
	default:
		say("close %d", s);
		put(s, -1);
	}
}

void
differ_begin(void)
{
	unix_begin();
	file = open("file", O_CREAT | O_WRONLY, 0600);
	symlink("s0", "link");
	(void)!pipe(pipes);
}

void
differ_step(void)
{
	int s;

	if (differ_nstep % 40 == 0)
		drain();
	s = (int)below(NSLOT);
	switch (below(12)) {
	case 0:
		meet(s);
		break;
	case 1:
		names(s);
		break;
	case 2: case 3: case 4:
		plain(s);
		break;
	case 5: case 6: case 7:
		sendcontrol(s);
		break;
	default:
		recvcontrol(s);
	}
}

void
differ_end(void)
{
	unix_end();
	close(file);
	close(pipes[0]);
	close(pipes[1]);
}
