/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs of an image in which programs can be started more than once;
 * rumprun-bake makes the table when the component exec is linked.
 */
#ifndef RUMP_PROGRAM_H
#define RUMP_PROGRAM_H

struct rump_program {
	const char	*rp_name;
	void		(*rp_entry)(void);	/* System V process entry */
	/* All that a run changes: initialised, and zero at the start. */
	char		*rp_data, *rp_data_end;
	char		*rp_bss, *rp_bss_end;
};
extern const struct rump_program rump_programs[];
extern const unsigned rump_nprograms;

#endif /* RUMP_PROGRAM_H */
