/* SPDX-License-Identifier: BSD-2-Clause */
/* What model.h says, after virtio 1.2, 2.7 and 5.1. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if.h>
#include <rump/rumpcomp_bus.h>

#include "host.h"
#include "model.h"

#define NEED(x) \
	((x) ? (void)0 : \
	(printf("model: %s, line %d\n", #x, __LINE__), abort()))
#define MODEL(vd)	((struct model *)(vd)->vd_regs)

static uint64_t
features(struct virtio_dev *vd)
{
	return MODEL(vd)->md_features;
}

static void
setfeatures(struct virtio_dev *vd, uint64_t f)
{
	struct model *md = MODEL(vd);
	unsigned n = MODEL_CONFIG(md)->max_virtqueue_pairs;

	NEED((f & ~md->md_features) == 0);
	if ((f & 1ULL << VIRTIO_NET_F_MQ) == 0 || n == 0 || n > 0x8000)
		n = 1;
	md->md_ctrlq = 2 * n;
}

static uint8_t
status(struct virtio_dev *vd)
{
	return MODEL(vd)->md_status;
}

static void
setstatus(struct virtio_dev *vd, uint8_t v)
{
	MODEL(vd)->md_status = v == 0 && MODEL(vd)->md_noreset ? 1 : v;
}

static uint32_t
config(struct virtio_dev *vd, unsigned off, int width)
{
	uint32_t v = 0;

	NEED(off + (unsigned)width <= sizeof(MODEL(vd)->md_config));
	memcpy(&v, MODEL(vd)->md_config + off, (size_t)width);
	return v;
}

static void
setconfig(struct virtio_dev *vd, unsigned off, int width, uint32_t v)
{
	NEED(off + (unsigned)width <= sizeof(MODEL(vd)->md_config));
	memcpy(MODEL(vd)->md_config + off, &v, (size_t)width);
}

static unsigned
queuesize(struct virtio_dev *vd, unsigned n)
{
	return n >= MODEL_NQ ? 0 : MODEL(vd)->md_qsize != 0 ?
	    MODEL(vd)->md_qsize : 1024;
}

static int
setqueue(struct virtio_dev *vd, struct virtq *vq)
{
	struct modelq *mq = &MODEL(vd)->md_q[vq->vq_n];

	NEED(vq->vq_n < MODEL_NQ && mq->mq_size == 0);
	mq->mq_size = vq->vq_size;
	mq->mq_desc = host_ptr(vq->vq_pa);
	mq->mq_avail = host_ptr(vq->vq_pa +
	    ((unsigned long)vq->vq_avail - vq->vq_mem));
	mq->mq_used = host_ptr(vq->vq_pa +
	    ((unsigned long)vq->vq_used - vq->vq_mem));
	mq->mq_availevent = (void *)((char *)mq->mq_used + 4 +
	    8 * mq->mq_size);
	NEED(((unsigned long)mq->mq_used & 3) == 0);
	NEED(!vd->vd_legacy || ((unsigned long)mq->mq_used & 4095) == 0);
	mq->mq_vector = vq->vq_vector;
	return 0;
}

static unsigned
interrupts(struct virtio_dev *vd, unsigned n)
{
	return n < MODEL(vd)->md_vectors ? n : MODEL(vd)->md_vectors;
}

/* Copies a chain into buf (write 0) or out of it; bytes moved. */
static unsigned
move(struct model *md, struct modelq *mq, unsigned id, int write, void *buf,
    unsigned len)
{
	const struct vring_desc *d = &mq->mq_desc[id], *table = mq->mq_desc;
	unsigned n = mq->mq_size, sum = 0, k, seen = 0;

	if (d->flags & VRING_DESC_F_INDIRECT) {
		NEED(virtio_has(&md->md_dev, VIRTIO_RING_F_INDIRECT_DESC));
		NEED((d->flags & VRING_DESC_F_NEXT) == 0);
		table = host_ptr(d->addr);
		n = d->len / sizeof(*d);
		NEED(n > 0 && n <= mq->mq_size && d->len % sizeof(*d) == 0);
		d = table;
	}
	for (;; d = &table[d->next]) {
		NEED(++seen <= n);
		NEED(d->len != 0);
		if (!(d->flags & VRING_DESC_F_WRITE) == !write) {
			k = len - sum < d->len ? len - sum : d->len;
			memcpy(write ? host_ptr(d->addr) :
			    (char *)buf + sum, write ? (char *)buf + sum :
			    host_ptr(d->addr), k);
			sum += write ? k : d->len;
		}
		if ((d->flags & VRING_DESC_F_NEXT) == 0)
			return sum;
		NEED(d->next < n);
	}
}

/* Bytes that a chain has room for. */
static unsigned
room(struct modelq *mq, unsigned id)
{
	const struct vring_desc *d = &mq->mq_desc[id];
	unsigned sum = 0;

	for (;; d = &mq->mq_desc[d->next]) {
		sum += d->flags & VRING_DESC_F_WRITE ? d->len : 0;
		if ((d->flags & VRING_DESC_F_NEXT) == 0)
			return sum;
	}
}

/* The next available chain; -1: none. */
static int
take(struct model *md, struct modelq *mq)
{
	unsigned id;
	uint16_t idx;

	if (mq->mq_size == 0 ||
	    (md->md_status & VIRTIO_CONFIG_S_DRIVER_OK) == 0)
		return -1;
	idx = __atomic_load_n(&mq->mq_avail->idx, __ATOMIC_ACQUIRE);
	if (mq->mq_next == idx)
		return -1;
	NEED(md->md_bad || (uint16_t)(idx - mq->mq_next) <= mq->mq_size);
	id = mq->mq_avail->ring[mq->mq_next % mq->mq_size];
	NEED(id < mq->mq_size);
	mq->mq_next++;
	if (virtio_has(&md->md_dev, VIRTIO_RING_F_EVENT_IDX))
		__atomic_store_n(mq->mq_availevent, mq->mq_next,
		    __ATOMIC_RELAXED);
	return (int)id;
}

int
model_take(struct model *md, unsigned q)
{
	return take(md, &md->md_q[q]);
}

void
model_used(struct model *md, unsigned q, unsigned id, unsigned len)
{
	struct modelq *mq = &md->md_q[q];
	struct vring_used_elem *e =
	    &mq->mq_used->ring[mq->mq_used->idx % mq->mq_size];

	e->id = id;
	e->len = len;
	__atomic_store_n(&mq->mq_used->idx, (uint16_t)(mq->mq_used->idx + 1),
	    __ATOMIC_RELEASE);
}

void
model_interrupt(struct model *md, unsigned q)
{
	struct modelq *mq = &md->md_q[q];
	uint16_t new = mq->mq_used->idx, old = mq->mq_told, event, flags;

	mq->mq_told = new;
	/* The store of the index before the load of what the driver wants. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	event = __atomic_load_n(&mq->mq_avail->ring[mq->mq_size],
	    __ATOMIC_RELAXED);
	flags = __atomic_load_n(&mq->mq_avail->flags, __ATOMIC_RELAXED);
	if (virtio_has(&md->md_dev, VIRTIO_RING_F_EVENT_IDX) ?
	    !vring_need_event(event, new, old) :
	    flags & VRING_AVAIL_F_NO_INTERRUPT || new == old)
		return;
	mq->mq_intrs++;
	md->md_dev.vd_queue(&md->md_dev, mq->mq_vector);
}

static void
command(struct model *md, unsigned q)
{
	struct modelq *mq = &md->md_q[q];
	uint8_t buf[512], ack = VIRTIO_NET_OK;
	unsigned n;
	int id;

	while ((id = take(md, mq)) >= 0) {
		n = move(md, mq, (unsigned)id, 0, buf, sizeof(buf));
		NEED(n >= 3 && n <= sizeof(buf));
		md->md_commands++;
		if (buf[0] == VIRTIO_NET_CTRL_RX && buf[1] == 0)
			md->md_promisc = buf[2];
		else if (buf[0] == VIRTIO_NET_CTRL_RX && buf[1] == 1)
			md->md_allmulti = buf[2];
		else if (buf[0] == VIRTIO_NET_CTRL_MAC && buf[1] == 1)
			memcpy(md->md_mac, buf + 2, 6);
		else if (buf[0] == VIRTIO_NET_CTRL_MAC && buf[1] == 0) {
			memcpy(&md->md_nmacs, buf + 6, 4);
			NEED(n == 2 + 8 + 6 * md->md_nmacs);
		} else if (buf[0] == VIRTIO_NET_CTRL_VLAN && buf[1] ==
		    VIRTIO_NET_CTRL_VLAN_ADD) {
			NEED(virtio_has(&md->md_dev, VIRTIO_NET_F_CTRL_VLAN));
			NEED(n == 4 && buf[3] < 0x10);
			md->md_vlans[buf[2] | buf[3] << 8] = 1;
		} else if (buf[0] == VIRTIO_NET_CTRL_MQ)
			md->md_pairs = buf[2] | (unsigned)buf[3] << 8;
		else
			ack = VIRTIO_NET_ERR;
		NEED(move(md, mq, (unsigned)id, 1, &ack, 1) == 1);
		model_used(md, q, (unsigned)id, 1);
	}
}

static void
notify(struct virtq *vq)
{
	struct model *md = MODEL(vq->vq_dev);

	md->md_q[vq->vq_n].mq_kicks++;
	NEED(md->md_status & VIRTIO_CONFIG_S_DRIVER_OK);
	if (md->md_command != NULL)
		md->md_command(md, vq->vq_n);
	else if (vq->vq_n == md->md_ctrlq && !md->md_mute)
		command(md, vq->vq_n);
}

static const struct virtio_transport transport = {
	"model", features, setfeatures, status, setstatus, config, setconfig,
	NULL, queuesize, setqueue, notify, interrupts
};

void
model_init(struct model *md, uint64_t f)
{
	memset(md, 0, sizeof(*md));
	md->md_features = f;
	md->md_vectors = 4;
	md->md_dev.vd_ops = &transport;
	md->md_dev.vd_regs = md;
	md->md_dev.vd_type = 1;
	md->md_dev.vd_legacy = (f & 1ULL << VIRTIO_F_VERSION_1) == 0;
	memcpy(md->md_config, "\x52\x54\0\1\2\3", 6);
	MODEL_CONFIG(md)->status = VIRTIO_NET_S_LINK_UP;
	MODEL_CONFIG(md)->max_virtqueue_pairs = 4;
	MODEL_CONFIG(md)->mtu = 1500;
}

int
model_attach(struct model *md)
{
	int error = virtio_attach(&md->md_dev);

	if (error != 0)
		return error;
	host_if->if_flags |= IFF_UP;
	return host_if->if_ops->if_setflags(host_if);
}

int
model_receive(struct model *md, unsigned pair,
    const struct virtio_net_hdr_v1 *vh, const void *data, unsigned len)
{
	struct modelq *mq = &md->md_q[2 * pair];
	int merge = virtio_has(&md->md_dev, VIRTIO_NET_F_MRG_RXBUF);
	unsigned hdr = merge || !md->md_dev.vd_legacy ? 12 : 10, n = 0, k, i;
	static uint8_t buf[70000];
	int ids[128], id;
	unsigned lens[128], off = 0;
	uint16_t old = mq->mq_next;

	memcpy(buf, vh, hdr);
	memcpy(buf + hdr, data, len);
	for (len += hdr; off < len; off += k) {
		if (n == 128 || (n > 0 && !merge) || (id = take(md, mq)) < 0) {
			mq->mq_next = old;	/* given back */
			return 0;
		}
		k = room(mq, (unsigned)id);
		k = k < len - off ? k : len - off;
		NEED(k != 0);
		lens[n] = k;
		ids[n++] = id;
	}
	if (merge)
		buf[10] = (uint8_t)n;
	for (off = 0, i = 0; i < n; off += lens[i++])
		NEED(move(md, mq, (unsigned)ids[i], 1, buf + off, lens[i]) ==
		    lens[i]);
	for (i = 0; i < n; i++)
		model_used(md, 2 * pair, (unsigned)ids[i], lens[i]);
	return (int)n;
}

int
model_sent(struct model *md, unsigned pair, struct virtio_net_hdr_v1 *vh,
    void *out, unsigned max)
{
	struct modelq *mq = &md->md_q[2 * pair + 1];
	unsigned hdr = virtio_has(&md->md_dev, VIRTIO_NET_F_MRG_RXBUF) ||
	    !md->md_dev.vd_legacy ? 12 : 10, n;
	static uint8_t buf[140000];
	int id = take(md, mq);

	if (id < 0)
		return -1;
	if (md->md_dev.vd_legacy &&
	    !virtio_has(&md->md_dev, VIRTIO_F_ANY_LAYOUT) &&
	    !(mq->mq_desc[id].flags & VRING_DESC_F_INDIRECT))
		NEED(mq->mq_desc[id].len == hdr);
	n = move(md, mq, (unsigned)id, 0, buf, sizeof(buf));
	NEED(n >= hdr && n - hdr <= max);
	memset(vh, 0, sizeof(*vh));
	memcpy(vh, buf, hdr);
	memcpy(out, buf + hdr, n - hdr);
	model_used(md, 2 * pair + 1, (unsigned)id, 0);
	return (int)(n - hdr);
}
