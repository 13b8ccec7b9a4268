/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fake component.  NAME its name; SYSCALL: defines rump_sysimpl_<that>;
 * REFERS: refers to that symbol.
 */
#include <rump/component.h>

#ifdef SYSCALL
#define CAT_(a, b)	a##b
#define CAT(a, b)	CAT_(a, b)
long CAT(rump_sysimpl_, SYSCALL)(void);
long
CAT(rump_sysimpl_, SYSCALL)(void)
{
	static long calls[100];

	return ++calls[0];
}
#endif
#ifdef REFERS
extern void REFERS(void);
#endif
#define REGISTER(n)	RUMP_COMPONENT(n, RUMP_FACTION_BASE)
REGISTER(NAME)
{
#ifdef REFERS
	REFERS();
#endif
	return 0;
}
