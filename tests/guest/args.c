/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints its arguments and environment; "exit N" ends with status N. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

int
main(int argc, char **argv)
{
	char **e;
	int i;

	if (argc == 3 && strcmp(argv[1], "exit") == 0)
		return atoi(argv[2]);
	for (i = 0; i < argc; i++)
		printf("argv[%d]=<%s>\n", i, argv[i]);
	for (e = environ; *e != NULL; e++)
		printf("env=<%s>\n", *e);
	return 0;
}
