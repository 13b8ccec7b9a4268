/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by tests that are programs with a rump kernel in them: calls and
 * their errors, processes, threads, time.
 */
#ifndef TESTS_RUMPTEST_H
#define TESTS_RUMPTEST_H

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <rump/rump.h>
#include <rump/rump_syscalls.h>

#include "check.h"

#define OK(call)	CHECK_EQ(call, 0)

/* A rump kernel, and a process of our own in it. */
static inline int
start(void)
{
	int error = rump_init();

	return error ? error : rump_pub_lwproc_rfork(RUMP_RFCFDG);
}

/*
 * A host thread with an lwp in process `pid`; the caller joins it.
 */
struct thread {
	pthread_t	th_id;
	pid_t		th_pid;
	void		(*th_fn)(void *);
	void		*th_arg;
};

static inline void *
thread_main(void *arg)
{
	struct thread *th = arg;
	int error = rump_pub_lwproc_newlwp(th->th_pid);

	if (error) {
		printf("no lwp: error %d\n", error);
		abort();
	}
	th->th_fn(th->th_arg);
	rump_pub_lwproc_releaselwp();
	return NULL;
}

static inline void
thread_start(struct thread *th, void (*fn)(void *), void *arg)
{

	th->th_pid = rump_sys_getpid();
	th->th_fn = fn;
	th->th_arg = arg;
	if (pthread_create(&th->th_id, NULL, thread_main, th) != 0)
		abort();
}

static inline void
thread_join(struct thread *th)
{

	pthread_join(th->th_id, NULL);
}

static inline void
msleep(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

/* Milliseconds of the host's clock. */
static inline int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

#endif /* TESTS_RUMPTEST_H */
