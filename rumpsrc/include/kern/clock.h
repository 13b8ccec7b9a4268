/* SPDX-License-Identifier: BSD-2-Clause */
/* Time and callouts.  All times are int64_t nanoseconds. */
#ifndef KERN_CLOCK_H
#define KERN_CLOCK_H

#include <stdint.h>

#define NSEC_PER_SEC	1000000000LL

int64_t	rump_monotonic(void);		/* since boot */
int64_t	rump_walltime(void);		/* since 1970, settable offset */
/* 0, EINVAL after Linux's rules, EPERM. */
int	rump_setwalltime(int64_t sec, int64_t nsec);
int	rump_wallset(void);		/* somebody set it */
/*
 * Told of every step of the wall clock, with no lock held: what waits for a
 * time of it looks again.  Static storage; added more than once it is there
 * once.
 */
struct rump_wallstep {
	void		(*ws_fn)(int64_t by);	/* ns, forward */
	struct rump_wallstep *ws_next;
	uint32_t	 ws_added;
};
void	rump_wallstep_add(struct rump_wallstep *);

/*
 * Deadlines of all calls that wait are monotonic times, INT64_MAX for none;
 * negative ones are, negated, times of the wall clock, however it gets there.
 */
/*
 * A program's struct timespec.  copyin: its nanoseconds, at most NSEC_FAR.
 * deadline: of a call that waits so long or until then; 0: at once,
 * INT64_MAX: none, for a NULL.  Both: 0, EFAULT or EINVAL.
 */
#define NSEC_FAR	(INT64_MAX / 2)
enum ts_kind { TS_RELATIVE, TS_WALL, TS_MONOTONIC };
int	rump_ts_copyin(const void *uts, int64_t *nsec);
int	rump_ts_deadline(const void *uts, enum ts_kind, int64_t *);

/*
 * CPU-time clocks: CLOCK_PROCESS_CPUTIME_ID, _THREAD_, and the negative
 * numbers of clock_getcpuclockid(3).  cpuof: which lwp of p it names, 0: p as
 * a whole; EINVAL.  now: any clock's time, of CPU time what p, or its lwp
 * tid, has used; the caller holds p_lock when tid is another's than its own.
 */
struct proc;
int	rump_clock_iscpu(int clk);
int	rump_clock_cpuof(int clk, struct proc *p, int *tid);
int64_t	rump_clock_now(int clk, struct proc *p, int tid);

/*
 * A callout runs its function once, in the base's callout thread, with a
 * virtual CPU held, no lock held.  Caller provides storage; zero is idle.
 */
struct rump_callout {
	void		(*co_fn)(void *);
	void		*co_arg;
	int64_t		co_when;	/* absolute monotonic */
	struct rump_callout *co_next, *co_prev, *co_child;
	int		co_state;
};
void	rump_callout_init(struct rump_callout *, void (*)(void *), void *);
void	rump_callout_schedule(struct rump_callout *, int64_t when);
/* To another time, if it is queued: else false, it may be about to run. */
int	rump_callout_move(struct rump_callout *, int64_t when);
/*
 * On return it neither is queued nor runs (unless called by its own
 * function), so no lock that its function takes may be held.  True when it
 * was queued.
 */
int	rump_callout_cancel(struct rump_callout *);
/*
 * The same without waiting, whatever locks are held.  True: it was queued and
 * does not run; false: it may be running, or be idle.
 */
int	rump_callout_stop(struct rump_callout *);

#endif /* KERN_CLOCK_H */
