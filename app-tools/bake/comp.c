/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Components as archives: librump<name>.a, the base is librump.a.  Beside an
 * archive, librump<name>.needs names what must be linked with it, and
 * librump<name>.conflicts what must not, librump<name>.wrap the functions that
 * it stands before (ld --wrap).  --component-dir folders come before the
 * tree's own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bake.h"

/* Archives that bear the name but are linked by rules of their own. */
static bool
is_special(const char *name)
{
	return strcmp(name, "user") == 0 || strcmp(name, "sysent") == 0 ||
	    strcmp(name, "stub") == 0;
}

static char *
comp_dir(const struct bake *b, size_t i)
{
	if (i < b->b_compdirs.n)
		return xstrdup(b->b_compdirs.v[i]);
	return i == b->b_compdirs.n ? fmt("%s/components", b->b_libdir) : NULL;
}

void
comps_available(const struct bake *b, struct strv *out)
{
	struct strv all = { 0 };
	char *dir;
	size_t i;

	for (i = 0; (dir = comp_dir(b, i)) != NULL; i++)
		list_files(&all, dir, "librump", ".a");
	for (i = 0; i < all.n; i++)
		if (all.v[i][0] == '\0')
			strv_add(out, "base");
		else if (!is_special(all.v[i]) && !strchr(all.v[i], '-'))
			strv_add(out, all.v[i]);
}

/* Path of the archive, or NULL. */
static char *
comp_path(const struct bake *b, const char *name)
{
	char *dir, *path;
	size_t i;

	if (is_special(name))
		return NULL;
	for (i = 0; (dir = comp_dir(b, i)) != NULL; i++) {
		path = fmt("%s/librump%s.a", dir,
		    strcmp(name, "base") == 0 ? "" : name);
		free(dir);
		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

/* Reads the list of names beside an archive; a missing one is empty. */
static void
read_names(const char *archive, const char *suffix, struct strv *out)
{
	char *path = fmt("%.*s%s", (int)strlen(archive) - 2, archive, suffix);
	char *text = read_text(path, NULL), *word, *save;

	if (text == NULL && errno != ENOENT)
		die("cannot read %s: %s", path, strerror(errno));
	if (text)
		for (word = strtok_r(text, " \t\r\n", &save); word;
		    word = strtok_r(NULL, " \t\r\n", &save))
			strv_add(out, word);
	free(text);
	free(path);
}

const struct comp *
comps_find(const struct comps *cs, const char *name)
{
	size_t i;

	for (i = 0; i < cs->n; i++)
		if (strcmp(cs->v[i].c_name, name) == 0)
			return &cs->v[i];
	return NULL;
}

static void
unknown_component(const struct bake *b, const char *name, const char *by)
{
	struct strv all = { 0 };

	comps_available(b, &all);
	die("no component \"%s\"%s%s: there is no librump%s.a%s", name,
	    by ? ", needed by " : "", by ? by : "", name,
	    nearest(&all, name));
}

/* by: the component that needs it, NULL when asked for. */
static void
comps_add(const struct bake *b, struct comps *cs, const char *name,
    const char *by)
{
	struct comp *c;
	char *path;

	if (comps_find(cs, name) != NULL)
		return;
	path = comp_path(b, name);
	if (path == NULL)
		unknown_component(b, name, by);
	cs->v = xrealloc(cs->v, (cs->n + 1) * sizeof(*cs->v));
	c = &cs->v[cs->n++];
	*c = (struct comp){ .c_name = xstrdup(name), .c_path = path,
	    .c_for = by };
	read_names(path, ".needs", &c->c_needs);
	read_names(path, ".conflicts", &c->c_conflicts);
	read_names(path, ".wrap", &c->c_wrap);
}

static void
check_conflicts(const struct set *s, const struct comps *cs)
{
	const struct comp *c;
	size_t i, j;

	for (i = 0; i + 1 < s->s_conflicts.n; i += 2)
		if (comps_find(cs, s->s_conflicts.v[i]) &&
		    comps_find(cs, s->s_conflicts.v[i + 1]))
			die("components %s and %s exclude each other (the set "
			    "says so); --drop one", s->s_conflicts.v[i],
			    s->s_conflicts.v[i + 1]);
	for (i = 0; i < cs->n; i++) {
		c = &cs->v[i];
		for (j = 0; j < c->c_conflicts.n; j++)
			if (comps_find(cs, c->c_conflicts.v[j]))
				die("components %s and %s exclude each other; "
				    "--drop one", c->c_name,
				    c->c_conflicts.v[j]);
	}
}

/* The wanted names: the set's with --add and --drop applied. */
static void
wanted(const struct bake *b, const struct set *s, struct strv *want,
    struct strv *dropped)
{
	const char *name;
	size_t i;

	strv_add(want, "base");
	for (i = 0; i < s->s_comps.n; i++) {
		name = s->s_comps.v[i];
		if (!strv_has(&s->s_optional, name) || comp_path(b, name))
			strv_add(want, name);
	}
	for (i = 0; i < b->b_add.n; i++)
		strv_add(want, b->b_add.v[i]);
	for (i = 0; i < s->s_dropped.n; i++)
		strv_add(dropped, s->s_dropped.v[i]);
	for (i = 0; i < b->b_drop.n; i++) {
		name = b->b_drop.v[i];
		if (comp_path(b, name) == NULL && !strv_has(want, name))
			unknown_component(b, name, NULL);
		if (strcmp(name, "base") == 0)
			die("the base cannot be dropped");
		strv_remove(want, name);
		strv_add(dropped, name);
	}
	for (i = 0; i < b->b_add.n; i++)
		strv_remove(dropped, b->b_add.v[i]);
}

void
comps_resolve(const struct bake *b, const struct set *s, struct comps *cs)
{
	struct strv want = { 0 }, dropped = { 0 };
	const char *need, *name;
	size_t i, j;

	for (i = 0; i < b->b_add.n; i++)
		if (strv_has(&b->b_drop, b->b_add.v[i]))
			die("component %s is both added and dropped",
			    b->b_add.v[i]);
	wanted(b, s, &want, &dropped);
	memset(cs, 0, sizeof(*cs));
	for (i = 0; i < want.n; i++)
		comps_add(b, cs, want.v[i], NULL);
	/* The list grows while it is walked. */
	for (i = 0; i < cs->n; i++)
		for (j = 0; j < cs->v[i].c_needs.n; j++) {
			name = cs->v[i].c_name;
			need = cs->v[i].c_needs.v[j];
			if (strv_has(&dropped, need))
				die("component %s is dropped, but %s needs it",
				    need, name);
			comps_add(b, cs, need, name);
		}
	check_conflicts(s, cs);
}
