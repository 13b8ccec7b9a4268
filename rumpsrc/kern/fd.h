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

/* --- io.c, for reading and writing with flags --- */
#define IO_IOVMAX	1024
#define IO_IOVSTACK	8
struct rump_iovec;
struct uio;
/* Referenced, and may be read or written; off -1: at its own offset. */
int	rump_io_get(int fd, int64_t off, int write, struct file **);
/* n of the program's; uio_iov has room for IO_IOVSTACK, else is allocated. */
int	rump_io_iovec(struct uio *, const void *uiov, unsigned long n);
/* rump_file_move(); bytes that were moved, or a negative errno. */
long	rump_io_move(struct file *, struct uio *, int flags);

#endif /* KERN_FD_H */
