/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * strstr() by 16 bytes at a time, for servers that look for short words in
 * short texts: the places where the needle's first two bytes stand, and
 * whether the rest follows.  A text that leads this astray for long is left
 * to upstream's search, whose time is linear.
 *
 * Reads whole aligned blocks, and what precedes them: never a page that the
 * text does not touch.
 */
#include <stdint.h>
#include <string.h>

#define strstr	linear_strstr
static char *strstr(const char *, const char *);
#include "../strstr.c"
#undef strstr

#define BLOCK	16
/* Comparisons beyond one for each byte of the text so far. */
#define SPARE	256

typedef char block __attribute__((__vector_size__(BLOCK), __may_alias__));
typedef block ublock __attribute__((__aligned__(1)));

/* Bit i: byte i, a result of a comparison, is true. */
static inline unsigned
bits(block b)
{
	return (unsigned)__builtin_ia32_pmovmskb128(b);
}

/* How many bytes of n stand at h. */
static inline size_t
same(const char *h, const char *n)
{
	size_t i;

	for (i = 0; n[i] != '\0' && n[i] == h[i]; i++)
		continue;
	return i;
}

char *
strstr(const char *h, const char *n)
{
	const char *p = (const char *)((uintptr_t)h & -BLOCK), *at;
	unsigned m, skip = (unsigned)(h - p);
	block first, second, v;
	size_t work = 0, k;

	if (n[0] == '\0')
		return (char *)h;
	if (h[0] == '\0')
		return NULL;
	if (n[1] == '\0')
		return strchr(h, n[0]);
	first = (block){ 0 } + n[0];
	second = (block){ 0 } + n[1];
	v = *(const block *)p;
	/* Where the second byte stands after the first, and the end. */
	m = ((bits(v == second) & bits(v == first) << 1 & ~1U << skip) |
	    (bits(v == 0) & ~0U << skip));
	for (;;) {
		for (; m != 0; m &= m - 1) {
			at = p + __builtin_ctz(m);
			if (*at == '\0')
				return NULL;
			k = same(at + 1, n + 2);
			if (n[2 + k] == '\0')
				return (char *)at - 1;
			work += k;
			if (work > (size_t)(at - h) + SPARE)
				return linear_strstr(at, n);
		}
		p += BLOCK;
		v = *(const block *)p;
		m = bits(((v == second) & (*(const ublock *)(p - 1) == first)) |
		    (v == 0));
	}
}
