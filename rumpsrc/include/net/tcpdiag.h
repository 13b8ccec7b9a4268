/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections of TCP that have no PCB: half-open ones, and what remains of
 * those that ended, for those who list them.
 */
#ifndef NET_TCPDIAG_H
#define NET_TCPDIAG_H

#include <stdint.h>
#include <net/inaddr.h>

struct tcpmini {
	struct inaddr	 tm_laddr, tm_faddr;
	uint16_t	 tm_lport, tm_fport;	/* network order */
	uint32_t	 tm_left;		/* milliseconds of its timer */
	uint8_t		 tm_state;		/* 3: SYN_RECV, 6: TIME_WAIT */
};

/* All; no lock held; non-zero stops.  NULL when the image has no TCP. */
extern int rump_tcp_walkmini(int (*fn)(const struct tcpmini *, void *), void *)
    __attribute__((__weak__));

#endif /* NET_TCPDIAG_H */
