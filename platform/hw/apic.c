/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local APIC (x2APIC where the CPU has it, else its page) and IOAPIC.  Both
 * are set up by whoever first needs an interrupt.  The 8259s were masked at
 * start and stay so.  Lock: ioapic_lock for the IOAPIC's index register.
 */
#include "hw.h"
#include "acpi.h"
#include "cpu.h"

#define APIC_ID		0x020
#define APIC_TPR	0x080
#define APIC_EOI	0x0b0
#define APIC_SVR	0x0f0
#define APIC_LINT0	0x350
#define APIC_MASKED	0x10000

static volatile uint32_t *lapic;	/* [I] NULL: x2APIC */
static int ready;			/* [c] */
static struct bmk_spin ioapic_lock;
static volatile uint32_t *ioapic[ACPI_NIOAPIC];	/* [I] once mapped */

uint32_t
hw_apic_read(unsigned reg)
{
	if (lapic == NULL)
		return (uint32_t)rdmsr(0x800 + (reg >> 4));
	return lapic[reg / 4];
}

void
hw_apic_write(unsigned reg, uint32_t v)
{
	if (lapic == NULL)
		wrmsr(0x800 + (reg >> 4), v);
	else
		lapic[reg / 4] = v;
}

void
hw_apic_init(void)
{
	uint64_t base;

	if (ready)
		return;
	base = rdmsr(MSR_APIC_BASE);
	if (cpuid(1, 0).ecx & 1U << 21) {
		wrmsr(MSR_APIC_BASE, base | 0xc00);
	} else {
		wrmsr(MSR_APIC_BASE, base | 0x800);
		lapic = hw_map_phys(base & PTE_ADDR, BMK_PAGE_SIZE,
		    HW_MAP_UC);
		if (lapic == NULL)
			bmk_panic("no memory for the local APIC's page");
	}
	hw_apic_write(APIC_LINT0, APIC_MASKED);
	hw_apic_write(APIC_TPR, 0);
	hw_apic_write(APIC_SVR, 0x100 | HW_VEC_SPURIOUS);
	hw_vector_set(HW_VEC_SPURIOUS, NULL, NULL);
	ready = 1;
}

void
hw_apic_eoi(void)
{
	hw_apic_write(APIC_EOI, 0);
}

uint32_t
hw_apic_id(void)
{
	uint32_t id = hw_apic_read(APIC_ID);

	return lapic == NULL ? id : id >> 24;
}

static uint32_t
ioapic_read(volatile uint32_t *io, unsigned reg)
{
	io[0] = reg;
	return io[4];
}

static void
ioapic_write(volatile uint32_t *io, unsigned reg, uint32_t v)
{
	io[0] = reg;
	io[4] = v;
}

/* The IOAPIC that has this interrupt, and which of its pins. */
static volatile uint32_t *
ioapic_find(const struct acpi_madt *m, unsigned gsi, unsigned *pin)
{
	unsigned i, n;

	for (i = 0; i < m->am_nioapic; i++) {
		if (gsi < m->am_ioapic[i].ai_gsi)
			continue;
		if (ioapic[i] == NULL)
			ioapic[i] = hw_map_phys(m->am_ioapic[i].ai_pa, 0x20,
			    HW_MAP_UC);
		if (ioapic[i] == NULL)
			return NULL;
		n = (ioapic_read(ioapic[i], 1) >> 16 & 0xff) + 1;
		*pin = gsi - m->am_ioapic[i].ai_gsi;
		if (*pin < n)
			return ioapic[i];
	}
	return NULL;
}

int
hw_gsi_irq(unsigned gsi, int level, int low, void (*fn)(void *), void *arg)
{
	const struct acpi_madt *m = hw_acpi_madt();
	volatile uint32_t *io;
	unsigned long saved;
	unsigned pin;
	int v;

	hw_apic_init();
	saved = bmk_spin_enter(&ioapic_lock);
	io = ioapic_find(m, gsi, &pin);
	bmk_spin_exit(&ioapic_lock, saved);
	if (io == NULL)
		return BMK_ENXIO;
	v = hw_vector_alloc(fn, arg);
	if (v < 0)
		return BMK_ENOMEM;
	saved = bmk_spin_enter(&ioapic_lock);
	ioapic_write(io, 0x11 + 2 * pin, hw_apic_id() << 24);
	ioapic_write(io, 0x10 + 2 * pin, v | (level ? 1U << 15 : 0) |
	    (low ? 1U << 13 : 0));
	bmk_spin_exit(&ioapic_lock, saved);
	return 0;
}

int
hw_isa_irq(unsigned line, void (*fn)(void *), void *arg)
{
	const struct acpi_madt *m = hw_acpi_madt();
	unsigned i;

	for (i = 0; i < m->am_noverride; i++)
		if (m->am_override[i].ao_irq == line)
			return hw_gsi_irq(m->am_override[i].ao_gsi,
			    (m->am_override[i].ao_flags >> 2 & 3) == 3,
			    (m->am_override[i].ao_flags & 3) == 3, fn, arg);
	return hw_gsi_irq(line, 0, 0, fn, arg);
}
