/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of tty: terminals, which are the console and the slaves of
 * pseudo terminals.  t_lock [t] guards all of one; rump_proc_lock, selinfo's
 * lock and what sending a signal needs are taken under it, and output happens
 * under it, so that echo and programs' writes do not mix.
 */
#ifndef TTY_PRIVATE_H
#define TTY_PRIVATE_H

#include <asm/termbits.h>
#include <asm/termios.h>
#include <stdint.h>

#include <kern/lock.h>
#include <kern/poll.h>
#include <kern/uio.h>

#define TTY_QUEUE	4096		/* entries, a power of two */

/* Signals of terminals, signal(7). */
#define TTY_SIGHUP	1
#define TTY_SIGINT	2
#define TTY_SIGQUIT	3
#define TTY_SIGCONT	18
#define TTY_SIGTSTP	20
#define TTY_SIGTTIN	21
#define TTY_SIGTTOU	22
#define TTY_SIGWINCH	28

/* An entry of the queue: a byte and what it means. */
#define TQ_END		0x100		/* a line ends with it */
#define TQ_NONE		0x200		/* end of file: no byte */

struct tty {
	struct rump_mutex t_lock;
	struct termios	t_ios;		/* [t] */
	struct winsize	t_win;		/* [t] */
	/* Both [t] for writing, [a]: */
	int		t_sid;		/* whose session's it is, or 0 */
	int		t_pgrp;		/* in the foreground; 0: not set */
	int		t_excl;		/* [t] TIOCEXCL */
	struct pty	*t_pty;		/* [I] NULL: the console */
	uint16_t	*t_queue;	/* [t] made at the first use */
	/* indices run freely; tail <= ready <= head <= tail + TTY_QUEUE */
	uint32_t	t_tail;		/* [t] next to read */
	uint32_t	t_ready;	/* [t] what readers may have */
	uint32_t	t_head;		/* [t] next to fill */
	int		t_literal;	/* [t] VLNEXT: the next one as it is */
	int		t_eof;		/* [t] no more input; pty: hung up */
	int		t_stopped;	/* [t] VSTOP, TCOOFF */
	int		t_started;	/* [t] the input thread runs */
	int		t_setup;	/* [t] t_ios has its defaults */
	struct rump_cv	t_incv;		/* [t] something to read */
	struct rump_cv	t_roomcv;	/* [t] room in the queue */
	struct rump_cv	t_outcv;	/* [t] no longer stopped */
	struct selinfo	t_sel;
};

#define TQ(t, i)	((t)->t_queue[(i) & (TTY_QUEUE - 1)])

struct lwp;
struct proc;
struct file;

/* pty.c; caller holds t_lock. */
void	tty_ptyputc(struct pty *, int c);	/* dropped: no room */
int	tty_ptyroom(struct pty *);		/* for a character, processed */
uint32_t tty_ptyoutcount(struct pty *);
void	tty_ptyflushout(struct pty *);
/* The n-th pseudo terminal's; NULL: there is none now.  May be gone soon. */
struct tty *tty_pty(unsigned n, int *dev);
#define PTY_MAX		256
/* /dev/pts/N of t as a file for the caller; O_* */
int	tty_ptyopen(struct tty *, int oflags, struct file **);

/* session.c */
extern struct tty tty_console;
/* Has it for its session's terminal what has none; caller holds t_lock. */
void	tty_adopt(struct tty *);
/* A session leader without a terminal opened it. */
void	tty_opened(struct tty *);
/* To the foreground, caller holds t_lock. */
void	tty_signal(struct tty *, int sig);
/* The terminal went away: SIGHUP to its session; caller holds t_lock. */
void	tty_hangup(struct tty *);
/* In the background: 0 or the error of the call; caller holds t_lock. */
int	tty_background(struct tty *, int sig);
/* TIOCSCTTY, TIOCNOTTY, TIOCGPGRP, TIOCSPGRP, TIOCGSID */
int	tty_session(struct tty *, unsigned long cmd, void *uarg);
/* The caller's; ENXIO. */
int	tty_controlling(struct tty **);

int	tty_read(struct tty *, struct uio *, int oflags);
int	tty_write(struct tty *, struct uio *, int oflags);
int	tty_poll(struct tty *, int events, struct selrec *);

/* All but tty_ioctl: caller holds t_lock. */
void	tty_setup(struct tty *);
void	tty_input(struct tty *, int c);		/* a byte from the host */
int	tty_inputfull(struct tty *);
void	tty_putc(struct tty *, int c);		/* with output processing */
void	tty_flushin(struct tty *);
void	tty_retype(struct tty *);		/* ICANON has changed */
int	tty_ioctl(struct tty *, unsigned long cmd, void *uarg);

#endif /* TTY_PRIVATE_H */
