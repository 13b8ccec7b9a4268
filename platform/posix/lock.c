/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes and condition variables on those of pthreads.
 *
 * Order of resources: a virtual CPU is held while a SPIN mutex is entered
 * (entering one never gives the CPU back), but is given back before blocking
 * on any other.  Hence in cv_wait: with a SPIN|KMUTEX interlock the CPU must
 * be taken again before the mutex; with others after it.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "posix_user.h"

struct rumpuser_mtx {
	pthread_mutex_t	 mtx_mutex;
	struct lwp	*mtx_owner;	/* [a] written with mtx_mutex held */
	int		 mtx_flags;	/* [I] */
};

struct rumpuser_cv {
	pthread_cond_t	 cv_cond;
	int		 cv_nwaiters;	/* [a] */
};

static void *
lock_alloc(size_t size)
{
	void *mem = calloc(1, size);

	if (mem == NULL)
		posix_fatal("no memory for a lock", 0);
	return mem;
}

static void
mutex_own(struct rumpuser_mtx *mtx)
{

	if (mtx->mtx_flags & RUMPUSER_MTX_KMUTEX)
		__atomic_store_n(&mtx->mtx_owner, rumpuser_curlwp(),
		    __ATOMIC_RELAXED);
}

static void
mutex_disown(struct rumpuser_mtx *mtx)
{

	if (mtx->mtx_flags & RUMPUSER_MTX_KMUTEX) {
		POSIX_ASSERT(mtx->mtx_owner == rumpuser_curlwp());
		__atomic_store_n(&mtx->mtx_owner, NULL, __ATOMIC_RELAXED);
	}
}

void
rumpuser_mutex_init(struct rumpuser_mtx **mtxp, int flags)
{
	struct rumpuser_mtx *mtx = lock_alloc(sizeof(*mtx));
	pthread_mutexattr_t attr;

	/* Entering twice must be an abort, not silence. */
	POSIX_NOFAIL(pthread_mutexattr_init(&attr));
	POSIX_NOFAIL(pthread_mutexattr_settype(&attr,
	    PTHREAD_MUTEX_ERRORCHECK));
	POSIX_NOFAIL(pthread_mutex_init(&mtx->mtx_mutex, &attr));
	POSIX_NOFAIL(pthread_mutexattr_destroy(&attr));
	mtx->mtx_flags = flags;
	*mtxp = mtx;
}

void
rumpuser_mutex_destroy(struct rumpuser_mtx *mtx)
{

	POSIX_NOFAIL(pthread_mutex_destroy(&mtx->mtx_mutex));
	free(mtx);
}

int
rumpuser_mutex_tryenter(struct rumpuser_mtx *mtx)
{
	int error = pthread_mutex_trylock(&mtx->mtx_mutex);

	if (error == 0)
		mutex_own(mtx);
	else if (error != EBUSY)
		posix_fatal("pthread_mutex_trylock", error);
	return error;
}

void
rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *mtx)
{

	POSIX_NOFAIL(pthread_mutex_lock(&mtx->mtx_mutex));
	mutex_own(mtx);
}

void
rumpuser_mutex_enter(struct rumpuser_mtx *mtx)
{
	int nlocks;

	if (mtx->mtx_flags & RUMPUSER_MTX_SPIN) {
		rumpuser_mutex_enter_nowrap(mtx);
		return;
	}
	if (rumpuser_mutex_tryenter(mtx) == 0)
		return;
	posix_unsched(&nlocks, NULL);
	POSIX_NOFAIL(pthread_mutex_lock(&mtx->mtx_mutex));
	posix_sched(nlocks, NULL);
	mutex_own(mtx);
}

void
rumpuser_mutex_exit(struct rumpuser_mtx *mtx)
{

	mutex_disown(mtx);
	POSIX_NOFAIL(pthread_mutex_unlock(&mtx->mtx_mutex));
}

void
rumpuser_mutex_owner(struct rumpuser_mtx *mtx, struct lwp **lp)
{

	if ((mtx->mtx_flags & RUMPUSER_MTX_KMUTEX) == 0)
		posix_fatal("mutex_owner: the mutex has no owner tracking", 0);
	*lp = __atomic_load_n(&mtx->mtx_owner, __ATOMIC_RELAXED);
}

void
rumpuser_cv_init(struct rumpuser_cv **cvp)
{
	struct rumpuser_cv *cv = lock_alloc(sizeof(*cv));
	pthread_condattr_t attr;

	POSIX_NOFAIL(pthread_condattr_init(&attr));
	POSIX_NOFAIL(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC));
	POSIX_NOFAIL(pthread_cond_init(&cv->cv_cond, &attr));
	POSIX_NOFAIL(pthread_condattr_destroy(&attr));
	*cvp = cv;
}

void
rumpuser_cv_destroy(struct rumpuser_cv *cv)
{

	POSIX_ASSERT(cv->cv_nwaiters == 0);
	POSIX_NOFAIL(pthread_cond_destroy(&cv->cv_cond));
	free(cv);
}

/* Waits, the virtual CPU untouched.  Returns ETIMEDOUT when ts is over. */
static int
cv_block(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx,
    const struct timespec *ts)
{
	int error;

	mutex_disown(mtx);
	__atomic_add_fetch(&cv->cv_nwaiters, 1, __ATOMIC_RELAXED);
	if (ts != NULL)
		error = pthread_cond_timedwait(&cv->cv_cond, &mtx->mtx_mutex,
		    ts);
	else
		error = pthread_cond_wait(&cv->cv_cond, &mtx->mtx_mutex);
	__atomic_sub_fetch(&cv->cv_nwaiters, 1, __ATOMIC_RELAXED);
	if (error != 0 && error != ETIMEDOUT)
		posix_fatal("pthread_cond_wait", error);
	return error;
}

static int
cv_block_wrap(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx,
    const struct timespec *ts)
{
	const int both = RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX;
	int error, nlocks;

	posix_unsched(&nlocks, mtx);
	error = cv_block(cv, mtx, ts);
	if ((mtx->mtx_flags & both) == both) {
		POSIX_NOFAIL(pthread_mutex_unlock(&mtx->mtx_mutex));
		posix_sched(nlocks, mtx);
		rumpuser_mutex_enter_nowrap(mtx);
	} else {
		mutex_own(mtx);
		posix_sched(nlocks, mtx);
	}
	return error;
}

void
rumpuser_cv_wait(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx)
{

	(void)cv_block_wrap(cv, mtx, NULL);
}

void
rumpuser_cv_wait_nowrap(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx)
{

	(void)cv_block(cv, mtx, NULL);
	mutex_own(mtx);
}

int
rumpuser_cv_timedwait(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx,
    int64_t sec, int64_t nsec)
{
	struct timespec ts;

	if (sec < 0 || nsec < 0)
		sec = nsec = 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	if (nsec > INT64_MAX - ts.tv_nsec)
		nsec = INT64_MAX - ts.tv_nsec;
	nsec += ts.tv_nsec;
	if (__builtin_add_overflow(sec, nsec / 1000000000, &sec) ||
	    __builtin_add_overflow(sec, ts.tv_sec, &sec))
		sec = INT64_MAX;
	ts.tv_sec = sec;
	ts.tv_nsec = nsec % 1000000000;
	/* ETIMEDOUT is not a shared number. */
	return cv_block_wrap(cv, mtx, &ts) != 0 ? EIO : 0;
}

void
rumpuser_cv_signal(struct rumpuser_cv *cv)
{

	POSIX_NOFAIL(pthread_cond_signal(&cv->cv_cond));
}

void
rumpuser_cv_broadcast(struct rumpuser_cv *cv)
{

	POSIX_NOFAIL(pthread_cond_broadcast(&cv->cv_cond));
}

void
rumpuser_cv_has_waiters(struct rumpuser_cv *cv, int *waitersp)
{

	*waitersp = __atomic_load_n(&cv->cv_nwaiters, __ATOMIC_RELAXED) != 0;
}
