/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "type":"inet6","method":"auto" of the `net` key: stateless address
 * autoconfiguration.  The programs start when there is an address and a
 * router, or without after a while.
 */
#include <rump/config.h>
#include <linux/if.h>
#include <net/netconf.h>
#include "inet6_priv.h"

#define PATIENCE	15	/* seconds */

static int
config_auto(const char *name)
{
	struct ifnet *ifp = rump_netconf_find(name);
	int error;

	if (ifp == NULL)
		return ENODEV;
	error = rump_if_setflags(ifp, IFF_UP, 0);
	if (error == 0 && rump_in6_wait(ifp, rump_monotonic() + PATIENCE *
	    NSEC_PER_SEC) != 0)
		rump_printf("%s: no IPv6 router answered for %d s; starting "
		    "without an address\n", ifp->if_name, PATIENCE);
	rump_if_rele(ifp);
	return error;
}

RUMP_CONFIG(net, vals)
{
	const char *method = vals[RUMP_CONFIG_METHOD];
	const char *type = vals[RUMP_CONFIG_TYPE];
	int error;

	if (method == NULL || strcmp(method, "auto") != 0 || type == NULL ||
	    strcmp(type, "inet6") != 0)
		return ENXIO;
	rump_schedule();
	error = config_auto(vals[RUMP_CONFIG_IF]);
	rump_unschedule();
	return error;
}
