/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a handler finds and what it leaves: registers of all kinds of the code
 * that it interrupted, stacks, nesting, jumps out of it, changed contexts.
 * Runs on Linux, too.
 */
#include <cpuid.h>
#include <errno.h>
#include <fenv.h>
#include <immintrin.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>
#include "sigtest.h"

static volatile int got, depth, deepest, stop;
static volatile uintptr_t handler_sp;
static sigjmp_buf jump;
static siginfo_t info;

/* As much as it can do to the registers. */
static void
spoil(int sig, siginfo_t *si, void *uc)
{
	volatile double d = 1.5;
	volatile long double l = 3;
	int i;

	(void)sig, (void)si, (void)uc;
	for (i = 0; i < 10; i++) {
		d = d * 1.1 + sqrt(d);
		l = l * 1.1L;
	}
	fesetround(FE_UPWARD);
	__asm__ __volatile__(
	    "pcmpeqd %%xmm0, %%xmm0; movdqa %%xmm0, %%xmm1;"
	    "movdqa %%xmm0, %%xmm2; movdqa %%xmm0, %%xmm3;"
	    "movdqa %%xmm0, %%xmm4; movdqa %%xmm0, %%xmm5;"
	    "movdqa %%xmm0, %%xmm6; movdqa %%xmm0, %%xmm7;"
	    "movdqa %%xmm0, %%xmm8; movdqa %%xmm0, %%xmm9;"
	    "movdqa %%xmm0, %%xmm10; movdqa %%xmm0, %%xmm15;"
	    "std; cld; stc" : : : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
	    "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm15", "cc");
	if (__builtin_cpu_supports("avx"))
		__asm__ __volatile__("vzeroall" : : : "xmm0", "xmm1", "xmm2",
		    "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
		    "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
	got++;
}

/*
 * A loop whose state is in every kind of register: if one of them changes
 * under it the sums differ.
 */
static int
integers(void)
{
	uint64_t a = 1, b = 2, c = 3, d = 5, e = 7, f = 11, g = 13, h = 17;
	uint64_t flags = 0;

	__asm__ __volatile__(
	    "movl $200000, %%ecx\n"
	    "1: leaq 1(%0), %0; leaq 1(%1), %1; leaq 1(%2), %2\n"
	    "leaq 1(%3), %3; leaq 1(%4), %4; leaq 1(%5), %5\n"
	    "leaq 1(%6), %6; leaq 1(%7), %7\n"
	    "stc; jnc 2f; leal -1(%%ecx), %%ecx\n"
	    "jrcxz 3f; jmp 1b\n"
	    "2: incq %8\n"
	    "3:\n" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f),
	    "+r"(g), "+r"(h), "+m"(flags) : : "rcx", "cc", "memory");
	return flags == 0 && a == 200001 && b == 200002 && c == 200003 &&
	    d == 200005 && e == 200007 && f == 200011 && g == 200013 &&
	    h == 200017;
}

static double
doubles(void)
{
	double x[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	int i, j;

	for (i = 0; i < 20000; i++)
		for (j = 0; j < 8; j++)
			x[j] = x[j] * 0.999 + j;
	return x[0] + x[1] + x[2] + x[3] + x[4] + x[5] + x[6] + x[7];
}

static long double
longdoubles(void)
{
	long double x = 1, y = 2;
	int i;

	for (i = 0; i < 20000; i++) {
		x = x * 0.999L + y;
		y = y * 0.5L + 1;
	}
	return x + y;
}

__attribute__((__target__("avx"))) static int
vectors(void)
{
	__m256d a = _mm256_set1_pd(1), b = _mm256_set1_pd(2);
	double out[4];
	int i;

	for (i = 0; i < 20000; i++) {
		a = _mm256_add_pd(a, b);
		__asm__ __volatile__("" : "+x"(a), "+x"(b));
	}
	_mm256_storeu_pd(out, a);
	return out[0] == 40001 && out[1] == 40001 && out[2] == 40001 &&
	    out[3] == 40001;
}

/* Interrupted every 500 us of time, at whatever instruction. */
static void
test_registers(void)
{
	struct itimerval it = { { 0, 500 }, { 0, 500 } }, off;
	double want = doubles();
	long double lwant = longdoubles();
	int round = fegetround();

	memset(&off, 0, sizeof(off));
	on(SIGALRM, spoil, 0);
	got = 0;
	CHECK_EQ(setitimer(ITIMER_REAL, &it, NULL), 0);
	while (got < 100) {
		CHECK(integers());
		CHECK(doubles() == want);
		CHECK(longdoubles() == lwant);
		if (__builtin_cpu_supports("avx"))
			CHECK(vectors());
		CHECK_EQ(fegetround(), round);
	}
	CHECK_EQ(setitimer(ITIMER_REAL, &off, NULL), 0);
}

/* The same with several threads that are preempted for each other. */
static void *
worker(void *arg)
{
	double want = *(double *)arg;
	int bad = 0;

	while (!stop) {
		bad += doubles() != want;
		bad += !integers();
		if (__builtin_cpu_supports("avx"))
			bad += !vectors();
	}
	return (void *)(long)bad;
}

static void
test_threads(void)
{
	double want = doubles();
	pthread_t t[4];
	void *bad;
	int i, j;

	on(SIGUSR1, spoil, SA_RESTART);
	stop = 0;
	for (i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, worker, &want), 0);
	for (j = 0; j < 50; j++) {
		for (i = 0; i < 4; i++)
			CHECK_EQ(pthread_kill(t[i], SIGUSR1), 0);
		usleep(1000);
	}
	stop = 1;
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], &bad);
		CHECK_EQ((long)bad, 0);
	}
}

/* A handler starts with default rounding, whatever the program has set. */
static volatile int handler_round;

static void
rounding(int sig, siginfo_t *si, void *uc)
{

	(void)sig, (void)si, (void)uc;
	handler_round = fegetround();
	fesetround(FE_TOWARDZERO);
}

static void
test_rounding(void)
{

	on(SIGUSR1, rounding, 0);
	fesetround(FE_DOWNWARD);
	raise(SIGUSR1);
	CHECK_EQ(handler_round, FE_TONEAREST);
	CHECK_EQ(fegetround(), FE_DOWNWARD);
	fesetround(FE_TONEAREST);
}

static void
nest(int sig, siginfo_t *si, void *uc)
{

	(void)si, (void)uc;
	if (++depth > deepest)
		deepest = depth;
	got++;
	if (got < 5)
		raise(sig);
	depth--;
}

static void
test_nesting(void)
{
	struct sigaction sa;

	on(SIGUSR1, nest, 0);
	got = depth = deepest = 0;
	raise(SIGUSR1);
	/* Blocked in its own handler: each runs after the one before. */
	CHECK_EQ(got, 5);
	CHECK_EQ(deepest, 1);
	on(SIGUSR1, nest, SA_NODEFER);
	got = depth = deepest = 0;
	raise(SIGUSR1);
	CHECK_EQ(deepest, 5);
	on(SIGUSR1, spoil, SA_RESETHAND);
	got = 0;
	raise(SIGUSR1);
	CHECK_EQ(got, 1);
	CHECK_EQ(sigaction(SIGUSR1, NULL, &sa), 0);
	CHECK(sa.sa_handler == SIG_DFL);
}

static void
where(int sig, siginfo_t *si, void *uc)
{
	ucontext_t *c = uc;
	stack_t now;
	int local;

	(void)sig, (void)si;
	handler_sp = (uintptr_t)&local;
	got = c->uc_stack.ss_flags;
	CHECK_EQ(sigaltstack(NULL, &now), 0);
	deepest = now.ss_flags;
	now.ss_flags = 0;
	if (now.ss_size == 0)
		now.ss_size = MINSIGSTKSZ;
	depth = sigaltstack(&now, NULL) == 0 ? 0 : errno;
}

static void
test_altstack(void)
{
	static char mem[65536];
	stack_t ss = { mem, 0, sizeof(mem) }, old;

	CHECK_EQ(sigaltstack(&ss, &old), 0);
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	on(SIGUSR1, where, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK(handler_sp - (uintptr_t)mem < sizeof(mem));
	CHECK_EQ(got, 0);
	CHECK_EQ(deepest, SS_ONSTACK);
	CHECK_EQ(depth, EPERM);
	on(SIGUSR1, where, 0);
	raise(SIGUSR1);
	CHECK(handler_sp - (uintptr_t)mem >= sizeof(mem));
	CHECK_EQ(depth, 0);
	ss.ss_size = 100;
	CHECK_EQ(sigaltstack(&ss, NULL), -1);
	CHECK_EQ(errno, ENOMEM);
	ss.ss_flags = 77;
	ss.ss_size = sizeof(mem);
	CHECK_EQ(sigaltstack(&ss, NULL), -1);
	CHECK_EQ(errno, EINVAL);
	ss.ss_flags = SS_DISABLE;
	CHECK_EQ(sigaltstack(&ss, NULL), 0);
	CHECK_EQ(sigaltstack(NULL, &old), 0);
	CHECK_EQ(old.ss_flags, SS_DISABLE);
}

static void
jumpout(int sig, siginfo_t *si, void *uc)
{

	(void)si, (void)uc;
	info = *si;
	siglongjmp(jump, sig);
}

/* Out of the handler a thousand times: nothing is used up, masks are whole. */
static void
test_jumps(void)
{
	sigset_t set;
	int i, sig;

	on(SIGUSR1, jumpout, 0);
	on(SIGSEGV, jumpout, 0);
	for (i = 0; i < 1000; i++) {
		sig = sigsetjmp(jump, 1);
		if (sig == 0) {
			if (i & 1)
				raise(SIGUSR1);
			else
				*(volatile char *)(uintptr_t)(16 + i) = 1;
		}
		CHECK_EQ(sig, i & 1 ? SIGUSR1 : SIGSEGV);
		if ((i & 1) == 0)
			CHECK_EQ((long)info.si_addr, 16 + i);
	}
	sigprocmask(SIG_BLOCK, NULL, &set);
	CHECK_EQ(sigismember(&set, SIGUSR1), 0);
	CHECK_EQ(sigismember(&set, SIGSEGV), 0);
	/* Without the mask the signal stays blocked. */
	if (sigsetjmp(jump, 0) == 0)
		raise(SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &set);
	CHECK_EQ(sigismember(&set, SIGUSR1), 1);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

/* The context that goes on is what the handler leaves in its argument. */
static void
skip(int sig, siginfo_t *si, void *uc)
{
	ucontext_t *c = uc;

	(void)sig, (void)si;
	got = (int)c->uc_mcontext.gregs[REG_TRAPNO];
	c->uc_mcontext.gregs[REG_RIP] += 3;	/* movl (%rax), %eax; nop */
	c->uc_mcontext.gregs[REG_RBX] = 4321;
	sigaddset(&c->uc_sigmask, SIGUSR2);
}

static void
test_context(void)
{
	sigset_t set;
	long r = 1;

	on(SIGSEGV, skip, 0);
	__asm__ __volatile__("movl $16, %%eax; movl $1, %%ebx\n"
	    "movl (%%rax), %%eax; nop; movq %%rbx, %0" : "=r"(r) : : "rax",
	    "rbx");
	CHECK_EQ(r, 4321);
	CHECK_EQ(got, 14);
	sigprocmask(SIG_BLOCK, NULL, &set);
	CHECK_EQ(sigismember(&set, SIGUSR2), 1);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

/* A handler that makes the page there and lets the access be made again. */
static char *lazy;

static void
populate(int sig, siginfo_t *si, void *uc)
{

	(void)sig, (void)uc;
	got++;
	if (mprotect((void *)((uintptr_t)si->si_addr & -4096UL), 4096,
	    PROT_READ | PROT_WRITE) != 0)
		_exit(3);
}

static void
test_populate(void)
{
	int i, sum = 0;

	on(SIGSEGV, populate, 0);
	lazy = mmap(NULL, 64 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);
	CHECK(lazy != MAP_FAILED);
	got = 0;
	for (i = 0; i < 64; i++)
		lazy[i * 4096 + i] = (char)i;
	for (i = 0; i < 64; i++)
		sum += lazy[i * 4096 + i];
	CHECK_EQ(sum, 63 * 32);
	CHECK_EQ(got, 64);
	munmap(lazy, 64 * 4096);
	signal(SIGSEGV, SIG_DFL);
}

static void
fpe(int sig, siginfo_t *si, void *uc)
{

	(void)uc;
	got = si->si_code;
	siglongjmp(jump, sig);
}

static int
interpreted(void)
{
	unsigned a, b, c, d;

	__cpuid(1, a, b, c, d);
	if ((c & 1U << 31) == 0)
		return 0;
	__cpuid(0x40000000, a, b, c, d);
	return b == 0x54474354;		/* "TCGT" */
}

static void
test_fpe(void)
{
	volatile double zero = 0, one = 1, r;
	volatile int izero = 0;

	on(SIGFPE, fpe, 0);
	got = 0;
	if (sigsetjmp(jump, 1) == 0)
		r = 5 / izero;
	CHECK_EQ(got, FPE_INTDIV);
	got = 0;
	if (sigsetjmp(jump, 1) == 0) {
		static const uint16_t cw = 0x37b;	/* division by zero */

		__asm__ __volatile__("fninit; fldcw %0; fld1; fldz;"
		    "fdivrp; fwait; fninit" : : "m"(cw) : "st");
	}
	CHECK_EQ(got, FPE_FLTDIV);
	__asm__ __volatile__("fninit");
	got = 0;
	on(SIGTRAP, fpe, 0);
	if (sigsetjmp(jump, 1) == 0)
		__asm__ __volatile__("int3");
	CHECK(got == SI_KERNEL || got == TRAP_BRKPT);
	if (interpreted()) {
		printf("skip: QEMU's interpreter has no SSE exceptions\n");
		return;
	}
	got = 0;
	if (sigsetjmp(jump, 1) == 0) {
		_mm_setcsr(_mm_getcsr() & ~0x200U);
		r = one / zero;
	}
	_mm_setcsr(0x1f80);
	CHECK_EQ(got, FPE_FLTDIV);
	got = 0;
	if (sigsetjmp(jump, 1) == 0) {
		_mm_setcsr(_mm_getcsr() & ~0x80U);
		r = zero / zero;
	}
	_mm_setcsr(0x1f80);
	CHECK_EQ(got, FPE_FLTINV);
	(void)r;
}

int
main(void)
{

	test_registers();
	test_threads();
	test_rounding();
	test_nesting();
	test_altstack();
	test_jumps();
	test_context();
	test_populate();
	test_fpe();
	return check_done();
}
