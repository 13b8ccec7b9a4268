/* SPDX-License-Identifier: BSD-2-Clause */
/* Events: rumpcomp_event.h.  "Interrupt handlers" are threads here. */
#include <pthread.h>
#include <stdlib.h>

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

	if (ev == NULL)
		return ENOMEM;
	POSIX_NOFAIL(pthread_mutex_init(&ev->ev_mutex, NULL));
	POSIX_NOFAIL(pthread_cond_init(&ev->ev_cond, NULL));
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

void
rumpcomp_event_wait(struct rumpcomp_event *ev)
{
	int nlocks;

	posix_unsched(&nlocks, NULL);
	POSIX_NOFAIL(pthread_mutex_lock(&ev->ev_mutex));
	while (!ev->ev_set)
		POSIX_NOFAIL(pthread_cond_wait(&ev->ev_cond, &ev->ev_mutex));
	ev->ev_set = 0;
	POSIX_NOFAIL(pthread_mutex_unlock(&ev->ev_mutex));
	posix_sched(nlocks, NULL);
}
