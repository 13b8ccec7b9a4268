/* SPDX-License-Identifier: BSD-2-Clause */
/* symbols: from addresses of an image to functions, files and lines. */
#ifndef RUMPRUN_SYMBOLS_H
#define RUMPRUN_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

struct symbols;

/*
 * Names for that image, from debugfile, or IMAGE.debug when that is NULL, or
 * the image itself.  Nothing is read before the first address.
 */
struct symbols *symbols_new(const char *image, const char *debugfile);
/* addr as linked.  "function+0x12 at file.c:34", freed by the caller; NULL. */
char *symbols_describe(struct symbols *, uint64_t addr);
/* A symbol of the file by name: value as linked, size. */
bool symbols_find(struct symbols *, const char *name, uint64_t *value,
    uint64_t *size);
/* The ELF file's entry as linked. */
bool symbols_entry(struct symbols *, uint64_t *);
const char *symbols_file(const struct symbols *);

#endif /* RUMPRUN_SYMBOLS_H */
