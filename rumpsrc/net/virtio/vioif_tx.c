/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transmitting.  The header goes into the room before the packet, so that a
 * packet in one piece takes one descriptor.  Completions raise no interrupt:
 * they are looked for when something is sent or received, and a while after
 * the last packet.  Only when the ring is full packets wait, and then there
 * is an interrupt when most of it has been sent.
 */
#include <errno.h>

#include <rump/rumpcomp_bus.h>

#include <kern/proc.h>

#include "vioif.h"

#define TICK		(NSEC_PER_SEC / 20)
#define RECLAIM		8	/* looks for completions from so many on, */
#define LARGE		4096	/* and before a packet of so many bytes */
#define MAXWAIT		512	/* packets that wait for a full ring */
#define DIRECT		4	/* a table for more descriptors than this */
#define MAXSEGS		128
#define PAGE		4096UL

/* Descriptors for one mbuf: pages, where memory is not contiguous. */
static inline unsigned
segments(const struct mbuf *m)
{
	unsigned long p = (unsigned long)m->m_data;

	if (__builtin_expect(rumpcomp_bus_direct(m->m_data), 1))
		return m->m_len != 0;
	return m->m_len == 0 ? 0 : (unsigned)((p + m->m_len - 1) / PAGE -
	    p / PAGE + 1);
}

static void
put(struct virtq_chain *vc, const uint8_t *p, uint32_t len)
{
	uint32_t n;

	if (__builtin_expect(rumpcomp_bus_direct(p), 1)) {
		if (len != 0)
			virtq_put(vc, rumpcomp_bus_addr(p), len, 0);
		return;
	}
	for (; len > 0; len -= n, p += n) {
		n = (uint32_t)(PAGE - ((unsigned long)p & (PAGE - 1)));
		n = n < len ? n : len;
		virtq_put(vc, rumpcomp_bus_addr(p), n, 0);
	}
}

/* The same packet in as few mbufs as there can be; frees m. */
static __attribute__((__noinline__)) struct mbuf *
compact(struct mbuf *m)
{
	struct mbuf *head = NULL, **mp = &head, *n;
	uint32_t off, len;

	for (off = 0; off < m->m_pkt.ph_len; off += len, mp = &n->m_next) {
		len = m->m_pkt.ph_len - off;
		len = len < MBUF_MAX ? len : MBUF_MAX;
		if ((n = *mp = m_get(len)) == NULL)
			break;
		m_copydata(m, off, len, n->m_data);
		n->m_len = len;
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

/* Several descriptors; the header is in front.  0: taken; ENOSPC: not. */
static __attribute__((__noinline__)) int
put_chain(struct vioif *vi, struct virtq *vq, struct mbuf *m)
{
	struct virtq_chain vc;
	const struct mbuf *s;
	unsigned n = 0;
	int error;

	for (s = m; s != NULL; s = s->m_next)
		n += segments(s);
	n += vi->vi_split && m->m_len > vi->vi_hdrlen;
	error = virtq_begin(vq, n, n > DIRECT || vq->vq_nfree < n, &vc);
	if (error == ENOMEM)
		error = virtq_begin(vq, n, 0, &vc);
	if (error != 0)
		return ENOSPC;
	s = m;
	if (vi->vi_split && m->m_len > vi->vi_hdrlen) {
		put(&vc, m->m_data, vi->vi_hdrlen);
		put(&vc, m->m_data + vi->vi_hdrlen, m->m_len - vi->vi_hdrlen);
		s = s->m_next;
	}
	for (; s != NULL; s = s->m_next)
		put(&vc, s->m_data, s->m_len);
	virtq_end(&vc, m);
	return 0;
}

/* A chain too long for one packet of the device's. */
static __attribute__((__noinline__)) int
too_long(const struct virtq *vq, const struct mbuf *m)
{
	unsigned n = 0, max = vq->vq_size < MAXSEGS ? vq->vq_size : MAXSEGS;

	if (!vq->vq_indirect)
		max /= 2;
	for (; m != NULL; m = m->m_next)
		n += segments(m);
	return n + 1 > max;
}

/*
 * The usual packet: few mbufs, each in one piece of memory, and room for all.
 * Nothing is done when it is not.
 */
static inline int
put_few(struct virtq *vq, struct mbuf *m)
{
	struct virtq_slot *slot = vq->vq_slot, *vs = &slot[vq->vq_free];
	struct vring_desc *desc = vq->vq_desc, *d;
	unsigned id = vq->vq_free, last, n = 0;
	unsigned long base = rumpcomp_bus_base, pa;
	const struct mbuf *s = m;

	if (__builtin_expect(vq->vq_nfree < DIRECT, 0))
		return 0;
	for (;;) {
		pa = (unsigned long)s->m_data - base;
		if (__builtin_expect(n == DIRECT || s->m_len == 0 ||
		    pa >= RUMPCOMP_BUS_DIRECT, 0))
			return 0;
		last = id;
		d = &desc[id];
		d->addr = pa;
		d->len = s->m_len;
		id = slot[id].vs_next;
		n++;
		if ((s = s->m_next) == NULL)
			break;
		d->flags = VRING_DESC_F_NEXT;
		d->next = (uint16_t)id;
	}
	d->flags = 0;
	if (n > 1) {
		vs->vs_n = (uint16_t)n;
		vs->vs_last = (uint16_t)last;
	}
	vs->vs_cookie = m;
	vq->vq_avail->ring[vq->vq_head++ & vq->vq_mask] = vq->vq_free;
	vq->vq_free = (uint16_t)id;
	vq->vq_nfree = (uint16_t)(vq->vq_nfree - n);
	vq->vq_inflight++;
	return 1;
}

static __attribute__((__noinline__)) int
put_any(struct vioif *vi, struct virtq *vq, struct mbuf **mp)
{
	if (too_long(vq, *mp) && (*mp = compact(*mp)) == NULL) {
		vioif_count(&vi->vi_if.if_stats.tx_dropped, 1);
		return 0;
	}
	return put_chain(vi, vq, *mp);
}

/* With the header in front.  0: taken; ENOSPC: not, it may be another one. */
static inline int
enqueue(struct vioif *vi, struct virtq *vq, struct mbuf **mp)
{
	if (__builtin_expect(!vi->vi_split, 1) && put_few(vq, *mp))
		return 0;
	return put_any(vi, vq, mp);
}

static __attribute__((__noinline__)) unsigned
reclaim(struct vioif_pair *vp)
{
	struct mbuf *m;
	uint32_t len;
	unsigned n = 0;

	while ((m = virtq_get(&vp->vp_tx, &len)) != NULL) {
		m_freem(m);
		n++;
	}
	return n;
}

/* Who receives looks at it without the lock. */
static inline void
wait_count(struct vioif_pair *vp, unsigned n)
{
	__atomic_store_n(&vp->vp_nwait, n, __ATOMIC_RELAXED);
}

/* The first that waits is m now: compacting freed the one that was. */
static void
wait_replace(struct vioif_pair *vp, struct mbuf *m, struct mbuf *next)
{
	vp->vp_wait = m;
	m->m_nextpkt = next;
	if (next == NULL)
		vp->vp_waittail = &m->m_nextpkt;
}

/* What waited goes out, as far as there is room. */
static __attribute__((__noinline__)) void
drain(struct vioif *vi, struct vioif_pair *vp)
{
	struct mbuf *m, *next;

	for (;;) {
		while ((m = vp->vp_wait) != NULL) {
			next = m->m_nextpkt;
			if (enqueue(vi, &vp->vp_tx, &m) != 0) {
				wait_replace(vp, m, next);
				break;
			}
			vp->vp_wait = next;
			wait_count(vp, vp->vp_nwait - 1);
		}
		if (vp->vp_wait == NULL) {
			vp->vp_waittail = &vp->vp_wait;
			return;
		}
		virtq_kick(&vp->vp_tx);
		/* Full: to be told when three quarters of it are sent. */
		if (!virtq_intr_on(&vp->vp_tx,
		    (uint16_t)(vp->vp_tx.vq_inflight * 3 / 4)) &&
		    !virtq_any(&vp->vp_tx))
			return;
		if (reclaim(vp) == 0)
			return;
	}
}

static __attribute__((__noinline__)) void
wait_put(struct vioif_pair *vp, struct mbuf *m)
{
	if (vp->vp_nwait >= MAXWAIT || virtio_isbroken(vp->vp_if->vi_dev)) {
		vioif_count(&vp->vp_if->vi_if.if_stats.tx_dropped, 1);
		m_freem(m);
		return;
	}
	m->m_nextpkt = NULL;
	*vp->vp_waittail = m;
	vp->vp_waittail = &m->m_nextpkt;
	wait_count(vp, vp->vp_nwait + 1);
}

static __attribute__((__noinline__)) void
arm(struct vioif_pair *vp)
{
	vp->vp_armed = 1;
	rump_callout_schedule(&vp->vp_tick, rump_monotonic() + TICK);
}

static void
tick(void *arg)
{
	struct vioif_pair *vp = arg;
	struct vioif *vi = vp->vp_if;

	vioif_txenter(vp);
	vp->vp_armed = 0;
	(void)reclaim(vp);
	if (vp->vp_wait != NULL)
		drain(vi, vp);
	if (vp->vp_tx.vq_head != vp->vp_tx.vq_kicked)
		virtq_kick(&vp->vp_tx);
	if (vp->vp_tx.vq_inflight != 0 && !virtio_isbroken(vi->vi_dev)) {
		virtq_rekick(&vp->vp_tx);
		arm(vp);
	}
	vioif_txexit(vp);
}

void
vioif_txdone(struct vioif *vi, struct vioif_pair *vp)
{
	vioif_txenter(vp);
	(void)reclaim(vp);
	if (vp->vp_wait != NULL)
		drain(vi, vp);
	if (vp->vp_tx.vq_head != vp->vp_tx.vq_kicked)
		virtq_kick(&vp->vp_tx);
	vioif_txexit(vp);
}

void
vioif_txstop(struct vioif_pair *vp)
{
	struct mbuf *m;

	vioif_txenter(vp);
	while ((m = virtq_drain(&vp->vp_tx)) != NULL)
		m_freem(m);
	m_freeq(vp->vp_wait);
	vp->vp_wait = NULL;
	vp->vp_waittail = &vp->vp_wait;
	wait_count(vp, 0);
	vioif_txexit(vp);
}

void
vioif_txinit(struct vioif *vi, struct vioif_pair *vp)
{
	vp->vp_if = vi;
	vp->vp_waittail = &vp->vp_wait;
	rump_callout_init(&vp->vp_tick, tick, vp);
}

/* Offsets in the packet are what the protocols counted from m_data on. */
static void
header(struct virtio_net_hdr_v1 *vh, const struct pkthdr *ph)
{
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

/* Puts the header in front; NULL: no memory, m is freed. */
static inline struct mbuf *
prepend(struct vioif *vi, struct mbuf *m)
{
	unsigned n = vi->vi_hdrlen;
	struct pkthdr *ph = &m->m_pkt;
	struct virtio_net_hdr_v1 *vh;

	if (__builtin_expect(m_headroom(m) >= n, 1)) {
		m->m_data -= n;
		m->m_len += n;
		ph->ph_len += n;
	} else {
		if ((m = m_prepend(m, n)) == NULL)
			return NULL;
		ph = &m->m_pkt;
	}
	vh = mtod(m, struct virtio_net_hdr_v1 *);
	__builtin_memset(vh, 0, 10);
	if (__builtin_expect(n == sizeof(*vh), 1))
		vh->num_buffers = 0;
	if (ph->ph_csum == PH_CSUM_PARTIAL || ph->ph_gso != PH_GSO_NONE)
		header(vh, ph);
	return m;
}

int
vioif_transmit(struct ifnet *ifp, struct mbuf *m, int more)
{
	struct vioif *vi = ifp->if_softc;
	struct vioif_pair *vp = vi->vi_pairs;
	struct virtq *vq;

	if (vi->vi_npairs > 1)
		vp += (unsigned)curlwp->l_vcpu % vi->vi_npairs;
	vq = &vp->vp_tx;
	if (__builtin_expect(virtio_isbroken(vi->vi_dev), 0)) {
		vioif_count(&ifp->if_stats.tx_dropped, 1);
		m_freem(m);
		return EIO;
	}
	if (__builtin_expect((m = prepend(vi, m)) == NULL, 0)) {
		vioif_count(&ifp->if_stats.tx_dropped, 1);
		return ENOBUFS;
	}
	vioif_txenter(vp);
	if (vq->vq_inflight >= RECLAIM || m->m_pkt.ph_len >= LARGE)
		(void)reclaim(vp);
	if (__builtin_expect(vp->vp_wait != NULL ||
	    enqueue(vi, vq, &m) != 0, 0)) {
		wait_put(vp, m);
		drain(vi, vp);
		more = 0;
	}
	if (!more && vq->vq_head != vq->vq_kicked)
		virtq_kick(vq);
	if (__builtin_expect(!vp->vp_armed, 0))
		arm(vp);
	vioif_txexit(vp);
	return 0;
}
