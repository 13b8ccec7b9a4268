/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints its arguments on one line; with WAIT set it then stays. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		printf("%s%s", i > 1 ? " " : "", argv[i]);
	printf("\n");
	fflush(stdout);
	if (getenv("WAIT") != NULL)
		sleep(120);
	return 7;
}
