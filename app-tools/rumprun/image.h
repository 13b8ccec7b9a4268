/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image that is to run: what it is, what it needs, changed copies of it.
 */
#ifndef RUMPRUN_IMAGE_H
#define RUMPRUN_IMAGE_H

#include "util.h"

/* As in the image's own note, see doc/contracts.md. */
enum platform { PLATFORM_HW = 1, PLATFORM_XEN = 2, PLATFORM_SPT = 3 };

struct image {
	const char	*im_path;
	bool		 im_iso;	/* no ELF: a CD image */
	bool		 im_ours;	/* ... that `rumprun iso` wrote */
	uint32_t	 im_platform;	/* enum platform; not for im_iso */
	uint64_t	 im_minmem;	/* bytes, 0: unknown */
	size_t		 im_flagsoff;	/* file offset of the flags, 0: none */
	/*
	 * File offsets of settings that the launcher makes (report.c): a name
	 * of 8 bytes, then text up to the size.
	 */
#define IMAGE_REPORTS		4
#define IMAGE_REPORT_SIZE	248
	size_t		 im_report[IMAGE_REPORTS];
	unsigned	 im_nreport;
	bool		 im_changed;	/* im_data is not the file's */
	char		*im_data;	/* the whole file, not for im_iso */
	size_t		 im_size;
};

#define ISO_VOLUME	"RUMPKIT"

/* Ends with one line when the file is no image. */
void image_open(struct image *, const char *path);
/* Ends with one line when it is not for that platform or needs more. */
void image_check(const struct image *, enum platform, uint64_t memory);
/*
 * A copy in memory: without its Multiboot 1 header, so that QEMU takes the
 * PVH entry, or with the flag that turns address randomisation off.
 */
int image_copy(const struct image *, bool nomultiboot, bool norandom);

#endif /* RUMPRUN_IMAGE_H */
