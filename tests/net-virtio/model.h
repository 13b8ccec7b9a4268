/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio network device in memory, under a transport of its own.  It keeps
 * the rules; what a bad one does, tests do with its rings (md_q).
 */
#ifndef TESTS_NET_VIRTIO_MODEL_H
#define TESTS_NET_VIRTIO_MODEL_H

#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <dev/virtio.h>

#define MODEL_NQ	9

struct modelq {
	struct vring_desc *mq_desc;
	struct vring_avail *mq_avail;
	struct vring_used *mq_used;
	uint16_t	*mq_availevent;
	unsigned	 mq_size;	/* 0: not set up */
	unsigned	 mq_vector;
	uint16_t	 mq_next;	/* available entries taken */
	uint16_t	 mq_told;	/* used index at the last interrupt */
	unsigned	 mq_kicks, mq_intrs;
};

struct model {
	struct virtio_dev md_dev;
	uint64_t	 md_features;	/* offered */
	unsigned	 md_qsize;	/* 0: as big as the driver likes */
	unsigned	 md_vectors, md_ctrlq;
	uint8_t		 md_status;
	int		 md_noreset;	/* status does not become 0 */
	int		 md_bad;	/* did not keep count itself */
	int		 md_mute;	/* commands are not answered */
	/* Instead of carrying a command out; NULL: does. */
	void		(*md_command)(struct model *, unsigned q);
	uint8_t		 md_config[64];
	struct modelq	 md_q[MODEL_NQ];
	/* What commands set. */
	uint8_t		 md_mac[6], md_promisc, md_allmulti;
	uint8_t		 md_vlans[4096];	/* let through when filtered */
	unsigned	 md_nmacs, md_pairs, md_commands;
};

void	model_init(struct model *, uint64_t features);
/* Driver's attach; then up.  0 or errno. */
int	model_attach(struct model *);
#define MODEL_CONFIG(md)	((struct virtio_net_config *)(md)->md_config)
/* A packet for the driver.  0: no buffers for it. */
int	model_receive(struct model *, unsigned pair,
	    const struct virtio_net_hdr_v1 *, const void *, unsigned len);
/* A packet of the driver's: its length, header in vh; -1: none. */
int	model_sent(struct model *, unsigned pair, struct virtio_net_hdr_v1 *vh,
	    void *buf, unsigned max);
/* The next available chain that a device could take; -1: none. */
int	model_take(struct model *, unsigned q);
/* Used entries become visible; interrupts the driver if it wants to be. */
void	model_used(struct model *, unsigned q, unsigned id, unsigned len);
void	model_interrupt(struct model *, unsigned q);

#endif /* TESTS_NET_VIRTIO_MODEL_H */
