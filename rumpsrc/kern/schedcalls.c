/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched_*: hosts schedule; policies and priorities of threads are kept, and
 * inherited, and change nothing.
 */
#include <asm/errno.h>
#include <linux/ioprio.h>
#include <linux/membarrier.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/time_types.h>
#include <string.h>
#include <rump/rumpuser.h>
#include <kern/proc.h>
#include <kern/sched.h>
#include <kern/syscall.h>
#include <kern/uio.h>

#define PRIO_PROCESS	0	/* getpriority(2) */
#define PRIO_USER	2
#define SCHED_SLICE	10000000	/* ns, libbmk_core's */

/* A moment without a virtual CPU: the host may run another thread. */
long
rump_sysimpl_sched_yield(void)
{
	int64_t sec;
	long nsec;

	rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &sec, &nsec);
	rump_schedule();
	(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_ABSMONO, sec, nsec);
	rump_unschedule();
	return 0;
}

RUMP_SYSCALL3(sched_getaffinity, int, pid, size_t, len, void *, mask)
{
	unsigned n = rump_ncpus(), i;
	unsigned char set[128] = { 0 };

	if (len < sizeof(long) || len % sizeof(long) || n > len * 8)
		return -EINVAL;
	if (!rump_lwp_exists(pid))
		return -ESRCH;
	if (len > sizeof(set))
		len = sizeof(set);
	for (i = 0; i < n; i++)
		set[i / 8] |= (unsigned char)(1 << i % 8);
	return rump_copyout(set, mask, len) != 0 ? -EFAULT : (long)len;
}

RUMP_SYSCALL3(sched_setaffinity, int, pid, size_t, len, const void *, mask)
{
	unsigned char set = 0;

	if (len != 0 && rump_copyin(mask, &set, 1) != 0)
		return -EFAULT;
	if (!rump_lwp_exists(pid))
		return -ESRCH;
	/* At least one processor that exists. */
	return len == 0 || (set &
	    ((1U << (rump_ncpus() < 8 ? rump_ncpus() : 8)) - 1)) == 0 ?
	    -EINVAL : 0;
}

RUMP_SYSCALL1(sched_get_priority_max, int, policy)
{

	switch (policy) {
	case SCHED_FIFO: case SCHED_RR:
		return 99;
	case SCHED_NORMAL: case SCHED_BATCH: case SCHED_IDLE:
		return 0;
	}
	return -EINVAL;
}

RUMP_SYSCALL1(sched_get_priority_min, int, policy)
{

	switch (policy) {
	case SCHED_FIFO: case SCHED_RR:
		return 1;
	case SCHED_NORMAL: case SCHED_BATCH: case SCHED_IDLE:
		return 0;
	}
	return -EINVAL;
}

/*
 * The lwp with this tid, 0: the caller; its process is locked, proc_lock held.
 * NULL: none, nothing is locked.
 */
static struct lwp *
sched_enter(int tid)
{
	struct proc *p;
	struct lwp *l;

	rump_mutex_enter(&rump_proc_lock);
	for (p = rump_proc_list(); p != NULL; p = p->p_next) {
		rump_mutex_enter(&p->p_lock);
		for (l = p->p_lwps; l != NULL; l = l->l_sibling)
			if (tid == 0 ? l == curlwp : l->l_tid == tid)
				return l;
		rump_mutex_exit(&p->p_lock);
	}
	rump_mutex_exit(&rump_proc_lock);
	return NULL;
}

static void
sched_leave(struct lwp *l)
{

	rump_mutex_exit(&l->l_proc->p_lock);
	rump_mutex_exit(&rump_proc_lock);
}

int
rump_lwp_exists(int tid)
{
	struct lwp *l = sched_enter(tid);

	if (l != NULL)
		sched_leave(l);
	return l != NULL;
}

static int
sched_valid(int policy, int prio)
{

	switch (policy) {
	case SCHED_FIFO: case SCHED_RR:
		return prio >= 1 && prio <= 99;
	case SCHED_NORMAL: case SCHED_BATCH: case SCHED_IDLE:
		return prio == 0;
	}
	return 0;
}

/* Caller holds the p_lock of cr's process. */
static int
sched_owns(const struct cred *me, const struct cred *cr)
{

	return me->cr_euid == cr->cr_euid || me->cr_euid == cr->cr_ruid;
}

/* Nor has it capabilities that the caller has not.  As above. */
static int
sched_safe(const struct cred *me, const struct cred *cr)
{

	return (cr->cr_perm & ~me->cr_perm) == 0;
}

/*
 * Kept, and told to who asks; all threads take turns nevertheless, so that
 * none can keep the others away.  policy -1: the one that it has.
 */
static long
sched_set(int tid, int policy, int prio)
{
	const struct cred *me = rump_cred_cur(), *cr;
	int now, error = 0, super = rump_cred_has(me, CAP_SYS_NICE);
	struct lwp *l;

	if (tid < 0)
		return -EINVAL;
	if ((l = sched_enter(tid)) == NULL)
		return -ESRCH;
	cr = rump_lwp_cred(l);
	now = l->l_policy & ~SCHED_RESET_ON_FORK;
	if (policy == -1)
		policy = l->l_policy;
	if (!sched_valid(policy & ~SCHED_RESET_ON_FORK, prio))
		error = EINVAL;
	else if (!super && (!sched_owns(me, cr) || !sched_safe(me, cr) ||
	    (l->l_policy & ~policy & SCHED_RESET_ON_FORK)))
		error = EPERM;
	/* As RLIMIT_RTPRIO is 0. */
	else if (prio > (now == SCHED_FIFO || now == SCHED_RR ?
	    l->l_prio : 0) && !super)
		error = EPERM;
	if (error == 0) {
		l->l_policy = policy;
		l->l_prio = prio;
	}
	sched_leave(l);
	return -error;
}

static long
sched_setparam(int tid, int policy, const void *param)
{
	int prio;

	if (param == NULL || tid < 0)
		return -EINVAL;
	if (rump_copyin(param, &prio, sizeof(prio)) != 0)
		return -EFAULT;
	return sched_set(tid, policy, prio);
}

RUMP_SYSCALL3(sched_setscheduler, int, pid, int, policy, const void *, param)
{

	return policy < 0 ? -EINVAL : sched_setparam(pid, policy, param);
}

RUMP_SYSCALL2(sched_setparam, int, pid, const void *, param)
{

	return sched_setparam(pid, -1, param);
}

/* What is kept; a negative errno. */
static int
sched_get(int tid, int *prio)
{
	struct lwp *l;
	int policy;

	if (tid < 0)
		return -EINVAL;
	if ((l = sched_enter(tid)) == NULL)
		return -ESRCH;
	policy = l->l_policy;
	*prio = l->l_prio;
	sched_leave(l);
	return policy;
}

RUMP_SYSCALL1(sched_getscheduler, int, pid)
{
	int prio;

	return sched_get(pid, &prio);
}

RUMP_SYSCALL2(sched_getparam, int, pid, void *, param)
{
	int prio, policy;

	if (param == NULL)
		return -EINVAL;
	if ((policy = sched_get(pid, &prio)) < 0)
		return policy;
	return -rump_copyout(&prio, param, sizeof(prio));
}

RUMP_SYSCALL2(sched_rr_get_interval, int, pid, void *, interval)
{
	struct __kernel_timespec ts = { 0, SCHED_SLICE };
	int prio, policy = sched_get(pid, &prio);

	if (policy < 0)
		return policy;
	if ((policy & ~SCHED_RESET_ON_FORK) == SCHED_FIFO)
		ts.tv_nsec = 0;
	return -rump_copyout(&ts, interval, sizeof(ts));
}

RUMP_SYSCALL4(sched_getattr, int, pid, void *, attr, unsigned, size,
    unsigned, flags)
{
	struct sched_attr sa = { .size = SCHED_ATTR_SIZE_VER0 };
	int policy, prio;
	struct lwp *l;

	if (attr == NULL || size < SCHED_ATTR_SIZE_VER0 || size > 4096 ||
	    flags != 0)
		return -EINVAL;
	if ((policy = sched_get(pid, &prio)) < 0)
		return policy;
	sa.sched_policy = (unsigned)policy & ~SCHED_RESET_ON_FORK;
	sa.sched_priority = (unsigned)prio;
	if (policy & SCHED_RESET_ON_FORK)
		sa.sched_flags = SCHED_FLAG_RESET_ON_FORK;
	if (prio == 0 && (l = sched_enter(pid)) != NULL) {
		sa.sched_nice = __atomic_load_n(&l->l_proc->p_nice,
		    __ATOMIC_RELAXED);
		sched_leave(l);
	}
	return -rump_copyout(&sa, attr, size < sizeof(sa) ? size :
	    sizeof(sa));
}

/* Priorities of input and output: kept, a process's; there is one queue. */
static int
ioprio_proc(int which, int who, struct proc **pp)
{

	if (which < IOPRIO_WHO_PROCESS || which > IOPRIO_WHO_USER)
		return EINVAL;
	*pp = rump_proc_find(who == 0 || which != IOPRIO_WHO_PROCESS ?
	    curproc->p_pid : who);
	return *pp == NULL ? ESRCH : 0;
}

RUMP_SYSCALL2(ioprio_get, int, which, int, who)
{
	struct proc *p;
	int error;
	long r;

	if ((error = ioprio_proc(which, who, &p)) != 0)
		return -error;
	r = __atomic_load_n(&p->p_ioprio, __ATOMIC_RELAXED);
	rump_proc_rele(p);
	return r;
}

RUMP_SYSCALL3(ioprio_set, int, which, int, who, int, prio)
{
	int class = prio >> IOPRIO_CLASS_SHIFT, error;
	const struct cred *me = rump_cred_cur();
	struct proc *p;

	if (class < IOPRIO_CLASS_NONE || class > IOPRIO_CLASS_IDLE ||
	    (class == IOPRIO_CLASS_NONE && (prio & IOPRIO_PRIO_MASK) != 0))
		return -EINVAL;
	if (class == IOPRIO_CLASS_RT && rump_cred_any(CRED_CAP(CAP_SYS_NICE) |
	    CRED_CAP(CAP_SYS_ADMIN)) != 0)
		return -EPERM;
	if ((error = ioprio_proc(which, who, &p)) != 0)
		return -error;
	rump_mutex_enter(&p->p_lock);
	if (rump_cred_has(me, CAP_SYS_NICE) || ((me->cr_euid ==
	    p->p_cred->cr_ruid || me->cr_ruid == p->p_cred->cr_ruid) &&
	    sched_safe(me, p->p_cred)))
		__atomic_store_n(&p->p_ioprio, prio, __ATOMIC_RELAXED);
	else
		error = EPERM;
	rump_mutex_exit(&p->p_lock);
	rump_proc_rele(p);
	return -error;
}

/* Of a process, a group, a user; runs with rump_proc_lock held. */
static int
sched_priomatch(struct proc *p, int which, int who)
{
	uint32_t uid;
	int r;

	if (p == &rump_proc0)
		return 0;
	if (which == PRIO_PROCESS)
		return p->p_pid == (who == 0 ? curproc->p_pid : who);
	if (which != PRIO_USER)
		return p->p_pgid == (who == 0 ? curproc->p_pgid : who);
	/* Before the lock: it may take it. */
	uid = who == 0 ? rump_cred_cur()->cr_ruid : (uint32_t)who;
	rump_mutex_enter(&p->p_lock);
	r = p->p_cred->cr_ruid == uid;
	rump_mutex_exit(&p->p_lock);
	return r;
}

/* The system call's result is 20 - nice, so that it is not negative. */
RUMP_SYSCALL2(getpriority, int, which, int, who)
{
	struct proc *p;
	long r = -ESRCH;
	int nice;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	rump_mutex_enter(&rump_proc_lock);
	for (p = rump_proc_list(); p != NULL; p = p->p_next) {
		if (!sched_priomatch(p, which, who))
			continue;
		nice = __atomic_load_n(&p->p_nice, __ATOMIC_RELAXED);
		if (20 - nice > r)
			r = 20 - nice;
	}
	rump_mutex_exit(&rump_proc_lock);
	return r;
}

/*
 * Whoever has CAP_SYS_NICE or (me) the user id of the process; EPERM, EACCES.
 * Caller holds p_lock.
 */
static int
sched_setnice(struct proc *p, int nice, const struct cred *me)
{
	int super = rump_cred_has(me, CAP_SYS_NICE);

	if (!super && !sched_owns(me, p->p_cred))
		return EPERM;
	nice = nice < -20 ? -20 : nice > 19 ? 19 : nice;
	if (!super && nice < __atomic_load_n(&p->p_nice, __ATOMIC_RELAXED))
		return EACCES;
	if (!super && !sched_safe(me, p->p_cred))
		return EPERM;
	__atomic_store_n(&p->p_nice, nice, __ATOMIC_RELAXED);
	return 0;
}

RUMP_SYSCALL3(setpriority, int, which, int, who, int, nice)
{
	const struct cred *me = rump_cred_cur();
	struct proc *p;
	int error = ESRCH, e;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	rump_mutex_enter(&rump_proc_lock);
	for (p = rump_proc_list(); p != NULL; p = p->p_next) {
		if (!sched_priomatch(p, which, who))
			continue;
		rump_mutex_enter(&p->p_lock);
		e = sched_setnice(p, nice, me);
		rump_mutex_exit(&p->p_lock);
		if (e != 0 || error == ESRCH)
			error = e;
	}
	rump_mutex_exit(&rump_proc_lock);
	return -error;
}

RUMP_SYSCALL3(sched_setattr, int, pid, void *, attr, unsigned, flags)
{
	struct sched_attr sa = { 0 };
	const struct cred *me = rump_cred_cur();
	uint32_t size;
	struct lwp *l;
	long r;

	if (attr == NULL || pid < 0 || flags != 0)
		return -EINVAL;
	if (rump_copyin(attr, &size, sizeof(size)) != 0)
		return -EFAULT;
	if (size == 0)
		size = SCHED_ATTR_SIZE_VER0;
	if (size < SCHED_ATTR_SIZE_VER0 || size > 4096) {
		size = sizeof(sa);
		return rump_copyout(&size, attr, sizeof(size)) != 0 ?
		    -EFAULT : -E2BIG;
	}
	if (rump_copyin(attr, &sa, size < sizeof(sa) ? size : sizeof(sa)) != 0)
		return -EFAULT;
	if ((int)sa.sched_policy < 0)
		return -EINVAL;
	if (sa.sched_flags & ~(uint64_t)SCHED_FLAG_RESET_ON_FORK)
		return rump_lwp_exists(pid) ? -EINVAL : -ESRCH;
	r = sched_set(pid, (int)(sa.sched_policy | (sa.sched_flags ?
	    SCHED_RESET_ON_FORK : 0)), (int)sa.sched_priority);
	if (r == 0 && (sa.sched_policy == SCHED_NORMAL ||
	    sa.sched_policy == SCHED_BATCH)) {
		if ((l = sched_enter(pid)) == NULL)
			return -ESRCH;
		r = -sched_setnice(l->l_proc, sa.sched_nice, me);
		sched_leave(l);
	}
	return r == -EACCES ? -EPERM : r;
}

RUMP_SYSCALL3(getcpu, unsigned *, cpu, unsigned *, node, void *, unused)
{
	unsigned is = (unsigned)curlwp->l_vcpu;
	static const unsigned zero;

	(void)unused;
	if (cpu != NULL && rump_copyout(&is, cpu, sizeof(is)) != 0)
		return -EFAULT;
	return node != NULL ? -rump_copyout(&zero, node, sizeof(zero)) : 0;
}

#define MEMBARRIER_PRIVATE (MEMBARRIER_CMD_PRIVATE_EXPEDITED | \
	    MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE)
/* Each is registered by the bit above it. */
#define MEMBARRIER_CMDS	(MEMBARRIER_CMD_GLOBAL | \
	    MEMBARRIER_CMD_GLOBAL_EXPEDITED | \
	    MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | \
	    MEMBARRIER_PRIVATE | MEMBARRIER_PRIVATE << 1)

/* One processor runs program code at a time, or every gate is a barrier. */
RUMP_SYSCALL3(membarrier, int, cmd, unsigned, flags, int, cpu)
{
	uint32_t *known = &curproc->p_prctl;

	(void)cpu;
	if (flags != 0 || cmd & ~MEMBARRIER_CMDS || (cmd & (cmd - 1)) != 0)
		return -EINVAL;
	if (cmd == MEMBARRIER_CMD_QUERY)
		return MEMBARRIER_CMDS;
	if (cmd & MEMBARRIER_PRIVATE << 1)
		__atomic_fetch_or(known, (uint32_t)cmd *
		    RUMP_PRCTL_MEMBARRIER, __ATOMIC_RELAXED);
	else if (cmd & MEMBARRIER_PRIVATE && (__atomic_load_n(known,
	    __ATOMIC_RELAXED) & (uint32_t)cmd * 2 * RUMP_PRCTL_MEMBARRIER) == 0)
		return -EPERM;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return 0;
}
