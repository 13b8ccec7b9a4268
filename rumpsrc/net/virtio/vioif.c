/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vioif: virtio network interfaces.  Features, queues, link, and the order
 * of things in a poll: interrupts are off while the ring is being looked at
 * and on again before its last look, so that none is lost.
 */
#include <errno.h>
#include <string.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>

#include <rump/rumpcomp_event.h>
#include <rump/rumpuser.h>

#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/str.h>

#include "vioif.h"

#define F(f)		(1ULL << VIRTIO_NET_F_##f)
/*
 * Receive buffers at the beginning.  The largest packet must fit into what is
 * there before more are posted, or the device would wait for ever.
 */
#define MINBUFS		(12 + VIOIF_REFILL)
#define MINMERGE	(65536 / VIOIF_RXSIZE + 2 + VIOIF_REFILL)

static void
intr(struct virtio_dev *vd, unsigned vector)
{
	struct vioif *vi = vd->vd_softc;

	if (vector < vi->vi_npairs && vi->vi_pairs[vector].vp_rx.vq_size != 0)
		virtq_intr_off(&vi->vi_pairs[vector].vp_rx);
	rump_if_intr(&vi->vi_if);
}

static void
changed(struct virtio_dev *vd)
{
	struct vioif *vi = vd->vd_softc;

	__atomic_store_n(&vi->vi_changed, 1, __ATOMIC_RELEASE);
	rump_if_intr(&vi->vi_if);
}

static void
link_state(struct vioif *vi)
{
	unsigned up = VIRTIO_NET_S_LINK_UP;

	if (vi->vi_dev->vd_ops->vt_status(vi->vi_dev) &
	    VIRTIO_CONFIG_S_NEEDS_RESET)
		virtio_broken(vi->vi_dev, "asks for a reset");
	if (virtio_has(vi->vi_dev, VIRTIO_NET_F_STATUS))
		up = virtio_config16(vi->vi_dev,
		    offsetof(struct virtio_net_config, status));
	rump_if_link(&vi->vi_if, !virtio_isbroken(vi->vi_dev) &&
	    (up & VIRTIO_NET_S_LINK_UP));
}

/* Receive buffers of a broken device that let go of them. */
static void
broken(struct vioif *vi)
{
	struct mbuf *m;
	unsigned i;

	vi->vi_down = 1;
	if (virtio_reset(vi->vi_dev))
		for (i = 0; i < vi->vi_npairs; i++) {
			while ((m = virtq_drain(&vi->vi_pairs[i].vp_rx)) !=
			    NULL)
				m_freem(m);
			vioif_txstop(&vi->vi_pairs[i]);
		}
	rump_if_link(&vi->vi_if, 0);
}

static int
poll_pair(struct vioif *vi, struct vioif_pair *vp, int budget)
{
	int n = 0, k;

	do {
		k = vioif_rx(vi, vp, budget - n);
		n += k;
		if (n >= budget || virtio_isbroken(vi->vi_dev))
			return n;
	} while (virtq_intr_on(&vp->vp_rx, 0));
	return n;
}

/* Link, and receive buffers of an interface that came up. */
static __attribute__((__noinline__)) void
attend(struct vioif *vi)
{
	unsigned i;

	(void)__atomic_exchange_n(&vi->vi_changed, 0, __ATOMIC_ACQUIRE);
	if (virtio_isbroken(vi->vi_dev))
		return;
	link_state(vi);
	if (if_flags_get(&vi->vi_if) & IFF_UP)
		for (i = 0; i < vi->vi_npairs; i++)
			vioif_fill(vi, &vi->vi_pairs[i]);
}

static int
vioif_poll(struct ifnet *ifp, int budget)
{
	struct vioif *vi = ifp->if_softc;
	struct vioif_pair *vp;
	unsigned i, k;
	int n = 0;

	if (__builtin_expect(virtio_isbroken(vi->vi_dev), 0)) {
		if (!vi->vi_down)
			broken(vi);
		return 0;
	}
	/* A busy pair does not keep the others from being looked at. */
	if (vi->vi_npairs > 1)
		vi->vi_first = (vi->vi_first + 1) % vi->vi_npairs;
	for (i = 0; i < vi->vi_npairs && n < budget; i++) {
		k = vi->vi_first + i;
		vp = &vi->vi_pairs[k < vi->vi_npairs ? k : k - vi->vi_npairs];
		n += poll_pair(vi, vp, budget - n);
		/* Not locked: only whether to look. */
		if (__atomic_load_n(&vp->vp_nwait, __ATOMIC_RELAXED) != 0)
			vioif_txdone(vi, vp);
	}
	if (__builtin_expect(__atomic_load_n(&vi->vi_changed,
	    __ATOMIC_RELAXED), 0))
		attend(vi);
	return n;
}

static void
refill(void *arg)
{
	struct vioif *vi = arg;
	unsigned i;

	rump_mutex_enter(&vi->vi_if.if_rxlock);
	for (i = 0; i < vi->vi_npairs; i++)
		vioif_fill(vi, &vi->vi_pairs[i]);
	rump_mutex_exit(&vi->vi_if.if_rxlock);
}

static int
vioif_setflags(struct ifnet *ifp)
{
	struct vioif *vi = ifp->if_softc;

	if ((if_flags_get(ifp) & IFF_UP) == 0)
		return 0;
	if (virtio_isbroken(vi->vi_dev))
		return EIO;
	/*
	 * The first poll posts buffers: who starts waits for nothing yet.  It
	 * also takes what came before there were interrupts.
	 */
	changed(vi->vi_dev);
	return vioif_rxmode(vi);
}

static int
vioif_setmtu(struct ifnet *ifp, uint32_t mtu)
{
	const struct vioif *vi = ifp->if_softc;

	return mtu < 68 || mtu > 65535 ||
	    (!vi->vi_merge && mtu > VIOIF_RXSIZE - 32) ? EINVAL : 0;
}

static const struct ifops vioif_ops = {
	.if_transmit = vioif_transmit,
	.if_poll = vioif_poll,
	.if_setflags = vioif_setflags,
	.if_setmac = vioif_setmac,
	.if_setmtu = vioif_setmtu,
};

/* Features that make sense only with others are dropped with them: 5.1.3.1. */
static uint64_t
wanted(struct virtio_dev *vd)
{
	unsigned size = vd->vd_ops->vt_queuesize(vd, 0);
	uint64_t f = F(CSUM) | F(GUEST_CSUM) | F(MTU) | F(MAC) |
	    F(GUEST_TSO4) | F(GUEST_TSO6) | F(GUEST_ECN) | F(HOST_TSO4) |
	    F(HOST_TSO6) | F(HOST_ECN) | F(MRG_RXBUF) | F(STATUS) |
	    F(CTRL_VQ) | F(CTRL_RX) | F(CTRL_MAC_ADDR) | F(CTRL_VLAN);

	if (rump_ncpus() > 1)
		f |= F(MQ);
	f &= vd->vd_offered;
	if ((f & F(CSUM)) == 0)
		f &= ~(F(HOST_TSO4) | F(HOST_TSO6));
	/* Without merging a buffer would have to hold 64 KiB. */
	if ((f & F(GUEST_CSUM)) == 0 || (f & F(MRG_RXBUF)) == 0 ||
	    (size != 0 && size < MINMERGE))
		f &= ~(F(GUEST_TSO4) | F(GUEST_TSO6));
	if ((f & (F(GUEST_TSO4) | F(GUEST_TSO6))) == 0)
		f &= ~F(GUEST_ECN);
	if ((f & (F(HOST_TSO4) | F(HOST_TSO6))) == 0)
		f &= ~F(HOST_ECN);
	if ((f & F(CTRL_VQ)) == 0)
		f &= ~(F(CTRL_RX) | F(CTRL_MAC_ADDR) | F(CTRL_VLAN) | F(MQ));
	return f;
}

static void
capabilities(struct vioif *vi)
{
	struct virtio_dev *vd = vi->vi_dev;
	struct ifnet *ifp = &vi->vi_if;

	ifp->if_caps = IFCAP_SG;
	if (virtio_has(vd, VIRTIO_NET_F_CSUM))
		ifp->if_caps |= IFCAP_TXCSUM;
	if (virtio_has(vd, VIRTIO_NET_F_HOST_TSO4))
		ifp->if_caps |= IFCAP_TSO4;
	if (virtio_has(vd, VIRTIO_NET_F_HOST_TSO6))
		ifp->if_caps |= IFCAP_TSO6;
	if (virtio_has(vd, VIRTIO_NET_F_GUEST_TSO4))
		ifp->if_caps |= IFCAP_LRO;
	vi->vi_merge = virtio_has(vd, VIRTIO_NET_F_MRG_RXBUF);
	vi->vi_hdrlen = vi->vi_merge || !vd->vd_legacy ? 12 : 10;
	vi->vi_split = vd->vd_legacy && !virtio_has(vd, VIRTIO_F_ANY_LAYOUT);
}

/* A locally administered address when the device has none. */
static void
address(struct vioif *vi)
{
	uint8_t *mac = vi->vi_if.if_mac;
	size_t n;

	if (virtio_has(vi->vi_dev, VIRTIO_NET_F_MAC))
		virtio_config(vi->vi_dev, 0, mac, 6);
	if ((mac[0] & 1) == 0 && (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] |
	    mac[5]) != 0)
		return;
	(void)rumpuser_getrandom(mac, 6, 0, &n);
	mac[0] = (uint8_t)((mac[0] & ~1) | 2);
}

static uint32_t
mtu(struct vioif *vi)
{
	uint32_t v = ETHER_MTU;

	if (virtio_has(vi->vi_dev, VIRTIO_NET_F_MTU))
		v = virtio_config16(vi->vi_dev,
		    offsetof(struct virtio_net_config, mtu));
	return vioif_setmtu(&vi->vi_if, v) == 0 ? v : ETHER_MTU;
}

/* Asked once: the control queue comes behind all pairs of the device. */
static void
pairs(struct vioif *vi)
{
	unsigned n = 1;

	if (virtio_has(vi->vi_dev, VIRTIO_NET_F_MQ))
		n = virtio_config16(vi->vi_dev, offsetof(struct
		    virtio_net_config, max_virtqueue_pairs));
	if (n < 1 || n > VIRTIO_NET_CTRL_MQ_VQ_PAIRS_MAX)
		n = 1;
	vi->vi_ctrlindex = 2 * n;
	vi->vi_npairs = n < rump_ncpus() ? n : rump_ncpus();
}

static int
queues(struct vioif *vi)
{
	struct virtio_dev *vd = vi->vi_dev;
	struct vioif_pair *vp;
	unsigned i;
	int error;

	/* An eighth of what mbufs may take, in mbufs of 2 KiB. */
	vi->vi_maxbufs = (unsigned)(rump_mbuf_limit / 8 / 2048 /
	    vi->vi_npairs);

	for (i = 0; i < vi->vi_npairs; i++) {
		vp = &vi->vi_pairs[i];
		vioif_txinit(vi, vp);
		error = virtq_new(vd, 2 * i, VIOIF_RXRING, i, &vp->vp_rx);
		if (error == 0)
			error = virtq_new(vd, 2 * i + 1, VIOIF_TXRING, i,
			    &vp->vp_tx);
		if (error != 0)
			return error;
		virtq_intr_off(&vp->vp_tx);
		vp->vp_want = vi->vi_merge ? MINMERGE : MINBUFS;
	}
	if (virtio_has(vd, VIRTIO_NET_F_CTRL_VQ))
		return virtq_new(vd, vi->vi_ctrlindex, 16, 0, &vi->vi_ctrl);
	return 0;
}

static void
free_queues(struct vioif *vi)
{
	unsigned i;

	for (i = 0; i < vi->vi_npairs; i++) {
		virtq_free(&vi->vi_pairs[i].vp_rx);
		virtq_free(&vi->vi_pairs[i].vp_tx);
	}
	virtq_free(&vi->vi_ctrl);
	rump_kmem_free(vi->vi_pairs, vi->vi_npairs * sizeof(*vi->vi_pairs));
}

static int
use_pairs(struct vioif *vi)
{
	uint16_t n = (uint16_t)vi->vi_npairs;

	return n == 1 ? 0 : vioif_ctrl(vi, VIRTIO_NET_CTRL_MQ,
	    VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, &n, sizeof(n), 1);
}

static int
start(struct vioif *vi)
{
	struct virtio_dev *vd = vi->vi_dev;
	int error;

	error = virtio_negotiate(vd, wanted(vd));
	if (error != 0)
		return error;
	capabilities(vi);
	address(vi);
	pairs(vi);
	vi->vi_pairs = rump_kmem_zalloc(vi->vi_npairs *
	    sizeof(*vi->vi_pairs));
	if (vi->vi_pairs == NULL)
		return ENOMEM;
	error = virtio_interrupts(vd, vi->vi_npairs);
	if (error == 0)
		error = queues(vi);
	if (error != 0) {
		(void)virtio_reset(vd);
		free_queues(vi);
		return error;
	}
	virtio_ready(vd);
	return use_pairs(vi);
}

static int
attach(struct virtio_dev *vd)
{
	struct vioif *vi = rump_kmem_zalloc(sizeof(*vi));
	struct ifnet *ifp;
	int error;

	if (vi == NULL)
		return ENOMEM;
	ifp = &vi->vi_if;
	vi->vi_dev = vd;
	vd->vd_softc = vi;
	vd->vd_queue = intr;
	vd->vd_changed = changed;
	rump_callout_init(&vi->vi_refill, refill, vi);
	strlcpy(ifp->if_name, "eth%d", sizeof(ifp->if_name));
	ifp->if_type = ARPHRD_ETHER;
	ifp->if_flags = IFF_BROADCAST | IFF_MULTICAST;
	ifp->if_ops = &vioif_ops;
	ifp->if_softc = vi;
	error = rumpcomp_event_create(&ifp->if_event);
	if (error != 0)
		goto free;
	error = start(vi);
	if (error != 0)
		goto event;
	ifp->if_mtu = mtu(vi);
	error = rump_if_attach(ifp);
	if (error == 0)
		error = rump_if_pollstart(ifp);
	if (error == 0) {
		link_state(vi);
		return 0;
	}
	(void)virtio_reset(vd);
	free_queues(vi);
event:
	rumpcomp_event_destroy(ifp->if_event);
free:
	rump_kmem_free(vi, sizeof(*vi));
	return error;
}

static const struct virtio_driver vioif = { VIRTIO_ID_NET, attach };
VIRTIO_DRIVER(vioif);
