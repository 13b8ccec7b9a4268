/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARP (RFC 826) on the core's neighbour tables; probing for addresses, and
 * the defence of our own (RFC 5227).  arp_lock is a leaf.
 */
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>
#include "inet_priv.h"

struct arp {
	uint16_t	ar_hrd, ar_pro;
	uint8_t		ar_hln, ar_pln;
	uint16_t	ar_op;
	uint8_t		ar_sha[6];
	uint32_t	ar_spa;
	uint8_t		ar_tha[6];
	uint32_t	ar_tpa;
} __attribute__((__packed__));
_Static_assert(sizeof(struct arp) == 28, "ARP for Ethernet and IPv4");

#define ARP_DEFEND	(10 * NSEC_PER_SEC)	/* RFC 5227, DEFEND_INTERVAL */

/* Somebody waits for signs of another user of an address. */
struct arpprobe {
	struct arpprobe	*ap_next;
	struct ifnet	*ap_if;
	uint32_t	 ap_addr;
	int		 ap_conflict;
};
static struct rump_mutex arp_lock;
static struct rump_cv arp_cv;
static struct arpprobe *arp_probes;	/* [arp_lock] */
static int64_t arp_defended;		/* [arp_lock] */
static int arp_waiting;			/* [a] probes there are */

static const uint8_t arp_everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static int
arp_usable(const struct ifnet *ifp)
{

	return (in_ifflags(ifp) & (IFF_UP | IFF_NOARP | IFF_LOOPBACK)) ==
	    IFF_UP && ifp->if_type == ARPHRD_ETHER;
}

/* tha NULL: not known, and to everybody. */
static void
arp_send(struct ifnet *ifp, uint16_t op, uint32_t spa, uint32_t tpa,
    const uint8_t *tha)
{
	struct mbuf *m = m_gethdr(sizeof(struct arp));
	struct arp *ar;

	if (m == NULL)
		return;
	m->m_len = m->m_pkt.ph_len = sizeof(*ar);
	ar = mtod(m, struct arp *);
	ar->ar_hrd = net16(ARPHRD_ETHER);
	ar->ar_pro = net16(ETH_P_IP);
	ar->ar_hln = 6;
	ar->ar_pln = 4;
	ar->ar_op = net16(op);
	rump_rw_rdenter(&ifp->if_lock);
	memcpy(ar->ar_sha, ifp->if_mac, 6);
	rump_rw_exit(&ifp->if_lock);
	ar->ar_spa = spa;
	ar->ar_tpa = tpa;
	if (tha != NULL)
		memcpy(ar->ar_tha, tha, 6);
	else
		memset(ar->ar_tha, 0, 6);
	(void)rump_ether_output(ifp, m, tha != NULL ? tha : arp_everybody,
	    ETH_P_ARP, 0);
}

static void
arp_solicit(struct neigh *ne, const uint8_t *lladdr)
{
	struct inaddr src;

	if (arp_usable(ne->ne_if) && ip4_source(&ne->ne_addr,
	    ne->ne_if->if_index, NULL, &src) == 0)
		arp_send(ne->ne_if, ARPOP_REQUEST, src.ia_w[3],
		    ne->ne_addr.ia_w[3], lladdr);
}

static void
arp_unreachable(struct neigh *ne, struct mbuf *m)
{

	(void)ne;
	m->m_pkt.ph_flags &= (uint16_t)~(PH_BCAST | PH_MCAST);
	icmp_error(m, ICMP_T_UNREACH, ICMP_C_HOST, 0);
}

static const struct neighops arp_ops = {
	.no_solicit = arp_solicit,
	.no_unreachable = arp_unreachable,
};

/* --- input --- */

static int
arp_ismac(struct ifnet *ifp, const uint8_t *mac)
{
	int same;

	rump_rw_rdenter(&ifp->if_lock);
	same = memcmp(ifp->if_mac, mac, 6) == 0;
	rump_rw_exit(&ifp->if_lock);
	return same;
}

/* Signs that somebody else has, or wants, an address that is probed for. */
static void
arp_noteprobe(struct ifnet *ifp, const struct arp *ar)
{
	struct arpprobe *ap;

	rump_mutex_enter(&arp_lock);
	for (ap = arp_probes; ap != NULL; ap = ap->ap_next)
		if (ap->ap_if == ifp && (ar->ar_spa == ap->ap_addr ||
		    (ar->ar_spa == 0 && ar->ar_tpa == ap->ap_addr &&
		    ar->ar_op == net16(ARPOP_REQUEST)))) {
			ap->ap_conflict = 1;
			rump_cv_broadcast(&arp_cv);
		}
	rump_mutex_exit(&arp_lock);
}

/* Somebody else uses our address: say so, not too often. */
static void
arp_conflict(struct ifnet *ifp, const struct arp *ar)
{
	struct inaddr a = inaddr_from4(ar->ar_spa);
	int64_t now = rump_monotonic();
	char buf[46];
	int defend;

	rump_mutex_enter(&arp_lock);
	defend = arp_defended == 0 || now - arp_defended >= ARP_DEFEND;
	if (defend)
		arp_defended = now;
	rump_mutex_exit(&arp_lock);
	if (!defend)
		return;
	rump_printf("%s: %s is also used by %02x:%02x:%02x:%02x:%02x:%02x\n",
	    ifp->if_name, inaddr_format(&a, buf, sizeof(buf)), ar->ar_sha[0],
	    ar->ar_sha[1], ar->ar_sha[2], ar->ar_sha[3], ar->ar_sha[4],
	    ar->ar_sha[5]);
	rump_arp_announce(ifp, &a);
}

/* Is a a neighbour on ifp? */
static int
arp_onlink(const struct ifnet *ifp, const struct inaddr *a)
{
	struct rtentry *rt = rump_rt_lookup(a, ifp->if_index);
	int ok = 0;

	if (rt != NULL) {
		ok = rt->rt_type == RTN_UNICAST &&
		    (inaddr_isany(&rt->rt_gw) || inaddr_eq(&rt->rt_gw, a));
		rump_rt_rele(rt);
	}
	return ok;
}

static void
arp_learn(struct ifnet *ifp, const struct arp *ar, int tous)
{
	struct inaddr a = inaddr_from4(ar->ar_spa);
	int isreply = ar->ar_op == net16(ARPOP_REPLY);
	struct neigh *ne;

	ne = rump_neigh_get(ifp, &a, tous && !isreply && arp_onlink(ifp, &a));
	if (ne == NULL)
		return;
	rump_neigh_update(ne, ar->ar_sha, NEU_OVERRIDE |
	    (tous && isreply ? NEU_SOLICITED : 0));
	rump_neigh_rele(ne);
}

static void
arp_process(struct ifnet *ifp, const struct arp *ar)
{
	struct inaddr spa = inaddr_from4(ar->ar_spa);
	struct inaddr tpa = inaddr_from4(ar->ar_tpa);
	int tous;

	if (__atomic_load_n(&arp_waiting, __ATOMIC_RELAXED) != 0)
		arp_noteprobe(ifp, ar);
	tous = !inaddr_isloop(&tpa) && in_classify(&tpa) == IN_LOCAL;
	if (ar->ar_spa != 0) {
		if (in_classify(&spa) == IN_LOCAL) {
			if (rump_if_isours(ifp, &spa))
				arp_conflict(ifp, ar);
			return;
		}
		arp_learn(ifp, ar, tous);
	}
	if (tous && ar->ar_op == net16(ARPOP_REQUEST))
		arp_send(ifp, ARPOP_REPLY, ar->ar_tpa, ar->ar_spa, ar->ar_sha);
}

static void
arp_input(struct ifnet *ifp, struct mbuf *m)
{
	uint32_t spa;
	struct arp ar;

	if (!arp_usable(ifp) || m->m_len < sizeof(ar))
		goto out;
	memcpy(&ar, m->m_data, sizeof(ar));
	spa = net32(ar.ar_spa);
	if (ar.ar_hrd != net16(ARPHRD_ETHER) || ar.ar_pro != net16(ETH_P_IP) ||
	    ar.ar_hln != 6 || ar.ar_pln != 4 ||
	    (ar.ar_op != net16(ARPOP_REQUEST) &&
	    ar.ar_op != net16(ARPOP_REPLY)) || (ar.ar_sha[0] & 1) ||
	    spa >> 28 >= 14 || spa >> 24 == 127 ||
	    (spa >> 24 == 0 && spa != 0) || arp_ismac(ifp, ar.ar_sha))
		goto out;
	arp_process(ifp, &ar);
out:
	m_freem(m);
}

static const struct ethertype arp_ethertype = {
	.et_type = ETH_P_ARP,
	.et_input = arp_input,
};
RUMP_ETHERTYPE(arp_ethertype);

/* --- for who configures addresses --- */

void
rump_arp_announce(struct ifnet *ifp, const struct inaddr *a)
{

	if (arp_usable(ifp))
		arp_send(ifp, ARPOP_REQUEST, a->ia_w[3], a->ia_w[3], NULL);
}

#define PROBE_NUM	3

int
rump_arp_probe(struct ifnet *ifp, const struct inaddr *a, unsigned ms)
{
	struct arpprobe ap = { .ap_if = ifp, .ap_addr = a->ia_w[3] }, **pp;
	int64_t next, step = (int64_t)ms * 1000000 / PROBE_NUM;
	int i;

	if (!arp_usable(ifp))
		return 0;
	__atomic_fetch_add(&arp_waiting, 1, __ATOMIC_SEQ_CST);
	rump_mutex_enter(&arp_lock);
	ap.ap_next = arp_probes;
	arp_probes = &ap;
	for (i = 0; i < PROBE_NUM && !ap.ap_conflict; i++) {
		rump_mutex_exit(&arp_lock);
		arp_send(ifp, ARPOP_REQUEST, 0, ap.ap_addr, NULL);
		next = rump_monotonic() + step;
		rump_mutex_enter(&arp_lock);
		while (!ap.ap_conflict && rump_cv_timedwait(&arp_cv, &arp_lock,
		    next) == 0)
			;
	}
	for (pp = &arp_probes; *pp != &ap; pp = &(*pp)->ap_next)
		;
	*pp = ap.ap_next;
	rump_mutex_exit(&arp_lock);
	__atomic_fetch_sub(&arp_waiting, 1, __ATOMIC_SEQ_CST);
	return ap.ap_conflict ? EADDRINUSE : 0;
}

/* All addresses of an interface that came up. */
static void
arp_announceall(struct ifnet *ifp)
{
	struct inaddr a[8];
	const struct ifaddr *ia;
	unsigned n = 0;

	rump_rw_rdenter(&ifp->if_lock);
	for (ia = ifp->if_addrs; ia != NULL && n < 8; ia = ia->ia_next)
		if (inaddr_is4(&ia->ia_addr))
			a[n++] = ia->ia_addr;
	rump_rw_exit(&ifp->if_lock);
	while (n > 0)
		rump_arp_announce(ifp, &a[--n]);
}

void
arp_ifevent(enum ifevent ev, struct ifnet *ifp, void *obj)
{
	const struct ifaddr *ia = obj;

	if (ev == IFE_ADDRADD && inaddr_is4(&ia->ia_addr))
		rump_arp_announce(ifp, &ia->ia_addr);
	else if ((ev == IFE_LINK && (in_ifflags(ifp) & IFF_RUNNING)) ||
	    ev == IFE_FLAGS)
		arp_announceall(ifp);
}

void
arp_init(void)
{

	rump_neighops[0] = &arp_ops;
}
