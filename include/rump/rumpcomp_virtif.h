/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls under net_virtif, the network interface of hosts that have
 * packets rather than devices: a TAP descriptor, one end of a socket pair, or
 * a bus in shared memory that many rump kernels are on.
 *
 * Each packet is an Ethernet frame behind a struct virtio_net_hdr (<linux/
 * virtio_net.h>, 12 bytes with num_buffers, little endian) when vc_vnethdr,
 * else bare.  None of these blocks.
 */
#ifndef RUMP_RUMPCOMP_VIRTIF_H
#define RUMP_RUMPCOMP_VIRTIF_H

#include <stddef.h>
#include <stdint.h>

struct rumpcomp_event;
struct rumpcomp_virtif;

struct rumpcomp_virtif_iov {		/* struct iovec */
	void	*iv_base;
	size_t	 iv_len;
};

struct rumpcomp_virtif_conf {
	uint8_t	 vc_mac[6];
	int	 vc_vnethdr;	/* packets have the header */
	int	 vc_offload;	/* sums, TSO and large packets both ways */
	unsigned vc_mtu;
	int	 vc_level;	/* ev: as long as there are packets, so not all
				 * need be taken */
	/* In, or NULL: called instead of signalling ev, in any context. */
	void	 (*vc_intr)(void *);
	void	*vc_intrarg;
};

/*
 * How many interfaces the host offers, and opening one.  ev is signalled
 * when there may be packets after recv said that there are none (and perhaps
 * more often).  0 or ENXIO, ENOMEM...
 */
unsigned rumpcomp_virtif_count(void);
int rumpcomp_virtif_open(unsigned n, struct rumpcomp_event *ev,
    struct rumpcomp_virtif **, struct rumpcomp_virtif_conf *);
void rumpcomp_virtif_close(struct rumpcomp_virtif *);
/* One packet: its length, 0 none there, -1 the other end is gone. */
long rumpcomp_virtif_recv(struct rumpcomp_virtif *,
    const struct rumpcomp_virtif_iov *, unsigned niov);
/* 0, EAGAIN (the host's queue is full: dropped), EIO... */
int rumpcomp_virtif_send(struct rumpcomp_virtif *,
    const struct rumpcomp_virtif_iov *, unsigned niov);

#endif /* RUMP_RUMPCOMP_VIRTIF_H */
