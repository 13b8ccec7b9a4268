/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rump(3): starting a rump kernel and living in it.  For C programs on the
 * posix host (with rump_syscalls.h) and for the boot code in images.
 * Results are 0 or a positive errno unless a call says otherwise.
 */
#ifndef RUMP_RUMP_H
#define RUMP_RUMP_H

#include <stddef.h>
#include <sys/types.h>

struct lwp;

/* Once; later calls return 0.  Starts the linked components. */
int	rump_init(void);

/* Low-level: get and give back a virtual CPU (and a temporary lwp). */
void	rump_schedule(void);
void	rump_unschedule(void);

/* Processes and lwps for host threads, as rump_lwproc(3). */
#define RUMP_RFFD_SHARE	0
#define RUMP_RFFDG	0x01	/* copy the descriptor table */
#define RUMP_RFCFDG	0x02	/* a clean descriptor table */
int	rump_pub_lwproc_rfork(int flags);
int	rump_pub_lwproc_newlwp(pid_t);
void	rump_pub_lwproc_switch(struct lwp *);
void	rump_pub_lwproc_releaselwp(void);
struct lwp *rump_pub_lwproc_curlwp(void);
int	rump_pub_sethostname(const char *, size_t len);

/* A baked program as a process of the rump kernel (hw, spt, xen). */
struct rump_exec {
	const char	*re_name;
	void		(*re_entry)(void);
	char *const	*re_argv;	/* copied */
	char *const	*re_envp;	/* copied */
	int		 re_fds[3];	/* of the caller, -1: console */
};
int	rump_pub_exec(const struct rump_exec *, pid_t *pidp);
/* Waits for a child; *wstatusp as wait(2) encodes it. */
int	rump_pub_wait(pid_t, int *wstatusp);

#endif /* RUMP_RUMP_H */
