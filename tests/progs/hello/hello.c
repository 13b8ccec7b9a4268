/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest program of interest: musl's printf.  With -DOUTB_MAIN the
 * first statement of main ends QEMU by isa-debug-exit, to count the
 * instructions from reset to main.
 */
#include <stdio.h>

int
main(void)
{

#ifdef OUTB_MAIN
	__asm__ __volatile__("outb %%al, %%dx" : :
	    "a"((unsigned char)1), "d"((unsigned short)0x501));
#endif
	printf("Hello, world!\n");
	return 0;
}
