/* SPDX-License-Identifier: BSD-2-Clause */
/* Stands for librumprun: runs the test, its failures are the exit status. */
#include "kcheck.h"

int check_failures;

void rumprun_boot(const char *);

void
nap(int64_t ns)
{
	int64_t end = bmk_platform_monotonic() + ns;

	while (bmk_platform_monotonic() < end) {
		bmk_sched_prepare(end);
		(void)bmk_sched_block();
	}
}

void
rumprun_boot(const char *config)
{
	(void)config;
	(void)test();
	if (check_failures)
		bmk_printf("%d checks failed\n", check_failures);
	bmk_platform_halt(check_failures != 0);
}
