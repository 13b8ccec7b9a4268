/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session.c: terminals and sessions: which is whose, who is in the foreground,
 * and the signals that follow (credentials(7), termios(3)).  A session's
 * terminal is the one that says so: t_sid.  The console becomes that of the
 * first session that reads or asks it, since nobody logs in here.
 *
 * Signals need the component that has them; without it nothing is sent.
 */
#include <asm/errno.h>
#include <asm/ioctls.h>

#include <kern/proc.h>

#include "tty_private.h"

struct rump_siginfo;
int	rump_sig_pgrp(int, int, const struct rump_siginfo *)
	    __attribute__((__weak__));
int	rump_sig_proc(struct proc *, int, const struct rump_siginfo *)
	    __attribute__((__weak__));

/* Where /proc/PID/stat looks; fs/procfs. */
void	rump_tty_ofsession(int sid, int *dev, int *pgrp);

/* A parent may change its children's. */
static int
sid_of(const struct proc *p)
{
	return __atomic_load_n(&p->p_sid, __ATOMIC_RELAXED);
}

static int
pgid_of(const struct proc *p)
{
	return __atomic_load_n(&p->p_pgid, __ATOMIC_RELAXED);
}

/* find() looks at those of all, unlocked. */
static void
setowner(struct tty *t, int sid, int pgrp)
{
	__atomic_store_n(&t->t_sid, sid, __ATOMIC_RELAXED);
	__atomic_store_n(&t->t_pgrp, pgrp, __ATOMIC_RELAXED);
}

/* Caller holds rump_proc_lock. */
static struct proc *
insession(int sid)
{
	struct proc *p;

	for (p = rump_proc_list(); p != NULL; p = p->p_next)
		if (sid_of(p) == sid && !p->p_zombie)
			break;
	return p;
}

static void
sendpgrp(int pgrp, int sig)
{
	if (pgrp == 0 || rump_sig_pgrp == NULL)
		return;
	rump_mutex_enter(&rump_proc_lock);
	(void)rump_sig_pgrp(pgrp, sig, NULL);
	rump_mutex_exit(&rump_proc_lock);
}

void
tty_signal(struct tty *t, int sig)
{
	sendpgrp(t->t_pgrp, sig);
}

/* The terminal whose t_sid it is; *dev as st_rdev has it. */
static struct tty *
find(int sid, int *dev)
{
	struct tty *t = &tty_console;
	unsigned n = 0;

	*dev = 5 << 8 | 1;
	for (;;) {
		if (t != NULL && sid != 0 && __atomic_load_n(&t->t_sid,
		    __ATOMIC_RELAXED) == sid)
			return t;
		if (n == PTY_MAX)
			return NULL;
		t = tty_pty(n++, dev);
	}
}

static void
take(struct tty *t)
{
	setowner(t, sid_of(curproc), pgid_of(curproc));
}

void
tty_adopt(struct tty *t)
{
	int sid = sid_of(curproc), alive = 0;

	if (t->t_pty != NULL || sid == 0 || t->t_sid == sid)
		return;
	if (t->t_sid != 0) {
		rump_mutex_enter(&rump_proc_lock);
		alive = insession(t->t_sid) != NULL;
		rump_mutex_exit(&rump_proc_lock);
	}
	if (!alive)
		take(t);
}

void
tty_opened(struct tty *t)
{
	const struct proc *p = curproc;
	struct tty *other;

	if (sid_of(p) != p->p_pid || tty_controlling(&other) == 0)
		return;
	rump_mutex_enter(&t->t_lock);
	if (t->t_sid == 0)
		take(t);
	rump_mutex_exit(&t->t_lock);
}

void
tty_hangup(struct tty *t)
{
	int sid = t->t_sid, pgrp = t->t_pgrp;
	struct proc *p;

	setowner(t, 0, 0);
	if (sid == 0 || rump_sig_proc == NULL)
		return;
	rump_mutex_enter(&rump_proc_lock);
	for (p = rump_proc_list(); p != NULL; p = p->p_next)
		if (p->p_pid == sid && !p->p_zombie) {
			(void)rump_sig_proc(p, TTY_SIGHUP, NULL);
			(void)rump_sig_proc(p, TTY_SIGCONT, NULL);
		}
	if (pgrp != sid && rump_sig_pgrp != NULL) {
		(void)rump_sig_pgrp(pgrp, TTY_SIGHUP, NULL);
		(void)rump_sig_pgrp(pgrp, TTY_SIGCONT, NULL);
	}
	rump_mutex_exit(&rump_proc_lock);
}

/* Who blocks or ignores the signal is told so: a write then goes on. */
int
tty_background(struct tty *t, int sig)
{
	const struct lwp *l = curlwp;
	const struct proc *p = l->l_proc;

	if (t->t_sid == 0 || t->t_sid != sid_of(p) || t->t_pgrp == 0 ||
	    t->t_pgrp == pgid_of(p) || rump_sig_pgrp == NULL)
		return 0;
	sendpgrp(pgid_of(p), sig);
	if (__atomic_load_n(&l->l_pending, __ATOMIC_RELAXED) != 0)
		return EINTR;
	return sig == TTY_SIGTTIN ? EIO : 0;
}

/* Caller holds t_lock. */
static int
acquire(struct tty *t, uintptr_t force)
{
	const struct proc *p = curproc;
	int dev;

	if (t->t_sid == sid_of(p) && sid_of(p) == p->p_pid)
		return 0;
	if (sid_of(p) != p->p_pid || find(sid_of(p), &dev) != NULL)
		return EPERM;
	if (t->t_sid != 0 && (force != 1 || rump_capable(CAP_SYS_ADMIN) != 0))
		return EPERM;
	take(t);
	return 0;
}

/* Caller holds t_lock. */
static int
giveup(struct tty *t)
{
	if (t->t_sid != sid_of(curproc))
		return ENOTTY;
	if (sid_of(curproc) == curproc->p_pid)
		tty_hangup(t);
	return 0;
}

/* Caller holds t_lock. */
static int
setpgrp(struct tty *t, int pgrp)
{
	const struct proc *p;
	int error;

	if (t->t_sid != sid_of(curproc))
		return ENOTTY;
	if (pgrp < 0)
		return EINVAL;
	if ((error = tty_background(t, TTY_SIGTTOU)) != 0)
		return error;
	rump_mutex_enter(&rump_proc_lock);
	for (p = rump_proc_list(); p != NULL; p = p->p_next)
		if (pgid_of(p) == pgrp && p->p_pid != 0 && !p->p_zombie)
			break;
	error = p == NULL ? ESRCH : sid_of(p) != t->t_sid ? EPERM : 0;
	rump_mutex_exit(&rump_proc_lock);
	if (!error)
		setowner(t, t->t_sid, pgrp);
	return error;
}

int
tty_session(struct tty *t, unsigned long cmd, void *uarg)
{
	int id = 0, error = 0;

	if (cmd == TIOCSPGRP && (error = rump_copyin(uarg, &id,
	    sizeof(id))) != 0)
		return error;
	rump_mutex_enter(&t->t_lock);
	switch (cmd) {
	case TIOCSCTTY:
		error = acquire(t, (uintptr_t)uarg);
		break;
	case TIOCNOTTY:
		error = giveup(t);
		break;
	case TIOCSPGRP:
		error = setpgrp(t, id);
		break;
	default:
		if (t->t_sid == 0 || (t->t_sid != sid_of(curproc)))
			error = ENOTTY;
		id = cmd == TIOCGSID ? t->t_sid : t->t_pgrp;
		break;
	}
	rump_mutex_exit(&t->t_lock);
	if (!error && (cmd == TIOCGPGRP || cmd == TIOCGSID))
		error = rump_copyout(&id, uarg, sizeof(id));
	return error;
}

int
tty_controlling(struct tty **tp)
{
	int dev;

	rump_mutex_enter(&tty_console.t_lock);
	if (find(sid_of(curproc), &dev) == NULL)
		tty_adopt(&tty_console);
	rump_mutex_exit(&tty_console.t_lock);
	*tp = find(sid_of(curproc), &dev);
	/* a host's thread has no session: the console is all there is */
	if (*tp == NULL && sid_of(curproc) == 0)
		*tp = &tty_console;
	return *tp != NULL ? 0 : ENXIO;
}

void
rump_tty_ofsession(int sid, int *devp, int *pgrpp)
{
	struct tty *t;
	int dev;

	/* as if it had asked before: the answer shall not change */
	if (sid == sid_of(curproc))
		(void)tty_controlling(&t);
	t = find(sid, &dev);
	*devp = t != NULL ? dev : 0;
	*pgrpp = t != NULL ? __atomic_load_n(&t->t_pgrp, __ATOMIC_RELAXED) :
	    -1;
}
