/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the machine.  Under QEMU the status leaves by the debug port
 * (the launcher reads it there) and by isa-debug-exit; then the ways of real
 * machines: ACPI power-off, resets, and at last hlt for ever.
 */
#include "hw.h"
#include "acpi.h"
#include "cpu.h"

#define PORT_DEBUG	0xe9
#define PORT_EXIT	0x501

static void
debug_text(const char *s)
{
	for (; *s != '\0'; s++)
		outb(PORT_DEBUG, (uint8_t)*s);
}

static void
record(int status)
{
	char digits[12];
	unsigned v = status < 0 ? -(unsigned)status : (unsigned)status, i;

	if (inb(PORT_DEBUG) != PORT_DEBUG)
		return;
	i = sizeof(digits) - 1;
	digits[i] = '\0';
	do
		digits[--i] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	debug_text("\001exit ");
	if (status < 0)
		outb(PORT_DEBUG, '-');
	debug_text(digits + i);
	outb(PORT_DEBUG, '\n');
}

/* A fault with no descriptor table: the CPU gives up and resets. */
static void
triple_fault(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((__packed__)) none = { 0, 0 };

	__asm__ __volatile__("lidt %0; int3" : : "m"(none));
}

void
bmk_platform_halt(int status)
{
	(void)irq_save();
	record(status);
	if (hw_hypervisor())
		outb(PORT_EXIT, (uint8_t)(status & 0x7f));
	hw_acpi_poweroff();
	hw_acpi_reset();
	outb(0x64, 0xfe);
	triple_fault();
	for (;;)
		__asm__ __volatile__("cli; hlt");
}
