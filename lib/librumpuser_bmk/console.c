/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console.  One thread at a time waits for input (the tty's reader).
 */
#include <rump/rumpcomp_cons.h>

#include "user.h"

#define NOTHING	(-1)
#define ATEOF	(-2)

static int ahead = NOTHING;	/* a byte that poll read; one reader */

void
rumpuser_putchar(int ch)
{
	bmk_platform_putc(ch);
}

void
rumpuser_dprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	bmk_vprintf(fmt, ap);
	va_end(ap);
}

/* Atomically: two readers never get the same byte. */
static int
take(void)
{
	int c = __atomic_exchange_n(&ahead, NOTHING, __ATOMIC_ACQ_REL);

	return c != NOTHING ? c : bmk_platform_getc();
}

int
rumpcomp_cons_poll(void)
{
	int c = take();

	if (c != NOTHING)
		__atomic_store_n(&ahead, c, __ATOMIC_RELEASE);
	return c != NOTHING;
}

int
rumpcomp_cons_getc(void)
{
	int c, nlocks;

	c = take();
	if (c == NOTHING) {
		user_unschedule(&nlocks, NULL);
		for (;;) {
			bmk_sched_prepare(BMK_TIME_NEVER);
			bmk_platform_getc_wakeup(bmk_curthread());
			c = take();
			if (c != NOTHING)
				break;
			(void)bmk_sched_block();
		}
		user_schedule(nlocks, NULL);
	}
	return c == ATEOF ? -1 : c;
}
