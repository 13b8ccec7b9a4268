/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the loader says: memory map, configuration, ACPI root, framebuffer.
 * PVH (Xen's hvm_start_info), Multiboot 1 and 2.  The loader's structures lie
 * in memory that becomes free afterwards, so what is needed is copied.
 * Loaders are trusted as far as the machine's owner is; counts and lengths
 * are bounded all the same.
 */
#include "hw.h"

/* So far what hw_boot_ptr() gives may be looked at, and a bit further. */
#define MB2_MAX		0x1ff000

struct hw_boot hw_boot;

/* All packed: nothing says that they are aligned. */
struct pvh_info {
	uint32_t magic, version, flags, nmods;
	uint64_t modlist, cmdline, rsdp, memmap;
	uint32_t nmemmap, reserved;
} __attribute__((__packed__));
struct pvh_mem {
	uint64_t addr, size;
	uint32_t type, reserved;
} __attribute__((__packed__));
struct pvh_mod {
	uint64_t addr, size, cmdline, reserved;
} __attribute__((__packed__));
struct mb1_mod {
	uint32_t start, end;
} __attribute__((__packed__));
struct mb1_info {
	uint32_t flags, mem_lower, mem_upper, bootdev, cmdline, nmods, mods;
	uint32_t syms[4], mmap_len, mmap, drives_len, drives, config, loader;
	uint32_t apm, vbe[4];
	uint64_t fb_addr;
	uint32_t fb_pitch, fb_width, fb_height;
	uint8_t	 fb_bpp, fb_type, fb_color[6];
} __attribute__((__packed__));
struct mb_mem {
	uint64_t addr, size;
	uint32_t type;
} __attribute__((__packed__));
struct mb2_tag {
	uint32_t type, size;
};
struct mb2_fb {
	uint64_t addr;
	uint32_t pitch, width, height;
	uint8_t	 bpp, type, reserved[2], color[6];
} __attribute__((__packed__));

static void
add_ram(uint64_t start, uint64_t size, uint32_t type)
{
	struct hw_boot *hb = &hw_boot;
	uint64_t end = start + size;

	if (type != 1 || (start | size) >> 52 != 0)
		return;
	if (start < BMK_PAGE_SIZE)
		start = BMK_PAGE_SIZE;
	start = PAGE_UP(start);
	end = PAGE_DOWN(end);
	if (start >= end || hb->hb_nram == HW_NRAM)
		return;
	hb->hb_ram[hb->hb_nram].hr_start = start;
	hb->hb_ram[hb->hb_nram++].hr_end = end;
}

static uint64_t
text_len(uint64_t pa)
{
	const char *s = hw_boot_ptr(pa), *p = s;
	uint64_t left = 65536;

	__asm__ __volatile__("repne scasb" : "+D"(p), "+c"(left) : "a"(0) :
	    "cc", "memory");
	return 65536 - left - 1;
}

static void
set_config(uint64_t pa, uint64_t len, int module)
{
	struct hw_boot *hb = &hw_boot;

	if (hb->hb_module || len == 0 || len > 0x100000)
		return;
	hb->hb_config = pa;
	hb->hb_configlen = len;
	hb->hb_module = module;
}

static void
pvh(uint64_t pa)
{
	const struct pvh_info *pi = hw_boot_ptr(pa);
	const struct pvh_mem *pm;
	const struct pvh_mod *mod;
	unsigned i;

	hw_boot.hb_rsdp = pi->rsdp;
	if (pi->cmdline != 0)
		set_config(pi->cmdline, text_len(pi->cmdline), 0);
	if (pi->nmods != 0) {
		mod = hw_boot_ptr(pi->modlist);
		set_config(mod->addr, mod->size, 1);
	}
	if (pi->version == 0)
		return;
	pm = hw_boot_ptr(pi->memmap);
	for (i = 0; i < pi->nmemmap && i < 256; i++)
		add_ram(pm[i].addr, pm[i].size, pm[i].type);
}

/* QEMU puts the kernel's path and a blank before the command line. */
static void
mb1_cmdline(const struct mb1_info *mi)
{
	uint64_t len = text_len(mi->cmdline), i = 0;
	const char *s = hw_boot_ptr(mi->cmdline);
	const char *loader = hw_boot_ptr(mi->loader);

	if (mi->flags & 0x200 && memcmp(loader, "qemu", 4) == 0) {
		while (i < len && s[i] != ' ')
			i++;
		if (i < len)
			i++;
	}
	set_config(mi->cmdline + i, len - i, 0);
}

static void
mb1(uint64_t pa)
{
	const struct mb1_info *mi = hw_boot_ptr(pa);
	const struct mb1_mod *mod;
	const char *p;
	uint32_t size;
	uint64_t off;

	if (mi->flags & 0x04)
		mb1_cmdline(mi);
	if (mi->flags & 0x08 && mi->nmods != 0) {
		mod = hw_boot_ptr(mi->mods);
		set_config(mod->start, mod->end - mod->start, 1);
	}
	if (mi->flags & 0x1000 && mi->fb_type != 0) {
		hw_boot.hb_fb = (struct hw_fbinfo){ mi->fb_addr, mi->fb_pitch,
		    mi->fb_width, mi->fb_height, mi->fb_bpp, mi->fb_type,
		    mi->fb_color[0], mi->fb_color[2], mi->fb_color[4] };
	}
	if ((mi->flags & 0x40) == 0) {
		add_ram(0, mi->mem_lower * 1024UL, 1);
		add_ram(0x100000, mi->mem_upper * 1024UL, 1);
		return;
	}
	p = hw_boot_ptr(mi->mmap);
	for (off = 0; off + 24 <= mi->mmap_len && off < 65536;
	    off += size + 4UL) {
		const struct mb_mem *mm = (const void *)(p + off + 4);

		memcpy(&size, p + off, 4);
		if (size < sizeof(*mm))
			break;
		add_ram(mm->addr, mm->size, mm->type);
	}
}

static void
mb2_mmap(const uint32_t *tag)
{
	const char *p = (const char *)(tag + 4);
	uint64_t size = tag[2], off;

	if (size < sizeof(struct mb_mem))
		return;
	for (off = 16; off + size <= tag[1]; off += size, p += size) {
		const struct mb_mem *mm = (const void *)p;

		add_ram(mm->addr, mm->size, mm->type);
	}
}

static void
mb2_framebuffer(const struct mb2_fb *fb)
{
	hw_boot.hb_fb = (struct hw_fbinfo){ fb->addr, fb->pitch, fb->width,
	    fb->height, fb->bpp, fb->type, fb->color[0], fb->color[2],
	    fb->color[4] };
}

static void
mb2(uint64_t pa)
{
	const uint8_t *info = hw_boot_ptr(pa);
	uint32_t total, off;

	memcpy(&total, info, 4);
	if (total > MB2_MAX)
		total = MB2_MAX;
	for (off = 8; off + 8 <= total;) {
		const uint32_t *tag = (const void *)(info + off);

		if (tag[0] == 0 || tag[1] < 8 || tag[1] > total - off)
			break;
		switch (tag[0]) {
		case 1:
			set_config(pa + off + 8, tag[1] - 9, 0);
			break;
		case 3:
			set_config(tag[2], tag[3] - tag[2], 1);
			break;
		case 6:
			mb2_mmap(tag);
			break;
		case 8:
			mb2_framebuffer((const void *)(tag + 2));
			break;
		case 14:
		case 15:
			memcpy(hw_boot.hb_rsdpcopy, tag + 2,
			    tag[1] - 8 < 36 ? tag[1] - 8 : 36);
			break;
		}
		off += (tag[1] + 7) & ~7U;
	}
}

void
hw_bootinfo(uint32_t protocol, uint64_t info)
{
	hw_boot.hb_protocol = protocol;
	switch (protocol) {
	case HW_MAGIC_PVH:
		pvh(info);
		break;
	case HW_MAGIC_MB1:
		mb1(info);
		break;
	case HW_MAGIC_MB2:
		mb2(info);
		break;
	}
}
