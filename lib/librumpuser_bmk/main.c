/* SPDX-License-Identifier: BSD-2-Clause */
/* From the platform's boot stack into the first thread. */
#include "user.h"

/* lib/librumprun; a test image brings its own. */
void rumprun_boot(const char *config);

static void *
main_thread(void *arg)
{
	rumprun_boot(arg);
	bmk_platform_halt(0);
}

void
bmk_main(void)
{
	char *config = (char *)(uintptr_t)bmk_platform_config;

	bmk_sched_init();
	if (bmk_sched_create("main", main_thread, config, 0, 0, 0, NULL) != 0)
		bmk_panic("no memory for the first thread");
	bmk_sched_start();
}
