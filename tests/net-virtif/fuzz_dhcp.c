/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_config net_dhcp */
/* libFuzzer: any bytes as a DHCP server's message. */
#include <stdlib.h>
#include <string.h>

#include "../../rumpsrc/net/dhcp/dhcp.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x) do { if (!(x)) abort(); } while (0)

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct dhcp_reply dr;
	unsigned i;

	if (dhcp_parse(p, len, &dr) != 0)
		return 0;
	MUST(memchr(dr.dr_hostname, 0, sizeof(dr.dr_hostname)) != NULL);
	MUST(memchr(dr.dr_domain, 0, sizeof(dr.dr_domain)) != NULL);
	MUST(memchr(dr.dr_message, 0, sizeof(dr.dr_message)) != NULL);
	MUST(strchr(dr.dr_domain, '\n') == NULL);
	if (dr.dr_type == DHCP_NAK)
		return 0;
	MUST(dr.dr_type == DHCP_OFFER || dr.dr_type == DHCP_ACK);
	MUST(dr.dr_addr != 0 && dr.dr_plen >= 1 && dr.dr_plen <= 32);
	MUST(dr.dr_t1 != 0 && dr.dr_t1 <= dr.dr_t2 &&
	    dr.dr_t2 <= dr.dr_lease);
	MUST(dr.dr_ndns <= DHCP_MAXDNS && dr.dr_nroutes <= DHCP_MAXROUTES);
	for (i = 0; i < dr.dr_nroutes; i++)
		MUST(dr.dr_routes[i].dr_plen <= 32);
	return 0;
}
