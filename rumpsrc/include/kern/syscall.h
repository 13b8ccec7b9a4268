/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing a system call:
 *
 *	RUMP_SYSCALL2(dup2, int, fd, int, newfd)
 *	{
 *		return 0 or a positive result, or a negative errno;
 *	}
 *
 * makes the gate rump_sysimpl_dup2() (prototype: syscalls.list), which takes
 * a virtual CPU, runs the body and gives the CPU back.  In the body gatelwp is
 * the calling lwp, cheaper than curlwp.  A call that needs no virtual CPU
 * defines its gate by hand.
 */
#ifndef KERN_SYSCALL_H
#define KERN_SYSCALL_H

#include <stddef.h>
#include <stdint.h>
#include <rump/rump_syscalls_gates.h>
#include <kern/proc.h>

#define RUMP_GATE(name, params, inner, args)				\
	static inline __attribute__((__always_inline__)) long		\
	sys_##name inner;						\
	long								\
	rump_sysimpl_##name params					\
	{								\
		struct lwp *gatelwp = rump_gate_enter();		\
		long r;							\
									\
		r = sys_##name args;					\
		rump_gate_exit(gatelwp);				\
		return r;						\
	}								\
	static inline long						\
	sys_##name inner

#define RUMP_L	struct lwp *gatelwp __attribute__((__unused__))
#define RUMP_SYSCALL0(n) RUMP_GATE(n, (void), (RUMP_L), (gatelwp))
#define RUMP_SYSCALL1(n, ta, a) \
	RUMP_GATE(n, (ta a), (RUMP_L, ta a), (gatelwp, a))
#define RUMP_SYSCALL2(n, ta, a, tb, b) \
	RUMP_GATE(n, (ta a, tb b), (RUMP_L, ta a, tb b), (gatelwp, a, b))
#define RUMP_SYSCALL3(n, ta, a, tb, b, tc, c) \
	RUMP_GATE(n, (ta a, tb b, tc c), (RUMP_L, ta a, tb b, tc c), \
	    (gatelwp, a, b, c))
#define RUMP_SYSCALL4(n, ta, a, tb, b, tc, c, td, d) \
	RUMP_GATE(n, (ta a, tb b, tc c, td d), \
	    (RUMP_L, ta a, tb b, tc c, td d), (gatelwp, a, b, c, d))
#define RUMP_SYSCALL5(n, ta, a, tb, b, tc, c, td, d, te, e) \
	RUMP_GATE(n, (ta a, tb b, tc c, td d, te e), \
	    (RUMP_L, ta a, tb b, tc c, td d, te e), (gatelwp, a, b, c, d, e))
#define RUMP_SYSCALL6(n, ta, a, tb, b, tc, c, td, d, te, e, tf, f) \
	RUMP_GATE(n, (ta a, tb b, tc c, td d, te e, tf f), \
	    (RUMP_L, ta a, tb b, tc c, td d, te e, tf f), \
	    (gatelwp, a, b, c, d, e, f))

#endif /* KERN_SYSCALL_H */
