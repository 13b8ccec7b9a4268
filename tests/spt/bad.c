/* SPDX-License-Identifier: BSD-2-Clause */
/* Does what its configuration says, none of it good. */
#include <asm/unistd.h>

#include <bmk/bmk.h>
#include <rump/rumpcomp_cons.h>
#include <rump/rumpcomp_vm.h>
#include <rump/rumpuser.h>

void rumprun_boot(const char *);
void loop_for_ever(void);	/* loop.prog.c */
extern char *spt_guest_end;	/* of the platform's */

static long
sys(long n, long a, long b, long c)
{
	long ret;

	__asm__ __volatile__("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b),
	    "d"(c) : "rcx", "r11", "memory");
	return ret;
}

static void *
recurse(void *arg)
{
	volatile char buf[512];

	buf[0] = 0;
	if (arg != NULL)
		(void)recurse((void *)&buf[0]);
	return (void *)(uintptr_t)buf[0];
}

static void __attribute__((__noinline__))
smash(volatile char *p, int n)
{
	while (n-- > 0)
		p[n] = 'x';
}

static void __attribute__((__noinline__))
smashed(int n)
{
	char buf[16];

	smash(buf, n);
}

static void
fault(const char *what)
{
	struct bmk_thread *t;
	volatile uintptr_t eight = 8;

	if (strcmp(what, "guard") == 0) {
		(void)bmk_sched_create("deep", recurse, &t, 1, 0, -1, &t);
		(void)bmk_sched_join(t);
	} else if (strcmp(what, "null") == 0)
		*(volatile int *)eight = 1;
	else if (strcmp(what, "text") == 0)
		*(volatile char *)(uintptr_t)rumprun_boot = 1;
	else if (strcmp(what, "const") == 0)
		*(volatile char *)(uintptr_t)"constant" = 1;
	else if (strcmp(what, "exec") == 0)
		((void (*)(void))bmk_malloc(16, 0))();
	else if (strcmp(what, "divide") == 0)
		__asm__ __volatile__("divl %0" : : "r"(0), "a"(1), "d"(0));
	else if (strcmp(what, "illegal") == 0)
		__asm__ __volatile__("ud2");
	else if (strcmp(what, "noncanonical") == 0)
		*(volatile int *)(eight << 60) = 1;
}

static void
heap(const char *what)
{
	char *p = bmk_malloc(40, 0), *q = bmk_malloc(48, 0);

	if (strcmp(what, "twice") == 0) {
		bmk_free(p, 40);
		bmk_free(p, 40);
	} else if (strcmp(what, "over") == 0) {
		p[40] = 1;
		bmk_free(p, 40);
	} else if (strcmp(what, "after") == 0) {
		bmk_free(q, 48);
		*(volatile char *)q ^= 1;
		(void)bmk_malloc(48, 0);
	} else if (strcmp(what, "length") == 0)
		bmk_free(p, 4000);
	else if (strcmp(what, "inside") == 0)
		bmk_free(p + 16, 16);
	else if (strcmp(what, "page") == 0) {
		p = bmk_page_alloc(2);
		bmk_page_free(p, 1);
	}
}

static void
forbidden(const char *what)
{
	size_t len;
	void *va;

	rumpcomp_vm_arena(&va, &len);
	if (strcmp(what, "open") == 0)
		(void)sys(__NR_open, (long)"/etc/passwd", 0, 0);
	else if (strcmp(what, "socket") == 0)
		(void)sys(__NR_socket, 2, 1, 0);
	else if (strcmp(what, "wx") == 0)
		(void)sys(__NR_mprotect, (long)va, 4096, 7);
	else if (strcmp(what, "mprotect-text") == 0)
		(void)sys(__NR_mprotect, (long)rumprun_boot & -4096, 4096, 3);
	else if (strcmp(what, "mprotect-end") == 0)
		(void)sys(__NR_mprotect, (long)va, spt_guest_end -
		    (char *)va + 65536, 0);
	else if (strcmp(what, "mprotect-wrap") == 0)
		(void)sys(__NR_mprotect, (long)va, -4096L, 0);
	else if (strcmp(what, "madvise") == 0)
		(void)sys(__NR_madvise, (long)va, 4096, 9);
	else if (strcmp(what, "int80") == 0)
		__asm__ __volatile__("int $0x80" : : "a"(20) : "memory");
	bmk_printf("alive\n");
}

static void *
reader(void *arg)
{
	(void)arg;
	rumpuser_exit(rumpcomp_cons_getc());
}

static void *
program(void *arg)
{
	(void)arg;
	rumpuser_dprintf("ready?");
	loop_for_ever();
	return NULL;
}

/* Input and output while a program loops: nothing may wait for its end. */
static void
busy(void)
{
	struct bmk_thread *t;

	(void)bmk_sched_create("reader", reader, NULL, 0, 0, -1, NULL);
	bmk_sched_yield();
	(void)bmk_sched_create("program", program, NULL, BMK_TF_JOINABLE |
	    BMK_TF_PROGRAM, 0, -1, &t);
	(void)bmk_sched_join(t);
}

/* All input, back. */
static void
echo(void)
{
	int c;

	while ((c = rumpcomp_cons_getc()) != -1)
		rumpuser_putchar(c);
	bmk_assert(rumpcomp_cons_getc() == -1 && rumpcomp_cons_poll() == 1);
	rumpuser_exit(3);
}

/* What must work under the filter. */
static void
good(void)
{
	unsigned char vec[3];
	size_t len, total, nfree;
	int64_t sec;
	long nsec;
	void *start;
	char *va;

	rumpcomp_vm_arena(&start, &len);
	va = (char *)start + len - 3 * 4096;
	bmk_assert(rumpcomp_vm_map(va, 3 * 4096, 3) == 0);
	va[4096] = 1;
	rumpcomp_vm_resident(va, 3 * 4096, vec);
	bmk_assert(vec[0] == 0 && vec[1] == 1 && vec[2] == 0);
	bmk_assert(rumpcomp_vm_discard(va, 3 * 4096) == 0 && va[4096] == 0);
	bmk_assert(rumpcomp_vm_protect(va, 4096, 5) == 0);
	bmk_assert(rumpcomp_vm_unmap(va, 3 * 4096) == 0);
	bmk_assert(!bmk_platform_readable(va, 1));
	bmk_assert(bmk_platform_readable(&len, sizeof(len)));
	bmk_assert(!bmk_platform_readable((void *)1, 1));
	rumpcomp_vm_stat(&total, &nfree);
	bmk_assert(nfree > total / 2 && nfree <= total);
	bmk_assert(rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0,
	    1000000) == 0);
	bmk_assert(rumpuser_clock_gettime(RUMPUSER_CLOCK_RELWALL, &sec,
	    &nsec) == 0);
	bmk_printf("good\n");
}

void
rumprun_boot(const char *config)
{
	if (strcmp(config, "good") == 0) {
		good();
		rumpuser_exit(0);
	} else if (strcmp(config, "busy") == 0)
		busy();
	else if (strcmp(config, "echo") == 0)
		echo();
	else if (strncmp(config, "exit", 4) == 0)
		rumpuser_exit(config[4] - '0');
	else if (strcmp(config, "partial") == 0) {
		rumpuser_dprintf("no newline");
		rumpuser_exit(0);
	} else if (strcmp(config, "panic") == 0)
		bmk_panic("wanted %d", 42);
	else if (strcmp(config, "rumppanic") == 0)
		rumpuser_exit(RUMPUSER_PANIC);
	else if (strcmp(config, "assert") == 0)
		bmk_assert(config == NULL);
	else if (strcmp(config, "smash") == 0)
		smashed(64);
	else if (strcmp(config, "kill") == 0)
		(void)rumpuser_kill(RUMPUSER_PID_SELF, 15);
	else if (strncmp(config, "fault-", 6) == 0)
		fault(config + 6);
	else if (strncmp(config, "heap-", 5) == 0)
		heap(config + 5);
	else
		forbidden(config);
	rumpuser_exit(99);
}
