/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attacks that must fail: one for each name in the table, on the program
 * itself and, through the component of attackkern.c, on the kernel.  Whoever
 * comes back from one says "survived".  Without a name: one address of each
 * class, to be compared with those of another boot.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOINLINE __attribute__((__noinline__, __noclone__))
#define PAGE	4096UL
#define RET	0xc3
#pragma GCC diagnostic ignored "-Winfinite-recursion"
#pragma GCC diagnostic ignored "-Wuse-after-free"

static const int constant[4] = { 1, 2, 3, 4 };
static int (*const table[])(const char *) = { puts, puts };
static int data[1024] = { 1 };
static volatile int zero;		/* the compiler must not know */

static inline __attribute__((__always_inline__)) void
write_to(const volatile void *p)
{

	*(volatile char *)(uintptr_t)p = (char)zero;
}

static inline __attribute__((__always_inline__)) void
execute(const void *p)
{
	void (*volatile fn)(void) = (void (*)(void))(uintptr_t)p;

	fn();
	__asm__ volatile("" : : : "memory");	/* no tail call */
}

static NOINLINE void
text(void)
{
	write_to((const void *)(uintptr_t)text);
	puts("back");
}

static NOINLINE void
libc_text(void)
{
	write_to((const void *)(uintptr_t)printf);
	puts("back");
}

static NOINLINE void
kernel_text(void)
{
	write_to((const void *)syscall(SYS_uselib, "text"));
	puts("back");
}

static NOINLINE void
constants(void)
{
	write_to(constant);
	puts("back");
}

static NOINLINE void
string(void)
{
	write_to("a string");
	puts("back");
}

/* Constant once it is relocated. */
static NOINLINE void
relocated(void)
{
	write_to(&table[zero]);
	puts("back");
}

static NOINLINE void
heap_code(void)
{
	char *p = malloc(64);

	memset(p, RET, 64);
	execute(p);
	puts("back");
}

static NOINLINE void
stack_code(void)
{
	volatile char buf[64];

	memset((char *)buf, RET, 64);
	execute((const char *)buf);
	puts("back");
}

static NOINLINE void
data_code(void)
{
	memset(data, RET, 64);
	execute(data);
	puts("back");
}

static NOINLINE void
constant_code(void)
{
	execute(constant);
	puts("back");
}

static NOINLINE void
mmap_code(void)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(p, RET, 64);
	execute(p);
	puts("back");
}

/* What asked for it may execute, and then nobody may write. */
static NOINLINE void
jit(void)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(p, RET, 64);
	if (mprotect(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0 ||
	    mprotect(p, PAGE, PROT_READ | PROT_EXEC) != 0)
		return;
	execute(p);
	puts("back");
	puts("asked");
	write_to(p);
	puts("back");
}

static NOINLINE void
null_read(void)
{
	printf("%d\n", *(volatile int *)(intptr_t)zero);
}

static NOINLINE void
null_write(void)
{
	write_to((void *)(intptr_t)zero);
	puts("back");
}

/* A member far into a structure that is not there. */
static NOINLINE void
null_member(void)
{
	write_to((char *)(intptr_t)zero + 4000);
	puts("back");
}

static NOINLINE void
null_call(void)
{
	execute((void *)(intptr_t)zero);
	puts("back");
}

static NOINLINE int
deeper(int n)
{
	volatile char pad[512];

	pad[0] = (char)n;
	return deeper(n + 1) + pad[0];
}

static NOINLINE void
main_stack(void)
{
	zero = deeper(zero);
}

static void *
thread_stack1(void *arg)
{
	(void)arg;
	return (void *)(long)deeper(0);
}

static NOINLINE void
thread_stack(void)
{
	pthread_t t;

	pthread_create(&t, NULL, thread_stack1, NULL);
	pthread_join(t, NULL);
}

static NOINLINE void
smash(void)
{
	char buf[16];

	memset(buf, 'A', 64 + (size_t)zero);
	__asm__ volatile("" : : "r"(buf) : "memory");
}

static NOINLINE void
free_twice(void)
{
	char *volatile p = malloc(100), *volatile q = malloc(100);

	free(p);
	free(p);
	free(q);
	puts("back");
}

static NOINLINE void
heap_overflow(void)
{
	char *volatile p = malloc(100);

	memset(p, 'A', 100 + 16 + (size_t)zero);
	__asm__ volatile("" : : "r"(p) : "memory");
	free(p);
	puts("back");
}

static void kernel_stack(void) { syscall(SYS_uselib, "stack"); }
static void kernel_smash(void) { syscall(SYS_uselib, "smash"); }
static void kernel_twice(void) { syscall(SYS_uselib, "twice"); }
static void kernel_over(void) { syscall(SYS_uselib, "over"); }
static void kernel_over1(void) { syscall(SYS_uselib, "over1"); }
static void kernel_after(void) { syscall(SYS_uselib, "after"); }
static void kernel_wrong(void) { syscall(SYS_uselib, "wrong"); }
static void kernel_inside(void) { syscall(SYS_uselib, "inside"); }
static void kernel_const(void) { syscall(SYS_uselib, "const"); }
static void kernel_exec(void) { syscall(SYS_uselib, "exec"); }
static void kernel_null(void) { syscall(SYS_uselib, "null"); }

/* hw: program code has the machine's privileges.  On spt these fault. */
struct table_register {
	uint16_t	limit;
	uint64_t	base;
} __attribute__((__packed__));

static NOINLINE void
idt(void)
{
	struct table_register r;

	__asm__ volatile("sidt %0" : "=m"(r));
	write_to((char *)r.base + 14 * 16);
	puts("back");
}

static NOINLINE void
gdt(void)
{
	struct table_register r;

	__asm__ volatile("sgdt %0" : "=m"(r));
	write_to((char *)r.base + 8);
	puts("back");
}

/* Until an interrupt looks; a sleep that is over at once needs none. */
static void
interrupts(void)
{

	for (int i = 0; i < 1000; i++)
		usleep(1000);
}

static NOINLINE void
cr0(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr0, %0; btr $16, %0; mov %0, %%cr0" :
	    "=&r"(v));
	*(volatile char *)(uintptr_t)text = *(volatile char *)(uintptr_t)text;
	puts("written");
	interrupts();
}

static NOINLINE void
cr4(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr4, %0; btr $20, %0; btr $21, %0;"
	    "mov %0, %%cr4" : "=&r"(v));
	puts("written");
	interrupts();
}

static const struct {
	const char	*name;
	void		(*fn)(void);
} attacks[] = {
#define A(n) { #n, n }
	A(text), A(libc_text), A(kernel_text), A(constants), A(string),
	A(relocated), A(heap_code), A(stack_code), A(data_code),
	A(constant_code), A(mmap_code), A(jit), A(null_read), A(null_write),
	A(null_member), A(null_call), A(main_stack), A(thread_stack),
	A(smash), A(free_twice), A(heap_overflow), A(kernel_stack),
	A(kernel_smash), A(kernel_twice), A(kernel_over), A(kernel_over1),
	A(kernel_after), A(kernel_wrong), A(kernel_inside), A(kernel_const),
	A(kernel_exec), A(kernel_null), A(idt), A(gdt), A(cr0), A(cr4),
};

static void *
thread_addresses(void *arg)
{
	int local;

	(void)arg;
	printf("thread-stack %p\nthread-TLS %p\n", (void *)&local,
	    (void *)&errno);
	return NULL;
}

static NOINLINE void
addresses(char **argv)
{
	static const char *const kernel[] = { "text", "data", "object",
	    "pages", "stack-address", "canary" };
	uintptr_t canary;
	pthread_t t;
	int local;
	unsigned i;

	__asm__("mov %%fs:40, %0" : "=r"(canary));
	printf("text %p\nconstants %p\ndata %p\n", (void *)(uintptr_t)text,
	    (const void *)constant, (void *)data);
	printf("main-stack %p\narguments %p\n", (void *)&local,
	    (void *)argv[0]);
	printf("TLS %p\ncanary %#lx\n", (void *)&errno, canary);
	printf("heap %p\nlarge-heap %p\nbrk %p\n", malloc(16),
	    malloc(1 << 20), sbrk(0));
	printf("mmap %p\n", mmap(NULL, PAGE, PROT_READ,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	for (i = 0; i < sizeof(kernel) / sizeof(kernel[0]); i++)
		printf("kernel-%s %#lx\n", kernel[i],
		    syscall(SYS_uselib, kernel[i]));
	pthread_create(&t, NULL, thread_addresses, NULL);
	pthread_join(t, NULL);
}

int
main(int argc, char **argv)
{
	unsigned i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2) {
		addresses(argv);
		return 0;
	}
	for (i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		if (strcmp(argv[1], attacks[i].name) == 0)
			attacks[i].fn();
	puts("survived");
	return 0;
}
