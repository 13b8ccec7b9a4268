/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest configuration text, and parameters: those that the platform fixes,
 * then RUMP_* variables in the text, as in "env":["RUMP_VERBOSE=1"].
 */
#include "hw.h"

const char *bmk_platform_config = "";

/* The text after "name= up to the quote; no escapes in such values. */
static const char *
from_config(const char *name)
{
	static char value[64];
	size_t len = strlen(name), n;
	const char *p = bmk_platform_config;

	while ((p = strchr(p, '"')) != NULL) {
		p++;
		if (*p != 'R' || strncmp(p, name, len) != 0 || p[len] != '=')
			continue;
		p += len + 1;
		for (n = 0; p[n] != '\0' && p[n] != '"' &&
		    n + 1 < sizeof(value); n++)
			value[n] = p[n];
		value[n] = '\0';
		return value;
	}
	return NULL;
}

const char *
bmk_platform_param(const char *name)
{
	if (strcmp(name, "RUMP_CONSOLE_CRNL") == 0)
		return "1";
	if (strncmp(name, "RUMP_", 5) == 0)
		return from_config(name);
	return NULL;
}
