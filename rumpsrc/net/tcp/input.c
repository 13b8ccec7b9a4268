/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Input: a header is checked and read here, once.  Then whose it is; what a
 * connection gets all day (the next data, acknowledgements of what was sent
 * last) is done at once, the rest is segment.c's.
 */
#include "tcp.h"

static inline uint32_t
get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return net32(v);
}

static inline void
in_error(struct mbuf *m)
{

	TCPCOUNT(InErrs);
	m_freem(m);
}

static int
sum_ok(const struct mbuf *m, const struct inrcv *ir)
{
	uint32_t len = m->m_pkt.ph_len;

	if (LIKELY(m->m_pkt.ph_csum != PH_CSUM_NONE) ||
	    (m->m_pkt.ph_flags & PH_LOOP))
		return 1;
	return cksum_fold(m_cksum(m, 0, len, in_pseudo(&ir->ir_src,
	    &ir->ir_dst, PROTO_TCP, len))) == 0;
}

/* --- the short way --- */

/*
 * Bytes that follow rcv_nxt, for so_rcv.  Few are added to what is in the
 * last mbuf, so that small segments do not keep big buffers.  Takes m.
 */
static inline void
rcv_append(struct sockbuf *sb, struct mbuf *m, uint32_t len)
{
	struct mbuf *t = sb->sb_tail;

	if (UNLIKELY(sb->sb_head != NULL && len <= TCP_COPYLEN &&
	    m->m_next == NULL && m_tailroom(t) >= len)) {
		memcpy(t->m_data + t->m_len, m->m_data, len);
		t->m_len += len;
		sb->sb_cc += len;
		m_free(m);
		return;
	}
	sb_append(sb, m);
}

static inline void
strip_header(struct mbuf *m, unsigned n)
{

	m->m_data += n;
	m->m_len -= n;
	m->m_pkt.ph_len -= n;
}

/* Acknowledges what was sent, in order, once. */
static inline void
fast_ack(struct tcpcb *tp, const struct seg *sg)
{
	uint32_t flight = tp->snd_nxt - tp->snd_una;
	struct ackinfo ai;

	memset(&ai, 0, sizeof(ai));
	tcp_ackdata(tp, &ai, sg->sg_ack, sg->sg_now);
	if (ai.ai_rtt != 0)
		tcp_rtt(tp, ai.ai_rtt - 1, sg->sg_now);
	if (tp->t_cwnd < 2 * flight || (tp->t_flags & TF_CWLIM))
		tp->t_cc->cc_acked(tp, ai.ai_acked);
	tp->t_dupacks = 0;
	if (tp->snd_una != tp->snd_nxt)
		tcp_rtxarm(tp, sg->sg_now);
}

static inline void
fast_data(struct tcpcb *tp, struct seg *sg)
{
	struct socket *so = tp->t_so;

	TCPCOUNT(TCPHPHits);
	tp->rcv_nxt += sg->sg_len;
	tp->t_bytesrcvd += sg->sg_len;
	strip_header(sg->sg_m, sg->sg_hlen);
	rcv_append(&so->so_rcv, sg->sg_m, sg->sg_len);
	sg->sg_m = NULL;
	tcp_wantack(tp, sg->sg_len, sg->sg_now);
	so_wake_read(so);
	if (sg->sg_len >= tp->t_rcvmss &&
	    TICKS(sg->sg_now) - tp->t_drstime >= (tp->t_rcvrtt != 0 ?
	    tp->t_rcvrtt >> 3 : tp->t_srtt >> 3))
		tcp_tunercv(tp, TICKS(sg->sg_now));
}

/*
 * Header prediction: open in both directions, in order, nothing odd.
 * False: nothing was done.
 */
static inline int
fast_path(struct tcpcb *tp, struct seg *sg)
{
	struct socket *so = tp->t_so;
	uint32_t win;

	if (UNLIKELY(tp->t_state != TS_ESTABLISHED ||
	    (sg->sg_flags & ~TH_PUSH) != TH_ACK || sg->sg_seq != tp->rcv_nxt ||
	    tp->t_ca != CA_OPEN || sg->sg_nsack != 0 ||
	    SEQ_LT(sg->sg_ack, tp->snd_una) ||
	    SEQ_GT(sg->sg_ack, tp->snd_nxt) || tp->t_nreass != 0 ||
	    (tp->t_flags & (TF_ECN | TF_URGSENT | TF_FRTO |
	    TF_CLOSED | TF_URGRCV)) != 0 ||
	    tp->t_sacked != 0 || tp->t_lost != 0 || tp->t_tlphigh != 0))
		return 0;
	if (tp->t_flags & TF_TS) {
		if (UNLIKELY(!(sg->sg_opts & SGO_TS) ||
		    SEQ_LT(sg->sg_tsval, tp->t_tsrecent)))
			return 0;
	}
	win = (uint32_t)sg->sg_win << tp->t_sndscale;
	if (sg->sg_len == 0) {
		/* A repeated one may be a sign of loss. */
		if (UNLIKELY(sg->sg_ack == tp->snd_una))
			return 0;
	} else if (UNLIKELY(sg->sg_len > sb_space(&so->so_rcv) ||
	    SEQ_GT(sg->sg_seq + sg->sg_len, tp->rcv_adv)))
		return 0;
	if (UNLIKELY(win != tp->snd_wnd)) {
		tp->snd_wnd = win;
		if (win > tp->snd_maxwnd)
			tp->snd_maxwnd = win;
	}
	tp->snd_wl1 = sg->sg_seq;
	tp->snd_wl2 = sg->sg_ack;
	if (tp->t_flags & TF_TS && SEQ_LEQ(sg->sg_seq, tp->t_lastack)) {
		tp->t_tsrecent = sg->sg_tsval;
		tp->t_tsrecentage = TMS(sg->sg_now);
	}
	if (sg->sg_ack != tp->snd_una)
		fast_ack(tp, sg);
	if (sg->sg_len != 0)
		fast_data(tp, sg);
	else
		TCPCOUNT(TCPHPAcks);
	return 1;
}

/* --- whose it is --- */

/* so_lock held; keeps inp's reference when there is work for the flush. */
static inline void
conn_input(struct inpcb *inp, struct tcpcb *tp, struct seg *sg)
{

	tp->t_lseg = TMS(sg->sg_now);
	if (LIKELY(fast_path(tp, sg))) {
		if (sg->sg_len != 0)
			tp->t_lrcv = tp->t_lseg;
		if (tcp_unsent(tp) != 0)
			tp->t_flags |= TF_OUTPUT;
	} else {
		/* As if each had come alone: a loss takes nothing back. */
		if (tp->t_flags & TF_OUTPUT) {
			tp->t_flags &= ~(uint32_t)TF_OUTPUT;
			(void)tcp_output(tp);
		}
		tcp_segment(tp, sg);
		if (inp->inp_ppcb == NULL)	/* it is over */
			return;
		if (tcp_unsent(tp) != 0 || tp->t_lost > tp->t_retrans ||
		    (tp->t_flags & (TF_WANTFIN | TF_FINSENT)) == TF_WANTFIN)
			tp->t_flags |= TF_OUTPUT;
	}
	if ((tp->t_flags & (TF_ACKNOW | TF_OUTPUT)) && !(tp->t_flags &
	    TF_QUEUED)) {
		inpcb_ref(inp);
		tcp_defer(tp);
	}
}

static __attribute__((__noinline__)) void
not_connected(struct inpcb *inp, struct seg *sg)
{
	struct socket *so;
	uint32_t iss = 0;

	if (sg->sg_m->m_pkt.ph_flags & (PH_BCAST | PH_MCAST) ||
	    inaddr_ismulti(&sg->sg_ir->ir_dst))
		goto out;
	if (SYSCTL(tcp_tw_count) != 0 && tcp_tw_input(sg, &iss)) {
		if (inp != NULL)
			inpcb_rele(inp);
		return;
	}
	if (inp == NULL) {
		tcp_reset(sg);
		goto out;
	}
	so = inp->inp_so;
	rump_mutex_enter(&so->so_lock);
	if ((so->so_state & SS_DEAD) == 0 && inp->inp_ppcb != NULL &&
	    ((struct tcpcb *)inp->inp_ppcb)->t_state == TS_LISTEN) {
		tcp_listen_input(inp, sg, iss);	/* lets so_lock go */
		m_freem(sg->sg_m);
		inpcb_rele(inp);
		return;
	}
	rump_mutex_exit(&so->so_lock);
	tcp_reset(sg);
out:
	m_freem(sg->sg_m);
	if (inp != NULL)
		inpcb_rele(inp);
}

static inline int
is_tuple(const struct inpcb *inp)
{
	return __atomic_load_n(&inp->inp_hashed, __ATOMIC_RELAXED) ==
	    INP_H_TUPLE;
}

/* A whole header in front, whose sum is right.  NULL: gone. */
static inline struct mbuf *
header(struct mbuf *m, const struct inrcv *ir, unsigned *hlenp)
{
	unsigned hlen;

	if (UNLIKELY(m->m_len < TH_LEN) && (m->m_pkt.ph_len < TH_LEN ||
	    (m = m_pullup(m, TH_LEN)) == NULL))
		goto bad;
	hlen = (mtod(m, const struct tcph *)->th_off >> 4) * 4U;
	if (UNLIKELY(hlen < TH_LEN || hlen > m->m_pkt.ph_len))
		goto bad;
	if (UNLIKELY(m->m_len < hlen) && (m = m_pullup(m, hlen)) == NULL)
		goto bad;
	if (UNLIKELY(!sum_ok(m, ir))) {
		TCPCOUNT(InCsumErrors);
		goto bad;
	}
	*hlenp = hlen;
	return m;
bad:
	in_error(m);
	return NULL;
}

static inline void
seg_fill(struct seg *sg, struct mbuf *m, const struct inrcv *ir,
    unsigned hlen)
{
	const struct tcph *th = mtod(m, const struct tcph *);

	sg->sg_m = m;
	sg->sg_ir = ir;
	sg->sg_now = rump_monotonic();
	sg->sg_seq = net32(th->th_seq);
	sg->sg_ack = net32(th->th_ack);
	sg->sg_len = m->m_pkt.ph_len - hlen;
	sg->sg_win = net16(th->th_win);
	sg->sg_urp = net16(th->th_urp);
	sg->sg_sport = th->th_sport;
	sg->sg_dport = th->th_dport;
	sg->sg_hlen = (uint16_t)hlen;
	sg->sg_flags = th->th_flags;
	sg->sg_tos = m->m_pkt.ph_tos;
	sg->sg_opts = sg->sg_nsack = 0;
	if (LIKELY(hlen > TH_LEN) && UNLIKELY(!tcp_parse(sg,
	    m->m_data + TH_LEN, hlen - TH_LEN)))
		TCPCOUNT(InErrs);	/* what could be read counts */
}

static void
tcp_input(struct mbuf *m, const struct inrcv *ir)
{
	struct inpcb *inp;
	struct socket *so;
	struct tcpcb *tp;
	struct seg sg;
	unsigned hlen;

	TCPCOUNT(InSegs);
	if ((m = header(m, ir, &hlen)) == NULL)
		return;
	seg_fill(&sg, m, ir, hlen);
	inp = inpcb_lookup(&tcp_table, &ir->ir_dst, sg.sg_dport, &ir->ir_src,
	    sg.sg_sport, ir->ir_if);
	if (UNLIKELY(inp == NULL) || UNLIKELY(!is_tuple(inp))) {
		not_connected(inp, &sg);
		return;
	}
	so = inp->inp_so;
	rump_mutex_enter(&so->so_lock);
	tp = inp->inp_ppcb;
	if (UNLIKELY((so->so_state & SS_DEAD) || tp == NULL ||
	    tp->t_state == TS_CLOSE || tp->t_state == TS_LISTEN)) {
		rump_mutex_exit(&so->so_lock);
		not_connected(NULL, &sg);
		inpcb_rele(inp);
		return;
	}
	if (LIKELY(so->so_filter == NULL) || so_filtered(so, m) >= hlen)
		conn_input(inp, tp, &sg);
	rump_mutex_exit(&so->so_lock);
	inpcb_rele(inp);
	if (sg.sg_m != NULL)
		m_freem(sg.sg_m);
}

/* --- errors from the network (RFC 5461, RFC 5927) --- */

static void
conn_error(struct tcpcb *tp, const struct inrcv *sent, int error, int hard,
    uint32_t mtu)
{
	struct txrec *tr;
	uint32_t n;

	if (error == EMSGSIZE) {
		n = INAF(&sent->ir_dst)->af_hdrlen + TH_LEN;
		if (mtu < n + TCP_MSS_MIN || mtu >= n + tp->t_mss +
		    ((tp->t_flags & TF_TS) ? 12U : 0U))
			return;
		rump_rt_setpmtu(&sent->ir_dst, mtu);
		tcp_mtu(tp);
		/* It did not arrive. */
		if ((tr = tp->t_rec) != NULL) {
			tcp_rec_lost(tp, tr);
			(void)tcp_output(tp);
		}
		return;
	}
	if ((tp->t_state == TS_SYN_SENT || tp->t_state == TS_SYN_RECV) &&
	    hard)
		tcp_drop(tp, error);
	else if (tp->t_inp->inp_flags & (INP_RECVERR | INP_RECVERR6))
		so_seterror(tp->t_so, error);
}

static void
tcp_error(const struct inrcv *sent, int error, int hard, uint32_t mtu,
    const uint8_t *data, size_t n)
{
	struct inpcb *inp;
	struct tcpcb *tp;
	uint16_t sport, dport;
	uint32_t seq;

	if (n < 8)
		return;
	memcpy(&sport, data, 2);
	memcpy(&dport, data + 2, 2);
	seq = get32(data + 4);
	inp = inpcb_lookup(&tcp_table, &sent->ir_src, sport, &sent->ir_dst,
	    dport, sent->ir_if);
	if (inp == NULL)
		return;
	rump_mutex_enter(&inp->inp_so->so_lock);
	tp = inp->inp_ppcb;
	/* Only about what is under way (RFC 5927, 4.1). */
	if ((inp->inp_so->so_state & SS_DEAD) == 0 && tp != NULL &&
	    tp->t_state != TS_CLOSE && tp->t_state != TS_LISTEN &&
	    SEQ_GEQ(seq, tp->snd_una) && SEQ_LT(seq, tp->snd_nxt))
		conn_error(tp, sent, error, hard, mtu);
	rump_mutex_exit(&inp->inp_so->so_lock);
	inpcb_rele(inp);
}

static const struct ipproto tcp_proto = {
	.ip_proto = PROTO_TCP,
	.ip_v4 = 1,
	.ip_v6 = 1,
	.ip_input = tcp_input,
	.ip_error = tcp_error,
	.ip_flush = tcp_flush,
};
RUMP_IPPROTO(tcp_proto);
