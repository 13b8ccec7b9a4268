/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 input (RFC 8200): the one place where headers are checked.  Whether a
 * packet is ours, a group's or somebody else's is the routing table's to say;
 * each interface remembers the last address that was ours.  IPv4 addresses in
 * their IPv6 form are only our own notation: no packet may have them.
 */
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>
#include <rump/component.h>
#include "inet6_priv.h"

extern const struct ipproto *const __start_rump_ipprotos[]
    __attribute__((__weak__, __visibility__("hidden")));
extern const struct ipproto *const __stop_rump_ipprotos[]
    __attribute__((__weak__, __visibility__("hidden")));

static const struct ipproto *ip_tcp, *ip_udp;	/* [I] */
static void (*ip_flush[4])(void);		/* [I] */
static unsigned ip_nflush;			/* [I] */

enum { NOTOURS, LOCAL, MCAST };

const struct ipproto *
ip6_proto(uint8_t proto)
{
	const struct ipproto *const *p;

	if (proto == PROTO_TCP)
		return ip_tcp;
	if (proto == PROTO_UDP)
		return ip_udp;
	for (p = __start_rump_ipprotos; p < __stop_rump_ipprotos; p++)
		if ((*p)->ip_proto == proto && (*p)->ip_v6)
			return *p;
	return NULL;
}

static void
drop(uint64_t *counter, struct mbuf *m)
{

	in_count(counter);
	m_freem(m);
}

/* Raw sockets see ICMPv6 only with a sum that is right (RFC 3542, 3.1). */
static int
icmp6_sumok(const struct mbuf *m, const struct inrcv *ir)
{

	return (m->m_pkt.ph_flags & PH_LOOP) || m->m_pkt.ph_csum ==
	    PH_CSUM_OK || cksum_fold(m_cksum(m, 0, m->m_pkt.ph_len,
	    in_pseudo(&ir->ir_src, &ir->ir_dst, PROTO_ICMP6,
	    m->m_pkt.ph_len))) == 0;
}

/* Nobody wants it.  The headers are put back. */
static void
ip6_unknown(struct mbuf *m, const struct ip6_walk *w)
{

	IP6COUNT(InUnknownProtos);
	m->m_data -= w->w_off;
	m->m_len += w->w_off;
	m->m_pkt.ph_len += w->w_off;
	icmp6_error(m, ICMP6_PARAM, ICMP6_C_NXT, w->w_nxtoff);
}

static void
ip6_cut(struct mbuf *m, unsigned off)
{
	const struct ip6 *ip = mtod(m, const struct ip6 *);

	m->m_pkt.ph_l3 = PH_OFF(m);
	m->m_pkt.ph_tos = IP6_TOS(ip->ip6_flow);
	m->m_pkt.ph_ttl = ip->ip6_hlim;
	m->m_data += off;
	m->m_len -= off;
	m->m_pkt.ph_len -= off;
	m->m_pkt.ph_l4 = PH_OFF(m);
}

/* What is not just TCP. */
static __attribute__((__noinline__)) void
ip6_deliver_slow(struct ifnet *ifp, struct mbuf *m)
{
	struct ip6_walk w = { IP6_HDR, 6, 0, 0 };
	const struct ip6 *ip = mtod(m, const struct ip6 *);
	const struct ipproto *pr;
	struct inrcv ir;
	int taken = 0;

	w.w_proto = ip->ip6_nxt;
	if (ip6_isext(w.w_proto) &&
	    (m = ip6_ext_input(ifp, m, &w)) == NULL)
		return;
	ip = mtod(m, const struct ip6 *);
	ir.ir_src = ip->ip6_src;
	ir.ir_dst = ip->ip6_dst;
	ir.ir_if = ifp;
	ip6_cut(m, w.w_off);
	if (inaddr_isany(&ir.ir_src) && w.w_proto != PROTO_ICMP6) {
		drop(&rump_ipstat[1][IPS_InAddrErrors], m);
		return;
	}
	if (w.w_proto == PROTO_ICMP6 && !icmp6_sumok(m, &ir)) {
		in_count(&rump_icmp6stat[0][ICMP6S_CsumErrors]);
		drop(&rump_icmp6stat[0][ICMP6S_Errors], m);
		return;
	}
	if (w.w_proto == PROTO_NONE) {
		m_freem(m);
		return;
	}
	pr = ip6_proto(w.w_proto);
	if (__atomic_load_n(&rump_raw_count, __ATOMIC_RELAXED) != 0)
		taken = rump_raw_input(m, &ir, w.w_proto);
	if (pr != NULL) {
		IP6COUNT(InDelivers);
		pr->ip_input(m, &ir);
	} else if (taken) {
		IP6COUNT(InDelivers);
		m_freem(m);
	} else
		ip6_unknown(m, &w);
}

static inline void
ip6_deliver(struct ifnet *ifp, struct mbuf *m)
{
	const struct ip6 *ip = mtod(m, const struct ip6 *);
	struct inrcv ir;

	if (IN6_UNLIKELY(ip->ip6_nxt != PROTO_TCP || ip_tcp == NULL ||
	    __atomic_load_n(&rump_raw_count, __ATOMIC_RELAXED) != 0 ||
	    ip->ip6_src.ia_b[0] == 0)) {
		ip6_deliver_slow(ifp, m);
		return;
	}
	ir.ir_src = ip->ip6_src;
	ir.ir_dst = ip->ip6_dst;
	ir.ir_if = ifp;
	ip6_cut(m, IP6_HDR);
	IP6COUNT(InDelivers);
	ip_tcp->ip_input(m, &ir);
}

/* --- whose is it? --- */

/*
 * ii_local holds the address while ii_gen is rump_net_gen.  One at a time
 * changes it, and nobody believes it meanwhile.
 */
static inline int
cache_hit(const struct in6_if *ii, const struct ip6 *ip, uint32_t gen)
{

	return __atomic_load_n(&ii->ii_gen, __ATOMIC_ACQUIRE) == gen &&
	    __atomic_load_n(&ii->ii_local[0], __ATOMIC_ACQUIRE) ==
	    ip->ip6_dst.ia_d[0] &&
	    __atomic_load_n(&ii->ii_local[1], __ATOMIC_ACQUIRE) ==
	    ip->ip6_dst.ia_d[1] &&
	    __atomic_load_n(&ii->ii_gen, __ATOMIC_RELAXED) == gen;
}

static void
cache_set(struct in6_if *ii, const struct inaddr *a, uint32_t gen)
{
	uint32_t old = __atomic_load_n(&ii->ii_gen, __ATOMIC_RELAXED);

	if (old == 0 || !__atomic_compare_exchange_n(&ii->ii_gen, &old, 0,
	    0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&ii->ii_local[0], a->ia_d[0], __ATOMIC_RELEASE);
	__atomic_store_n(&ii->ii_local[1], a->ia_d[1], __ATOMIC_RELEASE);
	__atomic_store_n(&ii->ii_gen, gen, __ATOMIC_RELEASE);
}

/* An address that is being probed for is nobody's yet. */
static int
usable(struct ifnet *ifp, const struct inaddr *a)
{
	struct ifaddr ia;

	return !in6_ifaddr(ifp, a, &ia) ||
	    ((ia.ia_flags & IFA_F_DADFAILED) == 0 &&
	    (ia.ia_flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)) !=
	    IFA_F_TENTATIVE);
}

/*
 * A link-local address of ours that lo brings: on the interface that has it,
 * which comes back referenced.
 */
static int
ip6_classify(struct ifnet *ifp, const struct mbuf *m,
    const struct inaddr *dst, struct ifnet **realp)
{
	int loop = (m->m_pkt.ph_flags & PH_LOOP) != 0, class = NOTOURS;
	struct rtentry *rt;

	if (dst->ia_b[0] == 0xff) {
		if ((dst->ia_b[1] & 15) == 0 ||
		    ((dst->ia_b[1] & 15) == 1 && !loop))
			return NOTOURS;
		return mcast6_joined(ifp, dst) ? MCAST : NOTOURS;
	}
	rt = rump_rt_lookup(dst, in6_islinklocal(dst) && !loop ?
	    ifp->if_index : 0);
	if (rt == NULL)
		return NOTOURS;
	if (rt->rt_type == RTN_LOCAL && usable(rt->rt_if, dst) &&
	    !(m->m_pkt.ph_flags & (PH_BCAST | PH_MCAST))) {
		class = LOCAL;
		if (in6_islinklocal(dst) && loop && *realp == NULL)
			*realp = rump_if_get(rt->rt_if->if_index);
	}
	rump_rt_rele(rt);
	return class;
}

/* Addresses that cannot be (RFC 4291, 2.5, 2.7). */
static int
ip6_martian(const struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst)
{
	int loop = (m->m_pkt.ph_flags & PH_LOOP) != 0;

	if (src->ia_b[0] == 0xff || inaddr_is4(src) || inaddr_is4(dst))
		return 1;
	if (dst->ia_d[0] == 0 && dst->ia_d[1] == 0)
		return 1;
	return !loop && (inaddr_isloop(src) || inaddr_isloop(dst));
}

static __attribute__((__noinline__)) void
ip6_input_slow(struct ifnet *ifp, struct mbuf *m, struct in6_if *ii,
    uint32_t gen)
{
	const struct ip6 *ip = mtod(m, const struct ip6 *);
	struct inaddr src = ip->ip6_src, dst = ip->ip6_dst;
	struct ifnet *real = NULL;
	int class;

	if (ip6_martian(m, &src, &dst)) {
		drop(&rump_ipstat[1][IPS_InAddrErrors], m);
		return;
	}
	if (m->m_pkt.ph_loopif != 0 && (m->m_pkt.ph_flags & PH_LOOP)) {
		if ((real = rump_if_get(m->m_pkt.ph_loopif)) == NULL) {
			drop(&rump_ipstat[1][IPS_InDiscards], m);
			return;
		}
		ifp = real;
	}
	class = ip6_classify(ifp, m, &dst, &real);
	if (real != NULL)
		ifp = m->m_pkt.ph_if = real;
	if (class == NOTOURS) {
		ip6_forward(ifp, m);
	} else {
		if (class == MCAST)
			m->m_pkt.ph_flags |= PH_MCAST;
		else if (ii != NULL && real == NULL)
			cache_set(ii, &dst, gen);
		ip6_deliver(ifp, m);
	}
	if (real != NULL)
		rump_if_rele(real);
}

static void
ip6_input(struct ifnet *ifp, struct mbuf *m)
{
	uint32_t gen = __atomic_load_n(&rump_net_gen, __ATOMIC_ACQUIRE);
	const struct ip6 *ip;
	struct in6_if *ii;
	unsigned len;

	IP6COUNT(InReceives);
	if (IN6_UNLIKELY(m->m_len < IP6_HDR))
		goto bad;
	ip = mtod(m, const struct ip6 *);
	if (IN6_UNLIKELY((ip->ip6_flow & net32(0xf0000000U)) !=
	    net32(0x60000000U)))
		goto bad;
	len = net16(ip->ip6_plen) + IP6_HDR;
	if (IN6_UNLIKELY(len != m->m_pkt.ph_len)) {
		if (len > m->m_pkt.ph_len)
			goto bad;
		if (IN6_LIKELY(m->m_next == NULL))
			m->m_len = m->m_pkt.ph_len = len;	/* padding */
		else
			m_adj(m, (int)len - (int)m->m_pkt.ph_len);
	}
	ii = in6_ifstate(ifp);
	if (IN6_LIKELY(ii != NULL && cache_hit(ii, ip, gen) &&
	    !(m->m_pkt.ph_flags & (PH_BCAST | PH_MCAST)) &&
	    ip->ip6_src.ia_b[0] != 0 && ip->ip6_src.ia_b[0] != 0xff))
		ip6_deliver(ifp, m);
	else
		ip6_input_slow(ifp, m, ii, gen);
	return;
bad:
	drop(&rump_ipstat[1][IPS_InHdrErrors], m);
}

static void
ip6_inflush(void)
{
	unsigned i;

	for (i = 0; i < ip_nflush; i++)
		ip_flush[i]();
}

static const struct ethertype ip6_ethertype = {
	.et_type = ETH_P_IPV6,
	.et_input = ip6_input,
	.et_flush = ip6_inflush,
};
RUMP_ETHERTYPE(ip6_ethertype);

static const struct inaf ip6_af;

RUMP_COMPONENT(net_inet6, RUMP_FACTION_NET)
{
	static struct ifwatch watch = { .iw_fn = in6_ifevent };
	const struct ipproto *const *p;

	for (p = __start_rump_ipprotos; p < __stop_rump_ipprotos; p++) {
		if ((*p)->ip_proto == PROTO_TCP && (*p)->ip_v6)
			ip_tcp = *p;
		else if ((*p)->ip_proto == PROTO_UDP && (*p)->ip_v6)
			ip_udp = *p;
		if ((*p)->ip_flush != NULL && ip_nflush < 4)
			ip_flush[ip_nflush++] = (*p)->ip_flush;
	}
	nd6_init();
	rump_mcastops[1] = &rump_mld_ops;
	rump_inaf[1] = &ip6_af;
	rump_if_watch(&watch);
	in6_started();
	return 0;
}

static uint32_t
ip6_mtu(const struct inflow *fl)
{
	struct routecache own = { .rc_rt = NULL };
	struct routecache *rc = fl->fl_rc != NULL ? fl->fl_rc : &own;
	uint32_t mtu = IP6_MINMTU, opts = 0;

	if (rump_rc_get(rc, &fl->fl_dst, fl->fl_oif) == 0)
		mtu = fl->fl_flags & FL_IFMTU && rc->rc_rt->rt_if != NULL ?
		    __atomic_load_n(&rc->rc_rt->rt_if->if_mtu,
		    __ATOMIC_RELAXED) : rc->rc_mtu;
	if (rc == &own)
		rump_rc_clear(rc);
	if (fl->fl_opts != NULL && (fl->fl_opts->m_flags & MF_EXTHDRS))
		opts = fl->fl_opts->m_len - (uint32_t)sizeof(
		    struct ip6_exthdrs);
	if (mtu < IP6_MINMTU)
		mtu = IP6_MINMTU;
	if (mtu > IP6_MAX)
		mtu = IP6_MAX;
	return mtu - IP6_HDR - opts;
}

static const struct inaf ip6_af = {
	.af_family = AF_INET6,
	.af_hdrlen = IP6_HDR,
	.af_output = ip6_output,
	.af_mtu = ip6_mtu,
	.af_source = ip6_source,
	.af_setopt = ip6_setopt,
	.af_getopt = ip6_getopt,
	.af_control = ip6_control,
	.af_cmsg = ip6_cmsg,
	.af_portunreach = icmp6_portunreach,
};
