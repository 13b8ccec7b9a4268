/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Raw sockets of both families (raw(7)): the protocol is their port.  They
 * get copies of all packets of it, IPv4's with the header.
 */
#include <linux/in.h>
#include <linux/icmp.h>
#include <linux/rtnetlink.h>
#include <net/inproto.h>

#define PROTO_ICMP6	58
#define ICMP6FILTER	1		/* <linux/icmpv6.h> */

static struct inpcbtable raw_table;

struct rawpcb {				/* inp_ppcb [so_lock] */
	uint32_t	 rp_filter[8];	/* bits: ICMP types not wanted */
};

/* --- input --- */

struct rawwant {
	const struct inaddr *rw_laddr, *rw_faddr;
	uint32_t	 rw_ifindex;
};

static int
raw_matches(struct inpcb *inp, const void *arg)
{
	const struct rawwant *rw = arg;

	return (inp->inp_family == AF_INET) == inaddr_is4(rw->rw_faddr) &&
	    (inp->inp_bindif == 0 || inp->inp_bindif == rw->rw_ifindex) &&
	    (inaddr_isany(&inp->inp_laddr) ||
	    inaddr_eq(&inp->inp_laddr, rw->rw_laddr)) &&
	    (inaddr_isany(&inp->inp_faddr) ||
	    inaddr_eq(&inp->inp_faddr, rw->rw_faddr));
}

static int
raw_wants(struct inpcb *inp, const struct mbuf *m, const struct inrcv *ir,
    uint8_t proto)
{
	const struct rawpcb *rp = inp->inp_ppcb;
	uint8_t type;

	if ((inp->inp_so->so_state & SS_DEAD) ||
	    (inaddr_ismulti(&ir->ir_dst) && !in_wants(inp, ir)))
		return 0;
	if ((proto != PROTO_ICMP && proto != PROTO_ICMP6) ||
	    m->m_pkt.ph_len == 0)
		return 1;
	m_copydata(m, 0, 1, &type);
	if (proto == PROTO_ICMP)
		return type >= 32 || !(rp->rp_filter[0] & 1U << type);
	return !(rp->rp_filter[type / 32] & 1U << type % 32);
}

static void
raw_deliver(struct inpcb *inp, const struct mbuf *m, const struct inrcv *ir,
    uint8_t proto)
{
	struct socket *so = inp->inp_so;
	struct mbuf *c = NULL;
	uint32_t keep, n;

	rump_mutex_enter(&so->so_lock);
	if (!raw_wants(inp, m, ir, proto) ||
	    (c = m_copym(m, 0, m->m_pkt.ph_len)) == NULL)
		goto out;
	c->m_pkt = m->m_pkt;
	if (inp->inp_family == AF_INET) {
		n = (uint32_t)(m->m_data - PH_HDR(m, m->m_pkt.ph_l3));
		c->m_data -= n;
		c->m_len += n;
		c->m_pkt.ph_len += n;
	}
	keep = so_filtered(so, c);
	if (keep == 0) {
		m_freem(c);
		goto out;
	}
	if (keep < c->m_pkt.ph_len)
		m_adj(c, (int)keep - (int)c->m_pkt.ph_len);
	(void)in_queue(inp, c, ir, 0);
out:
	rump_mutex_exit(&so->so_lock);
}

int
rump_raw_input(struct mbuf *m, const struct inrcv *ir, uint8_t proto)
{
	struct rawwant rw = { &ir->ir_dst, &ir->ir_src, ir->ir_if->if_index };
	struct in_match im;
	unsigned i, n;

	inpcb_match(&raw_table, net16(proto), raw_matches, &rw, &im);
	n = im.im_n;
	for (i = 0; i < n; i++)
		raw_deliver(im.im_inp[i], m, ir, proto);
	inpcb_matchdone(&im);
	return n != 0;
}

void
rump_raw_error(const struct inerr *ie, uint8_t proto, int error, int hard,
    uint32_t mtu, const uint8_t *data, size_t n)
{
	struct rawwant rw = { &ie->ie_sent.ir_src, &ie->ie_sent.ir_dst,
	    ie->ie_sent.ir_if->if_index };
	struct in_match im;
	struct inpcb *inp;
	unsigned i;

	inpcb_match(&raw_table, net16(proto), raw_matches, &rw, &im);
	for (i = 0; i < im.im_n; i++) {
		inp = im.im_inp[i];
		rump_mutex_enter(&inp->inp_so->so_lock);
		if ((inp->inp_so->so_state & SS_DEAD) == 0)
			in_pcberror(inp, ie, error, hard, mtu, data, n, 0);
		rump_mutex_exit(&inp->inp_so->so_lock);
	}
	inpcb_matchdone(&im);
}

/* --- output --- */

/* The user's own header: checked, and what he left open filled in. */
static int
raw_header(struct mbuf **mp, const struct inflow *fl)
{
	struct mbuf *m = *mp;
	unsigned hlen, len = m->m_pkt.ph_len;
	struct ip4 *ip;

	if (len < IP4_HDR || len > IP4_MAX)
		return len < IP4_HDR ? EINVAL : EMSGSIZE;
	if ((*mp = m = m_unshare(m, IP4_HDR)) == NULL)
		return ENOBUFS;
	hlen = IP4_HLEN(mtod(m, struct ip4 *));
	if (hlen < IP4_HDR || hlen > len)
		return EINVAL;
	if ((*mp = m = m_unshare(m, hlen)) == NULL)
		return ENOBUFS;
	ip = mtod(m, struct ip4 *);
	ip->ip_len = net16((uint16_t)len);
	if (ip->ip_src == 0)
		ip->ip_src = fl->fl_src.ia_w[3];
	if (ip->ip_id == 0)
		ip->ip_id = ip4_newid(ip->ip_src, ip->ip_dst, ip->ip_p);
	ip->ip_sum = 0;
	ip->ip_sum = cksum_fold(cksum_add(ip, hlen, 0));
	return 0;
}

/* Takes m. */
static int
raw_sendwhole(struct mbuf *m, struct inflow *fl)
{
	const struct routecache *rc = fl->fl_rc;
	const struct rtentry *rt = rc->rc_rt;
	const struct ifnet *ifp = rt->rt_type == RTN_LOCAL ? rump_loif :
	    rt->rt_if;
	int error;

	error = m->m_pkt.ph_len > __atomic_load_n(&ifp->if_mtu,
	    __ATOMIC_RELAXED) ? EMSGSIZE : raw_header(&m, fl);
	if (error != 0) {
		m_freem(m);
		return error;
	}
	IP4COUNT(OutRequests);
	return ip4_send(m, rt, rc->rc_neigh, IP4_MAX, 0);
}

static int
raw_output(struct mbuf *m, struct inflow *fl, unsigned csumoff)
{
	/* IPV6_CHECKSUM's offset and 1. */
	unsigned off = fl->fl_proto == PROTO_ICMP6 ? 3 : csumoff;
	uint16_t sum;

	if (!inaddr_is4(&fl->fl_dst) && off != 0) {
		off--;
		if (m->m_pkt.ph_len < off + 2 || off + 2 > MBUF_MAX) {
			m_freem(m);
			return EINVAL;
		}
		if ((m = m_unshare(m, off + 2)) == NULL)
			return ENOBUFS;
		sum = (uint16_t)~cksum_fold(in_pseudo(&fl->fl_src,
		    &fl->fl_dst, fl->fl_proto, m->m_pkt.ph_len));
		memcpy(m->m_data + off, &sum, 2);
		m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
		m->m_pkt.ph_csumstart = 0;
		m->m_pkt.ph_csumoff = (uint16_t)off;
	}
	return INAF(&fl->fl_dst)->af_output(m, fl);
}

static int
raw_send(struct socket *so, struct mbuf *m, const struct sockaddr *to,
    unsigned tolen, struct mbuf *control, int msgflags)
{
	struct inpcb *inp = so->so_pcb;
	struct inflow fl;
	uint16_t port;
	int error;

	error = m->m_pkt.ph_len > IP4_MAX ? EMSGSIZE : in_dgram_flow(inp, to,
	    tolen, control, msgflags, &fl, &port);
	cmsg_free(control);
	if (error != 0) {
		m_freem(m);
		return error;
	}
	fl.fl_proto = (uint8_t)so->so_protocol;
	if ((inp->inp_flags & INP_HDRINCL) && inp->inp_family == AF_INET)
		error = raw_sendwhole(m, &fl);
	else
		error = raw_output(m, &fl, inp->inp_csumoff);
	return error == ENOBUFS && !(inp->inp_flags & INP_RECVERR) ? 0 : error;
}

/* --- sockets --- */

static int
raw_attach(struct socket *so, int proto)
{
	struct inpcb *inp;
	struct rawpcb *rp;
	int error;

	if ((error = in_nofamily(so)) != 0)
		return error;
	if (proto <= 0 || proto > 255)
		return proto == 0 ? EPROTONOSUPPORT : EINVAL;
	if (rump_capable(CAP_NET_RAW) != 0)
		return EPERM;
	if ((rp = rump_kmem_zalloc(sizeof(*rp))) == NULL)
		return ENOBUFS;
	if ((error = inpcb_attach(so, &raw_table, &inp)) != 0) {
		rump_kmem_free(rp, sizeof(*rp));
		return error;
	}
	inp->inp_ppcb = rp;
	inp->inp_flags |= INP_BOUNDPORT;
	if (proto == PROTO_RAW)
		inp->inp_flags |= INP_HDRINCL;
	__atomic_store_n(&rump_inpcbtables[IPT_RAW], &raw_table,
	    __ATOMIC_RELAXED);
	if ((error = inpcb_insert(inp, net16((uint16_t)proto))) != 0) {
		rump_kmem_free(rp, sizeof(*rp));
		so->so_pcb = NULL;
		inpcb_rele(inp);
		return error;
	}
	__atomic_fetch_add(&rump_raw_count, 1, __ATOMIC_RELAXED);
	return 0;
}

static void
raw_detach(struct socket *so)
{
	struct inpcb *inp = so->so_pcb;
	struct rawpcb *rp = inp->inp_ppcb;

	inp->inp_ppcb = NULL;
	inpcb_detach(inp);
	rump_kmem_free(rp, sizeof(*rp));
	__atomic_fetch_sub(&rump_raw_count, 1, __ATOMIC_RELAXED);
}

static int
raw_bind(struct socket *so, const struct sockaddr *sa, unsigned len)
{
	struct inpcb *inp = so->so_pcb;
	struct inaddr a;
	uint16_t port;
	int error;

	if (so->so_state & SS_CONNECTED)
		return EINVAL;
	if ((error = inpcb_bindaddr(inp, sa, len, &a, &port)) != 0)
		return error;
	inpcb_setladdr(inp, &a);
	return 0;
}

static int
raw_setopt(struct socket *so, int level, int name, const void *val,
    unsigned len)
{
	struct inpcb *inp = so->so_pcb;
	struct rawpcb *rp = inp->inp_ppcb;
	int v6 = level == SOL_ICMPV6;

	if (level != SOL_RAW && !v6)
		return inpcb_setopt(inp, level, name, val, len);
	if (so->so_protocol != (v6 ? PROTO_ICMP6 : PROTO_ICMP))
		return EOPNOTSUPP;
	if (name != (v6 ? ICMP6FILTER : ICMP_FILTER))
		return ENOPROTOOPT;
	if (len > (v6 ? 32U : 4U))
		len = v6 ? 32 : 4;
	memcpy(rp->rp_filter, val, len);
	return 0;
}

static int
raw_getopt(struct socket *so, int level, int name, void *val, unsigned *lenp)
{
	struct inpcb *inp = so->so_pcb;
	const struct rawpcb *rp = inp->inp_ppcb;
	int v6 = level == SOL_ICMPV6;

	if (level != SOL_RAW && !v6)
		return inpcb_getopt(inp, level, name, val, lenp);
	if (so->so_protocol != (v6 ? PROTO_ICMP6 : PROTO_ICMP))
		return EOPNOTSUPP;
	if (name != (v6 ? ICMP6FILTER : ICMP_FILTER))
		return ENOPROTOOPT;
	if (*lenp > (v6 ? 32U : 4U))
		*lenp = v6 ? 32 : 4;
	memcpy(val, rp->rp_filter, *lenp);
	return 0;
}

#define RAW_PROTOSW(family)						\
	.pr_family = family,						\
	.pr_type = SOCK_RAW,						\
	.pr_flags = PR_ADDR | PR_NAMED,					\
	.pr_attach = raw_attach,					\
	.pr_detach = raw_detach,					\
	.pr_bind = raw_bind,						\
	.pr_connect = in_dgram_connect,					\
	.pr_disconnect = in_dgram_disconnect,				\
	.pr_shutdown = in_dgram_shutdown,				\
	.pr_send = raw_send,						\
	.pr_sockname = inpcb_sockname,					\
	.pr_peername = inpcb_peername,					\
	.pr_setopt = raw_setopt,					\
	.pr_getopt = raw_getopt,					\
	.pr_optchanged = inpcb_optchanged

static const struct protosw raw_protosw = { RAW_PROTOSW(AF_INET) };
RUMP_PROTOSW(raw_protosw);
static const struct protosw raw6_protosw = { RAW_PROTOSW(AF_INET6) };
RUMP_PROTOSW(raw6_protosw);
