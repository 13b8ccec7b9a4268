/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 options in packets, and level SOL_IP of sockets: options, ancillary
 * data both ways.  so_lock is held.
 */
#include <linux/in.h>
#include "inet_priv.h"

#define OPT_END		0
#define OPT_NOP		1
#define OPT_LSRR	131
#define OPT_SSRR	137

/* inp_cmsgs; the upper 24 bits are IPv6's. */
#define CM_PKTINFO	0x01
#define CM_TTL		0x02
#define CM_TOS		0x04
#define CM_OPTS		0x08
#define CM_RETOPTS	0x10
#define CM_ORIGDST	0x20

/*
 * Well-formed, and no source route: that is refused.  Record route and time
 * stamps are let pass without being filled in.
 */
static int
options_ok(const uint8_t *p, unsigned n)
{
	unsigned i, len;

	for (i = 0; i < n && p[i] != OPT_END; i += len) {
		if (p[i] == OPT_NOP) {
			len = 1;
			continue;
		}
		if (i + 1 >= n || (len = p[i + 1]) < 2 || len > n - i ||
		    p[i] == OPT_LSRR || p[i] == OPT_SSRR)
			return 0;
	}
	return 1;
}

int
ip4_options_ok(const struct ip4 *ip)
{

	return options_ok((const uint8_t *)(ip + 1), IP4_HLEN(ip) - IP4_HDR);
}

static int
setipoptions(struct inpcb *inp, const void *val, unsigned len)
{
	struct mbuf *m = NULL;

	if (len > 40 || !options_ok(val, len))
		return EINVAL;
	if (len > 0) {
		if ((m = m_get((len + 3) & ~3U)) == NULL)
			return ENOBUFS;
		memset(m->m_data, 0, (len + 3) & ~3U);
		memcpy(m->m_data, val, len);
		m->m_len = (len + 3) & ~3U;
	}
	m_freem(inp->inp_opts);
	inp->inp_opts = m;
	return 0;
}

static int
setbit(uint32_t *word, uint32_t bit, int on)
{

	*word = on ? *word | bit : *word & ~bit;
	return 0;
}

/* Those that are one bit. */
static const struct { uint8_t name; uint8_t cmsg; uint16_t flag; } bitopts[] = {
	{ IP_PKTINFO, CM_PKTINFO, 0 }, { IP_RECVTTL, CM_TTL, 0 },
	{ IP_RECVTOS, CM_TOS, 0 }, { IP_RECVOPTS, CM_OPTS, 0 },
	{ IP_RETOPTS, CM_RETOPTS, 0 }, { IP_ORIGDSTADDR, CM_ORIGDST, 0 },
	{ IP_RECVERR, 0, INP_RECVERR },
	{ IP_MULTICAST_ALL, 0, INP_MCASTALL },
	{ IP_BIND_ADDRESS_NO_PORT, 0, INP_BINDNOPORT },
	{ IP_ROUTER_ALERT, 0, INP_ROUTERALERT },
	{ IP_HDRINCL, 0, INP_HDRINCL },
	{ IP_FREEBIND, 0, INP_FREEBIND },
	{ IP_TRANSPARENT, 0, INP_TRANSPARENT },
};
#define NBITOPTS	(sizeof(bitopts) / sizeof(bitopts[0]))

static int
bitopt_find(const struct inpcb *inp, int name)
{
	unsigned i;

	for (i = 0; i < NBITOPTS; i++)
		if (bitopts[i].name == name)
			break;
	if (i == NBITOPTS || ((name == IP_HDRINCL || name == IP_ROUTER_ALERT) &&
	    inp->inp_so->so_type != SOCK_RAW))
		return -1;
	return (int)i;
}

static int
setbitopt(struct inpcb *inp, int i, int v)
{
	int name = bitopts[i].name;

	if (bitopts[i].cmsg != 0)
		return setbit(&inp->inp_cmsgs, bitopts[i].cmsg, v);
	if (name == IP_MULTICAST_ALL && v != 0 && v != 1)
		return EINVAL;
	if (name == IP_TRANSPARENT) {
		if (v != 0 && rump_cred_any(CRED_NET) != 0)
			return EPERM;
		(void)setbit(&inp->inp_flags, INP_FREEBIND, v);
	}
	(void)setbit(&inp->inp_flags, bitopts[i].flag, v);
	return 0;
}

static int
setnumber(struct inpcb *inp, int name, int v)
{

	switch (name) {
	case IP_TOS:
		/* ECN is TCP's own. */
		if (inp->inp_so->so_type == SOCK_STREAM)
			v = (v & ~3) | (inp->inp_tos & 3);
		inp->inp_tos = (uint8_t)v;
		return 0;
	case IP_TTL:
		if (v != -1 && (v < 1 || v > 255))
			return EINVAL;
		inp->inp_ttl = v == -1 ? 0 : (uint8_t)v;
		return 0;
	case IP_MTU_DISCOVER:
		if (v < IP_PMTUDISC_DONT || v > IP_PMTUDISC_OMIT)
			return EINVAL;
		inp->inp_pmtudisc = (uint8_t)v;
		return 0;
	case IP_MULTICAST_TTL:
		if (inp->inp_so->so_type == SOCK_STREAM || v < -1 || v > 255)
			return EINVAL;
		inp->inp_mttl = v == -1 ? 1 : (uint8_t)v;
		return 0;
	case IP_MULTICAST_LOOP:
		inp->inp_mloop = v != 0;
		return 0;
	case IP_MINTTL:
	case IP_NODEFRAG:
	case IP_CHECKSUM:
	case IP_RECVFRAGSIZE:
	case IP_RECVERR_RFC4884:
	case IP_PASSSEC:
	default:
		return ENOPROTOOPT;
	}
}

int
ip4_setopt(struct inpcb *inp, int name, const void *val, unsigned len)
{
	int v = 0, i;

	if (name == IP_OPTIONS)
		return setipoptions(inp, val, len);
	if (name == IP_MULTICAST_IF || name == IP_UNICAST_IF ||
	    (name >= IP_ADD_MEMBERSHIP && name <= MCAST_MSFILTER))
		return mcast_setopt != NULL ?
		    mcast_setopt(inp, name, val, len) : ENOPROTOOPT;
	if (len >= sizeof(v))
		memcpy(&v, val, sizeof(v));
	else if (len >= 1)
		v = *(const uint8_t *)val;
	if ((i = bitopt_find(inp, name)) >= 0)
		return setbitopt(inp, i, v);
	if (len == 0)
		return EINVAL;
	return setnumber(inp, name, v);
}

static int
getmtu(struct inpcb *inp, int *v)
{

	if (inaddr_isany(&inp->inp_faddr) || rump_rc_get(&inp->inp_rc,
	    &inp->inp_faddr, inp->inp_bindif) != 0)
		return ENOTCONN;
	*v = inp->inp_rc.rc_mtu < IP4_MAX ? (int)inp->inp_rc.rc_mtu : IP4_MAX;
	return 0;
}

static int
getnumber(struct inpcb *inp, int name, int *v)
{

	switch (name) {
	case IP_TOS: *v = inp->inp_tos; return 0;
	case IP_TTL:
		*v = inp->inp_ttl != 0 ? inp->inp_ttl : __atomic_load_n(
		    &rump_ip_ttl, __ATOMIC_RELAXED);
		return 0;
	case IP_MTU_DISCOVER: *v = inp->inp_pmtudisc; return 0;
	case IP_MULTICAST_TTL: *v = inp->inp_mttl; return 0;
	case IP_MULTICAST_LOOP: *v = inp->inp_mloop; return 0;
	case IP_MTU: return getmtu(inp, v);
	default: return ENOPROTOOPT;
	}
}

int
ip4_getopt(struct inpcb *inp, int name, void *val, unsigned *lenp)
{
	int v, i, error;
	uint8_t b;

	if (name == IP_OPTIONS) {
		unsigned n = inp->inp_opts != NULL ? inp->inp_opts->m_len : 0;

		if (*lenp > n)
			*lenp = n;
		if (n > 0)
			memcpy(val, inp->inp_opts->m_data, *lenp);
		return 0;
	}
	if (name == IP_MULTICAST_IF || name == IP_UNICAST_IF ||
	    name == IP_MSFILTER || name == MCAST_MSFILTER)
		return mcast_getopt != NULL ?
		    mcast_getopt(inp, name, val, lenp) : ENOPROTOOPT;
	if ((i = bitopt_find(inp, name)) >= 0)
		v = bitopts[i].cmsg != 0 ?
		    (inp->inp_cmsgs & bitopts[i].cmsg) != 0 :
		    (inp->inp_flags & bitopts[i].flag) != 0;
	else if ((error = getnumber(inp, name, &v)) != 0)
		return error;
	if (*lenp < sizeof(v) && *lenp > 0 && v >= 0 && v <= 255) {
		b = (uint8_t)v;
		*lenp = 1;
		memcpy(val, &b, 1);
		return 0;
	}
	if (*lenp > sizeof(v))
		*lenp = sizeof(v);
	memcpy(val, &v, *lenp);
	return 0;
}

static void
add_pktinfo(const struct mbuf *m, const struct ip4 *ip, struct mbuf **control)
{
	struct in_pktinfo pi = { .ipi_addr.s_addr = ip->ip_dst };
	struct inaddr src = inaddr_from4(ip->ip_src), spec;

	pi.ipi_ifindex = (int)m->m_pkt.ph_if->if_index;
	pi.ipi_spec_dst.s_addr = ip->ip_dst;
	if ((m->m_pkt.ph_flags & (PH_BCAST | PH_MCAST)) && ip4_source(&src,
	    m->m_pkt.ph_if->if_index, NULL, &spec) == 0)
		pi.ipi_spec_dst.s_addr = spec.ia_w[3];
	(void)cmsg_add(control, SOL_IP, IP_PKTINFO, &pi, sizeof(pi));
}

static void
add_origdst(const struct mbuf *m, const struct ip4 *ip, struct mbuf **control)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = ip->ip_dst };

	/* The transport's ports are its first two fields. */
	memcpy(&sin.sin_port, PH_HDR(m, m->m_pkt.ph_l4) + 2, 2);
	(void)cmsg_add(control, SOL_IP, IP_ORIGDSTADDR, &sin, sizeof(sin));
}

void
ip4_control(struct inpcb *inp, const struct mbuf *m, struct mbuf **control)
{
	const struct ip4 *ip = (const void *)PH_HDR(m, m->m_pkt.ph_l3);
	uint32_t want = inp->inp_cmsgs;
	uint8_t tos = ip->ip_tos;
	int ttl = ip->ip_ttl;
	unsigned n = IP4_HLEN(ip) - IP4_HDR;

	if (want & CM_PKTINFO)
		add_pktinfo(m, ip, control);
	if (want & CM_TTL)
		(void)cmsg_add(control, SOL_IP, IP_TTL, &ttl, sizeof(ttl));
	if (want & CM_TOS)
		(void)cmsg_add(control, SOL_IP, IP_TOS, &tos, 1);
	if ((want & CM_OPTS) && n != 0)
		(void)cmsg_add(control, SOL_IP, IP_RECVOPTS, ip + 1, n);
	if ((want & CM_RETOPTS) && n != 0)
		(void)cmsg_add(control, SOL_IP, IP_RETOPTS, ip + 1, n);
	if (want & CM_ORIGDST)
		add_origdst(m, ip, control);
}

static int
cmsg_number(const void *data, size_t len, int *v)
{

	if (len == sizeof(*v))
		memcpy(v, data, sizeof(*v));
	else if (len == 1)
		*v = *(const uint8_t *)data;
	else
		return EINVAL;
	return 0;
}

static int
cmsg_pktinfo(const void *data, size_t len, struct inflow *fl)
{
	struct in_pktinfo pi;
	struct inaddr src;

	if (len != sizeof(pi))
		return EINVAL;
	memcpy(&pi, data, sizeof(pi));
	if (pi.ipi_ifindex != 0)
		fl->fl_oif = (uint32_t)pi.ipi_ifindex;
	/* 0: as if it were not bound to one. */
	src = inaddr_from4(pi.ipi_spec_dst.s_addr);
	if (src.ia_w[3] != 0 && in_classify(&src) != IN_LOCAL)
		return EINVAL;
	fl->fl_src = src;
	return 0;
}

int
ip4_cmsg(struct inpcb *inp, const struct mbuf *control, struct inflow *fl)
{
	size_t pos = 0, len;
	struct cmsghdr h;
	const void *data;
	int error, v, ttl;

	(void)inp;
	while ((error = cmsg_next(control, &pos, &h, &data, &len)) == 0) {
		if (h.cmsg_level != SOL_IP)
			continue;
		switch (h.cmsg_type) {
		case IP_PKTINFO:
			error = cmsg_pktinfo(data, len, fl);
			break;
		case IP_TOS:
		case IP_TTL:
			ttl = h.cmsg_type == IP_TTL;
			error = ttl && len != sizeof(v) ? EINVAL :
			    cmsg_number(data, len, &v);
			if (error == 0 && (v < ttl || v > 255))
				error = EINVAL;
			if (error == 0)
				*(ttl ? &fl->fl_ttl : &fl->fl_tos) =
				    (uint8_t)v;
			break;
		default:
			error = EINVAL;
		}
		if (error != 0)
			return error;
	}
	return error == ENOENT ? 0 : error;
}
