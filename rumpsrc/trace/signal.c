/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals that handlers get or that end a process: the functions of the base
 * that do it are called through these (ld --wrap, see the Makefile).
 */
#include <kern/exec.h>
#include <kern/sig.h>
#include "../kern/sigframe.h"
#include "trace.h"

#define SIGILL	4
#define SIGBUS	7
#define SIGFPE	8
#define SIGSEGV	11
#define SIGCHLD	17

int	__real_rump_sigframe_push(struct rump_siglwp *, struct rumpcomp_regs *,
	    void *, uint64_t, uint64_t, const struct rump_siginfo *,
	    const struct rump_sigact *);
int	__wrap_rump_sigframe_push(struct rump_siglwp *, struct rumpcomp_regs *,
	    void *, uint64_t, uint64_t, const struct rump_siginfo *,
	    const struct rump_sigact *);
void	__real_rump_exit_group(int) __attribute__((__noreturn__));
void	__wrap_rump_exit_group(int) __attribute__((__noreturn__));

static const char *
code_name(int sig, int code)
{
	static const char *const segv[] = { "SEGV_MAPERR", "SEGV_ACCERR" };
	static const char *const chld[] = { "CLD_EXITED", "CLD_KILLED",
	    "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED" };
	static const char *const fpe[] = { "FPE_INTDIV", "FPE_INTOVF",
	    "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES",
	    "FPE_FLTINV" };

	switch (code) {
	case 0: return "SI_USER";
	case 0x80: return "SI_KERNEL";
	case -1: return "SI_QUEUE";
	case -2: return "SI_TIMER";
	case -3: return "SI_MESGQ";
	case -6: return "SI_TKILL";
	}
	if (sig == SIGSEGV && code >= 1 && code <= 2)
		return segv[code - 1];
	if (sig == SIGCHLD && code >= 1 && code <= 6)
		return chld[code - 1];
	if (sig == SIGFPE && code >= 1 && code <= 7)
		return fpe[code - 1];
	return NULL;
}

static void
info_head(const struct rump_siginfo *info)
{
	const char *code = code_name(info->rs_signo, info->rs_code);

	trace_text("{si_signo=");
	trace_signame((unsigned)info->rs_signo);
	if (code != NULL)
		trace_fmt(", si_code=%s", code);
	else
		trace_fmt(", si_code=%d", info->rs_code);
}

/* What it says beside signal and code depends on both. */
static void
info(const struct rump_siginfo *si)
{
	int sig = si->rs_signo;

	info_head(si);
	if (si->rs_code > 0 && (sig == SIGSEGV || sig == SIGBUS ||
	    sig == SIGFPE || sig == SIGILL) && si->rs_code != 0x80) {
		trace_text(", si_addr=");
		trace_ptr(si->u.fault.addr);
	} else if (sig == SIGCHLD && si->rs_code > 0)
		trace_fmt(", si_pid=%d, si_uid=%u, si_status=%d, si_utime=%ld, "
		    "si_stime=%ld", si->u.chld.pid, si->u.chld.uid,
		    si->u.chld.status, (long)si->u.chld.utime,
		    (long)si->u.chld.stime);
	else if (si->rs_code == -2)
		trace_fmt(", si_timerid=%d, si_overrun=%d", si->u.timer.id,
		    si->u.timer.overrun);
	else if (si->rs_code <= 0) {
		trace_fmt(", si_pid=%d, si_uid=%u", si->u.kill.pid,
		    si->u.kill.uid);
		if (si->rs_code == -1)
			trace_fmt(", si_value={sival_int=%d, sival_ptr=0x%lx}",
			    (int)si->u.kill.value, si->u.kill.value);
	}
	trace_char('}');
}

void
trace_uinfo(unsigned long addr)
{
	struct rump_siginfo si;

	if (addr == 0 || !trace_fetch(&si, addr, sizeof(si)))
		trace_ptr(addr);
	else if (si.rs_signo == 0)
		trace_text("{}");
	else
		info(&si);
}

void
trace_siginfo(const struct rump_siginfo *si)
{

	trace_text("--- ");
	trace_signame((unsigned)si->rs_signo);
	trace_char(' ');
	info(si);
	trace_text(" ---\n");
}

int
__wrap_rump_sigframe_push(struct rump_siglwp *ls, struct rumpcomp_regs *r,
    void *x, uint64_t addr, uint64_t old, const struct rump_siginfo *si,
    const struct rump_sigact *act)
{

	trace_signal(si);
	return __real_rump_sigframe_push(ls, r, x, addr, old, si, act);
}

/* wstatus as wait(2) has it. */
void
__wrap_rump_exit_group(int wstatus)
{

	if ((wstatus & 0x7f) != 0)
		trace_killed(wstatus & 0x7f, wstatus & 0x80);
	__real_rump_exit_group(wstatus);
}
