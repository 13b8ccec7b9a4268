/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is in the image: ld's map, by component and object.  Every byte of the
 * image's sections is counted once: an input section ends at the latest where
 * the next begins (merged strings are listed with their old sizes), what is
 * left over is the linker's.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "map.h"

/* One output section of the image, or the one that is being read. */
struct outsec {
	char		*os_name;
	uint64_t	 os_addr, os_size;
	int		 os_kind;
};

struct reader {
	const struct comps *r_comps;
	const struct prog *r_progs;
	size_t		 r_nprogs;
	struct map	*r_map;
	struct outsec	*r_secs;
	size_t		 r_nsecs;
	const struct outsec *r_cur;
	/* The last input section: its end is known with the next. */
	uint64_t	 r_addr, r_size, r_counted;
	size_t		 r_obj;		/* whose, in the map */
	bool		 r_open;	/* there is one */
	const struct prog *r_prog;	/* it is this program's */
	struct symbols	 r_syms;
};

static int
kind_of(const char *name, const GElf_Shdr *sh)
{
	if (sh->sh_flags & SHF_EXECINSTR)
		return MAP_TEXT;
	if (sh->sh_type == SHT_NOBITS)
		return MAP_BSS;
	/* Written by the relocation only. */
	if (!(sh->sh_flags & SHF_WRITE) ||
	    strncmp(name, ".data.rel.ro", 12) == 0 ||
	    strncmp(name, "rump", 4) == 0 || strncmp(name, ".got", 4) == 0)
		return MAP_RODATA;
	return MAP_DATA;
}

static void
read_sections(const char *elfpath, struct reader *r)
{
	int fd = open(elfpath, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	Elf_Scn *scn = NULL;
	const char *name;
	GElf_Shdr sh;
	size_t strs;

	if (elf == NULL || elf_getshdrstrndx(elf, &strs) != 0)
		die("cannot read what ld made");
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_ALLOC) ||
		    (name = elf_strptr(elf, strs, sh.sh_name)) == NULL)
			continue;
		r->r_secs = xrealloc(r->r_secs,
		    (r->r_nsecs + 1) * sizeof(*r->r_secs));
		r->r_secs[r->r_nsecs++] = (struct outsec){ xstrdup(name),
		    sh.sh_addr, sh.sh_size, kind_of(name, &sh) };
	}
	symbols_read(elf, &r->r_syms);
	elf_end(elf);
	close(fd);
}

static struct mapobj *
find_obj(struct map *m, const char *comp, const char *archive,
    const char *name)
{
	struct mapobj *mo;
	size_t i;

	for (i = m->n; i-- > 0;) {	/* mostly one of the last */
		mo = &m->v[i];
		if (strcmp(mo->mo_comp, comp) == 0 &&
		    strcmp(mo->mo_archive, archive) == 0 &&
		    strcmp(mo->mo_name, name) == 0)
			return mo;
	}
	m->v = xrealloc(m->v, (m->n + 1) * sizeof(*m->v));
	mo = &m->v[m->n++];
	memset(mo, 0, sizeof(*mo));
	mo->mo_comp = xstrdup(comp);
	mo->mo_archive = xstrdup(archive);
	mo->mo_name = xstrdup(name);
	return mo;
}

/* Sections that ld makes and lists with the first object. */
static bool
is_linkers(const char *section)
{
	static const char *const made[] = { ".rela", ".relr", ".got",
	    ".plt", ".iplt", ".igot", ".dyn", ".gnu.hash", ".hash",
	    ".gnu.version", ".note.gnu.build-id", ".eh_frame_hdr" };
	size_t i;

	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (strncmp(section, made[i], strlen(made[i])) == 0)
			return true;
	return false;
}

/* "lib/libx.a(y.o)" -> what the reader knows as component x, object y.o. */
static struct mapobj *
archive_obj(const struct reader *r, char *file)
{
	char *member = strrchr(file, '('), *comp;
	const char *base;
	size_t i;

	*member++ = '\0';
	member[strcspn(member, ")")] = '\0';
	base = base_name(file);
	for (i = 0; i < r->r_comps->n; i++)
		if (strcmp(r->r_comps->v[i].c_path, file) == 0)
			return find_obj(r->r_map, r->r_comps->v[i].c_name,
			    base, member);
	/* libplatform.a -> platform */
	comp = fmt("%.*s", (int)strcspn(base, "."), base);
	return find_obj(r->r_map, strncmp(comp, "lib", 3) ? comp : comp + 3,
	    base, member);
}

static struct mapobj *
object_of(struct reader *r, const char *section, char *file)
{
	size_t i, n = strlen(file);

	r->r_prog = NULL;
	if (is_linkers(section))
		return find_obj(r->r_map, MAP_LINKER, "-", section);
	for (i = 0; i < r->r_nprogs; i++)
		if (strcmp(r->r_progs[i].p_obj, file) == 0) {
			r->r_prog = &r->r_progs[i];
			return find_obj(r->r_map, r->r_prog->p_name,
			    "program", section);
		}
	if (strcmp(section, ".rootfs") == 0)
		return find_obj(r->r_map, MAP_ROOTFS, "-", "rootfs");
	if (n && file[n - 1] == ')' && strchr(file, '('))
		return archive_obj(r, file);
	return find_obj(r->r_map, MAP_LINKER, "-", base_name(file));
}

/*
 * A program is one object: its functions and variables stand for objects.
 * What no symbol covers stays with the section.
 */
static void
count_program(struct reader *r, uint64_t addr, uint64_t end)
{
	uint64_t from, to;
	struct mapobj *mo;
	const struct symbol *sy;
	size_t i;

	for (i = symbols_from(&r->r_syms, addr); i < r->r_syms.n &&
	    r->r_syms.v[i].sy_addr < end; i++) {
		sy = &r->r_syms.v[i];
		from = sy->sy_addr > addr ? sy->sy_addr : addr;
		to = sy->sy_addr + sy->sy_size < end ?
		    sy->sy_addr + sy->sy_size : end;
		if (from >= to)		/* inside the one before */
			continue;
		mo = find_obj(r->r_map, r->r_prog->p_name, "program",
		    sy->sy_name);
		mo->mo_size[r->r_cur->os_kind] += to - from;
		r->r_size -= to - from;
		addr = to;
	}
}

/* The last input section ends at addr at the latest. */
static void
count_upto(struct reader *r, uint64_t addr)
{
	uint64_t n = r->r_size;

	if (!r->r_open)
		return;
	if (n > addr - r->r_addr)
		n = addr - r->r_addr;
	r->r_counted += n;
	r->r_size = n;
	if (r->r_prog)
		count_program(r, r->r_addr, r->r_addr + n);
	r->r_map->v[r->r_obj].mo_size[r->r_cur->os_kind] += r->r_size;
	r->r_open = false;
}

static void
end_section(struct reader *r)
{
	const struct outsec *os = r->r_cur;

	if (os == NULL)
		return;
	count_upto(r, os->os_addr + os->os_size);
	if (os->os_size > r->r_counted)
		find_obj(r->r_map, MAP_LINKER, "-", "script and padding")->
		    mo_size[os->os_kind] += os->os_size - r->r_counted;
	r->r_cur = NULL;
	r->r_counted = 0;
}

/* A line at column 0: an output section begins. */
static void
begin_section(struct reader *r, const char *name)
{
	size_t i;

	end_section(r);
	for (i = 0; i < r->r_nsecs; i++)
		if (strcmp(r->r_secs[i].os_name, name) == 0)
			r->r_cur = &r->r_secs[i];
}

/* " .section  0xaddr  0xsize file" */
static void
input_line(struct reader *r, const char *section, const char *rest)
{
	const struct outsec *os = r->r_cur;
	unsigned long long addr, size;
	char *end, *file;

	if (strncmp(rest, "0x", 2) != 0)
		return;
	addr = strtoull(rest, &end, 16);
	end += strspn(end, " ");
	if (strncmp(end, "0x", 2) != 0)
		return;
	size = strtoull(end, &end, 16);
	if (*end != ' ' || size == 0 || addr < os->os_addr ||
	    addr > os->os_addr + os->os_size)
		return;
	end += strspn(end, " ");
	if (*end == '\0' || *end == '(')	/* *fill*, or old sizes */
		return;
	count_upto(r, addr);
	file = xstrdup(end);
	r->r_obj = (size_t)(object_of(r, section, file) - r->r_map->v);
	r->r_open = true;
	free(file);
	r->r_addr = addr;
	r->r_size = size;
}

static void
read_lines(struct reader *r, char *text)
{
	char *line, *save, *name = NULL, *rest;
	size_t n;

	for (line = strtok_r(text, "\n", &save); line;
	    line = strtok_r(NULL, "\n", &save)) {
		n = strcspn(line, " ");
		if (n > 0) {		/* at column 0 */
			line[n] = '\0';
			begin_section(r, line);
			name = NULL;
			continue;
		}
		if (r->r_cur == NULL)
			continue;
		rest = line + strspn(line, " ");
		if (rest == line + 1) {	/* the name; numbers may follow */
			name = rest;
			rest += strcspn(rest, " ");
			if (*rest)
				*rest++ = '\0';
			rest += strspn(rest, " ");
		}
		if (name && *rest && name[0] != '*') {
			input_line(r, name, rest);
			name = NULL;
		}
	}
	end_section(r);
}

static uint64_t
total(const struct mapobj *mo)
{
	return mo->mo_size[0] + mo->mo_size[1] + mo->mo_size[2] +
	    mo->mo_size[3];
}

/* By component, large objects first; names decide ties. */
static int
by_size(const void *a, const void *b)
{
	const struct mapobj *x = a, *y = b;
	int c = strcmp(x->mo_comp, y->mo_comp);

	if (c == 0)
		c = strcmp(x->mo_archive, y->mo_archive);
	if (c == 0 && total(x) != total(y))
		c = total(x) < total(y) ? 1 : -1;
	return c ? c : strcmp(x->mo_name, y->mo_name);
}

void
map_read(const struct linked *l, const struct comps *cs,
    const struct prog *progs, size_t nprogs, struct map *m)
{
	struct reader r = { .r_comps = cs, .r_progs = progs,
	    .r_nprogs = nprogs, .r_map = m };
	char *text = read_text(l->l_mapfile, NULL), *start;

	memset(m, 0, sizeof(*m));
	if (text == NULL)
		die("cannot read ld's map: %s", strerror(errno));
	start = strstr(text, "\nLinker script and memory map");
	if (start == NULL)
		die("cannot understand ld's map");
	read_sections(l->l_elf, &r);
	read_lines(&r, start + 1);
	if (m->n)
		qsort(m->v, m->n, sizeof(*m->v), by_size);
	free(text);
}

void
map_components(const struct map *m, struct map *out)
{
	struct mapobj *mo;
	size_t i, j;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < m->n; i++) {
		mo = find_obj(out, m->v[i].mo_comp, m->v[i].mo_archive, "");
		for (j = 0; j < 4; j++)
			mo->mo_size[j] += m->v[i].mo_size[j];
	}
	for (i = 0; i < out->n; i++)	/* for the order only */
		out->v[i].mo_name = out->v[i].mo_comp;
}

static int
large_first(const void *a, const void *b)
{
	const struct mapobj *x = a, *y = b;

	if (total(x) != total(y))
		return total(x) < total(y) ? 1 : -1;
	return strcmp(x->mo_comp, y->mo_comp);
}

static void
row(FILE *f, const char *name, const char *archive, const uint64_t *s)
{
	fprintf(f, "%-22s %-24s %9llu %9llu %9llu %9llu %10llu\n", name,
	    archive, (unsigned long long)s[0], (unsigned long long)s[1],
	    (unsigned long long)s[2], (unsigned long long)s[3],
	    (unsigned long long)(s[0] + s[1] + s[2] + s[3]));
}

void
map_write(const struct bake *b, const struct map *m)
{
	bool out = strcmp(b->b_map, "-") == 0;
	FILE *f = out ? stdout : fopen(b->b_map, "we");
	uint64_t sum[4] = { 0 };
	struct map cm;
	size_t i, j;

	if (f == NULL)
		die("--map %s: %s", b->b_map, strerror(errno));
	map_components(m, &cm);
	if (cm.n)
		qsort(cm.v, cm.n, sizeof(*cm.v), large_first);
	fprintf(f, "%-22s %-24s %9s %9s %9s %9s %10s\n", "component",
	    "archive", "text", "rodata", "data", "bss", "total");
	for (i = 0; i < cm.n; i++) {
		row(f, cm.v[i].mo_comp, cm.v[i].mo_archive, cm.v[i].mo_size);
		for (j = 0; j < 4; j++)
			sum[j] += cm.v[i].mo_size[j];
	}
	row(f, "total", "", sum);
	if (fflush(f) != 0 || (!out && fclose(f) != 0))
		die("--map %s: %s", b->b_map, strerror(errno));
}
