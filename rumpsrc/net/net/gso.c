/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an interface cannot do, in software: cutting a TCP packet into
 * segments (flags and numbers as RFC 9293 and RFC 3168 want them), sums,
 * contiguous bytes.
 */
#include <asm/errno.h>
#include <kern/log.h>
#include <kern/str.h>
#include "net_priv.h"

#define TCP_FIN		0x01
#define TCP_PSH		0x08
#define TCP_CWR		0x80
#define TCP_MINHDR	20
#define IPPROTO_TCP	6

static inline void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline unsigned
get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static inline uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* Sum of the pseudo header (RFC 9293, 3.1; RFC 8200, 8.1). */
static uint32_t
gso_pseudo(const uint8_t *ip, int v6, unsigned len)
{
	uint8_t tail[4] = { 0, IPPROTO_TCP };
	uint32_t sum;

	put16(tail + 2, len);
	sum = v6 ? cksum_add(ip + 8, 32, 0) : cksum_add(ip + 12, 8, 0);
	return cksum_add(tail, 4, sum);
}

/* The headers at p: those of segment i of what m was. */
static void
gso_headers(uint8_t *p, const struct mbuf *m, unsigned i, unsigned payload,
    int last)
{
	unsigned hdrlen = m->m_pkt.ph_hdrlen, l4 = m->m_pkt.ph_csumstart;
	int v6 = m->m_pkt.ph_gso == PH_GSO_TCP6;
	uint32_t seq = get32(p + l4 + 4) + i * m->m_pkt.ph_gsosize;
	uint16_t sum;

	if (v6) {
		put16(p + 4, hdrlen - 40 + payload);
	} else {
		put16(p + 2, hdrlen + payload);
		put16(p + 4, get16(p + 4) + i);
		put16(p + 10, 0);
		sum = cksum_fold(cksum_add(p, (p[0] & 0xfU) * 4, 0));
		memcpy(p + 10, &sum, 2);
	}
	put16(p + l4 + 4, seq >> 16);
	put16(p + l4 + 6, seq & 0xffff);
	if (!last)
		p[l4 + 13] &= (uint8_t)~(TCP_FIN | TCP_PSH);
	if (i > 0)
		p[l4 + 13] &= (uint8_t)~TCP_CWR;
	/* The complement of a complement: what PH_CSUM_PARTIAL wants. */
	sum = (uint16_t)~cksum_fold(gso_pseudo(p, v6, hdrlen - l4 + payload));
	memcpy(p + l4 + 16, &sum, 2);
}

/* Segment i: own headers, payload shared or, for simple devices, copied. */
static struct mbuf *
gso_segment(const struct mbuf *m, unsigned i, size_t payload, int last,
    int share)
{
	size_t hdrlen = m->m_pkt.ph_hdrlen;
	size_t off = hdrlen + (size_t)i * m->m_pkt.ph_gsosize;
	struct mbuf *s, *data;

	if ((s = m_gethdr(hdrlen + (share ? 0 : payload))) == NULL)
		return NULL;
	m_copydata(m, 0, hdrlen, s->m_data);
	s->m_len = (uint32_t)hdrlen;
	if (share) {
		if ((data = m_copym(m, off, payload)) == NULL) {
			m_free(s);
			return NULL;
		}
		s->m_next = data;
	} else {
		m_copydata(m, off, payload, s->m_data + hdrlen);
		s->m_len += (uint32_t)payload;
	}
	s->m_pkt.ph_len = (uint32_t)(hdrlen + payload);
	s->m_pkt.ph_csum = PH_CSUM_PARTIAL;
	s->m_pkt.ph_csumstart = m->m_pkt.ph_csumstart;
	s->m_pkt.ph_csumoff = 16;
	s->m_pkt.ph_hdrlen = m->m_pkt.ph_hdrlen;
	s->m_pkt.ph_prio = m->m_pkt.ph_prio;
	s->m_pkt.ph_flags = m->m_pkt.ph_flags;
	gso_headers(s->m_data, m, i, (unsigned)payload, last);
	return s;
}

/* Are the headers as the fields say? */
static int
gso_valid(const struct mbuf *m)
{
	unsigned l4 = m->m_pkt.ph_csumstart, hdrlen = m->m_pkt.ph_hdrlen;

	return m->m_pkt.ph_gsosize > 0 && hdrlen >= l4 + TCP_MINHDR &&
	    l4 >= (m->m_pkt.ph_gso == PH_GSO_TCP6 ? 40 : 20) &&
	    hdrlen < m->m_pkt.ph_len &&
	    hdrlen + m->m_pkt.ph_gsosize <= MBUF_MAX;
}

/* Takes m.  NULL: no memory, nothing is left of it. */
static struct mbuf *
gso_split(struct mbuf *m, int share)
{
	struct mbuf *q = NULL, **qp = &q;
	unsigned i, size = m->m_pkt.ph_gsosize;
	size_t left, n;

	if (!gso_valid(m)) {
		m_freem(m);
		return NULL;
	}
	left = m->m_pkt.ph_len - m->m_pkt.ph_hdrlen;
	for (i = 0; left > 0; i++, left -= n) {
		n = left < size ? left : size;
		if ((*qp = gso_segment(m, i, n, n == left, share)) == NULL) {
			m_freeq(q);
			q = NULL;
			break;
		}
		qp = &(*qp)->m_nextpkt;
	}
	m_freem(m);
	return q;
}

/* One packet without GSO.  Takes m. */
static struct mbuf *
gso_simple(const struct ifnet *ifp, struct mbuf *m)
{
	struct pkthdr *ph;
	struct mbuf *n;

	if (m->m_pkt.ph_csum == PH_CSUM_PARTIAL &&
	    !(ifp->if_caps & IFCAP_TXCSUM) && m_cksum_finish(&m) != 0)
		return NULL;
	if (m->m_next == NULL || (ifp->if_caps & IFCAP_SG))
		return m;
	ph = &m->m_pkt;
	if (ph->ph_len > MBUF_MAX || (n = m_dup(m, 0, ph->ph_len)) == NULL) {
		m_freem(m);
		return NULL;
	}
	n->m_pkt = *ph;
	m_freem(m);
	return n;
}

/*
 * A packet that was coalesced on its way in (gro.c) and is forwarded: the sum
 * in it is one segment's.  Takes m.
 */
static struct mbuf *
gso_partial(struct mbuf *m)
{
	int v6 = m->m_pkt.ph_gso == PH_GSO_TCP6;
	unsigned l4, hdrlen = m->m_pkt.ph_hdrlen;
	uint16_t sum;

	if ((m = m_unshare(m, hdrlen)) == NULL)
		return NULL;
	l4 = v6 ? 40 : (m->m_data[0] & 0xfU) * 4;
	if (hdrlen < l4 + TCP_MINHDR || m->m_len < hdrlen) {
		m_freem(m);
		return NULL;
	}
	sum = (uint16_t)~cksum_fold(gso_pseudo(m->m_data, v6,
	    m->m_pkt.ph_len - l4));
	memcpy(m->m_data + l4 + 16, &sum, 2);
	m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
	m->m_pkt.ph_csumstart = (uint16_t)l4;
	m->m_pkt.ph_csumoff = 16;
	return m;
}

struct mbuf *
rump_gso_finish(struct ifnet *ifp, struct mbuf *m)
{
	uint32_t cap = m->m_pkt.ph_gso == PH_GSO_TCP6 ? IFCAP_TSO6 :
	    IFCAP_TSO4;
	struct mbuf *q = NULL, **qp = &q, *next;

	if (m->m_pkt.ph_gso == PH_GSO_NONE)
		return gso_simple(ifp, m);
	if (m->m_pkt.ph_csum != PH_CSUM_PARTIAL &&
	    (m = gso_partial(m)) == NULL)
		return NULL;
	if ((ifp->if_caps & (cap | IFCAP_SG)) == (cap | IFCAP_SG) &&
	    m->m_pkt.ph_len <= ifp->if_gsomax)
		return m;
	/* Without sums by the device a copy brings the bytes near anyway. */
	m = gso_split(m, (ifp->if_caps & (IFCAP_SG | IFCAP_TXCSUM)) ==
	    (IFCAP_SG | IFCAP_TXCSUM));
	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		m->m_nextpkt = NULL;
		if ((*qp = gso_simple(ifp, m)) != NULL)
			qp = &(*qp)->m_nextpkt;
	}
	return q;
}
