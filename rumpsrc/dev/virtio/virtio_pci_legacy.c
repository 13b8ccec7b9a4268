/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PCI interface of devices before virtio 1.0, and of transitional ones
 * whose modern interface is off: ports in BAR 0 (virtio 1.2, 4.1.4.8).
 */
#include <errno.h>
#include <linux/virtio_pci.h>

#include <rump/rumpcomp_bus.h>

#include <kern/kmem.h>

#include "virtio_private.h"

struct legacy {
	struct virtio_dev l_dev;	/* first */
	unsigned	 l_port, l_size;
	int		 l_msix;
};

#define L(vd)	((struct legacy *)(vd)->vd_regs)

static uint32_t
get(struct virtio_dev *vd, unsigned reg, int width)
{
	return rumpcomp_bus_in(L(vd)->l_port + reg, width);
}

static void
put(struct virtio_dev *vd, unsigned reg, int width, uint32_t v)
{
	rumpcomp_bus_out(L(vd)->l_port + reg, width, v);
}

static uint64_t
legacy_features(struct virtio_dev *vd)
{
	return get(vd, VIRTIO_PCI_HOST_FEATURES, 4);
}

static void
legacy_setfeatures(struct virtio_dev *vd, uint64_t f)
{
	put(vd, VIRTIO_PCI_GUEST_FEATURES, 4, (uint32_t)f);
}

static uint8_t
legacy_status(struct virtio_dev *vd)
{
	return (uint8_t)get(vd, VIRTIO_PCI_STATUS, 1);
}

static void
legacy_setstatus(struct virtio_dev *vd, uint8_t v)
{
	put(vd, VIRTIO_PCI_STATUS, 1, v);
}

/* The device's configuration moves when MSI-X is on. */
static unsigned
config_off(struct virtio_dev *vd, unsigned off, int width)
{
	off += VIRTIO_PCI_CONFIG_OFF(L(vd)->l_msix);
	return off + (unsigned)width <= L(vd)->l_size ? off : 0;
}

static uint32_t
legacy_config(struct virtio_dev *vd, unsigned off, int width)
{
	off = config_off(vd, off, width);
	return off != 0 ? get(vd, off, width) : 0;
}

static void
legacy_setconfig(struct virtio_dev *vd, unsigned off, int width, uint32_t v)
{
	off = config_off(vd, off, width);
	if (off != 0)
		put(vd, off, width, v);
}

static unsigned
legacy_queuesize(struct virtio_dev *vd, unsigned n)
{
	put(vd, VIRTIO_PCI_QUEUE_SEL, 2, n);
	return get(vd, VIRTIO_PCI_QUEUE_NUM, 2);
}

static int
legacy_setqueue(struct virtio_dev *vd, struct virtq *vq)
{
	uint32_t vector = VIRTIO_VEC_QUEUE + vq->vq_vector;

	if (vq->vq_pa >> VIRTIO_PCI_QUEUE_ADDR_SHIFT > 0xffffffff)
		return ENXIO;
	put(vd, VIRTIO_PCI_QUEUE_SEL, 2, vq->vq_n);
	put(vd, VIRTIO_PCI_QUEUE_PFN, 4,
	    (uint32_t)(vq->vq_pa >> VIRTIO_PCI_QUEUE_ADDR_SHIFT));
	if (L(vd)->l_msix) {
		put(vd, VIRTIO_MSI_QUEUE_VECTOR, 2, vector);
		if (get(vd, VIRTIO_MSI_QUEUE_VECTOR, 2) != vector)
			return ENXIO;
	}
	vq->vq_notify = (void *)(uintptr_t)(L(vd)->l_port +
	    VIRTIO_PCI_QUEUE_NOTIFY);
	return 0;
}

static void
legacy_notify(struct virtq *vq)
{
	rumpcomp_bus_out((unsigned)(uintptr_t)vq->vq_notify, 2, vq->vq_n);
}

static int
legacy_line(void *arg)
{
	struct virtio_dev *vd = arg;

	return virtio_isr(vd, get(vd, VIRTIO_PCI_ISR, 1));
}

static unsigned
legacy_interrupts(struct virtio_dev *vd, unsigned n)
{
	/* Registers of vectors are behind the others, if at all. */
	n = L(vd)->l_size < VIRTIO_PCI_CONFIG_OFF(1) ? 0 :
	    virtio_pci_msix(vd->vd_bus, vd, n);
	if (n == VIRTIO_NO_INTERRUPT)
		return 0;
	if (n == 0)
		return virtio_pci_line(vd->vd_bus, legacy_line, vd) ? 1 : 0;
	L(vd)->l_msix = 1;
	put(vd, VIRTIO_MSI_CONFIG_VECTOR, 2, VIRTIO_VEC_CONFIG);
	return n;
}

static const struct virtio_transport legacy = {
	"legacy pci", legacy_features, legacy_setfeatures, legacy_status,
	legacy_setstatus, legacy_config, legacy_setconfig, NULL,
	legacy_queuesize, legacy_setqueue, legacy_notify, legacy_interrupts
};

int
virtio_pci_legacy(const struct pci_device *pd, struct virtio_dev **vdp)
{
	const struct pci_bar *pb = &pd->pd_bar[0];
	struct legacy *l;

	if (pd->pd_product >= 0x1040 || (pb->pb_flags & PCI_BAR_IO) == 0 ||
	    pb->pb_addr == 0 || pb->pb_size < VIRTIO_PCI_CONFIG_OFF(0))
		return ENODEV;
	l = rump_kmem_zalloc(sizeof(*l));
	if (l == NULL)
		return ENOMEM;
	l->l_port = (unsigned)pb->pb_addr;
	l->l_size = (unsigned)pb->pb_size;
	l->l_dev.vd_ops = &legacy;
	l->l_dev.vd_regs = l;
	l->l_dev.vd_legacy = l->l_dev.vd_fixed = 1;
	*vdp = &l->l_dev;
	return 0;
}
