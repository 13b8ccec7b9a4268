/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection's deadlines.  One callout for all: it is moved only to an
 * earlier time; when it fires too early for what is due by then it is set
 * again.  While it is queued it holds a reference to the PCB.
 */
#include "tcp.h"

#define ORPHAN_RETRIES	8
#define ORPHAN_PROBES	10		/* answered ones: some minutes */
#define MTU_BACKOFF	3	/* time-outs before the path is suspected */

void
tcp_arm(struct tcpcb *tp, int which, int64_t when)
{

	tp->t_when[which] = when;
	if (LIKELY(when >= tp->t_armed))
		return;
	if (tp->t_armed == NEVER) {
		inpcb_ref(tp->t_inp);
		tp->t_armed = when;
		rump_callout_schedule(&tp->t_co, when);
	} else if (rump_callout_move(&tp->t_co, when))
		tp->t_armed = when;
	/* Else it has fired, waits for the lock, and will see t_when. */
}

uint32_t
tcp_rto(const struct tcpcb *tp)
{
	uint64_t t = (uint64_t)tp->t_rto << (tp->t_backoff < 16 ?
	    tp->t_backoff : 16);

	return t < RTO_MAX ? (uint32_t)t : RTO_MAX;
}

/* May a loss probe be sent?  More than a segment is under way, as a rule. */
int
tcp_mayprobe(const struct tcpcb *tp)
{
	return (tp->t_nrec > 1 || tp->snd_nxt - tp->snd_una > tp->t_mss) &&
	    (tp->t_ca == CA_OPEN || tp->t_ca == CA_CWR) &&
	    (tp->t_flags & TF_SACK) && tp->t_tlphigh == 0 &&
	    tp->t_srtt != 0 && tcp_established(tp);
}

/* Something is under way: a loss probe (RFC 8985, 7.2), or the time-out. */
void
tcp_rtxarm(struct tcpcb *tp, int64_t now)
{
	uint32_t t = tcp_rto(tp), pto;

	tp->t_rtxkind = RTX_RTO;
	if (UNLIKELY(tcp_mayprobe(tp))) {
		pto = (tp->t_srtt >> 2) + MS_TICKS(2);
		if (pto < t) {
			tp->t_rtxkind = RTX_TLP;
			t = pto;
		}
	}
	tcp_arm(tp, TT_RTX, now + TICKS_NS(t));
}

static struct tcpconf *
conf(const struct tcpcb *tp)
{
	return tp->t_conf;
}

void
tcp_keeparm(struct tcpcb *tp, int64_t now)
{
	uint32_t idle = conf(tp) != NULL && conf(tp)->tc_keepidle != 0 ?
	    conf(tp)->tc_keepidle : (uint32_t)SYSCTL(rump_tcp_keepidle);

	if (tp->t_so->so_opt.so_flags & SOF_KEEPALIVE)
		tcp_arm(tp, TT_KEEP, now + (int64_t)idle * NSEC_PER_SEC);
	else if (!(tp->t_flags & TF_CLOSED))
		tcp_disarm(tp, TT_KEEP);
}

/* Has it been tried for too long?  RFC 9293, 3.8.3; RFC 5482. */
static int
given_up(const struct tcpcb *tp, int64_t now)
{
	uint32_t user = conf(tp) != NULL ? conf(tp)->tc_usertimeout : 0, most;

	if (tp->t_flags & TF_CLOSED)
		return tp->t_probes > ORPHAN_RETRIES;
	if (user != 0)
		return (int64_t)(TMS(now) - tp->t_since) << 20 >=
		    (int64_t)user * 1000000;
	most = (uint32_t)SYSCTL(rump_tcp_retries2);
	return tp->t_probes > most;
}

static void
timed_out(struct tcpcb *tp)
{

	TCPCOUNT(TCPAbortOnTimeout);
	if (tcp_established(tp))
		tcp_sendrst(tp);
	tcp_drop(tp, ETIMEDOUT);
}

/* RFC 4821, simply: big segments may vanish without a word. */
static void
suspect_path(struct tcpcb *tp)
{
	uint32_t least = inaddr_is4(&tp->t_inp->inp_faddr) ? TCP_MSS_DEF4 :
	    TCP_MSS_DEF6, n = tp->t_mss;

	if (tp->t_backoff < MTU_BACKOFF || n <= least ||
	    tp->t_backoff % MTU_BACKOFF != 0)
		return;
	TCPCOUNT(TCPMTUPFail);
	tp->t_pmtu = (uint16_t)max32(n > 2 * least ? 2 * least : least, least);
	if (tp->t_mtufails < 255)
		tp->t_mtufails++;
	tcp_mtu(tp);
}

static void
syn_timeout(struct tcpcb *tp, int64_t now)
{
	uint32_t most = (uint32_t)(tp->t_state == TS_SYN_SENT ?
	    SYSCTL(rump_tcp_synretries) : SYSCTL(rump_tcp_synackretries));

	if (conf(tp) != NULL && conf(tp)->tc_syncnt != 0)
		most = conf(tp)->tc_syncnt;
	tp->t_probes++;
	tp->t_backoff++;
	if (tp->t_probes > most || (conf(tp) != NULL &&
	    conf(tp)->tc_usertimeout != 0 && given_up(tp, now))) {
		TCPCOUNT(AttemptFails);
		tcp_drop(tp, ETIMEDOUT);
		return;
	}
	TCPCOUNT(TCPTimeouts);
	tcp_sendsyn(tp);
	tcp_arm(tp, TT_RTX, now + TICKS_NS(tcp_rto(tp)));
}

static void
rto_fired(struct tcpcb *tp, int64_t now)
{

	tp->t_probes++;
	if (given_up(tp, now)) {
		timed_out(tp);
		return;
	}
	TCPCOUNT(TCPTimeouts);
	if (tp->t_backoff < 16)
		tp->t_backoff++;
	suspect_path(tp);
	tcp_enterloss(tp);
	tcp_arm(tp, TT_RTX, now + TICKS_NS(tcp_rto(tp)));
	(void)tcp_output(tp);
	/* Beyond a window that is closed now it is a probe. */
	tp->t_rtxkind = RTX_RTO;
	tcp_arm(tp, TT_RTX, now + TICKS_NS(tcp_rto(tp)));
}

/* RFC 8985, 7.3: new data when there are some, else the last segment. */
static void
tlp_fired(struct tcpcb *tp, int64_t now)
{
	uint32_t before = tp->snd_nxt, cwnd = tp->t_cwnd;
	struct txrec *tr = tp->t_reclast;

	tp->t_tlphigh = tp->snd_nxt != 0 ? tp->snd_nxt : 1;
	tp->t_flags &= ~(uint32_t)TF_TLPRTX;
	TCPCOUNT(TCPLossProbes);
	if (tcp_unsent(tp) != 0) {
		tp->t_cwnd = max32(cwnd, tcp_pipe(tp) + tp->t_mss);
		(void)tcp_output(tp);
		tp->t_cwnd = cwnd;
	}
	if (tp->snd_nxt == before && tr != NULL) {
		if (tr->tr_end - tr->tr_seq > tp->t_mss &&
		    tcp_rec_split(tp, tr, tr->tr_end - tp->t_mss) == 0)
			tr = tp->t_reclast;
		tp->t_flags |= TF_TLPRTX;
		(void)tcp_resend(tp, tr, tp->t_mss);
	} else
		tp->t_tlphigh = tp->snd_nxt;
	tcp_rtxarm(tp, now);
}

/* The reordering window is over. */
static void
reo_fired(struct tcpcb *tp, int64_t now)
{
	struct ackinfo ai;
	struct seg sg;

	memset(&ai, 0, sizeof(ai));
	memset(&sg, 0, sizeof(sg));
	ai.ai_prioruna = tp->snd_una;
	ai.ai_priorpipe = tcp_pipe(tp);
	sg.sg_now = now;
	sg.sg_ack = tp->snd_una;
	tcp_disarm(tp, TT_RTX);
	tcp_recovery(tp, &ai, &sg);
	(void)tcp_output(tp);
	if (tp->snd_una != tp->snd_nxt && tp->t_when[TT_RTX] == NEVER)
		tcp_rtxarm(tp, now);
}

/*
 * Zero-window probes (RFC 9293, 3.8.6.1).  Answers do not keep a connection
 * that nobody has any more, or beyond its user timeout: t_backoff counts them.
 */
static void
persist_fired(struct tcpcb *tp, int64_t now)
{
	uint32_t user = conf(tp) != NULL ? conf(tp)->tc_usertimeout : 0;

	tp->t_probes++;
	if (((tp->t_flags & TF_CLOSED) && (tp->t_probes > ORPHAN_RETRIES ||
	    tp->t_backoff > ORPHAN_PROBES)) ||
	    (user != 0 && tp->t_backoff != 0 && given_up(tp, now)) ||
	    tp->t_probes > (uint32_t)SYSCTL(rump_tcp_retries2)) {
		timed_out(tp);
		return;
	}
	if (tp->t_backoff < 16)
		tp->t_backoff++;
	/* What Nagle, a cork, or a narrow window held back goes now. */
	if (tp->snd_wnd != 0 && tp->snd_una == tp->snd_nxt) {
		tp->t_flags &= ~(uint32_t)TF_MORE;
		tcp_push(tp);
	} else
		tcp_probe(tp, 0);
	if (tp->snd_una == tp->snd_nxt && tcp_unsent(tp) != 0) {
		tp->t_rtxkind = RTX_PERSIST;
		tcp_arm(tp, TT_RTX, now + TICKS_NS(tcp_rto(tp)));
	}
}

static void
rtx_fired(struct tcpcb *tp, int64_t now)
{

	if (tp->t_state == TS_SYN_SENT || (tp->t_state == TS_SYN_RECV)) {
		syn_timeout(tp, now);
		return;
	}
	switch (tp->t_rtxkind) {
	case RTX_PERSIST:
		persist_fired(tp, now);
		break;
	case RTX_TLP:
		tlp_fired(tp, now);
		break;
	case RTX_REO:
		reo_fired(tp, now);
		break;
	default:
		if (tp->t_rec != NULL)
			rto_fired(tp, now);
	}
}

static void
keep_fired(struct tcpcb *tp, int64_t now)
{
	const struct tcpconf *c = conf(tp);
	uint32_t idle, intvl, cnt;
	int64_t quiet;

	if (tp->t_flags & TF_CLOSED) {		/* FIN_WAIT2 is over */
		if (tp->t_state == TS_FIN_WAIT2)
			tcp_closed(tp);
		return;
	}
	if (!(tp->t_so->so_opt.so_flags & SOF_KEEPALIVE) ||
	    !tcp_established(tp))
		return;
	idle = c != NULL && c->tc_keepidle != 0 ? c->tc_keepidle :
	    (uint32_t)SYSCTL(rump_tcp_keepidle);
	intvl = c != NULL && c->tc_keepintvl != 0 ? c->tc_keepintvl :
	    (uint32_t)SYSCTL(rump_tcp_keepintvl);
	cnt = c != NULL && c->tc_keepcnt != 0 ? c->tc_keepcnt :
	    (uint32_t)SYSCTL(rump_tcp_keepcnt);
	quiet = (int64_t)(TMS(now) - tp->t_lseg) << 20;
	/* Data under way are a question already. */
	if (tp->snd_una != tp->snd_nxt || tcp_unsent(tp) != 0 ||
	    (tp->t_keepprobes == 0 && quiet < (int64_t)idle * NSEC_PER_SEC -
	    (1 << 21))) {
		if (quiet > (int64_t)idle * NSEC_PER_SEC - (1 << 21))
			quiet = 0;
		tcp_arm(tp, TT_KEEP, now + (int64_t)idle * NSEC_PER_SEC -
		    quiet);
		return;
	}
	if ((c != NULL && c->tc_usertimeout != 0 && tp->t_keepprobes > 0 &&
	    quiet >= (int64_t)c->tc_usertimeout * 1000000) ||
	    ((c == NULL || c->tc_usertimeout == 0) &&
	    tp->t_keepprobes >= cnt)) {
		timed_out(tp);
		return;
	}
	tp->t_keepprobes++;
	TCPCOUNT(TCPKeepAlive);
	tcp_probe(tp, 0);
	tcp_arm(tp, TT_KEEP, now + (int64_t)intvl * NSEC_PER_SEC);
}

static void
delack_fired(struct tcpcb *tp)
{

	if (!(tp->t_flags & TF_DELACK))
		return;
	TCPCOUNT(DelayedACKs);
	tp->t_flags &= ~(uint32_t)TF_PINGPONG;	/* no answer came */
	tcp_sendack(tp);
}

void
tcp_timer(void *arg)
{
	static void (*const fired[TT_N])(struct tcpcb *, int64_t) = {
		rtx_fired, NULL, keep_fired };
	struct tcpcb *tp = arg;
	struct inpcb *inp = tp->t_inp;
	struct socket *so = inp->inp_so;
	int64_t now = rump_monotonic(), next = NEVER;
	int i, which = 0;

	rump_mutex_enter(&so->so_lock);
	tp->t_armed = 0;	/* nobody queues it or frees tp meanwhile */
	for (i = 0; i < TT_N && !(tp->t_flags & TF_DEAD); i++) {
		if (tp->t_when[i] > now)
			continue;
		tp->t_when[i] = NEVER;
		if (i == TT_DELACK)
			delack_fired(tp);
		else
			fired[i](tp, now);
	}
	tp->t_armed = NEVER;
	if (tp->t_flags & TF_DEAD) {
		tcp_reap(tp);
	} else {
		for (i = 0; i < TT_N; i++)
			if (tp->t_when[i] < next)
				next = tp->t_when[which = i];
		if (next != NEVER)
			tcp_arm(tp, which, next);
	}
	rump_mutex_exit(&so->so_lock);
	inpcb_rele(inp);
}
