/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segments for a connection, in the order of RFC 9293, 3.10.7.3 and .4, with
 * RFC 5961's answers to blind attacks and RFC 7323's PAWS.
 */
#include "tcp.h"

#define PAWS_TMS	(24 * 86400U * 953)	/* 24 days */
#define CHALLENGE_MAX	1000			/* a second, of all */

/*
 * An acknowledgement for who may not be the peer: so many a second, blurred
 * (RFC 5961, 7, and what was learnt since), and on one connection twice.
 */
void
tcp_challenge(struct tcpcb *tp, int64_t now)
{
	static struct { uint32_t second, left; } c;	/* [a] */
	uint32_t s = (uint32_t)(now / NSEC_PER_SEC) + 1, left;

	if (__atomic_load_n(&c.second, __ATOMIC_RELAXED) != s) {
		__atomic_store_n(&c.second, s, __ATOMIC_RELAXED);
		__atomic_store_n(&c.left, CHALLENGE_MAX / 2 +
		    (uint32_t)(in_random() % CHALLENGE_MAX), __ATOMIC_RELAXED);
	}
	left = __atomic_load_n(&c.left, __ATOMIC_RELAXED);
	if (left == 0)
		return;
	__atomic_store_n(&c.left, left - 1, __ATOMIC_RELAXED);
	TCPCOUNT(TCPChallengeACK);
	tp->t_flags |= TF_ACKNOW;
}

/* The peer closed its direction; all before it was received. */
void
tcp_fin(struct tcpcb *tp)
{
	struct socket *so = tp->t_so;

	if (tp->t_flags & TF_PEERFIN)
		return;
	tp->rcv_nxt++;
	if (SEQ_GT(tp->rcv_nxt, tp->rcv_adv))
		tp->rcv_adv = tp->rcv_nxt;
	tp->t_flags |= TF_PEERFIN | TF_ACKNOW;
	tcp_flushreass(tp);
	switch (tp->t_state) {
	case TS_SYN_RECV:
	case TS_ESTABLISHED:
		tcp_setstate(tp, TS_CLOSE_WAIT);
		break;
	case TS_FIN_WAIT1:
		/* Were ours acknowledged it would be FIN_WAIT2. */
		tcp_setstate(tp, TS_CLOSING);
		break;
	case TS_FIN_WAIT2:
		tcp_setstate(tp, TS_TIME_WAIT);
		break;
	}
	so_cantrecv(so);
}

static void
reset_received(struct tcpcb *tp)
{
	int error = ECONNRESET;

	if (tp->t_state == TS_SYN_SENT || tp->t_state == TS_SYN_RECV)
		error = ECONNREFUSED;
	else if (tp->t_state == TS_CLOSE_WAIT)
		error = EPIPE;
	TCPCOUNT(EstabResets);
	tcp_drop(tp, error);
}

/* --- SYN_SENT --- */

static void
syn_taken(struct tcpcb *tp, const struct seg *sg)
{

	tp->t_irs = sg->sg_seq;
	tp->rcv_nxt = sg->sg_seq + 1;
	tp->rcv_adv += tp->rcv_nxt;	/* it was the window in our SYN */
	tp->t_lastack = tp->rcv_nxt;
	if (!(sg->sg_opts & SGO_TS))
		tp->t_flags &= ~(uint32_t)TF_TS;
	else {
		tp->t_tsrecent = sg->sg_tsval;
		tp->t_tsrecentage = TMS(sg->sg_now);
	}
	if (!(sg->sg_opts & SGO_SACKOK))
		tp->t_flags &= ~(uint32_t)TF_SACK;
	if (sg->sg_opts & SGO_WS)
		tp->t_sndscale = sg->sg_ws;
	else {
		tp->t_flags &= ~(uint32_t)TF_WS;
		tp->t_sndscale = tp->t_rcvscale = 0;
	}
	if (sg->sg_opts & SGO_MSS)
		tp->t_peermss = (uint16_t)max32(sg->sg_mss, TCP_MSS_MIN);
	tp->snd_wnd = tp->snd_maxwnd = sg->sg_win;	/* never scaled */
	tp->snd_wl1 = sg->sg_seq;
	tcp_mtu(tp);
}

/* Fast Open: what the SYN|ACK says about cookie and data. */
static void
fo_answered(struct tcpcb *tp, const struct seg *sg)
{
	uint32_t n = sg->sg_ack - tp->t_iss - 1;

	if (tp->t_fo == NULL)
		return;
	if ((sg->sg_opts & SGO_FO) && sg->sg_folen >= 4)
		tcp_fo_remember(&tp->t_inp->inp_faddr, tp->t_peermss,
		    sg->sg_fo, sg->sg_folen);
	if (n != 0)
		TCPCOUNT(TCPFastOpenActive);
	sb_drop(&tp->t_so->so_snd, n);
	tp->snd_sb += n;
	tp->snd_una = tp->snd_nxt = sg->sg_ack;
}

static void
synsent(struct tcpcb *tp, struct seg *sg)
{
	uint32_t most = tp->snd_nxt +
	    (tp->t_fo != NULL ? tp->t_fo->fo_sent : 0);
	int acked = (sg->sg_flags & TH_ACK) != 0;

	if (acked && (SEQ_LEQ(sg->sg_ack, tp->t_iss) ||
	    SEQ_GT(sg->sg_ack, most))) {
		tcp_reset(sg);
		return;
	}
	if (acked && (tp->t_flags & TF_TS) && (sg->sg_opts & SGO_TS) &&
	    sg->sg_tsecr != 0 && !(sg->sg_flags & TH_RST) &&
	    SEQ_GT(sg->sg_tsecr, TMS(sg->sg_now) + tp->t_tsoff)) {
		TCPCOUNT(PAWSEstab);
		tcp_reset(sg);
		return;
	}
	if (sg->sg_flags & TH_RST) {
		if (acked)
			reset_received(tp);
		return;
	}
	if (!(sg->sg_flags & TH_SYN))
		return;
	syn_taken(tp, sg);
	if (!acked) {			/* both at once */
		tp->t_flags &= ~(uint32_t)TF_ECN;
		tp->t_flags |= TF_RCVSYN;
		tp->t_probes = 0;
		tcp_setstate(tp, TS_SYN_RECV);
		tcp_sendsyn(tp);
		tcp_arm(tp, TT_RTX, sg->sg_now + TICKS_NS(tcp_rto(tp)));
		return;
	}
	if ((sg->sg_flags & (TH_ECE | TH_CWR)) != TH_ECE)
		tp->t_flags &= ~(uint32_t)TF_ECN;
	tp->snd_una = tp->snd_sb = tp->t_iss + 1;
	tp->snd_wl2 = sg->sg_ack;
	fo_answered(tp, sg);
	tcp_disarm(tp, TT_RTX);
	if (tp->t_probes == 0)
		tcp_rtt(tp, TICKS(sg->sg_now) - tp->t_rec0.tr_time,
		    sg->sg_now);
	tp->t_flags |= TF_ACKNOW;
	tp->t_probes = tp->t_backoff = 0;
	tcp_isopen(tp);
	/* Data or FIN with it are next. */
	sg->sg_flags &= (uint8_t)~(TH_SYN | TH_ACK);
	sg->sg_seq++;
	if (sg->sg_len != 0 || (sg->sg_flags & TH_FIN))
		tcp_data(tp, sg);
	else if (tp->t_so->so_snd.sb_cc != 0 || (tp->t_flags & TF_WANTFIN))
		tp->t_flags |= TF_OUTPUT;
}

/* --- all others --- */

/* RFC 7323, 5.2.  True: too old. */
static int
paws_old(struct tcpcb *tp, const struct seg *sg)
{

	if (!(tp->t_flags & TF_TS) || !(sg->sg_opts & SGO_TS) ||
	    (sg->sg_flags & TH_RST) ||
	    !SEQ_LT(sg->sg_tsval, tp->t_tsrecent))
		return 0;
	/* After a long pause its clock may have gone round. */
	if (TMS(sg->sg_now) - tp->t_tsrecentage > PAWS_TMS)
		return 0;
	TCPCOUNT(PAWSEstab);
	return 1;
}

/* Is some of it in the window (RFC 9293, 3.4)? */
static int
in_window(const struct tcpcb *tp, const struct seg *sg)
{
	uint32_t end = sg->sg_seq + sg->sg_len + !!(sg->sg_flags & TH_SYN) +
	    !!(sg->sg_flags & TH_FIN);
	uint32_t edge = SEQ_GT(tp->rcv_adv, tp->rcv_nxt) ? tp->rcv_adv :
	    tp->rcv_nxt;

	return SEQ_GEQ(end, tp->t_lastack) && SEQ_LEQ(sg->sg_seq, edge);
}

/* A duplicate or nonsense: says what is expected. */
static void
answer_old(struct tcpcb *tp, const struct seg *sg)
{
	uint32_t end = sg->sg_seq + sg->sg_len;

	if (sg->sg_flags & TH_RST)
		return;
	if (sg->sg_len != 0 || (sg->sg_flags & TH_FIN)) {
		if (SEQ_LT(sg->sg_seq, tp->rcv_nxt)) {
			TCPCOUNT(TCPDSACKOldSent);
			tcp_dsack(tp, sg->sg_seq, SEQ_LT(end, tp->rcv_nxt) ?
			    end : tp->rcv_nxt);
		}
		tp->t_flags |= TF_ACKNOW;
	} else
		tcp_challenge(tp, sg->sg_now);
}

/* The handshake ends.  False: the segment is none of ours. */
static int
synrecv_ack(struct tcpcb *tp, struct seg *sg)
{

	if (SEQ_LEQ(sg->sg_ack, tp->t_iss) || SEQ_GT(sg->sg_ack,
	    tp->snd_nxt)) {
		tcp_reset(sg);
		return 0;
	}
	if (tp->snd_una == tp->t_iss)
		tp->snd_una++;
	tcp_disarm(tp, TT_RTX);
	if (tp->t_probes == 0 && tp->t_srtt == 0)
		tcp_rtt(tp, TICKS(sg->sg_now) - tp->t_racktime, sg->sg_now);
	tp->t_probes = tp->t_backoff = 0;
	tp->snd_wnd = (uint32_t)sg->sg_win << tp->t_sndscale;
	tp->snd_wl1 = sg->sg_seq;
	tp->snd_wl2 = sg->sg_ack;
	tcp_isopen(tp);
	if (tp->t_rec != NULL)
		tcp_rtxarm(tp, sg->sg_now);
	return 1;
}

/* Our FIN was acknowledged. */
static void
fin_acked(struct tcpcb *tp, int64_t now)
{
	int t = SYSCTL(rump_tcp_fintimeout);

	switch (tp->t_state) {
	case TS_FIN_WAIT1:
		tcp_setstate(tp, TS_FIN_WAIT2);
		if (!(tp->t_flags & TF_CLOSED))
			break;
		if (tp->t_conf != NULL && tp->t_conf->tc_linger2 != 0)
			t = tp->t_conf->tc_linger2;
		if (t < 0)
			tcp_closed(tp);
		else
			tcp_arm(tp, TT_KEEP, now + t * NSEC_PER_SEC);
		break;
	case TS_CLOSING:
		tcp_setstate(tp, TS_TIME_WAIT);
		break;
	case TS_LAST_ACK:
		tcp_closed(tp);
		break;
	}
}

/*
 * What came after close(2), or shutdown(2) both ways, can never be read: the
 * peer must know.
 */
static int
data_too_late(struct tcpcb *tp, const struct seg *sg)
{
	const struct socket *so = tp->t_so;

	if (!((tp->t_flags & TF_CLOSED) || (so->so_rcv.sb_flags &
	    so->so_snd.sb_flags & SB_SHUT)) || sg->sg_len == 0 ||
	    SEQ_LEQ(sg->sg_seq + sg->sg_len, tp->rcv_nxt) ||
	    (tp->t_flags & TF_PEERFIN))
		return 0;
	TCPCOUNT(TCPAbortOnData);
	tcp_reset(sg);
	tcp_drop(tp, ECONNRESET);
	return 1;
}

static int
rst_or_syn(struct tcpcb *tp, struct seg *sg)
{

	if (sg->sg_flags & TH_RST) {
		if (sg->sg_seq == tp->rcv_nxt)
			reset_received(tp);
		else
			tcp_challenge(tp, sg->sg_now);
		return 1;
	}
	if (sg->sg_flags & TH_SYN) {
		if (tp->t_state == TS_SYN_RECV && sg->sg_seq == tp->t_irs) {
			/* It did not see our answer, or both at once. */
			if (!(sg->sg_flags & TH_ACK)) {
				tcp_sendsyn(tp);
				return 1;
			}
			sg->sg_flags &= (uint8_t)~TH_SYN;
			sg->sg_seq++;
			return 0;
		}
		TCPCOUNT(TCPSYNChallenge);
		tcp_challenge(tp, sg->sg_now);
		return 1;
	}
	return 0;
}

static void
new_timestamp(struct tcpcb *tp, const struct seg *sg)
{

	if ((tp->t_flags & TF_TS) && (sg->sg_opts & SGO_TS) &&
	    SEQ_LEQ(sg->sg_seq, tp->t_lastack) &&
	    SEQ_GEQ(sg->sg_tsval, tp->t_tsrecent)) {
		tp->t_tsrecent = sg->sg_tsval;
		tp->t_tsrecentage = TMS(sg->sg_now);
	} else if ((tp->t_flags & TF_TS) && (sg->sg_opts & SGO_TS) &&
	    SEQ_LEQ(sg->sg_seq, tp->t_lastack) &&
	    TMS(sg->sg_now) - tp->t_tsrecentage > PAWS_TMS) {
		tp->t_tsrecent = sg->sg_tsval;
		tp->t_tsrecentage = TMS(sg->sg_now);
	}
}

/* RFC 3168, 6.1.3: congestion seen is told until the sender heard of it. */
static void
ecn_received(struct tcpcb *tp, const struct seg *sg)
{

	if (!(tp->t_flags & TF_ECN))
		return;
	if (sg->sg_flags & TH_CWR)
		tp->t_flags &= ~(uint32_t)TF_ECE;
	if ((sg->sg_tos & 3) == 3 && sg->sg_len != 0) {
		if (!(tp->t_flags & TF_ECE))
			tp->t_flags |= TF_ACKNOW;
		tp->t_flags |= TF_ECE;
	}
}

void
tcp_segment(struct tcpcb *tp, struct seg *sg)
{
	struct inpcb *inp = tp->t_inp;

	if (tp->t_state == TS_SYN_SENT) {
		synsent(tp, sg);
		return;
	}
	if (UNLIKELY(paws_old(tp, sg))) {
		answer_old(tp, sg);
		return;
	}
	if (UNLIKELY(!in_window(tp, sg))) {
		answer_old(tp, sg);
		return;
	}
	if ((sg->sg_flags & (TH_RST | TH_SYN)) && rst_or_syn(tp, sg))
		return;
	if (!(sg->sg_flags & TH_ACK))
		return;
	if (tp->t_state == TS_SYN_RECV && !synrecv_ack(tp, sg))
		return;
	ecn_received(tp, sg);
	if (tcp_ack(tp, sg) != 0)
		return;
	new_timestamp(tp, sg);
	if ((tp->t_flags & TF_FINSENT) && tp->snd_una == tp->snd_nxt)
		fin_acked(tp, sg->sg_now);
	if (inp->inp_ppcb == NULL || tp->t_state == TS_CLOSE ||
	    data_too_late(tp, sg))
		return;
	if ((sg->sg_flags & TH_URG) && sg->sg_urp != 0)
		tcp_urgent(tp, sg);
	if (sg->sg_len != 0 || (sg->sg_flags & TH_FIN))
		tcp_data(tp, sg);
	else if (tp->t_keepprobes != 0)
		tp->t_keepprobes = 0;
	if (tp->t_state == TS_TIME_WAIT) {
		if (tp->t_flags & TF_ACKNOW)
			tcp_sendack(tp);
		tcp_timewait(tp);
	}
}
