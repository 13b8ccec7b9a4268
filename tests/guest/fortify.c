/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * _FORTIFY_SOURCE: each call once with the last size that fits, then, when
 * the argument names it, with one byte more.  The sizes are known when it
 * runs only.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../check.h"

#ifndef RUMPRUN_FORTIFY
#error "the wrapper's headers are not in use"
#endif
#define NOINLINE __attribute__((__noinline__, __noclone__))
#define LEN	16

static char from[2 * LEN];
static struct { char s[LEN]; char after[LEN]; } pair;
static int fds[2];

static NOINLINE void
do_memcpy(size_t n)
{
	char to[LEN];

	memcpy(to, from, n);
	__asm__ volatile("" : : "r"(to) : "memory");
}

/* What malloc returned has a size, too. */
static NOINLINE void
do_memmove(size_t n)
{
	char *to = malloc(LEN);

	memmove(to, from, n);
	__asm__ volatile("" : : "r"(to) : "memory");
	free(to);
}

static NOINLINE void
do_memset(size_t n)
{
	char to[LEN];

	memset(to, 1, n);
	__asm__ volatile("" : : "r"(to) : "memory");
}

/* The read side. */
static NOINLINE void
do_source(size_t n)
{
	static char to[4 * LEN];

	memcpy(to, &from[LEN], n);
	__asm__ volatile("" : : "r"(to) : "memory");
}

static const char *
word(size_t n)
{
	static char s[2 * LEN];

	memset(s, 'x', sizeof(s));
	s[n - 1] = '\0';
	return s;
}

/* A member, though more of the object follows. */
static NOINLINE void do_strcpy(size_t n) { strcpy(pair.s, word(n)); }
static NOINLINE void do_stpcpy(size_t n) { stpcpy(pair.s, word(n)); }
static NOINLINE void do_strncpy(size_t n) { strncpy(pair.s, "x", n); }
static NOINLINE void do_strlcpy(size_t n) { strlcpy(pair.s, "x", n); }
static NOINLINE void
do_strcat(size_t n)
{
	strcpy(pair.s, "ab");
	strcat(pair.s, word(n - 2));
}
static NOINLINE void
do_strncat(size_t n)
{
	strcpy(pair.s, "ab");
	strncat(pair.s, word(2 * LEN), n - 3);
}
static NOINLINE void do_sprintf(size_t n) { sprintf(pair.s, "%s", word(n)); }
static NOINLINE void
do_snprintf(size_t n)
{
	CHECK_EQ(snprintf(pair.s, n, "%d", 42), 2);
}
static NOINLINE void do_read(size_t n) { (void)!read(fds[0], pair.after, n); }
static NOINLINE void do_write(size_t n) { (void)!write(fds[1], from + LEN, n); }
static NOINLINE void do_getcwd(size_t n) { (void)!getcwd(pair.s, n); }
static NOINLINE void
do_recv(size_t n)
{
	CHECK_EQ(recv(-1, pair.after, n, 0), -1);
}
static NOINLINE void
do_fread(size_t n)
{
	FILE *f = fopen("/dev/zero", "r");

	CHECK_EQ(fread(pair.after, 1, n, f), n);
	fclose(f);
}

static const struct {
	const char	*name;
	void		(*fn)(size_t);
} calls[] = {
#define C(n) { #n, do_##n }
	C(memcpy), C(memmove), C(memset), C(source), C(strcpy), C(stpcpy),
	C(strncpy), C(strlcpy), C(strcat), C(strncat), C(sprintf),
	C(snprintf), C(read), C(write), C(getcwd), C(recv), C(fread),
};

int
main(int argc, char **argv)
{
	unsigned i;

	CHECK(pipe(fds) == 0);
	CHECK_EQ(write(fds[1], from, LEN), LEN);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (argc == 1)
			puts(calls[i].name);
		calls[i].fn(LEN);
	}
	for (i = 0; argc > 1 && i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(argv[1], calls[i].name) == 0)
			calls[i].fn(LEN + 1);
	if (argc > 1)
		puts("survived");
	return 0;
}
