/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Component sets: small text files, one directive a line.
 *
 *	# comment			describe TEXT
 *	platform hw			include SET...
 *	component NAME...		optional NAME...
 *	drop NAME...			conflict NAME NAME
 *
 * A line acts on what the lines before it (and their includes) gave.  A SET
 * with a slash is a file, relative to the including file's folder; otherwise
 * NAME.set is looked for in --set-dir folders, then among the installed ones.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bake.h"

#define SET_DEPTH	16

/* Where a set file is being read, for messages and include cycles. */
struct where {
	const char		*w_path;
	unsigned		 w_line;
	const struct where	*w_up;
	unsigned		 w_depth;
};

static void	load(const struct bake *, const char *, const struct where *,
		    struct set *);

static void
set_names(const struct bake *b, struct strv *names)
{
	char *dir;
	size_t i;

	for (i = 0; i < b->b_setdirs.n; i++)
		list_files(names, b->b_setdirs.v[i], "", ".set");
	dir = fmt("%s/sets", b->b_libdir);
	list_files(names, dir, "", ".set");
	free(dir);
}

/* "file.set:3: " for messages, "" for the command line. */
static const char *
place(const struct where *w)
{
	return w ? fmt("%s:%u: ", w->w_path, w->w_line) : "";
}

static char *
set_path(const struct bake *b, const char *name, const struct where *up)
{
	struct strv names = { 0 };
	char *path, *end;
	size_t i;

	if (strchr(name, '/')) {
		if (up == NULL || *name == '/')
			return xstrdup(name);
		path = xstrdup(up->w_path);
		end = strrchr(path, '/');
		*(end ? end : path) = '\0';
		return end ? fmt("%s/%s", path, name) : xstrdup(name);
	}
	for (i = 0; i <= b->b_setdirs.n; i++) {
		path = i < b->b_setdirs.n ?
		    fmt("%s/%s.set", b->b_setdirs.v[i], name) :
		    fmt("%s/sets/%s.set", b->b_libdir, name);
		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	set_names(b, &names);
	die("%sno component set \"%s\"%s (--list shows all)", place(up), name,
	    nearest(&names, name));
}

static void
do_component(const struct where *w, struct set *s, const char *name,
    bool optional)
{
	if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_") != strlen(name))
		die("%s\"%s\" is no component name (letters, digits, _)",
		    place(w), name);
	strv_remove(&s->s_dropped, name);
	if (!strv_has(&s->s_comps, name)) {
		strv_add(&s->s_comps, name);
		if (optional)
			strv_add(&s->s_optional, name);
	} else if (!optional)
		strv_remove(&s->s_optional, name);
}

static void
do_drop(const struct where *w, struct set *s, const char *name)
{
	if (!strv_has(&s->s_comps, name))
		die("%sdrop %s: not in the set up to here", place(w), name);
	strv_remove(&s->s_comps, name);
	strv_remove(&s->s_optional, name);
	strv_add(&s->s_dropped, name);
}

static void
directive(const struct bake *b, const struct where *w, struct set *s,
    const char *word, const struct strv *args)
{
	size_t i, n = args->n;

	if (n == 0 || (strcmp(word, "platform") == 0 && n != 1) ||
	    (strcmp(word, "conflict") == 0 && n != 2))
		die("%s%s with %zu names, expected %s", place(w), word, n,
		    strcmp(word, "platform") == 0 ? "one" :
		    strcmp(word, "conflict") == 0 ? "two" : "one or more");
	if (strcmp(word, "platform") == 0)
		s->s_platform = args->v[0];
	for (i = 0; i < n; i++) {
		if (strcmp(word, "include") == 0)
			load(b, args->v[i], w, s);
		else if (strcmp(word, "component") == 0)
			do_component(w, s, args->v[i], false);
		else if (strcmp(word, "optional") == 0)
			do_component(w, s, args->v[i], true);
		else if (strcmp(word, "drop") == 0)
			do_drop(w, s, args->v[i]);
		else if (strcmp(word, "conflict") == 0)
			strv_add(&s->s_conflicts, args->v[i]);
	}
}

static void
parse_line(const struct bake *b, const struct where *w, struct set *s,
    char *line)
{
	static const char *const known[] = { "component", "conflict",
	    "describe", "drop", "include", "optional", "platform", NULL };
	const struct strv all = { (char **)known, 7 };
	struct strv args = { 0 };
	char *word, *save, *arg;

	line += strspn(line, " \t");
	if (strncmp(line, "describe", 8) == 0 && isspace(line[8])) {
		line += 8 + strspn(line + 8, " \t");
		if (w->w_depth == 0)	/* an included one is not ours */
			s->s_describe = xstrdup(line);
		return;
	}
	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, " \t\r", &save);
	if (word == NULL)
		return;
	if (!strv_has(&all, word))
		die("%sunknown directive \"%s\"%s", place(w), word,
		    nearest(&all, word));
	while ((arg = strtok_r(NULL, " \t\r", &save)) != NULL)
		strv_add(&args, arg);
	directive(b, w, s, word, &args);
}

static void
load(const struct bake *b, const char *name, const struct where *up,
    struct set *s)
{
	struct where w = { .w_up = up, .w_depth = up ? up->w_depth + 1 : 0 };
	const struct where *p;
	char *path = set_path(b, name, up), *text, *line, *next;
	size_t len;

	for (p = up; p; p = p->w_up)
		if (strcmp(p->w_path, path) == 0)
			die("%sinclude %s: set %s includes itself", place(up),
			    name, path);
	if (w.w_depth > SET_DEPTH)
		die("%smore than %d includes deep", place(up), SET_DEPTH);
	text = read_text(path, &len);
	if (text == NULL)
		die("%scannot read set %s: %s", place(up), path,
		    strerror(errno));
	if (strlen(text) != len)
		die("%sset %s is no text file", place(up), path);
	w.w_path = path;
	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		w.w_line++;
		parse_line(b, &w, s, line);
	}
	free(text);
}

void
set_load(const struct bake *b, const char *name, struct set *s)
{
	memset(s, 0, sizeof(*s));
	load(b, name, NULL, s);
}

void
set_list(const struct bake *b)
{
	struct strv names = { 0 };
	struct set s;
	size_t i;

	set_names(b, &names);
	for (i = 0; i < names.n; i++) {
		set_load(b, names.v[i], &s);
		if (s.s_platform)	/* others are only for including */
			printf("%-16s %-6s %s\n", names.v[i], s.s_platform,
			    s.s_describe ? s.s_describe : "");
	}
}

void
set_describe(const struct bake *b, const char *name)
{
	struct comps comps;
	struct set s;
	size_t i;

	set_load(b, name, &s);
	printf("%s: %s\nplatform: %s\n", name,
	    s.s_describe ? s.s_describe : "(no description)",
	    s.s_platform ? s.s_platform : "(none: for including only)");
	comps_resolve(b, &s, &comps);
	puts("components:");
	for (i = 0; i < comps.n; i++) {
		printf("  %-20s %s", comps.v[i].c_name,
		    base_name(comps.v[i].c_path));
		if (comps.v[i].c_for)
			printf(" (needed by %s)", comps.v[i].c_for);
		putchar('\n');
	}
	for (i = 0; i < s.s_optional.n; i++)
		if (!comps_find(&comps, s.s_optional.v[i]))
			printf("  %-20s optional, not installed\n",
			    s.s_optional.v[i]);
	for (i = 0; i + 1 < s.s_conflicts.n; i += 2)
		printf("conflict: %s with %s\n", s.s_conflicts.v[i],
		    s.s_conflicts.v[i + 1]);
}
