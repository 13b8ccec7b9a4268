/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The linker script of an image with component stats: a copy in which the
 * code of each component is in one piece, and a table of the pieces with
 * their names (struct stats_name of rumpsrc/stats).  Two comments in the
 * platform's script say where these go.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bake.h"

#define MARK_TEXT	"/* BAKE: TEXT OF COMPONENTS */"
#define MARK_TABLE	"/* BAKE: TABLE OF COMPONENTS */"
#define NAME_SIZE	24		/* of sn_name, with its NUL */

static void
write_table(FILE *f, const struct comps *cs)
{
	char name[NAME_SIZE];
	uint64_t word;
	size_t i, j;

	fprintf(f, "\n. = ALIGN(8);\nHIDDEN(rump_stats_comps = .);\n");
	for (i = 0; i < cs->n; i++) {
		fprintf(f, "LONG(rump_stats_%zu - rump_stats_comps) "
		    "LONG(rump_stats_%zu_end - rump_stats_comps)\n", i, i);
		memset(name, 0, sizeof(name));
		strncpy(name, cs->v[i].c_name, sizeof(name) - 1);
		for (j = 0; j < sizeof(name); j += sizeof(word)) {
			memcpy(&word, name + j, sizeof(word));
			fprintf(f, "QUAD(0x%llx)\n", (unsigned long long)word);
		}
	}
	fprintf(f, "HIDDEN(rump_stats_comps_end = .);\n");
}

/* A name comes from outside: no syntax of ld in it. */
static const char *
plain(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (name[strspn(name, chars)] != '\0')
		die("%s: the name is not one for a linker script", name);
	return name;
}

static void
write_text(FILE *f, const struct comps *cs)
{
	size_t i;

	for (i = 0; i < cs->n; i++)
		fprintf(f, "\nHIDDEN(rump_stats_%zu = .);\n"
		    "*/%s:(.text .text.*)\n"
		    "HIDDEN(rump_stats_%zu_end = .);\n", i,
		    plain(base_name(cs->v[i].c_path)), i);
}

char *
stats_script(const struct bake *b, const char *script, const struct comps *cs)
{
	char *path = fmt("%s/stats.lds", b->b_tmp);
	const char *text = read_text(script, NULL), *table, *code;
	FILE *f = fopen(path, "we");

	if (text == NULL)
		die("cannot read %s: %s", script, strerror(errno));
	if (f == NULL)
		die("cannot write %s: %s", path, strerror(errno));
	table = strstr(text, MARK_TABLE);
	code = table == NULL ? NULL : strstr(table, MARK_TEXT);
	if (code == NULL)
		die("%s: no lines %s, %s: no statistics on this platform "
		    "(--drop stats)", script, MARK_TABLE, MARK_TEXT);
	fwrite(text, 1, (size_t)(table - text), f);
	write_table(f, cs);
	fwrite(table, 1, (size_t)(code - table), f);
	write_text(f, cs);
	fputs(code, f);
	if (ferror(f) || fclose(f) != 0)
		die("cannot write %s: %s", path, strerror(errno));
	return path;
}
