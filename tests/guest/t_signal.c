/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals of a program with threads: handlers, masks, faults, overflow of a
 * stack.  Runs on Linux, too, and must give the same there.
 */
#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include "sigtest.h"

static volatile sig_atomic_t got;
static siginfo_t info;
static sigjmp_buf jump;
static volatile int zero;

static void
count(int sig, siginfo_t *si, void *uc)
{

	(void)sig, (void)uc;
	got++;
	info = *si;
}

static void
block(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK_EQ(pthread_sigmask(how, &set, NULL), 0);
}

static void
test_self(void)
{
	sigset_t set;

	on(SIGUSR1, count, 0);
	got = 0;
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(got, 1);
	CHECK_EQ(info.si_code, SI_TKILL);
	CHECK_EQ(info.si_pid, getpid());
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(got, 2);
	CHECK_EQ(info.si_code, SI_USER);
	block(SIG_BLOCK, SIGUSR1);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(got, 2);
	CHECK_EQ(sigpending(&set), 0);
	CHECK_EQ(sigismember(&set, SIGUSR1), 1);
	CHECK_EQ(sigismember(&set, SIGUSR2), 0);
	block(SIG_UNBLOCK, SIGUSR1);
	CHECK_EQ(got, 3);
	CHECK_EQ(sigpending(&set), 0);
	CHECK_EQ(sigismember(&set, SIGUSR1), 0);
	CHECK_EQ(kill(getpid(), 0), 0);
	CHECK_EQ(kill(getpid(), 65), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(kill(NO_PID, 0), -1);
	CHECK_EQ(errno, ESRCH);
}

static void
fault(int sig, siginfo_t *si, void *uc)
{

	(void)uc;
	info = *si;
	got = sig;
	siglongjmp(jump, 1);
}

static void
test_faults(void)
{
	char *page;

	on(SIGSEGV, fault, 0);
	on(SIGFPE, fault, 0);
	on(SIGILL, fault, 0);
	got = 0;
	if (sigsetjmp(jump, 1) == 0)
		*(volatile int *)(uintptr_t)(16 + zero) = 1;
	CHECK_EQ(got, SIGSEGV);
	CHECK_EQ((long)info.si_addr, 16);
	CHECK_EQ(info.si_code, SEGV_MAPERR);
	got = 0;
	if (sigsetjmp(jump, 1) == 0)
		got = 7 / zero;
	CHECK_EQ(got, SIGFPE);
	CHECK_EQ(info.si_code, FPE_INTDIV);
	got = 0;
	if (sigsetjmp(jump, 1) == 0)
		__asm__ __volatile__("ud2");
	CHECK_EQ(got, SIGILL);
	CHECK_EQ(info.si_code, ILL_ILLOPN);
	page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	got = 0;
	if (sigsetjmp(jump, 1) == 0)
		page[5] = 1;
	CHECK_EQ(got, SIGSEGV);
	CHECK_EQ((long)info.si_addr, (long)page + 5);
	CHECK_EQ(info.si_code, SEGV_ACCERR);
	CHECK_EQ(mprotect(page, 8192, PROT_NONE), 0);
	got = 0;
	if (sigsetjmp(jump, 1) == 0)
		got = page[6];
	CHECK_EQ(got, SIGSEGV);
	CHECK_EQ(info.si_code, SEGV_ACCERR);
	munmap(page, 8192);
	got = 0;
	if (sigsetjmp(jump, 1) == 0)
		got = page[6];
	CHECK_EQ(got, SIGSEGV);
	CHECK_EQ(info.si_code, SEGV_MAPERR);
	got = 0;
	if (sigsetjmp(jump, 1) == 0)
		((void (*)(void))(uintptr_t)zero)();
	CHECK_EQ(got, SIGSEGV);
	CHECK_EQ((long)info.si_addr, 0);
}

static volatile int stop, spins;

static void *
spin(void *arg)
{

	while (!stop)
		spins++;
	return arg;
}

static pthread_t handled_by;

static void
which(int sig, siginfo_t *si, void *uc)
{

	(void)uc, (void)si;
	handled_by = pthread_self();
	got = sig;
	stop = 1;
}

static void
test_thread(void)
{
	pthread_t t;

	on(SIGUSR2, which, 0);
	stop = 0;
	spins = 0;
	CHECK_EQ(pthread_create(&t, NULL, spin, NULL), 0);
	while (spins == 0)
		usleep(1000);
	CHECK_EQ(pthread_kill(t, SIGUSR2), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK(handled_by == t);
}

static int
deep(int n)
{
	volatile char buf[4096];

	buf[n & 4095] = (char)n;
	return n > 0 ? deep(n + 1) + buf[n & 4095] : 0;
}

static void *
overflow(void *arg)
{
	stack_t ss, old;

	ss.ss_sp = malloc(SIGSTKSZ);
	ss.ss_size = SIGSTKSZ;
	ss.ss_flags = 0;
	CHECK_EQ(sigaltstack(&ss, &old), 0);
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	on(SIGSEGV, fault, SA_ONSTACK);
	got = 0;
	if (sigsetjmp(jump, 1) == 0)
		got = deep(1);
	CHECK_EQ(got, SIGSEGV);
	CHECK_EQ(sigaltstack(NULL, &old), 0);
	CHECK(old.ss_sp == ss.ss_sp);
	CHECK_EQ(old.ss_flags, 0);
	return arg;
}

static void
test_stack(void)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, overflow, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
}

int
main(void)
{

	test_self();
	test_faults();
	test_thread();
	test_stack();
	return check_done();
}
