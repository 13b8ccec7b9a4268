/* SPDX-License-Identifier: BSD-2-Clause */
/* How much memory is used, for tests that look whether any is lost. */
#ifndef TESTS_GUEST_MEMORY_H
#define TESTS_GUEST_MEMORY_H

#include <stdio.h>

/* KiB: of the machine that is not free; for Linux, of this process. */
static long
memory(void)
{
	char line[200];
	long a = 0, b = 0;
	FILE *f;

#ifdef __GLIBC__
	if ((f = fopen("/proc/self/statm", "r")) == NULL)
		return 0;
	if (fscanf(f, "%ld %ld", &a, &b) == 2)
		b *= 4;
#else
	if ((f = fopen("/proc/meminfo", "r")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "MemFree: %ld", &a) == 1)
			b = -a;
#endif
	(void)line;
	fclose(f);
	return b;
}

#endif
