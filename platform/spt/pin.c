/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pinned pages of programs (rumpcomp_vm_pin).  Memory of the arena is
 * Linux's, and what its address shows changes with every mmap of the
 * program; so a page that is to stay moves, once, to a page of the allocator,
 * which is mapped in its place.  Used again it is pinned without copying.
 *
 * Each such page is a mapping of its own for Linux, which allows 65,530: from
 * MAXPAGES on the caller copies.
 */
#include <rump/rumpcomp_vm.h>

#include "spt.h"

#define NBUCKET		512
#define MAXPAGES	16384

struct moved {
	struct moved	*mv_next;
	char		*mv_va;
	void		*mv_page;
	int		 mv_prot;
};
static struct moved *table[NBUCKET];	/* [mm_lock of the rump kernel] */
static unsigned count;			/* [mm_lock] */

static struct moved **
find(const char *va)
{
	struct moved **p = &table[(uintptr_t)va / BMK_PAGE_SIZE % NBUCKET];

	while (*p != NULL && (*p)->mv_va != va)
		p = &(*p)->mv_next;
	return p;
}

/* They are not mapped any more.  Returns the protection of the last. */
int
spt_pin_forget(char *va, size_t len)
{
	struct moved **p, *mv;
	char *end = va + len;
	int prot = 0;

	for (; va < end; va += BMK_PAGE_SIZE) {
		p = find(va);
		mv = *p;
		*p = mv->mv_next;
		count--;
		if (!bmk_pin_leave(mv->mv_page))
			bmk_page_free(mv->mv_page, 0);
		prot = mv->mv_prot;
		bmk_free(mv, sizeof(*mv));
	}
	return prot;
}

void
spt_pin_protect(char *va, size_t len, int prot)
{
	char *end = va + len;

	for (; va < end; va += BMK_PAGE_SIZE)
		(*find(va))->mv_prot = prot;
}

/*
 * The program's threads do not run meanwhile: there is one CPU, and we hold
 * it.
 */
static int
move(char *va, int prot)
{
	struct moved *mv, **p = find(va);

	if (!spt_vm_isplain(va) || (prot & RUMPCOMP_VM_READ) == 0 ||
	    count >= MAXPAGES)
		return BMK_EOPNOTSUPP;
	if ((mv = bmk_malloc(sizeof(*mv), 0)) == NULL)
		return BMK_ENOMEM;
	mv->mv_page = bmk_page_alloc(0);
	if (mv->mv_page != NULL) {
		memcpy(mv->mv_page, va, BMK_PAGE_SIZE);
		if (spt_vm_kernel(va, mv->mv_page, prot) == 0) {
			mv->mv_va = va;
			mv->mv_prot = prot;
			mv->mv_next = NULL;
			*p = mv;
			count++;
			return 0;
		}
		bmk_page_free(mv->mv_page, 0);
	}
	bmk_free(mv, sizeof(*mv));
	return BMK_ENOMEM;
}

int
rumpcomp_vm_pin(void *va, int prot, void **pagep)
{
	struct bmk_pin *spare;
	int error;

	if (prot == 0 || (char *)va < spt_arena_start ||
	    (char *)va >= spt_arena_end)
		return BMK_EOPNOTSUPP;
	if (*find(va) == NULL && (error = move(va, prot)) != 0)
		return error;
	if ((spare = bmk_malloc(sizeof(*spare), 0)) == NULL)
		return BMK_ENOMEM;
	*pagep = (*find(va))->mv_page;
	spare = bmk_pin_add(*pagep, spare);
	if (spare != NULL)
		bmk_free(spare, sizeof(*spare));
	return 0;
}

void
rumpcomp_vm_unpin(void *page)
{
	bmk_pin_drop(page);
}
