/* SPDX-License-Identifier: BSD-2-Clause */
/* Address space of programs: policy over rumpcomp_vm(). */
#ifndef KERN_MM_H
#define KERN_MM_H

#include <stddef.h>

struct proc;

/* A program stack: lowest byte; the page below is never mapped. */
int	rump_mm_stack(struct proc *, size_t len, char **);
/* A thread will run on the memory below sp. */
void	rump_mm_isstack(void *sp);
int	rump_mm_unmap(void *addr, size_t len);
void	rump_mm_exit(struct proc *);	/* all that the process mapped */

#endif /* KERN_MM_H */
