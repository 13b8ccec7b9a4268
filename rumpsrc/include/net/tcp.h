/* SPDX-License-Identifier: BSD-2-Clause */
/* What others may know of TCP: counters, settings, states, tables. */
#ifndef NET_TCP_H
#define NET_TCP_H

#include <stdint.h>

struct inpcb;

/* States as Linux numbers them (tcp_info, /proc/net/tcp, SOCK_DIAG). */
enum { TS_ESTABLISHED = 1, TS_SYN_SENT, TS_SYN_RECV, TS_FIN_WAIT1,
	TS_FIN_WAIT2, TS_TIME_WAIT, TS_CLOSE, TS_CLOSE_WAIT, TS_LAST_ACK,
	TS_LISTEN, TS_CLOSING };

/* Counters for /proc/net/snmp and netstat: Linux's names. */
enum { TCPS_ActiveOpens, TCPS_PassiveOpens, TCPS_AttemptFails,
	TCPS_EstabResets, TCPS_InSegs, TCPS_OutSegs, TCPS_RetransSegs,
	TCPS_InErrs, TCPS_OutRsts, TCPS_InCsumErrors, TCPS_SyncookiesSent,
	TCPS_SyncookiesRecv, TCPS_SyncookiesFailed, TCPS_ListenOverflows,
	TCPS_ListenDrops, TCPS_PAWSEstab, TCPS_DelayedACKs,
	TCPS_TCPHPHits, TCPS_TCPPureAcks, TCPS_TCPHPAcks, TCPS_TCPTimeouts,
	TCPS_TCPLossProbes, TCPS_TCPLossProbeRecovery, TCPS_TCPSackRecovery,
	TCPS_TCPRenoRecovery, TCPS_TCPSpuriousRTOs, TCPS_TCPFullUndo,
	TCPS_TCPDSACKOldSent, TCPS_TCPDSACKRecv, TCPS_TCPOFOQueue,
	TCPS_TCPOFODrop, TCPS_TCPRcvQDrop, TCPS_TCPChallengeACK,
	TCPS_TCPSYNChallenge, TCPS_TCPAbortOnData, TCPS_TCPAbortOnClose,
	TCPS_TCPAbortOnTimeout, TCPS_TCPAbortOnMemory, TCPS_TCPKeepAlive,
	TCPS_TCPFastOpenActive, TCPS_TCPFastOpenPassive,
	TCPS_TCPFastOpenPassiveFail, TCPS_TW, TCPS_TWRecycled,
	TCPS_TCPTimeWaitOverflow, TCPS_TCPReqQFullDoCookies,
	TCPS_TCPMTUPFail, TCPS_MAX };
extern uint64_t rump_tcpstat[TCPS_MAX];		/* [a] */
uint32_t rump_tcp_estab(void);		/* connections there are */

/* net.ipv4.tcp_*: may be changed at any time. [a] */
extern int rump_tcp_ecn, rump_tcp_timestamps, rump_tcp_sack,
    rump_tcp_wscale, rump_tcp_syncookies, rump_tcp_fastopen,
    rump_tcp_keepidle, rump_tcp_keepintvl, rump_tcp_keepcnt,
    rump_tcp_synretries, rump_tcp_synackretries, rump_tcp_retries2,
    rump_tcp_fintimeout, rump_tcp_twreuse, rump_tcp_maxsynbacklog;
extern uint32_t rump_tcp_rmem[3], rump_tcp_wmem[3];

/*
 * For tables of connections: so_lock held.  A struct tcp_info as Linux has it;
 * the state of a connection.
 */
struct tcp_info;
void	rump_tcp_info(struct inpcb *, struct tcp_info *);
int	rump_tcp_state(const struct inpcb *);

#endif /* NET_TCP_H */
