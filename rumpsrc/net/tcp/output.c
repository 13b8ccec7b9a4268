/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output of connections: what may be sent, and making segments of it.
 *
 * A segment goes down as one packet of up to 64 KiB that the device or gso.c
 * cuts.  Few bytes are copied behind the headers, many are shared with so_snd.
 */
#include "tcp.h"

#define GSO_MAX		65000	/* bytes of one packet, headers aside */

/* n bytes from p in m on, copied. */
static void
copy_out(uint8_t *to, const struct mbuf *m, const uint8_t *p, uint32_t n)
{
	uint32_t k;

	for (;;) {
		k = min32(n, (uint32_t)(m->m_data + m->m_len - p));
		memcpy(to, p, k);
		if ((n -= k) == 0)
			return;
		to += k;
		m = m->m_next;
		p = m->m_data;
	}
}

/* What was told to the peer by a segment that goes out now. */
static inline void
acks_sent(struct tcpcb *tp)
{

	tp->t_flags &= ~(uint32_t)(TF_ACKNOW | TF_DELACK);
	tp->t_when[TT_DELACK] = NEVER;
	tp->t_lastack = tp->rcv_nxt;
}

static inline uint8_t
ecn_flags(struct tcpcb *tp, uint8_t flags, uint32_t len, int again,
    struct inflow *fl)
{

	if (LIKELY(!(tp->t_flags & TF_ECN)))
		return flags;
	if (tp->t_flags & TF_ECE)
		flags |= TH_ECE;
	if (len > 0 && !again) {
		fl->fl_tos |= 2;			/* ECT(0) */
		if (tp->t_flags & TF_CWR) {
			tp->t_flags &= ~(uint32_t)TF_CWR;
			flags |= TH_CWR;
		}
	}
	return flags;
}

/*
 * The header at th, len bytes of data follow.  m is the packet.
 */
static inline void
put_header(struct tcpcb *tp, struct mbuf *m, unsigned hlen, uint32_t len,
    uint32_t seq, uint8_t flags, uint16_t win)
{
	struct inpcb *inp = tp->t_inp;
	struct tcph *th = mtod(m, struct tcph *);

	th->th_sport = inp->inp_lport;
	th->th_dport = inp->inp_fport;
	th->th_seq = net32(seq);
	th->th_ack = net32(tp->rcv_nxt);
	th->th_off = (uint8_t)(hlen << 2);
	th->th_flags = flags;
	th->th_win = net16(win);
	th->th_urp = 0;
	if (UNLIKELY(tp->t_flags & TF_URGSENT) && SEQ_GT(tp->snd_up, seq)) {
		th->th_flags |= TH_URG;
		th->th_urp = net16((uint16_t)min32(tp->snd_up - seq, 0xffff));
	}
	th->th_sum = (uint16_t)~cksum_fold(in_pseudo(&inp->inp_laddr,
	    &inp->inp_faddr, PROTO_TCP, hlen + len));
	m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
	m->m_pkt.ph_csumstart = 0;
	m->m_pkt.ph_csumoff = 16;
	m->m_pkt.ph_hdrlen = (uint16_t)hlen;
	if (len > tp->t_mss) {
		m->m_pkt.ph_gso = inaddr_is4(&inp->inp_faddr) ?
		    PH_GSO_TCP4 : PH_GSO_TCP6;
		m->m_pkt.ph_gsosize = tp->t_mss;
	}
}

static int
ip_send(struct tcpcb *tp, struct mbuf *m, struct inflow *fl)
{
	int error;

	TCPCOUNT(OutSegs);
	error = INAF(&fl->fl_dst)->af_output(m, fl);
	if (UNLIKELY(error == EMSGSIZE))
		tcp_mtu(tp);
	return error;
}

static inline void
make_flow(struct tcpcb *tp, struct inflow *fl, int more)
{

	inpcb_flow(tp->t_inp, fl);
	/* Losses tell of a path that is narrower than thought. */
	if (UNLIKELY(tp->t_mtufails != 0))
		fl->fl_flags &= (uint8_t)~(FL_DF | FL_TRYDF);
	if (more)
		fl->fl_flags |= FL_MORE;
}

/*
 * One packet with len bytes from p in m on.  flags: TH_FIN, TH_PUSH.  again:
 * they were sent before.  ENOBUFS and what the layers below say.
 */
static int
send_data(struct tcpcb *tp, uint32_t seq, uint32_t len, struct mbuf *from,
    uint8_t *p, uint8_t flags, int again, int more, int64_t now)
{
	struct inflow fl;
	struct mbuf *m;
	unsigned hlen;
	uint32_t alone = 0;
	uint16_t win;

	if (len <= TCP_COPYLEN)
		m = m_gethdr(len + TH_LEN + TCP_MAXOPT);
	else
		m = m_gethdr(TH_LEN + TCP_MAXOPT);
	if (UNLIKELY(m == NULL))
		return ENOBUFS;
	hlen = TH_LEN;
	win = tcp_window(tp);
	/* With blocks it would be too long: they go alone after it. */
	if (UNLIKELY(tp->t_nreass != 0 || tp->t_dsack) && len +
	    TCP_MAXOPT > tp->t_mss)
		alone = tp->t_flags & TF_ACKNOW;
	if ((tp->t_flags & TF_TS) || tp->t_nreass != 0 || tp->t_dsack)
		hlen += tcp_putopts(tp, m->m_data + TH_LEN, now,
		    len + TCP_MAXOPT <= tp->t_mss);
	m->m_len = hlen;
	m->m_pkt.ph_len = hlen + len;
	if (len <= TCP_COPYLEN) {
		if (len != 0)
			copy_out(m->m_data + hlen, from, p, len);
		m->m_len += len;
	} else if ((m->m_next = m_copym(from, (size_t)(p - from->m_data),
	    len)) == NULL) {
		m_free(m);
		return ENOBUFS;
	}
	make_flow(tp, &fl, more);
	flags = ecn_flags(tp, flags | TH_ACK, len, again, &fl);
	put_header(tp, m, hlen, len, seq, flags, win);
	acks_sent(tp);
	tp->t_flags |= alone;
	return ip_send(tp, m, &fl);
}

void
tcp_sendack(struct tcpcb *tp)
{

	/* Memory is short: the timer tries again. */
	if (send_data(tp, tp->snd_nxt, 0, NULL, NULL, 0, 0, 0,
	    rump_monotonic()) == ENOBUFS) {
		tp->t_flags |= TF_DELACK;
		tcp_arm(tp, TT_DELACK, rump_monotonic() + DELACK_NS);
	}
}

/* A number that the peer has seen, so that it must answer. */
void
tcp_probe(struct tcpcb *tp, int urgent)
{

	(void)urgent;
	(void)send_data(tp, tp->snd_una - 1, 0, NULL, NULL, 0, 1, 0,
	    rump_monotonic());
}

/* Sends up to max bytes of a record again; splits it.  0: done. */
int
tcp_resend(struct tcpcb *tp, struct txrec *tr, uint32_t max)
{
	int64_t now = rump_monotonic();
	uint32_t len = tr->tr_end - tr->tr_seq, n;
	uint8_t flags = 0;
	int error;

	if (max > GSO_MAX)
		max = max32(GSO_MAX, tp->t_mss);
	if (max > tp->t_mss)
		max -= max % tp->t_mss;
	if (len > max) {
		if ((error = tcp_rec_split(tp, tr, tr->tr_seq + max)) != 0)
			return error;
		len = max;
	}
	n = len;
	if (tr->tr_flags & TR_FIN) {
		flags |= TH_FIN;
		n--;
	}
	if (tr->tr_end == tp->snd_nxt)
		flags |= TH_PUSH;
	error = send_data(tp, tr->tr_seq, n, tr->tr_m, tr->tr_p, flags, 1, 0,
	    now);
	if (error != 0 && error != EMSGSIZE)
		return error;
	TCPCOUNT(RetransSegs);
	tp->t_totalrtx += (n + tp->t_mss - 1) / tp->t_mss;
	if (!(tr->tr_flags & TR_RETRANS)) {
		tr->tr_flags |= TR_RETRANS;
		tp->t_retrans += len;
	}
	if (tp->t_rtxstamp == 0 || SEQ_GT(tr->tr_end, tp->t_rtxend))
		tp->t_rtxend = tr->tr_end;
	/* Never later than it was: its echo would look like the first's. */
	if (tp->t_rtxstamp == 0 &&
	    (tp->t_rtxstamp = TMS(now) + tp->t_tsoff) == 0)
		tp->t_rtxstamp--;
	if (tp->t_undomark != 0)
		tp->t_undortx += (int32_t)len;
	tr->tr_flags |= TR_EVER;
	tr->tr_time = TICKS(now);
	if (tr->tr_sends < 255)
		tr->tr_sends++;
	if (tp->t_ca >= CA_CWR)
		tp->t_prrout += len;
	return 0;
}

/* What was lost, while there is room.  True: something is still to do. */
static int
resend_lost(struct tcpcb *tp)
{
	struct txrec *tr, *next;
	uint32_t pipe, room;

	for (tr = tp->t_rec; tr != NULL && tp->t_lost > tp->t_retrans;
	    tr = next) {
		next = tr->tr_next;
		if ((tr->tr_flags & (TR_LOST | TR_RETRANS | TR_SACKED)) !=
		    TR_LOST)
			continue;
		pipe = tcp_pipe(tp);
		if (pipe >= tp->t_cwnd)
			return 1;
		room = max32(tp->t_cwnd - pipe, tp->t_mss);
		/* Beyond a window that shrank: only to probe. */
		if (SEQ_GEQ(tr->tr_seq, tp->snd_una + tp->snd_wnd) &&
		    tr->tr_seq != tp->snd_una)
			return 1;
		if (tcp_resend(tp, tr, room) != 0)
			return 1;
		next = tr->tr_next;
		if (tp->t_when[TT_RTX] == NEVER)
			tcp_rtxarm(tp, rump_monotonic());
	}
	return 0;
}

/* Nagle, as Minshall has it, and corks: must a part of a segment wait? */
static inline int
must_wait(const struct tcpcb *tp, uint32_t len)
{

	(void)len;
	if (tp->t_flags & (TF_CORK | TF_MORE))
		return !(tp->t_flags & TF_WANTFIN);
	if (tp->t_flags & (TF_NODELAY | TF_WANTFIN))
		return 0;
	if ((tp->t_flags & TF_URGSENT) && SEQ_GT(tp->snd_up, tp->snd_nxt))
		return 0;
	return SEQ_GT(tp->snd_sml, tp->snd_una) &&
	    SEQ_LEQ(tp->snd_sml, tp->snd_nxt);
}

/* How much of `unsent` to send now; 0: nothing. */
static inline uint32_t
how_much(struct tcpcb *tp, uint32_t unsent)
{
	uint32_t flight = tp->snd_nxt - tp->snd_una, pipe = tcp_pipe(tp);
	uint32_t room, len, part;

	if (UNLIKELY(pipe >= tp->t_cwnd)) {
		tp->t_flags |= TF_CWLIM;
		return 0;
	}
	if (UNLIKELY(flight >= tp->snd_wnd))
		return 0;
	room = min32(tp->snd_wnd - flight, max32(GSO_MAX, tp->t_mss));
	len = tp->t_cwnd - pipe;
	if (len < room) {
		room = len;
		if (unsent > room)
			tp->t_flags |= TF_CWLIM;
	}
	len = min32(unsent, room);
	part = len < tp->t_mss ? len : len % tp->t_mss;
	if (part == 0)
		return len;
	if (len == unsent)
		return must_wait(tp, part) ? len - part : len;
	/* The window cuts it: RFC 9293, 3.8.6.2.1 */
	if (len > part)
		return len - part;
	if (tp->t_cwnd - pipe < tp->t_mss)
		return 0;
	return flight == 0 && (len >= tp->snd_maxwnd / 2) ? len : 0;
}

/* Nothing is under way, and nothing may be: probe the window. */
static void
persist(struct tcpcb *tp, int64_t now)
{

	if (tp->t_when[TT_RTX] != NEVER)
		return;
	tp->t_rtxkind = RTX_PERSIST;
	tp->t_backoff = 0;
	tp->t_probes = 0;
	tcp_arm(tp, TT_RTX, now + TICKS_NS(tcp_rto(tp)));
}

/* RFC 5681, 4.1: after a pause the window is halved for each RTO. */
static __attribute__((__noinline__)) void
idle_restart(struct tcpcb *tp, uint32_t idle)
{
	uint32_t least = min32(TCP_IW * tp->t_mss, tp->t_cwnd);
	uint32_t rto = (uint32_t)(TICKS_NS(tcp_rto(tp)) >> 20) + 1;

	if (tp->t_ssthresh != UINT32_MAX)
		tp->t_ssthresh = max32(tp->t_ssthresh,
		    tp->t_cwnd / 4 * 3);
	for (; idle > rto && tp->t_cwnd > least; idle -= rto)
		tp->t_cwnd /= 2;
	tp->t_cwnd = max32(tp->t_cwnd, least);
	tp->t_cc->cc_loss(tp);
}

/*
 * New data from snd_nxt on: one packet of len bytes (with len 0: FIN alone).
 */
static int
send_new(struct tcpcb *tp, uint32_t len, uint32_t unsent, int64_t now)
{
	uint8_t flags = 0, *p = NULL;
	struct mbuf *m = NULL;
	struct txrec *tr;
	int error, more;
	uint32_t seq = tp->snd_nxt;

	if (len != 0) {
		if (LIKELY(tp->t_rec == NULL && seq == tp->snd_sb)) {
			m = tp->t_so->so_snd.sb_head;
			p = m->m_data;
		} else
			tcp_rec_pos(tp, seq, &m, &p);
	}
	if (len == unsent) {
		flags = len != 0 ? TH_PUSH : 0;
		if (tp->t_flags & TF_WANTFIN)
			flags |= TH_FIN;
	}
	tr = tcp_rec_add(tp, seq, seq + len + (flags & TH_FIN), m, p);
	if (UNLIKELY(tr == NULL))
		return ENOBUFS;
	tr->tr_time = TICKS(now);
	tp->snd_nxt = seq + len;
	if (flags & TH_FIN) {
		tr->tr_flags |= TR_FIN;
		tp->snd_nxt++;
		tp->t_flags |= TF_FINSENT;
	}
	if (len % tp->t_mss != 0)
		tp->snd_sml = seq + len;
	if (tp->t_ca >= CA_CWR)
		tp->t_prrout += len;
	more = unsent > len && how_much(tp, unsent - len) != 0;
	error = send_data(tp, seq, len, m, p, flags, 0, more, now);
	/* What was not sent counts as lost on the way: a timer runs. */
	if (tp->t_when[TT_RTX] == NEVER || tp->t_rtxkind != RTX_RTO ||
	    (UNLIKELY(tp->t_nrec == 2) && tcp_mayprobe(tp)))
		tcp_rtxarm(tp, now);
	return error;
}

static inline void
data_sent(struct tcpcb *tp, int64_t now)
{

	tp->t_lsnd = TMS(now);
	/* Soon after it received: requests and answers. */
	if (tp->t_lsnd - tp->t_lrcv < (uint32_t)(DELACK_NS >> 20))
		tp->t_flags |= TF_PINGPONG;
}

/* Part of a segment that may not wait any longer. */
void
tcp_push(struct tcpcb *tp)
{
	uint32_t unsent = tcp_unsent(tp), n;
	int64_t now = rump_monotonic();

	n = min32(min32(unsent, tp->t_mss), tp->snd_wnd);
	if (n == 0)
		return;
	data_sent(tp, now);
	(void)send_new(tp, n, unsent, now);
}

int
tcp_output(struct tcpcb *tp)
{
	uint32_t unsent, len;
	int64_t now;
	int error = 0;

	if (UNLIKELY(!tcp_established(tp))) {
		/* Fast Open: a server may send before its SYN is answered. */
		if (tp->t_state != TS_SYN_RECV || !(tp->t_flags & TF_TFOCHILD))
			return 0;
	}
	if (UNLIKELY(tp->t_inp->inp_rc.rc_gen != __atomic_load_n(&rump_net_gen,
	    __ATOMIC_RELAXED)))
		tcp_mtu(tp);
	if (UNLIKELY(tp->t_lost > tp->t_retrans) && resend_lost(tp))
		goto ack;
	unsent = tcp_unsent(tp);
	if (unsent == 0) {
		if (LIKELY(!(tp->t_flags & TF_WANTFIN)) ||
		    (tp->t_flags & TF_FINSENT))
			goto ack;
		now = rump_monotonic();
		error = send_new(tp, 0, 0, now);
		goto ack;
	}
	now = rump_monotonic();
	if (tp->snd_nxt == tp->snd_una) {
		len = TMS(now) - tp->t_lsnd;
		if (UNLIKELY(TICKS_NS(tp->t_rto) >> 20 < len))
			idle_restart(tp, len);
		/* A closed window's time goes on. */
		if (LIKELY(tp->t_when[TT_RTX] == NEVER))
			tp->t_since = TMS(now);
	}
	tp->t_flags &= ~(uint32_t)TF_CWLIM;
	while (unsent != 0 && (len = how_much(tp, unsent)) != 0) {
		data_sent(tp, now);
		error = send_new(tp, len, unsent, now);
		if (UNLIKELY(error != 0))
			break;
		unsent -= len;
	}
	if (UNLIKELY(tp->t_so->so_snd.sb_flags & SB_NOTSENT))
		so_wake_write(tp->t_so);
	if (UNLIKELY(unsent != 0) && tp->snd_nxt == tp->snd_una)
		persist(tp, now);
ack:
	if (UNLIKELY(tp->t_flags & TF_ACKNOW))
		tcp_sendack(tp);
	return error;
}
