/* SPDX-License-Identifier: BSD-2-Clause */
/* A component from outside the tree whose start fails with EIO. */
#include <asm/errno.h>
#include <rump/component.h>

RUMP_COMPONENT(failinit, RUMP_FACTION_LATE)
{

	return EIO;
}
