/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/net/raw, raw6, and ping sockets in icmp, icmp6. */
#include <net/inproto.h>
#include <net/netproc.h>

static const struct procnode raw_nodes[] = {
	{ .pn_path = "net/raw", .pn_read = rump_netproc_pcbs,
	  .pn_arg = &(const struct netproc_pcbs){ IPT_RAW, AF_INET } },
	{ .pn_path = "net/raw6", .pn_read = rump_netproc_pcbs,
	  .pn_arg = &(const struct netproc_pcbs){ IPT_RAW, AF_INET6 } },
	{ .pn_path = "net/icmp", .pn_read = rump_netproc_pcbs,
	  .pn_arg = &(const struct netproc_pcbs){ IPT_PING, AF_INET } },
	{ .pn_path = "net/icmp6", .pn_read = rump_netproc_pcbs,
	  .pn_arg = &(const struct netproc_pcbs){ IPT_PING, AF_INET6 } },
	{ .pn_path = NULL }
};
RUMP_PROCNODES(raw_nodes);
