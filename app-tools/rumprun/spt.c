/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spt: the image is a static Linux executable that opens nothing itself.  The
 * launcher opens disks and TAP devices and hands descriptors over by name.
 * The environment is empty: the guest's is in its configuration.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"
#include "report.h"
#include "tap.h"

static void
add_disks(struct strvec *cmd, const struct options *o)
{
	for (size_t i = 0; i < o->o_ndisk; i++) {
		int fd = open(o->o_disk[i].d_path, O_RDWR);

		if (fd == -1)
			fail("-b %s: %s", o->o_disk[i].d_path,
			    strerror(errno));
		sv_add(cmd, "--rumpkit-blk=ld%zu:%d", i, fd);
	}
}

static void
add_net(struct strvec *cmd, const struct netif *ni)
{
	const unsigned char *mac = ni->ni_mac;
	char *capture = xstrdup("");
	unsigned mtu;
	int fd;

	if (ni->ni_tap == NULL)
		fail("-I %s: spt has TAP devices only, as in tap,ifname=tap0",
		    ni->ni_tag);
	if (ni->ni_pcap != NULL) {
		fd = open(ni->ni_pcap, O_WRONLY | O_CREAT | O_TRUNC |
		    O_APPEND, 0666);
		if (fd == -1)
			fail("--pcap %s: %s", ni->ni_pcap, strerror(errno));
		free(capture);
		capture = xasprintf(",pcap=%d", fd);
	}
	fd = tap_open(ni, &mtu);
	sv_add(cmd, "--rumpkit-net=%s,mac=%02x%02x%02x%02x%02x%02x,mtu=%u%s"
	    ":%d", ni->ni_guest, mac[0], mac[1], mac[2], mac[3], mac[4],
	    mac[5], mtu, capture, fd);
	free(capture);
}

/* With -D the copy that is not randomised runs under gdbserver. */
static void
add_debugger(struct strvec *cmd, const struct options *o,
    const struct image *im)
{
	char *gdbserver = find_program("gdbserver");
	int fd;

	if (gdbserver == NULL)
		fail("gdbserver not found, install the package gdbserver (or "
		    "run gdb --args with the command that -n prints)");
	fd = image_copy(im, false, true);
	if (o->o_dryrun)
		note("/proc/self/fd/%d: copy of %s, not randomised", fd,
		    im->im_path);
	sv_add1(cmd, gdbserver);
	sv_add1(cmd, "--once");
	sv_add1(cmd, "--no-startup-with-shell");
	sv_add(cmd, "127.0.0.1:%d", o->o_gdbport);
	sv_add(cmd, "/proc/self/fd/%d", fd);
}

void
spt_command(struct guest *g, const struct options *o,
    const struct image *im, const char *config)
{
	struct strvec *cmd = &g->g_cmd;

	if (access(im->im_path, X_OK) == -1)
		fail("%s: not executable: %s", im->im_path, strerror(errno));
	if (o->o_gdbport != 0)
		add_debugger(cmd, o, im);
	else if (strchr(im->im_path, '/') == NULL)
		sv_add(cmd, "./%s", im->im_path);
	else
		sv_add1(cmd, im->im_path);
	sv_add(cmd, "--rumpkit-mem=%llu", (unsigned long long)o->o_memory);
	if (!o->o_dryrun) {
		add_disks(cmd, o);
		for (size_t i = 0; i < o->o_nnet; i++)
			add_net(cmd, &o->o_net[i]);
	}
	report_spt(cmd, o);
	sv_add1(cmd, "--");
	sv_add1(cmd, config);
	g->g_clearenv = true;
	g->g_trace = o->o_core != NULL;
}
