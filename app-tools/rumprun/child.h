/* SPDX-License-Identifier: BSD-2-Clause */
/* child: the guest's process, or the launcher's own in the background. */
#ifndef RUMPRUN_CHILD_H
#define RUMPRUN_CHILD_H

#include "launch.h"

struct child {
	pid_t	c_pid;
	int	c_in;		/* to its stdin; -1: that is /dev/null */
	int	c_out, c_err;	/* from its stdout and stderr */
};

/*
 * Starts the guest in a process group of its own; the kernel kills it when
 * the launcher ends.  Ends with one line when it cannot be executed.
 */
void child_start(struct child *, const struct guest *, bool input);
/*
 * g_trace: what waitpid() reported, WIFSTOPPED.  True when the process is at
 * its end and waits for child_continue(); all other stops are dealt with.
 */
bool child_stopped(pid_t, int status);
void child_continue(pid_t, int sig);
/*
 * -d: returns in a new process without terminal, whose output goes to the
 * log; the old one has printed its process id and ended.
 */
void child_detach(const struct options *);

#endif /* RUMPRUN_CHILD_H */
