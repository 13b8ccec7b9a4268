/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the programs about local sockets: slots that hold them, sockets of all
 * types, names, contents.
 */
#ifndef TESTS_DIFFER_DUNIX_H
#define TESTS_DIFFER_DUNIX_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "differ.h"

#define NSLOT	8
#define BAD	((void *)1)

static int slot[NSLOT];
static char buf[70000];
static uint8_t next;

static inline void
put(int s, int fd)
{
	replace_fd(&slot[s], fd);
}

/* A name, good or bad; its length. */
static inline socklen_t
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

static inline void
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

static inline void
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

static inline int
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
static inline int
connected(int s)
{
	struct sockaddr_un sun;
	socklen_t len = sizeof(sun);

	return getpeername(slot[s], (void *)&sun, &len) == 0;
}

/* Nothing unread is no reset: of an empty record only older Linux tells. */
static inline int
type(int s)
{
	int t = 0;
	socklen_t len = sizeof(t);

	getsockopt(slot[s], SOL_SOCKET, SO_TYPE, &t, &len);
	return t;
}

static inline void
fill(size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf[i] = next + i / 7;
	next += 13;
}

static inline void
unix_begin(void)
{
	int s;

	signal(SIGPIPE, SIG_IGN);
	for (s = 0; s < NSLOT; s++)
		slot[s] = -1;
	next = 0;
}

/* Nothing gets near to a full buffer. */
static inline void
drain(void)
{
	int s, n;

	for (s = 0; s < NSLOT; s++)
		for (n = 0; n < 200 && recv(slot[s], buf, sizeof(buf),
		    0) > 0; n++)
			;
}

static inline void
unix_end(void)
{
	int s;

	for (s = 0; s < NSLOT; s++)
		put(s, -1);
}

#endif /* TESTS_DIFFER_DUNIX_H */
