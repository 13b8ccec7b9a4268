/* SPDX-License-Identifier: BSD-2-Clause */
/* report: --trace, --stats and where they are written. */
#ifndef RUMPRUN_REPORT_H
#define RUMPRUN_REPORT_H

#include "image.h"
#include "options.h"

/* The values of the options, checked; NULL: none was given. */
const char *report_trace(const char *);
const char *report_stats(const char *);

/*
 * Ends with one line when the image cannot do what is asked; else asks for it
 * in im_data, unless the platform has a better way.
 */
void report_image(struct image *, const struct options *);
void report_qemu(struct strvec *, const struct options *);
void report_spt(struct strvec *, const struct options *);

#endif /* RUMPRUN_REPORT_H */
