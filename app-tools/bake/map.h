/* SPDX-License-Identifier: BSD-2-Clause */
/* The map of an image: shared by the table and the picture. */
#ifndef BAKE_MAP_H
#define BAKE_MAP_H

#include "bake.h"

enum { MAP_TEXT, MAP_RODATA, MAP_DATA, MAP_BSS };	/* in mo_size */

#define MAP_LINKER	"(linker)"
#define MAP_ROOTFS	"(root file system)"

/* One entry a component, sizes summed up, in the order of m. */
void	map_components(const struct map *m, struct map *out);

#endif /* BAKE_MAP_H */
