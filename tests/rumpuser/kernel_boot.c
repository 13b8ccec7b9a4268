/* SPDX-License-Identifier: BSD-2-Clause */
/* In an image, the test instead of lib/librumprun; the status is the result. */
#include "conform.h"

void rumprun_boot(const char *config);

void
rumprun_boot(const char *config)
{

	(void)config;
	rumpuser_exit(rumpuser_conformance() != 0);
}
