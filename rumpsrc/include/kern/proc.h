/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes and lwps.  Lock letters: [I] constant, [a] atomic, [o] only the
 * lwp itself, [p] p_lock, [g] rump_proc_lock, [q] the sleep queue's lock.
 */
#ifndef KERN_PROC_H
#define KERN_PROC_H

#include <stddef.h>
#include <stdint.h>
#include <linux/capability.h>
#include <kern/lock.h>
#include <kern/sig.h>

struct fdtable;
struct cwdinfo;			/* vfs: root, current directory */
struct vmspace;
struct rumpcomp_event;

struct cred {			/* reference counted, constant when shared */
	uint32_t	cr_ref;		/* [a] */
	uint32_t	cr_secure;	/* <linux/securebits.h>, CRED_NNP */
	uint64_t	cr_eff, cr_perm, cr_inh, cr_bset, cr_amb; /* CAP_* */
	uint32_t	cr_ruid, cr_euid, cr_suid, cr_fsuid;
	uint32_t	cr_rgid, cr_egid, cr_sgid, cr_fsgid;
	uint32_t	cr_ngroups;
	uint32_t	cr_groups[32];
};
#define CRED_NNP	0x80000000U	/* no_new_privs */
#define CRED_CAPS	((1ULL << (CAP_LAST_CAP + 1)) - 1)

struct rump_rlimit { uint64_t rlim_cur, rlim_max; };
#define RUMP_NRLIMITS	16

struct proc {
	int		 p_pid;		/* [I] */
	int		 p_pgid, p_sid;	/* [g] for writing, [a] */
	int		 p_ppid;	/* [g] for writing, [a]: p_parent's */
	uint32_t	 p_ref;		/* [a] */
	struct rump_mutex p_lock;
	struct proc	*p_parent;	/* [g] */
	struct proc	*p_next;	/* [g] all processes */
	struct lwp	*p_lwps;	/* [p] l_sibling */
	int		 p_nlwps;	/* [p] */
	int		 p_exiting;	/* [p] */
	int		 p_hadlwp;	/* [p] the pid is used up as a tid */
	int		 p_wstatus;	/* [g] as wait(2) encodes it */
	int		 p_zombie;	/* [g] */
	int		 p_jobnote;	/* [g] for wait: a stop, SIGCONT */
	int		 p_autoreap;	/* [g] nobody waits for it */
	int		 p_execed;	/* [g] runs a program of its own */
	struct rump_cv	 p_waitcv;	/* [g] for p_parent's wait */
	struct cred	*p_cred;	/* [p] that of its first lwp */
	struct fdtable	*p_fdt;		/* [I] */
	struct cwdinfo	*p_cwd;		/* [p] NULL without vfs */
	struct vmspace	*p_vm;		/* mm_lock; NULL: none yet */
	uint32_t	 p_umask;	/* [a] */
	int		 p_nice;	/* [a] kept only: hosts schedule */
	uint32_t	 p_persona;	/* [a] kept only */
	int		 p_ioprio;	/* [a] kept only */
	int		 p_pdeathsig;	/* [g] prctl.c: when the parent ends */
	uint32_t	 p_prctl;	/* [a] RUMP_PRCTL_* */
#define RUMP_PRCTL_NODUMP	1
#define RUMP_PRCTL_REAPER	8	/* of orphans below it */
#define RUMP_PRCTL_MEMBARRIER	0x100	/* times what is registered */
	struct rump_rlimit p_rlim[RUMP_NRLIMITS];	/* [p] rlim_cur: [a] */
	int64_t		 p_start;	/* [I] monotonic */
	void		*p_sp;		/* [a] argc, argv... as it began */
	int64_t		 p_cputime;	/* [a] ns, of all lwps that it had */
	int64_t		 p_childtime;	/* [g] of children waited for */
	char		 p_comm[16];	/* [p] */
	struct rump_sigproc p_sig;	/* [p] */
};

struct lwp {
	struct proc	*l_proc;	/* [I] */
	int		 l_tid;		/* [I] */
	int		 l_vcpu;	/* [o] virtual CPU held, -1: none */
	unsigned	 l_lastcpu;	/* [o] for writing, [a]: before */
	struct lwp	*l_sibling;	/* [p] */
	struct cred	*l_cred;	/* [o] for reading, [p]; NULL: p_cred */
	int		*l_clear_tid;	/* [o] set_tid_address */
	void		*l_robust;	/* [o] robust futex list */
	void		*l_thread;	/* host thread */
	/* sleeping */
	struct rumpcomp_event *l_slpev;	/* [I] once made */
	void		*l_slplast;	/* [o] slept on before */
	struct lwp	*l_slpnext;	/* [q] */
	void		*l_slpobj;	/* [q] cv or lock slept on */
	int		 l_slpwoken;	/* [q] RUMP_WOKEN or RUMP_INTR; [a] */
	int		 l_slpsig;	/* [q] rump_lwp_wakeup() ends it */
	int		 l_temp;	/* [I] for one call */
	int		 l_left;	/* [o] rump_lwp_leave() */
	/* program lwps: exec.c, exit.c, sig.c */
	void		*l_hoststk;	/* [o] host thread's own stack */
	void		*l_unmap;	/* [o] to unmap at exit, l_unmaplen */
	size_t		 l_unmaplen;
	struct vfork	*l_vfork;	/* [o] on its parent's thread: exec */
	int64_t		 l_cputime;	/* [a] ns */
	int		 l_policy, l_prio;	/* [p] kept only */
	unsigned long	 l_slack;	/* [o] prctl.c */
	struct rump_siglwp l_sig;	/* kern/sig.h */
	uint32_t	 l_pending;	/* [a] LP_* */
	char		 l_name[16];	/* [p] */
};
/* Any of them ends _sig waits, or is looked at when a gate returns. */
#define LP_EXIT		0x01	/* the process is exiting */
#define LP_SIG		0x02	/* a signal may be deliverable, or a stop */
#define LP_AGAIN	0x04	/* the call may have to be made again */

/* Others set them: never read l_pending plainly. */
static inline uint32_t
rump_lwp_pending(const struct lwp *l)
{

	return __atomic_load_n(&l->l_pending, __ATOMIC_RELAXED);
}

/* curlwp's; not to be released, good until its next call.  Not under p_lock. */
struct cred *rump_cred_cur(void);
void	rump_cred_copy(struct cred *to, const struct cred *);
void	rump_cred_rele(struct cred *);
int	rump_cred_ingroup(const struct cred *, uint32_t gid);
/* curlwp, which is l, has new from now on, and new's reference. */
void	rump_cred_set(struct lwp *l, struct cred *new);
/*
 * The same with a copy that fn changed; 0, fn's error or ENOMEM, which keep
 * the old one.
 */
int	rump_cred_change(int (*fn)(struct cred *, const void *), const void *);
/* What a program begins with that curlwp starts by exec; NULL: no memory. */
struct cred *rump_cred_exec(void);
/* 0 when curlwp has one of these capabilities in effect, or EPERM. */
int	rump_cred_any(uint64_t caps);
#define CRED_CAP(cap)		(1ULL << (cap))
#define rump_capable(cap)	rump_cred_any(CRED_CAP(cap))
/*
 * EPERM unless p is curproc, has the caller's real ids only, or the caller has
 * cap.  CAP_SYS_PTRACE: as ptrace(2) says.
 */
int	rump_cred_over(struct proc *p, int cap);
/* What Linux asks for either of. */
#define CRED_NET	(CRED_CAP(CAP_NET_RAW) | CRED_CAP(CAP_NET_ADMIN))
#define rump_cred_has(cr, cap)	(((cr)->cr_eff & CRED_CAP(cap)) != 0)

/* An lwp's, also another's.  Caller holds its process's p_lock. */
static inline struct cred *
rump_lwp_cred(const struct lwp *l)
{

	return l->l_cred != NULL ? l->l_cred : l->l_proc->p_cred;
}

/* What the next lwp of a program, or a child's first, has of its maker. */
static inline void
rump_lwp_inherit(struct lwp *l, const struct lwp *from)
{
	struct cred *cr = rump_cred_cur();

	__atomic_fetch_add(&cr->cr_ref, 1, __ATOMIC_RELAXED);
	/* It can be found already. */
	rump_mutex_enter(&l->l_proc->p_lock);
	l->l_cred = cr;
	rump_mutex_exit(&l->l_proc->p_lock);
	__builtin_memcpy(l->l_name, from->l_name, sizeof(l->l_name));
	l->l_slack = from->l_slack;
	/* SCHED_RESET_ON_FORK */
	if ((from->l_policy & 0x40000000) == 0) {
		l->l_policy = from->l_policy;
		l->l_prio = from->l_prio;
	}
}

/* prlimit(2) changes it: [p] is for both limits at once. */
static inline uint64_t
rump_rlim_cur(const struct proc *p, unsigned res)
{

	return __atomic_load_n(&p->p_rlim[res].rlim_cur, __ATOMIC_RELAXED);
}

struct lwp *rump_curlwp(void);	/* NULL: not inside the rump kernel */
#define curlwp	rump_curlwp()
#define curproc	(rump_curlwp()->l_proc)

extern struct proc rump_proc0;
extern struct rump_mutex rump_proc_lock;

struct proc *rump_proc_find(int pid);	/* referenced; NULL */
void	rump_proc_ref(struct proc *);
void	rump_proc_rele(struct proc *);

/*
 * Life of processes and lwps.  flags: RUMP_RF* of <rump/rump.h>.  An lwp
 * counts in its process from rump_lwp_new() on.  Destroying curlwp also gives
 * its virtual CPU back and clears curlwp: only rumpuser_thread_exit() or
 * another binding may follow.
 */
int	rump_proc_new(struct proc *parent, int flags, struct proc **);
int	rump_lwp_new(struct proc *, struct lwp **);
void	rump_lwp_destroy(struct lwp *);
/*
 * l no longer counts.  True for the last one of a process: the caller does
 * rump_proc_exit(), then destroys the lwp.
 */
int	rump_lwp_leave(struct lwp *);
/* Zombie: descriptors closed, children elsewhere, parent woken; once. */
void	rump_proc_exit(struct proc *, int wstatus);
/* Caller holds rump_proc_lock; p is a zombie. */
void	rump_proc_reap(struct proc *);
struct proc *rump_proc_list(void);	/* caller holds rump_proc_lock */
/*
 * For the component exec; NULL: not linked.  At the end of an lwp with l_vfork
 * set, before anything else (does not return); and, the lwp NULL, when the last
 * lwp of a process has left and its memory is given back.
 */
extern void (*rump_exit_hook)(struct proc *, struct lwp *);
/*
 * p ends, and p_wstatus says how: before its children go to process 0 and its
 * parent is woken.  Called with rump_proc_lock held.
 */
extern void (*rump_procend_hook)(struct proc *p);
/* Whose process a descriptor of one is, for waitid(); NULL: there is none. */
extern int (*rump_pidfd_hook)(int fd, int *pid, int *nonblock);
/* Is there one with this tid, in any process? */
int	rump_lwp_exists(int tid);
/* Ends an interruptible sleep of l with EINTR. */
void	rump_lwp_wakeup(struct lwp *);
/* Called at the end of a gate when l_pending is set; NULL: nothing to do. */
extern void (*rump_pending_hook)(struct lwp *);
/* Called when an lwp of a program ends; who sets it calls the one before. */
extern void (*rump_lwpexit_hook)(struct lwp *);

/* Kernel threads: proc 0, a virtual CPU held while fn runs. */
int	rump_kthread_create(void (*fn)(void *), void *, const char *name);

/* Hooks that vfs and others set; NULL: not linked. */
struct rump_prochooks {
	int	(*ph_fork)(struct proc *parent, struct proc *child);
	void	(*ph_exit)(struct proc *);
};
extern struct rump_prochooks rump_vfs_prochooks;
/* What semaphores are to be given back when a process ends; NULL: none. */
extern void (*rump_proc_exithook)(struct proc *);

/*
 * The gates: take a virtual CPU for a system call, give it back.  enter
 * returns the calling lwp, exit takes it.
 */
struct lwp *rump_gate_enter(void);
void	rump_gate_exit(struct lwp *);
/* The same for a call that signals interrupt; returns r.  kern/sig.h. */
long	rump_gate_exit_intr(struct lwp *, long r, const long *call, int how);
void	rump_schedule(void);
void	rump_unschedule(void);

#endif /* KERN_PROC_H */
