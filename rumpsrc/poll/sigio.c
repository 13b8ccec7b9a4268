/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signals of O_ASYNC and SIGURG of sockets (fcntl(2)).  What has been asked
 * for (sigiocalls.c) hangs on the file until its last close; an interest in
 * the file's readiness (kern/poll.h) sends the signal from where the change
 * was made.
 */
#include <asm/poll.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <kern/file.h>
#include <kern/str.h>
#include "../kern/sig_priv.h"
#include "sigio.h"

/* By POLL_IN - 1 and so on. */
static const uint16_t sigio_band[] = {
	POLLIN | POLLRDNORM,
	POLLOUT | POLLWRNORM | POLLWRBAND,
	POLLIN | POLLRDNORM | POLLMSG,
	POLLERR,
	POLLPRI | POLLRDBAND,
	POLLHUP | POLLERR
};

/* --- sending --- */
/* As sigio_perm() of Linux; caller holds p_lock. */
static int
sigio_may(const struct sigowner *ow, const struct proc *p)
{
	const struct cred *cr = p->p_cred;

	return ow->ow_euid == 0 || cr == NULL || ow->ow_euid == cr->cr_suid ||
	    ow->ow_euid == cr->cr_ruid || ow->ow_ruid == cr->cr_suid ||
	    ow->ow_ruid == cr->cr_ruid;
}

/* To a process, or to its lwp tid when that is not 0. */
static void
sigio_post(const struct sigowner *ow, struct proc *p, int tid, int sig,
    const struct rump_siginfo *info)
{
	struct lwp *l = NULL;

	rump_mutex_enter(&p->p_lock);
	if (tid != 0)
		for (l = p->p_lwps; l != NULL && l->l_tid != tid;
		    l = l->l_sibling)
			continue;
	if ((tid == 0 || l != NULL) && sigio_may(ow, p) &&
	    rump_sig_post(p, l, sig, info, NULL) != 0)
		(void)rump_sig_post(p, l, SIGIO, NULL, NULL);
	rump_mutex_exit(&p->p_lock);
}

/* Caller holds rump_proc_lock. */
static void
sigio_postgroup(const struct sigowner *ow, int sig,
    const struct rump_siginfo *info)
{
	struct proc *p;

	for (p = rump_proc_list(); p != NULL; p = p->p_next)
		if (p != &rump_proc0 && !p->p_zombie &&
		    p->p_pgid == ow->ow_pid)
			sigio_post(ow, p, 0, sig, info);
}

void
rump_sigio_late(void *arg)
{
	struct sigio *sg = arg;
	struct rump_siginfo info;
	struct sigowner ow;
	int sig;

	rump_mutex_enter(&sg->sg_lock);
	ow = sg->sg_owner;
	sig = sg->sg_late;
	info = sg->sg_lateinfo;
	rump_mutex_exit(&sg->sg_lock);
	if (ow.ow_type != F_OWNER_PGRP)
		return;
	rump_mutex_enter(&rump_proc_lock);
	sigio_postgroup(&ow, sig, info.rs_signo != 0 ? &info : NULL);
	rump_mutex_exit(&rump_proc_lock);
}

/* info NULL: as the kernel sends it.  Caller holds sg_lock. */
static void
sigio_send(struct sigio *sg, int sig, const struct rump_siginfo *info)
{
	const struct sigowner *ow = &sg->sg_owner;

	if (ow->ow_proc != NULL) {
		sigio_post(ow, ow->ow_proc, ow->ow_type == F_OWNER_TID ?
		    ow->ow_pid : 0, sig, info);
	} else if (ow->ow_type == F_OWNER_PGRP) {
		/* Its lock comes before all that are held here. */
		if (rump_mutex_tryenter(&rump_proc_lock) == 0) {
			sigio_postgroup(ow, sig, info);
			rump_mutex_exit(&rump_proc_lock);
			return;
		}
		sg->sg_late = sig;
		memset(&sg->sg_lateinfo, 0, sizeof(sg->sg_lateinfo));
		if (info != NULL)
			sg->sg_lateinfo = *info;
		rump_callout_schedule(&sg->sg_callout, 0);
	}
}

/* What Linux calls the reason: POLL_IN... */
static int
sigio_reason(const struct file *fp, int events)
{

	if (fp->f_type == FT_PIPE)
		return events & (POLLOUT | POLLERR) ? POLL_OUT : POLL_IN;
	if (events & POLLPRI)
		return POLL_PRI;
	if (events & POLLHUP)
		return POLL_HUP;
	if (events & POLLIN)
		return POLL_IN;
	return events & POLLERR ? POLL_ERR : POLL_OUT;
}

static int
sigio_owncodes(int sig)
{

	return sig == SIGILL || sig == SIGFPE || sig == SIGSEGV ||
	    sig == SIGBUS || sig == SIGTRAP || sig == SIGCHLD || sig == SIGSYS;
}

/* Something happened; the object's lock and si_lock are held. */
void
rump_sigio_notify(struct selrec *sr, int events)
{
	struct sigio *sg = sr->sr_arg;
	int reason = sigio_reason(sg->sg_file, events);
	struct rump_siginfo info;

	if (events & POLLNVAL)
		return;
	rump_mutex_enter(&sg->sg_lock);
	if ((events & POLLPRI) && sg->sg_file->f_type == FT_SOCKET)
		sigio_send(sg, SIGURG, NULL);
	if ((file_flags(sg->sg_file) & FASYNC) == 0) {
		/* It is watched for SIGURG only. */
	} else if (sg->sg_sig == 0) {
		sigio_send(sg, SIGIO, NULL);
	} else {
		memset(&info, 0, sizeof(info));
		info.rs_signo = sg->sg_sig;
		info.rs_code = sigio_owncodes(sg->sg_sig) ? SI_SIGIO : reason;
		info.u.poll.band = sigio_band[reason - POLL_IN];
		info.u.poll.fd = sg->sg_fd;
		sigio_send(sg, sg->sg_sig, &info);
	}
	rump_mutex_exit(&sg->sg_lock);
}
