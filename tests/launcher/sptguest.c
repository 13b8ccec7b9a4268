/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stand-in for an spt image: a static Linux program with the note of one.
 * Prints what it was given and does what a word in its configuration says.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct note {
	uint32_t namesz, descsz, type;
	char name[8];
	uint32_t abi, platform;
	uint64_t minmem;
} __attribute__((__packed__));

__attribute__((__used__, __section__(".note.rumpkit"), __aligned__(4)))
static const struct note note = {
	8, 16, 1, "Rumpkit", 1, 3, 2 << 20
};

extern char **environ;

int
main(int argc, char **argv)
{
	const char *config = argv[argc - 1], *number;
	int c;

	for (int i = 1; i < argc; i++)
		printf("arg %s\n", argv[i]);
	for (int i = 0; environ[i] != NULL; i++)
		printf("env %s\n", environ[i]);
	fflush(stdout);
	if (strstr(config, "echo") != NULL)
		while ((c = getchar()) != EOF)
			printf("<%d>", c);
	if (strstr(config, "much") != NULL)
		for (int i = 0; i < 11500; i++)
			printf("%09d\n", i);
	if (strstr(config, "crash") != NULL)
		raise(SIGSEGV);
	if (strstr(config, "hang") != NULL)
		pause();
	number = strstr(config, "exit=");
	return number != NULL ? atoi(number + 5) : 0;
}
