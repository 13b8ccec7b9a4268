/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of type SOCK_DGRAM for echo requests (icmp(7)), which need no
 * privilege.  The identifier is the port.
 */
#include <net/inproto.h>

#define PROTO_ICMP6	58
#define ICMP6_ECHO	128

static struct inpcbtable ping_table;

static struct inpcb *
ping_lookup(const struct inaddr *l, const struct inaddr *f, uint16_t id,
    const struct ifnet *ifp)
{
	struct inpcb *inp;

	if (__atomic_load_n(&ping_table.it_portcount, __ATOMIC_RELAXED) == 0)
		return NULL;
	inp = inpcb_lookup(&ping_table, l, id, f, 0, ifp);
	if (inp != NULL && (inp->inp_family == AF_INET) != inaddr_is4(f)) {
		inpcb_rele(inp);
		inp = NULL;
	}
	return inp;
}

int
rump_ping_input(struct mbuf *m, const struct inrcv *ir)
{
	struct inpcb *inp = ping_lookup(&ir->ir_dst, &ir->ir_src,
	    mtod(m, const struct icmp *)->ic_id, ir->ir_if);
	struct socket *so;

	if (inp == NULL)
		return 0;
	so = inp->inp_so;
	rump_mutex_enter(&so->so_lock);
	if ((so->so_state & SS_DEAD) || so_filtered(so, m) == 0)
		m_freem(m);
	else
		(void)in_queue(inp, m, ir, 0);
	rump_mutex_exit(&so->so_lock);
	inpcb_rele(inp);
	return 1;
}

void
rump_ping_error(const struct inerr *ie, int error, int hard, uint32_t mtu,
    const uint8_t *data, size_t n)
{
	const struct inrcv *sent = &ie->ie_sent;
	struct inpcb *inp;
	struct icmp ic;

	if (n < sizeof(ic))
		return;
	memcpy(&ic, data, sizeof(ic));
	if (ic.ic_type != (inaddr_is4(&sent->ir_dst) ? ICMP_T_ECHO :
	    ICMP6_ECHO))
		return;
	inp = ping_lookup(&sent->ir_src, &sent->ir_dst, ic.ic_id, sent->ir_if);
	if (inp == NULL)
		return;
	rump_mutex_enter(&inp->inp_so->so_lock);
	if ((inp->inp_so->so_state & SS_DEAD) == 0)
		in_pcberror(inp, ie, error, hard, mtu, data, n, 0);
	rump_mutex_exit(&inp->inp_so->so_lock);
	inpcb_rele(inp);
}

/* Our identifier into the request, and its sum. */
static int
ping_fill(const struct inpcb *inp, struct mbuf **mp, const struct inflow *fl)
{
	int v4 = inaddr_is4(&fl->fl_dst);
	struct mbuf *m = *mp;
	struct icmp *ic;

	if (m->m_pkt.ph_len < sizeof(*ic))
		return EINVAL;
	if ((*mp = m = m_unshare(m, sizeof(*ic))) == NULL)
		return ENOBUFS;
	ic = mtod(m, struct icmp *);
	if (ic->ic_type != (v4 ? ICMP_T_ECHO : ICMP6_ECHO) || ic->ic_code != 0)
		return EINVAL;
	ic->ic_id = inp->inp_lport;
	ic->ic_sum = 0;
	ic->ic_sum = cksum_fold(m_cksum(m, 0, m->m_pkt.ph_len, v4 ? 0 :
	    in_pseudo(&fl->fl_src, &fl->fl_dst, PROTO_ICMP6,
	    m->m_pkt.ph_len)));
	return 0;
}

static int
ping_send(struct socket *so, struct mbuf *m, const struct sockaddr *to,
    unsigned tolen, struct mbuf *control, int msgflags)
{
	struct inpcb *inp = so->so_pcb;
	struct inflow fl;
	uint16_t port;
	int error;

	error = m->m_pkt.ph_len > IP4_MAX - IP4_HDR ? EMSGSIZE :
	    in_dgram_flow(inp, to, tolen, control, msgflags, &fl, &port);
	cmsg_free(control);
	if (error == 0)
		error = inpcb_autobind(inp);
	if (error == 0)
		error = ping_fill(inp, &m, &fl);
	if (error != 0) {
		m_freem(m);
		return error;
	}
	fl.fl_proto = (uint8_t)so->so_protocol;
	return INAF(&fl.fl_dst)->af_output(m, &fl);
}

static int
ping_attach(struct socket *so, int proto)
{
	struct inpcb *inp;
	int error = in_nofamily(so);

	(void)proto;
	if (error != 0)
		return error;
	__atomic_store_n(&rump_inpcbtables[IPT_PING], &ping_table,
	    __ATOMIC_RELAXED);
	return inpcb_attach(so, &ping_table, &inp);
}

/* The port of the address means nothing. */
static int
ping_connect(struct socket *so, const struct sockaddr *sa, unsigned len)
{
	uint8_t copy[28];

	if (len > sizeof(copy))
		len = sizeof(copy);
	memcpy(copy, sa, len);
	if (len >= 4)
		memset(copy + 2, 0, 2);
	return inpcb_connect(so->so_pcb, (const void *)copy, len);
}

static int
ping_setopt(struct socket *so, int level, int name, const void *val,
    unsigned len)
{

	return inpcb_setopt(so->so_pcb, level, name, val, len);
}

static int
ping_getopt(struct socket *so, int level, int name, void *val, unsigned *lenp)
{

	return inpcb_getopt(so->so_pcb, level, name, val, lenp);
}

#define PING_PROTOSW(family, proto)					\
	.pr_family = family,						\
	.pr_type = SOCK_DGRAM,						\
	.pr_protocol = proto,						\
	.pr_flags = PR_ADDR | PR_NAMED,					\
	.pr_attach = ping_attach,					\
	.pr_detach = in_dgram_detach,					\
	.pr_bind = in_dgram_bind,					\
	.pr_connect = ping_connect,					\
	.pr_disconnect = in_dgram_disconnect,				\
	.pr_shutdown = in_dgram_shutdown,				\
	.pr_send = ping_send,						\
	.pr_sockname = inpcb_sockname,					\
	.pr_peername = inpcb_peername,					\
	.pr_setopt = ping_setopt,					\
	.pr_getopt = ping_getopt,					\
	.pr_optchanged = inpcb_optchanged

static const struct protosw ping_protosw = {
	PING_PROTOSW(AF_INET, PROTO_ICMP)
};
RUMP_PROTOSW(ping_protosw);
static const struct protosw ping6_protosw = {
	PING_PROTOSW(AF_INET6, PROTO_ICMP6)
};
RUMP_PROTOSW(ping6_protosw);
