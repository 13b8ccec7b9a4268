/* SPDX-License-Identifier: BSD-2-Clause */
/* Between fd.c and the calls on descriptors. */
#ifndef KERN_FD_H
#define KERN_FD_H

#include <kern/fdtable.h>

/* Without fo_close: for a file that never got out. */
void	rump_file_free(struct file *);
/* set -1: only look. */
int	rump_fd_cloexec(int fd, int set, int *old);
int	rump_fd_last(void);		/* highest descriptor there may be */

#endif /* KERN_FD_H */
