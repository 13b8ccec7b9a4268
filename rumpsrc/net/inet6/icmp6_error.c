/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMPv6 errors: those that this machine tells, limited as RFC 4443, 2.4 (f)
 * wants, and those that it is told.
 */
#include "inet6_priv.h"

static struct in_limit err_limit;

/* May this packet be answered by an error (RFC 4443, 2.4 (e))? */
static int
err_deserved(const struct mbuf *m, uint8_t type, uint8_t code)
{
	const struct ip6 *ip = mtod(m, const struct ip6 *);
	struct inaddr src = ip->ip6_src, dst = ip->ip6_dst;
	unsigned n = m->m_pkt.ph_len, off;
	uint8_t proto = ip->ip6_nxt, head[256], t;

	if ((dst.ia_b[0] == 0xff || (m->m_pkt.ph_flags & (PH_BCAST |
	    PH_MCAST))) && type != ICMP6_TOOBIG &&
	    !(type == ICMP6_PARAM && code == ICMP6_C_OPTION))
		return 0;
	if (src.ia_b[0] == 0xff || inaddr_isany(&src))
		return 0;
	n = n < sizeof(head) ? n : (unsigned)sizeof(head);
	m_copydata(m, 0, n, head);
	off = ip6_skip(head, n, IP6_HDR, &proto);
	if (off == 0 || proto != PROTO_ICMP6)
		return 1;
	if (off >= m->m_pkt.ph_len)
		return 0;
	m_copydata(m, off, 1, &t);
	return t >= 128 && t != ND_REDIRECT;
}

static struct mbuf *
err_build(const struct mbuf *m, uint8_t type, uint8_t code, uint32_t info)
{
	unsigned n = m->m_pkt.ph_len;
	struct icmp6 *ic;
	struct mbuf *e;

	if (n > IP6_MINMTU - IP6_HDR - sizeof(*ic))
		n = IP6_MINMTU - IP6_HDR - sizeof(*ic);
	if ((e = m_gethdr(n + sizeof(*ic))) == NULL)
		return NULL;
	ic = mtod(e, struct icmp6 *);
	ic->ic_type = type;
	ic->ic_code = code;
	ic->ic_sum = 0;
	ic->ic_data = net32(info);
	m_copydata(m, 0, n, ic + 1);
	e->m_len = e->m_pkt.ph_len = n + (unsigned)sizeof(*ic);
	return e;
}

/* From the address that was meant, or one near him who asked. */
static int
err_source(const struct mbuf *m, struct inflow *fl)
{

	if (in6_islinkscope(&fl->fl_dst) && m->m_pkt.ph_if != NULL)
		fl->fl_oif = m->m_pkt.ph_if->if_index;
	if (fl->fl_src.ia_b[0] != 0xff && in_islocal(&fl->fl_src))
		return 0;
	return ip6_source(&fl->fl_dst, fl->fl_oif, NULL, &fl->fl_src);
}

void
icmp6_error(struct mbuf *m, uint8_t type, uint8_t code, uint32_t info)
{
	const struct ip6 *ip = mtod(m, const struct ip6 *);
	struct inflow fl = {
		.fl_src = ip->ip6_dst,
		.fl_dst = ip->ip6_src,
		.fl_proto = PROTO_ICMP6,
	};
	struct mbuf *e = NULL;
	struct icmp6 *ic;

	if (err_deserved(m, type, code) && in_errlimit(&err_limit, m,
	    &rump_icmp6stat[1][ICMP6S_RateLimit]) && err_source(m, &fl) == 0)
		e = err_build(m, type, code, info);
	m_freem(m);
	if (e == NULL)
		return;
	ic = mtod(e, struct icmp6 *);
	ic->ic_sum = cksum_fold(cksum_add(ic, e->m_len, in_pseudo(&fl.fl_src,
	    &fl.fl_dst, PROTO_ICMP6, e->m_len)));
	icmp6_count(1, type);
	(void)ip6_output(e, &fl);
}

void
icmp6_portunreach(struct mbuf *m)
{

	m_withl3(m);
	icmp6_error(m, ICMP6_UNREACH, ICMP6_C_PORT, 0);
}

/* --- received --- */

static const struct { uint8_t ce_errno, ce_hard; } unreach[] = {
	{ ENETUNREACH, 0 }, { EACCES, 1 }, { EHOSTUNREACH, 0 },
	{ EHOSTUNREACH, 0 }, { ECONNREFUSED, 1 }, { EACCES, 1 },
	{ EACCES, 1 },
};

static void
err_deliver(struct inerr *ie, uint8_t proto, const uint8_t *data, size_t n,
    uint32_t info)
{
	int error = EHOSTUNREACH, hard = 0;
	const struct ipproto *pr;

	if (ie->ie_type == ICMP6_UNREACH && ie->ie_code <
	    sizeof(unreach) / sizeof(unreach[0])) {
		error = unreach[ie->ie_code].ce_errno;
		hard = unreach[ie->ie_code].ce_hard;
	} else if (ie->ie_type == ICMP6_UNREACH || ie->ie_type ==
	    ICMP6_PARAM) {
		error = EPROTO;
		hard = 1;
	} else if (ie->ie_type == ICMP6_TOOBIG) {
		error = EMSGSIZE;
		if (info < IP6_MINMTU)
			info = IP6_MINMTU;
	}
	if (__atomic_load_n(&rump_raw_count, __ATOMIC_RELAXED) != 0)
		rump_raw_error(ie, proto, error, hard, info, data, n);
	pr = ip6_proto(proto);
	if (pr != NULL && pr->ip_error != NULL)
		pr->ip_error(&ie->ie_sent, error, hard, info, data, n);
}

/*
 * m: the ICMPv6 message.  In it is the packet that we are said to have sent;
 * the transport sees whether that can be.
 */
void
icmp6_inerror(struct mbuf *m, const struct inrcv *ir)
{
	unsigned hdr = sizeof(struct icmp6), n = m->m_pkt.ph_len, off;
	const struct icmp6 *ic;
	struct inerr ie;
	struct ip6 ip;

	if (n > IP6_MINMTU)
		n = IP6_MINMTU;
	if (n < hdr + IP6_HDR + 8 || (m = m_pullup(m, n)) == NULL)
		goto out;
	ic = mtod(m, const struct icmp6 *);
	memcpy(&ip, ic + 1, sizeof(ip));
	ie.ie_sent.ir_src = ip.ip6_src;
	ie.ie_sent.ir_dst = ip.ip6_dst;
	if (net32(ip.ip6_flow) >> 28 != 6)
		goto out;
	if (inaddr_is4(&ie.ie_sent.ir_src) || inaddr_is4(&ie.ie_sent.ir_dst))
		goto out;
	off = ip6_skip((const uint8_t *)(ic + 1), n - hdr, IP6_HDR,
	    &ip.ip6_nxt);
	if (off == 0 || off + 8 > n - hdr)
		goto out;
	ie.ie_sent.ir_if = ir->ir_if;
	ie.ie_offender = ir->ir_src;
	ie.ie_type = ic->ic_type;
	ie.ie_code = ic->ic_code;
	err_deliver(&ie, ip.ip6_nxt, m->m_data + hdr + off, n - hdr - off,
	    net32(ic->ic_data));
out:
	m_freem(m);
}
