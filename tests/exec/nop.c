/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that only starts and ends. */
int
main(void)
{
	return 0;
}
