/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SYN cookies (RFC 4987, 3.6): 27 bits of a keyed hash, 3 of the peer's MSS,
 * 2 of the time.  What else was agreed is in the low bits of our timestamp,
 * which the peer echoes.  They are taken only for a while after some were
 * sent.
 */
#include "tcp.h"

#define COOKIE_SHIFT	36		/* ns: 68 s */

static const uint16_t cookie_mss[8] = { 216, 536, 1024, 1220, 1340, 1440,
	1460, 8960 };
static int64_t cookie_last = -(4LL << COOKIE_SHIFT);	/* [a] */

static uint32_t
cookie_hash(const struct inrcv *ir, uint16_t lport, uint16_t fport,
    uint32_t irs, uint32_t when, uint32_t mss)
{

	return (uint32_t)in_prf(in_prfpair(&ir->ir_dst, &ir->ir_src, lport,
	    fport), (uint64_t)irs << 32 | when, mss ^ 0x636f6f6b) >> 5;
}

uint32_t
tcp_cookie(const struct seg *sg)
{
	uint32_t when = (uint32_t)(sg->sg_now >> COOKIE_SHIFT), i = 7;
	unsigned mss = sg->sg_opts & SGO_MSS ? sg->sg_mss :
	    inaddr_is4(&sg->sg_ir->ir_src) ? TCP_MSS_DEF4 : TCP_MSS_DEF6;

	while (i > 0 && cookie_mss[i] > mss)
		i--;
	__atomic_store_n(&cookie_last, sg->sg_now, __ATOMIC_RELAXED);
	return cookie_hash(sg->sg_ir, sg->sg_dport, sg->sg_sport, sg->sg_seq,
	    when, i) << 5 | i << 2 | (when & 3);
}

/* Low bits: scale (15: none), SACK, ECN. */
uint32_t
tcp_cookie_ts(const struct seg *sg, uint32_t ts)
{
	uint32_t bits = sg->sg_opts & SGO_WS && SYSCTL(rump_tcp_wscale) ?
	    sg->sg_ws : 15;
	uint32_t t;

	if ((sg->sg_opts & SGO_SACKOK) && SYSCTL(rump_tcp_sack))
		bits |= 16;
	if ((sg->sg_flags & (TH_ECE | TH_CWR)) == (TH_ECE | TH_CWR) &&
	    (sg->sg_tos & 3) == 0 && SYSCTL(rump_tcp_ecn) != 0)
		bits |= 32;
	t = (ts & ~63U) | bits;
	return SEQ_GT(t, ts) ? t - 64 : t;
}

/* Have some been sent that can still come back? */
int
tcp_cookie_active(const struct seg *sg)
{

	return sg->sg_now - __atomic_load_n(&cookie_last, __ATOMIC_RELAXED) <=
	    2LL << COOKIE_SHIFT;
}

/* The end of a handshake that nobody remembers; now in tms. */
int
tcp_cookie_check(const struct seg *sg, uint32_t now, struct synent *se)
{
	uint32_t c = sg->sg_ack - 1, when, i = c >> 2 & 7, bits;

	(void)now;
	if (!tcp_cookie_active(sg))
		return 0;
	when = (uint32_t)(sg->sg_now >> COOKIE_SHIFT);
	if ((when & 3) != (c & 3))
		when--;
	if ((when & 3) != (c & 3) || cookie_hash(sg->sg_ir, sg->sg_dport,
	    sg->sg_sport, sg->sg_seq - 1, when, i) != c >> 5) {
		TCPCOUNT(SyncookiesFailed);
		return 0;
	}
	TCPCOUNT(SyncookiesRecv);
	se->se_iss = c;
	se->se_irs = sg->sg_seq - 1;
	se->se_mss = cookie_mss[i];
	se->se_flags = SE_COOKIE;
	if (!(sg->sg_opts & SGO_TS) || !SYSCTL(rump_tcp_timestamps))
		return 1;
	se->se_flags |= SE_TS;
	se->se_tsrecent = sg->sg_tsval;
	se->se_tsoff = tcp_tsoffset(&sg->sg_ir->ir_dst, &sg->sg_ir->ir_src);
	bits = sg->sg_tsecr & 63;
	if ((bits & 15) != 15) {
		se->se_flags |= SE_WS;
		se->se_sndscale = (uint8_t)(bits & 15);
	}
	if (bits & 16)
		se->se_flags |= SE_SACK;
	if (bits & 32)
		se->se_flags |= SE_ECN;
	return 1;
}
