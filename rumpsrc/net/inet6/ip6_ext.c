/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extension headers of received packets (RFC 8200, 4).  Bounded: EXT_HEADERS
 * headers, EXT_BYTES bytes, EXT_OPTIONS options in each.
 */
#include "inet6_priv.h"

#define EXT_HEADERS	8
#define EXT_BYTES	1024
#define EXT_OPTIONS	8
#define EXT_PAD		7	/* RFC 4942, 2.1.9.5 */

static struct mbuf *
bad(struct mbuf *m)
{

	IP6COUNT(InHdrErrors);
	m_freem(m);
	return NULL;
}

static struct mbuf *
problem(struct mbuf *m, uint8_t code, unsigned where)
{

	IP6COUNT(InHdrErrors);
	icmp6_error(m, ICMP6_PARAM, code, where);
	return NULL;
}

/* What to do about an option that nobody knows (4.2).  NULL: gone. */
static struct mbuf *
unknown_option(struct mbuf *m, unsigned where)
{

	switch (m->m_data[where] >> 6) {
	case 0:
		return m;
	case 1:
		return bad(m);
	case 2:
		return problem(m, ICMP6_C_OPTION, where);
	default:
		return mtod(m, const struct ip6 *)->ip6_dst.ia_b[0] == 0xff ?
		    bad(m) : problem(m, ICMP6_C_OPTION, where);
	}
}

/* Options at [off, end), contiguous. */
static struct mbuf *
options(struct mbuf *m, unsigned off, unsigned end, int hop)
{
	unsigned n = 0, pad = 0, len;
	const uint8_t *p;

	for (; off < end; off += len) {
		p = m->m_data + off;
		len = p[0] == 0 ? 1 : off + 2 > end ? end : p[1] + 2U;
		if (len > end - off)
			return bad(m);
		if (p[0] <= 1) {		/* Pad1, PadN */
			if ((pad += len) > EXT_PAD)
				return bad(m);
			continue;
		}
		pad = 0;
		if (++n > EXT_OPTIONS)
			return bad(m);
		if (hop && p[0] == 5) {		/* router alert */
			if (len != 4)
				return bad(m);
			continue;
		}
		if ((m = unknown_option(m, off)) == NULL)
			return NULL;
	}
	return m;
}

/* The routes in these are for routers; 0 is refused by all (RFC 5095). */
static struct mbuf *
routing(struct mbuf *m, unsigned off)
{
	const uint8_t *p = m->m_data + off;

	return p[3] == 0 ? m : problem(m, ICMP6_C_HEADER, off + 2);
}

/* A header with its length in it: contiguous, and to the next one. */
static struct mbuf *
plain(struct mbuf *m, struct ip6_walk *w)
{
	unsigned off = w->w_off, len;

	len = (m->m_data[off + 1] + 1U) * 8;
	if (len > m->m_pkt.ph_len - off || off + len > EXT_BYTES)
		return bad(m);
	if ((m = m_pullup(m, off + len)) == NULL) {
		IP6COUNT(InDiscards);
		return NULL;
	}
	m = w->w_proto == PROTO_ROUTING ? routing(m, off) :
	    options(m, off + 2, off + len, w->w_proto == PROTO_HOPOPTS);
	if (m == NULL)
		return NULL;
	w->w_proto = m->m_data[off];
	w->w_nxtoff = off;
	w->w_off = off + len;
	return m;
}

struct mbuf *
ip6_ext_input(struct ifnet *ifp, struct mbuf *m, struct ip6_walk *w)
{

	for (; ip6_isext(w->w_proto); w->w_n++) {
		if (w->w_n >= EXT_HEADERS || w->w_off > EXT_BYTES ||
		    m->m_pkt.ph_len < w->w_off + 8)
			return bad(m);
		if (w->w_proto == PROTO_HOPOPTS && w->w_off != IP6_HDR)
			return problem(m, ICMP6_C_NXT, w->w_nxtoff);
		if ((m = m_pullup(m, w->w_off + 8)) == NULL) {
			IP6COUNT(InDiscards);
			return NULL;
		}
		m = w->w_proto == PROTO_FRAGMENT ? ip6_reass(ifp, m, w) :
		    plain(m, w);
		if (m == NULL)
			return NULL;
	}
	return m;
}

unsigned
ip6_skip(const uint8_t *p, unsigned n, unsigned off, uint8_t *protop)
{
	unsigned i, len;

	for (i = 0; ip6_isext(*protop); i++) {
		if (i >= EXT_HEADERS || off + 8 > n)
			return 0;
		len = (p[off + 1] + 1U) * 8;
		if (*protop == PROTO_FRAGMENT) {
			if (p[off + 2] != 0 || (p[off + 3] & 0xf8) != 0)
				return 0;
			len = 8;
		}
		*protop = p[off];
		off += len;
	}
	return off <= n ? off : 0;
}
