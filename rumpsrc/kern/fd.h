/* SPDX-License-Identifier: BSD-2-Clause */
/* Between fd.c and the calls on descriptors. */
#ifndef KERN_FD_H
#define KERN_FD_H

#include <stdint.h>
#include <kern/lock.h>

struct file;

#define FD_FIRST	16	/* entries of a new table */

struct fdent {
	struct file	*fe_file;
	int		 fe_cloexec;
};

struct fdtable {
	struct rump_mutex fdt_lock;
	uint32_t	 fdt_ref;	/* [a] */
	int		 fdt_n;		/* [fdt_lock] entries */
	int		 fdt_low;	/* [fdt_lock] none free below */
	struct fdent	*fdt_ents;	/* [fdt_lock] */
	struct fdent	 fdt_first[FD_FIRST];
};

/* Without fo_close: for a file that never got out. */
void	rump_file_free(struct file *);
/* set -1: only look. */
int	rump_fd_cloexec(int fd, int set, int *old);
int	rump_fd_last(void);		/* highest descriptor there may be */

#endif /* KERN_FD_H */
