/* SPDX-License-Identifier: BSD-2-Clause */
/* One run of a program in the guest: agent.c; how it is started: start.c. */
#ifndef SELFTEST_AGENT_H
#define SELFTEST_AGENT_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "frame.h"

#define NARGS	20000

struct run {
	int		 r_sock;
	char		*r_cwd, *r_prog;
	char		*r_argv[NARGS + 1], *r_env[NARGS + 1];
	int		 r_argc, r_envc;
	struct run_how	 r_how;
	int		 r_child[NFD];	/* what the program gets, -1 closed */
	int		 r_pipe[NFD];	/* our ends, -1 none */
	int		 r_keep[NFD];	/* FD_FILE, FD_COPY: for the offset */
	pid_t		 r_pid;
	char		*r_in;		/* input not yet written */
	size_t		 r_inlen;
	size_t		 r_piped;	/* in the pipe, not all of it read */
	int64_t		 r_read;	/* of what was in the pipe before */
	int		 r_frames;	/* of output */
};

/* The folder's records, the umask and what signals do. */
extern pthread_mutex_t tree_lock;

/* The descriptor, out of the way of those that the program gets; or -1. */
int	agent_high(int);
/* 0, or an errno; r_child are closed where r_pipe is the other end. */
int	agent_start(struct run *);
#endif /* SELFTEST_AGENT_H */
