/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: the launcher's look at a file that is to be run: ELF headers and
 * the notes of an image, or a CD's.
 */
#include "fuzz_tool.h"
#include "image.h"

static void
use(struct image *im)
{
	size_t i;

	/* Where the launcher writes settings. */
	if (im->im_flagsoff != 0 && (im->im_flagsoff > im->im_size ||
	    im->im_size - im->im_flagsoff < 4))
		abort();
	for (i = 0; i < im->im_nreport; i++)
		if (im->im_report[i] > im->im_size ||
		    im->im_size - im->im_report[i] < IMAGE_REPORT_SIZE)
			abort();
	close(image_copy(im, true, true));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct image im;

	memset(&im, 0, sizeof(im));
	fuzz_begin();
	if (TRY(image_open(&im, fuzz_file(data, size))) && !im.im_iso) {
		(void)TRY(image_check(&im, PLATFORM_HW, 1 << 20));
		(void)TRY(image_check(&im, PLATFORM_SPT, 1 << 30));
		(void)TRY(use(&im));
	}
	fuzz_end();
	return 0;
}
