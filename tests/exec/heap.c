/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: heap N.  Has the break moved up, then starts N - 1 others, each by the
 * one before, and waits for it.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int
main(int argc, char **argv)
{
	char *p = (char *)syscall(SYS_brk, 0), rest[12];
	char *next[] = { argv[0], rest, NULL };
	int n = argc > 1 ? atoi(argv[1]) : 1, error, st;
	pid_t pid;

	if ((char *)syscall(SYS_brk, p + 65536) != p + 65536) {
		printf("%d: the break does not move\n", n);
		return 1;
	}
	p[0] = p[65535] = 1;
	if (n == 1) {
		printf("the last has a heap\n");
		return 0;
	}
	snprintf(rest, sizeof(rest), "%d", n - 1);
	if ((error = posix_spawn(&pid, "/heap", NULL, NULL, next,
	    environ)) != 0) {
		printf("%d: cannot start: error %d\n", n, error);
		return 1;
	}
	if (waitpid(pid, &st, 0) != pid || !WIFEXITED(st))
		return 1;
	return WEXITSTATUS(st);
}
