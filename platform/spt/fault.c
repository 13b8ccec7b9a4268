/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults are signals on a stack of their own: a report with all registers,
 * and the thread's name when it ran into its guard page.  A fault of
 * spt_probe() is an answer.
 */
#include <rump/rumpcomp_vm.h>

#include "spt.h"

#define ALTSTACK	65536UL

/* struct ucontext: flags, link, stack (5 words), then the registers. */
enum {
	UC_R8 = 5, UC_R9, UC_R10, UC_R11, UC_R12, UC_R13, UC_R14, UC_R15,
	UC_RDI, UC_RSI, UC_RBP, UC_RBX, UC_RDX, UC_RAX, UC_RCX, UC_RSP,
	UC_RIP, UC_RFLAGS, UC_CSGSFS, UC_ERR, UC_TRAPNO, UC_OLDMASK, UC_CR2
};

static const char *
cause(int sig, const struct bmk_regs *r, uint64_t addr)
{
	uint64_t error = r->error;

	switch (sig) {
	case SPT_SIGILL:
		return "invalid instruction";
	case SPT_SIGTRAP:
		return "breakpoint";
	case SPT_SIGFPE:
		return r->vector == 0 ? "division error" :
		    "floating point error";
	case SPT_SIGBUS:
		return "bus error";
	}
	if (r->vector != BMK_VECTOR_PF)
		return "general protection fault";
	if (addr < BMK_PAGE_SIZE)
		return error & BMK_PF_EXEC ? "jump to a NULL pointer" :
		    error & BMK_PF_WRITE ? "NULL pointer, page fault (write)" :
		    "NULL pointer, page fault (read)";
	if (bmk_stack_overflow(r, addr))
		return "stack overflow (guard page)";
	if (error & BMK_PF_PRESENT)
		return error & BMK_PF_EXEC ? "execution of data" :
		    "write to read-only memory";
	return error & BMK_PF_EXEC ? "page fault (execute)" :
	    error & BMK_PF_WRITE ? "page fault (write)" : "page fault (read)";
}

/* The thread whose guard page that is, or NULL. */
static struct bmk_thread *
guard_of(uint64_t addr)
{
	struct bmk_thread *t;

	for (t = bmk_threads; t != NULL; t = t->bt_link)
		if (addr < (uint64_t)t->bt_stack &&
		    addr >= (uint64_t)t->bt_stack - BMK_PAGE_SIZE)
			return t;
	return NULL;
}

void
spt_getregs(const void *ucontext, struct bmk_regs *r)
{
	const uint64_t *uc = ucontext;

	r->r8 = uc[UC_R8], r->r9 = uc[UC_R9];
	r->r10 = uc[UC_R10], r->r11 = uc[UC_R11];
	r->r12 = uc[UC_R12], r->r13 = uc[UC_R13];
	r->r14 = uc[UC_R14], r->r15 = uc[UC_R15];
	r->rdi = uc[UC_RDI], r->rsi = uc[UC_RSI];
	r->rbp = uc[UC_RBP], r->rbx = uc[UC_RBX];
	r->rdx = uc[UC_RDX], r->rax = uc[UC_RAX];
	r->rcx = uc[UC_RCX], r->rsp = uc[UC_RSP];
	r->rip = uc[UC_RIP], r->rflags = uc[UC_RFLAGS];
	r->vector = uc[UC_TRAPNO], r->error = uc[UC_ERR];
	r->cs = uc[UC_CSGSFS] & 0xffff, r->ss = uc[UC_CSGSFS] >> 48;
}

int
spt_program(void *ucontext, struct bmk_regs *r, const char *fault,
    uint64_t addr)
{
	uint64_t *uc = ucontext;

	if (bmk_program_hook == NULL || !bmk_program_hook(r, fault, addr))
		return 0;
	uc[UC_RIP] = r->rip;
	uc[UC_RSP] = r->rsp;
	uc[UC_RFLAGS] = r->rflags;
	return 1;
}

static void
on_fault(int sig, void *info, void *ucontext)
{
	uint64_t *uc = ucontext;
	struct bmk_thread *t;
	struct bmk_regs r;
	const char *why;
	uint64_t addr;
	char text[80];

	(void)info;
	if (uc[UC_RIP] == (uint64_t)spt_probe_load) {
		uc[UC_RIP] = (uint64_t)spt_probe_failed;
		return;
	}
	spt_getregs(uc, &r);
	addr = r.vector == BMK_VECTOR_PF ? uc[UC_CR2] : r.rip;
	why = cause(sig, &r, addr);
	if (sig == SPT_SIGSEGV && r.vector == BMK_VECTOR_PF &&
	    rumpcomp_vm_pager != NULL && (why = spt_vm_fault((char *)addr,
	    (r.error & BMK_PF_WRITE) != 0, why)) == NULL)
		return;
	if (bmk_user_fault(&uc[UC_RIP]) || spt_program(uc, &r, why, addr))
		return;
	t = sig == SPT_SIGSEGV ? guard_of(addr) : NULL;
	if (t != NULL)
		(void)snprintf(text, sizeof(text), "stack overflow of thread "
		    "%s", t->bt_name);
	bmk_fault(t != NULL ? text : why, &r, addr);
}

void
spt_fault_init(void)
{
	static const int sigs[] = { SPT_SIGILL, SPT_SIGTRAP, SPT_SIGBUS,
	    SPT_SIGFPE, SPT_SIGSEGV };
	struct { void *ss_sp; int ss_flags; size_t ss_size; } ss;
	unsigned i;

	ss.ss_sp = bmk_platform_stack_alloc(ALTSTACK);
	ss.ss_flags = 0;
	ss.ss_size = ALTSTACK;
	if (ss.ss_sp == NULL || sys3(__NR_sigaltstack, (long)&ss, 0, 0) != 0)
		spt_die("no signal stack");
	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		spt_signal(sigs[i], on_fault, SPT_ONSTACK | SPT_NODEFER);
}
