/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_config net_dhcp */
/*
 * A DHCP server's message cut off at each byte, in memory that ends there, and
 * each byte of it with each value.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "../../rumpsrc/net/dhcp/dhcp.h"

int
main(void)
{
	static const uint8_t opts[] = { 99, 130, 83, 99, 53, 1, 5, 54, 4, 10,
	    0, 0, 2, 51, 4, 0, 0, 14, 16, 58, 4, 0, 0, 7, 8, 59, 4, 0, 0, 12,
	    48, 1, 4, 255, 255, 255, 0, 3, 4, 10, 0, 0, 2, 6, 8, 10, 0, 0, 2,
	    10, 0, 0, 3, 15, 3, 'n', 'e', 't', 26, 2, 5, 120, 12, 2, 'u', 's',
	    56, 2, 'n', 'o', 121, 9, 12, 172, 16, 10, 0, 0, 9, 0, 0, 52, 1, 3,
	    255 };
	uint8_t msg[236 + sizeof(opts)], *p;
	struct dhcp_reply dr;
	unsigned n, v, good = 0;

	memset(msg, 0, sizeof(msg));
	msg[0] = 2;
	msg[1] = 1;
	msg[2] = 6;
	memcpy(msg + 16, "\12\0\0\1", 4);
	memcpy(msg + 236, opts, sizeof(opts));
	CHECK_EQ(dhcp_parse(msg, sizeof(msg), &dr), 0);
	for (n = 0; n <= sizeof(msg); n++) {
		p = malloc(n);
		memcpy(p, msg, n);
		if (dhcp_parse(p, n, &dr) == 0) {
			good++;
			CHECK(n >= 240 && dr.dr_t2 <= dr.dr_lease);
		}
		free(p);
		if (n == sizeof(msg))
			break;
		p = malloc(sizeof(msg));
		for (v = 0; v < 256; v++) {
			memcpy(p, msg, sizeof(msg));
			p[n] = (uint8_t)v;
			if (dhcp_parse(p, sizeof(msg), &dr) == 0)
				CHECK(dr.dr_t1 <= dr.dr_t2);
		}
		free(p);
	}
	CHECK(good > 0 && good < sizeof(opts));
	return check_done();
}
