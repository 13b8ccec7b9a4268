/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Minimal HTTP/1.1 server to compare systems: one thread, poll(), keep-alive,
 * port 8080, at most MAXCONN connections.  GET /quit ends it.  -DSTATS: GET
 * /stats answers with "requests connections free-bytes" so far (soak.sh).
 * -DOUTB_EXIT: by isa-debug-exit of QEMU.  -DOUTB_MAIN: as the first thing
 * that main() does, which measures the way from reset to there.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>

#ifndef MAXCONN
#define MAXCONN	64
#endif
#define ROOM	2048

static struct client {
	size_t	len;
	char	buf[ROOM + 1];
} clients[MAXCONN];
static struct pollfd fds[MAXCONN + 1];	/* the first one listens */
static nfds_t nfds = 1;
static char keep[256], last[256];	/* the two answers */
static size_t keep_len, last_len;

static void
quit(void)
{
#if defined(OUTB_EXIT) || defined(OUTB_MAIN)
	__asm__ __volatile__("outb %%al, %%dx" : : "a"((unsigned char)1),
	    "d"((unsigned short)0x501));
#endif
	exit(0);
}

static size_t
answer(char *out, size_t size, const char *connection)
{
	static const char body[] = "Hello, world!\n";

	return (size_t)snprintf(out, size, "HTTP/1.1 200 OK\r\n"
	    "Content-Type: text/plain\r\nContent-Length: %zu\r\n"
	    "Connection: %s\r\n\r\n%s", sizeof(body) - 1, connection, body);
}

static int
send_all(int fd, const char *p, size_t n)
{
	ssize_t r;

	for (; n > 0; p += r, n -= (size_t)r)
		if ((r = send(fd, p, n, 0)) < 0) {
			if (errno != EINTR)
				return -1;
			r = 0;
		}
	return 0;
}

#ifdef STATS
static unsigned long requests, connections;

static int
stats(int fd)
{
	struct sysinfo si;
	char body[80], out[200];
	int n;

	if (sysinfo(&si) != 0)
		return -1;
	snprintf(body, sizeof(body), "%lu %lu %lu\n", requests, connections,
	    si.freeram * si.mem_unit);
	n = snprintf(out, sizeof(out), "HTTP/1.1 200 OK\r\n"
	    "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	return send_all(fd, out, (size_t)n);
}
#endif

/* One request, ended by a NUL.  -1: the connection is to be closed. */
static int
request(int fd, const char *text)
{
	if (strncmp(text, "GET /quit", 9) == 0) {
		send_all(fd, last, last_len);
		quit();
	}
#ifdef STATS
	requests++;
	if (strncmp(text, "GET /stats", 10) == 0)
		return stats(fd);
#endif
	if (strstr(text, "Connection: close") != NULL ||
	    (strstr(text, "HTTP/1.0") != NULL &&
	    strstr(text, "Keep-Alive") == NULL &&
	    strstr(text, "keep-alive") == NULL)) {
		send_all(fd, last, last_len);
		return -1;
	}
	return send_all(fd, keep, keep_len);
}

static int
serve(int fd, struct client *c)
{
	ssize_t r = recv(fd, c->buf + c->len, ROOM - c->len, 0);
	char *end;
	size_t used;

	if (r <= 0)
		return -1;
	c->len += (size_t)r;
	c->buf[c->len] = '\0';
	while ((end = strstr(c->buf, "\r\n\r\n")) != NULL) {
		*end = '\0';
		if (request(fd, c->buf) != 0)
			return -1;
		used = (size_t)(end + 4 - c->buf);
		memmove(c->buf, c->buf + used, c->len - used + 1);
		c->len -= used;
	}
	return c->len < ROOM ? 0 : -1;
}

static void
new_client(void)
{
	int one = 1, fd = accept(fds[0].fd, NULL, NULL);

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fds[nfds] = (struct pollfd){ .fd = fd, .events = POLLIN };
	clients[nfds - 1].len = 0;
	nfds++;
#ifdef STATS
	connections++;
#endif
}

static void
drop(nfds_t i)
{
	close(fds[i].fd);
	nfds--;
	fds[i] = fds[nfds];
	clients[i - 1] = clients[nfds - 1];
}

static int
listener(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_port = htons(8080) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, MAXCONN) != 0) {
		perror("httpd");
		exit(1);
	}
	return fd;
}

int
main(void)
{
	nfds_t i;

#ifdef OUTB_MAIN
	quit();
#endif
	keep_len = answer(keep, sizeof(keep), "keep-alive");
	last_len = answer(last, sizeof(last), "close");
	fds[0] = (struct pollfd){ .fd = listener(), .events = POLLIN };
	printf("httpd ready\n");
	fflush(stdout);
	for (;;) {
		if (poll(fds, nfds, -1) < 0 && errno != EINTR) {
			perror("poll");
			return 1;
		}
		for (i = nfds - 1; i >= 1; i--)
			if (fds[i].revents != 0 &&
			    serve(fds[i].fd, &clients[i - 1]) != 0)
				drop(i);
		if (fds[0].revents & POLLIN && nfds <= MAXCONN)
			new_client();
	}
}
