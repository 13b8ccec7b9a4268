/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What datagram sockets of all kinds (UDP, ping, raw) share: where a packet
 * goes, connect and bind, errors.  so_lock is held.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/time.h>
#include <linux/errqueue.h>
#include <linux/rtnetlink.h>
#include "inet_priv.h"

static int
is_broadcast(const struct inflow *fl)
{

	return inaddr_is4(&fl->fl_dst) && (fl->fl_dst.ia_w[3] == ~0U ||
	    fl->fl_rc->rc_rt->rt_type == RTN_BROADCAST);
}

/* What a socket says about packets to groups. */
static void
flow_group(struct inpcb *inp, struct inflow *fl)
{

	if (fl->fl_oif == 0)
		fl->fl_oif = inp->inp_mif;
	fl->fl_ttl = inp->inp_mttl;
	fl->fl_flags &= (uint8_t)~(FL_DF | FL_TRYDF);
	if (inp->inp_mloop)
		fl->fl_flags |= FL_LOOPBACK;
	if (inaddr_isany(&fl->fl_src) && !inaddr_isany(&inp->inp_msrc) &&
	    inaddr_is4(&inp->inp_msrc) == inaddr_is4(&fl->fl_dst))
		fl->fl_src = inp->inp_msrc;
}

static int
flow_source(struct inflow *fl)
{
	int error;

	if (!inaddr_isany(&fl->fl_src))
		return 0;
	error = INAF(&fl->fl_dst)->af_source(&fl->fl_dst, fl->fl_oif,
	    fl->fl_rc, &fl->fl_src);
	/* Who asks for an address has none (RFC 2131). */
	if (error == EADDRNOTAVAIL && is_broadcast(fl)) {
		fl->fl_src = inaddr_from4(0);
		error = 0;
	}
	return error;
}

int
in_dgram_flow(struct inpcb *inp, const struct sockaddr *to, unsigned tolen,
    const struct mbuf *control, int msgflags, struct inflow *fl,
    uint16_t *portp)
{
	struct socket *so = inp->inp_so;
	uint32_t scope = 0;
	int error;

	inpcb_flow(inp, fl);
	*portp = inp->inp_fport;
	if (to != NULL) {
		error = inpcb_toaddr(inp, to, tolen, &fl->fl_dst, portp,
		    &scope);
		if (error != 0)
			return error;
		if (scope != 0)
			fl->fl_oif = scope;
	} else if ((so->so_state & SS_CONNECTED) == 0)
		return EDESTADDRREQ;
	if (IN_UNLIKELY(inp->inp_flags & INP_NOTSRC))
		fl->fl_src = inaddr_is4(&fl->fl_dst) ? inaddr_from4(0) :
		    (struct inaddr){ .ia_d = { 0, 0 } };
	if (IN_UNLIKELY(inaddr_ismulti(&fl->fl_dst)))
		flow_group(inp, fl);
	if (IN_UNLIKELY(control != NULL) && (error = rump_inaf[
	    inp->inp_family == AF_INET6 && rump_inaf[1] != NULL]->af_cmsg(
	    inp, control, fl)) != 0)
		return error;
	if (msgflags & MSG_DONTROUTE)
		fl->fl_flags |= FL_NOROUTE;
	if ((error = rump_rc_get(fl->fl_rc, &fl->fl_dst, fl->fl_oif)) != 0)
		return error;
	if ((msgflags & MSG_CONFIRM) && fl->fl_rc->rc_neigh != NULL)
		rump_neigh_confirm(fl->fl_rc->rc_neigh);
	if (is_broadcast(fl) && !(so->so_opt.so_flags & SOF_BROADCAST))
		return EACCES;
	return flow_source(fl);
}

int
in_dgram_bind(struct socket *so, const struct sockaddr *sa, unsigned len)
{

	return inpcb_bind(so->so_pcb, sa, len);
}

int
in_dgram_connect(struct socket *so, const struct sockaddr *sa, unsigned len)
{

	return inpcb_connect(so->so_pcb, sa, len);
}

int
in_dgram_disconnect(struct socket *so)
{

	inpcb_disconnect(so->so_pcb);
	so->so_state &= (uint16_t)~SS_CONNECTED;
	return 0;
}

int
in_dgram_shutdown(struct socket *so, int how)
{

	if (how != SHUT_WR)
		so_cantrecv(so);
	if (how != SHUT_RD)
		so_cantsend(so);
	return so->so_state & SS_CONNECTED ? 0 : ENOTCONN;
}

void
in_dgram_detach(struct socket *so)
{

	inpcb_detach(so->so_pcb);
}

/* A received packet for inp's user; takes m.  so_lock held. */
int
in_queue(struct inpcb *inp, struct mbuf *m, const struct inrcv *ir,
    uint16_t sport)
{
	struct socket *so = inp->inp_so;
	struct mbuf *control = NULL;
	struct sockaddr_in6 from;
	unsigned len;
	int error;

	if (IN_UNLIKELY(inp->inp_cmsgs != 0))
		rump_inaf[inp->inp_family == AF_INET6 &&
		    rump_inaf[1] != NULL]->af_control(inp, m, &control);
	len = inaddr_tosock(&ir->ir_src, sport,
	    inaddr_islinklocal6(&ir->ir_src) ? ir->ir_if->if_index : 0,
	    inp->inp_family, (struct sockaddr *)(void *)&from);
	error = sb_appendaddr(&so->so_rcv, (struct sockaddr *)(void *)&from,
	    len, m, control);
	if (error != 0) {
		m_freem(m);
		cmsg_free(control);
		return error;
	}
	so_wake_read(so);
	return 0;
}

/* --- errors --- */

struct errctl {
	struct sock_extended_err ec_err;
	struct sockaddr_in6 ec_offender;
};

static void
error_queue(struct inpcb *inp, const struct inaddr *dst, uint16_t port,
    struct errctl *ec, const struct inaddr *offender, const uint8_t *payload,
    size_t n)
{
	struct mbuf *m = NULL, *control = NULL;
	struct sockaddr_in6 to;
	int v6 = inp->inp_family == AF_INET6;
	unsigned len, olen;

	memset(&ec->ec_offender, 0, sizeof(ec->ec_offender));
	olen = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	if (offender != NULL)
		olen = inaddr_tosock(offender, 0, 0, inp->inp_family,
		    (struct sockaddr *)(void *)&ec->ec_offender);
	if (cmsg_add(&control, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_RECVERR :
	    IP_RECVERR, ec, sizeof(ec->ec_err) + olen) != 0)
		return;
	if (n > 0 && (m = m_get(n)) != NULL) {
		memcpy(m->m_data, payload, n);
		m->m_len = m->m_pkt.ph_len = (uint32_t)n;
	}
	len = inaddr_tosock(dst, port, inaddr_islinklocal6(dst) ?
	    inp->inp_lscope : 0, inp->inp_family,
	    (struct sockaddr *)(void *)&to);
	so_errqueue(inp->inp_so, (struct sockaddr *)(void *)&to, len, m,
	    control);
}

static inline int
wants_errors(const struct inpcb *inp)
{

	return (inp->inp_flags & (inp->inp_family == AF_INET6 ?
	    INP_RECVERR | INP_RECVERR6 : INP_RECVERR)) != 0;
}

void
in_pcberror(struct inpcb *inp, const struct inerr *ie, int error, int hard,
    uint32_t mtu, const uint8_t *payload, size_t n, uint16_t port)
{
	struct errctl ec;

	if (error == EMSGSIZE) {
		rump_rt_setpmtu(&ie->ie_sent.ir_dst, mtu);
		hard = inp->inp_pmtudisc != IP_PMTUDISC_DONT;
		if (inp->inp_pmtudisc >= IP_PMTUDISC_INTERFACE)
			return;
	}
	if (wants_errors(inp)) {
		memset(&ec, 0, sizeof(ec));
		ec.ec_err.ee_errno = (uint32_t)error;
		ec.ec_err.ee_origin = inaddr_is4(&ie->ie_sent.ir_dst) ?
		    SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6;
		ec.ec_err.ee_type = ie->ie_type;
		ec.ec_err.ee_code = ie->ie_code;
		ec.ec_err.ee_info = error == EMSGSIZE ? mtu : 0;
		error_queue(inp, &ie->ie_sent.ir_dst, port, &ec,
		    &ie->ie_offender, payload, n);
	} else if (!hard || (inp->inp_so->so_state & SS_CONNECTED) == 0)
		return;
	so_seterror(inp->inp_so, error);
}

void
in_localerror(struct inpcb *inp, const struct inflow *fl, int error,
    uint32_t info, uint16_t port)
{
	struct errctl ec;

	if (!wants_errors(inp))
		return;
	memset(&ec, 0, sizeof(ec));
	ec.ec_err.ee_errno = (uint32_t)error;
	ec.ec_err.ee_origin = SO_EE_ORIGIN_LOCAL;
	ec.ec_err.ee_info = info;
	error_queue(inp, &fl->fl_dst, port, &ec, NULL, NULL, 0);
}
