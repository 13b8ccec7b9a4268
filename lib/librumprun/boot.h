/* SPDX-License-Identifier: BSD-2-Clause */
/* Between boot.c (one program) and rc.c (several). */
#ifndef RUMPRUN_BOOT_H
#define RUMPRUN_BOOT_H

#include <sys/types.h>

#include "conf.h"

#define BOOT_BADCONF	2
#define BOOT_FAILED	1

struct rumprun_prog;

/*
 * Runs what "rc" says and returns the guest's exit status.  NULL, and not
 * linked, unless bake put the component exec in.
 */
int	rumprun_rc(const struct conf *, char **envp)
	    __attribute__((__weak__, __visibility__("hidden")));

void	rumprun_bad(const char *what, const char *name)
	    __attribute__((__noreturn__));
/* The program with that name, else NULL; the image's first without a name. */
const struct rumprun_prog *rumprun_findprog(const char *name);
/* Adds NAME=value, or replaces what NAME was; n so far, returns n now. */
unsigned rumprun_setenv(char **env, unsigned n, char *var);
/* in, out: descriptors of ours for 0 and 1, -1: the console. */
pid_t	rumprun_exec(const struct rumprun_prog *, char **argv, char **envp,
	    int in, int out);
/* As a shell has it: the exit code, or 128 and the signal. */
int	rumprun_wait(pid_t);

#endif /* RUMPRUN_BOOT_H */
