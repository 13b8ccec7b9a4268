/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Panic and fault reports, in the format of doc/contracts.md, which the
 * launcher parses.  The backtrace follows frame pointers as far as they can
 * be read.  A panic inside a report ends the machine at once.
 */
#include <bmk/bmk.h>

#define STATUS_PANIC	134
#define STATUS_FAULT	139
#define MAXFRAMES	48

void (*bmk_panic_lwp)(void);

/* The linker script's, around .note.gnu.build-id: 16 bytes of header. */
extern const uint8_t __build_id_start[] __attribute__((__weak__));
extern const uint8_t __build_id_end[] __attribute__((__weak__));

static uint32_t reporting;	/* [a] 1 + the CPU that reports */

int
bmk_panicking(void)
{
	return reporting != 0;
}

/* One report at a time: other CPUs stay here, ours must not come again. */
static void
begin_report(int status)
{
	uint32_t none = 0, me = 1 + bmk_curcpu()->bc_id;

	(void)bmk_platform_irq_off();
	if (__atomic_compare_exchange_n(&reporting, &none, me, 0,
	    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return;
	if (none == me) {
		bmk_printf("\nanother panic during the report\n"
		    "end-of-panic\n");
		bmk_platform_halt(status);
	}
	for (;;)
		__builtin_ia32_pause();
}

static void
backtrace(uint64_t rip, uint64_t rbp)
{
	const uint64_t *fp = (const uint64_t *)rbp, *next;
	int i;

	bmk_printf("backtrace:\n  #0 0x%lx\n", rip);
	for (i = 1; i < MAXFRAMES; i++) {
		if (((uintptr_t)fp & 7) != 0 || fp == NULL ||
		    !bmk_platform_readable(fp, 16) || fp[1] == 0)
			break;
		bmk_printf("  #%d 0x%lx\n", i, fp[1]);
		next = (const uint64_t *)fp[0];
		if (next <= fp)
			break;
		fp = next;
	}
}

static void
end_report(int status)
{
	const struct bmk_thread *t = bmk_curthread();
	const uint8_t *p;

	bmk_printf("image-base: 0x%lx\nbuild-id: ", bmk_platform_image_base());
	if (__build_id_end > __build_id_start + 16)
		for (p = __build_id_start + 16; p < __build_id_end; p++)
			bmk_printf("%02x", *p);
	bmk_printf("\nlwp: ");
	if (bmk_panic_lwp != NULL && t != NULL)
		bmk_panic_lwp();
	else
		bmk_printf("0.0 %s", t != NULL ? t->bt_name : "boot");
	bmk_printf("\nend-of-panic\n");
	bmk_platform_halt(status);
}

void
bmk_panic(const char *fmt, ...)
{
	uint64_t rip = (uint64_t)__builtin_return_address(0);
	uint64_t *fp = __builtin_frame_address(0);
	uint64_t rbx, r12, r13, r14, r15;
	va_list ap;

	__asm__ __volatile__("movq %%rbx, %0; movq %%r12, %1; movq %%r13, %2;"
	    "movq %%r14, %3; movq %%r15, %4" : "=m"(rbx), "=m"(r12),
	    "=m"(r13), "=m"(r14), "=m"(r15));
	begin_report(STATUS_PANIC);
	bmk_printf("\npanic: ");
	va_start(ap, fmt);
	bmk_vprintf(fmt, ap);
	va_end(ap);
	bmk_printf("\n  rip=%016lx rsp=%016lx rbp=%016lx\n", rip,
	    (uint64_t)(fp + 2), fp[0]);
	bmk_printf("  rbx=%016lx r12=%016lx r13=%016lx\n"
	    "  r14=%016lx r15=%016lx\n", rbx, r12, r13, r14, r15);
	backtrace(rip, fp[0]);
	end_report(STATUS_PANIC);
	__builtin_unreachable();
}

void
bmk_fault(const char *cause, const struct bmk_regs *r, uint64_t addr)
{
	begin_report(STATUS_FAULT);
	bmk_printf("\npanic: %s, address 0x%lx, vector %lu, error 0x%lx\n",
	    cause, addr, r->vector, r->error);
	bmk_printf("  rip=%016lx rsp=%016lx rbp=%016lx\n"
	    "  rax=%016lx rbx=%016lx rcx=%016lx\n", r->rip, r->rsp, r->rbp,
	    r->rax, r->rbx, r->rcx);
	bmk_printf("  rdx=%016lx rsi=%016lx rdi=%016lx\n"
	    "  r8=%016lx r9=%016lx r10=%016lx\n", r->rdx, r->rsi, r->rdi,
	    r->r8, r->r9, r->r10);
	bmk_printf("  r11=%016lx r12=%016lx r13=%016lx\n"
	    "  r14=%016lx r15=%016lx rflags=%016lx\n", r->r11, r->r12, r->r13,
	    r->r14, r->r15, r->rflags);
	backtrace(r->rip, r->rbp);
	end_report(STATUS_FAULT);
	__builtin_unreachable();
}

void
bmk_assert_failed(const char *expr)
{
	bmk_panic("assertion %s failed", expr);
}
