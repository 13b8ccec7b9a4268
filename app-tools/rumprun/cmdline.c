/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --run: words as a shell splits and quotes them, NAME=value before a
 * program's name, and the operators ; & | between programs (a line break is a
 * semicolon).  Nothing else of a shell: what would mean more there and is not
 * quoted is refused, so that nobody is surprised.
 */
#include <stdlib.h>
#include <string.h>

#include "cmdline.h"

#define BLANKS		" \t"
#define OPERATORS	";&|\n"
#define UNKNOWN		"<>()`$*?["	/* a shell's, not ours */

static struct cmdline *
add(struct options *o)
{
	o->o_run = realloc(o->o_run, (o->o_nrun + 1) * sizeof(*o->o_run));
	if (o->o_run == NULL)
		fail("out of memory");
	memset(&o->o_run[o->o_nrun], 0, sizeof(*o->o_run));
	return &o->o_run[o->o_nrun++];
}

/* The character after a backslash, or the backslash itself. */
static char
escaped(const char **sp, char quote)
{
	const char *s = *sp;

	if (s[1] == '\0' || (quote == '"' && strchr("\"\\$`", s[1]) == NULL))
		return '\\';
	*sp = s + 1;
	return s[1];
}

/* One word from s on into out; returns what follows it. */
static const char *
word(const char *line, const char *s, char *out)
{
	char quote = '\0';

	for (; *s != '\0'; s++) {
		if (quote == '\0' && strchr(BLANKS OPERATORS, *s) != NULL)
			break;
		if (quote == '\0' && strchr(UNKNOWN, *s) != NULL)
			fail("--run: '%c' means nothing here, quote it: %s", *s,
			    line);
		if (quote == '\0' ? *s == '\'' || *s == '"' : *s == quote)
			quote = quote != '\0' ? '\0' : *s;
		else if (*s == '\\' && quote != '\'')
			*out++ = escaped(&s, quote);
		else
			*out++ = *s;
	}
	if (quote != '\0')
		fail("--run: quote is not closed: %s", line);
	*out = '\0';
	return s;
}

static bool
is_assignment(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return n != 0 && s[n] == '=' && (s[0] < '0' || s[0] > '9');
}

/* Up to the next operator, which becomes the mode; returns what follows. */
static const char *
program(struct options *o, const char *line, const char *s, char *buf)
{
	struct cmdline *cl = add(o);

	for (;;) {
		s += strspn(s, BLANKS);
		if (*s == '\0' || strchr(OPERATORS, *s) != NULL)
			break;
		s = word(line, s, buf);
		sv_add1(cl->cl_words.sv_n == 0 && is_assignment(buf) ?
		    &cl->cl_env : &cl->cl_words, buf);
	}
	cl->cl_mode = *s == '&' || *s == '|' ? *s : ';';
	if (cl->cl_words.sv_n == 0)
		fail("--run: a program's name is missing %s: %s",
		    *s != '\0' ? "before an operator" : "at the end", line);
	if ((*s == '&' || *s == '|') && s[1] == *s)
		fail("--run: %c%c is not there, only ; & |: %s", *s, *s, line);
	return *s != '\0' ? s + 1 : s;
}

void
cmdline_parse(struct options *o, const char *line)
{
	static const char space[] = BLANKS "\n";
	char *buf = xmalloc(strlen(line) + 1);
	const char *s = line + strspn(line, space);

	if (o->o_nrun != 0 && o->o_run[o->o_nrun - 1].cl_mode == '|')
		fail("--run: no program after the last |");
	do {
		s = program(o, line, s, buf);
		s += strspn(s, space);
	} while (*s != '\0');
	if (o->o_run[o->o_nrun - 1].cl_mode == '|')
		fail("--run: no program after the last |: %s", line);
	free(buf);
}
