/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory: the direct map of RAM, what of it the allocator gets, and the
 * window of kernel addresses above the image (thread stacks with guard pages,
 * anonmmap, device registers).
 *
 * The image's own pages are not in the direct map, so nothing can be written
 * through it that is read-only.  Page tables come from the image's .bss, then
 * from the allocator; a table is never freed here.  Lock: kva_lock.
 */
#include "hw.h"
#include "cpu.h"

#define MIN_PAGES	32	/* below this nothing can run */
#define MB2	0x200000UL
#define GB1	0x40000000UL
#define DM_SIZE	(383 * GB1)	/* the base is up to 128 above 512 */

/* Tables until the allocator has memory. */
extern uint64_t hw_dm_pool[HW_DM_POOL][512];
static unsigned pool_used;

static struct bmk_spin kva_lock;
static uint64_t kva_next;	/* [kva_lock] all above is free */
struct kva_block {
	struct kva_block *kb_next;
	uint64_t	 kb_va;
};
static struct kva_block *kva_free[36];	/* [kva_lock] by order in pages */

uint64_t *
hw_table(uint64_t entry)
{
	uint64_t off = (entry & PTE_ADDR) - hw_image_pa;

	if (off < (uint64_t)(__image_end - __image_start))
		return (uint64_t *)(__image_start + off);
	return hw_dm(entry & PTE_ADDR);
}

static uint64_t
table_new(void)
{
	void *p;

	if (pool_used < HW_DM_POOL)
		return (uint64_t)hw_dm_pool[pool_used++] -
		    (uint64_t)__image_start + hw_image_pa;
	p = bmk_page_alloc(0);
	if (p == NULL)
		return 0;
	memset(p, 0, BMK_PAGE_SIZE);
	return (uint64_t)p - hw_dm_base;
}

/* The table that *entry refers to; made when there is none. */
static uint64_t *
table_in(uint64_t *entry, int alloc)
{
	uint64_t pa;

	if ((*entry & (PTE_P | PTE_PS)) != PTE_P) {
		if (!alloc || (pa = table_new()) == 0)
			return NULL;
		*entry = pa | PTE_TABLE;
	}
	return hw_table(*entry);
}

uint64_t *
hw_pte(uint64_t va, int alloc)
{
	uint64_t *t = hw_pml4;
	int shift;

	for (shift = 39; shift > 12; shift -= 9) {
		t += va >> shift & 511;
		if ((*t & (PTE_P | PTE_PS)) == (PTE_P | PTE_PS))
			return alloc ? NULL : t;
		if ((t = table_in(t, alloc)) == NULL)
			return NULL;
	}
	return t + (va >> 12 & 511);
}

uint64_t
hw_vtophys(const void *p)
{
	uint64_t va = (uint64_t)p, *pte;

	if (va - hw_dm_base < DM_SIZE)
		return va - hw_dm_base;
	if (va - (uint64_t)__image_start <
	    (uint64_t)(__image_end - __image_start))
		return va - (uint64_t)__image_start + hw_image_pa;
	pte = hw_pte(va, 0);
	bmk_assert(pte != NULL && *pte & PTE_P);
	return (*pte & PTE_ADDR) + (va & PAGE_MASK);
}

/* Entries from *t on for [s, e), each of size bytes; stops at a table's end. */
static uint64_t
fill(uint64_t *t, uint64_t s, uint64_t e, uint64_t size, uint64_t flags)
{
	uint64_t end = (s | 511 * size | (size - 1)) + 1, v, last;

	if (end > e)
		end = e & -size;
	/* Most of what boot does is done here: five at a time. */
	last = (end - s) + (v = s | flags);
	for (; last - v >= 5 * size; t += 5) {
		t[0] = v, v += size;
		t[1] = v, v += size;
		t[2] = v, v += size;
		t[3] = v, v += size;
		t[4] = v, v += size;
	}
	for (; v != last; v += size)
		*t++ = v;
	return end;
}

/* [s, e) into the direct map, with the largest pages that fit. */
static void
dm_map(uint64_t s, uint64_t e, int gbpages)
{
	uint64_t *t;

	while (s < e) {
		t = &hw_dm_pdpt[(hw_dm_base + s) >> 30 & 511];
		if (gbpages && (s & (GB1 - 1)) == 0 && e - s >= GB1) {
			s = fill(t, s, e, GB1, PTE_RW | PTE_PS);
			continue;
		}
		if ((t = table_in(t, 1)) == NULL)
			break;
		t += s >> 21 & 511;
		if ((s & (MB2 - 1)) == 0 && e - s >= MB2) {
			s = fill(t, s, e, MB2, PTE_RW | PTE_PS);
			continue;
		}
		if ((t = table_in(t, 1)) == NULL)
			break;
		s = fill(t + (s >> 12 & 511), s, e, BMK_PAGE_SIZE, PTE_RW);
	}
	if (s < e)
		bmk_panic("no memory for page tables");
}

/*
 * A range of RAM: into the direct map and to the allocator, except what is
 * kept.  hole[0] is the image (not even mapped), hole[1] the configuration.
 */
static size_t
give(uint64_t s, uint64_t e, const struct hw_range *hole, int n, int gbpages)
{
	size_t sum = 0;

	for (; n > 0; hole++, n--) {
		if (hole->hr_start >= e || hole->hr_end <= s)
			continue;
		if (n == 1)
			dm_map(s > hole->hr_start ? s : hole->hr_start,
			    e < hole->hr_end ? e : hole->hr_end, gbpages);
		if (hole->hr_start > s)
			sum += give(s, hole->hr_start, hole + 1, n - 1,
			    gbpages);
		s = hole->hr_end;
		if (s >= e)
			return sum;
	}
	dm_map(s, e, gbpages);
	bmk_page_add(hw_dm(s), e - s);
	return sum + (e - s);
}

/* The loader brought no configuration; component dev_fwcfg asks elsewhere. */
void __attribute__((__weak__))
hw_config_none(void)
{
}

static void
config_init(void)
{
	struct hw_boot *hb = &hw_boot;
	size_t len = hb->hb_configlen;
	const char *text = hw_dm(hb->hb_config);
	char *p;
	int order = 0;

	if (len == 0) {
		hw_config_none();
		return;
	}
	if (!bmk_platform_readable(text, len))
		text = hw_map_phys(hb->hb_config, len + 1, 0);
	if (hb->hb_module) {
		/* A module does not end with a zero. */
		while (BMK_PAGE_SIZE << order <= len)
			order++;
		p = bmk_page_alloc(order);
		if (p == NULL || text == NULL)
			bmk_panic("no memory for the configuration");
		memcpy(p, text, len);
		p[len] = '\0';
		text = p;
	}
	bmk_platform_config = text;
}

void
hw_memory_init(void)
{
	struct hw_boot *hb = &hw_boot;
	uint64_t size = (uint64_t)(__image_end - __image_start);
	struct hw_range hole[2] = {
		{ hw_image_pa, hw_image_pa + size },
		{ PAGE_DOWN(hb->hb_config),
		    PAGE_UP(hb->hb_config + hb->hb_configlen + 1) }
	};
	size_t sum = 0;
	unsigned i;
	int gbpages = (cpuid(0x80000001, 0).edx & 1U << 26) != 0;

	/* The boot's entries: from 0 up, and windows from 448 up. */
	for (i = 0; i < 448 && hw_dm_pd[i] != 0; i++)
		hw_dm_pd[i] = 0;
	for (i = 448; i < 512; i++)
		hw_dm_pd[i] = 0;
	hw_dm_pdpt[0] = 0;
	write_cr3(read_cr3());
	for (i = 0; i < hb->hb_nram; i++)
		if (hb->hb_ram[i].hr_start < DM_SIZE)
			sum += give(hb->hb_ram[i].hr_start,
			    hb->hb_ram[i].hr_end < DM_SIZE ?
			    hb->hb_ram[i].hr_end : DM_SIZE, hole,
			    hb->hb_configlen != 0 ? 2 : 1, gbpages);
	if (sum < MIN_PAGES * BMK_PAGE_SIZE) {
		bmk_printf("rumpkit: not enough memory: at least %lu KiB are "
		    "needed\n", (hw_image_pa + size) / 1024 + 256);
		bmk_platform_halt(1);
	}
	kva_next = (uint64_t)__image_end + 16 * BMK_PAGE_SIZE;
	config_init();
}

/* Addresses for npages and at least one page more; aligned to its size. */
static uint64_t
kva_alloc(size_t npages, int order)
{
	struct kva_block *kb;
	unsigned long saved;
	uint64_t va;

	while (1UL << order <= npages)
		order++;
	if (order >= 36)
		return 0;
	saved = bmk_spin_enter(&kva_lock);
	kb = kva_free[order];
	if (kb != NULL) {
		kva_free[order] = kb->kb_next;
		va = kb->kb_va;
	} else {
		va = (kva_next + (BMK_PAGE_SIZE << order) - 1) &
		    -(BMK_PAGE_SIZE << order);
		if ((va ^ (uint64_t)__image_start) >> 39 != 0)
			va = 0;
		else
			kva_next = va + (BMK_PAGE_SIZE << order);
	}
	bmk_spin_exit(&kva_lock, saved);
	if (kb != NULL)
		bmk_free(kb, sizeof(*kb));
	return va;
}

static void
kva_release(uint64_t va, size_t npages, int order)
{
	struct kva_block *kb = bmk_malloc(sizeof(*kb), 0);
	unsigned long saved;

	if (kb == NULL)
		return;		/* the addresses are lost, the memory not */
	while (1UL << order <= npages)
		order++;
	kb->kb_va = va;
	saved = bmk_spin_enter(&kva_lock);
	kb->kb_next = kva_free[order];
	kva_free[order] = kb;
	bmk_spin_exit(&kva_lock, saved);
}

/*
 * The entry of va, made under the lock: two threads may need the same table.
 * It stays where it is, and so do those of the addresses up to 2 MiB.
 */
static uint64_t *
make_pte(uint64_t va)
{
	unsigned long saved = bmk_spin_enter(&kva_lock);
	uint64_t *pte = hw_pte(va, 1);

	bmk_spin_exit(&kva_lock, saved);
	return pte;
}

static void
unmap_pages(uint64_t va, size_t npages)
{
	uint64_t *pte, pa;

	for (; npages > 0; npages--, va += BMK_PAGE_SIZE) {
		pte = hw_pte(va, 0);
		if (pte == NULL || (*pte & PTE_P) == 0)
			continue;
		pa = *pte & PTE_ADDR;
		*pte = 0;
		invlpg(va);
		bmk_page_free(hw_dm(pa), 0);
	}
}

static int
map_pages(uint64_t va, size_t npages, int zero)
{
	uint64_t *pte = NULL, at = va;
	size_t i;
	void *p;

	for (i = 0; i < npages; i++, at += BMK_PAGE_SIZE) {
		if (pte == NULL || (at & (MB2 - 1)) == 0)
			pte = make_pte(at);
		if (pte == NULL || (p = bmk_page_alloc(0)) == NULL) {
			unmap_pages(va, i);
			return 0;
		}
		if (zero)
			memset(p, 0, BMK_PAGE_SIZE);
		*pte++ = ((uint64_t)p - hw_dm_base) | PTE_RW | PTE_NX;
	}
	return 1;
}

void *
bmk_platform_stack_alloc(size_t size)
{
	size_t n = size / BMK_PAGE_SIZE;
	uint64_t va = kva_alloc(n, 0);

	if (va == 0)
		return NULL;
	if (!map_pages(va + BMK_PAGE_SIZE, n, 0)) {
		kva_release(va, n, 0);
		return NULL;
	}
	return (void *)(va + BMK_PAGE_SIZE);
}

void
bmk_platform_stack_free(void *stack, size_t size)
{
	uint64_t va = (uint64_t)stack;

	unmap_pages(va, size / BMK_PAGE_SIZE);
	kva_release(va - BMK_PAGE_SIZE, size / BMK_PAGE_SIZE, 0);
}

/*
 * The block's size is found again from len and the alignment that the
 * address happens to have, so alignment beyond the size costs its addresses.
 */
void *
bmk_platform_anonmmap(size_t len, int alignbit, int exec)
{
	size_t n = PAGE_UP(len) / BMK_PAGE_SIZE;
	int order = alignbit > BMK_PAGE_SHIFT ? alignbit - BMK_PAGE_SHIFT : 0;
	uint64_t va;

	/* Nothing is ever writable and executable. */
	if (exec || n == 0 || len > 1UL << 46 || order >= 36)
		return NULL;
	va = kva_alloc(n, order);
	if (va == 0)
		return NULL;
	if (!map_pages(va, n, 1)) {
		kva_release(va, n, 0);
		return NULL;
	}
	return (void *)va;
}

void
bmk_platform_unmap(void *p, size_t len)
{
	size_t n = PAGE_UP(len) / BMK_PAGE_SIZE;

	unmap_pages((uint64_t)p, n);
	kva_release((uint64_t)p, n, 0);
}

void *
hw_map_phys(uint64_t pa, size_t len, uint64_t flags)
{
	uint64_t off = pa & PAGE_MASK, va, *pte = NULL;
	size_t n = PAGE_UP(off + len) / BMK_PAGE_SIZE, i;

	if (len == 0 || len > 1UL << 40 || pa + len < pa || pa >> 52 != 0)
		return NULL;
	va = kva_alloc(n, 0);
	if (va == 0)
		return NULL;
	pa &= ~PAGE_MASK;
	for (i = 0; i < n * BMK_PAGE_SIZE; i += BMK_PAGE_SIZE) {
		if (pte == NULL || ((va + i) & (MB2 - 1)) == 0)
			pte = make_pte(va + i);
		if (pte == NULL)
			return NULL;
		*pte++ = (pa + i) | PTE_RW | PTE_NX | flags;
	}
	return (void *)(va + off);
}

void
hw_unmap_phys(void *p, size_t len)
{
	uint64_t va = PAGE_DOWN((uint64_t)p), *pte;
	size_t n = PAGE_UP(((uint64_t)p & PAGE_MASK) + len) / BMK_PAGE_SIZE, i;

	for (i = 0; i < n; i++) {
		pte = hw_pte(va + i * BMK_PAGE_SIZE, 0);
		if (pte != NULL)
			*pte = 0;
		invlpg(va + i * BMK_PAGE_SIZE);
	}
	kva_release(va, n, 0);
}

int
bmk_platform_readable(const void *p, size_t len)
{
	uint64_t va = PAGE_DOWN((uint64_t)p), end = (uint64_t)p + len, *pte;

	if (end < (uint64_t)p || (va >> 47 != 0 && va >> 47 != 0x1ffff))
		return 0;
	for (; va < end; va += BMK_PAGE_SIZE) {
		pte = hw_pte(va, 0);
		if (pte == NULL || (*pte & PTE_P) == 0)
			return 0;
	}
	return 1;
}

uint64_t
bmk_platform_image_base(void)
{
	return hw_slide;
}
