/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forwarding (RFC 1812, 5) of what is not for this machine, when
 * net.ipv4.ip_forward says so.
 */
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include "inet_priv.h"

/* May this packet be forwarded at all?  Header checked before. */
static int
fwd_allowed(const struct ifnet *ifp, const struct mbuf *m)
{
	const struct ip4 *ip = mtod(m, const struct ip4 *);
	uint32_t src = net32(ip->ip_src), dst = net32(ip->ip_dst);

	if (!__atomic_load_n(&rump_ip_forwarding, __ATOMIC_RELAXED) ||
	    (m->m_pkt.ph_flags & (PH_BCAST | PH_MCAST | PH_OTHERHOST)) ||
	    (in_ifflags(ifp) & IFF_LOOPBACK))
		return 0;
	return src >> 24 != 0 && src >> 24 != 127 && dst >> 28 < 14;
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

static void
fwd_route(struct mbuf *m, struct routecache *rc)
{
	struct ip4 *ip = mtod(m, struct ip4 *);
	uint16_t old, new;

	if (rc->rc_rt->rt_type != RTN_UNICAST) {
		m_freem(m);
		return;
	}
	if ((ip->ip_off & net16(IP4_DF)) && m->m_pkt.ph_len > rc->rc_mtu &&
	    m->m_pkt.ph_gso == PH_GSO_NONE) {
		IP4COUNT(FragFails);
		icmp_error(m, ICMP_T_UNREACH, ICMP_C_NEEDFRAG,
		    net32(rc->rc_mtu));
		return;
	}
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
		fwd_route(m, &rc);
	rump_rc_clear(&rc);
}
