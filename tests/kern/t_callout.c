/* SPDX-License-Identifier: BSD-2-Clause */
/* Callouts: order, moving, cancelling before and while they run. */
#include "kerntest.h"
#include <kern/clock.h>
#include <kern/lock.h>
#include <kern/proc.h>

#define N	500

static struct rump_callout co[N], self, slow;
static struct rump_mutex mtx;		/* guards what follows */
static int64_t last;
static int ran, disorder, selfruns, slowstate;

static void
fire(void *arg)
{
	struct rump_callout *c = arg;

	rump_mutex_enter(&mtx);
	if (c->co_when < last)
		disorder++;
	if (rump_monotonic() < c->co_when)
		disorder++;
	last = c->co_when;
	ran++;
	rump_mutex_exit(&mtx);
}

static int
get(int *v)
{
	int r;

	rump_schedule();
	rump_mutex_enter(&mtx);
	r = *v;
	rump_mutex_exit(&mtx);
	rump_unschedule();
	return r;
}

/*
 * Scheduled in no order, every fifth cancelled, every seventh moved, the first
 * to run after delay; 0 when that is over before all are.
 */
static int
schedule_all(int64_t delay)
{
	int64_t t = rump_monotonic() + delay;
	unsigned seed = 1;
	int i, wrong = 0;

	for (i = 0; i < N; i++) {
		seed = seed * 1103515245 + 12345;
		rump_callout_init(&co[i], fire, &co[i]);
		rump_callout_schedule(&co[i], t + (seed >> 8) % 100000000);
	}
	for (i = 0; i < N; i++) {
		if (i % 5 == 0) {
			wrong += !rump_callout_cancel(&co[i]);
			wrong += rump_callout_cancel(&co[i]);
		} else if (i % 7 == 0) {
			seed = seed * 1103515245 + 12345;
			rump_callout_schedule(&co[i],
			    t + (seed >> 8) % 100000000);
		}
	}
	if (rump_monotonic() >= t)
		return 0;
	CHECK_EQ(wrong, 0);
	return 1;
}

static void
test_order(void)
{
	int64_t t, delay;
	int i;

	rump_schedule();
	for (delay = 50000000; !schedule_all(delay); delay *= 2) {
		for (i = 0; i < N; i++)
			(void)rump_callout_cancel(&co[i]);
		ran = disorder = 0;
		last = 0;
	}
	rump_unschedule();
	t = now_ms() + 60000;
	while (get(&ran) < N - N / 5 && now_ms() < t)
		msleep(5);
	CHECK_EQ(get(&ran), N - N / 5);
	CHECK_EQ(get(&disorder), 0);
	rump_schedule();
	CHECK(!rump_callout_cancel(&co[1]));
	rump_unschedule();
}

static void
again(void *arg)
{

	(void)arg;
	rump_mutex_enter(&mtx);
	selfruns++;
	rump_mutex_exit(&mtx);
	CHECK(!rump_callout_cancel(&self));	/* does not wait for itself */
	rump_callout_schedule(&self, rump_monotonic() + 1000000);
}

static void
test_self(void)
{
	int n;

	rump_callout_init(&self, again, NULL);
	rump_schedule();
	rump_callout_schedule(&self, 0);
	rump_unschedule();
	while (get(&selfruns) < 5)
		msleep(1);
	rump_schedule();
	(void)rump_callout_cancel(&self);
	rump_unschedule();
	n = get(&selfruns);
	msleep(20);
	CHECK_EQ(get(&selfruns), n);
}

static void
test_move(void)
{
	int n = get(&selfruns);

	rump_schedule();
	CHECK(!rump_callout_move(&self, 0));
	rump_callout_schedule(&self, rump_monotonic() + 3600 * NSEC_PER_SEC);
	CHECK(rump_callout_move(&self, 0));
	rump_unschedule();
	while (get(&selfruns) == n)
		msleep(1);
	rump_schedule();
	(void)rump_callout_cancel(&self);
	CHECK(!rump_callout_move(&self, 0));
	rump_unschedule();
}

static void
linger(void *arg)
{
	struct rump_cv cv = { 0 };

	(void)arg;
	rump_mutex_enter(&mtx);
	slowstate = 1;
	(void)rump_cv_timedwait(&cv, &mtx, rump_monotonic() + 50000000);
	slowstate = 2;
	rump_mutex_exit(&mtx);
}

static void
test_running(void)
{

	rump_callout_init(&slow, linger, NULL);
	rump_schedule();
	rump_callout_schedule(&slow, 0);
	rump_unschedule();
	while (get(&slowstate) == 0)
		msleep(1);
	rump_schedule();
	/* Moved, it would run again, for a caller who believes it did not. */
	CHECK(!rump_callout_move(&slow, 0));
	CHECK(!rump_callout_cancel(&slow));
	rump_unschedule();
	CHECK_EQ(get(&slowstate), 2);
}

int
main(void)
{

	REQUIRE(start() == 0);
	test_order();
	test_self();
	test_move();
	test_running();
	return check_done();
}
