/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_mcast net_inet6 net_config net_dhcp6 */
/* libFuzzer: any bytes as a DHCPv6 server's message. */
#include <stdlib.h>
#include <string.h>

#include "../../rumpsrc/net/dhcp6/dhcp6.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x) do { if (!(x)) abort(); } while (0)

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct dhcp6_request rq = { .rq_type = DHCP6_SOLICIT,
	    .rq_xid = 0x123456, .rq_iaid = 2, .rq_ia = 1,
	    .rq_mac = "\2\0\0\0\0\1" };
	uint8_t buf[DHCP6_MAXLEN];
	struct dhcp6_reply dr;

	if (dhcp6_parse(p, len, &rq, &dr) != 0)
		return 0;
	MUST(dr.dr_type == DHCP6_ADVERTISE || dr.dr_type == DHCP6_REPLY);
	MUST(dr.dr_serverlen >= 1 && dr.dr_serverlen <= DHCP6_MAXDUID);
	MUST(dr.dr_ndns <= DHCP6_MAXDNS && dr.dr_searchlen <= DHCP6_MAXSEARCH);
	if (!dr.dr_hasaddr)
		return 0;
	MUST(!inaddr_ismulti(&dr.dr_addr) && !inaddr_isany(&dr.dr_addr));
	MUST(dr.dr_t1 != 0 && dr.dr_t1 <= dr.dr_t2 &&
	    dr.dr_t2 <= dr.dr_valid && dr.dr_preferred <= dr.dr_valid);
	rq.rq_type = DHCP6_REQUEST;
	rq.rq_addr = &dr.dr_addr;
	rq.rq_server = dr.dr_server;
	rq.rq_serverlen = dr.dr_serverlen;
	MUST(dhcp6_build(buf, &rq) < 300);
	return 0;
}
