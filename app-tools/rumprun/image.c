/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images: ELF files with notes named "Rumpkit" (doc/contracts.md), or CD
 * images.  The file is input: every offset in it is bounded, by libelf for
 * the ELF structures and here for the rest.
 */
#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image.h"

#define NOTE_NAME	"Rumpkit"
#define NOTE_IMAGE	1
#define NOTE_FLAGS	2
#define NOTE_REPORT	3		/* include/rump/rumpcomp_report.h */
#define NOTE_ABI	1
#define FLAG_NORANDOM	1

#define ISO_PVD		32768		/* primary volume descriptor */
#define ISO_PVD_VOLUME	40
#define MB1_MAGIC	0x1badb002u
#define MB1_SEARCH	8192		/* header lies within these bytes */

struct note_image {
	uint32_t abi;
	uint32_t platform;
	uint64_t minmem;
};

static const char *const platform_name[] = {
	[PLATFORM_HW] = "hw", [PLATFORM_XEN] = "xen", [PLATFORM_SPT] = "spt"
};
static const char *const platform_run[] = {
	[PLATFORM_HW] = "qemu", [PLATFORM_XEN] = "xen", [PLATFORM_SPT] = "spt"
};

/* Notes in data, which begins at this offset of the file. */
static void
parse_notes(struct image *im, Elf_Data *data, size_t fileoff)
{
	size_t off = 0, next, name, desc;
	struct note_image ni;
	GElf_Nhdr nh;

	while ((next = gelf_getnote(data, off, &nh, &name, &desc)) != 0) {
		off = next;
		if (nh.n_namesz != sizeof(NOTE_NAME) ||
		    memcmp((char *)data->d_buf + name, NOTE_NAME,
		    sizeof(NOTE_NAME)) != 0)
			continue;
		if (nh.n_type == NOTE_IMAGE && nh.n_descsz >= sizeof(ni)) {
			memcpy(&ni, (char *)data->d_buf + desc, sizeof(ni));
			if (ni.abi != NOTE_ABI)
				fail("%s: baked for another rumprun (its note "
				    "has version %u, expected %u)",
				    im->im_path, ni.abi, NOTE_ABI);
			im->im_platform = ni.platform;
			im->im_minmem = ni.minmem;
		} else if (nh.n_type == NOTE_FLAGS && nh.n_descsz >= 4) {
			im->im_flagsoff = fileoff + desc;
		} else if (nh.n_type == NOTE_REPORT && im->im_nreport <
		    IMAGE_REPORTS && nh.n_descsz == IMAGE_REPORT_SIZE) {
			im->im_report[im->im_nreport++] = fileoff + desc;
		}
	}
}

static void
find_notes(struct image *im, Elf *elf)
{
	size_t n = 0, i;
	Elf_Scn *scn = NULL;
	Elf_Data *data;
	GElf_Phdr ph;
	GElf_Shdr sh;

	elf_getphdrnum(elf, &n);
	for (i = 0; i < n; i++) {
		if (gelf_getphdr(elf, (int)i, &ph) == NULL ||
		    ph.p_type != PT_NOTE)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)ph.p_offset,
		    ph.p_filesz, ph.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
		if (data != NULL)
			parse_notes(im, data, ph.p_offset);
	}
	/* A linker script may leave them out of the program header. */
	while (im->im_platform == 0 &&
	    (scn = elf_nextscn(elf, scn)) != NULL) {
		if (gelf_getshdr(scn, &sh) == NULL || sh.sh_type != SHT_NOTE)
			continue;
		data = elf_getdata(scn, NULL);
		if (data != NULL)
			parse_notes(im, data, sh.sh_offset);
	}
}

static void
open_elf(struct image *im)
{
	const char *path = im->im_path;
	GElf_Ehdr eh;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_memory(im->im_data, im->im_size);
	if (elf == NULL || elf_kind(elf) != ELF_K_ELF ||
	    gelf_getehdr(elf, &eh) == NULL)
		fail("%s: not an image (neither ELF nor ISO)", path);
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_machine != EM_X86_64)
		fail("%s: not an image (ELF, but not for x86-64)", path);
	find_notes(im, elf);
	if (im->im_platform == 0 && eh.e_type == ET_REL)
		fail("%s: not an image yet, bake it: "
		    "rumprun-bake SET OUTPUT %s", path, path);
	if (im->im_platform == 0)
		fail("%s: not an image (an ELF file that rumprun-bake did "
		    "not make)", path);
	if (im->im_platform > PLATFORM_SPT)
		fail("%s: image for an unknown platform (%u)", path,
		    im->im_platform);
	elf_end(elf);
}

/* True when it is a CD image; those can be large and are not read whole. */
static bool
probe_iso(struct image *im)
{
	char pvd[ISO_PVD_VOLUME + 32];
	int fd = open(im->im_path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		fail("%s: %s", im->im_path, strerror(errno));
	n = pread(fd, pvd, sizeof(pvd), ISO_PVD);
	close(fd);
	if (n != sizeof(pvd) || memcmp(pvd + 1, "CD001", 5) != 0)
		return false;
	im->im_ours = strncmp(pvd + ISO_PVD_VOLUME, ISO_VOLUME " ",
	    sizeof(ISO_VOLUME)) == 0;
	return true;
}

void
image_open(struct image *im, const char *path)
{
	memset(im, 0, sizeof(*im));
	im->im_path = path;
	im->im_iso = probe_iso(im);
	if (im->im_iso)
		return;
	im->im_data = read_file(path, &im->im_size);
	if (im->im_data == NULL)
		fail("%s: %s", path, errno == EINVAL ? "not a regular file" :
		    strerror(errno));
	if (im->im_size == 0)
		fail("%s: not an image (the file is empty)", path);
	open_elf(im);
}

void
image_check(const struct image *im, enum platform want, uint64_t memory)
{
	if (im->im_iso) {
		if (want != PLATFORM_HW)
			fail("%s: an ISO image, run with: rumprun qemu %s",
			    im->im_path, im->im_path);
		return;
	}
	if (im->im_platform != (uint32_t)want)
		fail("%s: image is for %s, run with: rumprun %s %s",
		    im->im_path, platform_name[im->im_platform],
		    platform_run[im->im_platform], im->im_path);
	if (memory < im->im_minmem)
		fail("%s: needs at least %llu KiB of memory, -M gives it %llu",
		    im->im_path,
		    (unsigned long long)(im->im_minmem + 1023) / 1024,
		    (unsigned long long)memory / 1024);
}

/* Finds the header the way QEMU does; any later one would count too. */
static void
clear_multiboot(char *p, size_t size)
{
	size_t end = size < MB1_SEARCH ? size : MB1_SEARCH;
	uint32_t w[3];

	for (size_t off = 0; off + sizeof(w) <= end; off += 4) {
		memcpy(w, p + off, sizeof(w));
		if (w[0] == MB1_MAGIC && w[0] + w[1] + w[2] == 0)
			memset(p + off, 0, 4);
	}
}

int
image_copy(const struct image *im, bool nomultiboot, bool norandom)
{
	uint32_t flags;
	char *p;
	int fd;

	fd = memfile("image", im->im_data, im->im_size);
	p = mmap(NULL, im->im_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	if (nomultiboot)
		clear_multiboot(p, im->im_size);
	if (norandom && im->im_flagsoff != 0 &&
	    im->im_flagsoff + sizeof(flags) <= im->im_size) {
		memcpy(&flags, p + im->im_flagsoff, sizeof(flags));
		flags |= FLAG_NORANDOM;
		memcpy(p + im->im_flagsoff, &flags, sizeof(flags));
	}
	munmap(p, im->im_size);
	return fd;
}
