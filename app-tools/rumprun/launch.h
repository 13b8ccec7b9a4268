/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From options to a command, from a command to an exit status.  What a
 * command inherits (copies in memory, disks, TAP devices) is open without
 * close-on-exec; everything else of the launcher has it.
 */
#ifndef RUMPRUN_LAUNCH_H
#define RUMPRUN_LAUNCH_H

#include "image.h"
#include "options.h"

/* How the guest's two streams are to be understood. */
struct guest {
	struct strvec	 g_cmd;
	bool		 g_records;	/* stderr carries exit records: QEMU */
	bool		 g_serial;	/* console: CR NL, no end of file */
	bool		 g_holdboot;	/* drop what firmware and GRUB print */
	bool		 g_clearenv;	/* start with an empty environment */
	bool		 g_trace;	/* stop the process at its exit */
	int		 g_memfd;	/* the machine's memory; 0: not ours */
};

/* Last line of the boot loader's; output before it is not the guest's. */
#define BOOT_MARK	"rumpkit: starting image"

/* Each builds guest->g_cmd, or ends with one line. */
void qemu_command(struct guest *, const struct options *,
    const struct image *, const char *config);
void spt_command(struct guest *, const struct options *,
    const struct image *, const char *config);

/* Runs it to its end; the launcher's exit status. */
int run(const struct guest *, const struct options *);

/* Writes the ISO file; the launcher's exit status. */
int iso_make(const struct options *, const struct image *,
    const char *config);

/* True when /dev/kvm runs code, and at speed; else *why says what is wrong. */
bool kvm_probe(const char **why);

#endif /* RUMPRUN_LAUNCH_H */
