/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest configuration's parser: what it takes and what it says. */
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "conf.h"

static struct conf cf;
static char *mem, *text;

/* Exactly as much memory as promised, so that ASan sees the rest. */
static int
parse_len(const char *s, size_t len)
{
	size_t memlen = conf_memsize(len);

	free(mem);
	free(text);
	mem = malloc(memlen + !memlen);
	text = malloc(len + !len);
	memcpy(text, s, len);
	return conf_parse(&cf, text, len, mem, memlen);
}

static int
parse(const char *s)
{
	char line[256];

	if (parse_len(s, strlen(s)) == 0)
		return 0;
	conf_error(&cf, line, sizeof(line));
	printf("%s: %s\n", s, line);
	return -1;
}

/* The n-th item of a kind. */
static struct conf_item *
item(enum conf_kind kind, int n)
{
	static struct conf_item none;
	struct conf_item *ci;

	for (ci = cf.cf_items; ci != NULL; ci = ci->ci_next)
		if (ci->ci_kind == kind && n-- == 0)
			return ci;
	check_failures++;
	printf("no item %d\n", kind);
	return &none;
}

static int
same(const char *a, const char *b)
{

	if (a == NULL || b == NULL ? a == b : strcmp(a, b) == 0)
		return 1;
	printf("\"%s\" is not \"%s\"\n", a ? a : "(null)", b ? b : "(null)");
	return 0;
}

/* The list as one string: words in brackets, - for the free slot. */
static int
list_is(const struct conf_item *ci, const char *want)
{
	char buf[512] = "";
	unsigned i;

	for (i = 0; i < ci->ci_nlist; i++) {
		strcat(buf, "[");
		strcat(buf, ci->ci_list[i] ? ci->ci_list[i] : "-");
		strcat(buf, "]");
	}
	CHECK(ci->ci_list != NULL && ci->ci_list[ci->ci_nlist] == NULL);
	return same(buf, want);
}

static void
test_words(void)
{
	static const char *const good[][2] = {
		{ "", "[-]" }, { "  \t\r\n ", "[-]" }, { "a", "[-][a]" },
		{ " a  b\tc\n", "[-][a][b][c]" },
		{ "'a b' \"c d\"", "[-][a b][c d]" },
		{ "a'b c'd", "[-][ab cd]" }, { "'' x", "[-][][x]" },
		{ "\"a'b\" 'c\"d'", "[-][a'b][c\"d]" },
		{ "a\\ b \\'c \\\\", "[-][a b]['c][\\]" },
		{ "\"a\\\"b\\\\c\\n\"", "[-][a\"b\\c\\n]" },
		{ "'a\\b'", "[-][a\\b]" }, { "end\\", "[-][end\\]" },
		{ "\xc3\xa9 [1] x{}", "[-][\xc3\xa9][[1]][x{}]" },
		{ "\"\"", "[-][]" }, { "a\"\"", "[-][a]" },
	};
	unsigned i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK_EQ(parse(good[i][0]), 0);
		CHECK(list_is(item(CONF_ARGS, 0), good[i][1]));
	}
	CHECK_EQ(parse("{\"cmdline\":\"prog 'a b' \\\"c d\\\" e\"}"), 0);
	CHECK(list_is(item(CONF_CMDLINE, 0), "[prog][a b][c d][e]"));
	CHECK_EQ(parse("{\"cmdline\":\"\"}"), 0);
	CHECK(list_is(item(CONF_CMDLINE, 0), ""));
}

static void
test_env(void)
{

	CHECK_EQ(parse("{\"env\":\"A=b\",\"env\":[\"C=\",\"D==x y\"],"
	    "\"env\":{\"E\":\"f\",\"G\" : \"\",\"\\u00e9\":\"\\n\"},"
	    "\"env\":[],\"env\":{}}"), 0);
	CHECK(list_is(item(CONF_ENV, 0), "[A=b]"));
	CHECK(list_is(item(CONF_ENV, 1), "[C=][D==x y]"));
	CHECK(list_is(item(CONF_ENV, 2), "[E=f][G=][\xc3\xa9=\n]"));
	CHECK(list_is(item(CONF_ENV, 3), ""));
	CHECK(list_is(item(CONF_ENV, 4), ""));
}

static void
test_strings(void)
{

	CHECK_EQ(parse(" { \"hostname\" : \"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\" } "
	    "\n"), 0);
	CHECK(same(item(CONF_HOSTNAME, 0)->ci_val[0],
	    "a\"\\/\b\f\n\r\tz"));
	/* The first and last of each length in UTF-8. */
	CHECK_EQ(parse("{\"hostname\":\"\\u0001\\u007f\\u0080\\u07ff\\u0800"
	    "\\uD7ff\\ue000\\uFFFF\\ud800\\udc00\\uDBFF\\uDFFF\"}"), 0);
	CHECK(same(item(CONF_HOSTNAME, 0)->ci_val[0],
	    "\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"
	    "\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
}

static void
test_objects(void)
{
	struct conf_item *ci;

	CHECK_EQ(parse("{\"rc\":[{\"bin\":\"a\",\"argv\":[\"x\",\"\"],"
	    "\"runmode\":\"&\"},{\"argv\":\"one\",\"runmode\":\"\"},{},"
	    "{\"bin\":\"b\",\"argv\":[],\"runmode\":\"|\"}]}"), 0);
	ci = item(CONF_RC, 0);
	CHECK(same(ci->ci_val[CONF_RC_BIN], "a"));
	CHECK(same(ci->ci_val[CONF_RC_RUNMODE], "&"));
	CHECK(list_is(ci, "[-][x][]"));
	ci = item(CONF_RC, 1);
	CHECK(ci->ci_val[CONF_RC_BIN] == NULL);
	CHECK(same(ci->ci_val[CONF_RC_RUNMODE], ""));
	CHECK(list_is(ci, "[-][one]"));
	CHECK(item(CONF_RC, 2)->ci_list == NULL);
	CHECK(list_is(item(CONF_RC, 3), "[-]"));
	CHECK_EQ(parse("{\"env\":\"A=1\",\"rc\":[{\"argv\":[\"x\"],\"env\":"
	    "{\"B\":\"2\",\"C\":\"\"},\"bin\":\"a\",\"env\":\"D=4\"},{}]}"),
	    0);
	CHECK(list_is(item(CONF_ENV, 0), "[A=1]"));
	ci = item(CONF_RC, 0);
	CHECK(list_is(ci, "[-][x]"));
	CHECK(ci->ci_next == item(CONF_RCENV, 0));
	CHECK(list_is(item(CONF_RCENV, 0), "[B=2][C=]"));
	CHECK(list_is(item(CONF_RCENV, 1), "[D=4]"));
	CHECK(item(CONF_RCENV, 1)->ci_next == item(CONF_RC, 1));

	/* What the launcher writes. */
	CHECK_EQ(parse("{\"net\":[{\"if\":\"vioif0\",\"type\":\"inet\","
	    "\"method\":\"static\",\"addr\":\"10.0.0.2\",\"mask\":\"24\","
	    "\"gw\":\"10.0.0.1\"}],\"blk\":[{\"source\":\"dev\",\"path\":"
	    "\"/dev/ld0\",\"fstype\":\"blk\",\"mountpoint\":\"/data\"}]}"),
	    0);
	ci = item(CONF_NET, 0);
	CHECK(same(ci->ci_val[RUMP_CONFIG_IF], "vioif0"));
	CHECK(same(ci->ci_val[RUMP_CONFIG_MASK], "24"));
	CHECK(same(ci->ci_val[RUMP_CONFIG_GW], "10.0.0.1"));
	CHECK(same(item(CONF_BLK, 0)->ci_val[RUMP_CONFIG_MOUNTPOINT],
	    "/data"));

	/* Repeated keys, single objects, numbers. */
	CHECK_EQ(parse("{\"net\":{\"if\":\"a\",\"type\":\"inet\",\"method\":"
	    "\"dhcp\"},\"net\":{\"if\":\"b\",\"type\":\"inet6\",\"method\":"
	    "\"static\",\"addr\":\"::1\",\"mask\":128,\"cloner\":\"true\"},"
	    "\"mount\":[{\"fstype\":\"tmpfs\",\"mountpoint\":\"/tmp\"},"
	    "{\"fstype\":\"x\",\"mountpoint\":\"/\",\"options\":\"ro\"}],"
	    "\"net\":[]}"), 0);
	CHECK(same(item(CONF_NET, 0)->ci_val[RUMP_CONFIG_IF], "a"));
	CHECK(same(item(CONF_NET, 1)->ci_val[RUMP_CONFIG_MASK], "128"));
	CHECK(same(item(CONF_NET, 1)->ci_val[RUMP_CONFIG_ADDR], "::1"));
	CHECK(same(item(CONF_MOUNT, 1)->ci_val[RUMP_CONFIG_OPTIONS], "ro"));
	CHECK_EQ(parse("{}"), 0);
	CHECK(cf.cf_items == NULL);
}

/* Each text and the whole line that it gives. */
static void
test_errors(void)
{
	static const char *const bad[][2] = {
	{ "{\"cmdlin\":\"x\"}", "line 1 column 2: unknown key \"cmdlin\"; "
	    "expected one of cmdline, hostname, env, rc, net, blk, mount" },
	{ "{\n  \"net\": {\"iff\":\"x\"}}", "line 2 column 11: unknown key "
	    "\"iff\"; expected one of if, type, method, addr, mask, gw, "
	    "cloner" },
	{ "{\"\":1}", "line 1 column 2: unknown key \"\"; expected one of "
	    "cmdline, hostname, env, rc, net, blk, mount" },
	{ "{\"hostname\":3}", "line 1 column 13: wrong type \"hostname\"; "
	    "expected a string" },
	{ "{\"hostname\":[\"a\"]}", "line 1 column 13: wrong type "
	    "\"hostname\"; expected a string" },
	{ "{\"hostname\":\"\"}", "line 1 column 13: empty value "
	    "\"hostname\"" },
	{ "{\"cmdline\":null}", "line 1 column 12: wrong type \"cmdline\"; "
	    "expected a string" },
	{ "{\"cmdline\":\"a 'b\"}", "line 1 column 12: quote without end in "
	    "the command line; expected '" },
	{ "a \"b", "line 1 column 1: quote without end in the command line; "
	    "expected \"" },
	{ "{\"env\":true}", "line 1 column 8: wrong type \"env\"; expected "
	    "\"NAME=value\", an array of those, or an object of strings" },
	{ "{\"env\":[1]}", "line 1 column 9: wrong type \"env\"; expected "
	    "\"NAME=value\", an array of those, or an object of strings" },
	{ "{\"env\":\"A\"}", "line 1 column 8: not a variable \"env\"; "
	    "expected \"NAME=value\"" },
	{ "{\"env\":\"=A\"}", "line 1 column 8: not a variable \"env\"; "
	    "expected \"NAME=value\"" },
	{ "{\"env\":{\"A\":1}}", "line 1 column 13: wrong type \"A\"; "
	    "expected a string" },
	{ "{\"env\":{\"A=\":\"\"}}", "line 1 column 9: not a variable "
	    "\"env\"; expected a name without '='" },
	{ "{\"rc\":\"x\"}", "line 1 column 7: wrong type \"rc\"; expected an "
	    "object or an array of objects" },
	{ "{\"rc\":[[]]}", "line 1 column 8: wrong type \"rc\"; expected an "
	    "object or an array of objects" },
	{ "{\"rc\":{\"argv\":[{}]}}", "line 1 column 16: wrong type "
	    "\"argv\"; expected an array of strings" },
	{ "{\"rc\":{\"env\":1}}", "line 1 column 14: wrong type \"env\"; "
	    "expected \"NAME=value\", an array of those, or an object of "
	    "strings" },
	{ "{\"rc\":{\"runmode\":\"x\"}}", "line 1 column 18: unknown value "
	    "\"runmode\"; expected one of \"\" & |" },
	{ "{\"rc\":{\"bin\":\"a\",\"bin\":\"b\"}}", "line 1 column 24: key "
	    "given twice \"bin\"" },
	{ "{\"rc\":{},\"rc\":{}}", "line 1 column 15: key given twice "
	    "\"rc\"" },
	{ "{\"rc\":{},\"cmdline\":\"\"}", "line 1 column 20: cmdline and rc "
	    "together \"cmdline\"; expected one of the two" },
	{ "{\"net\":{\"if\":\"a\"}}", "line 1 column 8: key missing "
	    "\"type\"" },
	{ "{\"net\":{\"if\":\"a\",\"type\":\"ipx\"}}", "line 1 column 25: "
	    "unknown value \"type\"; expected one of inet inet6" },
	{ "{\"net\":{\"if\":\"a\",\"type\":\"inet inet6\"}}", "line 1 column "
	    "25: unknown value \"type\"; expected one of inet inet6" },
	{ "{\"net\":{\"if\":\"a\",\"type\":\"inet\",\"method\":\"static\","
	    "\"addr\":\"1.2.3.4\"}}", "line 1 column 8: key missing "
	    "\"mask\"" },
	{ "{\"net\":{\"mask\":1234567890}}", "line 1 column 16: bad number; "
	    "expected a whole number" },
	{ "{\"net\":{\"mask\":24.5}}", "line 1 column 18: syntax error; "
	    "expected ',' or '}'" },
	{ "{\"net\":{\"mask\":-1}}", "line 1 column 16: wrong type \"mask\"; "
	    "expected a string or a number" },
	{ "{\"blk\":{\"source\":\"dev\"}}", "line 1 column 8: key missing "
	    "\"path\"" },
	{ "{\"blk\":{\"source\":\"dev\",\"path\":\"a\",\"mountpoint\":"
	    "\"/\"}}", "line 1 column 8: key missing \"fstype\"" },
	{ "{\"mount\":{}}", "line 1 column 10: key missing \"fstype\"" },
	{ "{", "line 1 column 2: syntax error; expected a key in quotes" },
	{ "{\"env\"}", "line 1 column 7: syntax error; expected ':'" },
	{ "{\"env\":[}", "line 1 column 9: wrong type \"env\"; expected "
	    "\"NAME=value\", an array of those, or an object of strings" },
	{ "{\"env\":[\"A=\"", "line 1 column 13: syntax error; expected ',' "
	    "or ']'" },
	{ "{\"hostname\":\"a\"", "line 1 column 16: syntax error; expected "
	    "',' or '}'" },
	{ "{\"hostname\":\"a\",}", "line 1 column 17: syntax error; expected "
	    "a key in quotes" },
	{ "{\"hostname\":\"a\"} x", "line 1 column 18: syntax error; "
	    "expected nothing after the last '}'" },
	{ "{\"hostname\":\"a", "line 1 column 13: string without end" },
	{ "{\"hostname\":\"a\nb\"}", "line 1 column 15: control character "
	    "in a string; expected an escape such as \\n" },
	{ "{\"hostname\":\"\\x\"}", NULL }, { "{\"hostname\":\"\\", NULL },
	{ "{\"hostname\":\"\\u000\"}", NULL },
	{ "{\"hostname\":\"\\u0000\"}", NULL },
	{ "{\"hostname\":\"\\ud800\"}", NULL },
	{ "{\"hostname\":\"\\ud800\\u0041\"}", NULL },
	{ "{\"hostname\":\"\\udc00\"}", NULL }, { "{\"hostname\":\"\\u", NULL },
	{ "{{{{{{{{{{{{{{{{", NULL }, { "{\"rc\":[{\"argv\":[[[[[[[", NULL },
	};
	char line[256];
	unsigned i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse_len(bad[i][0], strlen(bad[i][0])) == 0) {
			printf("accepted: %s\n", bad[i][0]);
			check_failures++;
			continue;
		}
		conf_error(&cf, line, sizeof(line));
		if (bad[i][1] != NULL)
			CHECK(same(line, bad[i][1]));
		else
			CHECK(strncmp(line, "line 1 column ", 14) == 0);
	}
	/* Names from outside are cut and made printable. */
	CHECK(parse_len("{\"\\n\\u001baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaa\":1}", 70) != 0);
	conf_error(&cf, line, sizeof(line));
	CHECK(same(line, "line 1 column 2: unknown key \"??aaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaa\"; expected one of cmdline, "
	    "hostname, env, rc, net, blk, mount"));
	conf_error(&cf, line, 20);
	CHECK_EQ(strlen(line), 19);
}

static void
test_limits(void)
{
	char *big = malloc(CONF_MAXLEN + 2);
	char line[256];
	size_t n;

	memset(big, 'x', CONF_MAXLEN + 1);
	CHECK_EQ(parse_len(big, CONF_MAXLEN), 0);
	CHECK_EQ(strlen(item(CONF_ARGS, 0)->ci_list[1]), CONF_MAXLEN);
	CHECK_EQ(parse_len(big, CONF_MAXLEN + 1), -1);
	conf_error(&cf, line, sizeof(line));
	CHECK(same(line, "line 1 column 1: text too long; expected 64 KiB at "
	    "most"));
	/* As many words as there can be: each fits. */
	for (n = 0; n < CONF_MAXLEN; n++)
		big[n] = n & 1 ? ' ' : 'a';
	CHECK_EQ(parse_len(big, CONF_MAXLEN), 0);
	CHECK_EQ(item(CONF_ARGS, 0)->ci_nlist, CONF_MAXLEN / 2 + 1);
	/* More entries than memory: an error, not an overrun. */
	strcpy(big, "{\"rc\":[{}");
	for (n = strlen(big); n < CONF_MAXLEN - 8; n += 3)
		memcpy(big + n, ",{}", 3);
	memcpy(big + n, "]}", 2);
	CHECK_EQ(parse_len(big, n + 2), -1);
	conf_error(&cf, line, sizeof(line));
	CHECK(strstr(line, "too many entries") != NULL);
	free(big);
}

/* Every beginning of a good text, and every byte of it changed. */
static void
test_damage(void)
{
	static const char good[] = "{\"cmdline\":\"a 'b c'\",\"env\":{\"A\":"
	    "\"\\ud83d\\ude00\"},\"net\":[{\"if\":\"v\",\"type\":\"inet\","
	    "\"method\":\"static\",\"addr\":\"1\",\"mask\":24}]}";
	char buf[sizeof(good)], line[256];
	size_t i;
	int ch;

	for (i = 1; i < sizeof(good) - 1; i++)
		CHECK(parse_len(good, i) != 0);
	CHECK_EQ(parse_len(good, sizeof(good) - 1), 0);
	for (i = 0; i < sizeof(good) - 1; i++) {
		for (ch = 0; ch < 256; ch++) {
			memcpy(buf, good, sizeof(good));
			buf[i] = ch;
			if (parse_len(buf, sizeof(good) - 1) != 0)
				conf_error(&cf, line, sizeof(line));
		}
	}
}

int
main(void)
{

	test_words();
	test_env();
	test_strings();
	test_objects();
	test_errors();
	test_limits();
	test_damage();
	free(mem);
	free(text);
	return check_done();
}
