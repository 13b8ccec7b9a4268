/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nanoseconds for the cheapest system call, getppid (libc must not remember
 * it): the same source is run natively and as an spt image.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 2000000;
	struct timespec a, b;
	volatile pid_t sink;

	if (n < 1)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (long i = 0; i < n; i++)
		sink = getppid();
	clock_gettime(CLOCK_MONOTONIC, &b);
	(void)sink;
	printf("%.2f\n", ((double)(b.tv_sec - a.tv_sec) * 1e9 +
	    (double)(b.tv_nsec - a.tv_nsec)) / (double)n);
	return 0;
}
