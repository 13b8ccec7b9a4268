/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on chains of mbufs.  Ranges are the caller's to check. */
#include <asm/errno.h>
#include <kern/log.h>
#include <kern/str.h>
#include "mbuf_priv.h"

size_t
m_length(const struct mbuf *m)
{
	size_t n = 0;

	for (; m != NULL; m = m->m_next)
		n += m->m_len;
	return n;
}

struct mbuf *
m_last(struct mbuf *m)
{

	while (m->m_next != NULL)
		m = m->m_next;
	return m;
}

void
m_cat(struct mbuf *m, struct mbuf *n)
{

	m->m_pkt.ph_len += (uint32_t)m_length(n);
	m_last(m)->m_next = n;
}

struct mbuf *
m_copym(const struct mbuf *m, size_t off, size_t len)
{
	struct mbuf *top = NULL, **np = &top;
	size_t n, left = len;

	for (; off >= m->m_len && m->m_next != NULL; m = m->m_next)
		off -= m->m_len;
	do {
		n = m->m_len - off < left ? m->m_len - off : left;
		if ((*np = rump_m_share(m, off, n)) == NULL) {
			m_freem(top);
			return NULL;
		}
		np = &(*np)->m_next;
		off = 0;
		m = m->m_next;
	} while ((left -= n) > 0);
	top->m_pkt.ph_len = (uint32_t)len;
	return top;
}

struct mbuf *
m_dup(const struct mbuf *m, size_t off, size_t len)
{
	struct mbuf *n;

	if ((n = m_gethdr(len)) == NULL)
		return NULL;
	m_copydata(m, off, len, n->m_data);
	n->m_len = n->m_pkt.ph_len = (uint32_t)len;
	return n;
}

struct mbuf *
m_prepend(struct mbuf *m, size_t n)
{
	struct mbuf *h = m;

	if (m_headroom(m) >= n) {
		m->m_data -= n;
		m->m_len += (uint32_t)n;
	} else {
		if ((h = m_gethdr(n)) == NULL) {
			m_freem(m);
			return NULL;
		}
		h->m_len = (uint32_t)n;
		h->m_next = m;
		h->m_nextpkt = m->m_nextpkt;
		h->m_pkt = m->m_pkt;
		m->m_nextpkt = NULL;
	}
	h->m_pkt.ph_len += (uint32_t)n;
	return h;
}

/*
 * A new first mbuf for the packet's first n bytes.  What is in front of the
 * data of a received packet (PH_HDR) comes along.
 */
static struct mbuf *
m_newhead(struct mbuf *m, size_t n)
{
	size_t before = (size_t)(m->m_data - m->m_store->m_base);
	struct mbuf *h, *next;
	ptrdiff_t moved;

	if (n > MBUF_MAX || (h = m_gethdr(n)) == NULL)
		return NULL;
	h->m_pkt = m->m_pkt;
	h->m_nextpkt = m->m_nextpkt;
	h->m_flags = m->m_flags;
	moved = (h->m_data - h->m_base) - (ptrdiff_t)before;
	if (m->m_pkt.ph_l3 != 0 || m->m_pkt.ph_l4 != 0) {
		if (before > (size_t)(h->m_data - h->m_base))
			before = (size_t)(h->m_data - h->m_base);
		memcpy(h->m_data - before, m->m_data - before, before);
		h->m_pkt.ph_l3 = (uint16_t)(m->m_pkt.ph_l3 + moved);
		h->m_pkt.ph_l4 = (uint16_t)(m->m_pkt.ph_l4 + moved);
	}
	while (n > 0) {
		size_t k = n < m->m_len ? n : m->m_len;

		memcpy(h->m_data + h->m_len, m->m_data, k);
		h->m_len += (uint32_t)k;
		m->m_data += k;
		m->m_len -= (uint32_t)k;
		n -= k;
		if (m->m_len > 0)
			break;
		next = m->m_next;
		m_free(m);
		if ((m = next) == NULL)
			break;
	}
	if ((h->m_next = m) != NULL)
		m->m_nextpkt = NULL;
	return h;
}

/* Bytes up to n from the following mbufs into the room behind the first. */
static void
m_gather(struct mbuf *m, size_t n)
{
	struct mbuf *x;
	size_t k;

	while (m->m_len < n) {
		x = m->m_next;
		k = n - m->m_len < x->m_len ? n - m->m_len : x->m_len;
		memcpy(m->m_data + m->m_len, x->m_data, k);
		m->m_len += (uint32_t)k;
		x->m_data += k;
		x->m_len -= (uint32_t)k;
		if (x->m_len == 0) {
			m->m_next = x->m_next;
			m_free(x);
		}
	}
}

static struct mbuf *
m_contig(struct mbuf *m, size_t n)
{
	struct mbuf *h;

	if (m_length(m) >= n) {
		if (m->m_len < n && m_tailroom(m) >= n - m->m_len) {
			m_gather(m, n);
			return m;
		}
		if ((h = m_newhead(m, n)) != NULL)
			return h;
	}
	m_freem(m);
	return NULL;
}

struct mbuf *
m_pullup(struct mbuf *m, size_t n)
{

	return __builtin_expect(m->m_len >= n, 1) ? m : m_contig(m, n);
}

struct mbuf *
m_unshare(struct mbuf *m, size_t n)
{

	return __builtin_expect(m->m_len >= n && m_writable(m), 1) ? m :
	    m_contig(m, n);
}

static void
m_adj_end(struct mbuf *m, size_t cut)
{
	size_t keep = m_length(m);

	cut = cut < keep ? cut : keep;
	m->m_pkt.ph_len -= (uint32_t)cut;
	keep -= cut;
	for (; m->m_next != NULL && keep > m->m_len; m = m->m_next)
		keep -= m->m_len;
	m->m_len = (uint32_t)keep;
	m_freem(m->m_next);
	m->m_next = NULL;
}

void
m_adj(struct mbuf *m, int n)
{
	struct mbuf *x = m;
	size_t k, cut = (size_t)n;

	if (n < 0) {
		m_adj_end(m, (size_t)-(ptrdiff_t)n);
		return;
	}
	for (; x != NULL && cut > 0; x = x->m_next) {
		k = cut < x->m_len ? cut : x->m_len;
		x->m_data += k;
		x->m_len -= (uint32_t)k;
		m->m_pkt.ph_len -= (uint32_t)k;
		cut -= k;
	}
}

void
m_copydata(const struct mbuf *m, size_t off, size_t len, void *to)
{
	uint8_t *p = to;
	size_t k;

	for (; len > 0; m = m->m_next) {
		KASSERT(m != NULL);
		if (off >= m->m_len) {
			off -= m->m_len;
			continue;
		}
		k = m->m_len - off < len ? m->m_len - off : len;
		memcpy(p, m->m_data + off, k);
		p += k;
		len -= k;
		off = 0;
	}
}

void
m_copyback(struct mbuf *m, size_t off, size_t len, const void *from)
{
	const uint8_t *p = from;
	size_t k;

	for (; len > 0; m = m->m_next) {
		KASSERT(m != NULL);
		if (off >= m->m_len) {
			off -= m->m_len;
			continue;
		}
		k = m->m_len - off < len ? m->m_len - off : len;
		memcpy(m->m_data + off, p, k);
		p += k;
		len -= k;
		off = 0;
	}
}
