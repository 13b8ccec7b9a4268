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

/*
 * Calls that a signal may interrupt: RUMP_RESTARTn is made again when the
 * handler has SA_RESTART, RUMP_NOHANDn only when no handler ran.  -EINTR from
 * the body means that nothing was done.
 */
#define RUMP_GATE_INTR(name, again, params, inner, args, v)		\
	static inline __attribute__((__always_inline__)) long		\
	sys_##name inner;						\
	long								\
	rump_sysimpl_##name params					\
	{								\
		struct lwp *gatelwp = rump_gate_enter();		\
		const long call[] = v;					\
									\
		return rump_gate_exit_intr(gatelwp, sys_##name args,	\
		    call, again + (int)sizeof(call));			\
	}								\
	static inline long						\
	sys_##name inner

#define RUMP_V(n, ...)	{ (long)rump_sysimpl_##n, __VA_ARGS__ }
#define RUMP_INTR0(g, n) RUMP_GATE_INTR(n, g, (void), (RUMP_L), (gatelwp), \
	    { (long)rump_sysimpl_##n })
#define RUMP_INTR1(g, n, ta, a) \
	RUMP_GATE_INTR(n, g, (ta a), (RUMP_L, ta a), (gatelwp, a), \
	    RUMP_V(n, (long)a))
#define RUMP_INTR2(g, n, ta, a, tb, b) \
	RUMP_GATE_INTR(n, g, (ta a, tb b), (RUMP_L, ta a, tb b), \
	    (gatelwp, a, b), RUMP_V(n, (long)a, (long)b))
#define RUMP_INTR3(g, n, ta, a, tb, b, tc, c) \
	RUMP_GATE_INTR(n, g, (ta a, tb b, tc c), (RUMP_L, ta a, tb b, tc c), \
	    (gatelwp, a, b, c), RUMP_V(n, (long)a, (long)b, (long)c))
#define RUMP_INTR4(g, n, ta, a, tb, b, tc, c, td, d) \
	RUMP_GATE_INTR(n, g, (ta a, tb b, tc c, td d), \
	    (RUMP_L, ta a, tb b, tc c, td d), (gatelwp, a, b, c, d), \
	    RUMP_V(n, (long)a, (long)b, (long)c, (long)d))
#define RUMP_INTR5(g, n, ta, a, tb, b, tc, c, td, d, te, e) \
	RUMP_GATE_INTR(n, g, (ta a, tb b, tc c, td d, te e), \
	    (RUMP_L, ta a, tb b, tc c, td d, te e), (gatelwp, a, b, c, d, e), \
	    RUMP_V(n, (long)a, (long)b, (long)c, (long)d, (long)e))
#define RUMP_INTR6(g, n, ta, a, tb, b, tc, c, td, d, te, e, tf, f) \
	RUMP_GATE_INTR(n, g, (ta a, tb b, tc c, td d, te e, tf f), \
	    (RUMP_L, ta a, tb b, tc c, td d, te e, tf f), \
	    (gatelwp, a, b, c, d, e, f), RUMP_V(n, (long)a, (long)b, \
	    (long)c, (long)d, (long)e, (long)f))
#define RUMP_RESTART1(...) RUMP_INTR1(RUMP_AGAIN_SYS, __VA_ARGS__)
#define RUMP_RESTART2(...) RUMP_INTR2(RUMP_AGAIN_SYS, __VA_ARGS__)
#define RUMP_RESTART3(...) RUMP_INTR3(RUMP_AGAIN_SYS, __VA_ARGS__)
#define RUMP_RESTART4(...) RUMP_INTR4(RUMP_AGAIN_SYS, __VA_ARGS__)
#define RUMP_RESTART5(...) RUMP_INTR5(RUMP_AGAIN_SYS, __VA_ARGS__)
#define RUMP_RESTART6(...) RUMP_INTR6(RUMP_AGAIN_SYS, __VA_ARGS__)
#define RUMP_NOHAND0(...) RUMP_INTR0(RUMP_AGAIN_NOHAND, __VA_ARGS__)
#define RUMP_NOHAND2(...) RUMP_INTR2(RUMP_AGAIN_NOHAND, __VA_ARGS__)
#define RUMP_NOHAND3(...) RUMP_INTR3(RUMP_AGAIN_NOHAND, __VA_ARGS__)
#define RUMP_NOHAND4(...) RUMP_INTR4(RUMP_AGAIN_NOHAND, __VA_ARGS__)
#define RUMP_NOHAND5(...) RUMP_INTR5(RUMP_AGAIN_NOHAND, __VA_ARGS__)
#define RUMP_NOHAND6(...) RUMP_INTR6(RUMP_AGAIN_NOHAND, __VA_ARGS__)

#endif /* KERN_SYSCALL_H */
