/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers and the image base from a report.  Lines of registers hold words
 * "name=hex"; names that are not known are passed over.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"

#define REG(name) { #name, offsetof(struct user_regs_struct, name) }

static const struct {
	char	n_name[4];
	size_t	n_offset;
} names[] = {
	REG(rip), REG(rsp), REG(rbp), REG(rax), REG(rbx), REG(rcx), REG(rdx),
	REG(rsi), REG(rdi), REG(r8), REG(r9), REG(r10), REG(r11), REG(r12),
	REG(r13), REG(r14), REG(r15),
};

static void
registers(struct crash *cr, const char *line)
{
	const char *eq;
	char *end;

	for (; (eq = strchr(line, '=')) != NULL; line = end) {
		uint64_t v = strtoull(eq + 1, &end, 16);

		line += strspn(line, " ");
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strlen(names[i].n_name) == (size_t)(eq - line) &&
			    memcmp(names[i].n_name, line,
			    (size_t)(eq - line)) == 0) {
				memcpy((char *)&cr->cr_regs +
				    names[i].n_offset, &v, sizeof(v));
				cr->cr_whole |= names[i].n_offset ==
				    offsetof(struct user_regs_struct, r15);
			}
	}
}

void
crash_line(struct crash *cr, const char *line)
{
	const char *s;

	if (cr->cr_done)
		return;
	if (strncmp(line, "panic: ", 7) == 0) {
		cr->cr_begun = true;
		s = strstr(line, ", vector ");
		cr->cr_fault = s != NULL;
		if (s != NULL)
			cr->cr_vector = (unsigned)strtoul(s + 9, NULL, 10);
	} else if (strncmp(line, "  r", 3) == 0) {
		registers(cr, line);
	} else if (strncmp(line, "image-base: ", 12) == 0) {
		cr->cr_base = strtoull(line + 12, NULL, 16);
	} else if (strncmp(line, "end-of-panic", 12) == 0) {
		cr->cr_done = cr->cr_begun;
	}
}
