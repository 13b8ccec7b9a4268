/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page allocator: binary buddies with one byte of metadata a page.  A range
 * is not looked at when it is added: its map lies in its first pages and is
 * cleared as the frontier moves up, so the cost of boot does not depend on
 * the size of memory.  Free blocks are linked through their first bytes.
 *
 * Blocks are aligned by address (naturally), which on hw is also the
 * physical address modulo 2 MiB.
 */
#include "page.h"

#define MAXRANGE	16
#define MAXORDER	20	/* 4 GiB */
#define GROWORDER	6	/* how much the frontier moves at least */

struct freeblk {
	struct freeblk	*fb_next;
	struct freeblk	*fb_prev;
};

struct range {
	uint8_t		*rg_map;	/* [I] rg_map[0] is of page rg_first */
	uintptr_t	 rg_first;	/* [I] page numbers */
	uintptr_t	 rg_end;	/* [I] */
	uintptr_t	 rg_frontier;	/* [L] */
};

static struct bmk_spin lock;		/* L */
static struct range ranges[MAXRANGE];	/* [L], [I] once added */
static int nranges;			/* [L] */
static struct freeblk *freelist[MAXORDER + 1];	/* [L] */
static uint32_t freemask;		/* [L] orders that have a block */
static size_t total, nfree;		/* [L] pages */

static unsigned long
page_enter(void)
{
	bmk_stack_ready(1024);
	return bmk_spin_enter(&lock);
}

void
bmk_page_add(void *start, size_t len)
{
	uintptr_t first = ((uintptr_t)start + BMK_PAGE_SIZE - 1) >>
	    BMK_PAGE_SHIFT;
	uintptr_t end = ((uintptr_t)start + len) >> BMK_PAGE_SHIFT;
	unsigned long saved;
	struct range *rg;
	size_t mapsize;

	if (end <= first + 1)
		return;
	mapsize = (end - first + BMK_PAGE_SIZE - 1) >> BMK_PAGE_SHIFT;
	saved = page_enter();
	if (nranges < MAXRANGE) {
		rg = &ranges[nranges++];
		rg->rg_map = (uint8_t *)(first << BMK_PAGE_SHIFT);
		rg->rg_first = rg->rg_frontier = first + mapsize;
		rg->rg_end = end;
		total += end - rg->rg_first;
		nfree += end - rg->rg_first;
	}
	bmk_spin_exit(&lock, saved);
}

static struct range *
range_of(uintptr_t pn)
{
	struct range *rg;

	for (rg = ranges; rg < ranges + nranges; rg++)
		if (pn >= rg->rg_first && pn < rg->rg_frontier)
			return rg;
	return NULL;
}

uint8_t *
bmk_page_mapbyte(const void *p)
{
	uintptr_t pn = (uintptr_t)p >> BMK_PAGE_SHIFT;
	struct range *rg = range_of(pn);

	return rg != NULL ? &rg->rg_map[pn - rg->rg_first] : NULL;
}

static void
link_block(struct range *rg, uintptr_t pn, int order)
{
	struct freeblk *fb = (struct freeblk *)(pn << BMK_PAGE_SHIFT);

	fb->fb_prev = NULL;
	fb->fb_next = freelist[order];
	if (fb->fb_next != NULL)
		fb->fb_next->fb_prev = fb;
	freelist[order] = fb;
	freemask |= 1U << order;
	rg->rg_map[pn - rg->rg_first] = BMK_PG_FREE | order;
}

static void
unlink_block(struct range *rg, uintptr_t pn, int order)
{
	struct freeblk *fb = (struct freeblk *)(pn << BMK_PAGE_SHIFT);

	if ((fb->fb_next != NULL && fb->fb_next->fb_prev != fb) ||
	    (fb->fb_prev != NULL ? fb->fb_prev->fb_next : freelist[order]) !=
	    fb)
		bmk_panic("free page %p was written to", (void *)fb);
	if (fb->fb_next != NULL)
		fb->fb_next->fb_prev = fb->fb_prev;
	if (fb->fb_prev != NULL)
		fb->fb_prev->fb_next = fb->fb_next;
	else if ((freelist[order] = fb->fb_next) == NULL)
		freemask &= ~(1U << order);
	rg->rg_map[pn - rg->rg_first] = 0;
}

/* Merges with its buddies as long as they are free. */
static void
put_block(struct range *rg, uintptr_t pn, int order)
{
	uintptr_t buddy;

	for (; order < MAXORDER; order++) {
		buddy = pn ^ (1UL << order);
		if (buddy < rg->rg_first || buddy >= rg->rg_frontier ||
		    rg->rg_map[buddy - rg->rg_first] != (BMK_PG_FREE | order))
			break;
		unlink_block(rg, buddy, order);
		pn &= ~(1UL << order);
	}
	link_block(rg, pn, order);
}

/* Moves a frontier up by one block; 0 when all memory is behind it. */
static int
grow(int order)
{
	struct range *rg;
	uintptr_t pn;

	if (order < GROWORDER)
		order = GROWORDER;
	for (rg = ranges; rg < ranges + nranges; rg++) {
		if (rg->rg_frontier == rg->rg_end)
			continue;
		pn = rg->rg_frontier;
		while ((pn & ((1UL << order) - 1)) != 0 ||
		    rg->rg_end - pn < 1UL << order)
			order--;
		rg->rg_frontier += 1UL << order;
		memset(&rg->rg_map[pn - rg->rg_first], 0, 1UL << order);
		put_block(rg, pn, order);
		return 1;
	}
	return 0;
}

void *
bmk_page_alloc(int order)
{
	struct range *rg;
	unsigned long saved;
	uintptr_t pn;
	uint32_t m;
	int o;

	if (order < 0 || order > MAXORDER)
		return NULL;
	saved = page_enter();
	while ((m = freemask >> order) == 0) {
		if (!grow(order)) {
			bmk_spin_exit(&lock, saved);
			return NULL;
		}
	}
	o = order + __builtin_ctz(m);
	pn = (uintptr_t)freelist[o] >> BMK_PAGE_SHIFT;
	rg = range_of(pn);
	unlink_block(rg, pn, o);
	while (o-- > order)
		link_block(rg, pn + (1UL << o), o);
	rg->rg_map[pn - rg->rg_first] = BMK_PG_USED | order;
	nfree -= 1UL << order;
	bmk_spin_exit(&lock, saved);
	return (void *)(pn << BMK_PAGE_SHIFT);
}

/* The parts of [pn, end) go back, each as the largest block it can be. */
void
bmk_page_free_run(uintptr_t pn, uintptr_t end)
{
	struct range *rg;
	unsigned long saved;
	uintptr_t i;
	int order;

	saved = page_enter();
	rg = range_of(pn);
	for (i = pn; i < end; i++)
		if (i >= rg->rg_frontier || rg->rg_map[i - rg->rg_first] != 0)
			bmk_panic("object %p is not of %zu pages",
			    (void *)(pn << BMK_PAGE_SHIFT), end - pn);
	nfree += end - pn;
	while (pn < end) {
		order = __builtin_ctzl(pn | 1UL << MAXORDER);
		while (end - pn < 1UL << order)
			order--;
		put_block(rg, pn, order);
		pn += 1UL << order;
	}
	bmk_spin_exit(&lock, saved);
}

void
bmk_page_free(void *p, int order)
{
	uint8_t *m = bmk_page_mapbyte(p);
	uintptr_t pn = (uintptr_t)p >> BMK_PAGE_SHIFT;

	if (m == NULL || ((uintptr_t)p & (BMK_PAGE_SIZE - 1)) != 0 ||
	    *m != (BMK_PG_USED | order))
		bmk_panic("freed pages %p, order %d, are not allocated so", p,
		    order);
	*m = 0;
	bmk_page_free_run(pn, pn + (1UL << order));
}

void
bmk_page_stat(size_t *totalp, size_t *freep)
{
	*totalp = total << BMK_PAGE_SHIFT;
	*freep = nfree << BMK_PAGE_SHIFT;
}
