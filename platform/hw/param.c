/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest configuration text, and parameters that the platform fixes. */
#include "hw.h"

const char *bmk_platform_config = "";

const char *
bmk_platform_param(const char *name)
{
	if (strcmp(name, "RUMP_CONSOLE_CRNL") == 0)
		return "1";
	return NULL;
}
