/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console: characters to standard output, diagnostics to standard error,
 * input from standard input.  stdio's own locks are below any of ours.
 */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <rump/rumpcomp_cons.h>
#include "posix_user.h"

void
rumpuser_putchar(int ch)
{

	putchar(ch);
}

void
rumpuser_dprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
}

int
rumpcomp_cons_poll(void)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1;
}

int
rumpcomp_cons_getc(void)
{
	unsigned char ch;
	int nlocks;
	ssize_t n;

	posix_unsched(&nlocks, NULL);
	fflush(stdout);		/* a prompt */
	do
		n = read(STDIN_FILENO, &ch, 1);
	while (n == -1 && errno == EINTR);
	posix_sched(nlocks, NULL);
	return n == 1 ? ch : -1;
}
