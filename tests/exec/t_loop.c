/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts programs again and again; memory must not go.  usage: t_loop DIR N
 */
#include <sys/sysinfo.h>
#include <time.h>

#include "run.h"

#define WARM	1000		/* until caches are as large as they get */
#define SLACK	(1 << 20)

static unsigned long
memory(void)
{
	struct sysinfo si;

	return sysinfo(&si) == 0 ? si.freeram : 0;
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int
spawn(int i)
{
	char **argv = i % 100 == 7 ? ARGV(prog("helper"), "leak") :
	    i % 100 == 8 ? ARGV(prog("helper"), "threads", prog("helper2")) :
	    ARGV(prog("nop"));
	pid_t pid;
	int st = -1, error;

	error = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);
	if (error || waitpid(pid, &st, 0) != pid || st != 0) {
		printf("start %d: error %d, status %#x\n", i, error, st);
		return 1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	int i, n = argc > 2 ? atoi(argv[2]) : 10000;
	unsigned long before, after;
	double start;

	dir = argc > 1 ? argv[1] : "/bin";
	for (i = 0; i < WARM; i++)
		if (spawn(i))
			return 1;
	before = memory();
	start = now();
	for (i = 0; i < n; i++)
		if (spawn(i))
			return 1;
	after = memory();
	printf("%d starts, %.1f us each, %ld bytes less memory\n", n,
	    (now() - start) * 1e6 / n, (long)(before - after));
	/* Of Linux's memory others have their part. */
	if (before == 0 || (before > after + SLACK && getpid() == 1))
		return 1;
	return 0;
}
