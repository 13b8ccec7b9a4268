/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Acknowledgements: what they take off the send buffer, round-trip times
 * (RFC 6298), windows.  recovery.c decides what they say about the path.
 */
#include "tcp.h"

/* ticks: one sample. */
void
tcp_rtt(struct tcpcb *tp, uint32_t ticks, int64_t now)
{
	uint32_t srtt = tp->t_srtt, err;

	if (ticks == 0)
		ticks = 1;
	if (ticks > MS_TICKS(60000))
		return;
	if (UNLIKELY(srtt == 0)) {
		tp->t_srtt = ticks << 3;
		tp->t_rttvar = ticks << 1;
	} else {
		err = ticks > srtt >> 3 ? ticks - (srtt >> 3) :
		    (srtt >> 3) - ticks;
		tp->t_srtt = srtt + ticks - (srtt >> 3);
		tp->t_rttvar += err - (tp->t_rttvar >> 2);
	}
	tp->t_rto = min32((tp->t_srtt >> 3) + max32(tp->t_rttvar, RTO_MIN),
	    RTO_MAX);
	/* The least of about five minutes. */
	if (UNLIKELY(ticks <= tp->t_minrtt) ||
	    TMS(now) - tp->t_minrttat > 300 * 953) {
		tp->t_minrtt = ticks;
		tp->t_minrttat = TMS(now);
	}
}

/*
 * The bytes of a record before end are acknowledged.  A record may be many
 * segments: its first ones tell of the path as well as its last.
 */
static inline void
rec_acked(struct tcpcb *tp, struct ackinfo *ai, struct txrec *tr,
    uint32_t end, uint32_t now)
{
	uint32_t n = end - tr->tr_seq;

	if (UNLIKELY(tr->tr_flags & TR_SACKED)) {
		tp->t_sacked -= n;
		return;
	}
	ai->ai_delivered += n;
	if (UNLIKELY(tr->tr_flags & TR_LOST))
		tp->t_lost -= n;
	if (UNLIKELY(tr->tr_flags & TR_RETRANS))
		tp->t_retrans -= n;
	if (LIKELY(!(tr->tr_flags & TR_EVER))) {
		ai->ai_orig = 1;
		if (ai->ai_rtt == 0)
			ai->ai_rtt = now - tr->tr_time + 1;
		if (UNLIKELY(tp->t_sacked != 0) &&
		    (tp->t_flags & TF_SACK) && SEQ_LT(tr->tr_seq, tp->t_fack))
			tcp_rack_late(tp, now - tr->tr_time);
	} else {
		ai->ai_karn = 1;
		/* Or it came in time, and that acknowledgement was lost. */
		if (tr->tr_seq == ai->ai_prioruna && !ai->ai_twice &&
		    ai->ai_echoage > now - tr->tr_time + TMS_TICKS)
			tcp_rack_late(tp, ai->ai_echoage);
	}
	tcp_rack_update(tp, tr, end, now);
}

/* snd_una goes on to ack, which is in (snd_una, snd_nxt]. */
void
tcp_ackdata(struct tcpcb *tp, struct ackinfo *ai, uint32_t ack, int64_t now)
{
	struct sockbuf *sb = &tp->t_so->so_snd;
	uint32_t n, t = TICKS(now);
	struct txrec *tr;

	ai->ai_acked = ack - tp->snd_una;
	tp->t_bytesacked += ai->ai_acked;
	while ((tr = tp->t_rec) != NULL && SEQ_LEQ(tr->tr_end, ack)) {
		rec_acked(tp, ai, tr, tr->tr_end, t);
		tcp_rec_free(tp, tr);
	}
	/* What waited for one that was sent again says nothing (Karn). */
	if (UNLIKELY(ai->ai_karn))
		ai->ai_rtt = 0;
	tp->snd_una = ack;
	n = min32(ack - tp->snd_sb, sb->sb_cc);
	tp->snd_sb += n;
	sb_drop(sb, n);
	if (UNLIKELY(tr != NULL)) {
		if (SEQ_LT(tr->tr_seq, ack)) {
			rec_acked(tp, ai, tr, ack, t);
			tr->tr_seq = ack;
			if ((tr->tr_m = sb->sb_head) != NULL)
				tr->tr_p = tr->tr_m->m_data;
		}
	} else
		tcp_disarm(tp, TT_RTX);
	tp->t_backoff = tp->t_probes = 0;
	tp->t_since = TMS(now);
	if (UNLIKELY(tp->t_flags & TF_URGSENT) && SEQ_LEQ(tp->snd_up, ack))
		tp->t_flags &= ~(uint32_t)TF_URGSENT;
	if (tp->t_inp->inp_rc.rc_neigh != NULL)
		rump_neigh_confirm(tp->t_inp->inp_rc.rc_neigh);
	so_wake_write(tp->t_so);
}

/* SND.WND (RFC 9293, 3.10.7.4).  True: it changed. */
static int
window_update(struct tcpcb *tp, const struct seg *sg)
{
	uint32_t win = (uint32_t)sg->sg_win << tp->t_sndscale;
	int changed;

	if (!(SEQ_LT(tp->snd_wl1, sg->sg_seq) || (tp->snd_wl1 == sg->sg_seq &&
	    (SEQ_LT(tp->snd_wl2, sg->sg_ack) || (tp->snd_wl2 == sg->sg_ack &&
	    (win > tp->snd_wnd || win == 0))))))
		return 0;
	changed = win != tp->snd_wnd;
	tp->snd_wnd = win;
	tp->snd_wl1 = sg->sg_seq;
	tp->snd_wl2 = sg->sg_ack;
	tp->snd_maxwnd = max32(tp->snd_maxwnd, win);
	return changed;
}

/* The window is open again, or the probe was answered. */
static void
persist_answered(struct tcpcb *tp)
{

	if (tp->t_rtxkind != RTX_PERSIST || tp->t_when[TT_RTX] == NEVER)
		return;
	tp->t_probes = 0;
	if (tp->snd_wnd != 0) {
		tp->t_backoff = 0;
		tcp_disarm(tp, TT_RTX);
	}
}

/* Not acceptable (RFC 5961, 5)? */
static int
ack_refused(struct tcpcb *tp, const struct seg *sg)
{

	if (SEQ_GT(sg->sg_ack, tp->snd_nxt)) {
		tcp_challenge(tp, sg->sg_now);
		return 1;
	}
	if (SEQ_LT(sg->sg_ack, tp->snd_una - max32(tp->snd_maxwnd, 65536))) {
		tcp_challenge(tp, sg->sg_now);
		return 1;
	}
	return 0;
}

/* True: the segment is not to be looked at any more. */
int
tcp_ack(struct tcpcb *tp, struct seg *sg)
{
	struct ackinfo ai;
	int changed;
	uint32_t n;

	if (UNLIKELY(ack_refused(tp, sg)))
		return 1;
	memset(&ai, 0, sizeof(ai));
	ai.ai_prioruna = tp->snd_una;
	ai.ai_priorpipe = tcp_pipe(tp);
	changed = window_update(tp, sg);
	persist_answered(tp);
	if (SEQ_LT(sg->sg_ack, tp->snd_una)) {
		if (sg->sg_nsack != 0 && (tp->t_flags & TF_SACK))
			tcp_sack(tp, sg, &ai);
		return 0;
	}
	ai.ai_dup = sg->sg_ack == tp->snd_una && sg->sg_len == 0 &&
	    !changed && tp->snd_una != tp->snd_nxt &&
	    !(sg->sg_flags & (TH_FIN | TH_SYN));
	if ((tp->t_flags & TF_TS) && (sg->sg_opts & SGO_TS) &&
	    sg->sg_tsecr != 0) {
		n = TMS(sg->sg_now) + tp->t_tsoff - sg->sg_tsecr;
		if (n < 60000)
			ai.ai_echoage = n * TMS_TICKS + 1;
	}
	ai.ai_twice = tcp_dsacked(tp, sg);
	if (sg->sg_ack != tp->snd_una)
		tcp_ackdata(tp, &ai, sg->sg_ack, sg->sg_now);
	if (sg->sg_nsack != 0 && (tp->t_flags & TF_SACK))
		tcp_sack(tp, sg, &ai);
	if (ai.ai_rtt == 0 && ai.ai_acked != 0)
		ai.ai_rtt = ai.ai_echoage;
	if (ai.ai_rtt != 0)
		tcp_rtt(tp, ai.ai_rtt - 1, sg->sg_now);
	ai.ai_ece = (tp->t_flags & TF_ECN) && (sg->sg_flags & TH_ECE);
	if (ai.ai_acked != 0 || ai.ai_sacked || ai.ai_dup || ai.ai_ece ||
	    ai.ai_dsack)
		tcp_recovery(tp, &ai, sg);
	return 0;
}
