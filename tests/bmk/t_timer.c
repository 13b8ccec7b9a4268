/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers: order, many at a time, cancelled ones, the past. */
#include "kcheck.h"

#define N	300

static struct bmk_thread *threads[N];
static int64_t woke[N], want[N];
static int early, timed, woken;

static void *
sleeper(void *arg)
{
	int i = (int)(intptr_t)arg, error;

	want[i] = bmk_platform_monotonic() + 5 * MSEC +
	    (i * 7919 % N) * MSEC / 4;
	bmk_sched_prepare(want[i]);
	error = bmk_sched_block();
	woke[i] = bmk_platform_monotonic();
	if (error == BMK_ETIMEDOUT) {
		timed++;
		early += woke[i] < want[i];
	} else
		woken++;
	return NULL;
}

/* How long a nap of 20 ms takes. */
static int64_t
napped(void)
{
	int64_t t0 = bmk_platform_monotonic();

	nap(20 * MSEC);
	t0 = bmk_platform_monotonic() - t0;
	CHECK(t0 >= 20 * MSEC);
	return t0;
}

/* Many at a time, a third of them woken in time, none very late. */
static int
in_time(void)
{
	int64_t late = 0;
	int i;

	early = timed = woken = 0;
	for (i = 0; i < N; i++)
		CHECK_EQ(bmk_sched_create("timer", sleeper,
		    (void *)(intptr_t)i, 1, 0, -1, &threads[i]), 0);
	bmk_sched_yield();
	/* A third is woken before its time. */
	for (i = 0; i < N; i += 3)
		bmk_sched_wake(threads[i]);
	for (i = 0; i < N; i++)
		CHECK_EQ(bmk_sched_join(threads[i]), 0);
	CHECK_EQ(timed + woken, N);
	CHECK_EQ(early, 0);
	for (i = 0; i < N; i++)
		if (woke[i] - want[i] > late)
			late = woke[i] - want[i];
	bmk_printf("timer: at most %lld us late, %d woken\n",
	    (long long)late / 1000, woken);
	return woken >= N / 3 && late < 500 * MSEC;
}

int
test(void)
{
	int i;

	CHECK(bmk_platform_monotonic() >= 0);
	bmk_sched_prepare(1);
	CHECK_EQ(bmk_sched_block(), BMK_ETIMEDOUT);
	CHECK(bmk_platform_wallclock() > 1577836800 * SEC);
	/* A host that stops us makes some late, but not each time. */
	for (i = 0; i < 20 && napped() >= 2 * SEC; i++)
		continue;
	CHECK(i < 20);
	for (i = 0; i < 50 && !in_time(); i++)
		continue;
	CHECK(i < 50);
	return 0;
}
