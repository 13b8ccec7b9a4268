/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "type":"inet6","method":"dhcp" of the `net` key: an address from a DHCPv6
 * server whatever routers say; routes and prefixes are still theirs.  With
 * "auto" net_inet6 starts a client when a router's flags say so.
 */
#include <asm/errno.h>
#include <linux/if.h>
#include <kern/clock.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <net/ifnet.h>
#include <net/inet6.h>
#include <net/netconf.h>
#include <rump/config.h>
#include "dhcp6.h"

#define PATIENCE	60	/* seconds */
#define ROUTERS		5	/* more, for a default route */

static int
config_dhcp6(const char *name)
{
	int64_t deadline = rump_monotonic() + PATIENCE * NSEC_PER_SEC;
	struct ifnet *ifp = rump_netconf_find(name);
	int error;

	if (ifp == NULL)
		return ENODEV;
	error = rump_if_setflags(ifp, IFF_UP, 0);
	if (error == 0)
		error = dhcp6_start(ifp, 1);
	if (error == 0 && dhcp6_wait(ifp, deadline) != 0)
		rump_printf("%s: no DHCPv6 server answered for %d s; starting "
		    "without an address\n", ifp->if_name, PATIENCE);
	else if (error == 0)
		(void)rump_in6_wait(ifp, rump_monotonic() + ROUTERS *
		    NSEC_PER_SEC);
	rump_if_rele(ifp);
	return error;
}

RUMP_CONFIG(net, vals)
{
	const char *method = vals[RUMP_CONFIG_METHOD];
	const char *type = vals[RUMP_CONFIG_TYPE];
	int error;

	if (method == NULL || strcmp(method, "dhcp") != 0 || type == NULL ||
	    strcmp(type, "inet6") != 0)
		return ENXIO;
	rump_schedule();
	error = config_dhcp6(vals[RUMP_CONFIG_IF]);
	rump_unschedule();
	return error;
}
