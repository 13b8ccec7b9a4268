/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that take their turns from a table of small functions, by chance.
 * Nothing is checked but that it ends: sanitizers look on.  What a turn does
 * must neither wait nor end the process.
 */
#ifndef TESTS_RACE_RACE_H
#define TESTS_RACE_RACE_H

#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "../rumptest.h"

#define RACE_PROCS	2
#define RACE_THREADS	3	/* of each process */

/*
 * What is open, queued or mounted at the end stays, as memory of mounts that
 * were detached in use does.
 */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

struct turn {
	unsigned	 tu_seed;
	int		 tu_proc, tu_thread;
	void		(*const *tu_fns)(struct turn *);
	unsigned	 tu_nfns;
	char		 tu_buf[8192] __attribute__((__aligned__(16)));
};

static inline unsigned
chance(struct turn *tu, unsigned n)
{
	return (unsigned)rand_r(&tu->tu_seed) / 8 % n;
}

static inline void
turns(void *arg)
{
	const char *s = getenv("RACE_ROUNDS");
	int i, n = s != NULL ? atoi(s) : 300;
	struct turn *tu = arg;

	for (i = 0; i < n; i++)
		tu->tu_fns[chance(tu, tu->tu_nfns)](tu);
}

/* SIGIO and SIGURG come from wherever the file changes. */
static inline void
race_owner(struct turn *tu, int fd)
{
	struct { int type, pid; } ow = { (int)chance(tu, 3), 1 };
	int me = (int)rump_sys_getpid();

	switch (chance(tu, 6)) {
	case 0:
		(void)rump_sys_fcntl(fd, F_SETOWN, (unsigned long)(chance(tu,
		    3) == 0 ? 0 : chance(tu, 2) ? me : -me));
		break;
	case 1: (void)rump_sys_fcntl(fd, F_SETOWN_EX, (unsigned long)&ow);
		break;
	case 2: (void)rump_sys_fcntl(fd, F_GETOWN_EX, (unsigned long)&ow);
		break;
	case 3:
		(void)rump_sys_fcntl(fd, F_SETSIG, chance(tu, 2) ? SIGUSR1 : 0);
		break;
	default:
		(void)rump_sys_fcntl(fd, F_SETFL, O_NONBLOCK | (chance(tu, 4) ?
		    O_ASYNC : 0));
	}
}

static inline void
race_ignore(int sig)
{
	struct { void *fn; unsigned long fl; void *re; uint64_t set; } sa =
	    { SIG_IGN, 0, NULL, 0 };

	OK(rump_sys_rt_sigaction(sig, &sa, NULL, 8));
}

/* Begins as in process 1; each further one is its child. */
static inline void
race(void (*const *fns)(struct turn *), unsigned nfns)
{
	static struct turn turn[RACE_PROCS][RACE_THREADS];
	static struct thread th[RACE_PROCS][RACE_THREADS];
	int i, k;

	for (i = 0; i < RACE_PROCS; i++) {
		if (i > 0)
			OK(rump_pub_lwproc_rfork(RUMP_RFFDG));
		for (k = 0; k < RACE_THREADS; k++) {
			turn[i][k].tu_seed = (unsigned)(i * 16 + k + 1);
			turn[i][k].tu_proc = i;
			turn[i][k].tu_thread = k;
			turn[i][k].tu_fns = fns;
			turn[i][k].tu_nfns = nfns;
			thread_start(&th[i][k], turns, &turn[i][k]);
		}
	}
	for (i = 0; i < RACE_PROCS; i++)
		for (k = 0; k < RACE_THREADS; k++)
			thread_join(&th[i][k]);
}

#endif /* TESTS_RACE_RACE_H */
