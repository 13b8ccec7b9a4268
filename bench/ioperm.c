/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linked to hello as Linux's /init: lets main write to the port of
 * isa-debug-exit.  One system call, part of Linux's count.
 */
#include <stdio.h>
#include <sys/io.h>

__attribute__((constructor)) static void
open_port(void)
{

	if (ioperm(0x501, 1, 1) == -1)
		perror("ioperm");
}
