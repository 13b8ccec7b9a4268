/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: what a loader says, of any protocol: its number, where in the
 * first bytes of memory its structure begins, and these bytes.  A physical
 * address is looked at through a window of two large pages, as in the guest,
 * and all of them show the same memory; behind it there is none.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "hw.h"

#define LARGE	(2UL << 20)
#define MOST	65536

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static uint8_t *memory;

const void *
hw_boot_ptr(uint64_t pa)
{
	return memory + pa % LARGE;
}

static void
start(void)
{
	memory = mmap(NULL, 3 * LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || mprotect(memory + 2 * LARGE, LARGE,
	    PROT_NONE) != 0)
		abort();
}

/* What the rest of the boot relies on. */
static void
check(void)
{
	const struct hw_boot *hb = &hw_boot;
	unsigned i;

	if (hb->hb_nram > HW_NRAM || hb->hb_configlen > 0x100000)
		abort();
	for (i = 0; i < hb->hb_nram; i++)
		if (hb->hb_ram[i].hr_start >= hb->hb_ram[i].hr_end ||
		    hb->hb_ram[i].hr_start < BMK_PAGE_SIZE ||
		    ((hb->hb_ram[i].hr_start | hb->hb_ram[i].hr_end) &
		    PAGE_MASK) != 0)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint32_t magic[4] = { HW_MAGIC_PVH, HW_MAGIC_MB1,
	    HW_MAGIC_MB2, 0 };

	if (memory == NULL)
		start();
	if (n < 4)
		return 0;
	if (n - 4 > MOST)
		n = MOST + 4;
	memset(&hw_boot, 0, sizeof(hw_boot));
	memcpy(memory, p + 4, n - 4);
	/* The last page there is, or the first. */
	hw_bootinfo(magic[p[0] % 4], (p[1] & 1 ? 0 : p[2]) * 8);
	check();
	memset(memory, 0, n - 4);
	return 0;
}
