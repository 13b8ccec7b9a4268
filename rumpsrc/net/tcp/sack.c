/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SACK blocks of the peer (RFC 2018, 2883) and RACK (RFC 8985): which of what
 * was sent did arrive, and what was sent so long before it that it is lost.
 */
#include "tcp.h"

#define REO_PERSIST	16	/* recoveries */

static inline uint32_t
get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return net32(v);
}

/* RFC 8985, 6.2, steps 2 and 3: the latest that is known to have arrived. */
void
tcp_rack_update(struct tcpcb *tp, const struct txrec *tr, uint32_t end,
    uint32_t now)
{
	uint32_t rtt = now - tr->tr_time;

	/* Sent again just now: it was the first copy that arrived. */
	if (UNLIKELY(tr->tr_flags & TR_EVER) && rtt < tp->t_minrtt)
		return;
	tp->t_rackrtt = rtt;
	if (SEQ_GT(tr->tr_time, tp->t_racktime) ||
	    (tr->tr_time == tp->t_racktime &&
	    SEQ_GT(end, tp->t_rackend))) {
		tp->t_racktime = tr->tr_time;
		tp->t_rackend = end;
	}
}

/*
 * Reordering.  RFC 8985's window grows by a quarter of the least round-trip
 * time when something was sent again for nothing; where reordering makes that
 * time very short this takes hundreds of mistakes.  So how much later than what
 * overtook it something arrived is measured too, by the timestamp (RFC 3522)
 * when it was sent again meanwhile.
 */
void
tcp_rack_late(struct tcpcb *tp, uint32_t age)
{
	uint32_t late = age > tp->t_rackrtt ? age - tp->t_rackrtt : 0;

	tp->t_flags |= TF_REORD;
	tp->t_reopersist = REO_PERSIST;
	tp->t_reolate = max32(tp->t_reolate, late);
}

/* Two neighbours that both arrived become one. */
static struct txrec *
rec_merge(struct tcpcb *tp, struct txrec *tr)
{
	struct txrec *prev = tr->tr_prev;

	if (prev == NULL || !(prev->tr_flags & TR_SACKED) ||
	    prev->tr_end != tr->tr_seq)
		return tr;
	if (tr == &tp->t_rec0 || prev == &tp->t_rec0)
		return tr;		/* rec0 would look free */
	prev->tr_end = tr->tr_end;
	prev->tr_flags |= tr->tr_flags & TR_FIN;
	tcp_rec_free(tp, tr);
	return prev;
}

static struct txrec *
rec_sacked(struct tcpcb *tp, struct ackinfo *ai, struct txrec *tr,
    uint32_t now)
{
	uint32_t n = tr->tr_end - tr->tr_seq;

	tp->t_sacked += n;
	ai->ai_delivered += n;
	ai->ai_sacked = 1;
	if (tr->tr_flags & TR_LOST)
		tp->t_lost -= n;
	if (tr->tr_flags & TR_RETRANS)
		tp->t_retrans -= n;
	if (!(tr->tr_flags & TR_EVER)) {
		ai->ai_orig = 1;
		ai->ai_rtt = now - tr->tr_time + 1;
		if (SEQ_LT(tr->tr_seq, tp->t_fack))
			tcp_rack_late(tp, now - tr->tr_time);
	}
	tr->tr_flags = (uint8_t)((tr->tr_flags & ~(TR_LOST | TR_RETRANS)) |
	    TR_SACKED);
	if (SEQ_GT(tr->tr_end, tp->t_fack))
		tp->t_fack = tr->tr_end;
	tcp_rack_update(tp, tr, tr->tr_end, now);
	return rec_merge(tp, tr);
}

/* [l, r) arrived; una <= l < r <= nxt. */
static void
sack_block(struct tcpcb *tp, struct ackinfo *ai, uint32_t l, uint32_t r,
    uint32_t now)
{
	struct txrec *tr;

	for (tr = tp->t_rec; tr != NULL && SEQ_LT(tr->tr_seq, r);
	    tr = tr->tr_next) {
		if (SEQ_LEQ(tr->tr_end, l) || (tr->tr_flags & TR_SACKED))
			continue;
		if (SEQ_LT(tr->tr_seq, l)) {
			if (tcp_rec_split(tp, tr, l) != 0)
				return;
			continue;
		}
		if (SEQ_GT(tr->tr_end, r) && tcp_rec_split(tp, tr, r) != 0)
			return;
		tr = rec_sacked(tp, ai, tr, now);
	}
}

/* RFC 8985, 6.2, step 4: what came twice widens the reordering window. */
static void
dsack_seen(struct tcpcb *tp, struct ackinfo *ai, uint32_t l, uint32_t r)
{

	TCPCOUNT(TCPDSACKRecv);
	/* More than was sent again: the network doubles segments. */
	tp->t_totaldup += (r - l + tp->t_mss - 1) / tp->t_mss;
	if (tp->t_totaldup > tp->t_totalrtx)
		return;
	ai->ai_dsack = 1;
	if (tp->t_undomark != 0 && SEQ_GEQ(l, tp->t_undomark) &&
	    SEQ_LEQ(r, tp->t_rtxend))
		tp->t_undortx -= (int32_t)(r - l);
	if (SEQ_GEQ(tp->snd_una, tp->t_reoround) || tp->t_reosteps == 0) {
		tp->t_reoround = tp->snd_nxt;
		if (tp->t_reosteps < 255)
			tp->t_reosteps++;
		tp->t_reopersist = REO_PERSIST;
	}
}

int
tcp_dsacked(const struct tcpcb *tp, const struct seg *sg)
{
	return sg->sg_nsack != 0 && (tp->t_flags & TF_SACK) &&
	    SEQ_LEQ(get32(sg->sg_sack + 4), sg->sg_ack);
}

void
tcp_sack(struct tcpcb *tp, const struct seg *sg, struct ackinfo *ai)
{
	uint32_t l, r, l2, r2, now = TICKS(sg->sg_now);
	const uint8_t *p = sg->sg_sack;
	unsigned i, n = sg->sg_nsack < 4 ? sg->sg_nsack : 4;

	if (SEQ_LT(tp->t_fack, tp->snd_una))
		tp->t_fack = tp->snd_una;
	for (i = 0; i < n; i++, p += 8) {
		l = get32(p);
		r = get32(p + 4);
		if (SEQ_GEQ(l, r) || r - l > tp->snd_maxwnd + 65536)
			continue;
		if (i == 0) {
			l2 = n > 1 ? get32(p + 8) : 0;
			r2 = n > 1 ? get32(p + 12) : 0;
			if (SEQ_LEQ(r, sg->sg_ack) || (n > 1 &&
			    SEQ_GEQ(l, l2) && SEQ_LEQ(r, r2))) {
				dsack_seen(tp, ai, l, r);
				continue;
			}
		}
		if (SEQ_LT(l, tp->snd_una))
			l = tp->snd_una;
		if (SEQ_GT(r, tp->snd_nxt) || SEQ_GEQ(l, r))
			continue;
		sack_block(tp, ai, l, r, now);
	}
}

/* RFC 8985, 6.2, step 4. */
static uint32_t
reo_window(const struct tcpcb *tp)
{
	uint32_t w;

	if (!(tp->t_flags & TF_REORD) && (tp->t_ca >= CA_RECOVERY ||
	    tp->t_sacked >= TCP_DUPTHRESH * (uint32_t)tp->t_mss))
		return 0;
	w = tp->t_minrtt == UINT32_MAX ? 0 : (tp->t_minrtt >> 2) *
	    (1U + tp->t_reosteps);
	w = max32(w, tp->t_reolate + tp->t_reolate / 4);
	return min32(w, tp->t_srtt >> 3);
}

/* RFC 8985, 6.2, step 5. */
uint32_t
tcp_rack_detect(struct tcpcb *tp, int64_t now, int *newloss)
{
	uint32_t t = TICKS(now), reo, left, most = 0;
	struct txrec *tr, *next;

	if (tp->t_sacked == 0 && tp->t_retrans == 0 && tp->t_ca < CA_RECOVERY)
		return 0;
	reo = reo_window(tp);
	for (tr = tp->t_rec; tr != NULL; tr = next) {
		next = tr->tr_next;
		if ((tr->tr_flags & TR_SACKED) || (tr->tr_flags & (TR_LOST |
		    TR_RETRANS)) == TR_LOST)
			continue;
		if (SEQ_GT(tr->tr_time, tp->t_racktime) ||
		    (tr->tr_time == tp->t_racktime &&
		    SEQ_GEQ(tr->tr_end, tp->t_rackend)))
			continue;
		left = tp->t_rackrtt + reo;
		if (t - tr->tr_time >= left) {
			tcp_rec_lost(tp, tr);
			*newloss = 1;
		} else
			most = max32(most, left - (t - tr->tr_time));
	}
	return most;
}
