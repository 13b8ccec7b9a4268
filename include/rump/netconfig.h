/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network interfaces of a rump kernel, for C programs on the posix host: the
 * calls of rump_netconfig(3) that make sense here.  After rump_init().  An
 * interface is named as it is ("eth0", "lo") or by any name that ends in its
 * number.  All return 0 or a positive errno.
 *
 * Which interfaces there are is said before rump_init() in the environment:
 * RUMP_NET0, RUMP_NET1...: tap:NAME, fd:NUMBER or bus:PATH, and options:
 * mac=XX:XX:XX:XX:XX:XX, mtu=N, vnet, nooffload, pcap=FILE.
 */
#ifndef RUMP_NETCONFIG_H
#define RUMP_NETCONFIG_H

int	rump_pub_netconfig_ifup(const char *ifname);
int	rump_pub_netconfig_ifdown(const char *ifname);
/* Address and mask ("255.255.255.0"), or prefix length; brings it up. */
int	rump_pub_netconfig_ipv4_ifaddr(const char *ifname, const char *addr,
	    const char *mask);
int	rump_pub_netconfig_ipv4_ifaddr_cidr(const char *ifname,
	    const char *addr, int plen);
int	rump_pub_netconfig_ipv6_ifaddr(const char *ifname, const char *addr,
	    int plen);
/* Default route; the gateway is on the network of an interface. */
int	rump_pub_netconfig_ipv4_gw(const char *gw);
int	rump_pub_netconfig_ipv6_gw(const char *gw);
/*
 * Component net_dhcp: starts a client and waits until it has a lease, at
 * most ten seconds (ETIMEDOUT; it goes on then).  It renews the lease.
 */
int	rump_pub_netconfig_dhcp_ipv4_oneshot(const char *ifname);

#endif /* RUMP_NETCONFIG_H */
