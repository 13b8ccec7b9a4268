/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads as POSIX.1-2017 has them, assertion by assertion, where the kernel
 * takes part: mutexes of all kinds (robust, with priority inheritance, shared),
 * scheduling attributes, CPU clocks.  Runs on Linux, too.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"

#define NTHREADS 4

struct kind {
	int protocol, robust, type, shared;
};

static pthread_mutex_t *mutex;
static volatile int counter, waiting;

static void
make(const struct kind *k)
{
	pthread_mutexattr_t at;

	CHECK_EQ(pthread_mutexattr_init(&at), 0);
	CHECK_EQ(pthread_mutexattr_setprotocol(&at, k->protocol), 0);
	CHECK_EQ(pthread_mutexattr_setrobust(&at, k->robust), 0);
	CHECK_EQ(pthread_mutexattr_settype(&at, k->type), 0);
	CHECK_EQ(pthread_mutexattr_setpshared(&at, k->shared), 0);
	CHECK_EQ(pthread_mutex_init(mutex, &at), 0);
	CHECK_EQ(pthread_mutexattr_destroy(&at), 0);
}

static struct timespec
in_ms(int ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += ms * 1000000L;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

static void *
count(void *arg)
{
	int i;

	for (i = 0; i < 2000; i++) {
		CHECK_EQ(pthread_mutex_lock(mutex), 0);
		counter++;
		if (i % 64 == 0)
			sched_yield();
		CHECK_EQ(pthread_mutex_unlock(mutex), 0);
	}
	return arg;
}

static void *
try(void *arg)
{
	struct timespec ts = in_ms(20);

	CHECK_EQ(pthread_mutex_trylock(mutex), EBUSY);
	CHECK_EQ(pthread_mutex_timedlock(mutex, &ts), ETIMEDOUT);
	return arg;
}

static void *
die(void *arg)
{

	CHECK_EQ(pthread_mutex_lock(mutex), 0);
	waiting = 1;
	usleep(20000);
	return arg;		/* with the mutex */
}

static void *
wait_for_dead(void *arg)
{

	CHECK_EQ(pthread_mutex_lock(mutex), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(mutex), 0);
	CHECK_EQ(pthread_mutex_unlock(mutex), 0);
	return arg;
}

static void
run(void *(*fn)(void *), int n)
{
	pthread_t t[NTHREADS];
	int i;

	for (i = 0; i < n; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, fn, NULL), 0);
	for (i = 0; i < n; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
}

static void
test_dead(const struct kind *k)
{
	pthread_t a, b;

	make(k);
	waiting = 0;
	pthread_create(&a, NULL, die, NULL);
	while (!waiting)
		usleep(100);
	pthread_create(&b, NULL, wait_for_dead, NULL);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	run(count, 1);
	/* Not made consistent: nobody gets it any more. */
	run(die, 1);
	CHECK_EQ(pthread_mutex_lock(mutex), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_unlock(mutex), 0);
	CHECK_EQ(pthread_mutex_lock(mutex), ENOTRECOVERABLE);
	CHECK_EQ(pthread_mutex_trylock(mutex), ENOTRECOVERABLE);
	CHECK_EQ(pthread_mutex_destroy(mutex), 0);
}

static void
test_kind(const struct kind *k)
{

	make(k);
	counter = 0;
	run(count, NTHREADS);
	CHECK_EQ(counter, NTHREADS * 2000);
	CHECK_EQ(pthread_mutex_lock(mutex), 0);
	run(try, 2);
	if (k->type == PTHREAD_MUTEX_ERRORCHECK)
		CHECK_EQ(pthread_mutex_lock(mutex), EDEADLK);
	if (k->type == PTHREAD_MUTEX_RECURSIVE) {
		CHECK_EQ(pthread_mutex_lock(mutex), 0);
		CHECK_EQ(pthread_mutex_unlock(mutex), 0);
	}
	CHECK_EQ(pthread_mutex_unlock(mutex), 0);
	if (k->type != PTHREAD_MUTEX_NORMAL || k->robust)
		CHECK_EQ(pthread_mutex_unlock(mutex), EPERM);
	CHECK_EQ(pthread_mutex_destroy(mutex), 0);
	if (k->robust == PTHREAD_MUTEX_ROBUST)
		test_dead(k);
}

static void
test_mutexes(void)
{
	static const int types[] = { PTHREAD_MUTEX_NORMAL,
	    PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_RECURSIVE };
	struct kind k;
	int i;

	mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < 24; i++) {
		k.protocol = i & 1 ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE;
		k.robust = i & 2 ? PTHREAD_MUTEX_ROBUST :
		    PTHREAD_MUTEX_STALLED;
		k.shared = i & 4 ? PTHREAD_PROCESS_SHARED :
		    PTHREAD_PROCESS_PRIVATE;
		k.type = types[i / 8];
		test_kind(&k);
	}
}

static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int turn;

static void *
pingpong(void *arg)
{
	int me = (int)(long)arg, i;

	for (i = 0; i < 500; i++) {
		pthread_mutex_lock(mutex);
		while (turn != me)
			pthread_cond_wait(&cond, mutex);
		turn = (turn + 1) % NTHREADS;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(mutex);
	}
	return arg;
}

/* A condition with a mutex that has an owner. */
static void
test_condition(void)
{
	struct kind k = { PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_STALLED,
	    PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PROCESS_PRIVATE };
	pthread_t t[NTHREADS];
	long i;

	make(&k);
	for (i = 0; i < NTHREADS; i++)
		pthread_create(&t[i], NULL, pingpong, (void *)i);
	for (i = 0; i < NTHREADS; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(turn, 0);
}

/* The owner of a lock is checked. */
static void
test_futex(void)
{
	static int word;

#define LOCK_PI		6
#define UNLOCK_PI	7
#define TRYLOCK_PI	8
	CHECK(syscall(SYS_futex, &word, UNLOCK_PI, 0, NULL) == -1 &&
	    errno == EPERM);
	CHECK_EQ(syscall(SYS_futex, &word, LOCK_PI, 0, NULL), 0);
	CHECK_EQ(word, syscall(SYS_gettid));
	CHECK(syscall(SYS_futex, &word, LOCK_PI, 0, NULL) == -1 &&
	    errno == EDEADLK);
	CHECK_EQ(syscall(SYS_futex, &word, UNLOCK_PI, 0, NULL), 0);
	CHECK_EQ(word, 0);
	CHECK_EQ(syscall(SYS_futex, &word, TRYLOCK_PI, 0, NULL), 0);
	CHECK_EQ(syscall(SYS_futex, &word, UNLOCK_PI, 0, NULL), 0);
	word = NO_PID;
	CHECK(syscall(SYS_futex, &word, LOCK_PI, 0, NULL) == -1 &&
	    errno == ESRCH);
	word = 0;
}

static void *
nothing(void *arg)
{

	return arg;
}

static void *
ask(void *arg)
{
	struct sched_param sp = { 0 };
	int policy = -1;

	CHECK_EQ(pthread_getschedparam(pthread_self(), &policy, &sp), 0);
	CHECK_EQ(policy, SCHED_RR);
	CHECK_EQ(sp.sched_priority, 7);
	return arg;
}

static void
test_sched(void)
{
	struct sched_param sp = { .sched_priority = 5 };
	pthread_attr_t at;
	pthread_t t;
	struct timespec ts;
	cpu_set_t set;
	int policy;

	CHECK_EQ(pthread_getschedparam(pthread_self(), &policy, &sp), 0);
	CHECK(policy == SCHED_OTHER && sp.sched_priority == 0);
	CHECK_EQ(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER);
	sp.sched_priority = 100;
	CHECK_EQ(pthread_setschedparam(pthread_self(), SCHED_FIFO, &sp),
	    EINVAL);
	sp.sched_priority = 0;
	CHECK_EQ(pthread_setschedparam(pthread_self(), SCHED_RR, &sp),
	    EINVAL);
	CHECK_EQ(pthread_setschedparam(pthread_self(), 99, &sp), EINVAL);
	CHECK(syscall(SYS_sched_getscheduler, -1) == -1 && errno == EINVAL);
	CHECK(syscall(SYS_sched_getscheduler, NO_PID) == -1 &&
	    errno == ESRCH);
	CHECK(syscall(SYS_sched_rr_get_interval, -1, &ts) == -1 &&
	    errno == EINVAL);
	CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
	CHECK_EQ(sched_get_priority_min(SCHED_RR), 1);
	CHECK(sched_get_priority_min(77) == -1 && errno == EINVAL);
	CHECK(sched_getaffinity(NO_PID, sizeof(set), &set) == -1 &&
	    errno == ESRCH);
	CHECK_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	CHECK(CPU_COUNT(&set) >= 1);
	CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
	CPU_ZERO(&set);
	CHECK(sched_setaffinity(0, sizeof(set), &set) == -1 &&
	    errno == EINVAL);
	sp.sched_priority = 5;
	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &sp) == EPERM) {
		printf("skip: real-time policies (not permitted)\n");
		return;
	}
	CHECK_EQ(pthread_getschedparam(pthread_self(), &policy, &sp), 0);
	CHECK(policy == SCHED_FIFO && sp.sched_priority == 5);
	CHECK_EQ(pthread_setschedprio(pthread_self(), 9), 0);
	CHECK_EQ(pthread_getschedparam(pthread_self(), &policy, &sp), 0);
	CHECK(policy == SCHED_FIFO && sp.sched_priority == 9);
	pthread_attr_init(&at);
	sp.sched_priority = 7;
	CHECK_EQ(pthread_attr_setschedpolicy(&at, SCHED_RR), 0);
	CHECK_EQ(pthread_attr_setschedparam(&at, &sp), 0);
	CHECK_EQ(pthread_attr_setinheritsched(&at, PTHREAD_EXPLICIT_SCHED), 0);
	CHECK_EQ(pthread_create(&t, &at, ask, NULL), 0);
	pthread_join(t, NULL);
	CHECK_EQ(pthread_setschedparam(pthread_self(), SCHED_RR, &sp), 0);
	CHECK_EQ(pthread_create(&t, NULL, ask, NULL), 0);	/* inherited */
	pthread_join(t, NULL);
	sp.sched_priority = 0;
	CHECK_EQ(pthread_setschedparam(pthread_self(), SCHED_OTHER, &sp), 0);
}

static void *
burn(void *arg)
{
	struct timespec ts;

	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	while (ts.tv_nsec < 20000000 && ts.tv_sec == 0);
	waiting = 1;
	while (waiting)
		usleep(1000);
	return arg;
}

static void
test_clocks(void)
{
	struct timespec ts, mine;
	clockid_t clk;
	pthread_t t;

	waiting = 0;
	pthread_create(&t, NULL, burn, NULL);
	CHECK_EQ(pthread_getcpuclockid(t, &clk), 0);
	while (!waiting)
		usleep(1000);
	CHECK_EQ(clock_gettime(clk, &ts), 0);
	CHECK_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mine), 0);
	CHECK(ts.tv_sec > 0 || ts.tv_nsec >= 20000000);
	CHECK_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &mine), 0);
	CHECK(mine.tv_sec > 0 || mine.tv_nsec >= 20000000);
	waiting = 0;
	pthread_join(t, NULL);
	CHECK_EQ(clock_getcpuclockid(0, &clk), 0);
	CHECK_EQ(clock_gettime(clk, &ts), 0);
	CHECK_EQ(clock_getcpuclockid(getpid(), &clk), 0);
	CHECK_EQ(clock_gettime(clk, &ts), 0);
	CHECK(clock_getcpuclockid(NO_PID, &clk) != 0);	/* musl: EINVAL */
}

static void
test_robust_list(void)
{
	void *head = NULL;
	size_t len = 0;

	pthread_t t;
	pthread_create(&t, NULL, nothing, NULL);
	pthread_join(t, NULL);
	CHECK_EQ(syscall(SYS_get_robust_list, 0, &head, &len), 0);
	CHECK_EQ(len, 24);
	CHECK(head != NULL);
	CHECK(syscall(SYS_get_robust_list, NO_PID, &head, &len) == -1 &&
	    errno == ESRCH);
}

int
main(void)
{

	test_mutexes();
	test_condition();
	test_futex();
	test_sched();
	test_clocks();
	test_robust_list();
	return check_done();
}
