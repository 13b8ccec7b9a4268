/* SPDX-License-Identifier: BSD-2-Clause */
/* Parameters: --rumpkit-param=NAME=VALUE of the command line. */
#include "spt.h"

const char *
bmk_platform_param(const char *name)
{
	static const char opt[] = "--rumpkit-param=";
	size_t len = strlen(name);
	const char *p;
	int i;

	for (i = 1; i < spt_options.so_argc; i++) {
		p = spt_options.so_argv[i];
		if (strcmp(p, "--") == 0)
			break;
		if (strncmp(p, opt, sizeof(opt) - 1) != 0)
			continue;
		p += sizeof(opt) - 1;
		if (strncmp(p, name, len) == 0 && p[len] == '=')
			return p + len + 1;
	}
	return NULL;
}
