/* SPDX-License-Identifier: BSD-2-Clause */
/* The map of an image: shared by the table and the picture. */
#ifndef BAKE_MAP_H
#define BAKE_MAP_H

#include <libelf.h>

#include "bake.h"

enum { MAP_TEXT, MAP_RODATA, MAP_DATA, MAP_BSS };	/* in mo_size */

#define MAP_LINKER	"(linker)"
#define MAP_ROOTFS	"(root file system)"

/* One entry a component, sizes summed up, in the order of m. */
void	map_components(const struct map *m, struct map *out);

struct symbol {
	uint64_t	 sy_addr, sy_size;
	char		*sy_name;
};
struct symbols {
	struct symbol	*v;		/* sorted by address */
	size_t		 n;
};
void	symbols_read(Elf *, struct symbols *);
/* Index of the first symbol at addr or after it. */
size_t	symbols_from(const struct symbols *, uint64_t addr);

#endif /* BAKE_MAP_H */
