/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crash: what the text of a panic or fault says (doc/contracts.md), taken
 * from the lines that pass the filter.  The text is the guest's: numbers out
 * of it are never trusted to be addresses of anything.
 */
#ifndef RUMPRUN_CRASH_H
#define RUMPRUN_CRASH_H

#include <sys/user.h>

#include <stdbool.h>
#include <stdint.h>

struct crash {
	bool	 cr_begun, cr_done;	/* done: up to "end-of-panic" */
	bool	 cr_fault;		/* a fault, else a panic or abort */
	bool	 cr_whole;		/* all registers were named */
	unsigned cr_vector;		/* of a fault */
	uint64_t cr_base;		/* image-base */
	struct user_regs_struct cr_regs; /* those that were named */
};

/* One whole line of the text; the first report is the one that counts. */
void crash_line(struct crash *, const char *line);

#endif /* RUMPRUN_CRASH_H */
