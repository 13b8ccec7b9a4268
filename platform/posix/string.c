/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * strlcpy and strlcat for component archives: glibc before 2.38 has none.
 * Hidden, so that nothing outside this link sees them.
 */
#include <string.h>

#define FALLBACK __attribute__((__weak__, __visibility__("hidden")))

size_t strlcpy(char *, const char *, size_t) FALLBACK;
size_t strlcat(char *, const char *, size_t) FALLBACK;

size_t
strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src), n;

	if (size != 0) {
		n = len < size ? len : size - 1;
		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}

size_t
strlcat(char *dst, const char *src, size_t size)
{
	size_t used = strnlen(dst, size);

	return used + strlcpy(dst + used, src, size - used);
}
