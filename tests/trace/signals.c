/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A signal interrupts a read that is made again, one comes from the program
 * itself, one is a fault that is jumped out of, one ends it.
 */
#include <sys/time.h>

#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

static sigjmp_buf out;
static int fds[2], alarms;

static int
alarm_in(int usec)
{
	struct itimerval it = { { 0, 0 }, { 0, usec } };

	return setitimer(ITIMER_REAL, &it, NULL);
}

/* The last one ends the read; one at least comes while it waits. */
static void
on_alarm(int sig)
{

	if (sig == SIGALRM && ++alarms < 10) {
		(void)alarm_in(20000);
		return;
	}
	(void)write(fds[1], "w", 1);
}

static void
on_fault(int sig)
{

	siglongjmp(out, sig);
}

int
main(void)
{
	struct sigaction sa = { .sa_handler = on_alarm,
	    .sa_flags = SA_RESTART };
	char c = 0;

	if (pipe(fds) != 0)
		return 1;
	(void)sigaction(SIGALRM, &sa, NULL);
	(void)sigaction(SIGUSR1, &sa, NULL);
	sa.sa_handler = on_fault;
	(void)sigaction(SIGSEGV, &sa, NULL);
	(void)alarm_in(20000);
	if (read(fds[0], &c, 1) != 1 || c != 'w')
		return 2;
	(void)kill(getpid(), SIGUSR1);
	if (sigsetjmp(out, 1) == 0)
		*(volatile char *)8 = 1;
	(void)raise(SIGTERM);
	return 3;
}
