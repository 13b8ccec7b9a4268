/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes of packets (O_DIRECT): one read takes a packet, what it has no room
 * for is lost; F_SETFL turns it on and off between writes.  Left out: full
 * pipes with bytes in them, of which Linux counts pages; a packet behind bytes,
 * which Linux puts in their page when it fits; splice, which makes bytes of
 * ours; memory that ends.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "differ.h"

static char buf[1 << 17];
static int p[2], mixed, writes, plain;
static uint8_t next;

void
differ_begin(void)
{
	signal(SIGPIPE, SIG_IGN);
	mixed = once_in(2);
	writes = 0;
	say("pipe2 %ld", RES(pipe2(p, O_DIRECT | O_NONBLOCK)));
	say(" %#x %#x", fcntl(p[0], F_GETFL), fcntl(p[1], F_GETFL));
}

static void
dowrite(void)
{
	size_t n = ONE_OF(size_t, 0, 1, 10, 100, 4095, 4096, 4097, 10000),
	    i;
	struct iovec iov[2] = { { buf, n / 3 }, { buf + n / 3, n - n / 3 } };

	int left = 0;

	if (mixed && (writes > 4 || n > 4097))
		return;
	ioctl(p[0], FIONREAD, &left);
	if (left == 0)
		plain = 0;
	if ((fcntl(p[1], F_GETFL) & O_DIRECT) == 0)
		plain = 1;
	else if (plain)
		return;
	writes++;
	if (once_in(10))
		n = 20000 + below(60000);
	if (mixed && n > 4097)
		n = 50;
	for (i = 0; i < n; i++)
		buf[i] = (char)next++;
	iov[1].iov_len = n - n / 3;
	iov[0].iov_len = n / 3;
	iov[1].iov_base = buf + n / 3;
	say("write %zu %ld", n, once_in(3) ? RES(writev(p[1], iov, 2)) :
	    RES(write(p[1], buf, n)));
}

static void
doread(void)
{
	size_t n = ONE_OF(size_t, 0, 1, 5, 99, 100, 4095, 4096, 5000, 70000);
	struct iovec iov[2] = { { buf, n / 2 }, { buf + n / 2, n - n / 2 } };
	long r;

	memset(buf, 0, sizeof(buf));
	r = once_in(3) ? RES(readv(p[0], iov, 2)) : RES(read(p[0], buf, n));
	say("read %zu %ld %08x", n, r, sum(buf, n));
	if (r == -EAGAIN)
		writes = 0;
}

void
differ_step(void)
{
	struct pollfd pfd[2] = { { p[0], POLLIN, 0 }, { p[1], POLLOUT, 0 } };
	int n = -1, fl;
	long r;

	switch (below(12)) {
	case 0:
		r = RES(ioctl(p[0], FIONREAD, &n));
		say("fionread %ld %d", r, n);
		break;
	case 1:
		r = RES(poll(pfd, 2, 0));
		say("poll %ld %#x %#x", r, pfd[0].revents, pfd[1].revents);
		break;
	case 2:
		if (!mixed)
			break;
		fl = O_NONBLOCK | (once_in(2) ? O_DIRECT : 0);
		say("setfl %#x %ld", fl, RES(fcntl(p[below(2)], F_SETFL, fl)));
		break;
	case 3:
		if (once_in(20)) {
			close(p[0]);
			close(p[1]);
			writes = 0;
			say("pipe2 %ld", RES(pipe2(p, O_NONBLOCK | O_CLOEXEC |
			    (once_in(2) || !mixed ? O_DIRECT : 0))));
		}
		break;
	case 4: case 5: case 6: case 7:
		dowrite();
		break;
	default:
		doread();
	}
}

void
differ_end(void)
{
	close(p[0]);
	close(p[1]);
}
