/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Coalescing of received TCP segments: those of one batch that follow each
 * other in a flow, with equal headers but for what must differ, become one
 * packet, as a device that segments (and gso.c) would have taken it.  Bounded
 * by GRO_FLOWS packets held, never beyond the batch, of GRO_SEGS segments and
 * 64 KiB each.  Small segments pass: they gain nothing.
 */
#include <asm/errno.h>
#include <linux/if_ether.h>
#include <kern/log.h>
#include <kern/str.h>
#include "net_priv.h"

#define TCP_FIN		0x01
#define TCP_PSH		0x08
#define TCP_ACK		0x10
#define IPPROTO_TCP	6
#define IP_DF		0x40
#define GRO_WORTH	512	/* least payload of a first segment */

static inline uint16_t
load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return v;
}

static inline uint32_t
load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

struct grohdr {			/* of the packet that came */
	const uint8_t	*gh_ip, *gh_tcp;
	unsigned	 gh_l4;		/* bytes in front of TCP's header */
	unsigned	 gh_hdrlen;
	unsigned	 gh_payload;
	int		 gh_v6;
};

/*
 * What could be merged: TCP right behind a plain IP header, lengths that fit.
 * Padding is cut off.
 */
static int
gro_parse(const struct ethertype *et, struct mbuf *m, struct grohdr *gh)
{
	const uint8_t *p = m->m_data;
	unsigned total, l4;

	gh->gh_v6 = et->et_type == ETH_P_IPV6;
	gh->gh_l4 = l4 = gh->gh_v6 ? 40 : 20;
	if (m->m_len < l4 + 20)
		return 0;
	if (gh->gh_v6) {
		if ((p[0] & 0xf0) != 0x60 || p[6] != IPPROTO_TCP)
			return 0;
		total = net16(load16(p + 4)) + 40U;
	} else {
		if (p[0] != 0x45 || p[9] != IPPROTO_TCP || (p[6] & 0x3f) != 0 ||
		    p[7] != 0)
			return 0;
		total = net16(load16(p + 2));
	}
	gh->gh_hdrlen = l4 + (p[l4 + 12] >> 4) * 4U;
	if (gh->gh_hdrlen < l4 + 20 || gh->gh_hdrlen > m->m_len ||
	    total < gh->gh_hdrlen || total > m->m_pkt.ph_len)
		return 0;
	if (m->m_pkt.ph_len > total)
		m_adj(m, (int)total - (int)m->m_pkt.ph_len);
	gh->gh_payload = total - gh->gh_hdrlen;
	gh->gh_ip = p;
	gh->gh_tcp = p + l4;
	return 1;
}

/* Sums must be right before they are gone for good. */
static int
gro_sums(struct mbuf *m, const struct grohdr *gh)
{
	unsigned len = m->m_pkt.ph_len - gh->gh_l4;
	uint8_t tail[4] = { 0, IPPROTO_TCP, (uint8_t)(len >> 8),
	    (uint8_t)len };
	uint32_t sum;

	if (!gh->gh_v6 && cksum_fold(cksum_add(gh->gh_ip, 20, 0)) != 0)
		return 0;
	if (m->m_pkt.ph_csum != PH_CSUM_NONE)
		return 1;
	sum = gh->gh_v6 ? cksum_add(gh->gh_ip + 8, 32, 0) :
	    cksum_add(gh->gh_ip + 12, 8, 0);
	sum = cksum_add(tail, 4, sum);
	if (cksum_fold(m_cksum(m, gh->gh_l4, len, sum)) != 0)
		return 0;
	m->m_pkt.ph_csum = PH_CSUM_OK;
	return 1;
}

static int
gro_sameflow(const struct groflow *gf, const struct grohdr *gh)
{
	const uint8_t *p = gf->gf_head->m_data;

	if ((gf->gf_et->et_type == ETH_P_IPV6) != gh->gh_v6)
		return 0;
	return memcmp(p + gh->gh_l4, gh->gh_tcp, 4) == 0 && (gh->gh_v6 ?
	    memcmp(p + 8, gh->gh_ip + 8, 32) == 0 :
	    memcmp(p + 12, gh->gh_ip + 12, 8) == 0);
}

/* The same but for length, identification, sums, sequence, PSH and FIN. */
static int
gro_samehdr(const struct groflow *gf, const struct grohdr *gh)
{
	const uint8_t *p = gf->gf_head->m_data, *t = p + gh->gh_l4;

	if (gh->gh_hdrlen != gf->gf_hdrlen)
		return 0;
	if (gh->gh_v6) {
		if (load32(p) != load32(gh->gh_ip) || p[7] != gh->gh_ip[7])
			return 0;
	} else if (p[1] != gh->gh_ip[1] || p[6] != gh->gh_ip[6] ||
	    p[8] != gh->gh_ip[8]) {
		return 0;
	} else if (!(p[6] & IP_DF) &&
	    net16(load16(gh->gh_ip + 4)) != (uint16_t)(gf->gf_id + 1)) {
		return 0;
	}
	return load32(t + 8) == load32(gh->gh_tcp + 8) &&	/* ack */
	    ((t[13] ^ gh->gh_tcp[13]) & ~(TCP_PSH | TCP_FIN)) == 0 &&
	    load16(t + 14) == load16(gh->gh_tcp + 14) &&	/* window */
	    memcmp(t + 20, gh->gh_tcp + 20,
	    gh->gh_hdrlen - gh->gh_l4 - 20) == 0;
}

static void
gro_deliver(struct gro *gr, unsigned i)
{
	struct groflow gf = gr->gr_flow[i];
	struct mbuf *m = gf.gf_head;
	uint8_t *p = m->m_data;
	uint16_t v;

	gr->gr_flow[i] = gr->gr_flow[--gr->gr_n];
	if (gf.gf_segs > 1) {
		if (gf.gf_et->et_type == ETH_P_IPV6) {
			v = net16((uint16_t)(m->m_pkt.ph_len - 40));
			memcpy(p + 4, &v, 2);
		} else {
			v = net16((uint16_t)m->m_pkt.ph_len);
			memcpy(p + 2, &v, 2);
			memset(p + 10, 0, 2);
			v = cksum_fold(cksum_add(p, 20, 0));
			memcpy(p + 10, &v, 2);
		}
		m->m_pkt.ph_gso = gf.gf_et->et_type == ETH_P_IPV6 ?
		    PH_GSO_TCP6 : PH_GSO_TCP4;
		m->m_pkt.ph_gsosize = gf.gf_size;
		m->m_pkt.ph_hdrlen = gf.gf_hdrlen;
		m->m_pkt.ph_csum = PH_CSUM_OK;
	}
	gf.gf_et->et_input(gr->gr_if, m);
}

void
rump_gro_flush(struct gro *gr)
{

	while (gr->gr_n > 0)
		gro_deliver(gr, 0);
}

/* Could it be the next of this flow?  True: it was taken. */
static int
gro_merge(struct groflow *gf, struct mbuf *m, const struct grohdr *gh)
{
	struct mbuf *h = gf->gf_head;
	uint8_t flags = gh->gh_tcp[13];

	if (gh->gh_payload == 0 || gh->gh_payload > gf->gf_size ||
	    net32(load32(gh->gh_tcp + 4)) != gf->gf_nextseq ||
	    (flags & ~(TCP_PSH | TCP_FIN)) != TCP_ACK ||
	    h->m_pkt.ph_len + gh->gh_payload > 65535 ||
	    !gro_samehdr(gf, gh) || !gro_sums(m, gh))
		return 0;
	h->m_data[gh->gh_l4 + 13] |= flags & (TCP_PSH | TCP_FIN);
	h->m_pkt.ph_len += gh->gh_payload;
	gf->gf_nextseq += gh->gh_payload;
	gf->gf_id++;
	gf->gf_segs++;
	m_adj(m, (int)gh->gh_hdrlen);
	gf->gf_tail->m_next = m;
	gf->gf_tail = m_last(m);
	return 1;
}

static void
gro_hold(struct gro *gr, const struct ethertype *et, struct mbuf *m,
    const struct grohdr *gh)
{
	struct groflow *gf = &gr->gr_flow[gr->gr_n++];

	gf->gf_et = et;
	gf->gf_head = m;
	gf->gf_tail = m_last(m);
	gf->gf_nextseq = net32(load32(gh->gh_tcp + 4)) + gh->gh_payload;
	gf->gf_size = (uint16_t)gh->gh_payload;
	gf->gf_hdrlen = (uint16_t)gh->gh_hdrlen;
	gf->gf_segs = 1;
	gf->gf_id = net16(load16(gh->gh_ip + 4));
}

int
rump_gro_input(struct gro *gr, const struct ethertype *et, struct mbuf *m)
{
	struct grohdr gh;
	unsigned i, payload;

	if (gr->gr_n == 0 && m->m_pkt.ph_len < GRO_WORTH + 40)
		return 0;
	if ((et->et_type != ETH_P_IP && et->et_type != ETH_P_IPV6) ||
	    m->m_pkt.ph_gso != PH_GSO_NONE || !gro_parse(et, m, &gh))
		return 0;
	for (i = 0; i < gr->gr_n && !gro_sameflow(&gr->gr_flow[i], &gh); i++)
		;
	if (i < gr->gr_n) {
		payload = gh.gh_payload;
		if (gro_merge(&gr->gr_flow[i], m, &gh)) {
			if (payload < gr->gr_flow[i].gf_size ||
			    gr->gr_flow[i].gf_segs >= GRO_SEGS ||
			    (gh.gh_tcp[13] & (TCP_PSH | TCP_FIN)) != 0)
				gro_deliver(gr, i);
			return 1;
		}
		gro_deliver(gr, i);	/* order is kept */
	}
	if (gh.gh_payload < GRO_WORTH || gh.gh_tcp[13] != TCP_ACK ||
	    gr->gr_n >= GRO_FLOWS || !m_writable(m) || !gro_sums(m, &gh))
		return 0;
	gro_hold(gr, et, m, &gh);
	return 1;
}
