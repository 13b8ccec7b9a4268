/* SPDX-License-Identifier: BSD-2-Clause */
/* Cases: threads and the current lwp. */
#include <string.h>

#include "conform.h"

#define NTHREADS	64

static int started, release, detached, finished;

static void
thread_one(void *arg)
{
	int *slot = arg;

	t_add(&started, 1);
	T_CHECK(t_until(&release, 1));
	*slot += 1;
}

/* The counter is written without atomics: join must order it. */
static void
thread_last(void *arg)
{

	t_msleep(50);
	*(int *)arg = 42;
	t_set(&finished, 1);
}

static void *
thread_detached(void *arg)
{

	T_CHECK(rumpuser_curlwp() == NULL);
	t_set(arg, 1);
	return NULL;
}

static void *
thread_returns(void *arg)
{

	*(int *)arg = 7;
	return arg;
}

void
case_thread(void)
{
	static struct tthread tt[NTHREADS];
	static int slots[NTHREADS];
	struct lwp *self = rumpuser_curlwp();
	int i, val = 0;
	void *cookie = NULL;

	for (i = 0; i < NTHREADS; i++) {
		slots[i] = i;
		t_spawn(&tt[i], thread_one, &slots[i]);
	}
	/* All exist at the same time. */
	T_CHECK(t_until(&started, NTHREADS));
	t_set(&release, 1);
	for (i = 0; i < NTHREADS; i++) {
		t_join(&tt[i]);
		T_EQ(slots[i], i + 1);
	}
	T_CHECK(rumpuser_curlwp() == self);

	/* A join that has to wait gives the CPU back: with one, else never. */
	t_spawn(&tt[0], thread_last, &val);
	T_GIVES(t_join(&tt[0]));
	T_EQ(t_get(&finished), 1);
	T_EQ(val, 42);

	/* Returning is exiting. */
	T_EQ(rumpuser_thread_create(thread_returns, &val,
	    "a name longer than any host likes", 1, 0, 0, &cookie), 0);
	T_BALANCED(T_EQ(rumpuser_thread_join(cookie), 0));
	T_EQ(val, 7);

	T_EQ(rumpuser_thread_create(thread_detached, &detached, NULL, 0, 0,
	    -1, NULL), 0);
	T_CHECK(t_until(&detached, 1));

	rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, self);
	T_CHECK(rumpuser_curlwp() == NULL);
	rumpuser_curlwpop(RUMPUSER_LWP_SET, self);
	T_CHECK(rumpuser_curlwp() == self);
}
