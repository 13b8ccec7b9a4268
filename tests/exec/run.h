/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting a helper and looking at its output and status. */
#ifndef EXEC_RUN_H
#define EXEC_RUN_H

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"

extern char **environ;
static const char *dir __attribute__((__unused__));	/* of the helpers */

static inline char *
prog(const char *name)
{
	static char path[4][1000];
	static int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[0]), "%s/%s", dir, name);
	return path[next];
}

/* posix_spawn with stdout to buf; the wait status, -errno of the spawn. */
static inline int
output(char *buf, size_t size, posix_spawn_file_actions_t *given,
    const posix_spawnattr_t *attr, char **argv)
{
	posix_spawn_file_actions_t own, *fa = given != NULL ? given : &own;
	int fds[2], error, st = -1;
	size_t n = 0;
	ssize_t r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return -errno;
	if (given == NULL)
		posix_spawn_file_actions_init(fa);
	posix_spawn_file_actions_adddup2(fa, fds[1], 1);
	error = posix_spawn(&pid, argv[0], fa, attr, argv, environ);
	posix_spawn_file_actions_destroy(fa);
	close(fds[1]);
	while (!error && (r = read(fds[0], buf + n, size - 1 - n)) > 0)
		n += (size_t)r;
	buf[n] = '\0';
	close(fds[0]);
	if (error)
		return -error;
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return st;
}

#define ARGV(...) (char *[]){ __VA_ARGS__, NULL }

#define CHECK_OUT(status, text, fa, attr, ...) do {			\
	char check_buf[2000];						\
	CHECK_EQ(output(check_buf, sizeof(check_buf), fa, attr,		\
	    ARGV(__VA_ARGS__)), status);				\
	if (strcmp(check_buf, text) != 0) {				\
		check_failures++;					\
		printf("%s:%d: output \"%s\", not \"%s\"\n", __FILE__,	\
		    __LINE__, check_buf, text);				\
	}								\
} while (0)

#endif /* EXEC_RUN_H */
