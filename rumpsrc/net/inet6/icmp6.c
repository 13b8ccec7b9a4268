/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMPv6 input (RFC 4443): echo is answered; errors go to the transport that
 * sent the packet in question; echo replies to ping sockets; the rest to
 * neighbour discovery and MLD.  The sum has been checked, raw sockets have
 * seen everything before.
 */
#include "inet6_priv.h"

#define MSG_MAX		2048	/* bytes of ND and MLD messages */

uint64_t rump_icmp6stat[2][ICMP6S_MAX];

void
icmp6_count(int out, unsigned type)
{

	if (type < 16)
		in_count(&rump_icmp6stat[out][type]);
	else if (type >= 128 && type < 152)
		in_count(&rump_icmp6stat[out][type - 112]);
	in_count(&rump_icmp6stat[out][ICMP6S_Msgs]);
}

/* A 16-bit word of a summed message changes (RFC 1624, equation 3). */
static uint16_t
cksum_fix(uint16_t sum, uint16_t old, uint16_t new)
{

	return cksum_fold((uint32_t)(uint16_t)~sum +
	    (uint32_t)(uint16_t)~old + new);
}

/* The message goes back to where it came from. */
static void
icmp6_echo(struct mbuf *m, const struct inrcv *ir)
{
	struct inflow fl = {
		.fl_src = ir->ir_dst,
		.fl_dst = ir->ir_src,
		.fl_proto = PROTO_ICMP6,
		.fl_tos = m->m_pkt.ph_tos,
	};
	struct icmp6 *ic;

	if (inaddr_isany(&ir->ir_src) ||
	    (m = m_unshare(m, sizeof(*ic))) == NULL) {
		m_freem(m);
		return;
	}
	ic = mtod(m, struct icmp6 *);
	ic->ic_type = ICMP6_ECHOREPLY;
	ic->ic_sum = cksum_fix(ic->ic_sum, net16(ICMP6_ECHO << 8),
	    net16(ICMP6_ECHOREPLY << 8));
	if (in6_islinklocal(&ir->ir_src))
		fl.fl_oif = ir->ir_if->if_index;
	if (ir->ir_dst.ia_b[0] == 0xff) {
		if (ip6_source(&ir->ir_src, ir->ir_if->if_index, NULL,
		    &fl.fl_src) != 0) {
			m_freem(m);
			return;
		}
		/* The sum covers the addresses. */
		ic->ic_sum = 0;
		ic->ic_sum = cksum_fold(m_cksum(m, 0, m->m_pkt.ph_len,
		    in_pseudo(&fl.fl_src, &fl.fl_dst, PROTO_ICMP6,
		    m->m_pkt.ph_len)));
	}
	icmp6_count(1, ICMP6_ECHOREPLY);
	memset(&m->m_pkt, 0, __builtin_offsetof(struct pkthdr, ph_time));
	m->m_pkt.ph_len = (uint32_t)m_length(m);
	(void)ip6_output(m, &fl);
}

/* Messages of the link; contiguous from here on.  Takes m. */
static void
icmp6_link(struct mbuf *m, const struct inrcv *ir, uint8_t type)
{

	if (m->m_pkt.ph_len > MSG_MAX ||
	    (m = m_pullup(m, m->m_pkt.ph_len)) == NULL) {
		m_freem(m);
		return;
	}
	if (type >= ND_RS && type <= ND_REDIRECT) {
		nd6_input(m, ir, type);
		m_freem(m);
	} else
		mld_input(m, ir);
}

static void
icmp6_input(struct mbuf *m, const struct inrcv *ir)
{
	uint8_t type;

	if (m->m_pkt.ph_len < sizeof(struct icmp6) ||
	    (m = m_pullup(m, sizeof(struct icmp6))) == NULL) {
		in_count(&rump_icmp6stat[0][ICMP6S_Errors]);
		m_freem(m);
		return;
	}
	type = mtod(m, struct icmp6 *)->ic_type;
	icmp6_count(0, type);
	switch (type) {
	case ICMP6_ECHO:
		icmp6_echo(m, ir);
		return;
	case ICMP6_ECHOREPLY:
		if (rump_ping_input != NULL && rump_ping_input(m, ir))
			return;
		break;
	case ICMP6_UNREACH:
	case ICMP6_TOOBIG:
	case ICMP6_TIMXCEED:
	case ICMP6_PARAM:
		icmp6_inerror(m, ir);
		return;
	case ND_RS:
	case ND_RA:
	case ND_NS:
	case ND_NA:
	case ND_REDIRECT:
	case MLD_QUERY:
	case MLD_V1REPORT:
		icmp6_link(m, ir, type);
		return;
	default:
		break;
	}
	m_freem(m);
}

/* An error about an ICMPv6 message that we sent: it was a ping socket's. */
static void
icmp6_ctlerror(const struct inrcv *sent, int error, int hard, uint32_t mtu,
    const uint8_t *data, size_t n)
{

	if (rump_ping_error == NULL)
		return;
	rump_ping_error((const struct inerr *)(const void *)sent, error, hard,
	    mtu, data, n);
}

static const struct ipproto icmp6_proto = {
	.ip_proto = PROTO_ICMP6,
	.ip_v6 = 1,
	.ip_input = icmp6_input,
	.ip_error = icmp6_ctlerror,
};
RUMP_IPPROTO(icmp6_proto);
