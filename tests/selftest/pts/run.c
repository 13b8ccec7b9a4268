/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs tests, several at a time: run AT-ONCE SECONDS PROGRAM TEST... starts
 * PROGRAM TEST in a session of its own and ends it after that time.  Lines for
 * each: "@> TEST" when it begins, "@@ TEST status N", "signal N" or "limit" at
 * its end, or "stuck" when not even SIGKILL ended it; then the rest is not run.
 */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLOTS	16

extern char **environ;

static struct slot {
	const char *s_test;
	pid_t	 s_pid;		/* 0: free */
	double	 s_end;
	int	 s_killed;
} slots[SLOTS];

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
start(struct slot *s, char *program, char *test, double limit)
{
	char *argv[] = { program, test, NULL };
	posix_spawnattr_t attr;
	sigset_t set;
	int error;

	posix_spawnattr_init(&attr);
	sigfillset(&set);
	posix_spawnattr_setsigdefault(&attr, &set);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID |
	    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	printf("\n@> %s\n", test);
	error = posix_spawn(&s->s_pid, program, NULL, &attr, argv, environ);
	if (error != 0) {
		printf("\n@@ %s start %s\n", test, strerror(error));
		s->s_pid = 0;
		return;
	}
	s->s_test = test;
	s->s_end = now() + limit;
	s->s_killed = 0;
}

/* What has become of it; 1: it does not end. */
static int
look(struct slot *s)
{
	int status;

	if (waitpid(s->s_pid, &status, WNOHANG) != s->s_pid) {
		if (now() < s->s_end)
			return 0;
		if (s->s_killed) {
			printf("\n@@ %s stuck\n", s->s_test);
			return 1;
		}
		kill(s->s_pid, SIGKILL);
		s->s_killed = 1;
		s->s_end = now() + 20;
		return 0;
	}
	if (s->s_killed)
		printf("\n@@ %s limit\n", s->s_test);
	else if (WIFSIGNALED(status))
		printf("\n@@ %s signal %d\n", s->s_test, WTERMSIG(status));
	else
		printf("\n@@ %s status %d\n", s->s_test, WEXITSTATUS(status));
	s->s_pid = 0;
	return 0;
}

int
main(int argc, char **argv)
{
	int n = argc > 4 ? atoi(argv[1]) : 0, next = 4, busy;

	if (n < 1 || n > SLOTS || chdir("/tmp") != 0)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	do {
		busy = 0;
		for (struct slot *s = slots; s < slots + n; s++) {
			if (s->s_pid != 0 && look(s) != 0)
				return 3;
			if (s->s_pid == 0 && next < argc)
				start(s, argv[3], argv[next++], atof(argv[2]));
			busy |= s->s_pid != 0;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	} while (busy || next < argc);
	return 0;
}
