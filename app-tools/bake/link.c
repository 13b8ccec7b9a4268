/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs ld over programs, platform and components as doc/contracts.md says,
 * and puts its complaints in terms of what the user named.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bake.h"

#define MAXSHOWN	8	/* unresolved symbols that are listed */

/* Where lib<name> is: with the platform, the components, or above them. */
static char *
find_lib(const struct bake *b, const char *platdir, const char *name,
    bool must)
{
	char *path[3];
	size_t i;

	path[0] = fmt("%s/%s", platdir, name);
	path[1] = fmt("%s/components/%s", b->b_libdir, name);
	path[2] = fmt("%s/%s", b->b_libdir, name);
	for (i = 0; i < 3; i++)
		if (access(path[i], F_OK) == 0)
			return path[i];
	if (must)
		die("%s is missing: the platform is not (completely) built",
		    path[0]);
	return NULL;
}

static void
add_libs(const struct bake *b, struct strv *av, const char *platdir,
    const struct comps *cs)
{
	static const char *const last[] = { "librumpsysent.a",
	    "librumpstub.a", "libgcc.a" };
	char *path;
	size_t i;

	strv_add(av, "--whole-archive");
	strv_add(av, find_lib(b, platdir, "libplatform.a", true));
	for (i = 0; i < cs->n; i++)
		strv_add(av, cs->v[i].c_path);
	strv_add(av, "--no-whole-archive");
	strv_add(av, "--start-group");
	strv_add(av, find_lib(b, platdir, "librumprun.a", true));
	strv_add(av, find_lib(b, platdir, "librumpuser.a", true));
	strv_add(av, find_lib(b, platdir, "libbmk_core.a", true));
	strv_add(av, "--end-group");
	for (i = 0; i < sizeof(last) / sizeof(last[0]); i++)
		if ((path = find_lib(b, platdir, last[i], false)) != NULL)
			strv_add(av, path);
}

/* What the user calls the object that ld complains about. */
static const char *
user_name(const char *obj, const struct prog *progs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(obj, progs[i].p_obj) == 0)
			return progs[i].p_path;
	return base_name(obj);
}

/*
 * "ld: OBJ: in function `f':" names the object for the lines after it;
 * "OBJ:(.text+0x1): undefined reference to `x'" names its own, else there
 * are source file and line.
 */
static size_t
show_undefined(char *text, const struct prog *progs, size_t nprogs)
{
	const char *obj = "?", *func = "";
	char *line, *save, *p, *q;
	struct strv seen = { 0 };
	size_t n = 0;

	for (line = strtok_r(text, "\n", &save); line;
	    line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "ld: ", 4) == 0)
			line += 4;
		if ((p = strstr(line, ": in function `")) != NULL) {
			*p = '\0';
			obj = user_name(line, progs, nprogs);
			func = p + 15;
			p[15 + strcspn(p + 15, "'")] = '\0';
			continue;
		}
		p = strstr(line, "undefined reference to `");
		if (p == NULL)
			continue;
		if ((q = strstr(line, ":(")) != NULL && q < p) {
			*q = '\0';
			if (strcmp(user_name(line, progs, nprogs), obj) != 0)
				func = "";
			obj = user_name(line, progs, nprogs);
		}
		p += 24;
		p[strcspn(p, "'")] = '\0';
		if (strv_has(&seen, p))
			continue;
		strv_add(&seen, p);
		if (n++ < MAXSHOWN)
			warn("unresolved symbol \"%s\", referred to by %s%s%s",
			    p, obj, *func ? " in " : "", func);
	}
	if (n > MAXSHOWN)
		warn("and %zu more unresolved symbols", n - MAXSHOWN);
	return n;
}

static void
link_failed(char *text, const struct prog *progs, size_t nprogs)
{
	char *copy = xstrdup(text), *line, *save;
	size_t n;

	n = show_undefined(copy, progs, nprogs);
	if (n)
		die("cannot link: %zu unresolved symbol%s; a component may be "
		    "missing (--add)", n, n == 1 ? "" : "s");
	if (strstr(text, "No space left on device"))
		die("cannot link: no space left on device for temporary "
		    "files (TMPDIR names another place)");
	for (line = strtok_r(text, "\n", &save); line;
	    line = strtok_r(NULL, "\n", &save))
		if (strstr(line, "warning:") == NULL)
			warn("%s", line);
	die("cannot link: ld failed");
}

static char *
platform_dir(const struct bake *b, const struct set *s)
{
	struct strv names = { 0 };
	char *dir = fmt("%s/platform/%s", b->b_libdir, s->s_platform);
	char *script = fmt("%s/image.lds", dir), *all;

	if (access(dir, F_OK) != 0) {
		all = fmt("%s/platform", b->b_libdir);
		list_files(&names, all, "", "");
		die("set %s: no platform \"%s\"%s", b->b_set, s->s_platform,
		    nearest(&names, s->s_platform));
	}
	if (access(script, F_OK) != 0)
		die("set %s: platform %s cannot be baked: no %s", b->b_set,
		    s->s_platform, script);
	free(script);
	return dir;
}

void
link_image(const struct bake *b, const struct set *s, const struct comps *cs,
    const struct prog *progs, const char *rootfs, struct linked *l)
{
	static const char *const flags[] = { "ld", "-pie",
	    "--no-dynamic-linker", "-z", "pack-relative-relocs", "-z",
	    "noexecstack", "-z", "text", "--gc-sections", "--build-id=sha1",
	    "--no-demangle", "-T" };
	struct strv av = { 0 };
	char *platdir, *table, *out, *script;
	bool exec = comps_find(cs, "exec") != NULL;
	size_t i, j;

	if (s->s_platform == NULL)
		die("set %s names no platform: it is for including only",
		    b->b_set);
	platdir = platform_dir(b, s);
	l->l_platform = s->s_platform;
	l->l_elf = fmt("%s/image", b->b_tmp);
	table = fmt("%s/progtab.o", b->b_tmp);
	object_table(table, progs, b->b_nprogs, exec);
	script = fmt("%s/image.lds", platdir);
	if (exec)
		script = script_make(b, script, progs, b->b_nprogs);
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		strv_add(&av, flags[i]);
	if (comps_find(cs, "stats") != NULL)
		script = stats_script(b, script, cs);
	strv_add(&av, script);
	strv_add(&av, "-o");
	strv_add(&av, l->l_elf);
	if (b->b_map || b->b_svg) {
		l->l_mapfile = fmt("%s/ld.map", b->b_tmp);
		strv_add(&av, fmt("-Map=%s", l->l_mapfile));
	}
	if (comps_find(cs, "calls") != NULL)
		calls_watch(progs, b->b_nprogs);
	for (i = 0; i < cs->n; i++)
		for (j = 0; j < cs->v[i].c_wrap.n; j++)
			strv_add(&av, fmt("--wrap=%s", cs->v[i].c_wrap.v[j]));
	for (i = 0; i < b->b_nprogs; i++)
		strv_add(&av, progs[i].p_obj);
	strv_add(&av, table);
	if (rootfs)
		strv_add(&av, rootfs);
	add_libs(b, &av, platdir, cs);
	if (run(b, av.v, &out) != 0)
		link_failed(out, progs, b->b_nprogs);
	if (b->b_verbose)
		fputs(out, stderr);
	count_check(cs, platdir, l->l_elf);
}
