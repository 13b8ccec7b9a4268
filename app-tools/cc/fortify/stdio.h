/* SPDX-License-Identifier: BSD-2-Clause */
/* stdio.h, and with _FORTIFY_SOURCE its functions checked. */
#include_next <stdio.h>
#include <rumprun-fortify.h>

#if defined(RUMPRUN_FORTIFY) && !defined(RUMPRUN_FORTIFY_STDIO_H)
#define RUMPRUN_FORTIFY_STDIO_H

RUMPRUN_REAL(fgets);
RUMPRUN_REAL(fread);
RUMPRUN_REAL(fwrite);
RUMPRUN_REAL(snprintf);
RUMPRUN_REAL(vsnprintf);

#undef fgets
RUMPRUN_FORTIFIED char *
fgets(char *__restrict rr_s, int rr_n, FILE *__restrict rr_f)
{
	RUMPRUN_LIMIT(rr_n > 0 ? (size_t)rr_n : 0, RUMPRUN_STRSIZE(rr_s));
	return rumprun_real_fgets(rr_s, rr_n, rr_f);
}

#undef fread
RUMPRUN_FORTIFIED size_t
fread(void *__restrict rr_d, size_t rr_size, size_t rr_n,
    FILE *__restrict rr_f)
{
	size_t rr_len;

	if (__builtin_mul_overflow(rr_size, rr_n, &rr_len))
		rr_len = (size_t)-2;
	RUMPRUN_LIMIT(rr_len, RUMPRUN_SIZE(rr_d));
	return rumprun_real_fread(rr_d, rr_size, rr_n, rr_f);
}

#undef fwrite
RUMPRUN_FORTIFIED size_t
fwrite(const void *__restrict rr_s, size_t rr_size, size_t rr_n,
    FILE *__restrict rr_f)
{
	size_t rr_len;

	if (__builtin_mul_overflow(rr_size, rr_n, &rr_len))
		rr_len = (size_t)-2;
	RUMPRUN_LIMIT(rr_len, RUMPRUN_SIZE(rr_s));
	return rumprun_real_fwrite(rr_s, rr_size, rr_n, rr_f);
}

#undef vsnprintf
RUMPRUN_FORTIFIED int
vsnprintf(char *__restrict rr_s, size_t rr_n, const char *__restrict rr_fmt,
    __builtin_va_list rr_ap)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_STRSIZE(rr_s));
	return rumprun_real_vsnprintf(rr_s, rr_n, rr_fmt, rr_ap);
}

#undef snprintf
RUMPRUN_FORTIFIED int
snprintf(char *__restrict rr_s, size_t rr_n, const char *__restrict rr_fmt,
    ...)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_STRSIZE(rr_s));
	return rumprun_real_snprintf(rr_s, rr_n, rr_fmt,
	    __builtin_va_arg_pack());
}

/* Cut at the end, then found too long: nothing was written behind it. */
#undef vsprintf
RUMPRUN_FORTIFIED int
vsprintf(char *__restrict rr_s, const char *__restrict rr_fmt,
    __builtin_va_list rr_ap)
{
	size_t rr_size = RUMPRUN_STRSIZE(rr_s);
	int rr_n;

	rr_n = rumprun_real_vsnprintf(rr_s, rr_size > __INT_MAX__ ?
	    __INT_MAX__ : rr_size, rr_fmt, rr_ap);
	RUMPRUN_LIMIT(rr_n < 0 ? 0 : (size_t)rr_n + 1, rr_size);
	return rr_n;
}

#undef sprintf
RUMPRUN_FORTIFIED int
sprintf(char *__restrict rr_s, const char *__restrict rr_fmt, ...)
{
	size_t rr_size = RUMPRUN_STRSIZE(rr_s);
	int rr_n;

	rr_n = rumprun_real_snprintf(rr_s, rr_size > __INT_MAX__ ?
	    __INT_MAX__ : rr_size, rr_fmt, __builtin_va_arg_pack());
	RUMPRUN_LIMIT(rr_n < 0 ? 0 : (size_t)rr_n + 1, rr_size);
	return rr_n;
}
#endif
