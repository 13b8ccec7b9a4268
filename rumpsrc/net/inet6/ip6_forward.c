/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forwarding of what is not for this machine, when
 * net.ipv6.conf.all.forwarding says so.
 */
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include "inet6_priv.h"

/* May this packet be forwarded at all?  Header checked before. */
static int
fwd_allowed(const struct ifnet *ifp, const struct mbuf *m,
    const struct inaddr *src, const struct inaddr *dst)
{

	if (!in6_var(&rump_ip6_forwarding) || (m->m_pkt.ph_flags & (PH_BCAST |
	    PH_MCAST | PH_OTHERHOST)) || (in6_ifflags(ifp) & IFF_LOOPBACK))
		return 0;
	return !inaddr_isany(src) && !inaddr_isloop(src) &&
	    src->ia_b[0] != 0xff && !in6_islinklocal(dst) &&
	    dst->ia_b[0] != 0xff && !inaddr_isloop(dst) &&
	    !rump_if_isours(NULL, src);
}

/* Of segments that were put together, the longest. */
static uint32_t
fwd_length(const struct mbuf *m)
{
	uint8_t off;

	if (m->m_pkt.ph_gso == PH_GSO_NONE || m->m_pkt.ph_len < IP6_HDR + 20)
		return m->m_pkt.ph_len;
	m_copydata(m, IP6_HDR + 12, 1, &off);
	return IP6_HDR + (off >> 4) * 4U + m->m_pkt.ph_gsosize;
}

static void
fwd_unreach(struct mbuf *m, int error)
{

	IP6COUNT(OutNoRoutes);
	switch (error) {
	case EACCES:
		icmp6_error(m, ICMP6_UNREACH, ICMP6_C_ADMIN, 0);
		break;
	case EHOSTUNREACH:
		icmp6_error(m, ICMP6_UNREACH, ICMP6_C_ADDR, 0);
		break;
	case ENETUNREACH:
		icmp6_error(m, ICMP6_UNREACH, ICMP6_C_NOROUTE, 0);
		break;
	default:
		m_freem(m);
	}
}

static void
fwd_route(const struct ifnet *ifp, struct mbuf *m, struct routecache *rc,
    const struct inaddr *src)
{

	if (rc->rc_rt->rt_type != RTN_UNICAST) {
		IP6COUNT(InAddrErrors);
		m_freem(m);
		return;
	}
	/* RFC 4291, 2.5.6: not off their link. */
	if (in6_islinklocal(src) && rc->rc_rt->rt_if != ifp) {
		icmp6_error(m, ICMP6_UNREACH, ICMP6_C_SCOPE, 0);
		return;
	}
	if (fwd_length(m) > rc->rc_mtu) {
		IP6COUNT(FragFails);
		icmp6_error(m, ICMP6_TOOBIG, 0, rc->rc_mtu);
		return;
	}
	if ((m = m_unshare(m, IP6_HDR)) == NULL)
		return;
	mtod(m, struct ip6 *)->ip6_hlim--;
	m->m_pkt.ph_flags = PH_FORWARD;
	IP6COUNT(ForwDatagrams);
	(void)ip6_send(m, rc->rc_rt, rc->rc_neigh, rc->rc_mtu, 0);
}

void
ip6_forward(struct ifnet *ifp, struct mbuf *m)
{
	const struct ip6 *ip = mtod(m, const struct ip6 *);
	struct routecache rc = { .rc_rt = NULL };
	struct inaddr dst = ip->ip6_dst, src = ip->ip6_src;
	int error;

	if (!fwd_allowed(ifp, m, &src, &dst)) {
		IP6COUNT(InAddrErrors);
		m_freem(m);
		return;
	}
	if (ip->ip6_hlim <= 1) {
		IP6COUNT(InHdrErrors);
		icmp6_error(m, ICMP6_TIMXCEED, 0, 0);
		return;
	}
	if ((error = rump_rc_get(&rc, &dst, 0)) != 0)
		fwd_unreach(m, error);
	else
		fwd_route(ifp, m, &rc, &src);
	rump_rc_clear(&rc);
}
