/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals, the platform's half: rumpcomp_sig.h.  All roads lead to
 * user_sig_main() on the host thread's own stack: a gate's return address
 * that was replaced, or a trap frame that was, with the program's registers
 * kept in a struct user_sig at the top of that stack.  Its code is kernel
 * text, so nothing preempts it.
 */
#include <rump/rumpcomp_sig.h>

#include "user.h"

#define US_SIZE		3072		/* sig_enter.S has it, too */
#define US_XMAX		2816
#define XFEATURES	0xe7UL		/* x87, SSE, AVX, AVX-512 */
#define XHEADER		512		/* of an XSAVE area: 64 bytes */
#define MAXFRAMES	16		/* from the hook up to the gate */

struct user_sig {
	struct bmk_regs	us_regs;
	uint64_t	us_pad[2];
	uint8_t		us_x[US_XMAX];	/* 64-byte aligned */
	uint64_t	us_ret;		/* of the gate's caller */
	uint64_t	us_arg;
	enum rumpcomp_sigwhy us_why;
	uint32_t	us_pad2;
	const char	*us_cause;	/* of a fault */
	uint64_t	us_pad3[4];
};
_Static_assert(sizeof(struct user_sig) == US_SIZE, "sig_enter.S");
_Static_assert(__builtin_offsetof(struct user_sig, us_x) % 64 == 0, "XSAVE");
_Static_assert(__builtin_offsetof(struct user_sig, us_ret) == 3008,
    "sig_enter.S");
_Static_assert(__builtin_offsetof(struct bmk_thread, bt_stack) == 48 &&
    __builtin_offsetof(struct bmk_thread, bt_stacksize) == 56,
    "sig_enter.S");
_Static_assert(sizeof(struct rumpcomp_regs) == sizeof(struct bmk_regs) &&
    __builtin_offsetof(struct rumpcomp_regs, rip) ==
    __builtin_offsetof(struct bmk_regs, rip), "rumpcomp_sig.h");

extern const char __text_start[], __text_end[];
extern const char __rumprun_text_start[], __rumprun_text_end[];

void user_sig_gate(void);
void user_sig_async(void);
void user_sig_main(struct user_sig *) __attribute__((__noreturn__));
void user_sig_resume(const struct bmk_regs *) __attribute__((__noreturn__));

/* All [I] after rumpcomp_sig_init(). */
static const struct rumpcomp_sigops *sig_ops;
static uint64_t sig_xfeatures;
static uint32_t sig_xsize = 512;

static struct user_sig *
user_sig_of(const struct bmk_thread *t)
{
	return (struct user_sig *)((char *)t->bt_stack + t->bt_stacksize) - 1;
}

static int
is_program(uint64_t rip)
{
	return rip - (uint64_t)__rumprun_text_start <
	    (uint64_t)(__rumprun_text_end - __rumprun_text_start);
}

static int
is_kernel(uint64_t rip)
{
	return rip - (uint64_t)__text_start <
	    (uint64_t)(__text_end - __text_start) && !is_program(rip);
}

/*
 * From the platform, interrupts off: program code was preempted and is about
 * to go on, or made a fault.  True: r leads to us now.
 */
static int
sig_hook(struct bmk_regs *r, const char *fault, uint64_t addr)
{
	struct bmk_thread *t = bmk_curthread();
	struct user_sig *us;

	if (t->bt_lwp == NULL || is_kernel(r->rip))
		return 0;
	if (fault ? !sig_ops->so_fault(t->bt_lwp, (const void *)r) :
	    !sig_ops->so_wanted(t->bt_lwp))
		return 0;
	us = user_sig_of(t);
	us->us_regs = *r;
	us->us_arg = addr;
	us->us_cause = fault;
	us->us_why = fault ? RUMPCOMP_SIG_FAULT : RUMPCOMP_SIG_PREEMPT;
	r->rip = (uint64_t)user_sig_async;
	r->rsp = (uint64_t)us;
	r->rflags = BMK_IRQ_ON | 2;
	return 1;
}

static void
cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
	__asm__ __volatile__("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]),
	    "=d"(r[3]) : "0"(leaf), "2"(sub));
}

/* What of the extended state is kept, and how large it is. */
static void
xstate_init(void)
{
	uint32_t r[4], lo, hi, i, size = XHEADER + 64;
	uint64_t f;

	cpuid(1, 0, r);
	if ((r[2] & 1U << 27) == 0)		/* OSXSAVE */
		return;
	__asm__ __volatile__("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	for (f = lo & XFEATURES;; f &= 7) {
		for (i = 2, size = XHEADER + 64; i < 8; i++) {
			if ((f >> i & 1) == 0)
				continue;
			cpuid(13, i, r);
			if (r[0] + r[1] > size)
				size = r[0] + r[1];
		}
		if (size <= US_XMAX || f <= 7)
			break;
	}
	bmk_assert(size <= US_XMAX);
	sig_xfeatures = f;
	sig_xsize = (size + 63) & ~63U;
}

void
rumpcomp_sig_init(const struct rumpcomp_sigops *ops)
{
	xstate_init();
	sig_ops = ops;
	bmk_program_hook = sig_hook;
}

size_t
rumpcomp_sig_xsize(void)
{
	return sig_xsize;
}

uint64_t
rumpcomp_sig_xfeatures(void)
{
	return sig_xfeatures;
}

void
user_sig_main(struct user_sig *us)
{
	enum rumpcomp_sigwhy why = us->us_why;

	/* Gates say nothing, the others say it each time. */
	us->us_why = RUMPCOMP_SIG_GATE;
	if (why != RUMPCOMP_SIG_FRAME && sig_xfeatures == 0)
		__asm__ __volatile__("fxsave64 (%0)" : : "r"(us->us_x) :
		    "memory");
	else if (why != RUMPCOMP_SIG_FRAME) {
		memset(us->us_x + XHEADER, 0, 64);
		__asm__ __volatile__("xsave64 (%0)" : : "r"(us->us_x),
		    "a"((uint32_t)sig_xfeatures), "d"(0) : "memory");
	}
	sig_ops->so_deliver((struct rumpcomp_regs *)&us->us_regs, us->us_x,
	    why, us->us_arg);
	if (sig_xfeatures == 0)
		__asm__ __volatile__("fxrstor64 (%0)" : : "r"(us->us_x) :
		    "memory");
	else
		__asm__ __volatile__("xrstor64 (%0)" : : "r"(us->us_x),
		    "a"((uint32_t)sig_xfeatures), "d"(0) : "memory");
	user_sig_resume(&us->us_regs);
}

/*
 * Kernel code keeps frame pointers: the first return address in program code
 * is the gate's.
 */
int
rumpcomp_sig_atreturn(void)
{
	uint64_t *fp = __builtin_frame_address(0);
	struct user_sig *us = user_sig_of(bmk_curthread());
	int i;

	for (i = 0; i < MAXFRAMES; i++) {
		if (fp[1] == (uint64_t)user_sig_gate)
			return 1;
		if (is_program(fp[1])) {
			us->us_why = RUMPCOMP_SIG_GATE;
			us->us_ret = fp[1];
			fp[1] = (uint64_t)user_sig_gate;
			return 1;
		}
		if (!is_kernel(fp[1]) || fp[0] <= (uint64_t)fp)
			break;
		fp = (uint64_t *)fp[0];
	}
	return 0;
}

static void
sig_frame(void)
{
	user_sig_main(user_sig_of(bmk_curthread()));
}

void
rumpcomp_sig_frame(void *arg)
{
	struct user_sig *us = user_sig_of(bmk_curthread());
	uint16_t cs, ss;

	__asm__("movw %%cs, %0; movw %%ss, %1" : "=rm"(cs), "=rm"(ss));
	us->us_regs.cs = cs;
	us->us_regs.ss = ss;
	us->us_why = RUMPCOMP_SIG_FRAME;
	us->us_arg = (uint64_t)arg;
	bmk_cpu_onstack(sig_frame, us);
}

int
rumpcomp_sig_writable(void *p, size_t len)
{
	return bmk_user_probe(p, len) == 0;
}

const char *
rumpcomp_sig_cause(void)
{
	return user_sig_of(bmk_curthread())->us_cause;
}

void
rumpcomp_sig_note(const char *cause, const struct rumpcomp_regs *r,
    uint64_t addr)
{
	struct bmk_regs copy = *(const struct bmk_regs *)r;

	if (cause == NULL) {
		cause = "abort";
		copy.vector = BMK_VECTOR_ABORT;
	}
	bmk_fault_note(cause, &copy, addr);
}

void
rumpcomp_sig_report(const char *cause, const struct rumpcomp_regs *r,
    uint64_t addr)
{
	bmk_fault(cause, (const struct bmk_regs *)r, addr);
}

void
rumpcomp_sig_abort(const struct rumpcomp_regs *r)
{
	struct bmk_regs copy = *(const struct bmk_regs *)r;

	copy.vector = BMK_VECTOR_ABORT;
	bmk_fault("abort", &copy, 0);
}
