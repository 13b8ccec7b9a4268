/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tty_ioctl.c: the ioctl calls of terminals (ioctl_tty(2)).
 */
#include <asm/errno.h>
#include <asm/ioctls.h>

#include <kern/proc.h>
#include <string.h>

#include "tty_private.h"

static int
setios(struct tty *t, unsigned long cmd, void *uarg)
{
	struct termios ios;
	int error, retype;

	if ((error = rump_copyin(uarg, &ios, sizeof(ios))) != 0)
		return error;
	rump_mutex_enter(&t->t_lock);
	if (cmd == TCSETSF)
		tty_flushin(t);
	retype = (t->t_ios.c_lflag ^ ios.c_lflag) & ICANON;
	t->t_ios = ios;
	if (retype)
		tty_retype(t);
	if (t->t_stopped && !(ios.c_iflag & IXON)) {
		t->t_stopped = 0;
		rump_cv_broadcast(&t->t_outcv);
	}
	rump_mutex_exit(&t->t_lock);
	return 0;
}

static int
getios(struct tty *t, void *uarg)
{
	struct termios ios;

	rump_mutex_enter(&t->t_lock);
	ios = t->t_ios;
	rump_mutex_exit(&t->t_lock);
	return rump_copyout(&ios, uarg, sizeof(ios));
}

static int
window(struct tty *t, unsigned long cmd, void *uarg)
{
	struct winsize win;
	int error;

	if (cmd == TIOCSWINSZ) {
		if ((error = rump_copyin(uarg, &win, sizeof(win))) != 0)
			return error;
		rump_mutex_enter(&t->t_lock);
		if (memcmp(&t->t_win, &win, sizeof(win)) != 0) {
			t->t_win = win;
			tty_signal(t, TTY_SIGWINCH);
		}
		rump_mutex_exit(&t->t_lock);
		return 0;
	}
	rump_mutex_enter(&t->t_lock);
	win = t->t_win;
	rump_mutex_exit(&t->t_lock);
	return rump_copyout(&win, uarg, sizeof(win));
}

static int
control(struct tty *t, unsigned long cmd, uintptr_t arg)
{
	if (arg > (cmd == TCFLSH ? TCIOFLUSH : TCION))
		return EINVAL;
	rump_mutex_enter(&t->t_lock);
	if (cmd == TCFLSH && arg != TCOFLUSH)
		tty_flushin(t);
	if (cmd == TCFLSH && arg != TCIFLUSH && t->t_pty != NULL)
		tty_ptyflushout(t->t_pty);
	if (cmd == TCXONC && (arg == TCIOFF || arg == TCION))
		tty_putc(t, t->t_ios.c_cc[arg == TCIOFF ? VSTOP : VSTART]);
	if (cmd == TCXONC && arg == TCOOFF)
		t->t_stopped = 1;
	if (cmd == TCXONC && arg == TCOON) {
		t->t_stopped = 0;
		rump_cv_broadcast(&t->t_outcv);
	}
	rump_mutex_exit(&t->t_lock);
	return 0;
}

/* Bytes that a read gives at once. */
static int
readable(struct tty *t)
{
	uint32_t i;
	int n = 0;

	rump_mutex_enter(&t->t_lock);
	for (i = t->t_tail; i != t->t_ready; i++)
		n += !(TQ(t, i) & TQ_NONE);
	rump_mutex_exit(&t->t_lock);
	return n;
}

static int
exclusive(struct tty *t, unsigned long cmd, void *uarg)
{
	int n;

	rump_mutex_enter(&t->t_lock);
	if (cmd != TIOCGEXCL)
		t->t_excl = cmd == TIOCEXCL;
	n = t->t_excl;
	rump_mutex_exit(&t->t_lock);
	return cmd == TIOCGEXCL ? rump_copyout(&n, uarg, sizeof(n)) : 0;
}

static int
outqueue(struct tty *t)
{
	int n = 0;

	rump_mutex_enter(&t->t_lock);
	if (t->t_pty != NULL)
		n = (int)tty_ptyoutcount(t->t_pty);
	rump_mutex_exit(&t->t_lock);
	return n;
}

int
tty_ioctl(struct tty *t, unsigned long cmd, void *uarg)
{
	int n = 0;

	switch (cmd) {
	case TCGETS:
		return getios(t, uarg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return setios(t, cmd, uarg);
	case TIOCGWINSZ:
	case TIOCSWINSZ:
		return window(t, cmd, uarg);
	case TIOCGPGRP:
	case TIOCSPGRP:
	case TIOCGSID:
	case TIOCSCTTY:
	case TIOCNOTTY:
		return tty_session(t, cmd, uarg);
	case TCFLSH:
	case TCXONC:
		return control(t, cmd, (uintptr_t)uarg);
	case FIONREAD:
		n = readable(t);
		return rump_copyout(&n, uarg, sizeof(n));
	case TIOCOUTQ:
		n = outqueue(t);
		return rump_copyout(&n, uarg, sizeof(n));
	case TIOCGETD:
		return rump_copyout(&n, uarg, sizeof(n));	/* N_TTY */
	case TIOCEXCL:
	case TIOCNXCL:
	case TIOCGEXCL:
		return exclusive(t, cmd, uarg);
	case TCSBRK:
	case TCSBRKP:
		return 0;
	}
	return ENOTTY;
}
