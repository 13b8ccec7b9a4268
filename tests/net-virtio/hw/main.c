/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeps while the component test_echo works. */
#include <stdio.h>
#include <unistd.h>

int
main(void)
{
	printf("ready\n");
	fflush(stdout);
	for (;;)
		sleep(1000);
}
