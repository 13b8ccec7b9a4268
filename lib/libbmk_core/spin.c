/* SPDX-License-Identifier: BSD-2-Clause */
/* Spin locks: test and test-and-set, interrupts off while held. */
#include <bmk/bmk.h>

unsigned long
bmk_spin_enter(struct bmk_spin *sl)
{
	unsigned long saved = bmk_platform_irq_off();

	while (__atomic_exchange_n(&sl->sl_locked, 1, __ATOMIC_ACQUIRE) != 0)
		while (sl->sl_locked)
			__builtin_ia32_pause();
	return saved;
}

void
bmk_spin_exit(struct bmk_spin *sl, unsigned long saved)
{
	__atomic_store_n(&sl->sl_locked, 0, __ATOMIC_RELEASE);
	bmk_platform_irq_restore(saved);
}
