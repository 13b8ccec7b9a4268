/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest configuration (doc/contracts.md): options become members of one
 * JSON object.  A --config file is passed on as it is, or added to.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "netopts.h"

/* The text as a JSON string; what names it when it is not UTF-8. */
static json_t *
string(const char *what, const char *s)
{
	json_t *j = json_string(s);

	if (j == NULL)
		fail("%s is not valid UTF-8: %s", what, s);
	return j;
}

static void
set(json_t *obj, const char *key, const char *value)
{
	if (value != NULL)
		json_object_set_new(obj, key, string(key, value));
}

/* Appends to the array of that name; one that is no array becomes one. */
static void
append(json_t *obj, const char *key, json_t *value)
{
	json_t *list = json_object_get(obj, key), *old;

	if (list == NULL) {
		list = json_array();
		json_object_set_new(obj, key, list);
	} else if (!json_is_array(list)) {
		old = json_incref(list);
		list = json_array();
		json_array_append_new(list, old);
		json_object_set_new(obj, key, list);
	}
	json_array_append_new(list, value);
}

static void
add_net(json_t *obj, const char *ifname, const struct netaddr *na)
{
	json_t *j = json_object();

	set(j, "if", ifname);
	set(j, "type", na->na_type);
	set(j, "method", na->na_method);
	set(j, "addr", na->na_addr);
	set(j, "mask", na->na_mask);
	set(j, "gw", na->na_gw);
	append(obj, "net", j);
}

static void
add_disk(json_t *obj, const struct disk *d, size_t unit)
{
	json_t *j = json_object();

	set(j, "source", "dev");
	json_object_set_new(j, "path", json_sprintf("/dev/ld%zu", unit));
	if (d->d_mountpoint != NULL) {
		set(j, "fstype", "blk");
		set(j, "mountpoint", d->d_mountpoint);
	}
	append(obj, "blk", j);
}

static void
add_args(json_t *obj, char **args)
{
	json_t *argv = json_array(), *list = json_array();

	for (; *args != NULL; args++)
		json_array_append_new(argv, string("argument", *args));
	json_array_append_new(list, json_pack("{s:o}", "argv", argv));
	/* These arguments, not the file's programs. */
	json_object_del(obj, "cmdline");
	json_object_set_new(obj, "rc", list);
}

static json_t *
strings(const struct strvec *sv, size_t from)
{
	json_t *list = json_array();

	for (size_t i = from; i < sv->sv_n; i++)
		json_array_append_new(list, string("--run", sv->sv_v[i]));
	return list;
}

static void
add_run(json_t *obj, const struct options *o)
{
	const struct cmdline *cl;
	json_t *list = json_array(), *rc;

	for (cl = o->o_run; cl < o->o_run + o->o_nrun; cl++) {
		rc = json_object();
		set(rc, "bin", cl->cl_words.sv_v[0]);
		json_object_set_new(rc, "argv", strings(&cl->cl_words, 1));
		if (cl->cl_env.sv_n != 0)
			json_object_set_new(rc, "env", strings(&cl->cl_env,
			    0));
		set(rc, "runmode", cl->cl_mode == '|' ? "|" :
		    cl->cl_mode == '&' ? "&" : NULL);
		json_array_append_new(list, rc);
	}
	json_object_del(obj, "cmdline");
	json_object_set_new(obj, "rc", list);
}

static bool
has_options(const struct options *o)
{
	return o->o_naddr != 0 || o->o_nrun != 0 || o->o_args[0] != NULL ||
	    o->o_env.sv_n != 0 || o->o_name != NULL || o->o_ndisk != 0;
}

/* The file's text, checked; its object too when there is more to add. */
static char *
load_file(const struct options *o, json_t **objp)
{
	json_error_t err;
	char *text, *end;
	size_t len;

	text = read_file(o->o_configfile, &len);
	if (text == NULL)
		fail("%s: %s", o->o_configfile, strerror(errno));
	*objp = json_loads(text, has_options(o) ? JSON_REJECT_DUPLICATES : 0,
	    &err);
	if (*objp == NULL)
		fail("%s:%d: %s%s", o->o_configfile, err.line, err.text,
		    json_error_code(&err) == json_error_duplicate_key ?
		    "; write it as an array to add options to it" : "");
	if (!json_is_object(*objp))
		fail("%s: expected a JSON object", o->o_configfile);
	/* White space is all that can hold a line break. */
	for (end = text; *end != '\0'; end++)
		if (*end == '\n' || *end == '\r' || *end == '\t')
			*end = ' ';
	return text;
}

char *
config_make(const struct options *o)
{
	json_t *obj = NULL;
	char *text = NULL;

	if (o->o_configfile != NULL)
		text = load_file(o, &obj);
	if (!has_options(o))
		return text != NULL ? text : xstrdup("");
	if (obj == NULL)
		obj = json_object();
	set(obj, "hostname", o->o_name);
	for (size_t i = 0; i < o->o_env.sv_n; i++)
		append(obj, "env", string("-e", o->o_env.sv_v[i]));
	for (size_t i = 0; i < o->o_naddr; i++)
		add_net(obj, netopts_find(o, o->o_addr[i].na_tag)->ni_guest,
		    &o->o_addr[i]);
	for (size_t i = 0; i < o->o_ndisk; i++)
		add_disk(obj, &o->o_disk[i], i);
	if (o->o_args[0] != NULL)
		add_args(obj, o->o_args);
	if (o->o_nrun != 0)
		add_run(obj, o);
	text = json_dumps(obj, JSON_COMPACT);
	if (text == NULL)
		fail("out of memory");
	json_decref(obj);
	return text;
}
