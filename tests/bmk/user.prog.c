/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Program text for t_user: a thread pointer and floating point modes of its
 * own, checked again and again, while it is preempted and while it calls.
 */
#include "user.h"

void
user_loop(struct user *u)
{
	unsigned mxcsr = 0x1f80 | u->u_id % 4 << 13, m;
	unsigned short cw = 0x37f & ~(u->u_id % 4 == 1 ? 0x300 : 0), c;
	unsigned long tp, n;

	u->u_sp = (unsigned long)__builtin_frame_address(0);
	__asm__ __volatile__("ldmxcsr %0; fldcw %1" : : "m"(mxcsr), "m"(cw));
	for (n = 0; !*u->u_stop; n++) {
		__asm__ __volatile__("movq %%fs:0, %0" : "=r"(tp));
		__asm__ __volatile__("stmxcsr %0; fnstcw %1" : "=m"(m),
		    "=m"(c));
		if (tp != (unsigned long)u || (m & 0x6000) != (mxcsr & 0x6000)
		    || c != cw)
			u->u_bad++;
		if (n % 1000 == 0)
			u->u_call();
		u->u_rounds = n + 1;
	}
	u->u_exit();
}
