/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random calls, each printed with its result: the same program with the same
 * seed must print the same on Linux and on Rumpkit.  What may differ by right
 * (addresses, inode numbers, times) is not printed; what a program leaves out
 * because doc/ says that it is different stands in its first comment.
 * A program defines differ_begin(), called for each seed in an empty folder;
 * differ_step(), which makes one call and prints it by say(); differ_end(),
 * which undoes what outlives a seed (descriptors, masks, mappings).
 * usage: PROGRAM FIRST LAST STEPS: seeds FIRST..LAST, so many steps each.
 */
#ifndef TESTS_DIFFER_H
#define TESTS_DIFFER_H

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void differ_begin(void);
void differ_step(void);
void differ_end(void);

static uint64_t differ_state;	/* splitmix64's */
static unsigned differ_nstep;

static inline uint64_t
rnd64(void)
{
	uint64_t z = differ_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* 0..n-1 */
static inline unsigned
below(unsigned n)
{
	return rnd64() % n;
}

/* One time in n. */
static inline int
once_in(unsigned n)
{
	return below(n) == 0;
}

/* One of the values given. */
#define ONE_OF(type, ...)						\
	((const type[]){ __VA_ARGS__ }					\
	    [below(sizeof((const type[]){ __VA_ARGS__ }) / sizeof(type))])

/* A call's result: what it gave, or -errno. */
#define RES(call)	(errno = 0, differ_res((long)(call)))
static inline long
differ_res(long r)
{
	return r == -1 && errno != 0 ? -(long)errno : r;
}
/* Past the C library. */
#define SYS(name, ...)	RES(syscall(SYS_##name, __VA_ARGS__))

/* Another descriptor, or -1, in the place of one that is closed. */
static inline void
replace_fd(int *slot, int fd)
{
	if (*slot >= 0)
		close(*slot);
	*slot = fd;
}

/* FNV-1a of what a call filled in. */
static inline uint32_t
sum(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint32_t h = 2166136261u;

	while (n-- > 0)
		h = (h ^ *b++) * 16777619u;
	return h;
}

/* A line: the step's number, then the text. */
static inline __attribute__((__format__(__printf__, 1, 2))) void
say(const char *fmt, ...)
{
	va_list ap;

	printf("%u ", differ_nstep);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/*
 * What whoever starts us may have left, on Linux: a shell's or a CI's ignored
 * signals, limits, mask of files, priority, descriptors.
 */
static void
differ_normal(void)
{
	static const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	sigset_t empty;
	int i;

	sigemptyset(&empty);
	for (i = 1; i < 65; i++)
		signal(i, SIG_DFL);
	sigprocmask(SIG_SETMASK, &empty, NULL);
	for (i = 0; i < RLIM_NLIMITS; i++)
		if (i == RLIMIT_FSIZE || i == RLIMIT_CPU || i == RLIMIT_AS ||
		    i == RLIMIT_DATA || i == RLIMIT_RSS || i == RLIMIT_LOCKS)
			setrlimit(i, &none);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 1024, 4096 });
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ 8 << 20, 8 << 20 });
	setrlimit(RLIMIT_STACK, &(struct rlimit){ 8 << 20, RLIM_INFINITY });
	setpriority(PRIO_PROCESS, 0, 0);
	umask(022);
	for (i = 3; i < 1024; i++)
		close(i);
}

int
main(int argc, char **argv)
{
	unsigned long seed, last, steps;
	char dir[64];

	if (argc != 4) {
		fprintf(stderr, "usage: %s FIRST LAST STEPS\n", argv[0]);
		return 2;
	}
	differ_normal();
	last = strtoul(argv[2], NULL, 10);
	steps = strtoul(argv[3], NULL, 10);
	for (seed = strtoul(argv[1], NULL, 10); seed <= last; seed++) {
		differ_state = seed;
		differ_nstep = 0;
		snprintf(dir, sizeof(dir), "/tmp/seed%lu", seed);
		if (mkdir(dir, 0755) != 0 || chdir(dir) != 0) {
			perror(dir);
			return 1;
		}
		printf("seed %lu\n", seed);
		differ_begin();
		while (differ_nstep++ < steps)
			differ_step();
		differ_end();
		/* A crash must not take the lines with it that led there. */
		fflush(stdout);
	}
	return 0;
}

#endif /* TESTS_DIFFER_H */
