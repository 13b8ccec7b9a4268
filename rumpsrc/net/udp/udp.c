/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP (RFC 768, 1122), over both families: what comes in.
 */
#include <linux/in.h>
#include "udp_priv.h"

struct inpcbtable udp_table = { .it_proto = PROTO_UDP };

int
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
	if ((IN_UNLIKELY(inp->inp_ppcb != NULL) ?
	    udp_groqueue(inp, m, ir, sport) :
	    in_queue(inp, m, ir, sport)) == 0) {
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
	    in_wants(inp, ir);
	rump_mutex_exit(&inp->inp_so->so_lock);
	return wants;
}

void
udp_multi(struct inpcbtable *it, struct mbuf *m, const struct inrcv *ir,
    void (*deliver)(struct inpcb *, struct mbuf *, const struct inrcv *))
{
	const struct udp *uh = mtod(m, const struct udp *);
	struct udpwant uw = { ir, uh->uh_sport };
	struct inpcb *last = NULL, *inp;
	struct in_match im;
	struct mbuf *c;
	unsigned i;

	inpcb_match(it, uh->uh_dport, udp_matches, &uw, &im);
	for (i = 0; i < im.im_n; i++) {
		inp = im.im_inp[i];
		if (inaddr_ismulti(&ir->ir_dst) && !udp_wants(inp, ir))
			continue;
		if (last != NULL &&
		    (c = m_copym(m, 0, m->m_pkt.ph_len)) != NULL) {
			c->m_pkt = m->m_pkt;
			deliver(last, c, ir);
		}
		last = inp;
	}
	if (last != NULL)
		deliver(last, m, ir);
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
		udp_multi(&udp_table, m, ir, udp_deliver);
		return;
	}
	inp = inpcb_lookup(&udp_table, &ir->ir_dst, uh->uh_dport,
	    &ir->ir_src, uh->uh_sport, ir->ir_if);
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

void
udp_errorin(struct inpcbtable *it, const struct inrcv *sent, int error,
    int hard, uint32_t mtu, const uint8_t *data, size_t n)
{
	const struct inerr *ie = (const struct inerr *)(const void *)sent;
	struct inpcb *inp;
	struct udp uh;

	if (n < sizeof(uh))
		return;
	memcpy(&uh, data, sizeof(uh));
	inp = inpcb_lookup(it, &sent->ir_src, uh.uh_sport,
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

static void
udp_error(const struct inrcv *sent, int error, int hard, uint32_t mtu,
    const uint8_t *data, size_t n)
{

	udp_errorin(&udp_table, sent, error, hard, mtu, data, n);
}

static const struct ipproto udp_proto = {
	.ip_proto = PROTO_UDP,
	.ip_v4 = 1,
	.ip_v6 = 1,
	.ip_input = udp_input,
	.ip_error = udp_error,
};
RUMP_IPPROTO(udp_proto);
