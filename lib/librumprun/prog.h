/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of programs that rumprun-bake adds to an image. */
#ifndef RUMPRUN_PROG_H
#define RUMPRUN_PROG_H

struct rumprun_prog {
	const char	*rp_name;
	void		(*rp_entry)(void);	/* System V process entry */
};
extern const struct rumprun_prog rumprun_progs[];
extern const unsigned rumprun_nprogs;

/*
 * Configures the guest, runs its programs and ends it with their exit status.
 * config: a JSON object, a plain command line, empty or NULL.
 */
void	rumprun_boot(const char *config) __attribute__((__noreturn__));

#endif /* RUMPRUN_PROG_H */
