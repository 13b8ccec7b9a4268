/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ethernet (RFC 894, 2464; IEEE 802.1Q): where frames are looked at, with
 * bounds, before a protocol sees them; and where they get their header.  lo
 * passes here too, with addresses of zeroes.
 */
#include <asm/errno.h>
#include <net/sockabi.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <kern/log.h>
#include <kern/str.h>
#include "net_priv.h"

extern const struct ethertype *const __start_rump_ethertypes[]
    __attribute__((__weak__, __visibility__("hidden")));
extern const struct ethertype *const __stop_rump_ethertypes[]
    __attribute__((__weak__, __visibility__("hidden")));

/* IP's without a search. [I] */
static const struct ethertype *ether_ip4, *ether_ip6;

#define ETHER_VLAN	4
#define ETHER_CONTIG	(ETHER_HDR + ETHER_VLAN + 40)

static const struct ethertype *
ether_search(uint16_t type)
{
	const struct ethertype *const *et;

	for (et = __start_rump_ethertypes; et < __stop_rump_ethertypes; et++)
		if ((*et)->et_type == type)
			return *et;
	return NULL;
}

void
rump_ether_init(void)
{

	ether_ip4 = ether_search(ETH_P_IP);
	ether_ip6 = ether_search(ETH_P_IPV6);
}

const struct ethertype *
rump_ether_find(uint16_t type)
{

	if (type == ETH_P_IP)
		return ether_ip4;
	if (type == ETH_P_IPV6)
		return ether_ip6;
	return ether_search(type);
}

static inline uint16_t
load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return v;
}

/* if_mac may change meanwhile. */
static inline int
ether_isours(const struct ifnet *ifp, const uint8_t *dst)
{
	const uint16_t *mac = (const void *)ifp->if_mac;

	return load16(dst) == __atomic_load_n(mac, __ATOMIC_RELAXED) &&
	    load16(dst + 2) == __atomic_load_n(mac + 1, __ATOMIC_RELAXED) &&
	    load16(dst + 4) == __atomic_load_n(mac + 2, __ATOMIC_RELAXED);
}
_Static_assert(__builtin_offsetof(struct ifnet, if_mac) % 2 == 0,
    "if_mac is read in halves of words");

/* PH_* of a frame to a group; PH_OTHERHOST: nobody here joined it. */
static unsigned
ether_group(struct ifnet *ifp, const uint8_t *dst)
{
	const struct ifmaddr *im;

	if ((load16(dst) & load16(dst + 2) & load16(dst + 4)) == 0xffff)
		return PH_BCAST;
	if (if_flags_get(ifp) & IFF_ALLMULTI)
		return PH_MCAST;
	rump_rw_rdenter(&ifp->if_lock);
	for (im = ifp->if_maddrs; im != NULL; im = im->im_next)
		if (memcmp(im->im_lladdr, dst, 6) == 0)
			break;
	rump_rw_exit(&ifp->if_lock);
	return im != NULL ? PH_MCAST : PH_MCAST | PH_OTHERHOST;
}

/* Bytes of the headers of a TCP packet with its network header at p; 0: no. */
static unsigned
ether_tcphdr(const struct mbuf *m, const uint8_t *p, unsigned gso)
{
	unsigned room = (unsigned)(m->m_data + m->m_len - p), l4;

	if (room < 40)
		return 0;
	l4 = gso == PH_GSO_TCP6 ? 40 : (p[0] & 0xfU) * 4;
	if (l4 < 20 || l4 + 20 > room || p[gso == PH_GSO_TCP6 ? 6 : 9] != 6)
		return 0;
	return p[l4 + 12] >> 4 < 5 ? 0 : l4 + (p[l4 + 12] >> 4) * 4U;
}

/*
 * Offsets are relative to the network header from here on.  Drivers have
 * checked sums' against the length; what they know of segments are hints.
 */
static int
ether_offsets(struct mbuf *m, unsigned hdr)
{
	struct pkthdr *ph = &m->m_pkt;

	if (ph->ph_csum == PH_CSUM_PARTIAL) {
		if (ph->ph_csumstart < hdr || (uint32_t)ph->ph_csumstart +
		    ph->ph_csumoff + 2 > ph->ph_len)
			return EINVAL;
		ph->ph_csumstart -= (uint16_t)hdr;
	}
	if (ph->ph_gso != PH_GSO_NONE) {
		ph->ph_hdrlen = (uint16_t)ether_tcphdr(m, m->m_data + hdr,
		    ph->ph_gso);
		if (ph->ph_hdrlen == 0 || ph->ph_gsosize == 0 ||
		    ph->ph_hdrlen > ph->ph_len - hdr)
			ph->ph_gso = PH_GSO_NONE;
	}
	return 0;
}

static void
ether_drop(uint64_t *counter, struct mbuf *m)
{

	net_count(counter, 1);
	m_freem(m);
}

/* Who listens to all packets comes and goes. */
static inline void
ether_tap(struct ifnet *ifp, struct mbuf *m, int out)
{
	void (*tap)(struct ifnet *, struct mbuf *, int) =
	    __atomic_load_n(&ifp->if_tap, __ATOMIC_ACQUIRE);

	if (NET_UNLIKELY(tap != NULL))
		tap(ifp, m, out);
}

/*
 * Checks a frame and cuts its header off.  NULL: it is gone.
 */
static inline const struct ethertype *
ether_strip(struct ifnet *ifp, struct mbuf **mp)
{
	const struct ethertype *et;
	struct mbuf *m = *mp;
	unsigned hdr = ETHER_HDR;
	uint16_t type;

	if (NET_UNLIKELY(m->m_len < ETHER_CONTIG && m->m_next != NULL)) {
		*mp = m = m_pullup(m, m->m_pkt.ph_len < ETHER_CONTIG ?
		    m->m_pkt.ph_len : ETHER_CONTIG);
		if (m == NULL) {
			net_count(&ifp->if_stats.rx_dropped, 1);
			return NULL;
		}
	}
	if (NET_UNLIKELY(m->m_len < ETHER_HDR)) {
		ether_drop(&ifp->if_stats.rx_errors, m);
		return NULL;
	}
	m->m_pkt.ph_if = ifp;
	if (NET_UNLIKELY(!ether_isours(ifp, m->m_data)))
		m->m_pkt.ph_flags |= (uint16_t)(m->m_data[0] & 1 ?
		    ether_group(ifp, m->m_data) : PH_OTHERHOST);
	ether_tap(ifp, m, 0);
	if (NET_UNLIKELY(m->m_pkt.ph_flags & (PH_OTHERHOST | PH_MCAST))) {
		if (m->m_pkt.ph_flags & PH_OTHERHOST) {
			m_freem(m);
			return NULL;
		}
		net_count(&ifp->if_stats.multicast, 1);
	}
	type = net16(load16(m->m_data + 12));
	if (NET_UNLIKELY(type == ETH_P_8021Q) &&
	    m->m_len >= ETHER_HDR + ETHER_VLAN) {
		m->m_pkt.ph_vlan = net16(load16(m->m_data + 14));
		type = net16(load16(m->m_data + 16));
		hdr += ETHER_VLAN;
	}
	et = rump_ether_find(type);
	/* No VLANs: only frames that have just a priority. */
	if (NET_UNLIKELY(et == NULL || (m->m_pkt.ph_vlan & 0xfff) != 0)) {
		ether_drop(&ifp->if_stats.rx_dropped, m);
		return NULL;
	}
	if ((m->m_pkt.ph_csum == PH_CSUM_PARTIAL ||
	    m->m_pkt.ph_gso != PH_GSO_NONE) && ether_offsets(m, hdr) != 0) {
		ether_drop(&ifp->if_stats.rx_errors, m);
		return NULL;
	}
	m->m_data += hdr;
	m->m_len -= hdr;
	m->m_pkt.ph_len -= hdr;
	m->m_pkt.ph_l3 = PH_OFF(m);
	return et;
}

#define SEEN_IP4	1
#define SEEN_IP6	2

/* A batch ends for the protocols that had packets in it. */
static inline void
ether_flush(unsigned seen)
{

	if ((seen & SEEN_IP4) && ether_ip4->et_flush != NULL)
		ether_ip4->et_flush();
	if ((seen & SEEN_IP6) && ether_ip6->et_flush != NULL)
		ether_ip6->et_flush();
}

void
rump_if_input(struct ifnet *ifp, struct mbuf *q)
{
	const struct ethertype *et;
	unsigned seen = 0, packets = 0;
	struct mbuf *m, *next;
	uint64_t bytes = 0;
	struct gro gro;

	if (NET_UNLIKELY(!(if_flags_get(ifp) & IFF_UP))) {
		m_freeq(q);
		return;
	}
	if (q == NULL)
		return;
	gro.gr_if = q->m_nextpkt != NULL ? ifp : NULL;
	gro.gr_n = 0;
	for (m = q; m != NULL; m = next) {
		next = m->m_nextpkt;
		m->m_nextpkt = NULL;
		packets++;
		bytes += m->m_pkt.ph_len;
		if ((et = ether_strip(ifp, &m)) == NULL)
			continue;
		if (gro.gr_if == NULL || !rump_gro_input(&gro, et, m))
			et->et_input(ifp, m);
		if (et == ether_ip4)
			seen |= SEEN_IP4;
		else if (et == ether_ip6)
			seen |= SEEN_IP6;
		else if (et->et_flush != NULL)
			et->et_flush();
	}
	if (gro.gr_n > 0)
		rump_gro_flush(&gro);
	ether_flush(seen);
	net_count(&ifp->if_stats.rx_packets, packets);
	net_count(&ifp->if_stats.rx_bytes, bytes);
}

static inline void
put16(uint8_t *p, uint16_t v)
{

	memcpy(p, &v, 2);
}

static inline void
ether_header(uint8_t *p, const struct ifnet *ifp, uint64_t ll, uint16_t proto)
{
	const uint16_t *mac = (const void *)ifp->if_mac;

	memcpy(p, &ll, 6);
	put16(p + 6, __atomic_load_n(mac, __ATOMIC_RELAXED));
	put16(p + 8, __atomic_load_n(mac + 1, __ATOMIC_RELAXED));
	put16(p + 10, __atomic_load_n(mac + 2, __ATOMIC_RELAXED));
	put16(p + 12, net16(proto));
}

/* One packet that the interface can take as it is. */
static inline __attribute__((__always_inline__)) int
ether_transmit(struct ifnet *ifp, struct mbuf *m, uint64_t ll, uint16_t proto,
    int more)
{

	if (__builtin_expect(m_headroom(m) >= ETHER_HDR, 1)) {
		m->m_data -= ETHER_HDR;
		m->m_len += ETHER_HDR;
		m->m_pkt.ph_len += ETHER_HDR;
	} else if ((m = m_prepend(m, ETHER_HDR)) == NULL) {
		net_count(&ifp->if_stats.tx_dropped, 1);
		return ENOBUFS;
	}
	ether_header(m->m_data, ifp, ll, proto);
	m->m_pkt.ph_csumstart += ETHER_HDR;
	m->m_pkt.ph_hdrlen += ETHER_HDR;
	ether_tap(ifp, m, 1);
	net_count(&ifp->if_stats.tx_packets, 1);
	net_count(&ifp->if_stats.tx_bytes, m->m_pkt.ph_len);
	return ifp->if_ops->if_transmit(ifp, m, more);
}

static __attribute__((__noinline__)) int
ether_send_slow(struct ifnet *ifp, struct mbuf *m, uint64_t ll,
    uint16_t proto, int more)
{
	struct mbuf *next;
	int error = 0, e;

	if ((m = rump_gso_finish(ifp, m)) == NULL) {
		net_count(&ifp->if_stats.tx_dropped, 1);
		return ENOBUFS;
	}
	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		m->m_nextpkt = NULL;
		e = ether_transmit(ifp, m, ll, proto, next != NULL || more);
		if (error == 0)
			error = e;
	}
	return error;
}

/* Can the interface do what the packet asks for? */
static inline int
ether_capable(const struct ifnet *ifp, const struct mbuf *m)
{
	uint32_t need = IFCAP_TXCSUM | IFCAP_SG;

	if (__builtin_expect(m->m_pkt.ph_gso == PH_GSO_NONE &&
	    (ifp->if_caps & need) == need, 1))
		return 1;
	if (m->m_next == NULL)
		need &= ~(uint32_t)IFCAP_SG;
	if (m->m_pkt.ph_csum != PH_CSUM_PARTIAL)
		need &= ~(uint32_t)IFCAP_TXCSUM;
	if (m->m_pkt.ph_gso != PH_GSO_NONE) {
		need |= m->m_pkt.ph_gso == PH_GSO_TCP4 ? IFCAP_TSO4 :
		    IFCAP_TSO6;
		if (m->m_pkt.ph_csum != PH_CSUM_PARTIAL ||
		    m->m_pkt.ph_len > ifp->if_gsomax)
			return 0;
	}
	return (need & ~ifp->if_caps) == 0;
}

static inline __attribute__((__always_inline__)) int
ether_send(struct ifnet *ifp, struct mbuf *m, uint64_t ll, uint16_t proto,
    int more)
{

	if (NET_UNLIKELY(!(if_flags_get(ifp) & IFF_UP))) {
		ether_drop(&ifp->if_stats.tx_dropped, m);
		return ENETDOWN;
	}
	if (NET_UNLIKELY(!ether_capable(ifp, m)))
		return ether_send_slow(ifp, m, ll, proto, more);
	return ether_transmit(ifp, m, ll, proto, more);
}

int
rump_ether_send(struct ifnet *ifp, struct mbuf *m, uint64_t ll,
    uint16_t proto, int more)
{

	return ether_send(ifp, m, ll, proto, more);
}

int
rump_ether_output(struct ifnet *ifp, struct mbuf *m, const uint8_t *lladdr,
    uint16_t proto, int more)
{

	return rump_ether_send(ifp, m, ether_pack(lladdr), proto, more);
}

/* For a packet without a neighbour (RFC 1112, 6.4; RFC 2464, 7). */
static uint64_t
ether_groupof(const struct ifnet *ifp, const struct mbuf *m, uint16_t proto)
{
	uint8_t mac[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const uint8_t *p = m->m_data;

	if (if_flags_get(ifp) & IFF_LOOPBACK)
		return 0;
	if (proto == ETH_P_IP && m->m_len >= 20 && (p[16] & 0xf0) == 0xe0) {
		mac[0] = 0x01;
		mac[1] = 0x00;
		mac[2] = 0x5e;
		mac[3] = p[17] & 0x7f;
		memcpy(mac + 4, p + 18, 2);
	} else if (proto == ETH_P_IPV6 && m->m_len >= 40 && p[24] == 0xff) {
		mac[0] = mac[1] = 0x33;
		memcpy(mac + 2, p + 36, 4);
	}
	return ether_pack(mac);
}

int
rump_if_output(struct ifnet *ifp, struct mbuf *m, struct neigh *ne,
    uint16_t proto, int more)
{

	uint64_t link;

	if (NET_UNLIKELY(ne == NULL))
		return rump_ether_send(ifp, m, ether_groupof(ifp, m, proto),
		    proto, more);
	link = __atomic_load_n(&ne->ne_link, __ATOMIC_ACQUIRE);
	if (NET_UNLIKELY(!(link & NEL_FAST) || !(NEM_USED &
	    __atomic_load_n(&ne->ne_marks, __ATOMIC_RELAXED))))
		return rump_neigh_output(ne, m, proto, more);
	return ether_send(ne->ne_if, m, link & NEL_ADDR, proto, more);
}
