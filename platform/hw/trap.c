/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptor tables, exceptions, and interrupts by vector.  Every entry runs
 * on an interrupt stack with interrupts off.  What is not resolved (only
 * faults in the mmap arena are) ends in a report.
 */
#include "hw.h"
#include "cpu.h"

struct tss {
	uint32_t ts_reserved0;
	uint64_t ts_rsp[3], ts_reserved1, ts_ist[7], ts_reserved2;
	uint16_t ts_reserved3, ts_iomap;
} __attribute__((__packed__));

/*
 * From the lowest bits up: 16 of the address, selector, stack and type, 16 of
 * the address; the address's upper half.
 */
struct gate {
	uint64_t g_low, g_high;
};

struct irq {
	void	(*i_fn)(void *);	/* [V]; NULL: free */
	void	*i_arg;			/* [V] */
};

extern char hw_stubs[];
void hw_trap(struct bmk_regs *);
struct bmk_regs *hw_irq(struct bmk_regs *);
void hw_preempt(struct bmk_regs *);

/* What the CPU reads, on a page of its own; read-only after hw_cpu_init(). */
extern struct tables {
	struct gate	t_idt[HW_NVEC];
	uint64_t	t_gdt[HW_GDT_SIZE / 8];
	struct tss	t_tss;
	uint64_t	t_cr4;
} hw_tables;
_Static_assert(sizeof(struct tables) <= BMK_PAGE_SIZE, "entry.S");
/* The processor marks a TSS that is in use: this one is copied. */
const uint64_t hw_gdt[HW_TSS / 8] = {
	0, 0x00af9b000000ffff, 0x00cf93000000ffff
};
static struct bmk_cpu cpu0;
static char ist[6][4096] __attribute__((__aligned__(16)));
static struct irq irqs[HW_NVEC - HW_VEC_IRQ];
static struct bmk_spin irq_lock;	/* V */
static int in_fault;			/* [c] handling a page fault */
static uint64_t xcr0;			/* [I] 0: FXSAVE only */
static uint32_t xsize = 512;		/* [I] */
static int xopt;			/* [I] XSAVEOPT */
static int fsgsbase;			/* [I] */

/* All gates, each a word of two, so that boot is short. */
static void
gates(struct gate *g)
{
	static const uint8_t own[] = {
		2, HW_IST_NMI, 8, HW_IST_DF, 14, HW_IST_PF, 18, HW_IST_MC
	};
	uint64_t a = (uint64_t)hw_stubs;
	uint64_t low = (a & 0xffff) | HW_CS << 16 |
	    (0x8e00UL | HW_IST_FAULT) << 32 | (a & 0xffff0000) << 32;
	unsigned i;

	for (i = 0; i < HW_NVEC; i++, g++, low += 8) {
		if (i == HW_VEC_IRQ)
			low += (uint64_t)(HW_IST_IRQ - HW_IST_FAULT) << 32;
		g->g_low = low;
		g->g_high = a >> 32;
	}
	for (i = 0; i < sizeof(own); i += 2)
		((uint8_t *)&hw_tables.t_idt[own[i]].g_low)[4] = own[i + 1];
}

/* What the CPU has of extended state. */
static void
features(void)
{
	uint64_t cr4 = read_cr4();

	hw_tables.t_cr4 = cr4;
	fsgsbase = (cr4 & CR4_FSGSBASE) != 0;
	if ((cr4 & CR4_OSXSAVE) == 0)
		return;
	/* x87, SSE, AVX, AVX-512; not MPX, PKRU, AMX. */
	xcr0 = cpuid(13, 0).eax & 0xe7;
	if ((xcr0 & 0xe0) != 0xe0 || (xcr0 & 4) == 0)
		xcr0 &= 0x7;
	__asm__ __volatile__("xsetbv" : : "c"(0), "a"((uint32_t)xcr0),
	    "d"(0));
	xsize = cpuid(13, 0).ebx;
	xopt = cpuid(13, 1).eax & 1;
}

void
hw_cpu_init(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((__packed__)) r;
	struct tables *t = &hw_tables;
	uint64_t base = (uint64_t)&t->t_tss;
	int i;

	for (i = 0; i < 6; i++)
		t->t_tss.ts_ist[i] = (uint64_t)ist[i + 1];
	t->t_tss.ts_iomap = sizeof(t->t_tss);
	memcpy(t->t_gdt, hw_gdt, sizeof(hw_gdt));
	t->t_gdt[3] = (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56 |
	    0x890000000000 | (sizeof(t->t_tss) - 1);
	t->t_gdt[4] = base >> 32;
	r.limit = sizeof(t->t_gdt) - 1;
	r.base = (uint64_t)t->t_gdt;
	__asm__ __volatile__("lgdt %0" : : "m"(r));
	__asm__ __volatile__("ltr %w0" : : "r"(HW_TSS));
	gates(t->t_idt);
	r.limit = sizeof(t->t_idt) - 1;
	r.base = (uint64_t)t->t_idt;
	__asm__ __volatile__("lidt %0" : : "m"(r));
	cpu0.bc_self = &cpu0;
	wrmsr(MSR_GS_BASE, (uint64_t)&cpu0);
	features();
	*hw_pte((uint64_t)t, 0) &= ~PTE_W;
	invlpg((uint64_t)t);
}

void
hw_vector_set(int vector, void (*fn)(void *), void *arg)
{
	struct irq *i = &irqs[vector - HW_VEC_IRQ];

	i->i_arg = arg;
	i->i_fn = fn;
}

int
hw_vector_alloc(void (*fn)(void *), void *arg)
{
	unsigned long saved = bmk_spin_enter(&irq_lock);
	int v;

	for (v = HW_VEC_IRQ; v < HW_VEC_TIMER; v++)
		if (irqs[v - HW_VEC_IRQ].i_fn == NULL)
			break;
	if (v < HW_VEC_TIMER)
		hw_vector_set(v, fn, arg);
	bmk_spin_exit(&irq_lock, saved);
	return v < HW_VEC_TIMER ? v : -1;
}

static void
irq_nothing(void *arg)
{
	(void)arg;
}

/* An interrupt may still be on its way: the gate stays. */
void
hw_vector_free(int vector)
{
	unsigned long saved = bmk_spin_enter(&irq_lock);

	irqs[vector - HW_VEC_IRQ].i_fn = irq_nothing;
	bmk_spin_exit(&irq_lock, saved);
}

static const char *
fault_name(uint64_t vector)
{
	static const char names[] = "divide error\0debug\0NMI\0breakpoint\0"
	    "overflow\0bound\0invalid instruction\0no FPU\0double fault\0"
	    "9\0invalid TSS\0segment not present\0stack fault\0"
	    "general protection fault\0page fault\0"
	    "15\0x87 error\0alignment check\0machine check\0SIMD error\0";
	const char *s = names;

	for (; vector > 0 && *s != '\0'; vector--)
		s += strlen(s) + 1;
	return *s != '\0' ? s : "exception";
}

/* Why a page fault is none that could be resolved. */
static const char *
fault_cause(const struct bmk_regs *r, uint64_t va)
{
	uint64_t image = va - (uint64_t)__image_start;

	if (va < BMK_PAGE_SIZE)
		return r->error & 0x10 ? "jump to a NULL pointer" :
		    "NULL pointer";
	if (r->error & 0x10)
		return r->error & 1 ? "execution of data" :
		    "jump to nowhere";
	if (r->error & 1 && image < (uint64_t)(__image_end - __image_start))
		return "write to constant memory";
	if (r->error & 1)
		return "write to read-only memory";
	return r->error & 2 ? "page fault (write)" : "page fault (read)";
}

/* A copy from or to a program's memory, or program code that handles it. */
static int
program_fault(struct bmk_regs *r, const char *why, uint64_t addr)
{
	return bmk_user_fault(&r->rip) || (bmk_program_hook != NULL &&
	    bmk_program_hook(r, why, addr));
}

static void
page_fault(struct bmk_regs *r)
{
	uint64_t va = read_cr2();
	const char *why = NULL;

	if (in_fault)
		bmk_fault("page fault in the page fault handler", r, va);
	in_fault = 1;
	if (va >= hw_arena_start && va < hw_arena_end) {
		why = hw_vm_fault(va, r->error);
		if (why == NULL)
			goto out;
	}
	if ((why == NULL || why == hw_unmapped || why == hw_reserved) &&
	    bmk_stack_overflow(r, va))
		why = "stack overflow (guard page)";
	if (why == NULL)
		why = fault_cause(r, va);
	if (why == hw_nomem || !program_fault(r, why, va))
		bmk_fault(why, r, va);
out:
	in_fault = 0;
}

void
hw_trap(struct bmk_regs *r)
{
	if (r->vector == 14)
		page_fault(r);
	else if (!program_fault(r, fault_name(r->vector), 0))
		bmk_fault(fault_name(r->vector), r, 0);
}

/*
 * Program code is preempted on its own stack, below the red zone.  Writing
 * there may fault: stacks are populated lazily too.
 */
struct bmk_regs *
hw_irq(struct bmk_regs *r)
{
	const struct bmk_cpu *c = bmk_curcpu();
	struct irq *i = &irqs[r->vector - HW_VEC_IRQ];
	struct bmk_regs *copy;

	/* Programs are privileged; no code of ours writes these after boot. */
	if ((uint32_t)read_cr0() != HW_CR0 || read_cr4() != hw_tables.t_cr4)
		bmk_panic("CR0 or CR4 changed");
	if (r->vector != HW_VEC_SPURIOUS) {
		i->i_fn(i->i_arg);
		hw_apic_eoi();
	}
	if (!c->bc_resched || c->bc_nopreempt != 0 ||
	    r->rip < (uint64_t)__rumprun_text_start ||
	    r->rip >= (uint64_t)__rumprun_text_end)
		return r;
	copy = (struct bmk_regs *)((r->rsp - 128 - sizeof(*r)) & ~15UL);
	*copy = *r;
	return copy;
}

static inline void
xsave(void *area)
{
	if (xcr0 == 0)
		__asm__ __volatile__("fxsave64 (%0)" : : "r"(area) : "memory");
	else if (xopt)
		__asm__ __volatile__("xsaveopt64 (%0)" : : "r"(area), "a"(-1),
		    "d"(-1) : "memory");
	else
		__asm__ __volatile__("xsave64 (%0)" : : "r"(area), "a"(-1),
		    "d"(-1) : "memory");
}

static inline void
xrstor(void *area)
{
	if (xcr0 == 0)
		__asm__ __volatile__("fxrstor64 (%0)" : : "r"(area) :
		    "memory");
	else
		__asm__ __volatile__("xrstor64 (%0)" : : "r"(area), "a"(-1),
		    "d"(-1) : "memory");
}

/* On the thread's stack, interrupts off.  No area: not preempted. */
void
hw_preempt(struct bmk_regs *r)
{
	struct bmk_thread *t = bmk_curthread();
	void *area = t->bt_xsave;

	if (area == NULL) {
		area = bmk_malloc(xsize, 64);
		if (area == NULL)
			return;
		memset(area, 0, xsize);
		t->bt_xsave = area;
	}
	xsave(area);
	bmk_sched_preempt();
	xrstor(area);
	if (bmk_program_hook != NULL)
		(void)bmk_program_hook(r, NULL, 0);
}

size_t
bmk_platform_xsave_size(void)
{
	return xsize;
}

void
bmk_platform_settp(uint64_t tp)
{
	if (fsgsbase)
		__asm__ __volatile__("wrfsbase %0" : : "r"(tp));
	else
		wrmsr(MSR_FS_BASE, tp);
}
