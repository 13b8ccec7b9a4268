/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of UDP, and UDP-Lite. */
#ifndef UDP_PRIV_H
#define UDP_PRIV_H

#include <net/inproto.h>

struct udp {
	uint16_t	uh_sport, uh_dport, uh_len, uh_sum;
} __attribute__((__packed__));

#define UDP_SEGS	64	/* most datagrams of one call */

/* The last record of so_rcv, while more may be appended to it. */
struct udpgro {
	const struct mbuf *ug_rec;	/* not so_rcv's last: it is gone */
	struct inrcv	 ug_ir;
	uint16_t	 ug_sport, ug_size;
	uint16_t	 ug_n;		/* datagrams; UDP_SEGS: no more */
	uint8_t		 ug_tos, ug_ttl;
};

struct udppcb {				/* inp_ppcb; [so_lock]; NULL: all 0 */
	struct mbuf	*up_more;	/* collected so far */
	struct inflow	 up_flow;	/* where that goes */
	uint16_t	 up_port;
	uint16_t	 up_segment;	/* UDP_SEGMENT */
	uint8_t		 up_cork;	/* UDP_CORK */
	uint8_t		 up_gro;	/* UDP_GRO: up_grolast is used */
	uint8_t		 up_nocheck6[2];	/* UDP_NO_CHECK6_TX, _RX */
	struct udpgro	 up_grolast;
};

/* in_queue() for a socket with UDP_GRO. */
int	udp_groqueue(struct inpcb *, struct mbuf *, const struct inrcv *,
	    uint16_t sport);

/* What the socket's filter leaves of a packet; 0: nothing.  so_lock held. */
int	udp_filtered(const struct socket *, struct mbuf *);
/*
 * A packet, its header in front, that came to a group or by broadcast: to
 * all that want it.  Both take the packet.
 */
void	udp_multi(struct inpcbtable *, struct mbuf *, const struct inrcv *,
	    void (*deliver)(struct inpcb *, struct mbuf *,
	    const struct inrcv *));
/* ip_error of a protocol whose header begins with UDP's four fields. */
void	udp_errorin(struct inpcbtable *, const struct inrcv *sent, int error,
	    int hard, uint32_t mtu, const uint8_t *data, size_t n);

extern struct inpcbtable udp_table;
#define UDPCOUNT(n)	in_count(&rump_udpstat[UDPS_##n])

#endif /* UDP_PRIV_H */
