/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread waits in a call while another makes some, so that its line is
 * interrupted; syscall() with a number goes another way and shows, too.
 */
#include <sys/syscall.h>

#include <pthread.h>
#include <unistd.h>

static int fds[2];
static char c;

static void *
reader(void *arg)
{

	(void)arg;
	(void)read(fds[0], &c, 1);
	return NULL;
}

int
main(void)
{
	volatile long nr = SYS_getppid;
	pthread_t t;
	int i;

	if (pipe(fds) != 0 || pthread_create(&t, NULL, reader, NULL) != 0)
		return 1;
	/* By then it waits, on a machine that stands still at times, too. */
	for (i = 0; i < 20; i++)
		(void)usleep(5000);
	(void)syscall(nr);
	(void)syscall(1234567, 1L);
	(void)write(fds[1], "z", 1);
	(void)pthread_join(t, NULL);
	return c == 'z' ? 5 : 1;
}
