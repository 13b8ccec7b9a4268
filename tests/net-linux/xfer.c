/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transfers that are checked byte by byte: the server, in a guest, on posix
 * (-DPOSIX: with a rump kernel's sockets) and, with client.c (-DCLIENT), on
 * Linux.  A connection begins with a request of REQ bytes, text:
 *	get N SEED	the server sends N bytes of the pattern, then closes
 *	zget N SEED	the same with MSG_ZEROCOPY; a reset when that copied
 *	put N SEED	the client does; the server answers with a verdict
 *	late N SEED	put, whose data the server leaves alone for 2 s
 *	echo		until the client closes
 *	mem		free memory in KiB
 *	keep		nothing, with keepalive (1 s, 1 s, 3 times)
 *	reset		the server resets the connection
 *	urgent		"abc", of which c is urgent, until the client closes
 *	cross PORT	the server connects to PORT, from CROSS; echo
 *	quit
 */
#include "xfer.h"
#include "zget.h"

#define CROSS	5002
#define MAXCONN	500

struct conn {
	enum { ASKING, SENDING, TAKING, LATER, ECHOING, ANSWERING, ENDING,
	    KEEPING } state;
	char		 req[REQ + 1];
	size_t		 nreq;
	uint64_t	 n, done, seed;
	time_t		 until;
	int		 bad;
	char		 answer[REQ + 1];
	size_t		 nanswered;
};
static struct conn *conns[MAXCONN];
static struct pollfd fds[MAXCONN + 1];
static nfds_t nfds = 1;
static char buf[CHUNK];

static uint64_t
number(const char *s)
{
	uint64_t n = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (uint64_t)(*s - '0');
	return n;
}

static struct conn *
add_conn(int fd)
{
	struct conn *c = NULL;

	if (nfds == MAXCONN + 1 || (c = calloc(1, sizeof(*c))) == NULL) {
		S(close)(fd);
		return NULL;
	}
	S(fcntl)(fd, F_SETFL, O_NONBLOCK);
	conns[nfds - 1] = c;
	fds[nfds].fd = fd;
	fds[nfds].revents = 0;
	fds[nfds++].events = POLLIN;
	return c;
}

/* A connection that the client opens at the same time. */
static void
cross(int fd, uint64_t port)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int s = S(socket)(AF_INET, SOCK_STREAM, 0), one = 1;
	struct conn *c = add_conn(s);

	if (c == NULL || S(getpeername)(fd, (void *)&sin, &len) == -1)
		return;
	c->state = ECHOING;
	sin.sin_port = htons((uint16_t)port);
	S(setsockopt)(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (S(bind)(s, (void *)&(struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_port = htons(CROSS) }, sizeof(sin)) == -1 ||
	    (S(connect)(s, (void *)&sin, sizeof(sin)) == -1 &&
	    errno != EINPROGRESS))
		fprintf(stderr, "xfer: cross: %s\n", strerror(errno));
}

static void
begin(struct conn *c, int fd)
{
	int one = 1, three = 3;
	const char *sp = strchr(c->req, ' ');
	struct linger lin = { 1, 0 };
	struct sysinfo si;

	if (sp != NULL) {
		c->n = number(sp + 1);
		sp = strchr(sp + 1, ' ');
		c->seed = sp != NULL ? number(sp + 1) : 0;
	}
	if (strncmp(c->req, "get", 3) == 0)
		c->state = SENDING;
	else if (strncmp(c->req, "put", 3) == 0)
		c->state = TAKING;
	else if (strncmp(c->req, "late", 4) == 0) {
		c->state = LATER;
		c->until = time(NULL) + 3;
	} else if (strncmp(c->req, "echo", 4) == 0)
		c->state = ECHOING;
	else if (strncmp(c->req, "keep", 4) == 0) {
		S(setsockopt)(fd, SOL_SOCKET, SO_KEEPALIVE, &one, 4);
		S(setsockopt)(fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, 4);
		S(setsockopt)(fd, IPPROTO_TCP, TCP_KEEPINTVL, &one, 4);
		S(setsockopt)(fd, IPPROTO_TCP, TCP_KEEPCNT, &three, 4);
		c->state = KEEPING;
	} else if (strncmp(c->req, "mem", 3) == 0) {
		sysinfo(&si);
		snprintf(c->answer, REQ + 1, "%llu", (unsigned long long)
		    si.freeram * si.mem_unit / 1024);
		c->state = ANSWERING;
	} else if (strncmp(c->req, "quit", 4) == 0) {
		exit(0);
	} else if (strncmp(c->req, "cross", 5) == 0) {
		cross(fd, c->n);
		c->state = ENDING;
		return;
	} else if (strncmp(c->req, "urgent", 6) == 0) {
		S(sendto)(fd, "abc", 3, MSG_OOB, NULL, 0);
		c->state = ENDING;
		return;
	} else {
		if (strncmp(c->req, "zget", 4) == 0 &&
		    zget(fd, c->n, c->seed) == 0) {
			c->state = ENDING;
			S(shutdown)(fd, SHUT_WR);
			return;
		}
		if (strncmp(c->req, "reset", 5) == 0 ||
		    strncmp(c->req, "zget", 4) == 0)
			S(setsockopt)(fd, SOL_SOCKET, SO_LINGER, &lin,
			    sizeof(lin));
		c->bad = 1;
		c->state = ENDING;
	}
}

/* One step of a connection that is ready.  -1: it ends. */
static int
step(struct conn *c, int fd)
{
	size_t want;
	ssize_t n;

	switch (c->state) {
	case ASKING:
		n = s_recv(fd, c->req + c->nreq, REQ - c->nreq);
		if (n <= 0)
			return n < 0 && errno == EAGAIN ? 0 : -1;
		if ((c->nreq += (size_t)n) == REQ)
			begin(c, fd);
		return c->bad ? -1 : 0;
	case SENDING:
		want = c->n - c->done < CHUNK ? c->n - c->done : CHUNK;
		if (want == 0) {
			S(shutdown)(fd, SHUT_WR);
			c->state = ENDING;
			return 0;
		}
		pattern(buf, c->done, want, c->seed);
		n = s_send(fd, buf, want);
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		c->done += (uint64_t)n;
		return 0;
	case TAKING:
		n = s_recv(fd, buf, CHUNK);
		if (n <= 0)
			return n < 0 && errno == EAGAIN ? 0 : -1;
		if (right(buf, c->done, (size_t)n, c->seed) != (size_t)n)
			c->bad = 1;
		if ((c->done += (uint64_t)n) >= c->n) {
			snprintf(c->answer, REQ + 1, c->bad ? "wrong" : "ok");
			c->state = ANSWERING;
		}
		return 0;
	case ECHOING:
		n = s_recv(fd, buf, CHUNK);
		if (n <= 0)
			return n < 0 && errno == EAGAIN ? 0 : -1;
		return s_send(fd, buf, (size_t)n) == n ? 0 : -1;
	case ANSWERING:
		n = s_send(fd, c->answer + c->nanswered, REQ - c->nanswered);
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		return (c->nanswered += (size_t)n) == REQ ? -1 : 0;
	case LATER:
		return 0;
	case ENDING:
	case KEEPING:
		n = s_recv(fd, buf, CHUNK);
		if (n < 0 && errno != EAGAIN)
			fprintf(stderr, "xfer: %s\n", strerror(errno));
		return n > 0 || (n < 0 && errno == EAGAIN) ? 0 : -1;
	}
	return -1;
}

static void
new_conn(int l)
{
	int fd = S(accept)(l, NULL, NULL);

	if (fd != -1)
		add_conn(fd);
}

static void
end_conn(nfds_t i)
{

	S(close)(fds[i].fd);
	free(conns[i - 1]);
	nfds--;
	fds[i] = fds[nfds];
	conns[i - 1] = conns[nfds - 1];
}

static void
serve_conn(nfds_t i)
{
	struct conn *c = conns[i - 1];

	if (c->state == LATER && time(NULL) >= c->until)
		c->state = TAKING;
	else if (fds[i].revents == 0)
		return;
	if (step(c, fds[i].fd) == -1) {
		end_conn(i);
		return;
	}
	fds[i].events = c->state == LATER ? 0 : c->state == SENDING ||
	    c->state == ANSWERING ? POLLOUT : POLLIN;
}

int
serve(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(PORT) };
	int l = S(socket)(AF_INET, SOCK_STREAM, 0), one = 1;
	nfds_t i;

	/* Servers have Fast Open when the system says so, too. */
#ifdef POSIX
	rump_tcp_fastopen = 3;
#else
	int fo = open("/proc/sys/net/ipv4/tcp_fastopen", O_WRONLY);

	if (fo != -1) {
		(void)!write(fo, "3", 1);
		close(fo);
	}
#endif
	S(setsockopt)(l, IPPROTO_TCP, TCP_FASTOPEN, &(int){ 16 }, sizeof(int));

	S(setsockopt)(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	S(setsockopt)(l, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
	if (S(bind)(l, (void *)&sin, sizeof(sin)) == -1 ||
	    S(listen)(l, 128) == -1)
		err(1, "xfer: listen");
	fds[0].fd = l;
	fds[0].events = POLLIN;
	for (;;) {
		if (S(poll)(fds, nfds, 200) == -1 && errno != EINTR)
			err(1, "poll");
		for (i = nfds - 1; i >= 1; i--)
			serve_conn(i);
		if (fds[0].revents != 0)
			new_conn(l);
	}
}

#ifdef POSIX
int
main(int argc, char **argv)
{

	if (rump_init() != 0 || rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0 ||
	    argc != 2 ||
	    rump_pub_netconfig_ipv4_ifaddr_cidr("eth0", argv[1], 24))
		errx(1, "no rump kernel");
	return serve();
}
#elif !defined(CLIENT)
int
main(void)
{

	return serve();
}
#endif
