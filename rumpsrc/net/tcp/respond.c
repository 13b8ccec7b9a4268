/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segments that are not a connection's data: SYN of a connection, resets,
 * answers for those who have no connection (RFC 9293, 3.10.7.1).
 */
#include <linux/in.h>
#include "tcp.h"

/* Puts header and sum in front of options and data, and sends.  Takes m. */
static void
respond_send(struct mbuf *m, struct inflow *fl, const struct tcph *th)
{
	struct tcph *h = mtod(m, struct tcph *);

	*h = *th;
	h->th_sum = (uint16_t)~cksum_fold(in_pseudo(&fl->fl_src, &fl->fl_dst,
	    PROTO_TCP, m->m_pkt.ph_len));
	m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
	m->m_pkt.ph_csumoff = 16;
	TCPCOUNT(OutSegs);
	if (th->th_flags & TH_RST)
		TCPCOUNT(OutRsts);
	if (INAF(&fl->fl_dst) == NULL) {
		m_freem(m);
		return;
	}
	(void)INAF(&fl->fl_dst)->af_output(m, fl);
}

void
tcp_respond(const struct inrcv *ir, uint16_t lport, uint16_t fport,
    uint32_t seq, uint32_t ack, uint8_t flags, uint32_t win,
    const uint8_t *opt, unsigned optlen, struct inpcb *inp, uint8_t tos)
{
	struct tcph th = { lport, fport, net32(seq), net32(ack),
	    (uint8_t)((TH_LEN + optlen) << 2), flags,
	    net16((uint16_t)min32(win, 65535)), 0, 0 };
	struct mbuf *m = m_gethdr(TH_LEN + TCP_MAXOPT);
	struct inflow fl;

	if (m == NULL)
		return;
	m->m_len = m->m_pkt.ph_len = TH_LEN + optlen;
	if (optlen != 0)
		memcpy(m->m_data + TH_LEN, opt, optlen);
	memset(&fl, 0, sizeof(fl));
	if (inp != NULL)
		inpcb_flow(inp, &fl);
	else
		fl.fl_flags = FL_TRYDF;
	fl.fl_rc = NULL;		/* it is for another destination */
	fl.fl_src = ir->ir_dst;
	fl.fl_dst = ir->ir_src;
	fl.fl_proto = PROTO_TCP;
	fl.fl_tos = (uint8_t)((fl.fl_tos & ~3) | tos);
	if (inaddr_islinklocal6(&ir->ir_src))
		fl.fl_oif = ir->ir_if->if_index;
	respond_send(m, &fl, &th);
}

/* Nobody knows this segment. */
void
tcp_reset(const struct seg *sg)
{
	uint32_t n = sg->sg_len;

	if (sg->sg_flags & TH_RST)
		return;
	if (sg->sg_flags & TH_ACK) {
		tcp_respond(sg->sg_ir, sg->sg_dport, sg->sg_sport, sg->sg_ack,
		    0, TH_RST, 0, NULL, 0, NULL, 0);
		return;
	}
	n += (sg->sg_flags & TH_SYN) != 0;
	n += (sg->sg_flags & TH_FIN) != 0;
	tcp_respond(sg->sg_ir, sg->sg_dport, sg->sg_sport, 0, sg->sg_seq + n,
	    TH_RST | TH_ACK, 0, NULL, 0, NULL, 0);
}

/* On a connection: what the peer expects next. */
void
tcp_sendrst(struct tcpcb *tp)
{
	struct inpcb *inp = tp->t_inp;
	struct tcph th = { inp->inp_lport, inp->inp_fport,
	    net32(tp->snd_nxt), net32(tp->rcv_nxt), (uint8_t)(TH_LEN << 2),
	    TH_RST | TH_ACK, 0, 0, 0 };
	struct mbuf *m = m_gethdr(TH_LEN + TCP_MAXOPT);
	struct inflow fl;
	unsigned n = 0;

	if (m == NULL)
		return;
	/* The peer may have taken less window back: never beyond it. */
	if (tp->t_flags & TF_TS) {
		n = tcp_putopts(tp, m->m_data + TH_LEN, rump_monotonic(), 0);
		th.th_off = (uint8_t)((TH_LEN + n) << 2);
	}
	m->m_len = m->m_pkt.ph_len = TH_LEN + n;
	inpcb_flow(inp, &fl);
	respond_send(m, &fl, &th);
}

static void
syn_options(struct tcpcb *tp, struct synopts *so, int64_t now, int answer)
{
	struct inpcb *inp = tp->t_inp;

	memset(so, 0, sizeof(*so));
	so->so_mss = tcp_mssoffer(&inp->inp_laddr, &inp->inp_faddr, inp);
	so->so_ws = tp->t_flags & TF_WS ? tp->t_rcvscale : 0xff;
	so->so_sack = (tp->t_flags & TF_SACK) != 0;
	so->so_ts = (tp->t_flags & TF_TS) != 0;
	so->so_tsval = TMS(now) + tp->t_tsoff;
	so->so_tsecr = answer ? tp->t_tsrecent : 0;
	so->so_folen = 0xff;
	if (!answer && tp->t_fo != NULL && tp->t_probes == 0) {
		so->so_folen = tp->t_fo->fo_len;
		memcpy(so->so_fo, tp->t_fo->fo_cookie, sizeof(so->so_fo));
	}
}

/* Data that go with a SYN (RFC 7413, 4.1.1): only the first time. */
static void
syn_data(struct tcpcb *tp, struct mbuf *m, unsigned hlen)
{
	struct tcpfo *fo = tp->t_fo;
	struct socket *so = tp->t_so;
	uint32_t n;

	if (fo == NULL || fo->fo_len == 0 || tp->t_probes != 0)
		return;
	n = min32(so->so_snd.sb_cc, (uint32_t)fo->fo_mss);
	n = min32(n, 1460 - hlen + TH_LEN);
	if (n == 0)
		return;
	if ((m->m_next = m_copym(so->so_snd.sb_head, 0, n)) == NULL)
		return;
	m->m_pkt.ph_len += n;
	fo->fo_sent = n;
}

/* SYN, or SYN and ACK in SYN_RECV; t_probes: how often it was sent. */
void
tcp_sendsyn(struct tcpcb *tp)
{
	struct inpcb *inp = tp->t_inp;
	int answer = tp->t_state == TS_SYN_RECV;
	struct tcph th = { inp->inp_lport, inp->inp_fport, net32(tp->t_iss),
	    answer ? net32(tp->rcv_nxt) : 0, 0,
	    answer ? TH_SYN | TH_ACK : TH_SYN, 0, 0, 0 };
	struct mbuf *m = m_gethdr(TH_LEN + TCP_MAXOPT);
	int64_t now = rump_monotonic();
	struct synopts opts;
	struct inflow fl;
	unsigned hlen;

	if (m == NULL)
		return;
	if (tp->t_flags & TF_ECN)
		th.th_flags |= answer ? TH_ECE : tp->t_probes < 2 ?
		    TH_ECE | TH_CWR : 0;
	syn_options(tp, &opts, now, answer);
	hlen = TH_LEN + tcp_putsyn(m->m_data + TH_LEN, &opts);
	m->m_len = m->m_pkt.ph_len = hlen;
	th.th_off = (uint8_t)(hlen << 2);
	th.th_win = net16((uint16_t)min32(sb_space(&tp->t_so->so_rcv), 65535));
	if (!answer)
		syn_data(tp, m, hlen);
	if (tp->rcv_adv == tp->rcv_nxt)
		tp->rcv_adv = tp->rcv_nxt + net16(th.th_win);
	inpcb_flow(inp, &fl);
	if (tp->t_probes != 0)
		TCPCOUNT(RetransSegs);
	respond_send(m, &fl, &th);
}
