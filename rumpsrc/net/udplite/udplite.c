/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP-Lite (RFC 3828) over both families, udplite(7): in place of the length
 * the header says how much of the datagram its sum covers, which is computed
 * here.  Nothing is corked (MSG_MORE is refused) or cut into segments.
 */
#include <linux/in.h>
#include "udp_priv.h"

#define PROTO_UDPLITE	136
#define SOL_UDPLITE	136
#define SEND_CSCOV	10
#define RECV_CSCOV	11

struct udplitepcb {			/* inp_ppcb; [so_lock]; NULL: all 0 */
	uint16_t	ul_send, ul_recv;	/* options; 0: everything */
	uint8_t		ul_recvset;		/* less is not wanted */
};

static struct inpcbtable udplite_table = { .it_proto = PROTO_UDPLITE };

/* --- input --- */

/* Bytes that the header says are covered; 0: it is wrong. */
static uint32_t
coverage(const struct udp *uh, uint32_t len)
{
	uint32_t n = net16(uh->uh_len);

	if (n == 0)
		return len;
	return n < sizeof(*uh) || n > len ? 0 : n;
}

/* Header in front; it was checked.  Takes m. */
static void
udplite_deliver(struct inpcb *inp, struct mbuf *m, const struct inrcv *ir)
{
	const struct udp *uh = mtod(m, const struct udp *);
	uint32_t len = m->m_pkt.ph_len, n = coverage(uh, len);
	const struct udplitepcb *ul;
	struct socket *so = inp->inp_so;
	uint16_t sport = uh->uh_sport;

	rump_mutex_enter(&so->so_lock);
	ul = inp->inp_ppcb;
	if ((so->so_state & SS_DEAD) || (ul != NULL && ul->ul_recvset &&
	    n < len && (ul->ul_recv == 0 || n < ul->ul_recv)) ||
	    !udp_filtered(so, m)) {
		m_freem(m);
	} else {
		m_adj(m, (int)sizeof(struct udp));
		(void)in_queue(inp, m, ir, sport);
	}
	rump_mutex_exit(&so->so_lock);
}

static void
udplite_input(struct mbuf *m, const struct inrcv *ir)
{
	const struct udp *uh;
	struct inpcb *inp;
	uint32_t len = m->m_pkt.ph_len, n;

	if (len < sizeof(*uh) || len > 0xffff ||
	    (m = m_pullup(m, sizeof(*uh))) == NULL)
		goto bad;
	uh = mtod(m, const struct udp *);
	n = coverage(uh, len);
	if (n == 0 || uh->uh_sum == 0 || cksum_fold(m_cksum(m, 0, n,
	    in_pseudo(&ir->ir_src, &ir->ir_dst, PROTO_UDPLITE, len))) != 0)
		goto bad;
	if (m->m_pkt.ph_flags & (PH_BCAST | PH_MCAST)) {
		udp_multi(&udplite_table, m, ir, udplite_deliver);
		return;
	}
	inp = inpcb_lookup(&udplite_table, &ir->ir_dst, uh->uh_dport,
	    &ir->ir_src, uh->uh_sport, ir->ir_if);
	if (inp == NULL) {
		INAF(&ir->ir_dst)->af_portunreach(m);
		return;
	}
	udplite_deliver(inp, m, ir);
	inpcb_rele(inp);
	return;
bad:
	m_freem(m);
}

static void
udplite_error(const struct inrcv *sent, int error, int hard, uint32_t mtu,
    const uint8_t *data, size_t n)
{

	udp_errorin(&udplite_table, sent, error, hard, mtu, data, n);
}

/* --- output --- */

static int
toolong(struct inpcb *inp, const struct inflow *fl, uint32_t len,
    uint16_t dport)
{
	uint32_t mtu;

	if (len > 0xffff - (inaddr_is4(&fl->fl_dst) ? IP4_HDR : 0U))
		return EMSGSIZE;
	if (!(fl->fl_flags & FL_DF) ||
	    len <= (mtu = INAF(&fl->fl_dst)->af_mtu(fl)))
		return 0;
	in_localerror(inp, fl, EMSGSIZE, mtu + INAF(&fl->fl_dst)->af_hdrlen,
	    dport);
	return EMSGSIZE;
}

/* One datagram.  Takes m. */
static int
udplite_output(struct inpcb *inp, struct mbuf *m, struct inflow *fl,
    uint16_t dport)
{
	const struct udplitepcb *ul = inp->inp_ppcb;
	uint32_t len = m->m_pkt.ph_len + (uint32_t)sizeof(struct udp), n = len;
	struct udp *uh;
	int error = toolong(inp, fl, len, dport);

	if (error != 0) {
		m_freem(m);
		return error;
	}
	m->m_pkt.ph_prio = fl->fl_prio;
	if ((m = m_prepend(m, sizeof(*uh))) == NULL)
		return ENOBUFS;
	if (ul != NULL && ul->ul_send != 0 && ul->ul_send < len)
		n = ul->ul_send;
	uh = mtod(m, struct udp *);
	uh->uh_sport = inp->inp_lport;
	uh->uh_dport = dport;
	uh->uh_len = net16((uint16_t)n);
	uh->uh_sum = 0;
	uh->uh_sum = cksum_fold(m_cksum(m, 0, n, in_pseudo(&fl->fl_src,
	    &fl->fl_dst, PROTO_UDPLITE, len)));
	if (uh->uh_sum == 0)
		uh->uh_sum = 0xffff;
	return INAF(&fl->fl_dst)->af_output(m, fl);
}

static int
udplite_send(struct socket *so, struct mbuf *m, const struct sockaddr *to,
    unsigned tolen, struct mbuf *control, int msgflags)
{
	struct inpcb *inp = so->so_pcb;
	struct inflow fl;
	uint16_t dport;
	int error;

	error = in_dgram_flow(inp, to, tolen, control, msgflags, &fl, &dport);
	cmsg_free(control);
	if (error == 0 && dport == 0)
		error = EINVAL;
	if (error == 0 && (msgflags & MSG_MORE))
		error = EOPNOTSUPP;
	if (error == 0 && inp->inp_lport == 0)
		error = inpcb_autobind(inp);
	if (error != 0) {
		m_freem(m);
		return error;
	}
	error = udplite_output(inp, m, &fl, dport);
	if (error == ENOBUFS &&
	    (inp->inp_flags & (INP_RECVERR | INP_RECVERR6)) == 0)
		error = 0;
	return error;
}

/* --- sockets --- */

static int
udplite_attach(struct socket *so, int proto)
{
	struct inpcb *inp;
	int error = in_nofamily(so);

	(void)proto;
	return error != 0 ? error : inpcb_attach(so, &udplite_table, &inp);
}

static void
udplite_detach(struct socket *so)
{
	struct inpcb *inp = so->so_pcb;
	struct udplitepcb *ul = inp->inp_ppcb;

	inp->inp_ppcb = NULL;
	inpcb_detach(inp);
	if (ul != NULL)
		rump_kmem_free(ul, sizeof(*ul));
}

static int
udplite_setopt(struct socket *so, int level, int name, const void *val,
    unsigned len)
{
	struct inpcb *inp = so->so_pcb;
	struct udplitepcb *ul;
	int v;

	if (level != SOL_UDPLITE)
		return inpcb_setopt(inp, level, name, val, len);
	if (len < sizeof(v))
		return EINVAL;
	memcpy(&v, val, sizeof(v));
	if (name != SEND_CSCOV && name != RECV_CSCOV)
		return ENOPROTOOPT;
	if (inp->inp_ppcb == NULL)
		inp->inp_ppcb = rump_kmem_zalloc(sizeof(*ul));
	if ((ul = inp->inp_ppcb) == NULL)
		return ENOBUFS;
	if (v != 0 && v < (int)sizeof(struct udp))
		v = sizeof(struct udp);
	else if (v > 0xffff)
		v = 0xffff;
	if (name == SEND_CSCOV) {
		ul->ul_send = (uint16_t)v;
	} else {
		ul->ul_recv = (uint16_t)v;
		ul->ul_recvset = 1;
	}
	return 0;
}

static int
udplite_getopt(struct socket *so, int level, int name, void *val,
    unsigned *lenp)
{
	static const struct udplitepcb none;
	struct inpcb *inp = so->so_pcb;
	const struct udplitepcb *ul = inp->inp_ppcb;
	int v;

	if (level != SOL_UDPLITE)
		return inpcb_getopt(inp, level, name, val, lenp);
	if (ul == NULL)
		ul = &none;
	if (name != SEND_CSCOV && name != RECV_CSCOV)
		return ENOPROTOOPT;
	v = name == SEND_CSCOV ? ul->ul_send : ul->ul_recv;
	if (*lenp > sizeof(v))
		*lenp = sizeof(v);
	memcpy(val, &v, *lenp);
	return 0;
}

static const struct ipproto udplite_proto = {
	.ip_proto = PROTO_UDPLITE,
	.ip_v4 = 1,
	.ip_v6 = 1,
	.ip_input = udplite_input,
	.ip_error = udplite_error,
};
RUMP_IPPROTO(udplite_proto);

#define UDPLITE_PROTOSW(family)						\
	.pr_family = family,						\
	.pr_type = SOCK_DGRAM,						\
	.pr_protocol = PROTO_UDPLITE,					\
	.pr_flags = PR_ADDR | PR_NAMED,					\
	.pr_attach = udplite_attach,					\
	.pr_detach = udplite_detach,					\
	.pr_bind = in_dgram_bind,					\
	.pr_connect = in_dgram_connect,					\
	.pr_disconnect = in_dgram_disconnect,				\
	.pr_shutdown = in_dgram_shutdown,				\
	.pr_send = udplite_send,					\
	.pr_sockname = inpcb_sockname,					\
	.pr_peername = inpcb_peername,					\
	.pr_setopt = udplite_setopt,					\
	.pr_getopt = udplite_getopt,					\
	.pr_optchanged = inpcb_optchanged

static const struct protosw udplite_protosw = { UDPLITE_PROTOSW(AF_INET) };
RUMP_PROTOSW(udplite_protosw);
static const struct protosw udplite6_protosw = { UDPLITE_PROTOSW(AF_INET6) };
RUMP_PROTOSW(udplite6_protosw);
