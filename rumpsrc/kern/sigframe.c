/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signal frames: from low to high the address of the restorer, ucontext,
 * siginfo, and the extended state, 64-byte aligned, with the marks by which
 * programs know that it is more than FXSAVE's.  What comes back is the
 * program's: nothing of it is trusted to be what the CPU takes.
 */
#include <asm/errno.h>
#include <asm/sigcontext.h>
#include <string.h>
#include "sig_priv.h"
#include "sigframe.h"

#define REDZONE		128
#define FLAGS_USER	0x250dd5UL	/* ID AC RF OF DF TF SF ZF AF PF CF */
#define FLAGS_ON	0x202UL
#define FLAGS_HANDLER	(~0x10500UL)	/* without RF, DF, TF */
#define X_SW		464		/* struct _fpx_sw_bytes */
#define X_HEADER	512
#define X_MXCSR		24
#define MXCSR_MASK	0xffffU

struct sigframe_uc {		/* struct ucontext of Linux */
	unsigned long	 uc_flags;
	void		*uc_link;
	void		*ss_sp;
	int		 ss_flags, ss_pad;
	size_t		 ss_size;
	struct sigcontext uc_mc;
	uint64_t	 uc_mask;
};
#define UC_FLAGS	7	/* XSTATE, SIGCONTEXT_SS, STRICT_RESTORE_SS */

struct sigframe {
	void		(*sf_restore)(void);
	struct sigframe_uc sf_uc;
	struct rump_siginfo sf_info;
};
_Static_assert(sizeof(struct sigcontext) == 256 &&
    __builtin_offsetof(struct sigframe_uc, uc_mask) == 296, "Linux's layout");
_Static_assert(sizeof(struct rump_siginfo) == 128, "siginfo_t");

static void
frame_regs(struct sigcontext *mc, const struct rumpcomp_regs *r, uint64_t addr)
{

	mc->r8 = r->r8, mc->r9 = r->r9, mc->r10 = r->r10, mc->r11 = r->r11;
	mc->r12 = r->r12, mc->r13 = r->r13, mc->r14 = r->r14;
	mc->r15 = r->r15, mc->rdi = r->rdi, mc->rsi = r->rsi;
	mc->rbp = r->rbp, mc->rbx = r->rbx, mc->rdx = r->rdx;
	mc->rax = r->rax, mc->rcx = r->rcx, mc->rsp = r->rsp;
	mc->rip = r->rip, mc->eflags = r->rflags;
	mc->cs = (uint16_t)r->cs, mc->ss = (uint16_t)r->ss;
	mc->err = r->error;
	mc->trapno = r->vector;
	mc->cr2 = addr;
}

/* The extended state a handler starts with: all of it as after a reset. */
static void
frame_xinit(uint8_t *x)
{
	static const uint16_t fcw = 0x37f;
	static const uint32_t mxcsr = 0x1f80;

	memset(x, 0, X_HEADER + (rumpcomp_sig_xfeatures() ? 64 : 0));
	memcpy(x, &fcw, sizeof(fcw));
	memcpy(x + X_MXCSR, &mxcsr, sizeof(mxcsr));
}

static void
frame_xsave(uint8_t *to, const void *x, size_t size)
{
	struct _fpx_sw_bytes sw;
	uint32_t magic2 = FP_XSTATE_MAGIC2;

	memcpy(to, x, size);
	memset(&sw, 0, sizeof(sw));
	if (rumpcomp_sig_xfeatures() != 0) {
		sw.magic1 = FP_XSTATE_MAGIC1;
		sw.extended_size = (uint32_t)size + FP_XSTATE_MAGIC2_SIZE;
		sw.xfeatures = rumpcomp_sig_xfeatures();
		sw.xstate_size = (uint32_t)size;
		memcpy(to + size, &magic2, sizeof(magic2));
	}
	memcpy(to + X_SW, &sw, sizeof(sw));
}

/* Whether all of it is there the marks tell; else only FXSAVE's part. */
static void
frame_xload(uint8_t *x, const uint8_t *from)
{
	size_t size = rumpcomp_sig_xsize();
	uint64_t features = rumpcomp_sig_xfeatures(), have;
	struct _fpx_sw_bytes sw;
	uint32_t mxcsr;

	if (from == NULL) {
		frame_xinit(x);
		return;
	}
	memcpy(&sw, from + X_SW, sizeof(sw));
	if (features != 0 && sw.magic1 == FP_XSTATE_MAGIC1 &&
	    sw.xstate_size == size) {
		memcpy(x, from, size);
		memcpy(&have, x + X_HEADER, sizeof(have));
	} else {
		memcpy(x, from, X_HEADER);
		have = 3;
	}
	if (features != 0) {
		have &= features;
		memset(x + X_HEADER, 0, 64);
		memcpy(x + X_HEADER, &have, sizeof(have));
	}
	memcpy(&mxcsr, x + X_MXCSR, sizeof(mxcsr));
	mxcsr &= MXCSR_MASK;
	memcpy(x + X_MXCSR, &mxcsr, sizeof(mxcsr));
}

static int
frame_onstack(const struct rump_siglwp *ls, uint64_t sp)
{

	return sp - (uint64_t)ls->ls_stack - 1 < ls->ls_stacksize;
}

/* The lowest address of the frame, or 0: it does not fit. */
static uint64_t
frame_place(const struct rump_siglwp *ls, uint64_t sp, unsigned long flags,
    size_t xsize, uint64_t *xp)
{
	int onstack = rump_sig_onstack(ls, sp);

	sp -= REDZONE;
	if ((flags & SA_ONSTACK) && ls->ls_stacksize != 0 && !onstack) {
		sp = (uint64_t)ls->ls_stack + ls->ls_stacksize;
		onstack = 1;
	}
	*xp = (sp - xsize - FP_XSTATE_MAGIC2_SIZE) & ~63UL;
	sp = ((*xp - sizeof(struct sigframe)) & ~15UL) - 8;
	return onstack && !frame_onstack(ls, sp) ? 0 : sp;
}

int
rump_sigframe_push(struct rump_siglwp *ls, struct rumpcomp_regs *r, void *x,
    uint64_t addr, uint64_t old, const struct rump_siginfo *info,
    const struct rump_sigact *act)
{
	size_t xsize = rumpcomp_sig_xsize();
	uint64_t sp, xp;
	struct sigframe *sf;

	sp = frame_place(ls, r->rsp, act->sa_fl, xsize, &xp);
	if (sp == 0 || !rumpcomp_sig_writable((void *)sp, xp + xsize +
	    FP_XSTATE_MAGIC2_SIZE - sp))
		return EFAULT;
	sf = (struct sigframe *)sp;
	memset(sf, 0, sizeof(*sf));
	frame_xsave((uint8_t *)xp, x, xsize);
	sf->sf_restore = act->sa_restore;
	sf->sf_uc.uc_flags = UC_FLAGS;
	sf->sf_uc.ss_sp = ls->ls_stack;
	sf->sf_uc.ss_size = ls->ls_stacksize;
	sf->sf_uc.ss_flags = ls->ls_stackflags;
	frame_regs(&sf->sf_uc.uc_mc, r, addr);
	sf->sf_uc.uc_mc.fpstate = (void *)xp;
	sf->sf_uc.uc_mask = old;
	sf->sf_info = *info;
	if ((unsigned)ls->ls_stackflags & SS_AUTODISARM) {
		ls->ls_stack = NULL;
		ls->ls_stacksize = 0;
		ls->ls_stackflags = SS_DISABLE;
	}
	frame_xinit(x);
	r->rdi = (uint64_t)info->rs_signo;
	r->rsi = (uint64_t)&sf->sf_info;
	r->rdx = (uint64_t)&sf->sf_uc;
	r->rax = 0;
	r->rip = (uint64_t)act->sa_fn;
	r->rsp = sp;
	r->rflags &= FLAGS_HANDLER;
	return 0;
}

uint64_t
rump_sigframe_pop(struct rump_siglwp *ls, struct rumpcomp_regs *r, void *x,
    const void *ucp)
{
	const struct sigframe_uc *uc = ucp;
	const struct sigcontext *mc = &uc->uc_mc;

	r->r8 = mc->r8, r->r9 = mc->r9, r->r10 = mc->r10, r->r11 = mc->r11;
	r->r12 = mc->r12, r->r13 = mc->r13, r->r14 = mc->r14;
	r->r15 = mc->r15, r->rdi = mc->rdi, r->rsi = mc->rsi;
	r->rbp = mc->rbp, r->rbx = mc->rbx, r->rdx = mc->rdx;
	r->rax = mc->rax, r->rcx = mc->rcx, r->rsp = mc->rsp;
	r->rip = mc->rip;
	r->rflags = (mc->eflags & FLAGS_USER) | FLAGS_ON;
	r->vector = r->error = 0;
	frame_xload(x, (const uint8_t *)mc->fpstate);
	/* Not when it is the one that the handler ran on, as in sigaltstack. */
	(void)rump_sig_setstack(ls, (uintptr_t)ucp, uc->ss_sp, uc->ss_size,
	    uc->ss_flags);
	return uc->uc_mask;
}
