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
#define RUMPCOMP_VM_ASK		8	/* the pager populates, see below */

void rumpcomp_vm_arena(void **startp, size_t *lenp);

/* Accessible with prot from now on, zero-filled at first touch. */
int rumpcomp_vm_map(void *va, size_t len, int prot);
/* Not accessible any more; memory goes back. */
int rumpcomp_vm_unmap(void *va, size_t len);
/* Contents stay.  prot 0: reserved, contents stay. */
int rumpcomp_vm_protect(void *va, size_t len, int prot);
/* Contents are dropped: zero-filled again at the next touch. */
int rumpcomp_vm_discard(void *va, size_t len);
/*
 * One byte a page: 1 when it is populated; where move() may say EOPNOTSUPP, 3
 * when by share().
 */
void rumpcomp_vm_resident(void *va, size_t len, unsigned char *vec);
/*
 * [from, from + len) is populated as before at `to`, which is mapped with the
 * same protection and untouched; from is as before its first touch.
 * ENOMEM: nothing was changed; EOPNOTSUPP: the caller copies.
 */
int rumpcomp_vm_move(void *from, void *to, size_t len);

/*
 * Pages of files.  In a range that is mapped with RUMPCOMP_VM_ASK (kept by
 * protect, which has to be called with it) an access to a page that is not
 * there, or a write to one that was shared without write, calls the pager: in
 * the fault's context, possibly with interrupts off, from program or kernel
 * code.  It may take mutexes that nobody holds while he touches a program's
 * memory, calls share or copy for that page, and returns 0: the access is
 * tried again.  Else the reason why it cannot be, for the report.
 */
extern const char *(*rumpcomp_vm_pager)(void *va, int write);
extern const char rumpcomp_vm_beyond[];	/* reason: nothing in the file there */

/*
 * A page of the kernel's (rump_page_alloc) is seen at va, which is mapped with
 * prot; writable at once only with write.  It must not be freed before the
 * range was unmapped, discarded or moved away from there.
 */
int rumpcomp_vm_share(void *va, void *page, int prot, int write);
/* A page of its own at va, with the contents of page. */
int rumpcomp_vm_copy(void *va, const void *page, int prot);
/*
 * Pages of programs for packets that point at them.  The page at va, as the
 * kernel sees it (on hw, a device too): it keeps its contents and stays until
 * it is unpinned as often as it was pinned, whatever happens to the range
 * meanwhile.  prot is the range's now, 0: va is not in the arena.  ENOMEM;
 * EOPNOTSUPP: the caller copies.  unpin may be called with any mutex held.
 *
 * posix: the memory is the host program's, whose business it is to keep it.
 */
int rumpcomp_vm_pin(void *va, int prot, void **pagep);
void rumpcomp_vm_unpin(void *page);
/* Bytes of memory of the machine, and of it free now. */
void rumpcomp_vm_stat(size_t *totalp, size_t *freep);
/* Bytes that pages of the arena can take at most: all but the kernel's. */
size_t rumpcomp_vm_limit(void);

#endif /* RUMP_RUMPCOMP_VM_H */
