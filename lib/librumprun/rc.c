/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several programs, as "rc" lists them: one after the other (runmode ""),
 * beside those that follow ("&"), with its output into the next one ("|").
 * The status is that of the last one in the foreground, without any that of
 * the last; all are waited for.
 */
#include <string.h>

#include <rump/rump.h>
#include <rump/rumpuser.h>
#include <rump/rump_syscalls_gates.h>

#include "boot.h"
#include "prog.h"

#define RC_CLOEXEC	02000000	/* O_CLOEXEC */

/* ' ' for the foreground. */
static int
rc_mode(const struct conf_item *ci)
{
	const char *mode = ci->ci_val[CONF_RC_RUNMODE];

	return mode != NULL && mode[0] != '\0' ? mode[0] : ' ';
}

static struct conf_item *
rc_next(struct conf_item *ci)
{

	while (ci != NULL && ci->ci_kind != CONF_RC)
		ci = ci->ci_next;
	return ci;
}

static void __attribute__((__noreturn__))
rc_fail(const char *what, int error)
{

	rumpuser_dprintf("rumprun: %s: error %d\n", what, error);
	rumpuser_exit(BOOT_FAILED);
}

/* The environment of all, and what the entry adds. */
static char **
rc_env(const struct conf_item *ci, char **envp, size_t *lenp)
{
	const struct conf_item *add = ci->ci_next;
	unsigned i, n = 0, more = 0;
	void *mem;
	char **env;

	for (; add != NULL && add->ci_kind == CONF_RCENV; add = add->ci_next)
		more += add->ci_nlist;
	*lenp = 0;
	if (more == 0)
		return envp;
	while (envp != NULL && envp[n] != NULL)
		n++;
	*lenp = (n + more + 1) * sizeof(char *);
	if (rumpuser_malloc(*lenp, 0, &mem) != 0)
		rc_fail("environment", 12);
	env = mem;
	if (n != 0)
		memcpy(env, envp, n * sizeof(char *));
	for (add = ci->ci_next; add != NULL && add->ci_kind == CONF_RCENV;
	    add = add->ci_next)
		for (i = 0; i < add->ci_nlist; i++)
			n = rumprun_setenv(env, n, add->ci_list[i]);
	env[n] = NULL;
	return env;
}

/* Starts one; *inp: where its input comes from, and then the next one's. */
static void
rc_start(struct conf_item *ci, char **envp, int *inp)
{
	char *noargs[2] = { NULL, NULL }, **env;
	int fds[2] = { -1, -1 };
	size_t len;
	long r;

	if (rc_mode(ci) == '|' &&
	    (r = rump_sysimpl_pipe2(fds, RC_CLOEXEC)) != 0)
		rc_fail("pipe (rumprun-bake --add poll?)", (int)-r);
	env = rc_env(ci, envp, &len);
	ci->ci_pid = rumprun_exec(rumprun_findprog(ci->ci_val[CONF_RC_BIN]),
	    ci->ci_list != NULL ? ci->ci_list : noargs, env, *inp, fds[1]);
	if (len != 0)
		rumpuser_free(env, len);
	if (*inp >= 0)
		(void)rump_sysimpl_close(*inp);
	if (fds[1] >= 0)
		(void)rump_sysimpl_close(fds[1]);
	*inp = fds[0];
}

/* Waits for the programs of [ci, end]; the status is the last one's. */
static int
rc_wait(struct conf_item *ci, const struct conf_item *end)
{
	int status = -1;

	for (; ci != NULL; ci = ci == end ? NULL : ci->ci_next) {
		if (ci->ci_kind != CONF_RC || ci->ci_pid == 0)
			continue;
		status = rumprun_wait(ci->ci_pid);
		ci->ci_pid = 0;
	}
	return status;
}

int
rumprun_rc(const struct conf *cf, char **envp)
{
	struct conf_item *ci, *first = NULL;
	int in = -1, fg = -1, bg;

	for (ci = rc_next(cf->cf_items); ci != NULL;
	    ci = rc_next(ci->ci_next)) {
		if (first == NULL)
			first = ci;
		rc_start(ci, envp, &in);
		if (rc_mode(ci) == ' ')
			fg = rc_wait(first, ci);
		if (rc_mode(ci) != '|')
			first = NULL;
	}
	bg = rc_wait(cf->cf_items, NULL);
	return fg != -1 ? fg : bg;
}
