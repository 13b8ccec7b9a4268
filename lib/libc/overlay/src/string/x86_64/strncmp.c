/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * strncmp() by 16 bytes at a time, but single ones near the end of a page,
 * behind which there may be nothing.
 */
#include <stdint.h>
#include <string.h>

#define BLOCK	16
#define PAGE	4096

typedef char block __attribute__((__vector_size__(BLOCK), __may_alias__,
    __aligned__(1)));

static inline int
near_end(const char *p)
{
	return ((uintptr_t)p & (PAGE - 1)) > PAGE - BLOCK;
}

/* Where the blocks at a and b differ or a ends; BLOCK: nowhere. */
static inline size_t
stop(const char *a, const char *b)
{
	block v = *(const block *)a, w = *(const block *)b;

	return (size_t)__builtin_ctz(1U << BLOCK |
	    (unsigned)__builtin_ia32_pmovmskb128((v != w) | (v == 0)));
}

int
strncmp(const char *a, const char *b, size_t n)
{
	size_t i, k;

	for (; n != 0; a += k, b += k, n -= k) {
		if (near_end(a) || near_end(b)) {
			k = 1;
			i = *a != *b || *a == '\0' ? 0 : 1;
		} else {
			k = n < BLOCK ? n : BLOCK;
			i = stop(a, b);
		}
		if (i < k)
			return (unsigned char)a[i] - (unsigned char)b[i];
	}
	return 0;
}
