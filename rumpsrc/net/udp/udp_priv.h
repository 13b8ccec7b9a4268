/* SPDX-License-Identifier: BSD-2-Clause */
/* Between udp.c and udp_send.c. */
#ifndef UDP_PRIV_H
#define UDP_PRIV_H

#include <net/inproto.h>

struct udp {
	uint16_t	uh_sport, uh_dport, uh_len, uh_sum;
} __attribute__((__packed__));

extern struct inpcbtable udp_table;
#define UDPCOUNT(n)	in_count(&rump_udpstat[UDPS_##n])

#endif /* UDP_PRIV_H */
