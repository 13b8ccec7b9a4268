/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of level SOL_TCP as Linux names and limits them; tcp_info. */
#include "tcp.h"

#define MAX_KEEPIDLE	32767		/* Linux's limits */
#define MAX_KEEPINTVL	32767
#define MAX_KEEPCNT	127
#define MAX_SYNCNT	127

static uint32_t
ticks_us(uint32_t t)
{

	return (uint32_t)((uint64_t)t * 1024 / 1000);
}

/* --- setting --- */

static void
set_flag(struct tcpcb *tp, uint32_t flag, int on)
{

	if (on)
		tp->t_flags |= flag;
	else
		tp->t_flags &= ~flag;
}

/* What was held back may go now. */
static void
uncork(struct tcpcb *tp)
{

	tp->t_flags &= ~(uint32_t)TF_MORE;
	if (tcp_established(tp))
		(void)tcp_output(tp);
}

static int
set_quickack(struct tcpcb *tp, int v)
{

	set_flag(tp, TF_QUICKACK, v & 1);
	if ((v & 1) && tcp_established(tp) && (tp->t_flags & TF_DELACK))
		tcp_sendack(tp);
	if (!(v & 1))
		tp->t_quick = 0;
	return 0;
}

static int
set_maxseg(struct tcpcb *tp, int v)
{

	if (v != 0 && (v < TCP_MSS_MIN || v > 32767))
		return EINVAL;
	tp->t_usermss = (uint16_t)v;
	if (tcp_established(tp))
		tcp_mtu(tp);
	return 0;
}

static int
set_cc(struct tcpcb *tp, const char *name, unsigned len)
{
	const struct tcp_cc *cc = tcp_cc_find(name, (unsigned)strnlen(name,
	    len < 16 ? len : 16));

	if (cc == NULL)
		return ENOENT;
	if (cc != tp->t_cc) {
		tp->t_cc = cc;
		cc->cc_init(tp);
	}
	return 0;
}

static int
set_keep(struct tcpcb *tp, struct tcpconf *tc, int name, int v)
{

	switch (name) {
	case TCP_KEEPIDLE:
		if (v < 1 || v > MAX_KEEPIDLE)
			return EINVAL;
		tc->tc_keepidle = (uint32_t)v;
		break;
	case TCP_KEEPINTVL:
		if (v < 1 || v > MAX_KEEPINTVL)
			return EINVAL;
		tc->tc_keepintvl = (uint32_t)v;
		break;
	default:
		if (v < 1 || v > MAX_KEEPCNT)
			return EINVAL;
		tc->tc_keepcnt = (uint8_t)v;
	}
	if (tcp_established(tp))
		tcp_keeparm(tp, rump_monotonic());
	return 0;
}

/* Those kept in t_conf. */
static int
set_conf(struct tcpcb *tp, int name, int v)
{
	struct tcpconf *tc = tcp_conf(tp);

	if (tc == NULL)
		return ENOMEM;
	switch (name) {
	case TCP_KEEPIDLE:
	case TCP_KEEPINTVL:
	case TCP_KEEPCNT:
		return set_keep(tp, tc, name, v);
	case TCP_SYNCNT:
		if (v < 1 || v > MAX_SYNCNT)
			return EINVAL;
		tc->tc_syncnt = (uint8_t)v;
		return 0;
	case TCP_LINGER2:
		tc->tc_linger2 = v < 0 ? -1 : v > 120 ? 120 : v;
		return 0;
	case TCP_DEFER_ACCEPT:
		tc->tc_deferaccept = v > 0 ? (uint32_t)v : 0;
		return 0;
	case TCP_USER_TIMEOUT:
		if (v < 0)
			return EINVAL;
		tc->tc_usertimeout = (uint32_t)v;
		return 0;
	case TCP_FASTOPEN:
		if (v < 0 || (tp->t_state != TS_CLOSE &&
		    tp->t_state != TS_LISTEN))
			return EINVAL;
		tc->tc_foqueue = (uint32_t)v;
		return 0;
	case TCP_NOTSENT_LOWAT:
		tc->tc_notsent = (uint32_t)v;
		tcp_setnotsent(tp);
		so_wake_write(tp->t_so);
		return 0;
	}
	return ENOPROTOOPT;
}

static int
set_int(struct tcpcb *tp, int name, int v)
{

	switch (name) {
	case TCP_NODELAY:
		set_flag(tp, TF_NODELAY, v);
		if (v)
			uncork(tp);
		return 0;
	case TCP_CORK:
		set_flag(tp, TF_CORK, v);
		if (!v)
			uncork(tp);
		return 0;
	case TCP_QUICKACK:
		return set_quickack(tp, v);
	case TCP_MAXSEG:
		return set_maxseg(tp, v);
	case TCP_WINDOW_CLAMP:
		if (v == 0 && tp->t_state != TS_CLOSE)
			return EINVAL;
		tp->t_clamp = v == 0 ? 0 : max32((uint32_t)v, 1152);
		return 0;
	case TCP_FASTOPEN_CONNECT:
		if (v < 0 || v > 1)
			return EINVAL;
		if (tp->t_state != TS_CLOSE)
			return EINVAL;
		set_flag(tp, TF_FASTOPEN, v);
		return 0;
	case TCP_INQ:
		if (v < 0 || v > 1)
			return EINVAL;
		tp->t_so->so_opt.so_flags &= ~(uint32_t)SOF_INQ;
		if (v)
			tp->t_so->so_opt.so_flags |= SOF_INQ;
		return 0;
	case TCP_THIN_LINEAR_TIMEOUTS:
	case TCP_THIN_DUPACK:
		return v < 0 || v > 1 ? EINVAL : 0;
	default:
		return set_conf(tp, name, v);
	}
}

int
tcp_setopt(struct socket *so, int level, int name, const void *val,
    unsigned len)
{
	struct tcpcb *tp = sototcp(so);
	int v;

	if (level != SOL_TCP)
		return so->so_pcb != NULL ? inpcb_setopt(so->so_pcb, level,
		    name, val, len) : EINVAL;
	if (tp == NULL)
		return EINVAL;
	if (name == TCP_CONGESTION)
		return len < 1 ? EINVAL : set_cc(tp, val, len);
	if (len < sizeof(v))
		return EINVAL;
	memcpy(&v, val, sizeof(v));
	return set_int(tp, name, v);
}

void
tcp_optchanged(struct socket *so, int name)
{
	struct tcpcb *tp = sototcp(so);

	inpcb_optchanged(so, name);
	if (tp != NULL && name == SO_KEEPALIVE && tcp_established(tp))
		tcp_keeparm(tp, rump_monotonic());
}

/* --- getting --- */

static int
get_conf(const struct tcpcb *tp, int name, int *vp)
{
	static const struct tcpconf none;
	const struct tcpconf *tc = tp->t_conf != NULL ? tp->t_conf : &none;

	switch (name) {
	case TCP_KEEPIDLE:
		*vp = tc->tc_keepidle ? (int)tc->tc_keepidle :
		    SYSCTL(rump_tcp_keepidle);
		return 0;
	case TCP_KEEPINTVL:
		*vp = tc->tc_keepintvl ? (int)tc->tc_keepintvl :
		    SYSCTL(rump_tcp_keepintvl);
		return 0;
	case TCP_KEEPCNT:
		*vp = tc->tc_keepcnt ? tc->tc_keepcnt :
		    SYSCTL(rump_tcp_keepcnt);
		return 0;
	case TCP_SYNCNT:
		*vp = tc->tc_syncnt ? tc->tc_syncnt :
		    SYSCTL(rump_tcp_synretries);
		return 0;
	case TCP_LINGER2:
		*vp = tc->tc_linger2 ? tc->tc_linger2 :
		    SYSCTL(rump_tcp_fintimeout);
		return 0;
	case TCP_DEFER_ACCEPT:
		*vp = (int)tc->tc_deferaccept;
		return 0;
	case TCP_USER_TIMEOUT:
		*vp = (int)tc->tc_usertimeout;
		return 0;
	case TCP_FASTOPEN:
		*vp = (int)tc->tc_foqueue;
		return 0;
	case TCP_NOTSENT_LOWAT:
		*vp = (int)tc->tc_notsent;
		return 0;
	}
	return ENOPROTOOPT;
}

static int
get_int(const struct tcpcb *tp, int name, int *vp)
{

	switch (name) {
	case TCP_NODELAY:
		*vp = (tp->t_flags & TF_NODELAY) != 0;
		return 0;
	case TCP_CORK:
		*vp = (tp->t_flags & TF_CORK) != 0;
		return 0;
	case TCP_QUICKACK:
		*vp = (tp->t_flags & TF_QUICKACK) ||
		    !(tp->t_flags & TF_PINGPONG);
		return 0;
	case TCP_MAXSEG:
		*vp = tp->t_state == TS_CLOSE || tp->t_state == TS_LISTEN ?
		    (tp->t_usermss != 0 ? tp->t_usermss : TCP_MSS_DEF4) :
		    tp->t_mss;
		return 0;
	case TCP_WINDOW_CLAMP:
		*vp = tp->t_clamp != 0 || tp->t_state == TS_CLOSE ?
		    (int)tp->t_clamp : (int)tp->t_so->so_rcv.sb_hiwat;
		return 0;
	case TCP_FASTOPEN_CONNECT:
		*vp = (tp->t_flags & TF_FASTOPEN) != 0;
		return 0;
	case TCP_INQ:
		*vp = (tp->t_so->so_opt.so_flags & SOF_INQ) != 0;
		return 0;
	case TCP_THIN_LINEAR_TIMEOUTS:
	case TCP_THIN_DUPACK:
		*vp = 0;
		return 0;
	default:
		return get_conf(tp, name, vp);
	}
}

static int
put(const void *from, unsigned n, void *val, unsigned *lenp)
{

	if (*lenp > n)
		*lenp = n;
	memcpy(val, from, *lenp);
	return 0;
}

int
rump_tcp_state(const struct inpcb *inp)
{
	const struct tcpcb *tp = inp->inp_ppcb;

	return tp != NULL ? tp->t_state : TS_CLOSE;
}

static void
info_flags(const struct tcpcb *tp, struct tcp_info *ti)
{

	ti->tcpi_state = tp->t_state;
	ti->tcpi_ca_state = tp->t_ca;
	ti->tcpi_retransmits = tp->t_when[TT_RTX] != NEVER &&
	    tp->t_rtxkind == RTX_RTO ? tp->t_probes : 0;
	ti->tcpi_probes = tp->t_when[TT_RTX] != NEVER &&
	    tp->t_rtxkind == RTX_PERSIST ? tp->t_probes : tp->t_keepprobes;
	ti->tcpi_backoff = tp->t_backoff;
	if (tp->t_flags & TF_TS)
		ti->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if (tp->t_flags & TF_SACK)
		ti->tcpi_options |= TCPI_OPT_SACK;
	if (tp->t_flags & TF_WS) {
		ti->tcpi_options |= TCPI_OPT_WSCALE;
		ti->tcpi_snd_wscale = tp->t_sndscale & 15;
		ti->tcpi_rcv_wscale = tp->t_rcvscale & 15;
	}
	if (tp->t_flags & TF_ECN)
		ti->tcpi_options |= TCPI_OPT_ECN;
}

void
rump_tcp_info(struct inpcb *inp, struct tcp_info *ti)
{
	const struct tcpcb *tp = inp->inp_ppcb;
	uint32_t now = TMS(rump_monotonic()), mss;

	memset(ti, 0, sizeof(*ti));
	if (tp == NULL) {
		ti->tcpi_state = TS_CLOSE;
		return;
	}
	info_flags(tp, ti);
	mss = tp->t_mss;
	if (tp->t_state == TS_LISTEN) {
		ti->tcpi_unacked = tp->t_so->so_qlen;
		ti->tcpi_sacked = tp->t_so->so_qlimit;
		return;
	}
	ti->tcpi_rto = ticks_us(tcp_rto(tp));
	ti->tcpi_ato = tp->t_flags & TF_DELACK ? DELACK_NS / 1000 : 0;
	ti->tcpi_snd_mss = mss;
	ti->tcpi_rcv_mss = tp->t_rcvmss;
	ti->tcpi_unacked = (tp->snd_nxt - tp->snd_una + mss - 1) / mss;
	ti->tcpi_sacked = (tp->t_sacked + mss - 1) / mss;
	ti->tcpi_lost = (tp->t_lost + mss - 1) / mss;
	ti->tcpi_retrans = (tp->t_retrans + mss - 1) / mss;
	ti->tcpi_last_data_sent = (uint32_t)((uint64_t)(now - tp->t_lsnd) *
	    1048576 / 1000000);
	ti->tcpi_last_data_recv = (uint32_t)((uint64_t)(now - tp->t_lrcv) *
	    1048576 / 1000000);
	ti->tcpi_last_ack_recv = (uint32_t)((uint64_t)(now - tp->t_lseg) *
	    1048576 / 1000000);
	ti->tcpi_pmtu = mss + TH_LEN + (tp->t_flags & TF_TS ? 12 : 0) +
	    (inaddr_is4(&inp->inp_faddr) ? 20 : 40);
	ti->tcpi_rtt = ticks_us(tp->t_srtt >> 3);
	ti->tcpi_rttvar = ticks_us(tp->t_rttvar >> 2);
	ti->tcpi_snd_ssthresh = tp->t_ssthresh == UINT32_MAX ? INT32_MAX :
	    tp->t_ssthresh / mss;
	ti->tcpi_snd_cwnd = tp->t_cwnd / mss;
	ti->tcpi_advmss = tp->t_mss;
	ti->tcpi_reordering = 3;
	ti->tcpi_rcv_rtt = ticks_us(tp->t_rcvrtt >> 3);
	ti->tcpi_rcv_space = tp->t_drslast;
	ti->tcpi_total_retrans = tp->t_totalrtx;
	ti->tcpi_bytes_acked = tp->t_bytesacked;
	ti->tcpi_bytes_received = tp->t_bytesrcvd;
	ti->tcpi_notsent_bytes = tcp_established(tp) ? tcp_unsent(tp) : 0;
	ti->tcpi_min_rtt = tp->t_minrtt == UINT32_MAX ? UINT32_MAX :
	    ticks_us(tp->t_minrtt);
}

int
tcp_getopt(struct socket *so, int level, int name, void *val, unsigned *lenp)
{
	struct tcpcb *tp = sototcp(so);
	struct tcp_info ti;
	int v, error;

	if (level != SOL_TCP)
		return so->so_pcb != NULL ? inpcb_getopt(so->so_pcb, level,
		    name, val, lenp) : EINVAL;
	if (tp == NULL)
		return EINVAL;
	switch (name) {
	case TCP_INFO:
		rump_tcp_info(tp->t_inp, &ti);
		return put(&ti, sizeof(ti), val, lenp);
	case TCP_CONGESTION:
		return put(tp->t_cc->cc_name, sizeof(tp->t_cc->cc_name), val,
		    lenp);
	default:
		if ((error = get_int(tp, name, &v)) != 0)
			return error;
		return put(&v, sizeof(v), val, lenp);
	}
}
