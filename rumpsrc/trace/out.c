/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line that is being printed, and the way to what programs point to:
 * wrong pointers are shown, never followed.
 */
#include <stdarg.h>
#include <string.h>
#include <rump/rumpcomp_report.h>
#include "trace.h"

int	vsnprintf(char *, size_t, const char *, va_list);

static char out_buf[1024];		/* [trace_lock] */
static size_t out_len;

void
trace_flush(void)
{

	if (out_len != 0)
		rumpcomp_report_write(out_buf, out_len);
	out_len = 0;
}

void
trace_char(char c)
{

	if (out_len == sizeof(out_buf))
		trace_flush();
	out_buf[out_len++] = c;
}

void
trace_text(const char *s)
{

	for (; *s != '\0'; s++)
		trace_char(*s);
}

/* Numbers and short words: no more than fits. */
void
trace_fmt(const char *fmt, ...)
{
	char buf[96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	trace_text(buf);
}

void
trace_ptr(unsigned long addr)
{

	if (addr == 0)
		trace_text("NULL");
	else
		trace_fmt("0x%lx", addr);
}

int
trace_fetch(void *to, unsigned long from, size_t len)
{

	if (!rumpcomp_report_readable((const void *)from, len))
		return 0;
	memcpy(to, (const void *)from, len);
	return 1;
}

/* As C writes it; octal is as short as what follows allows. */
static void
out_byte(unsigned char c, unsigned char next)
{
	static const char plain[] = "\n\t\v\f\r\"\\", names[] = "ntvfr\"\\";
	const char *p = c != '\0' ? strchr(plain, c) : NULL;

	if (p != NULL)
		trace_fmt("\\%c", names[p - plain]);
	else if (c >= ' ' && c < 127)
		trace_char((char)c);
	else
		trace_fmt(next >= '0' && next <= '9' ? "\\%03o" : "\\%o", c);
}

void
trace_quote(const char *s, size_t len, int more)
{
	size_t i;

	trace_char('"');
	for (i = 0; i < len; i++)
		out_byte((unsigned char)s[i], i + 1 < len ?
		    (unsigned char)s[i + 1] : 0);
	trace_text(more ? "\"..." : "\"");
}

void
trace_bytes(unsigned long addr, size_t len)
{
	size_t n = len < TRACE_STRMAX ? len : TRACE_STRMAX;
	char buf[TRACE_STRMAX];

	if (addr == 0 || (n != 0 && !trace_fetch(buf, addr, n)))
		trace_ptr(addr);
	else
		trace_quote(buf, n, n < len);
}

void
trace_string(unsigned long addr)
{
	char buf[TRACE_STRMAX + 1];
	size_t n;

	for (n = 0; n < sizeof(buf); n++) {
		if (!trace_fetch(&buf[n], addr + n, 1)) {
			trace_ptr(addr);
			return;
		}
		if (buf[n] == '\0')
			break;
	}
	trace_quote(buf, n < TRACE_STRMAX ? n : TRACE_STRMAX,
	    n > TRACE_STRMAX);
}

int
trace_array(unsigned long addr, unsigned long n)
{
	char c;

	if (addr == 0 || (n != 0 && !trace_fetch(&c, addr, 1))) {
		trace_ptr(addr);
		return 0;
	}
	trace_char('[');
	return 1;
}
