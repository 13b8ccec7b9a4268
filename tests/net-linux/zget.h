/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For xfer.c: sends with MSG_ZEROCOPY from memory that is unmapped at once (on
 * posix, where it is the program's to keep, only at the end), then waits for
 * all completions: none may say that it was copied.
 */
#ifndef TESTS_NETLINUX_ZGET_H
#define TESTS_NETLINUX_ZGET_H

#include <stdint.h>
#include <time.h>
#include <linux/errqueue.h>
#include <sys/mman.h>
#include "xfer.h"

#ifdef POSIX
#define s_zsend(s, b, n) \
	rump_sys_sendto(s, b, n, MSG_NOSIGNAL | MSG_ZEROCOPY, NULL, 0)
#define ZFREE(p, n)	(void)0
#else
#define s_zsend(s, b, n)	send(s, b, n, MSG_NOSIGNAL | MSG_ZEROCOPY)
#define ZFREE(p, n)	munmap(p, n)
#endif

/* How many sends; -1: it failed. */
static long
zsend_all(int fd, uint64_t n, uint64_t seed)
{
	size_t len, done;
	long sends = 0;
	uint64_t at;
	ssize_t r;
	char *p;

	for (at = 0; at < n; at += len) {
		len = n - at < 100000 ? (size_t)(n - at) : 100000;
		p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return -1;
		pattern(p, at, len, seed);
		for (done = 0; done < len; done += (size_t)r, sends++)
			if ((r = s_zsend(fd, p + done, len - done)) <= 0)
				return -1;
		ZFREE(p, len);
	}
	return sends;
}

static int
zget(int fd, uint64_t n, uint64_t seed)
{
	int on = 1, bad = 0;
	long sends, told = 0;

	S(fcntl)(fd, F_SETFL, 0);
	if (S(setsockopt)(fd, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)) != 0)
		return -1;
	if ((sends = zsend_all(fd, n, seed)) == -1)
		return -1;
	while (told < sends) {
		union { struct cmsghdr h; char b[128]; } c;
		struct msghdr mh = { .msg_control = &c,
		    .msg_controllen = sizeof(c) };
		struct pollfd pf = { .fd = fd };
		struct sock_extended_err ee;

		if (S(poll)(&pf, 1, 30000) != 1 ||
		    S(recvmsg)(fd, &mh, MSG_ERRQUEUE) != 0)
			return -1;
		memcpy(&ee, CMSG_DATA(&c.h), sizeof(ee));
		bad |= ee.ee_origin != SO_EE_ORIGIN_ZEROCOPY ||
		    ee.ee_code != 0 || ee.ee_info != told;
		told = (long)ee.ee_data + 1;
	}
	fprintf(stderr, "xfer: zget: %ld sends, bad %d\n", sends, bad);
	return bad ? -1 : 0;
}

#endif /* TESTS_NETLINUX_ZGET_H */
