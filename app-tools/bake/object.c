/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the two objects that bake itself adds to an image, as ELF files and
 * without an assembler's help: the program table and the root file system.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bake.h"

#define MAXSEC	10

/* An object in the making.  Section 0 is the null section. */
struct object {
	Elf64_Shdr	 o_sh[MAXSEC];
	const void	*o_data[MAXSEC];
	unsigned	 o_nsec;
	Elf64_Sym	*o_syms;
	size_t		 o_nsyms;
	char		*o_str;
	size_t		 o_strlen;
};

static Elf64_Word
add_str(struct object *o, const char *s)
{
	size_t at = o->o_strlen, n = strlen(s) + 1;

	o->o_str = xrealloc(o->o_str, at + n);
	memcpy(o->o_str + at, s, n);
	o->o_strlen += n;
	return (Elf64_Word)at;
}

static void
start(struct object *o)
{
	memset(o, 0, sizeof(*o));
	add_str(o, "");
	o->o_nsec = 1;
	o->o_nsyms = 1;
	o->o_syms = xcalloc(1, sizeof(*o->o_syms));
}

static unsigned
add_section(struct object *o, const char *name, unsigned type, unsigned flags,
    uint64_t align, const void *data, uint64_t size)
{
	Elf64_Shdr *sh = &o->o_sh[o->o_nsec];

	sh->sh_name = add_str(o, name);
	sh->sh_type = type;
	sh->sh_flags = flags;
	sh->sh_addralign = align;
	sh->sh_size = size;
	o->o_data[o->o_nsec] = data;
	return o->o_nsec++;
}

/* Section 0 makes an undefined symbol.  All are global. */
static size_t
add_symbol(struct object *o, const char *name, unsigned section,
    uint64_t value, uint64_t size)
{
	Elf64_Sym *sy;

	o->o_syms = xrealloc(o->o_syms, (o->o_nsyms + 1) * sizeof(*sy));
	sy = &o->o_syms[o->o_nsyms];
	memset(sy, 0, sizeof(*sy));
	sy->st_name = add_str(o, name);
	sy->st_info = ELF64_ST_INFO(STB_GLOBAL,
	    section ? STT_OBJECT : STT_NOTYPE);
	sy->st_other = STV_HIDDEN;
	sy->st_shndx = (Elf64_Half)section;
	sy->st_value = value;
	sy->st_size = size;
	return o->o_nsyms++;
}

/* Contents go from file offset off on; those without data are in place. */
static void
finish(struct object *o, FILE *f, const char *path, uint64_t off)
{
	static const Elf64_Ehdr proto = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
		    EV_CURRENT },
		.e_type = ET_REL, .e_machine = EM_X86_64,
		.e_version = EV_CURRENT, .e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
	};
	Elf64_Ehdr eh = proto;
	unsigned i, strs;
	Elf64_Shdr *sh;

	i = add_section(o, ".symtab", SHT_SYMTAB, 0, 8, o->o_syms,
	    o->o_nsyms * sizeof(*o->o_syms));
	o->o_sh[i].sh_link = i + 1;
	o->o_sh[i].sh_info = 1;
	o->o_sh[i].sh_entsize = sizeof(Elf64_Sym);
	strs = add_section(o, ".strtab", SHT_STRTAB, 0, 1, NULL, 0);
	o->o_data[strs] = o->o_str;
	o->o_sh[strs].sh_size = o->o_strlen;
	for (i = 1; i < o->o_nsec; i++) {
		sh = &o->o_sh[i];
		off = (off + sh->sh_addralign - 1) & -sh->sh_addralign;
		sh->sh_offset = off;
		off += sh->sh_size;
		if (o->o_data[i] == NULL)
			continue;
		fseeko(f, (off_t)sh->sh_offset, SEEK_SET);
		fwrite(o->o_data[i], 1, sh->sh_size, f);
	}
	eh.e_shoff = (off + 7) & -8UL;
	eh.e_shnum = (Elf64_Half)o->o_nsec;
	eh.e_shstrndx = (Elf64_Half)strs;
	fseeko(f, (off_t)eh.e_shoff, SEEK_SET);
	fwrite(o->o_sh, sizeof(*o->o_sh), o->o_nsec, f);
	fseeko(f, 0, SEEK_SET);
	fwrite(&eh, sizeof(eh), 1, f);
	if (ferror(f) || fclose(f) != 0)
		die("cannot write %s: %s", path, strerror(errno));
}

static void
set_rela(Elf64_Rela *ra, uint64_t off, size_t sym, size_t addend)
{
	ra->r_offset = off;
	ra->r_info = ELF64_R_INFO(sym, R_X86_64_64);
	ra->r_addend = (Elf64_Sxword)addend;
}

/*
 * struct rump_program rump_programs[] (include/rump/program.h): name, entry,
 * and where its data and its bss begin and end.  The reference to rumprun_rc
 * takes it out of its archive.
 */
static unsigned
add_programs(struct object *o, size_t n, const Elf64_Rela *progs)
{
	Elf64_Rela *ra = xcalloc(6 * n, sizeof(*ra)), *r = ra;
	unsigned tab, rel;
	const char *name;
	size_t i, j;

	tab = add_section(o, ".data.rel.ro.rump_programs", SHT_PROGBITS,
	    SHF_ALLOC | SHF_WRITE, 8, xcalloc(n, 48), 48 * n);
	rel = add_section(o, ".rela.data.rel.ro.rump_programs", SHT_RELA,
	    SHF_INFO_LINK, 8, ra, 6 * n * sizeof(*ra));
	o->o_sh[rel].sh_info = tab;
	o->o_sh[rel].sh_entsize = sizeof(*ra);
	add_symbol(o, "rump_programs", tab, 0, 48 * n);
	add_symbol(o, "rumprun_rc", 0, 0, 0);
	for (i = 0; i < n; i++) {
		*r = progs[2 * i];
		(r++)->r_offset = 48 * i;
		*r = progs[2 * i + 1];
		(r++)->r_offset = 48 * i + 8;
		for (j = 2; j < 6; j++) {
			name = fmt("rumprun_%s_%zu%s", j < 4 ? "data" : "bss",
			    i, j % 2 ? "_end" : "");
			set_rela(r++, 48 * i + 8 * j,
			    add_symbol(o, name, 0, 0, 0), 0);
		}
	}
	return rel;
}

/* rumprun_progs[] = { { name, entry } ... }, rumprun_nprogs. */
void
object_table(const char *path, const struct prog *progs, size_t n, bool exec)
{
	Elf64_Rela *ra = xcalloc(2 * n, sizeof(*ra));
	void *zero = xcalloc(n, 16);
	size_t i, namesym, at = 4, len;
	uint32_t count = (uint32_t)n;
	struct object o;
	unsigned tab, ro, rel, rel2;
	char *names = xrealloc(NULL, at);
	FILE *f = fopen(path, "we");

	if (f == NULL)
		die("cannot write %s: %s", path, strerror(errno));
	start(&o);
	tab = add_section(&o, ".data.rel.ro.rumprun_progs", SHT_PROGBITS,
	    SHF_ALLOC | SHF_WRITE, 8, zero, 16 * n);
	ro = add_section(&o, ".rodata.rumprun_progs", SHT_PROGBITS, SHF_ALLOC,
	    4, NULL, 0);
	rel = add_section(&o, ".rela.data.rel.ro.rumprun_progs", SHT_RELA,
	    SHF_INFO_LINK, 8, ra, 2 * n * sizeof(*ra));
	add_symbol(&o, "rumprun_progs", tab, 0, 16 * n);
	add_symbol(&o, "rumprun_nprogs", ro, 0, 4);
	add_symbol(&o, "rump_nprograms", ro, 0, 4);
	namesym = add_symbol(&o, "rumprun_prognames", ro, 0, 0);
	for (i = 0; i < n; i++) {
		set_rela(&ra[2 * i], 16 * i, namesym, at);
		set_rela(&ra[2 * i + 1], 16 * i + 8,
		    add_symbol(&o, progs[i].p_entry, 0, 0, 0), 0);
		len = strlen(progs[i].p_name) + 1;
		names = xrealloc(names, at + len);
		memcpy(names + at, progs[i].p_name, len);
		at += len;
	}
	memcpy(names, &count, sizeof(count));
	o.o_data[ro] = names;
	o.o_sh[ro].sh_size = at;
	rel2 = exec ? add_programs(&o, n, ra) : rel;
	/* .symtab comes next */
	o.o_sh[rel].sh_link = o.o_sh[rel2].sh_link = o.o_nsec;
	o.o_sh[rel].sh_info = tab;
	o.o_sh[rel].sh_entsize = sizeof(*ra);
	finish(&o, f, path, sizeof(Elf64_Ehdr));
}

void
object_rootfs_finish(int fd, const char *path, uint64_t size)
{
	struct object o;
	unsigned sec;
	FILE *f = fdopen(fd, "r+");

	if (f == NULL)
		die("cannot write %s: %s", path, strerror(errno));
	start(&o);
	sec = add_section(&o, ".rootfs", SHT_PROGBITS, SHF_ALLOC, 4096, NULL,
	    size);
	add_symbol(&o, "rump_rootfs_start", sec, 0, size);
	add_symbol(&o, "rump_rootfs_end", sec, size, 0);
	finish(&o, f, path, OBJECT_DATA_OFF);
}
