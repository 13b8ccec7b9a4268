/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections' life.  A tcpcb belongs to a PCB, which holds the socket.  When
 * the connection is over and a file is left the PCB stays, out of the table,
 * until close(2); without a file all goes at once.  The memory goes when the
 * callout and the flush list know it no more.
 */
#include "tcp.h"

struct inpcbtable tcp_table = { .it_proto = PROTO_TCP, .it_unique = 1 };
static uint32_t tcp_nestab;		/* [a] */
const struct tcp_cc *tcp_cc_default = &tcp_cc_cubic;	/* [a] */

uint32_t
rump_tcp_estab(void)
{

	return __atomic_load_n(&tcp_nestab, __ATOMIC_RELAXED);
}

void
tcp_setstate(struct tcpcb *tp, int state)
{
	int was = tp->t_state == TS_ESTABLISHED ||
	    tp->t_state == TS_CLOSE_WAIT;
	int is = state == TS_ESTABLISHED || state == TS_CLOSE_WAIT;

	tp->t_state = (uint8_t)state;
	if (was != is)
		__atomic_fetch_add(&tcp_nestab, is ? 1U : ~0U,
		    __ATOMIC_RELAXED);
}

struct tcpcb *
tcp_new(struct inpcb *inp)
{
	struct tcpcb *tp = rump_kmem_zalloc(sizeof(*tp));
	unsigned i;

	if (tp == NULL)
		return NULL;
	tp->t_inp = inp;
	tp->t_so = inp->inp_so;
	tp->t_state = TS_CLOSE;
	tp->t_mss = tp->t_peermss = TCP_MSS_DEF4;
	tp->t_rcvmss = TCP_MSS_DEF4;
	tp->t_ssthresh = UINT32_MAX;
	tp->t_rto = RTO_INIT;
	tp->t_minrtt = UINT32_MAX;
	tp->t_quick = 16;
	tp->t_armed = NEVER;
	for (i = 0; i < TT_N; i++)
		tp->t_when[i] = NEVER;
	rump_callout_init(&tp->t_co, tcp_timer, tp);
	tp->t_cc = SYSCTL(tcp_cc_default);
	tp->t_cc->cc_init(tp);
	inp->inp_ppcb = tp;
	return tp;
}

struct tcpconf *
tcp_conf(struct tcpcb *tp)
{

	if (tp->t_conf == NULL)
		tp->t_conf = rump_kmem_zalloc(sizeof(*tp->t_conf));
	return tp->t_conf;
}

void
tcp_flushsend(struct tcpcb *tp)
{

	while (tp->t_rec != NULL)
		tcp_rec_free(tp, tp->t_rec);
	tp->t_sacked = tp->t_lost = tp->t_retrans = 0;
	sb_flush(&tp->t_so->so_snd);
	tp->snd_sb = tp->snd_nxt;
}

/* Caller: TF_DEAD. */
void
tcp_reap(struct tcpcb *tp)
{

	if (tp->t_armed == NEVER && !(tp->t_flags & TF_QUEUED))
		rump_kmem_free(tp, sizeof(*tp));
}

static void
stop_timers(struct tcpcb *tp)
{
	unsigned i;

	for (i = 0; i < TT_N; i++)
		tp->t_when[i] = NEVER;
	if (tp->t_armed != NEVER && rump_callout_stop(&tp->t_co)) {
		tp->t_armed = NEVER;
		inpcb_rele(tp->t_inp);
	}
}

static void
drop_extras(struct tcpcb *tp)
{

	if (tp->t_conf != NULL)
		rump_kmem_free(tp->t_conf, sizeof(*tp->t_conf));
	if (tp->t_fo != NULL)
		rump_kmem_free(tp->t_fo, sizeof(*tp->t_fo));
	tp->t_conf = NULL;
	tp->t_fo = NULL;
}

/* so_lock held by somebody with another reference. */
void
tcp_free(struct tcpcb *tp)
{
	struct inpcb *inp = tp->t_inp;

	tcp_setstate(tp, TS_CLOSE);
	tcp_flushsend(tp);
	tcp_flushreass(tp);
	stop_timers(tp);
	drop_extras(tp);
	inp->inp_ppcb = NULL;
	tp->t_flags |= TF_DEAD;
	inpcb_detach(inp);
	tcp_reap(tp);
}

static void
over(struct tcpcb *tp)
{
	struct socket *so = tp->t_so;

	tcp_setstate(tp, TS_CLOSE);
	tcp_flushsend(tp);
	tcp_flushreass(tp);
	stop_timers(tp);
	tp->t_flags &= ~(uint32_t)(TF_ACKNOW | TF_OUTPUT | TF_DELACK);
	inpcb_unpair(tp->t_inp);
	so_disconnected(so);
	if (tp->t_flags & TF_CLOSED)
		tcp_free(tp);
}

void
tcp_drop(struct tcpcb *tp, int error)
{

	if (tp->t_state == TS_CLOSE)
		return;
	if (error != 0)
		tp->t_so->so_error = error;
	over(tp);
}

void
tcp_closed(struct tcpcb *tp)
{

	if (tp->t_state != TS_CLOSE)
		over(tp);
}

void
tcp_abort(struct tcpcb *tp, int error)
{

	if (tcp_established(tp) || tp->t_state == TS_SYN_RECV)
		tcp_sendrst(tp);
	tcp_drop(tp, error);
}

/* The handshake is complete. */
void
tcp_isopen(struct tcpcb *tp)
{
	int64_t now = rump_monotonic();

	tcp_mtu(tp);
	tcp_setstate(tp, (tp->t_flags & TF_PEERFIN) ? TS_CLOSE_WAIT :
	    TS_ESTABLISHED);
	if (tp->t_cwnd == 0 || !(tp->t_flags & TF_TFOCHILD))
		tp->t_cwnd = TCP_IW * tp->t_mss;
	tp->t_racktime = TICKS(now);
	tp->t_lsnd = tp->t_lrcv = tp->t_lseg = TMS(now);
	tp->t_lrcv -= 1000;			/* nothing received yet */
	tp->t_fack = tp->t_reoround = tp->t_ecnrecover = tp->snd_una;
	tp->snd_sml = tp->snd_una;
	tp->snd_maxwnd = max32(tp->snd_maxwnd, tp->snd_wnd);
	tcp_buffers(tp);
	tcp_keeparm(tp, now);
	if (tp->t_fo != NULL) {
		rump_kmem_free(tp->t_fo, sizeof(*tp->t_fo));
		tp->t_fo = NULL;
	}
	if (!(tp->t_flags & TF_CLOSED))
		so_connected(tp->t_so);
	/* shutdown(2) while it was being opened */
	if (tp->t_flags & TF_WANTFIN)
		tcp_setstate(tp, (tp->t_flags & TF_PEERFIN) ? TS_LAST_ACK :
		    TS_FIN_WAIT1);
}

/* RFC 6528: a clock of 4 microseconds and a keyed hash. */
uint32_t
tcp_newiss(const struct inaddr *l, const struct inaddr *f, uint16_t lport,
    uint16_t fport)
{

	return (uint32_t)(in_prfpair(l, f, lport, fport) >> 16) +
	    (uint32_t)(rump_monotonic() >> 12);
}

/* One for each pair of hosts (RFC 7323, 5.4). */
uint32_t
tcp_tsoffset(const struct inaddr *l, const struct inaddr *f)
{

	return (uint32_t)in_prfpair(l, f, 0xffff, 0xffff);
}

uint8_t
tcp_pickscale(const struct socket *so)
{
	uint32_t space = max32(so->so_rcv.sb_hiwat, so->so_rcv.sb_flags &
	    SB_FIXED ? 0 : SYSCTL(rump_tcp_rmem[2]));
	uint8_t scale = 0;

	while (scale < TCP_WSCALE_MAX && space >> scale > 65535)
		scale++;
	return scale;
}

/* What a listener's options say for its connections. */
static void
inherit(struct inpcb *inp, const struct inpcb *from)
{
	struct tcpcb *tp = inp->inp_ppcb, *lp = from->inp_ppcb;

	inp->inp_v6only = from->inp_v6only;
	inp->inp_tos = from->inp_tos;
	inp->inp_ttl = from->inp_ttl;
	inp->inp_mttl = from->inp_mttl;
	inp->inp_mloop = from->inp_mloop;
	inp->inp_pmtudisc = from->inp_pmtudisc;
	inp->inp_cmsgs = from->inp_cmsgs;
	inp->inp_flags = from->inp_flags;
	if (from->inp_opts != NULL)
		inp->inp_opts = m_dup(from->inp_opts, 0,
		    from->inp_opts->m_len);
	tp->t_flags = lp->t_flags & (TF_NODELAY | TF_CORK | TF_QUICKACK);
	tp->t_usermss = lp->t_usermss;
	tp->t_clamp = lp->t_clamp;
	if (tp->t_cc != lp->t_cc) {
		tp->t_cc = lp->t_cc;
		tp->t_cc->cc_init(tp);
	}
	if (lp->t_conf != NULL && tcp_conf(tp) != NULL) {
		*tp->t_conf = *lp->t_conf;
		tp->t_conf->tc_foqueue = tp->t_conf->tc_deferaccept = 0;
		tcp_setnotsent(tp);
	}
}

/* A connection for a listener (locked): locked, SYN_RECV, in the table. */
struct tcpcb *
tcp_newchild(struct socket *head, const struct inrcv *ir, uint16_t lport,
    uint16_t fport)
{
	struct socket *so = so_newconn(head);
	struct inpcb *inp, *from = head->so_pcb;
	struct tcpcb *tp = NULL;

	if (so == NULL)
		return NULL;
	if (inpcb_attach(so, &tcp_table, &inp) != 0)
		goto fail;
	if ((tp = tcp_new(inp)) == NULL) {
		inpcb_detach(inp);
		goto fail;
	}
	inherit(inp, from);
	if (inaddr_islinklocal6(&ir->ir_src))
		inp->inp_lscope = ir->ir_if->if_index;
	tp->t_state = TS_SYN_RECV;
	if (inpcb_setpair(inp, &ir->ir_dst, lport, &ir->ir_src, fport) != 0) {
		tcp_free(tp);
		goto fail;
	}
	return tp;
fail:
	rump_mutex_exit(&so->so_lock);
	so_rele(so);
	return NULL;
}
