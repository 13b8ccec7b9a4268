/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages and objects: no overlap, alignment, nothing lost, exhaustion. */
#include "kcheck.h"

#define N	4000

static struct { unsigned char *p; size_t len, align; } obj[N];
static uint32_t seed = 12345;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static int
intact(int i)
{
	size_t k;

	for (k = 0; k < obj[i].len; k++)
		if (obj[i].p[k] != (unsigned char)(i + k))
			return 0;
	return 1;
}

static void
make(int i)
{
	size_t k;

	obj[i].len = rnd(10) == 0 ? rnd(30000) : rnd(300);
	obj[i].align = rnd(4) == 0 ? 1U << rnd(13) : 0;
	obj[i].p = bmk_malloc(obj[i].len, obj[i].align);
	if (obj[i].p == NULL)
		return;
	CHECK_EQ((uintptr_t)obj[i].p % (obj[i].align > 16 ? obj[i].align :
	    16), 0);
	for (k = 0; k < obj[i].len; k++)
		obj[i].p[k] = (unsigned char)(i + k);
}

static void
test_objects(void)
{
	int i, n, bad = 0;

	for (n = 0; n < 20 * N; n++) {
		i = (int)rnd(N);
		if (obj[i].p != NULL) {
			bad += !intact(i);
			bmk_free(obj[i].p, obj[i].len);
			obj[i].p = NULL;
		} else
			make(i);
	}
	for (i = 0; i < N; i++)
		if (obj[i].p != NULL) {
			bad += !intact(i);
			bmk_free(obj[i].p, obj[i].len);
			obj[i].p = NULL;
		}
	CHECK_EQ(bad, 0);
	CHECK(bmk_malloc(100, 24) == NULL);
	CHECK(bmk_malloc((size_t)-1, 0) == NULL);
	CHECK(bmk_malloc((size_t)1 << 60, 0) == NULL);
}

/* All memory in pieces of one order: given back, it is whole again. */
static void
test_pages(int order)
{
	size_t total, before, after, n = 0;
	void **list = NULL, **p;

	bmk_page_stat(&total, &before);
	while ((p = bmk_page_alloc(order)) != NULL) {
		CHECK_EQ((uintptr_t)p & ((BMK_PAGE_SIZE << order) - 1), 0);
		*p = list;
		list = p;
		n++;
	}
	bmk_page_stat(&total, &after);
	CHECK_EQ(before - after, n * (BMK_PAGE_SIZE << order));
	CHECK(after < before / 4 + (BMK_PAGE_SIZE << order));
	while ((p = list) != NULL) {
		list = *p;
		bmk_page_free(p, order);
	}
	bmk_page_stat(&total, &after);
	CHECK_EQ(after, before);
}

int
test(void)
{
	size_t total, before, after;
	void *p;

	bmk_page_stat(&total, &before);
	CHECK(before <= total && before > total / 2);
	test_objects();
	bmk_page_stat(&total, &after);
	/* The size classes keep some pages. */
	CHECK(before - after < 8UL << 20);
	test_pages(0);
	test_pages(3);
	test_pages(9);
	/* Objects of several pages, where each was one by itself. */
	test_pages(0);
	test_objects();
	p = bmk_page_alloc(8);
	CHECK(p != NULL);
	bmk_page_free(p, 8);
	CHECK(bmk_page_alloc(63) == NULL);
	CHECK(bmk_page_alloc(-1) == NULL);
	p = bmk_platform_anonmmap(100000, 16, 0);
	CHECK(p != NULL && ((uintptr_t)p & 0xffff) == 0);
	CHECK(p != NULL && *(char *)p == 0 && ((char *)p)[99999] == 0);
	bmk_platform_unmap(p, 100000);
	return 0;
}
