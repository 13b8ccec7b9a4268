/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to libbmk_core: the page map, one byte a page, shared by the page
 * and the object allocator.  0: not the first page of anything.
 */
#ifndef BMK_PAGE_H
#define BMK_PAGE_H

#include <bmk/bmk.h>

#define BMK_PG_FREE	0x80	/* first page of a free block, | order */
#define BMK_PG_USED	0x40	/* first page of an allocated one, | order */
#define BMK_PG_SLAB	0xc0	/* page of objects, | size class */
#define BMK_PG_RUN	0x7f	/* first page of a large object */
#define BMK_PG_KIND	0xc0

/* The byte of the page that holds p; NULL when p is no such page. */
uint8_t *bmk_page_mapbyte(const void *p);
/* Free pages of one allocated block, which need not be a power of two. */
void bmk_page_free_run(uintptr_t first, uintptr_t end);

#endif /* BMK_PAGE_H */
