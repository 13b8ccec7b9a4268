/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Storms: THREADS threads, each of which does one thing of a list after the
 * other at random until time is up; then what must hold is looked at, and the
 * whole again.  Memory must not grow from the second round on.  LONG=1 in the
 * environment: ten minutes instead of moments; a larger number: so many
 * seconds.
 *
 * A storm is a function that does its thing once, cleans up behind itself and
 * says WRONG(expr) of what must not be.
 */
#ifndef TESTS_GUEST_STORM_H
#define TESTS_GUEST_STORM_H

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"
#include "memory.h"

#define THREADS		64
#define ROUNDS		5
#define SLACK		1024	/* KiB that free lists may still take */

#define PLUS(v, n)	__atomic_add_fetch(&(v), (n), __ATOMIC_SEQ_CST)
#define GET(v)		__atomic_load_n(&(v), __ATOMIC_SEQ_CST)
/* The first few of thousands are enough. */
#define WRONG(expr) do {						\
	if ((expr) && PLUS(storm_wrongs, 1) <= 10)			\
		printf("%s:%d: %s (errno %d)\n", __FILE__, __LINE__,	\
		    #expr, errno);					\
} while (0)

struct worker {
	pthread_t	 w_thread;
	int		 w_id;
	uint64_t	 w_seed;
};
struct storm {
	const char	*st_name;
	void		(*st_do)(struct worker *);
	long		 st_done;
};

static struct worker storm_workers[THREADS];
static struct storm *storms;
static int nstorms, storm_stop, storm_ended, storm_wrongs;

static inline unsigned
rnd(struct worker *w, unsigned below)
{

	w->w_seed = w->w_seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(w->w_seed >> 33) % below;
}

static void *
storm_worker(void *arg)
{
	struct worker *w = arg;
	struct storm *st = &storms[w->w_id % nstorms];	/* each begins */

	do {
		st->st_do(w);
		PLUS(st->st_done, 1);
		st = &storms[rnd(w, (unsigned)nstorms)];
	} while (!GET(storm_stop));
	PLUS(storm_ended, 1);
	return NULL;
}

/* Signals may come to this thread, too, faster than a rest would shrink. */
static void
storm_wait(long secs)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += secs / ROUNDS;
	ts.tv_nsec += secs == 0 ? 300000000 : 0;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) != 0)
		;
	__atomic_store_n(&storm_stop, 1, __ATOMIC_SEQ_CST);
	/* Nobody is joined whom another one might still send a signal. */
	while (GET(storm_ended) < THREADS)
		usleep(1000);
}

/* after: what must hold when all threads are gone. */
static int
storm_run(struct storm *list, int n, void (*after)(void))
{
	const char *s = getenv("LONG");
	long secs = s == NULL ? 0 : atol(s), used[ROUNDS];
	int i, r;

	secs = secs == 1 ? 600 : secs;
	storms = list;
	nstorms = n;
	for (r = 0; r < ROUNDS && storm_wrongs == 0; r++) {
		storm_stop = storm_ended = 0;
		for (i = 0; i < THREADS; i++) {
			storm_workers[i].w_id = i;
			storm_workers[i].w_seed = (uint64_t)time(NULL) *
			    ROUNDS * THREADS + (unsigned)(r * THREADS + i);
			REQUIRE(pthread_create(&storm_workers[i].w_thread,
			    NULL, storm_worker, &storm_workers[i]) == 0);
		}
		storm_wait(secs);
		for (i = 0; i < THREADS; i++)
			CHECK_EQ(pthread_join(storm_workers[i].w_thread, NULL),
			    0);
		after();
		used[r] = memory();
	}
	for (i = 0; i < n; i++)
		printf("%s %ld%s", list[i].st_name, list[i].st_done,
		    i < n - 1 ? ", " : "\n");
	CHECK_EQ(storm_wrongs, 0);
	if (r == ROUNDS) {
		for (i = 0; i < ROUNDS; i++)
			printf("%ld%s", used[i] - used[0],
			    i < ROUNDS - 1 ? ", " : " KiB more each round\n");
#ifndef __GLIBC__	/* whose malloc goes on making arenas */
		CHECK(used[ROUNDS - 1] - used[1] <= SLACK);
#endif
	}
	return check_done();
}

#endif
