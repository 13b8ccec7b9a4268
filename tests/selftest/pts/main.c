/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All tests of the Open POSIX Test Suite in one program: pts TEST calls that
 * one's main(), pts alone lists them.
 */
#include <stdio.h>
#include <string.h>

extern const struct test {
	const char *t_name;
	int	 (*t_main)(int, char **);
} tests[];

int
main(int argc, char **argv)
{
	const struct test *t;

	for (t = tests; t->t_name != NULL; t++)
		if (argc < 2)
			puts(t->t_name);
		else if (strcmp(t->t_name, argv[1]) == 0)
			return t->t_main(argc - 1, argv + 1);
	return argc < 2 ? 0 : 99;
}
