/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP (RFC 768, 1122), over both families.
 */
#include <linux/in.h>
#include "inet_priv.h"

static struct inpcbtable udp_table = { .it_proto = PROTO_UDP };
uint64_t rump_udpstat[UDPS_MAX];
#define UDPCOUNT(n)	in_count(&rump_udpstat[UDPS_##n])

/* --- input --- */

/* What the socket's filter leaves of it; 0: nothing. */
static int
udp_filtered(const struct socket *so, struct mbuf *m)
{
	uint32_t keep;

	if (IN_LIKELY(so->so_filter == NULL))
		return 1;
	keep = so_filtered(so, m);
	if (keep < sizeof(struct udp))
		return 0;
	if (keep < m->m_pkt.ph_len)
		m_adj(m, (int)keep - (int)m->m_pkt.ph_len);
	return 1;
}

/* UDP header in front.  Takes m. */
static void
udp_deliver(struct inpcb *inp, struct mbuf *m, const struct inrcv *ir)
{
	struct socket *so = inp->inp_so;
	uint16_t sport = mtod(m, const struct udp *)->uh_sport;

	rump_mutex_enter(&so->so_lock);
	if ((so->so_state & SS_DEAD) || !udp_filtered(so, m)) {
		rump_mutex_exit(&so->so_lock);
		m_freem(m);
		return;
	}
	m->m_data += sizeof(struct udp);
	m->m_len -= sizeof(struct udp);
	m->m_pkt.ph_len -= sizeof(struct udp);
	if (in_queue(inp, m, ir, sport) == 0) {
		UDPCOUNT(InDatagrams);
	} else {
		UDPCOUNT(InErrors);
		UDPCOUNT(RcvbufErrors);
	}
	rump_mutex_exit(&so->so_lock);
}

struct udpwant {
	const struct inrcv *uw_ir;
	uint16_t	 uw_sport;
};

/* Who gets what came to a group or by broadcast; it_lock held. */
static int
udp_matches(struct inpcb *inp, const void *arg)
{
	const struct udpwant *uw = arg;
	const struct inrcv *ir = uw->uw_ir;

	if ((inp->inp_bindif != 0 && inp->inp_bindif != ir->ir_if->if_index) ||
	    (inp->inp_fport != 0 && inp->inp_fport != uw->uw_sport) ||
	    (!inaddr_isany(&inp->inp_faddr) &&
	    !inaddr_eq(&inp->inp_faddr, &ir->ir_src)))
		return 0;
	if (inaddr_eq(&inp->inp_laddr, &ir->ir_dst))
		return 1;
	if (!inaddr_isany(&inp->inp_laddr))
		return 0;
	if (inaddr_is4(&inp->inp_laddr) == inaddr_is4(&ir->ir_dst))
		return 1;
	return !inaddr_is4(&inp->inp_laddr) && !__atomic_load_n(
	    &inp->inp_v6only, __ATOMIC_RELAXED);
}

static int
udp_wants(struct inpcb *inp, const struct inrcv *ir)
{
	int wants;

	rump_mutex_enter(&inp->inp_so->so_lock);
	wants = (inp->inp_so->so_state & SS_DEAD) == 0 &&
	    inmulti_wants(inp, ir);
	rump_mutex_exit(&inp->inp_so->so_lock);
	return wants;
}

static void
udp_multi(struct mbuf *m, const struct inrcv *ir, const struct udp *uh)
{
	struct udpwant uw = { ir, uh->uh_sport };
	struct inpcb *last = NULL, *inp;
	struct in_match im;
	struct mbuf *c;
	unsigned i;

	inpcb_match(&udp_table, uh->uh_dport, udp_matches, &uw, &im);
	for (i = 0; i < im.im_n; i++) {
		inp = im.im_inp[i];
		if (inaddr_ismulti(&ir->ir_dst) && !udp_wants(inp, ir))
			continue;
		if (last != NULL &&
		    (c = m_copym(m, 0, m->m_pkt.ph_len)) != NULL) {
			c->m_pkt = m->m_pkt;
			udp_deliver(last, c, ir);
		}
		last = inp;
	}
	if (last != NULL)
		udp_deliver(last, m, ir);
	else
		m_freem(m);
	inpcb_matchdone(&im);
}

/* Is the sum right?  0: no. */
static int
udp_checksum(const struct mbuf *m, const struct inrcv *ir, uint32_t len)
{
	const struct udp *uh = mtod(m, const struct udp *);

	if (uh->uh_sum == 0)
		return inaddr_is4(&ir->ir_dst);	/* RFC 8200, 8.1 */
	if (m->m_pkt.ph_csum != PH_CSUM_NONE ||
	    (m->m_pkt.ph_flags & PH_LOOP))
		return 1;
	return cksum_fold(m_cksum(m, 0, len, in_pseudo(&ir->ir_src,
	    &ir->ir_dst, PROTO_UDP, len))) == 0;
}

static void
udp_input(struct mbuf *m, const struct inrcv *ir)
{
	const struct udp *uh;
	struct inpcb *inp;
	uint32_t len;

	if (m->m_pkt.ph_len < sizeof(*uh) ||
	    (m = m_pullup(m, sizeof(*uh))) == NULL)
		goto bad;
	uh = mtod(m, const struct udp *);
	len = net16(uh->uh_len);
	if (len < sizeof(*uh) || len > m->m_pkt.ph_len)
		goto bad;
	if (len < m->m_pkt.ph_len)
		m_adj(m, (int)len - (int)m->m_pkt.ph_len);
	if (!udp_checksum(m, ir, len)) {
		UDPCOUNT(InCsumErrors);
		goto bad;
	}
	if (IN_UNLIKELY(m->m_pkt.ph_flags & (PH_BCAST | PH_MCAST))) {
		udp_multi(m, ir, uh);
		return;
	}
	inp = inpcb_lookup(&udp_table, &ir->ir_dst, uh->uh_dport, &ir->ir_src,
	    uh->uh_sport, ir->ir_if);
	if (inp == NULL) {
		UDPCOUNT(NoPorts);
		INAF(&ir->ir_dst)->af_portunreach(m);
		return;
	}
	udp_deliver(inp, m, ir);
	inpcb_rele(inp);
	return;
bad:
	UDPCOUNT(InErrors);
	m_freem(m);
}

static void
udp_error(const struct inrcv *sent, int error, int hard, uint32_t mtu,
    const uint8_t *data, size_t n)
{
	const struct inerr *ie = (const struct inerr *)(const void *)sent;
	struct inpcb *inp;
	struct udp uh;

	if (n < sizeof(uh))
		return;
	memcpy(&uh, data, sizeof(uh));
	inp = inpcb_lookup(&udp_table, &sent->ir_src, uh.uh_sport,
	    &sent->ir_dst, uh.uh_dport, sent->ir_if);
	if (inp == NULL)
		return;
	rump_mutex_enter(&inp->inp_so->so_lock);
	if ((inp->inp_so->so_state & SS_DEAD) == 0)
		in_pcberror(inp, ie, error, hard, mtu, data + sizeof(uh),
		    n - sizeof(uh), uh.uh_dport);
	rump_mutex_exit(&inp->inp_so->so_lock);
	inpcb_rele(inp);
}

static const struct ipproto udp_proto = {
	.ip_proto = PROTO_UDP,
	.ip_v4 = 1,
	.ip_v6 = 1,
	.ip_input = udp_input,
	.ip_error = udp_error,
};
RUMP_IPPROTO(udp_proto);

/* --- output --- */

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

static int
udp_send(struct socket *so, struct mbuf *m, const struct sockaddr *to,
    unsigned tolen, struct mbuf *control, int msgflags)
{
	struct inpcb *inp = so->so_pcb;
	struct inflow fl;
	uint16_t dport;
	int error;

	error = in_dgram_flow(inp, to, tolen, control, msgflags, &fl, &dport);
	if (error == 0 && dport == 0)
		error = EINVAL;
	if (error == 0)
		error = udp_toolong(inp, &fl, m->m_pkt.ph_len, dport);
	if (error == 0 && inp->inp_lport == 0)
		error = inpcb_autobind(inp);
	if (IN_UNLIKELY(control != NULL))
		cmsg_free(control);
	if (error != 0) {
		m_freem(m);
		return error;
	}
	m->m_pkt.ph_prio = fl.fl_prio;
	error = udp_output(inp, m, &fl, dport);
	if (error == ENOBUFS) {
		UDPCOUNT(SndbufErrors);
		if ((inp->inp_flags & (INP_RECVERR | INP_RECVERR6)) == 0)
			error = 0;
	}
	return error;
}

static int
udp_attach(struct socket *so, int proto)
{
	struct inpcb *inp;

	(void)proto;
	rump_inpcbtables[IPT_UDP] = &udp_table;
	return inpcb_attach(so, &udp_table, &inp);
}

static int
udp_setopt(struct socket *so, int level, int name, const void *val,
    unsigned len)
{

	if (level == SOL_UDP)
		return ENOPROTOOPT;
	return inpcb_setopt(so->so_pcb, level, name, val, len);
}

static int
udp_getopt(struct socket *so, int level, int name, void *val, unsigned *lenp)
{

	if (level == SOL_UDP)
		return ENOPROTOOPT;
	return inpcb_getopt(so->so_pcb, level, name, val, lenp);
}

#define UDP_PROTOSW(family)						\
	.pr_family = family,						\
	.pr_type = SOCK_DGRAM,						\
	.pr_protocol = PROTO_UDP,					\
	.pr_flags = PR_ADDR,						\
	.pr_attach = udp_attach,					\
	.pr_detach = in_dgram_detach,					\
	.pr_bind = in_dgram_bind,					\
	.pr_connect = in_dgram_connect,					\
	.pr_disconnect = in_dgram_disconnect,				\
	.pr_shutdown = in_dgram_shutdown,				\
	.pr_send = udp_send,						\
	.pr_sockname = inpcb_sockname,					\
	.pr_peername = inpcb_peername,					\
	.pr_setopt = udp_setopt,					\
	.pr_getopt = udp_getopt,					\
	.pr_optchanged = inpcb_optchanged,				\
	.pr_ioctl = in_dgram_ioctl

static const struct protosw udp_protosw = { UDP_PROTOSW(AF_INET) };
RUMP_PROTOSW(udp_protosw);
const struct protosw rump_udp6_protosw = { UDP_PROTOSW(AF_INET6) };
