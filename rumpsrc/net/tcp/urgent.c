/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Urgent data as Linux and BSD have it: one byte, the one before the pointer,
 * is beside the stream (or in it, SO_OOBINLINE), and the place is marked.
 */
#include "tcp.h"

void
tcp_urgent(struct tcpcb *tp, const struct seg *sg)
{
	uint32_t up = sg->sg_seq + sg->sg_urp;

	if (SEQ_LEQ(up, tp->rcv_nxt))
		return;
	if ((tp->t_flags & TF_URGRCV) && SEQ_LEQ(up, tp->rcv_up))
		return;
	tp->rcv_up = up;
	tp->t_flags |= TF_URGRCV;
	tp->t_flags &= ~(uint32_t)(TF_OOBHAVE | TF_OOBHAD);
	tp->t_so->so_state &= (uint16_t)~SS_ATMARK;
	rump_selnotify(&tp->t_so->so_sel, 2);	/* POLLPRI */
}

void
tcp_oob_take(struct tcpcb *tp, struct mbuf *m, uint32_t seq, uint32_t len)
{
	struct socket *so = tp->t_so;
	uint32_t off = tp->rcv_up - 1 - seq;
	struct mbuf *rest;

	if (off >= len)
		return;
	tp->t_flags &= ~(uint32_t)TF_URGRCV;
	tp->t_flags |= TF_OOBHAVE;
	m_copydata(m, off, 1, &tp->t_oob);
	so->so_oobmark = so->so_rcv.sb_cc + off;
	if (so->so_oobmark == 0)
		so->so_state |= SS_ATMARK;
	rump_selnotify(&so->so_sel, 2);
	if (so->so_opt.so_flags & SOF_OOBINLINE)
		return;
	m->m_pkt.ph_len = len;
	if (off + 1 == len) {
		m_adj(m, -1);
	} else if ((rest = m_copym(m, off + 1, len - off - 1)) != NULL) {
		m_adj(m, -(int)(len - off));
		m_cat(m, rest);
	}
}

int
tcp_hasoob(const struct tcpcb *tp)
{
	const struct socket *so = tp->t_so;

	return (tp->t_flags & (TF_OOBHAVE | TF_OOBHAD)) == TF_OOBHAVE &&
	    (so->so_oobmark != 0 || (so->so_state & SS_ATMARK));
}

int
tcp_rcvoob(struct socket *so, uint8_t *p, int msgflags)
{
	struct tcpcb *tp = sototcp(so);

	if (tp == NULL || tp->t_state == TS_LISTEN)
		return ENOTCONN;
	if (so->so_opt.so_flags & SOF_OOBINLINE)
		return EINVAL;
	if (!tcp_hasoob(tp))
		return tp->t_flags & TF_URGRCV ? EAGAIN : EINVAL;
	*p = tp->t_oob;
	if (!(msgflags & MSG_PEEK))
		tp->t_flags |= TF_OOBHAD;
	return 0;
}
