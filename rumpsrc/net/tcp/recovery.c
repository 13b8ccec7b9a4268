/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Congestion state: what to do about losses that sack.c, or repeated
 * acknowledgements without SACK (RFC 5681, 6582), tell of; how much to send
 * meanwhile (PRR, RFC 6937bis); when it was all a mistake (RFC 3522, 5682,
 * DSACK); ECN (RFC 3168).
 */
#include "tcp.h"

static void
prr_begin(struct tcpcb *tp)
{

	tp->t_recoverfs = max32(tp->snd_nxt - tp->snd_una, 1);
	tp->t_prrdelivered = tp->t_prrout = 0;
}

static void
undo_forget(struct tcpcb *tp)
{

	tp->t_undomark = 0;
	tp->t_undortx = 0;
	tp->t_rtxstamp = 0;
}

static void
undo_remember(struct tcpcb *tp)
{

	tp->t_priorcwnd = tp->t_cwnd;
	tp->t_priorssthresh = tp->t_ssthresh;
	undo_forget(tp);
	tp->t_undomark = tp->snd_una != 0 ? tp->snd_una : 1;
}

static inline void
slow_down(struct tcpcb *tp)
{

	tp->t_ssthresh = max32(tp->t_cc->cc_ssthresh(tp),
	    2 * (uint32_t)tp->t_mss);
	if (tp->t_flags & TF_ECN)
		tp->t_flags |= TF_CWR;
}

void
tcp_entercwr(struct tcpcb *tp)
{

	if (tp->t_ca >= CA_CWR)
		return;
	undo_forget(tp);
	slow_down(tp);
	tp->t_recover = tp->snd_nxt;
	prr_begin(tp);
	tp->t_ca = CA_CWR;
}

static void
enter_recovery(struct tcpcb *tp)
{

	if (tp->t_flags & TF_SACK)
		TCPCOUNT(TCPSackRecovery);
	else
		TCPCOUNT(TCPRenoRecovery);
	if (tp->t_ca < CA_CWR) {
		undo_remember(tp);
		slow_down(tp);
		prr_begin(tp);
	} else if (tp->t_undomark == 0)
		undo_forget(tp);
	tp->t_recover = tp->snd_nxt;
	tp->t_ca = CA_RECOVERY;
	if (tp->t_reopersist != 0 && --tp->t_reopersist == 0) {
		tp->t_reosteps = 0;
		tp->t_reolate = 0;
	}
}

/* The first record's first segment, for those without SACK. */
static void
head_lost(struct tcpcb *tp)
{
	struct txrec *tr = tp->t_rec;

	if (tr == NULL)
		return;
	if (tr->tr_end - tr->tr_seq > tp->t_mss &&
	    tcp_rec_split(tp, tr, tr->tr_seq + tp->t_mss) != 0)
		return;
	tr->tr_flags &= (uint8_t)~TR_SACKED;
	tcp_rec_lost(tp, tr);
}

/* A time-out: nothing of what is under way is known to be there. */
void
tcp_enterloss(struct tcpcb *tp)
{
	struct txrec *tr;
	int reneged, fresh = tp->t_ca != CA_LOSS ||
	    SEQ_GEQ(tp->snd_una, tp->t_recover);

	if (tp->t_ca < CA_RECOVERY || (tp->t_ca == CA_LOSS && fresh)) {
		undo_remember(tp);
		slow_down(tp);
		tp->t_cc->cc_loss(tp);
	}
	if (fresh)
		tp->t_flags |= TF_FRTO;
	else
		tp->t_flags &= ~(uint32_t)TF_FRTO;
	tp->t_recover = tp->snd_nxt;
	reneged = tp->t_rec != NULL && (tp->t_rec->tr_flags & TR_SACKED);
	if (!(tp->t_flags & TF_SACK))
		tp->t_sacked = 0;
	for (tr = tp->t_rec; tr != NULL; tr = tr->tr_next) {
		if ((tr->tr_flags & TR_SACKED) && reneged) {
			tr->tr_flags &= (uint8_t)~TR_SACKED;
			tp->t_sacked -= tr->tr_end - tr->tr_seq;
		}
		tcp_rec_lost(tp, tr);
	}
	tp->t_cwnd = tcp_pipe(tp) + tp->t_mss;
	tp->t_dupacks = 0;
	tp->t_tlphigh = 0;
	tp->t_ca = CA_LOSS;
}

/* It was not lost, only late. */
static void
undo(struct tcpcb *tp)
{
	struct txrec *tr;

	for (tr = tp->t_rec; tr != NULL; tr = tr->tr_next)
		if (tr->tr_flags & TR_LOST) {
			tr->tr_flags &= (uint8_t)~TR_LOST;
			tp->t_lost -= tr->tr_end - tr->tr_seq;
		}
	tp->t_cwnd = max32(tp->t_cwnd, tp->t_priorcwnd);
	tp->t_ssthresh = max32(tp->t_ssthresh, tp->t_priorssthresh);
	tp->t_cc->cc_undo(tp);
	tp->t_flags &= ~(uint32_t)(TF_FRTO | TF_CWR);
	undo_forget(tp);
	tp->t_ca = tp->t_sacked != 0 ? CA_DISORDER : CA_OPEN;
	TCPCOUNT(TCPFullUndo);
}

/* Did the acknowledgement answer what was sent first? */
static int
was_spurious(const struct tcpcb *tp, const struct ackinfo *ai,
    const struct seg *sg)
{

	if (tp->t_undomark == 0 || tp->t_rtxstamp == 0)
		return 0;
	if (tp->t_undortx <= 0)			/* all came twice */
		return 1;
	return ai->ai_acked != 0 && (tp->t_flags & TF_TS) &&
	    (sg->sg_opts & SGO_TS) && sg->sg_tsecr != 0 &&
	    SEQ_LT(sg->sg_tsecr, tp->t_rtxstamp);
}

static void
leave(struct tcpcb *tp)
{

	if (tp->t_ca >= CA_CWR && tp->t_ca != CA_LOSS)
		tp->t_cwnd = max32(tp->t_ssthresh, 2 * (uint32_t)tp->t_mss);
	if (!(tp->t_flags & TF_SACK))
		tp->t_sacked = 0;
	tp->t_dupacks = 0;
	tp->t_flags &= ~(uint32_t)TF_FRTO;
	tp->t_ca = tp->t_sacked != 0 ? CA_DISORDER : CA_OPEN;
}

/* RFC 6937bis, 6.2: proportional rate reduction. */
static void
prr(struct tcpcb *tp, const struct ackinfo *ai)
{
	uint32_t pipe = tcp_pipe(tp), n, limit;

	tp->t_prrdelivered += ai->ai_delivered;
	if (pipe > tp->t_ssthresh) {
		n = (uint32_t)(((uint64_t)tp->t_prrdelivered * tp->t_ssthresh +
		    tp->t_recoverfs - 1) / tp->t_recoverfs);
		n = n > tp->t_prrout ? n - tp->t_prrout : 0;
	} else {
		limit = tp->t_prrdelivered > tp->t_prrout ?
		    tp->t_prrdelivered - tp->t_prrout : 0;
		limit = max32(limit, ai->ai_delivered);
		if (ai->ai_acked != 0 && !ai->ai_newloss)
			limit += tp->t_mss;
		n = min32(tp->t_ssthresh - pipe, limit);
	}
	/* The first one is sent again at once. */
	if (tp->t_prrout == 0 && tp->t_ca == CA_RECOVERY)
		n = max32(n, tp->t_mss);
	tp->t_cwnd = max32(pipe + n, tp->t_mss);
}

/*
 * Without SACK each repeated one says that a segment arrived.  Anybody can
 * repeat them: no more are believed than what was under way can make.
 */
static void
count_dups(struct tcpcb *tp, struct ackinfo *ai)
{
	uint32_t flight = tp->snd_nxt - tp->snd_una, n = tp->t_mss;

	if (tp->t_ca == CA_RECOVERY)
		flight = min32(flight, 2 * (tp->t_recover - tp->snd_una));
	if (ai->ai_dup) {
		if (tp->t_dupacks < 255)
			tp->t_dupacks++;
		if (tp->t_sacked + n + tp->t_lost < flight) {
			tp->t_sacked += n;
			ai->ai_delivered += n;
		}
	} else if (ai->ai_acked != 0) {
		tp->t_dupacks = 0;
		n = ai->ai_acked > n ? ai->ai_acked - n : 0;
		ai->ai_delivered -= min32(ai->ai_delivered,
		    min32(tp->t_sacked, n));
		tp->t_sacked -= min32(tp->t_sacked, n);
		if (tp->t_sacked > flight)
			tp->t_sacked = flight;
	}
}

/* The probe's outcome (RFC 8985, 7.4). */
void
tcp_tlp_acked(struct tcpcb *tp, const struct ackinfo *ai, uint32_t ack)
{

	if (SEQ_LT(ack, tp->t_tlphigh) && !ai->ai_dsack)
		return;
	if (!(tp->t_flags & TF_TLPRTX) || ai->ai_dsack) {
		tp->t_tlphigh = 0;
	} else if (SEQ_GT(ack, tp->t_tlphigh)) {
		TCPCOUNT(TCPLossProbeRecovery);
		tp->t_tlphigh = 0;
		tcp_entercwr(tp);
	} else if (ai->ai_acked == 0 && !ai->ai_sacked)
		tp->t_tlphigh = 0;		/* both copies arrived */
}

/*
 * RFC 5682: are new data acknowledged that were sent only once?  Without SACK
 * they may have waited for what was sent again with them.
 */
static int
frto(struct tcpcb *tp, struct ackinfo *ai)
{

	if (!(tp->t_flags & TF_FRTO))
		return 0;
	if (ai->ai_orig && ((tp->t_flags & TF_SACK) || !ai->ai_karn) &&
	    SEQ_LEQ(tp->snd_una, tp->t_recover)) {
		TCPCOUNT(TCPSpuriousRTOs);
		undo(tp);
		return 1;
	}
	if (ai->ai_sacked || ai->ai_dup || ai->ai_acked != 0)
		tp->t_flags &= ~(uint32_t)TF_FRTO;
	return 0;
}

static void
in_loss(struct tcpcb *tp, struct ackinfo *ai, const struct seg *sg)
{

	if (was_spurious(tp, ai, sg)) {
		TCPCOUNT(TCPSpuriousRTOs);
		undo(tp);
	} else if (!frto(tp, ai) && SEQ_GEQ(tp->snd_una, tp->t_recover))
		leave(tp);
}

static void
in_recovery(struct tcpcb *tp, struct ackinfo *ai, const struct seg *sg)
{

	if (was_spurious(tp, ai, sg))
		undo(tp);
	else if (SEQ_GEQ(tp->snd_una, tp->t_recover))
		leave(tp);
	else if (!(tp->t_flags & TF_SACK) && ai->ai_acked != 0)
		head_lost(tp);			/* RFC 6582: partial */
}

static void
ecn_echo(struct tcpcb *tp, const struct ackinfo *ai)
{

	if (!ai->ai_ece || SEQ_LT(tp->snd_una, tp->t_ecnrecover))
		return;
	tp->t_ecnrecover = tp->snd_nxt;
	tcp_entercwr(tp);
}

static void
next_state(struct tcpcb *tp, struct ackinfo *ai, const struct seg *sg)
{

	switch (tp->t_ca) {
	case CA_LOSS:
		in_loss(tp, ai, sg);
		break;
	case CA_RECOVERY:
		in_recovery(tp, ai, sg);
		break;
	case CA_CWR:
		if (SEQ_GEQ(tp->snd_una, tp->t_recover) && tp->t_lost == 0)
			leave(tp);
		break;
	default:
		/* What was sent last came twice too, now that it is over. */
		if (ai->ai_dsack && tp->t_undomark != 0 &&
		    tp->t_rtxstamp != 0 && tp->t_undortx <= 0)
			undo(tp);
	}
	if (tp->t_ca >= CA_RECOVERY)
		return;
	if (!(tp->t_flags & TF_SACK) && tp->t_dupacks >= TCP_DUPTHRESH &&
	    tp->t_lost == 0)
		head_lost(tp);
	if (tp->t_lost != 0)
		enter_recovery(tp);
	else if (tp->t_ca != CA_CWR)
		tp->t_ca = tp->t_sacked != 0 ? CA_DISORDER : CA_OPEN;
}

void
tcp_recovery(struct tcpcb *tp, struct ackinfo *ai, const struct seg *sg)
{
	uint32_t reo = 0;
	int newloss = 0, limited = (tp->t_flags & TF_CWLIM) != 0 ||
	    tp->t_cwnd < 2 * ai->ai_priorpipe;

	if (tp->t_tlphigh != 0)
		tcp_tlp_acked(tp, ai, sg->sg_ack);
	if (!(tp->t_flags & TF_SACK))
		count_dups(tp, ai);
	else
		reo = tcp_rack_detect(tp, sg->sg_now, &newloss);
	ai->ai_newloss = (uint8_t)newloss;
	ecn_echo(tp, ai);
	next_state(tp, ai, sg);
	if (tp->t_ca == CA_RECOVERY || tp->t_ca == CA_CWR)
		prr(tp, ai);
	else if (ai->ai_acked != 0 && limited)
		tp->t_cc->cc_acked(tp, ai->ai_acked);
	if (tp->snd_una == tp->snd_nxt)
		return;
	if (reo != 0) {
		tp->t_rtxkind = RTX_REO;
		tcp_arm(tp, TT_RTX, sg->sg_now + TICKS_NS(reo));
	} else if (ai->ai_acked != 0 || ai->ai_sacked ||
	    tp->t_when[TT_RTX] == NEVER)
		tcp_rtxarm(tp, sg->sg_now);
}
