/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbour discovery (RFC 4861) on the core's neighbour tables: options,
 * solicitations and advertisements, both ways.
 */
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include "inet6_priv.h"

#define ND_DEFEND	(10 * NSEC_PER_SEC)	/* between lines about it */

struct nd_msg {				/* NS and NA */
	struct icmp6	nd_icmp;	/* ic_data: flags of NA */
	struct inaddr	nd_target;
} __attribute__((__packed__));
#define NA_ROUTER	0x80000000U
#define NA_SOLICITED	0x40000000U
#define NA_OVERRIDE	0x20000000U

int
nd6_options(const uint8_t *p, unsigned n, struct nd6_opts *no)
{
	unsigned len;

	memset(no, 0, sizeof(*no));
	for (; n > 0; p += len, n -= len) {
		if (n < 8 || (len = p[1] * 8U) == 0 || len > n)
			return EINVAL;
		switch (p[0]) {
		case ND_OPT_SLL:
			no->no_sll = p + 2;
			break;
		case ND_OPT_TLL:
			no->no_tll = p + 2;
			break;
		case ND_OPT_NONCE:
			no->no_nonce = p + 2;
			break;
		case ND_OPT_MTU:
			if (len == 8) {
				memcpy(&no->no_mtu, p + 4, 4);
				no->no_mtu = net32(no->no_mtu);
			}
			break;
		}
	}
	return 0;
}

static int
nd6_usable(const struct ifnet *ifp)
{

	return (in6_ifflags(ifp) & (IFF_UP | IFF_NOARP | IFF_LOOPBACK)) ==
	    IFF_UP && ifp->if_type == ARPHRD_ETHER;
}

/* --- output --- */

/* An NS or NA without options, and room for them. */
static struct mbuf *
nd6_message(uint8_t type, uint32_t flags, const struct inaddr *target)
{
	struct mbuf *m = m_gethdr(sizeof(struct nd_msg) + 16);
	struct nd_msg *nd;

	if (m == NULL)
		return NULL;
	m->m_len = m->m_pkt.ph_len = sizeof(*nd);
	nd = mtod(m, struct nd_msg *);
	nd->nd_icmp.ic_type = type;
	nd->nd_icmp.ic_code = 0;
	nd->nd_icmp.ic_sum = 0;
	nd->nd_icmp.ic_data = net32(flags);
	nd->nd_target = *target;
	return m;
}

static void
nd6_addopt(struct mbuf *m, uint8_t type, const void *data)
{
	uint8_t *p = m->m_data + m->m_len;

	p[0] = type;
	p[1] = 1;
	memcpy(p + 2, data, 6);
	m->m_len += 8;
	m->m_pkt.ph_len += 8;
}

static void
nd6_addmac(struct mbuf *m, uint8_t type, struct ifnet *ifp)
{
	uint8_t mac[6];

	rump_rw_rdenter(&ifp->if_lock);
	memcpy(mac, ifp->if_mac, 6);
	rump_rw_exit(&ifp->if_lock);
	nd6_addopt(m, type, mac);
}

/* Is a probed for?  Then nobody may learn it from us (RFC 4429, 3.3). */
static int
nd6_tentative(struct ifnet *ifp, const struct inaddr *a)
{
	struct ifaddr ia;

	return in6_ifaddr(ifp, a, &ia) && (ia.ia_flags & IFA_F_TENTATIVE);
}

static void
nd6_solicit(struct neigh *ne, const uint8_t *lladdr)
{
	struct ifnet *ifp = ne->ne_if;
	struct inaddr src, dst;
	struct mbuf *m;

	if (!nd6_usable(ifp) ||
	    ip6_source(&ne->ne_addr, ifp->if_index, NULL, &src) != 0)
		return;
	/* From an address of this interface. */
	if (!rump_if_isours(ifp, &src) && !in6_linklocal(ifp, &src))
		return;
	if ((m = nd6_message(ND_NS, 0, &ne->ne_addr)) == NULL)
		return;
	dst = ne->ne_addr;
	if (lladdr == NULL)
		in6_solnode(&ne->ne_addr, &dst);
	if (!nd6_tentative(ifp, &src))
		nd6_addmac(m, ND_OPT_SLL, ifp);
	else if (lladdr == NULL)
		src = in6_any;
	ip6_linksend(ifp, m, &src, &dst, lladdr, 0);
}

static void
nd6_unreachable(struct neigh *ne, struct mbuf *m)
{

	(void)ne;
	m->m_pkt.ph_flags &= (uint16_t)~(PH_BCAST | PH_MCAST);
	icmp6_error(m, ICMP6_UNREACH, ICMP6_C_ADDR, 0);
}

static const struct neighops nd6_ops = {
	.no_solicit = nd6_solicit,
	.no_unreachable = nd6_unreachable,
};

/* Does somebody have it (RFC 4862, 5.4.2)? */
void
nd6_probe(struct ifnet *ifp, const struct inaddr *a, uint64_t nonce)
{
	struct mbuf *m = nd6_message(ND_NS, 0, a);
	struct inaddr group;

	if (m == NULL)
		return;
	nd6_addopt(m, ND_OPT_NONCE, &nonce);
	in6_solnode(a, &group);
	ip6_linksend(ifp, m, &in6_any, &group, NULL, 0);
}

static uint32_t
na_flags(struct ifnet *ifp, const struct inaddr *a)
{

	return (in6_var(&rump_ip6_forwarding) ? NA_ROUTER : 0) |
	    (nd6_tentative(ifp, a) ? 0 : NA_OVERRIDE);
}

/* Everybody is told (7.2.6). */
void
nd6_announce(struct ifnet *ifp, const struct inaddr *a)
{
	struct mbuf *m;

	if (!nd6_usable(ifp) ||
	    (m = nd6_message(ND_NA, na_flags(ifp, a), a)) == NULL)
		return;
	nd6_addmac(m, ND_OPT_TLL, ifp);
	ip6_linksend(ifp, m, a, &in6_allnodes, NULL, 0);
}

/* The answer; ll NULL: not told, his entry may know. */
static void
nd6_answer(struct ifnet *ifp, const struct inaddr *target,
    const struct inaddr *to, const uint8_t *ll)
{
	int known = !inaddr_isany(to);
	uint32_t flags = na_flags(ifp, target) | (known ? NA_SOLICITED : 0);
	struct mbuf *m = nd6_message(ND_NA, flags, target);
	struct inflow fl = {
		.fl_src = *target,
		.fl_dst = *to,
		.fl_proto = PROTO_ICMP6,
		.fl_ttl = 255,
		.fl_oif = ifp->if_index,
	};

	if (m == NULL)
		return;
	nd6_addmac(m, ND_OPT_TLL, ifp);
	if (!known) {
		ip6_linksend(ifp, m, target, &in6_allnodes, NULL, 0);
	} else if (ll != NULL) {
		ip6_linksend(ifp, m, target, to, ll, 0);
	} else {
		mtod(m, struct icmp6 *)->ic_sum = cksum_fold(cksum_add(
		    m->m_data, m->m_len, in_pseudo(target, to, PROTO_ICMP6,
		    m->m_len)));
		icmp6_count(1, ND_NA);
		(void)ip6_output(m, &fl);
	}
}

/* --- input --- */

/* Is a a neighbour on ifp? */
static int
nd6_onlink(const struct ifnet *ifp, const struct inaddr *a)
{
	struct rtentry *rt;
	int ok;

	if (in6_islinklocal(a))
		return 1;
	if ((rt = rump_rt_lookup(a, ifp->if_index)) == NULL)
		return 0;
	ok = rt->rt_type == RTN_UNICAST &&
	    (inaddr_isany(&rt->rt_gw) || inaddr_eq(&rt->rt_gw, a));
	rump_rt_rele(rt);
	return ok;
}

/* An address that came with ll; an entry is made when it is a neighbour. */
void
nd6_learn(struct ifnet *ifp, const struct inaddr *a, const uint8_t *ll,
    int flags)
{
	struct neigh *ne;

	if (ll == NULL || (ll[0] & 1) || in_islocal(a))
		return;
	ne = rump_neigh_get(ifp, a, nd6_onlink(ifp, a));
	if (ne == NULL)
		return;
	rump_neigh_update(ne, ll, flags | NEU_OVERRIDE);
	rump_neigh_rele(ne);
}

/* Somebody uses our address. */
static void
nd6_clash(struct in6_if *ii, const struct inaddr *a)
{
	int64_t now = rump_monotonic();
	char buf[46];
	int tell;

	rump_mutex_enter(&ii->ii_lock);
	tell = ii->ii_defended == 0 || now - ii->ii_defended >= ND_DEFEND;
	if (tell)
		ii->ii_defended = now;
	rump_mutex_exit(&ii->ii_lock);
	if (tell)
		rump_printf("%s: %s is also used by somebody else\n",
		    ii->ii_if->if_name, inaddr_format(a, buf, sizeof(buf)));
}

static void
nd6_ns_input(struct in6_if *ii, const struct mbuf *m, const struct inrcv *ir)
{
	const struct nd_msg *nd = mtod(m, const struct nd_msg *);
	struct inaddr target, group;
	struct nd6_opts no;
	struct ifaddr ia;

	if (m->m_len < sizeof(*nd))
		return;
	target = nd->nd_target;
	if (target.ia_b[0] == 0xff ||
	    nd6_options(m->m_data + sizeof(*nd), m->m_len -
	    (unsigned)sizeof(*nd), &no) != 0)
		return;
	if (inaddr_isany(&ir->ir_src)) {
		in6_solnode(&target, &group);
		if (!inaddr_eq(&ir->ir_dst, &group) || no.no_sll != NULL)
			return;
	}
	if (!in6_ifaddr(ii->ii_if, &target, &ia) || inaddr_is4(&target) ||
	    (ia.ia_flags & IFA_F_DADFAILED))
		return;
	if (ia.ia_flags & IFA_F_TENTATIVE) {
		if (inaddr_isany(&ir->ir_src)) {
			nd6_dad_conflict(ii, &target, no.no_nonce);
			return;
		}
		if (!(ia.ia_flags & IFA_F_OPTIMISTIC))
			return;
	}
	if (!inaddr_isany(&ir->ir_src))
		nd6_learn(ii->ii_if, &ir->ir_src, no.no_sll, 0);
	nd6_answer(ii->ii_if, &target, &ir->ir_src, no.no_sll);
}

static void
nd6_na_learn(struct in6_if *ii, const struct inaddr *target,
    const uint8_t *ll, uint32_t flags)
{
	struct neigh *ne = rump_neigh_get(ii->ii_if, target, 0);
	int was, known;

	if (ne == NULL)
		return;
	rump_mutex_enter(&ne->ne_lock);
	was = ne->ne_router;
	known = ne->ne_state != NUD_S_INCOMPLETE &&
	    ne->ne_state != NUD_S_FAILED;
	rump_mutex_exit(&ne->ne_lock);
	rump_neigh_update(ne, ll, (flags & NA_SOLICITED ? NEU_SOLICITED : 0) |
	    (flags & NA_OVERRIDE ? NEU_OVERRIDE : 0) |
	    (flags & NA_ROUTER ? NEU_ROUTER : 0));
	rump_neigh_rele(ne);
	if (was && known && !(flags & NA_ROUTER))
		nd6_router_lost(ii, target);
}

static void
nd6_na_input(struct in6_if *ii, const struct mbuf *m, const struct inrcv *ir)
{
	const struct nd_msg *nd = mtod(m, const struct nd_msg *);
	struct inaddr target;
	struct nd6_opts no;
	struct ifaddr ia;
	uint32_t flags;

	if (m->m_len < sizeof(*nd))
		return;
	target = nd->nd_target;
	if (target.ia_b[0] == 0xff ||
	    inaddr_isany(&ir->ir_src) ||
	    nd6_options(m->m_data + sizeof(*nd), m->m_len -
	    (unsigned)sizeof(*nd), &no) != 0)
		return;
	flags = net32(nd->nd_icmp.ic_data);
	if (ir->ir_dst.ia_b[0] == 0xff && (flags & NA_SOLICITED))
		return;
	if (no.no_tll != NULL && (no.no_tll[0] & 1))
		return;
	if (in6_ifaddr(ii->ii_if, &target, &ia)) {
		if (ia.ia_flags & IFA_F_TENTATIVE)
			nd6_dad_conflict(ii, &target, NULL);
		else if (!(m->m_pkt.ph_flags & PH_LOOP))
			nd6_clash(ii, &target);
		return;
	}
	nd6_na_learn(ii, &target, no.no_tll, flags);
}

/* Routers' business; but it tells who is there. */
static void
nd6_rs_input(struct in6_if *ii, const struct mbuf *m, const struct inrcv *ir)
{
	struct nd6_opts no;

	if (!in6_var(&rump_ip6_forwarding) ||
	    nd6_options(m->m_data + sizeof(struct icmp6), m->m_len -
	    (unsigned)sizeof(struct icmp6), &no) != 0)
		return;
	if (!inaddr_isany(&ir->ir_src))
		nd6_learn(ii->ii_if, &ir->ir_src, no.no_sll, 0);
}

/* Contiguous, at least 8 bytes.  What all of them have to be. */
void
nd6_input(struct mbuf *m, const struct inrcv *ir, uint8_t type)
{
	struct in6_if *ii = in6_ifstate(ir->ir_if);

	if (ii == NULL || m->m_pkt.ph_ttl != 255 ||
	    mtod(m, const struct icmp6 *)->ic_code != 0 ||
	    (m->m_pkt.ph_flags & PH_FRAG) ||	/* RFC 6980 */
	    !nd6_usable(ir->ir_if))
		return;
	switch (type) {
	case ND_RS:
		nd6_rs_input(ii, m, ir);
		break;
	case ND_RA:
		nd6_ra_input(ii, m, ir);
		break;
	case ND_NS:
		nd6_ns_input(ii, m, ir);
		break;
	case ND_NA:
		nd6_na_input(ii, m, ir);
		break;
	case ND_REDIRECT:
		nd6_redirect_input(ii, m, ir);
		break;
	}
}

void
nd6_init(void)
{

	rump_neighops[1] = &nd6_ops;
}
