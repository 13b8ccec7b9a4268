/* SPDX-License-Identifier: BSD-2-Clause */
/* string.h, and with _FORTIFY_SOURCE its functions checked. */
#include_next <string.h>
#include <rumprun-fortify.h>

#if defined(RUMPRUN_FORTIFY) && !defined(RUMPRUN_FORTIFY_STRING_H)
#define RUMPRUN_FORTIFY_STRING_H

#undef memcpy
RUMPRUN_FORTIFIED void *
memcpy(void *__restrict rr_d, const void *__restrict rr_s, size_t rr_n)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_SIZE(rr_d));
	RUMPRUN_LIMIT(rr_n, RUMPRUN_SIZE(rr_s));
	return __builtin_memcpy(rr_d, rr_s, rr_n);
}

#undef memmove
RUMPRUN_FORTIFIED void *
memmove(void *rr_d, const void *rr_s, size_t rr_n)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_SIZE(rr_d));
	RUMPRUN_LIMIT(rr_n, RUMPRUN_SIZE(rr_s));
	return __builtin_memmove(rr_d, rr_s, rr_n);
}

#undef memset
RUMPRUN_FORTIFIED void *
memset(void *rr_d, int rr_c, size_t rr_n)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_SIZE(rr_d));
	return __builtin_memset(rr_d, rr_c, rr_n);
}

#undef strcpy
RUMPRUN_FORTIFIED char *
strcpy(char *__restrict rr_d, const char *__restrict rr_s)
{
	RUMPRUN_LIMIT(__builtin_strlen(rr_s) + 1, RUMPRUN_STRSIZE(rr_d));
	return __builtin_strcpy(rr_d, rr_s);
}

#undef strncpy
RUMPRUN_FORTIFIED char *
strncpy(char *__restrict rr_d, const char *__restrict rr_s, size_t rr_n)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_STRSIZE(rr_d));
	return __builtin_strncpy(rr_d, rr_s, rr_n);
}

#undef strcat
RUMPRUN_FORTIFIED char *
strcat(char *__restrict rr_d, const char *__restrict rr_s)
{
	RUMPRUN_LIMIT(__builtin_strlen(rr_d) + __builtin_strlen(rr_s) + 1,
	    RUMPRUN_STRSIZE(rr_d));
	return __builtin_strcat(rr_d, rr_s);
}

#undef strncat
RUMPRUN_FORTIFIED char *
strncat(char *__restrict rr_d, const char *__restrict rr_s, size_t rr_n)
{
	/* What follows a length of n is not looked at. */
	RUMPRUN_LIMIT(__builtin_strlen(rr_d) + strnlen(rr_s, rr_n) + 1,
	    RUMPRUN_STRSIZE(rr_d));
	return __builtin_strncat(rr_d, rr_s, rr_n);
}

#if defined(_POSIX_C_SOURCE) || defined(_GNU_SOURCE) || \
    defined(_XOPEN_SOURCE) || defined(_BSD_SOURCE)
#undef stpcpy
RUMPRUN_FORTIFIED char *
stpcpy(char *__restrict rr_d, const char *__restrict rr_s)
{
	RUMPRUN_LIMIT(__builtin_strlen(rr_s) + 1, RUMPRUN_STRSIZE(rr_d));
	return __builtin_stpcpy(rr_d, rr_s);
}
#endif

#if defined(_GNU_SOURCE)
#undef mempcpy
RUMPRUN_FORTIFIED void *
mempcpy(void *rr_d, const void *rr_s, size_t rr_n)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_SIZE(rr_d));
	RUMPRUN_LIMIT(rr_n, RUMPRUN_SIZE(rr_s));
	return __builtin_mempcpy(rr_d, rr_s, rr_n);
}
#endif

#if defined(_GNU_SOURCE) || defined(_BSD_SOURCE)
RUMPRUN_REAL(strlcpy);
RUMPRUN_REAL(strlcat);
#undef strlcpy
RUMPRUN_FORTIFIED size_t
strlcpy(char *rr_d, const char *rr_s, size_t rr_n)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_STRSIZE(rr_d));
	return rumprun_real_strlcpy(rr_d, rr_s, rr_n);
}

#undef strlcat
RUMPRUN_FORTIFIED size_t
strlcat(char *rr_d, const char *rr_s, size_t rr_n)
{
	RUMPRUN_LIMIT(rr_n, RUMPRUN_STRSIZE(rr_d));
	return rumprun_real_strlcat(rr_d, rr_s, rr_n);
}
#endif
#endif
