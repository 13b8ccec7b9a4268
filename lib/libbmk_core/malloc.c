/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Object allocator: size classes cut from single pages, larger objects are
 * runs of pages.  The page map knows the class of every page, so a free with
 * a wrong address or length is found; a free object holds its link encoded
 * with a random cookie and a mark, so a second free and a write after free
 * (or over the end of a neighbour) are found too; what the class is larger
 * than the length asked for holds a canary.  All of them panic.
 *
 * Up to GUARDED bytes there is always room for a canary; objects that are
 * larger, or aligned, and just fill their class have none: an overflow of
 * theirs is found when it hits a free neighbour.
 */
#include "page.h"

#define NCLASS		22
#define MAXSMALL	2048
#define GUARDED		248

static const uint16_t sizes[NCLASS] = {
	16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448,
	512, 576, 672, 816, 1024, 1360, 2048
};

struct freeobj {
	uintptr_t	 fo_link;	/* next ^ cookie ^ own address */
	uintptr_t	 fo_mark;	/* see mark() */
};

struct class {
	struct bmk_spin	 cl_lock;
	struct freeobj	*cl_free;	/* [cl_lock] */
	char		*cl_fresh;	/* [cl_lock] unused part of a page; at
					   its end when it is a multiple */
};
static struct class classes[NCLASS];
static uintptr_t cookie;		/* [I] after the first allocation */

static inline uintptr_t
mark(const struct freeobj *fo, uintptr_t link)
{
	uintptr_t m = link + cookie;

	return (m << 23 | m >> 41) ^ (uintptr_t)fo;
}

/* Smallest class that fits; aligned ones have power of two sizes. */
static int
class_of(size_t len, size_t align)
{
	int c;

	if (len <= 128)
		c = len == 0 ? 0 : (int)((len - 1) / 16);
	else
		for (c = 8; sizes[c] < len; c++)
			;
	if (align > 16)
		while ((sizes[c] & (align - 1)) != 0)
			c++;
	return c;
}

static void
canary_set(char *p, size_t len, size_t size)
{
	uintptr_t v = cookie ^ (uintptr_t)p;

	if (size - len >= sizeof(v))
		__builtin_memcpy(p + len, &v, sizeof(v));
}

static int
canary_bad(const char *p, size_t len, size_t size)
{
	uintptr_t v;

	if (size - len < sizeof(v))
		return 0;
	__builtin_memcpy(&v, p + len, sizeof(v));
	return v != (cookie ^ (uintptr_t)p);
}

/* A page for class c; caller holds its lock. */
static int
refill(struct class *cl, int c)
{
	char *pg;

	if (cookie == 0) {
		(void)bmk_platform_entropy(&cookie, sizeof(cookie));
		cookie |= 1;
	}
	pg = bmk_page_alloc(0);
	if (pg == NULL)
		return 0;
	*bmk_page_mapbyte(pg) = (uint8_t)(BMK_PG_SLAB | c);
	cl->cl_fresh = pg;
	return 1;
}

static void *
small_alloc(int c)
{
	struct class *cl = &classes[c];
	struct freeobj *fo;
	unsigned long saved;
	uintptr_t link;

	saved = bmk_spin_enter(&cl->cl_lock);
	if ((fo = cl->cl_free) != NULL) {
		link = fo->fo_link;
		if (fo->fo_mark != mark(fo, link))
			bmk_panic("free object %p of %u bytes was written to",
			    (void *)fo, sizes[c]);
		cl->cl_free = (struct freeobj *)(link ^ cookie ^
		    (uintptr_t)fo);
		fo->fo_mark = 0;
	} else if ((-(uintptr_t)cl->cl_fresh & (BMK_PAGE_SIZE - 1)) >=
	    sizes[c] || refill(cl, c)) {
		fo = (struct freeobj *)cl->cl_fresh;
		cl->cl_fresh += sizes[c];
	}
	bmk_spin_exit(&cl->cl_lock, saved);
	return fo;
}

static void *
large_alloc(size_t len, size_t align)
{
	size_t npages = (len + BMK_PAGE_SIZE - 1) >> BMK_PAGE_SHIFT;
	uintptr_t pn;
	int order = 0;
	void *p;

	if (npages == 0)
		return NULL;
	while (1UL << order < npages || BMK_PAGE_SIZE << order < align)
		if (++order > 40)
			return NULL;
	p = bmk_page_alloc(order);
	if (p == NULL)
		return NULL;
	*bmk_page_mapbyte(p) = BMK_PG_RUN;
	pn = (uintptr_t)p >> BMK_PAGE_SHIFT;
	if (npages < 1UL << order)
		bmk_page_free_run(pn + npages, pn + (1UL << order));
	return p;
}

void *
bmk_malloc(size_t len, size_t align)
{
	char *p;
	int c;

	if (align > BMK_PAGE_SIZE * 512 || (align & (align - 1)) != 0)
		return NULL;
	if (len > MAXSMALL || align > MAXSMALL)
		return large_alloc(len > 0 ? len : 1, align);
	c = class_of(len <= GUARDED && align <= 16 ? len + 8 : len, align);
	p = small_alloc(c);
	if (p != NULL)
		canary_set(p, len, sizes[c]);
	return p;
}

static void
small_free(char *p, size_t len, int c)
{
	struct class *cl = &classes[c];
	struct freeobj *fo = (struct freeobj *)p;
	unsigned long saved;

	if (len > sizes[c] ||
	    ((uintptr_t)p & (BMK_PAGE_SIZE - 1)) % sizes[c] != 0)
		bmk_panic("freed object %p of %zu bytes is none", p, len);
	if (fo->fo_mark == mark(fo, fo->fo_link))
		bmk_panic("object %p of %zu bytes freed twice", p, len);
	if (canary_bad(p, len, sizes[c]))
		bmk_panic("object %p of %zu bytes: written over its end", p,
		    len);
	saved = bmk_spin_enter(&cl->cl_lock);
	fo->fo_link = (uintptr_t)cl->cl_free ^ cookie ^ (uintptr_t)fo;
	fo->fo_mark = mark(fo, fo->fo_link);
	cl->cl_free = fo;
	bmk_spin_exit(&cl->cl_lock, saved);
}

void
bmk_free(void *p, size_t len)
{
	uint8_t *m;
	uintptr_t pn;

	if (p == NULL)
		return;
	m = bmk_page_mapbyte(p);
	if (m != NULL && (*m & BMK_PG_KIND) == BMK_PG_SLAB) {
		small_free(p, len, *m & ~BMK_PG_KIND);
		return;
	}
	if (m == NULL || *m != BMK_PG_RUN ||
	    ((uintptr_t)p & (BMK_PAGE_SIZE - 1)) != 0)
		bmk_panic("freed object %p of %zu bytes is none", p, len);
	*m = 0;
	pn = (uintptr_t)p >> BMK_PAGE_SHIFT;
	bmk_page_free_run(pn, pn + ((len > 0 ? len : 1) + BMK_PAGE_SIZE - 1) /
	    BMK_PAGE_SIZE);
}
