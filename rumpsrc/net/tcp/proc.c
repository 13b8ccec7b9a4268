/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc/net/tcp and tcp6, TCP's lines of snmp and netstat, settings in
 * /proc/sys/net/ipv4.  Lines of connections are 149 characters long, as
 * Linux's are, but for tcp6.
 */
#include <kern/proc.h>
#include <net/netproc.h>
#include <net/tcpdiag.h>
#include "tcp.h"

#define LINE4	149
#define HZ	100		/* units of what users see of timers */

struct view {
	struct text	*v_tx;
	int		 v_family, v_n;
};

static void
line_end(struct view *v, size_t start)
{
	size_t len = v->v_tx->tx_len - start;

	rump_textf(v->v_tx, "%*s\n", v->v_family == AF_INET && len < LINE4 ?
	    (int)(LINE4 - len) : 0, "");
}

/* Which timer runs (1 retransmission, 2 keepalive, 4 probes), till when. */
static unsigned
timer_of(const struct tcpcb *tp, long *left)
{
	unsigned which = 0;
	int64_t when = NEVER, now = rump_monotonic();

	if (tp->t_when[TT_RTX] != NEVER) {
		when = tp->t_when[TT_RTX];
		which = tp->t_rtxkind == RTX_PERSIST ? 4 : 1;
	} else if (tp->t_when[TT_KEEP] != NEVER) {
		when = tp->t_when[TT_KEEP];
		which = 2;
	}
	*left = when == NEVER || when <= now ? 0 :
	    (long)((when - now) / (NSEC_PER_SEC / HZ));
	return which;
}

/* Caller holds so_lock. */
static void
pcb_state(struct view *v, const struct inpcb *inp, struct socket *so)
{
	const struct tcpcb *tp = inp->inp_ppcb;
	int listens = tp->t_state == TS_LISTEN;
	long left;
	unsigned which = timer_of(tp, &left);

	rump_textf(v->v_tx, " %02X %08X:%08X %02X:%08lX %08X %5u %8d %lu %u "
	    "%016lx", tp->t_state, listens ? 0 : so->so_snd.sb_cc,
	    listens ? so->so_qlen : so->so_rcv.sb_cc, which, left,
	    (unsigned)tp->t_backoff, so->so_cred->cr_euid,
	    (int)(which == 4 ? tp->t_probes : tp->t_keepprobes),
	    so->so_state & SS_NOFILE ? 0UL : (unsigned long)so->so_ino,
	    __atomic_load_n(&so->so_refs, __ATOMIC_RELAXED), 0UL);
	rump_textf(v->v_tx, " %lu %lu %u %u %d",
	    (unsigned long)(TICKS_NS((int64_t)tcp_rto(tp)) /
	    (NSEC_PER_SEC / HZ)), (unsigned long)(DELACK_NS /
	    (NSEC_PER_SEC / HZ)), tp->t_quick << 1U |
	    ((tp->t_flags & TF_PINGPONG) != 0), tp->t_cwnd / tp->t_mss,
	    listens || tp->t_ssthresh == UINT32_MAX ? -1 :
	    (int)(tp->t_ssthresh / tp->t_mss));
}

static int
pcb_line(struct inpcb *inp, void *arg)
{
	struct socket *so = inp->inp_so;
	struct view *v = arg;
	size_t start = v->v_tx->tx_len;

	if (inp->inp_family != v->v_family)
		return 0;
	rump_mutex_enter(&so->so_lock);
	if (inp->inp_ppcb != NULL && !(so->so_state & SS_DEAD)) {
		rump_textf(v->v_tx, "%4d:", v->v_n++);
		rump_netproc_addr(v->v_tx, v->v_family, &inp->inp_laddr,
		    inp->inp_lport);
		rump_netproc_addr(v->v_tx, v->v_family, &inp->inp_faddr,
		    inp->inp_fport);
		pcb_state(v, inp, so);
		line_end(v, start);
	}
	rump_mutex_exit(&so->so_lock);
	return 0;
}

/* Half-open connections and those in TIME_WAIT. */
static int
mini_line(const struct tcpmini *tm, void *arg)
{
	struct view *v = arg;
	size_t start = v->v_tx->tx_len;

	if ((inaddr_is4(&tm->tm_faddr) ? AF_INET : AF_INET6) != v->v_family)
		return 0;
	rump_textf(v->v_tx, "%4d:", v->v_n++);
	rump_netproc_addr(v->v_tx, v->v_family, &tm->tm_laddr, tm->tm_lport);
	rump_netproc_addr(v->v_tx, v->v_family, &tm->tm_faddr, tm->tm_fport);
	rump_textf(v->v_tx, " %02X %08X:%08X %02X:%08X %08X %5d %8d %d %d "
	    "%016lx", tm->tm_state, 0, 0, tm->tm_state == TS_TIME_WAIT ? 3 : 1,
	    tm->tm_left / (1000 / HZ), 0, 0, 0, 0, 1, 0UL);
	line_end(v, start);
	return 0;
}

/* pn_arg: not NULL for IPv6. */
static int
tcp_read(struct text *tx, const struct procctx *pc)
{
	struct view v = { tx, pc->pc_node->pn_arg != NULL ? AF_INET6 : AF_INET,
	    0 };
	int error;

	if (v.v_family == AF_INET6)
		rump_textf(tx, "  sl  local_address                         "
		    "remote_address                        st tx_queue "
		    "rx_queue tr tm->when retrnsmt   uid  timeout inode\n");
	else
		rump_textf(tx, "%-149s\n", "  sl  local_address rem_address   "
		    "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
		    "inode");
	error = inpcb_walk(&tcp_table, pcb_line, &v);
	return error != 0 ? error : rump_tcp_walkmini(mini_line, &v);
}

/* --- counters --- */
void
rump_netproc_tcp(struct text *tx)
{

	_Static_assert(TCPS_InCsumErrors == 9, "order of snmp's names");
	rump_textf(tx, "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens "
	    "PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs "
	    "RetransSegs InErrs OutRsts InCsumErrors\nTcp: 1 %ld %ld -1",
	    (long)(TICKS_NS(RTO_MIN + 512) / 1000000),
	    (long)(TICKS_NS(RTO_MAX + 512) / 1000000));
	rump_netproc_counters(tx, rump_tcpstat, TCPS_EstabResets + 1);
	rump_textf(tx, " %u", rump_tcp_estab());
	rump_netproc_counters(tx, &rump_tcpstat[TCPS_InSegs],
	    TCPS_InCsumErrors + 1 - TCPS_InSegs);
	rump_textf(tx, "\n");
}

#define N(name)	[TCPS_##name] = #name
static const char *const ext[TCPS_MAX] = {
	N(SyncookiesSent), N(SyncookiesRecv), N(SyncookiesFailed),
	N(ListenOverflows), N(ListenDrops), N(PAWSEstab), N(DelayedACKs),
	N(TCPHPHits), N(TCPPureAcks), N(TCPHPAcks), N(TCPTimeouts),
	N(TCPLossProbes), N(TCPLossProbeRecovery), N(TCPSackRecovery),
	N(TCPRenoRecovery), N(TCPSpuriousRTOs), N(TCPFullUndo),
	N(TCPDSACKOldSent), N(TCPDSACKRecv), N(TCPOFOQueue), N(TCPOFODrop),
	N(TCPRcvQDrop), N(TCPChallengeACK), N(TCPSYNChallenge),
	N(TCPAbortOnData), N(TCPAbortOnClose), N(TCPAbortOnTimeout),
	N(TCPAbortOnMemory), N(TCPKeepAlive), N(TCPFastOpenActive),
	N(TCPFastOpenPassive), N(TCPFastOpenPassiveFail), N(TW),
	N(TWRecycled), N(TCPTimeWaitOverflow), N(TCPReqQFullDoCookies),
	N(TCPMTUPFail),
};
#undef N

void
rump_netproc_tcpext(struct text *tx)
{
	unsigned i;

	rump_textf(tx, "TcpExt:");
	for (i = 0; i < TCPS_MAX; i++)
		if (ext[i] != NULL)
			rump_textf(tx, " %s", ext[i]);
	rump_textf(tx, "\nTcpExt:");
	for (i = 0; i < TCPS_MAX; i++)
		if (ext[i] != NULL)
			rump_netproc_counters(tx, &rump_tcpstat[i], 1);
	rump_textf(tx, "\n");
}

/* --- settings --- */
static int
cc_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "%s\n", SYSCTL(tcp_cc_default)->cc_name);
	return 0;
}

static int
cc_write(const char *text, const struct procctx *pc)
{
	const char *end = strchr(text, '\n');
	const struct tcp_cc *cc = tcp_cc_find(text, (unsigned)(end != NULL ?
	    (size_t)(end - text) : strlen(text)));

	(void)pc;
	if (cc == NULL)
		return ENOENT;
	__atomic_store_n(&tcp_cc_default, cc, __ATOMIC_RELAXED);
	return 0;
}

static int
allcc_read(struct text *tx, const struct procctx *pc)
{

	(void)pc;
	rump_textf(tx, "reno cubic\n");
	return 0;
}

#define IPV4	"sys/net/ipv4/"
#define SECONDS	(INT32_MAX / 1000)
RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "net/tcp", tcp_read);
	rump_proc_file(pt, "net/tcp6", tcp_read)->pn_arg = "6";
	rump_proc_set(pt, IPV4 "tcp_congestion_control", cc_read, cc_write);
	rump_proc_file(pt, IPV4 "tcp_available_congestion_control", allcc_read);
	rump_proc_file(pt, IPV4 "tcp_allowed_congestion_control", allcc_read);
	PROC_NUM(pt, IPV4 "tcp_ecn", rump_tcp_ecn, 0, 2);
	PROC_NUM(pt, IPV4 "tcp_timestamps", rump_tcp_timestamps, 0, 1);
	PROC_NUM(pt, IPV4 "tcp_sack", rump_tcp_sack, 0, 1);
	PROC_NUM(pt, IPV4 "tcp_window_scaling", rump_tcp_wscale, 0, 1);
	PROC_NUM(pt, IPV4 "tcp_syncookies", rump_tcp_syncookies, 0, 2);
	PROC_NUM(pt, IPV4 "tcp_fastopen", rump_tcp_fastopen, 0, 3);
	PROC_NUM(pt, IPV4 "tcp_keepalive_time", rump_tcp_keepidle, 1, 32767);
	PROC_NUM(pt, IPV4 "tcp_keepalive_intvl", rump_tcp_keepintvl, 1, 32767);
	PROC_NUM(pt, IPV4 "tcp_keepalive_probes", rump_tcp_keepcnt, 1, 127);
	PROC_NUM(pt, IPV4 "tcp_syn_retries", rump_tcp_synretries, 1, 127);
	PROC_NUM(pt, IPV4 "tcp_synack_retries", rump_tcp_synackretries, 0, 255);
	PROC_NUM(pt, IPV4 "tcp_retries2", rump_tcp_retries2, 1, 127);
	PROC_NUM(pt, IPV4 "tcp_fin_timeout", rump_tcp_fintimeout, 1, SECONDS);
	PROC_NUM(pt, IPV4 "tcp_tw_reuse", rump_tcp_twreuse, 0, 2);
	PROC_NUM(pt, IPV4 "tcp_max_syn_backlog", rump_tcp_maxsynbacklog, 1,
	    INT32_MAX);
	PROC_NUM(pt, IPV4 "tcp_rmem", rump_tcp_rmem, 1, INT32_MAX);
	PROC_NUM(pt, IPV4 "tcp_wmem", rump_tcp_wmem, 1, INT32_MAX);
}
