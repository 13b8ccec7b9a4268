/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/net/raw, raw6, and ping sockets in icmp, icmp6. */
#include <net/inproto.h>
#include <net/netproc.h>

RUMP_PROCNODES(pt)
{
	static const struct netproc_pcbs raw = { IPT_RAW, AF_INET },
	    raw6 = { IPT_RAW, AF_INET6 }, ping = { IPT_PING, AF_INET },
	    ping6 = { IPT_PING, AF_INET6 };

	rump_proc_file(pt, "net/raw", rump_netproc_pcbs)->pn_arg = &raw;
	rump_proc_file(pt, "net/raw6", rump_netproc_pcbs)->pn_arg = &raw6;
	rump_proc_file(pt, "net/icmp", rump_netproc_pcbs)->pn_arg = &ping;
	rump_proc_file(pt, "net/icmp6", rump_netproc_pcbs)->pn_arg = &ping6;
}
