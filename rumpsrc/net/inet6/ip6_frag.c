/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments (RFC 8200, 4.5); where they are put together again is reass.c.
 * Atomic ones are packets by themselves (RFC 6946).  The first one must have
 * all headers (RFC 7112).
 */
#include <linux/if_ether.h>
#include <net/netproc.h>
#include <net/reass.h>
#include "inet6_priv.h"

#define FRAG_FIRST	512	/* bytes of it for the ICMP error */

static void
frag_whole(struct mbuf *m, int ce)
{
	struct ip6 *ip = mtod(m, struct ip6 *);

	ip->ip6_plen = net16((uint16_t)(m->m_pkt.ph_len - IP6_HDR));
	if (ce)
		ip->ip6_flow |= net32(3U << 20);
}

static void
frag_late(struct mbuf *m)
{

	icmp6_error(m, ICMP6_TIMXCEED, 1, 0);
}

static const struct reassops frag_ops = {
	.ro_stat = rump_ipstat[1],
	.ro_life = 60,
	.ro_max = IP6_MAX + IP6_HDR,
	.ro_whole = frag_whole,
	.ro_late = frag_late,
};
static struct reass frag_reass;

static struct reass_key
frag_key(const struct ifnet *ifp, const struct ip6 *ip, uint32_t id)
{
	struct reass_key key = { ip->ip6_src, ip->ip6_dst, id, 0 };

	if (in6_islinkscope(&key.rk_src) || in6_islinkscope(&key.rk_dst))
		key.rk_more = ifp->if_index;
	return key;
}

/* Has it all headers, with the transport's beginning?  First fragment. */
static int
chain_whole(const struct mbuf *m, unsigned off, uint8_t proto)
{
	unsigned n = m->m_pkt.ph_len - off;
	uint8_t head[256];

	if (proto == PROTO_NONE)
		return 1;
	if (n > sizeof(head))
		n = sizeof(head);
	m_copydata(m, off, n, head);
	off = ip6_skip(head, n, 0, &proto);
	if (ip6_isext(proto))
		return 0;
	/* Headers longer than that are somebody's joke. */
	return off + (proto == PROTO_TCP ? 20 : proto == PROTO_UDP ||
	    proto == PROTO_ICMP6 ? 8 : 0) <= n && (off != 0 || n > 0);
}

/* What is wrong with it?  1: nothing.  0: m is gone. */
static int
frag_check(struct mbuf *m, const struct ip6_walk *w, unsigned off, int more,
    uint8_t proto)
{
	unsigned len = m->m_pkt.ph_len - w->w_off - 8;

	if (more && len % 8 != 0) {
		IP6COUNT(ReasmFails);
		icmp6_error(m, ICMP6_PARAM, ICMP6_C_HEADER, 4);
		return 0;
	}
	if (off + len + w->w_off - IP6_HDR > IP6_MAX) {
		IP6COUNT(ReasmFails);
		icmp6_error(m, ICMP6_PARAM, ICMP6_C_HEADER, w->w_off + 2);
		return 0;
	}
	if (off == 0 && !chain_whole(m, w->w_off + 8, proto)) {
		IP6COUNT(ReasmFails);
		icmp6_error(m, ICMP6_PARAM, ICMP6_C_CHAIN, 0);
		return 0;
	}
	if (len == 0) {
		IP6COUNT(ReasmFails);
		m_freem(m);
		return 0;
	}
	return 1;
}

/* The headers of a first fragment, without the fragment's own. */
static void
frag_cut(struct mbuf *m, const struct ip6_walk *w, uint8_t proto)
{
	unsigned n = w->w_off;
	uint8_t *p = m->m_data;

	p[w->w_nxtoff] = proto;
	memmove(p + 8, p, n);
	n += 8;
	m->m_data += n;
	m->m_len -= n;
	m->m_pkt.ph_len -= n;
	m->m_pkt.ph_hdrlen = (uint16_t)w->w_off;
}

static struct mbuf *
frag_fail(struct mbuf *m)
{

	IP6COUNT(ReasmFails);
	m_freem(m);
	return NULL;
}

/* w is at the fragment header; contiguous so far. */
struct mbuf *
ip6_reass(struct ifnet *ifp, struct mbuf *m, struct ip6_walk *w)
{
	struct mbuf *first = NULL;
	struct reass_key key;
	struct ip6_frag fh;
	unsigned off, tos;
	int more;

	memcpy(&fh, m->m_data + w->w_off, sizeof(fh));
	off = net16(fh.if_off) & 0xfff8U;
	more = net16(fh.if_off) & 1;
	if (off == 0 && !more) {
		w->w_proto = fh.if_nxt;
		w->w_nxtoff = w->w_off;
		w->w_off += 8;
		return m;
	}
	IP6COUNT(ReasmReqds);
	if (m->m_pkt.ph_flags & PH_FRAG)	/* in a reassembled one */
		return frag_fail(m);
	if (!frag_check(m, w, off, more, fh.if_nxt))
		return NULL;
	if ((m = m_unshare(m, w->w_off + 8)) == NULL)
		return frag_fail(NULL);
	m->m_pkt.ph_csum = PH_CSUM_NONE;
	m->m_pkt.ph_gso = PH_GSO_NONE;
	key = frag_key(ifp, mtod(m, const struct ip6 *), fh.if_id);
	tos = IP6_TOS(mtod(m, const struct ip6 *)->ip6_flow);
	if (off == 0)
		first = rump_reass_copy(m, FRAG_FIRST);
	frag_cut(m, w, fh.if_nxt);
	m = rump_reass(&frag_reass, &frag_ops, &key, m, off, more, tos,
	    first);
	if (m == NULL)
		return NULL;
	/* Once more from the start; its headers may be others than these. */
	w->w_off = IP6_HDR;
	w->w_nxtoff = 6;
	w->w_proto = mtod(m, const struct ip6 *)->ip6_nxt;
	return m;
}

/* --- making them --- */

/* RFC 7739: a counter, displaced by the keyed hash of what must differ. */
static uint32_t
frag_newid(const struct ip6 *ip)
{
	static uint32_t ids[16];	/* [a] */
	struct inaddr s = ip->ip6_src, d = ip->ip6_dst;
	uint64_t h = in_prfpair(&s, &d, 0, 44);

	return __atomic_fetch_add(&ids[h >> 60], 1, __ATOMIC_RELAXED) +
	    (uint32_t)h;
}

static struct mbuf *
frag_make(const struct mbuf *m, unsigned unfrag, unsigned nxtoff,
    struct ip6_frag *fh, unsigned off, unsigned len)
{
	struct mbuf *h, *data;

	if ((h = m_gethdr(unfrag + sizeof(*fh))) == NULL)
		return NULL;
	if ((data = m_copym(m, unfrag + off, len)) == NULL) {
		m_freem(h);
		return NULL;
	}
	h->m_len = h->m_pkt.ph_len = unfrag + (unsigned)sizeof(*fh);
	m_copydata(m, 0, unfrag, h->m_data);
	h->m_data[nxtoff] = PROTO_FRAGMENT;
	memcpy(h->m_data + unfrag, fh, sizeof(*fh));
	m_cat(h, data);
	h->m_pkt.ph_prio = m->m_pkt.ph_prio;
	h->m_pkt.ph_flags = m->m_pkt.ph_flags;
	mtod(h, struct ip6 *)->ip6_plen = net16((uint16_t)(h->m_pkt.ph_len -
	    IP6_HDR));
	IP6COUNT(FragCreates);
	return h;
}

int
ip6_fragment(struct mbuf *m, unsigned unfrag, unsigned nxtoff, uint32_t mtu,
    struct mbuf **qp)
{
	struct ip6_frag fh = { .if_reserved = 0 };
	unsigned len, off, max, n;
	struct mbuf **tail = qp;

	*qp = NULL;
	if (m_cksum_finish(&m) != 0 || (m = m_pullup(m, unfrag)) == NULL)
		goto fail;
	if (mtu < unfrag + sizeof(fh) + 8)
		goto fail;
	fh.if_nxt = m->m_data[nxtoff];
	fh.if_id = frag_newid(mtod(m, const struct ip6 *));
	len = m->m_pkt.ph_len - unfrag;
	max = (mtu - unfrag - (unsigned)sizeof(fh)) & ~7U;
	for (off = 0; off < len; off += max) {
		n = len - off < max ? len - off : max;
		fh.if_off = net16((uint16_t)(off | (off + n < len)));
		*tail = frag_make(m, unfrag, nxtoff, &fh, off, n);
		if (*tail == NULL)
			goto fail;
		tail = &(*tail)->m_nextpkt;
	}
	m_freem(m);
	IP6COUNT(FragOKs);
	return 0;
fail:
	IP6COUNT(FragFails);
	m_freeq(*qp);
	*qp = NULL;
	m_freem(m);
	return ENOBUFS;
}

void
rump_ip6_fragstat(unsigned *n, uint32_t *mem)
{

	rump_reass_stat(&frag_reass, n, mem);
}
