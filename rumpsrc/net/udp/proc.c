/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/net/udp, udp6, and UDP's lines of snmp. */
#include <net/inproto.h>
#include <net/netproc.h>

void
rump_netproc_udp(struct text *tx)
{

	rump_textf(tx, "Udp: InDatagrams NoPorts InErrors OutDatagrams "
	    "RcvbufErrors SndbufErrors InCsumErrors\nUdp:");
	rump_netproc_counters(tx, rump_udpstat, UDPS_MAX);
	rump_textf(tx, "\n");
}

static const struct procnode udp_nodes[] = {
	{ .pn_path = "net/udp", .pn_read = rump_netproc_pcbs,
	  .pn_arg = &(const struct netproc_pcbs){ IPT_UDP, AF_INET } },
	{ .pn_path = "net/udp6", .pn_read = rump_netproc_pcbs,
	  .pn_arg = &(const struct netproc_pcbs){ IPT_UDP, AF_INET6 } },
	{ .pn_path = NULL }
};
RUMP_PROCNODES(udp_nodes);
