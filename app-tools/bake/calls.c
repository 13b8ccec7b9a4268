/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For images that watch system calls: the undefined rump_sysimpl_<name> of
 * the programs' copies become rump_syscall_<name>, which is as long, so the
 * string table is changed in place.  prog.c has checked these files.
 */
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "bake.h"

static const struct {
	const char	*from, *to;	/* of one length */
	bool		 whole;
} names[] = {
	{ "rump_sysimpl_", "rump_syscall_", false },
	{ "rump_sysent_call", "rump_syscall_any", true },
};

static void
rename_gate(char *name, size_t room)
{
	size_t i, len;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		len = strlen(names[i].from);
		if (len < room && memcmp(name, names[i].from, len) == 0 &&
		    (!names[i].whole || name[len] == '\0'))
			memcpy(name, names[i].to, len);
	}
}

/* Every gate that this symbol table refers to, in the names at strs. */
static void
rename_gates(Elf_Data *syms, char *strs, size_t nstrs)
{
	GElf_Sym sym;
	int i;

	for (i = 1; gelf_getsym(syms, i, &sym); i++)
		if (sym.st_shndx == SHN_UNDEF && sym.st_name < nstrs)
			rename_gate(strs + sym.st_name, nstrs - sym.st_name);
}

static void
watch_program(const struct prog *p)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh, st;
	Elf_Data *d;
	size_t len;
	char *buf = read_text(p->p_obj, &len);
	Elf *elf = buf == NULL ? NULL : elf_memory(buf, len);
	FILE *f;

	if (elf == NULL)
		die("cannot read %s again", p->p_obj);
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_SYMTAB ||
		    (d = elf_getdata(scn, NULL)) == NULL ||
		    !gelf_getshdr(elf_getscn(elf, sh.sh_link), &st) ||
		    st.sh_offset > len || st.sh_size > len - st.sh_offset)
			continue;
		rename_gates(d, buf + st.sh_offset, st.sh_size);
	}
	elf_end(elf);
	f = fopen(p->p_obj, "we");
	if (f == NULL || fwrite(buf, 1, len, f) != len || fclose(f) != 0)
		die("cannot write %s: %s", p->p_obj, strerror(errno));
	free(buf);
}

void
calls_watch(const struct prog *progs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		watch_program(&progs[i]);
}
