/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages in use by a device or by packets on their way, although who they
 * belong to may give them up.  Each pinned page has a count; bmk_pin_leave()
 * is its owner's question whether he may free it: when not, the last
 * bmk_pin_drop() does.  An image that pins nothing has none of this.
 */
#include "page.h"

#define NBUCKET	256

static struct bmk_spin lock;			/* L; a leaf */
static struct bmk_pin *table[NBUCKET];		/* [L] */

/* Page faults may ask bmk_pin_leave(). */
static unsigned long
pin_enter(void)
{
	bmk_stack_ready(1024);
	return bmk_spin_enter(&lock);
}

static struct bmk_pin **
find(const void *page)
{
	struct bmk_pin **pp = &table[(uintptr_t)page / BMK_PAGE_SIZE % NBUCKET];

	while (*pp != NULL && (*pp)->pn_page != page)
		pp = &(*pp)->pn_next;
	return pp;
}

struct bmk_pin *
bmk_pin_add(void *page, struct bmk_pin *spare)
{
	unsigned long saved = pin_enter();
	struct bmk_pin **pp = find(page);

	if (*pp == NULL) {
		spare->pn_next = NULL;
		spare->pn_page = page;
		spare->pn_count = 0;
		spare->pn_left = 0;
		*pp = spare;
		spare = NULL;
	}
	(*pp)->pn_count++;
	bmk_spin_exit(&lock, saved);
	return spare;
}

int
bmk_pin_leave(void *page)
{
	unsigned long saved = pin_enter();
	struct bmk_pin *pn = *find(page);

	if (pn != NULL)
		pn->pn_left = 1;
	bmk_spin_exit(&lock, saved);
	return pn != NULL;
}

void
bmk_pin_drop(void *page)
{
	unsigned long saved = pin_enter();
	struct bmk_pin **pp = find(page), *pn = *pp;

	bmk_assert(pn != NULL);
	if (--pn->pn_count == 0)
		*pp = pn->pn_next;
	else
		pn = NULL;
	bmk_spin_exit(&lock, saved);
	if (pn == NULL)
		return;
	if (pn->pn_left)
		bmk_page_free(page, 0);
	bmk_free(pn, sizeof(*pn));
}
