/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Storms of signals and timers: 64 threads send each other and the process
 * signals, wait for them in every way, take faults, start and end timers and
 * threads.  No queued signal is lost or comes twice; memory stays flat.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include "storm.h"

#define QUEUED	(SIGRTMIN + 0)
#define WAITED	(SIGRTMIN + 1)		/* blocked in all threads */
#define READ_	(SIGRTMIN + 2)		/* blocked in all threads */
#define PAGE	4096UL

static unsigned long sent, sentsum, got, gotsum;
static __thread volatile unsigned long mine;	/* SIGUSR1 taken */
static __thread sigjmp_buf *after_fault;
static __thread volatile uintptr_t onstack;	/* SIGUSR2's frame */
static char *nothing;				/* without access */

static void
on_queued(int sig, siginfo_t *si, void *uc)
{

	(void)sig;
	(void)uc;
	PLUS(gotsum, (unsigned long)si->si_value.sival_int);
	PLUS(got, 1);
}

static void
on_usr1(int sig)
{

	(void)sig;
	mine++;
}

static void
on_alarm(int sig)
{

	(void)sig;
}

static void
on_usr2(int sig)
{

	(void)sig;
	onstack = (uintptr_t)__builtin_frame_address(0);
}

static void
on_fault(int sig)
{

	if (after_fault == NULL)
		abort();
	siglongjmp(*after_fault, sig);
}

static void
queue(struct worker *w)
{
	union sigval v;
	int i;

	for (i = 0; i < 4; i++) {
		v.sival_int = (int)rnd(w, 1000);
		PLUS(sentsum, (unsigned long)v.sival_int);
		PLUS(sent, 1);
		if (sigqueue(getpid(), QUEUED, v) == 0)
			continue;
		WRONG(errno != EAGAIN);		/* too many wait */
		PLUS(sentsum, -(unsigned long)v.sival_int);
		PLUS(sent, -1UL);
		sched_yield();
	}
}

/* To a thread that was there before this one. */
static void
poke(struct worker *w)
{
	int to = (int)rnd(w, (unsigned)w->w_id + 1);
	int e = pthread_kill(to == w->w_id ? pthread_self() :
	    storm_workers[to].w_thread, SIGUSR1);

	WRONG(e != 0 && e != ESRCH);		/* it may have ended */
}

static void
wait_(struct worker *w)
{
	struct timespec ever = { 1000, 0 };
	siginfo_t si;
	sigset_t set;
	int r;

	(void)w;
	sigemptyset(&set);
	sigaddset(&set, WAITED);
	WRONG(pthread_kill(pthread_self(), WAITED) != 0);
	sched_yield();
	while ((r = sigtimedwait(&set, &si, &ever)) < 0 && errno == EINTR)
		;
	WRONG(r != WAITED);
	WRONG(si.si_code != SI_TKILL && si.si_code != SI_USER);	/* glibc */
}

static void
readfd(struct worker *w)
{
	struct signalfd_siginfo si;
	struct pollfd p = { -1, POLLIN, 0 };
	sigset_t set;

	(void)w;
	sigemptyset(&set);
	sigaddset(&set, READ_);
	p.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	WRONG(p.fd < 0);
	WRONG(poll(&p, 1, 0) > 0);
	WRONG(pthread_kill(pthread_self(), READ_) != 0);
	WRONG(poll(&p, 1, -1) != 1 && errno != EINTR);
	WRONG(read(p.fd, &si, sizeof(si)) != sizeof(si) ||
	    si.ssi_signo != (uint32_t)READ_);
	WRONG(read(p.fd, &si, sizeof(si)) != -1 || errno != EAGAIN);
	WRONG(close(p.fd) != 0);
}

/* Taken no sooner and no later than when it is let in. */
static void
mask(struct worker *w)
{
	unsigned long was;
	sigset_t set, old, now;

	(void)w;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	WRONG(pthread_sigmask(SIG_BLOCK, &set, &old) != 0);
	was = mine;
	WRONG(pthread_kill(pthread_self(), SIGUSR1) != 0);
	sched_yield();
	WRONG(mine != was);
	WRONG(sigpending(&now) != 0 || !sigismember(&now, SIGUSR1));
	WRONG(pthread_sigmask(SIG_SETMASK, &old, NULL) != 0);
	WRONG(mine == was);
}

static void
fault(struct worker *w)
{
	sigjmp_buf env;
	volatile int n = 0;

	after_fault = &env;
	WRONG(sigsetjmp(env, 1) != (n == 0 ? 0 : SIGSEGV));
	if (n++ < 3)
		nothing[rnd(w, PAGE)] = 1;
	WRONG(n != 4);
	after_fault = NULL;
}

static void
altstack(struct worker *w)
{
	size_t len = 65536;
	char *p = malloc(len);
	stack_t ss = { .ss_sp = p, .ss_size = len, .ss_flags = 0 };
	stack_t off = { .ss_flags = SS_DISABLE };

	(void)w;
	WRONG(p == NULL || sigaltstack(&ss, NULL) != 0);
	onstack = 0;
	WRONG(pthread_kill(pthread_self(), SIGUSR2) != 0);
	WRONG(onstack - (uintptr_t)p >= len);
	WRONG(sigaltstack(&off, NULL) != 0);
	free(p);
}

static void
timer(struct worker *w)
{
	struct itimerspec it = { { 0, 50000 }, { 0, 1 + rnd(w, 100000) } };
	struct sigevent se;
	timer_t id;

	memset(&se, 0, sizeof(se));
	se.sigev_notify = SIGEV_SIGNAL;
	se.sigev_signo = SIGUSR1;
	if (timer_create(CLOCK_MONOTONIC, &se, &id) != 0) {
		WRONG(errno != EAGAIN);
		return;
	}
	WRONG(timer_settime(id, 0, &it, NULL) != 0);
	usleep(rnd(w, 300));
	WRONG(timer_getoverrun(id) < 0);
	WRONG(timer_gettime(id, &it) != 0 || it.it_interval.tv_nsec != 50000);
	WRONG(timer_delete(id) != 0);
}

static void
itimer(struct worker *w)
{
	struct itimerval it = { { 0, 0 }, { 0, 1 + rnd(w, 200) } };

	WRONG(setitimer(ITIMER_REAL, &it, NULL) != 0);
	WRONG(getitimer(ITIMER_REAL, &it) != 0 || it.it_value.tv_sec != 0);
}

static void
tfd(struct worker *w)
{
	struct itimerspec it = { { 0, 20000 }, { 0, 1 + rnd(w, 100000) } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	uint64_t n = 0;

	WRONG(fd < 0 || timerfd_settime(fd, 0, &it, NULL) != 0);
	WRONG(read(fd, &n, sizeof(n)) != sizeof(n) || n == 0);
	WRONG(close(fd) != 0);
}

static void
nap(struct worker *w)
{
	struct timespec ts = { 0, 1 + rnd(w, 200000) }, left = { -1, -1 };

	/* Linux counts its slack, 50 us. */
	if (nanosleep(&ts, &left) != 0)
		WRONG(errno != EINTR || left.tv_sec != 0 ||
		    left.tv_nsec > ts.tv_nsec + 50000);
}

static void
turn(struct worker *w)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	WRONG(sched_getaffinity(0, sizeof(set), &set) != 0);
	WRONG(CPU_COUNT(&set) == 0);
	WRONG(sched_setaffinity(0, sizeof(set), &set) != 0);
	WRONG(sched_getcpu() < 0);
	CPU_ZERO(&set);
	WRONG(sched_setaffinity(0, sizeof(set), &set) != -1 ||
	    errno != EINVAL);
	if (rnd(w, 2))
		sched_yield();
}

static void *
brief(void *arg)
{

	if (arg != NULL)
		for (;;)
			pause();
	return arg;
}

static void
thread(struct worker *w)
{
	long cancel = rnd(w, 2);
	sigset_t set;
	pthread_t t;
	void *r;

	/*
	 * Before 2.41 glibc cancels a thread that waits in a call even when it
	 * is in a handler just then: what that would have counted is lost.
	 */
	sigemptyset(&set);
#ifdef __GLIBC__
	sigaddset(&set, QUEUED);
#endif
	WRONG(pthread_sigmask(SIG_BLOCK, &set, NULL) != 0);
	WRONG(pthread_create(&t, NULL, brief, (void *)cancel) != 0);
	WRONG(pthread_sigmask(SIG_UNBLOCK, &set, NULL) != 0);
	WRONG(cancel && pthread_cancel(t) != 0);
	WRONG(pthread_join(t, &r) != 0 ||
	    r != (cancel ? PTHREAD_CANCELED : NULL));
}

/* What is on its way is for this thread, there is no other. */
static void
after(void)
{

	while (GET(got) != sent)
		usleep(1000);
	CHECK_EQ(gotsum, sentsum);
}

static void
handle(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = fn;
	sa.sa_flags = SA_RESTART | flags;
	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

int
main(void)
{
	static struct storm list[] = {
		{ "queue", queue, 0 }, { "poke", poke, 0 },
		{ "wait", wait_, 0 }, { "readfd", readfd, 0 },
		{ "mask", mask, 0 }, { "fault", fault, 0 },
		{ "altstack", altstack, 0 }, { "timer", timer, 0 },
		{ "itimer", itimer, 0 }, { "timerfd", tfd, 0 },
		{ "nap", nap, 0 }, { "turn", turn, 0 },
		{ "thread", thread, 0 },
	};
	struct sigaction sa;
	sigset_t set;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = on_queued;
	sa.sa_flags = SA_SIGINFO | SA_RESTART;
	REQUIRE(sigaction(QUEUED, &sa, NULL) == 0);
	handle(SIGUSR1, on_usr1, 0);
	handle(SIGALRM, on_alarm, 0);
	handle(SIGUSR2, on_usr2, SA_ONSTACK);
	handle(SIGSEGV, on_fault, 0);
	sigemptyset(&set);
	sigaddset(&set, WAITED);
	sigaddset(&set, READ_);
	REQUIRE(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	nothing = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0);
	REQUIRE(nothing != MAP_FAILED);
	return storm_run(list, sizeof(list) / sizeof(*list), after);
}
