/* SPDX-License-Identifier: BSD-2-Clause */
/* A component from outside the tree whose start trips over its assertion. */
#include <rump/component.h>
#include <kern/log.h>

static volatile int lucky;

static __attribute__((__noinline__)) void
badinit_check(void)
{

	KASSERT(lucky == 7);
}

RUMP_COMPONENT(badinit, RUMP_FACTION_LATE)
{

	badinit_check();
	return lucky;
}
