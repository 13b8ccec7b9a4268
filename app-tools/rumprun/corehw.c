/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine's memory as a core: QEMU had it from us (memory-backend-file), so
 * it is still here when QEMU is gone.  The page tables in it say which page
 * is where; they are the guest's, so every address in them is bounded.
 */
#include <sys/mman.h>

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "core.h"

#define PTE_P		0x001UL
#define PTE_W		0x002UL
#define PTE_PS		0x080UL
#define PTE_NX		(1UL << 63)
#define PTE_ADDR	0x000ffffffffff000UL
#define TOP		3
#define SPAN(level)	(CORE_PAGE << 9 * (level))

#define LINK_BASE	0x100000UL	/* of an hw image */
#define LOAD_MAX	0x20000000UL
#define MAXTABLES	(1U << 16)	/* tables may refer to themselves */
#define GB4		(1UL << 32)

/* The page at this physical address; NULL: no memory is there. */
static const void *
physical(const struct core *c, uint64_t pa)
{
	if (pa >= GB4)
		pa = pa - GB4 + c->c_ramlow;
	else if (pa >= c->c_ramlow)
		return NULL;
	return pa < c->c_ramsize ? c->c_ram + (pa & -CORE_PAGE) : NULL;
}

static bool
read_page(struct core *c, uint64_t va, void *page)
{
	uint64_t pa = c->c_cr3, e;
	const uint64_t *t;
	int level;

	for (level = TOP; level >= 0; level--) {
		t = physical(c, pa);
		if (t == NULL)
			return false;
		e = t[va >> (12 + 9 * level) & 511];
		if ((e & PTE_P) == 0)
			return false;
		pa = e & PTE_ADDR;
		if (level > 0 && level < TOP && e & PTE_PS) {
			pa = (pa & -SPAN(level)) | (va & (SPAN(level) - 1));
			break;
		}
	}
	t = physical(c, pa);
	if (t != NULL)
		memcpy(page, t, CORE_PAGE);
	return t != NULL;
}

/* What the table maps, where memory is behind it. */
static void
walk(struct core *c, uint64_t table, uint64_t va, int level)
{
	const uint64_t *t = physical(c, table);
	uint64_t e, at, pa;

	if (t == NULL || c->c_ntables++ == MAXTABLES)
		return;
	for (unsigned i = 0; i < 512; i++) {
		e = t[i];
		at = va + i * SPAN(level);
		if (level == TOP && i >= 256)
			at |= 0xffffUL << 48;
		pa = e & PTE_ADDR;
		if ((e & PTE_P) == 0)
			continue;
		if (level == TOP || (level > 0 && (e & PTE_PS) == 0))
			walk(c, pa, at, level - 1);
		else if (physical(c, level > 0 ? pa & -SPAN(level) : pa) !=
		    NULL)
			core_add(c, at, SPAN(level), PF_R |
			    (e & PTE_W ? PF_W : 0) | (e & PTE_NX ? 0 : PF_X));
	}
}

/* At pa lies the image when its own variables say so. */
static bool
image_at(const struct core *c, uint64_t pa, uint64_t image_pa, uint64_t slide)
{
	uint64_t a, b;

	if (pa + slide + 8 > c->c_ramlow || pa + image_pa + 8 > c->c_ramlow)
		return false;
	memcpy(&a, c->c_ram + pa + image_pa, sizeof(a));
	memcpy(&b, c->c_ram + pa + slide, sizeof(b));
	return a == pa && b == c->c_crash->cr_base;
}

static bool
find_tables(struct core *c)
{
	uint64_t pml4, image_pa, slide, size, pa;

	if (!symbols_find(c->c_symbols, "hw_pml4", &pml4, &size) ||
	    !symbols_find(c->c_symbols, "hw_image_pa", &image_pa, &size) ||
	    !symbols_find(c->c_symbols, "hw_slide", &slide, &size))
		return false;
	/* GRUB chooses another place than the linked one. */
	for (pa = LINK_BASE; pa < LOAD_MAX; pa += CORE_PAGE) {
		if (!image_at(c, pa, image_pa - LINK_BASE, slide - LINK_BASE))
			continue;
		c->c_cr3 = pml4 - LINK_BASE + pa;
		return true;
	}
	return false;
}

/* What QEMU's machines put below 4 GiB of this much memory. */
static uint64_t
low_memory(const struct options *o)
{
	static const struct {
		const char *m_name;
		uint64_t m_from, m_low;
	} machines[] = {
		{ "pc", 0xe0000000, 0xc0000000 },
		{ "q35", 0xb0000000, 0x80000000 },
		{ "microvm", 0xc0000000, 0xc0000000 },
	};

	for (size_t i = 0; i < 3; i++)
		if (strcmp(o->o_machine, machines[i].m_name) == 0 &&
		    o->o_memory >= machines[i].m_from)
			return machines[i].m_low;
	return o->o_memory;
}

void
core_machine(const char *path, const struct options *o,
    const struct crash *cr, const struct guest *g)
{
	struct core c = {
		.c_crash = cr, .c_image = o->o_image, .c_read = read_page,
		.c_limit = CORE_LIMIT(o->o_memory),
		.c_symbols = symbols_new(o->o_image, o->o_symbols),
		.c_ramsize = o->o_memory & -CORE_PAGE,
		.c_ramlow = low_memory(o) & -CORE_PAGE,
	};
	void *ram = mmap(NULL, c.c_ramsize, PROT_READ, MAP_SHARED, g->g_memfd,
	    0);

	if (ram == MAP_FAILED) {
		note("--core %s: the guest's memory: %s", path,
		    strerror(errno));
		return;
	}
	c.c_ram = ram;
	if (find_tables(&c)) {
		walk(&c, c.c_cr3, 0, TOP);
		core_write(&c, path);
	} else {
		note("--core %s: page tables not found: is %s of this image?",
		    path, symbols_file(c.c_symbols));
	}
	munmap(ram, c.c_ramsize);
}
