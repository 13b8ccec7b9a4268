/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts lines; with an argument it also passes them on. */
#include <stdio.h>

int
main(int argc, char **argv)
{
	static int n;
	int c;

	while ((c = getchar()) != EOF) {
		n += c == '\n';
		if (argc > 1)
			putchar(c);
	}
	fprintf(argc > 1 ? stderr : stdout, "%s %d\n", argv[0], n);
	return n % 100;
}
