/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preemption: endless loops in program text share the CPU with each other and
 * with kernel threads, their registers intact; kernel code is not preempted.
 */
#include "kcheck.h"
#include "spin.h"

#define N	3

static volatile int stop, kernel_stop;
static volatile long rounds[N];
static long results[N];
static volatile int ticks, inside, torn;

static void *
spinner(void *arg)
{
	int i = (int)(intptr_t)arg;

	results[i] = spin(&stop, &rounds[i], 0x1234567890UL * (unsigned)i);
	return NULL;
}

static void *
ticker(void *arg)
{
	(void)arg;
	while (!stop) {
		nap(2 * MSEC);
		ticks++;
		torn += inside;
	}
	return NULL;
}

/* Half a slice and more of kernel code at a time: nobody may come in. */
static void *
kernel_hog(void *arg)
{
	int64_t end;

	(void)arg;
	while (!stop) {
		inside = 1;
		end = bmk_platform_monotonic() + 15 * MSEC;
		while (bmk_platform_monotonic() < end)
			;
		inside = 0;
		nap(5 * MSEC);
	}
	return NULL;
}

int
test(void)
{
	struct bmk_thread *t[N + 2];
	int64_t end;
	long sum = 0;
	int i;

	for (i = 0; i < N; i++)
		CHECK_EQ(bmk_sched_create("spin", spinner,
		    (void *)(intptr_t)i, BMK_TF_JOINABLE | BMK_TF_PROGRAM, 0,
		    0, &t[i]), 0);
	CHECK_EQ(bmk_sched_create("tick", ticker, NULL, 1, 0, 0, &t[N]), 0);
	/* However busy the machine is: the spinners never let go. */
	end = bmk_platform_monotonic() + 60000 * MSEC;
	while (ticks <= 50 && bmk_platform_monotonic() < end)
		nap(20 * MSEC);
	CHECK(ticks > 50);
	CHECK_EQ(bmk_sched_create("hog", kernel_hog, NULL, 1, 0, 0,
	    &t[N + 1]), 0);
	nap(400 * MSEC);
	stop = 1;
	for (i = 0; i < N + 2; i++)
		CHECK_EQ(bmk_sched_join(t[i]), 0);
	CHECK_EQ(torn, 0);
	for (i = 0; i < N; i++)
		sum += results[i];
	for (i = 0; i < N; i++) {
		CHECK(results[i] > 0);
		/* A fair share, by far. */
		CHECK(results[i] > sum / N / 4);
		bmk_printf("spinner %d: %ld%%\n", i, results[i] / (sum / 100));
	}
	return 0;
}
