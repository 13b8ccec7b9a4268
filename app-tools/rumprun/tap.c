/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TAP devices of the host, opened by the launcher, or only tried for QEMU.
 * What can be wrong is found here, with what to do about it.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static void __attribute__((__noreturn__))
no_device(const char *tag, const char *name)
{
	fail("-I %s: there is no TAP device %s; make it: ip tuntap add %s "
	    "mode tap && ip link set %s up (as root; with \"user NAME\" "
	    "that user can run it)", tag, name, name, name);
}

static void __attribute__((__noreturn__))
no_access(const char *tag, const char *name, int error)
{
	const char *hint = "";

	if (error == ENOENT)
		hint = "; load the module tun: modprobe tun";
	else if (error == EPERM || error == EACCES)
		hint = "; run as root (-S), or make it for this user: "
		    "ip tuntap add NAME mode tap user USER";
	else if (error == EBUSY)
		hint = "; another process has it";
	else if (error == EINVAL)
		hint = "; is it a TAP device, and without multi_queue?";
	fail("-I %s: TAP device %s: %s%s", tag, name, strerror(error), hint);
}

int
tap_open(const struct netif *ni, unsigned *mtup)
{
	const char *name = ni->ni_tap;
	struct ifreq ifr;
	int s, fd;

	memset(&ifr, 0, sizeof(ifr));
	if (strlen(name) >= sizeof(ifr.ifr_name))
		fail("-I %s: %s: longer than 15 characters", ni->ni_tag,
		    name);
	memcpy(ifr.ifr_name, name, strlen(name));
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s == -1)
		fail("socket: %s", strerror(errno));
	if (ioctl(s, SIOCGIFMTU, &ifr) == -1)
		no_device(ni->ni_tag, name);
	*mtup = (unsigned)ifr.ifr_mtu;
	if (ioctl(s, SIOCGIFFLAGS, &ifr) == 0 && !(ifr.ifr_flags & IFF_UP))
		note("-I %s: %s is down, nothing will pass: ip link set %s up",
		    ni->ni_tag, name, name);
	close(s);
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	fd = open("/dev/net/tun", O_RDWR);
	if (fd == -1 || ioctl(fd, TUNSETIFF, &ifr) == -1)
		no_access(ni->ni_tag, name, errno);
	return fd;
}
