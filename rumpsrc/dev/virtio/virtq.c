/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Split virtqueues (virtio 1.2, 2.7): memory and chains; what happens for
 * every packet is inline in <dev/virtio.h>.  Rings are one piece of memory,
 * descriptors, available ring, used ring; legacy devices want the used ring
 * on a page of its own.
 */
#include <errno.h>
#include <string.h>
#include <linux/virtio_config.h>

#include <rump/rumpcomp_bus.h>

#include <kern/kmem.h>

#include <dev/virtio.h>

#define RING_ALIGN	4096
#define MAXTABLE	1024	/* descriptors of an indirect table */

static int
ring_alloc(struct virtq *vq, int legacy)
{
	size_t n = vq->vq_size, avail = 16 * n, used;

	used = avail + 6 + 2 * n;
	used = legacy ? (used + RING_ALIGN - 1) & -(size_t)RING_ALIGN :
	    (used + 63) & ~(size_t)63;
	vq->vq_memsize = used + 6 + 8 * n;
	if (rumpcomp_pci_dmalloc(vq->vq_memsize, RING_ALIGN, &vq->vq_pa,
	    &vq->vq_mem) != 0)
		return ENOMEM;
	vq->vq_desc = (void *)vq->vq_mem;
	vq->vq_avail = (void *)(vq->vq_mem + avail);
	vq->vq_used = (void *)(vq->vq_mem + used);
	vq->vq_usedevent = &vq->vq_avail->ring[n];
	vq->vq_availevent = (void *)(vq->vq_mem + used + 4 + 8 * n);
	/* The rest is read only after somebody wrote it. */
	vq->vq_avail->flags = vq->vq_avail->idx = 0;
	vq->vq_used->flags = vq->vq_used->idx = 0;
	*vq->vq_usedevent = *vq->vq_availevent = 0;
	return 0;
}

void
virtq_free(struct virtq *vq)
{
	if (vq->vq_mem != 0)
		rumpcomp_pci_dmafree(vq->vq_mem, vq->vq_memsize);
	rump_kmem_free(vq->vq_slot, vq->vq_size * sizeof(*vq->vq_slot));
	memset(vq, 0, sizeof(*vq));
}

/* Boot pays for each of them: as few stores as can be. */
static inline void
free_list(struct virtq_slot *vs, unsigned size)
{
	uint64_t i;

	_Static_assert(offsetof(struct virtq_slot, vs_next) == 16 &&
	    sizeof(*vs) == 24, "vs_next and what follows are one word");
#pragma GCC unroll 4
	for (i = 1; i <= size; i++, vs++) {
		vs->vs_cookie = NULL;
		vs->vs_table = NULL;
		__builtin_memcpy(&vs->vs_next, &i, sizeof(i));
	}
}

int
virtq_new(struct virtio_dev *vd, unsigned n, unsigned maxsize,
    unsigned vector, struct virtq *vq)
{
	unsigned size = vd->vd_ops->vt_queuesize(vd, n);
	int error;

	if (size == 0 || size > 32768 || (size & (size - 1)) != 0)
		return ENXIO;
	while (size > maxsize && !vd->vd_fixed)
		size /= 2;
	memset(vq, 0, sizeof(*vq));
	vq->vq_dev = vd;
	vq->vq_n = (uint16_t)n;
	vq->vq_size = vq->vq_nfree = (uint16_t)size;
	vq->vq_mask = size - 1;
	vq->vq_vector = (uint16_t)(vector % (vd->vd_nvec ? vd->vd_nvec : 1));
	vq->vq_event = virtio_has(vd, VIRTIO_RING_F_EVENT_IDX);
	vq->vq_nofence = rumpcomp_bus_nofence() != 0;
	vq->vq_indirect = virtio_has(vd, VIRTIO_RING_F_INDIRECT_DESC);
	vq->vq_slot = rump_kmem_alloc(size * sizeof(*vq->vq_slot));
	if (vq->vq_slot == NULL)
		return ENOMEM;
	free_list(vq->vq_slot, size);
	error = ring_alloc(vq, vd->vd_legacy);
	if (error == 0)
		error = vd->vd_ops->vt_setqueue(vd, vq);
	if (error != 0)
		virtq_free(vq);
	return error;
}

void
virtq_notify(struct virtq *vq)
{
	if (!virtio_isbroken(vq->vq_dev))
		vq->vq_dev->vd_ops->vt_notify(vq);
}

int
virtq_begin(struct virtq *vq, unsigned n, int indirect,
    struct virtq_chain *vc)
{
	struct virtq_slot *vs = &vq->vq_slot[vq->vq_free];

	indirect = indirect && n > 1 && vq->vq_indirect;
	/* A table may not be longer than the ring: 2.7.5.3.1. */
	if (n == 0 || n > vq->vq_size || n > MAXTABLE ||
	    vq->vq_nfree < (indirect ? 1 : n))
		return ENOSPC;
	vc->vc_vq = vq;
	vc->vc_head = vq->vq_free;
	vc->vc_left = vc->vc_n = (uint16_t)n;
	vc->vc_indirect = indirect;
	if (!indirect) {
		vc->vc_desc = vq->vq_desc;
		vc->vc_next = vc->vc_head;
		return 0;
	}
	vs->vs_table = rump_kmem_alloc(n * sizeof(struct vring_desc));
	if (vs->vs_table == NULL)
		return ENOMEM;
	vs->vs_ntable = (uint16_t)n;
	vc->vc_desc = vs->vs_table;
	vc->vc_next = 0;
	return 0;
}

void
virtq_put(struct virtq_chain *vc, uint64_t pa, uint32_t len, int write)
{
	uint16_t id = vc->vc_next;
	struct vring_desc *d = &vc->vc_desc[id];

	vc->vc_last = id;
	vc->vc_next = vc->vc_indirect ? (uint16_t)(id + 1) :
	    vc->vc_vq->vq_slot[id].vs_next;
	vc->vc_left--;
	d->addr = pa;
	d->len = len;
	d->flags = (write ? VRING_DESC_F_WRITE : 0) |
	    (vc->vc_left != 0 ? VRING_DESC_F_NEXT : 0);
	d->next = vc->vc_left != 0 ? vc->vc_next : 0;
}

void
virtq_end(struct virtq_chain *vc, void *cookie)
{
	struct virtq *vq = vc->vc_vq;
	struct virtq_slot *vs = &vq->vq_slot[vc->vc_head];
	struct vring_desc *d = &vq->vq_desc[vc->vc_head];

	vs->vs_cookie = cookie;
	if (vc->vc_indirect) {
		d->addr = rumpcomp_bus_addr(vs->vs_table);
		d->len = vs->vs_ntable * (uint32_t)sizeof(*d);
		d->flags = VRING_DESC_F_INDIRECT;
		vs->vs_n = 1;
		vc->vc_last = vc->vc_head;
		vc->vc_next = vs->vs_next;
	} else {
		vs->vs_n = vc->vc_n;
	}
	vs->vs_last = vc->vc_last;
	vq->vq_free = vc->vc_next;
	vq->vq_nfree = (uint16_t)(vq->vq_nfree - vs->vs_n);
	vq->vq_inflight++;
	vq->vq_avail->ring[vq->vq_head++ & vq->vq_mask] = vc->vc_head;
}

void
virtq_unchain(struct virtq *vq, unsigned id)
{
	struct virtq_slot *vs = &vq->vq_slot[id];

	if (vs->vs_table != NULL) {
		rump_kmem_free(vs->vs_table,
		    vs->vs_ntable * sizeof(struct vring_desc));
		vs->vs_table = NULL;
	}
	if (vs->vs_n == 0) {
		vs->vs_n = 1;
		vs->vs_last = (uint16_t)id;
	}
	vq->vq_slot[vs->vs_last].vs_next = vq->vq_free;
	vq->vq_free = (uint16_t)id;
	vq->vq_nfree = (uint16_t)(vq->vq_nfree + vs->vs_n);
	vs->vs_n = 0;
}

void *
virtq_drain(struct virtq *vq)
{
	void *cookie;
	unsigned id;

	for (id = 0; vq->vq_slot != NULL && id < vq->vq_size; id++) {
		cookie = vq->vq_slot[id].vs_cookie;
		if (cookie == NULL)
			continue;
		vq->vq_slot[id].vs_cookie = NULL;
		vq->vq_inflight--;
		virtq_unchain(vq, id);
		return cookie;
	}
	return NULL;
}
