/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtif: interfaces that a host gives packets to and takes them from, one
 * system call each: rumpcomp_virtif.h.  With the virtio header sums are
 * not made and TCP's packets not cut on the way to another stack on the same
 * host, in both directions.
 *
 * Packets are received into mbufs that lie ready, one of a frame's size and,
 * for large packets, pages behind it; short ones are copied into mbufs of
 * their own size.
 *
 * Each look at the host is a system call, so a poll ends after as many packets
 * as there were lately (vi_burst), without the call that would say that there
 * are no more, when the host tells again (vc_level).  While several come at
 * once, whoever is about to sleep asks for more first (if_ask): the host can
 * tell only when idle.  if_rxlock guards what has [r].
 */
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>

#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/str.h>
#include <net/ifnet.h>
#include <rump/component.h>
#include <rump/rumpcomp_event.h>
#include <rump/rumpcomp_virtif.h>

#define ENOMEM		12
#define ENOBUFS		105

#define VIRTIF_MAX	16	/* interfaces */
#define VIRTIF_FIRST	1536	/* bytes of the first mbuf */
#define VIRTIF_RXSEGS	18	/* with it 65,536 + 14 bytes and more */
#define VIRTIF_TXSEGS	24
#define VIRTIF_COPY	256	/* up to this long: copied */
#define VIRTIF_FULL	4	/* polls with a packet: try two */
#define VIRTIF_BATCH	(256 << 10)	/* bytes given up at once */

_Static_assert(VIRTIF_FIRST + (VIRTIF_RXSEGS - 1) * MBUF_MAX >= 65536 + 18,
    "room for the largest packet");
_Static_assert(VIRTIF_TXSEGS * MBUF_MAX >= 65536 + MBUF_HDR,
    "the largest packet copied");

struct virtif {
	struct ifnet	 vi_if;
	struct rumpcomp_virtif *vi_host;	/* [I] */
	struct rumpcomp_virtif_conf vi_conf;	/* [I] */
	unsigned	 vi_nrx;	/* [I] mbufs that lie ready */
	int		 vi_gone;	/* [r] the other end is */
	int		 vi_burst;	/* [r] packets of a poll */
	int		 vi_full;	/* [r] polls that ended so */
	struct virtio_net_hdr_v1 vi_rxhdr;	/* [r] */
	unsigned	 vi_used;	/* [r] how many of the first are gone */
	struct mbuf	*vi_rx[VIRTIF_RXSEGS];	/* [r] */
	struct rumpcomp_virtif_iov vi_rxiov[VIRTIF_RXSEGS + 1];	/* [r] */
};

#define STAT(ifp, f, n)	__atomic_fetch_add(&(ifp)->if_stats.f, (n), \
			    __ATOMIC_RELAXED)

/* All of vi_rx filled; 0 when there is no memory. */
static int
virtif_fill(struct virtif *vi)
{
	struct rumpcomp_virtif_iov *iov;
	struct mbuf *m;
	unsigned i;

	while (vi->vi_used > 0) {
		i = vi->vi_used - 1;
		m = m_get(i == 0 ? VIRTIF_FIRST : MBUF_MAX);
		if (m == NULL)
			return 0;
		vi->vi_rx[i] = m;
		iov = &vi->vi_rxiov[i + 1];
		iov->iv_base = m->m_data;
		iov->iv_len = i == 0 ? VIRTIF_FIRST : MBUF_MAX;
		vi->vi_used = i;
	}
	return 1;
}

/* What the header says of the packet; it is checked, though the host's. */
static int
virtif_header(const struct virtio_net_hdr_v1 *vh, struct mbuf *m)
{
	struct pkthdr *ph = &m->m_pkt;

	if (vh->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if ((uint32_t)vh->csum_start + vh->csum_offset + 2 >
		    ph->ph_len)
			return 0;
		ph->ph_csum = PH_CSUM_PARTIAL;
		ph->ph_csumstart = vh->csum_start;
		ph->ph_csumoff = vh->csum_offset;
	} else if (vh->flags & VIRTIO_NET_HDR_F_DATA_VALID)
		ph->ph_csum = PH_CSUM_OK;
	switch (vh->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return 1;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		ph->ph_gso = PH_GSO_TCP4;
		break;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		ph->ph_gso = PH_GSO_TCP6;
		break;
	default:
		return 0;
	}
	ph->ph_gsosize = vh->gso_size;
	ph->ph_hdrlen = vh->hdr_len;
	return vh->gso_size != 0 && vh->hdr_len <= ph->ph_len;
}

/* The packet of len bytes in vi_rx as a chain. */
static struct mbuf *
virtif_take(struct virtif *vi, uint32_t len)
{
	struct mbuf *m, **mp, *head = NULL;
	uint32_t left = len;
	unsigned i;

	if (len <= VIRTIF_COPY) {
		if ((m = m_get(len)) == NULL)
			return NULL;
		memcpy(m->m_data, vi->vi_rx[0]->m_data, len);
		m->m_len = m->m_pkt.ph_len = len;
		return m;
	}
	for (mp = &head, i = 0; left > 0; i++, mp = &m->m_next) {
		m = *mp = vi->vi_rx[i];
		m->m_len = (uint32_t)vi->vi_rxiov[i + 1].iv_len;
		m->m_len = m->m_len < left ? m->m_len : left;
		left -= m->m_len;
	}
	vi->vi_used = i;
	head->m_pkt.ph_len = len;
	return head;
}

/* One packet; NULL: none there, or (*lenp > 0) dropped. */
static struct mbuf *
virtif_recv(struct virtif *vi, long *lenp)
{
	int hdr = vi->vi_conf.vc_vnethdr;
	struct ifnet *ifp = &vi->vi_if;
	struct mbuf *m = NULL;
	long n;

	if (!virtif_fill(vi)) {
		/* Receives into what there is: the host's queue must end. */
		STAT(ifp, rx_dropped, 1);
		n = rumpcomp_virtif_recv(vi->vi_host, vi->vi_rxiov, 1);
		*lenp = n;
		return NULL;
	}
	n = *lenp = rumpcomp_virtif_recv(vi->vi_host,
	    &vi->vi_rxiov[!hdr], vi->vi_nrx + hdr);
	if (n <= 0)
		return NULL;
	if (hdr)
		n -= (long)sizeof(vi->vi_rxhdr);
	if (n < ETHER_HDR)
		STAT(ifp, rx_errors, 1);
	else if ((__atomic_load_n(&ifp->if_flags, __ATOMIC_RELAXED) &
	    IFF_UP) == 0)
		STAT(ifp, rx_dropped, 1);
	else if ((m = virtif_take(vi, (uint32_t)n)) == NULL)
		STAT(ifp, rx_dropped, 1);
	else if (hdr && !virtif_header(&vi->vi_rxhdr, m)) {
		STAT(ifp, rx_errors, 1);
		m_freem(m);
		m = NULL;
	}
	return m;
}

/* After a poll that found done packets; all: and then no more. */
static void
virtif_adapt(struct virtif *vi, int done, int all)
{

	if (all)
		vi->vi_burst = done > 1 ? done : 1;
	else if (vi->vi_burst > 1 || ++vi->vi_full >= VIRTIF_FULL) {
		vi->vi_burst *= vi->vi_burst < 1024 ? 2 : 1;
		vi->vi_full = 0;
	}
	rump_if_setask(&vi->vi_if, vi->vi_burst > 1);
}

static int
virtif_poll(struct ifnet *ifp, int budget)
{
	struct virtif *vi = ifp->if_softc;
	struct mbuf *m, *q = NULL, **tail = &q;
	size_t bytes = 0;
	int done, max = budget;
	long n = 0;

	if (vi->vi_conf.vc_level && max > vi->vi_burst)
		max = vi->vi_burst;
	for (done = 0; done < max && !vi->vi_gone; done++) {
		m = virtif_recv(vi, &n);
		if (n <= 0)
			break;
		if (m == NULL)
			continue;
		*tail = m;
		tail = &m->m_nextpkt;
		bytes += (size_t)n;
		if (bytes >= VIRTIF_BATCH) {
			rump_if_input(ifp, q);
			q = NULL;
			tail = &q;
			bytes = 0;
		}
	}
	if (q != NULL)
		rump_if_input(ifp, q);
	virtif_adapt(vi, done, done < max);
	if (n < 0 && !vi->vi_gone) {
		vi->vi_gone = 1;
		rump_if_link(ifp, 0);
	}
	return done;
}

/* The same packet in few mbufs; frees m. */
static struct mbuf *
virtif_pack(struct mbuf *m)
{
	struct mbuf *head = NULL, **mp = &head, *n;
	size_t off, len;

	for (off = 0; off < m->m_pkt.ph_len; off += len, mp = &n->m_next) {
		len = m->m_pkt.ph_len - off;
		len = len < MBUF_MAX ? len : MBUF_MAX;
		if ((n = *mp = m_get(len)) == NULL)
			break;
		n->m_len = (uint32_t)len;
		m_copydata(m, off, len, n->m_data);
		if (off == 0)
			n->m_pkt = m->m_pkt;
	}
	if (off < m->m_pkt.ph_len && head != NULL) {
		m_freem(head);
		head = NULL;
	}
	m_freem(m);
	return head;
}

static void
virtif_makeheader(struct virtio_net_hdr_v1 *vh, const struct pkthdr *ph)
{

	memset(vh, 0, sizeof(*vh));
	if (ph->ph_csum == PH_CSUM_PARTIAL) {
		vh->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vh->csum_start = ph->ph_csumstart;
		vh->csum_offset = ph->ph_csumoff;
	}
	if (ph->ph_gso != PH_GSO_NONE) {
		vh->gso_type = ph->ph_gso == PH_GSO_TCP4 ?
		    VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
		vh->gso_size = ph->ph_gsosize;
		vh->hdr_len = ph->ph_hdrlen;
	}
}

static int
virtif_transmit(struct ifnet *ifp, struct mbuf *m, int more)
{
	struct rumpcomp_virtif_iov iov[VIRTIF_TXSEGS + 1];
	struct virtif *vi = ifp->if_softc;
	struct virtio_net_hdr_v1 vh;
	unsigned n = 0;
	struct mbuf *s;
	int error;

	(void)more;
	for (s = m; s != NULL; s = s->m_next)
		n += s->m_len != 0;
	if (n > VIRTIF_TXSEGS && (m = virtif_pack(m)) == NULL) {
		STAT(ifp, tx_dropped, 1);
		return ENOBUFS;
	}
	n = 0;
	if (vi->vi_conf.vc_vnethdr) {
		virtif_makeheader(&vh, &m->m_pkt);
		iov[n].iv_base = &vh;
		iov[n++].iv_len = sizeof(vh);
	}
	for (s = m; s != NULL; s = s->m_next) {
		if (s->m_len == 0)
			continue;
		iov[n].iv_base = s->m_data;
		iov[n++].iv_len = s->m_len;
	}
	error = rumpcomp_virtif_send(vi->vi_host, iov, n);
	if (error != 0)
		STAT(ifp, tx_dropped, 1);
	m_freem(m);
	return error;
}

/* The host's side receives everything anyway. */
static int
virtif_setflags(struct ifnet *ifp)
{

	(void)ifp;
	return 0;
}

static int
virtif_setmac(struct ifnet *ifp, const uint8_t *mac)
{

	(void)ifp;
	(void)mac;
	return 0;
}

static const struct ifops virtif_ops = {
	.if_transmit = virtif_transmit,
	.if_poll = virtif_poll,
	.if_setflags = virtif_setflags,
	.if_setmac = virtif_setmac,
};

static void
virtif_intr(void *arg)
{

	rump_if_intr(arg);
}

static void
virtif_setup(struct virtif *vi, const struct rumpcomp_virtif_conf *vc)
{
	struct ifnet *ifp = &vi->vi_if;
	uint32_t first = vc->vc_mtu + 18;

	strlcpy(ifp->if_name, "eth%d", sizeof(ifp->if_name));
	ifp->if_type = ARPHRD_ETHER;
	ifp->if_flags = IFF_BROADCAST | IFF_MULTICAST;
	memcpy(ifp->if_mac, vc->vc_mac, sizeof(ifp->if_mac));
	ifp->if_mtu = vc->vc_mtu;
	ifp->if_caps = IFCAP_SG;
	if (vc->vc_vnethdr && vc->vc_offload)
		ifp->if_caps |= IFCAP_TXCSUM | IFCAP_TSO4 | IFCAP_TSO6 |
		    IFCAP_LRO;
	ifp->if_gsomax = 65535;
	ifp->if_ops = &virtif_ops;
	ifp->if_softc = vi;
	vi->vi_rxiov[0].iv_base = &vi->vi_rxhdr;
	vi->vi_rxiov[0].iv_len = sizeof(vi->vi_rxhdr);
	if (ifp->if_caps & IFCAP_LRO)
		vi->vi_nrx = VIRTIF_RXSEGS;
	else
		vi->vi_nrx = first <= VIRTIF_FIRST ? 1 :
		    1 + (first - VIRTIF_FIRST + MBUF_MAX - 1) / MBUF_MAX;
	vi->vi_used = vi->vi_nrx;
}

static int
virtif_attach(unsigned unit)
{
	struct virtif *vi = rump_kmem_zalloc(sizeof(*vi));
	struct ifnet *ifp;
	int error;

	if (vi == NULL)
		return ENOMEM;
	ifp = &vi->vi_if;
	error = rumpcomp_event_create(&ifp->if_event);
	if (error != 0)
		goto free;
	vi->vi_burst = 1;
	vi->vi_conf.vc_intr = virtif_intr;
	vi->vi_conf.vc_intrarg = ifp;
	error = rumpcomp_virtif_open(unit, ifp->if_event, &vi->vi_host,
	    &vi->vi_conf);
	if (error != 0)
		goto event;
	virtif_setup(vi, &vi->vi_conf);
	error = rump_if_attach(ifp);
	if (error != 0)
		goto close;
	error = rump_if_pollstart(ifp);
	if (error == 0) {
		rump_if_intr(ifp);
		rump_if_link(ifp, 1);
		return 0;
	}
	rump_if_detach(ifp);
close:
	rumpcomp_virtif_close(vi->vi_host);
event:
	rumpcomp_event_destroy(ifp->if_event);
free:
	rump_kmem_free(vi, sizeof(*vi));
	return error;
}

RUMP_COMPONENT(virtif, RUMP_FACTION_DEV)
{
	unsigned i, n = rumpcomp_virtif_count();
	int error = 0;

	for (i = 0; i < n && i < VIRTIF_MAX && error == 0; i++)
		error = virtif_attach(i);
	return error;
}
