/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/net/snmp6; settings of IPv6 in /proc/sys/net/ipv6. */
#include <net/netproc.h>
#include "inet6_priv.h"

static void
counter(struct text *tx, const char *way, const char *name, const uint64_t *p)
{
	char all[40];

	snprintf(all, sizeof(all), "%s%s", way, name);
	rump_textf(tx, "%-32s\t%lu\n", all,
	    (unsigned long)__atomic_load_n(p, __ATOMIC_RELAXED));
}

/* rump_ipstat's order. */
static const char *const ip6_names[IPS_MAX] = { "InReceives", "InHdrErrors",
	"InAddrErrors", "OutForwDatagrams", "InUnknownProtos", "InDiscards",
	"InDelivers", "OutRequests", "OutDiscards", "OutNoRoutes",
	"ReasmTimeout", "ReasmReqds", "ReasmOKs", "ReasmFails", "FragOKs",
	"FragFails", "FragCreates" };

static const struct {
	uint8_t		 type;
	const char	*name;
} icmp6_names[] = {
	{ 1, "DestUnreachs" }, { 2, "PktTooBigs" }, { 3, "TimeExcds" },
	{ 4, "ParmProblems" }, { 128, "Echos" }, { 129, "EchoReplies" },
	{ 130, "GroupMembQueries" }, { 131, "GroupMembResponses" },
	{ 132, "GroupMembReductions" }, { 133, "RouterSolicits" },
	{ 134, "RouterAdvertisements" }, { 135, "NeighborSolicits" },
	{ 136, "NeighborAdvertisements" }, { 137, "Redirects" },
	{ 143, "MLDv2Reports" },
};

static int
snmp6_read(struct text *tx, const struct procctx *pc)
{
	static const char *const ways[2] = { "Icmp6In", "Icmp6Out" };
	unsigned i, way, type;

	(void)pc;
	for (i = 0; i < IPS_MAX; i++)
		counter(tx, "Ip6", ip6_names[i], &rump_ipstat[1][i]);
	for (way = 0; way < 2; way++) {
		counter(tx, ways[way], "Msgs",
		    &rump_icmp6stat[way][ICMP6S_Msgs]);
		counter(tx, ways[way], "Errors",
		    &rump_icmp6stat[way][ICMP6S_Errors]);
	}
	counter(tx, "Icmp6In", "CsumErrors",
	    &rump_icmp6stat[0][ICMP6S_CsumErrors]);
	for (way = 0; way < 2; way++)
		for (i = 0; i < sizeof(icmp6_names) / sizeof(icmp6_names[0]);
		    i++) {
			type = icmp6_names[i].type;
			counter(tx, ways[way], icmp6_names[i].name,
			    &rump_icmp6stat[way][type < 16 ? type :
			    type - 112U]);
		}
	return 0;
}

#define CONF	"sys/net/ipv6/conf/all/"
RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "net/snmp6", snmp6_read);
	PROC_NUM(pt, CONF "forwarding", rump_ip6_forwarding, 0, 1);
	PROC_NUM(pt, CONF "hop_limit", rump_ip6_hoplimit, 1, 255);
	PROC_NUM(pt, CONF "accept_ra", rump_ip6_acceptra, 0, 1);
	PROC_NUM(pt, CONF "accept_redirects", rump_ip6_redirects, 0, 1);
	PROC_NUM(pt, CONF "dad_transmits", rump_ip6_dadtransmits, 0, 100);
}
