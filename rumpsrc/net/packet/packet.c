/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AF_PACKET (packet(7)): SOCK_RAW with the Ethernet header, SOCK_DGRAM
 * without; no ring.
 */
#include <asm/errno.h>
#include <asm/ioctls.h>
#include <linux/if.h>
#include <kern/kmem.h>
#include <kern/proc.h>
#include <kern/uio.h>
#include "packet.h"

static int
pk_attach(struct socket *so, int proto)
{
	struct pkpcb *pk;
	int error;

	if ((error = rump_capable(CAP_NET_RAW)) != 0)
		return error;
	if ((pk = rump_kmem_zalloc(sizeof(*pk))) == NULL)
		return ENOBUFS;
	pk->pk_so = so;
	pk->pk_proto = net16((uint16_t)proto);
	so->so_protocol = (uint16_t)proto;
	so->so_pcb = pk;
	pk_insert(pk);
	return 0;
}

/* The lock is let go meanwhile: a tap may be waiting for it. */
static void
pk_detach(struct socket *so)
{

	so->so_state |= SS_DEAD;
	pk_dropmembers(so);
	rump_mutex_exit(&so->so_lock);
	pk_remove(pk_of(so));
	rump_mutex_enter(&so->so_lock);
}

static void
pk_free(struct socket *so)
{

	if (pk_of(so) != NULL)
		rump_kmem_free(pk_of(so), sizeof(struct pkpcb));
}

static int
pk_bind(struct socket *so, const struct sockaddr *sa, unsigned len)
{
	struct pkpcb *pk = pk_of(so);
	struct sockaddr_ll sll;
	struct ifnet *ifp;

	if (len < sizeof(sll))
		return EINVAL;
	memcpy(&sll, sa, sizeof(sll));
	if (sll.sll_family != AF_PACKET)
		return EINVAL;
	if (sll.sll_ifindex != 0) {
		if ((ifp = rump_if_get((uint32_t)sll.sll_ifindex)) == NULL)
			return ENODEV;
		rump_if_rele(ifp);
	}
	__atomic_store_n(&pk->pk_ifindex, (uint32_t)sll.sll_ifindex,
	    __ATOMIC_RELAXED);
	if (sll.sll_protocol != 0)
		__atomic_store_n(&pk->pk_proto, net16(sll.sll_protocol),
		    __ATOMIC_RELAXED);
	/* send(2) needs no address then. */
	so->so_state |= SS_BOUND;
	if (sll.sll_ifindex != 0)
		so->so_state |= SS_CONNECTED;
	return 0;
}

static int
pk_sockname(struct socket *so, struct sockaddr *sa, unsigned *lenp)
{
	const struct pkpcb *pk = pk_of(so);
	struct sockaddr_ll sll = { .sll_family = AF_PACKET,
	    .sll_protocol = net16(pk->pk_proto),
	    .sll_ifindex = (int)pk->pk_ifindex };
	struct ifnet *ifp = rump_if_get(pk->pk_ifindex);

	if (ifp != NULL) {
		sll.sll_hatype = ifp->if_type;
		sll.sll_halen = 6;
		memcpy(sll.sll_addr, ifp->if_mac, 6);
		rump_if_rele(ifp);
	}
	memcpy(sa, &sll, sizeof(sll));
	*lenp = offsetof(struct sockaddr_ll, sll_addr) + sll.sll_halen;
	return 0;
}

/*
 * Sending.
 */
static int
pk_dest(const struct pkpcb *pk, const struct sockaddr *to, unsigned tolen,
    struct sockaddr_ll *sll)
{

	memset(sll, 0, sizeof(*sll));
	sll->sll_protocol = net16(pk->pk_proto);
	sll->sll_ifindex = (int)pk->pk_ifindex;
	if (to == NULL)
		return pk->pk_ifindex != 0 ? 0 : ENXIO;
	if (tolen < offsetof(struct sockaddr_ll, sll_addr))
		return EINVAL;
	memcpy(sll, to, tolen < sizeof(*sll) ? tolen : sizeof(*sll));
	if (sll->sll_protocol == 0)
		sll->sll_protocol = net16(pk->pk_proto);
	if (sll->sll_family != AF_PACKET || sll->sll_halen > 8 ||
	    tolen < offsetof(struct sockaddr_ll, sll_addr) + sll->sll_halen)
		return EINVAL;
	return 0;
}

static void
stat_add(uint64_t *p, uint64_t n)
{

	__atomic_fetch_add(p, n, __ATOMIC_RELAXED);
}

/* The user's frame as it is; takes m. */
static int
pk_rawout(struct ifnet *ifp, struct mbuf *m)
{
	void (*tap)(struct ifnet *, struct mbuf *, int);

	if (m->m_next != NULL && !(ifp->if_caps & IFCAP_SG)) {
		if (m->m_pkt.ph_len > MBUF_MAX) {
			m_freem(m);
			return EMSGSIZE;
		}
		if ((m = m_pullup(m, m->m_pkt.ph_len)) == NULL)
			return ENOBUFS;
	}
	tap = __atomic_load_n(&ifp->if_tap, __ATOMIC_ACQUIRE);
	if (tap != NULL)
		tap(ifp, m, 1);
	stat_add(&ifp->if_stats.tx_packets, 1);
	stat_add(&ifp->if_stats.tx_bytes, m->m_pkt.ph_len);
	return ifp->if_ops->if_transmit(ifp, m, 0);
}

/* The frame on an interface, when that is up; takes m. */
static int
pk_transmit(struct ifnet *ifp, struct mbuf *m, int raw,
    const struct sockaddr_ll *sll)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
	uint32_t mtu = __atomic_load_n(&ifp->if_mtu, __ATOMIC_RELAXED);
	int error = 0;

	if (!(__atomic_load_n(&ifp->if_flags, __ATOMIC_RELAXED) & IFF_UP))
		error = ENETDOWN;
	else if (raw && m->m_len < ETHER_HDR)
		error = EINVAL;
	else if (m->m_pkt.ph_len > mtu + (raw ? ETHER_HDR + 4U : 0))
		error = EMSGSIZE;
	if (error != 0) {
		m_freem(m);
		return error;
	}
	if (raw)
		return pk_rawout(ifp, m);
	return rump_ether_output(ifp, m, sll->sll_halen == 6 ? sll->sll_addr :
	    all, net16(sll->sll_protocol), 0);
}

/* so_lock is let go meanwhile: our own tap takes it. */
static int
pk_send(struct socket *so, struct mbuf *m, const struct sockaddr *to,
    unsigned tolen, struct mbuf *control, int msgflags)
{
	struct sockaddr_ll sll;
	struct ifnet *ifp = NULL;
	int error;

	(void)msgflags;
	cmsg_free(control);
	error = pk_dest(pk_of(so), to, tolen, &sll);
	if (error == 0 &&
	    (ifp = rump_if_get((uint32_t)sll.sll_ifindex)) == NULL)
		error = ENXIO;
	if (error != 0) {
		m_freem(m);
		return error;
	}
	m->m_pkt.ph_prio = so->so_opt.so_priority;
	rump_mutex_exit(&so->so_lock);
	error = pk_transmit(ifp, m, so->so_type == SOCK_RAW, &sll);
	rump_if_rele(ifp);
	rump_mutex_enter(&so->so_lock);
	return error;
}

/*
 * Options.
 */
static uint32_t
pk_flag(int name)
{

	return name == PACKET_AUXDATA ? PKF_AUXDATA :
	    name == PACKET_IGNORE_OUTGOING ? PKF_NOOUT : 0;
}

static int
pk_setopt(struct socket *so, int level, int name, const void *val,
    unsigned len)
{
	struct pkpcb *pk = pk_of(so);
	uint32_t f = pk_flag(name), flags = pk->pk_flags;
	int v;

	if (level != SOL_PACKET)
		return ENOPROTOOPT;
	if (name == PACKET_ADD_MEMBERSHIP)
		return pk_addmember(so, val, len);
	if (name == PACKET_DROP_MEMBERSHIP)
		return pk_delmember(so, val, len);
	if (f == 0 && name != PACKET_QDISC_BYPASS)
		return ENOPROTOOPT;
	if (len < sizeof(v))
		return EINVAL;
	memcpy(&v, val, sizeof(v));
	if (f != 0)
		__atomic_store_n(&pk->pk_flags, v ? flags | f : flags & ~f,
		    __ATOMIC_RELAXED);
	return 0;
}

static int
pk_getopt(struct socket *so, int level, int name, void *val, unsigned *lenp)
{
	struct pkpcb *pk = pk_of(so);
	struct tpacket_stats st;
	const void *from = &st;
	unsigned len = sizeof(st);
	int v;

	if (level != SOL_PACKET)
		return ENOPROTOOPT;
	if (name == PACKET_STATISTICS) {
		st.tp_packets = pk->pk_packets;
		st.tp_drops = pk->pk_drops;
		pk->pk_packets = pk->pk_drops = 0;
	} else if (pk_flag(name) != 0) {
		v = (pk->pk_flags & pk_flag(name)) != 0;
		from = &v;
		len = sizeof(v);
	} else {
		return ENOPROTOOPT;
	}
	if (*lenp > len)
		*lenp = len;
	memcpy(val, from, *lenp);
	return 0;
}

#define PK_COMMON							\
	.pr_family = AF_PACKET,						\
	.pr_flags = PR_ADDR,						\
	.pr_attach = pk_attach,						\
	.pr_detach = pk_detach,						\
	.pr_free = pk_free,						\
	.pr_bind = pk_bind,						\
	.pr_send = pk_send,						\
	.pr_sockname = pk_sockname,					\
	.pr_setopt = pk_setopt,						\
	.pr_getopt = pk_getopt

static const struct protosw pk_raw = { PK_COMMON, .pr_type = SOCK_RAW };
static const struct protosw pk_dgram = { PK_COMMON, .pr_type = SOCK_DGRAM };
RUMP_PROTOSW(pk_raw);
RUMP_PROTOSW(pk_dgram);
