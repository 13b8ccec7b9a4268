/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * epoll, poll, select, and the descriptors made for them: eventfd, timerfd,
 * signalfd.  Not here: times (a timer is far away or over), EPOLLEXCLUSIVE's
 * choice whom to wake, lseek (Linux's does nothing), 9 bytes to an eventfd,
 * EPOLLRDNORM alone (nested epolls of Linux do not wake for it), edges that
 * nothing but the implementation asks for: EPOLLET of room, of nested epolls.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

#include "differ.h"

#define NSLOT	10
#define NEP	4		/* the first are epolls, or nothing */
#define BAD	((void *)1)

static int slot[NSLOT];
static int handled[3];

static const int sigs[] = { SIGUSR1, SIGUSR2, 36 };

static void
handler(int sig)
{
	handled[sig == SIGUSR1 ? 0 : sig == SIGUSR2 ? 1 : 2]++;
}

static void
put(int s, int fd)
{
	replace_fd(&slot[s], fd);
}

static int
other(void)
{
	return NEP + below(NSLOT - NEP);
}

/* Where what is not an epoll goes. */
static void
keep(int s, long r)
{
	if (r >= 0)
		put(s, (int)r);
}

static void
make(void)
{
	int s = other(), fd[2], flags, c, k;
	const char *name;
	unsigned v;
	sigset_t set;
	long r;

	switch (below(10)) {
	case 0: case 1:
		k = below(NEP);
		flags = once_in(3) ? EPOLL_CLOEXEC : once_in(20) ? 1 : 0;
		r = RES(once_in(9) ? epoll_create((int)below(3) - 1) :
		    epoll_create1(flags));
		say("epoll_create %d %#x %ld", k, flags, r < 0 ? r : 0);
		keep(k, r);
		break;
	case 2: case 3:
		v = ONE_OF(unsigned, 0, 1, 3, 0xffffffff);
		flags = EFD_NONBLOCK | (once_in(3) ? EFD_SEMAPHORE : 0) |
		    (once_in(4) ? EFD_CLOEXEC : 0) | (once_in(20) ? 2 : 0);
		r = RES(eventfd(v, flags));
		say("eventfd %d %u %#x %ld", s, v, flags, r < 0 ? r : 0);
		keep(s, r);
		break;
	case 4:
		c = ONE_OF(int, CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME,
		    CLOCK_PROCESS_CPUTIME_ID, 99, -1);
		flags = TFD_NONBLOCK | (once_in(20) ? 1 : 0);
		r = RES(timerfd_create(c, flags));
		say("timerfd_create %d %d %#x %ld", s, c, flags, r < 0 ? r : 0);
		keep(s, r);
		break;
	case 5:
		sigemptyset(&set);
		sigaddset(&set, sigs[below(3)]);
		if (once_in(2))
			sigaddset(&set, sigs[below(3)]);
		k = once_in(2) ? -1 : slot[below(NSLOT)];
		flags = SFD_NONBLOCK | (once_in(20) ? 1 : 0);
		r = RES(signalfd(k, &set, flags));
		say("signalfd %d %d %#x %ld", s, k >= 0, flags, r < 0 ? r : 0);
		if (k == -1)
			keep(s, r);
		break;
	case 6:
		k = ONE_OF(int, SOCK_STREAM, SOCK_DGRAM);
		say("socketpair %d %d", s, k);
		if (socketpair(AF_UNIX, k | SOCK_NONBLOCK, 0, fd) == 0) {
			put(s, fd[0]);
			put(NEP + (s - NEP + 1) % (NSLOT - NEP), fd[1]);
		}
		break;
	case 7:
		name = ONE_OF(char *const, "/dev/null", "file", ".",
		    "/dev/zero", "/dev/random", "/dev/random", "/dev/urandom",
		    "/dev/full");
		say("open %d %s", s, name);
		/* What /dev/random gives is not to be read here. */
		keep(s, open(name, *name == '.' ? O_RDONLY : strstr(name,
		    "random") ? O_WRONLY : O_RDWR));
		break;
	default:
		say("pipe %d", s);
		if (pipe2(fd, O_NONBLOCK) == 0) {
			put(s, fd[0]);
			put(NEP + (s - NEP + 1) % (NSLOT - NEP), fd[1]);
		}
	}
}

static void
control(void)
{
	int e = once_in(16) ? (int)below(NSLOT) : (int)below(NEP);
	int s = below(NSLOT);
	int op = once_in(24) ? (int)below(6) : ONE_OF(int, EPOLL_CTL_ADD,
	    EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL);
	struct epoll_event ev;

	ev.events = ONE_OF(uint32_t, 0, EPOLLIN, EPOLLIN, EPOLLOUT, EPOLLIN |
	    EPOLLOUT, EPOLLPRI, EPOLLRDHUP | EPOLLIN, 0xffff);
	/* When room that there was is told again is anybody's choice. */
	if (once_in(3) && (ev.events & EPOLLOUT) == 0 && s >= NEP)
		ev.events |= (uint32_t)EPOLLET;
	if (once_in(6))
		ev.events |= EPOLLONESHOT;
	if (once_in(20))
		ev.events |= EPOLLEXCLUSIVE;
	if (once_in(20))
		ev.events |= EPOLLWAKEUP;
	ev.data.u64 = 100 * differ_nstep + s;
	say("epoll_ctl %d %d %d %#x %ld", e, op, s, ev.events,
	    RES(epoll_ctl(slot[e], op, slot[s], once_in(30) ? BAD : &ev)));
}

static int
byname(const void *a, const void *b)
{
	const struct epoll_event *x = a, *y = b;

	return x->data.u64 < y->data.u64 ? -1 : x->data.u64 > y->data.u64;
}

static void
await(void)
{
	int e = once_in(24) ? (int)below(NSLOT) : (int)below(NEP), i;
	int max = ONE_OF(int, 1, 2, 3, 16, 16, 16), r;
	struct epoll_event ev[16];
	struct timespec ts = { 0, 0 };

	memset(ev, 0, sizeof(ev));
	if (once_in(30)) {
		max = ONE_OF(int, 0, -1, 1 << 30);
		if (slot[e] < 0)
			return;
		say("epoll_wait %d of %d %ld", e, max, RES(epoll_wait(slot[e],
		    ev, max, 0)));
		return;
	}
	(void)ts;
	r = (int)RES(once_in(4) ? epoll_pwait(slot[e], ev, max, 0, NULL) :
	    epoll_wait(slot[e], ev, max, 0));
	say("epoll_wait %d of %d %d", e, max, r);
	if (max == 16 && r > 0)
		qsort(ev, r, sizeof(ev[0]), byname);
	for (i = 0; i < r; i++)
		say(" %llu %#x", (unsigned long long)ev[i].data.u64,
		    ev[i].events);
}

static void
dopoll(void)
{
	struct pollfd p[6];
	struct timespec ts = { 0, 0 };
	sigset_t none;
	int i, n = below(7), k = below(8);
	long r;

	for (i = 0; i < 6; i++) {
		p[i].fd = slot[below(NSLOT)];
		p[i].events = once_in(3) ? (int)below(65536) & ~0x400 :
		    POLLIN | POLLOUT;
		p[i].revents = 77;
	}
	sigemptyset(&none);
	if (k == 0) {
		r = RES(ppoll(p, n, &ts, &none));
		say("ppoll %d %ld %d %d %d", n, r, handled[0], handled[1],
		    handled[2]);
		if (r < 0)
			return;
	} else if (k == 1) {
		ts.tv_nsec = ONE_OF(long, -1, 1000000000);
		say("ppoll time %ld", RES(ppoll(p, n, &ts, NULL)));
		return;
	} else if (k == 2) {
		say("poll bad %ld", RES(poll(once_in(2) ? BAD : p,
		    once_in(2) ? 1 << 30 : 5000, 0)));
		return;
	} else {
		r = RES(poll(p, n, 0));
		say("poll %d %ld", n, r);
	}
	for (i = 0; i < 6; i++)
		say(" %#x", (unsigned)p[i].revents & 0xffff);
}

static void
doselect(void)
{
	fd_set r, w, x;
	struct timeval tv = { 0, 0 };
	struct timespec ts = { 0, 0 };
	sigset_t none;
	int i, s, fd, max = 0, k = below(10);
	long n;

	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&x);
	for (i = 0; i < 4; i++) {
		s = below(NSLOT);
		if ((fd = slot[s]) < 0)
			continue;
		if (once_in(2))
			FD_SET(fd, &r);
		if (once_in(2))
			FD_SET(fd, &w);
		if (once_in(3))
			FD_SET(fd, &x);
		max = fd >= max ? fd + 1 : max;
	}
	/* Beyond 64 Linux looks only as far as its table happens to reach. */
	if (k == 0)
		FD_SET(60, &r), max = 61;
	if (k == 1)
		max = ONE_OF(int, -1, 0);
	if (k == 2)
		tv.tv_usec = -1;
	sigemptyset(&none);
	if (k == 3)
		n = RES(pselect(max, &r, &w, &x, &ts, &none));
	else
		n = RES(select(max, &r, once_in(4) ? NULL : &w, once_in(4) ?
		    NULL : &x, &tv));
	say("select %d %ld %d %d %d", k, n, handled[0], handled[1], handled[2]);
	if (n >= 0)
		for (s = 0; s < NSLOT; s++)
			if ((fd = slot[s]) >= 0 && (FD_ISSET(fd, &r) ||
			    FD_ISSET(fd, &w) || FD_ISSET(fd, &x)))
				say(" %d %d%d%d", s, !!FD_ISSET(fd, &r),
				    !!FD_ISSET(fd, &w), !!FD_ISSET(fd, &x));
}

static void
settimer(int s)
{
	struct itimerspec new = { { 0, 0 }, { 0, 0 } }, old;
	struct pollfd p = { slot[s], POLLIN, 0 };
	int flags = 0, k = below(6);
	long r;

	memset(&old, 0x55, sizeof(old));
	switch (k) {
	case 0:
		new.it_value.tv_sec = 1000000;
		new.it_interval.tv_sec = below(3) * 5;
		new.it_interval.tv_nsec = below(2) * 7;
		break;
	case 1: case 2:
		flags = TFD_TIMER_ABSTIME;
		new.it_value.tv_nsec = 1;
		break;
	case 3:
		new.it_value.tv_nsec = ONE_OF(long, -1, 1000000000);
		break;
	case 4:
		new.it_value.tv_sec = -1;
		break;
	}
	if (once_in(12))
		flags |= ONE_OF(int, TFD_TIMER_CANCEL_ON_SET, 4, 8);
	r = RES(timerfd_settime(slot[s], flags, once_in(20) ? BAD : &new,
	    once_in(2) ? &old : NULL));
	if (r == 0 && flags == TFD_TIMER_ABSTIME)
		poll(&p, 1, 10000);
	say("settime %d kind %d %#x %ld interval %ld %ld value %d", s, k, flags,
	    r, (long)old.it_interval.tv_sec, (long)old.it_interval.tv_nsec,
	    old.it_value.tv_sec != 0);
}

static void
use(int s)
{
	struct signalfd_siginfo si[2];
	struct itimerspec cur;
	union sigval sv;
	uint64_t v;
	char buf[100];
	int fd = slot[s], n;
	long r;

	switch (below(14)) {
	case 0: case 1: case 2:
		v = ONE_OF(uint64_t, 0, 1, 2, -1, -2, 1ULL << 40);
		n = ONE_OF(int, 8, 8, 8, 8, 4, 0);
		memset(buf, 0, sizeof(buf));
		memcpy(buf, &v, sizeof(v));
		say("write %d %llx %d %ld", s, (unsigned long long)v, n,
		    RES(write(fd, once_in(30) && n > 0 ? BAD : buf, n)));
		break;
	case 3: case 4: case 5:
		n = ONE_OF(int, 8, 8, 8, 8, 4, 9, 0, 100);
		memset(buf, 0, sizeof(buf));
		r = RES(read(fd, buf, n));
		/* A signal has the sender in it. */
		say("read %d %d %ld %08x", s, n, r, r < 100 ? sum(buf, 16) : 0);
		break;
	case 6: case 7:
		memset(si, 0, sizeof(si));
		r = RES(read(fd, si, ONE_OF(int, sizeof(si), sizeof(si[0]),
		    sizeof(si[0]) - 1)));
		say("siginfo %d %ld", s, r);
		for (n = 0; n < 2 && r >= 128 * (n + 1); n++)
			say(" %u code %d self %d value %d %llx errno %d",
			    si[n].ssi_signo, si[n].ssi_code, si[n].ssi_pid ==
			    (uint32_t)getpid(), si[n].ssi_int,
			    (unsigned long long)si[n].ssi_ptr,
			    si[n].ssi_errno);
		break;
	case 8:
		say("kill %ld", RES(kill(getpid(), sigs[below(3)])));
		break;
	case 9:
		sv.sival_ptr = (void *)(uintptr_t)differ_nstep;
		say("sigqueue %ld", RES(sigqueue(getpid(), sigs[below(3)],
		    sv)));
		break;
	case 10: case 11:
		settimer(s);
		break;
	case 12:
		memset(&cur, 0x55, sizeof(cur));
		r = RES(timerfd_gettime(fd, once_in(20) ? BAD : &cur));
		say("gettime %d %ld %ld %ld %d", s, r,
		    (long)cur.it_interval.tv_sec,
		    (long)cur.it_interval.tv_nsec, cur.it_value.tv_sec != 0);
		break;
	default:
		n = -7;
		if (s < NEP)		/* EINVAL since Linux 6.9 */
			break;
		r = RES(ioctl(fd, ONE_OF(int, FIONREAD, 0x5401, 0x1234), &n));
		say("ioctl %d %ld", s, r);
	}
}

static void
misc(int s)
{
	struct stat st;
	int t;
	long r;

	switch (below(7)) {
	case 0:
		say("close %d", s);
		put(s, -1);
		break;
	case 1:
		if (s < NEP)	/* whose turn it is, when it is there twice */
			break;
		t = other();
		say("dup %d %d", s, t);
		if (s != t)
			put(t, slot[s] >= 0 ? dup(slot[s]) : -1);
		break;
	case 2:
		t = SHUT_RDWR;
		say("shutdown %d %d %ld", s, t, RES(shutdown(slot[s], t)));
		break;
	case 3:
		say("getfd %d %ld", s, RES(fcntl(slot[s], F_GETFD)));
		break;
	case 4:
		say("pread %d %ld", s, RES(pread(slot[s], &st, 0, 0)));
		break;
	case 5:
		say("getfl %d %#lo", s, RES(fcntl(slot[s], F_GETFL) &
		    ~0100000));
		break;
	default:
		memset(&st, 0, sizeof(st));
		r = RES(fstat(slot[s], &st));
		/* The permissions of /dev's files are the machine's. */
		say("fstat %d %ld %#o", s, r, s < NEP ? 0 :
		    S_ISCHR(st.st_mode) ? S_IFCHR : st.st_mode);
	}
}

void
differ_begin(void)
{
	sigset_t set;
	int s;

	sigemptyset(&set);
	for (s = 0; s < 3; s++) {
		signal(sigs[s], handler);
		sigaddset(&set, sigs[s]);
		handled[s] = 0;
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (s = 0; s < NSLOT; s++)
		slot[s] = -1;
	close(open("file", O_CREAT | O_WRONLY, 0600));
	for (s = 0; s < NEP; s++)
		slot[s] = epoll_create1(0);
}

void
differ_step(void)
{
	switch (below(16)) {
	case 0: case 1:
		make();
		break;
	case 2: case 3: case 4:
		control();
		break;
	case 5: case 6: case 7: case 8:
		await();
		break;
	case 9:
		dopoll();
		break;
	case 10:
		doselect();
		break;
	case 11:
		misc(below(NSLOT));
		break;
	default:
		use(once_in(8) ? (int)below(NSLOT) : other());
	}
}

void
differ_end(void)
{
	sigset_t set;
	int s;

	for (s = 0; s < NSLOT; s++)
		put(s, -1);
	sigemptyset(&set);
	for (s = 0; s < 3; s++) {
		signal(sigs[s], SIG_IGN);
		sigaddset(&set, sigs[s]);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}
