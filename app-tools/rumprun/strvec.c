/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vectors of strings: commands that are built, split and printed.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

static void
sv_push(struct strvec *sv, char *s)
{
	sv->sv_v = realloc(sv->sv_v, (sv->sv_n + 2) * sizeof(*sv->sv_v));
	if (sv->sv_v == NULL)
		fail("out of memory");
	sv->sv_v[sv->sv_n++] = s;
	sv->sv_v[sv->sv_n] = NULL;
}

void
sv_add1(struct strvec *sv, const char *s)
{
	sv_push(sv, xstrdup(s));
}

void
sv_add(struct strvec *sv, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) == -1)
		fail("out of memory");
	va_end(ap);
	sv_push(sv, s);
}

/* One word from *sp on into out, which has room for all of it. */
static int
split_word(const char **sp, char *out)
{
	const char *s = *sp;
	char quote = '\0';

	for (; *s != '\0'; s++) {
		if (quote == '\0' && strchr(" \t\n", *s) != NULL)
			break;
		if (quote == '\0' && (*s == '\'' || *s == '"'))
			quote = *s;
		else if (quote != '\0' && *s == quote)
			quote = '\0';
		else if (*s == '\\' && quote != '\'' && s[1] != '\0')
			*out++ = *++s;
		else
			*out++ = *s;
	}
	*out = '\0';
	*sp = s;
	return quote == '\0' ? 0 : EINVAL;
}

int
sv_split(struct strvec *sv, const char *s)
{
	char *word = xmalloc(strlen(s) + 1);
	int error = 0;

	for (;;) {
		s += strspn(s, " \t\n");
		if (*s == '\0' || error != 0)
			break;
		error = split_word(&s, word);
		sv_add1(sv, word);
	}
	free(word);
	return error;
}

static void
print_quoted(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_+=:,./-";

	if (*s != '\0' && s[strspn(s, plain)] == '\0') {
		fputs(s, stdout);
		return;
	}
	putchar('\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*s);
	}
	putchar('\'');
}

void
sv_print(const struct strvec *sv)
{
	for (size_t i = 0; i < sv->sv_n; i++) {
		if (i != 0)
			putchar(' ');
		print_quoted(sv->sv_v[i]);
	}
	putchar('\n');
	fflush(stdout);
}

char *
qemu_escape(const char *s)
{
	char *out = xmalloc(strlen(s) * 2 + 1), *p = out;

	for (; *s != '\0'; s++) {
		if (*s == ',')
			*p++ = ',';
		*p++ = *s;
	}
	*p = '\0';
	return out;
}
