/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts a program as a user: the first argument is "UID GID GROUP...", the
 * second one the program, the others all of the program's, argv[0] first.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv, char **env)
{
	unsigned long id[64];
	gid_t groups[64];
	int n = 0;
	char *p = argv[0], *end;

	if (argc < 3)
		return 98;
	for (; n < 64 && (id[n] = strtoul(p, &end, 10), end != p); p = end)
		n++;
	if (n < 2)
		return 98;
	for (int i = 2; i < n; i++)
		groups[i - 2] = (gid_t)id[i];
	if (setgroups((size_t)n - 2, groups) != 0 ||
	    setgid((gid_t)id[1]) != 0 || setuid((uid_t)id[0]) != 0) {
		perror("runas");
		return 98;
	}
	/* As often as the image has it, it may run at once. */
	for (int tries = 0; tries < 3000; tries++) {
		execve(argv[1], argv + 2, env);
		if (errno != ETXTBSY)
			break;
		usleep(10000);
	}
	perror(argv[1]);
	return 98;
}
