/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spt: the image is a static Linux executable that opens nothing itself.  The
 * launcher opens disks and TAP devices and hands descriptors over by name.
 * The environment is empty: the guest's is in its configuration.
 */
#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"

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

/* Only TAP devices: "tap,ifname=NAME[,...]". */
static int
open_tap(const struct netif *ni)
{
	const char *name = strstr(ni->ni_backend, "ifname=");
	struct ifreq ifr;
	size_t len;
	int fd;

	if (strncmp(ni->ni_backend, "tap,", 4) != 0 || name == NULL)
		fail("-I %s: spt has TAP devices only, as in tap,ifname=tap0",
		    ni->ni_tag);
	name += strlen("ifname=");
	len = strcspn(name, ",");
	if (len == 0 || len >= sizeof(ifr.ifr_name))
		fail("-I %s: %s: bad interface name", ni->ni_tag,
		    ni->ni_backend);
	memset(&ifr, 0, sizeof(ifr));
	memcpy(ifr.ifr_name, name, len);
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
	fd = open("/dev/net/tun", O_RDWR);
	if (fd == -1 || ioctl(fd, TUNSETIFF, &ifr) == -1)
		fail("-I %s: cannot open TAP device %s: %s", ni->ni_tag,
		    ifr.ifr_name, strerror(errno));
	return fd;
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
			sv_add(cmd, "--rumpkit-net=%s:%d",
			    o->o_net[i].ni_guest, open_tap(&o->o_net[i]));
	}
	sv_add1(cmd, "--");
	sv_add1(cmd, config);
	g->g_clearenv = true;
}
