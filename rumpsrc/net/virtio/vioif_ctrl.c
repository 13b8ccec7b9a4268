/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control queue.  What filters incoming packets is not waited for; other
 * commands are, and a device that does not answer within CTRL_TIME is stopped
 * and left alone with the command's memory.
 */
#include <errno.h>
#include <string.h>
#include <linux/if.h>

#include <rump/rumpcomp_bus.h>
#include <rump/rumpuser.h>

#include <kern/kmem.h>
#include <kern/log.h>

#include "vioif.h"

#define CTRL_TIME	(NSEC_PER_SEC / 2)
#define CTRL_SPIN	50
#define MAXMACS		64	/* groups in the device's table */

struct ctrl {
	uint32_t	c_len;		/* of the data */
	volatile uint8_t c_ack;
	uint8_t		c_class, c_cmd;
	uint8_t		c_data[];
};

/* What the device is done with, but for c.  True: c is too. */
static int
collect(struct vioif *vi, const struct ctrl *c)
{
	struct ctrl *got;
	uint32_t len;
	int done = 0;

	while ((got = virtq_get(&vi->vi_ctrl, &len)) != NULL)
		if (got == c)
			done = 1;
		else
			rump_kmem_free(got, sizeof(*got) + got->c_len);
	return done;
}

/* Mostly it is answered at once, by another thread of the host's. */
static int
wait_for(struct vioif *vi, const struct ctrl *c)
{
	int64_t end = rump_monotonic() + CTRL_TIME;
	int n;

	for (n = 0; !collect(vi, c); n++) {
		if (virtio_isbroken(vi->vi_dev))
			return EIO;
		if (n < CTRL_SPIN) {
			__builtin_ia32_pause();
			continue;
		}
		if (rump_monotonic() > end) {
			virtio_broken(vi->vi_dev, "no answer to a command");
			return ETIMEDOUT;
		}
		(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 200000);
	}
	return 0;
}

static int
post(struct vioif *vi, struct ctrl *c)
{
	unsigned long pa = rumpcomp_bus_addr(c);
	struct virtq_chain vc;
	int error;

	(void)collect(vi, NULL);
	error = virtq_begin(&vi->vi_ctrl, 3, 0, &vc);
	if (error != 0)
		return error;
	virtq_put(&vc, pa + offsetof(struct ctrl, c_class), 2, 0);
	virtq_put(&vc, pa + offsetof(struct ctrl, c_data), c->c_len, 0);
	virtq_put(&vc, pa + offsetof(struct ctrl, c_ack), 1, 1);
	virtq_end(&vc, c);
	virtq_kick(&vi->vi_ctrl);
	return 0;
}

/* What is not waited for is freed by a later command. */
int
vioif_ctrl(struct vioif *vi, unsigned class, unsigned cmd, const void *data,
    unsigned len, int wait)
{
	struct ctrl *c;
	int error;

	if (vi->vi_ctrl.vq_size == 0 || virtio_isbroken(vi->vi_dev))
		return ENODEV;
	c = rump_kmem_alloc(sizeof(*c) + len);
	if (c == NULL)
		return ENOMEM;
	c->c_len = len;
	c->c_class = (uint8_t)class;
	c->c_cmd = (uint8_t)cmd;
	c->c_ack = VIRTIO_NET_ERR;
	memcpy(c->c_data, data, len);
	rump_mutex_enter(&vi->vi_ctrllock);
	error = post(vi, c);
	if (error != 0)
		goto free;
	if (wait)
		error = wait_for(vi, c);
	/* A device that did not give it back may still write to it. */
	if (!wait || error != 0) {
		rump_mutex_exit(&vi->vi_ctrllock);
		return error;
	}
	if (c->c_ack != VIRTIO_NET_OK)
		error = EIO;
free:
	rump_mutex_exit(&vi->vi_ctrllock);
	rump_kmem_free(c, sizeof(*c) + len);
	return error;
}

static int
rx_command(struct vioif *vi, unsigned cmd, int on)
{
	uint8_t v = on != 0;

	return vioif_ctrl(vi, VIRTIO_NET_CTRL_RX, cmd, &v, 1, 0);
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
	    VIRTIO_NET_CTRL_MAC_TABLE_SET, p, 8 + 6 * n, 0);
	rump_kmem_free(p, 8 + 6 * MAXMACS);
	return error;
}

/*
 * Tagged frames: those that have just a priority, which is all that the stack
 * takes (ether.c).  Promiscuous devices let through the others, too.
 */
static void
vlan_filter(struct vioif *vi)
{
	static const uint16_t id = 0;

	if (virtio_has(vi->vi_dev, VIRTIO_NET_F_CTRL_VLAN))
		(void)vioif_ctrl(vi, VIRTIO_NET_CTRL_VLAN,
		    VIRTIO_NET_CTRL_VLAN_ADD, &id, sizeof(id), 0);
}

/* What the device lets through.  Without filters it is everything. */
int
vioif_rxmode(struct vioif *vi)
{
	uint32_t flags = if_flags_get(&vi->vi_if);
	int all = (flags & IFF_ALLMULTI) != 0;

	vlan_filter(vi);
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
		    VIRTIO_NET_CTRL_MAC_ADDR_SET, mac, 6, 1);
	/* Legacy devices have it writable; others do without a filter. */
	if (vd->vd_legacy && virtio_has(vd, VIRTIO_NET_F_MAC))
		for (i = 0; i < 6; i++)
			vd->vd_ops->vt_setconfig(vd, i, 1, mac[i]);
	return 0;
}
