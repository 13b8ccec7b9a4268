/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AF_PACKET inside.  Frames come through the interfaces' if_tap, with locks of
 * others held: pk_lock, then a packet socket's so_lock, are leaves; nothing is
 * sent with them.
 */
#ifndef NET_PACKET_PACKET_H
#define NET_PACKET_PACKET_H

#include <linux/if_packet.h>
#include <net/ifnet.h>
#include <net/socket.h>

struct pkmember {			/* PACKET_ADD_MEMBERSHIP [so_lock] */
	struct pkmember	*pm_next;
	uint32_t	 pm_ifindex;
	uint16_t	 pm_type;
	uint8_t		 pm_addr[6];
	uint32_t	 pm_refs;
};

struct pkpcb {
	struct socket	*pk_so;		/* [I] */
	struct pkpcb	*pk_next;	/* [pk_lock] */
	uint16_t	 pk_proto;	/* [a] host order; 0: nothing */
	uint32_t	 pk_ifindex;	/* [a] 0: all */
	uint32_t	 pk_flags;	/* [a] PKF_* */
#define PKF_AUXDATA	0x01
#define PKF_NOOUT	0x02
	uint32_t	 pk_packets, pk_drops;	/* [so_lock] */
	struct pkmember	*pk_members;
};

static inline struct pkpcb *
pk_of(const struct socket *so)
{

	return so->so_pcb;
}

/* tap.c */
void	pk_insert(struct pkpcb *);
void	pk_remove(struct pkpcb *);

/* member.c; so_lock held, which they let go meanwhile. */
int	pk_addmember(struct socket *, const void *, unsigned len);
int	pk_delmember(struct socket *, const void *, unsigned len);
void	pk_dropmembers(struct socket *);

#endif /* NET_PACKET_PACKET_H */
