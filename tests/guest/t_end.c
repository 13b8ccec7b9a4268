/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * end(3): the ends of code, initialised data and zeroed data, as the linker
 * gives them.
 */
#include <stdint.h>

#include "../check.h"

extern char etext[], edata[], end[], _etext[], __etext[], _edata[], _end[];
static volatile int data = 7, zero;

int
main(void)
{
	CHECK((uintptr_t)main < (uintptr_t)etext);
	CHECK((uintptr_t)etext <= (uintptr_t)&data);
	CHECK((uintptr_t)&data < (uintptr_t)edata);
	CHECK((uintptr_t)edata <= (uintptr_t)&zero);
	CHECK((uintptr_t)&zero < (uintptr_t)end);
	CHECK(&etext[0] == &_etext[0] && &etext[0] == &__etext[0]);
	CHECK(&edata[0] == &_edata[0] && &end[0] == &_end[0]);
	return check_done();
}
