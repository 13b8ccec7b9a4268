/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cancellation where there is more to it than a call that ends (those:
 * intr.h): disabled, asynchronous, of who waits for a condition or a thread.
 * Runs on Linux, too.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include "../check.h"

static int fds[2];
static volatile int started, finished, cleaned;

static void
handler(int sig)
{

	(void)sig;
}

static void
cleanup(void *arg)
{

	(void)arg;
	cleaned++;
}

/* With cancellation disabled it is as if nothing had happened. */
static void *
disabled(void *arg)
{
	int old;
	char c;
	long r;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	started = 1;
	r = read(fds[0], &c, 1);
	finished = 1;
	CHECK_EQ(r, 1);
	pthread_setcancelstate(old, NULL);
	pthread_testcancel();
	return arg;
}

static void
test_disabled(void)
{
	pthread_t t;
	void *ret;

	CHECK_EQ(pipe(fds), 0);
	started = finished = 0;
	CHECK_EQ(pthread_create(&t, NULL, disabled, NULL), 0);
	while (!started)
		usleep(100);
	usleep(3000);
	pthread_cancel(t);
	usleep(3000);
	CHECK_EQ(finished, 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	pthread_join(t, &ret);
	CHECK(ret == PTHREAD_CANCELED);
	CHECK_EQ(finished, 1);
	close(fds[0]);
	close(fds[1]);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int owned;

static void
unlock_mutex(void *arg)
{

	(void)arg;
	/* It is ours again when a wait for the condition is cancelled. */
	owned = pthread_mutex_trylock(&mutex) == EBUSY;
	pthread_mutex_unlock(&mutex);
}

static void *
condwait(void *arg)
{

	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock_mutex, NULL);
	started = 1;
	for (;;)
		pthread_cond_wait(&cond, &mutex);
	pthread_cleanup_pop(0);
	return arg;
}

static void *
joiner(void *arg)
{

	started = 1;
	pthread_join(*(pthread_t *)arg, NULL);
	return NULL;
}

static void
test_pthread(void)
{
	pthread_t t, t2;
	void *ret;

	/* Handlers do not end waits for mutexes, conditions, threads. */
	started = 0;
	CHECK_EQ(pthread_create(&t, NULL, condwait, NULL), 0);
	while (!started)
		usleep(100);
	usleep(2000);
	pthread_kill(t, SIGUSR1);
	started = 0;
	CHECK_EQ(pthread_create(&t2, NULL, joiner, &t), 0);
	while (!started)
		usleep(100);
	usleep(2000);
	pthread_kill(t2, SIGUSR1);
	usleep(2000);
	pthread_cancel(t2);
	pthread_join(t2, &ret);
	CHECK(ret == PTHREAD_CANCELED);
	pthread_cancel(t);
	pthread_join(t, &ret);
	CHECK(ret == PTHREAD_CANCELED);
	CHECK_EQ(owned, 1);
	CHECK_EQ(pthread_mutex_trylock(&mutex), 0);
	pthread_mutex_unlock(&mutex);
}

static volatile int spins;

static void *
asynchronous(void *arg)
{

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	pthread_cleanup_push(cleanup, NULL);
	started = 1;
	for (;;)
		spins++;
	pthread_cleanup_pop(0);
	return arg;
}

static void
test_async(void)
{
	pthread_t t;
	void *ret;
	int i;

	for (i = 0; i < 20; i++) {
		started = cleaned = 0;
		CHECK_EQ(pthread_create(&t, NULL, asynchronous, NULL), 0);
		while (!started)
			usleep(100);
		pthread_cancel(t);
		pthread_join(t, &ret);
		CHECK(ret == PTHREAD_CANCELED);
		CHECK_EQ(cleaned, 1);
	}
}

int
main(void)
{

	signal(SIGUSR1, handler);
	test_disabled();
	test_pthread();
	test_async();
	return check_done();
}
