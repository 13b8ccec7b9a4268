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

RUMP_PROCNODES(pt)
{
	static const struct netproc_pcbs udp = { IPT_UDP, AF_INET },
	    udp6 = { IPT_UDP, AF_INET6 };

	rump_proc_file(pt, "net/udp", rump_netproc_pcbs)->pn_arg = &udp;
	rump_proc_file(pt, "net/udp6", rump_netproc_pcbs)->pn_arg = &udp6;
}
