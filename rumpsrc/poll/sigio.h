/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between sigio.c and sigiocalls.c.  Lock order: sigio_lock, the object's own
 * lock, si_lock, sg_lock, p_lock.
 */
#ifndef POLL_SIGIO_H
#define POLL_SIGIO_H

#include <kern/clock.h>
#include <kern/poll.h>
#include <kern/proc.h>
#include "epoll.h"

struct sigowner {		/* struct f_owner_ex, and who set it */
	int		 ow_type;	/* F_OWNER_* */
	int		 ow_pid;	/* 0: there is none */
	struct proc	*ow_proc;	/* referenced; NULL: a group */
	uint32_t	 ow_ruid, ow_euid;
};

struct sigio {
	struct epitem	 sg_item;	/* in f_epoll; ei_ep is NULL */
	struct selrec	 sg_rec;	/* [sigio_lock] */
	struct file	*sg_file;	/* [I] not referenced */
	struct rump_callout sg_callout;	/* a group's, when others are busy */
	int		 sg_async;	/* [sigio_lock] FASYNC was asked for */
	int		 sg_hint;	/* [sigio_lock] F_SET_RW_HINT */
	struct rump_mutex sg_lock;
	struct sigowner	 sg_owner;	/* [sg_lock] */
	int		 sg_sig, sg_fd;	/* [sg_lock] */
	int		 sg_late;	/* [sg_lock] sg_callout's signal */
	struct rump_siginfo sg_lateinfo;	/* [sg_lock] */
};

/* sr_notify: the object's lock and si_lock are held. */
void	rump_sigio_notify(struct selrec *, int events);
void	rump_sigio_late(void *);	/* sg_callout's */

#endif /* POLL_SIGIO_H */
