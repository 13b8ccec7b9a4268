/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes and FIFOs: every end in every state.  Not here: a pipe of ours counts
 * bytes where Linux counts pages, some of them part empty, so pipes whose
 * pages are not full are kept far from full (frag); a fault in the middle of
 * a write, before which Linux loses a part of a page; flock of what has no
 * name; lseek, readv and readahead with several reasons to fail.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "differ.h"

#define NSLOT	10
#define NPIPE	7		/* 0, 1: the FIFOs' */
#define BAD	((void *)ONE_OF(long, 1, -4096, 0x7fff00000000000))

static struct { int fd, pipe; } slot[NSLOT];
static struct { int refs, frag; } pipes[NPIPE];
static char buf[1 << 21];
static uint8_t next;

static void
drop(int s)
{
	if (slot[s].fd < 0)
		return;
	close(slot[s].fd);
	slot[s].fd = -1;
	if (--pipes[slot[s].pipe].refs == 0)
		pipes[slot[s].pipe].frag = 0;
}

static void
put(int s, int fd, int p)
{
	drop(s);
	slot[s].fd = fd;
	slot[s].pipe = p;
	pipes[p].refs++;
}

static int
count(int fd)
{
	int n = 0;

	ioctl(fd, FIONREAD, &n);
	return n;
}

static void
make(void)
{
	int flags = O_NONBLOCK | (once_in(2) ? O_CLOEXEC : 0), fd[2], p, s;
	long r;

	for (p = 2; p < NPIPE && pipes[p].refs > 0; p++)
		;
	if (p == NPIPE)
		return;
	if (once_in(8))
		flags |= ONE_OF(int, O_RDWR, O_APPEND, 1 << 30, O_CREAT, -1);
	if (once_in(8)) {
		say("pipe2 fault %ld", RES(pipe2(BAD, flags)));
		return;
	}
	r = RES(pipe2(fd, flags));
	say("pipe2 %#o %ld", (unsigned)flags, r);
	if (r != 0)
		return;
	s = below(NSLOT);
	put(s, fd[0], p);
	put((s + 1 + below(NSLOT - 1)) % NSLOT, fd[1], p);
}

static void
openfifo(void)
{
	int p = below(2), flags = below(4) | O_NONBLOCK, s = below(NSLOT), fd;

	if (once_in(3)) flags |= ONE_OF(int, O_APPEND, O_TRUNC, O_CLOEXEC,
	    O_CREAT, O_CREAT | O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_SYNC);
	errno = 0;
	fd = open(p ? "p1" : "p0", flags, 0600);
	if (fd >= 0) {
		say("open p%d %#o fl %#o", p, (unsigned)flags,
		    (unsigned)fcntl(fd, F_GETFL) & ~0100000);
		put(s, fd, p);
	} else {
		say("open p%d %#o %ld", p, (unsigned)flags, differ_res(fd));
	}
}

/* A size that the comment above allows, for n bytes there. */
static size_t
writesize(int s)
{
	int *frag = &pipes[slot[s].pipe].frag;
	int n = count(slot[s].fd), cap = fcntl(slot[s].fd, F_GETPIPE_SZ);

	if (n == 0)
		*frag = 0;
	if (n == 0 && once_in(8))
		return ONE_OF(size_t, 65536, 131072, 4096, 8192, 61440,
		    1 << 20);
	if (*frag == 0 && n % 4096 == 0)
		return 4096 * (1 + below(5));
	*frag = 1;
	return cap < 65536 || n > 8192 ? 0 : ONE_OF(size_t, 1, 2, 100, 0, 1000);
}

static void
dowrite(int s, const char *name)
{
	size_t n = writesize(s), i;
	struct iovec iov[3];
	int fd = slot[s].fd;
	long r;

	if (n == 0 || once_in(6)) {
		n = ONE_OF(size_t, 1, 100, 4096);
		if (count(fd) == 0)
			pipes[slot[s].pipe].frag = n != 4096;
		else if (pipes[slot[s].pipe].frag || n != 4096)
			n = 0;
	}
	for (i = 0; i < n; i++)
		buf[i] = next + i / 7;
	switch (below(6)) {
	case 0:
		iov[0] = (struct iovec){ buf, n / 2 };
		iov[1] = (struct iovec){ NULL, 0 };
		iov[2] = (struct iovec){ buf + n / 2, n - n / 2 };
		r = RES(writev(fd, iov, 3));
		break;
	default:
		r = RES(write(fd, buf, n));
	}
	if (r > 0)
		next = buf[r - 1] + 1;
	say("write %s %d %zu %ld", name, s, n, r);
}

static void
doread(int s)
{
	int fd = slot[s].fd, frag = pipes[slot[s].pipe].frag;
	struct iovec iov[3];
	size_t n;
	long r;

	if (frag == 0)
		n = 4096 * (below(4) + (below(3) != 0));
	else
		n = ONE_OF(size_t, 1, 10, 100, 1000, 65536, 0, 3000);
	if (once_in(20))
		n = sizeof(buf);
	if (once_in(3)) {
		iov[0] = (struct iovec){ buf, n / 2 };
		iov[1] = (struct iovec){ buf + n / 2, n - n / 2 };
		r = RES(readv(fd, iov, 2));
	} else {
		r = RES(read(fd, buf, n));
	}
	say("read %d %zu %ld %08x", s, n, r, r > 0 ? sum(buf, r) : 0);
}

static void
dopoll(void)
{
	struct pollfd p[4];
	int i, n = 1 + below(4);
	long r;

	for (i = 0; i < n; i++) {
		p[i].fd = slot[below(NSLOT)].fd;
		p[i].events = once_in(3) ? (int)below(65536) & ~POLLMSG :
		    POLLIN | POLLOUT;
		p[i].revents = 99;
	}
	r = RES(poll(p, n, 0));
	say("poll %ld %#x %#x %#x %#x", r, p[0].revents,
	    n > 1 ? p[1].revents : 0, n > 2 ? p[2].revents : 0,
	    n > 3 ? p[3].revents : 0);
}

static void
control(int s)
{
	int fd = slot[s].fd, v = -7, flags;
	long arg, r;
	struct stat st;

	switch (below(8)) {
	case 0:
		say("getfl %#lo", RES(fcntl(fd, F_GETFL) & ~0100000));
		break;
	case 1:
		flags = O_NONBLOCK | ONE_OF(int, 0, O_APPEND, O_NOATIME, O_RDWR,
		    O_CLOEXEC, O_CREAT, O_SYNC);
		r = RES(fcntl(fd, F_SETFL, flags));
		say("setfl %d %#o %ld %#o", s, (unsigned)flags, r,
		    (unsigned)fcntl(fd, F_GETFL) & ~0100000);
		break;
	case 2:
	case 3:
		if (pipes[slot[s].pipe].frag && count(fd) != 0)
			return;
		arg = ONE_OF(long, 0, 1, 4095, 4096, 4097, 8192, 65536, 65537,
		    1 << 20, (1L << 31) + 1, -1, 1L << 32, 20000);
		say("setpipe_sz %d %ld %ld", s, arg,
		    RES(fcntl(fd, F_SETPIPE_SZ, arg)));
		break;
	case 4:
		say("getpipe_sz %d %ld", s, RES(fcntl(fd, F_GETPIPE_SZ)));
		break;
	case 5:
		memset(&st, 0, sizeof(st));
		r = RES(fstat(fd, &st));
		say("fstat %d %ld %#o size %ld nlink %ld blk %ld %ld", s,
		    r, st.st_mode, (long)st.st_size,
		    (long)st.st_nlink, (long)st.st_blksize, (long)st.st_blocks);
		break;
	case 6:
		r = RES(ioctl(fd, FIONREAD, &v));
		say("fionread %d %ld %d", s, r, v);
		break;
	default:
		say("fionread %d fault %ld", s, RES(ioctl(fd, FIONREAD, BAD)));
	}
}

static void
refuse(int s)
{
	int fd = slot[s].fd, one = 1;
	struct iovec iov = { buf, 8 };
	char pt[160];

	if (fd < 0)
		fd = once_in(2) ? 99 : fd;
	else if (pipes[slot[s].pipe].frag)
		return;
	switch (below(fd < 0 || fd == 99 ? 22 : 24)) {
	case 0: say("pread %ld", RES(pread(fd, buf, 1, 0))); break;
	case 1: say("pwrite %ld", RES(pwrite(fd, buf, 1, 0))); break;
	case 2: say("lseek %ld", RES(lseek(fd, 0, below(5)))); break;
	case 3: say("fsync %ld", RES(fsync(fd))); break;
	case 4: say("fdatasync %ld", RES(fdatasync(fd))); break;
	case 5: say("ftruncate %ld", RES(ftruncate(fd, below(3) - 1))); break;
	case 6: say("tell %ld", RES(lseek(fd, 0, SEEK_CUR))); break;
	case 7: say("mmap %ld", mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0)
		    == MAP_FAILED ? (long)errno : 0); break;
	case 8: say("fchdir %ld", RES(fchdir(fd))); break;
	case 9: say("isatty %ld", RES(isatty(fd))); break;
	case 10: say("fionbio %ld", RES(ioctl(fd, FIONBIO, &one))); break;
	case 11: say("ioctl %ld", RES(ioctl(fd, ONE_OF(int, 0x1234, FIOQSIZE,
		    TIOCOUTQ, TIOCGPGRP, TIOCGWINSZ, TIOCSTI), pt))); break;
	case 12: say("sockname %ld", RES(getsockname(fd, NULL, NULL))); break;
	case 13: say("send %ld", RES(send(fd, buf, 1, 0))); break;
	case 14: say("pwritev %ld", RES(pwritev(fd, &iov, 1, 0))); break;
	case 15: say("preadv %ld", RES(preadv(fd, &iov, 1, 0))); break;
	case 16: say("fadvise %ld", RES(posix_fadvise(fd, 0, 0, below(7))));
		break;
	case 17: say("dup3 %ld", RES(dup3(fd, fd, 0))); break;
	case 18: say("getfd %ld", RES(fcntl(fd, F_GETFD))); break;
	case 19: say("read fault %ld", RES(read(fd, (void *)1, 1))); break;
	case 20: say("write fault %ld", RES(write(fd, (void *)1, 1))); break;
	case 21:
		iov.iov_base = (void *)1;
		say("readv fault %ld", RES(readv(fd, &iov, 1)));
		break;
	case 22: say("write nothing %ld", RES(write(fd, "", 0))); break;
	default: say("sync_file_range %ld", RES(sync_file_range(fd, 0, 0, 0)));
	}
}

/* Into an empty pipe only: in pieces it is full sooner. */
static void
move(int s)
{
	int t = below(NSLOT), fd = slot[s].fd, to = slot[t].fd;
	size_t len = ONE_OF(size_t, 1, 50, 500, 0, 4000);
	unsigned flags = SPLICE_F_NONBLOCK | (once_in(9) ? 64 : 0);
	/* Linux takes the page itself, so nobody may change it. */
	static char page[300] = "page";
	struct iovec iov = { page, 300 };

	if (fd >= 0 && fcntl(fd, F_GETPIPE_SZ) < 65536)
		return;
	if (to >= 0 && (count(to) > 4096 || fcntl(to, F_GETPIPE_SZ) < 65536))
		return;
	if (fd >= 0)
		pipes[slot[s].pipe].frag = 1;
	if (to >= 0)
		pipes[slot[t].pipe].frag = 1;
	switch (below(4)) {
	case 0:
		if (to >= 0 && count(to) > 0)
			return;
		say("tee %d %d %zu %#x %ld", s, t, len, flags,
		    RES(tee(fd, to, len, flags)));
		break;
	case 1:
		if (to >= 0 && count(to) > 0)
			return;
		say("vmsplice %d %ld", t, RES(vmsplice(to, &iov, 1,
		    SPLICE_F_NONBLOCK)));
		break;
	default:
		if (to >= 0 && count(to) > 0)
			return;
		say("splice %d %d %zu %#x %ld", s, t, len, flags,
		    RES(splice(fd, NULL, to, NULL, len, flags)));
	}
}

static void
doselect(int s)
{
	fd_set r, w, x;
	struct timeval tv = { 0, 0 };
	int fd = slot[s].fd;
	long n;

	if (fd < 0)
		return;
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&x);
	FD_SET(fd, &r);
	FD_SET(fd, &w);
	FD_SET(fd, &x);
	n = RES(select(fd + 1, &r, &w, &x, &tv));
	say("select %d %ld %d%d%d", s, n,
	    FD_ISSET(fd, &r), FD_ISSET(fd, &w), FD_ISSET(fd, &x));
}

void
differ_begin(void)
{
	int s;

	signal(SIGPIPE, SIG_IGN);
	for (s = 0; s < NSLOT; s++)
		slot[s].fd = -1;
	mkfifo("p0", 0600);
	mkfifo("p1", 0640);
	next = 0;
}

void
differ_step(void)
{
	int s = below(NSLOT), t;

	switch (below(24)) {
	case 0:
		make();
		break;
	case 1: case 2:
		openfifo();
		break;
	case 3:
		say("close %d", s);
		drop(s);
		break;
	case 4:
		t = below(NSLOT);
		if (slot[s].fd < 0 || s == t)
			break;
		say("dup %d %d", s, t);
		put(t, dup(slot[s].fd), slot[s].pipe);
		break;
	case 5: case 6: case 7: case 8: case 9: case 10:
		if (slot[s].fd >= 0)
			dowrite(s, "");
		break;
	case 11: case 12: case 13: case 14: case 15:
		if (slot[s].fd >= 0)
			doread(s);
		break;
	case 16: case 17:
		dopoll();
		break;
	case 18:
		if (slot[s].fd >= 0)
			control(s);
		break;
	case 19: case 20:
		refuse(s);
		break;
	case 21:
		move(s);
		break;
	case 22:
		doselect(s);
		break;
	default:
		if (slot[s].fd >= 0)
			control(s);
	}
}

void
differ_end(void)
{
	int s;

	for (s = 0; s < NSLOT; s++)
		drop(s);
}
