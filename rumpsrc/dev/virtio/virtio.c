/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio devices: finds them, starts their drivers (virtio 1.2, 3.1), and
 * what is the same for all transports.  Nothing is looked for in an image
 * without drivers.
 */
#include <errno.h>
#include <linux/virtio_config.h>

#include <rump/component.h>

#include <kern/clock.h>
#include <kern/log.h>

#include "virtio_private.h"

#define RESET_TIME	(NSEC_PER_SEC / 10)

extern const struct virtio_driver *const __start_rump_virtio_drivers[]
    __attribute__((__weak__, __visibility__("hidden")));
extern const struct virtio_driver *const __stop_rump_virtio_drivers[]
    __attribute__((__weak__, __visibility__("hidden")));

static void
status_add(struct virtio_dev *vd, uint8_t bits)
{
	vd->vd_ops->vt_setstatus(vd, vd->vd_ops->vt_status(vd) | bits);
}

int
virtio_reset(struct virtio_dev *vd)
{
	int64_t end = 0;

	vd->vd_ops->vt_setstatus(vd, 0);
	while (vd->vd_ops->vt_status(vd) != 0) {
		if (end == 0)
			end = rump_monotonic() + RESET_TIME;
		else if (rump_monotonic() > end)
			return 0;
	}
	return 1;
}

void
virtio_broken(struct virtio_dev *vd, const char *why)
{
	if (__atomic_exchange_n(&vd->vd_broken, 1, __ATOMIC_ACQ_REL))
		return;
	rump_printf("virtio: device of type %u breaks the rules (%s): "
	    "stopped\n", vd->vd_type, why);
	vd->vd_ops->vt_setstatus(vd, 0);
	if (vd->vd_changed != NULL)
		vd->vd_changed(vd);
}

int
virtio_negotiate(struct virtio_dev *vd, uint64_t want)
{
	uint64_t f = vd->vd_offered;

	want |= 1ULL << VIRTIO_RING_F_INDIRECT_DESC |
	    1ULL << VIRTIO_RING_F_EVENT_IDX | 1ULL << VIRTIO_F_ANY_LAYOUT |
	    1ULL << VIRTIO_F_VERSION_1;
	if (vd->vd_legacy)
		want &= 0xffffffff & ~(1ULL << VIRTIO_F_VERSION_1);
	else if ((f & 1ULL << VIRTIO_F_VERSION_1) == 0)
		return ENODEV;
	vd->vd_features = f & want;
	vd->vd_ops->vt_setfeatures(vd, vd->vd_features);
	if (vd->vd_legacy)
		return 0;
	status_add(vd, VIRTIO_CONFIG_S_FEATURES_OK);
	return vd->vd_ops->vt_status(vd) & VIRTIO_CONFIG_S_FEATURES_OK ?
	    0 : ENOTSUP;
}

int
virtio_interrupts(struct virtio_dev *vd, unsigned n)
{
	vd->vd_nvec = vd->vd_ops->vt_interrupts(vd, n);
	return vd->vd_nvec != 0 ? 0 : ENXIO;
}

void
virtio_ready(struct virtio_dev *vd)
{
	status_add(vd, VIRTIO_CONFIG_S_DRIVER_OK);
}

/* Fields wider than a byte may change in between: the generation tells. */
void
virtio_config(struct virtio_dev *vd, unsigned off, void *buf, unsigned len)
{
	uint32_t gen = 0;
	uint8_t *p = buf;
	unsigned i, tries;

	for (tries = 0; tries < 8; tries++) {
		if (vd->vd_ops->vt_generation != NULL)
			gen = vd->vd_ops->vt_generation(vd);
		for (i = 0; i < len; i++)
			p[i] = (uint8_t)vd->vd_ops->vt_config(vd, off + i, 1);
		if (vd->vd_ops->vt_generation == NULL ||
		    vd->vd_ops->vt_generation(vd) == gen)
			break;
	}
}

uint16_t
virtio_config16(struct virtio_dev *vd, unsigned off)
{
	return (uint16_t)vd->vd_ops->vt_config(vd, off, 2);
}

int
virtio_isr(struct virtio_dev *vd, unsigned status)
{
	unsigned i;

	if (status & 2 && vd->vd_changed != NULL)
		vd->vd_changed(vd);
	if (status & 1 && vd->vd_queue != NULL)
		for (i = 0; i < vd->vd_nvec || i == 0; i++)
			vd->vd_queue(vd, i);
	return (status & 3) != 0;
}

static const struct virtio_driver *
find(unsigned type)
{
	const struct virtio_driver *const *vr;

	for (vr = __start_rump_virtio_drivers;
	    vr < __stop_rump_virtio_drivers; vr++)
		if ((*vr)->vr_type == type)
			return *vr;
	return NULL;
}

int
virtio_wanted(unsigned type)
{
	return find(type) != NULL;
}

int
virtio_attach(struct virtio_dev *vd)
{
	const struct virtio_driver *vr = find(vd->vd_type);
	int error = EIO;

	if (vr == NULL)
		return ENODEV;
	if (virtio_reset(vd)) {
		status_add(vd, VIRTIO_CONFIG_S_ACKNOWLEDGE);
		status_add(vd, VIRTIO_CONFIG_S_DRIVER);
		vd->vd_offered = vd->vd_ops->vt_features(vd);
		error = vr->vr_attach(vd);
		if (error == 0)
			return 0;
		status_add(vd, VIRTIO_CONFIG_S_FAILED);
		(void)virtio_reset(vd);
	}
	rump_printf("virtio: device of type %u (%s) not usable: error %d\n",
	    vd->vd_type, vd->vd_ops->vt_name, error);
	return error;
}

RUMP_COMPONENT(virtio, RUMP_FACTION_DEV)
{
	const struct pci_device *pd;

	if (&__start_rump_virtio_drivers[0] == &__stop_rump_virtio_drivers[0])
		return 0;
	virtio_mmio_attach();
	for (pd = pci_devices(); pd != NULL; pd = pd->pd_next)
		virtio_pci_attach(pd);
	return 0;
}
