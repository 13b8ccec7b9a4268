/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forwarding (RFC 1812, 5) of what is not for this machine, when
 * net.ipv4.ip_forward says so.
 */
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include "inet_priv.h"

#define FWD_REDIRECT	548	/* bytes of a packet that a redirect tells */

/*
 * May this packet be forwarded at all?  Header checked before.  Not what says
 * it is from ourselves, nor addresses of one link (RFC 3927, 7).
 */
static int
fwd_allowed(const struct ifnet *ifp, const struct mbuf *m)
{
	const struct ip4 *ip = mtod(m, const struct ip4 *);
	uint32_t src = net32(ip->ip_src), dst = net32(ip->ip_dst);
	struct inaddr from = inaddr_from4(ip->ip_src);

	if (!__atomic_load_n(&rump_ip_forwarding, __ATOMIC_RELAXED) ||
	    (m->m_pkt.ph_flags & (PH_BCAST | PH_MCAST | PH_OTHERHOST)) ||
	    (in_ifflags(ifp) & IFF_LOOPBACK))
		return 0;
	return src >> 24 != 0 && src >> 24 != 127 && dst >> 28 < 14 &&
	    src >> 16 != 0xa9fe && dst >> 16 != 0xa9fe &&
	    !rump_if_isours(NULL, &from);
}

static void
fwd_unreach(struct mbuf *m, int error)
{

	IP4COUNT(OutNoRoutes);
	switch (error) {
	case EACCES:
		icmp_error(m, ICMP_T_UNREACH, ICMP_C_FILTERED, 0);
		break;
	case EHOSTUNREACH:
		icmp_error(m, ICMP_T_UNREACH, ICMP_C_HOST, 0);
		break;
	case ENETUNREACH:
		icmp_error(m, ICMP_T_UNREACH, ICMP_C_NET, 0);
		break;
	default:
		m_freem(m);
	}
}

/*
 * It leaves by the interface it came by: a neighbour that it is from has a
 * shorter way (RFC 1812, 5.2.7.2).
 */
static void
fwd_redirect(const struct ifnet *ifp, const struct mbuf *m,
    const struct rtentry *rt)
{
	const struct ip4 *ip = mtod(m, const struct ip4 *);
	struct inaddr src = inaddr_from4(ip->ip_src);
	uint32_t n = m->m_pkt.ph_len, gw;
	struct rtentry *back;
	struct mbuf *c = NULL;

	if (rt->rt_if != ifp || (back = rump_rt_lookup(&src, 0)) == NULL)
		return;
	if (back->rt_if == ifp && back->rt_type == RTN_UNICAST &&
	    inaddr_isany(&back->rt_gw))
		c = m_dup(m, 0, n < FWD_REDIRECT ? n : FWD_REDIRECT);
	rump_rt_rele(back);
	if (c == NULL)
		return;
	memcpy(&gw, rt->rt_gw.ia_b + 12, sizeof(gw));
	icmp_error(c, ICMP_T_REDIRECT, ICMP_C_HOST, inaddr_isany(&rt->rt_gw) ?
	    ip->ip_dst : gw);
}

/* Headers of segments that were put together; 0: it is one packet. */
static uint32_t
fwd_headers(const struct mbuf *m)
{
	uint32_t l4 = IP4_HLEN(mtod(m, const struct ip4 *));
	uint8_t off;

	if (m->m_pkt.ph_gso == PH_GSO_NONE || m->m_pkt.ph_len < l4 + 20)
		return 0;
	m_copydata(m, l4 + 12, 1, &off);
	return l4 + (off >> 4) * 4U;
}

static void
fwd_route(const struct ifnet *ifp, struct mbuf *m, struct routecache *rc)
{
	struct ip4 *ip = mtod(m, struct ip4 *);
	uint32_t hdr = fwd_headers(m), len = m->m_pkt.ph_len;
	uint16_t old, new;

	if (rc->rc_rt->rt_type != RTN_UNICAST) {
		m_freem(m);
		return;
	}
	if (hdr != 0)
		len = hdr + m->m_pkt.ph_gsosize;
	if ((ip->ip_off & net16(IP4_DF)) && len > rc->rc_mtu) {
		IP4COUNT(FragFails);
		icmp_error(m, ICMP_T_UNREACH, ICMP_C_NEEDFRAG,
		    net32(rc->rc_mtu));
		return;
	}
	if (hdr != 0 && len > rc->rc_mtu)
		m->m_pkt.ph_gsosize = (uint16_t)(rc->rc_mtu - hdr);
	fwd_redirect(ifp, m, rc->rc_rt);
	if ((m = m_unshare(m, IP4_HLEN(ip))) == NULL)
		return;
	ip = mtod(m, struct ip4 *);
	memcpy(&old, &ip->ip_ttl, 2);
	ip->ip_ttl--;
	memcpy(&new, &ip->ip_ttl, 2);
	ip->ip_sum = in_cksumfix(ip->ip_sum, old, new);
	m->m_pkt.ph_flags = PH_FORWARD;
	IP4COUNT(ForwDatagrams);
	(void)ip4_send(m, rc->rc_rt, rc->rc_neigh, rc->rc_mtu, 0);
}

void
ip4_forward(struct ifnet *ifp, struct mbuf *m)
{
	const struct ip4 *ip = mtod(m, const struct ip4 *);
	struct routecache rc = { .rc_rt = NULL };
	struct inaddr dst;
	int error;

	if (!fwd_allowed(ifp, m)) {
		IP4COUNT(InAddrErrors);
		m_freem(m);
		return;
	}
	if (ip->ip_ttl <= 1) {
		IP4COUNT(InHdrErrors);
		icmp_error(m, ICMP_T_TIMXCEED, 0, 0);
		return;
	}
	dst = inaddr_from4(ip->ip_dst);
	if ((error = rump_rc_get(&rc, &dst, 0)) != 0)
		fwd_unreach(m, error);
	else
		fwd_route(ifp, m, &rc);
	rump_rc_clear(&rc);
}
