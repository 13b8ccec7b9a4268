/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POSIX threads in a guest: mutexes, condition variables, barriers, thread
 * local storage, preemption, timeouts, and that ended threads cost nothing.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"

#define NTHREAD 16
#define ROUNDS 2000
#define NCREATE 10000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t sem;
static int counter, arrived, released, once_runs, serials, wrong;
static volatile int stop, progress;
static __thread int tls = 5;
static __thread long tls_zero;

static long long
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static struct timespec
in_ms(clockid_t clock, long ms)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	ts.tv_nsec += ms * 1000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	if (ts.tv_nsec < 0) {
		ts.tv_nsec += 1000000000;
		ts.tv_sec--;
	}
	return ts;
}

static void
only_once(void)
{

	once_runs++;
}

static void *
worker(void *arg)
{
	int i, me = (int)(long)arg;

	if (tls != 5 || tls_zero != 0)
		__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	tls = me;
	tls_zero = me * 2;
	pthread_once(&once, only_once);
	for (i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
		__atomic_add_fetch(&serials, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&mutex);
	arrived++;
	while (!released)
		pthread_cond_wait(&cond, &mutex);
	pthread_mutex_unlock(&mutex);
	if (tls != me || tls_zero != me * 2)
		__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	return (void *)(long)(me * 3);
}

static void
test_many(void)
{
	pthread_t t[NTHREAD];
	void *ret;
	long i;
	int all;

	pthread_barrier_init(&barrier, NULL, NTHREAD);
	for (i = 0; i < NTHREAD; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, worker, (void *)i), 0);
	do {
		usleep(1000);
		pthread_mutex_lock(&mutex);
		all = arrived == NTHREAD;
		pthread_mutex_unlock(&mutex);
	} while (!all);
	pthread_mutex_lock(&mutex);
	released = 1;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&mutex);
	for (i = 0; i < NTHREAD; i++) {
		CHECK_EQ(pthread_join(t[i], &ret), 0);
		CHECK_EQ((long)ret, i * 3);
	}
	CHECK_EQ(counter, NTHREAD * ROUNDS);
	CHECK_EQ(serials, 1);
	CHECK_EQ(once_runs, 1);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(tls, 5);
}

static void *
spin(void *arg)
{

	while (!stop)
		progress++;
	return arg;
}

/* Two threads that never call anything, and still this one gets its turn. */
static void
test_preempt(void)
{
	pthread_t a, b;
	int i, before;

	CHECK_EQ(pthread_create(&a, NULL, spin, NULL), 0);
	CHECK_EQ(pthread_create(&b, NULL, spin, NULL), 0);
	for (i = 0; i < 5; i++) {
		before = progress;
		usleep(20000);
		CHECK(progress != before);
	}
	stop = 1;
	CHECK_EQ(pthread_join(a, NULL), 0);
	CHECK_EQ(pthread_join(b, NULL), 0);
}

static void *
nothing(void *arg)
{

	return arg;
}

/* 10,000 threads of 128 KiB stacks would be 1.2 GiB; the guest has 64 MiB. */
static void
test_create(void)
{
	pthread_t t;
	int i, error;

	for (i = 0; i < NCREATE; i++) {
		error = pthread_create(&t, NULL, nothing, (void *)(long)i);
		if (error != 0 || pthread_join(t, NULL) != 0)
			break;
	}
	CHECK_EQ(i, NCREATE);
}

static void *
post(void *arg)
{

	sem_post(&sem);
	return arg;
}

static void
test_detach(void)
{
	pthread_t t;
	int i;

	sem_init(&sem, 0, 0);
	for (i = 0; i < 200; i++) {
		CHECK_EQ(pthread_create(&t, NULL, post, NULL), 0);
		CHECK_EQ(pthread_detach(t), 0);
	}
	for (i = 0; i < 200; i++)
		CHECK_EQ(sem_wait(&sem), 0);
	CHECK_EQ(sem_trywait(&sem), -1);
	CHECK_EQ(errno, EAGAIN);
}

static void
test_timeouts(void)
{
	struct timespec ts;
	long long t;

	t = now();
	ts = in_ms(CLOCK_REALTIME, 30);
	CHECK_EQ(sem_timedwait(&sem, &ts), -1);
	CHECK_EQ(errno, ETIMEDOUT);
	CHECK(now() - t >= 29000000);
	t = now();
	pthread_mutex_lock(&mutex);
	ts = in_ms(CLOCK_REALTIME, 30);
	CHECK_EQ(pthread_cond_timedwait(&cond, &mutex, &ts), ETIMEDOUT);
	CHECK(now() - t >= 29000000);
	pthread_mutex_unlock(&mutex);
	ts = in_ms(CLOCK_REALTIME, -100);	/* already over */
	CHECK_EQ(sem_timedwait(&sem, &ts), -1);
	CHECK_EQ(errno, ETIMEDOUT);
}

/* A sleep may take longer than asked for, never shorter. */
static void
test_sleep(void)
{
	static const long ns[] = { 1, 1000, 50000, 1000000, 30000000 };
	struct timespec ts;
	long long t, took, end;
	unsigned i, n;

	for (i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
		ts.tv_sec = 0;
		ts.tv_nsec = ns[i];
		n = 0;
		do {		/* longer by so much only when we are stopped */
			t = now();
			CHECK_EQ(nanosleep(&ts, NULL), 0);
			took = now() - t;
			CHECK(took >= ns[i]);
		} while (took >= ns[i] + 2000000000LL && ++n < 5);
		CHECK(n < 5);
	}
	ts = in_ms(CLOCK_MONOTONIC, 20);
	end = ts.tv_sec * 1000000000LL + ts.tv_nsec;
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL),
	    0);
	CHECK(now() >= end);
	ts.tv_nsec = 1000000000;
	CHECK_EQ(nanosleep(&ts, NULL), -1);
	CHECK_EQ(errno, EINVAL);
}

int
main(void)
{

	test_many();
	test_preempt();
	test_create();
	test_detach();
	test_timeouts();
	test_sleep();
	return check_done();
}
