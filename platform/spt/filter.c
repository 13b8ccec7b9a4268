/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seccomp filter, the last thing before the kernel starts.  Any call that
 * is not listed kills the process.  mprotect and madvise stay inside the
 * guest's memory, and nothing is ever writable and executable.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "spt.h"

#define PR_SET_SECCOMP		22
#define PR_SET_NO_NEW_PRIVS	38
#define MAXINSN			128

#define DATA(f)		((uint32_t)__builtin_offsetof(struct seccomp_data, f))
#define ARG_LO(n)	(DATA(args) + 8 * (n))
#define ARG_HI(n)	(ARG_LO(n) + 4)

static struct sock_filter prog[MAXINSN];	/* gone with start */
static unsigned short nprog;

static void
emit(unsigned code, uint32_t k, int jt, int jf)
{
	if (nprog == MAXINSN)
		spt_die("filter too long");
	prog[nprog++] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt,
	    (uint8_t)jf, k };
}

static void
load(uint32_t off)
{
	emit(BPF_LD | BPF_W | BPF_ABS, off, 0, 0);
}

static void
allow(void)
{
	emit(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

static void
kill_unless(unsigned op, uint32_t k)
{
	emit(BPF_JMP | op | BPF_K, k, 1, 0);
	emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
}

/* A call with any arguments; the number is in A. */
static void
plain(int nr)
{
	emit(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1);
	allow();
}

/* A = argument n / 64 KiB, which has 31 bits for any address. */
static void
load_units(int n)
{
	load(ARG_HI(n));
	emit(BPF_ALU | BPF_LSH | BPF_K, 16, 0, 0);
	emit(BPF_MISC | BPF_TAX, 0, 0, 0);
	load(ARG_LO(n));
	emit(BPF_ALU | BPF_RSH | BPF_K, 16, 0, 0);
	emit(BPF_ALU | BPF_OR | BPF_X, 0, 0, 0);
}

/*
 * mprotect or madvise: [arg 0, arg 0 + arg 1) in the guest; then the third
 * argument: below limit, or equal to it.
 */
static void
inside(int nr, unsigned op, uint32_t limit)
{
	uint32_t first = (uint32_t)((uintptr_t)spt_guest_start >> 16);
	uint32_t end = (uint32_t)((uintptr_t)spt_guest_end >> 16);
	unsigned short skip = nprog;

	emit(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 0);
	load(ARG_HI(1));		/* 32 bits of units: no overflow */
	emit(BPF_JMP | BPF_JGT | BPF_K, 0x3fff, 0, 1);
	emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	load_units(0);
	kill_unless(BPF_JGE, first);
	emit(BPF_ST, 0, 0, 0);
	load_units(1);
	emit(BPF_LDX | BPF_W | BPF_MEM, 0, 0, 0);
	emit(BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0);
	emit(BPF_JMP | BPF_JGT | BPF_K, end, 0, 1);
	emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	load(ARG_LO(2));
	if (op == BPF_JEQ)
		kill_unless(BPF_JEQ, limit);
	else {
		/* Not both write and execute. */
		emit(BPF_ALU | BPF_AND | BPF_K, limit, 0, 0);
		emit(BPF_JMP | BPF_JEQ | BPF_K, limit, 0, 1);
		emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	}
	allow();
	prog[skip].jf = (uint8_t)(nprog - skip - 1);
}

void
spt_filter(void)
{
	static const uint16_t calls[] = {
		__NR_writev, __NR_readv, __NR_ppoll, __NR_clock_gettime,
		__NR_timer_settime, __NR_rt_sigreturn,
		__NR_pread64, __NR_pwrite64, __NR_fdatasync,
		__NR_exit_group,
	};
	struct sock_fprog fprog;
	unsigned i;

	load(DATA(arch));
	kill_unless(BPF_JEQ, AUDIT_ARCH_X86_64);
	load(DATA(nr));
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		plain(calls[i]);
	if (!spt_fsgsbase)
		plain(__NR_arch_prctl);
	inside(__NR_mprotect, BPF_JSET, 2 | 4);
	load(DATA(nr));
	inside(__NR_madvise, BPF_JEQ, SYS_MADV_DONTNEED);
	emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	fprog.len = nprog;
	fprog.filter = prog;
	if (sys6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0) != 0 ||
	    sys6(__NR_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
	    (long)&fprog, 0, 0, 0) != 0)
		spt_die("the system call filter is not allowed here");
}
