/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum (RFC 1071), sums of words as they are in memory. */
#include <asm/errno.h>
#include <kern/log.h>
#include <kern/str.h>
#include <net/mbuf.h>

static inline uint64_t
cksum_load(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, 8);
	return w;
}

#define CKSUM_ADD(w) do {						\
	uint64_t w_ = (w);						\
	s += w_;							\
	carry += s < w_;						\
} while (0)

static inline uint32_t
cksum_fold32(uint64_t s)
{

	s = (s & 0xffffffff) + (s >> 32);
	return (uint32_t)((s & 0xffffffff) + (s >> 32));
}

uint32_t
cksum_add(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;
	uint64_t s = sum, carry = 0;
	uint32_t w32;
	uint16_t w16;

	for (; len >= 32; len -= 32, p += 32) {
		CKSUM_ADD(cksum_load(p));
		CKSUM_ADD(cksum_load(p + 8));
		CKSUM_ADD(cksum_load(p + 16));
		CKSUM_ADD(cksum_load(p + 24));
	}
	for (; len >= 8; len -= 8, p += 8)
		CKSUM_ADD(cksum_load(p));
	if (len & 4) {
		memcpy(&w32, p, 4);
		CKSUM_ADD(w32);
		p += 4;
	}
	if (len & 2) {
		memcpy(&w16, p, 2);
		CKSUM_ADD(w16);
		p += 2;
	}
	if (len & 1) {
		w16 = 0;
		memcpy(&w16, p, 1);
		CKSUM_ADD(w16);
	}
	s += carry;
	return cksum_fold32(s + (s < carry));
}

static inline uint32_t
cksum_swap(uint32_t s)
{

	return (s << 8 & 0xff00ff00) | (s >> 8 & 0x00ff00ff);
}

uint32_t
m_cksum(const struct mbuf *m, size_t off, size_t len, uint32_t sum)
{
	uint64_t s = sum;
	uint32_t part;
	size_t k, done = 0;

	for (; len > 0; m = m->m_next) {
		KASSERT(m != NULL);
		if (off >= m->m_len) {
			off -= m->m_len;
			continue;
		}
		k = m->m_len - off < len ? m->m_len - off : len;
		part = cksum_add(m->m_data + off, k, 0);
		s += done & 1 ? cksum_swap(part) : part;
		done += k;
		len -= k;
		off = 0;
	}
	return cksum_fold32(s);
}

#define UDP_CSUMOFF	6

int
m_cksum_finish(struct mbuf **mp)
{
	struct mbuf *m = *mp;
	size_t start = m->m_pkt.ph_csumstart;
	size_t field = start + m->m_pkt.ph_csumoff;
	uint16_t sum;

	if (m->m_pkt.ph_csum != PH_CSUM_PARTIAL)
		return 0;
	KASSERT(field + 2 <= m->m_pkt.ph_len);
	*mp = m = m_unshare(m, field + 2);
	if (m == NULL)
		return ENOBUFS;
	sum = cksum_fold(m_cksum(m, start, m->m_pkt.ph_len - start, 0));
	/* 0 means none in UDP; elsewhere it is what RFC 1624 wants. */
	if (sum == 0 && m->m_pkt.ph_csumoff == UDP_CSUMOFF)
		sum = 0xffff;
	memcpy(m->m_data + field, &sum, 2);
	m->m_pkt.ph_csum = PH_CSUM_NONE;
	return 0;
}
