/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transfers that are checked byte by byte.  The same program is the server in
 * a guest, on posix (-DPOSIX: with a rump kernel's sockets) and on Linux, and
 * on Linux the client.  A connection begins with a request of REQ bytes, text:
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
 * STREAMS=: the client makes so many connections at the same time, in order.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#ifdef POSIX
#include <rump/netconfig.h>
#include <rump/rump.h>
#include <rump/rump_syscalls.h>
extern int rump_tcp_fastopen;	/* what /proc/sys would set */
#define S(call)	rump_sys_##call
#define s_recv(s, b, n)	rump_sys_recvfrom(s, b, n, 0, NULL, NULL)
#define s_send(s, b, n)	rump_sys_sendto(s, b, n, MSG_NOSIGNAL, NULL, 0)
#else
#define S(call)	call
#define s_recv(s, b, n)	recv(s, b, n, 0)
#define s_send(s, b, n)	send(s, b, n, MSG_NOSIGNAL)
#endif

#include "zget.h"

#define PORT	5001
#define CROSS	5002
#define REQ	32
#define CHUNK	65536
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
word(uint64_t i, uint64_t seed)
{
	i = (i + seed * 0x9e3779b97f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL;
	i = (i ^ i >> 29) * 0x94d049bb133111ebULL;
	return i ^ i >> 32;
}

static void
pattern(char *p, uint64_t at, size_t n, uint64_t seed)
{
	uint64_t w = word(at / 8, seed);

	for (; n > 0; n--, at++) {
		if (at % 8 == 0)
			w = word(at / 8, seed);
		*p++ = (char)(w >> at % 8 * 8);
	}
}

/* Bytes that are as they should be. */
static size_t
right(const char *p, uint64_t at, size_t n, uint64_t seed)
{
	static char want[CHUNK];
	size_t i;

	pattern(want, at, n, seed);
	if (memcmp(p, want, n) == 0)
		return n;
	for (i = 0; p[i] == want[i]; i++)
		;
	return i;
}

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

static int
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
#else
/* The client's side: a minute (STALL seconds) without a byte is a stall. */
static struct timeval stall = { 60, 0 };

/* The SYN goes out now. */
static int
begin_connect(const char *host)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(PORT) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof(stall));
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof(stall));
	setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
	inet_pton(AF_INET, host, &sin.sin_addr);
	if (connect(s, (void *)&sin, sizeof(sin)) == -1 &&
	    errno != EINPROGRESS)
		err(1, "connect");
	return s;
}

static void
request(int s, const char *what)
{
	struct pollfd p = { s, POLLOUT, 0 };
	char req[REQ + 1];
	int e = 0;

	if (poll(&p, 1, (int)stall.tv_sec * 1000) != 1)
		errx(1, "connect: nobody answers");
	getsockopt(s, SOL_SOCKET, SO_ERROR, &e, &(socklen_t){ sizeof(e) });
	if ((errno = e) != 0 || fcntl(s, F_SETFL, 0) == -1)
		err(1, "connect");
	memset(req, 0, sizeof(req));
	snprintf(req, sizeof(req), "%s", what);
	if (send(s, req, REQ, 0) != REQ)
		err(1, "send");
}

static int
ask(const char *host, const char *what)
{
	int s = begin_connect(host);

	request(s, what);
	return s;
}

static void
verdict(int s, const char *want)
{
	char answer[REQ + 1] = "";
	size_t n = 0;
	ssize_t r;

	while (n < REQ && (r = recv(s, answer + n, REQ - n, 0)) > 0)
		n += (size_t)r;
	if (n != REQ)
		err(1, "%zu bytes of an answer", n);
	if (want == NULL)
		puts(answer);
	else if (strcmp(answer, want) != 0)
		errx(1, "answer: %s", answer);
}

static void
get(int s, uint64_t want, uint64_t seed)
{
	uint64_t at = 0;
	ssize_t n;

	while ((n = recv(s, buf, CHUNK, 0)) > 0) {
		if (right(buf, at, (size_t)n, seed) != (size_t)n)
			errx(1, "wrong byte near %llu", (unsigned long long)at);
		at += (uint64_t)n;
	}
	if (n != 0 || at != want)
		err(1, "%llu of %llu bytes", (unsigned long long)at,
		    (unsigned long long)want);
}

static void
put(int s, uint64_t n, uint64_t seed)
{
	uint64_t at = 0;
	ssize_t r;
	size_t len;

	while (at < n) {
		len = n - at < CHUNK ? (size_t)(n - at) : CHUNK;
		pattern(buf, at, len, seed);
		if ((r = send(s, buf, len, MSG_NOSIGNAL)) <= 0)
			err(1, "send at %llu", (unsigned long long)at);
		at += (uint64_t)r;
	}
	verdict(s, "ok");
}

/* N connections, each echoes a little; BOTH ends close first in turn. */
static void
churn(const char *host, uint64_t n)
{
	uint64_t i;
	char b[REQ];
	int s;

	for (i = 0; i < n; i++) {
		s = ask(host, i % 4 == 0 ? "reset" : i % 2 ? "echo" :
		    "get 100 1");
		if (i % 4 == 0) {
			if (recv(s, b, 1, 0) != -1 || errno != ECONNRESET)
				errx(1, "%llu: no reset",
				    (unsigned long long)i);
		} else if (i % 2 == 0)
			get(s, 100, 1);
		else if (send(s, "hello", 5, 0) != 5 ||
		    recv(s, b, 5, MSG_WAITALL) != 5)
			err(1, "%llu: echo", (unsigned long long)i);
		if (i % 8 == 1) {
			struct linger lin = { 1, 0 };
			setsockopt(s, SOL_SOCKET, SO_LINGER, &lin, sizeof(lin));
		}
		close(s);
	}
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* What one connection is for; it is not answered yet. */
static void
converse(int s, const char *how, uint64_t n, uint64_t seed)
{
	char what[REQ + 1];

	snprintf(what, sizeof(what), "%s %llu %llu", how,
	    (unsigned long long)n, (unsigned long long)seed);
	request(s, what);
	if (strcmp(how, "get") == 0 || strcmp(how, "zget") == 0) {
		if (getenv("LATE") != NULL)	/* reads nothing at first */
			sleep(3);
		get(s, n, seed);
	} else if (strcmp(how, "put") == 0 || strcmp(how, "late") == 0)
		put(s, n, seed);
	else if (strcmp(how, "mem") == 0)
		verdict(s, NULL);
	else if (strcmp(how, "keep") == 0)
		sleep((unsigned)n);
	else if (recv(s, buf, 1, 0) > 0)	/* reset, quit */
		errx(1, "%s: data", how);
}

/* A process each; seconds of all of them together.  NAN: one failed. */
static double
side_by_side(int streams, char **argv, uint64_t n, uint64_t seed)
{
	double t, all = 0;
	int i, s, status, end[2];

	if (pipe(end) == -1)
		err(1, "pipe");
	for (i = 0; i < streams; i++) {
		t = now();
		s = begin_connect(argv[2]);
		if (fork() == 0) {
			converse(s, argv[1], n, seed + (uint64_t)i);
			t = now() - t;
			if (write(end[1], &t, sizeof(t)) != sizeof(t))
				err(1, "write");
			exit(0);
		}
		close(s);
	}
	while (i-- > 0) {
		if (wait(&status) == -1 || status != 0)
			return NAN;
		if (read(end[0], &t, sizeof(t)) != sizeof(t))
			return NAN;
		all += t;
	}
	return all;
}

int
main(int argc, char **argv)
{
	uint64_t n = 0, seed = 0;
	double t;
	int streams = 1;

	if (argc <= 1 || strcmp(argv[1], "serve") == 0)
		return serve();
	if (argc < 3)
		errx(2, "usage: xfer get|put|late|echo|mem|... HOST "
		    "[N [SEED]]");
	if (argc > 3)
		n = strtoull(argv[3], NULL, 0);
	if (argc > 4)
		seed = strtoull(argv[4], NULL, 0);
	if (getenv("STALL") != NULL)
		stall.tv_sec = atoi(getenv("STALL"));
	if (getenv("STREAMS") != NULL)
		streams = atoi(getenv("STREAMS"));
	if (strcmp(argv[1], "churn") == 0) {
		churn(argv[2], n);
		return 0;
	}
	t = side_by_side(streams, argv, n, seed);
	if (isnan(t))
		return 1;
	if (n > 1000)
		printf("%.0f\n", (double)n * streams / 1024 / t);
	return 0;
}
#endif
