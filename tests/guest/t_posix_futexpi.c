/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * futex(2) with an owner: FUTEX_LOCK_PI2, and condition variables whose
 * waiters are moved to the mutex (FUTEX_WAIT_REQUEUE_PI, _CMP_REQUEUE_PI).
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2	13
#endif
#define NWAIT	3
#define PRIV	FUTEX_PRIVATE_FLAG

static uint32_t cond, mutex;
static volatile int handled, moved;

static uint32_t
mytid(void)
{

	return (uint32_t)syscall(SYS_gettid);
}

static long
wait_cond(const struct timespec *ts)
{

	return syscall(SYS_futex, &cond, FUTEX_WAIT_REQUEUE_PI | PRIV, 0, ts,
	    &mutex, 0);
}

/* To own mutex: one, and n more wait for it. */
static long
move(int n)
{

	return syscall(SYS_futex, &cond, FUTEX_CMP_REQUEUE_PI | PRIV, 1,
	    (void *)(long)n, &mutex, 0);
}

static long
lock(int op, const struct timespec *ts)
{

	return syscall(SYS_futex, &mutex, op | PRIV, 0, ts, NULL, 0);
}

static struct timespec
soon(clockid_t clk)
{
	struct timespec ts;

	clock_gettime(clk, &ts);
	ts.tv_nsec += 20000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	return ts;
}

static void
test_errors(void)
{
	static uint32_t odd[2];
	struct timespec past = { 0, 1 };

	cond = 1;
	FAILS(wait_cond(NULL), EAGAIN);
	cond = 0;
	FAILS(wait_cond(&past), ETIMEDOUT);
	past.tv_nsec = -1;
	FAILS(wait_cond(&past), EINVAL);
	FAILS(syscall(SYS_futex, &cond, FUTEX_WAIT_REQUEUE_PI | PRIV, 0, NULL,
	    &cond, 0), EINVAL);
	FAILS(syscall(SYS_futex, &cond, FUTEX_WAIT_REQUEUE_PI | PRIV, 0, NULL,
	    (char *)odd + 1, 0), EINVAL);
	FAILS(syscall(SYS_futex, &cond, FUTEX_CMP_REQUEUE_PI | PRIV, 2, NULL,
	    &mutex, 0), EINVAL);
	FAILS(syscall(SYS_futex, &cond, FUTEX_CMP_REQUEUE_PI | PRIV, 1, NULL,
	    &cond, 0), EINVAL);
	FAILS(syscall(SYS_futex, &cond, FUTEX_CMP_REQUEUE_PI | PRIV, 1, NULL,
	    &mutex, 5), EAGAIN);
	CHECK_EQ(move(9), 0);
	CHECK_EQ(mutex, 0);
}

static void *
late(void *arg)
{
	struct timespec ts = soon(CLOCK_MONOTONIC);

	(void)arg;
	FAILS(lock(FUTEX_LOCK_PI2, &ts), ETIMEDOUT);
	ts = soon(CLOCK_REALTIME);
	FAILS(lock(FUTEX_LOCK_PI2 | FUTEX_CLOCK_REALTIME, &ts), ETIMEDOUT);
	do {
		ts = soon(CLOCK_MONOTONIC);
		FAILS(wait_cond(&ts), ETIMEDOUT);
	} while (!moved);
	return NULL;
}

/* Its last wait ends when it waits for the mutex. */
static void
test_late(void)
{
	pthread_t t;

	CHECK_EQ(lock(FUTEX_LOCK_PI2, NULL), 0);
	CHECK_EQ(mutex, mytid());
	CHECK_EQ(pthread_create(&t, NULL, late, NULL), 0);
	while (move(9) == 0)
		usleep(1000);
	moved = 1;
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(lock(FUTEX_UNLOCK_PI, NULL), 0);
	CHECK_EQ(mutex, 0);
}

static void *
owner(void *arg)
{
	int *count = arg;

	CHECK_EQ(wait_cond(NULL), 0);
	CHECK_EQ(mutex & FUTEX_TID_MASK, mytid());
	(*count)++;
	CHECK_EQ(lock(FUTEX_UNLOCK_PI, NULL), 0);
	return NULL;
}

static void
test_broadcast(void)
{
	pthread_t t[NWAIT];
	int count = 0, i;
	long n, all = 0;

	CHECK_EQ(lock(FUTEX_LOCK_PI, NULL), 0);
	for (i = 0; i < NWAIT; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, owner, &count), 0);
	while (all < NWAIT) {
		n = move(NWAIT);
		CHECK(n >= 0);
		all += n;
		usleep(1000);
	}
	CHECK_EQ(all, NWAIT);
	CHECK_EQ(move(NWAIT), 0);
	CHECK_EQ(count, 0);
	CHECK_EQ(mutex, mytid() | FUTEX_WAITERS);
	CHECK_EQ(lock(FUTEX_UNLOCK_PI, NULL), 0);
	for (i = 0; i < NWAIT; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(count, NWAIT);
	CHECK_EQ(mutex, 0);
}

static void
handler(int sig)
{

	(void)sig;
	handled = 1;
}

/* The mutex is free; and a handler runs while it waits. */
static void
test_signal(void)
{
	struct sigaction sa = { .sa_handler = handler,
	    .sa_flags = SA_RESTART };
	pthread_t t;
	int count = 0;

	sigaction(SIGUSR1, &sa, NULL);
	CHECK_EQ(pthread_create(&t, NULL, owner, &count), 0);
	usleep(20000);
	CHECK_EQ(pthread_kill(t, SIGUSR1), 0);
	while (!handled)
		usleep(1000);
	while (move(0) == 0)
		usleep(1000);
	pthread_join(t, NULL);
	CHECK_EQ(count, 1);
	CHECK_EQ(mutex, 0);
}

static void *
plain(void *arg)
{

	CHECK_EQ(syscall(SYS_futex, &cond, FUTEX_WAIT | PRIV, 0, NULL, NULL,
	    0), 0);
	return arg;
}

/* Who does not want the mutex is not moved to it. */
static void
test_plain(void)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, plain, NULL), 0);
	while (move(9) == 0)
		usleep(1000);
	FAILS(move(9), EINVAL);
	CHECK_EQ(syscall(SYS_futex, &cond, FUTEX_WAKE | PRIV, 1), 1);
	pthread_join(t, NULL);
}

int
main(void)
{

	test_errors();
	test_late();
	test_broadcast();
	test_signal();
	test_plain();
	return check_done();
}
