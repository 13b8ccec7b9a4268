/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio 1.2 devices, with the transitional and legacy ones: what a driver
 * uses.  A driver registers for a device type; its attach function is called
 * for each device, in the machine's order, with the device reset:
 *
 *	virtio_negotiate(), virtq_new() for each queue, virtio_interrupts(),
 *	virtio_ready(); on failure return an errno, the device is given up.
 *
 * Queues are split rings.  Nothing in memory that a device can write is
 * believed: what is in flight is known from vq_slot.  A device that breaks
 * the rules is reset (virtio_broken()) and stays so; its driver sees
 * vd_broken.
 *
 * A queue is its driver's: calls for one are serialised by the driver's lock.
 */
#ifndef DEV_VIRTIO_H
#define DEV_VIRTIO_H

#include <stddef.h>
#include <stdint.h>
#include <linux/virtio_ring.h>

#include <rump/rumpcomp_bus.h>

struct virtio_dev;
struct virtq;

/* Registers, by transport.  Offsets in the device's own configuration. */
struct virtio_transport {
	const char *vt_name;
	uint64_t (*vt_features)(struct virtio_dev *);
	void	(*vt_setfeatures)(struct virtio_dev *, uint64_t);
	uint8_t	(*vt_status)(struct virtio_dev *);
	void	(*vt_setstatus)(struct virtio_dev *, uint8_t);
	uint32_t (*vt_config)(struct virtio_dev *, unsigned off, int width);
	void	(*vt_setconfig)(struct virtio_dev *, unsigned off, int width,
		    uint32_t v);
	uint32_t (*vt_generation)(struct virtio_dev *);	/* NULL: none */
	unsigned (*vt_queuesize)(struct virtio_dev *, unsigned n);
	/* Size, addresses and vector of vq; it is live then.  0 or errno. */
	int	(*vt_setqueue)(struct virtio_dev *, struct virtq *);
	void	(*vt_notify)(struct virtq *);
	/* Up to n vectors for queues; how many: 0, no interrupt at all. */
	unsigned (*vt_interrupts)(struct virtio_dev *, unsigned n);
};

struct virtio_vector {
	struct virtio_dev *vv_dev;
	unsigned	 vv_n;
};

struct virtio_dev {
	const struct virtio_transport *vd_ops;	/* [I] */
	void		*vd_regs;	/* [I] transport's */
	const void	*vd_bus;	/* [I] transport's */
	unsigned	 vd_type;	/* [I] 1 network, 2 block... */
	int		 vd_legacy;	/* [I] interface before 1.0 */
	int		 vd_fixed;	/* [I] sizes of queues cannot be set */
	uint64_t	 vd_offered, vd_features;	/* [I] negotiated */
	int		 vd_broken;	/* [a] */
	unsigned	 vd_nvec;	/* [I] see virtio_interrupts() */
	struct virtio_vector *vd_vecs;	/* [I] transport's */
	/*
	 * Driver's, set before virtio_interrupts().  Interrupt handlers: they
	 * mark and wake.  Vectors count from 0.
	 */
	void		*vd_softc;
	void		(*vd_queue)(struct virtio_dev *, unsigned vector);
	void		(*vd_changed)(struct virtio_dev *);	/* config */
};

/* Set on any CPU. */
static inline int
virtio_isbroken(const struct virtio_dev *vd)
{

	return __atomic_load_n(&vd->vd_broken, __ATOMIC_RELAXED);
}

struct virtio_driver {
	unsigned	 vr_type;
	int		(*vr_attach)(struct virtio_dev *);
};
#define VIRTIO_DRIVER(vr) \
	static const struct virtio_driver *const virtio_drvp_##vr \
	    __attribute__((__section__("rump_virtio_drivers"), __used__, \
	    __retain__)) = &vr

#define virtio_has(vd, bit)	(((vd)->vd_features & 1ULL << (bit)) != 0)

/* For transports: finds the driver, attaches.  0 or errno. */
int	virtio_attach(struct virtio_dev *);

/*
 * want: features that the driver knows, those of the ring are added.  Result
 * in vd_features.
 */
int	virtio_negotiate(struct virtio_dev *, uint64_t want);
/*
 * How many vectors there are for n that the driver would like: queue q
 * interrupts by vq_vector modulo that.  Before virtq_new(), as queues are
 * told their vectors there.
 */
int	virtio_interrupts(struct virtio_dev *, unsigned n);
void	virtio_ready(struct virtio_dev *);
/* True when the device confirmed: it does not touch memory any more. */
int	virtio_reset(struct virtio_dev *);
/*
 * One line on the console, the device is reset, vd_changed called.  Any lock
 * may be held.
 */
void	virtio_broken(struct virtio_dev *, const char *why);
void	virtio_config(struct virtio_dev *, unsigned off, void *, unsigned len);
uint16_t virtio_config16(struct virtio_dev *, unsigned off);

/* State of one descriptor, ours; heads of chains have the cookie. */
struct virtq_slot {
	void		*vs_cookie;	/* in flight, NULL: not a head */
	struct vring_desc *vs_table;	/* indirect, or NULL */
	uint16_t	 vs_next;	/* free list, chain */
	uint16_t	 vs_last;	/* of the chain */
	uint16_t	 vs_n;		/* of the chain; 0: virtq_put1() */
	uint16_t	 vs_ntable;
};

struct virtq {
	struct virtio_dev *vq_dev;	/* [I] */
	struct vring_desc *vq_desc;	/* [I] */
	struct vring_avail *vq_avail;	/* [I] */
	struct vring_used *vq_used;	/* [I] */
	uint16_t	*vq_usedevent;	/* [I] behind the available ring */
	uint16_t	*vq_availevent;	/* [I] behind the used ring */
	struct virtq_slot *vq_slot;	/* [I] */
	uint16_t	 vq_n;		/* [I] which queue */
	uint16_t	 vq_size;	/* [I] power of two */
	uint32_t	 vq_mask;	/* [I] size - 1 */
	uint16_t	 vq_vector;	/* [I] */
	uint8_t		 vq_event;	/* [I] event index */
	uint8_t		 vq_indirect;	/* [I] */
	uint8_t		 vq_nofence;	/* [I] rumpcomp_bus_nofence() */
	void		*vq_notify;	/* [I] transport's */
	unsigned long	 vq_mem, vq_pa;	/* [I] rings */
	size_t		 vq_memsize;	/* [I] */
	/* All below: the driver's lock. */
	uint16_t	 vq_free;	/* first of the free list */
	uint16_t	 vq_nfree;	/* descriptors */
	uint16_t	 vq_inflight;	/* chains */
	uint16_t	 vq_head;	/* next index in the available ring */
	uint16_t	 vq_kicked;	/* what it was when last told */
	uint16_t	 vq_told;	/* where it waited when last told */
	uint16_t	 vq_seen;	/* next index in the used ring */
};

/* At most maxsize descriptors.  ENXIO: the device has no such queue. */
int	virtq_new(struct virtio_dev *, unsigned n, unsigned maxsize,
	    unsigned vector, struct virtq *);
void	virtq_free(struct virtq *);	/* the device is reset */
/* What is in flight, one after the other; the device is reset.  NULL: end. */
void	*virtq_drain(struct virtq *);
void	virtq_notify(struct virtq *);

/*
 * A chain of n descriptors: begin, n times put, end.  It takes one place in
 * the ring when indirect (n > 1, the device can), else n.  ENOSPC, ENOMEM.
 */
#define VIRTIO_ORDER_PORT	0x80	/* nothing is there: POST codes */

struct virtq_chain {
	struct virtq	*vc_vq;
	struct vring_desc *vc_desc;
	uint16_t	 vc_head, vc_next, vc_last, vc_n, vc_left;
	int		 vc_indirect;
};
int	virtq_begin(struct virtq *, unsigned n, int indirect,
	    struct virtq_chain *);
void	virtq_put(struct virtq_chain *, uint64_t pa, uint32_t len, int write);
void	virtq_end(struct virtq_chain *, void *cookie);
void	virtq_unchain(struct virtq *, unsigned id);	/* for virtq_get() */

/* The same for one descriptor; caller checks vq_nfree. */
static inline void
virtq_put1(struct virtq *vq, uint64_t pa, uint32_t len, int write,
    void *cookie)
{
	uint16_t id = vq->vq_free;
	struct virtq_slot *vs = &vq->vq_slot[id];
	struct vring_desc *d = &vq->vq_desc[id];

	vq->vq_free = vs->vs_next;
	vq->vq_nfree--;
	vq->vq_inflight++;
	vs->vs_cookie = cookie;
	d->addr = pa;
	d->len = len;
	d->flags = write ? VRING_DESC_F_WRITE : 0;
	vq->vq_avail->ring[vq->vq_head++ & vq->vq_mask] = id;
}

/*
 * Does the device wait at event for what it has not completed, untold?  It may
 * have begun to when we did not see it yet: see rumpcomp_bus_nofence().
 */
static inline int
virtq_missed(const struct virtq *vq, uint16_t event)
{
	return vq->vq_nofence && event != vq->vq_told &&
	    (uint16_t)(vq->vq_head - 1 - event) < (uint16_t)(vq->vq_head -
	    __atomic_load_n(&vq->vq_used->idx, __ATOMIC_RELAXED));
}

/* Everything put so far becomes the device's; it is told if it wants to be. */
static inline void
virtq_kick(struct virtq *vq)
{
	uint16_t head = vq->vq_head, old = vq->vq_kicked, event;
	int tell;

	__atomic_store_n(&vq->vq_avail->idx, head, __ATOMIC_RELEASE);
	/* The store before the load of what the device wants. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	vq->vq_kicked = head;
	if (vq->vq_event) {
		event = __atomic_load_n(vq->vq_availevent, __ATOMIC_RELAXED);
		tell = (uint16_t)(head - 1 - event) < (uint16_t)(head - old) ||
		    virtq_missed(vq, event);
		if (tell)
			vq->vq_told = event;
	} else
		tell = head != old && !(__atomic_load_n(&vq->vq_used->flags,
		    __ATOMIC_RELAXED) & VRING_USED_F_NO_NOTIFY);
	if (tell)
		virtq_notify(vq);
}

/*
 * For a driver's timer, while something is in flight: the device is told again
 * when it might have been missed.
 */
static inline void
virtq_rekick(struct virtq *vq)
{
	if (vq->vq_nofence && vq->vq_inflight != 0)
		virtq_notify(vq);
}

/* Are there completions? */
static inline int
virtq_any(const struct virtq *vq)
{
	return __atomic_load_n(&vq->vq_used->idx, __ATOMIC_ACQUIRE) !=
	    vq->vq_seen;
}

/*
 * The next completion: its cookie and how many bytes the device says that it
 * wrote, which the caller bounds.  NULL: none, or the device is broken.
 */
static inline void *
virtq_get(struct virtq *vq, uint32_t *lenp)
{
	uint16_t idx = __atomic_load_n(&vq->vq_used->idx, __ATOMIC_ACQUIRE);
	const volatile struct vring_used_elem *e;
	struct virtq_slot *vs;
	uint32_t id;
	void *cookie;

	if (idx == vq->vq_seen)
		return NULL;
	e = &vq->vq_used->ring[vq->vq_seen & vq->vq_mask];
	id = e->id;
	*lenp = e->len;
	if (__builtin_expect(id >= vq->vq_size ||
	    (uint16_t)(idx - vq->vq_seen) > vq->vq_inflight, 0) ||
	    (vs = &vq->vq_slot[id])->vs_cookie == NULL) {
		virtio_broken(vq->vq_dev, "used ring");
		return NULL;
	}
	cookie = vs->vs_cookie;
	vs->vs_cookie = NULL;
	vq->vq_seen++;
	vq->vq_inflight--;
	if (__builtin_expect(vs->vs_n == 0, 1)) {
		vs->vs_next = vq->vq_free;
		vq->vq_free = (uint16_t)id;
		vq->vq_nfree++;
	} else {
		virtq_unchain(vq, id);
	}
	return cookie;
}

/*
 * Interrupts off, any context.  With the event index nothing has to be done:
 * after one interrupt there is no other until virtq_intr_on().
 */
static inline void
virtq_intr_off(struct virtq *vq)
{
	if (!vq->vq_event)
		__atomic_store_n(&vq->vq_avail->flags,
		    VRING_AVAIL_F_NO_INTERRUPT, __ATOMIC_RELAXED);
}

/*
 * An interrupt when more than skip further chains have completed.  True:
 * they have already, and the interrupt may not come: look again.
 */
static inline int
virtq_intr_on(struct virtq *vq, uint16_t skip)
{
	if (vq->vq_event)
		__atomic_store_n(vq->vq_usedevent,
		    (uint16_t)(vq->vq_seen + skip), __ATOMIC_RELAXED);
	else
		__atomic_store_n(&vq->vq_avail->flags, 0, __ATOMIC_RELAXED);
	/* The store before the load: the device does the opposite. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (vq->vq_nofence)
		(void)rumpcomp_bus_in(VIRTIO_ORDER_PORT, 1);
	return (uint16_t)(__atomic_load_n(&vq->vq_used->idx,
	    __ATOMIC_ACQUIRE) - vq->vq_seen) > skip;
}

#endif /* DEV_VIRTIO_H */
