/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSG_ZEROCOPY while the memory goes: what was sent arrives, although the
 * program unmaps it, maps something else there, drops it, moves it or gives
 * it back by brk before the receiver makes room.  Nothing of it is lost for
 * ever: many rounds go through little memory.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <time.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../check.h"

#define LEN	(512 * 1024UL)
#define PAGE	4096UL

static uint8_t want[LEN], in[LEN];

static void
fill(uint8_t *p, size_t n, unsigned seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 13 + (i >> 8) * 5 + seed);
}

/* The receiver takes little at once: most stays with the sender. */
static void
tcppair(int *fds)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int l = socket(AF_INET, SOCK_STREAM, 0), on = 1, n = 8192;
	socklen_t len = sizeof(sin);

	CHECK(setsockopt(l, SOL_SOCKET, SO_RCVBUF, &n, sizeof(n)) == 0);
	CHECK(bind(l, (void *)&sin, sizeof(sin)) == 0);
	CHECK(listen(l, 1) == 0);
	CHECK(getsockname(l, (void *)&sin, &len) == 0);
	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	n = 1 << 20;
	CHECK(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUFFORCE, &n,
	    sizeof(n)) == 0);
	CHECK(setsockopt(fds[0], SOL_SOCKET, SO_ZEROCOPY, &on,
	    sizeof(on)) == 0);
	CHECK(connect(fds[0], (void *)&sin, sizeof(sin)) == 0);
	fds[1] = accept(l, NULL, NULL);
	CHECK(fds[1] >= 0);
	close(l);
}

static void
take(int fd, size_t n)
{
	size_t at;
	ssize_t k;

	for (at = 0; at < n; at += (size_t)k) {
		k = recv(fd, in + at, n - at, 0);
		CHECK(k > 0);
		if (k <= 0)
			return;
	}
	CHECK(memcmp(in, want, n) == 0);
}

static void
await_end(int fd)
{
	union { struct cmsghdr h; char b[128]; } c;
	struct msghdr mh = { .msg_control = &c, .msg_controllen = sizeof(c) };
	struct pollfd p = { .fd = fd };
	struct sock_extended_err ee;

	CHECK(poll(&p, 1, 20000) == 1);
	CHECK(recvmsg(fd, &mh, MSG_ERRQUEUE) == 0);
	memcpy(&ee, CMSG_DATA(&c.h), sizeof(ee));
	CHECK(ee.ee_origin == SO_EE_ORIGIN_ZEROCOPY);
	CHECK(ee.ee_data == 0);
}

static void *
map(void *at, size_t n, int flags)
{
	void *p = mmap(at, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

enum { UNMAP, FIXED, DROP, MOVE, PROTECT, HALF, WAYS };

static uint8_t *
away(uint8_t *p, int how)
{
	uint8_t *q = p;

	switch (how) {
	case UNMAP:
		CHECK(munmap(p, LEN) == 0);
		q = map(NULL, LEN, 0);
		break;
	case FIXED:
		q = map(p, LEN, MAP_FIXED);
		CHECK(q == p && p[5 * PAGE] == 0);
		break;
	case DROP:
		CHECK(madvise(p, LEN, MADV_DONTNEED) == 0);
		CHECK(p[0] == 0 && p[LEN - 1] == 0);
		break;
	case MOVE:
		q = map(NULL, LEN, 0);
		CHECK(mremap(p, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED,
		    q) == q);
		CHECK(memcmp(q, want, LEN) == 0);
		CHECK(map(p, LEN, MAP_FIXED) == (void *)p);
		memset(p, 0x11, LEN);
		CHECK(munmap(p, LEN) == 0);
		return q;
	case PROTECT:
		CHECK(mprotect(p, LEN, PROT_NONE) == 0);
		CHECK(mprotect(p, LEN, PROT_READ) == 0);
		CHECK(memcmp(p, want, LEN) == 0);
		return p;
	default:
		CHECK(munmap(p + PAGE, LEN / 2) == 0);
		CHECK(madvise(p + PAGE + LEN / 2, PAGE, MADV_DONTNEED) == 0);
		map(p + PAGE, LEN / 2, MAP_FIXED);
		CHECK(memcmp(p, want, PAGE) == 0);
		memset(p + PAGE, 0xee, LEN / 2 + PAGE);
		return p;
	}
	memset(q, 0xee, LEN);
	return q;
}

static void
round_of(int how, unsigned seed)
{
	uint8_t *p = map(NULL, LEN, 0);
	int fds[2];

	tcppair(fds);
	fill(p, LEN, seed);
	memcpy(want, p, LEN);
	CHECK(send(fds[0], p, LEN, MSG_ZEROCOPY) == (ssize_t)LEN);
	p = away(p, how);
	take(fds[1], LEN);
	await_end(fds[0]);
	close(fds[0]);
	close(fds[1]);
	CHECK(munmap(p, LEN) == 0);
}

/* Memory of brk, from an odd address, untouched pages among it. */
static void
breaks(void)
{
	uintptr_t old = (uintptr_t)syscall(SYS_brk, 0), top = old + LEN + PAGE;
	uint8_t *p = (uint8_t *)old;
	int fds[2];

	tcppair(fds);
	CHECK((uintptr_t)syscall(SYS_brk, top) == top);
	fill(p + 77, 3 * PAGE, 1);
	memset(want, 0, LEN);
	memcpy(want, p + 77, 3 * PAGE);
	CHECK(send(fds[0], p + 77, LEN, MSG_ZEROCOPY) == (ssize_t)LEN);
	CHECK((uintptr_t)syscall(SYS_brk, old) == old);
	CHECK((uintptr_t)syscall(SYS_brk, top) == top);
	memset(p, 0xdd, LEN + PAGE);
	take(fds[1], LEN);
	await_end(fds[0]);
	CHECK((uintptr_t)syscall(SYS_brk, old) == old);
	close(fds[0]);
	close(fds[1]);
}

/* Variables, memory of a file, the same page twice: some of it is copied. */
static void
others(void)
{
	static uint8_t var[3 * PAGE];
	int fds[2], f = memfd_create("x", 0);
	uint8_t *p;

	tcppair(fds);
	fill(want, sizeof(want), 3);
	memcpy(var, want, sizeof(var));
	CHECK(send(fds[0], var, sizeof(var), MSG_ZEROCOPY) == sizeof(var));
	take(fds[1], sizeof(var));
	await_end(fds[0]);
	close(fds[0]);
	close(fds[1]);
	if (f < 0)
		return;
	tcppair(fds);
	CHECK(write(f, want, LEN) == (ssize_t)LEN);
	p = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE, f, 0);
	CHECK(p != MAP_FAILED);
	p[9 * PAGE] = want[9 * PAGE];
	CHECK(send(fds[0], p, LEN, MSG_ZEROCOPY) == (ssize_t)LEN);
	CHECK(munmap(p, LEN) == 0);
	CHECK(ftruncate(f, 0) == 0);
	take(fds[1], LEN);
	close(fds[0]);
	close(fds[1]);
	close(f);
}

/* Closed at once, and the memory gone: all of it arrives nevertheless. */
static void
closed(unsigned seed)
{
	uint8_t *p = map(NULL, LEN, 0);
	int fds[2];

	tcppair(fds);
	fill(p, LEN, seed);
	memcpy(want, p, LEN);
	CHECK(send(fds[0], p, LEN, MSG_ZEROCOPY) == (ssize_t)LEN);
	close(fds[0]);
	CHECK(munmap(p, LEN) == 0);
	p = map(NULL, LEN, 0);
	memset(p, 0xcc, LEN);
	take(fds[1], LEN);
	CHECK(recv(fds[1], in, 1, 0) == 0);
	close(fds[1]);
	CHECK(munmap(p, LEN) == 0);
}

int
main(void)
{
	unsigned i;

	for (i = 0; i < 20 * WAYS; i++)
		round_of((int)(i % WAYS), i);
	breaks();
	others();
	for (i = 0; i < 50; i++)
		closed(i);
	return check_done();
}
