/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends every datagram to port 7 back. */
#include <stdio.h>
#include <sys/socket.h>
#include <netinet/in.h>

#ifndef DATA
#define DATA	8
#endif
char ready[DATA] = "ready";	/* much: bake cannot move it out of .data */

int
main(void)
{
	static char buf[65536];
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(7) }, from;
	socklen_t len;
	ssize_t n;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (s < 0 || bind(s, (struct sockaddr *)&sin, sizeof(sin)) != 0) {
		perror("udpecho");
		return 1;
	}
	puts(ready);
	fflush(stdout);
	for (;;) {
		len = sizeof(from);
		n = recvfrom(s, buf, sizeof(buf), 0,
		    (struct sockaddr *)&from, &len);
		if (n < 0 || sendto(s, buf, (size_t)n, 0,
		    (struct sockaddr *)&from, len) != n)
			perror("udpecho");
	}
}
