/* SPDX-License-Identifier: BSD-2-Clause */
/* CHECK for tests that are kernel code; see tests/check.h. */
#ifndef TESTS_BMK_KCHECK_H
#define TESTS_BMK_KCHECK_H

#include <bmk/bmk.h>

extern int check_failures;
int test(void);		/* the test's; a failure is counted */

#define CHECK(expr) do {						\
	if (!(expr)) {							\
		check_failures++;					\
		bmk_printf("%s:%d: CHECK(%s) failed\n", __FILE__,	\
		    __LINE__, #expr);					\
	}								\
} while (0)

#define CHECK_EQ(a, b) do {						\
	long long check_a = (long long)(a), check_b = (long long)(b);	\
	if (check_a != check_b) {					\
		check_failures++;					\
		bmk_printf("%s:%d: %s is %lld, %s is %lld\n", __FILE__,	\
		    __LINE__, #a, check_a, #b, check_b);		\
	}								\
} while (0)

#define MSEC	1000000LL
#define SEC	1000000000LL

/* Sleeps so many nanoseconds. */
void nap(int64_t ns);

#endif /* TESTS_BMK_KCHECK_H */
