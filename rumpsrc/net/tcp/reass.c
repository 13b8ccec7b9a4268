/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was received out of order: blocks of bytes that follow each other,
 * sorted, none touching.  They are what SACK options say.  Bounded by the
 * receive window, the memory of so_rcv's limit, and a number of blocks.
 */
#include "tcp.h"

#define REASS_MAX	512

static void
rblk_free(struct tcpcb *tp, struct rblk **pp)
{
	struct rblk *rb = *pp;

	*pp = rb->rb_next;
	tp->t_reassmem -= (uint32_t)m_memory(rb->rb_head);
	tp->t_nreass--;
	m_freem(rb->rb_head);
	rump_kmem_free(rb, sizeof(*rb));
}

void
tcp_flushreass(struct tcpcb *tp)
{

	while (tp->t_reass != NULL)
		rblk_free(tp, &tp->t_reass);
	tp->t_reassmem = 0;
	tp->t_nsack = 0;
}

/* This block is told of first. */
static void
rblk_recent(struct tcpcb *tp, uint32_t seq)
{
	unsigned i, n = tp->t_nsack;

	for (i = 0; i < n && tp->t_sackrecent[i] != seq; i++)
		;
	if (i == n) {
		if (n < 3)
			tp->t_nsack++;
		else
			i--;
	}
	for (; i > 0; i--)
		tp->t_sackrecent[i] = tp->t_sackrecent[i - 1];
	tp->t_sackrecent[0] = seq;
}

/* Appends a chain of data (or nothing) to a block. */
static void
rblk_append(struct rblk *rb, struct mbuf *m, struct mbuf *last)
{

	if (m == NULL)
		return;
	if (rb->rb_tail != NULL)
		rb->rb_tail->m_next = m;
	else
		rb->rb_head = m;
	rb->rb_tail = last;
}

/* What follows and is touched now becomes part of it. */
static void
rblk_absorb(struct tcpcb *tp, struct rblk *rb)
{
	struct rblk *n;
	uint32_t over;

	while ((n = rb->rb_next) != NULL && SEQ_LEQ(n->rb_seq, rb->rb_end)) {
		if (SEQ_LEQ(n->rb_end, rb->rb_end) || rb->rb_fin) {
			rblk_free(tp, &rb->rb_next);
			continue;
		}
		over = rb->rb_end - n->rb_seq;
		if (n->rb_head != NULL)
			m_adj(n->rb_head, (int)over);
		rblk_append(rb, n->rb_head, n->rb_tail);
		rb->rb_end = n->rb_end;
		rb->rb_fin = n->rb_fin;
		rb->rb_next = n->rb_next;
		tp->t_nreass--;
		rump_kmem_free(n, sizeof(*n));
	}
}

static int
too_much(const struct tcpcb *tp, size_t mem)
{
	uint32_t most = 2 * tp->t_so->so_rcv.sb_hiwat;

	return tp->t_reassmem + mem > most || tp->t_nreass >= REASS_MAX ||
	    rump_mbuf_inuse() > SYSCTL(rump_mbuf_limit) / 4 * 3;
}

void
tcp_reass(struct tcpcb *tp, struct seg *sg)
{
	uint32_t seq = sg->sg_seq, fin = !!(sg->sg_flags & TH_FIN);
	uint32_t end = seq + sg->sg_len + fin, over;
	struct mbuf *m = sg->sg_len != 0 ? sg->sg_m : NULL;
	struct rblk *prev = NULL, *rb;
	size_t mem = m_memory(m);

	for (rb = tp->t_reass; rb != NULL && SEQ_LEQ(rb->rb_seq, seq);
	    rb = rb->rb_next)
		prev = rb;
	if (prev != NULL && SEQ_LEQ(end, prev->rb_end)) {
		tcp_dsack(tp, seq, end);
		rblk_recent(tp, prev->rb_seq);
		return;
	}
	if (too_much(tp, mem) || (prev != NULL && prev->rb_fin)) {
		TCPCOUNT(TCPOFODrop);
		return;
	}
	TCPCOUNT(TCPOFOQueue);
	if (prev != NULL && SEQ_LEQ(seq, prev->rb_end)) {
		over = prev->rb_end - seq;
		if (over != 0 && m != NULL)
			m_adj(m, (int)over);
		rb = prev;
	} else {
		if ((rb = rump_kmem_zalloc(sizeof(*rb))) == NULL)
			return;
		rb->rb_seq = seq;
		rb->rb_next = prev != NULL ? prev->rb_next : tp->t_reass;
		if (prev != NULL)
			prev->rb_next = rb;
		else
			tp->t_reass = rb;
		tp->t_nreass++;
	}
	rb->rb_end = end;
	rb->rb_fin = (uint8_t)fin;
	if (m != NULL) {
		rblk_append(rb, m, m_last(m));
		tp->t_reassmem += (uint32_t)mem;
		sg->sg_m = NULL;
	}
	rblk_absorb(tp, rb);
	rblk_recent(tp, rb->rb_seq);
}

/* rcv_nxt went on: what is in order now belongs to the user. */
void
tcp_unreass(struct tcpcb *tp)
{
	struct sockbuf *sb = &tp->t_so->so_rcv;
	struct rblk *rb;
	uint32_t n;
	int fin = 0;

	while ((rb = tp->t_reass) != NULL && !fin &&
	    SEQ_LEQ(rb->rb_seq, tp->rcv_nxt)) {
		n = rb->rb_end - tp->rcv_nxt - rb->rb_fin;
		if (SEQ_GT(rb->rb_end, tp->rcv_nxt)) {
			fin = rb->rb_fin;
			tp->t_reassmem -= (uint32_t)m_memory(rb->rb_head);
			if (rb->rb_head != NULL)
				m_adj(rb->rb_head,
				    (int)(tp->rcv_nxt - rb->rb_seq));
			if (tp->t_flags & TF_URGRCV)
				tcp_oob_take(tp, rb->rb_head, tp->rcv_nxt, n);
			tp->rcv_nxt += n;
			tp->t_bytesrcvd += n;
			sb_append(sb, rb->rb_head);
			rb->rb_head = NULL;
		}
		rblk_free(tp, &tp->t_reass);
	}
	if (tp->t_reass == NULL)
		tp->t_nsack = 0;
	if (fin)
		tcp_fin(tp);
}

/* --- the option --- */

static inline uint8_t *
put32(uint8_t *p, uint32_t v)
{
	v = net32(v);
	memcpy(p, &v, 4);
	return p + 4;
}

/*
 * RFC 2883: the next acknowledgement says what came twice.  It has room for one
 * such block: another one has to wait until that is told.
 */
void
tcp_dsack(struct tcpcb *tp, uint32_t seq, uint32_t end)
{

	if (!(tp->t_flags & TF_SACK) || seq == end)
		return;
	if (tp->t_dsack && tp->t_dend == seq)
		seq = tp->t_dseq;
	else if (tp->t_dsack) {
		tcp_sendack(tp);
		tp->t_flags |= TF_ACKNOW;
	}
	tp->t_dsack = 1;
	tp->t_dseq = seq;
	tp->t_dend = end;
}

/* Was it told already, as one of the latest? */
static int
is_recent(const struct tcpcb *tp, uint32_t seq)
{
	unsigned i;

	for (i = 0; i < tp->t_nsack; i++)
		if (tp->t_sackrecent[i] == seq)
			return 1;
	return 0;
}

unsigned
tcp_sackopt(struct tcpcb *tp, uint8_t *p, unsigned room)
{
	unsigned most = (room - 4) / 8, n = 0, i;
	uint8_t *q = p + 4;
	const struct rblk *rb;

	if (tp->t_dsack) {
		q = put32(q, tp->t_dseq);
		q = put32(q, tp->t_dend);
		tp->t_dsack = 0;
		n++;
	}
	for (i = 0; i < tp->t_nsack && n < most; i++) {
		for (rb = tp->t_reass; rb != NULL &&
		    rb->rb_seq != tp->t_sackrecent[i]; rb = rb->rb_next)
			;
		if (rb == NULL)
			continue;
		q = put32(q, rb->rb_seq);
		q = put32(q, rb->rb_end);
		n++;
	}
	for (rb = tp->t_reass; rb != NULL && n < most; rb = rb->rb_next) {
		if (is_recent(tp, rb->rb_seq))
			continue;
		q = put32(q, rb->rb_seq);
		q = put32(q, rb->rb_end);
		n++;
	}
	if (n == 0)
		return 0;
	(void)put32(p, 1 << 24 | 1 << 16 | 5 << 8 | (2 + 8 * n));
	return 4 + 8 * n;
}
