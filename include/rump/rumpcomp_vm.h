/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls under mmap: page-table primitives; the policy (which range
 * belongs to whom) is the vm code's in rumpsrc/kern.  hw, spt, xen.
 *
 * One arena of virtual addresses is reserved at boot, nothing in it is
 * accessible.  va and len are page multiples inside the arena.  Pages are
 * populated with zeroes by the platform at the first access, so mapping much
 * costs little.  All return 0 or ENOMEM; none blocks.  The caller serialises
 * calls on overlapping ranges.
 */
#ifndef RUMP_RUMPCOMP_VM_H
#define RUMP_RUMPCOMP_VM_H

#include <stddef.h>

#define RUMPCOMP_VM_READ	1
#define RUMPCOMP_VM_WRITE	2
#define RUMPCOMP_VM_EXEC	4	/* never together with WRITE */

void rumpcomp_vm_arena(void **startp, size_t *lenp);

/* Accessible with prot from now on, zero-filled at first touch. */
int rumpcomp_vm_map(void *va, size_t len, int prot);
/* Not accessible any more; memory goes back. */
int rumpcomp_vm_unmap(void *va, size_t len);
/* Contents stay.  prot 0: reserved, contents stay. */
int rumpcomp_vm_protect(void *va, size_t len, int prot);
/* Contents are dropped: zero-filled again at the next touch. */
int rumpcomp_vm_discard(void *va, size_t len);
/* One byte a page: 1 when it is populated. */
void rumpcomp_vm_resident(void *va, size_t len, unsigned char *vec);
/* Bytes of memory of the machine, and of it free now. */
void rumpcomp_vm_stat(size_t *totalp, size_t *freep);
/* Bytes that pages of the arena can take at most: all but the kernel's. */
size_t rumpcomp_vm_limit(void);

#endif /* RUMP_RUMPCOMP_VM_H */
