/* SPDX-License-Identifier: BSD-2-Clause */
/* usage: source LINES [STATUS]: that many lines with $WHO, then ends. */
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	int i, n = argc > 1 ? atoi(argv[1]) : 1;

	for (i = 0; i < n; i++)
		printf("line %d %s\n", i, getenv("WHO") ? getenv("WHO") : "-");
	return argc > 2 ? atoi(argv[2]) : 0;
}
