/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the tests of the launcher: runs rumprun, keeps what it says and how
 * long it takes.  A run that hangs is killed and has status -1.
 */
#ifndef TESTS_LAUNCHER_HARNESS_H
#define TESTS_LAUNCHER_HARNESS_H

#include <stddef.h>
#include <sys/types.h>

#include "../check.h"

struct result {
	int	 status;	/* exit status; -1: killed or hung */
	char	 out[65536];	/* with a NUL after it */
	size_t	 outlen;
	char	 err[16384];
	size_t	 errlen;
	int	 ms;
};

/* The guests' files, see Makefile. */
const char *guest(const char *name);
const char *rumprun_path(void);

#define MAXARGS	512
struct run {
	pid_t	 pid;
	int	 in, out, err;	/* ours; in is -1 without input */
	int	 start;		/* now(), before it ran */
};
/* input NULL: /dev/null.  args ends with NULL. */
void run_start(struct run *, int input, const char *const *args);
/* Reads until text stands in the output; 0, or -1 after ms milliseconds. */
int run_expect(struct run *, struct result *, const char *text, int ms);
void run_finish(struct run *, struct result *);
/* All in one.  input is given to it at once, then end of file. */
void run_all(struct result *, const char *input, const char *const *args);
#define RUN(res, ...) \
	run_all(res, NULL, (const char *const []){ __VA_ARGS__, NULL })
#define RUN_INPUT(res, input, ...) \
	run_all(res, input, (const char *const []){ __VA_ARGS__, NULL })

/* One line on stderr that contains text, status 125, nothing on stdout. */
void expect_error(const char *file, int line, const char *text,
    const char *const *args);
#define EXPECT_ERROR(text, ...) \
	expect_error(__FILE__, __LINE__, text, \
	    (const char *const []){ __VA_ARGS__, NULL })

/* First child of a process, or 0. */
pid_t child_of(pid_t);
/* Letter that ps shows; 0: there is no such process. */
int state_of(pid_t);
int is_alive(pid_t);
/* Until it is gone, at most ms milliseconds; true when gone. */
int wait_gone(pid_t, int ms);
int now(void);		/* milliseconds */
#define SLOW	60000	/* ms: longer than what works takes anywhere */
/* A TCP port of 127.0.0.1 that nobody has, below those of connections. */
int free_port(void);

#endif /* TESTS_LAUNCHER_HARNESS_H */
