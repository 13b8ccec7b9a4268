/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers that send signals, sleeps that signals end, CPU-time clocks.  Runs on
 * Linux, too.  Nothing here depends on how fast the machine is: a thing may
 * take longer than asked for, never shorter.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
#include "sigtest.h"

#define MS 1000000LL

static volatile int got, value, code, overrun;
static volatile unsigned long spins;
static sigjmp_buf jump;
static volatile pthread_t who;

static long long
now(clockid_t clk)
{
	struct timespec ts;

	CHECK_EQ(clock_gettime(clk, &ts), 0);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void
count(int sig, siginfo_t *si, void *uc)
{

	(void)sig, (void)uc;
	got++;
	value = si->si_value.sival_int;
	code = si->si_code;
	overrun += si->si_overrun;
	who = pthread_self();
}

static void
leave(int sig, siginfo_t *si, void *uc)
{

	(void)sig, (void)si, (void)uc;
	siglongjmp(jump, 1);
}

static void
test_alarm(void)
{
	long long t = now(CLOCK_MONOTONIC);
	unsigned left;

	on(SIGALRM, leave, 0);
	CHECK_EQ(alarm(0), 0);
	CHECK_EQ(alarm(1000), 0);
	if (sigsetjmp(jump, 1) == 0) {
		left = alarm(1);
		CHECK(left == 1000 || (left < 1000 &&
		    now(CLOCK_MONOTONIC) - t >= (999 - left) * 1000 * MS +
		    500 * MS));
		for (;;)
			spins++;
	}
	CHECK(now(CLOCK_MONOTONIC) - t >= 990 * MS);
	CHECK_EQ(alarm(0), 0);
}

static void
test_itimer(void)
{
	struct itimerval it = { { 0, 2000 }, { 0, 5000 } }, old, off;
	long long t = now(CLOCK_MONOTONIC);

	memset(&off, 0, sizeof(off));
	on(SIGALRM, count, 0);
	got = 0;
	CHECK_EQ(setitimer(ITIMER_REAL, &it, NULL), 0);
	CHECK_EQ(getitimer(ITIMER_REAL, &old), 0);
	CHECK_EQ(old.it_interval.tv_usec, 2000);
	CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_usec <= 5000);
	while (got < 10)
		spins++;
	CHECK(now(CLOCK_MONOTONIC) - t >= (5 + 9 * 2) * MS);
	CHECK_EQ(setitimer(ITIMER_REAL, &off, &old), 0);
	CHECK_EQ(old.it_interval.tv_usec, 2000);
	CHECK_EQ(getitimer(ITIMER_REAL, &old), 0);
	CHECK_EQ(old.it_value.tv_usec, 0);
	it.it_value.tv_usec = 1000000;
	CHECK_EQ(setitimer(ITIMER_REAL, &it, NULL), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(setitimer(7, &off, NULL), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(getitimer(7, &old), -1);
	CHECK_EQ(errno, EINVAL);
}

/* They count what the process uses, not what passes. */
static void
test_cpuitimer(int which, int sig)
{
	struct itimerval it = { { 0, 0 }, { 0, 50000 } }, left;
	long long cpu = 0;
	int i;

	on(sig, count, 0);
	/* A host that stops us for long may have that counted. */
	for (i = 0, got = 1; i < 10 && got != 0; i++) {
		got = 0;
		cpu = now(CLOCK_PROCESS_CPUTIME_ID);
		CHECK_EQ(setitimer(which, &it, NULL), 0);
		usleep(100000);
		CHECK_EQ(getitimer(which, &left), 0);
		CHECK(left.it_value.tv_usec > 0 || got != 0);
	}
	CHECK_EQ(got, 0);
	while (got == 0)
		spins++;
	/* Of user time Linux tells the parts by ticks. */
	CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - cpu >= 30 * MS);
	CHECK_EQ(getitimer(which, &left), 0);
	CHECK_EQ(left.it_value.tv_usec, 0);
	CHECK_EQ(left.it_value.tv_sec, 0);
}

static timer_t
mktimer(clockid_t clk, int notify, int sig, int val)
{
	struct sigevent sev;
	timer_t t = 0;

	memset(&sev, 0, sizeof(sev));
	sev.sigev_notify = notify;
	sev.sigev_signo = sig;
	sev.sigev_value.sival_int = val;
	CHECK_EQ(timer_create(clk, &sev, &t), 0);
	return t;
}

static void
arm(timer_t t, int flags, long long ns, long long interval)
{
	struct itimerspec it = { { interval / 1000000000,
	    interval % 1000000000 }, { ns / 1000000000, ns % 1000000000 } };

	CHECK_EQ(timer_settime(t, flags, &it, NULL), 0);
}

static void
test_timer(clockid_t clk)
{
	struct itimerspec it;
	timer_t t = mktimer(clk, SIGEV_SIGNAL, SIGRTMIN + 1, 77);
	long long begin = now(clk);

	on(SIGRTMIN + 1, count, 0);
	got = 0;
	CHECK_EQ(timer_gettime(t, &it), 0);
	CHECK_EQ(it.it_value.tv_nsec, 0);
	arm(t, 0, 20 * MS, 0);
	while (got == 0)
		spins++;
	CHECK(now(clk) - begin >= 20 * MS);
	CHECK_EQ(value, 77);
	CHECK_EQ(code, SI_TIMER);
	CHECK_EQ(timer_gettime(t, &it), 0);
	CHECK_EQ(it.it_value.tv_nsec, 0);
	/* Absolute, periodic. */
	begin = now(clk);
	got = 0;
	arm(t, TIMER_ABSTIME, begin + 10 * MS, 3 * MS);
	while (got < 5)
		spins++;
	CHECK(now(clk) - begin >= (10 + 4 * 3) * MS);
	CHECK_EQ(timer_gettime(t, &it), 0);
	CHECK_EQ(it.it_interval.tv_nsec, 3 * MS);
	CHECK(it.it_value.tv_nsec > 0 && it.it_value.tv_nsec <= 3 * MS);
	arm(t, 0, 0, 0);
	CHECK_EQ(timer_gettime(t, &it), 0);
	CHECK_EQ(it.it_value.tv_nsec, 0);
	/* A time that has passed expires at once. */
	got = 0;
	arm(t, TIMER_ABSTIME, 1, 0);
	while (got == 0)
		spins++;
	CHECK_EQ(timer_delete(t), 0);
}

static void
test_overrun(void)
{
	timer_t t = mktimer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 1, 5);
	struct timespec ts = { 1, 0 };
	sigset_t set;
	siginfo_t si;
	int n;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	arm(t, 0, 1 * MS, 1 * MS);
	usleep(50000);
	/* One signal, however often it expired. */
	CHECK_EQ(sigtimedwait(&set, &si, &ts), SIGRTMIN + 1);
	n = si.si_overrun;
	CHECK(n >= 30);
	CHECK_EQ(si.si_code, SI_TIMER);
	CHECK_EQ(si.si_value.sival_int, 5);
	CHECK_EQ(timer_getoverrun(t), n);
	/* And it goes on. */
	CHECK_EQ(sigtimedwait(&set, &si, &ts), SIGRTMIN + 1);
	CHECK_EQ(timer_delete(t), 0);
	ts.tv_sec = 0;
	/* What a deleted timer had sent is gone, or was taken before. */
	while (sigtimedwait(&set, &si, &ts) > 0)
		continue;
	usleep(5000);
	CHECK_EQ(sigtimedwait(&set, &si, &ts), -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
}

static volatile int fired;

static void
notify(union sigval sv)
{

	fired += sv.sival_int;
}

static volatile int stop;

static void *
spinner(void *arg)
{

	*(volatile int *)arg = (int)syscall(SYS_gettid);
	while (!stop)
		spins++;
	return NULL;
}

static void
test_notify(void)
{
	struct itimerspec it;
	struct sigevent sev;
	volatile int tid = 0;
	pthread_t th;
	timer_t t;

	/* None: only to be asked. */
	t = mktimer(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);
	arm(t, 0, 100000 * MS, 0);
	CHECK_EQ(timer_gettime(t, &it), 0);
	CHECK(it.it_value.tv_sec > 0);
	arm(t, 0, 5 * MS, 0);
	usleep(10000);
	CHECK_EQ(timer_gettime(t, &it), 0);
	CHECK_EQ(it.it_value.tv_nsec, 0);
	CHECK_EQ(timer_delete(t), 0);
	/* A thread. */
	memset(&sev, 0, sizeof(sev));
	sev.sigev_notify = SIGEV_THREAD;
	sev.sigev_notify_function = notify;
	sev.sigev_value.sival_int = 3;
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &sev, &t), 0);
	arm(t, 0, 1 * MS, 0);
	while (fired == 0)
		usleep(1000);
	CHECK_EQ(fired, 3);
	CHECK_EQ(timer_delete(t), 0);
	/* One thread among others. */
	stop = 0;
	CHECK_EQ(pthread_create(&th, NULL, spinner, (void *)&tid), 0);
	while (tid == 0)
		usleep(1000);
	memset(&sev, 0, sizeof(sev));
	sev.sigev_notify = SIGEV_THREAD_ID;
	sev.sigev_signo = SIGRTMIN + 1;
	*((int *)&sev.sigev_notify + 1) = tid;	/* sigev_notify_thread_id */
	got = 0;
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &sev, &t), 0);
	arm(t, 0, 1 * MS, 0);
	while (got == 0)
		usleep(1000);
	CHECK(pthread_equal(who, th));
	stop = 1;
	pthread_join(th, NULL);
	CHECK_EQ(timer_delete(t), 0);
	*((int *)&sev.sigev_notify + 1) = NO_PID;
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &sev, &t), -1);
	CHECK_EQ(errno, EINVAL);
}

static void
test_timererrors(void)
{
	struct itimerspec it = { { 0, 0 }, { 0, 1000000000 } };
	timer_t t = mktimer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0);
	struct sigevent sev;
	timer_t many[40];
	int i;

	CHECK_EQ(timer_settime(t, 0, &it, NULL), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(timer_delete(t), 0);
	CHECK_EQ(syscall(SYS_timer_delete, 12345), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_timer_gettime, -1, &it), -1);
	CHECK_EQ(errno, EINVAL);
	memset(&sev, 0, sizeof(sev));
	sev.sigev_signo = 65;
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &sev, &t), -1);
	CHECK_EQ(errno, EINVAL);
	sev.sigev_signo = SIGUSR1;
	CHECK_EQ(timer_create(77, &sev, &t), -1);
	CHECK_EQ(errno, EINVAL);
	for (i = 0; i < 40; i++)
		many[i] = mktimer(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1, i);
	for (i = 0; i < 40; i++)
		CHECK_EQ(timer_delete(many[i]), 0);
}

static volatile int asked;

static void *
burn(void *arg)
{
	long long *ns = arg, t = now(CLOCK_THREAD_CPUTIME_ID);

	while (now(CLOCK_THREAD_CPUTIME_ID) - t < 30 * MS)
		spins++;
	*ns = now(CLOCK_THREAD_CPUTIME_ID);
	while (!asked)			/* its clock ends with it */
		usleep(1000);
	return NULL;
}

/* The process has what its threads use, a thread what it uses itself. */
static int
apart(void)
{
	long long p = now(CLOCK_PROCESS_CPUTIME_ID), ns = 0;
	long long t = now(CLOCK_THREAD_CPUTIME_ID);
	clockid_t clk;
	pthread_t th;

	asked = 0;
	CHECK_EQ(pthread_create(&th, NULL, burn, &ns), 0);
	CHECK_EQ(pthread_getcpuclockid(th, &clk), 0);
	CHECK(now(clk) >= 0);
	asked = 1;
	pthread_join(th, NULL);
	CHECK(ns >= 30 * MS);
	CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - p >= 30 * MS);
	return now(CLOCK_THREAD_CPUTIME_ID) - t < 30 * MS;
}

/* A sleep costs little. */
static int
idle(void)
{
	long long p = now(CLOCK_PROCESS_CPUTIME_ID);
	long long t = now(CLOCK_THREAD_CPUTIME_ID);

	usleep(100000);
	return now(CLOCK_PROCESS_CPUTIME_ID) - p < 90 * MS &&
	    now(CLOCK_THREAD_CPUTIME_ID) - t < 90 * MS;
}

static void
test_cputime(void)
{
	struct timespec ts;
	long long p, t;
	struct rusage ru;
	struct tms tms;
	clockid_t clk;
	clock_t c;
	int i;

	p = now(CLOCK_PROCESS_CPUTIME_ID);
	t = now(CLOCK_THREAD_CPUTIME_ID);
	while (now(CLOCK_THREAD_CPUTIME_ID) - t < 20 * MS)
		spins++;
	CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - p >= 20 * MS);
	/* A host that stops us may have that counted: not every time. */
	for (i = 0; i < 10 && !idle(); i++)
		continue;
	CHECK(i < 10);
	for (i = 0; i < 10 && !apart(); i++)
		continue;
	CHECK(i < 10);
	CHECK_EQ(clock_getcpuclockid(0, &clk), 0);
	CHECK(now(clk) >= p);
	CHECK_EQ(getrusage(RUSAGE_SELF, &ru), 0);
	CHECK(ru.ru_utime.tv_sec * 1000000LL + ru.ru_utime.tv_usec +
	    ru.ru_stime.tv_sec * 1000000LL + ru.ru_stime.tv_usec >= 40000);
	CHECK_EQ(getrusage(RUSAGE_CHILDREN, &ru), 0);
	CHECK_EQ(ru.ru_utime.tv_sec, 0);
	CHECK(times(&tms) != (clock_t)-1);
	CHECK(tms.tms_utime + tms.tms_stime >= 3);
	c = clock();
	CHECK(c >= 40000);
	CHECK_EQ(clock_getres(CLOCK_PROCESS_CPUTIME_ID, &ts), 0);
}

static volatile int slept, left_ms, sleep_error;

static void *
sleeper(void *arg)
{
	struct timespec ts = { 30, 0 }, rem = { -1, 0 };

	(void)arg;
	slept = 1;
	sleep_error = nanosleep(&ts, &rem) == 0 ? 0 : errno;
	left_ms = (int)(rem.tv_sec * 1000 + rem.tv_nsec / 1000000);
	slept = 2;
	return NULL;
}

static void
test_sleep(void)
{
	struct timespec ts = { 0, 0 };
	pthread_t th;
	int i;

	on(SIGUSR1, count, SA_RESTART);
	slept = 0;
	CHECK_EQ(pthread_create(&th, NULL, sleeper, NULL), 0);
	while (slept == 0)
		usleep(1000);
	for (i = 0; slept == 1; i++) {
		pthread_kill(th, SIGUSR1);
		usleep(2000 + i * 100);
	}
	pthread_join(th, NULL);
	CHECK_EQ(sleep_error, EINTR);
	CHECK(left_ms > 0 && left_ms <= 30000);
	ts.tv_nsec = -1;
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL), EINVAL);
	ts.tv_nsec = 0;
	CHECK_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL),
	    EINVAL);
	CHECK_EQ(clock_nanosleep(99, 0, &ts, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL), 0);
	/* sleep() tells what was left; too little when we are stopped. */
	on(SIGALRM, count, 0);
	for (i = 0, left_ms = 0; i < 5 && left_ms < 8; i++) {
		alarm(1);
		left_ms = (int)sleep(10);
	}
	CHECK(left_ms == 8 || left_ms == 9);
}

int
main(void)
{

	test_alarm();
	test_itimer();
	test_cpuitimer(ITIMER_VIRTUAL, SIGVTALRM);
	test_cpuitimer(ITIMER_PROF, SIGPROF);
	test_timer(CLOCK_MONOTONIC);
	test_timer(CLOCK_REALTIME);
	test_timer(CLOCK_PROCESS_CPUTIME_ID);
	test_timer(CLOCK_THREAD_CPUTIME_ID);
	test_overrun();
	test_notify();
	test_timererrors();
	test_cputime();
	test_sleep();
	return check_done();
}
