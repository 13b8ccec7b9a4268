/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers that send signals: POSIX timers and interval timers. */
#ifndef KERN_SIGTIMER_PRIV_H
#define KERN_SIGTIMER_PRIV_H

#include <stdint.h>
#include <kern/clock.h>
#include <kern/sched.h>
#include <kern/sig.h>

#define SIGTIMER_MAX	65536	/* of one process */
#define SIGTIMER_CPULIMIT (-4)	/* st_id: cpulimit.c */

/* [p] p_lock of the process, [I] constant */
struct rump_sigtimer {
	struct rump_sigtimer *st_next;	/* [p] by st_id */
	struct proc	*st_proc;	/* [I] */
	int		 st_id;		/* [I] negative: -1 - ITIMER_* */
	int		 st_clock;	/* [I] CLOCK_*, as given */
	int		 st_cputid;	/* [I] of this lwp; 0: the process */
	int		 st_notify;	/* [I] SIGEV_* */
	int		 st_sig, st_tid;	/* [I] */
	uint64_t	 st_value;	/* [I] sigev_value */
	int		 st_base;	/* [p] st_clock; or, of relative times
					   of the wall clock, MONOTONIC */
	int64_t		 st_when;	/* [p] in st_base's time; 0: off */
	int64_t		 st_interval;	/* [p] 0: once */
	int		 st_queued;	/* [p] its signal was not taken yet */
	int		 st_dead;	/* [p] deleted */
	int		 st_overrun;	/* [p] of the signal taken last */
	struct rump_callout st_callout;
};

/* cpulimit.c: which signal, p_lock held, of the CPU time used. */
int	rump_cpulimit_sig(const struct proc *, int64_t used);
void	rump_cpulimit_init(void);
int	rump_sigtimer_new(struct proc *, const struct rump_sigtimer *as,
	    struct rump_sigtimer **);
void	rump_sigtimer_free(struct rump_sigtimer *);	/* unlinked, no lock */
void	rump_sigtimer_clear(struct proc *, int keep);
/* Caller holds p_lock for all of these. */
void	rump_sigtimer_unlink(struct rump_sigtimer *);
struct rump_sigtimer *rump_sigtimer_find(struct proc *, int id);
void	rump_sigtimer_arm(struct rump_sigtimer *);
int64_t	rump_sigtimer_left(const struct rump_sigtimer *);

#endif /* KERN_SIGTIMER_PRIV_H */
