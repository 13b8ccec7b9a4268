/* SPDX-License-Identifier: BSD-2-Clause */
#include "user.h"

int
rumpuser_getparam(const char *name, void *buf, size_t buflen)
{
	char number[8];
	const char *val;
	size_t len;

	if (strcmp(name, RUMPUSER_PARAM_NCPU) == 0) {
		(void)snprintf(number, sizeof(number), "%u",
		    bmk_platform_ncpus());
		val = number;
	} else {
		val = bmk_platform_param(name);
		if (val == NULL && strcmp(name, RUMPUSER_PARAM_HOSTNAME) == 0)
			val = "rumpkit";
		/* The scheduler never preempts kernel code. */
		if (val == NULL && strcmp(name, "RUMP_HOST_COOPERATIVE") == 0)
			val = bmk_platform_ncpus() == 1 ? "1" : "0";
		if (val == NULL)
			return ENOENT;
	}
	len = strlen(val) + 1;
	if (len > buflen)
		return E2BIG;
	memcpy(buf, val, len);
	return 0;
}
