/* SPDX-License-Identifier: BSD-2-Clause */
/* What the scheduler needs of the CPU beside traps: interrupts and sleep. */
#include "hw.h"
#include "cpu.h"

unsigned long
bmk_platform_irq_off(void)
{
	return irq_save();
}

void
bmk_platform_irq_restore(unsigned long saved)
{
	irq_restore(saved);
}

/* Interrupts stay off until the instruction after sti: no wake-up is lost. */
void
bmk_platform_idle(void)
{
	__asm__ __volatile__("sti; hlt; cli" : : : "memory");
}

unsigned
bmk_platform_ncpus(void)
{
	return 1;
}

int
hw_hypervisor(void)
{
	return (cpuid(1, 0).ecx & 1U << 31) != 0;
}

/* QEMU's interpreter: no real TSC, but its local APIC counts nanoseconds. */
int
hw_hypervisor_tcg(void)
{
	return hw_hypervisor() && cpuid(0x40000000, 0).ebx == 0x54474354;
}
