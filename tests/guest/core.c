/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that crashes while a thread of it waits and another one was
 * preempted: for core.sh.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#define NOINLINE __attribute__((__noinline__, __noclone__))

int *nowhere;
static int fds[2], ready;
static volatile unsigned long turns;

static NOINLINE int
wait_for_ever(int fd)
{
	char c;

	__atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
	return (int)read(fd, &c, 1);
}

static void *
waiter(void *arg)
{

	return (void *)(long)wait_for_ever(*(int *)arg);
}

static NOINLINE void
spin(unsigned long step)
{

	for (;;)
		turns += step;
}

static void *
spinner(void *arg)
{

	spin(3);
	return arg;
}

static NOINLINE void
store(int value, int how)
{

	if (how > 1)
		abort();
	*nowhere = value;
}

static NOINLINE void
descend(int depth, int how)
{

	if (depth == 0)
		store(42, how);
	else
		descend(depth - 1, how);
	__asm__ volatile("" : : : "memory");	/* no tail call */
}

int
main(int argc, char **argv)
{
	pthread_t t, u;
	int i;

	if (argc > 1 && argv[1][0] == 'n')
		return 134;		/* no crash, whatever it looks like */
	if (pipe(fds) != 0 || pthread_create(&t, NULL, waiter, &fds[0]) != 0 ||
	    pthread_create(&u, NULL, spinner, NULL) != 0)
		return 1;
	while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) == 0 || turns == 0)
		usleep(100);
	/* Until the waiter, which is about to, has come to wait. */
	for (i = 0; i < 10; i++)
		sched_yield();
	descend(2, argc);
	return 0;
}
