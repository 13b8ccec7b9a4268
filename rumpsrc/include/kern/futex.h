/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERN_FUTEX_H
#define KERN_FUTEX_H

struct lwp;

int	rump_futex_wake(int *uaddr, int n);	/* number woken */
void	rump_futex_robust(struct lwp *);	/* marks what it still holds */

#endif /* KERN_FUTEX_H */
