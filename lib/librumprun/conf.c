/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration's schema, and the parser that follows it.  The text never
 * decides how deep we call: objects nest as deep as the tables below do (two).
 */
#include <stdint.h>
#include <string.h>

#include "conf.h"

enum conf_type { T_CMDLINE, T_STRING, T_ENV, T_OBJECTS, T_LIST, T_NUMSTR };

/* The name is inside: a pointer costs a relocation at each boot. */
struct conf_key {
	char		 ck_name[11];	/* "": end of the table */
	uint8_t		 ck_type;
	uint8_t		 ck_id;		/* kind, or index in ci_val */
	uint8_t		 ck_flags;
	union {
		const char *ck_set;	/* " a b ": the only values; or NULL */
		const struct conf_key *ck_sub;	/* T_OBJECTS */
	};
};
#define CK_NEEDED	1	/* in each object */
#define CK_ONCE		2	/* top level: may not be repeated */

static const struct conf_key rc_keys[] = {
	{ "bin", T_STRING, CONF_RC_BIN, 0, { NULL } },
	{ "argv", T_LIST, RUMP_CONFIG_NFIELDS, 0, { NULL } },
	{ "runmode", T_STRING, CONF_RC_RUNMODE, 0, { "  & | " } },
	{ "env", T_ENV, CONF_RCENV, 0, { NULL } },
	{ "", 0, 0, 0, { NULL } }
};

static const struct conf_key net_keys[] = {
	{ "if", T_STRING, RUMP_CONFIG_IF, CK_NEEDED, { NULL } },
	{ "type", T_STRING, RUMP_CONFIG_TYPE, CK_NEEDED, { " inet inet6 " } },
	{ "method", T_STRING, RUMP_CONFIG_METHOD, CK_NEEDED,
	    { " dhcp auto static " } },
	{ "addr", T_STRING, RUMP_CONFIG_ADDR, 0, { NULL } },
	{ "mask", T_NUMSTR, RUMP_CONFIG_MASK, 0, { NULL } },
	{ "gw", T_STRING, RUMP_CONFIG_GW, 0, { NULL } },
	{ "cloner", T_STRING, RUMP_CONFIG_CLONER, 0, { " true false " } },
	{ "", 0, 0, 0, { NULL } }
};

static const struct conf_key blk_keys[] = {
	{ "source", T_STRING, RUMP_CONFIG_SOURCE, CK_NEEDED,
	    { " dev vnd etfs " } },
	{ "path", T_STRING, RUMP_CONFIG_PATH, CK_NEEDED, { NULL } },
	{ "fstype", T_STRING, RUMP_CONFIG_FSTYPE, 0, { NULL } },
	{ "mountpoint", T_STRING, RUMP_CONFIG_MOUNTPOINT, 0, { NULL } },
	{ "options", T_STRING, RUMP_CONFIG_OPTIONS, 0, { NULL } },
	{ "", 0, 0, 0, { NULL } }
};

static const struct conf_key mount_keys[] = {
	{ "source", T_STRING, RUMP_CONFIG_SOURCE, 0, { NULL } },
	{ "path", T_STRING, RUMP_CONFIG_PATH, 0, { NULL } },
	{ "fstype", T_STRING, RUMP_CONFIG_FSTYPE, CK_NEEDED, { NULL } },
	{ "mountpoint", T_STRING, RUMP_CONFIG_MOUNTPOINT, CK_NEEDED,
	    { NULL } },
	{ "options", T_STRING, RUMP_CONFIG_OPTIONS, 0, { NULL } },
	{ "", 0, 0, 0, { NULL } }
};

static const struct conf_key top_keys[] = {
	{ "cmdline", T_CMDLINE, CONF_CMDLINE, CK_ONCE, { NULL } },
	{ "hostname", T_STRING, CONF_HOSTNAME, CK_ONCE, { NULL } },
	{ "env", T_ENV, CONF_ENV, 0, { NULL } },
	{ "rc", T_OBJECTS, CONF_RC, CK_ONCE, { .ck_sub = rc_keys } },
	{ "net", T_OBJECTS, CONF_NET, 0, { .ck_sub = net_keys } },
	{ "blk", T_OBJECTS, CONF_BLK, 0, { .ck_sub = blk_keys } },
	{ "mount", T_OBJECTS, CONF_MOUNT, 0, { .ck_sub = mount_keys } },
	{ "", 0, 0, 0, { NULL } }
};

const char *
conf_keyname(const void *keys, unsigned i)
{
	const struct conf_key *ck = (const struct conf_key *)keys + i;

	return ck->ck_name[0] != '\0' ? ck->ck_name : NULL;
}

static struct conf_item *
item_add(struct conf *cf, enum conf_kind kind)
{
	struct conf_item *ci = conf_alloc(cf, sizeof(*ci));

	if (ci == NULL)
		return NULL;
	memset(ci, 0, sizeof(*ci));
	ci->ci_kind = kind;
	*cf->cf_tailp = ci;
	cf->cf_tailp = &ci->ci_next;
	return ci;
}

static int
wrong_type(struct conf *cf, const char *key, const char *want)
{

	return conf_fail(cf, cf->cf_pos, "wrong type", key, want);
}

/* After an element: 1 when a comma says that more follow, 0 at the end. */
static int
more(struct conf *cf, int end)
{
	int ch = conf_peek(cf);

	if (ch != ',' && ch != end)
		return conf_fail(cf, cf->cf_pos, "syntax error", NULL,
		    end == '}' ? "',' or '}'" : "',' or ']'");
	cf->cf_pos++;
	return ch == ',';
}

/* Opens an object or array; 0 when it is empty (and closed again). */
static int
open_nest(struct conf *cf, int end)
{

	cf->cf_pos++;
	if (conf_peek(cf) != end)
		return 1;
	cf->cf_pos++;
	return 0;
}

/* set: " a b " */
static int
in_set(const char *set, const char *val, size_t len)
{
	const char *p = set, *e;

	while ((e = strchr(p + 1, ' ')) != NULL) {
		if ((size_t)(e - p) - 1 == len && memcmp(p + 1, val, len) == 0)
			return 1;
		p = e;
	}
	return 0;
}

static int
value_string(struct conf *cf, const struct conf_key *ck, const char **valp)
{
	int ch = conf_peek(cf);
	size_t pos = cf->cf_pos, len;
	char *str;

	if (ck->ck_type == T_NUMSTR && ch >= '0' && ch <= '9') {
		if (conf_number(cf, &str) != 0)
			return -1;
		*valp = str;
		return 0;
	}
	if (ch != '"')
		return wrong_type(cf, ck->ck_name,
		    ck->ck_type == T_NUMSTR ? "a string or a number" :
		    "a string");
	if (conf_string(cf, &str, &len) != 0)
		return -1;
	if (len == 0 ? (ck->ck_set == NULL || ck->ck_set[1] != ' ') :
	    (ck->ck_set != NULL && !in_set(ck->ck_set, str, len)))
		return conf_fail(cf, pos, len == 0 ? "empty value" :
		    "unknown value", ck->ck_name, ck->ck_set);
	*valp = str;
	return 0;
}

/* A string or an array of strings: program arguments. */
static int
value_list(struct conf *cf, const struct conf_key *ck, struct conf_item *ci)
{
	int array = conf_peek(cf) == '[', again;
	char **list = conf_list_begin(cf), *str;
	size_t len;

	if (conf_list_add(cf, NULL) != 0)
		return -1;
	again = array ? open_nest(cf, ']') : 1;
	while (again > 0) {
		if (conf_peek(cf) != '"')
			return wrong_type(cf, ck->ck_name,
			    "an array of strings");
		if (conf_string(cf, &str, &len) != 0 ||
		    conf_list_add(cf, str) != 0)
			return -1;
		again = array ? more(cf, ']') : 0;
	}
	return again < 0 ? -1 : conf_list_end(cf, ci, list);
}

/* "NAME=value" */
static int
env_string(struct conf *cf)
{
	size_t pos, len;
	char *str, *eq;

	if (conf_peek(cf) != '"')
		return wrong_type(cf, "env", "\"NAME=value\", an array of "
		    "those, or an object of strings");
	pos = cf->cf_pos;
	if (conf_string(cf, &str, &len) != 0)
		return -1;
	eq = strchr(str, '=');
	if (eq == NULL || eq == str)
		return conf_fail(cf, pos, "not a variable", "env",
		    "\"NAME=value\"");
	return conf_list_add(cf, str);
}

/* "NAME": "value"; between the two there is room for the '='. */
static int
env_member(struct conf *cf)
{
	size_t pos, nlen, vlen;
	char *name, *val;

	if (conf_peek(cf) != '"')
		return conf_fail(cf, cf->cf_pos, "syntax error", NULL,
		    "a name in quotes");
	pos = cf->cf_pos;
	if (conf_string(cf, &name, &nlen) != 0)
		return -1;
	if (nlen == 0 || strchr(name, '=') != NULL)
		return conf_fail(cf, pos, "not a variable", "env",
		    "a name without '='");
	if (conf_punct(cf, ':', "':'") != 0)
		return -1;
	if (conf_peek(cf) != '"')
		return wrong_type(cf, name, "a string");
	if (conf_string(cf, &val, &vlen) != 0)
		return -1;
	name[nlen] = '=';
	memmove(name + nlen + 1, val, vlen + 1);
	return conf_list_add(cf, name);
}

static int
value_env(struct conf *cf, struct conf_item *ci)
{
	int ch = conf_peek(cf), again = 1;
	int end = ch == '{' ? '}' : ch == '[' ? ']' : 0;
	char **list = conf_list_begin(cf);

	if (end != 0)
		again = open_nest(cf, end);
	while (again > 0) {
		if ((ch == '{' ? env_member(cf) : env_string(cf)) != 0)
			return -1;
		again = end != 0 ? more(cf, end) : 0;
	}
	return again < 0 ? -1 : conf_list_end(cf, ci, list);
}

static const struct conf_key *
find_key(struct conf *cf, const struct conf_key *keys, const char **strp)
{
	const struct conf_key *ck;
	size_t pos, len;
	char *str;

	if (conf_peek(cf) != '"') {
		(void)conf_fail(cf, cf->cf_pos, "syntax error", NULL,
		    "a key in quotes");
		return NULL;
	}
	pos = cf->cf_pos;
	if (conf_string(cf, &str, &len) != 0)
		return NULL;
	for (ck = keys; ck->ck_name[0] != '\0'; ck++)
		if (strcmp(ck->ck_name, str) == 0)
			break;
	*strp = str;
	if (ck->ck_name[0] == '\0') {
		(void)conf_fail(cf, pos, "unknown key", str, NULL);
		cf->cf_keys = keys;
		return NULL;
	}
	if (conf_punct(cf, ':', "':'") != 0)
		return NULL;
	return ck;
}

/* What one key alone cannot say. */
static int
check_object(struct conf *cf, const struct conf_key *keys,
    struct conf_item *ci, size_t pos)
{
	const struct conf_key *ck;
	const char *missing = NULL;

	for (ck = keys; ck->ck_name[0] != '\0' && missing == NULL; ck++)
		if ((ck->ck_flags & CK_NEEDED) &&
		    ci->ci_val[ck->ck_id] == NULL)
			missing = ck->ck_name;
	if (missing == NULL && ci->ci_kind == CONF_NET &&
	    ci->ci_val[RUMP_CONFIG_METHOD][0] == 's') {
		if (ci->ci_val[RUMP_CONFIG_ADDR] == NULL)
			missing = "addr";
		else if (ci->ci_val[RUMP_CONFIG_MASK] == NULL)
			missing = "mask";
	}
	if (missing == NULL && ci->ci_kind == CONF_BLK &&
	    ci->ci_val[RUMP_CONFIG_MOUNTPOINT] != NULL &&
	    ci->ci_val[RUMP_CONFIG_FSTYPE] == NULL)
		missing = "fstype";
	if (missing != NULL)
		return conf_fail(cf, pos, "key missing", missing, NULL);
	return 0;
}

static int value_top(struct conf *, const struct conf_key *);

static int
object(struct conf *cf, const struct conf_key *top)
{
	struct conf_item *ci;
	const struct conf_key *ck;
	const char *key;
	size_t pos;
	int again, error;

	if (conf_peek(cf) != '{')
		return wrong_type(cf, top->ck_name,
		    "an object or an array of objects");
	pos = cf->cf_pos;
	ci = item_add(cf, top->ck_id);
	if (ci == NULL)
		return -1;
	for (again = open_nest(cf, '}'); again > 0; again = more(cf, '}')) {
		ck = find_key(cf, top->ck_sub, &key);
		if (ck == NULL)
			return -1;
		if (ck->ck_type == T_LIST ? ci->ci_list != NULL :
		    ck->ck_type != T_ENV && ci->ci_val[ck->ck_id] != NULL)
			return conf_fail(cf, cf->cf_pos, "key given twice",
			    ck->ck_name, NULL);
		error = ck->ck_type == T_ENV ? value_top(cf, ck) :
		    ck->ck_type == T_LIST ? value_list(cf, ck, ci) :
		    value_string(cf, ck, &ci->ci_val[ck->ck_id]);
		if (error != 0)
			return -1;
	}
	return again < 0 ? -1 : check_object(cf, top->ck_sub, ci, pos);
}

static int
value_objects(struct conf *cf, const struct conf_key *ck)
{
	int again;

	if (conf_peek(cf) != '[')
		return object(cf, ck);
	for (again = open_nest(cf, ']'); again > 0; again = more(cf, ']'))
		if (object(cf, ck) != 0)
			return -1;
	return again;
}

static int
value_top(struct conf *cf, const struct conf_key *ck)
{
	struct conf_item *ci;
	size_t pos, len;
	char *str;

	if (ck->ck_type == T_OBJECTS)
		return value_objects(cf, ck);
	ci = item_add(cf, ck->ck_id);
	if (ci == NULL)
		return -1;
	if (ck->ck_type == T_STRING)
		return value_string(cf, ck, &ci->ci_val[0]);
	if (ck->ck_type == T_ENV)
		return value_env(cf, ci);
	if (conf_peek(cf) != '"')
		return wrong_type(cf, ck->ck_name, "a string");
	pos = cf->cf_pos;
	if (conf_string(cf, &str, &len) != 0)
		return -1;
	return conf_words(cf, ci, str, pos, 1);
}

static int
parse_top(struct conf *cf)
{
	const unsigned both = 1u << CONF_CMDLINE | 1u << CONF_RC;
	const struct conf_key *ck;
	const char *key;
	int again;

	for (again = open_nest(cf, '}'); again > 0; again = more(cf, '}')) {
		ck = find_key(cf, top_keys, &key);
		if (ck == NULL)
			return -1;
		if ((ck->ck_flags & CK_ONCE) && cf->cf_seen >> ck->ck_id & 1)
			return conf_fail(cf, cf->cf_pos, "key given twice",
			    ck->ck_name, NULL);
		cf->cf_seen |= 1u << ck->ck_id;
		if ((cf->cf_seen & both) == both)
			return conf_fail(cf, cf->cf_pos,
			    "cmdline and rc together", ck->ck_name,
			    "one of the two");
		if (value_top(cf, ck) != 0)
			return -1;
	}
	if (again < 0)
		return -1;
	if (conf_peek(cf) != 0 || cf->cf_pos < cf->cf_len)
		return conf_fail(cf, cf->cf_pos, "syntax error", NULL,
		    "nothing after the last '}'");
	return 0;
}

size_t
conf_memsize(size_t len)
{

	return len > CONF_MAXLEN ? 0 : ((len + 8) & ~(size_t)7) + 16 * len +
	    1024;
}

int
conf_parse(struct conf *cf, const char *text, size_t len, void *mem,
    size_t memlen)
{
	struct conf_item *ci;
	size_t used = (len + 8) & ~(size_t)7;

	memset(cf, 0, sizeof(*cf));
	cf->cf_tailp = &cf->cf_items;
	cf->cf_text = text;
	if (len > CONF_MAXLEN || memlen < used)
		return conf_fail(cf, 0, "text too long", NULL,
		    "64 KiB at most");
	cf->cf_buf = mem;
	cf->cf_len = len;
	cf->cf_arena = cf->cf_buf + used;
	cf->cf_arenalen = memlen - used;
	memcpy(cf->cf_buf, text, len);
	cf->cf_buf[len] = '\0';
	if (conf_peek(cf) == '{')
		return parse_top(cf);
	ci = item_add(cf, CONF_ARGS);
	if (ci == NULL)
		return -1;
	return conf_words(cf, ci, cf->cf_buf, cf->cf_pos, 0);
}
