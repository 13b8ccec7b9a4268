/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receiving.  Each buffer is an mbuf of the class of a frame, the header in
 * front of the packet; with mergeable buffers a large packet is in several.
 * A queue starts with few buffers and gets more when they run short, as far
 * as memory allows.  What the header says is checked here, once.
 */
#include <linux/if.h>

#include <rump/rumpcomp_bus.h>

#include "vioif.h"

#define REFILL_TIME	(NSEC_PER_SEC / 100)
#define MAXPKT		(65535 + 18)

/* A buffer of m for the device; caller checked that there is room. */
static inline void
post(struct vioif *vi, struct virtq *vq, struct mbuf *m)
{
	unsigned long pa = rumpcomp_bus_addr(m->m_data);
	struct virtq_chain vc;

	if (__builtin_expect(!vi->vi_split, 1)) {
		virtq_put1(vq, pa, m->m_size, 1, m);
		return;
	}
	(void)virtq_begin(vq, 2, 0, &vc);
	virtq_put(&vc, pa, vi->vi_hdrlen, 1);
	virtq_put(&vc, pa + vi->vi_hdrlen, m->m_size - vi->vi_hdrlen, 1);
	virtq_end(&vc, m);
}

void
vioif_fill(struct vioif *vi, struct vioif_pair *vp)
{
	struct virtq *vq = &vp->vp_rx;
	unsigned need = vi->vi_split ? 2 : 1;
	struct mbuf *m;
	int empty;

	if (virtio_isbroken(vi->vi_dev))
		return;
	while (vq->vq_inflight < vp->vp_want && vq->vq_nfree >= need) {
		m = m_get(VIOIF_RXSIZE);
		if (m == NULL) {
			/* The device may wait for room for one packet. */
			rump_callout_schedule(&vi->vi_refill,
			    rump_monotonic() + REFILL_TIME);
			break;
		}
		post(vi, vq, m);
	}
	if (vq->vq_head == vq->vq_kicked)
		return;
	/* A device without any waits for ever when it is not told. */
	empty = vq->vq_nofence && __atomic_load_n(&vq->vq_used->idx,
	    __ATOMIC_RELAXED) == vq->vq_kicked;
	virtq_kick(vq);
	if (empty)
		virtq_notify(vq);
}

/* Checksum and segmentation fields.  0: they make no sense. */
static __attribute__((__noinline__)) int
offload(struct mbuf *m, const struct virtio_net_hdr_v1 *vh)
{
	struct pkthdr *ph = &m->m_pkt;

	if (vh->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if ((uint32_t)vh->csum_start + vh->csum_offset + 2 >
		    ph->ph_len)
			return 0;
		ph->ph_csum = PH_CSUM_PARTIAL;
		ph->ph_csumstart = vh->csum_start;
		ph->ph_csumoff = vh->csum_offset;
	} else if (vh->flags & VIRTIO_NET_HDR_F_DATA_VALID) {
		ph->ph_csum = PH_CSUM_OK;
	}
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
	/* Only a hint from the device; the stack parses. */
	ph->ph_hdrlen = vh->hdr_len <= ph->ph_len ? vh->hdr_len : 0;
	return vh->gso_size != 0;
}

/* The other n buffers of m's packet.  0: missing, or too long. */
static __attribute__((__noinline__)) int
merge(struct vioif *vi, struct virtq *vq, struct mbuf *m, unsigned n)
{
	uint32_t len, sum = m->m_pkt.ph_len;
	struct mbuf *next;
	int good = 1;

	for (; n > 0; n--) {
		next = virtq_get(vq, &len);
		if (next == NULL)
			return 0;
		if (len > next->m_size) {
			virtio_broken(vi->vi_dev, "receive length");
			m_free(next);
			return 0;
		}
		sum += len;
		if (sum > MAXPKT || len == 0) {
			m_free(next);
			good = 0;
			continue;
		}
		next->m_len = len;
		m->m_next = next;
		m = next;
	}
	return good ? (int)sum : 0;
}

/* m is what the device filled: the packet, or NULL, m freed. */
static struct mbuf *
packet(struct vioif *vi, struct virtq *vq, struct mbuf *m, uint32_t len)
{
	const struct virtio_net_hdr_v1 *vh = mtod(m, void *);
	unsigned hdrlen = vi->vi_hdrlen, n = 1;
	int total;

	if (__builtin_expect(len - (hdrlen + VIOIF_MINPKT) >
	    m->m_size - (hdrlen + VIOIF_MINPKT), 0)) {
		if (len > m->m_size)
			virtio_broken(vi->vi_dev, "receive length");
		goto bad;
	}
	m->m_data += hdrlen;
	m->m_len = m->m_pkt.ph_len = len - hdrlen;
	if (vi->vi_merge && (n = vh->num_buffers) != 1) {
		if (n == 0 || (total = merge(vi, vq, m, n - 1)) == 0)
			goto bad;
		m->m_pkt.ph_len = (uint32_t)total;
	}
	if (__builtin_expect((vh->flags | vh->gso_type) != 0, 0)) {
		struct virtio_net_hdr_v1 copy = *vh;

		if (!offload(m, &copy))
			goto bad;
	}
	return m;
bad:
	m_freem(m);
	return NULL;
}

int
vioif_rx(struct vioif *vi, struct vioif_pair *vp, int budget)
{
	struct mbuf *q = NULL, **tail = &q, *m;
	struct virtq *vq = &vp->vp_rx;
	struct ifnet *ifp = &vi->vi_if;
	uint32_t len;
	int n;

	for (n = 0; n < budget && (m = virtq_get(vq, &len)) != NULL; n++) {
		m = packet(vi, vq, m, len);
		if (__builtin_expect(m == NULL, 0)) {
			vioif_count(&ifp->if_stats.rx_errors, 1);
			continue;
		}
		*tail = m;
		tail = &m->m_nextpkt;
	}
	if (n == 0)
		return 0;
	/* The device was about to run short: more buffers from now on. */
	if (vq->vq_inflight < vp->vp_want / 2 && vp->vp_want < vi->vi_maxbufs)
		vp->vp_want = vp->vp_want * 2 < vi->vi_maxbufs ?
		    vp->vp_want * 2 : vi->vi_maxbufs;
	if (vq->vq_inflight + VIOIF_REFILL <= vp->vp_want)
		vioif_fill(vi, vp);
	if ((if_flags_get(ifp) & IFF_UP) == 0)
		m_freeq(q);
	else if (q != NULL)
		rump_if_input(ifp, q);
	return n;
}
