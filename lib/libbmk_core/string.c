/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory functions: words for short lengths, rep for long ones, where its
 * start-up cost is paid back.  Boot is measured in instructions, and each
 * iteration of a rep counts as one: it moves eight bytes where it can.
 */
#include <bmk/bmk.h>

/* Any alignment, any type. */
typedef uint64_t u64u __attribute__((__may_alias__, __aligned__(1)));
typedef uint32_t u32u __attribute__((__may_alias__, __aligned__(1)));
typedef uint16_t u16u __attribute__((__may_alias__, __aligned__(1)));

#define REP_MIN		256

/* Up to 16 bytes; loads come before stores, so overlap does not matter. */
static inline void
copy_small(char *d, const char *s, size_t n)
{
	uint64_t a, b;

	if (n >= 8) {
		a = *(const u64u *)s;
		b = *(const u64u *)(s + n - 8);
		*(u64u *)d = a;
		*(u64u *)(d + n - 8) = b;
	} else if (n >= 4) {
		a = *(const u32u *)s;
		b = *(const u32u *)(s + n - 4);
		*(u32u *)d = (uint32_t)a;
		*(u32u *)(d + n - 4) = (uint32_t)b;
	} else if (n >= 2) {
		a = *(const u16u *)s;
		b = *(const u16u *)(s + n - 2);
		*(u16u *)d = (uint16_t)a;
		*(u16u *)(d + n - 2) = (uint16_t)b;
	} else if (n != 0)
		*d = *s;
}

/* More than 16 bytes; d is before s, or they do not overlap. */
static inline void
copy_forward(char *d, const char *s, size_t n)
{
	const u64u *last = (const u64u *)(s + n - 16);
	uint64_t a, b, x = last[0], y = last[1];
	size_t words = n / 8;
	u64u *end = (u64u *)(d + n - 16);

	if (n >= REP_MIN)
		__asm__ __volatile__("rep movsq" : "+D"(d), "+S"(s),
		    "+c"(words) : : "memory");
	else
		/* Two words at a time, the last two from the end. */
		do {
			a = ((const u64u *)s)[0];
			b = ((const u64u *)s)[1];
			((u64u *)d)[0] = a;
			((u64u *)d)[1] = b;
			s += 16;
			d += 16;
		} while (d < (char *)end);
	end[0] = x;
	end[1] = y;
}

void *
memcpy(void *__restrict dst, const void *__restrict src, size_t n)
{
	if (n <= 16)
		copy_small(dst, src, n);
	else
		copy_forward(dst, src, n);
	return dst;
}

void *
memmove(void *dst, const void *src, size_t n)
{
	const char *s = src;
	uint64_t first;
	char *d = dst;

	if (n <= 16) {
		copy_small(d, s, n);
		return dst;
	}
	if ((uintptr_t)d - (uintptr_t)s >= n) {
		copy_forward(d, s, n);
		return dst;
	}
	first = *(const u64u *)s;
	for (; n > 8; n -= 8)
		*(u64u *)(d + n - 8) = *(const u64u *)(s + n - 8);
	*(u64u *)d = first;
	return dst;
}

void *
memset(void *dst, int c, size_t n)
{
	uint64_t v = (uint8_t)c * 0x0101010101010101UL;
	char *d = dst, *end = d + n - 8;
	size_t words = n / 8;

	if (n < 8) {
		while (n-- > 0)
			d[n] = (char)c;
		return dst;
	}
	*(u64u *)end = v;
	if (n >= REP_MIN)
		__asm__ __volatile__("rep stosq" : "+D"(d), "+c"(words) :
		    "a"(v) : "memory");
	else
		for (; d < end; d += 8)
			*(u64u *)d = v;
	return dst;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n >= 8 && *(const u64u *)p == *(const u64u *)q; n -= 8) {
		p += 8;
		q += 8;
	}
	for (; n > 0; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

size_t
strlen(const char *s)
{
	const char *p = s;

	while (*p != '\0')
		p++;
	return (size_t)(p - s);
}

size_t
strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n] != '\0')
		n++;
	return n;
}

int
strcmp(const char *a, const char *b)
{
	while (*a == *b && *a != '\0') {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}
