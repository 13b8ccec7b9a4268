/* SPDX-License-Identifier: BSD-2-Clause */
/* Events: rumpcomp_event.h.  "Interrupt handlers" are threads here. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include <rump/rumpcomp_event.h>

#include "posix_user.h"

struct rumpcomp_event {
	pthread_mutex_t	 ev_mutex;
	pthread_cond_t	 ev_cond;
	int		 ev_set;	/* [ev_mutex] */
};

int
rumpcomp_event_create(struct rumpcomp_event **evp)
{
	struct rumpcomp_event *ev = calloc(1, sizeof(*ev));
	pthread_condattr_t attr;

	if (ev == NULL)
		return ENOMEM;
	POSIX_NOFAIL(pthread_mutex_init(&ev->ev_mutex, NULL));
	POSIX_NOFAIL(pthread_condattr_init(&attr));
	POSIX_NOFAIL(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC));
	POSIX_NOFAIL(pthread_cond_init(&ev->ev_cond, &attr));
	POSIX_NOFAIL(pthread_condattr_destroy(&attr));
	*evp = ev;
	return 0;
}

void
rumpcomp_event_destroy(struct rumpcomp_event *ev)
{

	POSIX_NOFAIL(pthread_cond_destroy(&ev->ev_cond));
	POSIX_NOFAIL(pthread_mutex_destroy(&ev->ev_mutex));
	free(ev);
}

void
rumpcomp_event_signal(struct rumpcomp_event *ev)
{

	POSIX_NOFAIL(pthread_mutex_lock(&ev->ev_mutex));
	ev->ev_set = 1;
	POSIX_NOFAIL(pthread_cond_signal(&ev->ev_cond));
	POSIX_NOFAIL(pthread_mutex_unlock(&ev->ev_mutex));
}

static struct timespec
after(int64_t ns)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	if (ns / 1000000000 > INT32_MAX)
		ns = INT32_MAX * 1000000000LL;
	ts.tv_sec += ns / 1000000000;
	ts.tv_nsec += ns % 1000000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	return ts;
}

int
rumpcomp_event_timedwait(struct rumpcomp_event *ev, int64_t ns)
{
	struct timespec ts = { 0 };
	int nlocks, error = 0;

	posix_unsched(&nlocks, NULL);
	if (ns >= 0)
		ts = after(ns);
	POSIX_NOFAIL(pthread_mutex_lock(&ev->ev_mutex));
	while (!ev->ev_set && error == 0) {
		if (ns < 0)
			POSIX_NOFAIL(pthread_cond_wait(&ev->ev_cond,
			    &ev->ev_mutex));
		else
			error = pthread_cond_timedwait(&ev->ev_cond,
			    &ev->ev_mutex, &ts);
	}
	if (ev->ev_set)
		error = 0;
	ev->ev_set = 0;
	POSIX_NOFAIL(pthread_mutex_unlock(&ev->ev_mutex));
	posix_sched(nlocks, NULL);
	return error;
}

void
rumpcomp_event_wait(struct rumpcomp_event *ev)
{

	(void)rumpcomp_event_timedwait(ev, -1);
}
