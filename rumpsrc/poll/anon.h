/* SPDX-License-Identifier: BSD-2-Clause */
/* What fdinfo tells of each kind of file. */
#ifndef POLL_ANON_H
#define POLL_ANON_H

struct file;
struct text;

void	rump_eventfd_info(struct file *, struct text *);
unsigned long rump_signalfd_set(struct file *);
int	rump_pidfd_pid(struct file *);	/* -1: it has ended */

#endif /* POLL_ANON_H */
