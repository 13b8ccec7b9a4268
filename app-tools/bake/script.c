/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The linker script of an image whose programs can be started again: in the
 * platform's script two comments say where each program's writable sections
 * go, in one piece each, so that the rump kernel can put them back as they
 * were.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bake.h"

#define MARK_DATA	"/* BAKE: DATA OF PROGRAMS */"
#define MARK_BSS	"/* BAKE: BSS OF PROGRAMS */"

/* A section's name comes from outside: no syntax of ld in it. */
static const char *
plain(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._$";

	if (name[strspn(name, chars)] != '\0')
		die("a program has a section \"%s\": the name is not one "
		    "for a linker script", name);
	return name;
}

/*
 * Pieces begin and end at 16 bytes, so that a pointer past the end of one is
 * not in another.
 */
static void
write_pieces(FILE *f, const char *kind, size_t n, const struct strv *names)
{
	size_t i;

	fprintf(f, "\n. = ALIGN(16);\nHIDDEN(rumprun_%s_%zu = .);\n", kind, n);
	if (names->n != 0) {
		fprintf(f, "*/%zu.prog.o(", n);
		for (i = 0; i < names->n; i++)
			fprintf(f, "%s ", plain(names->v[i]));
		fprintf(f, ")\n");
	}
	fprintf(f, "HIDDEN(rumprun_%s_%zu_end = .);\n. += 16;\n", kind, n);
}

/* Returns what follows the mark in the text. */
static const char *
write_kind(FILE *f, const char *text, const char *mark, const char *script)
{
	const char *at = strstr(text, mark);

	if (at == NULL)
		die("%s: no line %s: this platform cannot start programs "
		    "again (--drop exec)", script, mark);
	fwrite(text, 1, (size_t)(at - text), f);
	return at + strlen(mark);
}

char *
script_make(const struct bake *b, const char *script,
    const struct prog *progs, size_t n)
{
	char *path = fmt("%s/image.lds", b->b_tmp);
	const char *text = read_text(script, NULL);
	FILE *f = fopen(path, "we");
	size_t i;

	if (text == NULL)
		die("cannot read %s: %s", script, strerror(errno));
	if (f == NULL)
		die("cannot write %s: %s", path, strerror(errno));
	text = write_kind(f, text, MARK_DATA, script);
	for (i = 0; i < n; i++)
		write_pieces(f, "data", i, &progs[i].p_data);
	text = write_kind(f, text, MARK_BSS, script);
	for (i = 0; i < n; i++)
		write_pieces(f, "bss", i, &progs[i].p_bss);
	fputs(text, f);
	if (ferror(f) || fclose(f) != 0)
		die("cannot write %s: %s", path, strerror(errno));
	return path;
}
