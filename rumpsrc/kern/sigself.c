/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals that a call sends to its caller: SIGPIPE, SIGXFSZ.  An image in
 * which no program can handle, ignore or send signals has none of the code for
 * them: there the process just ends, as it does by default, when the call
 * returns.
 */
#include <kern/exec.h>
#include <kern/proc.h>

void (*rump_sigself_hook)(struct lwp *, int);
void (*rump_sigchild_hook)(struct proc *);

static void
sigself_end(struct lwp *l)
{

	if (rump_lwp_pending(l) & LP_EXIT)
		rump_exit_lwp(NULL, 0);
	rump_exit_group(__builtin_ctzl(l->l_sig.ls_pend.sp_set) + 1);
}

void
rump_sig_self(int sig)
{
	struct lwp *l = curlwp;

	if (l->l_hoststk == NULL)
		return;		/* the host's, or the kernel's own */
	if (RUMP_HOOK(rump_sigself_hook) != NULL) {
		RUMP_HOOK(rump_sigself_hook)(l, sig);
		return;
	}
	l->l_sig.ls_pend.sp_set |= RUMP_SIGBIT(sig);
	RUMP_HOOK_SET(rump_pending_hook, sigself_end);
	__atomic_fetch_or(&l->l_pending, LP_SIG, __ATOMIC_RELAXED);
}
