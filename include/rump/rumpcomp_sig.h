/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls for signals: stopping program code between two instructions, or
 * at the end of a system call, and going on elsewhere.  hw, spt.
 */
#ifndef RUMP_RUMPCOMP_SIG_H
#define RUMP_RUMPCOMP_SIG_H

#include <stddef.h>
#include <stdint.h>

struct lwp;

/* Of program code; the order is that of the platforms' trap frames. */
struct rumpcomp_regs {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* Why program code was stopped. */
enum rumpcomp_sigwhy {
	RUMPCOMP_SIG_GATE,	/* a gate returns: rip behind the call */
	RUMPCOMP_SIG_PREEMPT,	/* between two instructions */
	RUMPCOMP_SIG_FAULT,	/* vector, error; arg: the address (CR2) */
	RUMPCOMP_SIG_FRAME,	/* rumpcomp_sig_frame(arg) */
};

struct rumpcomp_sigops {
	/*
	 * The calling thread's program code is stopped at *r; x is its
	 * extended state in XSAVE's standard format (FXSAVE's without XSAVE),
	 * rumpcomp_sig_xsize() bytes.  It goes on with what is in both when
	 * this returns.  No virtual CPU is held, the stack is the host
	 * thread's own, the program's is not touched.  It may block, or not
	 * return.  With RUMPCOMP_SIG_FRAME *r and x hold nothing yet.
	 */
	void	(*so_deliver)(struct rumpcomp_regs *r, void *x,
		    enum rumpcomp_sigwhy, uintptr_t arg);
	/*
	 * Asked with interrupts off, and taking no lock: shall so_deliver be
	 * called for the program code of this lwp, which was preempted?
	 */
	int	(*so_wanted)(struct lwp *);
	/* The same for program code that made a fault; false: a report. */
	int	(*so_fault)(struct lwp *, const struct rumpcomp_regs *);
};

/* Once, before any of the others. */
void rumpcomp_sig_init(const struct rumpcomp_sigops *);
/*
 * Called inside a gate, on the program's stack: the gate's return leads to
 * so_deliver(RUMPCOMP_SIG_GATE).  False when no program code called.
 */
int rumpcomp_sig_atreturn(void);
/* Leaves the stack for good: so_deliver(RUMPCOMP_SIG_FRAME, arg). */
void rumpcomp_sig_frame(void *arg) __attribute__((__noreturn__));
/* Bytes of extended state, a multiple of 64; what the CPU has of it. */
size_t rumpcomp_sig_xsize(void);
uint64_t rumpcomp_sig_xfeatures(void);	/* XCR0's bits; 0: FXSAVE */
/* True when all bytes can be written. */
int rumpcomp_sig_writable(void *, size_t);
/* In so_deliver(RUMPCOMP_SIG_FAULT): what the fault is, as a report says it. */
const char *rumpcomp_sig_cause(void);
/* A report of what ends a process only, with rip and rsp; NULL: abort(). */
void rumpcomp_sig_note(const char *cause, const struct rumpcomp_regs *,
    uint64_t addr);
/* The report of a fault that nobody handles; ends the machine. */
void rumpcomp_sig_report(const char *cause, const struct rumpcomp_regs *,
    uint64_t addr) __attribute__((__noreturn__));
/* The same for a program that aborts (status 134). */
void rumpcomp_sig_abort(const struct rumpcomp_regs *)
    __attribute__((__noreturn__));

#endif /* RUMP_RUMPCOMP_SIG_H */
