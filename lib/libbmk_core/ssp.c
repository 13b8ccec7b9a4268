/* SPDX-License-Identifier: BSD-2-Clause */
/* Stack protector: the canary (the platform sets it) and its failure. */
#include <bmk/bmk.h>

uintptr_t __stack_chk_guard;

void __stack_chk_fail(void) __attribute__((__noreturn__));

void
__stack_chk_fail(void)
{
	bmk_panic("stack smashed in the function above #0, stack of %s",
	    bmk_curthread()->bt_name);
}
