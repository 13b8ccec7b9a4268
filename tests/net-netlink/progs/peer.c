/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Beside the program that lists sockets, in the same guest: "serve" has some
 * and keeps them until "stop"; "ready" waits until they are there.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static char data[3000];

static void
must(int ok, const char *what)
{

	if (!ok) {
		perror(what);
		exit(1);
	}
}

static int
bound(int type, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int s = socket(AF_INET, type, 0);

	must(s >= 0 && bind(s, (void *)&sin, sizeof(sin)) == 0, "bind");
	return s;
}

/* An abstract name. */
static socklen_t
name(const char *what, struct sockaddr_un *un)
{

	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path + 1, what);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    strlen(what));
}

static void
serve(void)
{
	struct sockaddr_un un;
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int stop = socket(AF_UNIX, SOCK_DGRAM, 0), s, c, l, u;

	len = name("stop", &un);
	must(stop >= 0 && bind(stop, (void *)&un, len) == 0, "stop");
	l = bound(SOCK_STREAM, 7000);
	must(listen(l, 5) == 0, "listen");
	(void)bound(SOCK_DGRAM, 7001);
	len = sizeof(sin);
	must(getsockname(l, (void *)&sin, &len) == 0, "getsockname");
	c = bound(SOCK_STREAM, 7002);
	must(connect(c, (void *)&sin, len) == 0, "connect");
	must((s = accept(l, NULL, NULL)) >= 0, "accept");
	must(write(c, data, sizeof(data)) == sizeof(data), "write");
	must(recv(s, data, sizeof(data), MSG_WAITALL) == sizeof(data),
	    "recv");
	must(write(s, data, 77) == 77, "write");
	must(recv(c, data, 77, MSG_WAITALL | MSG_PEEK) == 77, "peek");
	u = socket(AF_UNIX, SOCK_STREAM, 0);
	len = name("ready", &un);
	must(bind(u, (void *)&un, len) == 0 && listen(u, 5) == 0, "ready");
	must(recv(stop, data, 1, 0) == 1, "recv");
}

/* Until the other one is there. */
static void
tell(const char *what, int type)
{
	struct timespec ms = { 0, 1000000 };
	struct sockaddr_un un;
	socklen_t len = name(what, &un);
	int s = socket(AF_UNIX, type, 0);

	while (connect(s, (void *)&un, len) != 0)
		nanosleep(&ms, NULL);
	if (type == SOCK_DGRAM)
		must(write(s, "", 1) == 1, "write");
}

int
main(int argc, char **argv)
{

	if (argc > 1 && strcmp(argv[1], "serve") == 0)
		serve();
	else if (argc > 1 && strcmp(argv[1], "ready") == 0)
		tell("ready", SOCK_STREAM);
	else
		tell("stop", SOCK_DGRAM);
	return 0;
}
