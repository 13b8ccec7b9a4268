/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads are pthreads; the cookie of a joinable one is its pthread_t.  A
 * virtual CPU is not a CPU of the host, so cpu and priority are the host's to
 * choose.  The current lwp is a thread variable.
 */
#include <pthread.h>
#include <stdlib.h>

#include "posix_user.h"

_Static_assert(sizeof(pthread_t) == sizeof(void *), "pthread_t as a cookie");

static __thread struct lwp *thread_lwp
    __attribute__((__tls_model__("initial-exec")));

int
rumpuser_thread_create(void *(*fn)(void *), void *arg, const char *name,
    int mustjoin, int priority, int cpu, void **cookiep)
{
	pthread_attr_t attr;
	pthread_t pt;
	char nm[16];
	size_t i;
	int error;

	(void)priority;
	(void)cpu;
	error = pthread_attr_init(&attr);
	if (error != 0)
		return posix_errno(error);
	if (!mustjoin)
		POSIX_NOFAIL(pthread_attr_setdetachstate(&attr,
		    PTHREAD_CREATE_DETACHED));
	error = pthread_create(&pt, &attr, fn, arg);
	(void)pthread_attr_destroy(&attr);
	if (error != 0)
		return error == EAGAIN ? ENOMEM : posix_errno(error);
	if (mustjoin) {
		/* A detached thread may be gone by now. */
		for (i = 0; i < sizeof(nm) - 1 && name && name[i]; i++)
			nm[i] = name[i];
		nm[i] = '\0';
		(void)pthread_setname_np(pt, nm);
		*cookiep = (void *)pt;
	}
	return 0;
}

void
rumpuser_thread_exit(void)
{

	pthread_exit(NULL);
}

int
rumpuser_thread_join(void *cookie)
{
	int error, nlocks;

	posix_unsched(&nlocks, NULL);
	error = pthread_join((pthread_t)cookie, NULL);
	posix_sched(nlocks, NULL);
	return posix_errno(error);
}

void
rumpuser_curlwpop(int op, struct lwp *l)
{

	switch (op) {
	case RUMPUSER_LWP_CREATE:
	case RUMPUSER_LWP_DESTROY:
		break;
	case RUMPUSER_LWP_SET:
		POSIX_ASSERT(thread_lwp == NULL || l == NULL);
		thread_lwp = l;
		break;
	case RUMPUSER_LWP_CLEAR:
		POSIX_ASSERT(thread_lwp == l);
		thread_lwp = NULL;
		break;
	default:
		posix_fatal("curlwpop: unknown operation", 0);
	}
}

struct lwp *
rumpuser_curlwp(void)
{

	return thread_lwp;
}
