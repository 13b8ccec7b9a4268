/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals: sending them, and what a process and an lwp keep.  doc/signals.md.
 * All fields under p_lock ([p]) unless a letter of proc.h says otherwise.
 */
#ifndef KERN_SIG_H
#define KERN_SIG_H

#include <stddef.h>
#include <stdint.h>
#include <kern/lock.h>

struct lwp;
struct proc;
struct rump_sigtimer;

#define RUMP_NSIG	64
#define RUMP_SIGBIT(sig) (1UL << ((sig) - 1))

/* Linux's siginfo_t, 128 bytes. */
struct rump_siginfo {
	int	rs_signo, rs_errno, rs_code, rs_pad;
	union {
		struct { int pid; uint32_t uid; uint64_t value; } kill;
		struct { int id, overrun; uint64_t value; } timer;
		struct { int pid; uint32_t uid; int status, pad;
			int64_t utime, stime; } chld;
		struct { uint64_t addr; } fault;
		struct { int64_t band; int fd; } poll;
		uint64_t raw[14];
	} u;
};

/* As libc passes it: struct k_sigaction of rt_sigaction(2). */
struct rump_sigact {
	void		(*sa_fn)(int, void *, void *);
	unsigned long	 sa_fl;
	void		(*sa_restore)(void);
	uint64_t	 sa_set;
};

/* One queued signal. */
struct rump_sigq {
	struct rump_sigq *sq_next;
	struct rump_sigtimer *sq_timer;	/* whose it is: not freed here */
	struct rump_siginfo sq_info;
};

/* What is pending: a bit each, and the queue in order of arrival. */
struct rump_sigpend {
	uint64_t	 sp_set;
	struct rump_sigq *sp_head, **sp_tailp;	/* tailp NULL: empty */
};

struct rump_sigproc {		/* p_sig; all zero: defaults, nothing */
	struct rump_sigact ps_act[RUMP_NSIG];	/* sa_fn also [a] */
	struct rump_sigpend ps_pend;	/* for any lwp */
	uint32_t	 ps_nqueued;	/* entries, RLIMIT_SIGPENDING */
	int		 ps_stopped;	/* by this signal; 0: runs */
	int		 ps_continued;	/* its parent is to be told */
	struct rump_cv	 ps_contcv;	/* stopped lwps */
	struct rump_sigtimer *ps_timers;	/* sigtimer.c */
};

struct rump_siglwp {		/* l_sig; all zero: nothing blocked */
	uint64_t	 ls_mask;	/* [p] for writing, [o] */
	uint64_t	 ls_oldmask;	/* [o] with ls_temp */
	int		 ls_temp;	/* [o] ls_mask is one call's only */
	uint64_t	 ls_waitset;	/* sigtimedwait */
	struct rump_sigpend ls_pend;
	/* sigaltstack(2) */
	void		*ls_stack;	/* [o] */
	size_t		 ls_stacksize;	/* [o] 0: none */
	int		 ls_stackflags;	/* [o] */
	/* a call that ended with EINTR: how to make it again */
	int		 ls_again;	/* [o] RUMP_AGAIN_*, 0: not */
	int		 ls_final;	/* [o] EINTR even with SA_RESTART */
	long		 ls_call[7];	/* [o] gate, arguments */
};

/*
 * Sends sig to a process, or to one of its lwps.  info NULL: as the kernel
 * sends it (SI_KERNEL).  0, or EAGAIN when a real-time signal's information
 * cannot be queued.  A process that is exiting swallows it.  The caller holds
 * neither p_lock nor a lock that is taken under it; rump_proc_lock may be
 * held.
 */
int	rump_sig_proc(struct proc *, int sig, const struct rump_siginfo *);
int	rump_sig_lwp(struct lwp *, int sig, const struct rump_siginfo *);
/* To all of a process group; caller holds rump_proc_lock.  How many. */
int	rump_sig_pgrp(int pgid, int sig, const struct rump_siginfo *);
/* The information of a kill(2) by curproc. */
void	rump_siginfo_kill(struct rump_siginfo *, int sig, int code);
/* May curproc send it?  0 or EPERM. */
int	rump_sig_cansignal(struct proc *, int sig);

/*
 * For who starts processes.  inherit: the child gets the parent's
 * dispositions, the new lwp curlwp's mask.  exec: handlers become defaults,
 * alternate stack and timers go; what is ignored, blocked or pending stays.
 */
void	rump_sig_inherit(struct proc *child, struct lwp *);
void	rump_sig_exec(struct proc *);

/* p ended, p_wstatus says how; NULL: nobody handles it.  rump_proc_lock. */
extern void (*rump_sigchild_hook)(struct proc *p);

/* RLIMIT_CPU of p was changed; NULL: no timers in this image. */
extern void (*rump_cpulimit_hook)(struct proc *p);

/*
 * Interruptible calls.  A gate whose body gave -EINTR without having done
 * anything tells how to make the call again: call[0] the gate, then its
 * arguments; how: the size of call in bytes, plus SYS: again unless a handler
 * without SA_RESTART ran, or NOHAND: unless any handler ran.
 */
#define RUMP_AGAIN_SYS		1
#define RUMP_AGAIN_NOHAND	2
#define RUMP_AGAIN_MASK		7
extern void (*rump_intr_hook)(struct lwp *, const long *call, int how);

/*
 * A signal mask for one call (ppoll and others): set before waiting; leave
 * with the result, which puts the old one back, but not before the handlers
 * of what interrupted the call have run.  set NULL: nothing happens.
 */
int	rump_sig_maskenter(struct lwp *, const void *set, size_t setsize);
void	rump_sig_maskleave(struct lwp *, long result);

/* The hooks of delivery, at first need. */
void	rump_sig_init(void);

/*
 * A signal for curlwp that is the result of what it does, unless it is no
 * program's.  A write to nobody, one beyond RLIMIT_FSIZE:
 */
#define RUMP_SIGPIPE	13
#define RUMP_SIGXFSZ	25
void	rump_sig_self(int sig);
extern void (*rump_sigself_hook)(struct lwp *, int sig);

#endif /* KERN_SIG_H */
