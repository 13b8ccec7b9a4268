/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERN_FUTEX_H
#define KERN_FUTEX_H

#include <stdint.h>

int	rump_futex_wake(int *uaddr, int n);	/* number woken */
/* The image has threads: all operations shall be there. */
void	rump_futex_threads(void);
/* What syscall(n, ...) calls, who knows with which operation. */
long	rump_futex_any(uint32_t *, int, uint32_t, const void *, uint32_t *,
	    uint32_t);
/* The robust futexes of an lwp that leaves its program; NULL: it has none. */
struct lwp;
extern void (*rump_futex_robust_hook)(struct lwp *);
/*
 * The word in the kernel's page when it is in a shared mapping, which others
 * may see at another address; NULL: there are none.  gate: the call, without
 * a virtual CPU; who sets it calls rump_futex_call().
 */
extern uint32_t *(*rump_futex_keyhook)(uint32_t *addr);
extern long (*rump_futex_gate)(uint32_t *, int, uint32_t, const void *,
	    uint32_t *, uint32_t);
long	rump_futex_call(uint32_t *, int, uint32_t, const void *, uint32_t *,
	    uint32_t);
/* The fourth is a number or, for what waits, a time. */
extern long (*rump_futex_more)(uint32_t *, int, uint32_t, const void *,
	    uint32_t *, uint32_t);

#endif /* KERN_FUTEX_H */
