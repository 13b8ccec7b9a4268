/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "method":"dhcp" of the `net` key.  The programs start when there is a
 * lease, or without one after a minute; the client goes on trying then.
 */
#include <asm/errno.h>

#include <kern/clock.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <net/ifnet.h>
#include <net/netconf.h>
#include <rump/config.h>
#include <rump/netconfig.h>
#include "dhcp.h"

#define PATIENCE	60	/* seconds */
#define ONESHOT		10

static int
config_dhcp(const char *name)
{
	struct ifnet *ifp = rump_netconf_find(name);
	int error;

	if (ifp == NULL)
		return ENODEV;
	error = dhcp_start(ifp, PATIENCE * NSEC_PER_SEC);
	if (error == ETIMEDOUT) {
		rump_printf("%s: no DHCP server answered for %d s; starting "
		    "without an address\n", ifp->if_name, PATIENCE);
		error = 0;
	}
	rump_if_rele(ifp);
	return error;
}

RUMP_CONFIG(net, vals)
{
	const char *method = vals[RUMP_CONFIG_METHOD];
	const char *type = vals[RUMP_CONFIG_TYPE];
	int error;

	if (method == NULL || strcmp(method, "dhcp") != 0 ||
	    (type != NULL && strcmp(type, "inet") != 0))
		return ENXIO;
	rump_schedule();
	error = config_dhcp(vals[RUMP_CONFIG_IF]);
	rump_unschedule();
	return error;
}

int
rump_pub_netconfig_dhcp_ipv4_oneshot(const char *ifname)
{
	struct ifnet *ifp;
	int error = ENODEV;

	rump_schedule();
	if ((ifp = rump_netconf_find(ifname)) != NULL) {
		error = dhcp_start(ifp, ONESHOT * NSEC_PER_SEC);
		rump_if_rele(ifp);
	}
	rump_unschedule();
	return error;
}
