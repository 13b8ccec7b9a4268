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

static int
is_frame(const uint64_t *fp)
{
	return ((uintptr_t)fp & 7) == 0 && bmk_platform_readable(fp, 16) &&
	    bmk_platform_readable((const void *)fp[1], 1);
}

/* sp: after a jump to nowhere, where the return address is; else 0. */
static void
backtrace(uint64_t rip, uint64_t rbp, uint64_t sp)
{
	const uint64_t *fp = (const uint64_t *)rbp, *next;
	int i = 1;

	bmk_printf("backtrace:\n  #0 0x%lx\n", rip);
	if (sp != 0 && is_frame((const uint64_t *)sp - 1))
		bmk_printf("  #%d 0x%lx\n", i++, *(const uint64_t *)sp);
	for (; i < MAXFRAMES && is_frame(fp); i++) {
		bmk_printf("  #%d 0x%lx\n", i, fp[1]);
		next = (const uint64_t *)fp[0];
		if (next <= fp)
			break;
		fp = next;
	}
}

/* What comes after the backtrace, but the last line. */
static void
print_where(void)
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
}

static void
end_report(int status)
{
	print_where();
	bmk_printf("\nend-of-panic\n");
	bmk_platform_halt(status);
}

/* names: of v's registers, each with its 0, then another one. */
static void
print_regs(uint64_t rip, uint64_t rsp, const uint64_t *v, const char *names)
{
	unsigned i;

	bmk_printf("\n  rip=%016lx rsp=%016lx", rip, rsp);
	for (i = 0; *names != '\0'; i++, names += strlen(names) + 1)
		bmk_printf("%s%s=%016lx", i % 4 == 2 ? "\n  " : " ", names,
		    v[i]);
	bmk_platform_putc('\n');
}

void
bmk_panic(const char *fmt, ...)
{
	uint64_t rip = (uint64_t)__builtin_return_address(0);
	const uint64_t *fp = __builtin_frame_address(0);
	va_list ap;

	begin_report(STATUS_PANIC);
	bmk_printf("\npanic: ");
	va_start(ap, fmt);
	bmk_vprintf(fmt, ap);
	va_end(ap);
	/* Of the caller's others the compiler has made use by now. */
	print_regs(rip, (uint64_t)(fp + 2), fp, "rbp\0");
	backtrace(rip, fp[0], 0);
	end_report(STATUS_PANIC);
	__builtin_unreachable();
}

/*
 * A page without access at the stack pointer, or not far above it when that
 * is no stack any more: large frames are used from the top down.
 */
int
bmk_stack_overflow(const struct bmk_regs *r, uint64_t addr)
{
	uint64_t above = addr - r->rsp;

	if (r->error & (BMK_PF_PRESENT | BMK_PF_EXEC))
		return 0;
	return above + BMK_PAGE_SIZE < 2 * BMK_PAGE_SIZE ||
	    (above < 16 * BMK_PAGE_SIZE &&
	    !bmk_platform_readable((const void *)r->rsp, 1));
}

static void
print_fault(const char *cause, const struct bmk_regs *r, uint64_t addr,
    const char *head)
{
	bmk_printf("\n%s: %s", head, cause);
	if (r->vector != BMK_VECTOR_ABORT)
		bmk_printf(", address 0x%lx, vector %lu, error 0x%lx", addr,
		    r->vector, r->error);
	print_regs(r->rip, r->rsp, &r->r15, "r15\0r14\0r13\0r12\0r11\0"
	    "r10\0r9\0r8\0rbp\0rdi\0rsi\0rdx\0rcx\0rbx\0rax\0");
	backtrace(r->rip, r->rbp, r->vector == BMK_VECTOR_PF &&
	    r->error & BMK_PF_EXEC ? r->rsp : 0);
}

void
bmk_fault(const char *cause, const struct bmk_regs *r, uint64_t addr)
{
	int status = r->vector == BMK_VECTOR_ABORT ? STATUS_PANIC :
	    STATUS_FAULT;

	begin_report(status);
	print_fault(cause, r, addr, "panic");
	end_report(status);
	__builtin_unreachable();
}

void
bmk_fault_note(const char *cause, const struct bmk_regs *r, uint64_t addr)
{
	static struct bmk_spin lock;	/* one at a time */
	unsigned long saved = bmk_spin_enter(&lock);

	print_fault(cause, r, addr, "fault");
	print_where();
	bmk_printf("\nend-of-fault\n");
	bmk_spin_exit(&lock, saved);
}

void
bmk_assert_failed(const char *expr)
{
	bmk_panic("assertion %s failed", expr);
}
