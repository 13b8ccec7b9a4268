/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints how much of the machine's memory is free, for stress.sh. */
#include <stdio.h>

int
main(void)
{
	char line[200];
	long kb;
	FILE *f = fopen("/proc/meminfo", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "MemFree: %ld", &kb) == 1)
			printf("free %ld\n", kb);
	return f == NULL;
}
