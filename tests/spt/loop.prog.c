/* SPDX-License-Identifier: BSD-2-Clause */
/* Program text: it is preempted. */
void loop_for_ever(void);

void
loop_for_ever(void)
{
	for (;;)
		__asm__ __volatile__("");
}
