/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 output (RFC 8200).  The short way: a cached unicast route and a packet
 * that fits or is segmented below: a header in front, and off.  What goes to
 * groups, with extension headers, or in fragments takes the long one.
 */
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>
#include "inet6_priv.h"

static inline struct ifnet *
rt_outif(const struct rtentry *rt)
{

	return rt->rt_type == RTN_LOCAL ? rump_loif : rt->rt_if;
}

/*
 * RFC 6437: a label for each flow, evenly spread; it tells nothing about the
 * ports to who does not know the key.
 */
static inline uint32_t
flow_label(const struct mbuf *m, const struct inflow *fl)
{
	static uint64_t key[2];		/* [a] all the same, once it is set */
	uint64_t k = __atomic_load_n(&key[0], __ATOMIC_RELAXED);
	__uint128_t p;
	uint32_t ports = 0;

	if (IN6_UNLIKELY(k == 0)) {
		k = in_prf(0x6c6162656c, 0, 0) | 1;
		__atomic_store_n(&key[0], k, __ATOMIC_RELAXED);
	}
	if ((fl->fl_proto == PROTO_TCP || fl->fl_proto == PROTO_UDP) &&
	    m->m_len >= 4)
		memcpy(&ports, m->m_data, 4);
	p = (__uint128_t)(fl->fl_src.ia_d[1] ^ fl->fl_dst.ia_d[0] ^ k) *
	    (fl->fl_dst.ia_d[1] ^ ports ^ (k << 7 | k >> 57));
	return net32((uint32_t)((uint64_t)p ^ (uint64_t)(p >> 64)) & 0xfffff);
}

static inline uint8_t
hop_limit(const struct ifnet *ifp)
{
	const struct in6_if *ii = __atomic_load_n(&ifp->if_proto[IFP_INET6],
	    __ATOMIC_ACQUIRE);

	return ii != NULL ? __atomic_load_n(&ii->ii_hlim, __ATOMIC_RELAXED) :
	    (uint8_t)in6_var(&rump_ip6_hoplimit);
}

/* Everything but the next header's type when there are extension headers. */
static inline void
ip6_header(struct ip6 *ip, unsigned plen, const struct inflow *fl,
    uint32_t label, const struct ifnet *ifp)
{

	ip->ip6_flow = net32(0x60000000U | (uint32_t)fl->fl_tos << 20) | label;
	ip->ip6_plen = net16((uint16_t)plen);
	ip->ip6_nxt = fl->fl_proto;
	ip->ip6_hlim = IN6_UNLIKELY(fl->fl_ttl != 0) ? fl->fl_ttl :
	    hop_limit(ifp);
	ip->ip6_src = fl->fl_src;
	ip->ip6_dst = fl->fl_dst;
}

static inline uint32_t
label_of(const struct mbuf *m, const struct inflow *fl)
{

	return fl->fl_label != 0 ? fl->fl_label & net32(0xfffff) :
	    flow_label(m, fl);
}

static int
ip6_drop(struct mbuf *m, int error)
{

	IP6COUNT(OutDiscards);
	m_freem(m);
	return error;
}

/* Headers in front, of which each fragment has the first unfrag bytes. */
static int
ip6_sendfrags(struct ifnet *ifp, struct mbuf *m, struct neigh *ne,
    unsigned unfrag, unsigned nxtoff, uint32_t mtu, int more)
{
	struct mbuf *q;
	int error;

	if ((error = ip6_fragment(m, unfrag, nxtoff, mtu, &q)) != 0)
		return error;
	while ((m = q) != NULL) {
		q = m->m_nextpkt;
		m->m_nextpkt = NULL;
		error = rump_if_output(ifp, m, ne, ETH_P_IPV6,
		    q != NULL || more);
		if (error != 0) {
			m_freeq(q);
			break;
		}
	}
	return error;
}

/* A whole packet that fits: forwarded ones. */
int
ip6_send(struct mbuf *m, const struct rtentry *rt, struct neigh *ne,
    uint32_t mtu, int more)
{

	if (m->m_pkt.ph_len > mtu && m->m_pkt.ph_gso == PH_GSO_NONE)
		return ip6_drop(m, EMSGSIZE);
	return rump_if_output(rt_outif(rt), m, ne, ETH_P_IPV6, more);
}

/* A copy for this machine, received on the interface it goes out of. */
static void
ip6_loopcopy(const struct mbuf *m, const struct ifnet *ifp)
{
	struct mbuf *c;

	if ((c = m_copym(m, 0, m->m_pkt.ph_len)) == NULL)
		return;
	c->m_pkt.ph_csum = m->m_pkt.ph_csum;
	c->m_pkt.ph_csumstart = m->m_pkt.ph_csumstart;
	c->m_pkt.ph_csumoff = m->m_pkt.ph_csumoff;
	c->m_pkt.ph_loopif = ifp->if_index;
	(void)rump_if_output(rump_loif, c, NULL, ETH_P_IPV6, 0);
}

static const struct ip6_exthdrs *
exthdrs(const struct inflow *fl)
{

	return fl->fl_opts != NULL && (fl->fl_opts->m_flags & MF_EXTHDRS) ?
	    mtod(fl->fl_opts, const struct ip6_exthdrs *) : NULL;
}

/* Takes m.  All headers in front. */
static struct mbuf *
ip6_addheaders(struct mbuf *m, const struct inflow *fl,
    const struct ifnet *ifp)
{
	const struct ip6_exthdrs *eh = exthdrs(fl);
	unsigned n = eh != NULL ? fl->fl_opts->m_len - (unsigned)sizeof(*eh) :
	    0, len = m->m_pkt.ph_len;
	uint32_t label = label_of(m, fl);
	struct ip6 *ip;

	if ((m = m_prepend(m, IP6_HDR + n)) == NULL)
		return NULL;
	ip = mtod(m, struct ip6 *);
	ip6_header(ip, len + n, fl, label, ifp);
	if (eh != NULL) {
		memcpy(ip + 1, eh + 1, n);
		ip->ip6_nxt = eh->eh_first;
		((uint8_t *)(ip + 1))[eh->eh_last] = fl->fl_proto;
	}
	m->m_pkt.ph_csumstart += (uint16_t)(IP6_HDR + n);
	m->m_pkt.ph_hdrlen += (uint16_t)(IP6_HDR + n);
	m->m_pkt.ph_prio = fl->fl_prio;
	return m;
}

static uint32_t
ip6_pathmtu(const struct routecache *rc, const struct inflow *fl)
{
	uint32_t mtu = fl->fl_flags & FL_IFMTU ? __atomic_load_n(
	    &rt_outif(rc->rc_rt)->if_mtu, __ATOMIC_RELAXED) : rc->rc_mtu;

	return mtu < IP6_MINMTU ? IP6_MINMTU : mtu;
}

static int
ip6_toolong(struct mbuf *m)
{

	IP6COUNT(FragFails);
	m_freem(m);
	return EMSGSIZE;
}

static __attribute__((__noinline__)) int
ip6_output_slow(struct mbuf *m, struct inflow *fl, struct routecache *rc)
{
	const struct ip6_exthdrs *eh = exthdrs(fl);
	unsigned opts = eh != NULL ? fl->fl_opts->m_len -
	    (unsigned)sizeof(*eh) : 0, len = m->m_pkt.ph_len + opts;
	uint32_t mtu = ip6_pathmtu(rc, fl);
	struct ifnet *ifp = rt_outif(rc->rc_rt);
	int group = fl->fl_dst.ia_b[0] == 0xff;
	int more = fl->fl_flags & FL_MORE, toolong;

	toolong = len + IP6_HDR > mtu && m->m_pkt.ph_gso == PH_GSO_NONE;
	if (len > IP6_MAX || (toolong && (fl->fl_flags & FL_DF)))
		return ip6_toolong(m);
	if ((fl->fl_flags & FL_NOROUTE) && !inaddr_isany(&rc->rc_rt->rt_gw))
		return ip6_drop(m, ENETUNREACH);
	if ((m = ip6_addheaders(m, fl, ifp)) == NULL)
		return ip6_drop(NULL, ENOBUFS);
	if (group && (fl->fl_flags & FL_LOOPBACK) &&
	    !(in6_ifflags(ifp) & IFF_LOOPBACK) &&
	    mcast6_joined(ifp, &fl->fl_dst))
		ip6_loopcopy(m, ifp);
	/* Interface-local groups leave it not. */
	if (group && (fl->fl_dst.ia_b[1] & 15) <= 1 &&
	    !(in6_ifflags(ifp) & IFF_LOOPBACK)) {
		m_freem(m);
		return 0;
	}
	if (!toolong)
		return rump_if_output(ifp, m, rc->rc_neigh, ETH_P_IPV6, more);
	if (eh == NULL || eh->eh_unfrag == 0)
		return ip6_sendfrags(ifp, m, rc->rc_neigh, IP6_HDR, 6, mtu,
		    more);
	return ip6_sendfrags(ifp, m, rc->rc_neigh, IP6_HDR + eh->eh_unfrag,
	    IP6_HDR + eh->eh_ulast, mtu, more);
}

static __attribute__((__noinline__)) int
ip6_noroute(struct mbuf *m, int error)
{

	IP6COUNT(OutNoRoutes);
	m_freem(m);
	return error;
}

static __attribute__((__noinline__)) int
ip6_output_uncached(struct mbuf *m, struct inflow *fl)
{
	struct routecache rc;
	int error;

	memset(&rc, 0, sizeof(rc));
	error = rump_rc_get(&rc, &fl->fl_dst, fl->fl_oif);
	if (error != 0)
		return ip6_noroute(m, error);
	IP6COUNT(OutRequests);
	error = ip6_output_slow(m, fl, &rc);
	rump_rc_clear(&rc);
	return error;
}

int
ip6_output(struct mbuf *m, struct inflow *fl)
{
	struct routecache *rc = fl->fl_rc;
	const struct rtentry *rt;
	struct ifnet *ifp;
	unsigned len;
	uint32_t label;
	int error;

	if (IN6_UNLIKELY(rc == NULL))
		return ip6_output_uncached(m, fl);
	error = rump_rc_get(rc, &fl->fl_dst, fl->fl_oif);
	if (IN6_UNLIKELY(error != 0))
		return ip6_noroute(m, error);
	IP6COUNT(OutRequests);
	rt = rc->rc_rt;
	len = m->m_pkt.ph_len;
	if (IN6_UNLIKELY((rt->rt_type != RTN_UNICAST &&
	    rt->rt_type != RTN_LOCAL) || fl->fl_opts != NULL ||
	    (fl->fl_flags & FL_NOROUTE) || len > IP6_MAX ||
	    (len + IP6_HDR > rc->rc_mtu &&
	    m->m_pkt.ph_gso == PH_GSO_NONE) || fl->fl_dst.ia_b[0] == 0xff))
		return ip6_output_slow(m, fl, rc);
	ifp = rt_outif(rt);
	label = label_of(m, fl);
	if ((m = m_prepend(m, IP6_HDR)) == NULL)
		return ip6_drop(NULL, ENOBUFS);
	ip6_header(mtod(m, struct ip6 *), len, fl, label, ifp);
	m->m_pkt.ph_csumstart += IP6_HDR;
	m->m_pkt.ph_hdrlen += IP6_HDR;
	m->m_pkt.ph_prio = fl->fl_prio;
	return rump_if_output(ifp, m, rc->rc_neigh, ETH_P_IPV6,
	    fl->fl_flags & FL_MORE);
}

/* Hop-by-hop: router alert, "MLD" (RFC 2711), and a pad. */
static const uint8_t alert_header[8] = { PROTO_ICMP6, 0, 5, 2, 0, 0, 1, 0 };

void
ip6_linksend(struct ifnet *ifp, struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst, const uint8_t *lladdr, int alert)
{
	unsigned len = m->m_pkt.ph_len, n = alert ? sizeof(alert_header) : 0;
	struct inflow fl = {
		.fl_src = *src,
		.fl_dst = *dst,
		.fl_proto = PROTO_ICMP6,
		.fl_ttl = alert ? 1 : 255,
	};
	struct icmp6 *ic = mtod(m, struct icmp6 *);
	struct ip6 *ip;

	icmp6_count(1, ic->ic_type);
	ic->ic_sum = 0;
	ic->ic_sum = cksum_fold(m_cksum(m, 0, len, in_pseudo(src, dst,
	    PROTO_ICMP6, len)));
	if ((m = m_prepend(m, IP6_HDR + n)) == NULL)
		return;
	ip = mtod(m, struct ip6 *);
	ip6_header(ip, len + n, &fl, 0, ifp);
	if (alert) {
		ip->ip6_nxt = PROTO_HOPOPTS;
		memcpy(ip + 1, alert_header, n);
	}
	m->m_pkt.ph_csum = PH_CSUM_NONE;
	IP6COUNT(OutRequests);
	if (lladdr != NULL)
		(void)rump_ether_output(ifp, m, lladdr, ETH_P_IPV6, 0);
	else
		(void)rump_if_output(ifp, m, NULL, ETH_P_IPV6, 0);
}
