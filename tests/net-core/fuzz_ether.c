/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net */
/*
 * libFuzzer: batches of frames into rump_if_input() and, as a router would,
 * out again through an interface that can do nothing by itself.
 *   input: (flags, length of two bytes, frame)...
 */
#include "fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct fake *e0;
static volatile uint32_t sink;

static void
require(int ok)
{

	if (!ok)
		abort();
}

static void
input(struct ifnet *ifp, struct mbuf *m)
{
	const struct pkthdr *ph = &m->m_pkt;
	uint16_t proto = (m->m_len > 0 && m->m_data[0] >> 4 == 6) ?
	    ETH_P_IPV6 : ETH_P_IP;

	require(ph->ph_if == ifp && m->m_nextpkt == NULL);
	require(m_length(m) == ph->ph_len);
	require(m->m_len >= 40 || m->m_len == ph->ph_len);
	require(ph->ph_csum != PH_CSUM_PARTIAL ||
	    ph->ph_csumstart + ph->ph_csumoff + 2U <= ph->ph_len);
	require(ph->ph_gso == PH_GSO_NONE || (ph->ph_gsosize > 0 &&
	    ph->ph_hdrlen >= 40 && ph->ph_hdrlen <= ph->ph_len));
	sink += m_cksum(m, 0, ph->ph_len, 0);
	(void)rump_if_output(ifp, m, NULL, proto, 0);
}

static const struct ethertype et4 = { ETH_P_IP, input, NULL };
RUMP_ETHERTYPE(et4);
static const struct ethertype et6 = { ETH_P_IPV6, input, NULL };
RUMP_ETHERTYPE(et6);

/* flags: cut into pieces, who made the sum, large segments. */
static struct mbuf *
frame(unsigned flags, const uint8_t *p, size_t len)
{
	size_t cut = flags & 1 ? len / 2 : flags & 2 ? len / 8 : len;
	struct mbuf *m = m_gethdr(cut), *d;

	require(m != NULL);
	memcpy(m->m_data, p, cut);
	m->m_len = m->m_pkt.ph_len = (uint32_t)cut;
	if (cut < len) {
		require((d = m_get(len - cut)) != NULL);
		memcpy(d->m_data, p + cut, len - cut);
		d->m_len = (uint32_t)(len - cut);
		m_cat(m, d);
	}
	if (flags & 4)
		m->m_pkt.ph_csum = PH_CSUM_OK;
	if ((flags & 8) && len >= 54) {
		m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
		m->m_pkt.ph_csumstart = 14 + 20;
		m->m_pkt.ph_csumoff = 16;
	}
	if (flags & 16) {
		m->m_pkt.ph_gso = flags & 32 ? PH_GSO_TCP6 : PH_GSO_TCP4;
		m->m_pkt.ph_gsosize = (uint16_t)(flags * 3);
	}
	return m;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct mbuf *q = NULL, **qp = &q;
	size_t len;

	if (e0 == NULL) {
		require(rump_init() == 0);
		rump_schedule();
		e0 = fake_attach("eth%d", 0);
		rump_unschedule();
	}
	rump_schedule();
	while (n > 3) {
		len = (size_t)p[1] << 8 | p[2];
		len = len < n - 3 ? len : n - 3;
		len = len < 3000 ? len : 3000;
		*qp = frame(p[0], p + 3, len);
		qp = &(*qp)->m_nextpkt;
		p += 3 + len;
		n -= 3 + len;
	}
	if (q != NULL)
		rump_if_input(&e0->fk_if, q);
	(void)fake_drop(e0);
	require(rump_mbuf_inuse() == 0);
	rump_unschedule();
	return 0;
}
