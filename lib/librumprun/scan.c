/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scanning the configuration: JSON's strings and numbers, words of a command
 * line, and the memory for what is found.  Works in place on a copy of the
 * text: a decoded string is never longer than its source.
 */
#include <stdint.h>
#include <string.h>

#include "conf.h"

int
conf_fail(struct conf *cf, size_t pos, const char *err, const char *name,
    const char *want)
{

	cf->cf_errpos = pos;
	cf->cf_err = err;
	cf->cf_name = name;
	cf->cf_want = want;
	return -1;
}

void *
conf_alloc(struct conf *cf, size_t size)
{
	void *mem = cf->cf_arena + cf->cf_arenapos;

	if (size > cf->cf_arenalen - cf->cf_arenapos) {
		(void)conf_fail(cf, cf->cf_pos, "too many entries", NULL,
		    NULL);
		return NULL;
	}
	cf->cf_arenapos += size;
	return mem;
}

/* A list grows at the end of the arena; nothing else may come between. */
char **
conf_list_begin(struct conf *cf)
{

	return (char **)(void *)(cf->cf_arena + cf->cf_arenapos);
}

int
conf_list_add(struct conf *cf, char *str)
{
	char **slot = conf_alloc(cf, sizeof(*slot));

	if (slot == NULL)
		return -1;
	*slot = str;
	return 0;
}

int
conf_list_end(struct conf *cf, struct conf_item *ci, char **list)
{

	if (conf_list_add(cf, NULL) != 0)
		return -1;
	ci->ci_list = list;
	ci->ci_nlist = conf_list_begin(cf) - list - 1;
	return 0;
}

/* Next character that is no white space, 0 at the end; stays there. */
int
conf_peek(struct conf *cf)
{
	int ch;

	for (; cf->cf_pos < cf->cf_len; cf->cf_pos++) {
		ch = (unsigned char)cf->cf_buf[cf->cf_pos];
		if (ch != ' ' && ch != '\t' && ch != '\n' && ch != '\r')
			return ch;
	}
	return 0;
}

int
conf_punct(struct conf *cf, int ch, const char *want)
{

	if (conf_peek(cf) != ch)
		return conf_fail(cf, cf->cf_pos, "syntax error", NULL, want);
	cf->cf_pos++;
	return 0;
}

/* Four hexadecimal digits at p, which is inside the text; -1: they are not. */
static int
hex4(const char *p)
{
	int ch, i, val = 0;

	for (i = 0; i < 4; i++) {
		ch = p[i];
		if (ch >= '0' && ch <= '9')
			ch -= '0';
		else if ((ch | 32) >= 'a' && (ch | 32) <= 'f')
			ch = (ch | 32) - 'a' + 10;
		else
			return -1;
		val = val << 4 | ch;
	}
	return val;
}

static char *
utf8(char *dst, int c)
{

	if (c < 0x80) {
		*dst++ = c;
		return dst;
	}
	if (c < 0x800) {
		*dst++ = 0xc0 | c >> 6;
	} else {
		if (c < 0x10000) {
			*dst++ = 0xe0 | c >> 12;
		} else {
			*dst++ = 0xf0 | c >> 18;
			*dst++ = 0x80 | (c >> 12 & 0x3f);
		}
		*dst++ = 0x80 | (c >> 6 & 0x3f);
	}
	*dst++ = 0x80 | (c & 0x3f);
	return dst;
}

/* After "\u"; a character above U+FFFF comes as two surrogates. */
static int
unicode(struct conf *cf, char **dstp)
{
	const char *p = cf->cf_buf + cf->cf_pos;
	size_t left = cf->cf_len - cf->cf_pos;
	int c, lo;

	c = left >= 4 ? hex4(p) : -1;
	cf->cf_pos += 4;
	if (c >= 0xd800 && c < 0xdc00) {
		lo = left >= 10 && p[4] == '\\' && p[5] == 'u' ?
		    hex4(p + 6) : -1;
		if (lo < 0xdc00 || lo > 0xdfff)
			return -1;
		c = 0x10000 + ((c & 0x3ff) << 10 | (lo & 0x3ff));
		cf->cf_pos += 6;
	} else if (c >= 0xdc00 && c <= 0xdfff) {
		return -1;
	}
	/* A NUL would end the string where the text does not. */
	if (c <= 0)
		return -1;
	*dstp = utf8(*dstp, c);
	return 0;
}

static int
escape(struct conf *cf, char **dstp)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p;
	int ch;

	ch = cf->cf_pos < cf->cf_len ? cf->cf_buf[cf->cf_pos++] : 0;
	if (ch == 'u')
		return unicode(cf, dstp);
	p = ch != 0 ? strchr(from, ch) : NULL;
	if (p == NULL)
		return -1;
	*(*dstp)++ = to[p - from];
	return 0;
}

int
conf_string(struct conf *cf, char **strp, size_t *lenp)
{
	size_t start, at;
	char *dst;
	int ch;

	if (conf_punct(cf, '"', "a string") != 0)
		return -1;
	start = cf->cf_pos;
	dst = cf->cf_buf + start;
	for (;;) {
		at = cf->cf_pos;
		if (at >= cf->cf_len)
			return conf_fail(cf, start - 1, "string without end",
			    NULL, NULL);
		ch = (unsigned char)cf->cf_buf[cf->cf_pos++];
		if (ch == '"')
			break;
		if (ch < ' ')
			return conf_fail(cf, at, "control character in a "
			    "string", NULL, "an escape such as \\n");
		if (ch != '\\')
			*dst++ = ch;
		else if (escape(cf, &dst) != 0)
			return conf_fail(cf, at, "bad escape in a string",
			    NULL, "\\\" \\\\ \\/ \\b \\f \\n \\r \\t or "
			    "\\uXXXX (a character, not 0)");
	}
	*dst = '\0';
	*strp = cf->cf_buf + start;
	*lenp = dst - *strp;
	return 0;
}

/* A decimal number of at most 9 digits, as text; moved left for the NUL. */
int
conf_number(struct conf *cf, char **strp)
{
	size_t start = cf->cf_pos, n;
	char *p = cf->cf_buf + start;

	for (n = 0; start + n < cf->cf_len && p[n] >= '0' && p[n] <= '9'; n++)
		continue;
	if (n == 0 || n > 9)
		return conf_fail(cf, start, "bad number", NULL,
		    "a whole number");
	/* In front of it is its colon or a blank, read already. */
	memmove(p - 1, p, n);
	p[n - 1] = '\0';
	*strp = p - 1;
	cf->cf_pos += n;
	return 0;
}

/*
 * Splits a command line in place and adds the words: blanks separate; '...'
 * is taken literally; \ takes the next character, in "..." only " and \.
 * named: the first word is the program's name, else a slot is left for it.
 */
int
conf_words(struct conf *cf, struct conf_item *ci, char *s, size_t pos,
    int named)
{
	char **list = conf_list_begin(cf), *dst = s, *word;
	int quote = 0;

	if (!named && conf_list_add(cf, NULL) != 0)
		return -1;
	for (;;) {
		while (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r')
			s++;
		if (*s == '\0')
			break;
		word = dst;
		for (; *s != '\0'; s++) {
			if (quote ? *s == quote : *s == '"' || *s == '\'') {
				quote = quote ? 0 : *s;
				continue;
			}
			if (!quote && (*s == ' ' || *s == '\t' ||
			    *s == '\n' || *s == '\r'))
				break;
			if (*s == '\\' && s[1] != '\0' && quote != '\'' &&
			    (!quote || s[1] == '"' || s[1] == '\\'))
				s++;
			*dst++ = *s;
		}
		if (quote)
			return conf_fail(cf, pos, "quote without end in the "
			    "command line", NULL, quote == '"' ? "\"" : "'");
		if (*s != '\0')
			s++;
		*dst++ = '\0';
		if (conf_list_add(cf, word) != 0)
			return -1;
	}
	return conf_list_end(cf, ci, list);
}
