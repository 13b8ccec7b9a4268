/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Level SOL_IPV6 of sockets: options, extension headers of their own (RFC
 * 3493, 3542).  so_lock is held.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include "inet6_priv.h"

/* Those that are one bit. */
static const struct { uint8_t name; uint32_t cmsg, flag; } bitopts[] = {
	{ IPV6_RECVPKTINFO, CM_PKTINFO, 0 },
	{ IPV6_RECVHOPLIMIT, CM_HOPLIMIT, 0 },
	{ IPV6_RECVTCLASS, CM_TCLASS, 0 },
	{ IPV6_RECVHOPOPTS, CM_HOPOPTS, 0 },
	{ IPV6_RECVDSTOPTS, CM_DSTOPTS, 0 },
	{ IPV6_RECVRTHDR, CM_RTHDR, 0 },
	{ IPV6_RECVPATHMTU, CM_PATHMTU, 0 },
	{ IPV6_RECVORIGDSTADDR, CM_ORIGDST, 0 },
	{ IPV6_FLOWINFO, CM_FLOWINFO, 0 },
	{ IPV6_RECVERR, 0, INP_RECVERR6 },
	{ IPV6_MULTICAST_ALL, 0, INP_MCASTALL },
	{ IPV6_FREEBIND, 0, INP_FREEBIND },
	{ IPV6_TRANSPARENT, 0, INP_TRANSPARENT },
	{ IPV6_ROUTER_ALERT, 0, INP_ROUTERALERT },
	{ IPV6_HDRINCL, 0, INP_HDRINCL6 },
	{ IPV6_DONTFRAG, 0, INP_DONTFRAG6 },
};
#define NBITOPTS	(sizeof(bitopts) / sizeof(bitopts[0]))

static int
bitopt_find(const struct inpcb *inp, int name)
{
	unsigned i;

	for (i = 0; i < NBITOPTS; i++)
		if (bitopts[i].name == name)
			break;
	if (i == NBITOPTS || ((name == IPV6_HDRINCL ||
	    name == IPV6_ROUTER_ALERT) && inp->inp_so->so_type != SOCK_RAW))
		return -1;
	return (int)i;
}

static int
setbitopt(struct inpcb *inp, int i, int v)
{
	uint32_t flag = bitopts[i].flag;

	if (bitopts[i].cmsg != 0) {
		inp->inp_cmsgs = v != 0 ? inp->inp_cmsgs | bitopts[i].cmsg :
		    inp->inp_cmsgs & ~bitopts[i].cmsg;
		return 0;
	}
	if (flag == INP_HDRINCL6)
		return v != 0 ? EOPNOTSUPP : 0;
	if (flag == INP_TRANSPARENT) {
		if (v != 0 && rump_cred_any(CRED_NET) != 0)
			return EPERM;
		flag |= INP_FREEBIND;
	}
	if (flag == INP_MCASTALL && v != 0 && v != 1)
		return EINVAL;
	inp->inp_flags = v != 0 ? inp->inp_flags | flag :
	    inp->inp_flags & ~flag;
	return 0;
}

/* --- extension headers of a socket (inp_opts) --- */

/* Sticky ones: hop-by-hop, destination options. */
struct sticky {
	const uint8_t	*s_hop, *s_dst;
	unsigned	 s_hoplen, s_dstlen;
};

static void
sticky_get(const struct inpcb *inp, struct sticky *s)
{
	const struct ip6_exthdrs *eh;
	const uint8_t *p;
	unsigned n;

	memset(s, 0, sizeof(*s));
	if (inp->inp_opts == NULL || !(inp->inp_opts->m_flags & MF_EXTHDRS))
		return;
	eh = mtod(inp->inp_opts, const struct ip6_exthdrs *);
	n = inp->inp_opts->m_len - (unsigned)sizeof(*eh);
	p = (const uint8_t *)(eh + 1);
	if (eh->eh_first == PROTO_HOPOPTS) {
		s->s_hop = p;
		s->s_hoplen = (p[1] + 1U) * 8;
	}
	if (s->s_hoplen < n) {
		s->s_dst = p + s->s_hoplen;
		s->s_dstlen = n - s->s_hoplen;
	}
}

static int
sticky_set(struct inpcb *inp, const struct sticky *s)
{
	unsigned n = s->s_hoplen + s->s_dstlen;
	struct ip6_exthdrs *eh;
	struct mbuf *m = NULL;
	uint8_t *p;

	if (n > 0) {
		if ((m = m_get(sizeof(*eh) + n)) == NULL)
			return ENOBUFS;
		m->m_len = (uint32_t)sizeof(*eh) + n;
		m->m_flags |= MF_EXTHDRS;
		eh = mtod(m, struct ip6_exthdrs *);
		memset(eh, 0, sizeof(*eh));
		p = (uint8_t *)(eh + 1);
		eh->eh_first = s->s_hoplen ? PROTO_HOPOPTS : PROTO_DSTOPTS;
		eh->eh_unfrag = (uint16_t)s->s_hoplen;
		eh->eh_last = s->s_dstlen ? (uint16_t)s->s_hoplen : 0;
		if (s->s_hoplen)
			memcpy(p, s->s_hop, s->s_hoplen);
		if (s->s_hoplen && s->s_dstlen)
			p[0] = PROTO_DSTOPTS;
		if (s->s_dstlen)
			memcpy(p + s->s_hoplen, s->s_dst, s->s_dstlen);
	}
	m_freem(inp->inp_opts);
	inp->inp_opts = m;
	return 0;
}

static int
options_ok(const uint8_t *p, unsigned n)
{
	unsigned i, len;

	for (i = 2; i < n; i += len) {
		len = p[i] == 0 ? 1 : i + 1 < n ? p[i + 1] + 2U : n;
		if (len > n - i)
			return 0;
	}
	return 1;
}

static int
setheader(struct inpcb *inp, int name, const uint8_t *p, unsigned len)
{
	struct sticky s;

	if (len > 0 && (len < 8 || len > 512 || len % 8 != 0 ||
	    (p[1] + 1U) * 8 != len || !options_ok(p, len)))
		return EINVAL;
	/* They are looked at by strangers (RFC 3542, 6). */
	if (len > 0 && rump_capable(CAP_NET_RAW) != 0)
		return EPERM;
	sticky_get(inp, &s);
	if (name == IPV6_HOPOPTS) {
		s.s_hop = p;
		s.s_hoplen = len;
	} else {
		s.s_dst = p;
		s.s_dstlen = len;
	}
	return sticky_set(inp, &s);
}

static int
getheader(const struct inpcb *inp, int name, void *val, unsigned *lenp)
{
	struct sticky s;
	const uint8_t *p;
	unsigned n;

	sticky_get(inp, &s);
	p = name == IPV6_HOPOPTS ? s.s_hop : s.s_dst;
	n = name == IPV6_HOPOPTS ? s.s_hoplen : s.s_dstlen;
	if (*lenp > n)
		*lenp = n;
	if (*lenp > 0)
		memcpy(val, p, *lenp);
	return 0;
}

/* --- options --- */

/* The sticky one: from where its packets come. */
static int
setpktinfo(struct inpcb *inp, const void *val, unsigned len)
{
	struct in6_pktinfo pi;
	struct inaddr a;

	if (len == 0) {
		memset(&inp->inp_msrc, 0, sizeof(inp->inp_msrc));
		return 0;
	}
	if (len < sizeof(pi))
		return EINVAL;
	memcpy(&pi, val, sizeof(pi));
	memcpy(&a, &pi.ipi6_addr, sizeof(a));
	if (!inaddr_isany(&a) && !in_islocal(&a))
		return EADDRNOTAVAIL;
	inp->inp_msrc = a;
	inp->inp_mif = (uint32_t)pi.ipi6_ifindex;
	return 0;
}

static int
setv6only(struct inpcb *inp, int v)
{

	if (inp->inp_lport != 0)
		return EINVAL;
	__atomic_store_n(&inp->inp_v6only, v != 0, __ATOMIC_RELAXED);
	return 0;
}

static int
setnumber(struct inpcb *inp, int name, int v)
{

	switch (name) {
	case IPV6_V6ONLY:
		return setv6only(inp, v);
	case IPV6_TCLASS:
		if (v < -1 || v > 255)
			return EINVAL;
		if (v == -1)
			v = 0;
		if (inp->inp_so->so_type == SOCK_STREAM)
			v = (v & ~3) | (inp->inp_tos & 3);
		inp->inp_tos = (uint8_t)v;
		return 0;
	case IPV6_UNICAST_HOPS:
		if (v < -1 || v > 255)
			return EINVAL;
		inp->inp_ttl = v == -1 ? 0 : (uint8_t)v;
		return 0;
	case IPV6_MULTICAST_HOPS:
		if (inp->inp_so->so_type == SOCK_STREAM)
			return ENOPROTOOPT;
		if (v < -1 || v > 255)
			return EINVAL;
		inp->inp_mttl = v == -1 ? 1 : (uint8_t)v;
		return 0;
	case IPV6_MULTICAST_LOOP:
		if (v != 0 && v != 1)
			return EINVAL;
		inp->inp_mloop = (uint8_t)v;
		return 0;
	case IPV6_MTU_DISCOVER:
		if (v < IPV6_PMTUDISC_DONT || v > IPV6_PMTUDISC_OMIT)
			return EINVAL;
		inp->inp_pmtudisc = (uint8_t)v;
		return 0;
	case IPV6_AUTOFLOWLABEL:
	case IPV6_FLOWINFO_SEND:
		return 0;
	default:
		return ENOPROTOOPT;
	}
}

static int
ismcast(int name)
{

	return name == IPV6_MULTICAST_IF || name == IPV6_ADD_MEMBERSHIP ||
	    name == IPV6_DROP_MEMBERSHIP ||
	    (name >= MCAST_JOIN_GROUP && name <= MCAST_MSFILTER);
}

/* The place of a sum in a raw socket's packets (RFC 3542, 3.1). */
static int
setchecksum(struct inpcb *inp, int v)
{

	if (inp->inp_so->so_type != SOCK_RAW)
		return ENOPROTOOPT;
	if (inp->inp_so->so_protocol == PROTO_ICMP6)
		return v == 2 ? 0 : EINVAL;
	if (v > 0xfffe || (v > 0 && (v & 1)))
		return EINVAL;
	inp->inp_csumoff = v < 0 ? 0 : (uint16_t)(v + 1);
	return 0;
}

int
ip6_setopt(struct inpcb *inp, int name, const void *val, unsigned len)
{
	int v, i;

	if (name == IPV6_HOPOPTS || name == IPV6_DSTOPTS)
		return setheader(inp, name, val, len);
	if (name == IPV6_PKTINFO)
		return setpktinfo(inp, val, len);
	if (ismcast(name))
		return mcast6_setopt(inp, name, val, len);
	if (len < sizeof(v))
		return EINVAL;
	memcpy(&v, val, sizeof(v));
	if (name == IPV6_CHECKSUM)
		return setchecksum(inp, v);
	if ((i = bitopt_find(inp, name)) >= 0)
		return setbitopt(inp, i, v);
	return setnumber(inp, name, v);
}

static int
getmtu(struct inpcb *inp, int *v)
{

	if (inaddr_isany(&inp->inp_faddr) || rump_rc_get(&inp->inp_rc,
	    &inp->inp_faddr, inp->inp_lscope != 0 ? inp->inp_lscope :
	    inp->inp_bindif) != 0)
		return ENOTCONN;
	*v = (int)inp->inp_rc.rc_mtu;
	return 0;
}

static int
getnumber(struct inpcb *inp, int name, int *v)
{

	switch (name) {
	case IPV6_V6ONLY:
		*v = inp->inp_v6only;
		return 0;
	case IPV6_TCLASS:
		*v = inp->inp_tos;
		return 0;
	case IPV6_UNICAST_HOPS:
		*v = inp->inp_ttl != 0 ? inp->inp_ttl :
		    in6_var(&rump_ip6_hoplimit);
		return 0;
	case IPV6_MULTICAST_HOPS:
		*v = inp->inp_mttl;
		return 0;
	case IPV6_MULTICAST_LOOP:
		*v = inp->inp_mloop;
		return 0;
	case IPV6_MULTICAST_IF:
		*v = (int)inp->inp_mif;
		return 0;
	case IPV6_MTU_DISCOVER:
		*v = inp->inp_pmtudisc;
		return 0;
	case IPV6_MTU:
		return getmtu(inp, v);
	case IPV6_AUTOFLOWLABEL:
		*v = 1;
		return 0;
	case IPV6_FLOWINFO_SEND:
		*v = 0;
		return 0;
	case IPV6_CHECKSUM:
		if (inp->inp_so->so_type != SOCK_RAW)
			return ENOPROTOOPT;
		*v = inp->inp_so->so_protocol == PROTO_ICMP6 ? 2 :
		    (int)inp->inp_csumoff - 1;
		return 0;
	default:
		return ENOPROTOOPT;
	}
}

static int
getpathmtu(struct inpcb *inp, void *val, unsigned *lenp)
{
	struct ip6_mtuinfo mi;
	int mtu, error;

	if ((error = getmtu(inp, &mtu)) != 0)
		return error;
	memset(&mi, 0, sizeof(mi));
	(void)inaddr_tosock(&inp->inp_faddr, inp->inp_fport, inp->inp_lscope,
	    AF_INET6, (struct sockaddr *)(void *)&mi.ip6m_addr);
	mi.ip6m_mtu = (uint32_t)mtu;
	if (*lenp > sizeof(mi))
		*lenp = sizeof(mi);
	memcpy(val, &mi, *lenp);
	return 0;
}

int
ip6_getopt(struct inpcb *inp, int name, void *val, unsigned *lenp)
{
	int v, i, error;

	if (name == IPV6_HOPOPTS || name == IPV6_DSTOPTS)
		return getheader(inp, name, val, lenp);
	if (name == MCAST_MSFILTER)
		return mcast6_getopt(inp, name, val, lenp);
	if (name == IPV6_PATHMTU)
		return getpathmtu(inp, val, lenp);
	if ((i = bitopt_find(inp, name)) >= 0)
		v = bitopts[i].cmsg != 0 ?
		    (inp->inp_cmsgs & bitopts[i].cmsg) != 0 :
		    (inp->inp_flags & bitopts[i].flag) != 0;
	else if ((error = getnumber(inp, name, &v)) != 0)
		return error;
	if (*lenp > sizeof(v))
		*lenp = sizeof(v);
	memcpy(val, &v, *lenp);
	return 0;
}
