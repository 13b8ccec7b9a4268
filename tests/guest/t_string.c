/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The string functions of our own in libc against ones that go byte by byte:
 * texts of two letters, which are full of near misses, at every alignment and
 * up to the last byte before a page that cannot be read; and texts that lead
 * strstr() astray for long.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "../check.h"

#define PAGE	4096UL
#define LONGEST	70
#define ASTRAY	200000

static char *text_end, *word_end;	/* nothing can be read from here on */

static unsigned
next(void)
{
	static uint32_t x = 1;

	x = x * 1664525 + 1013904223;
	return x >> 16;
}

/* A page, and one behind it that faults: the end of the first. */
static char *
guarded(void)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK(mprotect(p + PAGE, PAGE, PROT_NONE) == 0);
	return p + PAGE;
}

static char *
fill(char *p, size_t n, unsigned letters)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (char)('\xfe' + next() % letters);
	return p;
}

static const char *
naive_strstr(const char *h, const char *n)
{
	size_t i;

	for (;; h++) {
		for (i = 0; n[i] != '\0' && n[i] == h[i]; i++)
			continue;
		if (n[i] == '\0')
			return h;
		if (*h == '\0')
			return NULL;
	}
}

static int
sign(int v)
{
	return (v > 0) - (v < 0);
}

static int
naive_cmp(const char *a, const char *b, size_t n, int text)
{
	const unsigned char *p = (const void *)a, *q = (const void *)b;
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != q[i] || (text && p[i] == 0))
			return p[i] < q[i] ? -1 : p[i] > q[i];
	return 0;
}

/* The text ends `gap` bytes before the page that cannot be read. */
static void
search(size_t len, size_t gap)
{
	char *h = text_end - gap - len - 1, *n;
	size_t k = next() % 6, i;

	n = word_end - next() % 16 - k - 1;
	fill(h, len, 2)[len] = '\0';
	fill(n, k, 2)[k] = '\0';
	/* What is before or behind the text must not be found. */
	fill(h - 16, 16, 2);
	for (i = 0; i < gap; i++)
		h[len + 1 + i] = '\xfe';
	CHECK(strstr(h, n) == naive_strstr(h, n));
}

static void
compare(size_t len, size_t gap)
{
	char *a = text_end - gap - len, *b = word_end - next() % 20 - len;
	size_t at = len != 0 ? next() % len : 0, n = next() % (len + 20);

	memcpy(b, fill(a, len, 2), len);
	if (len != 0 && next() % 4 != 0)
		b[at] = (char)('\xfd' + next() % 3);
	CHECK_EQ(sign(memcmp(a, b, len)), naive_cmp(a, b, len, 0));
	if (len == 0)
		return;
	a[len - 1] = '\0';
	if (next() % 2)
		b[at] = '\0';
	b[len - 1] = '\0';
	CHECK_EQ(sign(strncmp(a, b, n)), naive_cmp(a, b, n, 1));
	CHECK_EQ(sign(strncmp(a, b, 2 * LONGEST)), naive_cmp(a, b, len, 1));
}

/* The word's start all over the text, its end nowhere or at the end. */
static void
astray(void)
{
	char *h = malloc(ASTRAY + 1), *n = malloc(ASTRAY / 2 + 1);

	CHECK(h != NULL && n != NULL);
	memset(h, 'a', ASTRAY);
	h[ASTRAY] = '\0';
	memset(n, 'a', ASTRAY / 2);
	n[ASTRAY / 2] = '\0';
	n[ASTRAY / 2 - 1] = 'b';
	CHECK(strstr(h, n) == NULL);
	h[ASTRAY - 1] = 'b';
	CHECK(strstr(h, n) == h + ASTRAY - ASTRAY / 2);
	free(h);
	free(n);
}

int
main(void)
{
	size_t len, gap;
	int i;

	text_end = guarded();
	word_end = guarded();
	for (len = 0; len < LONGEST; len++)
		for (gap = 0; gap < 18; gap++)
			for (i = 0; i < 20; i++) {
				search(len, gap);
				compare(len, gap);
			}
	astray();
	return check_done();
}
