/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Data of segments: what is new of them, in order or not; when they are
 * acknowledged (RFC 9293, 3.8.6.3; RFC 5681, 4.2).
 */
#include "tcp.h"

#define QUICK_LOSS	128	/* segments, after one that was out of order */

/*
 * The second full segment, the first ones of a connection, and whatever the
 * program asked for are acknowledged with the batch; else an answer is likely
 * to carry it.  Where segments are lost acknowledgements are, too, and windows
 * are small: one for a batch may be the only one of a round trip.  There, and
 * at the beginning, each has its own.
 */
void
tcp_wantack(struct tcpcb *tp, uint32_t len, int64_t now)
{
	int many, quick = tp->t_quick != 0 && !(tp->t_flags & TF_PINGPONG);

	if (UNLIKELY(len > tp->t_rcvmss))
		tp->t_rcvmss = (uint16_t)min32(len, tp->t_mss);
	many = tp->rcv_nxt - tp->t_lastack > tp->t_rcvmss;
	if (UNLIKELY(quick)) {
		tp->t_quick--;
		if (len >= tp->t_rcvmss && tp->t_nreass == 0) {
			tcp_sendack(tp);
			return;
		}
	}
	if (UNLIKELY(many | quick) || UNLIKELY(tp->t_flags & TF_QUICKACK)) {
		tp->t_flags |= TF_ACKNOW;
		return;
	}
	if (!(tp->t_flags & TF_DELACK)) {
		tp->t_flags |= TF_DELACK;
		tcp_arm(tp, TT_DELACK, now + DELACK_NS);
	}
}

/* What was received before, and what is beyond the window, goes. */
static void
trim(struct tcpcb *tp, struct seg *sg)
{
	uint32_t edge = SEQ_GT(tp->rcv_adv, tp->rcv_nxt) ? tp->rcv_adv :
	    tp->rcv_nxt, n;

	if (SEQ_LT(sg->sg_seq, tp->rcv_nxt)) {
		n = tp->rcv_nxt - sg->sg_seq;
		if (n >= sg->sg_len)
			n = sg->sg_len;
		if (n != 0)
			tcp_dsack(tp, sg->sg_seq, sg->sg_seq + n);
		tp->t_flags |= TF_ACKNOW;
		m_adj(sg->sg_m, (int)n);
		sg->sg_seq += n;
		sg->sg_len -= n;
	}
	if (sg->sg_len != 0 && SEQ_GT(sg->sg_seq + sg->sg_len, edge)) {
		n = sg->sg_seq + sg->sg_len - edge;
		if (n > sg->sg_len)
			n = sg->sg_len;
		m_adj(sg->sg_m, -(int)n);
		sg->sg_len -= n;
		sg->sg_flags &= (uint8_t)~TH_FIN;
		tp->t_flags |= TF_ACKNOW;
		TCPCOUNT(TCPRcvQDrop);
	}
}

/* Round trips as a receiver sees them, for DRS. */
static void
rcv_rtt(struct tcpcb *tp, const struct seg *sg)
{
	uint32_t n;

	if (!(tp->t_flags & TF_TS) || !(sg->sg_opts & SGO_TS) ||
	    sg->sg_tsecr == 0 || sg->sg_len < tp->t_rcvmss)
		return;
	n = TMS(sg->sg_now) + tp->t_tsoff - sg->sg_tsecr;
	if (n > 1 << 16)
		return;
	n = n != 0 ? n << 10 : 1 << 9;
	if (tp->t_rcvrtt == 0)
		tp->t_rcvrtt = n << 3;
	else
		tp->t_rcvrtt += n - (tp->t_rcvrtt >> 3);
}

void
tcp_data(struct tcpcb *tp, struct seg *sg)
{
	struct socket *so = tp->t_so;
	uint32_t rtt;

	m_adj(sg->sg_m, sg->sg_hlen);
	tp->t_lrcv = TMS(sg->sg_now);
	tp->t_keepprobes = 0;
	trim(tp, sg);
	if (sg->sg_len == 0 && !(sg->sg_flags & TH_FIN))
		return;
	if (tp->t_flags & TF_PEERFIN)
		return;
	if (sg->sg_seq != tp->rcv_nxt) {
		tp->t_quick = QUICK_LOSS;
		tcp_reass(tp, sg);
		tcp_sendack(tp);
		return;
	}
	if (sg->sg_len != 0) {
		if (sb_space(&so->so_rcv) == 0 && so->so_rcv.sb_cc >=
		    so->so_rcv.sb_hiwat + (64 << 10)) {
			TCPCOUNT(TCPRcvQDrop);
			return;
		}
		rcv_rtt(tp, sg);
		tp->rcv_nxt += sg->sg_len;
		tp->t_bytesrcvd += sg->sg_len;
		if (UNLIKELY(tp->t_flags & TF_URGRCV))
			tcp_oob_take(tp, sg->sg_m, sg->sg_seq, sg->sg_len);
		sb_append(&so->so_rcv, sg->sg_m);
		sg->sg_m = NULL;
		tcp_wantack(tp, sg->sg_len, sg->sg_now);
	}
	if (tp->t_nreass != 0) {
		tcp_unreass(tp);
		tcp_sendack(tp);
	}
	if ((sg->sg_flags & TH_FIN) &&
	    tp->rcv_nxt == sg->sg_seq + sg->sg_len)
		tcp_fin(tp);
	so_wake_read(so);
	rtt = tp->t_rcvrtt != 0 ? tp->t_rcvrtt >> 3 : tp->t_srtt >> 3;
	if (TICKS(sg->sg_now) - tp->t_drstime >= rtt)
		tcp_tunercv(tp, TICKS(sg->sg_now));
}
