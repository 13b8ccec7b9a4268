/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes, reader/writer locks, condition variables on sleep queues.  The
 * uncontended paths are one compare-and-swap, or plain instructions when
 * rump_cooperative.
 */
#include <asm/errno.h>
#include <rump/rumpuser.h>
#include <kern/lock.h>
#undef rump_mutex_enter		/* here they are made */
#undef rump_mutex_exit
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/sched.h>

static inline struct lwp *
mutex_marked(struct lwp *owner)
{

	return (struct lwp *)((uintptr_t)owner | RUMP_MUTEX_SLEEPERS);
}

static __attribute__((__noinline__)) void
mutex_wait(struct rump_mutex *m, struct lwp *l)
{
	struct lwp *owner;
	int done;

	KASSERT(!rump_mutex_owned(m));
	do {
		rump_sleepq_enter(m);
		owner = __atomic_load_n(&m->m_owner, __ATOMIC_RELAXED);
		/*
		 * Marked, who gives it up comes to our queue; ours is when
		 * others still sleep.
		 */
		done = __atomic_compare_exchange_n(&m->m_owner, &owner,
		    owner != NULL ? mutex_marked(owner) :
		    rump_sleepq_any(m) ? mutex_marked(l) : l, 0,
		    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
		if (done && owner != NULL)
			rump_sleepq_add(m, 0);
		rump_sleepq_exit(m);
		if (done && owner != NULL)
			(void)rump_sleepq_block(m, INT64_MAX);
	} while (!done || owner != NULL);
}

static __attribute__((__noinline__)) int
mutex_try(struct rump_mutex *m, struct lwp *l)
{

	return rump_casptr(&m->m_owner, NULL, l);
}

void
rump_mutex_enter(struct rump_mutex *m)
{
	struct lwp *l = rumpuser_curlwp();

	if (__builtin_expect(!mutex_try(m, l), 0))
		mutex_wait(m, l);
}

int
rump_mutex_tryenter(struct rump_mutex *m)
{

	return mutex_try(m, rump_curlwp()) ? 0 : EBUSY;
}

/* m may be gone: its address is all that is used. */
static __attribute__((__noinline__)) void
mutex_wake(struct rump_mutex *m)
{

	rump_sleepq_enter(m);
	(void)rump_sleepq_wake(m, 1);
	rump_sleepq_exit(m);
}

void
rump_mutex_exit(struct rump_mutex *m)
{

	KASSERT(rump_mutex_owned(m));
	if (__builtin_expect((uintptr_t)__atomic_exchange_n(&m->m_owner, NULL,
	    __ATOMIC_SEQ_CST) & RUMP_MUTEX_SLEEPERS, 0))
		mutex_wake(m);
}

int
rump_mutex_owned(struct rump_mutex *m)
{

	return ((uintptr_t)__atomic_load_n(&m->m_owner, __ATOMIC_RELAXED) ^
	    (uintptr_t)rump_curlwp()) <= RUMP_MUTEX_SLEEPERS;
}

/*
 * Reader/writer: rw_count -1 writer, n readers.  rw_waiters counts waiting
 * writers, RW_SLEEPERS says that anyone sleeps; new readers stay out while a
 * writer waits.
 */
#define RW_SLEEPERS	0x80000000U

static inline uint32_t
rw_load(const struct rump_rwlock *rw)
{

	return (uint32_t)__atomic_load_n(&rw->rw_count, __ATOMIC_RELAXED);
}

static inline uint32_t
rw_waiting(const struct rump_rwlock *rw)
{

	return __atomic_load_n(&rw->rw_waiters, __ATOMIC_SEQ_CST);
}

static int
rw_try(struct rump_rwlock *rw, int write)
{
	uint32_t c = rw_load(rw);

	if (write)
		return rump_cas32((volatile uint32_t *)&rw->rw_count, 0,
		    (uint32_t)-1);
	while ((int32_t)c >= 0 && (rw_waiting(rw) & ~RW_SLEEPERS) == 0) {
		if (rump_cas32((volatile uint32_t *)&rw->rw_count, c, c + 1))
			return 1;
		c = rw_load(rw);
	}
	return 0;
}

static __attribute__((__noinline__)) void
rw_wait(struct rump_rwlock *rw, int write)
{

	rump_sleepq_enter(rw);
	if (write)
		__atomic_fetch_add(&rw->rw_waiters, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		__atomic_fetch_or(&rw->rw_waiters, RW_SLEEPERS,
		    __ATOMIC_SEQ_CST);
		if (rw_try(rw, write))
			break;
		rump_sleepq_add(rw, 0);
		rump_sleepq_exit(rw);
		(void)rump_sleepq_block(rw, INT64_MAX);
		rump_sleepq_enter(rw);
	}
	if (write)
		__atomic_fetch_sub(&rw->rw_waiters, 1, __ATOMIC_SEQ_CST);
	if (!rump_sleepq_any(rw))
		__atomic_fetch_and(&rw->rw_waiters, ~RW_SLEEPERS,
		    __ATOMIC_SEQ_CST);
	rump_sleepq_exit(rw);
}

void
rump_rw_rdenter(struct rump_rwlock *rw)
{

	if (__builtin_expect(!rw_try(rw, 0), 0))
		rw_wait(rw, 0);
}

void
rump_rw_wrenter(struct rump_rwlock *rw)
{

	if (__builtin_expect(!rw_try(rw, 1), 0))
		rw_wait(rw, 1);
	rw->rw_writer = rump_curlwp();
}

void
rump_rw_exit(struct rump_rwlock *rw)
{

	if ((int32_t)rw_load(rw) == -1) {
		KASSERT(rw->rw_writer == rump_curlwp());
		rw->rw_writer = NULL;
		__atomic_store_n(&rw->rw_count, 0, __ATOMIC_SEQ_CST);
	} else {
		KASSERT((int32_t)rw_load(rw) > 0);
		if (__atomic_sub_fetch(&rw->rw_count, 1,
		    __ATOMIC_SEQ_CST) != 0)
			return;
	}
	if (__builtin_expect(rw_waiting(rw) & RW_SLEEPERS, 0)) {
		rump_sleepq_enter(rw);
		(void)rump_sleepq_wake(rw, INT32_MAX);
		rump_sleepq_exit(rw);
	}
}

int
rump_rw_wrheld(struct rump_rwlock *rw)
{

	return (int32_t)rw_load(rw) == -1 &&
	    rw->rw_writer == rump_curlwp();
}

/* cv_head is only a hint that someone may sleep. */
static int
cv_sleep(struct rump_cv *cv, struct rump_mutex *m, int64_t dl, int sig,
    int (*block)(const volatile void *, int64_t))
{
	int error;

	if (sig && __atomic_load_n(&rump_curlwp()->l_pending,
	    __ATOMIC_RELAXED))
		return EINTR;
	rump_sleepq_enter(cv);
	__atomic_store_n(&cv->cv_head, rump_curlwp(), __ATOMIC_SEQ_CST);
	rump_sleepq_add(cv, sig);
	rump_sleepq_exit(cv);
	rump_mutex_exit(m);
	error = block(cv, dl);
	rump_mutex_enter(m);
	return error;
}

void
rump_cv_wait(struct rump_cv *cv, struct rump_mutex *m)
{

	(void)cv_sleep(cv, m, INT64_MAX, 0, rump_sleepq_block);
}

int
rump_cv_wait_sig(struct rump_cv *cv, struct rump_mutex *m)
{

	return cv_sleep(cv, m, INT64_MAX, 1, rump_sleepq_block);
}

int
rump_cv_timedwait(struct rump_cv *cv, struct rump_mutex *m, int64_t dl)
{

	return cv_sleep(cv, m, dl, 0, rump_sleepq_block);
}

int
rump_cv_timedwait_sig(struct rump_cv *cv, struct rump_mutex *m, int64_t dl)
{

	return cv_sleep(cv, m, dl, 1, rump_sleepq_block);
}

int
rump_cv_timedwait_drain(struct rump_cv *cv, struct rump_mutex *m, int64_t dl)
{
	int error = cv_sleep(cv, m, dl, 1, rump_sleepq_block_drain);

	return error == EAGAIN ? 0 : error;
}

static void
cv_wake(struct rump_cv *cv, int n)
{

	if (__atomic_load_n(&cv->cv_head, __ATOMIC_SEQ_CST) == NULL)
		return;
	rump_sleepq_enter(cv);
	(void)rump_sleepq_wake(cv, n);
	if (!rump_sleepq_any(cv))
		__atomic_store_n(&cv->cv_head, NULL, __ATOMIC_SEQ_CST);
	rump_sleepq_exit(cv);
}

void
rump_cv_signal(struct rump_cv *cv)
{

	cv_wake(cv, 1);
}

void
rump_cv_broadcast(struct rump_cv *cv)
{

	cv_wake(cv, INT32_MAX);
}

int
rump_cv_has_waiters(struct rump_cv *cv)
{
	int any;

	rump_sleepq_enter(cv);
	any = rump_sleepq_any(cv);
	rump_sleepq_exit(cv);
	return any;
}
