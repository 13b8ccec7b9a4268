/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of descriptors and what a descriptor holds: dup and its kin near a
 * low RLIMIT_NOFILE, close_range, fcntl's flags, owners, sizes of pipes, flock,
 * POSIX and OFD locks, ioctls of any file, memfds and mappings.  Left out, as
 * it is not there: locks of pipes and sockets (POSIX: EINVAL), leases, seals;
 * F_OFD_GETLK with F_UNLCK, which lists locks since Linux 6.5; which of several
 * locks F_GETLK tells.  Owners and signals are d_sigio's, packets d_packet's.
 */
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>

#include "differ.h"

#define TOP	20

static void
limit(unsigned n)
{
	struct rlimit rl;

	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = n;
	setrlimit(RLIMIT_NOFILE, &rl);
}

void
differ_begin(void)
{
	int p[2], i;

	syscall(SYS_close_range, 3, ~0u, 0);
	limit(TOP);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	mkdir("d", 0755);
	i = open("a", O_RDWR | O_CREAT, 0644);
	i = open("a", O_RDWR);
	i = open("b", O_RDONLY | O_CREAT, 0644);
	i = memfd_create("m", MFD_ALLOW_SEALING);
	i = pipe2(p, O_NONBLOCK);
	i = socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p);
	(void)i;
}

static int
afd(void)
{
	return once_in(25) ? ONE_OF(int, -1, TOP, 1000, INT32_MIN, INT32_MAX,
	    TOP - 1) : 3 + (int)below(12);
}

/* Mostly not 0..2, which the output needs. */
static int
newfd(void)
{
	return once_in(8) ? ONE_OF(int, -1, TOP, TOP - 1, 1000, INT32_MIN,
	    INT32_MAX, 8) : 3 + (int)below(TOP - 3);
}

static mode_t
kind(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

static void
table(void)
{
	char s[TOP + 1];
	int fd, r;

	for (fd = 3; fd < TOP; fd++) {
		r = fcntl(fd, F_GETFD);
		s[fd - 3] = (char)(r < 0 ? '.' : '0' + r);
	}
	s[TOP - 3] = 0;
	say(" %s", s);
}

static void
opening(void)
{
	int p[2], fl = ONE_OF(int, 0, O_CLOEXEC, O_NONBLOCK, O_CLOEXEC |
	    O_NONBLOCK, 1, O_APPEND, 0x40000000);
	unsigned mf = ONE_OF(unsigned, 0, 1, 2, 3, 0x20, 1u << 31);

	switch (below(4)) {
	case 0:
		p[0] = p[1] = -1;
		say("pipe2 %#x %ld", (unsigned)fl, RES(pipe2(p, fl)));
		say(" %d %d", p[0], p[1]);
		break;
	case 1:
		say("memfd %#x %ld", mf, RES(memfd_create("n", mf)));
		break;
	default:
		fl = (int)below(3) | ONE_OF(int, 0, O_CLOEXEC, O_APPEND,
		    O_NONBLOCK, O_PATH, O_SYNC, O_DSYNC, O_NOATIME);
		say("open %#o %ld", (unsigned)fl, RES(open(ONE_OF(char *const,
		    "a", "b", "a", "/dev/null"), fl)));
	}
}

static void
tabling(void)
{
	int fd = afd(), n = newfd(), fl = ONE_OF(int, 0, O_CLOEXEC, 1,
	    O_NONBLOCK, O_CLOEXEC, 0);
	unsigned a, b;

	switch (below(9)) {
	case 0:
		say("dup %d %ld", fd, RES(dup(fd)));
		break;
	case 1:
		say("dup2 %d %d %ld", fd, n, RES(syscall(SYS_dup2, fd, n)));
		break;
	case 2:
		if (once_in(6))
			n = fd;
		say("dup3 %d %d %#x %ld", fd, n, (unsigned)fl,
		    RES(syscall(SYS_dup3, fd, n, fl)));
		break;
	case 3: case 4:
		fl = ONE_OF(int, F_DUPFD, F_DUPFD_CLOEXEC);
		say("dupfd %d %d %d %ld", fd, fl, n, RES(syscall(SYS_fcntl, fd,
		    fl, (long)n)));
		break;
	case 5: case 6:
		say("close %d %ld", fd, RES(close(fd)));
		break;
	case 7:
		a = (unsigned)(3 + below(TOP));
		b = once_in(3) ? ~0u : a + below(5) - below(2);
		fl = ONE_OF(int, 0, CLOSE_RANGE_CLOEXEC, CLOSE_RANGE_CLOEXEC,
		    CLOSE_RANGE_UNSHARE, 8, 6);
		if (b == ~0u && !once_in(5))
			fl = CLOSE_RANGE_CLOEXEC;
		say("close_range %u %u %#x %ld", a, b, (unsigned)fl,
		    RES(syscall(SYS_close_range, a, b, fl)));
		break;
	default:
		a = ONE_OF(unsigned, 10, 14, TOP, TOP, 8);
		limit(a);
		say("limit %u", a);
	}
	table();
}

static void
owning(void)
{
	int fd = afd(), me = getpid(), r;

	if (kind(fd) != S_IFSOCK)
		return;
	r = below(2) ? me : 0;
	if (once_in(2))
		say("setown %d %s %ld", fd, r == me ? "me" : "0",
		    RES(fcntl(fd, F_SETOWN, r)));
	errno = 0;
	r = fcntl(fd, F_GETOWN);
	say("getown %d %s %d", fd, r == me ? "me" : "no", r == me ? 0 :
	    r == -1 ? -errno : r);
}

static void
flags(void)
{
	int fd = afd(), n = -5, c;
	struct termios t;
	long r;

	switch (below(7)) {
	case 0:
		c = ONE_OF(int, 0, 1, 2, 3, -1, -2);
		say("setfd %d %d %ld", fd, c, RES(fcntl(fd, F_SETFD, c)));
		table();
		break;
	case 1: case 2:
		c = ONE_OF(int, 0, O_APPEND, O_NONBLOCK, O_NONBLOCK, O_NOATIME,
		    O_APPEND | O_NONBLOCK, O_SYNC, O_RDWR, O_CREAT | O_TRUNC,
		    O_PATH);
		if (kind(fd) == S_IFIFO || kind(fd) == S_IFSOCK)
			c |= O_NONBLOCK;
		say("setfl %d %#o %ld", fd, (unsigned)c,
		    RES(fcntl(fd, F_SETFL, c)));
		/* FALLTHROUGH */
	case 3:
		say("getfl %d %ld", fd, RES(fcntl(fd, F_GETFL)));
		break;
	case 4:
		c = ONE_OF(int, FIOCLEX, FIONCLEX, FIONREAD, TCGETS, 0x1234,
		    TIOCGWINSZ, TIOCGPGRP, TIOCSCTTY);
		memset(&t, 0, sizeof(t));
		r = RES(ioctl(fd, c, &t));
		memcpy(&n, &t, sizeof(n));
		say("ioctl %d %#x %ld %d", fd, (unsigned)c, r, n);
		table();
		break;
	case 5:
		n = 1;
		say("fionbio %d %ld", fd, RES(ioctl(fd, FIONBIO, &n)));
		say(" fault %ld", RES(syscall(SYS_ioctl, fd, FIONBIO, 8L)));
		say(" fault %ld", RES(syscall(SYS_ioctl, fd, FIONREAD, 8L)));
		break;
	default:
		c = ONE_OF(int, 400, -1, 19, 1070, 3000);
		say("fcntl %d %d %ld", fd, c, RES(syscall(SYS_fcntl, fd, c,
		    0L)));
	}
}

static void
sealing(void)
{
	int fd = afd(), s;
	void *p;

	switch (2 + below(5)) {
	case 2:
		s = (int)below(20000);
		say("ftruncate %d %d %ld", fd, s, RES(ftruncate(fd, s)));
		break;
	case 3:
		if (kind(fd) == S_IFREG)
			say("pwrite %d %ld", fd, RES(pwrite(fd, "hello", 5,
			    below(20000))));
		break;
	case 4:
		s = ONE_OF(int, 0, 1, 3);
		say("fallocate %d %d %ld", fd, s, RES(fallocate(fd, s,
		    below(10000), 1 + below(10000))));
		break;
	case 5:
		if (kind(fd) != S_IFREG)
			break;
		s = (int)below(4);
		errno = 0;
		p = mmap(NULL, 4096, s, below(2) ? MAP_SHARED : MAP_PRIVATE,
		    fd, 0);
		say("mmap %d %d %d", fd, s, p == MAP_FAILED ? -errno : 0);
		if (p == MAP_FAILED)
			break;
		say(" mprotect %ld", RES(mprotect(p, 4096, 3)));
		munmap(p, 4096);
		break;
	default:
		s = ONE_OF(int, 0, 1, 4096, 4097, 65536, 70000, 1 << 20, -1);
		say("pipesz %d %d %ld", fd, s, RES(fcntl(fd, F_SETPIPE_SZ,
		    s)));
		say(" %ld", RES(fcntl(fd, F_GETPIPE_SZ)));
	}
}

static int64_t
lockoff(void)
{
	return once_in(12) ? ONE_OF(int64_t, INT64_MAX, INT64_MAX - 1, -1,
	    INT64_MIN, 1LL << 40, -100) : (int64_t)below(60) - 3;
}

static void
locking(void)
{
	int fd = afd(), c;
	struct flock fl;
	int one;

	if (kind(fd) == S_IFIFO || kind(fd) == S_IFSOCK)
		return;
	if (once_in(4)) {
		c = ONE_OF(int, LOCK_SH, LOCK_EX, LOCK_UN) | LOCK_NB;
		if (once_in(12))
			c = ONE_OF(int, 0, 3 | LOCK_NB, 16, LOCK_NB, 3);
		say("flock %d %d %ld", fd, c, RES(flock(fd, c)));
		return;
	}
	c = ONE_OF(int, F_SETLK, F_GETLK, F_OFD_SETLK, F_OFD_SETLK,
	    F_OFD_GETLK, F_OFD_GETLK);
	memset(&fl, 0, sizeof(fl));
	fl.l_type = once_in(30) ? 5 : (short)below(3);
	fl.l_whence = once_in(30) ? 5 : (short)below(3);
	if (c == F_OFD_GETLK && fl.l_type == F_UNLCK)
		c = F_GETLK;
	fl.l_start = lockoff();
	fl.l_len = once_in(4) ? 0 : lockoff();
	if (once_in(30) && c == F_OFD_GETLK)
		fl.l_pid = 1;
	if (fl.l_type == 5)	/* one fault at a time */
		fl.l_start = fl.l_len = 5;
	if ((c == F_GETLK || c == F_OFD_GETLK) && once_in(2))
		fl.l_len = 1;
	/* Of several locks in the way, either may be told. */
	one = fl.l_type == F_RDLCK && fl.l_len == 1;
	if (once_in(5) && (kind(fd) == S_IFREG))
		say("seek %d %ld", fd, RES(lseek(fd, below(30), SEEK_SET)));
	say("lock %d %d type %d whence %d %ld %ld", fd, c, fl.l_type,
	    fl.l_whence, (long)fl.l_start, (long)fl.l_len);
	say(" %ld", RES(syscall(SYS_fcntl, fd, c, &fl)));
	if ((c == F_GETLK || c == F_OFD_GETLK) && !one) {
		say(" free %d", fl.l_type == F_UNLCK);
		return;
	}
	say(" type %d whence %d %ld %ld pid %d", fl.l_type, fl.l_whence,
	    (long)fl.l_start, (long)fl.l_len, fl.l_pid == getpid() ? 1000 :
	    fl.l_pid);
	if (once_in(40))
		say("lock fault %ld", RES(syscall(SYS_fcntl, fd, c, 8L)));
}

void
differ_step(void)
{
	switch (below(10)) {
	case 0:
		opening();
		break;
	case 1: case 2: case 3:
		tabling();
		break;
	case 4:
		owning();
		break;
	case 5:
		flags();
		break;
	case 6:
		sealing();
		break;
	default:
		locking();
	}
}

void
differ_end(void)
{
	limit(1024);
	syscall(SYS_close_range, 3, ~0u, 0);
}
