/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 output (RFC 791, 1122).  The short way: a cached unicast route and a
 * packet that fits or is segmented below: a header in front, and off.  What
 * goes to groups, broadcasts, with options, or in fragments takes the long
 * one.
 */
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>
#include "inet_priv.h"

/*
 * Identification (RFC 6864): of packets that may become fragments, a counter
 * for some of the destinations each, displaced by the keyed hash of what must
 * not collide.
 */
uint16_t
ip4_newid(uint32_t src, uint32_t dst, uint8_t proto)
{
	static uint32_t ids[64];	/* [a] */
	uint64_t h = in_prf(dst, src, proto);

	return (uint16_t)(__atomic_fetch_add(&ids[h >> 58], 1,
	    __ATOMIC_RELAXED) + (uint32_t)h);
}

static inline struct ifnet *
rt_outif(const struct rtentry *rt)
{

	return rt->rt_type == RTN_LOCAL ? rump_loif : rt->rt_if;
}

/* Twenty bytes in five words, summed on the way. */
static inline void
ip4_header(void *to, unsigned len, const struct inflow *fl, unsigned off)
{
	uint32_t src = fl->fl_src.ia_w[3], dst = fl->fl_dst.ia_w[3];
	uint32_t ttl = fl->fl_ttl, w0, w1, w2;
	in_word *w = to;

	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words");
	if (IN_UNLIKELY(ttl == 0))
		ttl = (uint8_t)__atomic_load_n(&rump_ip_ttl, __ATOMIC_RELAXED);
	w0 = 0x45 | (uint32_t)fl->fl_tos << 8 |
	    (uint32_t)net16((uint16_t)len) << 16;
	w1 = (uint32_t)net16((uint16_t)off) << 16;
	if (IN_UNLIKELY(off == 0))
		w1 |= ip4_newid(src, dst, fl->fl_proto);
	w2 = ttl | (uint32_t)fl->fl_proto << 8;
	w2 |= (uint32_t)in_fold64((uint64_t)w0 + w1 + w2 + src + dst) << 16;
	w[0] = w0;
	w[1] = w1;
	w[2] = w2;
	w[3] = src;
	w[4] = dst;
}

static int
ip4_drop(struct mbuf *m, int error)
{

	IP4COUNT(OutDiscards);
	m_freem(m);
	return error;
}

int
ip4_send(struct mbuf *m, const struct rtentry *rt, struct neigh *ne,
    uint32_t mtu, int more)
{
	struct ifnet *ifp = rt_outif(rt);
	struct mbuf *q;
	int error;

	if (m->m_pkt.ph_len <= mtu || m->m_pkt.ph_gso != PH_GSO_NONE)
		return rump_if_output(ifp, m, ne, ETH_P_IP, more);
	if ((error = ip4_fragment(m, mtu, &q)) != 0)
		return error;
	while ((m = q) != NULL) {
		q = m->m_nextpkt;
		m->m_nextpkt = NULL;
		error = rump_if_output(ifp, m, ne, ETH_P_IP, q != NULL || more);
		if (error != 0) {
			m_freeq(q);
			break;
		}
	}
	return error;
}

/*
 * A copy of what goes to a group or broadcast for this machine, received on
 * the interface it goes out of.
 */
static void
ip4_loopcopy(const struct mbuf *m, const struct ifnet *ifp)
{
	struct mbuf *c;

	if ((c = m_copym(m, 0, m->m_pkt.ph_len)) == NULL)
		return;
	c->m_pkt.ph_csum = m->m_pkt.ph_csum;
	c->m_pkt.ph_csumstart = m->m_pkt.ph_csumstart;
	c->m_pkt.ph_csumoff = m->m_pkt.ph_csumoff;
	c->m_pkt.ph_loopif = ifp->if_index;
	(void)rump_if_output(rump_loif, c, NULL, ETH_P_IP, 0);
}

/* Header with options in front.  Takes m. */
static struct mbuf *
ip4_addheader(struct mbuf *m, const struct inflow *fl, uint16_t off)
{
	unsigned optlen = fl->fl_opts != NULL ? fl->fl_opts->m_len : 0;
	struct ip4 *ip;

	if ((m = m_prepend(m, IP4_HDR + optlen)) == NULL)
		return NULL;
	ip = mtod(m, struct ip4 *);
	ip4_header(ip, m->m_pkt.ph_len, fl, off);
	if (optlen != 0) {
		memcpy(ip + 1, fl->fl_opts->m_data, optlen);
		ip->ip_vhl = (uint8_t)(0x40 | (IP4_HDR + optlen) / 4);
		ip->ip_sum = 0;
		ip->ip_sum = cksum_fold(cksum_add(ip, IP4_HDR + optlen, 0));
	}
	m->m_pkt.ph_csumstart += (uint16_t)(IP4_HDR + optlen);
	m->m_pkt.ph_hdrlen += (uint16_t)(IP4_HDR + optlen);
	m->m_pkt.ph_prio = fl->fl_prio;
	return m;
}

static uint32_t
ip4_pathmtu(const struct routecache *rc, const struct inflow *fl)
{

	return fl->fl_flags & FL_IFMTU ? __atomic_load_n(
	    &rt_outif(rc->rc_rt)->if_mtu, __ATOMIC_RELAXED) : rc->rc_mtu;
}

static __attribute__((__noinline__)) int
ip4_output_slow(struct mbuf *m, struct inflow *fl, struct routecache *rc)
{
	unsigned optlen = fl->fl_opts != NULL ? fl->fl_opts->m_len : 0;
	unsigned len = m->m_pkt.ph_len + IP4_HDR + optlen;
	const struct rtentry *rt = rc->rc_rt;
	uint32_t mtu = ip4_pathmtu(rc, fl);
	struct ifnet *ifp = rt_outif(rt);
	int group = inaddr_ismulti(&fl->fl_dst);
	int bcast = rt->rt_type == RTN_BROADCAST || fl->fl_dst.ia_w[3] == ~0U;
	int df = (fl->fl_flags & FL_DF) || ((fl->fl_flags & FL_TRYDF) &&
	    len <= mtu);

	/* Those of IPv6 came with an AF_INET6 socket. */
	if (optlen != 0 && (fl->fl_opts->m_flags & MF_PRIV2)) {
		fl->fl_opts = NULL;
		return ip4_output_slow(m, fl, rc);
	}
	if ((fl->fl_flags & FL_NOROUTE) && !inaddr_isany(&rt->rt_gw))
		return ip4_drop(m, ENETUNREACH);
	if (len > IP4_MAX || (df && len > mtu &&
	    m->m_pkt.ph_gso == PH_GSO_NONE)) {
		IP4COUNT(FragFails);
		m_freem(m);
		return EMSGSIZE;
	}
	if ((m = ip4_addheader(m, fl, df ? IP4_DF : 0)) == NULL)
		return ip4_drop(NULL, ENOBUFS);
	if ((group && (fl->fl_flags & FL_LOOPBACK) &&
	    in_joined(ifp, fl->fl_dst.ia_w[3])) || bcast) {
		if (!(in_ifflags(ifp) & IFF_LOOPBACK))
			ip4_loopcopy(m, ifp);
	}
	if (group && mtod(m, struct ip4 *)->ip_ttl == 0) {
		m_freem(m);
		return 0;
	}
	return ip4_send(m, rt, rc->rc_neigh, mtu, fl->fl_flags & FL_MORE);
}

static int
ip4_noroute(struct mbuf *m, int error)
{

	IP4COUNT(OutNoRoutes);
	m_freem(m);
	return error;
}

static __attribute__((__noinline__)) int
ip4_output_uncached(struct mbuf *m, struct inflow *fl)
{
	struct routecache rc;
	int error;

	memset(&rc, 0, sizeof(rc));
	error = rump_rc_get(&rc, &fl->fl_dst, fl->fl_oif);
	if (error != 0)
		return ip4_noroute(m, error);
	IP4COUNT(OutRequests);
	error = ip4_output_slow(m, fl, &rc);
	rump_rc_clear(&rc);
	return error;
}

int
ip4_output(struct mbuf *m, struct inflow *fl)
{
	unsigned len = m->m_pkt.ph_len + IP4_HDR;
	struct routecache *rc = fl->fl_rc;
	struct neigh *ne;
	int error;

	if (IN_UNLIKELY(rc == NULL))
		return ip4_output_uncached(m, fl);
	error = in_route(rc, &fl->fl_dst, fl->fl_oif);
	if (IN_UNLIKELY(error != 0))
		return ip4_noroute(m, error);
	IP4COUNT(OutRequests);
	/* Who has a neighbour's address is no group and no broadcast. */
	ne = rc->rc_neigh;
	if (IN_UNLIKELY((ne == NULL && rc->rc_rt->rt_type != RTN_LOCAL) ||
	    fl->fl_opts != NULL || (fl->fl_flags & FL_NOROUTE) ||
	    len > IP4_MAX || (len > rc->rc_mtu &&
	    m->m_pkt.ph_gso == PH_GSO_NONE)))
		return ip4_output_slow(m, fl, rc);
	m = m_prepend(m, IP4_HDR);
	if (IN_UNLIKELY(m == NULL))
		return ip4_drop(NULL, ENOBUFS);
	ip4_header(m->m_data, len, fl,
	    fl->fl_flags & (FL_DF | FL_TRYDF) ? IP4_DF : 0);
	m->m_pkt.ph_csumstart += IP4_HDR;
	m->m_pkt.ph_hdrlen += IP4_HDR;
	m->m_pkt.ph_prio = fl->fl_prio;
	if (IN_LIKELY(ne != NULL))
		return rump_neigh_output(ne, m, ETH_P_IP,
		    fl->fl_flags & FL_MORE);
	return rump_if_output(rump_loif, m, NULL, ETH_P_IP,
	    fl->fl_flags & FL_MORE);
}

/* The address of ifp nearest to dst: of its subnet, else the first. */
static int
if_source(struct ifnet *ifp, const struct inaddr *dst, unsigned scope,
    struct inaddr *src)
{
	const struct ifaddr *ia;
	int found = 0;

	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL; ia = ia->ia_next) {
		if (!inaddr_is4(&ia->ia_addr) || ia->ia_scope > scope)
			continue;
		if (inaddr_match(&ia->ia_addr, dst, ia->ia_plen)) {
			*src = ia->ia_addr;
			found = 1;
			break;
		}
		if (!found)
			*src = ia->ia_addr;
		found = 1;
	}
	rump_rw_exit(&ifp->if_lock);
	return found;
}

/* An interface without an address borrows one. */
static int
any_source(const struct inaddr *dst, struct inaddr *src)
{
	struct ifnet *ifp;
	int found = 0;

	rump_rw_rdenter(&rump_if_lock);
	for (ifp = rump_iflist; ifp != NULL && !found; ifp = ifp->if_next)
		found = (in_ifflags(ifp) & IFF_UP) != 0 &&
		    if_source(ifp, dst, RT_SCOPE_LINK - 1, src);
	rump_rw_exit(&rump_if_lock);
	return found;
}

/* rc, when there is one, has the route to dst already or is given it. */
int
ip4_source(const struct inaddr *dst, uint32_t oif, struct routecache *rc,
    struct inaddr *src)
{
	struct routecache own = { .rc_rt = NULL };
	const struct rtentry *rt;
	int error;

	if (rc == NULL)
		rc = &own;
	if ((error = rump_rc_get(rc, dst, oif)) != 0)
		return error;
	rt = rc->rc_rt;
	if (!inaddr_isany(&rt->rt_src))
		*src = rt->rt_src;
	else if (rt->rt_type == RTN_LOCAL)
		*src = *dst;
	else if (!if_source(rt->rt_if, inaddr_isany(&rt->rt_gw) ? dst :
	    &rt->rt_gw, (in_ifflags(rt->rt_if) & IFF_LOOPBACK) ?
	    RT_SCOPE_HOST : RT_SCOPE_LINK, src) && !any_source(dst, src))
		error = EADDRNOTAVAIL;
	if (rc == &own)
		rump_rc_clear(rc);
	return error;
}

static uint32_t
ip4_mtu(const struct inflow *fl)
{
	struct routecache own = { .rc_rt = NULL };
	struct routecache *rc = fl->fl_rc != NULL ? fl->fl_rc : &own;
	uint32_t mtu = 576;

	if (rump_rc_get(rc, &fl->fl_dst, fl->fl_oif) == 0)
		mtu = ip4_pathmtu(rc, fl);
	if (rc == &own)
		rump_rc_clear(rc);
	if (mtu > IP4_MAX)
		mtu = IP4_MAX;
	return mtu - IP4_HDR - (fl->fl_opts != NULL ? fl->fl_opts->m_len : 0);
}

static const struct inaf ip4_af = {
	.af_family = AF_INET,
	.af_hdrlen = IP4_HDR,
	.af_output = ip4_output,
	.af_mtu = ip4_mtu,
	.af_source = ip4_source,
	.af_setopt = ip4_setopt,
	.af_getopt = ip4_getopt,
	.af_control = ip4_control,
	.af_cmsg = ip4_cmsg,
	.af_portunreach = icmp_portunreach,
};
const struct inaf *rump_inaf[2] = { &ip4_af, NULL };
