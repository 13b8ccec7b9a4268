/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pending signals: queued values, their order and limits, the sigwait family,
 * signal descriptors, masks for one call.  Runs on Linux, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"

#define NSEEN 64

static volatile int nseen, seen_sig[NSEEN], seen_val[NSEEN];
static siginfo_t last;

static void
record(int sig, siginfo_t *si, void *uc)
{

	(void)uc;
	if (nseen < NSEEN) {
		seen_sig[nseen] = sig;
		seen_val[nseen] = si->si_value.sival_int;
	}
	nseen++;
	last = *si;
}

static void
on(int sig, int flags, sigset_t *mask)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = record;
	sa.sa_flags = SA_SIGINFO | flags;
	if (mask != NULL)
		sa.sa_mask = *mask;
	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static void
setof(sigset_t *set, int a, int b)
{

	sigemptyset(set);
	sigaddset(set, a);
	if (b != 0)
		sigaddset(set, b);
}

static void
queue(int sig, int val)
{
	union sigval sv = { .sival_int = val };

	CHECK_EQ(sigqueue(getpid(), sig, sv), 0);
}

static void
test_order(void)
{
	int rt = SIGRTMIN, i;
	sigset_t set, all;

	sigfillset(&all);
	on(rt, 0, &all);
	on(rt + 1, 0, &all);
	on(SIGUSR1, 0, &all);
	setof(&set, rt, rt + 1);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	for (i = 0; i < 4; i++) {
		queue(rt + 1, 10 + i);
		queue(rt, i);
	}
	/* A standard signal is kept once: the first one. */
	queue(SIGUSR1, 77);
	queue(SIGUSR1, 78);
	nseen = 0;
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
	CHECK_EQ(nseen, 9);
	CHECK_EQ(seen_sig[0], SIGUSR1);
	CHECK_EQ(seen_val[0], 77);
	for (i = 0; i < 4; i++) {
		CHECK_EQ(seen_sig[1 + i], rt);
		CHECK_EQ(seen_val[1 + i], i);
		CHECK_EQ(seen_sig[5 + i], rt + 1);
		CHECK_EQ(seen_val[5 + i], 10 + i);
	}
	CHECK_EQ(last.si_code, SI_QUEUE);
	CHECK_EQ(last.si_pid, getpid());
	CHECK_EQ(last.si_uid, getuid());
}

/* Without masks in between, the handler of the last frame runs first. */
static void
test_nested(void)
{
	int rt = SIGRTMIN;
	sigset_t set;

	on(rt, 0, NULL);
	on(rt + 1, 0, NULL);
	setof(&set, rt, rt + 1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	queue(rt, 1);
	queue(rt + 1, 2);
	nseen = 0;
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
	CHECK_EQ(nseen, 2);
	CHECK_EQ(seen_sig[0], rt + 1);
	CHECK_EQ(seen_sig[1], rt);
}

static void
test_limit(void)
{
	union sigval sv = { .sival_int = 0 };
	struct rlimit rl, old;
	siginfo_t si;
	sigset_t set;
	int n = 0, got = 0, error;

	setof(&set, SIGRTMIN, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(getrlimit(RLIMIT_SIGPENDING, &old), 0);
	rl = old;
	/* Linux counts those of all processes of the user: as for us alone. */
	for (rl.rlim_cur = 100; n == 0 && rl.rlim_cur <= 6400;
	    rl.rlim_cur *= 2) {
		CHECK_EQ(setrlimit(RLIMIT_SIGPENDING, &rl), 0);
		while (n < 10000 && sigqueue(getpid(), SIGRTMIN, sv) == 0)
			n++;
		error = errno;
		CHECK(n <= (int)rl.rlim_cur);
		CHECK_EQ(error, EAGAIN);
	}
	CHECK(n >= 1);
	/* A standard signal comes through all the same. */
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	for (;;) {
		struct timespec ts = { 0, 0 };
		int sig = sigtimedwait(&set, &si, &ts);

		if (sig < 0)
			break;
		got++;
	}
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(got, n + 1);
	CHECK_EQ(setrlimit(RLIMIT_SIGPENDING, &old), 0);
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
}

static void *
waiter(void *arg)
{
	siginfo_t si;
	sigset_t set;
	int sig;

	(void)arg;
	setof(&set, SIGUSR2, SIGRTMIN + 3);
	sig = sigwaitinfo(&set, &si);
	return (void *)(long)(sig * 1000 + si.si_value.sival_int);
}

static void
test_wait(void)
{
	struct timespec ts = { 0, 30000000 }, a, b;
	siginfo_t si;
	sigset_t set, old;
	pthread_t t;
	void *ret;
	int sig;

	setof(&set, SIGUSR2, SIGRTMIN + 3);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, &old), 0);
	CHECK_EQ(sigismember(&old, SIGUSR2), 0);
	/* What is there at once, lower numbers first. */
	queue(SIGRTMIN + 3, 5);
	CHECK_EQ(raise(SIGUSR2), 0);
	CHECK_EQ(sigwaitinfo(&set, &si), SIGUSR2);
	CHECK(si.si_code == SI_TKILL || si.si_code == SI_USER);	/* glibc */
	CHECK_EQ(sigwait(&set, &sig), 0);
	CHECK_EQ(sig, SIGRTMIN + 3);
	/* Nothing comes. */
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK_EQ(sigtimedwait(&set, &si, &ts), -1);
	CHECK_EQ(errno, EAGAIN);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK((b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec >=
	    30000000);
	ts.tv_nsec = 1000000000;
	CHECK_EQ(sigtimedwait(&set, &si, &ts), -1);
	CHECK_EQ(errno, EINVAL);
	/* A thread that waits gets it, whoever blocks it. */
	CHECK_EQ(pthread_create(&t, NULL, waiter, NULL), 0);
	usleep(5000);
	queue(SIGRTMIN + 3, 42);
	pthread_join(t, &ret);
	CHECK_EQ((long)ret, (SIGRTMIN + 3) * 1000 + 42);
	CHECK_EQ(pthread_create(&t, NULL, waiter, NULL), 0);
	usleep(5000);
	CHECK_EQ(pthread_kill(t, SIGUSR2), 0);
	pthread_join(t, &ret);
	CHECK_EQ((long)ret / 1000, SIGUSR2);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
}

/* Ignored signals are not kept, blocked ones are, until they are ignored. */
static void
test_ignore(void)
{
	sigset_t set, pend;

	setof(&set, SIGUSR1, SIGCHLD);
	signal(SIGUSR1, SIG_IGN);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(raise(SIGCHLD), 0);
	sigpending(&pend);
	CHECK_EQ(sigismember(&pend, SIGUSR1), 1);
	CHECK_EQ(sigismember(&pend, SIGCHLD), 1);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigpending(&pend);
	CHECK_EQ(sigismember(&pend, SIGUSR1), 0);
	CHECK_EQ(sigismember(&pend, SIGCHLD), 0);
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
}

static volatile pthread_t who;

static void
whoami(int sig)
{

	(void)sig;
	who = pthread_self();
	nseen++;
}

static volatile int go;

static void *
receiver(void *arg)
{
	sigset_t set;

	setof(&set, SIGUSR1, 0);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	while (!go)
		usleep(500);
	return arg;
}

/* A signal for the process goes to a thread that does not block it. */
static void
test_process(void)
{
	pthread_t t;
	sigset_t set, pend;

	signal(SIGUSR1, whoami);
	setof(&set, SIGUSR1, 0);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	nseen = 0;
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(nseen, 0);
	go = 0;
	/* Pending already when the thread unblocks it. */
	CHECK_EQ(pthread_create(&t, NULL, receiver, NULL), 0);
	while (nseen == 0)
		usleep(500);
	CHECK(pthread_equal(who, t));
	/* And sent while it runs. */
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	while (nseen == 1)
		usleep(500);
	CHECK(pthread_equal(who, t));
	go = 1;
	pthread_join(t, NULL);
	CHECK_EQ(pthread_kill(pthread_self(), SIGUSR1), 0);
	sigpending(&pend);
	CHECK_EQ(sigismember(&pend, SIGUSR1), 1);
	CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
	CHECK_EQ(nseen, 3);
	CHECK(pthread_equal(who, pthread_self()));
}

static void
test_fd(void)
{
	struct signalfd_siginfo ssi[4];
	struct epoll_event ev = { .events = EPOLLIN };
	sigset_t set, other;
	int fd, ep, i;

	setof(&set, SIGUSR1, SIGRTMIN);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(read(fd, ssi, sizeof(ssi)), -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(read(fd, ssi, 127), -1);
	CHECK_EQ(errno, EINVAL);
	ep = epoll_create1(0);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), 0);
	CHECK_EQ(epoll_wait(ep, &ev, 1, 0), 0);
	queue(SIGRTMIN, 11);
	queue(SIGRTMIN, 12);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(epoll_wait(ep, &ev, 1, 1000), 1);
	CHECK_EQ(read(fd, ssi, sizeof(ssi)), 3 * 128);
	CHECK_EQ(ssi[0].ssi_signo, SIGUSR1);
	CHECK_EQ(ssi[0].ssi_code, SI_USER);
	CHECK_EQ(ssi[0].ssi_pid, getpid());
	for (i = 1; i < 3; i++) {
		CHECK_EQ(ssi[i].ssi_signo, SIGRTMIN);
		CHECK_EQ(ssi[i].ssi_code, SI_QUEUE);
		CHECK_EQ(ssi[i].ssi_int, 10 + i);
	}
	CHECK_EQ(epoll_wait(ep, &ev, 1, 0), 0);
	setof(&other, SIGUSR2, 0);
	CHECK_EQ(signalfd(fd, &other, 0), fd);
	queue(SIGRTMIN, 13);
	CHECK_EQ(read(fd, ssi, sizeof(ssi)), -1);
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	CHECK_EQ(read(fd, ssi, sizeof(ssi)), 128);
	CHECK_EQ(signalfd(ep, &set, 0), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(signalfd(-1, &set, 1), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(signalfd(999, &set, 0), -1);
	CHECK_EQ(errno, EBADF);
	close(ep);
	close(fd);
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
}

static void *
fdreader(void *arg)
{
	struct signalfd_siginfo ssi;

	CHECK_EQ(read(*(int *)arg, &ssi, sizeof(ssi)), 128);
	return (void *)(long)ssi.ssi_int;
}

static void
test_fdblock(void)
{
	sigset_t set;
	pthread_t t;
	void *ret;
	int fd;

	setof(&set, SIGRTMIN, 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	fd = signalfd(-1, &set, 0);
	CHECK_EQ(pthread_create(&t, NULL, fdreader, &fd), 0);
	usleep(3000);
	queue(SIGRTMIN, 1234);
	pthread_join(t, &ret);
	CHECK_EQ((long)ret, 1234);
	close(fd);
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
}

/* The mask is set and the wait begins in one step: what is pending ends it. */
static void
test_masks(void)
{
	struct pollfd pfd = { -1, POLLIN, 0 };
	struct epoll_event ev;
	struct timespec ts = { 10, 0 };
	sigset_t set, empty, now;
	int ep = epoll_create1(0), fds[2];

	CHECK_EQ(pipe(fds), 0);
	on(SIGUSR1, 0, NULL);
	sigemptyset(&empty);
	setof(&set, SIGUSR1, 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	nseen = 0;
	raise(SIGUSR1);
	CHECK_EQ(ppoll(&pfd, 1, &ts, &empty), -1);
	CHECK_EQ(errno, EINTR);
	CHECK_EQ(nseen, 1);
	raise(SIGUSR1);
	CHECK_EQ(pselect(0, NULL, NULL, NULL, &ts, &empty), -1);
	CHECK_EQ(errno, EINTR);
	CHECK_EQ(nseen, 2);
	raise(SIGUSR1);
	CHECK_EQ(epoll_pwait(ep, &ev, 1, 10000, &empty), -1);
	CHECK_EQ(errno, EINTR);
	CHECK_EQ(nseen, 3);
	raise(SIGUSR1);
	CHECK_EQ(sigsuspend(&empty), -1);
	CHECK_EQ(errno, EINTR);
	CHECK_EQ(nseen, 4);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	CHECK_EQ(sigismember(&now, SIGUSR1), 1);
	/* Ready, and a signal that only the call lets through: both. */
	pfd.fd = fds[0];
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(ppoll(&pfd, 1, &ts, &empty), 1);
	CHECK_EQ(nseen, 4);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	CHECK_EQ(sigismember(&now, SIGUSR1), 1);
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
	/* An own mask that blocks what is not blocked outside. */
	ts.tv_sec = 0;
	ts.tv_nsec = 1000000;
	pfd.fd = -1;
	CHECK_EQ(ppoll(&pfd, 1, &ts, &set), 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	CHECK_EQ(sigismember(&now, SIGUSR1), 0);
	close(ep);
	close(fds[0]);
	close(fds[1]);
}

static void
test_pipe(void)
{
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	close(fds[0]);
	on(SIGPIPE, 0, NULL);
	nseen = 0;
	CHECK_EQ(write(fds[1], "x", 1), -1);
	CHECK_EQ(errno, EPIPE);
	CHECK_EQ(nseen, 1);
	CHECK_EQ(seen_sig[0], SIGPIPE);
	signal(SIGPIPE, SIG_IGN);
	CHECK_EQ(write(fds[1], "x", 1), -1);
	CHECK_EQ(errno, EPIPE);
	CHECK_EQ(nseen, 1);
	close(fds[1]);
	on(SIGPIPE, 0, NULL);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	close(fds[0]);
	CHECK_EQ(send(fds[1], "x", 1, MSG_NOSIGNAL), -1);
	CHECK_EQ(errno, EPIPE);
	CHECK_EQ(nseen, 1);
	CHECK_EQ(send(fds[1], "x", 1, 0), -1);
	CHECK_EQ(errno, EPIPE);
	CHECK_EQ(nseen, 2);
	CHECK_EQ(write(fds[1], "x", 1), -1);
	CHECK_EQ(errno, EPIPE);
	CHECK_EQ(nseen, 3);
	close(fds[1]);
}

static void
test_calls(void)
{
	siginfo_t si;
	sigset_t set;

	CHECK_EQ(syscall(SYS_rt_sigprocmask, 9, &set, NULL, 8), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_rt_sigprocmask, 0, NULL, &set, 4), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_rt_sigaction, 0, NULL, NULL, 8), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_tkill, 0, 0), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_tgkill, getpid(), NO_PID, 0), -1);
	CHECK_EQ(errno, ESRCH);
	CHECK_EQ(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 0), 0);
	memset(&si, 0, sizeof(si));
	si.si_code = SI_USER;
	CHECK_EQ(syscall(SYS_rt_sigqueueinfo, NO_PID, SIGUSR1, &si), -1);
	CHECK(errno == EPERM || errno == ESRCH);
	si.si_code = SI_QUEUE;
	CHECK_EQ(syscall(SYS_rt_sigqueueinfo, NO_PID, SIGUSR1, &si), -1);
	CHECK_EQ(errno, ESRCH);
	on(SIGUSR1, 0, NULL);
	nseen = 0;
	si.si_value.sival_int = 99;
	CHECK_EQ(syscall(SYS_rt_tgsigqueueinfo, getpid(),
	    syscall(SYS_gettid), SIGUSR1, &si), 0);
	CHECK_EQ(nseen, 1);
	CHECK_EQ(seen_val[0], 99);
	/* Nobody blocks or catches these two. */
	sigfillset(&set);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &set, NULL), 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &set), 0);
	CHECK_EQ(sigismember(&set, SIGKILL), 0);
	CHECK_EQ(sigismember(&set, SIGSTOP), 0);
	CHECK_EQ(sigismember(&set, SIGUSR1), 1);
	sigemptyset(&set);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &set, NULL), 0);
	CHECK(signal(SIGKILL, SIG_IGN) == SIG_ERR);
	CHECK_EQ(errno, EINVAL);
	CHECK(signal(SIGSTOP, SIG_IGN) == SIG_ERR);
}

int
main(void)
{

	test_order();
	test_nested();
	test_limit();
	test_wait();
	test_ignore();
	test_process();
	test_fd();
	test_fdblock();
	test_masks();
	test_pipe();
	test_calls();
	return check_done();
}
