/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP input (RFC 792, 1122): echo is answered; errors go to the transport
 * that sent the packet in question; echo replies to ping sockets.  Raw sockets
 * have seen everything before.
 */
#include "inet_priv.h"

uint64_t rump_icmpstat[2][64];

static inline void
icmp_count(int out, unsigned type)
{

	if (type < 32)
		in_count(&rump_icmpstat[out][type]);
	in_count(&rump_icmpstat[out][ICMPS_Msgs]);
}

/* The message goes back to where it came from.  m: as the transport gets it. */
static void
icmp_reply(struct mbuf *m, const struct inrcv *ir, uint8_t type)
{
	struct inflow fl = {
		.fl_src = ir->ir_dst,
		.fl_dst = ir->ir_src,
		.fl_proto = PROTO_ICMP,
		.fl_tos = m->m_pkt.ph_tos,
		.fl_flags = FL_TRYDF,
	};
	struct icmp *ic;
	uint16_t old, new;

	if ((m = m_unshare(m, sizeof(*ic))) == NULL)
		return;
	ic = mtod(m, struct icmp *);
	memcpy(&old, ic, 2);
	ic->ic_type = type;
	memcpy(&new, ic, 2);
	ic->ic_sum = in_cksumfix(ic->ic_sum, old, new);
	icmp_count(1, type);
	if (m->m_pkt.ph_flags & (PH_BCAST | PH_MCAST)) {
		if (ip4_source(&ir->ir_src, ir->ir_if->if_index, NULL,
		    &fl.fl_src) != 0) {
			m_freem(m);
			return;
		}
	}
	memset(&m->m_pkt, 0, __builtin_offsetof(struct pkthdr, ph_time));
	m->m_pkt.ph_len = (uint32_t)m_length(m);
	(void)ip4_output(m, &fl);
}

static void
icmp_tstamp(struct mbuf *m, const struct inrcv *ir)
{
	uint32_t t, ms = (uint32_t)(rump_walltime() / 1000000 % 86400000);
	struct icmp *ic;

	if (m->m_pkt.ph_len < 20 || (m = m_unshare(m, 20)) == NULL) {
		m_freem(m);
		return;
	}
	t = net32(ms);
	memcpy(m->m_data + 12, &t, 4);
	memcpy(m->m_data + 16, &t, 4);
	ic = mtod(m, struct icmp *);
	ic->ic_sum = 0;
	ic->ic_sum = cksum_fold(m_cksum(m, 0, m->m_pkt.ph_len, 0));
	icmp_reply(m, ir, ICMP_T_TSTAMPREPLY);
}

static void
icmp_echo(struct mbuf *m, const struct inrcv *ir, uint8_t type)
{
	int group = (m->m_pkt.ph_flags & (PH_BCAST | PH_MCAST)) != 0;

	if ((group && !__atomic_load_n(&rump_ip_echobcast,
	    __ATOMIC_RELAXED)) || (ir->ir_src.ia_w[3] == 0)) {
		m_freem(m);
		return;
	}
	if (type == ICMP_T_ECHO)
		icmp_reply(m, ir, ICMP_T_ECHOREPLY);
	else
		icmp_tstamp(m, ir);
}

static void
icmp_input(struct mbuf *m, const struct inrcv *ir)
{
	uint8_t type;

	if (m->m_pkt.ph_len < sizeof(struct icmp) ||
	    (m = m_pullup(m, sizeof(struct icmp))) == NULL) {
		in_count(&rump_icmpstat[0][ICMPS_Errors]);
		m_freem(m);
		return;
	}
	if (!(m->m_pkt.ph_flags & PH_LOOP) &&
	    cksum_fold(m_cksum(m, 0, m->m_pkt.ph_len, 0)) != 0) {
		in_count(&rump_icmpstat[0][ICMPS_CsumErrors]);
		in_count(&rump_icmpstat[0][ICMPS_Errors]);
		m_freem(m);
		return;
	}
	type = mtod(m, struct icmp *)->ic_type;
	icmp_count(0, type);
	switch (type) {
	case ICMP_T_ECHO:
	case ICMP_T_TSTAMP:
		icmp_echo(m, ir, type);
		return;
	case ICMP_T_ECHOREPLY:
		if (rump_ping_input != NULL && rump_ping_input(m, ir))
			return;
		break;
	case ICMP_T_UNREACH:
	case ICMP_T_TIMXCEED:
	case ICMP_T_PARAM:
		icmp_inerror(m, ir);
		return;
	default:	/* quench: RFC 6633; redirects: not believed */
		break;
	}
	m_freem(m);
}

/* An error about an ICMP message that we sent: it was a raw socket's. */
static void
icmp_ctlerror(const struct inrcv *sent, int error, int hard, uint32_t mtu,
    const uint8_t *data, size_t n)
{

	if (rump_ping_error == NULL)
		return;
	rump_ping_error((const struct inerr *)(const void *)sent, error, hard,
	    mtu, data, n);
}

static const struct ipproto icmp_proto = {
	.ip_proto = PROTO_ICMP,
	.ip_v4 = 1,
	.ip_input = icmp_input,
	.ip_error = icmp_ctlerror,
};
RUMP_IPPROTO(icmp_proto);
