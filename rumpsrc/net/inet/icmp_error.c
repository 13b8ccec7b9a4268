/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors: those that this machine tells, as many as RFC 1812, 4.3.2.8
 * would have it, and those that it is told.
 */
#include <linux/rtnetlink.h>
#include "inet_priv.h"

#define ERR_MAX		576	/* bytes of the whole message */
#define ERR_RATE	1000	/* a second */

static struct in_limit err_limit;

int
in_errlimit(struct in_limit *il, const struct mbuf *m, uint64_t *refused)
{
	int64_t now = rump_monotonic(), n;
	int ok = (m->m_pkt.ph_flags & PH_LOOP) != 0;

	rump_mutex_enter(&il->il_lock);
	n = (now - il->il_when) / (NSEC_PER_SEC / ERR_RATE);
	if (n > 0) {
		il->il_tokens = n >= IN_BURST - (int64_t)il->il_tokens ?
		    IN_BURST - (uint32_t)(in_random() % 4) :
		    il->il_tokens + (uint32_t)n;
		il->il_when = now;
	}
	if (!ok && il->il_tokens > 0) {
		il->il_tokens--;
		ok = 1;
	}
	rump_mutex_exit(&il->il_lock);
	if (!ok)
		in_count(refused);
	return ok;
}

/* May this packet be answered by an error (RFC 1122, 3.2.2)? */
static int
err_deserved(const struct mbuf *m)
{
	const struct ip4 *ip = mtod(m, const struct ip4 *);
	unsigned hlen = IP4_HLEN(ip);
	struct inaddr src = inaddr_from4(ip->ip_src);
	struct inaddr dst = inaddr_from4(ip->ip_dst);
	uint8_t type;

	if ((m->m_pkt.ph_flags & (PH_BCAST | PH_MCAST)) ||
	    (ip->ip_off & net16(IP4_OFFMASK)) || ip->ip_src == 0 ||
	    inaddr_ismulti(&src) || inaddr_ismulti(&dst) ||
	    in_classify(&src) == IN_BCAST || in_classify(&dst) == IN_BCAST)
		return 0;
	if (ip->ip_p != PROTO_ICMP)
		return 1;
	if (m->m_pkt.ph_len <= hlen)
		return 0;
	m_copydata(m, hlen, 1, &type);
	return type == ICMP_T_ECHO || type == ICMP_T_ECHOREPLY ||
	    type == ICMP_T_TSTAMP || type == ICMP_T_TSTAMPREPLY;
}

static struct mbuf *
err_build(const struct mbuf *m, uint8_t type, uint8_t code, uint32_t info)
{
	unsigned n = m->m_pkt.ph_len;
	struct icmp *ic;
	struct mbuf *e;

	if (n > ERR_MAX - IP4_HDR - sizeof(*ic))
		n = ERR_MAX - IP4_HDR - sizeof(*ic);
	if ((e = m_gethdr(n + sizeof(*ic))) == NULL)
		return NULL;
	ic = mtod(e, struct icmp *);
	ic->ic_type = type;
	ic->ic_code = code;
	ic->ic_sum = 0;
	memcpy(&ic->ic_id, &info, 4);
	m_copydata(m, 0, n, ic + 1);
	e->m_len = e->m_pkt.ph_len = n + sizeof(*ic);
	ic->ic_sum = cksum_fold(cksum_add(ic, e->m_len, 0));
	return e;
}

void
icmp_error(struct mbuf *m, uint8_t type, uint8_t code, uint32_t info)
{
	const struct ip4 *ip = mtod(m, const struct ip4 *);
	struct inflow fl = {
		.fl_src = inaddr_from4(ip->ip_dst),
		.fl_dst = inaddr_from4(ip->ip_src),
		.fl_proto = PROTO_ICMP,
		.fl_tos = (uint8_t)((ip->ip_tos & 0x1e) | 0xc0),
	};
	struct mbuf *e = NULL;

	/* From the address that was meant, or one near him who asked. */
	if (err_deserved(m) && in_errlimit(&err_limit, m,
	    &rump_icmpstat[1][ICMPS_RateLimit]) &&
	    (in_classify(&fl.fl_src) == IN_LOCAL ||
	    ip4_source(&fl.fl_dst, 0, NULL, &fl.fl_src) == 0))
		e = err_build(m, type, code, info);
	m_freem(m);
	if (e == NULL)
		return;
	in_count(&rump_icmpstat[1][type]);
	in_count(&rump_icmpstat[1][ICMPS_Msgs]);
	(void)ip4_output(e, &fl);
}

void
icmp_portunreach(struct mbuf *m)
{

	m_withl3(m);
	icmp_error(m, ICMP_T_UNREACH, ICMP_C_PORT, 0);
}

/* --- received --- */

static const struct { uint8_t ce_errno, ce_hard; } unreach[16] = {
	{ ENETUNREACH, 0 }, { EHOSTUNREACH, 0 }, { ENOPROTOOPT, 1 },
	{ ECONNREFUSED, 1 }, { EMSGSIZE, 0 }, { EOPNOTSUPP, 0 },
	{ ENETUNREACH, 1 }, { EHOSTDOWN, 1 }, { ENONET, 1 },
	{ ENETUNREACH, 1 }, { EHOSTUNREACH, 1 }, { ENETUNREACH, 0 },
	{ EHOSTUNREACH, 0 }, { EHOSTUNREACH, 1 }, { EHOSTUNREACH, 1 },
	{ EHOSTUNREACH, 1 },
};

/* The next smaller common MTU, for routers that do not tell (RFC 1191, 7). */
static uint32_t
pmtu_plateau(uint32_t len)
{
	static const uint16_t plateau[] = { 32000, 17914, 8166, 4352, 2002,
	    1492, 1006 };
	unsigned i;

	for (i = 0; i < sizeof(plateau) / sizeof(plateau[0]); i++)
		if (plateau[i] < len)
			return plateau[i];
	return 552;
}

static void
err_deliver(struct inerr *ie, const struct ip4 *ip, const uint8_t *data,
    size_t n, uint32_t mtu)
{
	const struct ipproto *pr;
	int error, hard = 0;

	if (ie->ie_type == ICMP_T_UNREACH) {
		error = unreach[ie->ie_code].ce_errno;
		hard = unreach[ie->ie_code].ce_hard;
	} else if (ie->ie_type == ICMP_T_PARAM) {
		error = EPROTO;
		hard = 1;
	} else
		error = EHOSTUNREACH;
	if (error == EMSGSIZE) {
		if (mtu < 68 || mtu >= net16(ip->ip_len))
			mtu = pmtu_plateau(net16(ip->ip_len));
		if (mtu < 552)
			mtu = 552;
	}
	if (__atomic_load_n(&rump_raw_count, __ATOMIC_RELAXED) != 0)
		rump_raw_error(ie, ip->ip_p, error, hard, mtu, data, n);
	pr = ip4_proto(ip->ip_p);
	if (pr != NULL && pr->ip_error != NULL)
		pr->ip_error(&ie->ie_sent, error, hard, mtu, data, n);
}

/*
 * m: the ICMP message.  In it is the header of a packet that we are said to
 * have sent, and at least 8 bytes of what followed; the transport sees
 * whether that can be.
 */
void
icmp_inerror(struct mbuf *m, const struct inrcv *ir)
{
	unsigned hdr = sizeof(struct icmp), n = m->m_pkt.ph_len, hlen;
	const struct icmp *ic;
	struct inerr ie;
	struct ip4 ip;

	if (n > ERR_MAX)
		n = ERR_MAX;
	if (n < hdr + IP4_HDR + 8 || (m = m_pullup(m, n)) == NULL)
		goto out;
	ic = mtod(m, const struct icmp *);
	memcpy(&ip, ic + 1, sizeof(ip));
	hlen = IP4_HLEN(&ip);
	if (ip.ip_vhl >> 4 != 4 || hlen < IP4_HDR || n < hdr + hlen + 8 ||
	    (ip.ip_off & net16(IP4_OFFMASK)) || (ic->ic_type ==
	    ICMP_T_UNREACH && ic->ic_code > 15) || (m->m_pkt.ph_flags &
	    (PH_BCAST | PH_MCAST)))
		goto out;
	ie.ie_sent.ir_src = inaddr_from4(ip.ip_src);
	ie.ie_sent.ir_dst = inaddr_from4(ip.ip_dst);
	ie.ie_sent.ir_if = ir->ir_if;
	ie.ie_offender = ir->ir_src;
	ie.ie_type = ic->ic_type;
	ie.ie_code = ic->ic_code;
	err_deliver(&ie, &ip, m->m_data + hdr + hlen, n - hdr - hlen,
	    net16(ic->ic_seq));
out:
	m_freem(m);
}
