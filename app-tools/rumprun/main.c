/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rumprun: runs a baked image in QEMU, under KVM or as a sandboxed process,
 * or writes it into a bootable ISO image.  Everything is checked before
 * anything is started; each error is one line and status 125.
 */
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "launch.h"
#include "report.h"

static char *
own_path(void)
{
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len == -1)
		fail("cannot find my own path");
	self[len] = '\0';
	return xstrdup(self);
}

/* -S: the same command again through sudo. */
static void
through_sudo(char **argv, int argc)
{
	char **args = xmalloc((size_t)(argc + 3) * sizeof(*args));
	int n = 0;

	args[n++] = xstrdup("sudo");
	args[n++] = xstrdup("--");
	args[n++] = own_path();
	memcpy(&args[n], &argv[1], (size_t)argc * sizeof(*args));
	execvp("sudo", args);
	fail("-S: cannot run sudo, install the package sudo");
}

/* With -D: what to type in another terminal. */
static void
hint_gdb(const struct options *o, const struct image *im)
{
	char *self = own_path(), *debug;

	if (o->o_gdbport == 0 || im->im_iso)
		return;
	/* From PREFIX/bin/rumprun to PREFIX. */
	self = dirname(dirname(self));
	debug = o->o_symbols != NULL ? xstrdup(o->o_symbols) :
	    xasprintf("%s.debug", im->im_path);
	note("debug with: gdb -x %s/share/rumpkit/rumpkit-gdb.py "
	    "-ex 'target remote 127.0.0.1:%d' -ex rumpkit-symbols %s",
	    self, o->o_gdbport, debug);
}

static void
print_command(const struct guest *g, const struct options *o)
{
	struct strvec cmd = { NULL, 0 };

	if (o->o_sudo)
		sv_add1(&cmd, "sudo");
	if (g->g_clearenv) {
		sv_add1(&cmd, "env");
		sv_add1(&cmd, "-i");
	}
	for (size_t i = 0; i < g->g_cmd.sv_n; i++)
		sv_add1(&cmd, g->g_cmd.sv_v[i]);
	sv_print(&cmd);
}

int
main(int argc, char **argv)
{
	struct guest guest;
	struct options o;
	struct image im;
	char *config;
	int fd;

	/* A descriptor below 3 of our own would become the guest's. */
	while ((fd = open("/dev/null", O_RDWR)) != -1 && fd <= STDERR_FILENO)
		continue;
	close(fd);
	options_parse(&o, argc, argv);
	if (o.o_sudo && !o.o_dryrun && geteuid() != 0)
		through_sudo(argv, argc);
	image_open(&im, o.o_image);
	image_check(&im, o.o_target == TARGET_SPT ? PLATFORM_SPT :
	    PLATFORM_HW, o.o_target == TARGET_ISO ? UINT64_MAX : o.o_memory);
	report_image(&im, &o);
	config = config_make(&o);
	if (o.o_target == TARGET_ISO)
		return iso_make(&o, &im, config);
	memset(&guest, 0, sizeof(guest));
	if (o.o_target == TARGET_SPT)
		spt_command(&guest, &o, &im, config);
	else
		qemu_command(&guest, &o, &im, config);
	if (o.o_dryrun) {
		print_command(&guest, &o);
		return 0;
	}
	hint_gdb(&o, &im);
	return run(&guest, &o);
}
