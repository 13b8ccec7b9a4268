/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's half of attack.c: a component from outside the tree that
 * answers a system call nobody else does, with bugs of kernel code.
 */
#include <asm/errno.h>
#include <string.h>
#include <kern/kmem.h>
#include <kern/syscall.h>

#define NOINLINE __attribute__((__noinline__, __noclone__))

static const int constant[4] = { 1, 2, 3, 4 };
static volatile int data[4] = { 1 };
static volatile size_t zero;		/* the compiler must not know */

static NOINLINE long
runaway(long n)
{
	volatile char pad[512];

	pad[0] = (char)n;
	return runaway(n + 1) + pad[0];
}

static NOINLINE void
smash_kernel(void)
{
	char buf[16];

	memset(buf, 'A', 64 + zero);
	__asm__ __volatile__("" : : "r"(buf) : "memory");
}

/* What is there is random: only a byte that is flipped is another for sure. */
static NOINLINE void
overflow(size_t len, size_t by)
{
	char *p = rump_kmem_alloc(len);
	size_t i;

	memset(p, 'A', len);
	for (i = 0; i < by; i++)
		p[len + i + zero] ^= 'A';
	rump_kmem_free(p, len);
	__asm__ __volatile__("" : : : "memory");	/* no tail call */
}

/* Each size that a class has, and those around it. */
static NOINLINE void
overflow_all(void)
{
	size_t len;

	for (len = 1; len <= 240; len++)
		overflow(len, 0);
	overflow(48, 1);
	__asm__ __volatile__("" : : : "memory");
}

static NOINLINE void
write_after_free(void)
{
	char *p = rump_kmem_alloc(64);

	rump_kmem_free(p, 64);
	p[zero] ^= 'A';
	(void)rump_kmem_alloc(64);
	__asm__ __volatile__("" : : : "memory");
}

static void
call(volatile void *p)
{
	void (*volatile fn)(void) = (void (*)(void))(uintptr_t)p;

	fn();
}

static NOINLINE void
attack(const char *how)
{
	char *volatile p = rump_kmem_alloc(64);

	if (strcmp(how, "stack") == 0)
		zero = (size_t)runaway(0);
	else if (strcmp(how, "smash") == 0)
		smash_kernel();
	else if (strcmp(how, "over") == 0)
		overflow(100, 16);
	else if (strcmp(how, "over1") == 0)
		overflow_all();
	else if (strcmp(how, "after") == 0)
		write_after_free();
	else if (strcmp(how, "wrong") == 0)
		rump_kmem_free(p, 640);
	else if (strcmp(how, "inside") == 0)
		rump_kmem_free(p + 16, 64);
	else if (strcmp(how, "const") == 0)
		((volatile int *)(uintptr_t)constant)[zero] = 5;
	else if (strcmp(how, "exec") == 0)
		call(memset(p, 0xc3, 64));
	else if (strcmp(how, "null") == 0)
		call((void *)zero);
	else if (strcmp(how, "twice") == 0) {
		rump_kmem_free(p, 64);
		rump_kmem_free(p, 64);
	}
	__asm__ __volatile__("" : : : "memory");
}

extern uintptr_t __stack_chk_guard;

RUMP_SYSCALL1(uselib, const char *, how)
{
	int local;

	if (strcmp(how, "text") == 0)
		return (long)(uintptr_t)runaway;
	if (strcmp(how, "data") == 0)
		return (long)(uintptr_t)data;
	if (strcmp(how, "object") == 0)
		return (long)(uintptr_t)rump_kmem_alloc(64);
	if (strcmp(how, "pages") == 0)
		return (long)(uintptr_t)rump_page_alloc();
	if (strcmp(how, "canary") == 0)
		return (long)__stack_chk_guard;
	if (strcmp(how, "stack-address") == 0)
		return (long)(uintptr_t)&local;
	attack(how);
	return 0;
}
