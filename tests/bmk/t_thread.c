/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: creation, join, exit, wake-ups, very many, a foreign stack. */
#include "kcheck.h"

#define NMANY	1000
#define NFLAT	200000

static int counter, order[8], norder;

static void *
count(void *arg)
{
	counter += (int)(intptr_t)arg;
	return NULL;
}

static void
test_join(void)
{
	struct bmk_thread *t[8];
	int i;

	counter = 0;
	for (i = 0; i < 8; i++)
		CHECK_EQ(bmk_sched_create("join", count, (void *)(intptr_t)(1
		    << i), 1, 0, -1, &t[i]), 0);
	for (i = 7; i >= 0; i--)
		CHECK_EQ(bmk_sched_join(t[i]), 0);
	CHECK_EQ(counter, 255);
	CHECK_EQ(bmk_sched_join(bmk_curthread()), BMK_EINVAL);
}

static void *
ordered(void *arg)
{
	order[norder++] = (int)(intptr_t)arg;
	bmk_sched_yield();
	order[norder++] = 10 + (int)(intptr_t)arg;
	return NULL;
}

/* In order of creation, but the program first. */
static int
in_order(void)
{
	static const int want[6] = { 2, 0, 1, 12, 10, 11 };
	struct bmk_thread *t[3];
	int i, wrong = 0;

	norder = 0;
	for (i = 0; i < 3; i++)
		(void)bmk_sched_create("order", ordered, (void *)(intptr_t)i,
		    i == 2 ? BMK_TF_JOINABLE | BMK_TF_PROGRAM :
		    BMK_TF_JOINABLE, 0, 0, &t[i]);
	for (i = 0; i < 3; i++)
		(void)bmk_sched_join(t[i]);
	for (i = 0; i < 6; i++)
		wrong += order[i] != want[i];
	return wrong == 0;
}

/* Who has waited for two slices goes first: on a busy host, now and then. */
static void
test_order(void)
{
	int i;

	for (i = 0; i < 50 && !in_order(); i++)
		continue;
	CHECK(i < 50);
}

static volatile int go, asleep;

static void *
sleeper(void *arg)
{
	bmk_sched_prepare(BMK_TIME_NEVER);
	asleep++;
	while (!go) {
		(void)bmk_sched_block();
		bmk_sched_prepare(BMK_TIME_NEVER);
	}
	(void)arg;
	counter++;
	return NULL;
}

/* Very many at a time, woken one by one. */
static void
test_many(void)
{
	static struct bmk_thread *t[NMANY];
	int i, n = 0;

	counter = 0;
	for (i = 0; i < NMANY; i++, n++)
		if (bmk_sched_create("many", sleeper, NULL, 1, 0, -1,
		    &t[i]) != 0)
			break;
	CHECK_EQ(n, NMANY);
	while (asleep < n)
		bmk_sched_yield();
	go = 1;
	for (i = 0; i < n; i++)
		bmk_sched_wake(t[i]);
	for (i = 0; i < n; i++)
		CHECK_EQ(bmk_sched_join(t[i]), 0);
	CHECK_EQ(counter, n);
}

/* One after the other: memory stays flat, and it is fast. */
static void
test_flat(void)
{
	size_t total, before, after;
	int64_t t0;
	int i;

	counter = 0;
	bmk_page_stat(&total, &before);
	t0 = bmk_platform_monotonic();
	for (i = 0; i < NFLAT; i++) {
		if (bmk_sched_create("flat", count, (void *)1, 0, 0, -1,
		    NULL) != 0)
			break;
		if (i % 4 == 3)
			bmk_sched_yield();
	}
	bmk_sched_yield();
	t0 = bmk_platform_monotonic() - t0;
	bmk_page_stat(&total, &after);
	CHECK_EQ(counter, NFLAT);
	CHECK(before - after <= 16 * BMK_PAGE_SIZE);
	bmk_printf("thread: %lld ns\n", (long long)t0 / NFLAT);
}

/* A wake between prepare and block is not lost; one before it is not seen. */
static void
test_wakeups(void)
{
	bmk_sched_wake(bmk_curthread());
	bmk_sched_prepare(bmk_platform_monotonic() + MSEC);
	CHECK_EQ(bmk_sched_block(), BMK_ETIMEDOUT);
	bmk_sched_prepare(BMK_TIME_NEVER);
	bmk_sched_wake(bmk_curthread());
	CHECK_EQ(bmk_sched_block(), 0);
}

static struct bmk_thread *ping_t, *pong_t;
static volatile int turn, rounds;

static void *
player(void *arg)
{
	int me = arg != NULL, i;

	for (i = 0; i < 100000; i++) {
		for (;;) {
			bmk_sched_prepare(BMK_TIME_NEVER);
			if (turn == me)
				break;
			(void)bmk_sched_block();
		}
		turn = !me;
		rounds++;
		bmk_sched_wake(me ? ping_t : pong_t);
	}
	return NULL;
}

static void
test_pingpong(void)
{
	int64_t t0 = bmk_platform_monotonic();

	(void)bmk_sched_create("ping", player, NULL, 1, 0, -1, &ping_t);
	(void)bmk_sched_create("pong", player, (void *)1, 1, 0, -1, &pong_t);
	(void)bmk_sched_join(ping_t);
	(void)bmk_sched_join(pong_t);
	CHECK_EQ(rounds, 200000);
	bmk_printf("switch: %lld ns\n",
	    (long long)(bmk_platform_monotonic() - t0) / 200000);
}

static void
foreign(void)
{
	counter = 77;
	bmk_sched_exit();
}

static void *
to_foreign(void *arg)
{
	__asm__ __volatile__("movq %0, %%rsp; xorl %%ebp, %%ebp; call *%1" : :
	    "r"((char *)arg + 4096), "r"(foreign) : "memory");
	return NULL;
}

static void
test_foreign(void)
{
	void *stack = bmk_malloc(4096, 0);
	struct bmk_thread *t;

	(void)bmk_sched_create("foreign", to_foreign, stack, 1, 0, -1, &t);
	CHECK_EQ(bmk_sched_join(t), 0);
	CHECK_EQ(counter, 77);
	memset(stack, 0, 4096);
	bmk_free(stack, 4096);
}

int
test(void)
{
	test_join();
	test_order();
	test_wakeups();
	test_many();
	test_flat();
	test_pingpong();
	test_foreign();
	return 0;
}
