/* SPDX-License-Identifier: BSD-2-Clause */
/* The one line that says what is wrong with a configuration. */
#include <stdio.h>
#include <string.h>

#include "conf.h"

/* Appends as much as fits; what came from outside only with plain letters. */
static void
add(char *buf, size_t size, const char *str)
{
	size_t n = strlen(buf);

	for (; *str != '\0' && n + 1 < size; str++)
		buf[n++] = *str >= ' ' && *str <= '~' ? *str : '?';
	buf[n] = '\0';
}

static void
add_keys(const struct conf *cf, char *buf, size_t size)
{
	const char *name;
	unsigned i;

	for (i = 0; (name = conf_keyname(cf->cf_keys, i)) != NULL; i++) {
		add(buf, size, i == 0 ? "; expected one of " : ", ");
		add(buf, size, name);
	}
}

/* " a b " as: a, b */
static void
add_want(const char *want, char *buf, size_t size)
{
	char ch[2] = { 0, 0 };

	add(buf, size, "; expected ");
	if (want[0] != ' ') {
		add(buf, size, want);
		return;
	}
	add(buf, size, "one of");
	if (want[1] == ' ') {
		add(buf, size, " \"\"");
		want++;
	}
	for (; want[1] != '\0'; want++) {
		ch[0] = *want;
		add(buf, size, ch);
	}
}

void
conf_error(const struct conf *cf, char *buf, size_t size)
{
	unsigned line = 1, col = 1;
	char name[48];
	size_t i;

	for (i = 0; i < cf->cf_errpos && i < cf->cf_len; i++) {
		col++;
		if (cf->cf_text[i] == '\n') {
			line++;
			col = 1;
		}
	}
	snprintf(buf, size, "line %u column %u: %s", line, col, cf->cf_err);
	if (cf->cf_name != NULL) {
		/* A hostile name must not push out what was expected. */
		name[0] = '\0';
		add(name, sizeof(name), cf->cf_name);
		add(buf, size, " \"");
		add(buf, size, name);
		add(buf, size, "\"");
	}
	if (cf->cf_keys != NULL)
		add_keys(cf, buf, size);
	else if (cf->cf_want != NULL)
		add_want(cf->cf_want, buf, size);
}
