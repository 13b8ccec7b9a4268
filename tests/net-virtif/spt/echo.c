/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Echoes datagrams on port 7 until one of a single byte comes; port 9: also,
 * while a thread computes all the time (argument "busy").
 */
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile unsigned long work;

static void *
compute(void *arg)
{
	(void)arg;
	for (;;)
		work++;
	return NULL;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(7) };
	static char buf[65536];
	socklen_t len;
	pthread_t pt;
	ssize_t n;
	int s;

	s = socket(AF_INET, SOCK_DGRAM, 0);
	if (s == -1 || bind(s, (void *)&sin, sizeof(sin)) == -1) {
		perror("echo");
		return 1;
	}
	if (argc > 1 && strcmp(argv[1], "busy") == 0)
		pthread_create(&pt, NULL, compute, NULL);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		len = sizeof(sin);
		n = recvfrom(s, buf, sizeof(buf), 0, (void *)&sin, &len);
		if (n <= 1)
			return n == 1 ? 0 : 1;
		if (sendto(s, buf, (size_t)n, 0, (void *)&sin, len) != n)
			perror("sendto");
	}
}
