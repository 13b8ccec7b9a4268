/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pending signals: a set and a queue for each process and each lwp, all under
 * p_lock.  Whoever sends chooses an lwp that does not block the signal, marks
 * it (LP_SIG) and ends its interruptible sleep; that lwp takes the signal out
 * when its program code goes on.  Standard signals are kept once, real-time
 * ones as often as they were sent, up to RLIMIT_SIGPENDING.
 */
#include <asm/errno.h>
#include <string.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include "sig_priv.h"
#include "sigtimer_priv.h"

#define RLIMIT_SIGPENDING	11	/* <asm/resource.h> */
#define SIG_MAXQUEUED		65536	/* of a process, whatever the limit */

void (*rump_sigtimer_taken)(struct rump_sigtimer *, struct rump_siginfo *);
void (*rump_sigtimer_clearhook)(struct proc *, int);
void (*rump_sigfd_hook)(struct proc *);

static void
pend_append(struct rump_sigpend *sp, struct rump_sigq *sq)
{

	if (sp->sp_head == NULL)
		sp->sp_tailp = &sp->sp_head;
	sq->sq_next = NULL;
	*sp->sp_tailp = sq;
	sp->sp_tailp = &sq->sq_next;
}

static void
pend_unlink(struct rump_sigpend *sp, struct rump_sigq **sqp)
{

	if (sp->sp_tailp == &(*sqp)->sq_next)
		sp->sp_tailp = sqp;
	*sqp = (*sqp)->sq_next;
}

static void
sigq_free(struct proc *p, struct rump_sigq *sq)
{

	p->p_sig.ps_nqueued--;
	rump_kmem_free(sq, sizeof(*sq));
}

void
rump_sigpend_drop(struct proc *p, struct rump_sigpend *sp, uint64_t set)
{
	struct rump_sigq **sqp, *sq;

	if ((sp->sp_set & set) == 0)
		return;
	sp->sp_set &= ~set;
	for (sqp = &sp->sp_head; (sq = *sqp) != NULL;) {
		if (set & RUMP_SIGBIT(sq->sq_info.rs_signo)) {
			pend_unlink(sp, sqp);
			if (sq->sq_timer != NULL)
				RUMP_HOOK(rump_sigtimer_taken)(sq->sq_timer,
				    NULL);
			sigq_free(p, sq);
		} else {
			sqp = &sq->sq_next;
		}
	}
}

static int
pend_untimer(struct proc *p, struct rump_sigpend *sp,
    const struct rump_sigtimer *st)
{
	struct rump_sigq **sqp, *sq;
	int sig;

	for (sqp = &sp->sp_head; (sq = *sqp) != NULL; sqp = &sq->sq_next)
		if (sq->sq_timer == st)
			break;
	if (sq == NULL)
		return 0;
	sig = sq->sq_info.rs_signo;
	pend_unlink(sp, sqp);
	sigq_free(p, sq);
	for (sq = sp->sp_head; sq != NULL; sq = sq->sq_next)
		if (sq->sq_info.rs_signo == sig)
			return 1;
	sp->sp_set &= ~RUMP_SIGBIT(sig);
	return 1;
}

void
rump_sig_untimer(struct proc *p, struct rump_sigtimer *st)
{
	struct lwp *l;

	if (pend_untimer(p, &p->p_sig.ps_pend, st))
		return;
	for (l = p->p_lwps; l != NULL; l = l->l_sibling)
		if (pend_untimer(p, &l->l_sig.ls_pend, st))
			return;
}

void
rump_sig_flush(struct proc *p, uint64_t set)
{
	struct lwp *l;

	rump_sigpend_drop(p, &p->p_sig.ps_pend, set);
	for (l = p->p_lwps; l != NULL; l = l->l_sibling)
		rump_sigpend_drop(p, &l->l_sig.ls_pend, set);
}

/* The first entry of sig goes to info; the bit stays while there are more. */
static void
pend_take(struct proc *p, struct rump_sigpend *sp, int sig,
    struct rump_siginfo *info)
{
	struct rump_sigq **sqp, *sq, *found = NULL;

	sp->sp_set &= ~RUMP_SIGBIT(sig);
	for (sqp = &sp->sp_head; (sq = *sqp) != NULL;) {
		if (sq->sq_info.rs_signo != sig) {
			sqp = &sq->sq_next;
			continue;
		}
		if (found != NULL) {
			sp->sp_set |= RUMP_SIGBIT(sig);
			break;
		}
		found = sq;
		pend_unlink(sp, sqp);
	}
	if (found == NULL) {
		memset(info, 0, sizeof(*info));
		info->rs_signo = sig;
		return;
	}
	*info = found->sq_info;
	if (found->sq_timer != NULL)
		RUMP_HOOK(rump_sigtimer_taken)(found->sq_timer, info);
	sigq_free(p, found);
}

int
rump_sig_take(struct lwp *l, uint64_t set, struct rump_siginfo *info)
{
	struct proc *p = l->l_proc;
	struct rump_sigpend *sp = &l->l_sig.ls_pend;
	uint64_t ready = sp->sp_set & set;
	int sig;

	if (ready == 0) {
		sp = &p->p_sig.ps_pend;
		ready = sp->sp_set & set;
	}
	if (ready == 0)
		return 0;
	if (ready & SIG_SYNC)
		ready &= SIG_SYNC;
	sig = __builtin_ctzl(ready) + 1;
	pend_take(p, sp, sig, info);
	return sig;
}

/* A stop takes back what continues, and the other way round. */
static void
sig_jobcontrol(struct proc *p, int sig)
{
	struct lwp *l;

	if (RUMP_SIGBIT(sig) & SIG_STOPS)
		rump_sig_flush(p, RUMP_SIGBIT(SIGCONT));
	if (sig != SIGCONT && sig != SIGKILL)
		return;
	if (sig == SIGCONT)
		rump_sig_flush(p, SIG_STOPS);
	if (p->p_sig.ps_stopped == 0)
		return;
	p->p_sig.ps_stopped = 0;
	p->p_sig.ps_continued = sig == SIGCONT;
	for (l = p->p_lwps; l != NULL; l = l->l_sibling)
		__atomic_fetch_or(&l->l_pending, LP_SIG, __ATOMIC_RELAXED);
	rump_cv_broadcast(&p->p_sig.ps_contcv);
}

static int
sig_blocks(const struct lwp *l, int sig)
{

	return ((l->l_sig.ls_mask & ~l->l_sig.ls_waitset) &
	    RUMP_SIGBIT(sig)) != 0;
}

/* The lwp that a process is known by; NULL when there is none. */
static struct lwp *
sig_leader(const struct proc *p)
{
	struct lwp *l, *any = p->p_lwps;

	for (l = any; l != NULL; l = l->l_sibling)
		if (l->l_tid == p->p_pid)
			return l;
	return any;
}

/* What is blocked, or waited for, may yet find a handler: it is kept. */
static int
sig_ignored(const struct proc *p, const struct lwp *l, int sig)
{
	const struct rump_sigact *act = &p->p_sig.ps_act[sig - 1];

	if ((l->l_sig.ls_mask | l->l_sig.ls_waitset) & RUMP_SIGBIT(sig))
		return 0;
	return SIG_IS(act, SIG_IGN) || (SIG_IS(act, SIG_DFL) &&
	    (RUMP_SIGBIT(sig) & SIG_IGNORED));
}

/* Who shall take it: rather one that has nothing else to take. */
static struct lwp *
sig_choose(struct proc *p, int sig)
{
	struct lwp *l = sig_leader(p), *busy = NULL;

	if (!sig_blocks(l, sig) && (rump_lwp_pending(l) & LP_SIG) == 0)
		return l;
	for (l = p->p_lwps; l != NULL; l = l->l_sibling) {
		if (sig_blocks(l, sig))
			continue;
		if ((rump_lwp_pending(l) & LP_SIG) == 0)
			return l;
		busy = l;
	}
	return busy;
}

/* 0, or EAGAIN: what must not be lost cannot be kept. */
static int
sig_queue(struct proc *p, struct rump_sigpend *sp, int sig,
    const struct rump_siginfo *info, struct rump_sigtimer *timer)
{
	uint64_t limit = rump_rlim_cur(p, RLIMIT_SIGPENDING);
	struct rump_sigq *sq = NULL;

	/* Beyond it is what kill() and the kernel say of standard ones. */
	if (limit > SIG_MAXQUEUED)
		limit = SIG_MAXQUEUED;
	if (p->p_sig.ps_nqueued < limit || timer != NULL ||
	    (sig < SIG_RTMIN && (info == NULL || info->rs_code >= 0)))
		sq = rump_kmem_alloc(sizeof(*sq));
	if (sq == NULL) {
		if (sig >= SIG_RTMIN && info != NULL &&
		    info->rs_code != SI_USER)
			return EAGAIN;
		return 0;
	}
	p->p_sig.ps_nqueued++;
	if ((sq->sq_timer = timer) != NULL)
		timer->st_queued = 1;
	if (info != NULL) {
		sq->sq_info = *info;
	} else {
		memset(&sq->sq_info, 0, sizeof(sq->sq_info));
		sq->sq_info.rs_code = SI_KERNEL;
	}
	sq->sq_info.rs_signo = sig;
	pend_append(sp, sq);
	return 0;
}

int
rump_sig_post(struct proc *p, struct lwp *l, int sig,
    const struct rump_siginfo *info, struct rump_sigtimer *timer)
{
	struct rump_sigpend *sp;
	int error;

	KASSERT(rump_mutex_owned(&p->p_lock));
	if (p->p_exiting || p == &rump_proc0 || p->p_lwps == NULL)
		return 0;
	rump_sig_init();
	sig_jobcontrol(p, sig);
	if (sig_ignored(p, l != NULL ? l : sig_leader(p), sig))
		return 0;
	sp = l != NULL ? &l->l_sig.ls_pend : &p->p_sig.ps_pend;
	if (sig < SIG_RTMIN && timer == NULL &&
	    (sp->sp_set & RUMP_SIGBIT(sig)))
		return 0;
	if ((error = sig_queue(p, sp, sig, info, timer)) != 0)
		return error;
	sp->sp_set |= RUMP_SIGBIT(sig);
	RUMP_HOOK_CALL(rump_sigfd_hook, p);
	if (l == NULL)
		l = sig_choose(p, sig);
	if (l != NULL && !sig_blocks(l, sig)) {
		__atomic_fetch_or(&l->l_pending, LP_SIG, __ATOMIC_RELAXED);
		rump_lwp_wakeup(l);
	}
	return 0;
}

int
rump_sig_proc(struct proc *p, int sig, const struct rump_siginfo *info)
{
	int error;

	rump_mutex_enter(&p->p_lock);
	error = rump_sig_post(p, NULL, sig, info, NULL);
	rump_mutex_exit(&p->p_lock);
	return error;
}

int
rump_sig_lwp(struct lwp *l, int sig, const struct rump_siginfo *info)
{
	struct proc *p = l->l_proc;
	int error;

	rump_mutex_enter(&p->p_lock);
	error = rump_sig_post(p, l, sig, info, NULL);
	rump_mutex_exit(&p->p_lock);
	return error;
}

int
rump_sig_pgrp(int pgid, int sig, const struct rump_siginfo *info)
{
	struct proc *p;
	int n = 0;

	for (p = rump_proc_list(); p != NULL; p = p->p_next) {
		if (p == &rump_proc0 || p->p_pgid != pgid || p->p_zombie)
			continue;
		(void)rump_sig_proc(p, sig, info);
		n++;
	}
	return n;
}
