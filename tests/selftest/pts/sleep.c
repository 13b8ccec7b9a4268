/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sleep SECONDS: what timer_create/9-1 starts.
 */
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{

	return argc > 1 ? (int)sleep((unsigned)atoi(argv[1])) : 1;
}
