/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image relocates itself: Linux chose the address, which is the random
 * base.  Nothing here may use a relocated pointer.
 */
#include "spt.h"

#define R_X86_64_RELATIVE 8

struct rela { uint64_t r_offset, r_info; int64_t r_addend; };
extern const struct rela __rela_start[], __rela_end[];
extern const uint64_t __relr_start[], __relr_end[];

void
spt_relocate(void)
{
	uintptr_t base = (uintptr_t)__image_start;
	const struct rela *r;
	const uint64_t *e;
	uint64_t *where = NULL, bits;
	int i;

	/* A RELR entry: an address, or a bitmap of the 63 words behind. */
	for (e = __relr_start; e < __relr_end; e++) {
		if ((*e & 1) == 0) {
			where = (uint64_t *)(base + *e);
			*where++ += base;
			continue;
		}
		for (i = 0, bits = *e >> 1; bits != 0; i++, bits >>= 1)
			if (bits & 1)
				where[i] += base;
		where += 63;
	}
	for (r = __rela_start; r < __rela_end; r++)
		if ((uint32_t)r->r_info == R_X86_64_RELATIVE)
			*(uint64_t *)(base + r->r_offset) =
			    base + (uint64_t)r->r_addend;
}
