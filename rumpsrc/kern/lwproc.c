/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes and lwps.  Process 0 is the rump kernel's own; lwps of host
 * threads that come without one live there for the length of a call.
 * Lock order: rump_proc_lock, p_lock.
 */
#include <asm/errno.h>
#include <string.h>
#include <rump/rump.h>
#include <rump/rumpuser.h>
#include <kern/clock.h>
#include <kern/file.h>
#include <kern/init.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/sched.h>

#define RLIM_INFINITY	UINT64_MAX
#define RLIMIT_STACK	3	/* <asm/resource.h> */
#define RLIMIT_CORE	4
#define RLIMIT_NOFILE	7
#define RLIMIT_MSGQUEUE	12

struct proc rump_proc0;
struct rump_mutex rump_proc_lock;
struct rump_prochooks rump_vfs_prochooks;
void (*rump_pending_hook)(struct lwp *);
void (*rump_exit_hook)(struct proc *, struct lwp *);
void (*rump_procend_hook)(struct proc *);
void (*rump_lwpexit_hook)(struct lwp *);
void (*rump_intr_hook)(struct lwp *, const long *, int);

static struct cred lwproc_cred0;
static uint32_t lwproc_lastid = 1;	/* [a] pids and tids */
static int lwproc_first;		/* [rump_proc_lock] 1: pid 1 is taken */

static int
lwproc_newid(void)
{

	return (int)__atomic_add_fetch(&lwproc_lastid, 1, __ATOMIC_RELAXED);
}

void
rump_lwproc_init(void)
{
	struct proc *p = &rump_proc0;
	int i;

	lwproc_cred0.cr_ref = 2;	/* static: never freed */
	p->p_ref = 1;
	p->p_cred = &lwproc_cred0;
	lwproc_cred0.cr_eff = lwproc_cred0.cr_perm = CRED_CAPS;
	lwproc_cred0.cr_bset = CRED_CAPS;
	p->p_umask = 022;
	for (i = 0; i < RUMP_NRLIMITS; i++)
		p->p_rlim[i].rlim_cur = p->p_rlim[i].rlim_max = RLIM_INFINITY;
	p->p_rlim[RLIMIT_STACK].rlim_cur = 8 << 20;
	p->p_rlim[RLIMIT_CORE].rlim_cur = 0;
	/* Nobody is there who could raise it for a program. */
	p->p_rlim[RLIMIT_NOFILE].rlim_cur = 65536;
	p->p_rlim[RLIMIT_NOFILE].rlim_max = 65536;
	p->p_rlim[RLIMIT_MSGQUEUE].rlim_cur = 819200;
	p->p_rlim[RLIMIT_MSGQUEUE].rlim_max = 819200;
	p->p_fdt = rump_fdtable_new(NULL);
	__builtin_memcpy(p->p_comm, "rump", 4);	/* zeros follow */
}

/* The list hangs off process 0. */
struct proc *
rump_proc_list(void)
{

	KASSERT(rump_mutex_owned(&rump_proc_lock));
	return &rump_proc0;
}

struct proc *
rump_proc_find(int pid)
{
	struct proc *p;

	rump_mutex_enter(&rump_proc_lock);
	for (p = &rump_proc0; p != NULL; p = p->p_next)
		if (p->p_pid == pid && !p->p_zombie)
			break;
	if (p != NULL)
		rump_proc_ref(p);
	rump_mutex_exit(&rump_proc_lock);
	return p;
}

void
rump_proc_ref(struct proc *p)
{

	__atomic_fetch_add(&p->p_ref, 1, __ATOMIC_RELAXED);
}

void
rump_proc_rele(struct proc *p)
{

	if (__atomic_sub_fetch(&p->p_ref, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	KASSERT(p != &rump_proc0);
	rump_fdtable_free(p->p_fdt);
	rump_cred_rele(p->p_cred);
	rump_kmem_free(p, sizeof(*p));
}

static struct fdtable *
proc_fdt(struct proc *parent, int flags)
{

	if (flags & RUMP_RFCFDG)
		return rump_fdtable_new(NULL);
	if (flags & RUMP_RFFDG)
		return rump_fdtable_new(parent->p_fdt);
	return rump_fdtable_share(parent->p_fdt);
}

int
rump_proc_new(struct proc *parent, int flags, struct proc **pp)
{
	struct proc *p;
	int error;

	if ((flags & RUMP_RFFDG) && (flags & RUMP_RFCFDG))
		return EINVAL;
	if ((p = rump_kmem_zalloc(sizeof(*p))) == NULL)
		return ENOMEM;
	p->p_ref = 1;
	p->p_parent = parent;
	p->p_ppid = parent->p_pid;
	p->p_start = rump_monotonic();
	rump_mutex_enter(&parent->p_lock);
	p->p_cred = parent->p_cred;
	__atomic_fetch_add(&p->p_cred->cr_ref, 1, __ATOMIC_RELAXED);
	p->p_umask = __atomic_load_n(&parent->p_umask, __ATOMIC_RELAXED);
	memcpy(p->p_rlim, parent->p_rlim, sizeof(p->p_rlim));
	memcpy(p->p_comm, parent->p_comm, sizeof(p->p_comm));
	rump_mutex_exit(&parent->p_lock);
	if ((p->p_fdt = proc_fdt(parent, flags)) == NULL) {
		error = ENOMEM;
		goto fail;
	}
	if (rump_vfs_prochooks.ph_fork != NULL &&
	    (error = rump_vfs_prochooks.ph_fork(parent, p)) != 0)
		goto fail;
	rump_mutex_enter(&rump_proc_lock);
	/* Kernel threads may have begun before the first. */
	p->p_pid = lwproc_first ? lwproc_newid() : (lwproc_first = 1);
	p->p_pgid = parent->p_pgid ? parent->p_pgid : p->p_pid;
	p->p_sid = parent->p_sid ? parent->p_sid : p->p_pid;
	p->p_next = rump_proc0.p_next;
	rump_proc0.p_next = p;
	rump_mutex_exit(&rump_proc_lock);
	*pp = p;
	return 0;
fail:
	if (p->p_fdt != NULL)
		rump_fdtable_free(p->p_fdt);
	rump_cred_rele(p->p_cred);
	rump_kmem_free(p, sizeof(*p));
	return error;
}

void
rump_proc_reap(struct proc *p)
{
	struct proc **pp;

	KASSERT(rump_mutex_owned(&rump_proc_lock) && p->p_zombie);
	for (pp = &rump_proc0.p_next; *pp != p; pp = &(*pp)->p_next)
		continue;
	*pp = p->p_next;
	rump_proc_rele(p);
}

void (*rump_proc_exithook)(struct proc *);

void
rump_proc_exit(struct proc *p, int wstatus)
{
	struct proc *c, *next;

	if (p->p_zombie)
		return;
	rump_fdtable_closeall(p->p_fdt);
	RUMP_HOOK_CALL(rump_vfs_prochooks.ph_exit, p);
	RUMP_HOOK_CALL(rump_proc_exithook, p);
	rump_mutex_enter(&rump_proc_lock);
	p->p_wstatus = wstatus;
	if (rump_procend_hook != NULL)
		rump_procend_hook(p);
	for (c = rump_proc0.p_next; c != NULL; c = next) {
		next = c->p_next;
		if (c->p_parent != p)
			continue;
		c->p_parent = &rump_proc0;
		__atomic_store_n(&c->p_ppid, 0, __ATOMIC_RELAXED);
		c->p_autoreap = 1;
		if (c->p_zombie)
			rump_proc_reap(c);
	}
	p->p_zombie = 1;
	rump_cv_broadcast(&p->p_parent->p_waitcv);
	if (p->p_autoreap)
		rump_proc_reap(p);
	rump_mutex_exit(&rump_proc_lock);
}

int
rump_lwp_new(struct proc *p, struct lwp **lp)
{
	struct lwp *l;

	if ((l = rump_kmem_zalloc(sizeof(*l))) == NULL)
		return ENOMEM;
	l->l_proc = p;
	l->l_vcpu = -1;
	rump_mutex_enter(&p->p_lock);
	if (p->p_exiting) {
		rump_mutex_exit(&p->p_lock);
		rump_kmem_free(l, sizeof(*l));
		return EAGAIN;
	}
	l->l_tid = p->p_lwps == NULL && !p->p_hadlwp ? p->p_pid :
	    lwproc_newid();
	p->p_hadlwp = 1;
	l->l_sibling = p->p_lwps;
	p->p_lwps = l;
	p->p_nlwps++;
	rump_mutex_exit(&p->p_lock);
	memcpy(l->l_name, p->p_comm, sizeof(l->l_name));
	rump_proc_ref(p);
	rumpuser_curlwpop(RUMPUSER_LWP_CREATE, l);
	*lp = l;
	return 0;
}

int
rump_lwp_leave(struct lwp *l)
{
	struct proc *p = l->l_proc;
	struct lwp **lp;
	int last;

	rump_mutex_enter(&p->p_lock);
	for (lp = &p->p_lwps; *lp != l; lp = &(*lp)->l_sibling)
		continue;
	*lp = l->l_sibling;
	last = --p->p_nlwps == 0 && p != &rump_proc0;
	if (last)
		p->p_exiting = 1;
	rump_mutex_exit(&p->p_lock);
	l->l_left = 1;
	return last;
}

void
rump_lwp_destroy(struct lwp *l)
{

	if (l->l_cred != NULL)
		rump_cred_rele(l->l_cred);
	if (!l->l_temp) {
		if (!l->l_left)
			(void)rump_lwp_leave(l);
		rump_proc_rele(l->l_proc);
	}
	rump_sleepq_forget(l);
	if (l == curlwp) {
		if (l->l_vcpu >= 0)
			rump_sched_release(l);
		rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, l);
	}
	rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, l);
	rump_kmem_free(l, sizeof(*l));
}

/* For a host thread without an lwp, as long as one call lasts. */
struct lwp *
rump_lwp_temp(void)
{
	struct lwp *l;

	if ((l = rump_kmem_zalloc(sizeof(*l))) == NULL)
		rump_panic("no memory for an lwp");
	l->l_proc = &rump_proc0;
	l->l_vcpu = -1;
	l->l_temp = 1;
	l->l_tid = 0;
	memcpy(l->l_name, "host", 5);
	rumpuser_curlwpop(RUMPUSER_LWP_CREATE, l);
	rumpuser_curlwpop(RUMPUSER_LWP_SET, l);
	return l;
}

long
rump_gate_exit_intr(struct lwp *l, long r, const long *call, int how)
{

	if (__builtin_expect(r == -EINTR, 0))
		RUMP_HOOK_CALL(rump_intr_hook, l, call, how);
	rump_gate_exit(l);
	return r;
}

/*
 * rump_lwproc(3).  These are called without a virtual CPU.
 */
struct lwp *
rump_pub_lwproc_curlwp(void)
{

	return rumpuser_curlwp();
}

void
rump_pub_lwproc_switch(struct lwp *l)
{
	struct lwp *old = rumpuser_curlwp();

	if (old != NULL)
		rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, old);
	if (l != NULL)
		rumpuser_curlwpop(RUMPUSER_LWP_SET, l);
}

/* Makes an lwp of p and leaves it as the calling thread's. */
static int
lwproc_bind(struct proc *p)
{
	struct lwp *l;
	int error;

	error = rump_lwp_new(p, &l);
	rump_unschedule();
	if (error == 0)
		rump_pub_lwproc_switch(l);
	return error;
}

int
rump_pub_lwproc_rfork(int flags)
{
	struct proc *p;
	int error;

	rump_schedule();
	if ((error = rump_proc_new(curproc, flags, &p)) != 0) {
		rump_unschedule();
		return error;
	}
	p->p_autoreap = 1;
	if ((error = lwproc_bind(p)) != 0) {
		rump_schedule();
		rump_proc_exit(p, 0);
		rump_unschedule();
	}
	return error;
}

int
rump_pub_lwproc_newlwp(pid_t pid)
{
	struct proc *p;
	int error;

	rump_schedule();
	if ((p = rump_proc_find(pid)) == NULL) {
		rump_unschedule();
		return ESRCH;
	}
	rump_proc_ref(p);
	error = lwproc_bind(p);
	rump_schedule();
	rump_proc_rele(p);
	rump_proc_rele(p);
	rump_unschedule();
	return error;
}

void
rump_pub_lwproc_releaselwp(void)
{
	struct lwp *l = rumpuser_curlwp();

	if (l == NULL)
		return;
	rump_schedule();
	if (rump_lwp_leave(l))
		rump_proc_exit(l->l_proc, 0);
	rump_lwp_destroy(l);
}
