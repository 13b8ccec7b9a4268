/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio over MMIO (virtio 1.2, 4.2), both versions of the interface, on
 * slots that the platform knows of.  Most slots are empty (device type 0).
 */
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>

#include <rump/rumpcomp_bus.h>

#include <kern/kmem.h>

#include "virtio_private.h"

#define MAGIC		0x74726976	/* "virt" */
#define PAGE		4096

struct mmio {
	struct virtio_dev i_dev;	/* first */
	volatile uint8_t *i_base;
	struct rumpcomp_bus_dev i_bus;
};

#define I(vd)	((struct mmio *)(vd)->vd_regs)

static uint32_t
get(struct virtio_dev *vd, unsigned reg)
{
	return *(volatile uint32_t *)(volatile void *)(I(vd)->i_base + reg);
}

static void
put(struct virtio_dev *vd, unsigned reg, uint32_t v)
{
	*(volatile uint32_t *)(volatile void *)(I(vd)->i_base + reg) = v;
}

static uint64_t
mmio_features(struct virtio_dev *vd)
{
	uint32_t lo;

	put(vd, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	lo = get(vd, VIRTIO_MMIO_DEVICE_FEATURES);
	put(vd, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	return (uint64_t)get(vd, VIRTIO_MMIO_DEVICE_FEATURES) << 32 | lo;
}

static void
mmio_setfeatures(struct virtio_dev *vd, uint64_t f)
{
	put(vd, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	put(vd, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)f);
	if (vd->vd_legacy)
		return;
	put(vd, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	put(vd, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(f >> 32));
}

static uint8_t
mmio_status(struct virtio_dev *vd)
{
	return (uint8_t)get(vd, VIRTIO_MMIO_STATUS);
}

static void
mmio_setstatus(struct virtio_dev *vd, uint8_t v)
{
	put(vd, VIRTIO_MMIO_STATUS, v);
}

static uint32_t
mmio_config(struct virtio_dev *vd, unsigned off, int width)
{
	volatile uint8_t *p = I(vd)->i_base + VIRTIO_MMIO_CONFIG + off;

	if (VIRTIO_MMIO_CONFIG + off + (unsigned)width > I(vd)->i_bus.bd_len)
		return 0;
	return width == 1 ? *p : width == 2 ?
	    *(volatile uint16_t *)(volatile void *)p :
	    *(volatile uint32_t *)(volatile void *)p;
}

static void
mmio_setconfig(struct virtio_dev *vd, unsigned off, int width, uint32_t v)
{
	volatile uint8_t *p = I(vd)->i_base + VIRTIO_MMIO_CONFIG + off;

	if (VIRTIO_MMIO_CONFIG + off + (unsigned)width > I(vd)->i_bus.bd_len)
		return;
	if (width == 1)
		*p = (uint8_t)v;
	else if (width == 2)
		*(volatile uint16_t *)(volatile void *)p = (uint16_t)v;
	else
		*(volatile uint32_t *)(volatile void *)p = v;
}

static uint32_t
mmio_generation(struct virtio_dev *vd)
{
	return vd->vd_legacy ? 0 : get(vd, VIRTIO_MMIO_CONFIG_GENERATION);
}

static unsigned
mmio_queuesize(struct virtio_dev *vd, unsigned n)
{
	uint32_t v;

	put(vd, VIRTIO_MMIO_QUEUE_SEL, n);
	if (get(vd, vd->vd_legacy ? VIRTIO_MMIO_QUEUE_PFN :
	    VIRTIO_MMIO_QUEUE_READY) != 0)
		return 0;
	v = get(vd, VIRTIO_MMIO_QUEUE_NUM_MAX);
	return v <= 32768 ? v : 0;
}

static void
set64(struct virtio_dev *vd, unsigned reg, uint64_t v)
{
	put(vd, reg, (uint32_t)v);
	put(vd, reg + 4, (uint32_t)(v >> 32));
}

static int
mmio_setqueue(struct virtio_dev *vd, struct virtq *vq)
{
	uint64_t pa = vq->vq_pa;

	put(vd, VIRTIO_MMIO_QUEUE_SEL, vq->vq_n);
	put(vd, VIRTIO_MMIO_QUEUE_NUM, vq->vq_size);
	vq->vq_notify = (void *)(uintptr_t)(I(vd)->i_base +
	    VIRTIO_MMIO_QUEUE_NOTIFY);
	if (vd->vd_legacy) {
		if (pa / PAGE > 0xffffffff)
			return ENXIO;
		put(vd, VIRTIO_MMIO_GUEST_PAGE_SIZE, PAGE);
		put(vd, VIRTIO_MMIO_QUEUE_ALIGN, PAGE);
		put(vd, VIRTIO_MMIO_QUEUE_PFN, (uint32_t)(pa / PAGE));
		return 0;
	}
	set64(vd, VIRTIO_MMIO_QUEUE_DESC_LOW, pa);
	set64(vd, VIRTIO_MMIO_QUEUE_AVAIL_LOW,
	    pa + ((uint64_t)vq->vq_avail - vq->vq_mem));
	set64(vd, VIRTIO_MMIO_QUEUE_USED_LOW,
	    pa + ((uint64_t)vq->vq_used - vq->vq_mem));
	put(vd, VIRTIO_MMIO_QUEUE_READY, 1);
	return 0;
}

static void
mmio_notify(struct virtq *vq)
{
	*(volatile uint32_t *)vq->vq_notify = vq->vq_n;
}

static int
mmio_intr(void *arg)
{
	struct virtio_dev *vd = arg;
	uint32_t status = get(vd, VIRTIO_MMIO_INTERRUPT_STATUS);

	if (status != 0)
		put(vd, VIRTIO_MMIO_INTERRUPT_ACK, status);
	return virtio_isr(vd, status);
}

static unsigned
mmio_interrupts(struct virtio_dev *vd, unsigned n)
{
	(void)n;
	return rumpcomp_bus_irq_establish(&I(vd)->i_bus, mmio_intr, vd) !=
	    NULL;
}

static const struct virtio_transport mmio = {
	"mmio", mmio_features, mmio_setfeatures, mmio_status, mmio_setstatus,
	mmio_config, mmio_setconfig, mmio_generation, mmio_queuesize,
	mmio_setqueue, mmio_notify, mmio_interrupts
};

/* base is mapped.  True: it went to a driver. */
static int
slot(const struct rumpcomp_bus_dev *bd, volatile uint8_t *base)
{
	const volatile uint32_t *reg = (volatile void *)base;
	uint32_t version, type;
	struct mmio *i;

	if (bd->bd_len < VIRTIO_MMIO_CONFIG ||
	    reg[VIRTIO_MMIO_MAGIC_VALUE / 4] != MAGIC)
		return 0;
	version = reg[VIRTIO_MMIO_VERSION / 4];
	type = reg[VIRTIO_MMIO_DEVICE_ID / 4];
	if (type == 0 || version < 1 || version > 2 || !virtio_wanted(type) ||
	    (i = rump_kmem_zalloc(sizeof(*i))) == NULL)
		return 0;
	i->i_base = base;
	i->i_bus = *bd;
	i->i_dev.vd_ops = &mmio;
	i->i_dev.vd_regs = i;
	i->i_dev.vd_type = type;
	i->i_dev.vd_legacy = version == 1;
	return virtio_attach(&i->i_dev) == 0;
}

/* Slots lie side by side: a page of them is mapped once. */
void
virtio_mmio_attach(void)
{
	struct rumpcomp_bus_dev bd;
	unsigned long page = 0, off;
	uint8_t *map = NULL;
	unsigned n;

	for (n = 0; rumpcomp_bus_virtio(n, &bd) == 0; n++) {
		off = bd.bd_pa % PAGE;
		if (bd.bd_len > PAGE - off) {
			map = rumpcomp_pci_map(bd.bd_pa - off,
			    off + bd.bd_len);
			page = 0;
		} else if (map == NULL || bd.bd_pa - off != page) {
			page = bd.bd_pa - off;
			map = rumpcomp_pci_map(page, PAGE);
		}
		if (map != NULL)
			(void)slot(&bd, map + off);
	}
}
