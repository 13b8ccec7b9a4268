/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio network interface (virtio 1.2, 5.1): between its files.
 *
 * Lock order: if_rxlock (whoever polls: all of the receive side), vp_txlock.
 * vi_ctrllock comes before vp_txlock and is not held by who polls.
 */
#ifndef VIOIF_H
#define VIOIF_H

#include <stdint.h>
#include <linux/virtio_net.h>

#include <kern/clock.h>
#include <kern/lock.h>
#include <kern/sched.h>

#include <dev/virtio.h>
#include <net/ifnet.h>

#define VIOIF_RXSIZE	1900	/* asks for mbufs of the class of a frame */
#define VIOIF_REFILL	12U	/* receive buffers posted at once */
#define VIOIF_TXRING	256
#define VIOIF_RXRING	256
#define VIOIF_MINPKT	14

/* One pair of queues. */
struct vioif_pair {
	struct vioif	*vp_if;		/* [I] */
	struct virtq	 vp_rx;		/* [rxlock] */
	unsigned	 vp_want;	/* [rxlock] buffers to have posted */
	struct rump_mutex vp_txlock;
	struct virtq	 vp_tx;		/* [txlock] */
	struct mbuf	*vp_wait, **vp_waittail;	/* [txlock] full ring */
	unsigned	 vp_nwait;	/* [txlock] for writing, [a] */
	int		 vp_armed;	/* [txlock] vp_tick is scheduled */
	struct rump_callout vp_tick;	/* forgotten transmissions */
};

struct vioif {
	struct ifnet	 vi_if;
	struct virtio_dev *vi_dev;	/* [I] */
	unsigned	 vi_npairs;	/* [I] */
	struct vioif_pair *vi_pairs;	/* [I] */
	unsigned	 vi_hdrlen;	/* [I] 12, or 10 */
	int		 vi_split;	/* [I] header in a descriptor alone */
	int		 vi_merge;	/* [I] packets in several buffers */
	unsigned	 vi_maxbufs;	/* [I] of one receive queue */
	int		 vi_changed;	/* [a] configuration, or up */
	unsigned	 vi_first;	/* [rxlock] pair to look at first */
	int		 vi_down;	/* [rxlock] breakage was told of */
	struct rump_callout vi_refill;	/* no memory for buffers */
	struct rump_mutex vi_ctrllock;
	unsigned	 vi_ctrlindex;	/* [I] */
	struct virtq	 vi_ctrl;	/* [ctrllock] vq_size 0: none */
};

/*
 * What vp_txlock guards is never left half done while the virtual CPU is
 * given away: with one that nobody takes off, no lock is needed.
 */
static inline void
vioif_txenter(struct vioif_pair *vp)
{
	if (!rump_cooperative)
		rump_mutex_enter(&vp->vp_txlock);
}

static inline void
vioif_txexit(struct vioif_pair *vp)
{
	if (!rump_cooperative)
		rump_mutex_exit(&vp->vp_txlock);
}

/* Errors and drops; the core counts packets. */
static inline void
vioif_count(uint64_t *p, uint64_t n)
{
	if (rump_cooperative)
		__atomic_store_n(p, __atomic_load_n(p, __ATOMIC_RELAXED) + n,
		    __ATOMIC_RELAXED);
	else
		__atomic_fetch_add(p, n, __ATOMIC_RELAXED);
}

/* vioif_rx.c; caller holds if_rxlock. */
int	vioif_rx(struct vioif *, struct vioif_pair *, int budget);
void	vioif_fill(struct vioif *, struct vioif_pair *);

/* vioif_tx.c */
int	vioif_transmit(struct ifnet *, struct mbuf *, int more);
/* The ring may have room again. */
void	vioif_txdone(struct vioif *, struct vioif_pair *);
/* The device is broken and reset. */
void	vioif_txstop(struct vioif_pair *);
void	vioif_txinit(struct vioif *, struct vioif_pair *);

/* vioif_ctrl.c */
int	vioif_ctrl(struct vioif *, unsigned class, unsigned cmd,
	    const void *data, unsigned len, int wait);
int	vioif_rxmode(struct vioif *);
int	vioif_setmac(struct ifnet *, const uint8_t *);

#endif /* VIOIF_H */
