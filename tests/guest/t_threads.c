/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 64 threads at once, and one more that never makes a call: mutexes of all
 * kinds, condition variables, barriers, read-write locks, cancellation at
 * every kind of point, destructors of thread-specific data; and as many
 * threads one after the other, which must cost no memory.  LONG=1 in the
 * environment: a million of these, and the rest fifty times.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"
#include "memory.h"

#define N	64
#define ROUNDS	30
#define ITEMS	200		/* of each producer */
#define SLOTS	7
#define PLUS(v)	__atomic_add_fetch(&(v), 1, __ATOMIC_SEQ_CST)
#define GET(v)	__atomic_load_n(&(v), __ATOMIC_SEQ_CST)

static pthread_key_t key, again;
static __thread int mine = 7;
static int destroyed, destroyed_again, cleaned, wrong;

static void
destroy(void *p)
{

	if (mine != 8 || *(int *)p != 3)
		PLUS(wrong);
	free(p);
	PLUS(destroyed);
}

/* Wants to be called until nobody calls it any more. */
static void
destroy_again(void *p)
{

	PLUS(destroyed_again);
	if ((long)p < 3)
		pthread_setspecific(again, (char *)p + 1);
}

static void
own_data(void)
{
	int *p = malloc(sizeof(*p));

	if (mine != 7 || pthread_getspecific(key) != NULL)
		PLUS(wrong);
	mine = 8;
	*p = 3;
	pthread_setspecific(key, p);
	pthread_setspecific(again, (void *)1L);
}

/* The one that spins. */
static volatile unsigned long turns;

static void *
spin(void *arg)
{

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	for (;;)
		turns++;
	return arg;
}

/* Mutexes, barriers, read-write locks. */
static pthread_mutex_t plain, recursive, checking, adaptive;
static pthread_barrier_t barrier;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static long counts[3], pair[2];
static int serials;

static void
mutex_of(pthread_mutex_t *m, int type)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	CHECK_EQ(pthread_mutexattr_settype(&a, type), 0);
	CHECK_EQ(pthread_mutex_init(m, &a), 0);
	pthread_mutexattr_destroy(&a);
}

static void
locks_once(int me, int i)
{

	pthread_mutex_lock(&plain);
	counts[0]++;
	pthread_mutex_unlock(&plain);
	pthread_mutex_lock(&recursive);
	pthread_mutex_lock(&recursive);
	counts[1]++;
	pthread_mutex_unlock(&recursive);
	pthread_mutex_unlock(&recursive);
	pthread_mutex_lock(&checking);
	if (pthread_mutex_lock(&checking) != EDEADLK)
		PLUS(wrong);
	counts[2]++;
	pthread_mutex_unlock(&checking);
	if (pthread_mutex_unlock(&checking) != EPERM)
		PLUS(wrong);
	while (pthread_mutex_trylock(&adaptive) == EBUSY)
		sched_yield();
	pthread_mutex_unlock(&adaptive);
	if ((me + i) % 8 == 0) {
		pthread_rwlock_wrlock(&rw);
		pair[0]++;
		pair[1]--;
		pthread_rwlock_unlock(&rw);
	} else {
		pthread_rwlock_rdlock(&rw);
		if (pair[0] != -pair[1])
			PLUS(wrong);
		pthread_rwlock_unlock(&rw);
	}
}

static void *
locker(void *arg)
{
	int i, me = (int)(long)arg;

	own_data();
	for (i = 0; i < ROUNDS; i++) {
		locks_once(me, i);
		if (pthread_barrier_wait(&barrier) ==
		    PTHREAD_BARRIER_SERIAL_THREAD)
			PLUS(serials);
		/* All have been here i + 1 times, and none more. */
		if (GET(counts[0]) != (i + 1L) * N)
			PLUS(wrong);
		pthread_barrier_wait(&barrier);
	}
	return arg;
}

static void
join_all(pthread_t *t, int n)
{
	void *r;
	long i;

	for (i = 0; i < n; i++) {
		CHECK_EQ(pthread_join(t[i], &r), 0);
		CHECK_EQ((long)r, i);
	}
}

static void
start_all(pthread_t *t, int n, void *(*fn)(void *))
{
	long i;

	for (i = 0; i < n; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, fn, (void *)i), 0);
}

static void
test_locks(void)
{
	pthread_t t[N];
	int i;

	destroyed = destroyed_again = serials = 0;
	memset(counts, 0, sizeof(counts));
	start_all(t, N, locker);
	join_all(t, N);
	for (i = 0; i < 3; i++)
		CHECK_EQ(counts[i], ROUNDS * N);
	CHECK_EQ(serials, ROUNDS);
	CHECK_EQ(destroyed, N);
	CHECK_EQ(destroyed_again, 3 * N);
}

/* A queue that is always too short, half of the threads at each end. */
static pthread_mutex_t qlock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static pthread_cond_t emptied = PTHREAD_COND_INITIALIZER;
static long queue[SLOTS], sum;
static int used;

static void *
produce(void *arg)
{
	long i;

	for (i = 1; i <= ITEMS; i++) {
		pthread_mutex_lock(&qlock);
		while (used == SLOTS)
			pthread_cond_wait(&emptied, &qlock);
		queue[used++] = i;
		pthread_mutex_unlock(&qlock);
		pthread_cond_signal(&filled);
	}
	return arg;
}

static void *
consume(void *arg)
{
	struct timespec ts;
	int i;

	for (i = 0; i < ITEMS; i++) {
		pthread_mutex_lock(&qlock);
		while (used == 0) {
			clock_gettime(CLOCK_REALTIME, &ts);
			ts.tv_sec += i % 2 ? 0 : 1000;
			ts.tv_nsec = i % 2 && ts.tv_nsec < 999000000 ?
			    ts.tv_nsec + 1000000 : 999999999;
			(void)pthread_cond_timedwait(&filled, &qlock, &ts);
		}
		sum += queue[--used];
		pthread_mutex_unlock(&qlock);
		pthread_cond_broadcast(&emptied);
	}
	return arg;
}

static void *
half(void *arg)
{

	return (long)arg % 2 ? produce(arg) : consume(arg);
}

static void
test_queue(void)
{
	pthread_t t[N];

	sum = 0;
	start_all(t, N, half);
	join_all(t, N);
	CHECK_EQ(used, 0);
	CHECK_EQ(sum, N / 2 * (ITEMS * (ITEMS + 1L) / 2));
}

/* Cancelled wherever a thread can wait, and where it does not. */
static int fds[2], waiting;
static volatile long computed;
static sem_t never;
static pthread_mutex_t clock_ = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t nothing = PTHREAD_COND_INITIALIZER;

static void
clean(void *m)
{

	if (m != NULL)
		pthread_mutex_unlock(m);
	PLUS(cleaned);
}

static void
wait_at(int point)
{
	struct timespec ever = { 1000, 0 };
	char c;

	switch (point) {
	case 0:
		(void)read(fds[0], &c, 1);
		break;
	case 1:
		nanosleep(&ever, NULL);
		break;
	case 2:
		sem_wait(&never);
		break;
	case 3:
		pthread_testcancel();
		break;
	case 4:
		pthread_cond_wait(&nothing, &clock_);
		break;
	default:
		computed++;
	}
}

static void
wait_ever(int point, void *held)
{

	pthread_cleanup_push(clean, held);
	PLUS(waiting);
	for (;;)
		wait_at(point);
	pthread_cleanup_pop(0);
}

static void *
victim(void *arg)
{
	int point = (int)(long)arg % 6;

	own_data();
	if (point == 5)
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	if (point == 4)
		pthread_mutex_lock(&clock_);
	wait_ever(point, point == 4 ? &clock_ : NULL);
	return NULL;
}

static void
test_cancel(void)
{
	pthread_t t[N];
	void *r;
	int i;

	destroyed = cleaned = waiting = 0;
	start_all(t, N, victim);
	while (GET(waiting) < N)
		usleep(1000);
	for (i = 0; i < N; i++)
		CHECK_EQ(pthread_cancel(t[i]), 0);
	for (i = 0; i < N; i++) {
		CHECK_EQ(pthread_join(t[i], &r), 0);
		CHECK(r == PTHREAD_CANCELED);
	}
	CHECK_EQ(cleaned, N);
	CHECK_EQ(destroyed, N);
	CHECK_EQ(pthread_mutex_trylock(&clock_), 0);
	pthread_mutex_unlock(&clock_);
}

static void *
brief(void *arg)
{

	own_data();
	return arg;
}

static void
test_many(int n)
{
	pthread_t t[N];
	long before = 0, after;
	int i;

	destroyed = 0;
	for (i = 0; i < n; i += N) {
		if (i == n / 10 / N * N)
			before = memory();
		start_all(t, N / 2, brief);
		join_all(t, N / 2);
		start_all(t, 1, brief);		/* one at a time, too */
		join_all(t, 1);
		start_all(t, N / 2 - 1, brief);
		join_all(t, N / 2 - 1);
	}
	after = memory();
	CHECK_EQ(destroyed, i);
	CHECK(before != 0);
	if (after - before > 512)
		CHECK_EQ(after, before);
}

int
main(void)
{
	int longer = getenv("LONG") != NULL && *getenv("LONG") != 0, i;
	unsigned long was;
	pthread_t spinner;
	void *r;

	REQUIRE(pipe(fds) == 0 && sem_init(&never, 0, 0) == 0);
	mutex_of(&plain, PTHREAD_MUTEX_NORMAL);
	mutex_of(&recursive, PTHREAD_MUTEX_RECURSIVE);
	mutex_of(&checking, PTHREAD_MUTEX_ERRORCHECK);
	mutex_of(&adaptive, PTHREAD_MUTEX_DEFAULT);
	REQUIRE(pthread_barrier_init(&barrier, NULL, N) == 0);
	REQUIRE(pthread_key_create(&key, destroy) == 0);
	REQUIRE(pthread_key_create(&again, destroy_again) == 0);
	REQUIRE(pthread_create(&spinner, NULL, spin, NULL) == 0);
	for (i = 0; i < (longer ? 50 : 1); i++) {
		was = turns;
		test_locks();
		test_queue();
		test_cancel();
		usleep(1000);
		CHECK(turns != was);
	}
	CHECK_EQ(pthread_cancel(spinner), 0);
	CHECK_EQ(pthread_join(spinner, &r), 0);
	CHECK(r == PTHREAD_CANCELED);
	test_many(longer ? 1000000 : 20000);
	CHECK_EQ(wrong, 0);
	return check_done();
}
