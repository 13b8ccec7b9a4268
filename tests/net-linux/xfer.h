/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between xfer.c and client.c: sockets of the system or (-DPOSIX) of a rump
 * kernel, and the bytes of a transfer, which their number and a seed decide.
 */
#ifndef TESTS_NETLINUX_XFER_H
#define TESTS_NETLINUX_XFER_H

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
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

#define PORT	5001
#define REQ	32
#define CHUNK	65536

static inline uint64_t
word(uint64_t i, uint64_t seed)
{
	i = (i + seed * 0x9e3779b97f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL;
	i = (i ^ i >> 29) * 0x94d049bb133111ebULL;
	return i ^ i >> 32;
}

static inline void
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
static inline size_t
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

int	serve(void);			/* does not come back */

#endif /* TESTS_NETLINUX_XFER_H */
