/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hw_early() runs at the physical address, before relocation: it may touch
 * the image through relative addresses only, and call nothing but inline
 * functions.  It chooses the image's virtual address, relocates, and makes
 * the image's page tables.  hw_start() then runs at the final address.
 * Compiled without stack protector: it sets the canary.
 */
#include "hw.h"
#include "cpu.h"

extern const uint64_t __rela_start[], __rela_end[];
extern const uint64_t __relr_start[], __relr_end[];
extern uint64_t hw_img_pdpt[512], hw_img_pd[512], hw_img_pt[][512];
extern uintptr_t __stack_chk_guard;

uint64_t hw_dm_base, hw_image_pa, hw_slide, hw_seed;
extern unsigned long rumpcomp_bus_base	/* the same, for drivers */
    __attribute__((__alias__("hw_dm_base")));
uint64_t hw_slot0;		/* what becomes of the identity map's entry */

uint64_t hw_early(void);
void hw_start(uint32_t, uint64_t) __attribute__((__noreturn__));
void bmk_main(void);

static inline uint64_t
mix(uint64_t x, uint64_t y)
{
	x = (x ^ y) * 0x9e3779b97f4a7c15UL;
	return x ^ x >> 29;
}

/* Good enough for addresses; the generator is seeded by random.c. */
static inline uint64_t
early_random(void)
{
	uint64_t x = 0, hw;
	int i;

	for (i = 0; i < 6; i++) {
		x = mix(x, rdtsc());
		if (cpuid(1, 0).ecx & 1U << 30 && rdrand(&hw))
			x = mix(x, hw);
	}
	return x;
}

static inline void
relocate(uint64_t pa, uint64_t slide)
{
	const uint64_t *p;
	uint64_t *where = NULL, bits, i;

	/* Elf64_Rela: offset, info (8: R_X86_64_RELATIVE), addend. */
	for (p = __rela_start; p < __rela_end; p += 3)
		if ((uint32_t)p[1] == 8)
			*(uint64_t *)(p[0] - HW_LINK_BASE + pa) =
			    p[2] + slide;
	/* RELR: an address, then bit maps of the 63 words after it. */
	for (p = __relr_start; p < __relr_end; p++) {
		if ((*p & 1) == 0) {
			where = (uint64_t *)(*p - HW_LINK_BASE + pa);
			*where++ += slide;
			continue;
		}
		bits = *p >> 1;
		/* Four instructions for each: there are hundreds. */
		__asm__ __volatile__("jmp 2f\n"
		    "1:	addq %2, (%3,%1,8)\n"
		    "	btrq %1, %0\n"
		    "2:	bsfq %0, %1\n"
		    "	jnz 1b" : "+r"(bits), "=&r"(i) : "r"(slide),
		    "r"(where) : "memory", "cc");
		where += 63;
	}
}

static inline void
map_image(uint64_t pa, uint64_t end, uint64_t va, uint64_t flags)
{
	uint64_t *pt = hw_img_pt[0] + (va - (hw_slide + HW_LINK_BASE) +
	    ((hw_slide + HW_LINK_BASE) & 0x1fffff)) / BMK_PAGE_SIZE;

	for (pa |= flags, end |= flags; pa != end; pa += BMK_PAGE_SIZE)
		*pt++ = pa;
}

/*
 * The protection that the CPU has.  Nothing writes CR4 again: this code does
 * not even stay executable.
 */
_Static_assert(CR4_FSGSBASE == 1UL << 16 && CR4_SMEP == 1UL << 20 &&
    CR4_SMAP == 1UL << 21 && CR4_UMIP == 1UL << 11 &&
    CR4_OSXSAVE == 1UL << 18, "control()");

static inline void
control(void)
{
	struct hw_cpuid c1 = cpuid(1, 0), c7 = { 0, 0, 0, 0 };
	uint32_t cr4 = (uint32_t)read_cr4();

	if (cpuid(0, 0).eax >= 7)
		c7 = cpuid(7, 0);
	cr4 |= (c7.ebx & 1U << 0) << 16;	/* FSGSBASE */
	cr4 |= (c7.ebx & 1U << 7) << 13;	/* SMEP */
	cr4 |= (c7.ebx & 1U << 20) << 1;	/* SMAP */
	cr4 |= (c7.ecx & 1U << 2) << 9;		/* UMIP */
	cr4 |= (c1.ecx & 1U << 26) >> 8;	/* OSXSAVE */
	write_cr4(cr4);
}

/* Returns virtual - physical address of the image. */
uint64_t
hw_early(void)
{
	uint64_t pa = (uint64_t)__image_start, va = HW_LINK_BASE, r, i;
	uint64_t text = (uint64_t)__text_start, data = (uint64_t)__data_start;
	uint64_t end = (uint64_t)__image_end, table;

	control();
	r = early_random();
	hw_seed = r;
	__stack_chk_guard = mix(r, 1) & ~0xffUL;
	if (hw_boot_flags & HW_FLAG_NORANDOM)
		r = 0;
	else
		va = (1 + (r & 0xffff) % 255) << 39 |
		    ((r >> 16 & 0xffff) % 448) << 30 |
		    (r >> 32 & 0x1ffff) << 12;
	hw_image_pa = pa;
	hw_slide = va - HW_LINK_BASE;
	relocate(pa, hw_slide);

	map_image(pa, text, va, PTE_P | PTE_A | PTE_NX);
	map_image(text, data, va + (text - pa), PTE_P | PTE_A);
	map_image(data, end, va + (data - pa), PTE_RW | PTE_NX);
	table = (uint64_t)hw_img_pt | PTE_TABLE;
	for (i = va >> 21; i <= (va + (end - pa) - 1) >> 21; i++) {
		hw_img_pd[i & 511] = table;
		table += BMK_PAGE_SIZE;
	}
	hw_img_pdpt[va >> 30 & 511] = (uint64_t)hw_img_pd | PTE_TABLE;
	table = (uint64_t)hw_img_pdpt | PTE_TABLE;
	if (va >> 39 == 0)
		hw_slot0 = table;
	else
		hw_pml4[va >> 39] = table;

	/* Its gigabyte, too: not the first, which is the identity map's. */
	i = 1 + (mix(r, 2) >> 57);
	hw_dm_pdpt[i] = hw_dm_pdpt[0];
	r = 256 + (r >> 49) % 255;
	hw_dm_base = 0xffff000000000000UL | r << 39 | i << 30;
	hw_pml4[r] = (uint64_t)hw_dm_pdpt | PTE_TABLE | PTE_NX;
	return va - pa;
}

void
hw_start(uint32_t protocol, uint64_t info)
{
	/* 8259s: no interrupt from there, ever. */
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
	hw_cpu_init();
	hw_bootinfo(protocol, info);
	hw_memory_init();
	bmk_main();
	bmk_panic("bmk_main returned");
}
