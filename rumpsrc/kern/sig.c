/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals, the part that programs of this stage need: dispositions and masks
 * are kept, default actions end the process, and a signal that an lwp sends
 * to itself (raise, abort) reaches its handler before the call returns.
 * Delivery to other lwps is a later issue: named once, ENOSYS.
 */
#include <asm/errno.h>
#include <asm/signal.h>
#include <string.h>
#include <kern/exec.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/syscall.h>

#define SIG_SETSIZE	8
#define SIG_MAX		64

/* As libc passes it: struct k_sigaction of rt_sigaction(2). */
struct sig_action {
	void		(*sa_fn)(int, void *, void *);
	unsigned long	sa_fl;
	void		(*sa_restore)(void);
	uint64_t	sa_set;
};

/* One table: dispositions are per process, later [p]. */
static struct sig_action sig_actions[SIG_MAX];	/* [sig_lock] */
static struct rump_mutex sig_lock;

static int
sig_ignored_by_default(int sig)
{

	return sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH ||
	    sig == SIGCONT;
}

RUMP_SYSCALL4(rt_sigaction, int, sig, const void *, new, void *, old,
    size_t, setsize)
{
	struct sig_action *sa;

	if (setsize != SIG_SETSIZE || sig < 1 || sig > SIG_MAX ||
	    (new != NULL && (sig == SIGKILL || sig == SIGSTOP)))
		return -EINVAL;
	sa = &sig_actions[sig - 1];
	rump_mutex_enter(&sig_lock);
	if (old != NULL)
		memcpy(old, sa, sizeof(*sa));
	if (new != NULL)
		memcpy(sa, new, sizeof(*sa));
	rump_mutex_exit(&sig_lock);
	return 0;
}

/* Sends sig to the calling lwp; out of the gate, so no CPU is held. */
static long
sig_self(int sig)
{
	struct sig_action sa;
	struct lwp *l = curlwp;

	sa = sig_actions[sig - 1];
	if ((void *)sa.sa_fn == (void *)SIG_IGN ||
	    ((void *)sa.sa_fn == (void *)SIG_DFL &&
	    sig_ignored_by_default(sig)))
		return 0;
	if ((void *)sa.sa_fn == (void *)SIG_DFL || sig == SIGKILL) {
		if (sig == SIGABRT)
			rump_exit_report(sig);
		rump_exit_group(sig);
	}
	if (l->l_sigmask & 1UL << (sig - 1)) {
		__atomic_fetch_or(&l->l_sigpend, 1UL << (sig - 1),
		    __ATOMIC_RELAXED);
		return 0;
	}
	return sig;
}

/* Runs the handler of a signal that sig_self() let through. */
static void
sig_handle(struct lwp *l, int sig)
{
	struct sig_action sa = sig_actions[sig - 1];
	uint64_t saved = l->l_sigmask;
	int info[32] = { sig };

	l->l_sigmask |= sa.sa_set;
	if ((sa.sa_fl & SA_NODEFER) == 0)
		l->l_sigmask |= 1UL << (sig - 1);
	if (sa.sa_fl & SA_RESETHAND)
		memset(&sig_actions[sig - 1], 0, sizeof(sa));
	sa.sa_fn(sig, info, NULL);
	l->l_sigmask = saved;
}

long
rump_sysimpl_rt_sigprocmask(int how, const void *unew, void *uold,
    size_t setsize)
{
	struct lwp *l = curlwp;
	uint64_t set, old = l->l_sigmask, ready;
	int sig;

	if (setsize != SIG_SETSIZE)
		return -EINVAL;
	if (unew != NULL) {
		memcpy(&set, unew, sizeof(set));
		set &= ~(1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1));
		if (how == SIG_BLOCK)
			l->l_sigmask |= set;
		else if (how == SIG_UNBLOCK)
			l->l_sigmask &= ~set;
		else if (how == SIG_SETMASK)
			l->l_sigmask = set;
		else
			return -EINVAL;
	}
	if (uold != NULL)
		memcpy(uold, &old, sizeof(old));
	while ((ready = l->l_sigpend & ~l->l_sigmask) != 0) {
		sig = __builtin_ctzl(ready) + 1;
		l->l_sigpend &= ~(1UL << (sig - 1));
		sig_handle(l, sig);
	}
	return 0;
}

static long
sig_send(int self, int sig)
{
	struct lwp *l;
	long r;

	if (sig < 0 || sig > SIG_MAX)
		return -EINVAL;
	if (!self)
		return rump_enosys("kill (of another thread or process)", 62);
	if (sig == 0)
		return 0;
	rump_schedule();
	l = curlwp;
	r = sig_self(sig);
	rump_unschedule();
	if (r > 0)
		sig_handle(l, (int)r);
	return 0;
}

long
rump_sysimpl_tkill(int tid, int sig)
{

	return sig_send(tid == curlwp->l_tid, sig);
}

long
rump_sysimpl_tgkill(int pid, int tid, int sig)
{

	return sig_send(pid == curproc->p_pid && tid == curlwp->l_tid, sig);
}

long
rump_sysimpl_kill(int pid, int sig)
{

	return sig_send(pid == curproc->p_pid || pid == 0, sig);
}

RUMP_SYSCALL2(sigaltstack, const void *, new, void *, old)
{
	struct { void *sp; int flags; size_t size; } none =
	    { NULL, 2 /* SS_DISABLE */, 0 };

	if (new != NULL)
		return rump_enosys("sigaltstack (setting)", 131);
	if (old != NULL)
		memcpy(old, &none, sizeof(none));
	return 0;
}
