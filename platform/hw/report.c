/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports about programs: the launcher's debug port, else the console. */
#include <rump/rumpcomp_report.h>

#include "hw.h"
#include "cpu.h"

#define PORT_REPORT	0xea		/* reads as its number when there */

void
rumpcomp_report_write(const char *s, size_t len)
{
	if (inb(PORT_REPORT) == PORT_REPORT) {
		for (; len > 0; s++, len--)
			outb(PORT_REPORT, (uint8_t)*s);
		return;
	}
	for (; len > 0; s++, len--) {
		if (*s == '\n')
			bmk_platform_putc('\r');
		bmk_platform_putc(*s);
	}
}
