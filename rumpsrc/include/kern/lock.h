/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks of the rump kernel.  By value, all-zero is a valid unlocked state
 * (so static and zalloc'ed ones need no init); destroying is optional.
 * A thread that holds a virtual CPU is not preempted: with one virtual CPU
 * an uncontended lock is a few plain instructions (locks_up), else atomics
 * (locks_mp); the base chooses at rump_init().
 */
#ifndef KERN_LOCK_H
#define KERN_LOCK_H

#include <stddef.h>
#include <stdint.h>

struct lwp;

/* A function's address that is set, once, while others look at it. */
#define RUMP_HOOK(h)		__atomic_load_n(&(h), __ATOMIC_ACQUIRE)
#define RUMP_HOOK_CALL(h, ...) do {					\
	__typeof__(h) hook_ = RUMP_HOOK(h);				\
	if (hook_ != NULL)						\
		hook_(__VA_ARGS__);					\
} while (0)
#define RUMP_HOOK_SET(h, fn)	__atomic_store_n(&(h), (fn), __ATOMIC_RELEASE)

/*
 * Who has it, and whether somebody sleeps, are one word: once that is given
 * up, the mutex may be freed by the next one who has it.
 */
struct rump_mutex {
	struct lwp	*m_owner;	/* [a] with RUMP_MUTEX_SLEEPERS */
};
#define RUMP_MUTEX_SLEEPERS	1UL
void	rump_mutex_enter(struct rump_mutex *);	/* may block; not recursive */
int	rump_mutex_tryenter(struct rump_mutex *);	/* 0 or EBUSY */
void	rump_mutex_exit(struct rump_mutex *);

/*
 * Code that is built for speed has the uncontended case of rump_cooperative in
 * place.
 */
#ifndef __OPTIMIZE_SIZE__
extern int rump_cooperative;		/* kern/sched.h */
extern struct lwp *volatile rump_cpu0_lwp;	/* who holds the only CPU */

static inline void
rump_mutex_enter_inline(struct rump_mutex *m)
{
	if (__builtin_expect(rump_cooperative &&
	    __atomic_load_n(&m->m_owner, __ATOMIC_RELAXED) == NULL, 1))
		__atomic_store_n(&m->m_owner, rump_cpu0_lwp,
		    __ATOMIC_RELAXED);
	else
		rump_mutex_enter(m);
}

static inline void
rump_mutex_exit_inline(struct rump_mutex *m)
{
	if (__builtin_expect(rump_cooperative &&
	    ((uintptr_t)__atomic_load_n(&m->m_owner, __ATOMIC_RELAXED) &
	    RUMP_MUTEX_SLEEPERS) == 0, 1))
		__atomic_store_n(&m->m_owner, NULL, __ATOMIC_RELAXED);
	else
		rump_mutex_exit(m);
}
#define rump_mutex_enter(m)	rump_mutex_enter_inline(m)
#define rump_mutex_exit(m)	rump_mutex_exit_inline(m)
#endif
int	rump_mutex_owned(struct rump_mutex *);	/* for KASSERT */

struct rump_rwlock {
	volatile int32_t rw_count;	/* -1 writer, else readers */
	volatile uint32_t rw_waiters;
	struct lwp	*rw_writer;
	struct lwp	*rw_wq;
};
void	rump_rw_rdenter(struct rump_rwlock *);
void	rump_rw_wrenter(struct rump_rwlock *);
void	rump_rw_exit(struct rump_rwlock *);
int	rump_rw_wrheld(struct rump_rwlock *);

/*
 * Condition variables.  The _sig variants are for what a caller of a system
 * call waits for: EINTR when a signal (later issue) or exit interrupts.
 * Deadlines are ABSOLUTE monotonic nanoseconds, INT64_MAX: none; a time-out
 * gives ETIMEDOUT.
 */
struct rump_cv {
	struct lwp	*cv_head, *cv_tail;	/* base's own */
};
void	rump_cv_wait(struct rump_cv *, struct rump_mutex *);
int	rump_cv_wait_sig(struct rump_cv *, struct rump_mutex *);
int	rump_cv_timedwait(struct rump_cv *, struct rump_mutex *, int64_t dl);
int	rump_cv_timedwait_sig(struct rump_cv *, struct rump_mutex *,
	    int64_t deadline);
/*
 * As _sig, for who waits for what a device brings and calls rump_drain()
 * before (kern/poll.h): also returns when a device has work.
 */
int	rump_cv_timedwait_drain(struct rump_cv *, struct rump_mutex *,
	    int64_t deadline);
void	rump_cv_signal(struct rump_cv *);
void	rump_cv_broadcast(struct rump_cv *);
int	rump_cv_has_waiters(struct rump_cv *);

#endif /* KERN_LOCK_H */
