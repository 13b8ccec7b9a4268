/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames and TCP segments into and out of a fake interface, as mbufs. */
#ifndef TESTS_NET_CORE_ETHERFRAMES_H
#define TESTS_NET_CORE_ETHERFRAMES_H

#include <unistd.h>
#include <kern/poll.h>
#include "fake.h"
#include "../check.h"

#define US	"\2\0\0\0\0\1"

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

/* --- TCP segments --- */
static inline void
put16(uint8_t *p, unsigned v)
{

	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
put32(uint8_t *p, uint32_t v)
{

	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static inline uint32_t
get32(const uint8_t *p)
{

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | p[2] << 8 | p[3];
}

static inline uint32_t
pseudo(const uint8_t *ip, unsigned len)
{
	uint8_t tail[4] = { 0, 6 };
	uint32_t s = ip[0] >> 4 == 6 ? cksum_add(ip + 8, 32, 0) :
	    cksum_add(ip + 12, 8, 0);

	put16(tail + 2, len);
	return cksum_add(tail, 4, s);
}

/* IP and TCP headers with 12 bytes of options, then payload in pieces. */
static inline struct mbuf *
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

static inline struct mbuf *
gsopacket(int v6, unsigned flags, unsigned payload, unsigned mss)
{
	struct mbuf *m = tcp(v6, 1234, 5000, flags, payload, 1);

	m->m_pkt.ph_gso = v6 ? PH_GSO_TCP6 : PH_GSO_TCP4;
	m->m_pkt.ph_gsosize = (uint16_t)mss;
	m->m_pkt.ph_hdrlen = (uint16_t)((v6 ? 40 : 20) + 32);
	return m;
}

#endif /* TESTS_NET_CORE_ETHERFRAMES_H */
