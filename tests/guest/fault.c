/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dies in the way its argument names.  The functions are not inlined and
 * carry the names that fault.sh looks for in the backtrace.
 */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((__noinline__, __noclone__))

static const int constant[4] = { 1, 2, 3, 4 };
static volatile int zero;		/* the compiler must not know */

static NOINLINE void
die_null(void)
{
	volatile int *p = (volatile int *)(long)zero;

	printf("%d\n", *p);
}

static NOINLINE void
die_call(void)
{
	void (*volatile fn)(void) = (void (*)(void))(long)zero;

	fn();
	puts("back");
}

static NOINLINE void
die_invalid(void)
{

	__asm__ volatile("ud2");
	puts("back");
}

static NOINLINE void
die_text(void)
{

	*(volatile char *)(void *)die_invalid = 0;
	puts("back");
}

static NOINLINE void
die_const(void)
{

	((volatile int *)(long)constant)[zero] = 5;
	puts("back");
}

static NOINLINE void
die_exec(void)
{
	char *heap = malloc(64);
	void (*volatile fn)(void);

	memset(heap, 0xc3, 64);
	fn = (void (*)(void))(void *)heap;
	fn();
	puts("back");
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winfinite-recursion"
static NOINLINE int
deeper(int n)
{
	volatile char pad[512];

	pad[0] = (char)n;
	return deeper(n + 1) + pad[0];
}

static void *
run_off(void *arg)
{

	(void)arg;
	return (void *)(long)deeper(0);
}

static NOINLINE void
die_stack(void)
{
	pthread_t t;

	pthread_create(&t, NULL, run_off, NULL);
	pthread_join(t, NULL);
}

static void *
in_thread(void *arg)
{

	die_null();
	return arg;
}

static NOINLINE void
die_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, in_thread, NULL);
	pthread_join(t, NULL);
}

#pragma GCC diagnostic pop
static NOINLINE void
die_main_stack(void)
{

	zero = deeper(zero);
}

static NOINLINE void
die_abort(void)
{

	abort();
}

static NOINLINE void
die_assert(void)
{

	assert(zero == 42);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} ways[] = {
		{ "null", die_null }, { "call", die_call },
		{ "invalid", die_invalid }, { "text", die_text },
		{ "const", die_const }, { "exec", die_exec },
		{ "stack", die_stack },
		{ "main", die_main_stack }, { "thread", die_thread },
		{ "abort", die_abort },
		{ "assert", die_assert },
	};
	unsigned i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (argc > 1 && strcmp(argv[1], ways[i].name) == 0)
			ways[i].fn();
	puts("still alive");
	return 0;
}
