/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CHECK(expr) for test programs: a failure is printed with file, line and
 * values, and counted; a test ends with `return check_done();`.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <errno.h>
#include <stdio.h>

/* No process or thread of Linux's or ours has it: theirs are smaller. */
#define NO_PID	(1 << 22)

static int check_failures __attribute__((__unused__));

#define CHECK(expr) do {						\
	if (!(expr)) {							\
		check_failures++;					\
		printf("%s:%d: CHECK(%s) failed\n", __FILE__,		\
		    __LINE__, #expr);					\
	}								\
} while (0)

/* Two integers that must be equal; prints both when they are not. */
#define CHECK_EQ(a, b) do {						\
	long long check_a = (long long)(a), check_b = (long long)(b);	\
	if (check_a != check_b) {					\
		check_failures++;					\
		printf("%s:%d: %s is %lld, %s is %lld\n", __FILE__,	\
		    __LINE__, #a, check_a, #b, check_b);		\
	}								\
} while (0)

/* The call gives -1, or MAP_FAILED, and this errno. */
#define FAILS(call, err) do {						\
	errno = 0;							\
	CHECK_EQ(call, -1);						\
	CHECK_EQ(errno, err);						\
} while (0)

/* Nothing after it makes sense when it fails. */
#define REQUIRE(expr) do {						\
	CHECK(expr);							\
	if (check_failures)						\
		return 1;						\
} while (0)

static inline int
check_done(void)
{
	if (check_failures)
		printf("%d checks failed\n", check_failures);
	return check_failures != 0;
}

#endif /* TESTS_CHECK_H */
