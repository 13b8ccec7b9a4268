/* SPDX-License-Identifier: BSD-2-Clause */
/* The string functions that not every image needs. */
#include <bmk/bmk.h>

int
strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++) {
		if (*a != *b)
			return (unsigned char)*a - (unsigned char)*b;
		if (*a == '\0')
			break;
	}
	return 0;
}

char *
strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (*s == '\0')
			return NULL;
	}
}

char *
strrchr(const char *s, int c)
{
	const char *found = NULL;

	for (;; s++) {
		if (*s == (char)c)
			found = s;
		if (*s == '\0')
			return (char *)(uintptr_t)found;
	}
}

size_t
strlcpy(char *dst, const char *src, size_t size)
{
	size_t n;

	for (n = 0; src[n] != '\0'; n++)
		if (n < size)
			dst[n] = src[n];
	if (size > 0)
		dst[n < size ? n : size - 1] = '\0';
	return n;
}

size_t
strlcat(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(dst, size);

	if (len == size)
		return len + strlen(src);
	return len + strlcpy(dst + len, src, size - len);
}
