/* SPDX-License-Identifier: BSD-2-Clause */
/* Cases: mutexes and condition variables. */
#include <string.h>

#include "conform.h"

#define BOTH	(RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX)
#define NLOOP	2000

static struct rumpuser_mtx *mtx;
static struct rumpuser_cv *cv;
static int stage, tokens, count;	/* tokens, count: [mtx] */

static int
host_ncpu(void)
{
	char buf[32];

	if (rumpuser_getparam(RUMPUSER_PARAM_NCPU, buf, sizeof(buf)) != 0)
		return 1;
	return buf[0] == '1' && buf[1] == '\0' ? 1 : 2;
}

static void
mutex_try(void *arg)
{

	(void)arg;
	T_KEEPS(T_EQ(rumpuser_mutex_tryenter(mtx), T_EBUSY));
}

static void
mutex_contend(void *arg)
{
	struct lwp *owner = NULL;
	int mode = *(int *)arg;

	t_set(&stage, 1);
	if (mode == 0)
		T_GIVES(rumpuser_mutex_enter(mtx));
	else if (mode == 1)
		T_KEEPS(rumpuser_mutex_enter_nowrap(mtx));
	else
		T_KEEPS(rumpuser_mutex_enter(mtx));	/* SPIN */
	T_EQ(t_get(&stage), 2);
	rumpuser_mutex_owner(mtx, &owner);
	T_CHECK(owner == fake_self());
	T_KEEPS(rumpuser_mutex_exit(mtx));
}

/* Another thread waits for what we hold. */
static void
mutex_contended(int mode)
{
	struct tthread tt;

	t_set(&stage, 0);
	T_KEEPS(rumpuser_mutex_enter(mtx));
	t_spawn(&tt, mutex_contend, &mode);
	T_CHECK(t_until(&stage, 1));
	t_msleep(20);
	t_set(&stage, 2);
	T_KEEPS(rumpuser_mutex_exit(mtx));
	t_join(&tt);
}

static void
mutex_loop(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < NLOOP; i++) {
		rumpuser_mutex_enter(mtx);
		count++;
		if (i % 500 == 0)
			t_msleep(1);
		rumpuser_mutex_exit(mtx);
	}
}

static void
mutex_kind(int flags)
{
	struct lwp *owner = fake_self();
	struct tthread tt;

	rumpuser_mutex_init(&mtx, flags);
	if (flags & RUMPUSER_MTX_KMUTEX) {
		rumpuser_mutex_owner(mtx, &owner);
		T_CHECK(owner == NULL);
	}
	T_KEEPS(T_EQ(rumpuser_mutex_tryenter(mtx), 0));
	if (flags & RUMPUSER_MTX_KMUTEX) {
		rumpuser_mutex_owner(mtx, &owner);
		T_CHECK(owner == fake_self());
	}
	t_spawn(&tt, mutex_try, NULL);
	t_join(&tt);
	T_KEEPS(rumpuser_mutex_exit(mtx));
	T_KEEPS(rumpuser_mutex_enter_nowrap(mtx));
	if (flags & RUMPUSER_MTX_KMUTEX) {
		rumpuser_mutex_owner(mtx, &owner);
		T_CHECK(owner == fake_self());
	}
	T_KEEPS(rumpuser_mutex_exit(mtx));
	if (flags & RUMPUSER_MTX_KMUTEX) {
		rumpuser_mutex_owner(mtx, &owner);
		T_CHECK(owner == NULL);
	}
	T_KEEPS(rumpuser_mutex_destroy(mtx));
}

void
case_mutex(void)
{
	struct tthread tt[6];
	int i, n;

	mutex_kind(0);
	mutex_kind(RUMPUSER_MTX_SPIN);
	mutex_kind(RUMPUSER_MTX_KMUTEX);
	mutex_kind(BOTH);

	/* With one CPU the waiter must give it back, or we never get it. */
	rumpuser_mutex_init(&mtx, RUMPUSER_MTX_KMUTEX);
	mutex_contended(0);
	for (n = 1; n <= 4; n += 3) {
		fake_setncpu(n);
		count = 0;
		for (i = 0; i < 6; i++)
			t_spawn(&tt[i], mutex_loop, NULL);
		for (i = 0; i < 6; i++)
			t_join(&tt[i]);
		T_EQ(count, 6 * NLOOP);
	}
	fake_setncpu(1);
	rumpuser_mutex_destroy(mtx);

	/* Blocking with the CPU held needs a host that runs two threads. */
	if (host_ncpu() < 2)
		return;
	fake_setncpu(2);
	rumpuser_mutex_init(&mtx, RUMPUSER_MTX_KMUTEX);
	mutex_contended(1);
	rumpuser_mutex_destroy(mtx);
	rumpuser_mutex_init(&mtx, BOTH);
	mutex_contended(2);
	rumpuser_mutex_destroy(mtx);
	fake_setncpu(1);
}

static void
cv_waiter(void *arg)
{
	int flags = *(int *)arg;
	struct lwp *l = fake_self(), *owner = NULL;

	if (flags & RUMPUSER_MTX_KMUTEX)
		l->l_watch = mtx;
	rumpuser_mutex_enter(mtx);
	t_set(&stage, 1);
	while (tokens == 0) {
		T_GIVES(rumpuser_cv_wait(cv, mtx));
		T_CHECK(l->l_interlock == mtx);
		/* SPIN|KMUTEX: the CPU first; others: the mutex first. */
		if (flags & RUMPUSER_MTX_KMUTEX)
			T_EQ(l->l_ownedatsched, (flags & BOTH) != BOTH);
	}
	tokens--;
	count++;
	if (flags & RUMPUSER_MTX_KMUTEX) {
		rumpuser_mutex_owner(mtx, &owner);
		T_CHECK(owner == l);
	}
	rumpuser_mutex_exit(mtx);
}

static void
cv_kind(int flags)
{
	struct tthread tt[5];
	int i, waiters = 99;

	rumpuser_mutex_init(&mtx, flags);
	rumpuser_cv_init(&cv);
	T_KEEPS(rumpuser_cv_has_waiters(cv, &waiters));
	T_EQ(waiters, 0);
	/* Nobody there: forgotten, not remembered. */
	T_KEEPS(rumpuser_cv_signal(cv));
	T_KEEPS(rumpuser_cv_broadcast(cv));
	t_set(&stage, 0);
	tokens = count = 0;
	t_spawn(&tt[0], cv_waiter, &flags);
	T_CHECK(t_until(&stage, 1));
	t_msleep(10);
	rumpuser_mutex_enter(mtx);
	rumpuser_cv_has_waiters(cv, &waiters);
	T_CHECK(waiters != 0);
	T_EQ(count, 0);
	tokens = 1;
	T_KEEPS(rumpuser_cv_signal(cv));
	rumpuser_mutex_exit(mtx);
	t_join(&tt[0]);
	T_EQ(count, 1);

	for (i = 0; i < 5; i++)
		t_spawn(&tt[i], cv_waiter, &flags);
	t_msleep(20);
	rumpuser_mutex_enter(mtx);
	tokens = 5;
	T_KEEPS(rumpuser_cv_broadcast(cv));
	rumpuser_mutex_exit(mtx);
	for (i = 0; i < 5; i++)
		t_join(&tt[i]);
	T_EQ(count, 6);
	rumpuser_cv_has_waiters(cv, &waiters);
	T_EQ(waiters, 0);
	T_KEEPS(rumpuser_cv_destroy(cv));
	rumpuser_mutex_destroy(mtx);
}

static void
cv_nowrap(void *arg)
{

	(void)arg;
	rumpuser_mutex_enter(mtx);
	t_set(&stage, 1);
	while (tokens == 0)
		T_KEEPS(rumpuser_cv_wait_nowrap(cv, mtx));
	T_EQ(t_get(&stage), 2);
	rumpuser_mutex_exit(mtx);
}

static void
cv_wake_later(void *arg)
{

	(void)arg;
	t_msleep(20);
	rumpuser_mutex_enter(mtx);
	tokens = 1;
	rumpuser_cv_signal(cv);
	rumpuser_mutex_exit(mtx);
}

/* Waits for tokens until the time is over; the result of the last wait. */
static int
cv_timed(int64_t sec, int64_t nsec)
{
	int error = 0;

	while (tokens == 0 && error == 0) {
		T_GIVES(error = rumpuser_cv_timedwait(cv, mtx, sec, nsec));
		T_CHECK(fake_self()->l_interlock == mtx);
	}
	return error;
}

static void
cv_timeouts(int flags)
{
	struct lwp *owner = NULL;
	struct tthread tt;
	int64_t t0;

	rumpuser_mutex_init(&mtx, flags);
	rumpuser_cv_init(&cv);
	tokens = 0;
	rumpuser_mutex_enter(mtx);
	t0 = t_now();
	T_ERROR(cv_timed(0, 30000000));
	T_CHECK(t_now() - t0 >= 30000000);
	T_CHECK(t_now() - t0 < T_SOON);
	rumpuser_mutex_owner(mtx, &owner);
	T_CHECK(owner == fake_self());
	t0 = t_now();
	T_ERROR(cv_timed(0, 0));
	T_CHECK(t_now() - t0 < T_SOON);

	/* Woken in time, also when the time is as long as can be. */
	t_spawn(&tt, cv_wake_later, NULL);
	T_EQ(cv_timed(60, 0), 0);
	T_EQ(tokens, 1);
	rumpuser_mutex_exit(mtx);
	t_join(&tt);
	rumpuser_mutex_enter(mtx);
	tokens = 0;
	t_spawn(&tt, cv_wake_later, NULL);
	T_EQ(cv_timed(INT64_MAX, 999999999), 0);
	rumpuser_mutex_exit(mtx);
	t_join(&tt);
	rumpuser_cv_destroy(cv);
	rumpuser_mutex_destroy(mtx);
}

void
case_cv(void)
{
	struct tthread tt;

	cv_kind(0);
	cv_kind(RUMPUSER_MTX_SPIN);
	cv_kind(RUMPUSER_MTX_KMUTEX);
	cv_kind(BOTH);
	cv_timeouts(RUMPUSER_MTX_KMUTEX);
	cv_timeouts(BOTH);

	fake_setncpu(2);
	rumpuser_mutex_init(&mtx, RUMPUSER_MTX_KMUTEX);
	rumpuser_cv_init(&cv);
	t_set(&stage, 0);
	tokens = 0;
	t_spawn(&tt, cv_nowrap, NULL);
	T_CHECK(t_until(&stage, 1));
	t_msleep(10);
	rumpuser_mutex_enter(mtx);
	t_set(&stage, 2);
	tokens = 1;
	rumpuser_cv_signal(cv);
	rumpuser_mutex_exit(mtx);
	t_join(&tt);
	rumpuser_cv_destroy(cv);
	rumpuser_mutex_destroy(mtx);
	fake_setncpu(1);
}
