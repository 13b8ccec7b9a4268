/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owners of files and their signals: F_SETOWN, F_SETOWN_EX, F_SETSIG, O_ASYNC,
 * SIOCSPGRP; what is sent when a pipe, a FIFO or a socket can be read
 * or written, or its other end goes.  Left out: a read that finds nothing,
 * of which Linux tells writers; a FIFO open for both, of which ours tells only
 * one; urgent data (the order of SIGURG and SIGIO); sockets that are full, or
 * shut for reading (ours tells the other one); FIOASYNC (ENOTTY).
 */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/sockios.h>

#include "differ.h"

#ifndef F_GET_RW_HINT
#define F_GET_RW_HINT	1035
#define F_SET_RW_HINT	1036
#endif
#define NFD	16		/* 3..NFD-1 */

static sigset_t all;

/* What came; who is the sender is the kernel. */
static void
signals(void)
{
	struct timespec now = { 0, 0 };
	siginfo_t si;
	int sig;

	while ((sig = sigtimedwait(&all, &si, &now)) > 0) {
		if (si.si_code == SI_KERNEL)
			say(" signal %d", sig);
		else
			say(" signal %d code %d band %#lx fd %d", sig,
			    si.si_code, (long)si.si_band, si.si_fd);
	}
}

void
differ_begin(void)
{
	int p[2], i;

	syscall(SYS_close_range, 3, ~0u, 0);
	sigemptyset(&all);
	for (i = 1; i < 65; i++)
		if (i != SIGSEGV && i != SIGABRT && i != SIGALRM)
			sigaddset(&all, i);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setpgid(0, 0);
	i = pipe2(p, O_NONBLOCK);
	i = pipe2(p, O_NONBLOCK);
	i = socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p);
	i = socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, p);
	i = open("a", O_RDWR | O_CREAT, 0644);
	i = open("/dev/null", O_RDWR);
	i = eventfd(0, EFD_NONBLOCK);
	mkfifo("fifo", 0600);
	i = open("fifo", O_RDONLY | O_NONBLOCK);
	i = open("fifo", O_WRONLY | O_NONBLOCK);
	(void)i;
}

static int
afd(void)
{
	return once_in(25) ? ONE_OF(int, -1, NFD, 1000) :
	    3 + (int)below(NFD - 3);
}

/* "me" for all that is us. */
static long
who(long pid)
{
	return pid == getpid() ? 1000 : pid == -getpid() ? -1000 : pid;
}

static void
owners(int fd)
{
	struct f_owner_ex fo = { 7, 7 };
	long r, pid;

	pid = ONE_OF(long, getpid(), getpid(), -getpid(), 0, 999999, -999999,
	    INT32_MIN);
	switch (below(5)) {
	case 0:
		say("setown %d %ld %ld", fd, who(pid), RES(syscall(SYS_fcntl,
		    fd, F_SETOWN, pid)));
		break;
	case 1: case 2:
		fo.type = once_in(10) ? 3 : (int)below(3);
		fo.pid = fo.type == F_OWNER_PGRP && pid < 0 ? (int)-pid :
		    (int)pid;
		say("setown_ex %d %d %ld %ld", fd, fo.type, who(fo.pid),
		    RES(fcntl(fd, F_SETOWN_EX, once_in(20) ? (void *)8 :
		    &fo)));
		break;
	case 3:
		fo.pid = (int)pid;
		say("siocspgrp %d %ld %ld", fd, who(pid), RES(ioctl(fd,
		    ONE_OF(int, SIOCSPGRP, FIOSETOWN), &fo.pid)));
		fo.pid = 7;
		r = RES(ioctl(fd, ONE_OF(int, SIOCGPGRP, FIOGETOWN), &fo.pid));
		say(" %ld %ld", r, who(fo.pid));
		break;
	default:
		break;
	}
	fo.type = fo.pid = 7;
	say(" getown %ld", who(RES(syscall(SYS_fcntl, fd, F_GETOWN, 0))));
	r = RES(fcntl(fd, F_GETOWN_EX, &fo));
	say(" ex %ld %d %ld", r, fo.type, who(fo.pid));
}

static void
settings(int fd)
{
	uint64_t hint = once_in(8) ? 6 + below(9) : below(6);
	long r, sig = ONE_OF(long, 0, SIGIO, 40, 64, SIGUSR1, SIGCHLD, 65, -1);
	int fl = fcntl(fd, F_GETFL);

	switch (below(5)) {
	case 0: case 1:
		say("setsig %d %ld %ld", fd, sig, RES(syscall(SYS_fcntl, fd,
		    F_SETSIG, sig)));
		say(" %ld", RES(fcntl(fd, F_GETSIG)));
		break;
	case 2: case 3:
		fl = (fl & ~O_ASYNC) | (once_in(3) ? 0 : O_ASYNC) |
		    (once_in(20) ? O_NOATIME : 0);
		if (once_in(10) && (fd == 11 || fd == 12))
			fl |= O_DIRECT;
		say("setfl %d %#x %ld", fd, (unsigned)fl, RES(fcntl(fd,
		    F_SETFL, fl)));
		break;
	default:
		/* Of an inode, which both ends of a pipe have. */
		if (fd < 7 || fd > 11)
			break;
		r = RES(syscall(SYS_fcntl, fd, F_SET_RW_HINT, once_in(20) ?
		    (void *)8 : &hint));
		say("hint %d %ld %ld", fd, (long)hint, r);
		hint = 99;
		r = RES(syscall(SYS_fcntl, fd, F_GET_RW_HINT, &hint));
		say(" %ld %ld lease %ld", r, (long)hint, RES(fcntl(fd,
		    F_GETLEASE)));
	}
	say(" fl %#x", (unsigned)RES(fcntl(fd, F_GETFL)));
}

static void
moving(int fd)
{
	char b[512];
	int n = 0;

	if (fd == 13 || fcntl(fd, F_GETFL) < 0)	/* an eventfd counts */
		return;
	if (once_in(2)) {
		if (ioctl(fd, FIONREAD, &n) != 0 || n == 0)
			return;
		say("read %d %ld", fd, RES(read(fd, b, 1 + below(n))));
		return;
	}
	/* Never full. */
	if (ioctl(fd, FIONREAD, &n) == 0 && n > 2000)
		return;
	memset(b, 'x', sizeof(b));
	say("write %d %ld", fd, RES(write(fd, b, 1 + below(20))));
}

void
differ_step(void)
{
	int fd = afd();

	switch (below(20)) {
	case 0: case 1: case 2: case 3: case 4:
		owners(fd);
		break;
	case 5: case 6: case 7: case 8: case 9:
		settings(fd);
		break;
	case 10:
		if (once_in(10))
			say("close %d %ld", fd, RES(close(fd)));
		else if (once_in(6) && (fcntl(fd, F_GETFL) & O_ASYNC) == 0)
			say("shutdown %d %ld", fd, RES(shutdown(fd,
			    SHUT_WR)));
		break;
	default:
		moving(fd);
	}
	signals();
}

void
differ_end(void)
{
	struct timespec now = { 0, 0 };

	/* In which order they go, and so who is told, is Linux's own. */
	syscall(SYS_close_range, 3, ~0u, 0);
	while (sigtimedwait(&all, NULL, &now) > 0)
		continue;
}
