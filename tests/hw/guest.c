/* SPDX-License-Identifier: BSD-2-Clause */
/* Does one thing that its configuration names; status 7 means all is well. */
#include <bmk/bmk.h>
#include <rump/rumpcomp_cons.h>
#include <rump/rumpcomp_pci.h>
#include <rump/rumpcomp_vm.h>
#include <rump/rumpuser.h>

#define OK	7
#define PAGE	BMK_PAGE_SIZE
#define RW	(RUMPCOMP_VM_READ | RUMPCOMP_VM_WRITE)
#define NEED(x) \
	((x) ? (void)0 : bmk_panic("line %d: %s", __LINE__, #x))

void rumprun_boot(const char *);

static const char constant[] = "constant";
static void (*const relro)(const char *) = rumprun_boot;

static char *
arena(void)
{
	void *p;
	size_t len;

	rumpcomp_vm_arena(&p, &len);
	NEED(len > 1UL << 40);
	return p;
}

static size_t
nfree(void)
{
	size_t total, n;

	rumpcomp_vm_stat(&total, &n);
	return n / PAGE;
}

static void
vm(void)
{
	char *a = arena();
	unsigned char vec[8];
	size_t before = nfree(), i;

	/* Terabytes cost next to nothing; a page each for what is touched. */
	NEED(rumpcomp_vm_map(a, 1UL << 42, RW) == 0);
	NEED(before - nfree() < 20);
	for (i = 0; i < 8; i++)
		a[i << 38] = (char)(i + 1);
	for (i = 0; i < 8; i++)
		NEED(a[i << 38] == (char)(i + 1) && a[(i << 38) + 1] == 0);
	rumpcomp_vm_resident(a, 2 * PAGE, vec);
	NEED(vec[0] == 1 && vec[1] == 0);
	/* Contents through protections. */
	NEED(rumpcomp_vm_protect(a, PAGE, 0) == 0);
	NEED(rumpcomp_vm_protect(a, PAGE, RUMPCOMP_VM_READ) == 0);
	NEED(a[0] == 1);
	NEED(rumpcomp_vm_protect(a, PAGE, RW) == 0);
	a[0] = 5;
	NEED(rumpcomp_vm_discard(a, 2 * PAGE) == 0);
	NEED(a[0] == 0);
	/* A hole in the middle, then all of it; all memory comes back. */
	NEED(rumpcomp_vm_unmap(a + (3UL << 38), 1UL << 38) == 0);
	NEED(a[4UL << 38] == 5);
	NEED(rumpcomp_vm_unmap(a, 1UL << 42) == 0);
	NEED(nfree() == before);
	/* Not aligned to anything. */
	for (i = 1; i < 2000; i += 97) {
		NEED(rumpcomp_vm_map(a + i * PAGE, i * PAGE, RW) == 0);
		a[i * PAGE] = a[2 * i * PAGE - 1] = 1;
		NEED(rumpcomp_vm_unmap(a + i * PAGE, i * PAGE) == 0);
		NEED(nfree() == before);
	}
}

static void
memory(void)
{
	size_t before;
	char *p;
	void *v;
	int i;

	for (i = 0; i < 3; i++) {
		before = nfree();
		NEED(rumpuser_anonmmap(NULL, 5 * PAGE, 21, 0, &v) == 0);
		p = v;
		NEED(((uintptr_t)p & 0x1fffff) == 0 && p[0] == 0 &&
		    p[5 * PAGE - 1] == 0);
		p[5 * PAGE - 1] = 1;
		NEED(!bmk_platform_readable(p + 5 * PAGE, 1));
		rumpuser_unmap(p, 5 * PAGE);
		/* The first time leaves a table behind. */
		NEED(before - nfree() <= (i == 0 ? 4 : 1));
	}
}

static void
clock(void)
{
	int64_t s0, s1, prev = 0, t;
	long n0, n1;
	int i;

	NEED(rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &s0, &n0) == 0);
	for (i = 0; i < 10; i++)
		NEED(rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0,
		    20000000) == 0);
	NEED(rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &s1, &n1) == 0);
	t = (s1 - s0) * 1000000 + (n1 - n0) / 1000;
	bmk_printf("slept %ld us\n", (long)t);
	NEED(t >= 200000);
	for (i = 0; i < 100000; i++, prev = t) {
		t = bmk_platform_monotonic();
		NEED(t >= prev);
	}
	NEED(rumpuser_clock_gettime(RUMPUSER_CLOCK_RELWALL, &s0, &n0) == 0);
	bmk_printf("wall %ld\n", (long)s0);
}

/* Until a newline; the first byte may come long after we sleep. */
static void
echo(void)
{
	int c;

	bmk_printf("ready\n");
	do {
		c = rumpcomp_cons_getc();
		bmk_printf("got %d\n", c);
	} while (c != '\n' && c != -1);
}

static int __attribute__((__noinline__))
recurse(int n)
{
	volatile char buf[512];

	buf[0] = (char)n;
	return n == -1 ? 0 : recurse(n + 1) + buf[0];
}

static void
fault(const char *what)
{
	char *a = arena();
	static char code[16] = { (char)0xc3 };

	if (strcmp(what, "null") == 0)
		*(volatile char *)(uintptr_t)recurse(-1) = 1;
	else if (strcmp(what, "const") == 0)
		*(volatile char *)(uintptr_t)constant = 1;
	else if (strcmp(what, "relro") == 0)
		*(void (*volatile *)(const char *))(uintptr_t)&relro = NULL;
	else if (strcmp(what, "text") == 0)
		*(volatile char *)(uintptr_t)rumprun_boot = 1;
	else if (strcmp(what, "exec") == 0)
		((void (*)(void))(uintptr_t)code)();
	else if (strcmp(what, "stack") == 0)
		(void)recurse(0);
	else if (strcmp(what, "unmapped") == 0)
		*(volatile char *)a = 1;
	else if (strcmp(what, "readonly") == 0) {
		NEED(rumpcomp_vm_map(a, PAGE, RUMPCOMP_VM_READ) == 0);
		NEED(a[0] == 0);
		*(volatile char *)a = 1;
	} else if (strcmp(what, "reserved") == 0) {
		NEED(rumpcomp_vm_map(a, PAGE, 0) == 0);
		*(volatile char *)a = 1;
	} else if (strcmp(what, "oom") == 0) {
		NEED(rumpcomp_vm_map(a, 1UL << 40, RW) == 0);
		for (;; a += PAGE)
			*(volatile char *)a = 1;
	} else if (strcmp(what, "invalid") == 0)
		__asm__ __volatile__("ud2");
	else if (strcmp(what, "protection") == 0)
		*(volatile char *)0x8000000000000000 = 1;
	else if (strcmp(what, "assert") == 0)
		bmk_assert(recurse(-1) == 1);
	else
		bmk_panic("what is %s?", what);
}

static void
pci(void)
{
	unsigned id, dev;

	for (dev = 0; dev < 32; dev++) {
		NEED(rumpcomp_pci_confread(0, dev, 0, 0, &id) == 0);
		if ((id & 0xffff) != 0xffff)
			bmk_printf("pci 0:%u %x\n", dev, id);
	}
	NEED(rumpcomp_pci_confread(0, 32, 0, 0, &id) != 0);
	NEED(rumpcomp_pci_confread(0, 0, 0, 3, &id) != 0);
}

void
rumprun_boot(const char *config)
{
	uint8_t r[32], z[32] = { 0 };
	size_t got;

	NEED(rumpuser_getrandom(r, sizeof(r), 0, &got) == 0);
	NEED(got == sizeof(r) && memcmp(r, z, sizeof(r)) != 0);
	bmk_printf("config: %s\nbase: %lx\n", config,
	    (unsigned long)bmk_platform_image_base());
	if (strcmp(config, "vm") == 0)
		vm();
	else if (strcmp(config, "memory") == 0)
		memory();
	else if (strcmp(config, "clock") == 0)
		clock();
	else if (strcmp(config, "echo") == 0)
		echo();
	else if (strcmp(config, "pci") == 0)
		pci();
	else if (strcmp(config, "ok") != 0 && config[0] != '\0')
		fault(config);
	rumpuser_exit(OK);
}
