/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 input (RFC 791, 1122, 1812): the one place where headers are checked.
 * Whether a packet is ours, a group's or somebody else's is the routing
 * table's to say; each interface remembers the last address that was ours.
 */
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>
#include <rump/component.h>
#include "inet_priv.h"

extern const struct ipproto *const __start_rump_ipprotos[]
    __attribute__((__weak__, __visibility__("hidden")));
extern const struct ipproto *const __stop_rump_ipprotos[]
    __attribute__((__weak__, __visibility__("hidden")));

static const struct ipproto *ip_tcp, *ip_udp;	/* [I] */
static void (*ip_flush[4])(void);		/* [I] */
static unsigned ip_nflush;			/* [I] */

const struct ipproto *
ip4_proto(uint8_t proto)
{
	const struct ipproto *const *p;

	if (proto == PROTO_TCP)
		return ip_tcp;
	if (proto == PROTO_UDP)
		return ip_udp;
	for (p = __start_rump_ipprotos; p < __stop_rump_ipprotos; p++)
		if ((*p)->ip_proto == proto && (*p)->ip_v4)
			return *p;
	return NULL;
}

int
in_classify(const struct inaddr *a)
{
	struct rtentry *rt;
	int class = IN_NOTOURS;

	if (inaddr_ismulti(a))
		return IN_MCAST;
	if (inaddr_is4(a) && a->ia_w[3] == ~0U)
		return IN_BCAST;
	if ((rt = rump_rt_lookup(a, 0)) == NULL)
		return IN_NOTOURS;
	if (rt->rt_type == RTN_LOCAL || (rt->rt_type == RTN_UNICAST &&
	    inaddr_isloop(a) && (in_ifflags(rt->rt_if) & IFF_LOOPBACK)))
		class = IN_LOCAL;
	else if (rt->rt_type == RTN_BROADCAST)
		class = IN_BCAST;
	rump_rt_rele(rt);
	return class;
}

static void
ip4_discard(struct mbuf *m)
{

	IP4COUNT(InDiscards);
	m_freem(m);
}

/* Header cut off and so on.  m is for this machine and whole. */
void
ip4_deliver(struct ifnet *ifp, struct mbuf *m)
{
	const struct ip4 *ip = mtod(m, const struct ip4 *);
	unsigned hlen = IP4_HLEN(ip);
	uint8_t proto = ip->ip_p;
	const struct ipproto *pr;
	struct inrcv ir;
	int taken = 0;

	ir.ir_src = inaddr_from4(ip->ip_src);
	ir.ir_dst = inaddr_from4(ip->ip_dst);
	ir.ir_if = ifp;
	m->m_pkt.ph_l3 = PH_OFF(m);
	m->m_pkt.ph_tos = ip->ip_tos;
	m->m_pkt.ph_ttl = ip->ip_ttl;
	m->m_data += hlen;
	m->m_len -= hlen;
	m->m_pkt.ph_len -= hlen;
	m->m_pkt.ph_l4 = PH_OFF(m);
	pr = IN_LIKELY(proto == PROTO_TCP) ? ip_tcp : ip4_proto(proto);
	if (IN_UNLIKELY(__atomic_load_n(&rump_raw_count,
	    __ATOMIC_RELAXED) != 0))
		taken = rump_raw_input(m, &ir, proto);
	if (IN_LIKELY(pr != NULL)) {
		IP4COUNT(InDelivers);
		pr->ip_input(m, &ir);
		return;
	}
	if (taken) {
		IP4COUNT(InDelivers);
		m_freem(m);
		return;
	}
	IP4COUNT(InUnknownProtos);
	m->m_data -= hlen;
	m->m_len += hlen;
	m->m_pkt.ph_len += hlen;
	icmp_error(m, ICMP_T_UNREACH, ICMP_C_PROTOCOL, 0);
}

/*
 * The long way to decide; remembers an address of ours.
 */
static __attribute__((__noinline__)) int
ip4_classify(struct ifnet *ifp, struct mbuf *m, uint64_t *cache, uint32_t gen)
{
	const struct ip4 *ip = mtod(m, const struct ip4 *);
	struct inaddr dst = inaddr_from4(ip->ip_dst);
	int class = in_classify(&dst);

	if (class == IN_LOCAL) {
		if (m->m_pkt.ph_flags & PH_BCAST)
			return IN_NOTOURS;
		if (cache != NULL)
			__atomic_store_n(cache, (uint64_t)gen << 32 |
			    ip->ip_dst, __ATOMIC_RELAXED);
	}
	if (class == IN_MCAST && !in_joined(ifp, ip->ip_dst))
		return IN_NOTOURS;
	return class;
}

/* Sources and destinations that cannot be (RFC 1122, 3.2.1.3). */
static inline int
ip4_martian(const struct ip4 *ip, const struct mbuf *m)
{
	uint32_t src = net32(ip->ip_src), dst = net32(ip->ip_dst);

	if (src >> 28 == 14 || src == ~0U)
		return 1;
	if ((src >> 24 == 127 || dst >> 24 == 127) &&
	    !(m->m_pkt.ph_flags & PH_LOOP))
		return 1;
	return dst >> 24 == 0;
}

static __attribute__((__noinline__)) void
ip4_input_slow(struct ifnet *ifp, struct mbuf *m, struct in_if *ii,
    uint32_t gen)
{
	struct ifnet *real = NULL;
	int class;

	if (m->m_pkt.ph_loopif != 0 && (m->m_pkt.ph_flags & PH_LOOP)) {
		if ((real = rump_if_get(m->m_pkt.ph_loopif)) == NULL) {
			ip4_discard(m);
			return;
		}
		ifp = m->m_pkt.ph_if = real;
	}
	class = ip4_classify(ifp, m, real == NULL && ii != NULL ?
	    &ii->ii_local : NULL, gen);
	if (class == IN_NOTOURS) {
		ip4_forward(ifp, m);
		m = NULL;
	} else if (mtod(m, struct ip4 *)->ip_off &
	    net16(IP4_MF | IP4_OFFMASK))
		m = ip4_reass(ifp, m);
	if (m != NULL) {
		if (class == IN_BCAST)
			m->m_pkt.ph_flags |= PH_BCAST;
		else if (class == IN_MCAST)
			m->m_pkt.ph_flags |= PH_MCAST;
		ip4_deliver(ifp, m);
	}
	if (real != NULL)
		rump_if_rele(real);
}

/* Length and sum of a header that is longer than 20 bytes.  NULL: gone. */
static __attribute__((__noinline__)) struct mbuf *
ip4_longheader(struct mbuf *m)
{
	const struct ip4 *ip = mtod(m, const struct ip4 *);
	unsigned hlen = IP4_HLEN(ip);

	if ((ip->ip_vhl & 0xf0) != 0x40 || hlen < IP4_HDR ||
	    hlen > m->m_pkt.ph_len) {
		IP4COUNT(InHdrErrors);
		m_freem(m);
		return NULL;
	}
	if ((m = m_pullup(m, hlen)) == NULL) {
		IP4COUNT(InDiscards);
		return NULL;
	}
	ip = mtod(m, const struct ip4 *);
	if (cksum_fold(cksum_add(ip, hlen, 0)) == 0 && ip4_options_ok(ip))
		return m;
	IP4COUNT(InHdrErrors);
	m_freem(m);
	return NULL;
}

static void
ip4_input(struct ifnet *ifp, struct mbuf *m)
{
	uint32_t gen = __atomic_load_n(&rump_net_gen, __ATOMIC_ACQUIRE);
	const struct ip4 *ip;
	struct in_if *ii;
	unsigned len;

	IP4COUNT(InReceives);
	if (IN_UNLIKELY(m->m_len < IP4_HDR))
		goto bad;
	ip = mtod(m, const struct ip4 *);
	if (IN_UNLIKELY(ip->ip_vhl != 0x45)) {
		if ((m = ip4_longheader(m)) == NULL)
			return;
		ip = mtod(m, const struct ip4 *);
	} else if (IN_UNLIKELY(!(m->m_pkt.ph_flags & PH_LOOP) &&
	    ip4_cksum(ip) != 0))
		goto bad;
	len = net16(ip->ip_len);
	if (IN_UNLIKELY(len != m->m_pkt.ph_len)) {
		if (len > m->m_pkt.ph_len || len < IP4_HLEN(ip))
			goto bad;
		if (IN_LIKELY(m->m_next == NULL))
			m->m_len = m->m_pkt.ph_len = len;	/* padding */
		else
			m_adj(m, (int)len - (int)m->m_pkt.ph_len);
	}
	ii = in_ifstate(ifp);
	if (IN_LIKELY(ii != NULL && __atomic_load_n(&ii->ii_local,
	    __ATOMIC_RELAXED) == ((uint64_t)gen << 32 | ip->ip_dst) &&
	    !(ip->ip_off & net16(IP4_MF | IP4_OFFMASK)) &&
	    !(m->m_pkt.ph_flags & (PH_BCAST | PH_MCAST)))) {
		if (IN_UNLIKELY(ip4_martian(ip, m)))
			goto martian;
		ip4_deliver(ifp, m);
		return;
	}
	if (ip4_martian(ip, m))
		goto martian;
	ip4_input_slow(ifp, m, ii, gen);
	return;
bad:
	IP4COUNT(InHdrErrors);
	m_freem(m);
	return;
martian:
	IP4COUNT(InAddrErrors);
	m_freem(m);
}

static void
ip4_flush(void)
{
	unsigned i;

	for (i = 0; i < ip_nflush; i++)
		ip_flush[i]();
}

static const struct ethertype ip4_ethertype = {
	.et_type = ETH_P_IP,
	.et_input = ip4_input,
	.et_flush = ip4_flush,
};
RUMP_ETHERTYPE(ip4_ethertype);

static void
ip4_ifevent(enum ifevent ev, struct ifnet *ifp, void *obj)
{

	arp_ifevent(ev, ifp, obj);
	if (ev == IFE_DETACH) {
		inpcb_ifgone();
		in_ifstate_gone(ifp);
	} else if (inmulti_restart != NULL && (ev == IFE_FLAGS ||
	    ev == IFE_LINK) && (in_ifflags(ifp) & IFF_UP) &&
	    __atomic_load_n(&ifp->if_proto[IFP_INET], __ATOMIC_ACQUIRE) !=
	    NULL)
		inmulti_restart(&in_ifstate(ifp)->ii_groups);
}

RUMP_COMPONENT(net_inet, RUMP_FACTION_NET)
{
	static struct ifwatch watch = { .iw_fn = ip4_ifevent };
	const struct ipproto *const *p;

	in_seed();
	arp_init();
	for (p = __start_rump_ipprotos; p < __stop_rump_ipprotos; p++) {
		if ((*p)->ip_proto == PROTO_TCP && (*p)->ip_v4)
			ip_tcp = *p;
		else if ((*p)->ip_proto == PROTO_UDP && (*p)->ip_v4)
			ip_udp = *p;
		if ((*p)->ip_flush != NULL && ip_nflush < 4)
			ip_flush[ip_nflush++] = (*p)->ip_flush;
	}
	rump_if_watch(&watch);
	return 0;
}
