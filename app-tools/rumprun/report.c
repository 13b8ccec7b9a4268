/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --trace and --stats: what the components of these names are told, by a note
 * in the copy of the image (hw) or a parameter (spt), and their output: a
 * debug port of its own, or a descriptor (include/rump/rumpcomp_report.h).
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

#define NAME_SIZE	8

const char *
report_trace(const char *arg)
{
	if (arg == NULL)
		return "all";
	for (const char *s = arg; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("_,%!", *s) == NULL)
			fail("--trace=%s: expected names of system calls or "
			    "classes (file, network, memory, process, signal, "
			    "desc, ipc) with commas between", arg);
	if (arg[0] == '\0' || strlen(arg) >= IMAGE_REPORT_SIZE - NAME_SIZE)
		fail("--trace=%s: expected 1 to %d characters", arg,
		    IMAGE_REPORT_SIZE - NAME_SIZE - 1);
	return arg;
}

const char *
report_stats(const char *arg)
{
	if (arg == NULL)
		return "text";
	if (strcmp(arg, "json") != 0 && strcmp(arg, "text") != 0)
		fail("--stats=%s: expected text or json", arg);
	return arg;
}

static bool
wanted(const struct options *o)
{
	return o->o_trace != NULL || o->o_stats != NULL;
}

/* Where the image keeps the setting of that name. */
static char *
setting(const struct image *im, const char *name)
{
	for (unsigned i = 0; i < im->im_nreport; i++) {
		size_t off = im->im_report[i];

		if (off <= im->im_size &&
		    im->im_size - off >= IMAGE_REPORT_SIZE &&
		    strncmp(im->im_data + off, name, NAME_SIZE) == 0)
			return im->im_data + off + NAME_SIZE;
	}
	fail("%s: there is no component %s in this image; bake it with: "
	    "rumprun-bake --add %s SET %s PROGRAM", im->im_path, name, name,
	    im->im_path);
}

static void
ask(struct image *im, const char *name, const char *value)
{
	char *text;

	if (value == NULL)
		return;
	text = setting(im, name);
	if (im->im_platform == PLATFORM_SPT)
		return;
	strncpy(text, value, IMAGE_REPORT_SIZE - NAME_SIZE - 1);
	im->im_changed = true;
}

void
report_image(struct image *im, const struct options *o)
{
	if (!wanted(o))
		return;
	if (im->im_iso)
		fail("%s: an ISO image; give --trace and --stats to rumprun "
		    "iso", im->im_path);
	if (o->o_target == TARGET_ISO && o->o_report != NULL)
		fail("--trace-file: there is none for an ISO image, its "
		    "console gets it");
	ask(im, "trace", o->o_trace);
	ask(im, "stats", o->o_stats);
}

static int
open_report(const struct options *o, int flags)
{
	int fd = open(o->o_report, O_WRONLY | O_CREAT | O_TRUNC | flags, 0666);

	if (fd == -1)
		fail("--trace-file %s: %s", o->o_report, strerror(errno));
	return fd;
}

void
report_qemu(struct strvec *cmd, const struct options *o)
{
	if (!wanted(o))
		return;
	if (o->o_report != NULL && !o->o_dryrun)
		close(open_report(o, O_CLOEXEC));
	sv_add1(cmd, "-chardev");
	sv_add(cmd, "file,id=report,path=%s", o->o_report != NULL ?
	    qemu_escape(o->o_report) : "/dev/stderr");
	sv_add1(cmd, "-device");
	sv_add1(cmd, "isa-debugcon,iobase=0xea,readback=0xea,chardev=report");
}

void
report_spt(struct strvec *cmd, const struct options *o)
{
	if (o->o_report != NULL && !o->o_dryrun)
		sv_add(cmd, "--rumpkit-report=%d", open_report(o, 0));
	if (o->o_trace != NULL)
		sv_add(cmd, "--rumpkit-param=RUMP_TRACE=%s", o->o_trace);
	if (o->o_stats != NULL)
		sv_add(cmd, "--rumpkit-param=RUMP_STATS=%s", o->o_stats);
}
