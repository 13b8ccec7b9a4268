/* SPDX-License-Identifier: BSD-2-Clause */
/* Run times: a mark at each switch of threads, on each CPU. */
#include <rump/rumpcomp_cputime.h>

#include "user.h"

/* [c] only by that CPU, interrupts off. */
struct running {
	struct bmk_thread *ru_thread;	/* NULL: idle */
	int64_t		 ru_since;
};
static struct running running[BMK_MAXCPUS];
static void (*user_charge)(struct lwp *, int64_t);	/* [I] */

/* next runs from now on; NULL: nobody.  Interrupts are off. */
static void
account(struct bmk_thread *next)
{
	struct running *ru = &running[bmk_curcpu()->bc_id];
	int64_t now = bmk_platform_monotonic();

	if (ru->ru_thread != NULL && ru->ru_thread->bt_lwp != NULL)
		user_charge(ru->ru_thread->bt_lwp, now - ru->ru_since);
	ru->ru_thread = next;
	ru->ru_since = now;
}

int
rumpcomp_cputime_init(void (*charge)(struct lwp *, int64_t))
{
	user_charge = charge;
	bmk_account = account;
	rumpcomp_cputime_update();
	return 0;
}

void
rumpcomp_cputime_update(void)
{
	unsigned long saved = bmk_platform_irq_off();

	account(bmk_curthread());
	bmk_platform_irq_restore(saved);
}
