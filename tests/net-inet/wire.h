/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames into and out of a fake interface, as bytes. */
#ifndef TESTS_NET_INET_WIRE_H
#define TESTS_NET_INET_WIRE_H

#include "inettest.h"
#include "../net-core/fake.h"
#include <kern/proc.h>
#include <net/inet.h>

/* Functions of the kernel need a virtual CPU. */
#define K(...) do { rump_schedule(); __VA_ARGS__; rump_unschedule(); } while (0)

#define US	"10.0.0.1"
#define PEER	"10.0.0.2"

static const uint8_t mac_us[6] = "\2\0\0\0\0\1", mac_peer[6] = "\2\0\0\0\0\2";
static const uint8_t mac_all[6] = "\377\377\377\377\377\377";

struct frame {
	unsigned	 f_len;
	uint8_t		 f_b[70000];
};

static inline uint32_t
v4(const char *s)
{
	return addr(s).ia_w[3];
}

static inline void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline unsigned
get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static inline uint16_t
sum16(const uint8_t *p, unsigned n, uint32_t s)
{
	for (; n > 1; n -= 2, p += 2)
		s += get16(p);
	if (n > 0)
		s += (uint32_t)p[0] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

/* Ethernet and IPv4 headers; the payload is behind them. */
#define PAYLOAD(f)	((f)->f_b + 34)
static inline void
ipframe(struct frame *f, const char *src, const char *dst, unsigned proto,
    unsigned len)
{
	uint32_t s = v4(src), d = v4(dst);
	uint8_t *p = f->f_b;

	f->f_len = 34 + len;
	memcpy(p, mac_us, 6);
	memcpy(p + 6, mac_peer, 6);
	put16(p + 12, 0x800);
	p += 14;
	memset(p, 0, 20);
	p[0] = 0x45;
	put16(p + 2, 20 + len);
	put16(p + 4, 0x1234);
	p[8] = 64;
	p[9] = (uint8_t)proto;
	memcpy(p + 12, &s, 4);
	memcpy(p + 16, &d, 4);
	put16(p + 10, sum16(p, 20, 0));
}

/* After a change of the header. */
static inline void
resum(struct frame *f)
{
	unsigned hlen = (f->f_b[14] & 15) * 4U;

	put16(f->f_b + 24, 0);
	put16(f->f_b + 24, sum16(f->f_b + 14, hlen, 0));
}

static inline void
udpframe(struct frame *f, const char *src, unsigned sport, const char *dst,
    unsigned dport, const void *data, unsigned len)
{
	uint8_t *u = PAYLOAD(f);
	uint16_t sum;

	ipframe(f, src, dst, 17, len + 8);
	put16(u, sport);
	put16(u + 2, dport);
	put16(u + 4, len + 8);
	put16(u + 6, 0);
	memcpy(u + 8, data, len);
	sum = sum16(u, len + 8, 17 + len + 8 + (uint32_t)(uint16_t)~sum16(
	    f->f_b + 26, 8, 0));
	put16(u + 6, sum ? sum : 0xffff);
}

static inline void
echoframe(struct frame *f, const char *src, const char *dst, unsigned len)
{
	uint8_t *p = PAYLOAD(f);
	unsigned i;

	ipframe(f, src, dst, 1, len + 8);
	memset(p, 0, 8);
	p[0] = 8;
	put16(p + 4, 0xabcd);
	put16(p + 6, 7);
	for (i = 0; i < len; i++)
		p[8 + i] = (uint8_t)(i * 7 + 1);
	put16(p + 2, sum16(p, len + 8, 0));
}

static inline void
inject(struct fake *fk, const struct frame *f)
{
	struct mbuf *m = NULL, *x, **mp = &m;
	unsigned off, n;

	rump_schedule();
	for (off = 0; off < f->f_len || off == 0; off += n) {
		n = f->f_len - off < 2000 ? f->f_len - off : 2000;
		x = off == 0 ? m_gethdr(n) : m_get(n);
		memcpy(x->m_data, f->f_b + off, n);
		x->m_len = n;
		*mp = x;
		mp = &x->m_next;
		if (f->f_len == 0)
			break;
	}
	m->m_pkt.ph_len = f->f_len;
	rump_if_input(&fk->fk_if, m);
	rump_unschedule();
}

/* The next frame that was sent; 0: none. */
static inline int
sent(struct fake *fk, struct frame *f)
{
	struct mbuf *m;

	pthread_mutex_lock(&fk->fk_lock);
	if ((m = fk->fk_first) != NULL) {
		if ((fk->fk_first = m->m_nextpkt) == NULL)
			fk->fk_lastp = &fk->fk_first;
		fk->fk_n--;
	}
	pthread_mutex_unlock(&fk->fk_lock);
	if (m == NULL) {
		f->f_len = 0;
		return 0;
	}
	m->m_nextpkt = NULL;
	rump_schedule();
	if (m_cksum_finish(&m) != 0)
		abort();
	f->f_len = m->m_pkt.ph_len;
	m_copydata(m, 0, f->f_len, f->f_b);
	m_freem(m);
	rump_unschedule();
	return 1;
}

static inline unsigned
dropall(struct fake *fk)
{
	unsigned n;

	K(n = fake_drop(fk));
	return n;
}

/* The same, but it may come from another thread. */
static inline int
waitsent(struct fake *fk, struct frame *f)
{
	int i;

	for (i = 0; i < 400; i++) {
		if (sent(fk, f))
			return 1;
		usleep(10000);
	}
	return 0;
}

/* Checks an IPv4 frame's sums. */
static inline int
sumsok(const struct frame *f)
{
	const uint8_t *p = f->f_b + 14;
	unsigned hlen = (p[0] & 15) * 4U, len = get16(p + 2);

	if (sum16(p, hlen, 0) != 0)
		return 0;
	if (get16(p + 6) & 0x3fff)
		return 1;
	if (p[9] == 1 || p[9] == 2)
		return sum16(p + hlen, len - hlen, 0) == 0;
	if (p[9] == 17 && get16(p + hlen + 6) != 0)
		return sum16(p + hlen, len - hlen, 17 + len - hlen +
		    (uint32_t)(uint16_t)~sum16(p + 12, 8, 0)) == 0;
	return 1;
}

/* US on a fake interface, PEER known by MAC. */
static inline struct fake *
wire_start(void)
{
	struct inaddr peer = addr(PEER);
	struct fake *fk;
	struct neigh *ne;

	if (rump_init() != 0 || rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		abort();
	rump_schedule();
	fk = fake_attach("fk0", 0);
	if (addaddr(fk, US, 24) != 0)
		abort();
	if ((ne = rump_neigh_get(&fk->fk_if, &peer, 1)) == NULL)
		abort();
	rump_neigh_update(ne, mac_peer, NEU_PERMANENT);
	rump_neigh_rele(ne);
	(void)fake_drop(fk);
	rump_unschedule();
	return fk;
}

#endif /* TESTS_NET_INET_WIRE_H */
