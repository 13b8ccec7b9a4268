/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symbolising with elfutils.  Debug files are read at the first panic only;
 * one of another build is refused, it would name the wrong lines.
 */
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>

#include <dwarf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols.h"
#include "util.h"

struct symbols {
	char		*s_image;
	char		*s_debug;
	bool		 s_tried;
	Dwfl		*s_dwfl;
	Dwfl_Module	*s_mod;		/* NULL: no names */
};

struct symbols *
symbols_new(const char *image, const char *debugfile)
{
	struct symbols *s = xmalloc(sizeof(*s));

	memset(s, 0, sizeof(*s));
	s->s_image = xstrdup(image);
	s->s_debug = debugfile != NULL ? xstrdup(debugfile) :
	    xasprintf("%s.debug", image);
	return s;
}

/* The file named is all there is: no search, no download. */
static int
no_debuginfo(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base,
    const char *file, const char *link, GElf_Word crc, char **path)
{
	(void)mod; (void)user; (void)name; (void)base;
	(void)file; (void)link; (void)crc; (void)path;
	return -1;
}

static int
no_elf(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base,
    char **path, Elf **elf)
{
	(void)mod; (void)user; (void)name; (void)base; (void)path; (void)elf;
	return -1;
}

/* Copies at most max bytes; the length, 0 when there is none. */
static size_t
build_id(const char *path, unsigned char *id, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const void *p;
	ssize_t len = 0;
	Elf *elf;

	if (fd == -1)
		return 0;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf != NULL) {
		len = dwelf_elf_gnu_build_id(elf, &p);
		if (len < 0 || (size_t)len > max)
			len = 0;
		memcpy(id, len != 0 ? p : "", (size_t)len);
		elf_end(elf);
	}
	close(fd);
	return (size_t)len;
}

/* A file without a build id is believed. */
static bool
same_build(const char *a, const char *b)
{
	unsigned char ida[64], idb[64];
	size_t na = build_id(a, ida, sizeof(ida));
	size_t nb = build_id(b, idb, sizeof(idb));

	return na == 0 || nb == 0 || (na == nb && memcmp(ida, idb, na) == 0);
}

static void
load(struct symbols *s)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = no_elf,
		.find_debuginfo = no_debuginfo,
	};
	const char *file = s->s_debug;

	s->s_tried = true;
	if (access(file, R_OK) == -1) {
		note("%s: %s, so few names or none (see --symbols)", file,
		    strerror(errno));
		file = s->s_image;
	} else if (!same_build(s->s_image, file)) {
		note("%s: not of the same build as %s, no names", file,
		    s->s_image);
		return;
	}
	s->s_dwfl = dwfl_begin(&callbacks);
	if (s->s_dwfl == NULL)
		return;
	dwfl_report_begin(s->s_dwfl);
	s->s_mod = dwfl_report_elf(s->s_dwfl, "image", file, -1, 0, true);
	if (s->s_mod == NULL && file != s->s_image)
		note("%s: %s", file, dwfl_errmsg(-1));
	dwfl_report_end(s->s_dwfl, NULL, NULL);
}

/* The line where this inlined function was called. */
static void
call_site(Dwarf_Die *cu, Dwarf_Die *die, const char **file, int *line)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;
	Dwarf_Files *files;

	*file = NULL;
	*line = 0;
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attr), &v) == 0
	    && dwarf_getsrcfiles(cu, &files, NULL) == 0)
		*file = dwarf_filesrc(files, v, NULL, NULL);
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attr), &v) == 0)
		*line = (int)v;
}

static const char *
die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;

	return dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attr));
}

/*
 * The functions around addr from the innermost out: " (inlined in f at
 * file:line)" is added for each but the first, whose name is the result.
 */
static const char *
functions(Dwarf_Die *cu, Dwarf_Addr addr, char **inlines)
{
	const char *first = NULL, *file = NULL;
	Dwarf_Die *scope = NULL, *inner;
	char *more;
	int n = 0, line = 0, tag;

	/* The second call follows callers, the first one source blocks. */
	if (dwarf_getscopes(cu, addr, &inner) > 0) {
		n = dwarf_getscopes_die(&inner[0], &scope);
		free(inner);
	}
	for (int i = 0; i < n; i++) {
		tag = dwarf_tag(&scope[i]);
		if (tag != DW_TAG_subprogram &&
		    tag != DW_TAG_inlined_subroutine)
			continue;
		if (first == NULL) {
			first = die_name(&scope[i]);
		} else {
			more = xasprintf("%s (inlined in %s at %s:%d)",
			    *inlines, die_name(&scope[i]),
			    file != NULL ? file : "?", line);
			free(*inlines);
			*inlines = more;
		}
		if (tag == DW_TAG_subprogram || first == NULL)
			break;
		call_site(cu, &scope[i], &file, &line);
	}
	free(scope);
	return first;
}

char *
symbols_describe(struct symbols *s, uint64_t addr)
{
	const char *func = NULL, *sym, *file = NULL;
	char *inlines = xstrdup(""), *out;
	GElf_Off off = 0;
	GElf_Sym symbol;
	Dwarf_Addr bias;
	Dwarf_Die *cu;
	Dwfl_Line *dl;
	int line = 0;

	if (!s->s_tried)
		load(s);
	if (s->s_mod == NULL) {
		free(inlines);
		return NULL;
	}
	cu = dwfl_module_addrdie(s->s_mod, addr, &bias);
	if (cu != NULL)
		func = functions(cu, addr - bias, &inlines);
	sym = dwfl_module_addrinfo(s->s_mod, addr, &off, &symbol, NULL, NULL,
	    NULL);
	if (func == NULL)
		func = sym;
	dl = dwfl_module_getsrc(s->s_mod, addr);
	if (dl != NULL)
		file = dwfl_lineinfo(dl, NULL, &line, NULL, NULL, NULL);
	if (func == NULL && file == NULL)
		out = NULL;
	else if (file == NULL)
		out = xasprintf("%s+%#llx", func, (unsigned long long)off);
	else
		out = xasprintf("%s at %s:%d%s", func != NULL ? func : "?",
		    file, line, inlines);
	free(inlines);
	return out;
}

bool
symbols_find(struct symbols *s, const char *name, uint64_t *value,
    uint64_t *size)
{
	const char *found;
	GElf_Addr addr;
	GElf_Sym sym;
	int n;

	if (!s->s_tried)
		load(s);
	n = s->s_mod != NULL ? dwfl_module_getsymtab(s->s_mod) : 0;
	for (int i = 0; i < n; i++) {
		found = dwfl_module_getsym_info(s->s_mod, i, &sym, &addr,
		    NULL, NULL, NULL);
		if (found == NULL || strcmp(found, name) != 0)
			continue;
		*value = addr;
		*size = sym.st_size;
		return true;
	}
	return false;
}

bool
symbols_entry(struct symbols *s, uint64_t *entry)
{
	GElf_Ehdr eh;
	GElf_Addr bias;
	Elf *elf;

	if (!s->s_tried)
		load(s);
	elf = s->s_mod != NULL ? dwfl_module_getelf(s->s_mod, &bias) : NULL;
	if (elf == NULL || gelf_getehdr(elf, &eh) == NULL)
		return false;
	*entry = eh.e_entry;
	return true;
}

const char *
symbols_file(const struct symbols *s)
{
	return s->s_debug;
}
