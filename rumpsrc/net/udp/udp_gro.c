/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP_GRO: datagrams of one size from one sender that wait in the socket are
 * read as one record, and a control message tells the size.  One that is
 * shorter ends the record.  so_lock is held.
 */
#include <linux/in.h>
#include <linux/udp.h>
#include "udp_priv.h"

#define GRO_MAX	65507		/* bytes of a record */

static int
gro_fits(const struct udpgro *ug, const struct sockbuf *sb,
    const struct mbuf *m, const struct inrcv *ir, uint16_t sport)
{
	uint32_t n = m->m_pkt.ph_len;

	return sb->sb_tail != NULL && sb->sb_tail == ug->ug_rec &&
	    ug->ug_n < UDP_SEGS && n != 0 && n <= ug->ug_size &&
	    sb->sb_tail->m_pkt.ph_len + n <= GRO_MAX && n <= sb_space(sb) &&
	    sport == ug->ug_sport && ir->ir_if == ug->ug_ir.ir_if &&
	    inaddr_eq(&ir->ir_src, &ug->ug_ir.ir_src) &&
	    inaddr_eq(&ir->ir_dst, &ug->ug_ir.ir_dst) &&
	    m->m_pkt.ph_tos == ug->ug_tos && m->m_pkt.ph_ttl == ug->ug_ttl;
}

int
udp_groqueue(struct inpcb *inp, struct mbuf *m, const struct inrcv *ir,
    uint16_t sport)
{
	struct udppcb *up = inp->inp_ppcb;
	struct udpgro *ug = &up->up_grolast, new = { .ug_ir = *ir,
	    .ug_sport = sport, .ug_size = (uint16_t)m->m_pkt.ph_len,
	    .ug_n = 1, .ug_tos = m->m_pkt.ph_tos, .ug_ttl = m->m_pkt.ph_ttl };
	struct socket *so = inp->inp_so;
	int size = ug->ug_size, error;

	if (up->up_gro && gro_fits(ug, &so->so_rcv, m, ir, sport) &&
	    sb_appendlast(&so->so_rcv, m, SOL_UDP, UDP_GRO,
	    ug->ug_n == 1 ? &size : NULL, sizeof(size)) == 0) {
		if (new.ug_size < ug->ug_size)
			ug->ug_n = UDP_SEGS;
		else
			ug->ug_n++;
		so_wake_read(so);
		return 0;
	}
	error = in_queue(inp, m, ir, sport);
	new.ug_rec = error == 0 && up->up_gro ? so->so_rcv.sb_tail : NULL;
	*ug = new;
	return error;
}
