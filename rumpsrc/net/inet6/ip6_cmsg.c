/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ancillary data of level SOL_IPV6, both ways (RFC 3542).  so_lock is held.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ipv6.h>
#include "inet6_priv.h"

/* --- of a received packet --- */

/* Headers of one type between the IPv6 header and the transport's. */
static void
add_headers(const struct mbuf *m, uint8_t type, int name,
    struct mbuf **control)
{
	const uint8_t *l3 = PH_HDR(m, m->m_pkt.ph_l3), *p;
	unsigned n = m->m_pkt.ph_l4 - m->m_pkt.ph_l3, off = IP6_HDR, len;
	uint8_t proto = l3[6];

	while (off + 8 <= n && ip6_isext(proto)) {
		p = l3 + off;
		len = proto == PROTO_FRAGMENT ? 8 : (p[1] + 1U) * 8;
		if (len > n - off)
			return;
		if (proto == type)
			(void)cmsg_add(control, SOL_IPV6, name, p, len);
		proto = p[0];
		off += len;
	}
}

static void
add_pktinfo(const struct mbuf *m, const struct inaddr *dst,
    struct mbuf **control)
{
	struct in6_pktinfo pi;

	memcpy(&pi.ipi6_addr, dst, sizeof(*dst));
	pi.ipi6_ifindex = (int)m->m_pkt.ph_if->if_index;
	(void)cmsg_add(control, SOL_IPV6, IPV6_PKTINFO, &pi, sizeof(pi));
}

static void
add_origdst(const struct mbuf *m, const struct inaddr *dst,
    struct mbuf **control)
{
	uint8_t sa[28];
	uint16_t port;
	unsigned len;

	/* The transport's ports are its first two fields. */
	memcpy(&port, PH_HDR(m, m->m_pkt.ph_l4) + 2, 2);
	len = inaddr_tosock(dst, port, in6_islinklocal(dst) ?
	    m->m_pkt.ph_if->if_index : 0, AF_INET6,
	    (struct sockaddr *)(void *)sa);
	(void)cmsg_add(control, SOL_IPV6, IPV6_ORIGDSTADDR, sa, len);
}

void
ip6_control(struct inpcb *inp, const struct mbuf *m, struct mbuf **control)
{
	const uint8_t *l3 = PH_HDR(m, m->m_pkt.ph_l3);
	int hops = m->m_pkt.ph_ttl, class = m->m_pkt.ph_tos;
	uint32_t want = inp->inp_cmsgs, flow;
	int v4 = l3[0] >> 4 == 4;
	struct inaddr dst;

	if (v4) {		/* on a socket of both families */
		if (want & ~(uint32_t)CM_ALL)
			rump_inaf[0]->af_control(inp, m, control);
		memcpy(&flow, l3 + 16, 4);
		dst = inaddr_from4(flow);
	} else
		memcpy(&dst, l3 + 24, 16);
	if (want & CM_PKTINFO)
		add_pktinfo(m, &dst, control);
	if (want & CM_HOPLIMIT)
		(void)cmsg_add(control, SOL_IPV6, IPV6_HOPLIMIT, &hops,
		    sizeof(hops));
	if (want & CM_TCLASS)
		(void)cmsg_add(control, SOL_IPV6, IPV6_TCLASS, &class,
		    sizeof(class));
	if (want & CM_ORIGDST)
		add_origdst(m, &dst, control);
	if (v4)
		return;
	if (want & CM_FLOWINFO) {
		memcpy(&flow, l3, 4);
		flow &= net32(0x0fffffff);
		if (flow != 0)
			(void)cmsg_add(control, SOL_IPV6, IPV6_FLOWINFO,
			    &flow, sizeof(flow));
	}
	if (want & CM_HOPOPTS)
		add_headers(m, PROTO_HOPOPTS, IPV6_HOPOPTS, control);
	if (want & CM_DSTOPTS)
		add_headers(m, PROTO_DSTOPTS, IPV6_DSTOPTS, control);
	if (want & CM_RTHDR)
		add_headers(m, PROTO_ROUTING, IPV6_RTHDR, control);
}

/* --- of one to be sent --- */

static int
cmsg_number(const void *data, size_t len, int least, int *v)
{

	if (len != sizeof(*v))
		return EINVAL;
	memcpy(v, data, sizeof(*v));
	return *v < least || *v > 255 ? EINVAL : 0;
}

static int
cmsg_pktinfo(const struct inpcb *inp, const void *data, size_t len,
    struct inflow *fl)
{
	struct in6_pktinfo pi;
	struct inaddr src;
	struct ifnet *ifp;
	int ok;

	if (len < sizeof(pi))
		return EINVAL;
	memcpy(&pi, data, sizeof(pi));
	memcpy(&src, &pi.ipi6_addr, sizeof(src));
	if (pi.ipi6_ifindex != 0) {
		if (fl->fl_oif != 0 && in6_islinkscope(&fl->fl_dst) &&
		    fl->fl_oif != (uint32_t)pi.ipi6_ifindex)
			return EINVAL;
		if ((ifp = rump_if_get((uint32_t)pi.ipi6_ifindex)) == NULL)
			return ENODEV;
		ok = !in6_islinklocal(&src) || rump_if_isours(ifp, &src);
		rump_if_rele(ifp);
		if (!ok)
			return EINVAL;
		fl->fl_oif = (uint32_t)pi.ipi6_ifindex;
	}
	if (inaddr_isany(&src))
		return 0;
	if (inaddr_is4(&src) != inaddr_is4(&fl->fl_dst) ||
	    (!in_islocal(&src) && !(inp->inp_flags & INP_FREEBIND)))
		return EINVAL;
	fl->fl_src = src;
	return 0;
}

static int
cmsg_one(const struct inpcb *inp, const struct cmsghdr *h, const void *data,
    size_t len, struct inflow *fl)
{
	int error, v;

	switch (h->cmsg_type) {
	case IPV6_PKTINFO:
		return cmsg_pktinfo(inp, data, len, fl);
	case IPV6_HOPLIMIT:
		if ((error = cmsg_number(data, len, -1, &v)) == 0)
			fl->fl_ttl = v > 0 ? (uint8_t)v : 0;
		return error;
	case IPV6_TCLASS:
		if ((error = cmsg_number(data, len, -1, &v)) == 0)
			fl->fl_tos = v > 0 ? (uint8_t)v : 0;
		return error;
	case IPV6_DONTFRAG:
		if ((error = cmsg_number(data, len, 0, &v)) == 0 && v != 0)
			fl->fl_flags |= FL_DF;
		return error;
	case IPV6_FLOWINFO:
		if (len < 4)
			return EINVAL;
		memcpy(&fl->fl_label, data, 4);
		fl->fl_label &= net32(0xfffff);
		return 0;
	default:
		return EINVAL;
	}
}

int
ip6_cmsg(struct inpcb *inp, const struct mbuf *control, struct inflow *fl)
{
	size_t pos = 0, len;
	struct cmsghdr h;
	const void *data;
	int error;

	if (inaddr_is4(&fl->fl_dst) && (error = rump_inaf[0]->af_cmsg(inp,
	    control, fl)) != 0)
		return error;
	while ((error = cmsg_next(control, &pos, &h, &data, &len)) == 0) {
		if (h.cmsg_level == SOL_IPV6 && (error = cmsg_one(inp, &h,
		    data, len, fl)) != 0)
			return error;
	}
	return error == ENOENT ? 0 : error;
}
