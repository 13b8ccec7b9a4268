/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a handler learns of a fault: signal, code and address; files that end
 * before their mapping does.  Runs on Linux, too.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../check.h"

#define PG 4096

static sigjmp_buf out;
static volatile sig_atomic_t got;
static siginfo_t last;

static void
handler(int sig, siginfo_t *si, void *uc)
{

	(void)uc;
	got = sig;
	last = *si;
	siglongjmp(out, 1);
}

static void
on(int sig)
{
	struct sigaction sa = { .sa_sigaction = handler,
	    .sa_flags = SA_SIGINFO };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

/* Reads or writes a byte; the signal that came of it. */
static int
touch(volatile char *p, int write)
{

	got = 0;
	memset(&last, 0, sizeof(last));
	if (sigsetjmp(out, 1) == 0) {
		if (write)
			*p = 'w';
		else
			(void)*p;
	}
	return got;
}

static void
expect(int line, volatile char *p, int write, int sig, int code)
{

	if (touch(p, write) == sig && (sig == 0 || (last.si_code == code &&
	    last.si_addr == (void *)p && last.si_signo == sig)))
		return;
	check_failures++;
	printf("line %d: signal %d code %d at %p, not %d, %d at %p\n", line,
	    (int)got, last.si_code, last.si_addr, sig, code,
	    (void *)(uintptr_t)p);
}
#define EXPECT(p, write, sig, code) \
	expect(__LINE__, (volatile char *)(p), write, sig, code)

static void
test_memory(void)
{
	static const char constant[] = "constant";
	char *p = mmap(NULL, 4 * PG, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_EQ(mprotect(p, PG, PROT_NONE), 0);
	CHECK_EQ(mprotect(p + PG, PG, PROT_READ), 0);
	CHECK_EQ(munmap(p + 3 * PG, PG), 0);
	EXPECT(p + 5, 0, SIGSEGV, SEGV_ACCERR);
	EXPECT(p + 6, 1, SIGSEGV, SEGV_ACCERR);
	EXPECT(p + PG, 0, 0, 0);
	EXPECT(p + PG, 1, SIGSEGV, SEGV_ACCERR);
	EXPECT(p + 2 * PG, 1, 0, 0);
	EXPECT(p + 3 * PG + 1, 0, SIGSEGV, SEGV_MAPERR);
	EXPECT(p + 3 * PG + 1, 1, SIGSEGV, SEGV_MAPERR);
	EXPECT((uintptr_t)8, 0, SIGSEGV, SEGV_MAPERR);
	EXPECT((uintptr_t)8, 1, SIGSEGV, SEGV_MAPERR);
	EXPECT((uintptr_t)constant, 1, SIGSEGV, SEGV_ACCERR);
	munmap(p, 3 * PG);
}

static void
test_file(int flags)
{
	int fd = memfd_create("t", 0);
	char *p;

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, PG + 10), 0);
	p = mmap(NULL, 4 * PG, PROT_READ | PROT_WRITE, flags, fd, 0);
	CHECK(p != MAP_FAILED);
	EXPECT(p + PG, 0, 0, 0);
	EXPECT(p + 2 * PG - 1, 1, 0, 0);	/* the rest of the page */
	EXPECT(p + 2 * PG, 0, SIGBUS, BUS_ADRERR);
	EXPECT(p + 2 * PG + 77, 1, SIGBUS, BUS_ADRERR);
	EXPECT(p + 4 * PG - 1, 0, SIGBUS, BUS_ADRERR);
	CHECK_EQ(mprotect(p + 3 * PG, PG, PROT_READ), 0);
	EXPECT(p + 3 * PG + 3, 0, SIGBUS, BUS_ADRERR);
	EXPECT(p + 3 * PG + 3, 1, SIGSEGV, SEGV_ACCERR);
	/* A file that grows and shrinks. */
	CHECK_EQ(ftruncate(fd, 3 * PG), 0);
	EXPECT(p + 2 * PG, 0, 0, 0);
	EXPECT(p + PG, 0, 0, 0);
	CHECK_EQ(ftruncate(fd, PG), 0);
	EXPECT(p, 0, 0, 0);
	EXPECT(p + PG, 0, SIGBUS, BUS_ADRERR);
	EXPECT(p + 2 * PG, 0, SIGBUS, BUS_ADRERR);
	munmap(p, 4 * PG);
	close(fd);
}

/* The handler of one signal is not that of the other. */
static void
test_other(void)
{
	int fd = memfd_create("t", 0);
	char *p = mmap(NULL, PG, PROT_READ, MAP_SHARED, fd, 0);

	signal(SIGSEGV, SIG_DFL);
	EXPECT(p, 0, SIGBUS, BUS_ADRERR);
	on(SIGSEGV);
	munmap(p, PG);
	close(fd);
}

static void *
thread(void *arg)
{

	test_file(MAP_SHARED);
	return arg;
}

int
main(void)
{
	pthread_t t;

	on(SIGSEGV);
	on(SIGBUS);
	test_memory();
	test_file(MAP_SHARED);
	test_file(MAP_PRIVATE);
	test_other();
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	return check_done();
}
