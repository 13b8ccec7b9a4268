/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of what is under way: ranges of numbers in order, none overlapping,
 * from snd_una to snd_nxt (SYN aside).  The counters of RFC 6675's pipe are
 * kept here.  One record is part of the tcpcb: a connection with one segment
 * under way needs no memory for it.
 */
#include "tcp.h"

#define REC_MAX		16384	/* then they are only made longer */

static struct txrec *
rec_alloc(struct tcpcb *tp)
{

	if (LIKELY(tp->t_rec0.tr_end == tp->t_rec0.tr_seq))
		return &tp->t_rec0;
	if (tp->t_nrec >= REC_MAX)
		return NULL;
	return rump_kmem_alloc(sizeof(struct txrec));
}

/* What is sent for the first time; NULL: no memory. */
struct txrec *
tcp_rec_add(struct tcpcb *tp, uint32_t seq, uint32_t end, struct mbuf *m,
    uint8_t *p)
{
	struct txrec *tr = rec_alloc(tp), *last = tp->t_reclast;

	if (UNLIKELY(tr == NULL)) {
		/* The last one grows: it counts as sent now. */
		if (last == NULL || last->tr_end != seq ||
		    (last->tr_flags & (TR_SACKED | TR_FIN | TR_EVER |
		    TR_LOST)) != 0)
			return NULL;
		last->tr_end = end;
		return last;
	}
	tr->tr_next = NULL;
	tr->tr_m = m;
	tr->tr_p = p;
	tr->tr_seq = seq;
	tr->tr_end = end;
	tr->tr_flags = 0;
	tr->tr_sends = 1;
	if ((tr->tr_prev = last) != NULL)
		last->tr_next = tr;
	else
		tp->t_rec = tr;
	tp->t_reclast = tr;
	tp->t_nrec++;
	return tr;
}

/* Out of the list; counters are the caller's. */
void
tcp_rec_free(struct tcpcb *tp, struct txrec *tr)
{

	if (tr->tr_prev != NULL)
		tr->tr_prev->tr_next = tr->tr_next;
	else
		tp->t_rec = tr->tr_next;
	if (tr->tr_next != NULL)
		tr->tr_next->tr_prev = tr->tr_prev;
	else
		tp->t_reclast = tr->tr_prev;
	tp->t_nrec--;
	tr->tr_end = tr->tr_seq;
	if (UNLIKELY(tr != &tp->t_rec0))
		rump_kmem_free(tr, sizeof(*tr));
}

/* Where byte k after (m, p) is; m stays NULL when there is none. */
static void
rec_walk(struct mbuf **mp, uint8_t **pp, uint32_t k)
{
	struct mbuf *m = *mp;
	uint32_t n;

	while (m != NULL && k >= (n = (uint32_t)(m->m_data + m->m_len -
	    *pp))) {
		k -= n;
		if ((m = m->m_next) != NULL)
			*pp = m->m_data;
	}
	*mp = m;
	if (m != NULL)
		*pp += k;
}

/* Where in so_snd seq is: near its end when the last record says so. */
void
tcp_rec_pos(const struct tcpcb *tp, uint32_t seq, struct mbuf **mp,
    uint8_t **pp)
{
	const struct txrec *last = tp->t_reclast;
	uint32_t base = tp->snd_sb;

	if (last != NULL && last->tr_m != NULL && SEQ_GEQ(seq, last->tr_seq)) {
		*mp = last->tr_m;
		*pp = last->tr_p;
		base = last->tr_seq;
	} else {
		*mp = tp->t_so->so_snd.sb_head;
		if (*mp == NULL)
			return;
		*pp = (*mp)->m_data;
	}
	rec_walk(mp, pp, seq - base);
}

/* tr keeps the bytes before seq, a new one gets the others.  ENOBUFS. */
int
tcp_rec_split(struct tcpcb *tp, struct txrec *tr, uint32_t seq)
{
	struct txrec *n;

	KASSERT(SEQ_GT(seq, tr->tr_seq) && SEQ_LT(seq, tr->tr_end));
	if ((n = rec_alloc(tp)) == NULL)
		return ENOBUFS;
	*n = *tr;
	rec_walk(&n->tr_m, &n->tr_p, seq - tr->tr_seq);
	n->tr_seq = seq;
	tr->tr_end = seq;
	tr->tr_flags &= (uint8_t)~TR_FIN;
	n->tr_prev = tr;
	if (n->tr_next != NULL)
		n->tr_next->tr_prev = n;
	else
		tp->t_reclast = n;
	tr->tr_next = n;
	tp->t_nrec++;
	return 0;
}

void
tcp_rec_lost(struct tcpcb *tp, struct txrec *tr)
{
	uint32_t n = tr->tr_end - tr->tr_seq;

	if (tr->tr_flags & TR_RETRANS) {
		tr->tr_flags &= (uint8_t)~TR_RETRANS;
		tp->t_retrans -= n;
	}
	if ((tr->tr_flags & (TR_LOST | TR_SACKED)) == 0) {
		tr->tr_flags |= TR_LOST;
		tp->t_lost += n;
	}
}
