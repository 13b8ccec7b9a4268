/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control queue: one command at a time, waited for.  Devices carry
 * commands out as soon as they are told of them; one that does not answer
 * within CTRL_TIME is left alone with the command's memory from then on.
 */
#include <errno.h>
#include <string.h>
#include <linux/if.h>

#include <rump/rumpcomp_bus.h>

#include <kern/kmem.h>
#include <kern/log.h>

#include "vioif.h"

#define CTRL_TIME	(NSEC_PER_SEC / 2)
#define MAXMACS		64	/* groups in the device's table */

/* Caller holds vi_ctrllock. */
static int
wait_for(struct vioif *vi, const void *cookie)
{
	int64_t end = rump_monotonic() + CTRL_TIME;
	uint32_t len;
	void *got;

	virtq_kick(&vi->vi_ctrl);
	while ((got = virtq_get(&vi->vi_ctrl, &len)) == NULL) {
		if (vi->vi_dev->vd_broken)
			return EIO;
		if (rump_monotonic() > end) {
			virtio_broken(vi->vi_dev, "no answer to a command");
			return ETIMEDOUT;
		}
		__builtin_ia32_pause();
	}
	return got == cookie ? 0 : EIO;
}

int
vioif_ctrl(struct vioif *vi, unsigned class, unsigned cmd, const void *data,
    unsigned len)
{
	size_t size = 3 + len;
	struct virtq_chain vc;
	unsigned long pa;
	uint8_t *p;
	int error;

	if (vi->vi_ctrl.vq_size == 0 || vi->vi_dev->vd_broken)
		return ENODEV;
	p = rump_kmem_alloc(size);
	if (p == NULL)
		return ENOMEM;
	p[0] = (uint8_t)class;
	p[1] = (uint8_t)cmd;
	memcpy(p + 2, data, len);
	p[2 + len] = VIRTIO_NET_ERR;
	pa = rumpcomp_bus_addr(p);
	rump_mutex_enter(&vi->vi_ctrllock);
	error = virtq_begin(&vi->vi_ctrl, 3, 0, &vc);
	if (error == 0) {
		virtq_put(&vc, pa, 2, 0);
		virtq_put(&vc, pa + 2, len, 0);
		virtq_put(&vc, pa + 2 + len, 1, 1);
		virtq_end(&vc, p);
		error = wait_for(vi, p);
	}
	rump_mutex_exit(&vi->vi_ctrllock);
	/* A device that did not give it back may still write to it. */
	if (error != 0)
		return error;
	error = p[2 + len] == VIRTIO_NET_OK ? 0 : EIO;
	rump_kmem_free(p, size);
	return error;
}

static int
rx_command(struct vioif *vi, unsigned cmd, int on)
{
	uint8_t v = on != 0;

	return vioif_ctrl(vi, VIRTIO_NET_CTRL_RX, cmd, &v, 1);
}

/* No unicast addresses beside our own, and the groups.  ENOSPC: too many. */
static int
mac_table(struct vioif *vi)
{
	struct ifnet *ifp = &vi->vi_if;
	struct ifmaddr *im;
	unsigned n = 0;
	uint32_t count;
	uint8_t *p;
	int error;

	p = rump_kmem_alloc(8 + 6 * MAXMACS);
	if (p == NULL)
		return ENOMEM;
	memset(p, 0, 8);
	rump_rw_rdenter(&ifp->if_lock);
	for (im = ifp->if_maddrs; im != NULL && n <= MAXMACS;
	    im = im->im_next, n++)
		if (n < MAXMACS)
			memcpy(p + 8 + 6 * n, im->im_lladdr, 6);
	rump_rw_exit(&ifp->if_lock);
	count = n;
	memcpy(p + 4, &count, 4);
	error = n > MAXMACS ? ENOSPC : vioif_ctrl(vi, VIRTIO_NET_CTRL_MAC,
	    VIRTIO_NET_CTRL_MAC_TABLE_SET, p, 8 + 6 * n);
	rump_kmem_free(p, 8 + 6 * MAXMACS);
	return error;
}

/* What the device lets through.  Without filters it is everything. */
int
vioif_rxmode(struct vioif *vi)
{
	uint32_t flags = vi->vi_if.if_flags;
	int all = (flags & IFF_ALLMULTI) != 0;

	if (!virtio_has(vi->vi_dev, VIRTIO_NET_F_CTRL_RX))
		return 0;
	if (!all && mac_table(vi) != 0)
		all = 1;
	(void)rx_command(vi, VIRTIO_NET_CTRL_RX_ALLMULTI, all);
	return rx_command(vi, VIRTIO_NET_CTRL_RX_PROMISC,
	    (flags & IFF_PROMISC) != 0);
}

int
vioif_setmac(struct ifnet *ifp, const uint8_t *mac)
{
	struct vioif *vi = ifp->if_softc;
	struct virtio_dev *vd = vi->vi_dev;
	unsigned i;

	if (virtio_has(vd, VIRTIO_NET_F_CTRL_MAC_ADDR))
		return vioif_ctrl(vi, VIRTIO_NET_CTRL_MAC,
		    VIRTIO_NET_CTRL_MAC_ADDR_SET, mac, 6);
	/* Legacy devices have it writable; others do without a filter. */
	if (vd->vd_legacy && virtio_has(vd, VIRTIO_NET_F_MAC))
		for (i = 0; i < 6; i++)
			vd->vd_ops->vt_setconfig(vd, i, 1, mac[i]);
	return 0;
}
