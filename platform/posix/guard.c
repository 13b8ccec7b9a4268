/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stack canary of the component archives, which use a global one (the
 * same archives run on hw).  Random for each start; its low byte is 0, so
 * that a string copy cannot write it.
 */
#include <sys/random.h>

#include <stdint.h>

extern uintptr_t __stack_chk_guard;
uintptr_t __stack_chk_guard = 0x7e3f1d5a92c4b600;

/* Before every constructor with the default priority. */
static void __attribute__((__constructor__(101)))
guard_init(void)
{
	uintptr_t guard;

	if (getrandom(&guard, sizeof(guard), GRND_NONBLOCK) == sizeof(guard))
		__stack_chk_guard = guard & ~(uintptr_t)0xff;
}
