/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks a program (the compiler wrapper's output) and makes a copy of it
 * whose entry bears a name of its own.  The input is not trusted: libelf
 * reads it and every offset used here is bounded.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bake.h"

#define RECOMPILE	"recompile it with " BAKE_WRAPPER

/* What a look at the symbols found. */
struct symbols {
	Elf64_Off	sy_entry_off;	/* of the entry's symbol in the file */
	Elf64_Off	sy_dynamic_off;	/* of _DYNAMIC's, 0: none */
	size_t		sy_strtab;	/* section index of its names */
	bool		sy_found;
	size_t		sy_note;	/* section index of the ABI note */
	bool		sy_execs;	/* refers to execve */
};

static void
check_header(const char *path, const char *buf, size_t len)
{
	const Elf64_Ehdr *eh = (const void *)buf;

	if (len == 0)
		die("%s: is empty, expected a program made by %s", path,
		    BAKE_WRAPPER);
	if (len >= 8 && memcmp(buf, "!<arch>\n", 8) == 0)
		die("%s: is an archive, expected a program made by %s", path,
		    BAKE_WRAPPER);
	if (len < EI_NIDENT || memcmp(buf, ELFMAG, SELFMAG) != 0)
		die("%s: not an ELF file%s, expected a program made by %s",
		    path, len > 2 && memcmp(buf, "#!", 2) == 0 ?
		    " but a script" : "", BAKE_WRAPPER);
	if (buf[EI_CLASS] != ELFCLASS64 || buf[EI_DATA] != ELFDATA2LSB)
		die("%s: is %s, expected 64-bit little-endian x86-64: %s",
		    path, buf[EI_CLASS] != ELFCLASS64 ?
		    "not a 64-bit ELF file" : "big-endian", RECOMPILE);
	if (len < sizeof(*eh))
		die("%s: ELF header is cut off after %zu bytes", path, len);
	if (eh->e_machine != EM_X86_64)
		die("%s: is for another machine (ELF machine %u), expected "
		    "x86-64 (%u): %s", path, eh->e_machine, EM_X86_64,
		    RECOMPILE);
	if (eh->e_type == ET_EXEC || eh->e_type == ET_DYN)
		die("%s: is a Linux executable, not made by %s: recompile",
		    path, BAKE_WRAPPER);
	if (eh->e_type != ET_REL)
		die("%s: ELF type %u, expected a relocatable object made by "
		    "%s", path, eh->e_type, BAKE_WRAPPER);
	if (eh->e_shentsize != sizeof(Elf64_Shdr) || eh->e_shoff > len ||
	    (len - eh->e_shoff) / sizeof(Elf64_Shdr) < eh->e_shnum)
		die("%s: damaged: its section headers are not in the file "
		    "(of %zu bytes)", path, len);
}

/*
 * A program that runs on the build machine (RUMPRUN_RUN=spt) is an spt image
 * with the object in a section; that moves to the start of buf.
 */
static void
take_embedded(char *buf, size_t *len)
{
	const Elf64_Ehdr *eh = (const void *)buf;
	Elf_Scn *scn = NULL;
	const char *name;
	GElf_Shdr sh;
	size_t strs;
	Elf *elf;

	if (*len < sizeof(*eh) || memcmp(buf, ELFMAG, SELFMAG) != 0 ||
	    eh->e_type == ET_REL || (elf = elf_memory(buf, *len)) == NULL)
		return;
	if (elf_getshdrstrndx(elf, &strs) != 0)
		strs = 0;
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		if (!gelf_getshdr(scn, &sh) ||
		    (name = elf_strptr(elf, strs, sh.sh_name)) == NULL ||
		    strcmp(name, ".rumprun.prog") != 0 ||
		    sh.sh_offset > *len || sh.sh_size > *len - sh.sh_offset)
			continue;
		elf_end(elf);
		memmove(buf, buf + sh.sh_offset, sh.sh_size);
		*len = sh.sh_size;
		return;
	}
	elf_end(elf);
}

static bool
find_abi(const char *path, Elf_Scn *scn)
{
	Elf_Data *d = elf_getdata(scn, NULL);
	size_t off = 0, name, desc;
	const char *p;
	GElf_Nhdr nh;
	uint32_t abi;

	if (d == NULL)
		return false;
	p = d->d_buf;
	while ((off = gelf_getnote(d, off, &nh, &name, &desc)) > 0) {
		if (nh.n_namesz != 8 || memcmp(p + name, "Rumprun", 8) != 0 ||
		    nh.n_type != 1 || nh.n_descsz < 4)
			continue;
		memcpy(&abi, p + desc, 4);
		if (abi != BAKE_ABI)
			die("%s: made for program ABI %u, this rumprun-bake "
			    "knows %u: recompile it", path, abi, BAKE_ABI);
		return true;
	}
	return false;
}

/* The function and source file around an offset, for a message. */
static const char *
who_is_at(Elf_Data *syms, size_t n, size_t strtab, Elf *elf, size_t shndx,
    uint64_t off)
{
	const char *file = NULL, *s;
	GElf_Sym sym;
	size_t i;

	for (i = 1; i < n && gelf_getsym(syms, (int)i, &sym); i++) {
		s = elf_strptr(elf, strtab, sym.st_name);
		if (GELF_ST_TYPE(sym.st_info) == STT_FILE)
			file = s;
		if (sym.st_shndx == shndx && off >= sym.st_value && s &&
		    off - sym.st_value < sym.st_size)
			return fmt(" in %s%s%s%s", s, file ? " (" : "",
			    file ? file : "", file ? ")" : "");
	}
	return "";
}

/* Which place in the program refers to symbol number want. */
static const char *
who_refers(Elf *elf, Elf_Data *syms, size_t n, size_t strtab, size_t want)
{
	Elf_Scn *scn = NULL;
	Elf_Data *d;
	GElf_Shdr sh;
	GElf_Rela ra;
	int i;

	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_RELA ||
		    (d = elf_getdata(scn, NULL)) == NULL)
			continue;
		for (i = 0; gelf_getrela(d, i, &ra); i++)
			if (GELF_R_SYM(ra.r_info) == want)
				return who_is_at(syms, n, strtab, elf,
				    sh.sh_info, ra.r_offset);
	}
	return "";
}

static bool
may_be_undefined(const char *name)
{
	/* What ld makes, by itself or as the platform's script says: end(3). */
	static const char *const made[] = { "_GLOBAL_OFFSET_TABLE_", "etext",
	    "_etext", "__etext", "edata", "_edata", "end", "_end" };
	size_t i;

	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (strcmp(name, made[i]) == 0)
			return true;
	return strncmp(name, "rump_sysimpl_", 13) == 0 ||
	    strcmp(name, "rump_sysent_call") == 0;
}

static void
check_symbols(const char *path, Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh,
    struct symbols *sy)
{
	Elf_Data *d = elf_getdata(scn, NULL);
	size_t i, n = sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0;
	const char *name;
	GElf_Sym sym;

	if (d == NULL || sh->sh_entsize != sizeof(Elf64_Sym))
		die("%s: damaged symbol table", path);
	for (i = 1; i < n && gelf_getsym(d, (int)i, &sym); i++) {
		name = elf_strptr(elf, sh->sh_link, sym.st_name);
		if (name == NULL)
			die("%s: damaged symbol table", path);
		if (sym.st_shndx == SHN_UNDEF) {
			if (GELF_ST_BIND(sym.st_info) == STB_GLOBAL &&
			    !may_be_undefined(name))
				die("%s: unresolved symbol \"%s\", referred "
				    "to%s", path, name, who_refers(elf, d, n,
				    sh->sh_link, i));
			if (strcmp(name, "rump_sysimpl_execve") == 0 ||
			    strcmp(name, "rump_sysimpl_execveat") == 0)
				sy->sy_execs = true;
			if (strcmp(name, "_DYNAMIC") == 0)
				sy->sy_dynamic_off = sh->sh_offset +
				    i * sizeof(Elf64_Sym);
		} else if (GELF_ST_BIND(sym.st_info) != STB_LOCAL &&
		    strcmp(name, "rumprun_entry") == 0) {
			sy->sy_found = true;
			sy->sy_strtab = sh->sh_link;
			sy->sy_entry_off = sh->sh_offset +
			    i * sizeof(Elf64_Sym);
		}
	}
}

/* Sections that a run of the program changes; all have to be reset. */
static void
take_writable(struct prog *p, const char *name, const GElf_Shdr *sh)
{
	if ((sh->sh_flags & (SHF_ALLOC | SHF_WRITE | SHF_TLS)) !=
	    (SHF_ALLOC | SHF_WRITE) || strncmp(name, ".data.rel.ro", 12) == 0)
		return;
	strv_add(sh->sh_type == SHT_NOBITS ? &p->p_bss : &p->p_data, name);
}

static void
check_program(const char *path, char *buf, size_t len, struct symbols *sy,
    struct prog *p)
{
	Elf_Scn *scn = NULL;
	const char *name;
	bool abi = false;
	GElf_Shdr sh;
	size_t strs;
	Elf *elf;

	check_header(path, buf, len);
	elf = elf_memory(buf, len);
	if (elf == NULL || elf_getshdrstrndx(elf, &strs) != 0)
		die("%s: damaged ELF file: %s", path, elf_errmsg(-1));
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		if (!gelf_getshdr(scn, &sh) ||
		    (name = elf_strptr(elf, strs, sh.sh_name)) == NULL)
			die("%s: damaged section headers", path);
		if (sh.sh_type == SHT_NOTE &&
		    strcmp(name, ".note.rumprun") == 0)
			abi = abi || find_abi(path, scn);
		if (abi && sy->sy_note == 0)
			sy->sy_note = elf_ndxscn(scn);
		take_writable(p, name, &sh);
	}
	if (!abi)
		die("%s: an object file without the section .note.rumprun, "
		    "not a program linked by %s", path, BAKE_WRAPPER);
	while ((scn = elf_nextscn(elf, scn)) != NULL)
		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_SYMTAB)
			check_symbols(path, elf, scn, &sh, sy);
	if (!sy->sy_found)
		die("%s: has no symbol rumprun_entry: %s", path, RECOMPILE);
	elf_end(elf);
}

/* Changes the header of section n in buf, of len bytes. */
static Elf64_Shdr *
section(const char *path, char *buf, size_t len, size_t n)
{
	const Elf64_Ehdr *eh = (const void *)buf;
	size_t at = eh->e_shoff + n * sizeof(Elf64_Shdr);

	if (at % 8 || at > len - sizeof(Elf64_Shdr))
		die("%s: damaged section headers", path);
	return (void *)(buf + at);
}

static void
rename_symbol(const char *path, char *buf, size_t len, Elf64_Off off,
    size_t name)
{
	if (off % 8 || off > len - sizeof(Elf64_Sym) || name > UINT32_MAX)
		die("%s: damaged symbol table", path);
	((Elf64_Sym *)(void *)(buf + off))->st_name = (Elf64_Word)name;
}

/*
 * Renames in place: a longer copy of the string table goes to the end of the
 * file.  Besides the entry that is musl's weak _DYNAMIC, which would be the
 * image's: no program is dynamic here, so it shall stay 0.  The ABI note has
 * done its work: ld leaves it out of the image.
 */
static void
write_renamed(struct prog *p, char *buf, size_t len,
    const struct symbols *sy)
{
	static const char dynamic[] = "rumprun_no_dynamic";
	size_t nlen = strlen(p->p_entry) + 1, oldoff, oldsize;
	Elf64_Shdr *sh = section(p->p_path, buf, len, sy->sy_strtab);
	FILE *f = fopen(p->p_obj, "we");

	oldoff = sh->sh_offset;
	oldsize = sh->sh_size;
	if (oldoff > len || oldsize > len - oldoff)
		die("%s: damaged string table", p->p_path);
	sh->sh_offset = len;
	sh->sh_size += nlen + sizeof(dynamic);
	section(p->p_path, buf, len, sy->sy_note)->sh_flags |= SHF_EXCLUDE;
	rename_symbol(p->p_path, buf, len, sy->sy_entry_off, oldsize);
	if (sy->sy_dynamic_off)
		rename_symbol(p->p_path, buf, len, sy->sy_dynamic_off,
		    oldsize + nlen);
	if (f != NULL) {
		fwrite(buf, 1, len, f);
		fwrite(buf + oldoff, 1, oldsize, f);
		fwrite(p->p_entry, 1, nlen, f);
		fwrite(dynamic, 1, sizeof(dynamic), f);
	}
	if (f == NULL || ferror(f) || fclose(f) != 0)
		die("cannot write %s: %s", p->p_obj, strerror(errno));
}

const char *
prog_name(const char **path)
{
	const char *arg = *path, *eq = strchr(arg, '=');

	if (eq == NULL || eq == arg || access(arg, F_OK) == 0 ||
	    memchr(arg, '/', (size_t)(eq - arg)) != NULL)
		return base_name(arg);
	*path = eq + 1;
	return fmt("%.*s", (int)(eq - arg), arg);
}

void
prog_prepare(const struct bake *b, const char *path, size_t n, struct prog *p)
{
	struct symbols sy = { 0 };
	struct stat st;
	char *buf;
	size_t len;

	p->p_name = prog_name(&path);
	if (stat(path, &st) != 0)
		die("%s: cannot read the program: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		die("%s: is %s, expected a program made by %s", path,
		    S_ISDIR(st.st_mode) ? "a folder" : "not a file",
		    BAKE_WRAPPER);
	buf = read_text(path, &len);
	if (buf == NULL)
		die("%s: cannot read the program: %s", path, strerror(errno));
	take_embedded(buf, &len);
	check_program(path, buf, len, &sy, p);
	p->p_execs = sy.sy_execs;
	p->p_path = path;
	p->p_entry = fmt("rumprun_entry_%zu", n);
	p->p_obj = fmt("%s/%zu.prog.o", b->b_tmp, n);
	write_renamed(p, buf, len, &sy);
	free(buf);
}
