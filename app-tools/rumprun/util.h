/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every file of the launcher uses: errors, vectors of strings, files.
 * The launcher has one thread; memory is given back when it ends.
 */
#ifndef RUMPRUN_UTIL_H
#define RUMPRUN_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Exit statuses of the launcher itself; all others are the program's. */
#define ST_TIMEOUT	124
#define ST_FAILED	125

/* "rumprun: text" on stderr; fail() ends with ST_FAILED. */
void note(const char *, ...) __attribute__((__format__(__printf__, 1, 2)));
void fail(const char *, ...)
    __attribute__((__format__(__printf__, 1, 2), __noreturn__));

void *xmalloc(size_t);
char *xstrdup(const char *);
char *xasprintf(const char *, ...)
    __attribute__((__format__(__printf__, 1, 2)));

/* All bytes, through short writes and EINTR; 0 or a positive errno. */
int write_all(int fd, const void *, size_t);
/* Anonymous file with these contents, position 0, not close-on-exec. */
int memfile(const char *name, const void *, size_t);
/* The whole file with a NUL after it, or NULL and errno. */
char *read_file(const char *path, size_t *lenp);
/* Path of a program in PATH, or NULL. */
char *find_program(const char *name);
/* Monotonic milliseconds. */
int64_t now_ms(void);

/* A NULL-terminated vector of strings: a command. */
struct strvec {
	char	**sv_v;
	size_t	  sv_n;
};
void sv_add(struct strvec *, const char *, ...)
    __attribute__((__format__(__printf__, 2, 3)));
void sv_add1(struct strvec *, const char *);	/* not a format */
/* Splits like a shell does: blanks, quotes, backslash.  EINVAL: open quote. */
int sv_split(struct strvec *, const char *);
/* One line for a shell that runs exactly this command. */
void sv_print(const struct strvec *);
/* The string with each comma doubled, as QEMU's options want it. */
char *qemu_escape(const char *);

#endif /* RUMPRUN_UTIL_H */
