/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions and objects of the linked image, by address, for the map. */
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"

static int
by_addr(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->sy_addr != y->sy_addr)
		return x->sy_addr < y->sy_addr ? -1 : 1;
	if (x->sy_size != y->sy_size)	/* of aliases the largest counts */
		return x->sy_size > y->sy_size ? -1 : 1;
	return strcmp(x->sy_name, y->sy_name);
}

static void
add_table(Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh, struct symbols *out)
{
	Elf_Data *d = elf_getdata(scn, NULL);
	size_t n = sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0, i;
	const char *name;
	GElf_Sym sym;
	int type;

	out->v = xcalloc(n, sizeof(*out->v));
	for (i = 1; d && i < n && gelf_getsym(d, (int)i, &sym); i++) {
		type = GELF_ST_TYPE(sym.st_info);
		name = elf_strptr(elf, sh->sh_link, sym.st_name);
		if (name && sym.st_size && (type == STT_FUNC ||
		    type == STT_OBJECT))
			out->v[out->n++] = (struct symbol){ sym.st_value,
			    sym.st_size, xstrdup(name) };
	}
	qsort(out->v, out->n, sizeof(*out->v), by_addr);
}

void
symbols_read(Elf *elf, struct symbols *out)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	memset(out, 0, sizeof(*out));
	while ((scn = elf_nextscn(elf, scn)) != NULL)
		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_SYMTAB &&
		    out->v == NULL)
			add_table(elf, scn, &sh, out);
}

size_t
symbols_from(const struct symbols *s, uint64_t addr)
{
	size_t lo = 0, hi = s->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->v[mid].sy_addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}
