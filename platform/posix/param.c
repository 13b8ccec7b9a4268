/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parameters are environment variables.  Two always exist: the host name, and
 * the number of virtual CPUs (RUMP_NCPU when that is a number from 1 to 1024,
 * else as many as this process may run on).
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "posix_user.h"

#define PARAM_MAXCPU	1024

static int
param_ncpu(void)
{
	const char *env = getenv("RUMP_NCPU");
	cpu_set_t set;
	char *end;
	long n;

	if (env != NULL) {
		n = strtol(env, &end, 10);
		if (end != env && *end == '\0' && n >= 1 && n <= PARAM_MAXCPU)
			return n;
	}
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return CPU_COUNT(&set);
	return 1;
}

int
rumpuser_getparam(const char *name, void *buf, size_t buflen)
{
	char tmp[256];
	const char *val = tmp;
	size_t len;

	if (strcmp(name, RUMPUSER_PARAM_NCPU) == 0) {
		snprintf(tmp, sizeof(tmp), "%d", param_ncpu());
	} else if (strcmp(name, RUMPUSER_PARAM_HOSTNAME) == 0) {
		if (gethostname(tmp, sizeof(tmp)) == -1)
			strcpy(tmp, "rump");
		tmp[sizeof(tmp) - 1] = '\0';
	} else {
		/* The other names with an underscore are not the user's. */
		val = name[0] == '_' ? NULL : getenv(name);
		if (val == NULL)
			return ENOENT;
	}
	len = strlen(val) + 1;
	if (len > buflen)
		return E2BIG;
	memcpy(buf, val, len);
	return 0;
}
