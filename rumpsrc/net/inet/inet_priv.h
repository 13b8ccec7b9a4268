/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of net_inet; what the other protocols of the family see
 * is in <net/inproto.h>.
 */
#ifndef INET_PRIV_H
#define INET_PRIV_H

#include <net/inproto.h>

typedef uint32_t __attribute__((__may_alias__, __aligned__(1))) in_word;

/* Complement of the sum of 16-bit words, from that of a few 32-bit ones. */
static inline uint16_t
in_fold64(uint64_t s)
{
	uint32_t t;

	s += s << 32 | s >> 32;
	t = (uint32_t)(s >> 32);
	t += t << 16 | t >> 16;
	return (uint16_t)~(t >> 16);
}

/* Of a header of 20 bytes whose ip_sum is 0 (or right: then 0 comes out). */
static inline uint16_t
ip4_cksum(const struct ip4 *ip)
{
	const in_word *w = (const in_word *)(const void *)ip;

	return in_fold64((uint64_t)w[0] + w[1] + w[2] + w[3] + w[4]);
}

/* A 16-bit word of a summed header changes (RFC 1624, equation 3). */
static inline uint16_t
in_cksumfix(uint16_t sum, uint16_t old, uint16_t new)
{
	uint32_t s = (uint16_t)~sum + (uint32_t)(uint16_t)~old + new;

	return cksum_fold(s);
}

/* Is the route that is remembered still good?  Else rump_rc_get() says. */
static inline int
in_route(struct routecache *rc, const struct inaddr *dst, uint32_t oif)
{

	if (IN_LIKELY(rc->rc_gen == __atomic_load_n(&rump_net_gen,
	    __ATOMIC_ACQUIRE) && rc->rc_oif == oif &&
	    inaddr_eq(&rc->rc_dst, dst)))
		return 0;
	return rump_rc_get(rc, dst, oif);
}

/* so_lock held: peer and (with it) local address. */
int	inpcb_setaddrs(struct inpcb *, const struct inaddr *l,
	    const struct inaddr *f, uint16_t fport);
extern uint64_t rump_in_key[4];		/* [I] */
void	in_seed(void);

void	inpcb_ifgone(void);	/* forget routes: an interface goes away */

/* ip_input.c */
void	ip4_deliver(struct ifnet *, struct mbuf *);
const struct ipproto *ip4_proto(uint8_t);
enum { IN_NOTOURS, IN_LOCAL, IN_BCAST, IN_MCAST };
int	in_classify(const struct inaddr *);

/* ip_frag.c */
struct mbuf *ip4_reass(struct ifnet *, struct mbuf *);	/* takes m */
/* Packets of a whole one, by m_nextpkt.  Takes m.  NULL: no memory. */
/* Datagrams that are not complete, and the memory they hold. */
void	ip4_fragstat(unsigned *, uint32_t *);
int	ip4_fragment(struct mbuf *, uint32_t mtu, struct mbuf **);

/* ip_forward.c */
void	ip4_forward(struct ifnet *, struct mbuf *);

/* ip_opt.c */
int	ip4_options_ok(const struct ip4 *);
int	ip4_setopt(struct inpcb *, int, const void *, unsigned);
int	ip4_getopt(struct inpcb *, int, void *, unsigned *);
void	ip4_control(struct inpcb *, const struct mbuf *, struct mbuf **);
int	ip4_cmsg(struct inpcb *, const struct mbuf *, struct inflow *);

/*
 * icmp_error.c.  m: the packet, header in front.  info: of the second word
 * (network order).  Takes m.
 */
void	icmp_error(struct mbuf *, uint8_t type, uint8_t code, uint32_t info);
void	icmp_portunreach(struct mbuf *);
/* An error message that was received; header cut off. */
void	icmp_inerror(struct mbuf *, const struct inrcv *);
extern uint64_t rump_icmpstat[2][64];	/* in, out; 0..18 by type, then: */
enum { ICMPS_Msgs = 32, ICMPS_Errors, ICMPS_CsumErrors, ICMPS_RateLimit };

/* arp.c */
void	arp_init(void);
void	arp_ifevent(enum ifevent, struct ifnet *, void *);

#endif /* INET_PRIV_H */
