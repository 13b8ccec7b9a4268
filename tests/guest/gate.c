/* SPDX-License-Identifier: BSD-2-Clause */
/* For t_gdb.sh: a program whose write is easy to find in a backtrace. */
#include <unistd.h>

static __attribute__((__noinline__)) int
say(const char *text)
{

	return (int)write(1, text, 6) + 1;
}

int
main(void)
{

	return say("hello\n") == 7 ? 0 : 1;
}
