/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/rumpuser as an image. */
#include <bmk/bmk.h>

int rumpuser_conformance(void);
void rumprun_boot(const char *);

void
rumprun_boot(const char *config)
{
	(void)config;
	bmk_platform_halt(rumpuser_conformance() != 0);
}
