/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net */
/*
 * Frames in and out: what is let through, lengths, headers; sums and segments
 * in software; coalescing, which undoes them; lo and who drains it.
 */
#include <unistd.h>
#include <kern/poll.h>
#include "fake.h"
#include "../check.h"

static struct fake *e0;

/* --- protocols that keep what they get --- */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct mbuf *got, **gotlast = &got;	/* [lock] */
static unsigned ngot, flushes;			/* [lock] */

static void
input(struct ifnet *ifp, struct mbuf *m)
{

	CHECK(m->m_nextpkt == NULL);
	CHECK(m->m_pkt.ph_if == ifp);
	CHECK(PH_HDR(m, m->m_pkt.ph_l3) == m->m_data);
	CHECK(m->m_len >= 40 || m->m_len == m->m_pkt.ph_len);
	CHECK_EQ(m_length(m), m->m_pkt.ph_len);
	pthread_mutex_lock(&lock);
	*gotlast = m;
	gotlast = &m->m_nextpkt;
	ngot++;
	pthread_mutex_unlock(&lock);
}

static void
flush(void)
{

	pthread_mutex_lock(&lock);
	flushes++;
	pthread_mutex_unlock(&lock);
}

static const struct ethertype et4 = { ETH_P_IP, input, flush };
RUMP_ETHERTYPE(et4);
static const struct ethertype et6 = { ETH_P_IPV6, input, flush };
RUMP_ETHERTYPE(et6);
static const struct ethertype etother = { 0x88b5, input, NULL };
RUMP_ETHERTYPE(etother);

static struct mbuf *
take(unsigned *np)
{
	struct mbuf *m;

	pthread_mutex_lock(&lock);
	m = got;
	*np = ngot;
	got = NULL;
	gotlast = &got;
	ngot = 0;
	pthread_mutex_unlock(&lock);
	return m;
}

static unsigned
drop(void)
{
	unsigned n;

	m_freeq(take(&n));
	return n;
}

/* --- frames --- */
static struct mbuf *
frame(const char *dst, unsigned type, unsigned len)
{
	struct mbuf *m = m_gethdr(len < 14 ? 14 : len);

	memset(m->m_data, 0, len < 14 ? 14 : len);
	memcpy(m->m_data, dst, 6);
	memcpy(m->m_data + 6, "\2\0\0\0\0\x99", 6);
	m->m_data[12] = (uint8_t)(type >> 8);
	m->m_data[13] = (uint8_t)type;
	m->m_len = m->m_pkt.ph_len = len;
	return m;
}

static unsigned
in(struct mbuf *m)
{

	rump_if_input(&e0->fk_if, m);
	return drop();
}

#define US	"\2\0\0\0\0\1"
#define OTHER	"\2\0\0\0\0\2"
#define BCAST	"\xff\xff\xff\xff\xff\xff"
#define GROUP	"\1\0\x5e\1\2\3"

static unsigned taps, tapflags;

static void
tap(struct ifnet *ifp, struct mbuf *m, int out)
{

	(void)ifp;
	CHECK(m->m_len >= 14);
	taps++;
	tapflags = m->m_pkt.ph_flags | (out ? 0x8000U : 0);
}

static void
filter(void)
{
	struct mbuf *m;
	unsigned i, n;

	CHECK_EQ(in(frame(US, ETH_P_IP, 60)), 1);
	CHECK_EQ(in(frame(US, ETH_P_IPV6, 60)), 1);
	CHECK_EQ(in(frame(US, 0x88b5, 60)), 1);
	CHECK_EQ(in(frame(US, 0x88b6, 60)), 0);
	CHECK_EQ(in(frame(OTHER, ETH_P_IP, 60)), 0);
	CHECK_EQ(in(frame(GROUP, ETH_P_IP, 60)), 0);
	CHECK_EQ(rump_if_addmulti(&e0->fk_if, (const uint8_t *)GROUP), 0);
	CHECK_EQ(rump_if_addmulti(&e0->fk_if, (const uint8_t *)GROUP), 0);
	CHECK_EQ(rump_if_delmulti(&e0->fk_if, (const uint8_t *)GROUP), 0);
	rump_if_input(&e0->fk_if, frame(GROUP, ETH_P_IP, 60));
	m = take(&n);
	CHECK(n == 1 && m->m_pkt.ph_flags == PH_MCAST);
	m_freeq(m);
	CHECK_EQ(rump_if_delmulti(&e0->fk_if, (const uint8_t *)GROUP), 0);
	CHECK_EQ(rump_if_delmulti(&e0->fk_if, (const uint8_t *)GROUP), ENOENT);
	CHECK_EQ(in(frame(GROUP, ETH_P_IP, 60)), 0);
	rump_if_input(&e0->fk_if, frame(BCAST, ETH_P_IP, 60));
	m = take(&n);
	CHECK(n == 1 && m->m_pkt.ph_flags == PH_BCAST);
	m_freeq(m);
	/* Others' frames reach taps only. */
	CHECK_EQ(rump_if_setflags(&e0->fk_if, IFF_PROMISC, 0), 0);
	e0->fk_if.if_tap = tap;
	CHECK_EQ(in(frame(OTHER, ETH_P_IP, 60)), 0);
	CHECK(taps == 1 && tapflags == PH_OTHERHOST);
	CHECK_EQ(in(frame(US, ETH_P_IP, 60)), 1);
	CHECK(taps == 2 && tapflags == 0);
	e0->fk_if.if_tap = NULL;
	CHECK_EQ(rump_if_setflags(&e0->fk_if, 0, IFF_PROMISC), 0);
	/* Every length, in one piece and cut anywhere. */
	for (i = 0; i < 80; i++)
		CHECK_EQ(in(frame(US, ETH_P_IP, i)), i >= 14);
	for (i = 0; i < 80; i++) {
		m = frame(US, ETH_P_IP, i);
		struct mbuf *rest = m_copym(m, 80 - i < i ? 80 - i : i,
		    i - (80 - i < i ? 80 - i : i));

		m_adj(m, -(int)(i - (80 - i < i ? 80 - i : i)));
		m_cat(m, rest);
		CHECK_EQ(in(m), i >= 14);
	}
	/* Priority tags are cut off, VLANs are not ours. */
	m = frame(US, ETH_P_8021Q, 64);
	memcpy(m->m_data + 14, "\x60\0\x08\0\x45", 5);
	rump_if_input(&e0->fk_if, m);
	m = take(&n);
	CHECK(n == 1 && m->m_pkt.ph_len == 46 && m->m_data[0] == 0x45 &&
	    m->m_pkt.ph_vlan == 0x6000);
	m_freeq(m);
	m = frame(US, ETH_P_8021Q, 64);
	memcpy(m->m_data + 14, "\x60\1\x08\0", 4);
	CHECK_EQ(in(m), 0);
	for (i = 14; i < 18; i++)
		CHECK_EQ(in(frame(US, ETH_P_8021Q, i)), 0);
	/* Sums that point outside. */
	for (i = 0; i < 80; i++) {
		m = frame(US, ETH_P_IP, 60);
		m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
		m->m_pkt.ph_csumstart = (uint16_t)i;
		m->m_pkt.ph_csumoff = 16;
		CHECK_EQ(in(m), i >= 14 && i <= 42);
	}
	CHECK(e0->fk_if.if_stats.rx_packets > 100);
	CHECK_EQ(rump_mbuf_inuse(), 0);
}

/* --- TCP segments --- */
static void
put16(uint8_t *p, unsigned v)
{

	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{

	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint32_t
get32(const uint8_t *p)
{

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | p[2] << 8 | p[3];
}

static uint32_t
pseudo(const uint8_t *ip, unsigned len)
{
	uint8_t tail[4] = { 0, 6 };
	uint32_t s = ip[0] >> 4 == 6 ? cksum_add(ip + 8, 32, 0) :
	    cksum_add(ip + 12, 8, 0);

	put16(tail + 2, len);
	return cksum_add(tail, 4, s);
}

/* IP and TCP headers with 12 bytes of options, then payload in pieces. */
static struct mbuf *
tcp(int v6, unsigned port, uint32_t seq, unsigned flags, unsigned payload,
    int partial)
{
	unsigned l4 = v6 ? 40 : 20, hdr = l4 + 32, i, k;
	struct mbuf *m = m_gethdr(hdr), *d;
	uint8_t *p = m->m_data;
	uint16_t sum;

	memset(p, 0, hdr);
	if (v6) {
		p[0] = 0x60;
		put16(p + 4, 32 + payload);
		p[6] = 6;
		p[7] = 64;
		p[8] = p[24] = 0x20;
		p[23] = 1;
		p[39] = 2;
	} else {
		p[0] = 0x45;
		put16(p + 2, hdr + payload);
		put16(p + 4, (seq / 100) & 0xffff);
		p[6] = 0x40;
		p[8] = 64;
		p[9] = 6;
		put32(p + 12, 0x0a000001);
		put32(p + 16, 0x0a000002);
		sum = cksum_fold(cksum_add(p, 20, 0));
		memcpy(p + 10, &sum, 2);
	}
	put16(p + l4, port);
	put16(p + l4 + 2, 80);
	put32(p + l4 + 4, seq);
	put32(p + l4 + 8, 77);
	p[l4 + 12] = 0x80;
	p[l4 + 13] = (uint8_t)flags;
	put16(p + l4 + 14, 1000);
	memcpy(p + l4 + 20, "\1\1\x8\xa\0\0\0\1\0\0\0\2", 12);
	m->m_len = m->m_pkt.ph_len = hdr;
	for (i = 0; i < payload; i += k) {
		k = payload - i < 3000 ? payload - i : 3000;
		d = m_get(k);
		for (d->m_len = 0; d->m_len < k; d->m_len++)
			d->m_data[d->m_len] = (uint8_t)((seq + i + d->m_len) *
			    7);
		m_cat(m, d);
	}
	sum = (uint16_t)~cksum_fold(pseudo(p, 32 + payload));
	memcpy(p + l4 + 16, &sum, 2);
	m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
	m->m_pkt.ph_csumstart = (uint16_t)l4;
	m->m_pkt.ph_csumoff = 16;
	if (!partial)
		CHECK_EQ(m_cksum_finish(&m), 0);
	return m;
}

static struct mbuf *
gsopacket(int v6, unsigned flags, unsigned payload, unsigned mss)
{
	struct mbuf *m = tcp(v6, 1234, 5000, flags, payload, 1);

	m->m_pkt.ph_gso = v6 ? PH_GSO_TCP6 : PH_GSO_TCP4;
	m->m_pkt.ph_gsosize = (uint16_t)mss;
	m->m_pkt.ph_hdrlen = (uint16_t)((v6 ? 40 : 20) + 32);
	return m;
}

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

/* --- output without offloads, groups --- */
static int
dstof(struct neigh *ne, const char *ip, unsigned type, const char *mac)
{
	struct mbuf *m = m_gethdr(40);
	struct inaddr a = addr(ip);
	int same;

	memset(m->m_data, 0, 40);
	m->m_len = m->m_pkt.ph_len = 40;
	if (type == ETH_P_IP)
		memcpy(m->m_data + 16, a.ia_b + 12, 4);
	else
		memcpy(m->m_data + 24, a.ia_b, 16);
	CHECK_EQ(rump_if_output(&e0->fk_if, m, ne, (uint16_t)type, 0), 0);
	m = fake_take(e0, NULL);
	same = memcmp(m->m_data, mac, 6) == 0 &&
	    m->m_data[12] == type >> 8 && m->m_data[13] == (uint8_t)type;
	m_freeq(m);
	return same;
}

static void
output(void)
{
	struct mbuf *m, *d;
	const uint8_t mac[6] = OTHER;

	CHECK(dstof(NULL, "255.255.255.255", ETH_P_IP, BCAST));
	CHECK(dstof(NULL, "10.0.0.255", ETH_P_IP, BCAST));
	CHECK(dstof(NULL, "239.129.2.3", ETH_P_IP, GROUP));
	CHECK(dstof(NULL, "ff02::1:2:3", ETH_P_IPV6, "\x33\x33\0\2\0\3"));
	/* A chain for a device that takes one piece. */
	e0->fk_if.if_caps = 0;
	m = m_gethdr(10);
	m->m_len = m->m_pkt.ph_len = 10;
	d = m_get(10);
	d->m_len = 10;
	memset(m->m_data, 1, 10);
	memset(d->m_data, 2, 10);
	m_cat(m, d);
	CHECK_EQ(rump_ether_output(&e0->fk_if, m, mac, 0x88b5, 0), 0);
	m = fake_take(e0, NULL);
	CHECK(m->m_next == NULL && m->m_len == 34 && m->m_data[14] == 1 &&
	    m->m_data[33] == 2);
	m_freeq(m);
	/* Down: nothing goes out. */
	CHECK_EQ(rump_if_setflags(&e0->fk_if, 0, IFF_UP), 0);
	m = m_gethdr(10);
	m->m_len = m->m_pkt.ph_len = 10;
	CHECK_EQ(rump_ether_output(&e0->fk_if, m, mac, 0x88b5, 0), ENETDOWN);
	CHECK_EQ(fake_drop(e0), 0);
	CHECK_EQ(rump_if_setflags(&e0->fk_if, IFF_UP, 0), 0);
	/* Nonsense from above is dropped, not believed. */
	m = gsopacket(0, 0x10, 3000, 0);
	CHECK_EQ(rump_ether_output(&e0->fk_if, m, mac, ETH_P_IP, 0), ENOBUFS);
	m = gsopacket(0, 0x10, 3000, 1000);
	m->m_pkt.ph_hdrlen = 4000;
	CHECK_EQ(rump_ether_output(&e0->fk_if, m, mac, ETH_P_IP, 0), ENOBUFS);
	CHECK_EQ(fake_drop(e0), 0);
}

/* --- lo --- */
static void *
losend(void *arg)
{
	unsigned i;

	(void)arg;
	rump_schedule();
	for (i = 0; i < 500; i++) {
		CHECK_EQ(rump_if_output(rump_loif, tcp(0, 1, i, 0x10, 100, 1),
		    NULL, ETH_P_IP, 0), 0);
		if (i % 50 == 0)
			(void)rump_drain();
		if (i % 64 == 0) {
			rump_unschedule();
			rump_schedule();
		}
	}
	rump_unschedule();
	return NULL;
}

static void
loopback(void)
{
	struct mbuf *m;
	unsigned n, i;
	pthread_t t[2];
	uint64_t before = rump_loif->if_stats.rx_packets;

	CHECK_EQ(rump_if_output(rump_loif, tcp(0, 1, 1, 0x10, 100, 1), NULL,
	    ETH_P_IP, 0), 0);
	(void)rump_drain();
	rump_unschedule();	/* its thread may have been faster */
	for (i = 0; i < 2000 && __atomic_load_n(&rump_loif->if_stats
	    .rx_packets, __ATOMIC_RELAXED) == before; i++)
		usleep(1000);
	rump_schedule();
	m = take(&n);
	CHECK_EQ(n, 1);
	CHECK(m->m_pkt.ph_flags == PH_LOOP && m->m_pkt.ph_len == 152 &&
	    m->m_pkt.ph_csum == PH_CSUM_PARTIAL &&
	    m->m_pkt.ph_csumstart == 20 && m->m_pkt.ph_if == rump_loif);
	m_freeq(m);
	rump_unschedule();
	for (i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, losend, NULL);
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	for (i = n = 0; i < 2000 && n < 1000; i++) {
		unsigned k;

		usleep(1000);
		rump_schedule();
		m_freeq(take(&k));
		n += k;
		rump_unschedule();
	}
	rump_schedule();
	CHECK_EQ(n, 1000);
	CHECK(!rump_drain());
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
	filter();
	output();
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
	loopback();
	CHECK_EQ(rump_mbuf_inuse(), 0);
	rump_unschedule();
	return check_done();
}
