/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read/write locks: pthreads has neither upgrade nor downgrade.
 *
 * Neither side starves: a reader waits behind waiting writers, and a writer
 * that leaves lets in first the readers that were waiting then (rw_grant).
 * rw_mutex is a leaf, never held while blocking or across an upcall.
 */
#include <pthread.h>
#include <stdlib.h>

#include "posix_user.h"

struct rumpuser_rw {
	pthread_mutex_t	 rw_mutex;
	pthread_cond_t	 rw_rcond, rw_wcond;
	/* All guarded by rw_mutex. */
	unsigned	 rw_readers;	/* inside */
	unsigned	 rw_rwait;	/* readers waiting */
	unsigned	 rw_grant;	/* ... that may pass waiting writers */
	unsigned	 rw_wwait;	/* writers waiting */
	int		 rw_written;	/* a writer is inside */
	struct lwp	*rw_owner;	/* the writer */
};

void
rumpuser_rw_init(struct rumpuser_rw **rwp)
{
	struct rumpuser_rw *rw = calloc(1, sizeof(*rw));

	if (rw == NULL)
		posix_fatal("no memory for a lock", 0);
	POSIX_NOFAIL(pthread_mutex_init(&rw->rw_mutex, NULL));
	POSIX_NOFAIL(pthread_cond_init(&rw->rw_rcond, NULL));
	POSIX_NOFAIL(pthread_cond_init(&rw->rw_wcond, NULL));
	*rwp = rw;
}

void
rumpuser_rw_destroy(struct rumpuser_rw *rw)
{

	POSIX_ASSERT(rw->rw_readers == 0 && !rw->rw_written);
	POSIX_NOFAIL(pthread_cond_destroy(&rw->rw_wcond));
	POSIX_NOFAIL(pthread_cond_destroy(&rw->rw_rcond));
	POSIX_NOFAIL(pthread_mutex_destroy(&rw->rw_mutex));
	free(rw);
}

/* Caller holds rw_mutex. */
static int
rw_take(int lk, struct rumpuser_rw *rw)
{

	if (lk == RUMPUSER_RW_WRITER) {
		if (rw->rw_written || rw->rw_readers != 0 || rw->rw_grant != 0)
			return EBUSY;
		rw->rw_written = 1;
		rw->rw_owner = rumpuser_curlwp();
	} else {
		if (rw->rw_written || rw->rw_wwait != 0)
			return EBUSY;
		rw->rw_readers++;
	}
	return 0;
}

/* Caller holds rw_mutex; the lock is free of writers and who waits may be. */
static void
rw_wake(struct rumpuser_rw *rw)
{

	if (rw->rw_grant != 0 || (rw->rw_wwait == 0 && rw->rw_rwait != 0))
		POSIX_NOFAIL(pthread_cond_broadcast(&rw->rw_rcond));
	else if (rw->rw_wwait != 0 && rw->rw_readers == 0)
		POSIX_NOFAIL(pthread_cond_signal(&rw->rw_wcond));
}

/* Caller holds rw_mutex; blocks without a virtual CPU. */
static void
rw_wait_read(struct rumpuser_rw *rw)
{

	rw->rw_rwait++;
	while (rw->rw_written || (rw->rw_wwait != 0 && rw->rw_grant == 0))
		POSIX_NOFAIL(pthread_cond_wait(&rw->rw_rcond, &rw->rw_mutex));
	rw->rw_rwait--;
	if (rw->rw_grant != 0)
		rw->rw_grant--;
	rw->rw_readers++;
}

static void
rw_wait_write(struct rumpuser_rw *rw)
{

	rw->rw_wwait++;
	while (rw->rw_written || rw->rw_readers != 0 || rw->rw_grant != 0)
		POSIX_NOFAIL(pthread_cond_wait(&rw->rw_wcond, &rw->rw_mutex));
	rw->rw_wwait--;
	rw->rw_written = 1;
	rw->rw_owner = rumpuser_curlwp();
}

void
rumpuser_rw_enter(int lk, struct rumpuser_rw *rw)
{
	int nlocks;

	if (rumpuser_rw_tryenter(lk, rw) == 0)
		return;
	posix_unsched(&nlocks, NULL);
	POSIX_NOFAIL(pthread_mutex_lock(&rw->rw_mutex));
	if (lk == RUMPUSER_RW_WRITER)
		rw_wait_write(rw);
	else
		rw_wait_read(rw);
	POSIX_NOFAIL(pthread_mutex_unlock(&rw->rw_mutex));
	posix_sched(nlocks, NULL);
}

int
rumpuser_rw_tryenter(int lk, struct rumpuser_rw *rw)
{
	int error;

	POSIX_NOFAIL(pthread_mutex_lock(&rw->rw_mutex));
	error = rw_take(lk, rw);
	POSIX_NOFAIL(pthread_mutex_unlock(&rw->rw_mutex));
	return error;
}

int
rumpuser_rw_tryupgrade(struct rumpuser_rw *rw)
{
	int error = EBUSY;

	POSIX_NOFAIL(pthread_mutex_lock(&rw->rw_mutex));
	POSIX_ASSERT(rw->rw_readers != 0);
	if (rw->rw_readers == 1 && rw->rw_grant == 0) {
		rw->rw_readers = 0;
		rw->rw_written = 1;
		rw->rw_owner = rumpuser_curlwp();
		error = 0;
	}
	POSIX_NOFAIL(pthread_mutex_unlock(&rw->rw_mutex));
	return error;
}

void
rumpuser_rw_downgrade(struct rumpuser_rw *rw)
{

	POSIX_NOFAIL(pthread_mutex_lock(&rw->rw_mutex));
	POSIX_ASSERT(rw->rw_written && rw->rw_owner == rumpuser_curlwp());
	rw->rw_written = 0;
	rw->rw_owner = NULL;
	rw->rw_readers = 1;
	rw->rw_grant = rw->rw_rwait;
	rw_wake(rw);
	POSIX_NOFAIL(pthread_mutex_unlock(&rw->rw_mutex));
}

void
rumpuser_rw_exit(struct rumpuser_rw *rw)
{

	POSIX_NOFAIL(pthread_mutex_lock(&rw->rw_mutex));
	if (rw->rw_written) {
		POSIX_ASSERT(rw->rw_owner == rumpuser_curlwp());
		rw->rw_written = 0;
		rw->rw_owner = NULL;
		rw->rw_grant = rw->rw_rwait;
	} else {
		POSIX_ASSERT(rw->rw_readers != 0);
		rw->rw_readers--;
	}
	rw_wake(rw);
	POSIX_NOFAIL(pthread_mutex_unlock(&rw->rw_mutex));
}

void
rumpuser_rw_held(int lk, struct rumpuser_rw *rw, int *heldp)
{

	POSIX_NOFAIL(pthread_mutex_lock(&rw->rw_mutex));
	if (lk == RUMPUSER_RW_WRITER)
		*heldp = rw->rw_written && rw->rw_owner == rumpuser_curlwp();
	else
		*heldp = rw->rw_readers != 0;
	POSIX_NOFAIL(pthread_mutex_unlock(&rw->rw_mutex));
}
