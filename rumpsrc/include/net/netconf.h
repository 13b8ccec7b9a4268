/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuring interfaces at boot: what the `net` key of the guest
 * configuration, DHCP and router advertisements have in common.  A virtual
 * CPU is held.  Results are 0 or an errno.
 */
#ifndef NET_NETCONF_H
#define NET_NETCONF_H

#include <stdint.h>
#include <net/inaddr.h>

struct ifnet;

/*
 * The interface that a configuration means: its name, or, whatever the name,
 * the n-th that is no loopback, where n is the number at the end of the name
 * (vioif1, eth1: the second).  Referenced; NULL: none, and a console line
 * says which there are.
 */
struct ifnet *rump_netconf_find(const char *name);
/* Prefix length of 128 from "24", "24" of inet6 or "255.255.255.0". */
int	rump_netconf_mask(const char *, int inet6, unsigned *plenp);
/* Brings the interface up with that address; again is no error. */
int	rump_netconf_addr(struct ifnet *, const struct inaddr *,
	    unsigned plen);
/* A route through gw (zero: on link) or away with it; proto: RTPROT_*. */
int	rump_netconf_route(struct ifnet *, const struct inaddr *dst,
	    unsigned plen, const struct inaddr *gw, int proto);
void	rump_netconf_unroute(struct ifnet *, const struct inaddr *dst,
	    unsigned plen, const struct inaddr *gw);

#endif /* NET_NETCONF_H */
