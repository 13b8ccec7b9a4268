/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts the entries of link sets (registered components, handlers of
 * configuration keys): the pointers in sections of that name of what went
 * into the image, and those between __start_ and __stop_<name> in the image.
 * Plain archives lose constructors in silence; this does not.  More of them
 * are those that linked code asked for (RUMP_COMPONENT_IFUSED).
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <unistd.h>

#include "bake.h"

/* A link set: entries that went in, and where they are in the image. */
struct linkset {
	const char	*ls_name;
	long		 ls_in;
	uint64_t	 ls_start, ls_stop;
	bool		 ls_started, ls_stopped;
};

static void
count_object(Elf *elf, struct linkset *ls, size_t nls)
{
	Elf_Scn *scn = NULL;
	const char *name;
	size_t strs, i;
	GElf_Shdr sh;

	if (elf_kind(elf) != ELF_K_ELF || elf_getshdrstrndx(elf, &strs) != 0)
		return;
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		if (!gelf_getshdr(scn, &sh) ||
		    (name = elf_strptr(elf, strs, sh.sh_name)) == NULL)
			continue;
		for (i = 0; i < nls; i++)
			if (strcmp(name, ls[i].ls_name) == 0)
				ls[i].ls_in += (long)(sh.sh_size / 8);
	}
}

static void
count_archive(const char *path, struct linkset *ls, size_t nls)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *ar = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL), *elf;
	Elf_Cmd cmd = ELF_C_READ_MMAP;

	if (fd < 0)
		die("%s: cannot read the archive: %s", path, strerror(errno));
	if (ar == NULL || elf_kind(ar) != ELF_K_AR)
		die("%s: not an archive", path);
	while ((elf = elf_begin(fd, cmd, ar)) != NULL) {
		count_object(elf, ls, nls);
		cmd = elf_next(elf);
		elf_end(elf);
	}
	elf_end(ar);
	close(fd);
}

static void
note_symbol(const char *name, uint64_t value, struct linkset *ls, size_t nls)
{
	bool start = strncmp(name, "__start_", 8) == 0;
	size_t i;

	if (!start && strncmp(name, "__stop_", 7) != 0)
		return;
	name += start ? 8 : 7;
	for (i = 0; i < nls; i++)
		if (strcmp(name, ls[i].ls_name) != 0)
			continue;
		else if (start) {
			ls[i].ls_start = value;
			ls[i].ls_started = true;
		} else {
			ls[i].ls_stop = value;
			ls[i].ls_stopped = true;
		}
}

static void
read_image(const char *path, struct linkset *ls, size_t nls)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), i;
	Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	Elf_Scn *scn = NULL;
	const char *name;
	GElf_Shdr sh;
	GElf_Sym sym;
	Elf_Data *d;

	if (elf == NULL)
		die("cannot read what ld made");
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_SYMTAB ||
		    (d = elf_getdata(scn, NULL)) == NULL)
			continue;
		for (i = 0; gelf_getsym(d, i, &sym); i++) {
			name = elf_strptr(elf, sh.sh_link, sym.st_name);
			if (name != NULL && sym.st_shndx != SHN_UNDEF)
				note_symbol(name, sym.st_value, ls, nls);
		}
	}
	elf_end(elf);
	close(fd);
}

static void
check_set(const struct linkset *ls)
{
	bool there = ls->ls_started && ls->ls_stopped;
	long out = there ? (long)(ls->ls_stop - ls->ls_start) / 8 : 0;

	if (out < ls->ls_in)
		die("the archives register %ld entries of %s, the image has "
		    "%ld: image.lds must KEEP(*(%s))%s", ls->ls_in,
		    ls->ls_name, out, ls->ls_name, there ? "" :
		    " between its __start_ and __stop_ symbols");
}

void
count_check(const struct comps *cs, const char *platdir, const char *image)
{
	struct linkset ls[] = { { .ls_name = "rump_components" },
	    { .ls_name = "rumprun_config" } };
	size_t i, nls = sizeof(ls) / sizeof(ls[0]);

	count_archive(fmt("%s/libplatform.a", platdir), ls, nls);
	count_archive(fmt("%s/librumprun.a", platdir), ls, nls);
	for (i = 0; i < cs->n; i++)
		count_archive(cs->v[i].c_path, ls, nls);
	read_image(image, ls, nls);
	for (i = 0; i < nls; i++)
		check_set(&ls[i]);
}
