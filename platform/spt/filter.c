/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seccomp filter, the last thing before the kernel starts.  Any call that
 * is not listed kills the process.  What changes memory stays inside the
 * guest's, and nothing is ever writable and executable.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "spt.h"

#define PR_SET_SECCOMP		22
#define PR_SET_NO_NEW_PRIVS	38
#define MAXINSN			256

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

/* A call that what follows looks at; end() makes it skip that for others. */
static unsigned short
begin(int nr)
{
	load(DATA(nr));
	emit(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 0);
	return (unsigned short)(nprog - 1);
}

static void
end(unsigned short start)
{
	allow();
	prog[start].jf = (uint8_t)(nprog - start - 1);
}

/* [argument n, argument n + argument 1) lies in the guest. */
static void
inside(int n)
{
	uint32_t first = (uint32_t)((uintptr_t)spt_guest_start >> 16);
	uint32_t last = (uint32_t)((uintptr_t)spt_guest_end >> 16);

	load(ARG_HI(1));		/* 32 bits of units: no overflow */
	emit(BPF_JMP | BPF_JGT | BPF_K, 0x3fff, 0, 1);
	emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	load_units(n);
	kill_unless(BPF_JGE, first);
	emit(BPF_ST, 0, 0, 0);
	load_units(1);
	emit(BPF_LDX | BPF_W | BPF_MEM, 0, 0, 0);
	emit(BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0);
	emit(BPF_JMP | BPF_JGT | BPF_K, last, 0, 1);
	emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
}

/* Argument 2, a protection: not both write and execute. */
static void
write_or_execute(void)
{
	load(ARG_LO(2));
	emit(BPF_ALU | BPF_AND | BPF_K, 2 | 4, 0, 0);
	emit(BPF_JMP | BPF_JEQ | BPF_K, 2 | 4, 0, 1);
	emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
}

static void
equals(int n, uint32_t value)
{
	load(ARG_LO(n));
	kill_unless(BPF_JEQ, value);
}

/* The calls that change the guest's memory, and only that. */
static void
memory(void)
{
	unsigned short start = begin(__NR_mprotect);

	inside(0);
	write_or_execute();
	end(start);
	start = begin(__NR_madvise);
	inside(0);
	equals(2, SYS_MADV_DONTNEED);
	end(start);
	/* Nothing at all, or pages of the guest's once more. */
	start = begin(__NR_mmap);
	inside(0);
	write_or_execute();
	load(ARG_LO(3));
	emit(BPF_JMP | BPF_JEQ | BPF_K, SYS_MAP_PRIVATE | SYS_MAP_ANON |
	    SYS_MAP_NORESERVE | SYS_MAP_FIXED, 5, 0);
	kill_unless(BPF_JEQ, SYS_MAP_SHARED | SYS_MAP_FIXED);
	equals(4, (uint32_t)spt_pages_fd);
	end(start);
	start = begin(__NR_mremap);
	inside(0);
	inside(4);
	equals(3, SYS_MREMAP_FIXED | SYS_MREMAP_MAYMOVE);
	load(ARG_HI(2));
	emit(BPF_MISC | BPF_TAX, 0, 0, 0);
	load(ARG_HI(1));
	emit(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0);
	emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	load(ARG_LO(2));
	emit(BPF_MISC | BPF_TAX, 0, 0, 0);
	load(ARG_LO(1));
	emit(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0);
	emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	end(start);
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
	memory();
	emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	fprog.len = nprog;
	fprog.filter = prog;
	if (sys6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0) != 0 ||
	    sys6(__NR_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
	    (long)&fprog, 0, 0, 0) != 0)
		spt_die("the system call filter is not allowed here");
}
