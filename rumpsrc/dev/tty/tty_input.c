/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tty_input.c: what becomes of a byte that was typed: mapping, special
 * characters, line editing, echo (termios(3)).  The line that is edited lies
 * in the queue between t_ready and t_head.  Caller holds t_lock.
 */
#include <rump/rumpuser.h>

#include "tty_private.h"

#define ISCTRL(c)	(((c) < 0x20 && (c) != '\t' && (c) != '\n') || \
			(c) == 0x7f)
#define DISABLED	0	/* _POSIX_VDISABLE on Linux */

static int
lflag(const struct tty *t, tcflag_t f)
{
	return (t->t_ios.c_lflag & f) != 0;
}

static int
is(const struct tty *t, int c, int which)
{
	return t->t_ios.c_cc[which] != DISABLED && c == t->t_ios.c_cc[which];
}

static void
out(struct tty *t, int c)
{
	if (t->t_pty != NULL)
		tty_ptyputc(t->t_pty, c);
	else
		rumpuser_putchar(c);
}

void
tty_putc(struct tty *t, int c)
{
	tcflag_t of = t->t_ios.c_oflag;

	if (of & OPOST) {
		if (c == '\n' && (of & ONLCR))
			out(t, '\r');
		else if (c == '\r' && (of & OCRNL))
			c = '\n';
		else if (c == '\r' && (of & ONLRET))
			return;
	}
	out(t, c);
}

static void
echo(struct tty *t, int c)
{
	if (!lflag(t, ECHO) && !(c == '\n' && lflag(t, ECHONL) &&
	    lflag(t, ICANON)))
		return;
	if (lflag(t, ECHOCTL) && ISCTRL(c)) {
		tty_putc(t, '^');
		c ^= 0x40;
	}
	tty_putc(t, c);
}

static void
wakeup(struct tty *t)
{
	rump_cv_broadcast(&t->t_incv);
	rump_selnotify(&t->t_sel, 0x0001 | 0x0040);	/* POLLIN, RDNORM */
}

static void
rubout(struct tty *t, int c)
{
	int n = !ISCTRL(c) ? 1 : lflag(t, ECHOCTL) ? 2 : 0;

	if (!lflag(t, ECHO) || !lflag(t, ECHOE))
		return;
	if ((t->t_ios.c_iflag & IUTF8) && (c & 0xc0) == 0x80)
		return;			/* its first byte takes the column */
	while (n-- > 0) {
		out(t, '\b');
		out(t, ' ');
		out(t, '\b');
	}
}

/* The last character of the line goes; all bytes of it. */
static void
erase(struct tty *t)
{
	int c;

	do {
		if (t->t_head == t->t_ready)
			return;
		c = TQ(t, --t->t_head) & 0xff;
		rubout(t, c);
	} while ((t->t_ios.c_iflag & IUTF8) && (c & 0xc0) == 0x80);
}

/* Is the last character of the line one of a word? */
static int
wordends(struct tty *t)
{
	int c = TQ(t, t->t_head - 1) & 0xff;

	return (c >= '0' && c <= '9') || c == '_' || c >= 0x80 ||
	    ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static void
eraseword(struct tty *t)
{
	while (t->t_head != t->t_ready && !wordends(t))
		erase(t);
	while (t->t_head != t->t_ready && wordends(t))
		erase(t);
}

static void
eraseline(struct tty *t, int c)
{
	if (lflag(t, ECHOK) && !lflag(t, ECHOKE)) {
		t->t_head = t->t_ready;
		echo(t, c);
		if (lflag(t, ECHO))
			tty_putc(t, '\n');
		return;
	}
	while (t->t_head != t->t_ready)
		erase(t);
}

static void
reprint(struct tty *t, int c)
{
	uint32_t i;

	echo(t, c);
	tty_putc(t, '\n');
	for (i = t->t_ready; i != t->t_head; i++)
		echo(t, TQ(t, i) & 0xff);
}

/* One slot stays free for the end of a line. */
static int
put(struct tty *t, int c)
{
	uint32_t room = TTY_QUEUE - (t->t_head - t->t_tail);

	if (room <= (c & TQ_END ? 0 : 1))
		return 0;
	TQ(t, t->t_head++) = (uint16_t)c;
	return 1;
}

int
tty_inputfull(struct tty *t)
{
	/* an overlong line does not wait: its end has to come through */
	return t->t_ready != t->t_tail &&
	    t->t_head - t->t_tail >= TTY_QUEUE - 1;
}

void
tty_flushin(struct tty *t)
{
	t->t_tail = t->t_ready = t->t_head;
	rump_cv_broadcast(&t->t_roomcv);
}

void
tty_retype(struct tty *t)
{
	if (!lflag(t, ICANON))
		t->t_ready = t->t_head;
	wakeup(t);
}

static void
endline(struct tty *t, int c)
{
	put(t, c | TQ_END);
	t->t_ready = t->t_head;
	wakeup(t);
}

/* ICANON: 1 when the character was an editing one. */
static int
edit(struct tty *t, int c)
{
	if (is(t, c, VERASE))
		erase(t);
	else if (is(t, c, VKILL))
		eraseline(t, c);
	else if (lflag(t, IEXTEN) && is(t, c, VWERASE))
		eraseword(t);
	else if (lflag(t, IEXTEN) && lflag(t, ECHO) && is(t, c, VREPRINT))
		reprint(t, c);
	else if (is(t, c, VEOF))
		endline(t, TQ_NONE);
	else if (c == '\n' || is(t, c, VEOL) ||
	    (lflag(t, IEXTEN) && is(t, c, VEOL2))) {
		echo(t, c);
		endline(t, c);
	} else
		return 0;
	return 1;
}

static void
interrupt(struct tty *t, int c, int sig)
{
	if (!lflag(t, NOFLSH)) {
		tty_flushin(t);
		if (t->t_pty != NULL)
			tty_ptyflushout(t->t_pty);
	}
	echo(t, c);
	tty_signal(t, sig);
}

/* 1: it was for the terminal itself. */
static int
special(struct tty *t, int c)
{
	static const struct { int which, sig; } sigchar[] = {
		{ VINTR, TTY_SIGINT }, { VQUIT, TTY_SIGQUIT },
		{ VSUSP, TTY_SIGTSTP },
	};
	int i;

	if (lflag(t, IEXTEN) && lflag(t, ICANON) && is(t, c, VLNEXT)) {
		t->t_literal = 1;
		return 1;
	}
	if (t->t_ios.c_iflag & IXON) {
		if (is(t, c, VSTOP)) {
			t->t_stopped = 1;
			return 1;
		}
		if (is(t, c, VSTART) || (t->t_stopped &&
		    (t->t_ios.c_iflag & IXANY))) {
			t->t_stopped = 0;
			rump_cv_broadcast(&t->t_outcv);
			if (is(t, c, VSTART))
				return 1;
		}
	}
	if (lflag(t, ISIG))
		for (i = 0; i < 3; i++)
			if (is(t, c, sigchar[i].which)) {
				interrupt(t, c, sigchar[i].sig);
				return 1;
			}
	return 0;
}

void
tty_input(struct tty *t, int c)
{
	tcflag_t iflag = t->t_ios.c_iflag;

	if (iflag & ISTRIP)
		c &= 0x7f;
	if (t->t_literal)
		t->t_literal = 0;
	else {
		if (c == '\r' && (iflag & IGNCR))
			return;
		if (c == '\r' && (iflag & ICRNL))
			c = '\n';
		else if (c == '\n' && (iflag & INLCR))
			c = '\r';
		if (special(t, c))
			return;
		if (lflag(t, ICANON) && edit(t, c))
			return;
	}
	if (put(t, c))
		echo(t, c);
	if (!lflag(t, ICANON)) {
		t->t_ready = t->t_head;
		wakeup(t);
	}
}
