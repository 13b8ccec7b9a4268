/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: xfer serve; xfer WHAT HOST [N [SEED]]
 * The client of xfer.c's server, whose requests WHAT are; or churn.  STALL=: so
 * many seconds without a byte are a failure, 60 else.  STREAMS=: so many
 * connections at the same time, opened in order.
 */
#include <math.h>
#include <sys/wait.h>
#include "xfer.h"

static char buf[CHUNK];

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
	/* The last piece goes out now, as one with FIN would: without Nagle. */
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
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
		printf("%.2f\n", (double)n * streams / 1024 / t);
	return 0;
}
