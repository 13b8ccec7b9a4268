/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts registered components: the pointers in sections rump_components of
 * what went into the image, and between __start_ and __stop_rump_components
 * in the image.  Plain archives lose constructors in silence; this does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <unistd.h>

#include "bake.h"

#define LINKSET	"rump_components"

static size_t
count_object(Elf *elf)
{
	Elf_Scn *scn = NULL;
	const char *name;
	size_t strs, n = 0;
	GElf_Shdr sh;

	if (elf_kind(elf) != ELF_K_ELF || elf_getshdrstrndx(elf, &strs) != 0)
		return 0;
	while ((scn = elf_nextscn(elf, scn)) != NULL)
		if (gelf_getshdr(scn, &sh) &&
		    (name = elf_strptr(elf, strs, sh.sh_name)) != NULL &&
		    strcmp(name, LINKSET) == 0)
			n += sh.sh_size / 8;
	return n;
}

static size_t
count_archive(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *ar = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL), *elf;
	Elf_Cmd cmd = ELF_C_READ_MMAP;
	size_t n = 0;

	if (fd < 0)
		die("%s: cannot read the archive: %s", path, strerror(errno));
	if (ar == NULL || elf_kind(ar) != ELF_K_AR)
		die("%s: not an archive", path);
	while ((elf = elf_begin(fd, cmd, ar)) != NULL) {
		n += count_object(elf);
		cmd = elf_next(elf);
		elf_end(elf);
	}
	elf_end(ar);
	close(fd);
	return n;
}

/* -1: the image has no such link set. */
static long
count_image(const char *path)
{
	uint64_t first = 0, last = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC), i, found = 0;
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
			if (name == NULL || sym.st_shndx == SHN_UNDEF)
				continue;
			if (strcmp(name, "__start_" LINKSET) == 0) {
				first = sym.st_value;
				found |= 1;
			} else if (strcmp(name, "__stop_" LINKSET) == 0) {
				last = sym.st_value;
				found |= 2;
			}
		}
	}
	elf_end(elf);
	close(fd);
	return found == 3 ? (long)(last - first) / 8 : -1;
}

void
count_check(const struct comps *cs, const char *platdir, const char *image)
{
	static const char *const whole[] = { "libplatform.a",
	    "librumprun.a" };
	long in = 0, out = count_image(image);
	char *path;
	size_t i;

	for (i = 0; i < 2; i++) {
		path = fmt("%s/%s", platdir, whole[i]);
		if (access(path, R_OK) == 0)
			in += (long)count_archive(path);
	}
	for (i = 0; i < cs->n; i++)
		in += (long)count_archive(cs->v[i].c_path);
	if (out < 0 && in == 0)
		return;
	if (out < 0)
		die("the image has lost its component list (no symbol "
		    "__start_" LINKSET "); image.lds must KEEP it");
	if (in != out)
		die("the archives register %ld components, the image %ld: "
		    "image.lds must KEEP(*(" LINKSET "))", in, out);
}
