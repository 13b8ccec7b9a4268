/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP's sockets: what goes out.  A socket that is corked, or sends with
 * MSG_MORE, collects one datagram; one with UDP_SEGMENT has its data cut into
 * several.
 */
#include <linux/in.h>
#include <linux/udp.h>
#include "udp_priv.h"

static struct udppcb *
udp_pcb(struct inpcb *inp)
{

	if (inp->inp_ppcb == NULL)
		inp->inp_ppcb = rump_kmem_zalloc(sizeof(struct udppcb));
	return inp->inp_ppcb;
}

/* One datagram.  Takes m. */
static int
udp_output(struct inpcb *inp, struct mbuf *m, struct inflow *fl,
    uint16_t dport)
{
	uint32_t len = m->m_pkt.ph_len + (uint32_t)sizeof(struct udp), sum;
	struct udp *uh;
	int error;

	if ((m = m_prepend(m, sizeof(*uh))) == NULL)
		return ENOBUFS;
	uh = mtod(m, struct udp *);
	uh->uh_sport = inp->inp_lport;
	uh->uh_dport = dport;
	uh->uh_len = net16((uint16_t)len);
	uh->uh_sum = 0;
	if ((inp->inp_so->so_opt.so_flags & SOF_NOCHECK) == 0 ||
	    !inaddr_is4(&fl->fl_dst)) {
		sum = in_pseudo(&fl->fl_src, &fl->fl_dst, PROTO_UDP, len);
		uh->uh_sum = (uint16_t)~cksum_fold(sum);
		m->m_pkt.ph_csum = PH_CSUM_PARTIAL;
		m->m_pkt.ph_csumstart = 0;
		m->m_pkt.ph_csumoff = __builtin_offsetof(struct udp, uh_sum);
	}
	error = INAF(&fl->fl_dst)->af_output(m, fl);
	if (error == 0)
		UDPCOUNT(OutDatagrams);
	return error;
}

/* Each size bytes of m are a datagram.  Takes m. */
static int
udp_segments(struct inpcb *inp, struct mbuf *m, struct inflow *fl,
    uint16_t dport, uint32_t size)
{
	uint32_t off, len = m->m_pkt.ph_len, n;
	struct mbuf *h, *data;
	int error = 0;

	for (off = 0; off < len && error == 0; off += n) {
		n = len - off < size ? len - off : size;
		h = m_gethdr(0);
		data = h != NULL ? m_copym(m, off, n) : NULL;
		if (data == NULL) {
			m_freem(h);
			error = ENOBUFS;
			break;
		}
		m_cat(h, data);
		h->m_pkt.ph_prio = fl->fl_prio;
		error = udp_output(inp, h, fl, dport);
	}
	m_freem(m);
	return error;
}

static int
udp_toolong(struct inpcb *inp, const struct inflow *fl, uint32_t len,
    uint16_t dport)
{
	uint32_t mtu;

	if (len + 8 > 0xffff - (inaddr_is4(&fl->fl_dst) ? IP4_HDR : 0U))
		return EMSGSIZE;
	if (!(fl->fl_flags & FL_DF))
		return 0;
	mtu = INAF(&fl->fl_dst)->af_mtu(fl);
	if (len + 8 <= mtu)
		return 0;
	in_localerror(inp, fl, EMSGSIZE, mtu + INAF(&fl->fl_dst)->af_hdrlen,
	    dport);
	return EMSGSIZE;
}

/* Checks and sends what is complete.  Takes m. */
static int
udp_transmit(struct inpcb *inp, struct mbuf *m, struct inflow *fl,
    uint16_t dport, uint32_t segment)
{
	uint32_t len = m->m_pkt.ph_len;
	int error;

	if (IN_UNLIKELY(segment != 0 && len > segment)) {
		if (len > segment * UDP_SEGS)
			error = EINVAL;
		else
			error = udp_toolong(inp, fl, segment, dport);
		if (error == 0 && segment + 8 > INAF(&fl->fl_dst)->af_mtu(fl))
			error = EINVAL;
	} else {
		segment = 0;
		error = udp_toolong(inp, fl, len, dport);
	}
	if (error != 0) {
		m_freem(m);
		return error;
	}
	m->m_pkt.ph_prio = fl->fl_prio;
	error = IN_UNLIKELY(segment != 0) ? udp_segments(inp, m, fl, dport,
	    segment) : udp_output(inp, m, fl, dport);
	if (error == ENOBUFS) {
		UDPCOUNT(SndbufErrors);
		if ((inp->inp_flags & (INP_RECVERR | INP_RECVERR6)) == 0)
			error = 0;
	}
	return error;
}

static int
udp_flush(struct inpcb *inp)
{
	struct udppcb *up = inp->inp_ppcb;
	struct mbuf *m = up->up_more;

	up->up_more = NULL;
	if (m == NULL)
		return 0;
	up->up_flow.fl_opts = inp->inp_opts;
	return udp_transmit(inp, m, &up->up_flow, up->up_port,
	    up->up_segment);
}

/* More of what is being collected.  Takes m. */
static int
udp_collect(struct inpcb *inp, struct mbuf *m, int more)
{
	struct udppcb *up = inp->inp_ppcb;

	if (up->up_more->m_pkt.ph_len + m->m_pkt.ph_len > 0xffff) {
		m_freem(m);
		return EMSGSIZE;
	}
	m_cat(up->up_more, m);
	return more || up->up_cork ? 0 : udp_flush(inp);
}

/* Level SOL_UDP's message: UDP_SEGMENT. */
static int
udp_cmsg(const struct mbuf *control, uint32_t *segment)
{
	struct cmsghdr h;
	const void *data;
	size_t pos = 0, len;
	uint16_t v;
	int error;

	while ((error = cmsg_next(control, &pos, &h, &data, &len)) == 0) {
		if (h.cmsg_level != SOL_UDP)
			continue;
		if (h.cmsg_type != UDP_SEGMENT || len != sizeof(v))
			return EINVAL;
		memcpy(&v, data, sizeof(v));
		*segment = v;
	}
	return error == ENOENT ? 0 : error;
}

static int
udp_send(struct socket *so, struct mbuf *m, const struct sockaddr *to,
    unsigned tolen, struct mbuf *control, int msgflags)
{
	struct inpcb *inp = so->so_pcb;
	struct udppcb *up = inp->inp_ppcb;
	uint32_t segment = up != NULL ? up->up_segment : 0;
	struct inflow fl;
	uint16_t dport;
	int error;

	if (IN_UNLIKELY(up != NULL && up->up_more != NULL)) {
		cmsg_free(control);
		return udp_collect(inp, m, msgflags & MSG_MORE);
	}
	error = inpcb_autobind(inp);
	if (error == 0)
		error = in_dgram_flow(inp, to, tolen, control, msgflags, &fl,
		    &dport);
	if (error == 0 && dport == 0)
		error = EINVAL;
	if (IN_UNLIKELY(control != NULL)) {
		if (error == 0)
			error = udp_cmsg(control, &segment);
		cmsg_free(control);
	}
	if (error != 0) {
		m_freem(m);
		return error;
	}
	if (IN_LIKELY(!(msgflags & MSG_MORE) && (up == NULL || !up->up_cork)))
		return udp_transmit(inp, m, &fl, dport, segment);
	if ((up = udp_pcb(inp)) == NULL) {
		m_freem(m);
		return ENOBUFS;
	}
	up->up_more = m;
	up->up_flow = fl;
	up->up_port = dport;
	return 0;
}

static int
udp_attach(struct socket *so, int proto)
{
	struct inpcb *inp;
	int error = in_nofamily(so);

	(void)proto;
	if (error != 0)
		return error;
	__atomic_store_n(&rump_inpcbtables[IPT_UDP], &udp_table,
	    __ATOMIC_RELAXED);
	return inpcb_attach(so, &udp_table, &inp);
}

static void
udp_detach(struct socket *so)
{
	struct inpcb *inp = so->so_pcb;
	struct udppcb *up = inp->inp_ppcb;

	inp->inp_ppcb = NULL;
	inpcb_detach(inp);
	if (up != NULL) {
		m_freem(up->up_more);
		rump_kmem_free(up, sizeof(*up));
	}
}

static int
udp_setopt(struct socket *so, int level, int name, const void *val,
    unsigned len)
{
	struct inpcb *inp = so->so_pcb;
	struct udppcb *up;
	int v;

	if (level != SOL_UDP)
		return inpcb_setopt(inp, level, name, val, len);
	if (len < sizeof(v))
		return EINVAL;
	memcpy(&v, val, sizeof(v));
	if ((up = udp_pcb(inp)) == NULL)
		return ENOBUFS;
	switch (name) {
	case UDP_CORK:
		up->up_cork = v != 0;
		return v != 0 ? 0 : udp_flush(inp);
	case UDP_SEGMENT:
		if (v < 0 || v > 0xffff)
			return EINVAL;
		up->up_segment = (uint16_t)v;
		return 0;
	case UDP_GRO:
		up->up_gro = v != 0;
		return 0;
	case UDP_NO_CHECK6_TX:
	case UDP_NO_CHECK6_RX:
		up->up_nocheck6[name == UDP_NO_CHECK6_RX] = v != 0;
		return 0;
	default:
		return ENOPROTOOPT;
	}
}

static int
udp_getopt(struct socket *so, int level, int name, void *val, unsigned *lenp)
{
	static const struct udppcb none;
	struct inpcb *inp = so->so_pcb;
	const struct udppcb *up = inp->inp_ppcb;
	int v;

	if (level != SOL_UDP)
		return inpcb_getopt(inp, level, name, val, lenp);
	if (up == NULL)
		up = &none;
	switch (name) {
	case UDP_CORK: v = up->up_cork; break;
	case UDP_SEGMENT: v = up->up_segment; break;
	case UDP_GRO: v = up->up_gro; break;
	case UDP_NO_CHECK6_TX: v = up->up_nocheck6[0]; break;
	case UDP_NO_CHECK6_RX: v = up->up_nocheck6[1]; break;
	default: return ENOPROTOOPT;
	}
	if (*lenp > sizeof(v))
		*lenp = sizeof(v);
	memcpy(val, &v, *lenp);
	return 0;
}

#define UDP_PROTOSW(family)						\
	.pr_family = family,						\
	.pr_type = SOCK_DGRAM,						\
	.pr_protocol = PROTO_UDP,					\
	.pr_flags = PR_ADDR,						\
	.pr_attach = udp_attach,					\
	.pr_detach = udp_detach,					\
	.pr_bind = in_dgram_bind,					\
	.pr_connect = in_dgram_connect,					\
	.pr_disconnect = in_dgram_disconnect,				\
	.pr_shutdown = in_dgram_shutdown,				\
	.pr_send = udp_send,						\
	.pr_sockname = inpcb_sockname,					\
	.pr_peername = inpcb_peername,					\
	.pr_setopt = udp_setopt,					\
	.pr_getopt = udp_getopt,					\
	.pr_optchanged = inpcb_optchanged

static const struct protosw udp_protosw = { UDP_PROTOSW(AF_INET) };
RUMP_PROTOSW(udp_protosw);
static const struct protosw udp6_protosw = { UDP_PROTOSW(AF_INET6) };
RUMP_PROTOSW(udp6_protosw);
