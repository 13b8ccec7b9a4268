/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the programs about sockets: lo is brought up, addresses are made and
 * printed.  Each seed has ports of its own, for what the last one left in
 * TIME_WAIT; they are printed as 1..NPORT, those that the kernel chose as *.
 */
#ifndef TESTS_DIFFER_DNET_H
#define TESTS_DIFFER_DNET_H

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "differ.h"

#define NPORT	3u

static uint16_t portbase = 1024;

/* The memory that nobody may touch. */
#define BADPTR	((void *)8)

static inline void
net_begin(void)
{
	struct ifreq ifr;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memset(&ifr, 0, sizeof(ifr));
	strcpy(ifr.ifr_name, "lo");
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) != 0)
		perror("lo");
	close(fd);
	portbase += NPORT + 1;
	signal(SIGPIPE, SIG_IGN);
}

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage ss;
};

/* Port i (0: any), at the place that is named. */
static inline socklen_t
addr_make(union addr *a, const char *name, unsigned i)
{
	uint16_t port = i == 0 ? 0 : htons((uint16_t)(portbase + i));

	memset(a, 0, sizeof(*a));
	if (strchr(name, ':') != NULL) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = port;
		inet_pton(AF_INET6, name, &a->in6.sin6_addr);
		return sizeof(a->in6);
	}
	a->in.sin_family = AF_INET;
	a->in.sin_port = port;
	inet_pton(AF_INET, name, &a->in.sin_addr);
	return sizeof(a->in);
}

/* Into one of a few buffers. */
static inline const char *
addr_str(const union addr *a, socklen_t len)
{
	static char bufs[4][80];
	static unsigned n;
	char *s = bufs[n++ % 4], ip[64] = "?";
	unsigned port;

	if (len < 2) {
		snprintf(s, 80, "-/%u", len);
		return s;
	}
	if (a->sa.sa_family != AF_INET && a->sa.sa_family != AF_INET6) {
		snprintf(s, 80, "family %d/%u", a->sa.sa_family, len);
		return s;
	}
	inet_ntop(a->sa.sa_family, a->sa.sa_family == AF_INET ?
	    (const void *)&a->in.sin_addr : &a->in6.sin6_addr, ip, sizeof(ip));
	port = ntohs(a->in.sin_port);
	if (port > portbase && port <= portbase + NPORT)
		snprintf(s, 80, "%s %u/%u", ip, port - portbase, len);
	else
		snprintf(s, 80, "%s %s/%u", ip, port >= 32768 ? "*" :
		    port != 0 ? "other" : "0", len);
	return s;
}

/* What poll tells of a descriptor now. */
static inline unsigned
events(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI |
	    POLLRDHUP | POLLRDNORM | POLLWRNORM | POLLRDBAND | POLLWRBAND };

	return poll(&p, 1, 0) < 0 ? 0 : (unsigned)(unsigned short)p.revents;
}

#endif /* TESTS_DIFFER_DNET_H */
