/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of tty.  One terminal, the console.  t_lock [t] guards
 * all of it; nothing but selinfo's lock is taken under it, and console output
 * happens under it, so that echo and programs' writes do not mix.
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

/* An entry of the queue: a byte and what it means. */
#define TQ_END		0x100		/* a line ends with it */
#define TQ_NONE		0x200		/* end of file: no byte */

struct tty {
	struct rump_mutex t_lock;
	struct termios	t_ios;		/* [t] */
	struct winsize	t_win;		/* [t] */
	int		t_pgrp;		/* [t] 0: not set */
	uint16_t	*t_queue;	/* [t] made at the first use */
	/* indices run freely; tail <= ready <= head <= tail + TTY_QUEUE */
	uint32_t	t_tail;		/* [t] next to read */
	uint32_t	t_ready;	/* [t] what readers may have */
	uint32_t	t_head;		/* [t] next to fill */
	int		t_literal;	/* [t] VLNEXT: the next one as it is */
	int		t_eof;		/* [t] the host has no more input */
	int		t_stopped;	/* [t] VSTOP, TCOOFF */
	int		t_started;	/* [t] the input thread runs */
	int		t_setup;	/* [t] t_ios has its defaults */
	struct rump_cv	t_incv;		/* [t] something to read */
	struct rump_cv	t_roomcv;	/* [t] room in the queue */
	struct rump_cv	t_outcv;	/* [t] no longer stopped */
	struct selinfo	t_sel;
};

#define TQ(t, i)	((t)->t_queue[(i) & (TTY_QUEUE - 1)])

/* All but tty_ioctl: caller holds t_lock. */
void	tty_setup(struct tty *);
void	tty_input(struct tty *, int c);		/* a byte from the host */
int	tty_inputfull(struct tty *);
void	tty_putc(struct tty *, int c);		/* with output processing */
void	tty_flushin(struct tty *);
void	tty_retype(struct tty *);		/* ICANON has changed */
int	tty_ioctl(struct tty *, unsigned long cmd, void *uarg);

#endif /* TTY_PRIVATE_H */
