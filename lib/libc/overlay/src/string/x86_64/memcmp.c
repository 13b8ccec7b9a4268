/* SPDX-License-Identifier: BSD-2-Clause */
/* memcmp() by eight bytes at a time. */
#include <stdint.h>
#include <string.h>

typedef uint64_t word __attribute__((__may_alias__, __aligned__(1)));

int
memcmp(const void *va, const void *vb, size_t n)
{
	const unsigned char *a = va, *b = vb;
	uint64_t x, y;

	for (; n >= sizeof(x); a += sizeof(x), b += sizeof(x),
	    n -= sizeof(x)) {
		x = *(const word *)a;
		y = *(const word *)b;
		if (x != y)
			return __builtin_bswap64(x) < __builtin_bswap64(y) ?
			    -1 : 1;
	}
	for (; n != 0; a++, b++, n--)
		if (*a != *b)
			return *a - *b;
	return 0;
}
