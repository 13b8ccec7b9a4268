/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_udp net_raw net_mcast net_config net_inet6 */
/*
 * libFuzzer: IPv6 packets on a fake interface, from a neighbour, with sums
 * that are taken as right.
 *   input: (flags, next header, length of two bytes, payload)...
 */
#include "../net-core/fake.h"
#include <kern/proc.h>
#include <net/inet6.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct fake *fk;

static const char *const dsts[4] = { "fe80::ff:fe00:1", "ff02::1",
	"2001:db8::1", "ff02::1:ff00:1" };
static const char *const srcs[4] = { "fe80::2", "2001:db8::2", "::",
	"fe80::3" };

static struct mbuf *
packet(unsigned flags, unsigned nxt, const uint8_t *p, size_t len)
{
	struct inaddr src = addr(srcs[flags & 3]);
	struct inaddr dst = addr(dsts[flags >> 2 & 3]);
	struct mbuf *m = m_gethdr(54 + len);
	uint8_t *h = m->m_data;

	memset(h, 0, 54);
	memcpy(h, "\2\0\0\0\0\1\2\0\0\0\0\2\x86\xdd", 14);
	if (dst.ia_b[0] == 0xff) {
		h[0] = h[1] = 0x33;
		memcpy(h + 2, dst.ia_b + 12, 4);
	}
	h[14] = 0x60;
	h[18] = (uint8_t)(len >> 8);
	h[19] = (uint8_t)len;
	h[20] = (uint8_t)nxt;
	h[21] = flags & 16 ? 1 : 255;
	memcpy(h + 22, &src, 16);
	memcpy(h + 38, &dst, 16);
	memcpy(h + 54, p, len);
	m->m_len = m->m_pkt.ph_len = 54 + (uint32_t)len;
	m->m_pkt.ph_csum = PH_CSUM_OK;
	return m;
}

static void
start(void)
{
	if (rump_init() != 0)
		abort();
	rump_ip6_dadtransmits = 0;
	rump_schedule();
	fk = fake_attach("fk0", 0);
	if (addaddr(fk, "2001:db8::1", 64) != 0)
		abort();
	rump_unschedule();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t len;

	if (fk == NULL)
		start();
	rump_schedule();
	while (n >= 4) {
		len = (size_t)(p[2] << 8 | p[3]) % 2048;
		if (len > n - 4)
			len = n - 4;
		rump_if_input(&fk->fk_if, packet(p[0], p[1], p + 4, len));
		p += 4 + len;
		n -= 4 + len;
	}
	(void)fake_drop(fk);
	rump_unschedule();
	return 0;
}
