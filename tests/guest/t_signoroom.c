/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A handler whose stack cannot hold its frame: that is SIGSEGV, whose handler
 * runs if it has another stack; the first one's mask was never in force.  Runs
 * on Linux, too.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "sigtest.h"

static sigjmp_buf jump;
static volatile int noted, code, blocked;
static void *volatile addr;

static void
note(int sig, siginfo_t *si, void *uc)
{

	(void)sig, (void)si, (void)uc;
	noted++;
}

static void
segv(int sig, siginfo_t *si, void *uc)
{
	ucontext_t *c = uc;

	code = si->si_code;
	addr = si->si_addr;
	blocked = sigismember(&c->uc_sigmask, SIGUSR1);
	siglongjmp(jump, sig);
}

static void
raised(int sig, int wantsig, int wantnoted)
{
	int got;

	noted = 0;
	code = blocked = -1;
	got = sigsetjmp(jump, 1);
	if (got == 0)
		raise(sig);
	CHECK_EQ(got, wantsig);
	CHECK_EQ(noted, wantnoted);
}

int
main(void)
{
	size_t size = 65536;
	char *mem = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);
	stack_t ss = { mem, 0, size }, off = { NULL, SS_DISABLE, 0 };
	struct sigaction sa;
	sigset_t set;

	CHECK(mem != MAP_FAILED);
	CHECK_EQ(sigaltstack(&ss, NULL), 0);
	on(SIGUSR1, note, SA_ONSTACK);
	on(SIGUSR2, note, 0);
	on(SIGSEGV, segv, 0);
	raised(SIGUSR2, 0, 1);
	raised(SIGUSR1, SIGSEGV, 0);
	CHECK_EQ(code, SI_KERNEL);
	CHECK(addr == NULL);
	CHECK_EQ(blocked, 0);
	/* What it was is over, and its mask has come back. */
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &set), 0);
	CHECK(!sigismember(&set, SIGUSR1) && !sigismember(&set, SIGSEGV));
	CHECK_EQ(sigpending(&set), 0);
	CHECK(!sigismember(&set, SIGUSR1));
	/* SA_RESETHAND is carried out all the same. */
	on(SIGUSR1, note, SA_ONSTACK | SA_RESETHAND);
	raised(SIGUSR1, SIGSEGV, 0);
	CHECK_EQ(sigaction(SIGUSR1, NULL, &sa), 0);
	CHECK(sa.sa_handler == SIG_DFL);
	/* With room again. */
	CHECK_EQ(mprotect(mem, size, PROT_READ | PROT_WRITE), 0);
	on(SIGUSR1, note, SA_ONSTACK);
	raised(SIGUSR1, 0, 1);
	CHECK_EQ(sigaltstack(&off, NULL), 0);
	return 0;
}
