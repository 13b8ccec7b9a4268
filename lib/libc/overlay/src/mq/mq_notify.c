/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mq_notify: for SIGEV_THREAD a thread waits on an eventfd for the word of the
 * rump kernel (rumpsrc/ipc/mqnotify.c), where Linux has a netlink socket.
 */
#include <mqueue.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "syscall.h"

#define WOKEN	1
#define REMOVED	2

struct waiter {
	void		(*fn)(union sigval);
	union sigval	 value;
	int		 fd;
	sem_t		 taken;		/* the thread has a copy */
};

static void *
waiter_main(void *arg)
{
	struct waiter *w = arg;
	void (*fn)(union sigval) = w->fn;
	union sigval value = w->value;
	int fd = w->fd;
	uint64_t what = 0;
	ssize_t n;

	sem_post(&w->taken);
	do
		n = read(fd, &what, sizeof(what));
	while (n < 0 && errno == EINTR);
	close(fd);
	if (what == WOKEN)
		fn(value);
	return NULL;
}

/* 0 or an error; the thread closes fd. */
static int
waiter_start(const struct sigevent *ev, int fd)
{
	struct waiter w = { ev->sigev_notify_function, ev->sigev_value, fd,
	    { { { 0 } } } };
	pthread_attr_t attr;
	pthread_t td;

	if (ev->sigev_notify_attributes != NULL)
		attr = *ev->sigev_notify_attributes;
	else
		pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sem_init(&w.taken, 0, 0);
	if (pthread_create(&td, &attr, waiter_main, &w) != 0)
		return EAGAIN;
	while (sem_wait(&w.taken) != 0)
		continue;
	return 0;
}

int
mq_notify(mqd_t mqd, const struct sigevent *ev)
{
	struct sigevent kev = { .sigev_notify = SIGEV_THREAD };
	uint64_t removed = REMOVED;
	long r;

	if (ev == NULL || ev->sigev_notify != SIGEV_THREAD)
		return syscall(SYS_mq_notify, mqd, ev);
	if ((kev.sigev_signo = eventfd(0, EFD_CLOEXEC)) < 0)
		return -1;
	if ((r = waiter_start(ev, kev.sigev_signo)) != 0) {
		__syscall(SYS_close, kev.sigev_signo);
		errno = (int)r;
		return -1;
	}
	r = __syscall(SYS_mq_notify, mqd, &kev);
	if (r < 0)
		__syscall(SYS_write, kev.sigev_signo, &removed,
		    sizeof(removed));
	return (int)__syscall_ret(r);
}
