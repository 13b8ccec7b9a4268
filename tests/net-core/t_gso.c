/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net */
/*
 * Sums and segments in software; coalescing, which undoes them.
 */
#include "etherframes.h"

/* A frame that was sent: is everything in it right? */
static void
segment(struct mbuf *m, int v6, unsigned i, unsigned mss, unsigned payload,
    unsigned flags, int last, uint32_t caps)
{
	unsigned l4 = v6 ? 40 : 20, n = m->m_pkt.ph_len - 14 - l4 - 32, k;
	uint8_t b[2000], *p = b + 14;

	CHECK_EQ(m_length(m), m->m_pkt.ph_len);
	CHECK(m->m_pkt.ph_len <= 14 + l4 + 32 + mss);
	if (!(caps & IFCAP_SG))
		CHECK(m->m_next == NULL);
	if (caps & IFCAP_TXCSUM) {
		CHECK_EQ(m->m_pkt.ph_csum, PH_CSUM_PARTIAL);
		CHECK_EQ(m->m_pkt.ph_csumstart, 14 + l4);
		CHECK_EQ(m_cksum_finish(&m), 0);
	}
	CHECK_EQ(m->m_pkt.ph_csum, PH_CSUM_NONE);
	m_copydata(m, 0, m->m_pkt.ph_len, b);
	m_freem(m);
	CHECK_EQ(n, last ? payload - i * mss : mss);
	CHECK_EQ(get32(p + l4 + 4), 5000 + i * mss);
	CHECK_EQ(p[l4 + 13], flags & (last ? 0xff : 0xf6U) &
	    (i > 0 ? 0x7fU : 0xff));
	if (v6) {
		CHECK_EQ(p[4] << 8 | p[5], 32 + n);
	} else {
		CHECK_EQ(p[2] << 8 | p[3], 52 + n);
		CHECK_EQ(p[4] << 8 | p[5], 50 + i);
		CHECK_EQ(cksum_fold(cksum_add(p, 20, 0)), 0);
	}
	CHECK_EQ(cksum_fold(cksum_add(p + l4, 32 + n,
	    pseudo(p, 32 + n))), 0);
	for (k = 0; k < n; k++)
		CHECK_EQ(p[l4 + 32 + k], (uint8_t)((5000 + i * mss + k) * 7));
}

static void
gso(int v6, uint32_t caps, unsigned payload, unsigned mss)
{
	const uint8_t mac[6] = US;
	unsigned i, n, flags = 0x99;	/* CWR ACK PSH FIN */
	struct mbuf *m, *next, *back = NULL, **bp = &back, *c;

	e0->fk_if.if_caps = caps;
	CHECK_EQ(rump_ether_output(&e0->fk_if, gsopacket(v6, flags, payload,
	    mss), mac, v6 ? ETH_P_IPV6 : ETH_P_IP, 0), 0);
	m = fake_take(e0, &n);
	CHECK_EQ(n, (payload + mss - 1) / mss);
	for (i = 0; m != NULL; i++, m = next) {
		next = m->m_nextpkt;
		m->m_nextpkt = NULL;
		CHECK((c = m_dup(m, 0, m->m_pkt.ph_len)) != NULL);
		c->m_pkt.ph_csum = m->m_pkt.ph_csum;
		c->m_pkt.ph_csumstart = m->m_pkt.ph_csumstart;
		c->m_pkt.ph_csumoff = m->m_pkt.ph_csumoff;
		if (i % 2)	/* as a host on the same machine sends it */
			(void)m_cksum_finish(&c);
		*bp = c;
		bp = &c->m_nextpkt;
		segment(m, v6, i, mss, payload, flags, next == NULL, caps);
	}
	m_freeq(back);
}

/* Segments of a transfer, cut here and coalesced again: the same bytes. */
static void
roundtrip(int v6, unsigned payload, unsigned mss)
{
	const uint8_t mac[6] = US;
	unsigned n, hdr = (v6 ? 40 : 20) + 32;
	struct mbuf *m, *want;
	uint8_t *a = malloc(70000), *b = malloc(70000);

	e0->fk_if.if_caps = 0;
	want = gsopacket(v6, 0x18, payload, mss);
	CHECK_EQ(rump_ether_output(&e0->fk_if, gsopacket(v6, 0x18, payload,
	    mss), mac, v6 ? ETH_P_IPV6 : ETH_P_IP, 0), 0);
	m = fake_take(e0, &n);
	rump_if_input(&e0->fk_if, m);
	m = take(&n);
	CHECK_EQ(n, 1);
	CHECK_EQ(m->m_pkt.ph_len, hdr + payload);
	CHECK_EQ(m->m_pkt.ph_csum, PH_CSUM_OK);
	CHECK_EQ(m->m_pkt.ph_gso, v6 ? PH_GSO_TCP6 : PH_GSO_TCP4);
	CHECK_EQ(m->m_pkt.ph_gsosize, mss);
	CHECK_EQ(m->m_pkt.ph_hdrlen, hdr);
	m_copydata(want, 0, hdr + payload, a);
	m_copydata(m, 0, hdr + payload, b);
	memset(a + hdr - 32 + 16, 0, 2);	/* TCP's sum is gone */
	memset(b + hdr - 32 + 16, 0, 2);
	CHECK(memcmp(a, b, hdr + payload) == 0);
	/* Forwarded: cut again, right again. */
	m->m_pkt.ph_flags = 0;
	CHECK_EQ(rump_ether_output(&e0->fk_if, m, mac,
	    v6 ? ETH_P_IPV6 : ETH_P_IP, 0), 0);
	m = fake_take(e0, &n);
	CHECK_EQ(n, (payload + mss - 1) / mss);
	for (n = 0; m != NULL; n++) {
		struct mbuf *next = m->m_nextpkt;

		segment(m, v6, n, mss, payload, 0x18, next == NULL, 0);
		m = next;
	}
	m_freem(want);
	free(a);
	free(b);
}

static struct mbuf *
withheader(struct mbuf *m)
{

	m = m_prepend(m, 14);
	memcpy(m->m_data, US "\2\0\0\0\0\x99", 12);
	put16(m->m_data + 12, m->m_data[14] >> 4 == 6 ? ETH_P_IPV6 :
	    ETH_P_IP);
	return m;
}

/* How many packets come of two that differ in one way only? */
static unsigned
pair(int at, int bit, unsigned port2, uint32_t seq2, unsigned len2,
    unsigned flags2)
{
	struct mbuf *a = tcp(0, 1000, 5000, 0x10, 1000, 0);
	struct mbuf *b = tcp(0, port2, seq2, flags2, len2, 0);
	uint16_t sum;

	if (at >= 0) {
		CHECK((b = m_unshare(b, 52)) != NULL);
		b->m_data[at] ^= (uint8_t)bit;
		if (at < 20 && at != 10) {	/* a right sum all the same */
			memset(b->m_data + 10, 0, 2);
			sum = cksum_fold(cksum_add(b->m_data, 20, 0));
			memcpy(b->m_data + 10, &sum, 2);
		}
		if (at >= 20 && at != 36) {
			memset(b->m_data + 36, 0, 2);
			sum = cksum_fold(m_cksum(b, 20, 32 + len2,
			    pseudo(b->m_data, 32 + len2)));
			memcpy(b->m_data + 36, &sum, 2);
		}
	}
	a = withheader(a);
	a->m_nextpkt = withheader(b);
	rump_if_input(&e0->fk_if, a);
	return drop();
}

static void
gro(void)
{
	struct mbuf *q, **qp, *m;
	unsigned i, n;

	CHECK_EQ(pair(-1, 0, 1000, 6000, 1000, 0x10), 1);
	CHECK_EQ(pair(-1, 0, 1000, 6000, 1, 0x18), 1);
	CHECK_EQ(pair(-1, 0, 1000, 6000, 1000, 0x11), 1);
	CHECK_EQ(pair(-1, 0, 1001, 6000, 1000, 0x10), 2);	/* flow */
	CHECK_EQ(pair(-1, 0, 1000, 6001, 1000, 0x10), 2);	/* hole */
	CHECK_EQ(pair(-1, 0, 1000, 5000, 1000, 0x10), 2);	/* again */
	CHECK_EQ(pair(-1, 0, 1000, 6000, 1001, 0x10), 2);	/* longer */
	CHECK_EQ(pair(-1, 0, 1000, 6000, 0, 0x10), 2);		/* ACK */
	CHECK_EQ(pair(-1, 0, 1000, 6000, 1000, 0x14), 2);	/* RST */
	CHECK_EQ(pair(-1, 0, 1000, 6000, 1000, 0x30), 2);	/* URG */
	CHECK_EQ(pair(-1, 0, 1000, 6000, 1000, 0x50), 2);	/* ECE */
	CHECK_EQ(pair(1, 3, 1000, 6000, 1000, 0x10), 2);	/* CE */
	CHECK_EQ(pair(8, 1, 1000, 6000, 1000, 0x10), 2);	/* TTL */
	CHECK_EQ(pair(6, 0x20, 1000, 6000, 1000, 0x10), 2);	/* fragment */
	CHECK_EQ(pair(7, 1, 1000, 6000, 1000, 0x10), 2);
	CHECK_EQ(pair(10, 1, 1000, 6000, 1000, 0x10), 2);	/* bad sums */
	CHECK_EQ(pair(36, 1, 1000, 6000, 1000, 0x10), 2);
	CHECK_EQ(pair(31, 1, 1000, 6000, 1000, 0x10), 2);	/* ack */
	CHECK_EQ(pair(35, 1, 1000, 6000, 1000, 0x10), 2);	/* window */
	CHECK_EQ(pair(47, 1, 1000, 6000, 1000, 0x10), 2);	/* option */
	/* More flows than are held, out of step: all bytes arrive. */
	for (qp = &q, i = 0; i < 600; i++) {
		*qp = withheader(tcp((int)(i % 2), 2000 + i % 6,
		    5000 + i / 6 * 1000, 0x10, 1000, 0));
		qp = &(*qp)->m_nextpkt;
	}
	rump_if_input(&e0->fk_if, q);
	q = take(&n);
	CHECK(n < 600);
	for (i = 0, m = q; m != NULL; m = m->m_nextpkt) {
		unsigned hdr = m->m_data[0] >> 4 == 6 ? 72 : 52;

		CHECK((m->m_pkt.ph_len - hdr) % 1000 == 0);
		CHECK(m->m_pkt.ph_len <= 65535);
		i += (m->m_pkt.ph_len - hdr) / 1000;
	}
	CHECK_EQ(i, 600);
	m_freeq(q);
	/* Data, then an acknowledgement of the same flow: in this order. */
	q = withheader(tcp(0, 1000, 5000, 0x10, 1000, 0));
	q->m_nextpkt = withheader(tcp(0, 1000, 6000, 0x10, 0, 0));
	rump_if_input(&e0->fk_if, q);
	q = take(&n);
	CHECK(n == 2 && q->m_pkt.ph_len == 1052);
	m_freeq(q);
	/* Jumbo frames: never beyond what an IP header can say. */
	for (qp = &q, i = 0; i < 40; i++) {
		*qp = withheader(tcp((int)(i / 20), 1000, 5000 + i * 8000,
		    0x10, 8000, 0));
		qp = &(*qp)->m_nextpkt;
	}
	rump_if_input(&e0->fk_if, q);
	q = take(&n);
	CHECK_EQ(n, 6);
	for (m = q; m != NULL; m = m->m_nextpkt)
		CHECK(m->m_pkt.ph_len <= 65535);
	m_freeq(q);
	/* One long flow: bounded packets. */
	for (qp = &q, i = 0; i < 200; i++) {
		*qp = withheader(tcp(0, 1000, 5000 + i * 1400, 0x10, 1400, 0));
		qp = &(*qp)->m_nextpkt;
	}
	rump_if_input(&e0->fk_if, q);
	n = drop();
	CHECK(n >= 5 && n <= 7);
}

int
main(void)
{
	static const uint32_t caps[] = { 0, IFCAP_SG, IFCAP_TXCSUM,
	    IFCAP_SG | IFCAP_TXCSUM };
	unsigned i, v6;

	CHECK_EQ(rump_init(), 0);
	rump_schedule();
	e0 = fake_attach("eth%d", 0);
	for (i = 0; i < 8; i++) {
		gso((int)(i & 1), caps[i / 2], 1, 1400);
		gso((int)(i & 1), caps[i / 2], 1400, 1400);
		gso((int)(i & 1), caps[i / 2], 1401, 1400);
		gso((int)(i & 1), caps[i / 2], 60001, 1448);
		gso((int)(i & 1), caps[i / 2], 3000, 7);
	}
	for (v6 = 0; v6 < 2; v6++) {
		roundtrip((int)v6, 2800, 1400);
		roundtrip((int)v6, 3001, 1400);
		roundtrip((int)v6, 40001, 1000);
	}
	gro();
	CHECK(flushes > 0);
	CHECK_EQ(rump_mbuf_inuse(), 0);
	rump_unschedule();
	return check_done();
}
