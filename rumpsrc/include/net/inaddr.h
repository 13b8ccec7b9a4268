/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Internet addresses of both families in one form: 128 bits in network order,
 * IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), and so prefix lengths of 96 + n.
 * Tables, PCBs, routes, neighbours work on this; only packets and sockaddrs
 * know the difference.
 */
#ifndef NET_INADDR_H
#define NET_INADDR_H

#include <stdint.h>

struct inaddr {
	union {
		uint8_t		ia_b[16];
		uint16_t	ia_h[8];
		uint32_t	ia_w[4];
		uint64_t	ia_d[2];
	};
};

#define INADDR_V4PREFIX	96

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define net16(x)	__builtin_bswap16(x)
#define net32(x)	__builtin_bswap32(x)
#else
#define net16(x)	(x)
#define net32(x)	(x)
#endif

static inline int
inaddr_eq(const struct inaddr *a, const struct inaddr *b)
{
	return a->ia_d[0] == b->ia_d[0] && a->ia_d[1] == b->ia_d[1];
}

static inline int
inaddr_is4(const struct inaddr *a)
{
	return a->ia_d[0] == 0 && a->ia_w[2] == net32(0xffffU);
}

/* v4 address in network order. */
static inline struct inaddr
inaddr_from4(uint32_t v4)
{
	struct inaddr a = { .ia_w = { 0, 0, net32(0xffffU), v4 } };

	return a;
}

/* 0.0.0.0 or :: */
static inline int
inaddr_isany(const struct inaddr *a)
{
	return a->ia_d[0] == 0 && (a->ia_d[1] == 0 ||
	    (a->ia_w[2] == net32(0xffffU) && a->ia_w[3] == 0));
}

static inline int
inaddr_ismulti(const struct inaddr *a)
{
	return a->ia_b[0] == 0xff ||
	    (inaddr_is4(a) && (a->ia_b[12] & 0xf0) == 0xe0);
}

static inline int
inaddr_isloop(const struct inaddr *a)
{
	return (inaddr_is4(a) && a->ia_b[12] == 127) ||
	    (a->ia_d[0] == 0 && a->ia_w[2] == 0 && a->ia_w[3] == net32(1U));
}

/* fe80::/10: means nothing without an interface. */
static inline int
inaddr_islinklocal6(const struct inaddr *a)
{
	return a->ia_b[0] == 0xfe && (a->ia_b[1] & 0xc0) == 0x80;
}

/* The first plen bits are the same. */
static inline int
inaddr_match(const struct inaddr *a, const struct inaddr *b, unsigned plen)
{
	unsigned i;

	for (i = 0; i < plen / 8; i++)
		if (a->ia_b[i] != b->ia_b[i])
			return 0;
	return plen % 8 == 0 ||
	    ((a->ia_b[i] ^ b->ia_b[i]) & (0xff00 >> plen % 8 & 0xff)) == 0;
}

/* The last address of a's IPv4 subnet. */
static inline struct inaddr
inaddr_bcast4(const struct inaddr *a, unsigned plen)
{

	return inaddr_from4(a->ia_w[3] |
	    (plen < 128 ? net32(0xffffffffU >> (plen - INADDR_V4PREFIX)) : 0));
}

/* a's first plen bits, zeroes behind. */
static inline struct inaddr
inaddr_prefix(const struct inaddr *a, unsigned plen)
{
	struct inaddr p = *a;
	unsigned i = plen / 8;

	if (plen % 8 != 0) {
		p.ia_b[i] &= (uint8_t)(0xff00 >> plen % 8);
		i++;
	}
	for (; i < 16; i++)
		p.ia_b[i] = 0;
	return p;
}

/* "10.0.0.1", "fe80::1".  format: buf of at least 46 bytes. */
int	inaddr_parse(const char *, struct inaddr *);	/* 0 or EINVAL */
char	*inaddr_format(const struct inaddr *, char *buf, unsigned len);

struct sockaddr;
/* family AF_INET, AF_INET6; EINVAL, EAFNOSUPPORT.  scope may be NULL. */
int	inaddr_fromsock(const struct sockaddr *, unsigned len,
	    struct inaddr *, uint16_t *portp, uint32_t *scope);
/* family 0: AF_INET for mapped ones.  Returns the length. */
unsigned inaddr_tosock(const struct inaddr *, uint16_t port, uint32_t scope,
	    int family, struct sockaddr *);

#endif /* NET_INADDR_H */
