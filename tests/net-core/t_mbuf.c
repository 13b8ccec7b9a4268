/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net */
/*
 * Chains of mbufs against a plain array that goes through the same
 * operations; checksums against the definition; the limit; nothing leaks.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/mbuf.h>
#include <rump/rump.h>
#include "../check.h"

#define MAXLEN	20000

struct model {
	struct mbuf	*mo_m;
	size_t		 mo_len;
	uint8_t		 mo_b[MAXLEN];
};

static unsigned
rnd(unsigned *seed, unsigned n)
{

	return (unsigned)rand_r(seed) % n;
}

static struct mbuf *
newmbuf(unsigned *seed, uint8_t *b, size_t *lenp)
{
	size_t i, len = rnd(seed, rnd(seed, 3) ? 60 : MBUF_MAX + 1);
	struct mbuf *m = rnd(seed, 2) ? m_get(len) : m_gethdr(len);

	CHECK(m != NULL);
	CHECK(m_tailroom(m) >= len);
	for (i = 0; i < len; i++)
		m->m_data[i] = b[i] = (uint8_t)rand_r(seed);
	m->m_len = m->m_pkt.ph_len = (uint32_t)len;
	*lenp = len;
	return m;
}

static void
same(struct model *mo)
{
	uint8_t b[MAXLEN];
	struct mbuf *m = mo->mo_m;

	CHECK_EQ(m_length(m), mo->mo_len);
	CHECK_EQ(m->m_pkt.ph_len, mo->mo_len);
	m_copydata(m, 0, mo->mo_len, b);
	CHECK(memcmp(b, mo->mo_b, mo->mo_len) == 0);
	CHECK(m_memory(m) >= m_length(m));
}

static uint16_t
naive(const uint8_t *b, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? b[i] : (uint32_t)b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	return (uint16_t)(sum << 8 | sum >> 8);
}

static void
step(struct model *mo, struct model *other, unsigned *seed)
{
	size_t n, off;
	struct mbuf *m, *t;
	int cut;

	switch (rnd(seed, 9)) {
	case 0:		/* append */
		if (mo->mo_len + MBUF_MAX > MAXLEN)
			break;
		m = newmbuf(seed, mo->mo_b + mo->mo_len, &n);
		m_cat(mo->mo_m, m);
		mo->mo_len += n;
		break;
	case 1:		/* prepend */
		n = rnd(seed, 300);
		if (mo->mo_len + n > MAXLEN)
			break;
		CHECK((mo->mo_m = m_prepend(mo->mo_m, n)) != NULL);
		CHECK(mo->mo_m->m_len >= n);
		CHECK(m_writable(mo->mo_m) || n == 0);
		memmove(mo->mo_b + n, mo->mo_b, mo->mo_len);
		memset(mo->mo_b, (int)n, n);
		memset(mo->mo_m->m_data, (int)n, n);
		mo->mo_len += n;
		break;
	case 2:
		cut = (int)rnd(seed, (unsigned)mo->mo_len / 3 + 1);
		m_adj(mo->mo_m, cut);
		memmove(mo->mo_b, mo->mo_b + cut, mo->mo_len - (size_t)cut);
		mo->mo_len -= (size_t)cut;
		break;
	case 3:
		cut = (int)rnd(seed, (unsigned)mo->mo_len / 3 + 1);
		m_adj(mo->mo_m, -cut);
		mo->mo_len -= (size_t)cut;
		break;
	case 4:
	case 5:
		n = rnd(seed, 5) ? 64 : MBUF_MAX;
		n = rnd(seed, (unsigned)(mo->mo_len < n ? mo->mo_len : n) + 1);
		mo->mo_m->m_pkt.ph_l3 = PH_OFF(mo->mo_m);
		m = rnd(seed, 2) ? m_pullup(mo->mo_m, n) :
		    m_unshare(mo->mo_m, n);
		CHECK((mo->mo_m = m) != NULL);
		CHECK(m->m_len >= n);
		CHECK(PH_HDR(m, m->m_pkt.ph_l3) == m->m_data);
		m->m_pkt.ph_l3 = 0;
		break;
	case 6:		/* share a range with the other one */
		off = rnd(seed, (unsigned)mo->mo_len + 1);
		n = rnd(seed, (unsigned)(mo->mo_len - off) + 1);
		CHECK((m = m_copym(mo->mo_m, off, n)) != NULL);
		m_freem(other->mo_m);
		other->mo_m = m;
		memmove(other->mo_b, mo->mo_b + off, n);
		other->mo_len = n;
		break;
	case 7:		/* change some: private first */
		n = rnd(seed, 200);
		if (n > mo->mo_len)
			break;
		CHECK((mo->mo_m = m_unshare(mo->mo_m, n)) != NULL);
		memset(mo->mo_b, 0x5a, n);
		m_copyback(mo->mo_m, 0, n, mo->mo_b);
		break;
	case 8:		/* a copy takes its place */
		off = rnd(seed, (unsigned)mo->mo_len + 1);
		n = mo->mo_len - off < MBUF_MAX ? mo->mo_len - off : MBUF_MAX;
		CHECK((t = m_dup(mo->mo_m, off, n)) != NULL);
		CHECK(m_headroom(t) >= 100);
		m_freem(mo->mo_m);
		mo->mo_m = t;
		memmove(mo->mo_b, mo->mo_b + off, n);
		mo->mo_len = n;
		break;
	}
}

static void *
model(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	struct model *a = calloc(2, sizeof(*a)), *b = a + 1;
	uint32_t sum;
	size_t off, n;
	int i;

	rump_schedule();
	a->mo_m = newmbuf(&seed, a->mo_b, &a->mo_len);
	b->mo_m = newmbuf(&seed, b->mo_b, &b->mo_len);
	for (i = 0; i < 6000; i++) {
		if (rnd(&seed, 2))
			step(a, b, &seed);
		else
			step(b, a, &seed);
		same(a);
		same(b);
		off = rnd(&seed, (unsigned)a->mo_len + 1);
		n = rnd(&seed, (unsigned)(a->mo_len - off) + 1);
		sum = m_cksum(a->mo_m, off, n, 0);
		CHECK_EQ(cksum_fold(sum), naive(a->mo_b + off, n));
		if (i % 100 == 0) {
			rump_unschedule();
			rump_schedule();
		}
	}
	m_freem(a->mo_m);
	m_freem(b->mo_m);
	rump_unschedule();
	free(a);
	return NULL;
}

static void
sums(void)
{
	uint8_t b[300];
	unsigned seed = 7, i, off, len;
	uint32_t s;

	for (i = 0; i < 20000; i++) {
		off = rnd(&seed, 9);
		len = rnd(&seed, sizeof(b) - 9);
		for (unsigned k = 0; k < len; k++)
			b[off + k] = i & 1 ? 0xff : (uint8_t)rand_r(&seed);
		CHECK_EQ(cksum_fold(cksum_add(b + off, len, 0)),
		    naive(b + off, len));
		/* In two even parts. */
		s = cksum_add(b + off, len / 2 & ~1U, 0xffffffff);
		s = cksum_add(b + off + (len / 2 & ~1U),
		    len - (len / 2 & ~1U), s);
		CHECK_EQ(cksum_fold(s), len == 0 ? 0 : naive(b + off, len) ==
		    0xffff ? 0 : naive(b + off, len));
	}
}

/* A partial sum is finished, on bytes that somebody else sees too. */
static void
finish(void)
{
	struct mbuf *m, *other;
	uint8_t b[101];
	uint16_t f;
	unsigned i;

	CHECK((m = m_get(200)) != NULL);
	for (i = 0; i < 101; i++)
		m->m_data[i] = (uint8_t)(i * 37);
	m->m_len = m->m_pkt.ph_len = 101;
	CHECK((other = m_copym(m, 0, 101)) != NULL);
	memcpy(b, m->m_data, 101);
	m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
	m->m_pkt.ph_csumstart = 10;
	m->m_pkt.ph_csumoff = 16;
	f = naive(b + 10, 91);
	CHECK_EQ(m_cksum_finish(&m), 0);
	CHECK_EQ(m->m_pkt.ph_csum, PH_CSUM_NONE);
	CHECK(memcmp(other->m_data, b, 101) == 0);
	memcpy(b + 26, &f, 2);
	CHECK_EQ(m_length(m), 101);
	for (i = 0; i < 101; i++) {
		uint8_t c;

		m_copydata(m, i, 1, &c);
		CHECK_EQ(c, b[i]);
	}
	m_freem(m);
	m_freem(other);
}

/* A sum of 0: stays one, but UDP says 0xffff (RFC 768, RFC 1624). */
static void
finish_zero(unsigned off, uint16_t want)
{
	uint16_t sum = 0;
	struct mbuf *m;

	CHECK((m = m_gethdr(40)) != NULL);
	memset(m->m_data, 0, 40);
	memset(m->m_data + 30, 0xff, 2);
	m->m_len = m->m_pkt.ph_len = 40;
	m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
	m->m_pkt.ph_csumstart = 8;
	m->m_pkt.ph_csumoff = (uint16_t)off;
	CHECK_EQ(m_cksum_finish(&m), 0);
	memcpy(&sum, m->m_data + 8 + off, 2);
	CHECK_EQ(sum, want);
	m_freem(m);
}

static int freed;

static void
extfree(struct mbuf *m)
{

	CHECK(m->m_extarg == &freed);
	CHECK_EQ(m->m_size, 100);
	freed++;
}

static void
external(void)
{
	uint8_t b[100] = { 1, 2, 3 };
	struct mbuf *m, *c;

	CHECK((m = m_getext(b, 100, extfree, &freed)) != NULL);
	CHECK(!m_writable(m));
	CHECK_EQ(m_headroom(m), 0);
	CHECK((c = m_copym(m, 1, 50)) != NULL);
	CHECK(c->m_data == b + 1);
	m_free(m);
	CHECK_EQ(freed, 0);
	CHECK((c = m_prepend(c, 10)) != NULL);
	CHECK(c->m_next->m_data == b + 1);
	m_freem(c);
	CHECK_EQ(freed, 1);
}

/* A flood of frames: bounded, and headers are still to be had. */
static void
limit(void)
{
	size_t old = rump_mbuf_limit, n = 0, small = 0;
	struct mbuf *q = NULL, *m;

	rump_mbuf_limit = 1 << 20;
	while ((m = m_gethdr(1514)) != NULL) {
		m->m_nextpkt = q;
		q = m;
		CHECK(++n < 1000);
	}
	CHECK(n > 256);
	while ((m = m_gethdr(40)) != NULL) {
		m->m_nextpkt = q;
		q = m;
		CHECK(++small < 1000);
	}
	CHECK(small > 128);
	CHECK(rump_mbuf_inuse() <= (1 << 20) * 9 / 8);
	m_freeq(q);
	CHECK((m = m_gethdr(1514)) != NULL);
	m_free(m);
	CHECK(m_get(MBUF_MAX + 1) == NULL);
	CHECK(m_gethdr(MBUF_MAX + 1) == NULL);
	rump_mbuf_limit = old;
}

int
main(void)
{
	pthread_t t[4];
	int i;

	CHECK_EQ(rump_init(), 0);
	CHECK(rump_mbuf_limit > 0);
	rump_schedule();
	sums();
	finish();
	finish_zero(16, 0);
	finish_zero(6, 0xffff);
	external();
	limit();
	CHECK_EQ(rump_mbuf_inuse(), 0);
	rump_unschedule();
	for (i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, model,
		    (void *)(uintptr_t)(i + 1)), 0);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	rump_schedule();
	CHECK_EQ(rump_mbuf_inuse(), 0);
	rump_unschedule();
	return check_done();
}
