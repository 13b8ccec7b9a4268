/* SPDX-License-Identifier: BSD-2-Clause */
/* Signal frames on the program's stack, as Linux lays them out on x86-64. */
#ifndef KERN_SIGFRAME_H
#define KERN_SIGFRAME_H

#include <rump/rumpcomp_sig.h>
#include <kern/sig.h>

/*
 * Saves r, x and the mask `old` on the stack that act asks for, and changes r
 * and x so that the handler runs.  addr: CR2 of a fault.  EFAULT: that stack
 * cannot be written, nothing was changed.
 */
int	rump_sigframe_push(struct rump_siglwp *, struct rumpcomp_regs *r,
	    void *x, uint64_t addr, uint64_t old, const struct rump_siginfo *,
	    const struct rump_sigact *act);
/* The other way; returns the mask.  Of r, cs and ss are kept. */
uint64_t rump_sigframe_pop(struct rump_siglwp *, struct rumpcomp_regs *r,
	    void *x, const void *uc);

#endif /* KERN_SIGFRAME_H */
