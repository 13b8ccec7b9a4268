/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of signals. */
#ifndef KERN_SIG_PRIV_H
#define KERN_SIG_PRIV_H

#include <asm/signal.h>
#include <asm/siginfo.h>
#include <kern/proc.h>

#define SIG_SETSIZE	8
#define SS_ONSTACK	1	/* sigaltstack(2) */
#define SS_DISABLE	2
#define SS_AUTODISARM	0x80000000U
#define SIG_NEVER	(RUMP_SIGBIT(SIGKILL) | RUMP_SIGBIT(SIGSTOP))
#define SIG_STOPS	(RUMP_SIGBIT(SIGSTOP) | RUMP_SIGBIT(SIGTSTP) | \
			RUMP_SIGBIT(SIGTTIN) | RUMP_SIGBIT(SIGTTOU))
#define SIG_IGNORED	(RUMP_SIGBIT(SIGCHLD) | RUMP_SIGBIT(SIGURG) | \
			RUMP_SIGBIT(SIGWINCH) | RUMP_SIGBIT(SIGCONT))
/* Faults of the thread itself: the first to be delivered. */
#define SIG_SYNC	(RUMP_SIGBIT(SIGSEGV) | RUMP_SIGBIT(SIGBUS) | \
			RUMP_SIGBIT(SIGILL) | RUMP_SIGBIT(SIGTRAP) | \
			RUMP_SIGBIT(SIGFPE) | RUMP_SIGBIT(SIGSYS))
#define SIG_RTMIN	32

#define SIG_IS(act, what) \
	((uintptr_t)__atomic_load_n(&(act)->sa_fn, __ATOMIC_RELAXED) == \
	(uintptr_t)(what))
#define SIG_HANDLED(act) (!SIG_IS(act, SIG_DFL) && !SIG_IS(act, SIG_IGN))

/* What can be delivered to l now.  Caller holds p_lock, or is l. */
static inline uint64_t
rump_sig_ready(const struct lwp *l)
{

	return (l->l_sig.ls_pend.sp_set | l->l_proc->p_sig.ps_pend.sp_set) &
	    ~l->l_sig.ls_mask;
}

/* Caller holds p_lock for all of these. */
int	rump_sig_post(struct proc *, struct lwp *, int sig,
	    const struct rump_siginfo *, struct rump_sigtimer *);
/* The mask of curlwp becomes another one; LP_SIG if that lets one through. */
void	rump_sig_setmask(struct lwp *, uint64_t);
/* Takes the next one of set out, 0: none; the information goes to info. */
int	rump_sig_take(struct lwp *, uint64_t set, struct rump_siginfo *);
/* Drops all of set that is pending for the process or one of its lwps. */
void	rump_sig_flush(struct proc *, uint64_t set);
/* Lets go of a queue's entries in set. */
void	rump_sigpend_drop(struct proc *, struct rump_sigpend *, uint64_t set);
/* Drops the signal of a timer that goes away. */
void	rump_sig_untimer(struct proc *, struct rump_sigtimer *);
/* A timer's signal was queued; was taken, info NULL: dropped. */
extern void (*rump_sigtimer_taken)(struct rump_sigtimer *,
	    struct rump_siginfo *);
extern void (*rump_sigtimer_clearhook)(struct proc *, int keep);
/* Something is pending that was not: for signalfd; NULL: not linked. */
extern void (*rump_sigfd_hook)(struct proc *);

/* sigaltstack(2), sp is where the caller's stack is; 0 or an errno. */
int	rump_sig_setstack(struct rump_siglwp *, uintptr_t sp, void *stack,
	    size_t size, int flags);
int	rump_sig_onstack(const struct rump_siglwp *, uintptr_t sp);
/* There is no other process that runs. */
int	rump_sig_alone(const struct proc *);
/*
 * sigfault.c.  take returns, p_lock held, when there is a handler: with the
 * signal's information and a copy of its action.
 */
struct rumpcomp_regs;
int	rump_sigfault_wanted(struct lwp *, const struct rumpcomp_regs *);
void	rump_sigfault_take(struct lwp *, const struct rumpcomp_regs *,
	    const void *x, uintptr_t addr, struct rump_siginfo *,
	    struct rump_sigact *);
/* SIGSEGV: the frame of info's handler had no room.  Caller holds p_lock. */
void	rump_sigfault_noroom(struct lwp *, const struct rumpcomp_regs *,
	    uintptr_t addr, struct rump_siginfo *info, struct rump_sigact *);

#endif /* KERN_SIG_PRIV_H */
