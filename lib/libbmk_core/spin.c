/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spin locks: interrupts off while held, and test and test-and-set once a
 * second CPU is up.  With one CPU nobody else can hold it.
 */
#include "sched.h"

int bmk_smp;

/* Apart, so that the usual case is a few instructions. */
static unsigned long __attribute__((__noinline__))
contend(struct bmk_spin *sl, unsigned long saved)
{
	if (!bmk_smp)
		bmk_panic("spin lock %p taken twice", (void *)sl);
	while (__atomic_exchange_n(&sl->sl_locked, 1, __ATOMIC_ACQUIRE) != 0)
		while (sl->sl_locked)
			__builtin_ia32_pause();
	return saved;
}

unsigned long
bmk_spin_enter(struct bmk_spin *sl)
{
	unsigned long saved = bmk_platform_irq_off();

	if ((bmk_smp | sl->sl_locked) != 0)
		return contend(sl, saved);
	sl->sl_locked = 1;
	return saved;
}

void
bmk_spin_exit(struct bmk_spin *sl, unsigned long saved)
{
	__atomic_store_n(&sl->sl_locked, 0, __ATOMIC_RELEASE);
	bmk_platform_irq_restore(saved);
}
