/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads on the smallest stacks that there may be: they run, are interrupted
 * in favour of each other, make calls and end; what lies below stays as it is.
 */
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"

#define N	4
#define ROOM	65536		/* below a stack */
#define TURNS	30

static volatile unsigned long turns[N];
static volatile int stop;

static void *
spin(void *arg)
{
	long i = (long)arg;

	while (!stop)
		turns[i]++;
	return arg;
}

/* From time to time a call, which has the same stack. */
static void *
call(void *arg)
{
	long i = (long)arg;

	while (!stop) {
		turns[i] += getppid() >= 0;
		if (turns[i] % 1024 == 0)
			sched_yield();
	}
	return arg;
}

static void
start(pthread_t *t, char *room, long i)
{
	pthread_attr_t a;

	pthread_attr_init(&a);
	memset(room, 0xa5, ROOM);
	/* Below half of them there is memory, below the others none. */
	if (i % 2)
		CHECK_EQ(mprotect(room, ROOM, PROT_NONE), 0);
	CHECK_EQ(pthread_attr_setstack(&a, room + ROOM, PTHREAD_STACK_MIN), 0);
	CHECK_EQ(pthread_create(t, &a, i < N / 2 ? spin : call, (void *)i), 0);
	pthread_attr_destroy(&a);
}

int
main(void)
{
	size_t each = 2 * ROOM, i, k;
	unsigned long was;
	pthread_t t[N];
	void *r;
	char *p = mmap(NULL, N * each, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);

	REQUIRE(p != MAP_FAILED && PTHREAD_STACK_MIN <= ROOM);
	for (i = 0; i < N; i++)
		start(&t[i], p + i * each, (long)i);
	for (k = 0; k < TURNS; k++)
		for (i = 0; i < N; i++)
			for (was = turns[i]; turns[i] == was;)
				usleep(1000);
	stop = 1;
	for (i = 0; i < N; i++) {
		CHECK_EQ(pthread_join(t[i], &r), 0);
		CHECK_EQ((long)r, (long)i);
		CHECK_EQ(mprotect(p + i * each, ROOM, PROT_READ), 0);
		for (k = 0; k < ROOM && p[i * each + k] == (char)0xa5; k++)
			;
		CHECK_EQ(k, ROOM);
	}
	/* musl's threads for asynchronous I/O have this much, and 512. */
	CHECK(getauxval(AT_MINSIGSTKSZ) >= 2048);
	return check_done();
}
