/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio over PCI (virtio 1.2, 4.1): which functions are devices, their
 * interrupts, and the modern interface, whose registers are where vendor
 * capabilities say.  These come from the device: each must lie in its BAR.
 */
#include <errno.h>
#include <linux/virtio_pci.h>

#include <rump/rumpcomp_bus.h>

#include <kern/kmem.h>
#include <kern/log.h>

#include "virtio_private.h"

#define PCI_VENDOR	0x1af4
#define PCI_COMMAND	0x04
#define PCI_CMD_ON	0x0007		/* ports, memory, bus master */
#define PCI_STATUS_CAPS	(1U << 20)
#define PCI_SUBSYSTEM	0x2c
#define PCI_CAPS	0x34
#define PCI_CAP_VENDOR	0x09
#define MAXMAP		0x10000UL

struct modern {
	struct virtio_dev m_dev;	/* first: freed with it */
	volatile uint8_t *m_common, *m_isr, *m_config, *m_notify;
	uint32_t	 m_configlen, m_notifylen, m_multiplier;
	int		 m_msix;
};

static unsigned cookie;		/* interrupt lines; at boot only */

unsigned
virtio_pci_read(const struct pci_device *pd, int reg)
{
	unsigned v;

	if (rumpcomp_pci_confread(pd->pd_bus, pd->pd_dev, pd->pd_fun, reg,
	    &v) != 0)
		return ~0U;
	return v;
}

void
virtio_pci_write(const struct pci_device *pd, int reg, unsigned v)
{
	(void)rumpcomp_pci_confwrite(pd->pd_bus, pd->pd_dev, pd->pd_fun, reg,
	    v);
}

static int
config_intr(void *arg)
{
	struct virtio_vector *vv = arg;

	if (vv->vv_dev->vd_changed != NULL)
		vv->vv_dev->vd_changed(vv->vv_dev);
	return 1;
}

static int
queue_intr(void *arg)
{
	struct virtio_vector *vv = arg;

	vv->vv_dev->vd_queue(vv->vv_dev, vv->vv_n);
	return 1;
}

unsigned
virtio_pci_msix(const struct pci_device *pd, struct virtio_dev *vd, unsigned n)
{
	unsigned b = pd->pd_bus, d = pd->pd_dev, f = pd->pd_fun, i;
	unsigned have = rumpcomp_pci_msix_nvectors(b, d, f);

	if (have < 2)
		return 0;
	if (n > have - 1)
		n = have - 1;
	vd->vd_vecs = rump_kmem_zalloc((n + 1) * sizeof(*vd->vd_vecs));
	if (vd->vd_vecs == NULL)
		return 0;
	for (i = 0; i <= n; i++) {
		vd->vd_vecs[i].vv_dev = vd;
		vd->vd_vecs[i].vv_n = i - VIRTIO_VEC_QUEUE;
		if (rumpcomp_pci_msix_establish(b, d, f, i, i == 0 ?
		    config_intr : queue_intr, &vd->vd_vecs[i]) == NULL)
			break;
	}
	/* With the first one the line was switched off. */
	if (i == 1)
		return VIRTIO_NO_INTERRUPT;
	return i == 0 ? 0 : i - 1;
}

int
virtio_pci_line(const struct pci_device *pd, int (*handler)(void *),
    struct virtio_dev *vd)
{
	if (pd->pd_pin == 0 || rumpcomp_pci_irq_map(pd->pd_bus, pd->pd_dev,
	    pd->pd_fun, pd->pd_line, cookie) != 0 ||
	    rumpcomp_pci_irq_establish(cookie++, handler, vd) == NULL)
		return 0;
	return 1;
}

#define M(vd)	((struct modern *)(vd)->vd_regs)
#define R8(m, r)  (*(volatile uint8_t *)((m)->m_common + (r)))
#define R16(m, r) (*(volatile uint16_t *)(volatile void *)((m)->m_common + (r)))
#define R32(m, r) (*(volatile uint32_t *)(volatile void *)((m)->m_common + (r)))

static uint64_t
modern_features(struct virtio_dev *vd)
{
	struct modern *m = M(vd);
	uint32_t lo;

	R32(m, VIRTIO_PCI_COMMON_DFSELECT) = 0;
	lo = R32(m, VIRTIO_PCI_COMMON_DF);
	R32(m, VIRTIO_PCI_COMMON_DFSELECT) = 1;
	return (uint64_t)R32(m, VIRTIO_PCI_COMMON_DF) << 32 | lo;
}

static void
modern_setfeatures(struct virtio_dev *vd, uint64_t f)
{
	struct modern *m = M(vd);

	R32(m, VIRTIO_PCI_COMMON_GFSELECT) = 0;
	R32(m, VIRTIO_PCI_COMMON_GF) = (uint32_t)f;
	R32(m, VIRTIO_PCI_COMMON_GFSELECT) = 1;
	R32(m, VIRTIO_PCI_COMMON_GF) = (uint32_t)(f >> 32);
}

static uint8_t
modern_status(struct virtio_dev *vd)
{
	return R8(M(vd), VIRTIO_PCI_COMMON_STATUS);
}

static void
modern_setstatus(struct virtio_dev *vd, uint8_t v)
{
	R8(M(vd), VIRTIO_PCI_COMMON_STATUS) = v;
}

static uint32_t
modern_config(struct virtio_dev *vd, unsigned off, int width)
{
	struct modern *m = M(vd);
	volatile uint8_t *p = m->m_config + off;

	if (off + (unsigned)width > m->m_configlen)
		return 0;
	return width == 1 ? *p : width == 2 ?
	    *(volatile uint16_t *)(volatile void *)p :
	    *(volatile uint32_t *)(volatile void *)p;
}

static void
modern_setconfig(struct virtio_dev *vd, unsigned off, int width, uint32_t v)
{
	struct modern *m = M(vd);
	volatile uint8_t *p = m->m_config + off;

	if (off + (unsigned)width > m->m_configlen)
		return;
	if (width == 1)
		*p = (uint8_t)v;
	else if (width == 2)
		*(volatile uint16_t *)(volatile void *)p = (uint16_t)v;
	else
		*(volatile uint32_t *)(volatile void *)p = v;
}

static uint32_t
modern_generation(struct virtio_dev *vd)
{
	return R8(M(vd), VIRTIO_PCI_COMMON_CFGGENERATION);
}

static unsigned
modern_queuesize(struct virtio_dev *vd, unsigned n)
{
	struct modern *m = M(vd);

	if (n >= R16(m, VIRTIO_PCI_COMMON_NUMQ))
		return 0;
	R16(m, VIRTIO_PCI_COMMON_Q_SELECT) = (uint16_t)n;
	return R16(m, VIRTIO_PCI_COMMON_Q_SIZE);
}

static void
set64(struct modern *m, unsigned reg, uint64_t v)
{
	R32(m, reg) = (uint32_t)v;
	R32(m, reg + 4) = (uint32_t)(v >> 32);
}

static int
modern_setqueue(struct virtio_dev *vd, struct virtq *vq)
{
	struct modern *m = M(vd);
	uint64_t pa = vq->vq_pa, off;
	uint16_t vector = (uint16_t)(VIRTIO_VEC_QUEUE + vq->vq_vector);

	R16(m, VIRTIO_PCI_COMMON_Q_SELECT) = vq->vq_n;
	R16(m, VIRTIO_PCI_COMMON_Q_SIZE) = vq->vq_size;
	set64(m, VIRTIO_PCI_COMMON_Q_DESCLO, pa);
	set64(m, VIRTIO_PCI_COMMON_Q_AVAILLO,
	    pa + ((uint64_t)vq->vq_avail - vq->vq_mem));
	set64(m, VIRTIO_PCI_COMMON_Q_USEDLO,
	    pa + ((uint64_t)vq->vq_used - vq->vq_mem));
	if (m->m_msix) {
		R16(m, VIRTIO_PCI_COMMON_Q_MSIX) = vector;
		if (R16(m, VIRTIO_PCI_COMMON_Q_MSIX) != vector)
			return ENXIO;
	}
	off = (uint64_t)R16(m, VIRTIO_PCI_COMMON_Q_NOFF) * m->m_multiplier;
	if (off + 2 > m->m_notifylen)
		return ENXIO;
	vq->vq_notify = (void *)(uintptr_t)(m->m_notify + off);
	R16(m, VIRTIO_PCI_COMMON_Q_ENABLE) = 1;
	return 0;
}

static void
modern_notify(struct virtq *vq)
{
	*(volatile uint16_t *)vq->vq_notify = vq->vq_n;
}

static int
modern_line(void *arg)
{
	struct virtio_dev *vd = arg;

	return virtio_isr(vd, *M(vd)->m_isr);
}

static unsigned
modern_interrupts(struct virtio_dev *vd, unsigned n)
{
	const struct pci_device *pd = vd->vd_bus;
	struct modern *m = M(vd);

	n = virtio_pci_msix(pd, vd, n);
	if (n == VIRTIO_NO_INTERRUPT)
		return 0;
	if (n == 0)
		return virtio_pci_line(pd, modern_line, vd) ? 1 : 0;
	m->m_msix = 1;
	R16(m, VIRTIO_PCI_COMMON_MSIX) = VIRTIO_VEC_CONFIG;
	return n;
}

static const struct virtio_transport modern = {
	"pci", modern_features, modern_setfeatures, modern_status,
	modern_setstatus, modern_config, modern_setconfig, modern_generation,
	modern_queuesize, modern_setqueue, modern_notify, modern_interrupts
};

/* The registers that a capability describes; NULL: not sane. */
static volatile uint8_t *
cap_map(const struct pci_device *pd, int cap, uint32_t *lenp)
{
	unsigned bar = virtio_pci_read(pd, cap + VIRTIO_PCI_CAP_BAR) & 0xff;
	uint32_t off = virtio_pci_read(pd, cap + VIRTIO_PCI_CAP_OFFSET);
	uint32_t len = virtio_pci_read(pd, cap + VIRTIO_PCI_CAP_LENGTH);
	const struct pci_bar *pb = &pd->pd_bar[bar < PCI_NBAR ? bar : 0];
	volatile uint8_t *p;

	if (bar >= PCI_NBAR || pb->pb_flags & PCI_BAR_IO ||
	    pb->pb_addr == 0 || off > pb->pb_size ||
	    len > pb->pb_size - off || len == 0)
		return NULL;
	if (len > MAXMAP)
		len = MAXMAP;
	if ((p = rumpcomp_pci_map(pb->pb_addr + off, len)) != NULL)
		*lenp = len;
	return p;
}

static void
one_cap(const struct pci_device *pd, int cap, unsigned head, struct modern *m)
{
	uint32_t len;

	/* The first of a kind that can be used is the one to use. */
	switch (head >> 24) {
	case VIRTIO_PCI_CAP_COMMON_CFG:
		if (m->m_common == NULL &&
		    (m->m_common = cap_map(pd, cap, &len)) != NULL &&
		    len < VIRTIO_PCI_COMMON_Q_USEDHI + 4)
			m->m_common = NULL;
		break;
	case VIRTIO_PCI_CAP_NOTIFY_CFG:
		if (m->m_notify != NULL)
			break;
		m->m_notify = cap_map(pd, cap, &m->m_notifylen);
		m->m_multiplier = virtio_pci_read(pd,
		    cap + VIRTIO_PCI_NOTIFY_CAP_MULT);
		break;
	case VIRTIO_PCI_CAP_ISR_CFG:
		if (m->m_isr == NULL)
			m->m_isr = cap_map(pd, cap, &len);
		break;
	case VIRTIO_PCI_CAP_DEVICE_CFG:
		if (m->m_config == NULL)
			m->m_config = cap_map(pd, cap, &m->m_configlen);
		break;
	}
}

int
virtio_pci_modern(const struct pci_device *pd, struct virtio_dev **vdp)
{
	struct modern *m;
	unsigned head;
	int cap, n;

	if ((virtio_pci_read(pd, PCI_COMMAND) & PCI_STATUS_CAPS) == 0)
		return ENODEV;
	m = rump_kmem_zalloc(sizeof(*m));
	if (m == NULL)
		return ENOMEM;
	cap = virtio_pci_read(pd, PCI_CAPS) & 0xfc;
	for (n = 0; n < 48 && cap >= 0x40; n++) {
		head = virtio_pci_read(pd, cap);
		if ((head & 0xff) == PCI_CAP_VENDOR)
			one_cap(pd, cap, head, m);
		cap = head >> 8 & 0xfc;
	}
	if (m->m_common == NULL || m->m_notify == NULL || m->m_isr == NULL) {
		rump_kmem_free(m, sizeof(*m));
		return ENODEV;
	}
	m->m_dev.vd_ops = &modern;
	m->m_dev.vd_regs = m;
	*vdp = &m->m_dev;
	return 0;
}

/* Product 0x1000 and up: transitional, the subsystem says what; 4.1.2. */
static unsigned
type_of(const struct pci_device *pd)
{
	if (pd->pd_vendor != PCI_VENDOR || pd->pd_product < 0x1000 ||
	    pd->pd_product > 0x107f)
		return 0;
	if (pd->pd_product >= 0x1040)
		return pd->pd_product - 0x1040U;
	return virtio_pci_read(pd, PCI_SUBSYSTEM) >> 16;
}

void
virtio_pci_attach(const struct pci_device *pd)
{
	unsigned type = type_of(pd), cmd;
	struct virtio_dev *vd = NULL;

	if (type == 0 || !virtio_wanted(type))
		return;
	pci_bars(pd);
	cmd = virtio_pci_read(pd, PCI_COMMAND) & 0xffff;
	virtio_pci_write(pd, PCI_COMMAND, cmd | PCI_CMD_ON);
	if (virtio_pci_modern(pd, &vd) != 0 &&
	    virtio_pci_legacy(pd, &vd) != 0) {
		rump_printf("virtio: pci %02x:%02x.%x has no registers\n",
		    pd->pd_bus, pd->pd_dev, pd->pd_fun);
		return;
	}
	vd->vd_type = type;
	vd->vd_bus = pd;
	(void)virtio_attach(vd);
}
