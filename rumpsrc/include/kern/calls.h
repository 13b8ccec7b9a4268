/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Component calls: what a program's system calls pass through when a component
 * that looks at them (trace, stats) is in the image.  rumprun-bake renames
 * the programs' rump_sysimpl_<name> to rump_syscall_<name>, which is made here
 * from syscalls.list.  Other images have none of it.
 */
#ifndef KERN_CALLS_H
#define KERN_CALLS_H

#include <stdint.h>

/* What an argument or a result is; args.list says which. */
enum rump_callkind {
	CK_INT, CK_UINT, CK_LONG, CK_ULONG, CK_HEX, CK_PTR, CK_OCT, CK_OFFHEX,
	CK_DFD, CK_STR, CK_SIG, CK_BUF, CK_IOV, CK_TS, CK_TV, CK_ITS, CK_ITV,
	CK_POLL, CK_FDSET, CK_SIGSET, CK_SIGACT, CK_SOCKADDR, CK_MSG, CK_EPEV,
	CK_RLIMIT, CK_STRV, CK_ENVV, CK_OPT, CK_TS2, CK_TV2, CK_FCNTL,
	CK_FUTEX, CK_OPENMODE, CK_SKIP, CK_OFFP, CK_SS,
	/* The call fills them: shown when it has returned. */
	CK_OUT,
	CK_OBUF = CK_OUT, CK_OSTR, CK_OIOV, CK_OSTAT, CK_OTS, CK_OTV, CK_OITS,
	CK_OITV, CK_OSIGSET, CK_OSIGACT, CK_OSOCKADDR, CK_OSOCKLEN, CK_OMSG,
	CK_OEPEVS, CK_ORLIMIT, CK_OFD2, CK_OINT, CK_OSTATUS, CK_OUNAME,
	CK_ODENTS, CK_OOPT, CK_OOPTLEN, CK_OSS, CK_OSIGINFO, CK_OREMAIN,
	CK_IOCTL,
	/* Names for numbers: sets of rumpsrc/trace/names.c, in this order. */
	CK_NAMES,
	CK_N_OPEN = CK_NAMES, CK_N_PROT, CK_N_MAP, CK_N_FCNTL, CK_N_IOCTL,
	CK_N_SEEK, CK_N_ACCESS, CK_N_AT, CK_N_CLOCK, CK_N_SIGHOW,
	CK_N_AF, CK_N_SOCK, CK_N_IPPROTO, CK_N_SOL, CK_N_SOCKOPT, CK_N_MSG,
	CK_N_SHUT, CK_N_EPOLLCREATE, CK_N_EPOLLCTL, CK_N_EVENTFD,
	CK_N_TIMERFD, CK_N_FUTEX, CK_N_CLONE, CK_N_RLIMIT, CK_N_MADV,
	CK_N_WAIT, CK_N_RUSAGE, CK_N_ARCHPRCTL, CK_N_PRCTL, CK_N_RANDOM,
	CK_N_FLOCK, CK_N_MREMAP, CK_N_MSYNC, CK_N_RENAME, CK_N_FALLOC,
	CK_N_SPLICE, CK_N_MEMFD, CK_N_INOTIFY, CK_N_INEVENT, CK_N_SIGFD,
	CK_N_ITIMER, CK_N_SCHED, CK_N_STATX, CK_N_TIMERSET, CK_N_MOUNT,
	CK_N_IDTYPE, CK_N_ADVICE, CK_N_FDFLAGS,
	/* Of the trace itself. */
	CK_N_POLL, CK_N_EPOLL, CK_N_SA, CK_N_SIGNAL,
	CK_NAMES_END
};

#define CC_FILE		0x01	/* takes a path */
#define CC_DESC		0x02	/* takes or makes a descriptor */
#define CC_NETWORK	0x04
#define CC_MEMORY	0x08
#define CC_PROCESS	0x10
#define CC_SIGNAL	0x20
#define CC_IPC		0x40

struct rump_calldesc {
	const char	*cd_name;
	long		(*cd_gate)(long, long, long, long, long, long);
	void		(*cd_entry)(void);	/* rump_syscall_<name> */
	uint16_t	 cd_nr;
	uint8_t		 cd_class;	/* CC_* */
	uint8_t		 cd_nargs;
	uint8_t		 cd_ret;	/* enum rump_callkind */
	uint8_t		 cd_arg[6];	/* enum rump_callkind */
};

#define RUMP_CALLS_MAXNR	640	/* of cd_nr, ours included */

/* One call of an lwp; lives on its stack. */
struct rump_call {
	const struct rump_calldesc *c_desc;
	const long	*c_arg;
	void		*c_lwp;		/* that made it */
	uint64_t	 c_serial;	/* the trace's */
	long		 c_saved;	/* the trace's */
	int64_t		 c_start;	/* the statistics' */
};

/*
 * Called without a virtual CPU, on the program's stack.  A call may not
 * return (exit, execve), and its result may be that of another lwp (vfork).
 */
struct rump_callops {
	void	(*co_enter)(struct rump_call *);
	void	(*co_leave)(struct rump_call *, long result);
};

/* For constructors: from now on. */
void	rump_calls_watch(const struct rump_callops *);
/* By number; NULL when there is none.  Not in every image: see calls.c. */
extern const struct rump_calldesc *const rump_calls_bynr[RUMP_CALLS_MAXNR];

#endif /* KERN_CALLS_H */
