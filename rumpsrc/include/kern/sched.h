/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual CPUs: sched.c.  Sleeping: sleepq.c. */
#ifndef KERN_SCHED_H
#define KERN_SCHED_H

#include <stdint.h>

struct lwp;
struct rumpcomp_event;

unsigned rump_ncpus(void);
void	rump_sched_init(unsigned ncpu, int cooperative);
/* For rumpuser_init(): give the CPU back around a blocking hypercall. */
void	rump_backend_unschedule(int, int *, void *);
void	rump_backend_schedule(int, void *);
/* The CPU of an lwp that is going away. */
void	rump_sched_release(struct lwp *);
/* An lwp for a host thread that has none; lwproc.c. */
struct lwp *rump_lwp_temp(void);

/*
 * True with one virtual CPU on a host that never takes a thread that holds
 * it off: then locks and CPUs need no atomics.  Constant after rump_init().
 */
extern int rump_cooperative;

static inline int
rump_cas32(volatile uint32_t *p, uint32_t old, uint32_t new)
{

	if (rump_cooperative) {
		if (__atomic_load_n(p, __ATOMIC_RELAXED) != old)
			return 0;
		__atomic_store_n(p, new, __ATOMIC_RELAXED);
		return 1;
	}
	return __atomic_compare_exchange_n(p, &old, new, 0, __ATOMIC_SEQ_CST,
	    __ATOMIC_RELAXED);
}

static inline int
rump_casptr(struct lwp **p, struct lwp *old, struct lwp *new)
{

	if (rump_cooperative) {
		if (__atomic_load_n(p, __ATOMIC_RELAXED) != old)
			return 0;
		__atomic_store_n(p, new, __ATOMIC_RELAXED);
		return 1;
	}
	return __atomic_compare_exchange_n(p, &old, new, 0, __ATOMIC_SEQ_CST,
	    __ATOMIC_RELAXED);
}

/*
 * Sleep queues, hashed by the address of what is slept on.  enter/exit lock
 * the object's queue; under it: add puts curlwp on the queue, wake takes n
 * sleepers off, any tells whether there are some.  block waits, unlocked by
 * itself; returns 0 woken, EINTR (sig only), ETIMEDOUT; queue unlocked then.
 */
void	rump_sleepq_enter(const volatile void *obj);
void	rump_sleepq_exit(const volatile void *obj);
void	rump_sleepq_add(const volatile void *obj, int sig);
int	rump_sleepq_wake(const volatile void *obj, int n);
int	rump_sleepq_any(const volatile void *obj);
int	rump_sleepq_block(const volatile void *obj, int64_t deadline);
/*
 * For who has called rump_drain(): EAGAIN when a device has work again.  While
 * it sleeps an interrupt handler signals rump_drain_event (when it is not
 * NULL) instead of waking a device's thread.  rump_drain_work: some device has
 * work; [a].
 */
int	rump_sleepq_block_drain(const volatile void *obj, int64_t deadline);
extern struct rumpcomp_event *rump_drain_event;	/* [a] */
extern uint32_t rump_drain_work;	/* [a] */
/* Wakes the threads of devices that have work: set with rump_drain_hook. */
extern void (*rump_drain_kick)(void);
void	rump_sleepq_forget(struct lwp *);
void	rump_sleepq_wallstep(void);

#endif /* KERN_SCHED_H */
