/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the platform's first thread to the exit status: read and check the
 * configuration, start the rump kernel, apply, run the program, wait.
 * Everything is checked before anything is changed.  Several programs, or one
 * several times: rc.c.
 */
#include <sys/types.h>

#include <stdint.h>
#include <string.h>

#include <rump/rump.h>
#include <rump/rumpuser.h>

#include "boot.h"
#include "prog.h"

#define BOOT_MAXHOST	64

extern const struct rump_config_handler *const __start_rumprun_config[]
    __attribute__((__weak__, __visibility__("hidden")));
extern const struct rump_config_handler *const __stop_rumprun_config[]
    __attribute__((__weak__, __visibility__("hidden")));

static const char *
kind_name(enum conf_kind kind)
{

	return kind == CONF_NET ? "net" : kind == CONF_BLK ? "blk" : "mount";
}

void
rumprun_bad(const char *what, const char *name)
{

	rumpuser_dprintf("rumprun: configuration: %s \"%s\"\n", what, name);
	rumpuser_exit(BOOT_BADCONF);
}

static void
boot_parse(struct conf *cf, const char *text)
{
	char line[256];
	void *mem = NULL;
	size_t len, memlen;

	len = strnlen(text, CONF_MAXLEN + 1);
	memlen = conf_memsize(len);
	if (memlen != 0 && rumpuser_malloc(memlen, 16, &mem) != 0) {
		rumpuser_dprintf("rumprun: configuration: no memory\n");
		rumpuser_exit(BOOT_BADCONF);
	}
	if (conf_parse(cf, text, len, mem, memlen) != 0) {
		conf_error(cf, line, sizeof(line));
		rumpuser_dprintf("rumprun: configuration: %s\n", line);
		rumpuser_exit(BOOT_BADCONF);
	}
}

/* The program that an rc entry names; the image's first without a name. */
const struct rumprun_prog *
rumprun_findprog(const char *name)
{
	unsigned i;

	if (name == NULL)
		return &rumprun_progs[0];
	for (i = 0; i < rumprun_nprogs; i++)
		if (strcmp(rumprun_progs[i].rp_name, name) == 0)
			return &rumprun_progs[i];
	return NULL;
}

static int
has_handler(const char *key)
{
	const struct rump_config_handler *const *rh;

	for (rh = __start_rumprun_config; rh < __stop_rumprun_config; rh++)
		if (strcmp((*rh)->rh_key, key) == 0)
			return 1;
	return 0;
}

/* What the text alone cannot tell: is it in this image? */
static void
boot_check(const struct conf *cf)
{
	const struct conf_item *ci;
	const char *mode = NULL;
	unsigned nrc = 0;

	for (ci = cf->cf_items; ci != NULL; ci = ci->ci_next) {
		switch (ci->ci_kind) {
		case CONF_RC:
			if (rumprun_findprog(ci->ci_val[CONF_RC_BIN]) == NULL)
				rumprun_bad("rc: no such program in this "
				    "image:", ci->ci_val[CONF_RC_BIN]);
			if (nrc++ != 0 && rumprun_rc == NULL)
				rumprun_bad("rc: for several entries "
				    "rumprun-bake --add", "exec");
			mode = ci->ci_val[CONF_RC_RUNMODE];
			break;
		case CONF_HOSTNAME:
			if (strlen(ci->ci_val[0]) > BOOT_MAXHOST)
				rumprun_bad("longer than 64 bytes: hostname",
				    ci->ci_val[0]);
			break;
		case CONF_NET:
		case CONF_BLK:
		case CONF_MOUNT:
			if (!has_handler(kind_name(ci->ci_kind)))
				rumprun_bad("no component in this image "
				    "handles the key (rumprun-bake --add one):",
				    kind_name(ci->ci_kind));
			break;
		default:
			break;
		}
	}
	if (mode != NULL && mode[0] == '|')
		rumprun_bad("rc: no program after runmode", mode);
}

static void
handle(const struct conf_item *ci)
{
	const struct rump_config_handler *const *rh;
	const char *key = kind_name(ci->ci_kind), *hint = "";
	int error = 6;		/* ENXIO: nobody's */

	for (rh = __start_rumprun_config;
	    rh < __stop_rumprun_config && error == 6; rh++)
		if (strcmp((*rh)->rh_key, key) == 0)
			error = (*rh)->rh_handle(ci->ci_val);
	if (error == 0)
		return;
	if (error == 6 && ci->ci_kind == CONF_NET)
		hint = " (nothing for the method: bake --add net_dhcp?)";
	rumpuser_dprintf("rumprun: configuration: %s %s: error %d%s\n", key,
	    ci->ci_val[ci->ci_kind == CONF_NET ? RUMP_CONFIG_IF :
	    ci->ci_kind == CONF_BLK ? RUMP_CONFIG_PATH :
	    RUMP_CONFIG_MOUNTPOINT], error, hint);
	rumpuser_exit(BOOT_FAILED);
}

static void
boot_apply(const struct conf *cf)
{
	const struct conf_item *ci;

	for (ci = cf->cf_items; ci != NULL; ci = ci->ci_next) {
		if (ci->ci_kind == CONF_HOSTNAME)
			(void)rump_pub_sethostname(ci->ci_val[0],
			    strlen(ci->ci_val[0]));
		else if (ci->ci_kind == CONF_NET || ci->ci_kind == CONF_BLK ||
		    ci->ci_kind == CONF_MOUNT)
			handle(ci);
	}
}

/* Adds NAME=value, or replaces what NAME was; n so far. */
unsigned
rumprun_setenv(char **env, unsigned n, char *var)
{
	size_t len = strchr(var, '=') - var + 1;
	unsigned i;

	for (i = 0; i < n; i++)
		if (strncmp(env[i], var, len) == 0)
			break;
	env[i] = var;
	return i == n ? n + 1 : n;
}

static char **
boot_env(const struct conf *cf)
{
	const struct conf_item *ci;
	unsigned i, n = 0;
	void *env;

	for (ci = cf->cf_items; ci != NULL; ci = ci->ci_next)
		n += ci->ci_kind == CONF_ENV ? ci->ci_nlist : 0;
	if (n == 0)
		return NULL;
	if (rumpuser_malloc((n + 1) * sizeof(char *), 0, &env) != 0) {
		rumpuser_dprintf("rumprun: no memory for the environment\n");
		rumpuser_exit(BOOT_FAILED);
	}
	for (n = 0, ci = cf->cf_items; ci != NULL; ci = ci->ci_next)
		for (i = 0; ci->ci_kind == CONF_ENV && i < ci->ci_nlist; i++)
			n = rumprun_setenv(env, n, ci->ci_list[i]);
	((char **)env)[n] = NULL;
	return env;
}

pid_t
rumprun_exec(const struct rumprun_prog *rp, char **argv, char **envp, int in,
    int out)
{
	char *none[] = { NULL };
	struct rump_exec re = {
		.re_name = rp->rp_name, .re_entry = rp->rp_entry,
		.re_argv = argv, .re_envp = envp != NULL ? envp : none,
		.re_fds = { in, out, -1 }
	};
	pid_t pid;
	int error;

	if (argv[0] == NULL)
		argv[0] = (char *)(uintptr_t)rp->rp_name;
	error = rump_pub_exec(&re, &pid);
	if (error != 0) {
		rumpuser_dprintf("rumprun: %s: cannot start: error %d\n",
		    rp->rp_name, error);
		rumpuser_exit(BOOT_FAILED);
	}
	return pid;
}

/* As a shell has it: the exit code, or 128 and the signal. */
int
rumprun_wait(pid_t pid)
{
	int st = 0;

	if (rump_pub_wait(pid, &st) != 0)
		return BOOT_FAILED;
	return (st & 0x7f) != 0 ? 128 + (st & 0x7f) : st >> 8 & 0xff;
}

static int
boot_run(const struct conf *cf)
{
	char **envp = boot_env(cf), **argv = NULL;
	char *noargs[] = { NULL, NULL };
	const struct rumprun_prog *rp = &rumprun_progs[0];
	const struct conf_item *ci;

	for (ci = cf->cf_items; ci != NULL; ci = ci->ci_next) {
		if (ci->ci_kind > CONF_RC)
			continue;
		if (ci->ci_kind == CONF_RC && rumprun_rc != NULL)
			return rumprun_rc(cf, envp);
		rp = rumprun_findprog(ci->ci_val[CONF_RC_BIN]);
		/* An empty cmdline has not even room for the name. */
		if (ci->ci_nlist != 0)
			argv = ci->ci_list;
	}
	return rumprun_wait(rumprun_exec(rp, argv != NULL ? argv : noargs, envp,
	    -1, -1));
}

void
rumprun_boot(const char *config)
{
	struct conf cf;
	int error;

	memset(&cf, 0, sizeof(cf));
	if (rumprun_nprogs == 0)
		rumprun_bad("no program in this image", "");
	if (config != NULL && config[0] != '\0') {
		boot_parse(&cf, config);
		boot_check(&cf);
	}
	error = rump_init();
	if (error != 0) {
		rumpuser_dprintf("rumprun: rump_init: error %d\n", error);
		rumpuser_exit(BOOT_FAILED);
	}
	boot_apply(&cf);
	rumpuser_exit(boot_run(&cf));
}
