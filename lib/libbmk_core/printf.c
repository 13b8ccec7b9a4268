/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel messages: formatted on the stack, at most LINE bytes a call. */
#include <bmk/bmk.h>

#define LINE	256

void __attribute__((__weak__))
bmk_platform_write(const char *s, size_t len)
{
	while (len-- > 0)
		bmk_platform_putc(*s++);
}

void
bmk_vprintf(const char *fmt, va_list ap)
{
	char line[LINE];
	int n = bmk_vsnprintf(line, sizeof(line), fmt, ap);

	bmk_platform_write(line, n < LINE ? (size_t)n : LINE - 1);
}

void
bmk_printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	bmk_vprintf(fmt, ap);
	va_end(ap);
}
