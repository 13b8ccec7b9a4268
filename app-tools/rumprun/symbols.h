/* SPDX-License-Identifier: BSD-2-Clause */
/* symbols: from addresses of an image to functions, files and lines. */
#ifndef RUMPRUN_SYMBOLS_H
#define RUMPRUN_SYMBOLS_H

#include <stdint.h>

struct symbols;

/*
 * Names for that image, from debugfile, or IMAGE.debug when that is NULL, or
 * the image itself.  Nothing is read before the first address.
 */
struct symbols *symbols_new(const char *image, const char *debugfile);
/* addr as linked.  "function+0x12 at file.c:34", freed by the caller; NULL. */
char *symbols_describe(struct symbols *, uint64_t addr);

#endif /* RUMPRUN_SYMBOLS_H */
