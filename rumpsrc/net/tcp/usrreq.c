/* SPDX-License-Identifier: BSD-2-Clause */
/* What sockets ask of TCP. */
#include <asm/ioctls.h>
#include <linux/in.h>
#include <linux/sockios.h>
#include <kern/uio.h>
#include <rump/component.h>
#include "tcp.h"

int rump_tcp_ecn = 2, rump_tcp_timestamps = 1, rump_tcp_sack = 1,
    rump_tcp_wscale = 1, rump_tcp_syncookies = 1, rump_tcp_fastopen = 1,
    rump_tcp_keepidle = 7200, rump_tcp_keepintvl = 75, rump_tcp_keepcnt = 9,
    rump_tcp_synretries = 6, rump_tcp_synackretries = 5,
    rump_tcp_retries2 = 15, rump_tcp_fintimeout = 60, rump_tcp_twreuse = 2,
    rump_tcp_maxsynbacklog = 1024;
uint32_t rump_tcp_rmem[3] = { 4096, 131072, 6291456 },
    rump_tcp_wmem[3] = { 4096, 65536, 4194304 };
uint64_t rump_tcpstat[TCPS_MAX];

static int
tcp_attach(struct socket *so, int proto)
{
	struct inpcb *inp;
	int error;

	(void)proto;
	if ((error = in_nofamily(so)) != 0 ||
	    (error = inpcb_attach(so, &tcp_table, &inp)) != 0)
		return error;
	if (tcp_new(inp) == NULL) {
		inpcb_detach(inp);
		return ENOBUFS;
	}
	so->so_rcv.sb_hiwat = SYSCTL(rump_tcp_rmem[1]);
	so->so_snd.sb_hiwat = SYSCTL(rump_tcp_wmem[1]);
	return 0;
}

/* No more data from us: FIN. */
static void
send_fin(struct tcpcb *tp)
{

	tp->t_flags |= TF_WANTFIN;
	switch (tp->t_state) {
	case TS_ESTABLISHED:
		tcp_setstate(tp, TS_FIN_WAIT1);
		break;
	case TS_CLOSE_WAIT:
		tcp_setstate(tp, TS_LAST_ACK);
		break;
	case TS_SYN_RECV:		/* tcp_isopen() goes on */
		return;
	}
	(void)tcp_output(tp);
}

static void
tcp_detach(struct socket *so)
{
	struct tcpcb *tp = sototcp(so);
	struct sockopts *o = &so->so_opt;
	int t = SYSCTL(rump_tcp_fintimeout);

	if (tp == NULL)
		return;
	tp->t_flags |= TF_CLOSED;
	switch (tp->t_state) {
	case TS_LISTEN:
		tcp_listen_closed(tp->t_inp);
		tcp_free(tp);
		return;
	case TS_CLOSE:
	case TS_SYN_SENT:
		tcp_free(tp);
		return;
	}
	if (so->so_rcv.sb_cc != 0 || (so->so_state & SS_ATMARK) ||
	    ((o->so_flags & SOF_LINGER) && o->so_linger == 0)) {
		/* RFC 2525, 2.17: the peer must know that it was lost. */
		TCPCOUNT(TCPAbortOnClose);
		tcp_abort(tp, 0);
		return;
	}
	tcp_disarm(tp, TT_KEEP);
	if (tp->t_state == TS_FIN_WAIT2) {
		if (tp->t_conf != NULL && tp->t_conf->tc_linger2 != 0)
			t = tp->t_conf->tc_linger2;
		if (t < 0)
			tcp_closed(tp);
		else
			tcp_arm(tp, TT_KEEP, rump_monotonic() +
			    t * NSEC_PER_SEC);
		return;
	}
	if (!(tp->t_flags & TF_WANTFIN))
		send_fin(tp);
}

static int
tcp_bind(struct socket *so, const struct sockaddr *sa, unsigned len)
{

	return inpcb_bind(so->so_pcb, sa, len);
}

static int
tcp_listen(struct socket *so)
{
	struct inpcb *inp = so->so_pcb;
	struct tcpcb *tp = sototcp(so);
	int error;

	if (tp == NULL || tp->t_state != TS_CLOSE)
		return EINVAL;
	if ((error = inpcb_listen(inp)) != 0)
		return error;
	so->so_rcv.sb_flags &= ~(uint32_t)SB_SHUT;
	tcp_setstate(tp, TS_LISTEN);
	return 0;
}

/* --- connect --- */

/* A tcpcb may be used again after a connection that ended. */
static void
renew(struct tcpcb *tp)
{
	struct socket *so = tp->t_so;

	tp->t_flags &= TF_NODELAY | TF_CORK | TF_QUICKACK | TF_FASTOPEN |
	    TF_QUEUED;
	so->so_rcv.sb_flags &= ~(uint32_t)SB_SHUT;
	so->so_snd.sb_flags &= ~(uint32_t)SB_SHUT;
	sb_flush(&so->so_rcv);
	so->so_oobmark = 0;
	so->so_state &= (uint16_t)~SS_ATMARK;
	tp->t_ca = CA_OPEN;
	tp->t_ssthresh = UINT32_MAX;
	tp->t_srtt = tp->t_cwnd = 0;
	tp->t_rto = RTO_INIT;
	tp->t_minrtt = UINT32_MAX;
	tp->t_quick = 16;
	tp->t_pmtu = tp->t_mtufails = 0;
	tp->t_dupacks = tp->t_backoff = tp->t_probes = tp->t_keepprobes = 0;
	tp->t_tlphigh = tp->t_tsrecent = tp->rcv_nxt = tp->rcv_adv = 0;
	tp->t_dsack = 0;
	tp->t_cc->cc_init(tp);
}

/* What a SYN of ours asks for. */
void
tcp_opening(struct tcpcb *tp, uint32_t iss)
{
	struct inpcb *inp = tp->t_inp;
	int64_t now = rump_monotonic();

	tp->t_so->so_rcv.sb_hiwat = tcp_rcvfirst(&tp->t_so->so_rcv);
	tp->t_iss = tp->snd_una = iss;
	tp->snd_nxt = tp->snd_sb = iss + 1;
	tp->t_peermss = inaddr_is4(&inp->inp_faddr) ? TCP_MSS_DEF4 :
	    TCP_MSS_DEF6;
	tp->t_tsoff = tcp_tsoffset(&inp->inp_laddr, &inp->inp_faddr);
	if (SYSCTL(rump_tcp_timestamps))
		tp->t_flags |= TF_TS;
	if (SYSCTL(rump_tcp_sack))
		tp->t_flags |= TF_SACK;
	if (SYSCTL(rump_tcp_wscale)) {
		tp->t_flags |= TF_WS;
		tp->t_rcvscale = tcp_pickscale(tp->t_so);
	}
	if (SYSCTL(rump_tcp_ecn) == 1)
		tp->t_flags |= TF_ECN;
	tp->t_racktime = tp->t_rec0.tr_time = TICKS(now);
	tp->t_since = TMS(now);
}

/* Binds to the peer; passes pairs that are in TIME_WAIT still. */
static int
pick_pair(struct inpcb *inp, const struct sockaddr *sa, unsigned len,
    uint32_t *issp)
{
	int error, tries, free_port = inp->inp_lport == 0;

	for (tries = 0; tries < 64; tries++) {
		if ((error = inpcb_connect(inp, sa, len)) != 0)
			return error;
		if (SYSCTL(tcp_tw_count) == 0 ||
		    (error = tcp_tw_connect(inp, issp)) == 0)
			return 0;
		inpcb_disconnect(inp);
		if (!free_port)
			break;
	}
	return EADDRNOTAVAIL;
}

static int
tcp_connect(struct socket *so, const struct sockaddr *sa, unsigned len)
{
	struct inpcb *inp = so->so_pcb;
	struct tcpcb *tp = sototcp(so);
	uint32_t iss = 0, n;
	int error;

	if (tp == NULL || tp->t_state != TS_CLOSE)
		return tp != NULL && tp->t_state == TS_LISTEN ? EISCONN :
		    EINVAL;
	renew(tp);
	if ((error = pick_pair(inp, sa, len, &iss)) != 0)
		return error;
	so->so_error = 0;
	n = tcp_newiss(&inp->inp_laddr, &inp->inp_faddr, inp->inp_lport,
	    inp->inp_fport);
	if (iss != 0 && SEQ_LEQ(n, iss))
		n = iss + 1;
	tcp_opening(tp, n);
	tcp_setstate(tp, TS_SYN_SENT);
	so->so_state |= SS_CONNECTING;
	TCPCOUNT(ActiveOpens);
	if (!tcp_fo_begin(tp)) {
		tcp_sendsyn(tp);
		tcp_arm(tp, TT_RTX, rump_monotonic() + TICKS_NS(tcp_rto(tp)));
	}
	return 0;
}

static int
tcp_disconnect(struct socket *so)
{
	struct tcpcb *tp = sototcp(so);

	if (tp == NULL)
		return 0;
	if (tp->t_state == TS_LISTEN) {
		tcp_listen_closed(tp->t_inp);
		so_closequeue(so);
	}
	tcp_abort(tp, tp->t_state == TS_LISTEN ? 0 : ECONNRESET);
	so->so_state &= (uint16_t)~(SS_LISTENING | SS_WASCONN | SS_ASYNC |
	    SS_CONNECTED | SS_CONNECTING);
	renew(tp);
	inpcb_disconnect(tp->t_inp);
	return 0;
}

static int
tcp_shutdown(struct socket *so, int how)
{
	struct tcpcb *tp = sototcp(so);

	if (tp == NULL || tp->t_state == TS_CLOSE)
		return ENOTCONN;
	if (tp->t_state == TS_LISTEN || tp->t_state == TS_SYN_SENT)
		return tp->t_state == TS_LISTEN && how == SHUT_WR ? 0 :
		    tcp_disconnect(so);
	if (how != SHUT_WR)
		so_cantrecv(so);
	if (how != SHUT_RD && !(tp->t_flags & TF_WANTFIN)) {
		so_cantsend(so);
		send_fin(tp);
	}
	return 0;
}

/* --- data --- */

static int
tcp_usrsend(struct socket *so, int msgflags)
{
	struct tcpcb *tp = sototcp(so);

	if (UNLIKELY(tp == NULL))
		return EPIPE;
	if (UNLIKELY(msgflags & (MSG_MORE | MSG_OOB | MSG_FASTOPEN))) {
		if (msgflags & MSG_OOB) {
			tp->snd_up = tp->snd_sb + so->so_snd.sb_cc;
			tp->t_flags |= TF_URGSENT;
		}
	}
	if (UNLIKELY(tp->t_state == TS_SYN_SENT)) {
		if (tp->t_when[TT_RTX] == NEVER) {	/* it waited for data */
			tcp_sendsyn(tp);
			tcp_arm(tp, TT_RTX, rump_monotonic() +
			    TICKS_NS(tcp_rto(tp)));
		}
		return 0;
	}
	if (UNLIKELY(msgflags & MSG_MORE))
		tp->t_flags |= TF_MORE;
	else
		tp->t_flags &= ~(uint32_t)TF_MORE;
	return tcp_output(tp);
}

static int
tcp_ioctl(struct socket *so, unsigned long cmd, void *uarg)
{
	const struct tcpcb *tp = sototcp(so);
	int v;

	if (cmd == SIOCOUTQNSD) {
		v = tp != NULL && tcp_established(tp) ? (int)tcp_unsent(tp) :
		    (int)so->so_snd.sb_cc;
		return rump_copyout(&v, uarg, sizeof(v));
	}
	if (cmd == SIOCATMARK || cmd == FIONREAD || cmd == TIOCOUTQ)
		return ENOTTY;
	return rump_if_ioctl(cmd, uarg);
}

static int
tcp_poll(struct socket *so, int events)
{
	const struct tcpcb *tp = sototcp(so);

	(void)events;
	return tp != NULL && tcp_hasoob(tp) ? 2 : 0;	/* POLLPRI */
}

void
tcp_setnotsent(struct tcpcb *tp)
{
	struct sockbuf *sb = &tp->t_so->so_snd;

	if (tp->t_conf->tc_notsent != 0)
		sb->sb_flags |= SB_NOTSENT;
	else
		sb->sb_flags &= ~(uint32_t)SB_NOTSENT;
}

/* TCP_NOTSENT_LOWAT; poll tells of room when half of it is free. */
static int
tcp_sndfull(struct socket *so, int wake)
{
	const struct tcpcb *tp = sototcp(so);

	return tp != NULL && tcp_established(tp) && tp->t_conf != NULL &&
	    (uint64_t)tcp_unsent(tp) << wake >= tp->t_conf->tc_notsent;
}

#define TCP_PROTOSW(family)						\
	.pr_family = family,						\
	.pr_type = SOCK_STREAM,						\
	.pr_protocol = PROTO_TCP,					\
	.pr_flags = PR_STREAM | PR_CONNECTED,				\
	.pr_attach = tcp_attach,					\
	.pr_detach = tcp_detach,					\
	.pr_bind = tcp_bind,						\
	.pr_listen = tcp_listen,					\
	.pr_connect = tcp_connect,					\
	.pr_disconnect = tcp_disconnect,				\
	.pr_shutdown = tcp_shutdown,					\
	.pr_output = tcp_usrsend,					\
	.pr_rcvd = tcp_rcvd,						\
	.pr_rcvoob = tcp_rcvoob,					\
	.pr_sockname = inpcb_sockname,					\
	.pr_peername = inpcb_peername,					\
	.pr_setopt = tcp_setopt,					\
	.pr_getopt = tcp_getopt,					\
	.pr_optchanged = tcp_optchanged,				\
	.pr_ioctl = tcp_ioctl,						\
	.pr_poll = tcp_poll,						\
	.pr_sndfull = tcp_sndfull

static const struct protosw tcp4_protosw = { TCP_PROTOSW(AF_INET) };
RUMP_PROTOSW(tcp4_protosw);
static const struct protosw tcp6_protosw = { TCP_PROTOSW(AF_INET6) };
RUMP_PROTOSW(tcp6_protosw);

RUMP_COMPONENT(net_tcp, RUMP_FACTION_NET)
{

	rump_inpcbtables[IPT_TCP] = &tcp_table;
	return 0;
}
