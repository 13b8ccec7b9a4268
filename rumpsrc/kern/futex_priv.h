/* SPDX-License-Identifier: BSD-2-Clause */
/* Between futex.c, futexmore.c and futexpi.c. */
#ifndef KERN_FUTEX_PRIV_H
#define KERN_FUTEX_PRIV_H

#include <stddef.h>
#include <stdint.h>
#include <asm/errno.h>
#include <kern/lock.h>

/* On the waiter's stack; [b] the lock of the bucket fw_bucket. */
struct futex_waiter {
	struct futex_waiter *fw_next, **fw_prevp;	/* [b] */
	struct futex_bucket *fw_bucket;	/* [b] changed by requeue */
	uint32_t	*fw_addr;	/* [b] rump_futex_key()'s */
	uint32_t	 fw_bits;	/* constant; 0: pi_requeue()'s */
	uint32_t	 fw_tid;	/* constant; waits to own it (PI); 0 */
	uint32_t	*fw_pikey;	/* constant; waits to move there */
	int		 fw_woken;	/* [b] 1, or: */
#define FUTEX_OWNED	2		/* it was handed over */
	struct rump_cv	 fw_cv;
};

struct futex_bucket {
	struct rump_mutex fb_lock;
	struct futex_waiter *fb_head, **fb_tailp;	/* [fb_lock] */
};

struct futex_bucket *rump_futex_bucket(const uint32_t *key);
uint32_t *rump_futex_key(uint32_t *addr, int op);
/* Locks the bucket that a waiter is in. */
struct futex_bucket *rump_futex_lockwaiter(struct futex_waiter *);
long	rump_futex_pi(uint32_t *addr, int op, uint32_t val, const void *ts,
	    uint32_t *addr2, uint32_t val3);
void	rump_futex_lock2(struct futex_bucket *, struct futex_bucket *);
void	rump_futex_unlock2(struct futex_bucket *, struct futex_bucket *);
/* 0 or a negative errno */
static inline int
rump_futex_check(const uint32_t *addr)
{
	return addr == NULL ? -EFAULT : (uintptr_t)addr & 3 ? -EINVAL : 0;
}
/* Caller holds the bucket's lock. */
void	rump_futex_insert(struct futex_bucket *, struct futex_waiter *);
void	rump_futex_remove(struct futex_bucket *, struct futex_waiter *);
int	rump_futex_wake_locked(struct futex_bucket *, uint32_t *key,
	    uint32_t bits, int n);

#endif /* KERN_FUTEX_PRIV_H */
