/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network namespace of our own, with Linux's stack at the other end of a
 * TAP device.  It is gone when the process is.
 */
#ifndef TESTS_NET_VIRTIF_HOSTNET_H
#define TESTS_NET_VIRTIF_HOSTNET_H

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOST_IP		"10.77.0.1"
#define GUEST_IP	"10.77.0.2"

/* 0: we are in it, and RUMP_NET0 is tap:tap0 with these options. */
static inline int
hostnet_enter(const char *options)
{
	char spec[128];

	if (unshare(CLONE_NEWNET) != 0 || access("/dev/net/tun", R_OK) != 0)
		return -1;
	snprintf(spec, sizeof(spec), "tap:tap0%s", options);
	setenv("RUMP_NET0", spec, 1);
	return 0;
}

/* After the device is there: address and up. */
static inline int
hostnet_up(void)
{
	struct sockaddr_in *sin;
	struct ifreq ifr;
	int s = socket(AF_INET, SOCK_DGRAM, 0), error;

	memset(&ifr, 0, sizeof(ifr));
	strcpy(ifr.ifr_name, "tap0");
	sin = (void *)&ifr.ifr_addr;
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = inet_addr(HOST_IP);
	error = ioctl(s, SIOCSIFADDR, &ifr);
	sin->sin_addr.s_addr = inet_addr("255.255.255.0");
	error |= ioctl(s, SIOCSIFNETMASK, &ifr);
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	error |= ioctl(s, SIOCSIFFLAGS, &ifr);
	strcpy(ifr.ifr_name, "lo");
	error |= ioctl(s, SIOCSIFFLAGS, &ifr);
	close(s);
	return error;
}

static inline int
hostnet_index(void)
{
	struct ifreq ifr;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	memset(&ifr, 0, sizeof(ifr));
	strcpy(ifr.ifr_name, "tap0");
	(void)ioctl(s, SIOCGIFINDEX, &ifr);
	close(s);
	return ifr.ifr_ifindex;
}

static inline int
hostnet_skip(void)
{

	printf("skipped: needs root, network namespaces and /dev/net/tun\n");
	return 0;
}

#endif /* TESTS_NET_VIRTIF_HOSTNET_H */
