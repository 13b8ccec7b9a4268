/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual CPUs.  An lwp holds one while it runs kernel code; hosts schedule
 * threads, this only hands the CPUs out.  A free CPU is taken with one
 * compare-and-swap (plain instructions when rump_cooperative), the last one
 * used first; when all are taken a thread waits on sched_cv.
 */
#include <rump/rump.h>
#include <rump/rumpuser.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/sched.h>

#define SCHED_MAXCPUS	64

/* [a]: atomic, or plain when cooperative.  One cache line each. */
struct vcpu {
	struct lwp	*vc_lwp;	/* [a] holder, NULL: free */
} __attribute__((__aligned__(64)));

/* A table of one, without an allocation; lock.h looks at it. */
struct lwp *volatile rump_cpu0_lwp __attribute__((__aligned__(64)));
static struct vcpu *sched_cpus = (void *)(uintptr_t)&rump_cpu0_lwp;
static unsigned sched_ncpu = 1;		/* constant after init */
static volatile uint32_t sched_waiters;	/* [a] */
static struct rumpuser_mtx *sched_mtx;	/* made at first need, MP at init */
static struct rumpuser_cv *sched_cv;
int rump_cooperative;

unsigned
rump_ncpus(void)
{

	return sched_ncpu;
}

void
rump_sched_init(unsigned ncpu, int cooperative)
{
	void *p;

	rump_cooperative = cooperative && ncpu == 1;
	if (ncpu > SCHED_MAXCPUS)
		ncpu = SCHED_MAXCPUS;
	if (ncpu > 1 && rumpuser_malloc(ncpu * sizeof(struct vcpu), 64,
	    &p) == 0) {
		sched_cpus = p;
		for (sched_ncpu = 0; sched_ncpu < ncpu; sched_ncpu++)
			sched_cpus[sched_ncpu].vc_lwp = NULL;
	}
	rumpuser_mutex_init(&sched_mtx, RUMPUSER_MTX_SPIN);
	rumpuser_cv_init(&sched_cv);
}

static int
sched_try(struct lwp *l, unsigned start)
{
	unsigned i, cpu = start < sched_ncpu ? start : 0;

	for (i = 0; i < sched_ncpu; i++) {
		if (__atomic_load_n(&sched_cpus[cpu].vc_lwp,
		    __ATOMIC_RELAXED) == NULL &&
		    rump_casptr(&sched_cpus[cpu].vc_lwp, NULL, l)) {
			l->l_vcpu = (int)cpu;
			return 1;
		}
		if (++cpu == sched_ncpu)
			cpu = 0;
	}
	return 0;
}

/* All CPUs are taken: count as a waiter, then look again under the lock. */
static __attribute__((__noinline__)) void
sched_wait(struct lwp *l)
{

	rumpuser_mutex_enter_nowrap(sched_mtx);
	__atomic_fetch_add(&sched_waiters, 1, __ATOMIC_SEQ_CST);
	while (!sched_try(l, l->l_lastcpu))
		rumpuser_cv_wait_nowrap(sched_cv, sched_mtx);
	__atomic_fetch_sub(&sched_waiters, 1, __ATOMIC_SEQ_CST);
	rumpuser_mutex_exit(sched_mtx);
}

static __attribute__((__noinline__)) void
sched_wakeup(void)
{

	rumpuser_mutex_enter_nowrap(sched_mtx);
	rumpuser_cv_signal(sched_cv);
	rumpuser_mutex_exit(sched_mtx);
}

static inline void
sched_take(struct lwp *l)
{

	KASSERT(l->l_vcpu < 0);
	if (!sched_try(l, l->l_lastcpu))
		sched_wait(l);
}

static inline void
sched_give(struct lwp *l)
{
	int cpu = l->l_vcpu;

	l->l_vcpu = -1;
	__atomic_store_n(&l->l_lastcpu, (unsigned)cpu, __ATOMIC_RELAXED);
	if (rump_cooperative)
		__atomic_store_n(&sched_cpus[cpu].vc_lwp, NULL,
		    __ATOMIC_RELAXED);
	else
		__atomic_store_n(&sched_cpus[cpu].vc_lwp, NULL,
		    __ATOMIC_SEQ_CST);
	if (__builtin_expect(__atomic_load_n(&sched_waiters,
	    __ATOMIC_SEQ_CST) != 0, 0))
		sched_wakeup();
}

void
rump_sched_release(struct lwp *l)
{

	sched_give(l);
}

struct lwp *
rump_curlwp(void)
{

	return rumpuser_curlwp();
}

static __attribute__((__noinline__)) struct lwp *
gate_enter_slow(struct lwp *l)
{

	if (l == NULL)
		l = rump_lwp_temp();
	sched_take(l);
	return l;
}

/*
 * Every system call passes here twice: on one CPU of a host that does not
 * take it away, some plain instructions.
 */
struct lwp *
rump_gate_enter(void)
{
	struct lwp *l = rumpuser_curlwp();

	if (__builtin_expect(l == NULL || !rump_cooperative ||
	    rump_cpu0_lwp != NULL, 0))
		return gate_enter_slow(l);
	rump_cpu0_lwp = l;
	l->l_vcpu = 0;
	return l;
}

static __attribute__((__noinline__)) void
gate_exit_slow(struct lwp *l)
{

	if (__atomic_load_n(&l->l_pending, __ATOMIC_RELAXED) &&
	    RUMP_HOOK(rump_pending_hook) != NULL)
		RUMP_HOOK(rump_pending_hook)(l);
	if (l->l_temp)
		rump_lwp_destroy(l);
	else
		sched_give(l);
}

void
rump_gate_exit(struct lwp *l)
{

	if (__builtin_expect(!rump_cooperative || (rump_lwp_pending(l) |
	    (unsigned)l->l_temp | sched_waiters) != 0, 0)) {
		gate_exit_slow(l);
		return;
	}
	l->l_vcpu = -1;
	rump_cpu0_lwp = NULL;
}

void
rump_schedule(void)
{

	(void)rump_gate_enter();
}

void
rump_unschedule(void)
{

	rump_gate_exit(rumpuser_curlwp());
}

/* No lock of ours is held across a hypercall, so nlocks is always 0. */
void
rump_backend_unschedule(int keep, int *nlocks, void *interlock)
{

	(void)keep, (void)interlock;
	if (nlocks != NULL)
		*nlocks = 0;
	sched_give(rumpuser_curlwp());
}

void
rump_backend_schedule(int nlocks, void *interlock)
{

	(void)nlocks, (void)interlock;
	(void)rump_gate_enter();
}
