/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6 frames into and out of a fake interface, as bytes. */
#ifndef TESTS_NET_INET6_WIRE6_H
#define TESTS_NET_INET6_WIRE6_H

#include "../net-inet/wire.h"
#include <linux/if_addr.h>
#include <net/inet6.h>

#define CHECK_STR(a, b) do {						\
	const char *check_s = (a);					\
	if (strcmp(check_s, b) != 0) {					\
		check_failures++;					\
		printf("%s:%d: %s is %s, not %s\n", __FILE__, __LINE__,	\
		    #a, check_s, b);					\
	}								\
} while (0)

#define LL	"fe80::ff:fe00:1"	/* of MAC 02:00:00:00:00:01 */
#define PEERLL	"fe80::2"
#define US6	"2001:db8::1"
#define PEER6	"2001:db8::2"

static inline struct sockaddr_in6
sin6(const char *a, int port)
{
	struct sockaddr_in6 s = { .sin6_family = AF_INET6,
	    .sin6_port = htons((uint16_t)port) };

	inet_pton(AF_INET6, a, &s.sin6_addr);
	return s;
}

/* Ethernet and IPv6 headers; the payload is behind them. */
#define PAY6(f)	((f)->f_b + 54)
static inline void
ip6frame(struct frame *f, const char *src, const char *dst, unsigned nxt,
    unsigned hlim, unsigned len)
{
	struct inaddr s = addr(src), d = addr(dst);
	uint8_t *p = f->f_b;

	f->f_len = 54 + len;
	memcpy(p, mac_us, 6);
	if (d.ia_b[0] == 0xff) {
		p[0] = p[1] = 0x33;
		memcpy(p + 2, d.ia_b + 12, 4);
	}
	memcpy(p + 6, mac_peer, 6);
	put16(p + 12, 0x86dd);
	p += 14;
	memset(p, 0, 40);
	p[0] = 0x60;
	put16(p + 4, len);
	p[6] = (uint8_t)nxt;
	p[7] = (uint8_t)hlim;
	memcpy(p + 8, &s, 16);
	memcpy(p + 24, &d, 16);
}

/* Over the pseudo header of the frame and its last n bytes. */
static inline uint16_t
sum6(const struct frame *f, unsigned proto, unsigned n)
{
	uint32_t s = (uint16_t)~sum16(f->f_b + 22, 32, 0);

	return sum16(f->f_b + f->f_len - n, n, s + proto + n);
}

/* The ICMPv6 message at the frame's end, n bytes, gets its sum. */
static inline void
icmp6sum(struct frame *f, unsigned n)
{
	uint8_t *p = f->f_b + f->f_len - n;

	put16(p + 2, 0);
	put16(p + 2, sum6(f, 58, n));
}

static inline void
echo6(struct frame *f, const char *src, const char *dst, unsigned len)
{
	uint8_t *p = PAY6(f);
	unsigned i;

	ip6frame(f, src, dst, 58, 64, len + 8);
	memset(p, 0, 8);
	p[0] = 128;
	put16(p + 4, 0xabcd);
	put16(p + 6, 7);
	for (i = 0; i < len; i++)
		p[8 + i] = (uint8_t)(i * 7 + 1);
	icmp6sum(f, len + 8);
}

static inline void
udp6(struct frame *f, const char *src, unsigned sport, const char *dst,
    unsigned dport, const void *data, unsigned len)
{
	uint8_t *u = PAY6(f);

	ip6frame(f, src, dst, 17, 64, len + 8);
	put16(u, sport);
	put16(u + 2, dport);
	put16(u + 4, len + 8);
	put16(u + 6, 0);
	memcpy(u + 8, data, len);
	put16(u + 6, sum6(f, 17, len + 8));
}

/* NS (135) or NA (136); opt: 0 none, else its type, with mac_peer. */
static inline void
ndframe(struct frame *f, unsigned type, const char *src, const char *dst,
    const char *target, uint32_t flags, unsigned opt)
{
	unsigned n = 24 + (opt != 0 ? 8 : 0);
	struct inaddr t = addr(target);
	uint8_t *p = PAY6(f);

	ip6frame(f, src, dst, 58, 255, n);
	memset(p, 0, n);
	p[0] = (uint8_t)type;
	p[4] = (uint8_t)(flags >> 24);
	memcpy(p + 8, &t, 16);
	if (opt != 0) {
		p[24] = (uint8_t)opt;
		p[25] = 1;
		memcpy(p + 26, mac_peer, 6);
	}
	icmp6sum(f, n);
}

/* A header of n bytes (a multiple of 8) in front of the payload. */
static inline void
insert6(struct frame *f, unsigned type, const uint8_t *h, unsigned n)
{
	uint8_t *p = PAY6(f);

	memmove(p + n, p, f->f_len - 54);
	memcpy(p, h, n);
	p[0] = f->f_b[20];
	f->f_b[20] = (uint8_t)type;
	f->f_len += n;
	put16(f->f_b + 18, f->f_len - 54);
}

static inline int
is_icmp6(const struct frame *f, unsigned type)
{
	return f->f_len >= 62 && get16(f->f_b + 12) == 0x86dd &&
	    f->f_b[20] == 58 && f->f_b[54] == type;
}

/* The next frame that is this ICMPv6 message; others are passed over. */
static inline int
sent6(struct fake *fk, struct frame *f, unsigned type)
{
	while (sent(fk, f))
		if (is_icmp6(f, type))
			return 1;
	return 0;
}

static inline int
wait6(struct fake *fk, struct frame *f, unsigned type)
{
	int i;

	for (i = 0; i < 500; i++) {
		if (sent6(fk, f, type))
			return 1;
		usleep(10000);
	}
	return 0;
}

/* The next frame with that header behind IPv6's. */
static inline int
sentnxt(struct fake *fk, struct frame *f, unsigned nxt)
{
	while (sent(fk, f))
		if (f->f_len >= 54 && f->f_b[20] == nxt)
			return 1;
	return 0;
}

/* The MLD report's ICMPv6 is behind a hop-by-hop header. */
static inline int
wait_mld(struct fake *fk, struct frame *f, unsigned type)
{
	int i;

	for (i = 0; i < 500; i++) {
		while (sent(fk, f))
			if (f->f_len >= 70 && f->f_b[20] == 0 &&
			    f->f_b[54] == 58 && f->f_b[62] == type)
				return 1;
		usleep(10000);
	}
	return 0;
}

static inline uint32_t
addrflags(struct fake *fk, const char *a)
{
	struct inaddr want = addr(a);
	uint32_t flags = ~0U;
	struct ifaddr *ia;

	rump_schedule();
	rump_rw_rdenter(&fk->fk_if.if_lock);
	for (ia = fk->fk_if.if_addrs; ia != NULL; ia = ia->ia_next)
		if (inaddr_eq(&ia->ia_addr, &want))
			flags = ia->ia_flags;
	rump_rw_exit(&fk->fk_if.if_lock);
	rump_unschedule();
	return flags;
}
#define NOADDR	(~0U)

/* Until the address is there and not tentative, at most 5 s. */
static inline int
waitaddr(struct fake *fk, const char *a)
{
	int i;

	for (i = 0; i < 500; i++) {
		if (!(addrflags(fk, a) & IFA_F_TENTATIVE))
			return 1;
		usleep(10000);
	}
	return 0;
}

static inline void
neighbour(struct fake *fk, const char *a)
{
	struct inaddr peer = addr(a);
	struct neigh *ne;

	rump_schedule();
	ne = rump_neigh_get(&fk->fk_if, &peer, 1);
	rump_neigh_update(ne, mac_peer, NEU_PERMANENT);
	rump_neigh_rele(ne);
	rump_unschedule();
}

/* US6 and LL on a fake interface, no DAD, PEERs known by MAC. */
static inline struct fake *
wire6_start(int dad)
{
	struct fake *fk;

	if (rump_init() != 0 || rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		abort();
	rump_ip6_dadtransmits = dad;
	rump_ip6_daddelay = rump_ip6_rsdelay = 0;
	rump_schedule();
	fk = fake_attach("fk0", 0);
	if (addaddr(fk, US6, 64) != 0)
		abort();
	rump_unschedule();
	neighbour(fk, PEER6);
	neighbour(fk, PEERLL);
	return fk;
}

/* Without what our timers send: MLD reports, router solicitations. */
static inline int
sent_quiet(struct fake *fk, struct frame *f)
{
	while (sent(fk, f))
		if (!is_icmp6(f, 133) && !(f->f_len >= 70 &&
		    f->f_b[20] == 0 && f->f_b[54] == 58 &&
		    f->f_b[62] >= 131))
			return 1;
	return 0;
}
#define sent	sent_quiet

#endif /* TESTS_NET_INET6_WIRE6_H */
