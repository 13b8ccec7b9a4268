/* SPDX-License-Identifier: BSD-2-Clause */
/* The loader's structures, before the direct map of all memory. */
#include "hw.h"

/*
 * Before the direct map is complete the first megabytes are there; what lies
 * above gets a window of 4 MiB at the end of the first table.
 */
const void *
hw_boot_ptr(uint64_t pa)
{
	static unsigned next = 448;
	uint64_t base = pa & ~0x1fffffUL;

	if ((pa >> 21 & ~511UL) == 0 && hw_dm_pd[pa >> 21] != 0 &&
	    hw_dm_pd[(pa >> 21) + 1] != 0 && pa >> 21 < 448)
		return hw_dm(pa);
	if (next >= 510)
		next = 448;
	hw_dm_pd[next] = base | PTE_RW | PTE_PS;
	hw_dm_pd[next + 1] = (base + 0x200000) | PTE_RW | PTE_PS;
	__asm__ __volatile__("movq %%cr3, %%rax; movq %%rax, %%cr3" : : :
	    "rax", "memory");
	next += 2;
	return hw_dm(((uint64_t)next - 2) << 21 | (pa & 0x1fffff));
}
