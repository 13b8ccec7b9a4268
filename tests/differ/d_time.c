/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clocks, sleeps, timers and what a timer's signal interrupts.  Times are far
 * away, long past, or waited for.  Left out: setting the clock (Linux's is the
 * host's), timers' numbers and limits, resolutions of coarse clocks (the
 * kernel's HZ), alarm clocks (the host has none), what is pending of a timer
 * that was set anew.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <time.h>

#include "differ.h"

#define BAD	((void *)0x1000)
#define NTIMER	4
#define FAR	(1L << 28)	/* beyond 8 years is as good as never */
#define WORD	((size_t)8)

static long
k(long n, long a, long b, long c, long d, long e)
{
	return RES(syscall(n, a, b, c, d, e, 0));
}
#define K(n, a, b, c, d, e)						\
	k(SYS_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

struct event {			/* sigevent of the system call */
	uint64_t value;
	int sig, notify, tid, pad[11];
};

static int timers[NTIMER];		/* -1: none */
static int clocks[NTIMER];
static int ran, towrite, pfd[2];

static int
anyclock(void)
{
	int pid = ONE_OF(int, getpid(), 99999, 0, 1 << 28);

	if (once_in(4))
		return (int)(~(unsigned)pid << 3 | below(8));
	return once_in(8) ? ONE_OF(int, 10, 12, 16, 20, 1000) :
	    ONE_OF(int, 0, 1, 2, 3, 4, 5, 6, 7, 11);
}

static const char *
name(int clk)
{
	static char s[32];

	if (clk >= 0)
		snprintf(s, sizeof(s), "%d", clk);
	else
		snprintf(s, sizeof(s), "%s.%d", ~(clk >> 3) == getpid() ?
		    "own" : ~(clk >> 3) == 0 ? "0" : "bad", clk & 7);
	return s;
}

/* Clocks of CPU time that may be 0 until there was a tick. */
static int
ticks(int clk)
{
	return clk < -1 && (clk & 3) != 2;
}

static struct timespec
anytime(int far)
{
	struct timespec ts = { 0, 0 };

	if (far)
		ts.tv_sec = ONE_OF(long, 1000000, 5000000, 1L << 40,
		    INT64_MAX, INT64_MAX / 1000000000);
	if (once_in(8))
		ts.tv_nsec = ONE_OF(long, -1, 1000000000, INT64_MAX,
		    INT64_MIN);
	else
		ts.tv_nsec = ONE_OF(long, 0, 1, 999999999);
	if (once_in(16))
		ts.tv_sec = ONE_OF(long, -1, INT64_MIN);
	return ts;
}

/* What is left, a second exact; rest: ns or us. */
static long
up(long sec, long rest, long unit)
{
	return sec + (rest >= unit / 2);
}
#define UP_TV(tv)	up((tv).tv_sec, (tv).tv_usec, 1000000)
#define UP_TS(ts)	up((ts).tv_sec, (ts).tv_nsec, 1000000000)

static void
do_clock(void)
{
	struct timespec ts = { -1, -1 };
	int clk = anyclock();
	void *p = once_in(8) ? BAD : &ts;
	long r;

	switch (below(4)) {
	case 0: case 1:
		r = K(clock_gettime, clk, p, 0, 0, 0);
		say("gettime %s %s %ld %d", name(clk), p == BAD ? "bad" : "",
		    r, ts.tv_sec >= 0 && ts.tv_nsec >= 0 &&
		    ts.tv_nsec < 1000000000);
		break;
	case 2:
		p = once_in(8) ? NULL : p;
		r = K(clock_getres, clk, p, 0, 0, 0);
		if (clk == 5 || clk == 6 || ticks(clk))
			ts.tv_nsec = 0;
		say("getres %s %s %ld %ld %ld", name(clk), p == BAD ? "bad" :
		    "", r, ts.tv_sec, ts.tv_nsec);
		break;
	case 3:
		ts.tv_sec = 1;
		ts.tv_nsec = ONE_OF(long, -1, 1000000000, 0);
		if (clk == CLOCK_REALTIME && ts.tv_nsec == 0)
			ts.tv_nsec = -1;
		say("settime %s %s %ld %ld", name(clk), p == BAD ? "bad" : "",
		    ts.tv_nsec, K(clock_settime, clk, p, 0, 0, 0));
	}
}

static void
do_sleep(void)
{
	struct timespec ts = anytime(0), rem = { 7, 7 };
	int clk = anyclock(), flags = ONE_OF(int, 0, TIMER_ABSTIME, 2, -1);
	void *p = once_in(8) ? BAD : &ts, *q = once_in(3) ? NULL :
	    once_in(2) ? BAD : &rem;

	if (ts.tv_nsec == 999999999)
		ts.tv_nsec = 1;
	if (ticks(clk) && ts.tv_nsec == 1)
		ts.tv_nsec = 0;
	if (clk < 0 && (clk & 7) == 3)
		clk = CLOCK_BOOTTIME;
	/* CPU time does not pass for who sleeps. */
	if (clk < 0 || clk == 2 || clk == 3)
		flags = TIMER_ABSTIME;
	if (once_in(2))
		say("nanosleep %s %ld %ld: %ld %ld", p == BAD ? "bad" : "",
		    ts.tv_sec, ts.tv_nsec, K(nanosleep, p, q, 0, 0, 0),
		    rem.tv_sec);
	else
		say("sleep %s %d %s %ld %ld: %ld %ld", name(clk), flags,
		    p == BAD ? "bad" : "", ts.tv_sec, ts.tv_nsec,
		    K(clock_nanosleep, clk, flags, p, q, 0), rem.tv_sec);
}

static void
do_itimer(void)
{
	struct itimerval new, old;
	int which = once_in(8) ? ONE_OF(int, -1, 3) : (int)below(3);
	void *p = once_in(8) ? BAD : &new, *q = once_in(8) ? BAD : &old;
	long r;

	memset(&old, 0, sizeof(old));
	new.it_value.tv_sec = ONE_OF(long, 0, 1000000, 5000000, 1L << 30);
	new.it_value.tv_usec = once_in(8) ? ONE_OF(long, -1, 1000000) :
	    ONE_OF(long, 0, 999999);
	if (new.it_value.tv_sec == 0)
		new.it_value.tv_usec = 0;
	new.it_interval.tv_sec = ONE_OF(long, 0, 100, 1L << 30);
	new.it_interval.tv_usec = once_in(8) ? ONE_OF(long, -1, 1000000) :
	    ONE_OF(long, 0, 5);
	if (once_in(4) && new.it_value.tv_usec >= 0)
		new.it_value.tv_sec = new.it_value.tv_usec = 0;
	/* Of some timers Linux keeps the interval. */
	if (new.it_value.tv_sec == 0 && new.it_value.tv_usec == 0)
		new.it_interval = new.it_value;
	if (once_in(2)) {
		r = K(getitimer, which, q, 0, 0, 0);
		say("getitimer %d %s %ld", which, q == BAD ? "bad" : "", r);
	} else {
		if (once_in(10))
			p = NULL;
		r = K(setitimer, which, p, once_in(8) ? NULL : q, 0, 0);
		say("setitimer %d %s %ld %ld %ld %ld: %ld", which, p == BAD ?
		    "bad" : p == NULL ? "null" : "", new.it_value.tv_sec,
		    new.it_value.tv_usec, new.it_interval.tv_sec,
		    new.it_interval.tv_usec, r);
	}
	say(" was %ld %ld %ld", old.it_value.tv_sec > FAR ? FAR :
	    UP_TV(old.it_value),
	    old.it_interval.tv_sec, (long)old.it_interval.tv_usec);
}

static void
do_alarm(void)
{
	unsigned s = ONE_OF(unsigned, 0, 1000, 100000, INT32_MAX, 1U << 30);
	long r = K(alarm, s, 0, 0, 0, 0);

	say("alarm %u %ld", s, r > FAR ? FAR : r);
}

/* Takes what a timer sent; others' signals wait. */
static void
take(const char *what, uint64_t set, long sec)
{
	struct timespec ts = { sec, 0 };
	siginfo_t si;
	long r;

	memset(&si, 0, sizeof(si));
	r = K(rt_sigtimedwait, &set, &si, &ts, WORD, 0);
	say(" %s %ld code %d errno %d", what, r, si.si_code, si.si_errno);
	if (r > 0 && si.si_code == SI_TIMER)
		say("  overrun %d value %lx", si.si_overrun,
		    (unsigned long)si.si_value.sival_ptr);
}

static uint64_t
bit(int sig)
{
	return 1UL << (sig - 1);
}

static void
do_create(void)
{
	struct event ev;
	int n = below(NTIMER), clk = anyclock(), bad = below(20);
	long r;

	if (timers[n] >= 0) {
		say("delete %d %ld", n, K(timer_delete, timers[n], 0, 0, 0,
		    0));
		timers[n] = -1;
		return;
	}
	/* Which error comes first is nobody's business. */
	if (bad < 2)
		clk = CLOCK_MONOTONIC;
	memset(&ev, 0, sizeof(ev));
	ev.value = rnd64();
	ev.sig = once_in(8) ? ONE_OF(int, 0, 65, -1) : 35 + n;
	ev.notify = ONE_OF(int, SIGEV_SIGNAL, SIGEV_SIGNAL, SIGEV_NONE,
	    SIGEV_THREAD, 4, 4, 5, 77);
	ev.tid = once_in(4) ? ONE_OF(int, 0, 99999, -1) : (int)syscall(
	    SYS_gettid);
	r = K(timer_create, clk, bad == 0 ? BAD : &ev, bad == 1 ? BAD :
	    &timers[n], 0, 0);
	say("create %d clock %s sig %d notify %d bad %d: %ld", n, name(clk),
	    ev.sig, ev.notify, bad < 2 ? bad : 2, r);
	clocks[n] = r == 0 && ev.notify != SIGEV_NONE ? clk : -1;
	if (r != 0)
		timers[n] = -1;
}

static void
do_set(void)
{
	int n = below(NTIMER), flags = ONE_OF(int, 0, TIMER_ABSTIME, 2),
	    bad = below(20), id = once_in(12) ? ONE_OF(int, -1, 9999, 1 << 30)
	    : timers[n];
	struct itimerspec new, old;
	int past;
	long r;

	if (id == -1 && timers[n] >= 0)
		flags = 0;
	memset(&old, 0, sizeof(old));
	past = flags == TIMER_ABSTIME && id == timers[n] &&
	    !ticks(clocks[n]) && once_in(2);
	new.it_value = anytime(!past);
	new.it_interval = anytime(1);
	if (new.it_interval.tv_sec > 5000000)
		new.it_interval.tv_sec = 1L << 30;
	if (past) {
		new.it_value.tv_sec = 0;
		new.it_value.tv_nsec = 1;
		/* Nothing else is passed over. */
		new.it_interval.tv_sec = ONE_OF(long, 0, 2200000000);
		new.it_interval.tv_nsec = 0;
		bad = 3;
	} else if (once_in(6)) {
		new.it_value.tv_sec = new.it_value.tv_nsec = 0;
	}
	/* Of one that tells nobody Linux says that it runs on. */
	if (clocks[n] == -1 && new.it_value.tv_sec == 0 &&
	    new.it_value.tv_nsec == 0)
		new.it_value.tv_nsec = -1;
	/* Clocks of CPU time keep an interval. */
	if (new.it_value.tv_sec == 0 && new.it_value.tv_nsec == 0)
		new.it_interval = new.it_value;
	/* Absolute and far: never. */
	if (flags == TIMER_ABSTIME && !past && new.it_value.tv_sec > 0)
		new.it_value.tv_sec = INT64_MAX;
	r = K(timer_settime, id, flags, bad == 0 ? BAD : bad == 1 ? NULL :
	    &new, bad == 2 ? BAD : &old, 0);
	say("set %d %d flags %d past %d %ld %ld %ld %ld bad %d: %ld", n,
	    id == timers[n] && id >= 0, flags, past, new.it_value.tv_sec,
	    new.it_value.tv_nsec, new.it_interval.tv_sec,
	    new.it_interval.tv_nsec, bad < 3 ? bad : 3, r);
	if (old.it_value.tv_sec < FAR)
		say(" was %ld %ld %ld", UP_TS(old.it_value),
		    old.it_interval.tv_sec, old.it_interval.tv_nsec);
	else
		say(" was far");
	if (past && r == 0 && clocks[n] != -1)
		take("fired", bit(35 + n), 1000);
}

static void
do_get(void)
{
	int n = below(NTIMER), id = once_in(12) ? ONE_OF(int, -1, 9999) :
	    timers[n];
	struct itimerspec old;
	void *p = once_in(12) ? BAD : &old;
	long r;

	memset(&old, 0, sizeof(old));
	if (once_in(3)) {
		say("overrun %d %ld", n, K(timer_getoverrun, id, 0, 0, 0, 0));
		return;
	}
	r = K(timer_gettime, id, p, 0, 0, 0);
	say("get %d %s %ld", n, p == BAD ? "bad" : "", r);
	if (old.it_value.tv_sec < FAR)
		say(" is %ld %ld %ld", UP_TS(old.it_value),
		    old.it_interval.tv_sec, old.it_interval.tv_nsec);
	else
		say(" is far");
}

static void
handler(int sig)
{
	(void)sig;
	ran++;
	if (towrite && write(pfd[1], "x", 1) != 1)
		ran = -1;
}

static void
settimer(long usec)
{
	/* Again and again: the first may come before the call. */
	struct itimerval it = { { 0, usec }, { 0, usec } };

	setitimer(ITIMER_REAL, &it, NULL);
}

/* A call that waits, and a signal that comes meanwhile. */
static void
do_interrupt(void)
{
	struct timespec ts = { 100000, 0 }, rem = { 0, 0 };
	struct timeval tv = { 100000, 0 };
	struct sigaction sa, old;
	struct pollfd p;
	struct epoll_event ev;
	sigset_t set, was;
	uint64_t other = bit(50);
	unsigned futex = 1;
	char c;
	fd_set fds;
	int call = below(12), ep, restart = below(2);
	long r = 0;

	if (pipe(pfd) != 0)
		return;
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = handler;
	sa.sa_flags = restart ? SA_RESTART : 0;
	sigaction(SIGALRM, &sa, &old);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, &was);
	ran = 0;
	/* Made again it finds what the handler wrote. */
	towrite = call == 0 && restart;
	settimer(1000);
	switch (call) {
	case 0:
		r = RES(read(pfd[0], &c, 1));
		break;
	case 1:
		r = K(nanosleep, &ts, &rem, 0, 0, 0);
		break;
	case 2:
		r = K(clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, &rem, 0);
		break;
	case 3:
		ts.tv_sec = 1L << 40;
		r = K(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &ts,
		    &rem, 0);
		break;
	case 4:
		p.fd = pfd[0];
		p.events = POLLIN;
		r = K(poll, &p, 1, 100000000, 0, 0);
		break;
	case 5:
		FD_ZERO(&fds);
		FD_SET(pfd[0], &fds);
		r = RES(syscall(SYS_select, pfd[0] + 1, &fds, NULL, NULL,
		    &tv));
		rem.tv_sec = UP_TV(tv);
		break;
	case 6:
		ep = epoll_create1(0);
		r = K(epoll_wait, ep, &ev, 1, 100000000, 0);
		close(ep);
		break;
	case 7:
		r = K(pause, 0, 0, 0, 0, 0);
		break;
	case 8:
		r = K(rt_sigtimedwait, &other, NULL, &ts, WORD, 0);
		break;
	case 9:
		r = K(futex, &futex, 0, 1, &ts, 0);
		break;
	case 10:
		p.fd = pfd[0];
		p.events = POLLIN;
		r = K(ppoll, &p, 1, &ts, NULL, 0);
		rem.tv_sec = UP_TS(ts);
		break;
	case 11:
		r = RES(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &ts,
		    NULL));
		rem.tv_sec = UP_TS(ts);
	}
	towrite = 0;
	settimer(0);
	sigprocmask(SIG_SETMASK, &was, NULL);
	say("interrupt %d restart %d: %ld ran %d left %ld", call, restart, r,
	    ran > 0, UP_TS(rem));
	sigaction(SIGALRM, &old, NULL);
	close(pfd[0]);
	close(pfd[1]);
}

static void
do_bad(void)
{
	struct timeval tv = { 0, ONE_OF(long, -1, 1000000) };
	struct rusage ru;
	struct tms tms;
	struct timex tx;
	int who = ONE_OF(int, -2, -1, 0, 1, 2);
	long r;

	switch (below(7)) {
	case 0:
		say("times %d %ld", K(times, &tms, 0, 0, 0, 0) >= 0,
		    K(times, BAD, 0, 0, 0, 0));
		break;
	case 1:
		say("getrusage %d %ld %ld", who, K(getrusage, who, &ru, 0, 0,
		    0), K(getrusage, who, BAD, 0, 0, 0));
		break;
	case 2:
		say("settimeofday %ld %ld", K(settimeofday, &tv, 0, 0, 0, 0),
		    K(settimeofday, BAD, 0, 0, 0, 0));
		break;
	case 3:
		say("gettimeofday %ld %ld %ld %ld", K(gettimeofday, 0, 0, 0,
		    0, 0), K(gettimeofday, BAD, 0, 0, 0, 0),
		    K(gettimeofday, &tv, BAD, 0, 0, 0), K(time, BAD, 0, 0, 0,
		    0));
		break;
	case 4:
		memset(&tx, 0, sizeof(tx));
		r = K(adjtimex, once_in(2) ? &tx : BAD, 0, 0, 0, 0);
		say("adjtimex %ld tick %ld tolerance %ld", r < 0 ? r : 0,
		    tx.tick, tx.tolerance);
		break;
	case 5:
		memset(&tx, 0, sizeof(tx));
		tx.modes = ADJ_TICK;
		tx.tick = ONE_OF(long, 0, 1, 8999, 11001, -1);
		say("adjtick %ld", K(adjtimex, &tx, 0, 0, 0, 0));
		break;
	case 6:
		memset(&tx, 0, sizeof(tx));
		who = anyclock();
		if (who != CLOCK_REALTIME)
			say("adjtime %s %ld", name(who), K(clock_adjtime, who,
			    &tx, 0, 0, 0));
	}
}

void
differ_step(void)
{
	switch (below(16)) {
	case 0: case 1: case 2:
		do_clock();
		break;
	case 3: case 4:
		do_sleep();
		break;
	case 5: case 6:
		do_itimer();
		break;
	case 7:
		do_alarm();
		break;
	case 8: case 9:
		do_create();
		break;
	case 10: case 11:
		do_set();
		break;
	case 12: case 13:
		do_get();
		break;
	case 14:
		if (once_in(8))
			do_interrupt();
		else
			take("nothing", bit(35) | bit(36) | bit(37) | bit(38),
			    0);
		break;
	case 15:
		do_bad();
	}
}

void
differ_begin(void)
{
	sigset_t set;
	int i;

	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	for (i = 0; i < NTIMER; i++)
		timers[i] = clocks[i] = -1;
}

void
differ_end(void)
{
	struct itimerval it = { { 0, 0 }, { 0, 0 } };
	int i;

	for (i = 0; i < 3; i++)
		setitimer(i, &it, NULL);
	for (i = 0; i < NTIMER; i++)
		if (timers[i] >= 0)
			K(timer_delete, timers[i], 0, 0, 0, 0);
	take("end", ~0UL, 0);
}
