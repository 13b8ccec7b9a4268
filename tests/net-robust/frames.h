/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Complete, right frames of each protocol, for t_truncate.c: what the kernel
 * answers or delivers, with every option and extension header that it knows.
 */
#ifndef TESTS_NET_ROBUST_FRAMES_H
#define TESTS_NET_ROBUST_FRAMES_H

#include "../net-inet6/wire6.h"

struct kind {
	const char	*k_name;
	void		(*k_build)(struct frame *);
	int		 k_answer;	/* the whole one is answered */
};

/* Where its layers are; l4 is 0 when there is none that has a sum. */
struct layers {
	unsigned	 l3, l4, proto, ip;	/* ip: 0 (ARP), 4 or 6 */
};

/* In a frame that is right. */
static inline struct layers
layers(const struct frame *f)
{
	struct layers l = { .l3 = 14 };
	const uint8_t *b = f->f_b;
	unsigned nxt;

	if (get16(b + 12) == 0x8100)
		l.l3 = 18;
	if (get16(b + l.l3 - 2) == 0x800) {
		l.ip = 4;
		l.proto = b[l.l3 + 9];
		l.l4 = l.l3 + (b[l.l3] & 15) * 4U;
	} else if (get16(b + l.l3 - 2) == 0x86dd) {
		l.ip = 6;
		nxt = b[l.l3 + 6];
		l.l4 = l.l3 + 40;
		while (nxt == 0 || nxt == 43 || nxt == 60 || nxt == 44) {
			unsigned n = nxt == 44 ? 8 : 8 + b[l.l4 + 1] * 8U;

			nxt = b[l.l4];
			l.l4 += n;
		}
		l.proto = nxt;
	}
	return l;
}

/* Lengths in the headers that are there: as if n bytes were all. */
static inline void
shorten(struct frame *f, const struct layers *l, unsigned n)
{
	f->f_len = n;
	if (l->ip == 4 && n >= l->l3 + 4)
		put16(f->f_b + l->l3 + 2, n - l->l3);
	if (l->ip == 6 && n >= l->l3 + 40)
		put16(f->f_b + l->l3 + 4, n - l->l3 - 40);
	if (l->ip != 0 && l->proto == 17 && n >= l->l4 + 6)
		put16(f->f_b + l->l4 + 4, n - l->l4);
}

/* Offset of the transport's sum, 0: none, or cut off. */
static inline unsigned
sumfield(const struct frame *f, const struct layers *l)
{
	unsigned off = l->ip == 0 ? 0 : l->proto == 6 ? 16 :
	    l->proto == 17 ? 6 :
	    l->proto == 1 || l->proto == 2 || l->proto == 58 ? 2 : 0;

	return off == 0 || f->f_len < l->l4 + off + 2 ? 0 : l->l4 + off;
}

/* All sums. */
static inline void
sums(struct frame *f, const struct layers *l)
{
	unsigned at = sumfield(f, l), n = f->f_len - l->l4;
	uint8_t *ip = f->f_b + l->l3;
	uint32_t s = 0;

	if (l->ip == 4 && f->f_len >= l->l4) {
		put16(ip + 10, 0);
		put16(ip + 10, sum16(ip, l->l4 - l->l3, 0));
	}
	if (at == 0)
		return;
	if (l->ip == 6)
		s = (uint16_t)~sum16(ip + 8, 32, 0) + l->proto + n;
	else if (l->proto == 6 || l->proto == 17)
		s = (uint16_t)~sum16(ip + 12, 8, 0) + l->proto + n;
	put16(f->f_b + at, 0);
	put16(f->f_b + at, sum16(f->f_b + l->l4, n, s));
	if (l->proto == 17 && get16(f->f_b + at) == 0)
		put16(f->f_b + at, 0xffff);
}

static inline void
finish(struct frame *f)
{
	struct layers l = layers(f);

	shorten(f, &l, f->f_len);
	sums(f, &l);
}

/* n bytes of options behind the IPv4 header. */
static inline void
insert4(struct frame *f, const void *opt, unsigned n)
{
	memmove(f->f_b + 34 + n, f->f_b + 34, f->f_len - 34);
	memcpy(f->f_b + 34, opt, n);
	f->f_b[14] = (uint8_t)(0x45 + n / 4);
	f->f_len += n;
	finish(f);
}

static inline void
k_arp(struct frame *f)
{
	static const uint8_t head[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };
	uint32_t us = v4(US), peer = v4(PEER);

	memset(f->f_b, 0, 42);
	memcpy(f->f_b, mac_all, 6);
	memcpy(f->f_b + 6, mac_peer, 6);
	memcpy(f->f_b + 12, head, sizeof(head));
	memcpy(f->f_b + 22, mac_peer, 6);
	memcpy(f->f_b + 28, &peer, 4);
	memcpy(f->f_b + 38, &us, 4);
	f->f_len = 42;
}

/* A tag with nothing but a priority in front of what is there. */
static inline void
tag(struct frame *f)
{
	memmove(f->f_b + 16, f->f_b + 12, f->f_len - 12);
	put16(f->f_b + 12, 0x8100);
	put16(f->f_b + 14, 0xa000);
	f->f_len += 4;
}

static inline void
k_vlanarp(struct frame *f)
{
	k_arp(f);
	tag(f);
}

static inline void
k_echo(struct frame *f)
{
	echoframe(f, PEER, US, 8);
}

static inline void
k_vlanecho(struct frame *f)
{
	k_echo(f);
	tag(f);
}

/* Record route, timestamps, router alert, padding. */
static inline void
k_options(struct frame *f)
{
	static const uint8_t opt[32] = { 7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	    68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 148, 4, 0, 0, 1, 1, 0, 0 };

	echoframe(f, PEER, US, 4);
	insert4(f, opt, sizeof(opt));
}

static inline void
k_source(struct frame *f)
{
	static const uint8_t opt[8] = { 131, 7, 4, 10, 0, 0, 9, 0 };

	echoframe(f, PEER, US, 4);
	insert4(f, opt, sizeof(opt));
}

static inline void
k_udp(struct frame *f)
{
	udpframe(f, PEER, 1000, US, 7, "datagram", 8);
}

static inline void
k_noport(struct frame *f)
{
	udpframe(f, PEER, 1000, US, 8, "datagram", 8);
}

/* An error about what `inner` sent; more: bytes of an RFC 4884 extension. */
static inline void
icmperror(struct frame *f, unsigned type, unsigned code, unsigned proto)
{
	uint32_t s = v4(PEER), d = v4(US);
	uint8_t *p = PAYLOAD(f);

	ipframe(f, PEER, US, 1, 8 + 20 + 20);
	memset(p, 0, 48);
	p[0] = (uint8_t)type;
	p[1] = (uint8_t)code;
	put16(p + 6, 1200);
	p += 8;
	p[0] = 0x45;
	put16(p + 2, 40);
	p[8] = 60;
	p[9] = (uint8_t)proto;
	memcpy(p + 12, &d, 4);
	memcpy(p + 16, &s, 4);
	put16(p + 20, proto == 6 ? 80 : 7);
	put16(p + 22, 1000);
	finish(f);
}

static inline void
k_toobig(struct frame *f)
{
	icmperror(f, 3, 4, 17);
}

static inline void
k_tcperror(struct frame *f)
{
	icmperror(f, 3, 1, 6);
}

static inline void
k_redirect(struct frame *f)
{
	icmperror(f, 5, 1, 17);
	memcpy(PAYLOAD(f) + 4, "\12\0\0\11", 4);
	finish(f);
}

static inline void
k_igmp(struct frame *f)
{
	static const uint8_t query[20] = { 0x11, 10, 0, 0, 239, 1, 2, 3, 2,
	    20, 0, 2, 10, 0, 0, 2, 10, 0, 0, 3 };

	ipframe(f, PEER, "239.1.2.3", 2, sizeof(query));
	memcpy(f->f_b, "\1\0\136\1\2\3", 6);
	memcpy(PAYLOAD(f), query, sizeof(query));
	f->f_b[22] = 1;
	insert4(f, "\224\4\0", 4);
}

static inline void
k_fragment(struct frame *f)
{
	udpframe(f, PEER, 1000, US, 7, "datagram", 8);
	put16(f->f_b + 20, 0x2000);
	resum(f);
}

/* MSS, SACK, timestamps, scale, a fast open cookie, padding. */
static const uint8_t synopts[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 3, 232, 0,
    0, 0, 0, 3, 3, 7, 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 0 };
/* Timestamps, two ranges. */
static const uint8_t ackopts[] = { 1, 1, 8, 10, 0, 0, 3, 232, 0, 0, 0, 0, 1,
    1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4 };

static inline void
tcpfill(uint8_t *p, unsigned flags, const uint8_t *opt)
{
	memset(p, 0, 20);
	put16(p, 1000);
	put16(p + 2, 80);
	put16(p + 6, 77);
	put16(p + 10, 99);
	p[12] = 52 << 2;
	p[13] = (uint8_t)flags;
	put16(p + 14, 65535);
	memcpy(p + 20, opt, 32);
	memcpy(p + 52, "data", 4);
}

static inline void
k_syn(struct frame *f)
{
	ipframe(f, PEER, US, 6, 56);
	tcpfill(PAYLOAD(f), 2, synopts);
	finish(f);
}

static inline void
k_ack(struct frame *f)
{
	ipframe(f, PEER, US, 6, 56);
	tcpfill(PAYLOAD(f), 0x10, ackopts);
	finish(f);
}

static inline void
k_syn6(struct frame *f)
{
	ip6frame(f, PEER6, US6, 6, 64, 56);
	tcpfill(PAY6(f), 2, synopts);
	finish(f);
}

static inline void
k_echo6(struct frame *f)
{
	echo6(f, PEER6, US6, 8);
}

static inline void
k_udp6(struct frame *f)
{
	udp6(f, PEER6, 1000, US6, 7, "datagram", 8);
}

static inline void
k_noport6(struct frame *f)
{
	udp6(f, PEER6, 1000, US6, 8, "datagram", 8);
}

/* Hop-by-hop, destination options, a route that is done, a whole fragment. */
static inline void
k_headers6(struct frame *f)
{
	static const uint8_t hop[16] = { 0, 1, 5, 2, 0, 0, 1, 0, 0x1e, 4, 1,
	    2, 3, 4, 0, 0 };
	static const uint8_t route[24] = { 0, 2, 4, 0 };
	static const uint8_t frag[8] = { 0, 0, 0, 0, 0, 0, 0, 9 };
	static const uint8_t dst[8] = { 0, 0, 1, 4 };

	echo6(f, PEER6, US6, 8);
	insert6(f, 60, dst, 8);
	insert6(f, 44, frag, 8);
	insert6(f, 43, route, 24);
	insert6(f, 60, dst, 8);
	insert6(f, 0, hop, 16);
}

static inline void
k_fragment6(struct frame *f)
{
	static const uint8_t frag[8] = { 0, 0, 0, 1, 0, 0, 0, 9 };

	echo6(f, PEER6, US6, 8);
	insert6(f, 44, frag, 8);
}

static inline void
k_ns(struct frame *f)
{
	ndframe(f, 135, PEER6, US6, US6, 0, 1);
}

static inline void
k_na(struct frame *f)
{
	ndframe(f, 136, PEER6, US6, PEER6, 0x60000000, 2);
}

/* Addresses, MTU, prefix, more specific route, resolvers, domains. */
static inline void
k_ra(struct frame *f)
{
	static const uint8_t ra[] = {
	    134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0,
	    1, 1, 2, 0, 0, 0, 0, 2,
	    5, 1, 0, 0, 0, 0, 5, 0,
	    3, 4, 64, 0xc0, 0, 0, 7, 8, 0, 0, 7, 8, 0, 0, 0, 0,
	    0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    24, 2, 64, 8, 0, 0, 7, 8, 0x20, 1, 0xd, 0xb8, 0, 2, 0, 0,
	    25, 3, 0, 0, 0, 0, 7, 8,
	    0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9,
	    31, 2, 0, 0, 0, 0, 7, 8, 3, 'n', 'e', 't', 0, 0, 0, 0 };

	ip6frame(f, PEERLL, "ff02::1", 58, 255, sizeof(ra));
	memcpy(PAY6(f), ra, sizeof(ra));
	icmp6sum(f, sizeof(ra));
}

static inline void
k_redirect6(struct frame *f)
{
	struct inaddr to = addr(PEERLL), what = addr("2001:db8:9::9");
	uint8_t *p = PAY6(f);

	ip6frame(f, PEERLL, US6, 58, 255, 48 + 48);
	memset(p, 0, 96);
	p[0] = 137;
	memcpy(p + 8, &to, 16);
	memcpy(p + 24, &what, 16);
	memcpy(p + 40, "\2\1\2\0\0\0\0\2", 8);
	p[48] = 4;
	p[49] = 6;
	p[56] = 0x60;
	icmp6sum(f, 96);
}

static inline void
icmp6error(struct frame *f, unsigned type, unsigned nxt)
{
	struct inaddr us = addr(US6), peer = addr(PEER6);
	uint8_t *p = PAY6(f);

	ip6frame(f, PEER6, US6, 58, 64, 8 + 40 + 20);
	memset(p, 0, 68);
	p[0] = (uint8_t)type;
	put16(p + 6, 1300);
	p[8] = 0x60;
	put16(p + 12, 20);
	p[14] = (uint8_t)nxt;
	p[15] = 64;
	memcpy(p + 16, &us, 16);
	memcpy(p + 32, &peer, 16);
	put16(p + 48, nxt == 6 ? 80 : 7);
	put16(p + 50, 1000);
	icmp6sum(f, 68);
}

static inline void
k_toobig6(struct frame *f)
{
	icmp6error(f, 2, 17);
}

static inline void
k_tcperror6(struct frame *f)
{
	icmp6error(f, 1, 6);
}

static inline void
k_mld(struct frame *f)
{
	static const uint8_t hop[8] = { 0, 0, 5, 2, 0, 0, 1, 0 };
	uint8_t *p = PAY6(f);

	ip6frame(f, PEERLL, "ff02::1", 58, 1, 44);
	memset(p, 0, 44);
	p[0] = 130;
	p[5] = 10;
	p[24] = 2;
	p[25] = 20;
	p[27] = 1;
	memset(p + 28, 0x20, 16);
	icmp6sum(f, 44);
	insert6(f, 0, hop, 8);
}

static const struct kind kinds[] = {
	{ "ARP", k_arp, 1 }, { "ARP, VLAN", k_vlanarp, 1 },
	{ "echo", k_echo, 1 }, { "echo, VLAN", k_vlanecho, 1 },
	{ "IPv4 options", k_options, 1 }, { "source route", k_source, 0 },
	{ "UDP", k_udp, 1 }, { "UDP, no port", k_noport, 0 },
	{ "fragmentation needed", k_toobig, 0 },
	{ "unreachable, TCP", k_tcperror, 0 }, { "redirect", k_redirect, 0 },
	{ "IGMP", k_igmp, 0 }, { "fragment", k_fragment, 0 },
	{ "SYN", k_syn, 1 }, { "ACK", k_ack, 1 }, { "SYN, IPv6", k_syn6, 1 },
	{ "echo, IPv6", k_echo6, 1 }, { "UDP, IPv6", k_udp6, 1 },
	{ "UDP, IPv6, no port", k_noport6, 0 },
	{ "extension headers", k_headers6, 1 },
	{ "fragment, IPv6", k_fragment6, 0 },
	{ "NS", k_ns, 1 }, { "NA", k_na, 0 }, { "RA", k_ra, 0 },
	{ "redirect, IPv6", k_redirect6, 0 }, { "too big", k_toobig6, 0 },
	{ "unreachable, TCP, IPv6", k_tcperror6, 0 }, { "MLD", k_mld, 0 },
};

#endif /* TESTS_NET_ROBUST_FRAMES_H */
