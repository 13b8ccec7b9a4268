/* SPDX-License-Identifier: BSD-2-Clause */
/* Fragments (RFC 791): where they are put together again is reass.c. */
#include <linux/if_ether.h>
#include <net/reass.h>
#include "inet_priv.h"

static void
frag_whole(struct mbuf *m, int ce)
{
	struct ip4 *ip = mtod(m, struct ip4 *);

	ip->ip_len = net16((uint16_t)m->m_pkt.ph_len);
	ip->ip_off = 0;
	if (ce)
		ip->ip_tos |= 3;
}

static void
frag_late(struct mbuf *m)
{

	icmp_error(m, ICMP_T_TIMXCEED, 1, 0);
}

static const struct reassops frag_ops = {
	.ro_stat = rump_ipstat[0],
	.ro_life = 30,
	.ro_max = IP4_MAX,
	.ro_whole = frag_whole,
	.ro_late = frag_late,
};
static struct reass frag_reass;

struct mbuf *
ip4_reass(struct ifnet *ifp, struct mbuf *m)
{
	unsigned hlen = IP4_HLEN(mtod(m, struct ip4 *)), off, more;
	struct reass_key key = { .rk_id = 0 };
	struct mbuf *first = NULL;
	struct ip4 *ip;

	(void)ifp;
	IP4COUNT(ReasmReqds);
	if ((m = m_unshare(m, hlen)) == NULL)
		goto fail;
	ip = mtod(m, struct ip4 *);
	off = (net16(ip->ip_off) & IP4_OFFMASK) * 8U;
	more = net16(ip->ip_off) & IP4_MF;
	if (m->m_pkt.ph_len == hlen || (more &&
	    (m->m_pkt.ph_len - hlen) % 8 != 0) ||
	    off + m->m_pkt.ph_len > IP4_MAX)
		goto fail;
	key.rk_src.ia_w[0] = ip->ip_src;
	key.rk_dst.ia_w[0] = ip->ip_dst;
	key.rk_id = ip->ip_id;
	key.rk_more = ip->ip_p;
	m->m_pkt.ph_csum = PH_CSUM_NONE;
	m->m_pkt.ph_gso = PH_GSO_NONE;
	m->m_pkt.ph_hdrlen = (uint16_t)hlen;
	if (off == 0)
		first = rump_reass_copy(m, hlen + 8);
	m->m_data += hlen;
	m->m_len -= hlen;
	m->m_pkt.ph_len -= hlen;
	return rump_reass(&frag_reass, &frag_ops, &key, m, off, more != 0,
	    ip->ip_tos, first);
fail:
	IP4COUNT(ReasmFails);
	m_freem(m);
	return NULL;
}

/* --- making them --- */

/* The options that are copied into every fragment (RFC 791, 3.1). */
static unsigned
frag_options(const struct ip4 *ip, uint8_t *to)
{
	const uint8_t *p = (const uint8_t *)(ip + 1);
	unsigned n = IP4_HLEN(ip) - IP4_HDR, i, len, out = 0;

	for (i = 0; i < n && p[i] != 0; i += len) {
		len = p[i] == 1 || i + 1 >= n ? 1 : p[i + 1];
		if (len == 0 || len > n - i)
			break;
		if (p[i] & 0x80) {
			memcpy(to + out, p + i, len);
			out += len;
		}
	}
	while (out % 4 != 0)
		to[out++] = 0;
	return out;
}

static struct mbuf *
frag_make(const struct mbuf *m, const struct ip4 *first, const uint8_t *opts,
    unsigned optlen, unsigned off, unsigned len, int more)
{
	unsigned hlen = IP4_HDR + optlen, base = IP4_HLEN(first);
	struct mbuf *h, *data;
	struct ip4 *ip;

	if ((h = m_gethdr(hlen)) == NULL)
		return NULL;
	if ((data = m_copym(m, base + off, len)) == NULL) {
		m_freem(h);
		return NULL;
	}
	h->m_len = h->m_pkt.ph_len = hlen;
	m_cat(h, data);
	h->m_pkt.ph_prio = m->m_pkt.ph_prio;
	h->m_pkt.ph_flags = m->m_pkt.ph_flags;
	ip = mtod(h, struct ip4 *);
	*ip = *first;
	memcpy(ip + 1, opts, optlen);
	ip->ip_vhl = (uint8_t)(0x40 | hlen / 4);
	ip->ip_len = net16((uint16_t)(hlen + len));
	ip->ip_off = net16((uint16_t)((net16(first->ip_off) & (IP4_DF |
	    IP4_MF)) + (net16(first->ip_off) & IP4_OFFMASK) + off / 8));
	if (more)
		ip->ip_off |= net16(IP4_MF);
	ip->ip_sum = 0;
	ip->ip_sum = cksum_fold(cksum_add(ip, hlen, 0));
	IP4COUNT(FragCreates);
	return h;
}

int
ip4_fragment(struct mbuf *m, uint32_t mtu, struct mbuf **qp)
{
	unsigned hlen, len, off, optlen = 0, max;
	struct mbuf **tail = qp;
	struct ip4 first;
	uint8_t opts[40];

	*qp = NULL;
	if (m_cksum_finish(&m) != 0 || (m = m_pullup(m, IP4_HLEN(mtod(m,
	    struct ip4 *)))) == NULL)
		goto fail;
	hlen = IP4_HLEN(mtod(m, struct ip4 *));
	first = *mtod(m, struct ip4 *);
	memcpy(opts, m->m_data + IP4_HDR, hlen - IP4_HDR);
	optlen = hlen - IP4_HDR;
	len = m->m_pkt.ph_len - hlen;
	if (mtu < hlen + 8)
		goto fail;
	max = (mtu - hlen) & ~7U;
	for (off = 0; off < len; off += max) {
		*tail = frag_make(m, &first, opts, optlen, off,
		    len - off < max ? len - off : max, off + max < len);
		if (*tail == NULL)
			goto fail;
		tail = &(*tail)->m_nextpkt;
		if (off == 0)
			optlen = frag_options(mtod(m, struct ip4 *), opts);
	}
	m_freem(m);
	IP4COUNT(FragOKs);
	return 0;
fail:
	IP4COUNT(FragFails);
	m_freeq(*qp);
	*qp = NULL;
	m_freem(m);
	return ENOBUFS;
}

void
ip4_fragstat(unsigned *n, uint32_t *mem)
{

	rump_reass_stat(&frag_reass, n, mem);
}
