/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutexes, reader/writer locks, condition variables of the rump kernel. */
#include "kerntest.h"
#include <kern/clock.h>
#include <kern/lock.h>
#include <kern/proc.h>

#define NTHREADS	4
#define ROUNDS		5000

static struct rump_mutex mtx;
static struct rump_rwlock rw;
static struct rump_cv cv, cv2;
static int counter, readers, writers, maxreaders, turn;

static void
run(void (*fn)(void *))
{
	struct thread th[NTHREADS];
	int i;

	for (i = 0; i < NTHREADS; i++)
		thread_start(&th[i], fn, (void *)(intptr_t)i);
	for (i = 0; i < NTHREADS; i++)
		thread_join(&th[i]);
}

static void
count(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		rump_schedule();
		rump_mutex_enter(&mtx);
		counter++;
		CHECK(rump_mutex_owned(&mtx));
		rump_mutex_exit(&mtx);
		if (rump_mutex_tryenter(&mtx) == 0) {
			counter++;
			rump_mutex_exit(&mtx);
		} else {
			rump_mutex_enter(&mtx);
			counter++;
			rump_mutex_exit(&mtx);
		}
		rump_unschedule();
	}
}

static void
readwrite(void *arg)
{
	int i, r;

	for (i = 0; i < ROUNDS; i++) {
		rump_schedule();
		if ((i + (intptr_t)arg) % 8 == 0) {
			rump_rw_wrenter(&rw);
			CHECK(rump_rw_wrheld(&rw));
			CHECK_EQ(__atomic_load_n(&readers, __ATOMIC_RELAXED),
			    0);
			writers++;
			rump_rw_exit(&rw);
		} else {
			rump_rw_rdenter(&rw);
			CHECK(!rump_rw_wrheld(&rw));
			r = __atomic_add_fetch(&readers, 1, __ATOMIC_RELAXED);
			if (r > __atomic_load_n(&maxreaders,
			    __ATOMIC_RELAXED))
				__atomic_store_n(&maxreaders, r,
				    __ATOMIC_RELAXED);
			__atomic_sub_fetch(&readers, 1, __ATOMIC_RELAXED);
			rump_rw_exit(&rw);
		}
		rump_unschedule();
	}
}

/* Takes turns, each waiting for its own. */
static void
turns(void *arg)
{
	int i, me = (int)(intptr_t)arg;

	rump_schedule();
	rump_mutex_enter(&mtx);
	for (i = 0; i < 200; i++) {
		while (turn != me)
			rump_cv_wait(&cv, &mtx);
		turn = (me + 1) % NTHREADS;
		rump_cv_broadcast(&cv);
	}
	rump_mutex_exit(&mtx);
	rump_unschedule();
}

/* One signal, one waiter. */
static void
consume(void *arg)
{

	(void)arg;
	rump_schedule();
	rump_mutex_enter(&mtx);
	while (counter == 0)
		rump_cv_wait(&cv2, &mtx);
	counter--;
	rump_mutex_exit(&mtx);
	rump_unschedule();
}

static void
produce(void)
{
	struct thread th[NTHREADS];
	int i;

	counter = 0;
	for (i = 0; i < NTHREADS; i++)
		thread_start(&th[i], consume, NULL);
	for (i = 0; i < NTHREADS; i++) {
		rump_schedule();
		rump_mutex_enter(&mtx);
		counter++;
		rump_cv_signal(&cv2);
		rump_mutex_exit(&mtx);
		rump_unschedule();
	}
	for (i = 0; i < NTHREADS; i++)
		thread_join(&th[i]);
	CHECK_EQ(counter, 0);
	rump_schedule();
	CHECK(!rump_cv_has_waiters(&cv2));
	rump_unschedule();
}

static void
timeouts(void)
{
	int64_t t;

	rump_schedule();
	rump_mutex_enter(&mtx);
	t = rump_monotonic();
	CHECK_EQ(rump_cv_timedwait(&cv, &mtx, t - 1), ETIMEDOUT);
	CHECK_EQ(rump_cv_timedwait_sig(&cv, &mtx, t + 20000000), ETIMEDOUT);
	CHECK(rump_monotonic() - t >= 20000000);
	CHECK(rump_mutex_owned(&mtx));
	rump_mutex_exit(&mtx);
	rump_unschedule();
}

struct sleeper {
	struct thread	 s_th;
	int64_t		 s_ms;
	int		 s_error;	/* after the join */
};

static int asleep;			/* [mtx] */

static void
sleep_main(void *arg)
{
	struct sleeper *s = arg;

	rump_schedule();
	rump_mutex_enter(&mtx);
	asleep++;
	s->s_error = rump_cv_timedwait(&cv2, &mtx, rump_monotonic() +
	    s->s_ms * 1000000);
	rump_mutex_exit(&mtx);
	rump_unschedule();
}

/* Back when it sleeps: asleep is counted under the lock it sleeps with. */
static void
sleep_start(struct sleeper *s, int ms, int n)
{
	int now;

	s->s_ms = ms;
	thread_start(&s->s_th, sleep_main, s);
	do {
		msleep(1);
		rump_schedule();
		rump_mutex_enter(&mtx);
		now = asleep;
		rump_mutex_exit(&mtx);
		rump_unschedule();
	} while (now != n);
}

/* The last one of a queue gives up, another one takes its place. */
static void
newcomer(void)
{
	struct sleeper s[3];

	sleep_start(&s[0], 60000, 1);
	sleep_start(&s[1], 50, 2);
	thread_join(&s[1].s_th);
	sleep_start(&s[2], 60000, 3);
	rump_schedule();
	rump_mutex_enter(&mtx);
	rump_cv_broadcast(&cv2);
	rump_mutex_exit(&mtx);
	rump_unschedule();
	thread_join(&s[0].s_th);
	thread_join(&s[2].s_th);
	CHECK_EQ(s[0].s_error, 0);
	CHECK_EQ(s[1].s_error, ETIMEDOUT);
	CHECK_EQ(s[2].s_error, 0);
}

static struct lwp *volatile victim;

static void
interrupted(void *arg)
{

	rump_schedule();
	rump_mutex_enter(&mtx);
	__atomic_store_n(&victim, curlwp, __ATOMIC_RELEASE);
	*(int *)arg = rump_cv_wait_sig(&cv2, &mtx);
	rump_mutex_exit(&mtx);
	__atomic_store_n(&curlwp->l_pending, 0, __ATOMIC_RELAXED);
	rump_unschedule();
}

static void
interrupt(void)
{
	struct thread th;
	int error = 0;

	thread_start(&th, interrupted, &error);
	while (__atomic_load_n(&victim, __ATOMIC_ACQUIRE) == NULL)
		msleep(1);
	rump_schedule();
	/* It cannot leave, and be gone, without the mutex. */
	rump_mutex_enter(&mtx);
	__atomic_fetch_or(&victim->l_pending, LP_EXIT, __ATOMIC_RELAXED);
	rump_lwp_wakeup(victim);
	rump_mutex_exit(&mtx);
	rump_unschedule();
	thread_join(&th);
	CHECK_EQ(error, EINTR);
}

int
main(void)
{

	REQUIRE(start() == 0);
	run(count);
	CHECK_EQ(counter, NTHREADS * ROUNDS * 2);
	run(readwrite);
	CHECK_EQ(writers, NTHREADS * ROUNDS / 8);
	CHECK_EQ(readers, 0);
	CHECK(maxreaders >= 1);
	run(turns);
	produce();
	timeouts();
	newcomer();
	interrupt();
	return check_done();
}
